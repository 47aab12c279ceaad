/*
 * What the server does about a disk that is full: the reserve beside the mailbox (apps/store/reserve.h) is given up as
 * soon as the database needs it, and from then on nothing new is accepted, so that what is there can be read,
 * acknowledged and deleted. When there is space again it is taken again, and all is as before. Each is said once.
 */
#include "apps/daemon/serve.h"
#include "apps/daemon/service.h"
#include "apps/store/state.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK = 10, LOOK_SPARE = 1 /* seconds */ };

static void set_spare(struct server *s, bool spare)
{
    file_service_spare(s->files, spare); /* make_room may have said otherwise */
    if (s->spare == spare)
        return;
    s->spare = spare;
    sw_store_set_reserve(s->store, s->reserve.size, spare);
    if (spare) {
        metrics_add(s->metrics, METRIC_TROUBLE, "", 1);
        log_event(&s->log, LEVEL_WARNING, "disk-full", "reserve", "given up", "so",
                  "nothing new is accepted; what is there can be read, acknowledged and deleted", NULL);
        service_notify("STATUS=the disk is full: nothing new is accepted");
    } else {
        log_event(&s->log, LEVEL_WARNING, "disk-has-space", "reserve", "taken again", NULL);
        service_notify("STATUS=");
    }
}

static void plan_look(struct server *s)
{
    const struct timeval wait = {.tv_sec = s->spare ? LOOK_SPARE : LOOK};
    event_add(s->look, &wait);
}

/* A server that can have no reserve, for other reasons than a lack of space, goes on without. */
static void do_without(struct server *s, int why)
{
    serve_on_trouble(s, s->reserve.path, strerror(why));
    reserve_end(&s->reserve);
    sw_store_on_full(NULL, NULL);
    s->reserve.size = 0;
    set_spare(s, false);
}

/* What lacks just now, and may be there in a moment. */
static bool passes(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOMEM;
}

static void look(struct server *s)
{
    if (s->spare)
        sw_store_shrink(s->store);
    if (reserve_take(&s->reserve))
        set_spare(s, false);
    else if (errno == ENOSPC || passes(errno))
        set_spare(s, true);
    else
        do_without(s, errno);
    if (s->reserve.size)
        plan_look(s);
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    look(ctx);
}

/*
 * The database writes just now: what it has to do with this waits for the next turn. Uploads in other threads must not
 * get there first.
 */
static bool make_room(void *ctx)
{
    struct server *s = ctx;
    file_service_spare(s->files, true);
    event_active(s->look, EV_TIMEOUT, 0);
    return reserve_give_up(&s->reserve);
}

int serve_reserve_size(const struct app *app, int64_t *out)
{
    enum { LEAST = 1 << 20, MOST = 1 << 30 };
    const char *text = app_get(app, OPT_RESERVE);
    size_t size = 0;
    int code = text && strcmp(text, "0") == 0 ? APP_DONE : app_get_size(app, OPT_RESERVE, RESERVE_USUAL, MOST, &size);
    if (!code && size && size < LEAST)
        code = app_usage(app, "--%s: less than 1M is no reserve; 0 is none", app_options[OPT_RESERVE].name);
    *out = (int64_t)size;
    return code;
}

int serve_keep_reserve(struct server *s)
{
    char dir[STATE_PATH_MAX];
    int64_t size;
    int code = serve_reserve_size(s->app, &size);
    if (!code)
        code = state_path(s->app, "", dir);
    if (code)
        return code;
    if (!reserve_at(&s->reserve, dir, size))
        return app_fail(s->app, SW_ERR_SYSTEM, dir);
    if (!size || app_has(s->app, OPT_STORE)) { /* a database elsewhere has a disk of its own */
        reserve_end(&s->reserve);
        return APP_DONE;
    }
    s->look = event_new(s->base, -1, 0, on_look, s);
    if (!s->look)
        return app_fail(s->app, SW_ERR_MEMORY, dir);
    sw_store_on_full(make_room, s);
    sw_store_set_reserve(s->store, s->reserve.size, false);
    look(s);
    return APP_DONE;
}

void serve_tell_space(const struct server *s)
{
    if (s->look) {
        metrics_set(s->metrics, METRIC_RESERVE, "", (double)reserve_held(&s->reserve));
        metrics_set(s->metrics, METRIC_DISK_FREE, "", (double)reserve_free(&s->reserve));
    }
}

void serve_end_reserve(struct server *s)
{
    sw_store_on_full(NULL, NULL);
    if (s->look)
        event_free(s->look);
}
