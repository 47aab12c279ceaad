/* From a method and a path to the handler that answers. */
#include "apps/http/own.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALLOW_MAX = 128 };

bool http_is_text(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

/* One segment of the path, decoded; NULL if it is too long, or no text. */
static char *take_segment(const char *from, size_t len)
{
    char raw[3 * HTTP_SEGMENT_MAX]; /* each byte may be encoded */
    size_t n = 0;
    if (len == 0 || len >= sizeof raw)
        return NULL;
    memcpy(raw, from, len);
    raw[len] = 0;
    char *decoded = evhttp_uridecode(raw, 0, &n);
    if (decoded && n < HTTP_SEGMENT_MAX && strlen(decoded) == n && http_is_text(decoded))
        return decoded;
    free(decoded);
    return NULL;
}

static bool match(const char *pattern, const char *path, struct http_request *rq)
{
    size_t n = 0;
    while (*pattern) {
        if (strncmp(pattern, "{}", 2) == 0) {
            size_t len = strcspn(path, "/");
            if (n == HTTP_WILDCARDS)
                return false;
            free(rq->part[n]); /* of another pattern that was tried */
            rq->part[n] = take_segment(path, len);
            if (!rq->part[n++])
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

void http_route_request(struct http_request *rq, enum evhttp_cmd_type method, const char *path)
{
    char allow[ALLOW_MAX] = "";
    for (size_t i = 0; i < rq->http->service_count; i++)
        if (try_service(rq, i, method, path, allow))
            return;
    if (!allow[0]) {
        http_problem(rq, 404, "there is nothing here");
        return;
    }
    http_set_header(rq, "Allow", "%s", allow);
    http_problem(rq, 405, "this takes %s", allow);
}
