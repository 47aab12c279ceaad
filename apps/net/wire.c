#include "apps/net/wire.h"
#include "apps/cli/clock.h"
#include "base/wipe.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

bool wire_open(struct wire *w, int fd, struct sw_conn *conn, const char *peer, int64_t patience)
{
    *w = (struct wire){0};
    if (!conn && !(w->plain.p = malloc(WIRE_BUFFER))) {
        close(fd);
        return false;
    }
    link_open(&w->link, fd, conn, peer, patience);
    return true;
}

void wire_close(struct wire *w)
{
    if (w->link.conn) {
        sw_conn_close(w->link.conn);
        link_send(&w->link);
    }
    link_close(&w->link);
    free(w->plain.p);
    w->plain.p = NULL;
}

bool wire_ready(const struct wire *w)
{
    return !w->link.conn || sw_conn_established(w->link.conn);
}

/* A socket without TLS has something to read, or is at its end, or broke. */
static bool receive_plain(struct wire *w)
{
    ssize_t n = recv(w->link.fd, w->plain.p, WIRE_BUFFER, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return true;
    w->plain.at = 0;
    w->plain.len = n > 0 ? (size_t)n : 0;
    w->plain.eof = n <= 0; /* a reset is an end, too */
    return n >= 0;
}

static short events_of(const struct wire *w)
{
    if (w->link.conn)
        return link_events(&w->link);
    bool room = w->plain.at == w->plain.len && !w->plain.eof;
    return (short)((room ? POLLIN : 0) | (w->plain.full ? POLLOUT : 0));
}

bool wire_turn(struct wire *w, int64_t deadline)
{
    if (w->link.conn) {
        bool waited = sw_conn_wants(w->link.conn) & SW_WANT_SEND;
        link_send(&w->link);
        if (waited && !(sw_conn_wants(w->link.conn) & SW_WANT_SEND))
            return true; /* there is room again for whoever could not write, and perhaps nothing that would wake him */
        if (sw_conn_error(w->link.conn) || w->link.state == LINK_CLOSED || (w->link.broken && w->link.eof))
            return false;
    }
    int64_t left = deadline == INT64_MAX ? -1 : deadline - clock_now();
    if (deadline != INT64_MAX && left <= 0)
        return false;
    struct pollfd p = {.fd = w->link.fd, .events = events_of(w)};
    int n = p.events ? poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) : 0;
    if (n <= 0)
        return n < 0 && errno == EINTR;
    if (p.revents & POLLOUT)
        w->plain.full = false;
    if (!(p.revents & (POLLIN | POLLHUP | POLLERR)))
        return true;
    if (!w->link.conn)
        return receive_plain(w);
    link_receive(&w->link);
    return true;
}

const uint8_t *wire_peek(const struct wire *w, size_t *len)
{
    if (w->link.conn)
        return sw_conn_peek(w->link.conn, len);
    *len = w->plain.len - w->plain.at;
    return *len ? w->plain.p + w->plain.at : NULL;
}

void wire_skip(struct wire *w, size_t len)
{
    if (w->link.conn)
        (void)sw_conn_skip(w->link.conn, len);
    else
        w->plain.at += len;
}

bool wire_ended(const struct wire *w)
{
    uint8_t none;
    size_t got;
    if (!w->link.conn)
        return w->plain.eof;
    return (sw_conn_wants(w->link.conn) & SW_WANT_READ) && sw_conn_read(w->link.conn, &none, 0, &got) == SW_ERR_CLOSED;
}

bool wire_silent(const struct wire *w)
{
    return w->link.conn ? !wire_ended(w) && !w->link.eof && !w->link.broken : !w->plain.eof;
}

static bool write_protected(struct link *link, const void *p, size_t len, size_t *taken)
{
    if ((sw_conn_wants(link->conn) & SW_WANT_WRITE) && sw_conn_write(link->conn, p, len, taken))
        return false;
    link_send(link);
    return true;
}

static bool write_plain(struct wire *w, const void *p, size_t len, size_t *taken)
{
    ssize_t n = len ? send(w->link.fd, p, len, MSG_NOSIGNAL) : 0;
    w->plain.full = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    *taken = n > 0 ? (size_t)n : 0;
    return n >= 0 || w->plain.full;
}

bool wire_write(struct wire *w, const void *p, size_t len, size_t *taken)
{
    *taken = 0;
    if (!w->link.conn)
        return write_plain(w, p, len, taken);
    /* what was in the way may be gone by now: whoever waits then waits for the peer, who waits for this */
    return write_protected(&w->link, p, len, taken) &&
           (*taken || (sw_conn_wants(w->link.conn) & SW_WANT_SEND) || write_protected(&w->link, p, len, taken));
}
