/*
 * Records in and out: the part of the engine between the buffers it lends and the messages it deals with.
 *
 * Input lies in work->in[in_start..in_end). Records are opened in place; application data is a view into the buffer, so nothing more is received
 * until it has been read. Output lies in work->out[out_start..out_end), already sealed, but for one open record of handshake messages at its end,
 * which collects a flight's messages and is closed by sw_engine_flush.
 *
 * Both buffers begin small, inside the work block; a record that does not fit moves its direction to a larger buffer of its own. Expanded keys
 * come with the first protected record.
 */
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

enum {
    SMALL_IN = 2048,
    SMALL_OUT = 3072,
    BIG = 2 * (SW_RECORD_MAX + 1),
    WARNINGS_MAX = 4,
    EMPTIES_MAX = 32,
    MESSAGE_HEADER = 4
};

/* --- buffers -------------------------------------------------------------------------------------------------------------- */

static size_t align16(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

enum sw_err sw_engine_work(struct sw_conn *conn)
{
    size_t head = align16(sizeof(struct sw_work)), size = head + SMALL_IN + SMALL_OUT;
    struct sw_work *w;
    uint8_t *p;

    if (conn->work != NULL)
        return SW_OK;
    w = sw_conn_alloc(conn, size);
    if (w == NULL)
        return SW_ERR_MEMORY;
    p = (uint8_t *)w;
    w->size = size;
    w->in = w->small_in = p + head;
    w->out = w->small_out = w->in + SMALL_IN;
    w->in_cap = SMALL_IN;
    w->out_cap = SMALL_OUT;
    conn->work = w;
    return SW_OK;
}

void sw_engine_work_free(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;

    if (w == NULL)
        return;
    if (w->in_ready)
        sw_record_dir_wipe(w->in_dir);
    if (w->out_ready)
        sw_record_dir_wipe(w->out_dir);
    sw_conn_release_mem(conn, w->in_dir, 2 * align16(sw_record_dir_size()));
    if (w->in != w->small_in)
        sw_conn_release_mem(conn, w->in, w->in_cap);
    if (w->out != w->small_out)
        sw_conn_release_mem(conn, w->out, w->out_cap);
    sw_conn_release_mem(conn, w, w->size);
    conn->work = NULL;
}

/* Room for `need` bytes from in_start on, moving to the front or to a larger buffer. */
static enum sw_err room_in(struct sw_conn *conn, size_t need)
{
    struct sw_work *w = conn->work;
    size_t have = w->in_end - w->in_start, cap;
    uint8_t *grown;

    if (w->in_cap - w->in_start >= need)
        return SW_OK;
    if (w->in_cap >= need) {
        memmove(w->in, w->in + w->in_start, have);
    } else {
        /* long records come in rows: then two at a time save every second call; a handshake's get what they ask for */
        cap = conn->established && need > SMALL_IN * 2 ? BIG : need;
        grown = sw_conn_alloc(conn, cap);
        if (grown == NULL)
            return SW_ERR_MEMORY;
        memcpy(grown, w->in + w->in_start, have);
        if (w->in != w->small_in)
            sw_conn_release_mem(conn, w->in, w->in_cap);
        w->in = grown;
        w->in_cap = cap;
    }
    w->in_start = 0;
    w->in_end = have;
    return SW_OK;
}

/* Room for `need` more bytes of output behind out_end. */
static enum sw_err room_out(struct sw_conn *conn, size_t need)
{
    struct sw_work *w = conn->work;
    size_t have = w->out_end - w->out_start, cap;
    uint8_t *grown;

    if (w->out_cap - w->out_end >= need)
        return SW_OK;
    if (w->out_cap - have >= need) {
        memmove(w->out, w->out + w->out_start, have);
    } else {
        cap = have + need > SMALL_OUT * 2 && have + need < BIG ? BIG : have + need;
        grown = sw_conn_alloc(conn, cap);
        if (grown == NULL)
            return SW_ERR_MEMORY;
        memcpy(grown, w->out + w->out_start, have);
        if (w->out != w->small_out)
            sw_conn_release_mem(conn, w->out, w->out_cap);
        w->out = grown;
        w->out_cap = cap;
    }
    if (conn->hs != NULL && conn->hs->open)
        conn->hs->open_at -= w->out_start;
    w->out_start = 0;
    w->out_end = have;
    return SW_OK;
}

/* --- keys ----------------------------------------------------------------------------------------------------------------- */

void sw_engine_new_keys(struct sw_conn *conn, bool sending)
{
    struct sw_work *w = conn->work;
    struct sw_record_secrets *next = sending ? &conn->hs->next_out : &conn->hs->next_in;
    bool *ready = sending ? &w->out_ready : &w->in_ready;

    if (*ready)
        sw_record_dir_wipe(sending ? w->out_dir : w->in_dir);
    *ready = false;
    *(sending ? &conn->out : &conn->in) = *next;
    sw_wipe(next, sizeof *next);
}

/* Room for both directions' expanded keys; a half-open handshake has none yet. */
static enum sw_err room_for_keys(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;
    size_t dir = align16(sw_record_dir_size());
    uint8_t *p;

    if (w->in_dir != NULL)
        return SW_OK;
    p = sw_conn_alloc(conn, 2 * dir);
    if (p == NULL)
        return SW_ERR_MEMORY;
    w->in_dir = (struct sw_record_dir *)(void *)p;
    w->out_dir = (struct sw_record_dir *)(void *)(p + dir);
    return SW_OK;
}

/* Expanded keys, made when they are first needed after a change of keys or a release. */
static enum sw_err ready(struct sw_conn *conn, bool sending)
{
    struct sw_work *w = conn->work;
    bool *is = sending ? &w->out_ready : &w->in_ready;
    enum sw_err err = room_for_keys(conn);

    if (err == SW_OK && !*is)
        err = sw_record_dir_init(sending ? w->out_dir : w->in_dir, sending ? &conn->out : &conn->in, sending);
    *is = *is || err == SW_OK;
    return err;
}

/* --- out ------------------------------------------------------------------------------------------------------------------ */

static size_t before_out(const struct sw_conn *conn)
{
    return conn->out.bulk == NULL ? (size_t)SW_RECORD_HEADER : sw_record_before(&conn->out);
}

static size_t after_out(const struct sw_conn *conn)
{
    return conn->out.bulk == NULL ? 0 : sw_record_after(&conn->out);
}

/* The version in the header of a record in the clear: 3.1 for a first ClientHello, as the oldest servers want (RFC 5246 E.1). */
static unsigned clear_version(const struct sw_conn *conn)
{
    return conn->version != 0 ? conn->version : 0x0301;
}

/* Close the record whose plaintext of len bytes stands at buf + before_out(). */
static enum sw_err close_record(struct sw_conn *conn, enum sw_content_type type, uint8_t *buf, size_t len,
                                size_t *total)
{
    struct sw_writer w = sw_writer_of(buf, SW_RECORD_HEADER);
    enum sw_err err;

    if (conn->out.bulk != NULL) {
        err = ready(conn, true);
        return err != SW_OK ? err
                            : sw_record_seal(conn->work->out_dir, sw_conn_rand(conn), type,
                                             (struct sw_slice){buf + before_out(conn), len}, buf, total);
    }
    sw_write_u8(&w, type);
    sw_write_u16(&w, clear_version(conn));
    sw_write_u16(&w, (unsigned)len);
    *total = SW_RECORD_HEADER + len;
    return SW_OK;
}

enum sw_err sw_engine_flush(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    size_t total = 0;
    enum sw_err err;

    if (hs == NULL || !hs->open)
        return SW_OK;
    hs->open = false;
    if (hs->open_len == 0) {
        conn->work->out_end = hs->open_at;
        return SW_OK;
    }
    err = room_out(conn, after_out(conn));
    if (err != SW_OK)
        return err;
    err = close_record(conn, SW_CT_HANDSHAKE, conn->work->out + hs->open_at, hs->open_len, &total);
    /* a record that could not be sealed is no output at all */
    conn->work->out_end = hs->open_at + (err == SW_OK ? total : 0);
    return err;
}

static enum sw_err open_record(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    enum sw_err err = room_out(conn, before_out(conn));

    if (err != SW_OK)
        return err;
    hs->open = true;
    hs->open_at = conn->work->out_end;
    hs->open_len = 0;
    conn->work->out_end += before_out(conn);
    return SW_OK;
}

enum sw_err sw_engine_put_message(struct sw_conn *conn, const uint8_t *msg, size_t len)
{
    struct sw_handshake *hs = conn->hs;
    enum sw_err err = SW_OK;

    while (len > 0 && err == SW_OK) {
        size_t n = len;

        if (!hs->open && (err = open_record(conn)) != SW_OK)
            break;
        if (n > conn->max_send - hs->open_len)
            n = conn->max_send - hs->open_len;
        err = room_out(conn, n + after_out(conn));
        if (err != SW_OK)
            break;
        memcpy(conn->work->out + conn->work->out_end, msg, n);
        conn->work->out_end += n;
        hs->open_len += n;
        msg += n;
        len -= n;
        if (hs->open_len == conn->max_send)
            err = sw_engine_flush(conn);
    }
    return err;
}

enum sw_err sw_engine_put_record(struct sw_conn *conn, enum sw_content_type type, const uint8_t *data, size_t len)
{
    enum sw_err err = sw_engine_work(conn);
    size_t total = 0;
    uint8_t *buf;

    if (err == SW_OK)
        err = sw_engine_flush(conn);
    if (err == SW_OK)
        err = room_out(conn, before_out(conn) + len + after_out(conn));
    if (err != SW_OK)
        return err;
    buf = conn->work->out + conn->work->out_end;
    memcpy(buf + before_out(conn), data, len);
    err = close_record(conn, type, buf, len, &total);
    if (err == SW_OK)
        conn->work->out_end += total;
    return err;
}

enum sw_err sw_engine_alert(struct sw_conn *conn, unsigned level, enum sw_alert alert)
{
    uint8_t data[2] = {(uint8_t)level, (uint8_t)alert};

    sw_conn_trace(conn, true, SW_CT_ALERT, data, sizeof data);
    return sw_engine_put_record(conn, SW_CT_ALERT, data, sizeof data);
}

enum sw_err sw_engine_fail(struct sw_conn *conn, enum sw_err err)
{
    enum sw_alert alert = sw_err_alert(err);

    if (conn->err != SW_OK)
        return conn->err;
    conn->err = err;
    conn->plain = (struct sw_slice){NULL, 0};
    if (conn->aborting)
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
    sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
    conn->resumable = NULL;
    conn->resumable_len = 0;
    return err;
}

/* Two full records sealed side by side, their latencies overlapped. */
static enum sw_err write_two(struct sw_conn *conn, const uint8_t *data)
{
    struct sw_work *w = conn->work;
    size_t one = sw_record_sealed_len(&conn->out, SW_RECORD_PLAIN_MAX), len[2];
    uint8_t *const buf[2] = {w->out + w->out_end, w->out + w->out_end + one};
    const struct sw_slice plain[2] = {{data, SW_RECORD_PLAIN_MAX}, {data + SW_RECORD_PLAIN_MAX, SW_RECORD_PLAIN_MAX}};
    enum sw_err err = sw_record_seal_two(w->out_dir, sw_conn_rand(conn), SW_CT_APPLICATION_DATA, plain, buf, len);

    if (err == SW_OK)
        w->out_end += len[0] + len[1];
    return err;
}

static enum sw_err write_one(struct sw_conn *conn, const uint8_t *data, size_t len)
{
    struct sw_work *w = conn->work;
    size_t total;
    enum sw_err err = sw_record_seal(w->out_dir, sw_conn_rand(conn), SW_CT_APPLICATION_DATA,
                                     (struct sw_slice){data, len}, w->out + w->out_end, &total);

    if (err == SW_OK)
        w->out_end += total;
    return err;
}

/* Output is full when a buffer of two records is: the caller sends before it writes on. */
enum sw_err sw_engine_write(struct sw_conn *conn, const uint8_t *data, size_t len, size_t *taken)
{
    enum sw_err err = ready(conn, true);
    size_t overhead = before_out(conn) + after_out(conn);

    *taken = 0;
    while (err == SW_OK && *taken < len) {
        struct sw_work *w = conn->work;
        size_t held = w->out_end - w->out_start, left = len - *taken, n = left < conn->max_send ? left : conn->max_send;
        bool two = conn->max_send == SW_RECORD_PLAIN_MAX && left >= 2 * SW_RECORD_PLAIN_MAX &&
                   held + 2 * (SW_RECORD_PLAIN_MAX + overhead) <= BIG;

        if (held > 0 && held + n + overhead > BIG)
            break;
        if (two)
            n = 2 * SW_RECORD_PLAIN_MAX;
        err = room_out(conn, n + (two ? 2 : 1) * overhead);
        if (err == SW_OK)
            err = two ? write_two(conn, data + *taken) : write_one(conn, data + *taken, n);
        if (err == SW_OK)
            *taken += n;
    }
    return err;
}

/* --- in: handshake messages ----------------------------------------------------------------------------------------------- */

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
    if (++conn->warnings > WARNINGS_MAX)
        return SW_ERR_WARNING_FLOOD;
    return sw_engine_alert(conn, 1, SW_ALERT_NO_RENEGOTIATION);
}

