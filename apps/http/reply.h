/*
 * Reading an HTTP/1.1 answer (RFC 9112) as its bytes come: the status line, the few headers a client of ours wants, and
 * the body by length, in chunks, or to the end of the connection. Bytes in, bytes out; no allocation. (libevent's
 * client cannot be put on a connection of ours.)
 */
#ifndef SW_APPS_HTTP_REPLY_H
#define SW_APPS_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_LINE_MAX = 8192, HTTP_HEAD_MAX = 65536 };

enum http_reply_state {
    HTTP_HEAD, /* status line and headers are not complete */
    HTTP_BODY, /* the body is coming */
    HTTP_DONE, /* all of it has come */
    HTTP_BAD   /* this is not HTTP, or breaks its rules */
};

struct http_reply {
    enum http_reply_state state;
    int status;
    int64_t length; /* Content-Length, -1: not said */
    bool chunked, close;
    char type[64];                /* Content-Type */
    char location[256], etag[80]; /* Location */
    int64_t total;                /* of Content-Range, -1 */
    int64_t offset;               /* Upload-Offset, -1 */
    int64_t retry_after;          /* seconds, -1 */
    int64_t plays_left;           /* Sealwax-Plays-Left, -1 */
    /* ours */
    unsigned phase;
    int64_t left; /* of the body or chunk */
    size_t head;  /* bytes of the head so far */
    size_t held;  /* of line */
    bool no_body; /* it answers HEAD */
    char line[HTTP_LINE_MAX];
};

/* http_reply_begin: for one request; head: it was a HEAD. */
void http_reply_begin(struct http_reply *r, bool head);

/*
 * http_reply_feed: process bytes that came, up to the end of this answer.
 *   used   receives how many of them; the rest belongs to the next answer
 *   body   receives a run of body bytes inside p, of *body_len bytes; 0: none. Call again with what was not used.
 */
enum http_reply_state http_reply_feed(struct http_reply *r, const uint8_t *p, size_t len, size_t *used,
                                      const uint8_t **body, size_t *body_len);

/* http_reply_eof: the connection ended properly: the end of a body without length, otherwise too early. */
enum http_reply_state http_reply_eof(struct http_reply *r);

#endif
