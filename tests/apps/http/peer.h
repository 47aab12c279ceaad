/*
 * A server of apps/http/ and a client of it in one thread, over loopback: for the tests of HTTP and of the bufferevent
 * under it.
 */
#ifndef SW_TESTS_APPS_HTTP_PEER_H
#define SW_TESTS_APPS_HTTP_PEER_H

#include "apps/http/http.h"
#include "apps/http/reply.h"
#include "tests/handshake/pair.h"

struct http_world {
    struct event_base *base;
    struct http *http;
    struct sw_config *server_cfg, *client_cfg;
    int port;
    unsigned connected, disconnected, answered, not_accepted;
};

/* http_world_open: a server that listens, mutual certificates from tests/vectors/tls; body_max as in http_limits. */
void http_world_open(struct http_world *w, const struct http_route *routes, void *ctx, size_t body_max);
/* http_world_begin, _serve: the same in two steps, for a service that needs w->base. */
void http_world_begin(struct http_world *w);
void http_world_serve(struct http_world *w, const struct http_route *routes, void *ctx, size_t body_max);
void http_world_close(struct http_world *w);

/* One client. */
struct http_peer {
    struct http_world *world;
    struct sw_config *own_cfg; /* of one opened as somebody else */
    struct sw_conn *conn;
    int fd;
    bool eof;
    struct http_reply reply;
    char body[8192]; /* of the answer, what fits */
    size_t body_len;
    uint64_t received; /* all body bytes */
};

/* http_peer_open: connect and shake hands; false if that failed. small: with a small receive buffer. */
bool http_peer_open(struct http_peer *p, struct http_world *w, bool small);
/*
 * http_peer_open_as: with tests/vectors/tls/CERT.crt: alice is client-rsa, and who http_peer_open is; bob is
 * client-p256.
 */
bool http_peer_open_as(struct http_peer *p, struct http_world *w, const char *cert);
void http_peer_close(struct http_peer *p);

/*
 * http_peer_send: write text, `piece` bytes a record (0: as it is). http_turn: let the server do what it can; read at
 * most max bytes of the answer.
 */
void http_peer_send(struct http_peer *p, const char *text, size_t len, size_t piece);
void http_turn(struct http_world *w);
size_t http_peer_read(struct http_peer *p, size_t max);
/* http_peer_ended: wait for the server's end of it. */
bool http_peer_ended(struct http_peer *p);
/* http_ask: a request and its whole answer; the status, 0 if the connection ended. */
int http_ask(struct http_peer *p, const char *request);
/* http_askf: the same, with what most requests have in common filled in; headers are whole lines with CRLF. */
int http_askf(struct http_peer *p, const char *method, const char *path, const char *headers, const char *body);
/*
 * http_ask_begin: send a request. http_ask_until: read of its answer until text is in the body, or (NULL) all of it;
 * false if it never comes.
 */
void http_ask_begin(struct http_peer *p, const char *request);
bool http_ask_until(struct http_peer *p, const char *text);
/* http_ask_for: read of its answer for so many milliseconds, or all of it; whether it is. */
bool http_ask_for(struct http_peer *p, int ms);

#endif