static enum sw_err one_message(struct sw_conn *conn, struct sw_slice raw, bool more)
{
    int type = raw.p[0];

    if (conn->hs == NULL || conn->established)
        return after_handshake(conn, raw);
    if (type == SW_HELLO_REQUEST && !sw_is_server(conn)) {
        /* ignored while a handshake is under way (RFC 5246 7.4.1.1), and never part of the transcript */
        return raw.len == MESSAGE_HEADER ? SW_OK : SW_ERR_DECODE;
    }
    return sw_step_receive(conn, type, raw, more);
}

/* Whether the header of a message announces a type and length that can be right. */
static enum sw_err check_header(const struct sw_conn *conn, const uint8_t *p)
{
    size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

    if (sw_message_ops(p[0]) == NULL && p[0] != SW_HELLO_REQUEST)
        return SW_ERR_UNEXPECTED_MESSAGE;
    return len > message_limit(conn, p[0]) ? SW_ERR_MESSAGE_SIZE : SW_OK;
}

/* Memory follows what has come, not what a header promises; doubling keeps the copying linear. */
static enum sw_err grow_message(struct sw_conn *conn, size_t need)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t *grown;

    if (need <= hs->msg_cap)
        return SW_OK;
    if (need < 2 * hs->msg_cap)
        need = 2 * hs->msg_cap;
    grown = sw_conn_alloc(conn, need);
    if (grown == NULL)
        return SW_ERR_MEMORY;
    if (hs->msg_len > 0)
        memcpy(grown, hs->msg, hs->msg_len);
    sw_conn_release_mem(conn, hs->msg, hs->msg_cap);
    hs->msg = grown;
    hs->msg_cap = need;
    return SW_OK;
}

