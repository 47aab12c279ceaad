#include "apps/net/records.h"
#include <sys/socket.h>

bool records_flush(struct sw_conn *conn, struct evbuffer *wire, uint64_t *sent)
{
    size_t len;
    const uint8_t *p;
    while ((p = sw_conn_out_buf(conn, &len)) != NULL) {
        if (evbuffer_add(wire, p, len) || sw_conn_out_ack(conn, len))
            return false;
        *sent += len;
    }
    return true;
}

/* Room for bytes from the wire, NULL if there is none for now. */
static uint8_t *room_of(struct sw_conn *conn, size_t *room)
{
    return sw_conn_wants(conn) & SW_WANT_RECV ? sw_conn_in_buf(conn, room) : NULL;
}

static bool took(struct sw_conn *conn, ssize_t n, uint64_t *received)
{
    if (n <= 0)
        return false;
    *received += (uint64_t)n;
    (void)sw_conn_in_ack(conn, (size_t)n); /* the connection keeps its error */
    return true;
}

bool records_feed(struct sw_conn *conn, struct evbuffer *wire, uint64_t *received)
{
    size_t room;
    uint8_t *to = evbuffer_get_length(wire) ? room_of(conn, &room) : NULL;
    return took(conn, to ? evbuffer_remove(wire, to, room) : 0, received);
}

bool records_feed_from(struct sw_conn *conn, int fd, uint64_t *received)
{
    size_t room;
    uint8_t *to = room_of(conn, &room);
    return took(conn, to ? recv(fd, to, room, MSG_DONTWAIT) : 0, received);
}

bool records_read(struct sw_conn *conn, struct evbuffer *dst, size_t *room)
{
    size_t len;
    const uint8_t *p;
    while (*room && (p = sw_conn_peek(conn, &len)) != NULL) {
        size_t n = len < *room ? len : *room;
        if (evbuffer_add(dst, p, n) || sw_conn_skip(conn, n))
            return false;
        *room -= n;
    }
    return true;
}

bool records_write(struct sw_conn *conn, struct evbuffer *src, struct evbuffer *wire, ev_ssize_t limit, uint64_t *sent)
{
    size_t before = evbuffer_get_length(wire), taken;
    struct evbuffer_iovec piece;
    while (evbuffer_get_length(src) && (sw_conn_wants(conn) & SW_WANT_WRITE)) {
        if (evbuffer_peek(src, -1, NULL, &piece, 1) < 1)
            break;
        if (sw_conn_write(conn, piece.iov_base, piece.iov_len, &taken) || evbuffer_drain(src, taken) ||
            !records_flush(conn, wire, sent))
            return false;
        if (limit >= 0 && evbuffer_get_length(wire) - before >= (size_t)limit)
            break;
    }
    return true;
}

bool records_ended(struct sw_conn *conn)
{
    uint8_t none;
    size_t got;
    if (sw_conn_error(conn))
        return true;
    return (sw_conn_wants(conn) & SW_WANT_READ) && sw_conn_read(conn, &none, 0, &got) == SW_ERR_CLOSED;
}
