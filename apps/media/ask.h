/*
 * What a player on this machine asks for, HTTP/1.1 without TLS (RFC 9112), one request a connection; and the head of the
 * answer. Bytes in, bytes out.
 */
#ifndef SW_APPS_MEDIA_ASK_H
#define SW_APPS_MEDIA_ASK_H

#include "apps/http/http.h"

enum { ASK_HEAD_MAX = 8192, ASK_TEXT_MAX = 128, ASK_ANSWER_MAX = 1024 };

struct ask {
    enum { ASK_GET, ASK_HEAD, ASK_OTHER /* method */ } method;
    char target[ASK_TEXT_MAX], host[ASK_TEXT_MAX]; /* what does not fit is "", which is nothing of ours */
    char range[ASK_TEXT_MAX];                      /* "": none that counts */
};

/*
 * ask_read: a request, as far as it has come. 1: it is complete; 0: more is to come; -1: it is none, or longer than
 * ASK_HEAD_MAX.
 */
int ask_read(struct ask *out, const char *text, size_t len);

/*
 * ask_settle: what an asker gets for it at a place ("127.0.0.1:1234" and "/path") with a track of so many bytes: 200 or
 * 206 with the range filled in; 400, 404, 405, 416, 421.
 */
int ask_settle(const struct ask *a, const char *host, const char *path, int64_t total, struct http_range *out);

/*
 * ask_answer: the head of the answer; returns its length.
 *   type   of the track, which counts with 200 and 206
 */
size_t ask_answer(char out[ASK_ANSWER_MAX], int status, const char *type, int64_t total,
                  const struct http_range *range);

#endif
