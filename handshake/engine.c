/*
 * Records in, and how a connection fails. Records are opened in place, one after the other; application data is a view into the input buffer, so nothing
 * more is received until it has been read. The first error is final: sw_engine_fail alone queues its alert.
 *
 * Beside it: engine_work.c lends the buffers and keys, engine_out.c seals what is sent, frame.c cuts handshake messages out of records.
 */
#include "handshake/engine.h"
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

enum { EMPTIES_MAX = 32 };

/* --- failing ------------------------------------------------------------------------------------------------------------ */

enum sw_err sw_engine_fail(struct sw_conn *conn, enum sw_err err)
{
    enum sw_alert alert = sw_err_alert(err);

    if (conn->err != SW_OK)
        return conn->err;
    conn->err = err;
    conn->plain = (struct sw_slice){NULL, 0};
    if (conn->abort_err != SW_OK)
        alert = conn->abort_alert;
    if (alert != SW_ALERT_NONE && !conn->close_queued && !conn->eof) {
        conn->alert_sent = alert;
        /* without memory for it the connection just ends */
        if (sw_engine_alert(conn, alert == SW_ALERT_CLOSE_NOTIFY ? 1 : 2, alert) != SW_OK)
            conn->alert_sent = SW_ALERT_NONE;
    }
    /* a session whose connection ended with a fatal alert is not to be resumed (RFC 5246 7.2.2); mere truncation does it no harm (7.2.1) */
    if (conn->cached_id_len > 0 && (alert != SW_ALERT_NONE || err == SW_ERR_PEER_ALERT))
        sw_session_cache_remove(conn->cfg->sessions->cache, conn->cached_id, conn->cached_id_len);
    sw_handshake_end(conn);
    sw_wipe(conn->master, sizeof conn->master);
    if (conn->session.len > 0)
        sw_wipe(conn->kept, conn->session.len);
    conn->session = (struct sw_slice){NULL, 0};
    return err;
}

/* --- what a record holds ------------------------------------------------------------------------------------------------ */

static enum sw_err take_change_cipher_spec(struct sw_conn *conn, struct sw_slice payload)
{
    if (conn->hs == NULL || conn->established || conn->hs->msg_len > 0)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    return sw_step_receive(conn, SW_CHANGE_CIPHER_SPEC, payload, false);
}

static enum sw_err take_close(struct sw_conn *conn)
{
    conn->peer_closed = true;
    conn->alert_received = SW_ALERT_CLOSE_NOTIFY;
    if (!conn->established) {
        sw_conn_explain(conn, "the peer closed the connection during the handshake");
        conn->abort_alert = SW_ALERT_CLOSE_NOTIFY;
        return conn->abort_err = SW_ERR_PEER_ALERT;
    }
    if (conn->close_queued)
        return SW_OK;
    conn->close_queued = true;
    conn->alert_sent = SW_ALERT_CLOSE_NOTIFY;
    return sw_engine_alert(conn, 1, SW_ALERT_CLOSE_NOTIFY);
}

static enum sw_err take_alert(struct sw_conn *conn, struct sw_slice payload)
{
    unsigned level, alert;

    if (payload.len != 2)
        return SW_ERR_ALERT_DECODE;
    level = payload.p[0];
    alert = payload.p[1];
    sw_conn_trace(conn, false, SW_CT_ALERT, payload.p, payload.len);
    if (level != 1 && level != 2)
        return SW_ERR_ALERT_LEVEL;
    if (alert == SW_ALERT_CLOSE_NOTIFY)
        return take_close(conn);
    if (level == 2) {
        conn->alert_received = (enum sw_alert)alert;
        sw_conn_explain(conn, "the peer sent the fatal alert %s (%u)", sw_alert_name(alert), alert);
        return SW_ERR_PEER_ALERT;
    }
    return ++conn->warnings > SW_WARNINGS_MAX ? SW_ERR_WARNING_FLOOD : SW_OK;
}

static enum sw_err take_data(struct sw_conn *conn, struct sw_slice payload)
{
    if (!conn->established)
        return SW_ERR_EARLY_DATA;
    if (payload.len == 0)
        return ++conn->empties > EMPTIES_MAX ? SW_ERR_RECORD_FLOOD : SW_OK;
    conn->empties = 0;
    conn->plain = payload;
    if (conn->cfg->trace != NULL)
        sw_conn_trace(conn, false, SW_CT_APPLICATION_DATA, NULL, payload.len);
    return SW_OK;
}

static enum sw_err take_record(struct sw_conn *conn, uint8_t type, struct sw_slice payload)
{
    if (payload.len > (conn->in.bulk != NULL ? conn->max_recv_protected : conn->max_recv))
        return SW_ERR_RECORD_OVERFLOW;
    if (payload.len == 0 && type != SW_CT_APPLICATION_DATA)
        return SW_ERR_RECORD_EMPTY;
    /* a request to renegotiate counts like a warning: data ends the row, and in a handshake a message that leads on */
    if (type == SW_CT_APPLICATION_DATA && payload.len > 0)
        conn->warnings = 0;
    switch (type) {
    case SW_CT_HANDSHAKE:
        return sw_frame_take(conn, payload);
    case SW_CT_CHANGE_CIPHER_SPEC:
        return take_change_cipher_spec(conn, payload);
    case SW_CT_ALERT:
        /* an alert between the pieces of a message: messages may not be interleaved with other types (RFC 5246 6.2.1); one that ends the
         * connection is heard all the same */
        if (conn->hs != NULL && conn->hs->msg_len > 0 && payload.len == 2 && payload.p[0] == 1 && payload.p[1] != 0)
            return SW_ERR_UNEXPECTED_MESSAGE;
        return take_alert(conn, payload);
    case SW_CT_APPLICATION_DATA:
        /* nor may data come between the pieces of one */
        return conn->late_len > 0 ? SW_ERR_UNEXPECTED_MESSAGE : take_data(conn, payload);
    default:
        return SW_ERR_RECORD_TYPE;
    }
}

