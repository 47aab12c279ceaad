/* Requests to a sealwaxd, one after the other on one connection of ours. */
#ifndef SW_APPS_HTTP_CLIENT_H
#define SW_APPS_HTTP_CLIENT_H

#include "apps/http/reply.h"
#include "apps/net/wire.h"

enum { HTTP_SESSION_MAX = 2048 + 4096 };

/* What stands between the content and whoever is on the way. */
enum protection {
    PROTECT_SESSION, /* the keys of the session */
    PROTECT_RSA,     /* the same, and what is uploaded under the server's RSA key before that */
    PROTECT_AUTH, /* both sides prove who they are and nobody can change a byte, but everybody can read all of them */
    PROTECT_NONE  /* nothing: no TLS at all */
};

struct http_client {
    const struct app *app;
    enum protection protection;
    struct sw_config *cfg;
    const char *server; /* as it was given */
    char where[NET_NAME_MAX], host[NET_NAME_MAX];
    struct wire wire;
    bool connected;
    bool reached;    /* the server has been there once */
    bool met;        /* ... and has said something we understood */
    bool stays;      /* whoever asks waits for a server that is not there yet, too */
    bool told;       /* ... and has been told so */
    bool heard;      /* an answer on this connection */
    bool head_asked; /* the request was a HEAD: its answer has no body */
    struct http_reply reply;
    int64_t patience;                  /* seconds to connect, and of silence within an answer; 0: no end */
    uint8_t session[HTTP_SESSION_MAX]; /* of the last connection, to resume it */
    size_t session_len;
};

/*
 * http_client_open: read the server's place and our certificate from the options (--server, --cert, ...); no connection
 * yet. Returns an exit code; said. http_client_open_with: the same with another protection than PROTECT_SESSION; what
 * that means is said in red.
 * http_client_close: everything given back, session wiped.
 */
int http_client_open(struct http_client *c, const struct app *app);
int http_client_open_with(struct http_client *c, const struct app *app, enum protection protection);
void http_client_close(struct http_client *c);

struct http_send {
    const char *method, *path; /* path with query, encoded */
    const char *headers;       /* further lines with CR LF, or NULL */
    const void *body;
    size_t body_len;
};

/* What came of a request that has an exit code of its own. */
enum http_fate {
    HTTP_ANSWERED, /* c->reply has status and headers; the body is to be read */
    HTTP_LOST,     /* the connection could not be made or broke: trying again makes sense */
    /* the peer is not who it should be, does not want us, or never was there: trying again does not help */
    HTTP_REFUSED
};

/*
 * http_client_send: connect if needed, send a request, read the head of its answer. What went wrong was said when it is
 * HTTP_REFUSED, or when quiet is not set; the exit code that fits is in *code.
 */
enum http_fate http_client_send(struct http_client *c, const struct http_send *send, bool quiet, int *code);

/*
 * http_client_ask, http_client_answer: the same in two halves, so that the next request may follow before the answer to
 * the last one (RFC 9112 9.3.2: where the same request twice does no harm); answers come in the order of requests.
 * HTTP_ANSWERED of the first half: it was sent.
 */
enum http_fate http_client_ask(struct http_client *c, const struct http_send *send, bool quiet, int *code);
enum http_fate http_client_answer(struct http_client *c, bool quiet, int *code);

/*
 * http_client_read: some bytes of the answer's body: *got 0 at its end. false: the connection broke, or deadline
 * (clock_now(), INT64_MAX: none) passed.
 * http_client_line: a line without its end; NULL at the end or when something broke: c->reply.state says which. Valid
 * until the next call.
 * http_client_body: all of it, at most max bytes, NUL behind it; NULL if it broke or is longer. free() it.
 */
bool http_client_read(struct http_client *c, void *buf, size_t cap, size_t *got, int64_t deadline);
char *http_client_body(struct http_client *c, size_t max, size_t *len);

/*
 * http_client_server_cert: of the connection that is there, DER; NULL if it was resumed or there is none. Valid until
 * the next request.
 */
const uint8_t *http_client_server_cert(const struct http_client *c, size_t *len);

/* http_client_disconnect: the next request makes a new connection. */
void http_client_disconnect(struct http_client *c);

/*
 * http_client_new_keys: what follows goes under new keys, both ways: of the same connection in TLS 1.3, else of a new
 * one, by an abbreviated handshake.
 */
void http_client_new_keys(struct http_client *c);

/* http_quote: text as it may stand in a query or path: percent-encoded; at most cap bytes with NUL. */
void http_quote(const char *text, char *out, size_t cap);

/*
 * http_client_problem: say what an answer that is an error says (RFC 9457), and return the exit code that fits its
 * status.
 */
int http_client_problem(struct http_client *c);

#endif
