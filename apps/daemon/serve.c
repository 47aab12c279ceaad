/*
 * sealwaxd serve: one process, one event loop, and some threads for what waits for disks (apps/net/worker.h): listeners, TLS, HTTP, the mailbox; signals to reload and to end. What it tells is in
 * tell.c, what its options mean in settings.c.
 */
#include "apps/daemon/serve.h"
#include "apps/card/card.h"
#include "apps/cli/clock.h"
#include "apps/daemon/confine.h"
#include "apps/daemon/service.h"
#include "apps/net/bev.h"
#include "apps/store/state.h"
#include "apps/verbs.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE = 60, DRAIN_SECONDS = 10 };

/* --- the stores --------------------------------------------------------------------------------------------------------- */

/* The services of files and media, in the same directory and under the same key as the mailbox, which has made both. */
static int open_files(struct server *s)
{
    char dir[STATE_PATH_MAX];
    struct file_limits limits;
    struct media_limits media_limits;
    const struct file_events told = {serve_on_file, serve_on_trouble, s};
    const struct media_events said = {serve_on_media, serve_on_trouble, s};
    const char *why;
    int code = serve_file_limits(s->app, &limits);
    if (!code)
        code = serve_media_limits(s->app, &media_limits);
    if (!code)
        code = state_path(s->app, "", dir);
    if (code)
        return code;
    struct sw_vault *vault = sw_store_vault(s->store);
    s->files = file_service_new(dir, vault, &limits, &told);
    if (!s->files)
        return app_fail(s->app, SW_ERR_SYSTEM, dir);
    s->media = media_service_new(dir, vault, s->store, &media_limits, &said, &why);
    return s->media ? APP_DONE : app_error(s->app, APP_SYSTEM, "%s: %s", dir, why);
}

static int open_store(struct server *s)
{
    struct sw_store_limits limits;
    char name[SW_STREAM_ID_MAX];
    int code = serve_store_limits(s->app, &limits);
    if (!code)
        code = state_open_store(s->app, &limits, &s->store);
    if (!code)
        code = state_server_name(s->app, s->serve_lock, name);
    if (!code && sw_store_serve_streams(s->store, name)) /* those end by themselves, a little later */
        app_say(s->app, "streams: %s", sw_store_why(s->store));
    return code;
}

/* --- signals ------------------------------------------------------------------------------------------------------------ */

static void settings_free(struct settings *settings)
{
    if (settings)
        app_free(&settings->app);
    free(settings);
}

static void allow_plain(struct server *s, const struct app *app)
{
    bool allow = app_has(app, OPT_ALLOW_PLAINTEXT);
    http_allow_plain(s->http, allow ? file_routes : NULL);
    if (allow)
        log_event(&s->log, LEVEL_WARNING, "plaintext", "files", "anybody can read and write those of " HTTP_ANYONE,
                  NULL);
}

static bool is_doubtful(void *ctx, struct sw_conn *conn)
{
    const struct server *s = ctx;
    enum sw_err err = sw_config_doubts(s->cfg, conn);
    struct sw_peer peer;
    if (err == SW_OK || sw_conn_peer(conn, &peer))
        return false;
    log_event(&s->log, LEVEL_NOTICE, "connection", "of", peer.name, "ended",
              err == SW_ERR_CERT_REVOKED
                  ? "a revocation list has the serial number of its certificate or of a CA above it"
              : err == SW_ERR_CERT_EXPIRED ? "its certificate or a CA's above it has expired"
                                           : "the root of its certificate is no longer trusted",
              NULL);
    return true;
}