/* Add to the message that is being put together; *r moves behind what was used. */
static enum sw_err collect(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_handshake *hs = conn->hs;
    size_t want = MESSAGE_HEADER, n;
    enum sw_err err;

    if (hs->msg_len >= MESSAGE_HEADER)
        want += (size_t)hs->msg[1] << 16 | (size_t)hs->msg[2] << 8 | hs->msg[3];
    n = want - hs->msg_len;
    if (n > sw_reader_left(r))
        n = sw_reader_left(r);
    err = grow_message(conn, hs->msg_len + n);
    if (err != SW_OK)
        return err;
    sw_read_copy(r, hs->msg + hs->msg_len, n);
    hs->msg_len += n;
    return SW_OK;
}

static bool message_complete(const struct sw_handshake *hs)
{
    return hs->msg_len >= MESSAGE_HEADER &&
           hs->msg_len == MESSAGE_HEADER + ((size_t)hs->msg[1] << 16 | (size_t)hs->msg[2] << 8 | hs->msg[3]);
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
    struct sw_handshake *hs = conn->hs;
    bool had_header = hs->msg_len >= MESSAGE_HEADER;
    enum sw_err err = collect(conn, r);

    if (err == SW_OK && !had_header && hs->msg_len >= MESSAGE_HEADER)
        err = check_header(conn, hs->msg);
    if (err != SW_OK || !message_complete(hs))
        return err;
    /* the struct may go with the message that ends the handshake */
    {
        uint8_t *msg = hs->msg;
        size_t len = hs->msg_len, cap = hs->msg_cap;

        hs->msg = NULL;
        hs->msg_len = hs->msg_cap = 0;
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

static enum sw_err take_handshake(struct sw_conn *conn, struct sw_slice payload)
{
    struct sw_reader r = sw_reader_of_slice(payload);
    enum sw_err err = SW_OK;

    while (err == SW_OK && sw_reader_left(&r) > 0 && conn->err == SW_OK) {
        bool done = false;

        if (conn->hs != NULL ? conn->hs->msg_len == 0 : conn->late_len == 0)
            err = whole_message(conn, &r, &done);
        if (err != SW_OK || done)
            continue;
        err = conn->hs != NULL ? in_pieces(conn, &r) : late_pieces(conn, &r);
    }
    return err;
}

/* --- in: the other content types ------------------------------------------------------------------------------------------ */

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
        conn->aborting = true;
        conn->abort_alert = SW_ALERT_CLOSE_NOTIFY;
        return SW_ERR_PEER_ALERT;
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
    return ++conn->warnings > WARNINGS_MAX ? SW_ERR_WARNING_FLOOD : SW_OK;
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
    /* a request to renegotiate is answered, and so counts like a warning: data alone ends the row */
    if (type == SW_CT_APPLICATION_DATA ? payload.len > 0 : type != SW_CT_ALERT && !conn->established)
        conn->warnings = 0;
    switch (type) {
    case SW_CT_HANDSHAKE:
        return take_handshake(conn, payload);
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

/* --- in: headers ---------------------------------------------------------------------------------------------------------- */

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

static enum sw_err check_record(struct sw_conn *conn, const uint8_t *p, struct sw_record_header h)
{
    bool first = conn->hs != NULL && !conn->hs->hello_done;

    if (!known_type(h.type))
        return first && h.version >> 8 != 3 ? not_tls(p) : SW_ERR_RECORD_TYPE;
    /* before the version is settled any 3.x will do (RFC 5246 E.1), afterwards exactly the one agreed on */
    if (first ? h.version >> 8 != 3 : h.version != conn->version)
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
    err = ready(conn, false);
    return err != SW_OK ? err : sw_record_open(conn->work->in_dir, rec, len, type, payload);
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
        return room_in(conn, SW_RECORD_HEADER);
    h = sw_record_header_decode(w->in + w->in_start);
    err = check_record(conn, w->in + w->in_start, h);
    len = SW_RECORD_HEADER + (size_t)h.len;
    if (err != SW_OK || have < len)
        return err != SW_OK ? err : room_in(conn, len);
    rec = w->in + w->in_start;
    w->in_start += len;
    *more = true;
    err = open_in_place(conn, rec, len, &type, &payload);
    return err != SW_OK ? err : take_record(conn, type, payload);
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
