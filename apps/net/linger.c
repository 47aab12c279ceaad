#include "apps/net/linger.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

enum { PATIENCE = 10 /* seconds without anything that happens */ };

struct last {
    struct bufferevent *socket;
    bool flushed; /* all was sent; only the peer's end is awaited */
    bool ended;   /* and that has come before: he closed, or at least will not write any more */
    LIST_ENTRY(last) in_list;
};

static struct {
    LIST_HEAD(, last) all;
    size_t sending;
} table = {LIST_HEAD_INITIALIZER(table.all), 0};

static void end(struct last *l)
{
    LIST_REMOVE(l, in_list);
    bufferevent_free(l->socket);
    table.sending -= !l->flushed;
    free(l);
}

static void on_read(struct bufferevent *socket, void *ctx)
{
    struct evbuffer *in = bufferevent_get_input(socket);
    (void)ctx;
    evbuffer_drain(in, evbuffer_get_length(in));
}

/* All is sent: the peer reads our end, and closes, unless he has. */
static void on_written(struct bufferevent *socket, void *ctx)
{
    struct last *l = ctx;
    if (l->flushed)
        return;
    l->flushed = true;
    table.sending--;
    if (l->ended)
        end(l);
    else
        shutdown(bufferevent_getfd(socket), SHUT_WR);
}

static void on_event(struct bufferevent *socket, short what, void *ctx)
{
    struct last *l = ctx;
    if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) && evbuffer_get_length(bufferevent_get_output(socket))) {
        bufferevent_disable(socket, EV_READ); /* half-closed by the peer, who may still read */
        l->ended = true;
        return;
    }
    end(l);
}

void linger(struct bufferevent *socket)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    struct last *l = calloc(1, sizeof *l);
    if (!l) {
        bufferevent_free(socket);
        return;
    }
    l->socket = socket;
    LIST_INSERT_HEAD(&table.all, l, in_list);
    table.sending++;
    bufferevent_setcb(socket, on_read, on_written, on_event, l);
    bufferevent_setwatermark(socket, EV_READ, 0, 0);
    bufferevent_setwatermark(socket, EV_WRITE, 0, 0);
    bufferevent_set_timeouts(socket, &patience, &patience);
    bufferevent_enable(socket, EV_READ | EV_WRITE);
    if (!evbuffer_get_length(bufferevent_get_output(socket)))
        on_written(socket, l);
}

size_t linger_count(void)
{
    return table.sending;
}

void linger_forget(void)
{
    struct last *l;
    while ((l = LIST_FIRST(&table.all)) != NULL)
        end(l);
}
