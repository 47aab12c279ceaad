/* The bytes of a client's connection: under TLS, or, for those who asked for that, as they are. */
#ifndef SW_APPS_NET_WIRE_H
#define SW_APPS_NET_WIRE_H

#include "apps/net/link.h"

struct wire {
    struct link link; /* its conn is NULL without TLS, and then only fd and peer mean something */
    struct {
        uint8_t *p; /* WIRE_BUFFER bytes */
        size_t at, len;
        bool eof, full; /* nothing more comes from the peer; the socket takes no more for now */
    } plain;
};

enum { WIRE_BUFFER = 65536 };

/*
 * wire_open: takes over fd, and conn, which is NULL for a connection without TLS; patience in seconds. False without
 * memory: everything is given back.
 */
bool wire_open(struct wire *w, int fd, struct sw_conn *conn, const char *peer, int64_t patience);
/* wire_close: say goodbye, without waiting for an answer, and give everything back. */
void wire_close(struct wire *w);

/*
 * wire_ready: whether bytes can be written: a handshake is over. wire_turn: send what waits, then wait for bytes until
 * the deadline (clock_now(), INT64_MAX: none); false: over, broken or late.
 */
bool wire_ready(const struct wire *w);
bool wire_turn(struct wire *w, int64_t deadline);

/*
 * wire_peek: what has come, NULL if nothing; wire_skip: len bytes of it are done with. wire_ended: the peer said that
 * nothing more will come.
 * wire_silent: after wire_turn was late: neither the end nor an error has come.
 */
const uint8_t *wire_peek(const struct wire *w, size_t *len);
void wire_skip(struct wire *w, size_t len);
bool wire_ended(const struct wire *w);
bool wire_silent(const struct wire *w);

/* wire_write: as much as can be taken now. False: it broke. */
bool wire_write(struct wire *w, const void *p, size_t len, size_t *taken);

#endif
