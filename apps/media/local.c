/*
 * One loop, one track, one player. A request that is complete takes the track over from the one before it: that is what
 * a player does that seeks. What comes from the server waits in one buffer until the player has taken it, so a player
 * that pauses stops the server, too.
 */
#include "apps/media/local.h"
#include "apps/cli/clock.h"
#include "apps/media/ask.h"
#include "apps/media/door.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUESTS = 8, BUFFER = 65536, PATIENCE_MS = 10000 /* for a request */, GRACE_MS = 5000 /* for a player to end */ };

/* Somebody who has not said yet what he wants. */
struct guest {
    int fd; /* -1: none */
    int64_t deadline;
    size_t len;
    char text[ASK_HEAD_MAX];
};

struct local {
    struct app *app;
    struct source *source;
    struct door door;
    struct guest guests[GUESTS];
    int reader;          /* the one who is served; -1: nobody */
    int64_t left;        /* bytes he is still to get from the source */
    uint8_t buf[BUFFER]; /* and before those */
    size_t at, len;
    bool ready; /* there may be more from the source at once */
    int signals;
    sigset_t blocked, before;
    pid_t player; /* -1: none that runs */
    bool over;
    int code;
};

extern char **environ;

/* --- who is served ------------------------------------------------------------------------------------------------ */

static void leave(struct local *l)
{
    if (l->reader >= 0) {
        shutdown(l->reader, SHUT_WR);
        close(l->reader);
    }
    l->reader = -1;
    l->left = 0;
    l->at = l->len = 0;
}

