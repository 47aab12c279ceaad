/*
 * Answers: whole, in lines, or from a source that is asked for the next piece when the last has left. Each ends its
 * request, however it is given.
 */
#include "apps/http/own.h"
#include "base/wipe.h"
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_MAX = 512, PIECE = 65536 };

/* --- headers ------------------------------------------------------------------------------------------------------ */

static void set_header(struct http_request *rq, const char *name, const char *value)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(rq->ev);
    evhttp_remove_header(headers, name);
    evhttp_add_header(headers, name, value);
}

void http_set_header(struct http_request *rq, const char *name, const char *format, ...)
{
    char value[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    set_header(rq, name, value);
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {429, "Too Many Requests"},
        {460, "Checksum Mismatch"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Unknown";
}

/* --- whole answers ------------------------------------------------------------------------------------------------ */

void http_reply_bytes(struct http_request *rq, int status, const char *type, const void *p, size_t len)
{
    bool head = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_HEAD;
    struct evbuffer *body = head ? NULL : evbuffer_new();
    if (type)
        set_header(rq, "Content-Type", type);
    if (head) /* evhttp would send the body */
        http_set_header(rq, "Content-Length", "%zu", len);
    /* what is served is private to its reader and may be a secret */
    if (!evhttp_find_header(evhttp_request_get_output_headers(rq->ev), "Cache-Control"))
        set_header(rq, "Cache-Control", "no-store");
    if (body)
        evbuffer_add(body, p, len);
    http_finished(rq, status);
    evhttp_send_reply(rq->ev, status, http_reason(status), body);
    if (body)
        evbuffer_free(body);
    http_request_free(rq);
}

void http_reply_empty(struct http_request *rq, int status)
{
    http_reply_bytes(rq, status, NULL, "", 0);
}

static void reply_json(struct http_request *rq, int status, const char *type, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text) {
        http_reply_bytes(rq, 500, "text/plain", "out of memory\n", 14);
        return;
    }
    size_t len = strlen(text);
    text[len] = '\n'; /* in the place of the NUL: a line for people with curl */
    http_reply_bytes(rq, status, type, text, len + 1);
    sw_wipe(text, len);
    free(text);
}

void http_reply_json(struct http_request *rq, int status, json_t *json)
{
    reply_json(rq, status, "application/json", json);
}

void http_problem(struct http_request *rq, int status, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    reply_json(rq, status, "application/problem+json",
               json_pack("{s:s,s:s,s:i,s:s}", "type", "about:blank", "title", http_reason(status), "status", status,
                         "detail", detail));
}

/* --- line by line ------------------------------------------------------------------------------------------------- */

void http_stream_begin(struct http_request *rq)
{
    set_header(rq, "Content-Type", "application/x-ndjson");
    set_header(rq, "Cache-Control", "no-store");
    evhttp_send_reply_start(rq->ev, 200, http_reason(200));
    evhttp_clear_headers(evhttp_request_get_input_headers(rq->ev)); /* memory of ten thousand who wait */
    evhttp_clear_headers(evhttp_request_get_output_headers(rq->ev));
}

static void end_lines(struct http_request *rq)
{
    http_finished(rq, 200);
    evhttp_send_reply_end(rq->ev);
    http_request_free(rq);
}

/*
 * evhttp calls this later than it decides to, and may have been given more meanwhile: only what is empty is out. Its
 * own callback for the end does not look, and would take up the next request in the middle of this answer.
 */
static void line_written(struct evhttp_connection *conn, void *arg)
{
    struct http_request *rq = arg;
    if (evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(conn))))
        return;
    rq->unwritten = false;
    if (rq->ending)
        end_lines(rq);
}

void http_stream_line(struct http_request *rq, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    struct evbuffer *line = evbuffer_new();
    json_decref(json);
    if (text && line && evbuffer_add_printf(line, "%s\n", text) > 0) {
        rq->unwritten = true;
        evhttp_send_reply_chunk_with_cb(rq->ev, line, line_written, rq);
    }
    if (line)
        evbuffer_free(line);
    if (text)
        sw_wipe(text, strlen(text));
    free(text);
}

void http_stream_end(struct http_request *rq)
{
    rq->ending = true;
    if (rq->unwritten)
        http_stay(rq);
    else
        end_lines(rq);
}

/* --- from a source ------------------------------------------------------------------------------------------------ */

static void source_gone(void *user, struct http_request *rq)
{
    (void)user;
    if (rq->done)
        rq->done(rq->user, false);
}

static void source_done(struct http_request *rq)
{
    void (*done)(void *user, bool complete) = rq->done;
    rq->done = NULL;
    if (done)
        done(rq->user, true);
    http_finished(rq, rq->status);
    evhttp_send_reply_end(rq->ev);
    http_request_free(rq);
}

/* The last piece has left evhttp's hands: fetch another one. */
static void source_next(struct evhttp_connection *conn, void *arg)
{
    struct http_request *rq = arg;
    uint8_t piece[PIECE];
    if (rq->left == 0) {
        source_done(rq);
        return;
    }
    size_t n = rq->more(rq->user, piece, rq->left < PIECE ? (size_t)rq->left : PIECE);
    rq->late = n == HTTP_LATER;
    if (rq->late)
        return;
    struct evbuffer *out = n ? evbuffer_new() : NULL;
    if (!out || evbuffer_add(out, piece, n)) {
        if (out)
            evbuffer_free(out);
        bev_end(evhttp_connection_get_bufferevent(conn)); /* on_close does the rest */
        return;
    }
    rq->left -= (int64_t)n;
    evhttp_send_reply_chunk_with_cb(rq->ev, out, source_next, rq);
    evbuffer_free(out);
}

void http_source_ready(struct http_request *rq)
{
    if (rq->late)
        source_next(evhttp_request_get_connection(rq->ev), rq);
}

void http_stream_source(struct http_request *rq, int status, const char *type, int64_t length,
                        size_t (*more)(void *user, uint8_t *buf, size_t cap), void (*done)(void *user, bool complete),
                        void *user)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    bool head = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_HEAD;
    http_keep(rq, source_gone, user);
    evhttp_connection_set_timeout(conn, rq->http->timeout); /* a reader who does not read is let go */
    rq->more = more;
    rq->done = done;
    rq->left = head ? 0 : length;
    rq->status = status;
    set_header(rq, "Content-Type", type);
    http_set_header(rq, "Content-Length", "%lld", (long long)length);
    evhttp_send_reply_start(rq->ev, status, http_reason(status));
    source_next(conn, rq);
}
