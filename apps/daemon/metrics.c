#include "apps/daemon/metrics.h"
#include "apps/net/net.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { VALUE_MAX = 32, SAMPLES = 192 };

static const struct row {
    const char *type, *name, *label, *help;
} rows[METRIC_COUNT] = {
#define METRIC(id, type, name, label, help) {type, name, label, help},
#include "apps/daemon/metrics.def"
#undef METRIC
};

struct sample {
    enum metric id;
    char value[VALUE_MAX];
    double n;
};

struct metrics {
    struct sample samples[SAMPLES];
    size_t len;
    struct evhttp *http;
    void (*refresh)(void *ctx);
    void *ctx;
};

struct metrics *metrics_new(void)
{
    struct metrics *m = calloc(1, sizeof *m);
    for (int id = 0; m && id < METRIC_COUNT; id++) /* a counter that is zero is a number, too */
        if (!*rows[id].label)
            metrics_set(m, (enum metric)id, "", 0);
    metrics_set(m, METRIC_START, "", (double)time(NULL));
    return m;
}

void metrics_free(struct metrics *m)
{
    if (m && m->http)
        evhttp_free(m->http);
    free(m);
}

static size_t open_files(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n > 3 ? n - 3 : 0; /* ".", "..", and the directory itself */
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double *number_of(struct metrics *m, enum metric id, const char *value)
{
    for (size_t i = 0; i < m->len; i++)
        if (m->samples[i].id == id && strncmp(m->samples[i].value, value, VALUE_MAX - 1) == 0)
            return &m->samples[i].n;
    if (m->len == SAMPLES)
        return NULL;
    m->samples[m->len].id = id;
    snprintf(m->samples[m->len].value, VALUE_MAX, "%s", value);
    return &m->samples[m->len++].n;
}

void metrics_add(struct metrics *m, enum metric id, const char *value, uint64_t n)
{
    double *number = m ? number_of(m, id, value) : NULL;
    if (number)
        *number += (double)n;
}

void metrics_set(struct metrics *m, enum metric id, const char *value, double n)
{
    double *number = m ? number_of(m, id, value) : NULL;
    if (number)
        *number = n;
}

void metrics_set_process(struct metrics *m)
{
    metrics_set(m, METRIC_MEMORY, "", resident_bytes());
    metrics_set(m, METRIC_FILES, "", (double)open_files());
}

/* Quotation marks, backslashes and ends of lines are escaped in a label's value. */
static void write_value(FILE *f, const char *value)
{
    for (; *value; value++)
        if (*value == '\n')
            fputs("\\n", f);
        else
            fprintf(f, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
}

static void write_samples(const struct metrics *m, enum metric id, FILE *f)
{
    for (size_t i = 0; i < m->len; i++) {
        const struct sample *s = &m->samples[i];
        if (s->id != id)
            continue;
        fputs(rows[id].name, f);
        if (*rows[id].label) {
            fprintf(f, "{%s=\"", rows[id].label);
            write_value(f, s->value);
            fputs("\"}", f);
        }
        fprintf(f, " %.17g\n", s->n);
    }
}

char *metrics_text(const struct metrics *m)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    for (int id = 0; id < METRIC_COUNT; id++) {
        fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", rows[id].name, rows[id].help, rows[id].name, rows[id].type);
        write_samples(m, (enum metric)id, f);
    }
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

/* --- the address -------------------------------------------------------------------------------------------------- */

static void answer(struct evhttp_request *rq, void *ctx)
{
    struct metrics *m = ctx;
    struct evbuffer *body = evbuffer_new();
    m->refresh(m->ctx);
    char *text = metrics_text(m);
    if (text && body && evbuffer_add(body, text, strlen(text)) == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(rq), "Content-Type",
                          "text/plain; version=0.0.4; charset=utf-8");
        evhttp_send_reply(rq, 200, "OK", body);
    } else {
        evhttp_send_error(rq, 503, "out of memory");
    }
    free(text);
    if (body)
        evbuffer_free(body);
}

static void nothing_here(struct evhttp_request *rq, void *ctx)
{
    static const char problem[] =
        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is /metrics here\"}\n";
    struct evbuffer *body = evbuffer_new();
    (void)ctx;
    if (body)
        (void)evbuffer_add(body, problem, sizeof problem - 1);
    evhttp_add_header(evhttp_request_get_output_headers(rq), "Content-Type", "application/problem+json");
    evhttp_send_reply(rq, 404, "Not Found", body);
    if (body)
        evbuffer_free(body);
}

static bool is_loopback(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && net_address_is_here((struct sockaddr *)&at);
}

static int refuse_place(const struct app *app, const char *place)
{
    return app_error(app, APP_REFUSED,
                     "--metrics %s: others can reach that address, and what is told there is not encrypted", place);
}

int metrics_place_ok(const struct app *app, const char *place)
{
    return net_place_is_here(place) ? APP_DONE : refuse_place(app, place);
}

int metrics_listen(struct metrics *m, const struct app *app, struct event_base *base, const char *place,
                   void (*refresh)(void *ctx), void *ctx)
{
    struct net_listeners at;
    m->refresh = refresh;
    m->ctx = ctx;
    m->http = evhttp_new(base);
    if (!m->http)
        return app_fail(app, SW_ERR_MEMORY, "metrics");
    evhttp_set_allowed_methods(m->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_timeout(m->http, 10);
    evhttp_set_max_headers_size(m->http, 8192);
    evhttp_set_max_body_size(m->http, 0);
    evhttp_set_gencb(m->http, nothing_here, NULL);
    if (evhttp_set_cb(m->http, "/metrics", answer, m))
        return app_fail(app, SW_ERR_MEMORY, "metrics");
    int code = net_listen(app, place, &at);
    for (size_t i = 0; !code && i < at.n; i++) {
        if (!is_loopback(at.fd[i]))
            code = refuse_place(app, place);
        else if (evhttp_accept_socket(m->http, at.fd[i]))
            code = app_fail(app, SW_ERR_MEMORY, "metrics");
        else
            at.fd[i] = -1;
    }
    for (size_t i = 0; code && i < at.n; i++)
        if (at.fd[i] >= 0)
            close(at.fd[i]);
    return code;
}
