/*
 * Between evhttp and the services. A request that arrives becomes a struct http_request, which lives until its answer has been handed to
 * evhttp or its peer has left, whichever comes first.
 */
#include "apps/http.h"
#include "apps/bev.h"
#include "base/wipe.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/listener.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    HEADERS_MAX = 16384,
    LISTENERS_MAX = 16,
    SERVICES_MAX = 8,
    DETAIL_MAX = 512,
    STREAM_TIMEOUT = 365 * 86400,
    ALLOW_MAX = 128,
    PIECE = 65536,
    ACCEPT_AGAIN_MS = 200,
    SAY_AGAIN = 60 /* seconds */
};

struct http {
    struct event_base *base;
    struct evhttp *ev;
    struct {
        const struct http_route *routes;
        void *ctx;
    } services[SERVICES_MAX];
    size_t service_count;
    const struct http_route *plain; /* of the service that answers without TLS, or NULL */
    bool (*admit)(void *ctx, struct http_request *rq);
    void *admit_ctx;
    struct http_events events;
    struct bev_hooks hooks;
    void *ctx;
    struct sw_config *cfg;
    struct evhttp_bound_socket *listeners[LISTENERS_MAX];
    size_t listener_count;
    struct event *accept_again;
    time_t told; /* when that nothing can be accepted was said last */
    int timeout;
};

/* --- a request ---------------------------------------------------------------------------------------------------------- */

static void on_close(struct evhttp_connection *conn, void *arg);

static void request_free(struct http_request *rq)
{
    evhttp_clear_headers(&rq->query);
    free(rq);
}

/* The answer is evhttp's now. */
static void finished(struct http_request *rq, int status)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    if (conn) {
        evhttp_connection_set_closecb(conn, NULL, NULL);
        bev_set_busy(evhttp_connection_get_bufferevent(conn), false);
    }
    if (rq->http->events.answered)
        rq->http->events.answered(rq->http->ctx, rq, status);
}

static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct http_request *rq = arg;
    struct evhttp_request *ev = rq->ev;
    evhttp_connection_set_closecb(conn, NULL, NULL);
    if (rq->gone)
        rq->gone(rq->user, rq);
    request_free(rq);
    evhttp_request_free(ev); /* its connection has let go of it: nobody else will */
}

void http_keep(struct http_request *rq, void (*gone)(void *user, struct http_request *rq), void *user)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    rq->gone = gone;
    rq->user = user;
    evhttp_connection_set_closecb(conn, on_close, rq);
    evhttp_connection_set_timeout(conn, STREAM_TIMEOUT);
    bev_rest(evhttp_connection_get_bufferevent(conn));
}

const char *http_query(const struct http_request *rq, const char *name)
{
    return evhttp_find_header(&rq->query, name);
}

const char *http_header(const struct http_request *rq, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(rq->ev), name);
}

const uint8_t *http_body(struct http_request *rq, size_t *len)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(rq->ev);
    *len = evbuffer_get_length(in);
    return *len ? evbuffer_pullup(in, -1) : (const uint8_t *)"";
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

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

static const char *reason_of(int status)
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
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
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
    finished(rq, status);
    evhttp_send_reply(rq->ev, status, reason_of(status), body);
    if (body)
        evbuffer_free(body);
    request_free(rq);
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
               json_pack("{s:s,s:s,s:i,s:s}", "type", "about:blank", "title", reason_of(status), "status", status,
                         "detail", detail));
}

void http_stream_begin(struct http_request *rq)
{
    set_header(rq, "Content-Type", "application/x-ndjson");
    set_header(rq, "Cache-Control", "no-store");
    evhttp_send_reply_start(rq->ev, 200, reason_of(200));
    evhttp_clear_headers(evhttp_request_get_input_headers(rq->ev)); /* memory of ten thousand who wait */
    evhttp_clear_headers(evhttp_request_get_output_headers(rq->ev));
}

void http_stream_line(struct http_request *rq, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    struct evbuffer *line = evbuffer_new();
    json_decref(json);
    if (text && line && evbuffer_add_printf(line, "%s\n", text) > 0)
        evhttp_send_reply_chunk(rq->ev, line);
    if (line)
        evbuffer_free(line);
    if (text)
        sw_wipe(text, strlen(text));
    free(text);
}

void http_stream_end(struct http_request *rq)
{
    finished(rq, 200);
    evhttp_connection_set_timeout(evhttp_request_get_connection(rq->ev), rq->http->timeout);
    evhttp_send_reply_end(rq->ev);
    request_free(rq);
}

/* --- an answer from a source -------------------------------------------------------------------------------------------- */

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
    finished(rq, rq->status);
    evhttp_connection_set_timeout(evhttp_request_get_connection(rq->ev), rq->http->timeout);
    evhttp_send_reply_end(rq->ev);
    request_free(rq);
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
    evhttp_send_reply_start(rq->ev, status, reason_of(status));
    source_next(conn, rq);
}

