/*
 * The mailbox as a service. Those who wait are in a table by what they wait for (waiting.c). A change in the store
 * marks them, and the next turn of the event loop looks again; the store decides, so a mark too many does no harm.
 */
#include "apps/message/server.h"
#include "apps/message/service.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEEPALIVE = 30 /* seconds of silence before a line says that the stream lives */ };

static void whoami(void *ctx, struct http_request *rq)
{
    char subject[256];
    (void)ctx;
    http_subject(rq, subject, sizeof subject);
    http_reply_json(rq, 200,
                    json_pack("{s:s,s:s,s:o,s:o}", "name", rq->peer.name, "subject", subject, "serial",
                              message_hex(rq->peer.serial, rq->peer.serial_len), "sha256",
                              message_hex(rq->peer.sha256, sizeof rq->peer.sha256)));
}

static void healthz(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_json(rq, 200, json_pack("{s:s}", "status", "ok"));
}

const struct http_route message_routes[] = {
    {EVHTTP_REQ_POST, "/messages", outbox_send},
    {EVHTTP_REQ_GET, "/messages/{}", outbox_receipt},
    {EVHTTP_REQ_GET, "/inbox", inbox_list},
    {EVHTTP_REQ_GET, "/inbox/stream", inbox_stream},
    {EVHTTP_REQ_GET, "/inbox/{}", inbox_read},
    {EVHTTP_REQ_POST, "/inbox/{}/ack", inbox_acknowledge},
    {EVHTTP_REQ_POST, "/inbox/{}/refuse", inbox_refuse},
    {EVHTTP_REQ_POST, "/inbox/{}/take", inbox_take},
    {EVHTTP_REQ_GET, "/directory/{}", directory_show},
    {EVHTTP_REQ_GET, "/whoami", whoami},
    {EVHTTP_REQ_GET, "/healthz", healthz},
    {0, NULL, NULL},
};

/* --- waking ------------------------------------------------------------------------------------------------------- */

static void plan_sweep(struct message_service *s, int64_t next)
{
    struct timeval wait = {.tv_sec = 60};
    if (next < message_now() + 60)
        wait.tv_sec = next > message_now() ? (time_t)(next - message_now()) : 0;
    event_add(s->sweep, &wait);
}

static void mark_all(struct message_service *s)
{
    struct waiter *w;
    for (size_t i = 0; i < MESSAGE_BUCKETS; i++)
        LIST_FOREACH(w, &s->by_key[i], in_bucket)
    waiter_mark(w);
}

static void on_change(void *ctx, const struct sw_mail *mail, bool here)
{
    struct message_service *s = ctx;
    if (!mail) {
        mark_all(s);
        return;
    }
    waiters_mark(s, mail->id, false);
    if (mail->state == SW_MAIL_EXPIRED && here)
        message_happened(s, "expired", mail, "");
    if (mail->state == SW_MAIL_QUEUED) {
        waiters_mark(s, mail->recipient, true);
        plan_sweep(s, mail->expires); /* an earlier plan is replaced; the sweep looks at all */
    }
}

/* In the next turn, as this may come while he is being served. */
static void on_claim(void *ctx, const char *name, const uint8_t cert[32])
{
    struct waiter *w = inbox_reader(ctx, name, cert);
    if (!w)
        return;
    w->replaced = true;
    waiter_mark(w);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    struct waiter *w;
    (void)fd;
    (void)what;
    while ((w = TAILQ_FIRST(&s->ready)) != NULL) {
        TAILQ_REMOVE(&s->ready, w, in_ready);
        w->ready = false;
        if (w->replaced)
            inbox_replace(w);
        else if (w->reader)
            inbox_serve(w);
        else
            outbox_serve(w);
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    int64_t next;
    (void)fd;
    (void)what;
    enum sw_err err = sw_store_sweep(s->store, message_now(), &next);
    if (err)
        message_trouble(s, "sweep", err);
    plan_sweep(s, err ? INT64_MAX : next);
}

/* A line now and then shows the reader that the server lives, and shows us that the reader does. */
static void on_keepalive(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < MESSAGE_BUCKETS; i++) {
        struct waiter *w;
        LIST_FOREACH(w, &s->by_key[i], in_bucket)
        {
            if (w->reader && w->quiet)
                http_stream_line(w->rq, json_pack("{s:s}", "event", "keepalive"));
            w->quiet = true;
            if (w->reader || s->others)
                waiter_mark(
                    w); /* a lease of another certificate may have run out; news of another server may be lost */
        }
    }
}

static bool watch_others(struct message_service *s);

/* Other servers on the same store have news, or it is time to ask for them. */
static void on_others(evutil_socket_t fd, short what, void *ctx)
{
    struct message_service *s = ctx;
    (void)fd;
    (void)what;
    event_del(s->others); /* before its descriptor may be closed */
    enum sw_err err = sw_store_look(s->store, message_now());
    if (err && !s->alone)
        message_trouble(s, "other servers", err);
    s->alone = err != SW_OK;
    if (!watch_others(s))
        message_trouble(s, "other servers", SW_ERR_MEMORY);
}

/*
 * For one time, because the descriptor may be closed while the store is looked at, and the next one may have its
 * number.
 */
static bool watch_others(struct message_service *s)
{
    const struct timeval every = {.tv_sec = SW_STORE_LOOK};
    int fd;
    if (!sw_store_watch(s->store, &fd))
        return true;
    if (s->others && fd == s->others_fd)
        return event_add(s->others, &every) == 0;
    if (s->others)
        event_free(s->others);
    s->others_fd = fd;
    s->others = event_new(s->base, s->others_fd, fd >= 0 ? EV_READ : 0, on_others, s);
    return s->others && event_add(s->others, &every) == 0;
}

static bool make_events(struct message_service *s)
{
    const struct timeval every = {.tv_sec = KEEPALIVE};
    s->wake = event_new(s->base, -1, 0, on_wake, s);
    s->sweep = event_new(s->base, -1, 0, on_sweep, s);
    s->keepalive = event_new(s->base, -1, EV_PERSIST, on_keepalive, s);
    if (!s->wake || !s->sweep || !s->keepalive || event_add(s->keepalive, &every))
        return false;
    plan_sweep(s, 0);
    return watch_others(s);
}

struct message_service *message_service_new(struct event_base *base, struct sw_store *store,
                                            const struct message_events *events)
{
    struct message_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base = base;
    s->store = store;
    s->events = *events;
    TAILQ_INIT(&s->ready);
    if (!make_events(s)) {
        message_service_free(s);
        return NULL;
    }
    sw_store_on_change(store, on_change, s);
    sw_store_on_claim(store, on_claim, s);
    if (s->others)
        on_others(-1, 0, s);
    return s;
}

void message_service_stop(struct message_service *service)
{
    for (size_t i = 0; i < MESSAGE_BUCKETS; i++) {
        struct waiter *w, *next;
        for (w = LIST_FIRST(&service->by_key[i]); w; w = next) {
            next = LIST_NEXT(w, in_bucket);
            if (w->reader)
                inbox_end(w);
            else
                outbox_end(w);
        }
    }
}

void message_service_free(struct message_service *service)
{
    if (!service)
        return;
    sw_store_on_change(service->store, NULL, NULL);
    sw_store_on_claim(service->store, NULL, NULL);
    if (service->wake)
        event_free(service->wake);
    if (service->sweep)
        event_free(service->sweep);
    if (service->keepalive)
        event_free(service->keepalive);
    if (service->others)
        event_free(service->others);
    free(service);
}