/* An answer without a body, as far as it can be sent at once, which on this machine it can. */
static void refuse(int fd, int status, int64_t total)
{
    char head[ASK_ANSWER_MAX];
    size_t n = ask_answer(head, status, "", total, &(struct http_range){0, 0});
    (void)!send(fd, head, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    close(fd);
}

static void serve(struct local *l, int fd, const struct ask *a)
{
    struct source *s = l->source;
    struct http_range range;
    int status = ask_settle(a, l->door.host, l->door.path, s->total, &range);
    if (status != 200 && status != 206) {
        refuse(fd, status, s->total);
        return;
    }
    if (a->method == ASK_HEAD) {
        char head[ASK_ANSWER_MAX];
        size_t n = ask_answer(head, status, s->type, s->total, &range);
        (void)!send(fd, head, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(fd, SHUT_WR);
        close(fd);
        return;
    }
    leave(l);
    l->reader = fd;
    l->ready = true;
    l->left = range.length;
    l->len = ask_answer((char *)l->buf, status, s->type, s->total, &range);
    source_seek(s, range.from);
}

/* To the reader: what is in the buffer. False: he has gone. */
static bool give(struct local *l)
{
    while (l->at < l->len) {
        ssize_t n = send(l->reader, l->buf + l->at, l->len - l->at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        l->at += (size_t)n;
    }
    return true;
}

static bool wants_more(const struct local *l)
{
    return l->reader >= 0 && l->at == l->len && l->left > 0;
}

/* Some more for the reader. A new connection may take a while, and ask for a card: then signals end all of it. */
static void fetch(struct local *l)
{
    size_t got;
    sigset_t mask = l->before;
    sigaddset(&mask, SIGCHLD);
    if (!l->source->asked)
        sigprocmask(SIG_SETMASK, &mask, NULL);
    int code = source_read(l->source, l->buf, l->left < BUFFER ? (size_t)l->left : BUFFER, &got, false);
    sigprocmask(SIG_BLOCK, &l->blocked, NULL);
    l->ready = got > 0;
    l->at = 0;
    l->len = got;
    l->left -= (int64_t)got;
    if (code || (got == 0 && source_at_end(l->source))) { /* it is cut short: he sees that */
        l->code = code ? code : l->code;
        leave(l);
    }
}

/* --- those who ask ------------------------------------------------------------------------------------------------ */

static void admit(struct local *l)
{
    bool allowed;
    int fd = door_accept(&l->door, &allowed);
    struct guest *free_one = NULL;
    for (size_t i = 0; i < GUESTS && !free_one; i++)
        free_one = l->guests[i].fd < 0 ? &l->guests[i] : NULL;
    if (fd >= 0 && allowed && free_one) {
        free_one->fd = fd;
        free_one->len = 0;
        free_one->deadline = clock_now() + PATIENCE_MS;
    } else if (fd >= 0) {
        refuse(fd, 403, 0);
    }
}

static void hear(struct local *l, struct guest *g)
{
    struct ask a;
    ssize_t n = recv(g->fd, g->text + g->len, sizeof g->text - g->len, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    int fd = g->fd;
    g->len += n > 0 ? (size_t)n : 0;
    int complete = n > 0 ? ask_read(&a, g->text, g->len) : -1;
    if (complete == 0)
        return;
    g->fd = -1;
    if (complete > 0)
        serve(l, fd, &a);
    else if (n > 0)
        refuse(fd, 400, 0);
    else
        close(fd);
}

/* --- the player --------------------------------------------------------------------------------------------------- */

/* The command with the address in place of each {}; there is nothing in that which a shell would take for its own. */
static char *command_of(const char *player, const char *url)
{
    size_t len = strlen(player) + 1;
    for (const char *p = player; (p = strstr(p, "{}")) != NULL; p += 2)
        len += strlen(url);
    char *out = malloc(len), *to = out;
    while (out && *player)
        if (strncmp(player, "{}", 2) == 0) {
            to = stpcpy(to, url);
            player += 2;
        } else {
            *to++ = *player++;
        }
    if (out)
        *to = 0;
    return out;
}

/* A proxy of the system's is no way to ourselves, and must not see what is played. */
static bool no_proxy(void)
{
    static const char *const names[] = {"no_proxy", "NO_PROXY"};
    char text[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *old = getenv(names[i]);
        if (snprintf(text, sizeof text, "%s%s127.0.0.1", old ? old : "", old && *old ? "," : "") >= (int)sizeof text ||
            setenv(names[i], text, 1))
            return false;
    }
    return true;
}

static int spawn(struct local *l, const char *player, const char *url)
{
    char *command = command_of(player, url);
    char *const argv[] = {"sh", "-c", command, NULL};
    posix_spawnattr_t attr;
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    int err = command && no_proxy() ? posix_spawnattr_init(&attr) : ENOMEM;
    if (!err) {
        posix_spawnattr_setsigmask(&attr, &l->before);
        posix_spawnattr_setsigdefault(&attr, &broken_pipe);
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        err = posix_spawn(&l->player, "/bin/sh", NULL, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
    }
    free(command);
    if (!err)
        return APP_DONE;
    l->player = -1;
    return app_error(l->app, APP_SYSTEM, "%s: %s", player, strerror(err));
}

static int show(struct local *l, const char *player)
{
    char url[DOOR_HOST_MAX + DOOR_PATH_MAX + 8];
    snprintf(url, sizeof url, "http://%s%s", l->door.host, l->door.path);
    if (player)
        return spawn(l, player, url);
    printf(l->app->json ? "{\"url\":\"%s\"}\n" : "%s\n", url);
    return fflush(stdout) ? app_error(l->app, APP_SYSTEM, "output: %s", strerror(errno)) : APP_DONE;
}

/* The player has ended. */
static void ended(struct local *l, int status)
{
    l->player = -1;
    l->over = true;
    if (!l->code && (!WIFEXITED(status) || WEXITSTATUS(status)))
        l->code = app_error(l->app, APP_SYSTEM, "the player failed");
}

/* Somebody wants an end: the player's, too. */
static void stop(struct local *l)
{
    int status;
    l->over = true;
    if (l->player < 0)
        return;
    kill(l->player, SIGTERM);
    for (int64_t end = clock_now() + GRACE_MS; waitpid(l->player, &status, WNOHANG) == 0; clock_pause(10))
        if (clock_now() > end)
            kill(l->player, SIGKILL);
    l->player = -1;
}

static void signalled(struct local *l)
{
    struct signalfd_siginfo info;
    int status;
    while (read(l->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            stop(l);
        else if (l->player >= 0 && waitpid(l->player, &status, WNOHANG) == l->player)
            ended(l, status);
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

enum { SIGNALS, DOOR, READER, SERVER, FIRST_GUEST, FDS = FIRST_GUEST + GUESTS };

static int fill(const struct local *l, struct pollfd fds[FDS])
{
    int64_t now = clock_now(), until = INT64_MAX;
    int server = -1;
    if (wants_more(l))
        until = l->ready ? now : now + source_wait(l->source, &server);
    fds[SIGNALS] = (struct pollfd){.fd = l->signals, .events = POLLIN};
    fds[DOOR] = (struct pollfd){.fd = l->door.fd, .events = POLLIN};
    fds[READER] = (struct pollfd){.fd = l->reader, .events = (short)(POLLRDHUP | (l->at < l->len ? POLLOUT : 0))};
    fds[SERVER] = (struct pollfd){.fd = server, .events = POLLIN};
    for (size_t i = 0; i < GUESTS; i++) {
        fds[FIRST_GUEST + i] = (struct pollfd){.fd = l->guests[i].fd, .events = POLLIN};
        if (l->guests[i].fd >= 0 && l->guests[i].deadline < until)
            until = l->guests[i].deadline;
    }
    return until == INT64_MAX ? -1 : until <= now ? 0 : (int)(until - now);
}

static void turn(struct local *l)
{
    struct pollfd fds[FDS];
    int wait = fill(l, fds);
    if (poll(fds, FDS, wait) < 0)
        return;
    if (fds[SIGNALS].revents)
        signalled(l);
    if (fds[READER].revents & (POLLRDHUP | POLLHUP | POLLERR))
        leave(l);
    for (size_t i = 0; i < GUESTS; i++)
        if (fds[FIRST_GUEST + i].revents) {
            hear(l, &l->guests[i]);
        } else if (l->guests[i].fd >= 0 && clock_now() >= l->guests[i].deadline) {
            refuse(l->guests[i].fd, 408, 0);
            l->guests[i].fd = -1;
        }
    if (fds[DOOR].revents)
        admit(l);
}

static void run(struct local *l)
{
    while (!l->over) {
        turn(l);
        if (!l->over && wants_more(l))
            fetch(l);
        if (l->reader >= 0 && (!give(l) || (l->at == l->len && l->left == 0)))
            leave(l);
    }
}

static int begin(struct local *l)
{
    static const int signals[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    sigemptyset(&l->blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&l->blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &l->blocked, &l->before);
    l->signals = signalfd(-1, &l->blocked, SFD_NONBLOCK | SFD_CLOEXEC);
    if (l->signals < 0)
        return app_fail(l->app, SW_ERR_SYSTEM, "signals");
    if (door_open(&l->door))
        return APP_DONE;
    close(l->signals);
    return app_fail(l->app, SW_ERR_SYSTEM, "127.0.0.1");
}

int local_play(struct source *source, const char *player)
{
    struct local *l = malloc(sizeof *l);
    int code = l ? source_begin(source) : app_fail(source->app, SW_ERR_MEMORY, "media"); /* whether it may be played */
    if (!code) {
        *l = (struct local){.app = source->app, .source = source, .reader = -1, .player = -1};
        for (size_t i = 0; i < GUESTS; i++)
            l->guests[i].fd = -1;
        code = begin(l);
    }
    if (!code) {
        code = show(l, player);
        if (!code)
            run(l);
        leave(l);
        for (size_t i = 0; i < GUESTS; i++)
            if (l->guests[i].fd >= 0)
                close(l->guests[i].fd);
        door_close(&l->door);
        close(l->signals);
        sigprocmask(SIG_SETMASK, &l->before, NULL);
        code = code ? code : l->code;
    }
    free(l);
    return code;
}