/* --- routes ------------------------------------------------------------------------------------------------------------- */

bool http_is_text(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

/* One segment of the path, decoded; false if it is too long, or no text. */
static bool take_segment(const char *from, size_t len, char out[HTTP_SEGMENT_MAX])
{
    char raw[HTTP_SEGMENT_MAX];
    size_t n = 0;
    if (len == 0 || len >= sizeof raw)
        return false;
    memcpy(raw, from, len);
    raw[len] = 0;
    char *decoded = evhttp_uridecode(raw, 0, &n);
    bool fits = decoded && n < HTTP_SEGMENT_MAX && strlen(decoded) == n && http_is_text(decoded);
    if (fits)
        memcpy(out, decoded, n + 1);
    free(decoded);
    return fits;
}

static bool match(const char *pattern, const char *path, struct http_request *rq)
{
    size_t n = 0;
    while (*pattern) {
        if (strncmp(pattern, "{}", 2) == 0) {
            size_t len = strcspn(path, "/");
            if (n == HTTP_WILDCARDS || !take_segment(path, len, rq->part[n++]))
                return false;
            pattern += 2;
            path += len;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == 0;
}

static const char *method_name(enum evhttp_cmd_type method)
{
    switch (method) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    default:
        return "OPTIONS";
    }
}

/* Run the handler of a method and path; false if there is none, and then allow has the methods of the path. */
static bool try_service(struct http_request *rq, size_t service, enum evhttp_cmd_type method, const char *path,
                        char allow[ALLOW_MAX])
{
    for (const struct http_route *r = rq->http->services[service].routes; r->path; r++) {
        if (!match(r->path, path, rq))
            continue;
        if (r->method == method || (r->method == EVHTTP_REQ_GET && method == EVHTTP_REQ_HEAD)) {
            if (strcmp(rq->peer.name, HTTP_ANYONE) == 0 && rq->http->services[service].routes != rq->http->plain)
                http_problem(rq, 403, "not without TLS and a certificate");
            else
                r->run(rq->http->services[service].ctx, rq);
            return true;
        }
        size_t n = strlen(allow);
        snprintf(allow + n, ALLOW_MAX - n, "%s%s", n ? ", " : "", method_name(r->method));
    }
    return false;
}

static void route(struct http_request *rq, enum evhttp_cmd_type method, const char *path)
{
    char allow[ALLOW_MAX] = "";
    for (size_t i = 0; i < rq->http->service_count; i++)
        if (try_service(rq, i, method, path, allow))
            return;
    if (!allow[0]) {
        http_problem(rq, 404, "there is nothing here");
        return;
    }
    set_header(rq, "Allow", allow);
    http_problem(rq, 405, "this takes %s", allow);
}

static struct http_request *request_new(struct http *http, struct evhttp_request *ev)
{
    struct http_request *rq = calloc(1, sizeof *rq);
    if (!rq)
        return NULL;
    rq->http = http;
    rq->ev = ev;
    TAILQ_INIT(&rq->query);
    return rq;
}

/*
 * While a request is being answered, evhttp must not hear of more bytes: a read that was already under way when it disabled reading would find it in a
 * state it does not expect, and it ends the process then. What comes is read after the answer.
 */
static void stop_reading(struct bufferevent *bev)
{
    bufferevent_data_cb written;
    bufferevent_event_cb event;
    void *arg;
    bufferevent_getcb(bev, NULL, &written, &event, &arg);
    bufferevent_setcb(bev, NULL, written, event, arg);
}

static bool know_peer(struct bufferevent *bev, struct http_who *out)
{
    const struct sw_conn *conn = bev_conn(bev);
    struct sw_peer peer;
    if (bev_is_plain(bev)) {
        memcpy(out->name, HTTP_ANYONE, sizeof HTTP_ANYONE);
        return true;
    }
    if (!conn || sw_conn_peer(conn, &peer) || strcmp(peer.name, HTTP_ANYONE) == 0)
        return false;
    memcpy(out->name, peer.name, sizeof out->name);
    memcpy(out->sha256, peer.sha256, sizeof out->sha256);
    memcpy(out->serial, peer.serial, sizeof out->serial);
    out->serial_len = (uint8_t)peer.serial_len;
    return true;
}

void http_subject(const struct http_request *rq, char *out, size_t cap)
{
    struct evhttp_connection *http = evhttp_request_get_connection(rq->ev);
    struct sw_conn *conn = http ? bev_conn(evhttp_connection_get_bufferevent(http)) : NULL;
    struct sw_peer peer;
    snprintf(out, cap, "%s", conn && sw_conn_peer(conn, &peer) == SW_OK ? peer.subject : "");
}

static void on_request(struct evhttp_request *ev, void *arg)
{
    struct http_request *rq = request_new(arg, ev);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
    if (!rq) {
        evhttp_send_error(ev, 503, reason_of(503));
        return;
    }
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(ev));
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL, *query = uri ? evhttp_uri_get_query(uri) : NULL;
    bev_set_busy(bev, true);
    stop_reading(bev);
    if (!know_peer(bev, &rq->peer))
        http_problem(rq, 403, "a client certificate is needed");
    else if (!path)
        http_problem(rq, 400, "the address cannot be read");
    else if (query && evhttp_parse_query_str(query, &rq->query))
        http_problem(rq, 400, "the query cannot be read");
    else if (!rq->http->admit || rq->http->admit(rq->http->admit_ctx, rq))
        route(rq, evhttp_request_get_command(ev), path);
}

/* --- the server --------------------------------------------------------------------------------------------------------- */

static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
    struct http *http = arg;
    return bev_new(base, http->cfg, &http->hooks);
}

