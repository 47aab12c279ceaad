/*
 * HTTP/1.1 over TLS for the services: routes, who asks, answers in JSON, errors as RFC 9457, answers that stream.
 * libevent's evhttp speaks the protocol, apps/net/bev.c protects it. One thread, one event loop.
 */
#ifndef SW_APPS_HTTP_HTTP_H
#define SW_APPS_HTTP_HTTP_H

#include "include/sealwax.h"
#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>
/* the struct of event2/keyvalq_struct.h is built from its macros */
#include <sys/queue.h>

#include <event2/keyvalq_struct.h>

enum { HTTP_WILDCARDS = 1, HTTP_SEGMENT_MAX = 512 };
#define HTTP_LATER SIZE_MAX

struct http;
struct http_request;

/*
 * One row per thing that can be asked for: "/inbox", "/messages/{}", where {} stands for one segment. The handler
 * answers at once with one of the functions below, or keeps the request (http_keep) and answers later.
 */
struct http_route {
    enum evhttp_cmd_type method;
    const char *path;
    void (*run)(void *ctx, struct http_request *rq);
};

/* The name of whoever comes without TLS, and so without a certificate; nobody else may have it. */
#define HTTP_ANYONE "(anyone)"

/* Who asks, by the verified certificate. */
struct http_who {
    char name[128];
    uint8_t sha256[32];
    uint8_t serial[20];
    uint8_t serial_len;
};

/* A request, from its arrival to the end of its answer. */
struct http_request {
    struct evhttp_request *ev;
    struct http *http;
    struct http_who peer;
    char *part[HTTP_WILDCARDS]; /* what stood for each {}, decoded, shorter than HTTP_SEGMENT_MAX; NULL without */
    struct evkeyvalq query;     /* decoded */
    /* the peer left before the answer ended; rq is freed after this */
    void (*gone)(void *user, struct http_request *rq);
    void *user;
    /* of http_stream_line: not all lines are out; there are no more of them */
    bool unwritten, ending;
    /* of http_stream_source */
    size_t (*more)(void *user, uint8_t *buf, size_t cap);
    void (*done)(void *user, bool complete);
    bool late; /* more had nothing yet */
    int64_t left;
    int status;
};

struct http_limits {
    size_t body_max; /* bytes of a request's body */
    int timeout;     /* seconds for a handshake, a request, and between two requests */
};

/* What the server tells its owner, for the log; ctx is that of http_new. Any may be NULL. */
struct http_events {
    void (*connected)(void *ctx, struct sw_conn *conn);
    void (*disconnected)(void *ctx, struct sw_conn *conn, int fd);
    void (*answered)(void *ctx, const struct http_request *rq, int status);
    void (*cannot_accept)(void *ctx, const char *why); /* no descriptor is left, or no memory; at most once a minute */
};

/*
 * http_new: a server without listeners and routes.
 *   ctx      for the events
 *   cfg      TLS; a reference stays with each connection, so http_set_config may replace it at any time
 * NULL without memory.
 * http_set_config: for connections from now on.
 */
struct http *http_new(struct event_base *base, const struct http_events *events, void *ctx, struct sw_config *cfg,
                      const struct http_limits *limits);
void http_set_config(struct http *http, struct sw_config *cfg);
/*
 * http_allow_plain: connections may be without TLS from now on, for these routes of a service alone (NULL: no more);
 * HTTP_ANYONE is who asks then.
 */
void http_allow_plain(struct http *http, const struct http_route *routes);
/* http_set_gate: asked before each request is routed; false: it has answered, and that was all. */
void http_set_gate(struct http *http, bool (*admit)(void *ctx, struct http_request *rq), void *ctx);
/*
 * http_serve: add a service: its routes (kept; they end with a row without path) and what its handlers get. False when
 * there are too many.
 */
bool http_serve(struct http *http, const struct http_route *routes, void *ctx);
/* http_listen: serve a listening socket; takes it over. False without memory. */
bool http_listen(struct http *http, int fd);
/*
 * http_stop_listening: no new connections; those there are go on. http_free: closes them; run the loop a little
 * afterwards.
 */
void http_stop_listening(struct http *http);
void http_free(struct http *http);

/* http_subject: the whole subject of the certificate, RFC 4514. */
void http_subject(const struct http_request *rq, char *out, size_t cap);

