/* Bytes between the library and the runner, one at a time if the flags say so. */
#include "tests/bogo/shim.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MAX = 1 << 20 };

int shim_dial(const struct settings *s)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)s->port), .sin6_addr = in6addr_loopback};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    int fd = socket(s->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), one = 1, rc;
    uint8_t id[8];

    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        shim_broken("socket");
    rc =
        s->ipv6 ? connect(fd, (struct sockaddr *)&six, sizeof six) : connect(fd, (struct sockaddr *)&four, sizeof four);
    if (rc != 0)
        shim_broken("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < 8; i++)
        id[i] = (uint8_t)((uint64_t)s->shim_id >> (8 * i));
    if (send(fd, id, sizeof id, MSG_NOSIGNAL) != sizeof id)
        shim_broken("shim id");
    return fd;
}

/* Send all that waits. A transport that is gone swallows it: what went wrong before is what counts. */
void shim_flush(struct shim *shim, struct sw_conn *conn)
{
    const uint8_t *out;
    size_t len;

    while ((out = sw_conn_out_buf(conn, &len)) != NULL && len > 0) {
        ssize_t n = send(shim->fd, out, shim->set->async ? 1 : len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (sw_conn_out_ack(conn, n < 0 ? len : (size_t)n) != SW_OK)
            shim_broken("out_ack");
    }
}

/*
 * One turn of the transport: everything out, then one receive if the engine wants it. False when nothing can move any
 * more.
 */
bool shim_turn(struct shim *shim, struct sw_conn *conn)
{
    size_t room;
    uint8_t *in;
    ssize_t n;

    shim_flush(shim, conn);
    if (!(sw_conn_wants(conn) & SW_WANT_RECV))
        return false;
    in = sw_conn_in_buf(conn, &room);
    if (in == NULL || room == 0)
        return false;
    do
        n = recv(shim->fd, in, shim->set->async ? 1 : room, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        (void)sw_conn_in_eof(conn);
    else
        (void)sw_conn_in_ack(conn, (size_t)n);
    shim_flush(shim, conn);
    return true;
}

/* Half-close and read the rest, so that a reset does not swallow what was sent last. */
void shim_hang_up(struct shim *shim)
{
    struct timeval wait = {.tv_sec = 2};
    char sink[4096];
    size_t total = 0;
    ssize_t n;

    shutdown(shim->fd, SHUT_WR);
    setsockopt(shim->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    while (total < DRAIN_MAX && (n = recv(shim->fd, sink, sizeof sink, 0)) > 0)
        total += (size_t)n;
    close(shim->fd);
    shim->fd = -1;
}

_Noreturn void shim_fail_connection(struct shim *shim, struct sw_conn *conn)
{
    enum sw_err err = sw_conn_error(conn);

    shim_flush(shim, conn);
    shim_hang_up(shim);
    if (err == SW_ERR_PEER_ALERT)
        fprintf(stderr, ":PEER_ALERT_%s: ", sw_alert_name(sw_conn_alert_received(conn)));
    shim_fail(sw_err_name(err), sw_conn_error_text(conn));
}
