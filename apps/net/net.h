/* TCP for the programs: addresses as people write them, listening, connecting, and who is at the other end. */
#ifndef SW_APPS_NET_NET_H
#define SW_APPS_NET_NET_H

#include "apps/cli/options.h"

enum {
    NET_NAME_MAX = 300,    /* "[address]:port", or a host name and a port */
    NET_LISTENERS_MAX = 8, /* addresses one name may stand for */
};

/* Sockets that listen, and what they listen on. */
struct net_listeners {
    int fd[NET_LISTENERS_MAX];
    char name[NET_LISTENERS_MAX][NET_NAME_MAX];
    size_t n;
};

/*
 * net_listen: on "HOST:PORT", "[v6]:PORT", or "PORT" alone, which means this machine only (127.0.0.1 and, if there is
 * one, ::1); "*:PORT" is every address. Port 0 takes a free one. The sockets do not block.
 * Returns an exit code: APP_USAGE for what is no address, APP_SYSTEM; the failure is said.
 */
int net_listen(const struct app *app, const char *where, struct net_listeners *out);
void net_listeners_close(struct net_listeners *listeners);

/*
 * net_write_ready: write where connections are taken to --ready-file: whole, so that whoever waits for the file can
 * connect at once.
 * net_announce: say it, too.
 */
int net_write_ready(const struct app *app, const struct net_listeners *listeners);
int net_announce(const struct app *app, const struct net_listeners *listeners);

/* net_listener_name: the address a socket is bound to. */
void net_listener_name(int fd, char name[NET_NAME_MAX]);

/*
 * net_place_ok: whether net_listen takes where, the value of the option of this name (NULL: an argument), for a place;
 * it is said. Exit code.
 * net_place_is_here: whether only this machine reaches what listens there, as far as that can be known without
 * listening. net_address_is_here: of an address.
 */
int net_place_ok(const struct app *app, const char *option, const char *where);
bool net_place_is_here(const char *where);
struct sockaddr;
bool net_address_is_here(const struct sockaddr *at);

/* net_accept: a connection that waits, made non-blocking, and its peer's address; -1 with errno if there is none. */
int net_accept(int listener, char peer[NET_NAME_MAX]);

/*
 * net_peer_name: the address of who is at the other end of a socket, in out; "-" if it is not known any more. Returns
 * out.
 */
const char *net_peer_name(int fd, char out[NET_NAME_MAX]);

/*
 * net_connect: to "HOST:PORT"; each of the host's addresses is tried.
 *   timeout   seconds for all of them, 0: as long as the system waits
 *   host      receives the host without brackets and port
 *   fd        receives a socket that does not block
 *   quiet     say nothing of a host that is not known or does not answer: the caller tries again
 * Returns an exit code, APP_USAGE for a text that is no place; the failure is said.
 */
int net_connect(const struct app *app, const char *where, int64_t timeout, bool quiet, char host[NET_NAME_MAX],
                int *fd);

#endif
