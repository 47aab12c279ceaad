/*
 * Between evhttp and the services. A request that arrives becomes a struct http_request, which lives until its answer
 * has been handed to evhttp or its peer has left, whichever comes first. route.c finds who answers it, answer.c has the
 * ways to answer.
 */
#include "apps/http/own.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADERS_MAX = 16384,
    STREAM_TIMEOUT = 365 * 86400,
    ACCEPT_AGAIN_MS = 200,
    SAY_AGAIN = 60 /* seconds */
};

/* --- a request ---------------------------------------------------------------------------------------------------- */

void http_request_free(struct http_request *rq)
{
    evhttp_clear_headers(&rq->query);
    for (size_t i = 0; i < HTTP_WILDCARDS; i++)
        free(rq->part[i]);
    free(rq);
}

/* The answer is evhttp's now. */
void http_finished(struct http_request *rq, int status)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    if (conn) {
        evhttp_connection_set_closecb(conn, NULL, NULL);
        if (rq->gone) /* it was kept */
            evhttp_connection_set_timeout(conn, rq->http->timeout);
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
    http_request_free(rq);
    /*
     * where the peer has gone, the connection has let go of it: nobody else will free it; where the server ends, the
     * connection will
     */
    if (!evhttp_request_get_connection(ev))
        evhttp_request_free(ev);
}

static struct evhttp_connection *keep(struct http_request *rq, void (*gone)(void *user, struct http_request *rq),
                                      void *user)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    rq->gone = gone;
    rq->user = user;
    evhttp_connection_set_closecb(conn, on_close, rq);
    evhttp_connection_set_timeout(conn, STREAM_TIMEOUT);
    return conn;
}

void http_keep(struct http_request *rq, void (*gone)(void *user, struct http_request *rq), void *user)
{
    bev_rest(evhttp_connection_get_bufferevent(keep(rq, gone, user)));
}

void http_work(struct http_request *rq, size_t ahead, void (*gone)(void *user, struct http_request *rq), void *user)
{
    bev_read_ahead(evhttp_connection_get_bufferevent(keep(rq, gone, user)), ahead);
}

void http_stay(struct http_request *rq)
{
    evhttp_connection_set_timeout(keep(rq, NULL, NULL), rq->http->timeout);
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

const char *http_address(const struct http_request *rq)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(rq->ev);
    char *address = NULL;
    ev_uint16_t port;
    if (conn)
        evhttp_connection_get_peer(conn, &address, &port);
    return address ? address : "";
}

struct evbuffer *http_take_body(struct http_request *rq)
{
    struct evbuffer *out = evbuffer_new();
    if (out && evbuffer_add_buffer(out, evhttp_request_get_input_buffer(rq->ev))) {
        evbuffer_free(out);
        return NULL;
    }
    return out;
}

/* --- its arrival -------------------------------------------------------------------------------------------------- */

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
 * While a request is being answered, evhttp must not hear of more bytes: a read that was already under way when it
 * disabled reading would find it in a state it does not expect, and it ends the process then. What comes is read after
 * the answer.
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
        evhttp_send_error(ev, 503, http_reason(503));
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
        http_route_request(rq, evhttp_request_get_command(ev), path);
}

/* --- the server --------------------------------------------------------------------------------------------------- */

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
    if (http->service_count == HTTP_SERVICES_MAX)
        return false;
    http->services[http->service_count].routes = routes;
    http->services[http->service_count++].ctx = ctx;
    return true;
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

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

/*
 * Without a descriptor for whoever waits at the door, the door would be ready again at once, and the loop do nothing
 * else: so it is left alone for a while.
 */
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
        http->listener_count < HTTP_LISTENERS_MAX ? evhttp_accept_socket_with_handle(http->ev, fd) : NULL;
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
    event_base_loop(http->base, EVLOOP_NONBLOCK); /* finishes the connections, which tell our hooks */
    free(http);
}
