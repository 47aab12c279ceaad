/*
 * KeyUpdate (RFC 8446 4.6.3): request_update(1), 0 or 1: from the next record on the sender uses new keys; with 1 the
 * receiver is to do so, too.
 */
#include "handshake/engine.h"
#include "handshake/msg.h"

enum { NOT_REQUESTED, REQUESTED };

enum sw_err sw_key_update_send(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u8(w, conn->update_request ? REQUESTED : NOT_REQUESTED);
    return SW_OK;
}

enum sw_err sw_key_update_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body);
    unsigned request = sw_read_u8(&r);

    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    if (request != NOT_REQUESTED && request != REQUESTED)
        return SW_ERR_EXTENSION_VALUE;
    if (++conn->key_updates > SW_KEY_UPDATES_MAX)
        return SW_ERR_KEY_UPDATE_FLOOD;
    conn->update_due = request == REQUESTED;
    return SW_OK;
}

enum sw_err sw_conn_update_keys(struct sw_conn *conn, bool both)
{
    enum sw_err err;

    if (conn->err != SW_OK)
        return conn->err;
    if (conn->version != SW_TLS13 || !conn->established || conn->close_queued)
        return SW_ERR_STATE;
    conn->update_request = both;
    err = sw_step_send_late(conn, SW_KEY_UPDATE);
    conn->update_request = false;
    if (err == SW_OK)
        err = conn->abort_err;
    return err == SW_OK ? SW_OK : sw_engine_fail(conn, err);
}