/* New settings, or the old ones if the new are not right: a server does not die of a typing mistake. */
static void on_reload(evutil_socket_t sig, short what, void *ctx)
{
    struct server *s = ctx;
    struct sw_config *cfg;
    struct sw_store_limits limits;
    struct file_limits file_limits;
    struct media_limits media_limits;
    struct log log;
    (void)sig;
    (void)what;
    struct settings *fresh = calloc(1, sizeof *fresh);
    service_reloading();
    if (!fresh || app_reload(s->app, &fresh->app) || log_begin(&log, &fresh->app) ||
        serve_store_limits(&fresh->app, &limits) || serve_file_limits(&fresh->app, &file_limits) ||
        serve_media_limits(&fresh->app, &media_limits) || members_check(&fresh->app) || serve_tls(&fresh->app, &cfg)) {
        settings_free(fresh);
        metrics_add(s->metrics, METRIC_RELOADS, "refused", 1);
        log_event(&s->log, LEVEL_ERROR, "not-reloaded", "so", "the old settings stay", NULL);
        service_notify("READY=1\nSTATUS=not reloaded: the new settings are not right, the old ones stay");
        return;
    }
    SLIST_INSERT_HEAD(&s->read_again, fresh, in_list);
    s->log = log;
    s->members.app = &fresh->app;
    if (sw_config_share_sessions(cfg, s->cfg))
        log_event(&s->log, LEVEL_NOTICE, "sessions", "begun-before", "cannot be resumed", NULL);
    sw_store_set_limits(s->store, &limits);
    file_service_set_limits(s->files, &file_limits);
    file_service_set_config(s->files, cfg);
    media_service_set_limits(s->media, &media_limits);
    message_service_set_config(s->messages, cfg);
    http_set_config(s->http, cfg);
    allow_plain(s, &fresh->app);
    /* connections keep theirs, but those whose certificates would not be accepted now do not go on */
    sw_config_free(s->cfg);
    s->cfg = cfg;
    (void)bev_end_those(is_doubtful, s);
    metrics_add(s->metrics, METRIC_RELOADS, "done", 1);
    log_event(&s->log, LEVEL_NOTICE, "reloaded", NULL);
    service_notify("READY=1\nSTATUS=");
}

static void on_drain(evutil_socket_t fd, short what, void *ctx)
{
    const struct timeval soon = {.tv_usec = 20000};
    struct server *s = ctx;
    (void)fd;
    (void)what;
    bev_close_idle();
    if (bev_count() && clock_now() < s->drain_until)
        event_add(s->drain, &soon);
    else
        event_base_loopbreak(s->base);
}

/* The first time politely; whoever says it twice means it. */
static void on_end(evutil_socket_t sig, short what, void *ctx)
{
    struct server *s = ctx;
    (void)sig;
    (void)what;
    if (s->drain_until) {
        event_base_loopbreak(s->base);
        return;
    }
    log_event(&s->log, LEVEL_NOTICE, "ending", NULL);
    service_notify("STOPPING=1");
    s->drain_until = clock_now() + DRAIN_SECONDS * 1000;
    http_stop_listening(s->http);
    message_service_stop(s->messages);
    on_drain(-1, 0, s);
}

static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    service_notify("WATCHDOG=1");
}

/* As long as the loop turns, the manager hears of it. */
static bool watch_watchdog(struct server *s)
{
    int64_t ms = service_watchdog();
    const struct timeval every = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    if (ms == 0)
        return true;
    s->watchdog = event_new(s->base, -1, EV_PERSIST, on_watchdog, s);
    return s->watchdog && event_add(s->watchdog, &every) == 0;
}

static bool watch_signals(struct server *s)
{
    static const struct {
        int number;
        event_callback_fn run;
    } rows[SERVE_SIGNALS] = {{SIGHUP, on_reload}, {SIGTERM, on_end}, {SIGINT, on_end}};
    for (size_t i = 0; i < SERVE_SIGNALS; i++) {
        s->signals[i] = evsignal_new(s->base, rows[i].number, rows[i].run, s);
        if (!s->signals[i] || event_add(s->signals[i], NULL))
            return false;
    }
    s->drain = event_new(s->base, -1, 0, on_drain, s);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an answer to a client, not our end */
    return s->drain && watch_watchdog(s);
}

/* --- all of it ---------------------------------------------------------------------------------------------------------- */

static bool make_services(struct server *s, int timeout)
{
    const struct http_events events = {serve_on_connected, serve_on_disconnected, serve_on_answered,
                                       serve_on_cannot_accept};
    const struct message_events said = {serve_on_message, serve_on_trouble, s,
                                        members_may_send, members_is_in,    &s->members};
    const struct http_limits limits = {.body_max = SERVE_MESSAGE_LIMIT, .timeout = timeout};
    s->base = event_base_new();
    s->members = (struct members){s->store, s->app};
    serve_loop_tells(s);
    if (!s->base || !watch_signals(s) || !(s->http = http_new(s->base, &events, s, s->cfg, &limits)))
        return false;
    if (!serve_share_tickets(s))
        return false;
    http_set_gate(s->http, members_admit, &s->members);
    file_service_set_config(s->files, s->cfg);
    if (!file_service_start(s->files, s->base))
        log_event(&s->log, LEVEL_WARNING, "no-thread", "why", strerror(errno), NULL);
    allow_plain(s, s->app);
    s->messages = message_service_new(s->base, s->store, &said);
    if (!s->messages || !media_service_start(s->media, s->base, file_service_worker(s->files)))
        return false;
    message_service_set_config(s->messages, s->cfg);
    return http_serve(s->http, message_routes, s->messages) && http_serve(s->http, file_routes, s->files) &&
           http_serve(s->http, media_routes, s->media);
}

