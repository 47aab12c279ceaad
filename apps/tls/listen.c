/*
 * sealwax listen: a plain TLS server for people who debug and for foreign test suites. Any number of connections in one
 * thread; each failure is one line, and disturbs nobody else.
 */
#include "apps/cli/clock.h"
#include "apps/net/link.h"
#include "apps/tls/allow.h"
#include "apps/tls/describe.h"
#include "apps/tls/pcap.h"
#include "apps/tls/pump.h"
#include "apps/tls/reply.h"
#include "apps/tls/tls_config.h"
#include "apps/verbs.h"
#include "ttp/file.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATIENCE = 60, PAUSE = 200 };

struct session {
    struct link link;
    struct reply reply;
    bool announced;
};

struct server {
    const struct app *app;
    struct sw_config *cfg;
    struct pcap *pcap;
    struct net_listeners listeners;
    enum reply_mode mode;
    bool once, accepted;
    int64_t timeout; /* seconds a client may be silent */
    int64_t pause;   /* do not accept before this time of clock_now(): no descriptors were left */
    struct session **sessions;
    struct pollfd *polls; /* listeners, then sessions */
    size_t n, cap;
    int result; /* with --once */
};

/* --- sessions ----------------------------------------------------------------------------------------------------- */

static bool make_room(struct server *s)
{
    if (s->n < s->cap)
        return true;
    size_t cap = s->cap ? 2 * s->cap : 64;
    struct session **sessions = realloc(s->sessions, cap * sizeof *sessions);
    if (!sessions)
        return false;
    s->sessions = sessions;
    struct pollfd *polls = realloc(s->polls, (cap + NET_LISTENERS_MAX) * sizeof *polls);
    if (!polls)
        return false;
    s->polls = polls;
    s->cap = cap;
    return true;
}

static int session_new(struct server *s, int fd, const char *peer)
{
    struct sw_conn *conn = NULL;
    struct session *session = calloc(1, sizeof *session);
    enum sw_err err = session && make_room(s) ? sw_conn_new(&conn, s->cfg, NULL) : SW_ERR_MEMORY;
    if (err) {
        free(session);
        close(fd);
        return app_fail(s->app, err, peer);
    }
    link_open(&session->link, fd, conn, peer, s->timeout);
    pcap_watch(s->pcap, &session->link, SW_SERVER);
    session->reply.mode = s->mode;
    s->sessions[s->n++] = session;
    return APP_DONE;
}

static void session_end(struct server *s, size_t i)
{
    struct session *session = s->sessions[i];
    if (link_verdict(&session->link) != SW_OK) {
        link_report(s->app, &session->link);
        s->result = APP_NO;
    }
    link_close(&session->link);
    free(session);
    s->sessions[i] = s->sessions[--s->n];
}

static void announce(struct server *s, struct session *session)
{
    char line[512];
    if (session->announced || !sw_conn_established(session->link.conn))
        return;
    session->announced = true;
    describe_line(session->link.conn, line, sizeof line);
    app_say(s->app, "%s: %s", session->link.peer, line);
}

/* Everything that can be done now: what is decrypted is answered, what is answered sent, until neither moves. */
static void session_turn(struct server *s, struct session *session, bool readable)
{
    struct link *link = &session->link;
    if (readable)
        link_receive(link);
    do
        link_send(link);
    while (reply_work(&session->reply, link));
    link_send(link);
    if (s->app->verbose)
        announce(s, session);
    link_settle(link);
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

/*
 * All that wait at one listener. A connection that was gone before we came is none; without descriptors we pause, and
 * serve those we have.
 */
static void accept_all(struct server *s, int listener)
{
    while (!(s->once && s->accepted)) {
        char peer[NET_NAME_MAX];
        int fd = net_accept(listener, peer);
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (fd < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                app_say(s->app, "accept: %s", strerror(errno));
                s->pause = clock_now() + PAUSE;
            }
            return;
        }
        s->accepted = true;
        if (session_new(s, fd, peer))
            s->result = APP_SYSTEM;
    }
}

