/* Bytes out and in: what lies between the buffers a connection lends and the messages it deals with. */
#ifndef SW_HANDSHAKE_ENGINE_H
#define SW_HANDSHAKE_ENGINE_H

#include "handshake/conn.h"

enum {
    SW_WORK_BIG = 2 * (SW_RECORD_MAX + 1), /* a buffer for data in bulk: two records */
    SW_WARNINGS_MAX = 4,                   /* in a row */
    SW_KEY_UPDATES_MAX = 32,               /* of the peer's without data between them */
    SW_COMPATIBILITY_CCS_MAX = 32,
    SW_EARLY_SKIP_MAX = 16384, /* bytes: no ticket of ours allows any */
    SW_SEALS_MAX = 1 << 24     /* records under one key of TLS 1.3: GCM bears 2^24.5 of the longest (RFC 8446 5.5) */
};

/* --- engine_work.c: buffers and keys --- */

/* sw_engine_work: make sure buffers are there. sw_engine_work_free: give them back. */
enum sw_err sw_engine_work(struct sw_conn *conn) SW_MUST_USE;
void sw_engine_work_free(struct sw_conn *conn);

/* sw_engine_room_in: room for `need` bytes of input from in_start on. sw_engine_room_out: for `need` more bytes of output behind out_end. Bytes may
 * move to the front or to a larger buffer. SW_ERR_MEMORY. */
enum sw_err sw_engine_room_in(struct sw_conn *conn, size_t need) SW_MUST_USE;
enum sw_err sw_engine_room_out(struct sw_conn *conn, size_t need) SW_MUST_USE;

/* sw_engine_new_keys: switch one direction to the handshake's next secrets. _set_keys: to these, which are wiped. */
void sw_engine_new_keys(struct sw_conn *conn, bool sending);
void sw_engine_set_keys(struct sw_conn *conn, bool sending, struct sw_record_secrets *next);
/* sw_engine_ready: expanded keys of a direction, made when they are first needed after a change of keys or a release. */
enum sw_err sw_engine_ready(struct sw_conn *conn, bool sending) SW_MUST_USE;

/* --- engine_rest.c: a server that waits for a stranger holds no buffers --- */

/* sw_engine_lend: room for bytes from the peer, at least one; p is NULL without memory. sw_engine_take: len bytes were put there; deals with the records
 * they complete. Returns the connection's error, SW_ERR_ARGUMENT if there is no such room. */
struct sw_room sw_engine_lend(struct sw_conn *conn);
enum sw_err sw_engine_take(struct sw_conn *conn, size_t len) SW_MUST_USE;
/* sw_engine_rest: give the buffers back, if it is the client's turn in the clear. */
void sw_engine_rest(struct sw_conn *conn);

/* --- engine_out.c: records out --- */

/* sw_engine_put_message: queue one handshake message; messages share records until sw_engine_flush. */
enum sw_err sw_engine_put_message(struct sw_conn *conn, const uint8_t *msg, size_t len) SW_MUST_USE;
/* sw_engine_flush: end the open record of handshake messages. */
enum sw_err sw_engine_flush(struct sw_conn *conn) SW_MUST_USE;
/* sw_engine_put_record: one record of its own: an alert or a ChangeCipherSpec. */
enum sw_err sw_engine_put_record(struct sw_conn *conn, enum sw_content_type type, const uint8_t *data,
                                 size_t len) SW_MUST_USE;
/* sw_engine_alert: queue an alert; level 1 warning, 2 fatal. */
enum sw_err sw_engine_alert(struct sw_conn *conn, unsigned level, enum sw_alert alert) SW_MUST_USE;
/* sw_engine_write: seal a piece of application data, two full records at once where there is room; *taken receives how much. */
enum sw_err sw_engine_write(struct sw_conn *conn, const uint8_t *data, size_t len, size_t *taken) SW_MUST_USE;

/* --- frame.c: handshake messages in --- */

/* sw_frame_take: deal with the messages a handshake record completes, and keep the piece of one at its end. */
enum sw_err sw_frame_take(struct sw_conn *conn, struct sw_slice payload) SW_MUST_USE;

/* --- engine.c: records in --- */

/* sw_engine_record_waits: whether nothing can be said yet about the record that begins with these bytes: it is not whole, and not wrong so far. */
bool sw_engine_record_waits(struct sw_conn *conn, const uint8_t *p, size_t have);
/* sw_engine_process: deal with the records that are complete in the input buffer. */
enum sw_err sw_engine_process(struct sw_conn *conn) SW_MUST_USE;
/* sw_engine_fail: the one place where an error becomes final: its alert is queued and everything stops. Returns the connection's error. */
enum sw_err sw_engine_fail(struct sw_conn *conn, enum sw_err err);

#endif