static int take_listeners(struct server *s, const struct net_listeners *more)
{
    for (size_t i = 0; i < more->n; i++) {
        if (s->listeners.n == NET_LISTENERS_MAX || !http_listen(s->http, more->fd[i]))
            return app_error(s->app, APP_SYSTEM, "%s: too many addresses", more->name[i]);
        memcpy(s->listeners.name[s->listeners.n++], more->name[i], NET_NAME_MAX);
    }
    return APP_DONE;
}

/* The sockets we were given, those asked for, or the usual one. */
static int listen_all(struct server *s)
{
    struct app_values places = s->app->opt[OPT_LISTEN];
    static const char *usual[] = {"4433"};
    struct net_listeners more;
    service_listeners(&more);
    int code = take_listeners(s, &more);
    if (!places.n && !more.n)
        places = (struct app_values){.v = usual, .n = 1};
    for (size_t i = 0; i < places.n && !code; i++) {
        code = net_listen(s->app, places.v[i], &more);
        if (!code)
            code = take_listeners(s, &more);
    }
    return code;
}

/* Everything that can fail has been tried. */
static int announce(struct server *s)
{
    if (!(s->log.json || s->log.journal))
        return net_announce(s->app, &s->listeners);
    for (size_t i = 0; i < s->listeners.n; i++)
        log_event(&s->log, LEVEL_NOTICE, "listening", "on", s->listeners.name[i], NULL);
    return net_write_ready(s->app, &s->listeners);
}

/* --- confinement -------------------------------------------------------------------------------------------------------- */

static bool key_is_on_card(const struct app *app)
{
    for (size_t i = 0; i < app->opt[OPT_KEY].n; i++)
        if (card_is_uri(app->opt[OPT_KEY].v[i]))
            return true;
    return false;
}

struct confining {
    bool connects;
    enum sw_err err;
    int why; /* errno */
};

static void confine_here(void *arg)
{
    struct confining *c = arg;
    if (c->err == SW_OK)
        c->err = confine_thread(c->connects);
    c->why = errno;
}

/* From here on nothing is asked of the kernel that a server does not need. A server without that serves as well: its log says so. */
static void confine(const struct server *s)
{
    const char *why = NULL;
    int fd;
    struct confining c = {.connects = sw_store_watch(s->store, &fd)};
    if (app_has(s->app, OPT_NO_SECCOMP)) {
        why = "--no-seccomp";
    } else if (key_is_on_card(s->app)) {
        why = "the module of a card may ask for anything";
    } else {
        file_service_call(s->files, confine_here, &c);
        confine_here(&c);
        if (c.err)
            why = c.err == SW_ERR_UNSUPPORTED ? "built without libseccomp" : strerror(c.why);
    }
    if (why)
        log_event(&s->log, LEVEL_INFO, "not-confined", "why", why, NULL);
    else
        log_event(&s->log, LEVEL_INFO, "confined", "by", "seccomp", NULL);
}

/* --- numbers ------------------------------------------------------------------------------------------------------------ */

static void refresh_metrics(void *ctx)
{
    const struct server *s = ctx;
    const struct bev_totals totals = bev_totals();
    metrics_set(s->metrics, METRIC_CONNECTIONS, "", (double)bev_count());
    metrics_set(s->metrics, METRIC_ACCEPTED, "", (double)totals.accepted);
    metrics_set(s->metrics, METRIC_RECEIVED, "", (double)totals.received);
    metrics_set(s->metrics, METRIC_SENT, "", (double)totals.sent);
    metrics_set(s->metrics, METRIC_WAITING, "", (double)message_waiting(s->messages));
    serve_tell_space(s);
    metrics_set_process(s->metrics);
}

static int open_metrics(struct server *s)
{
    const char *place = app_get(s->app, OPT_METRICS);
    if (!place)
        return APP_DONE;
    s->metrics = metrics_new();
    if (!s->metrics)
        return app_fail(s->app, SW_ERR_MEMORY, "metrics");
    metrics_set(s->metrics, METRIC_BUILD, SW_VERSION, 1);
    return metrics_listen(s->metrics, s->app, s->base, place, refresh_metrics, s);
}

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/*
 * Buffers of large transfers come and go at the end of the heap. glibc gives what is free there back at once, and then each of their pages is a fault the next time: a tenth
 * of the time of a download.
 */