/*
 * http_is_text: whether it is UTF-8, without which it could neither be answered as JSON nor kept. Parts of a path
 * always are.
 */
bool http_is_text(const char *text);
/*
 * http_query: a parameter's value, or NULL. http_header: of the request, or NULL. http_body: the body, all of it; valid
 * until the answer.
 */
const char *http_query(const struct http_request *rq, const char *name);
const char *http_header(const struct http_request *rq, const char *name);
const uint8_t *http_body(struct http_request *rq, size_t *len);
/*
 * http_address: whence it comes, numeric, without the port; "" where the peer has left. Valid as long as the request.
 */
const char *http_address(const struct http_request *rq);

/* http_set_header: of the answer; before it begins. */
void http_set_header(struct http_request *rq, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * http_reply_json, http_reply_bytes, http_reply_empty: answer and end the request: rq is gone afterwards.
 *   json   taken over; NULL: there was no memory for it, which is a 500
 *   type   of the bytes, which are copied; NULL: not said
 */
void http_reply_json(struct http_request *rq, int status, json_t *json);
void http_reply_bytes(struct http_request *rq, int status, const char *type, const void *p, size_t len);
void http_reply_empty(struct http_request *rq, int status);
/* http_problem: an error, application/problem+json: a sentence for a person, without secrets. */
void http_problem(struct http_request *rq, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * http_stream_begin, _line, _end: an answer in pieces: one JSON object a line (NDJSON). http_stream_begin returns at
 * once, so that the peer has the headers before the first line. A stream may be silent for long: it has no time limit.
 *   json   taken over
 */
void http_stream_begin(struct http_request *rq);
void http_stream_line(struct http_request *rq, json_t *json);
void http_stream_end(struct http_request *rq);

/*
 * http_stream_source: an answer of length bytes, fetched as the peer takes them: never more than a few pieces wait in
 * memory.
 *   more   writes up to cap bytes of the answer, returns how many; 0 before length bytes were given ends the
 *          connection: the peer sees that it is cut short. HTTP_LATER: there is nothing yet; http_source_ready says
 *          when there is
 *   done   called once, when more will not be called any more, however it ended; complete says how
 */
void http_stream_source(struct http_request *rq, int status, const char *type, int64_t length,
                        size_t (*more)(void *user, uint8_t *buf, size_t cap), void (*done)(void *user, bool complete),
                        void *user);
void http_source_ready(struct http_request *rq);

/* What part of something is asked for (RFC 9110 14.2): one range; more than one is answered with the whole. */
struct http_range {
    int64_t from, length;
};

/*
 * http_parse_range: what a Range says, "bytes=A-B", "bytes=A-" or "bytes=-N", of something of this length. 1: out is
 * the range; 0: it does not count, all of it is meant; -1: there is nothing there.
 */
int http_parse_range(const char *text, int64_t length, struct http_range *out);

/*
 * http_condition: If-Match and If-None-Match (RFC 9110 13.1) against the ETag, with its quotes, of what is there: 200:
 * go on; 304 or 412: do not.
 */
int http_condition(struct http_request *rq, const char *etag);

/*
 * http_range: settle those, Range and If-Range against something of this length and ETag, and set Accept-Ranges, ETag
 * and Content-Range. Returns 200 or 206 with the range filled in, 304, 412, or 416.
 */
int http_range(struct http_request *rq, int64_t length, const char *etag, struct http_range *out);
/* http_forget_range: take back what http_range has set, for the answer is about something else. */
void http_forget_range(struct http_request *rq);

/* http_keep: the answer comes later, possibly much later. */
void http_keep(struct http_request *rq, void (*gone)(void *user, struct http_request *rq), void *user);
/*
 * http_work: the answer comes as soon as something is done that is under way; meanwhile up to `ahead` bytes of the next
 * requests are taken off the wire.
 */
void http_work(struct http_request *rq, size_t ahead, void (*gone)(void *user, struct http_request *rq), void *user);
/* http_take_body: the body, for the caller to free. NULL without memory. */
struct evbuffer *http_take_body(struct http_request *rq);

/* http_reason: the phrase of a status line (RFC 9110 15): "Not Found". */
const char *http_reason(int status);

#endif
