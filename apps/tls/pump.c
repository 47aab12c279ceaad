/*
 * Both directions in one thread. Standard input is read only when the connection would take the bytes, so a slow peer
 * holds it up; standard output is written at once, so a slow reader holds the peer up.
 */
#include "apps/tls/pump.h"
#include "apps/cli/clock.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct pump {
    const struct app *app;
    struct link *link;
    int64_t patience; /* of the link, for handshake and closing */
    bool input_end, established, peer_end;
    int failed;      /* exit code of a local failure */
    size_t held, at; /* of buffer: input not yet taken */
    uint8_t buffer[16384];
};

static bool write_all(int fd, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) { /* somebody else made it non-blocking */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* What the peer sent, to standard output. */
static void to_output(struct pump *u)
{
    size_t len;
    const uint8_t *p;
    while (!u->failed && (p = sw_conn_peek(u->link->conn, &len)) != NULL) {
        if (!write_all(STDOUT_FILENO, p, len))
            u->failed = app_error(u->app, APP_SYSTEM, "standard output: %s", strerror(errno));
        (void)sw_conn_skip(u->link->conn, len);
    }
    uint8_t none;
    if (!u->peer_end && (sw_conn_wants(u->link->conn) & SW_WANT_READ) &&
        sw_conn_read(u->link->conn, &none, 0, &len) == SW_ERR_CLOSED) {
        u->peer_end = true;
        sw_conn_close(u->link->conn);
    }
}

static void from_input(struct pump *u)
{
    if (u->held == 0) {
        ssize_t n = read(STDIN_FILENO, u->buffer, sizeof u->buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        if (n < 0)
            u->failed = app_error(u->app, APP_SYSTEM, "standard input: %s", strerror(errno));
        if (n <= 0) {
            u->input_end = true;
            sw_conn_close(u->link->conn);
        } else {
            u->held = (size_t)n;
            u->at = 0;
        }
    }
}

static void push_held(struct pump *u)
{
    size_t taken = 0;
    while (u->held && (sw_conn_wants(u->link->conn) & SW_WANT_WRITE) &&
           sw_conn_write(u->link->conn, u->buffer + u->at, u->held, &taken) == SW_OK && taken) {
        u->held -= taken;
        u->at += taken;
    }
}

static bool wants_input(const struct pump *u)
{
    return u->link->state == LINK_OPEN && u->held == 0 && !u->input_end && !u->peer_end &&
           (sw_conn_wants(u->link->conn) & SW_WANT_WRITE);
}

static void note_established(struct pump *u, void (*established)(void *ctx, struct sw_conn *conn), void *ctx)
{
    if (u->established || !sw_conn_established(u->link->conn))
        return;
    u->established = true;
    u->link->patience = 0;
    u->link->deadline = INT64_MAX;
    if (established)
        established(ctx, u->link->conn);
}

/* From our close_notify on the peer has to answer in time again. */
static void note_closing(struct pump *u)
{
    if ((u->input_end || u->peer_end) && u->established && u->link->patience != u->patience) {
        u->link->patience = u->patience;
        u->link->deadline = u->patience ? clock_now() + u->patience : INT64_MAX;
    }
}

static void turn(struct pump *u, bool readable, bool input)
{
    if (readable)
        link_receive(u->link);
    if (input)
        from_input(u);
    if (u->link->state == LINK_OPEN)
        to_output(u);
    /*
     * with something held and nothing to send there would be nothing to wait for: so on, until the socket is full or
     * all is gone
     */
    do {
        if (u->link->state == LINK_OPEN)
            push_held(u);
        link_send(u->link);
    } while (u->held && u->link->state == LINK_OPEN && !u->link->broken &&
             (sw_conn_wants(u->link->conn) & (SW_WANT_WRITE | SW_WANT_SEND)) == SW_WANT_WRITE);
}

/* After a wait: is there room or news on either side? */
static bool wait_turn(struct pump *u, bool *readable, bool *input)
{
    struct pollfd p[2] = {{.fd = u->link->fd, .events = link_events(u->link)},
                          {.fd = wants_input(u) ? STDIN_FILENO : -1, .events = POLLIN}};
    int64_t left = u->link->deadline - clock_now();
    int wait = u->link->deadline == INT64_MAX ? -1 : left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
    if (poll(p, 2, wait) < 0)
        return errno == EINTR;
    *readable = p[0].revents & (POLLIN | POLLHUP | POLLERR);
    *input = p[1].revents != 0;
    return true;
}

static int verdict(const struct pump *u)
{
    enum sw_err err = link_verdict(u->link);
    if (u->failed)
        return u->failed;
    if (err == SW_OK && u->peer_end)
        return APP_DONE;
    link_report(u->app, u->link);
    return APP_NO;
}

int pump(const struct app *app, struct link *link, void (*established)(void *ctx, struct sw_conn *conn), void *ctx)
{
    struct pump u = {.app = app, .link = link, .patience = link->patience};
    bool readable = false, input = false;
    link_send(link);
    while (link->state != LINK_CLOSED && !u.failed) {
        if (!wait_turn(&u, &readable, &input)) {
            u.failed = app_error(app, APP_SYSTEM, "poll: %s", strerror(errno));
            break;
        }
        turn(&u, readable, input);
        note_established(&u, established, ctx);
        note_closing(&u);
        link_settle(link);
        readable = input = false;
    }
    return verdict(&u);
}
