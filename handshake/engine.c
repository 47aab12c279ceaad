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
    bool cut_off;

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
    cut_off = alert == SW_ALERT_NONE && err != SW_ERR_PEER_ALERT;
    if (conn->cached_id_len > 0 && !cut_off)
        sw_session_cache_remove(conn->cfg->sessions->cache, conn->cached_id, conn->cached_id_len);
    sw_handshake_end(conn);
    sw_wipe(conn->master, sizeof conn->master);
    sw_wipe(conn->exporter, sizeof conn->exporter);
    if (conn->established && cut_off)
        return err;
    if (conn->session.len > 0)
        sw_wipe(conn->kept, conn->session.len);
    conn->session = (struct sw_slice){NULL, 0};
    return err;
}

/* --- what a record holds ------------------------------------------------------------------------------------------------ */

/* Whether a ChangeCipherSpec means nothing: from the first ClientHello on, as far as TLS 1.3 may be what is spoken (RFC 8446 5). */
static bool ccs_is_dropped(const struct sw_conn *conn)
{
    return conn->version == SW_TLS13 ||
           (conn->version == 0 && !sw_is_server(conn) && sw_config_speaks(conn->cfg, SW_TLS13));
}

static enum sw_err drop_change_cipher_spec(struct sw_conn *conn, struct sw_slice payload)
{
    struct sw_handshake *hs = conn->hs;

    if (payload.len != 1 || payload.p[0] != 1 || ++hs->ccs_count > SW_COMPATIBILITY_CCS_MAX)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    hs->early_ccs = hs->early_ccs || conn->version == 0;
    sw_conn_note(conn, "means nothing in TLS 1.3");
    sw_conn_trace(conn, false, SW_CT_CHANGE_CIPHER_SPEC, payload.p, payload.len);
    return SW_OK;
}

static enum sw_err take_change_cipher_spec(struct sw_conn *conn, struct sw_slice payload)
{
    if (conn->hs == NULL || conn->established || conn->msg_len > 0)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    if (ccs_is_dropped(conn))
        return drop_change_cipher_spec(conn, payload);
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
    /* in TLS 1.3 the other direction stays open (RFC 8446 6.1) */
    if (conn->close_queued || conn->version == SW_TLS13)
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
    /* in TLS 1.3 an alert is what its description says, whatever its level (RFC 8446 6.2) */
    if (level == 2 || (conn->version == SW_TLS13 && alert != SW_ALERT_USER_CANCELED)) {
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
    conn->empties = conn->key_updates = 0;
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
        if (conn->msg_len > 0 && payload.len == 2 && payload.p[0] == 1 && payload.p[1] != 0)
            return SW_ERR_UNEXPECTED_MESSAGE;
        return take_alert(conn, payload);
    case SW_CT_APPLICATION_DATA:
        /* nor may data come between the pieces of one */
        return conn->late_len > 0 || (conn->established && conn->msg_len > 0) ? SW_ERR_UNEXPECTED_MESSAGE
                                                                              : take_data(conn, payload);
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
    /* the version of TLS 1.3's records is for others to see (RFC 8446 5.1) */
    if (conn->version == SW_TLS13)
        return true;
    bool gives_up = h.type == SW_CT_ALERT && sw_is_server(conn) && conn->in.bulk == NULL;

    return first || gives_up ? h.version >> 8 == 3 : h.version == conn->version;
}

/* Early data that is passed over is protected, though no keys of ours are in force. */
static unsigned longest_in(const struct sw_conn *conn)
{
    bool early = conn->hs != NULL && conn->hs->skip_early;

    if (conn->in.tls13 || early)
        return SW_RECORD_PLAIN_MAX + 256;
    return conn->in.bulk == NULL ? (unsigned)SW_RECORD_PLAIN_MAX : (unsigned)SW_RECORD_CIPHER_MAX;
}

static enum sw_err check_record(struct sw_conn *conn, const uint8_t *p, struct sw_record_header h)
{
    bool first = conn->hs != NULL && !conn->hs->hello_done;

