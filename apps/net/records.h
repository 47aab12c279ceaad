/*
 * What a connection and libevent's buffers hand each other: records to and from the wire, plaintext to and from whoever
 * uses it. Nothing is kept here; when which of it is done, and how much at a time, is apps/net/bev.c's.
 */
#ifndef SW_APPS_NET_RECORDS_H
#define SW_APPS_NET_RECORDS_H

#include "include/sealwax.h"
#include <event2/buffer.h>

/* records_flush: all records that are ready, to the end of wire; *sent grows by their bytes. False without memory. */
bool records_flush(struct sw_conn *conn, struct evbuffer *wire, uint64_t *sent);

/*
 * records_feed: bytes from the front of wire into the connection, as many as it has room for; *received grows by them.
 * False: none were there, or it takes none for now.
 * records_feed_from: the same from a socket, without waiting. False, too, when that has ended or failed: whoever reads
 * it next will find that. An error of the connection shows in sw_conn_error.
 */
bool records_feed(struct sw_conn *conn, struct evbuffer *wire, uint64_t *received);
bool records_feed_from(struct sw_conn *conn, int fd, uint64_t *received);

/*
 * records_read: plaintext to the end of dst, at most *room bytes, which shrinks by them. False without memory, or when
 * the connection failed.
 */
bool records_read(struct sw_conn *conn, struct evbuffer *dst, size_t *room);

/*
 * records_write: plaintext from the front of src as records to the end of wire, until src is empty, the connection
 * takes no more, or wire has grown by limit bytes (negative: without limit) and the rest of a record. False without
 * memory, or when the connection failed.
 */
bool records_write(struct sw_conn *conn, struct evbuffer *src, struct evbuffer *wire, ev_ssize_t limit, uint64_t *sent);

/* records_ended: nothing more will be read: the connection failed, or the peer has said that it was all. */
bool records_ended(struct sw_conn *conn);

#endif