static void keep_some_heap(void)
{
#ifdef M_TRIM_THRESHOLD
    enum { KEPT = 8 << 20 /* two pieces of an upload */ };
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}

static void clean_up(struct server *s)
{
    http_free(s->http);
    metrics_free(s->metrics);
    s->metrics = NULL;
    if (s->base) /* freed connections are finished by the loop */
        event_base_loop(s->base, EVLOOP_NONBLOCK);
    message_service_free(s->messages);
    file_service_free(s->files);
    media_service_free(s->media);
    for (size_t i = 0; i < SERVE_SIGNALS; i++)
        if (s->signals[i])
            event_free(s->signals[i]);
    if (s->drain)
        event_free(s->drain);
    if (s->watchdog)
        event_free(s->watchdog);
    if (s->tickets)
        event_free(s->tickets);
    serve_end_reserve(s);
    bev_forget();
    if (s->base)
        event_base_free(s->base);
    serve_loop_tells(NULL);
    sw_store_close(s->store);
    sw_config_free(s->cfg);
    if (s->serve_lock >= 0)
        close(s->serve_lock);
    if (s->lock >= 0)
        close(s->lock);
    struct settings *settings;
    while ((settings = SLIST_FIRST(&s->read_again)) != NULL) {
        SLIST_REMOVE_HEAD(&s->read_again, in_list);
        settings_free(settings);
    }
}

/* Addresses are looked at here, where their settings are known, before anything is opened. */
static int check_places(const struct app *app)
{
    static const enum app_option places[] = {OPT_LISTEN, OPT_METRICS};
    int code = APP_DONE;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        for (size_t i = 0; i < app->opt[places[k]].n && !code; i++)
            code = net_place_ok(app, app_options[places[k]].name, app->opt[places[k]].v[i]);
    return !code && app_has(app, OPT_METRICS) ? metrics_place_ok(app, app_get(app, OPT_METRICS)) : code;
}

static int check_rest(struct server *s)
{
    struct sw_store_limits limits;
    struct file_limits file_limits;
    struct media_limits media_limits;
    int64_t reserve;
    char store[STATE_PATH_MAX];
    int code = serve_store_limits(s->app, &limits);
    if (!code)
        code = serve_file_limits(s->app, &file_limits);
    if (!code)
        code = serve_media_limits(s->app, &media_limits);
    if (!code)
        code = serve_reserve_size(s->app, &reserve);
    if (!code && app_has(s->app, OPT_STORE)) /* its form: the database itself may be away */
        code = state_store(s->app, store);
    sw_config_free(s->cfg);
    if (!code && s->app->json)
        puts("{\"settings\":\"in order\"}");
    else if (!code)
        app_say(s->app, "the settings are in order");
    return code;
}

int serve_run(struct app *app)
{
    struct server s = {.app = app, .lock = -1, .serve_lock = -1};
    int64_t timeout;
    int code = log_begin(&s.log, app);
    if (!code)
        code = app_get_span(app, OPT_TIMEOUT, PATIENCE, &timeout);
    if (!code)
        code = members_check(app);
    if (!code)
        code = check_places(app);
    if (!code)
        code = serve_tls(app, &s.cfg);
    if (!code && app_has(app, OPT_CHECK))
        return check_rest(&s);
    if (!code)
        code = state_lock_server(app, (DRAIN_SECONDS + 5) * 1000, &s.serve_lock);
    if (!code)
        code = state_lock(app, false, &s.lock);
    if (!code)
        code = open_store(&s);
    if (!code)
        code = open_files(&s);
    raise_file_limit();
    keep_some_heap();
    if (!code && !make_services(&s, (int)timeout))
        code = app_fail(app, SW_ERR_MEMORY, "services");
    if (!code)
        code = open_metrics(&s);
    if (!code)
        code = serve_keep_reserve(&s);
    if (!code)
        code = listen_all(&s);
    if (!code)
        confine(&s);
    if (!code)
        code = announce(&s);
    if (!code)
        service_notify("READY=1");
    if (!code && event_base_dispatch(s.base) < 0)
        code = app_error(app, APP_SYSTEM, "event loop: %s", strerror(errno));
    clean_up(&s);
    return code;
}
