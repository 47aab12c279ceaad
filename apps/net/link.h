/*
 * A connection of the library over a socket that does not block: moves the bytes, and ends it in the way that lets a
 * peer read our last alert.
 */
#ifndef SW_APPS_NET_LINK_H
#define SW_APPS_NET_LINK_H

#include "apps/net/net.h"
#include "include/sealwax.h"

enum link_state {
    LINK_OPEN,     /* bytes go between socket and connection */
    LINK_DRAINING, /* our side is closed; what still comes is thrown away until the peer closes too */
    LINK_CLOSED    /* over: nothing more to wait for */
};

/* Somebody who looks on: at the bytes that go over the wire, in their order, and at the end, which is the last call. */
struct link_tap {
    void (*bytes)(void *ctx, bool sent, const uint8_t *p, size_t len);
    void (*closed)(void *ctx);
    void *ctx;
};

struct link {
    enum link_state state;
    int fd;
    struct sw_conn *conn;
    bool eof, broken; /* the peer's side is closed; nothing can be sent any more */
    bool timed_out;
    int64_t patience; /* milliseconds a silent peer is given, 0: no end */
    int64_t deadline; /* of clock_now(), INT64_MAX: none */
    char peer[NET_NAME_MAX];
    struct link_tap tap; /* set after link_open, or without functions */
};

/* link_open: takes over fd and conn; peer as by net_accept, timeout in seconds. */
void link_open(struct link *link, int fd, struct sw_conn *conn, const char *peer, int64_t timeout);

/* link_events: what to poll for: POLLIN, POLLOUT or nothing. */
short link_events(const struct link *link);

/*
 * link_receive: one read of what the socket has, into the connection or to nowhere. link_send: all the connection has,
 * or until the socket is full.
 */
void link_receive(struct link *link);
void link_send(struct link *link);

/*
 * link_settle: after receiving, working and sending: a connection that is done is half-closed and drained, so that our
 * last record arrives although the peer is still sending (a reset would take it away: RFC 1122 4.2.2.13); a peer that
 * was silent for too long is given up.
 */
void link_settle(struct link *link);

/* link_finish: nothing more to say once what is queued has gone: do not wait for the peer's close_notify. */
void link_finish(struct link *link);

/* link_close: frees the connection and closes the socket. */
void link_close(struct link *link);

/*
 * link_verdict: the connection's error (SW_ERR_TIMEOUT if the peer was given up). link_report: say it in one line, with
 * the alert: who, what, why.
 */
enum sw_err link_verdict(const struct link *link);
void link_report(const struct app *app, const struct link *link);

#endif