struct http *http_new(struct event_base *base, const struct http_events *events, void *ctx, struct sw_config *cfg,
                      const struct http_limits *limits)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http || !(http->ev = evhttp_new(base))) {
        free(http);
        return NULL;
    }
    http->base = base;
    http->events = *events;
    http->ctx = ctx;
    http->cfg = cfg;
    http->timeout = limits->timeout;
    http->hooks = (struct bev_hooks){events->connected, events->disconnected, ctx, false};
    evhttp_set_bevcb(http->ev, on_accept, http);
    evhttp_set_gencb(http->ev, on_request, http);
    evhttp_set_timeout(http->ev, limits->timeout);
    evhttp_set_max_headers_size(http->ev, HEADERS_MAX);
    evhttp_set_max_body_size(http->ev, (ev_ssize_t)limits->body_max);
    evhttp_set_default_content_type(http->ev, NULL);
    evhttp_set_allowed_methods(http->ev, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                             EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    return http;
}

void http_set_config(struct http *http, struct sw_config *cfg)
{
    http->cfg = cfg;
}

void http_allow_plain(struct http *http, const struct http_route *routes)
{
    http->plain = routes;
    http->hooks.allow_plain = routes != NULL;
}

void http_set_gate(struct http *http, bool (*admit)(void *ctx, struct http_request *rq), void *ctx)
{
    http->admit = admit;
    http->admit_ctx = ctx;
}

bool http_serve(struct http *http, const struct http_route *routes, void *ctx)
{
    if (http->service_count == SERVICES_MAX)
        return false;
    http->services[http->service_count].routes = routes;
    http->services[http->service_count++].ctx = ctx;
    return true;
}

/* --- listening ---------------------------------------------------------------------------------------------------------- */

/* A listener's callbacks get what evhttp gave it; ours find their server here, of which a process has one. */
static struct http *listening;

static void accept_again(evutil_socket_t fd, short what, void *ctx)
{
    struct http *http = ctx;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < http->listener_count; i++)
        evconnlistener_enable(evhttp_bound_socket_get_listener(http->listeners[i]));
}

/* Without a descriptor for whoever waits at the door, the door would be ready again at once, and the loop do nothing else: so it is left alone for a while. */
static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    const struct timeval wait = {.tv_usec = ACCEPT_AGAIN_MS * 1000};
    const char *why = strerror(errno);
    struct http *http = listening;
    (void)ctx;
    if (!http)
        return;
    evconnlistener_disable(listener);
    event_add(http->accept_again, &wait);
    if (http->told && time(NULL) - http->told < SAY_AGAIN)
        return;
    http->told = time(NULL);
    if (http->events.cannot_accept)
        http->events.cannot_accept(http->ctx, why);
}

bool http_listen(struct http *http, int fd)
{
    if (!http->accept_again)
        http->accept_again = event_new(http->base, -1, 0, accept_again, http);
    if (!http->accept_again)
        return false;

    struct evhttp_bound_socket *bound =
        http->listener_count < LISTENERS_MAX ? evhttp_accept_socket_with_handle(http->ev, fd) : NULL;
    if (bound) {
        http->listeners[http->listener_count++] = bound;
        evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_accept_error);
        listening = http;
    }
    return bound != NULL;
}

void http_stop_listening(struct http *http)
{
    while (http->listener_count)
        evhttp_del_accept_socket(http->ev, http->listeners[--http->listener_count]);
}

void http_free(struct http *http)
{
    if (!http)
        return;
    if (listening == http)
        listening = NULL;
    if (http->accept_again)
        event_free(http->accept_again);
    evhttp_free(http->ev);
    free(http);
}