static int fill_polls(struct server *s)
{
    int64_t now = clock_now(), next = INT64_MAX;
    size_t k = s->listeners.n;
    bool closed = (s->once && s->accepted) || now < s->pause;
    for (size_t i = 0; i < k; i++)
        s->polls[i] = (struct pollfd){.fd = closed ? -1 : s->listeners.fd[i], .events = POLLIN};
    if (now < s->pause)
        next = s->pause;
    for (size_t i = 0; i < s->n; i++) {
        const struct link *link = &s->sessions[i]->link;
        s->polls[k + i] = (struct pollfd){.fd = link->fd, .events = link_events(link)};
        if (link->deadline < next)
            next = link->deadline;
    }
    return next == INT64_MAX ? -1 : next <= now ? 0 : next - now > INT32_MAX ? INT32_MAX : (int)(next - now);
}

static int serve(struct server *s)
{
    while (!(s->once && s->accepted && s->n == 0)) {
        int wait = fill_polls(s);
        size_t k = s->listeners.n;
        if (poll(s->polls, k + s->n, wait) < 0 && errno != EINTR)
            return app_error(s->app, APP_SYSTEM, "poll: %s", strerror(errno));
        /* backwards, because a session that ends is replaced by the last one */
        for (size_t i = s->n; i-- > 0;) {
            short revents = s->polls[k + i].revents;
            session_turn(s, s->sessions[i], revents & (POLLIN | POLLHUP | POLLERR));
            if (s->sessions[i]->link.state == LINK_CLOSED)
                session_end(s, i);
        }
        for (size_t i = 0; i < k; i++)
            if (s->polls[i].revents)
                accept_all(s, s->listeners.fd[i]);
    }
    return s->result;
}

/* --reply pipe: the one connection has standard input and output. */
static int serve_pipe(struct server *s)
{
    struct pollfd polls[NET_LISTENERS_MAX];
    while (s->n == 0) {
        for (size_t i = 0; i < s->listeners.n; i++)
            polls[i] = (struct pollfd){.fd = s->listeners.fd[i], .events = POLLIN};
        if (poll(polls, s->listeners.n, -1) < 0 && errno != EINTR)
            return app_error(s->app, APP_SYSTEM, "poll: %s", strerror(errno));
        for (size_t i = 0; i < s->listeners.n && s->n == 0; i++)
            accept_all(s, s->listeners.fd[i]);
    }
    struct session *session = s->sessions[0];
    int code = pump(s->app, &session->link, NULL, NULL);
    link_close(&session->link);
    free(session);
    s->n = 0;
    return code;
}

/* --- starting ----------------------------------------------------------------------------------------------------- */

static int read_options(struct server *s)
{
    const char *mode = app_get(s->app, OPT_REPLY);
    if (mode && !reply_mode_parse(mode, &s->mode))
        return app_usage(s->app, "--reply takes echo, http, discard or pipe, not %s", mode);
    s->once = app_has(s->app, OPT_ONCE) || s->mode == REPLY_PIPE;
    if (!tls_has_cert(s->app))
        return app_usage(s->app, "a server needs a certificate: --cert FILE --key FILE");
    return app_get_span(s->app, OPT_TIMEOUT, PATIENCE, &s->timeout);
}

static int prepare(struct server *s)
{
    struct rlimit files;
    int code = read_options(s);
    if (!code)
        code = tls_config_new(s->app, SW_SERVER, KEY_CARE_WARN, &s->cfg);
    if (!code)
        code = allow_attach(s->app, s->cfg);
    if (!code)
        code = tls_config_try(s->app, s->cfg);
    if (!code)
        code = pcap_open(s->app, s->cfg, SW_SERVER, &s->pcap);
    if (!code && !make_room(s))
        code = app_fail(s->app, SW_ERR_MEMORY, "listen");
    if (!code)
        code = net_listen(s->app, s->app->argv[0], &s->listeners);
    if (!code)
        code = net_announce(s->app, &s->listeners);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN); /* who reads our log may go; the clients stay */
    return code;
}

int listen_run(struct app *app)
{
    struct server s = {.app = app};
    int code = prepare(&s);
    if (!code)
        code = s.mode == REPLY_PIPE ? serve_pipe(&s) : serve(&s);
    net_listeners_close(&s.listeners);
    free(s.sessions);
    free(s.polls);
    sw_config_free(s.cfg);
    pcap_close(s.pcap);
    return code;
}
