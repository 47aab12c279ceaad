/* The parser is a state machine over lines and runs of bytes; each length is read once and bounded where it is read. */
#include "apps/http/reply.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum phase { STATUS, HEADERS, SIZED, TO_END, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS };

/* Longer than anything a server of ours sends, and far from overflow. */
static const int64_t LENGTH_MAX = INT64_C(1) << 50;

void http_reply_begin(struct http_reply *r, bool head)
{
    *r = (struct http_reply){
        .length = -1, .total = -1, .offset = -1, .retry_after = -1, .plays_left = -1, .no_body = head};
}

static bool number(const char *text, int base, int64_t *out)
{
    char *end;
    if (!((*text >= '0' && *text <= '9') || (base == 16 && strchr("abcdefABCDEF", *text) && *text)))
        return false;
    unsigned long long n = strtoull(text, &end, base);
    end += strspn(end, " \t");
    if ((*end && !(base == 16 && *end == ';')) || n > (unsigned long long)LENGTH_MAX)
        return false;
    *out = (int64_t)n;
    return true;
}

static bool status_line(struct http_reply *r)
{
    const char *s = r->line;
    if (strncmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') || s[8] != ' ')
        return false;
    r->close = s[7] == '0';
    for (int i = 9; i < 12; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        r->status = r->status * 10 + s[i] - '0';
    }
    r->phase = HEADERS;
    return (s[12] == ' ' || s[12] == 0) && r->status >= 100;
}

/* One header; those that say how long the body is must be right, and not say it twice. */
static bool header(struct http_reply *r)
{
    char *colon = strchr(r->line, ':');
    if (!colon || colon == r->line || strcspn(r->line, " \t") < (size_t)(colon - r->line))
        return false;
    *colon = 0;
    const char *name = r->line, *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(name, "Content-Length") == 0)
        return r->length < 0 && number(value, 10, &r->length);
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        bool first = !r->chunked;
        r->chunked = true;
        return first && strcasecmp(value, "chunked") == 0;
    }
    const char *slash = strcasecmp(name, "Content-Range") == 0 ? strchr(value, '/') : NULL;
    if (slash) /* an unknown total is a star, and stays unknown */
        return slash[1] == '*' || number(slash + 1, 10, &r->total);
    if (strcasecmp(name, "Upload-Offset") == 0)
        return number(value, 10, &r->offset);
    if (strcasecmp(name, "Connection") == 0)
        r->close = strcasecmp(value, "close") == 0 || (r->close && strcasecmp(value, "keep-alive") != 0);
    else if (strcasecmp(name, "Retry-After") == 0)
        (void)number(value, 10, &r->retry_after); /* the other form is a date: no need to */
    else if (strcasecmp(name, "Sealwax-Plays-Left") == 0)
        (void)number(value, 10, &r->plays_left);
    else if (strcasecmp(name, "Content-Type") == 0)
        snprintf(r->type, sizeof r->type, "%s", value);
    else if (strcasecmp(name, "ETag") == 0)
        snprintf(r->etag, sizeof r->etag, "%s", value);
    else if (strcasecmp(name, "Location") == 0)
        snprintf(r->location, sizeof r->location, "%s", value);
    return true;
}

/* The empty line: what follows? RFC 9112 6.3. */
static bool end_of_head(struct http_reply *r)
{
    if (r->chunked && r->length >= 0)
        return false;
    if (r->status < 200 && r->status != 101) { /* 100 Continue: the answer itself comes behind it */
        http_reply_begin(r, r->no_body);
        return true;
    }
    r->state = HTTP_BODY;
    r->phase = r->chunked ? CHUNK_SIZE : r->length >= 0 ? SIZED : TO_END;
    r->left = r->length;
    if (r->no_body || r->status == 204 || r->status == 304 || (r->phase == SIZED && r->left == 0))
        r->state = HTTP_DONE;
    return true;
}

static bool chunk_size(struct http_reply *r)
{
    if (!number(r->line, 16, &r->left))
        return false;
    r->phase = r->left ? CHUNK : TRAILERS;
    return true;
}

static bool trailer(struct http_reply *r)
{
    if (!r->line[0])
        r->state = HTTP_DONE;
    return true;
}

static bool take_line(struct http_reply *r)
{
    switch ((enum phase)r->phase) {
    case STATUS:
        return status_line(r);
    case HEADERS:
        return r->line[0] ? header(r) : end_of_head(r);
    case CHUNK_SIZE:
        return chunk_size(r);
    case CHUNK_END:
        r->phase = CHUNK_SIZE;
        return !r->line[0];
    case TRAILERS:
        return trailer(r);
    default:
        return false;
    }
}

/* Bytes up to the end of a line, kept until it is whole. */
static bool feed_line(struct http_reply *r, const uint8_t *p, size_t len, size_t *used)
{
    const uint8_t *end = memchr(p, '\n', len);
    size_t n = end ? (size_t)(end - p) : len;
    *used = n + (end != NULL);
    r->head += *used;
    if (n >= HTTP_LINE_MAX - r->held || (r->state == HTTP_HEAD && r->head > HTTP_HEAD_MAX) || memchr(p, 0, n))
        return false;
    memcpy(r->line + r->held, p, n);
    r->held += n;
    if (!end)
        return true;
    if (r->held && r->line[r->held - 1] == '\r')
        r->held--;
    r->line[r->held] = 0;
    r->held = 0;
    return take_line(r);
}

static void feed_body(struct http_reply *r, size_t len, size_t *used)
{
    *used = len;
    if (r->phase == TO_END)
        return;
    if ((int64_t)*used > r->left)
        *used = (size_t)r->left;
    r->left -= (int64_t)*used;
    if (r->left == 0 && r->phase == SIZED)
        r->state = HTTP_DONE;
    else if (r->left == 0)
        r->phase = CHUNK_END;
}

enum http_reply_state http_reply_feed(struct http_reply *r, const uint8_t *p, size_t len, size_t *used,
                                      const uint8_t **body, size_t *body_len)
{
    *used = *body_len = 0;
    *body = p;
    while (*used < len && (r->state == HTTP_HEAD || r->state == HTTP_BODY)) {
        size_t n;
        if (r->state == HTTP_BODY && (r->phase == SIZED || r->phase == TO_END || r->phase == CHUNK)) {
            *body = p + *used;
            feed_body(r, len - *used, body_len);
            *used += *body_len;
            return r->state;
        }
        if (!feed_line(r, p + *used, len - *used, &n))
            r->state = HTTP_BAD;
        *used += n;
    }
    return r->state;
}

enum http_reply_state http_reply_eof(struct http_reply *r)
{
    if (r->state == HTTP_BODY && r->phase == TO_END)
        r->state = HTTP_DONE;
    else if (r->state != HTTP_DONE)
        r->state = HTTP_BAD;
    return r->state;
}
