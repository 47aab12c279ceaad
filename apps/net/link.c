/* Bytes between a socket and a connection, and an end that is not a reset. */
#include "apps/net/link.h"
#include "apps/cli/clock.h"
#include "apps/net/alert.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a peer may take to close after us, in milliseconds. */
enum { DRAIN_TIME = 10000 };

static void touch(struct link *link)
{
    if (link->state == LINK_OPEN)
        link->deadline = link->patience ? clock_now() + link->patience : INT64_MAX;
}

void link_open(struct link *link, int fd, struct sw_conn *conn, const char *peer, int64_t timeout)
{
    *link = (struct link){.fd = fd, .conn = conn, .patience = timeout * 1000};
    snprintf(link->peer, sizeof link->peer, "%s", peer);
    touch(link);
}

short link_events(const struct link *link)
{
    if (link->state == LINK_DRAINING)
        return POLLIN;
    unsigned wants = sw_conn_wants(link->conn);
    int events = wants & SW_WANT_SEND ? POLLOUT : 0;
    if ((wants & SW_WANT_RECV) && !link->eof)
        events |= POLLIN;
    return (short)events;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void receive_nowhere(struct link *link)
{
    char dust[16384];
    ssize_t n = recv(link->fd, dust, sizeof dust, 0);
    if (n == 0 || (n < 0 && !would_block()))
        link->state = LINK_CLOSED;
}

/*
 * What has been received, to the connection, which keeps its error. Who looks on sees it after that, from a copy, since
 * it is decrypted in place: what is needed to read it may only be known then.
 */
static void take(struct link *link, const uint8_t *p, size_t len)
{
    uint8_t *copy = link->tap.bytes ? malloc(len) : NULL;
    if (copy)
        memcpy(copy, p, len);
    (void)sw_conn_in_ack(link->conn, len);
    if (copy)
        link->tap.bytes(link->tap.ctx, false, copy, len);
    free(copy);
}

void link_receive(struct link *link)
{
    size_t room;
    if (link->state == LINK_DRAINING)
        receive_nowhere(link);
    if (link->state != LINK_OPEN || link->eof || !(sw_conn_wants(link->conn) & SW_WANT_RECV))
        return;
    uint8_t *to = sw_conn_in_buf(link->conn, &room);
    if (!to)
        return;
    ssize_t n = recv(link->fd, to, room, 0);
    if (n > 0) {
        touch(link);
        take(link, to, (size_t)n);
    } else if (n == 0 || !would_block()) {
        link->eof = true;
        link->broken |= n < 0;
        (void)sw_conn_in_eof(link->conn);
    }
}

void link_send(struct link *link)
{
    size_t len;
    const uint8_t *from;
    while (link->state == LINK_OPEN && !link->broken && (from = sw_conn_out_buf(link->conn, &len)) != NULL) {
        ssize_t n = send(link->fd, from, len, MSG_NOSIGNAL);
        if (n < 0 && would_block())
            return;
        if (n < 0) {
            link->broken = true;
            return;
        }
        touch(link);
        if (link->tap.bytes)
            link->tap.bytes(link->tap.ctx, true, from, (size_t)n);
        (void)sw_conn_out_ack(link->conn, (size_t)n);
    }
}

static void half_close(struct link *link)
{
    shutdown(link->fd, SHUT_WR);
    link->state = link->eof ? LINK_CLOSED : LINK_DRAINING;
    link->deadline = clock_now() + DRAIN_TIME;
}

/* Nothing can be sent: but the alert that says why may still wait to be read. */
static void read_last_words(struct link *link)
{
    while (!link->eof && (sw_conn_wants(link->conn) & SW_WANT_RECV)) {
        size_t room;
        uint8_t *to = sw_conn_in_buf(link->conn, &room);
        ssize_t n = to ? recv(link->fd, to, room, 0) : 0;
        if (n <= 0)
            break;
        take(link, to, (size_t)n);
    }
    if (!link->eof)
        (void)sw_conn_in_eof(link->conn);
    link->eof = true;
}

void link_settle(struct link *link)
{
    if (link->state == LINK_OPEN && link->broken) {
        read_last_words(link);
        link->state = LINK_CLOSED;
    }
    if (link->state == LINK_OPEN && (sw_conn_wants(link->conn) & SW_WANT_DONE))
        half_close(link);
    if (link->state != LINK_CLOSED && clock_now() >= link->deadline) {
        link->timed_out = link->state == LINK_OPEN;
        link->state = LINK_CLOSED;
    }
}

void link_finish(struct link *link)
{
    if (link->state == LINK_OPEN && !(sw_conn_wants(link->conn) & SW_WANT_SEND))
        half_close(link);
}

void link_close(struct link *link)
{
    if (link->tap.closed)
        link->tap.closed(link->tap.ctx);
    link->tap = (struct link_tap){0};
    sw_conn_free(link->conn);
    if (link->fd >= 0)
        close(link->fd);
    link->conn = NULL;
    link->fd = -1;
    link->state = LINK_CLOSED;
}

enum sw_err link_verdict(const struct link *link)
{
    enum sw_err err = sw_conn_error(link->conn);
    return err == SW_OK && link->timed_out ? SW_ERR_TIMEOUT : err;
}

static const char *name_of(enum sw_alert alert)
{
    return alert == SW_ALERT_NONE || alert == SW_ALERT_CLOSE_NOTIFY ? NULL : sw_alert_name(alert);
}

void link_report(const struct app *app, const struct link *link)
{
    enum sw_err err = link_verdict(link);
    const char *text = sw_conn_error(link->conn) ? sw_conn_error_text(link->conn) : NULL;
    const char *meaning = app_alert_meaning(sw_conn_alert_received(link->conn));
    char refused[512];
    if (!text || !*text)
        text = sw_err_reason(err);
    if (err == SW_ERR_PEER_ALERT && meaning)
        text = meaning;
    if (err == SW_ERR_CERT_REJECTED && app_has(app, OPT_ALLOW)) {
        snprintf(refused, sizeof refused, "%s: no --allow is for it", text);
        text = refused;
    }
    const struct app_cause cause = {err, link->peer, name_of(sw_conn_alert_sent(link->conn)),
                                    name_of(sw_conn_alert_received(link->conn))};
    (void)app_error_of(app, APP_NO, &cause, "%s", text);
}