    if (!known_type(h.type))
        return first && h.version >> 8 != 3 ? not_tls(p) : SW_ERR_RECORD_TYPE;
    if (!right_version(conn, h, first))
        return SW_ERR_RECORD_VERSION;
    return h.len > longest_in(conn) ? SW_ERR_RECORD_OVERFLOW : SW_OK;
}

/*
 * Whether a record of TLS 1.3 may be in the clear, though there are keys: a ChangeCipherSpec that means nothing; an alert of a client that has none yet,
 * because it cannot go on with our ServerHello.
 */
static bool may_be_clear(const struct sw_conn *conn, const uint8_t *rec, size_t len)
{
    if (rec[0] == SW_CT_CHANGE_CIPHER_SPEC)
        return true;
    return rec[0] == SW_CT_ALERT && len == SW_RECORD_HEADER + 2 && sw_is_server(conn) && conn->hs != NULL &&
           conn->in.seq == 0;
}

/* What TLS 1.3 demands of a record beside what sealed it: the type inside is no ChangeCipherSpec (RFC 8446 5), and padding counts (RFC 8449 4). */
static enum sw_err open_13(struct sw_conn *conn, uint8_t *rec, size_t len, uint8_t *type, struct sw_slice *payload)
{
    size_t around = SW_RECORD_HEADER + 1u + conn->in.bulk->tag_len;
    enum sw_err err;

    if (rec[0] != SW_CT_APPLICATION_DATA)
        return SW_ERR_RECORD_TYPE;
    err = sw_record_open(conn->work->in_dir, rec, len, type, payload);
    if (err == SW_OK && *type == SW_CT_CHANGE_CIPHER_SPEC)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    return err == SW_OK && len - around > conn->max_recv_protected ? SW_ERR_RECORD_OVERFLOW : err;
}

static enum sw_err open_in_place(struct sw_conn *conn, uint8_t *rec, size_t len, uint8_t *type,
                                 struct sw_slice *payload)
{
    enum sw_err err;

    if (conn->in.bulk == NULL || (conn->in.tls13 && may_be_clear(conn, rec, len))) {
        *type = rec[0];
        *payload = (struct sw_slice){rec + SW_RECORD_HEADER, len - SW_RECORD_HEADER};
        return SW_OK;
    }
    err = sw_engine_ready(conn, false);
    if (err != SW_OK)
        return err;
    return conn->in.tls13 ? open_13(conn, rec, len, type, payload)
                          : sw_record_open(conn->work->in_dir, rec, len, type, payload);
}

/*
 * Early data of a client that we do not take any from: behind a HelloRetryRequest all protected records up to the second hello, otherwise those that do not open
 * with the handshake's keys, up to the first that does (RFC 8446 4.2.10).
 */
static bool is_early(const struct sw_conn *conn, uint8_t outer, enum sw_err opened)
{
    if (conn->hs == NULL || !conn->hs->skip_early || outer != SW_CT_APPLICATION_DATA)
        return false;
    return conn->in.bulk == NULL || opened == SW_ERR_BAD_RECORD_MAC;
}

static enum sw_err pass_over(struct sw_conn *conn, size_t len)
{
    conn->hs->early_skipped += (uint32_t)len;
    return conn->hs->early_skipped > SW_EARLY_SKIP_MAX ? SW_ERR_EARLY_DATA_FLOOD : SW_OK;
}

/* One whole record. */
static enum sw_err take_whole(struct sw_conn *conn, uint8_t *rec, size_t len)
{
    struct sw_slice payload;
    uint8_t type = 0, outer = rec[0];
    enum sw_err err = open_in_place(conn, rec, len, &type, &payload);

    if (is_early(conn, outer, err))
        return pass_over(conn, len - SW_RECORD_HEADER);
    if (err == SW_OK && conn->hs != NULL && conn->in.tls13 && outer == SW_CT_APPLICATION_DATA)
        conn->hs->skip_early = false;
    return err == SW_OK ? take_record(conn, type, payload) : err;
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
    uint8_t *rec;
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
    err = take_whole(conn, rec, len);
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
