/* Session tickets of several servers: the keys come from the store they share, and are asked for now and then. */
#include "apps/daemon/serve.h"
#include "base/wipe.h"
#include <time.h>

/* Whatever goes wrong, the keys that are there go on, or, at the start, those that a server makes for itself. */
static void load(struct server *s)
{
    uint8_t keys[SW_TICKET_KEYS][32];
    size_t n;
    enum sw_err err = sw_store_ticket_keys(s->store, (int64_t)time(NULL), keys, &n);
    if (err == SW_OK && n > 0)
        err = sw_config_set_ticket_keys(s->cfg, (const uint8_t(*)[32])keys, n);
    sw_wipe(keys, sizeof keys);
    if (err)
        serve_on_trouble(s, "ticket keys", err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
}

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    load(ctx);
}

bool serve_share_tickets(struct server *s)
{
    const struct timeval every = {.tv_sec = SW_TICKET_LOOK};
    int fd;
    if (!sw_store_watch(s->store, &fd))
        return true;
    load(s);
    s->tickets = event_new(s->base, -1, EV_PERSIST, on_time, s);
    return s->tickets && event_add(s->tickets, &every) == 0;
}