/* --- records ------------------------------------------------------------------------------------------------------------ */

/* What the first bytes of something that is no TLS record look like; worth a message of its own to whoever mistook the port. */
static enum sw_err not_tls(const uint8_t *p)
{
    static const char *const methods[] = {"GET ", "POST", "HEAD", "PUT ", "OPTI", "CONN", "DELE", "PATC", "HTTP"};

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (memcmp(p, methods[i], 4) == 0)
            return SW_ERR_HTTP_REQUEST;
    return SW_ERR_NOT_TLS;
}

static bool known_type(uint8_t type)
{
    return type >= SW_CT_CHANGE_CIPHER_SPEC && type <= SW_CT_APPLICATION_DATA;
}

/*
 * Before the version is settled any 3.x will do (RFC 5246 E.1), afterwards exactly the one agreed on. A client that gives up before it has read our
 * ServerHello does not know that one: its alert has the version of its hello's record.
 */
static bool right_version(const struct sw_conn *conn, struct sw_record_header h, bool first)
{
    bool gives_up = h.type == SW_CT_ALERT && sw_is_server(conn) && conn->in.bulk == NULL;

    return first || gives_up ? h.version >> 8 == 3 : h.version == conn->version;
}

static enum sw_err check_record(struct sw_conn *conn, const uint8_t *p, struct sw_record_header h)
{
    bool first = conn->hs != NULL && !conn->hs->hello_done;

    if (!known_type(h.type))
        return first && h.version >> 8 != 3 ? not_tls(p) : SW_ERR_RECORD_TYPE;
    if (!right_version(conn, h, first))
        return SW_ERR_RECORD_VERSION;
    if (h.len > (conn->in.bulk == NULL ? (unsigned)SW_RECORD_PLAIN_MAX : (unsigned)SW_RECORD_CIPHER_MAX))
        return SW_ERR_RECORD_OVERFLOW;
    return SW_OK;
}

static enum sw_err open_in_place(struct sw_conn *conn, uint8_t *rec, size_t len, uint8_t *type,
                                 struct sw_slice *payload)
{
    enum sw_err err;

    if (conn->in.bulk == NULL) {
        *type = rec[0];
        *payload = (struct sw_slice){rec + SW_RECORD_HEADER, len - SW_RECORD_HEADER};
        return SW_OK;
    }
    err = sw_engine_ready(conn, false);
    return err != SW_OK ? err : sw_record_open(conn->work->in_dir, rec, len, type, payload);
}

/*
 * Room for a record of which a part has come. Whoever has proved nothing yet gets it as he fills it: that a long record follows is said with five
 * bytes.
 */
static enum sw_err make_room(struct sw_conn *conn, size_t have, size_t len)
{
    size_t cap = conn->work->in_cap, bound = have < cap ? cap : 2 * cap;

    if (sw_is_server(conn) && !conn->established && len > bound)
        len = bound;
    return sw_engine_room_in(conn, len);
}

/* One record, if it is there whole; *more says whether there was one. */
static enum sw_err next_record(struct sw_conn *conn, bool *more)
{
    struct sw_work *w = conn->work;
    size_t have = w->in_end - w->in_start, len;
    struct sw_record_header h;
    struct sw_slice payload;
    uint8_t type, *rec;
    enum sw_err err;

    *more = false;
    if (have < SW_RECORD_HEADER)
        return sw_engine_room_in(conn, SW_RECORD_HEADER);
    h = sw_record_header_decode(w->in + w->in_start);
    err = check_record(conn, w->in + w->in_start, h);
    len = SW_RECORD_HEADER + (size_t)h.len;
    if (err != SW_OK || have < len)
        return err != SW_OK ? err : make_room(conn, have, len);
    rec = w->in + w->in_start;
    w->in_start += len;
    *more = true;
    err = open_in_place(conn, rec, len, &type, &payload);
    if (err == SW_OK)
        err = take_record(conn, type, payload);
    return err != SW_OK ? err : conn->abort_err;
}

bool sw_engine_record_waits(struct sw_conn *conn, const uint8_t *p, size_t have)
{
    struct sw_record_header h;

    if (have < SW_RECORD_HEADER)
        return true;
    h = sw_record_header_decode(p);
    return check_record(conn, p, h) == SW_OK && have < SW_RECORD_HEADER + (size_t)h.len;
}

enum sw_err sw_engine_process(struct sw_conn *conn)
{
    enum sw_err err = SW_OK;
    bool more = true;

    while (more && err == SW_OK && conn->plain.len == 0 && !conn->peer_closed)
        err = next_record(conn, &more);
    if (err == SW_OK && conn->work->in_start == conn->work->in_end && conn->plain.len == 0)
        conn->work->in_start = conn->work->in_end = 0;
    return err != SW_OK ? sw_engine_fail(conn, err) : conn->err;
}
