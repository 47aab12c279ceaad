/*
 * Handshake messages out of records: a record may hold several messages, and a message may come in pieces. One that lies whole in its record is dealt with
 * where it is; only one in pieces is copied, and memory follows what has come, not what a header promises. What comes after the handshake is
 * refused here too.
 */
#include "handshake/engine.h"
#include "handshake/msg.h"
#include <string.h>

enum { MESSAGE_HEADER = 4 };

/* The longest message of a type that is taken. Only what can be long is allowed to be. */
static size_t message_limit(const struct sw_conn *conn, int type)
{
    size_t most = (size_t)sw_option(conn, SW_OPT_MAX_MESSAGE), chain = (size_t)sw_option(conn, SW_OPT_MAX_CHAIN);

    switch (type) {
    case SW_CERTIFICATE:
        return chain;
    case SW_CLIENT_HELLO:
    case SW_SERVER_HELLO:
    case SW_CERTIFICATE_STATUS:
    case SW_NEW_SESSION_TICKET:
    case SW_CERTIFICATE_REQUEST:
        return most;
    case SW_KEY_UPDATE:
        return 1;
    default:
        return most < 16384 ? most : 16384;
    }
}

/* Renegotiation is refused with a warning, and the connection goes on (RFC 5746 4.5, RFC 5246 7.4.1.1), unless the application wants no more of it. */
static enum sw_err after_handshake(struct sw_conn *conn, struct sw_slice raw)
{
    int type = raw.p[0];

    if (type != (sw_is_server(conn) ? SW_CLIENT_HELLO : SW_HELLO_REQUEST))
        return SW_ERR_UNEXPECTED_MESSAGE;
    if (type == SW_HELLO_REQUEST && raw.len != MESSAGE_HEADER)
        return SW_ERR_DECODE;
    sw_conn_note(conn, "asks to renegotiate: refused");
    sw_conn_trace(conn, false, SW_CT_HANDSHAKE, raw.p, raw.len);
    if (sw_option(conn, SW_OPT_RENEGOTIATION_FATAL))
        return SW_ERR_NO_RENEGOTIATION;
    if (++conn->warnings > SW_WARNINGS_MAX)
        return SW_ERR_WARNING_FLOOD;
    /* nothing follows our close_notify (RFC 5246 7.2.1) */
    return conn->close_queued ? SW_OK : sw_engine_alert(conn, 1, SW_ALERT_NO_RENEGOTIATION);
}

static enum sw_err one_message(struct sw_conn *conn, struct sw_slice raw, bool more)
{
    int type = raw.p[0];

    if (conn->hs == NULL || conn->established)
        return conn->version == SW_TLS13 ? sw_step_late(conn, type, raw, more) : after_handshake(conn, raw);
    if (type == SW_HELLO_REQUEST && conn->version != SW_TLS13 && !sw_is_server(conn) &&
        !sw_option(conn, SW_OPT_RENEGOTIATION_FATAL)) {
        /* ignored while a handshake is under way (RFC 5246 7.4.1.1), and never part of the transcript, but not for ever; who wants no such peer takes
         * it as out of turn */
        if (raw.len != MESSAGE_HEADER)
            return SW_ERR_DECODE;
        return ++conn->warnings > SW_WARNINGS_MAX ? SW_ERR_WARNING_FLOOD : SW_OK;
    }
    return sw_step_receive(conn, type, raw, more);
}

/* Whether the header of a message announces a type and length that can be right: nothing is kept of one that will be refused. */
static enum sw_err check_header(const struct sw_conn *conn, const uint8_t *p)
{
    size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

    if (sw_message_ops(conn, p[0]) == NULL && (p[0] != SW_HELLO_REQUEST || conn->version == SW_TLS13))
        return SW_ERR_UNEXPECTED_MESSAGE;
    if (conn->version == SW_TLS13 && conn->established && !sw_step_may_be_late(conn, p[0]))
        return SW_ERR_UNEXPECTED_MESSAGE;
    return len > message_limit(conn, p[0]) ? SW_ERR_MESSAGE_SIZE : SW_OK;
}

/* Memory follows what has come, not what a header promises; doubling keeps the copying linear. */
static enum sw_err grow_message(struct sw_conn *conn, size_t need)
{
    uint8_t *grown;

    if (need <= conn->msg_cap)
        return SW_OK;
    if (need < 2 * conn->msg_cap)
        need = 2 * conn->msg_cap;
    grown = sw_conn_alloc(conn, need);
    if (grown == NULL)
        return SW_ERR_MEMORY;
    if (conn->msg_len > 0)
        memcpy(grown, conn->msg, conn->msg_len);
    sw_conn_release_mem(conn, conn->msg, conn->msg_cap);
    conn->msg = grown;
    conn->msg_cap = (uint32_t)need;
    return SW_OK;
}

