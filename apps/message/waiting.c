/*
 * Who waits for what: a table by the recipient's name or the message's id, and the list of those who look again in the
 * next turn.
 */
#include "apps/message/service.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiters *waiters_of(struct message_service *s, const char *key)
{
    uint32_t h = 2166136261u; /* FNV-1a: names come from certificates and ids from us, nobody can aim */
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return &s->by_key[h % MESSAGE_BUCKETS];
}

void waiter_free(struct waiter *w)
{
    if (w->ready)
        TAILQ_REMOVE(&w->service->ready, w, in_ready);
    LIST_REMOVE(w, in_bucket);
    if (w->timer)
        event_free(w->timer);
    w->service->waiting--;
    free(w);
}

static void waiter_gone(void *user, struct http_request *rq)
{
    (void)rq;
    waiter_free(user);
}

struct waiter *waiter_new(struct message_service *s, struct http_request *rq, const char *key)
{
    size_t len = strlen(key) + 1;
    struct waiter *w = calloc(1, sizeof *w + len);
    if (!w)
        return NULL;
    w->service = s;
    w->rq = rq;
    memcpy(w->key, key, len);
    LIST_INSERT_HEAD(waiters_of(s, key), w, in_bucket);
    s->waiting++;
    http_keep(rq, waiter_gone, w);
    return w;
}

void waiter_mark(struct waiter *w)
{
    if (!w->ready)
        TAILQ_INSERT_TAIL(&w->service->ready, w, in_ready);
    w->ready = true;
    event_active(w->service->wake, 0, 0);
}

void waiters_mark(struct message_service *s, const char *key, bool reader)
{
    struct waiter *w;
    LIST_FOREACH(w, waiters_of(s, key), in_bucket)
    if (w->reader == reader && strcmp(w->key, key) == 0)
        waiter_mark(w);
}

size_t message_waiting(const struct message_service *service)
{
    return service->waiting;
}
