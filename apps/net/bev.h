/*
 * A TLS connection as a libevent bufferevent: with apps/net/records.h, the only place where the stack meets libevent.
 * What evhttp writes into the bufferevent leaves the socket as records, and what evhttp reads was decrypted; evhttp
 * knows nothing of it.
 */
#ifndef SW_APPS_NET_BEV_H
#define SW_APPS_NET_BEV_H

#include "include/sealwax.h"
#include <event2/bufferevent.h>

/* What the owner of the connections is told. Any may be NULL. */
struct bev_hooks {
    void (*established)(void *ctx, struct sw_conn *conn);
    /* last look: sw_conn_error has the reason, SW_OK if there was none; fd: the socket, -1 if not one byte came */
    void (*ended)(void *ctx, struct sw_conn *conn, int fd);
    void *ctx;
    /*
     * a peer that begins with HTTP instead of a hello is served without any protection; none of the above is called for
     * it
     */
    bool allow_plain;
};

/*
 * bev_new: a server's connection; its socket comes later, by bufferevent_setfd (as evhttp does).
 *   cfg     a reference is taken
 *   hooks   must outlive the connection
 * Freeing the bufferevent closes the connection properly: what is queued goes out, then close_notify, then the socket
 * is half-closed and drained for some seconds, so that the last answer is not lost to a reset (RFC 1122 4.2.2.13). NULL
 * without memory or if the configuration lacks something.
 */
struct bufferevent *bev_new(struct event_base *base, struct sw_config *cfg, const struct bev_hooks *hooks);

/*
 * bev_conn: the TLS connection under a bufferevent of bev_new's; NULL before its first byte came, and for one without
 * protection: bev_is_plain.
 */
struct sw_conn *bev_conn(struct bufferevent *bev);
bool bev_is_plain(struct bufferevent *bev);

/*
 * bev_rest: this connection will be idle for a while: give memory back, and notice if the peer goes away although
 * nobody reads (the bufferevent then gets BEV_EVENT_EOF).
 */
void bev_rest(struct bufferevent *bev);

/* bev_end: end this connection, as if its peer had gone. */
void bev_end(struct bufferevent *bev);

/*
 * bev_set_busy: a request is being answered on it; no more than some 64 KiB of what follows are taken then.
 * bev_read_ahead: until that is answered, take up to `most` bytes of it, beginning now. bev_close_idle: close all
 * connections on which none is, and nothing waits to be sent.
 */
void bev_set_busy(struct bufferevent *bev, bool busy);
void bev_read_ahead(struct bufferevent *bev, size_t most);
void bev_close_idle(void);
/* bev_end_those: end each established connection for which is(ctx, conn); returns how many. */
size_t bev_end_those(bool (*is)(void *ctx, struct sw_conn *conn), void *ctx);

/*
 * bev_count: how many connections there are, those included that still have something to send. bev_forget: frees what
 * is kept for all connections, and those that only wait for their peer to close; before the event base is freed.
 */
size_t bev_count(void);
/* bev_totals: since the process began; bytes of TLS alone, as they are on the wire. */
struct bev_totals {
    uint64_t accepted, received, sent;
};
struct bev_totals bev_totals(void);
void bev_forget(void);

#endif