/* Add to the message that is being put together; *r moves behind what was used. */
static enum sw_err collect(struct sw_conn *conn, struct sw_reader *r)
{
    size_t want = MESSAGE_HEADER, n;
    enum sw_err err;

    if (conn->msg_len >= MESSAGE_HEADER)
        want += (size_t)conn->msg[1] << 16 | (size_t)conn->msg[2] << 8 | conn->msg[3];
    n = want - conn->msg_len;
    if (n > sw_reader_left(r))
        n = sw_reader_left(r);
    err = grow_message(conn, conn->msg_len + n);
    if (err != SW_OK)
        return err;
    sw_read_copy(r, conn->msg + conn->msg_len, n);
    conn->msg_len += (uint32_t)n;
    return SW_OK;
}

static bool message_complete(const struct sw_conn *conn)
{
    return conn->msg_len >= MESSAGE_HEADER &&
           conn->msg_len == MESSAGE_HEADER + ((size_t)conn->msg[1] << 16 | (size_t)conn->msg[2] << 8 | conn->msg[3]);
}

/* A message that lies whole in this record is dealt with where it is; only one in pieces is copied. */
static enum sw_err whole_message(struct sw_conn *conn, struct sw_reader *r, bool *done)
{
    const uint8_t *p = r->p;
    size_t len;
    enum sw_err err;

    *done = false;
    if (sw_reader_left(r) < MESSAGE_HEADER)
        return SW_OK;
    err = check_header(conn, p);
    if (err != SW_OK)
        return err;
    len = MESSAGE_HEADER + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
    if (sw_reader_left(r) < len)
        return SW_OK;
    *done = true;
    (void)sw_read_bytes(r, len);
    return one_message(conn, (struct sw_slice){p, len}, sw_reader_left(r) > 0);
}

static enum sw_err in_pieces(struct sw_conn *conn, struct sw_reader *r)
{
    bool had_header = conn->msg_len >= MESSAGE_HEADER;
    enum sw_err err = collect(conn, r);

    if (err == SW_OK && !had_header && conn->msg_len >= MESSAGE_HEADER)
        err = check_header(conn, conn->msg);
    if (err != SW_OK || !message_complete(conn))
        return err;
    {
        uint8_t *msg = conn->msg;
        size_t len = conn->msg_len, cap = conn->msg_cap;

        conn->msg = NULL;
        conn->msg_len = conn->msg_cap = 0;
        err = one_message(conn, (struct sw_slice){msg, len}, sw_reader_left(r) > 0);
        sw_conn_release_mem(conn, msg, cap);
    }
    return err;
}

/*
 * After the handshake only a wish to renegotiate can come, and it is refused whatever it says: its body is not kept. A HelloRequest has four bytes and no
 * reason to come in pieces.
 */
static enum sw_err late_pieces(struct sw_conn *conn, struct sw_reader *r)
{
    size_t n;
    enum sw_err err = SW_OK;

    if (!sw_is_server(conn))
        return SW_ERR_UNEXPECTED_MESSAGE;
    if (conn->late_len < MESSAGE_HEADER) {
        while (conn->late_len < MESSAGE_HEADER && sw_reader_left(r) > 0)
            conn->late[conn->late_len++] = sw_read_u8(r);
        if (conn->late_len < MESSAGE_HEADER)
            return SW_OK;
        conn->late_left = (uint32_t)conn->late[1] << 16 | (uint32_t)conn->late[2] << 8 | conn->late[3];
        err = conn->late[0] == SW_CLIENT_HELLO ? check_header(conn, conn->late) : SW_ERR_UNEXPECTED_MESSAGE;
    }
    n = sw_reader_left(r) < conn->late_left ? sw_reader_left(r) : conn->late_left;
    (void)sw_read_bytes(r, n);
    conn->late_left -= (uint32_t)n;
    if (err != SW_OK || conn->late_left > 0)
        return err;
    conn->late_len = 0;
    return after_handshake(conn, (struct sw_slice){conn->late, MESSAGE_HEADER});
}

/* Whether messages in pieces are put together. */
static bool collects(const struct sw_conn *conn)
{
    return conn->hs != NULL || conn->version == SW_TLS13;
}

enum sw_err sw_frame_take(struct sw_conn *conn, struct sw_slice payload)
{
    struct sw_reader r = sw_reader_of_slice(payload);
    enum sw_err err = SW_OK;

    while (err == SW_OK && sw_reader_left(&r) > 0 && conn->err == SW_OK) {
        bool done = false;

        if (collects(conn) ? conn->msg_len == 0 : conn->late_len == 0)
            err = whole_message(conn, &r, &done);
        if (err != SW_OK || done)
            continue;
        err = collects(conn) ? in_pieces(conn, &r) : late_pieces(conn, &r);
    }
    return err;
}
