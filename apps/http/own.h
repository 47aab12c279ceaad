/* The inside of the HTTP server, for this folder alone. */
#ifndef SW_APPS_HTTP_OWN_H
#define SW_APPS_HTTP_OWN_H

#include "apps/http/http.h"
#include "apps/net/bev.h"
#include <time.h>

enum { HTTP_LISTENERS_MAX = 16, HTTP_SERVICES_MAX = 8 };

struct http {
    struct event_base *base;
    struct evhttp *ev;
    struct {
        const struct http_route *routes;
        void *ctx;
    } services[HTTP_SERVICES_MAX];
    size_t service_count;
    const struct http_route *plain; /* of the service that answers without TLS, or NULL */
    bool (*admit)(void *ctx, struct http_request *rq);
    void *admit_ctx;
    struct http_events events;
    struct bev_hooks hooks;
    void *ctx;
    struct sw_config *cfg;
    struct evhttp_bound_socket *listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;
    struct event *accept_again;
    time_t told; /* when that nothing can be accepted was said last */
    int timeout;
};

/* http_finished: the answer is evhttp's now. http_request_free: nobody asks for the request any more. */
void http_finished(struct http_request *rq, int status);
void http_request_free(struct http_request *rq);

/*
 * http_stay: its service is through with it, and its answer is not out yet; the peer may leave meanwhile, or be too
 * slow.
 */
void http_stay(struct http_request *rq);

/* http_route_request: run the handler of a method and path, or answer that there is none. */
void http_route_request(struct http_request *rq, enum evhttp_cmd_type method, const char *path);

#endif
