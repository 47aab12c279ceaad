/*
 * Records out: everything a connection sends is sealed here, behind what is already waiting in the output buffer.
 *
 * What waits is sealed, but for one open record of handshake messages at its end, which collects a flight's messages and is closed by
 * sw_engine_flush.
 */
#include "handshake/engine.h"
#include <string.h>

/* --- one record --------------------------------------------------------------------------------------------------------- */

/* Whether a record is protected: once there are keys, all are, but a ChangeCipherSpec in TLS 1.3, which is there to be seen (RFC 8446 5). */
static bool seals(const struct sw_conn *conn, enum sw_content_type type)
{
    return conn->out.bulk != NULL && !(conn->out.tls13 && type == SW_CT_CHANGE_CIPHER_SPEC);
}

static size_t before_out(const struct sw_conn *conn, enum sw_content_type type)
{
    return seals(conn, type) ? sw_record_before(&conn->out) : (size_t)SW_RECORD_HEADER;
}

static size_t after_out(const struct sw_conn *conn, enum sw_content_type type)
{
    return seals(conn, type) ? sw_record_after(&conn->out) : 0;
}

/* The version in the header of a record in the clear: 3.1 for a first ClientHello, as the oldest servers want (RFC 5246 E.1); never more than 3.3 (RFC 8446 5.1). */
static unsigned clear_version(const struct sw_conn *conn)
{
    return conn->version == 0 ? 0x0301 : conn->version < SW_TLS12 ? conn->version : (unsigned)SW_TLS12;
}

/* Close the record whose plaintext of len bytes stands at buf + before_out(). */
static enum sw_err close_record(struct sw_conn *conn, enum sw_content_type type, uint8_t *buf, size_t len,
                                size_t *total)
{
    struct sw_writer w = sw_writer_of(buf, SW_RECORD_HEADER);
    enum sw_err err;

    if (seals(conn, type)) {
        err = sw_engine_ready(conn, true);
        return err != SW_OK ? err
                            : sw_record_seal(conn->work->out_dir, sw_conn_rand(conn), type,
                                             (struct sw_slice){buf + before_out(conn, type), len}, buf, total);
    }
    sw_write_u8(&w, type);
    sw_write_u16(&w, clear_version(conn));
    sw_write_u16(&w, (unsigned)len);
    *total = SW_RECORD_HEADER + len;
    return SW_OK;
}

/* --- handshake messages ------------------------------------------------------------------------------------------------- */

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
    err = sw_engine_room_out(conn, after_out(conn, SW_CT_HANDSHAKE));
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
    enum sw_err err = sw_engine_room_out(conn, before_out(conn, SW_CT_HANDSHAKE));

    if (err != SW_OK)
        return err;
    hs->open = true;
    hs->open_at = conn->work->out_end;
    hs->open_len = 0;
    conn->work->out_end += before_out(conn, SW_CT_HANDSHAKE);
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
        err = sw_engine_room_out(conn, n + after_out(conn, SW_CT_HANDSHAKE));
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

/* --- alerts, change_cipher_spec ----------------------------------------------------------------------------------------- */

enum sw_err sw_engine_put_record(struct sw_conn *conn, enum sw_content_type type, const uint8_t *data, size_t len)
{
    enum sw_err err = sw_engine_work(conn);
    size_t total = 0;
    uint8_t *buf;

    if (err == SW_OK)
        err = sw_engine_flush(conn);
    if (err == SW_OK)
        err = sw_engine_room_out(conn, before_out(conn, type) + len + after_out(conn, type));
    if (err != SW_OK)
        return err;
    buf = conn->work->out + conn->work->out_end;
    memcpy(buf + before_out(conn, type), data, len);
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

/* --- application data --------------------------------------------------------------------------------------------------- */

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

/* The key has protected as much as it should (RFC 8446 5.5). */
static enum sw_err change_keys(struct sw_conn *conn)
{
    enum sw_err err = sw_step_send_late(conn, SW_KEY_UPDATE);

    return err == SW_OK ? sw_engine_ready(conn, true) : err;
}

/* Output is full when a buffer of two records is: the caller sends before it writes on. */
enum sw_err sw_engine_write(struct sw_conn *conn, const uint8_t *data, size_t len, size_t *taken)
{
    enum sw_err err = sw_engine_ready(conn, true);
    size_t overhead = before_out(conn, SW_CT_APPLICATION_DATA) + after_out(conn, SW_CT_APPLICATION_DATA);

    *taken = 0;
    while (err == SW_OK && *taken < len) {
        struct sw_work *w = conn->work;
        size_t held = w->out_end - w->out_start, left = len - *taken, n = left < conn->max_send ? left : conn->max_send;
        bool two = conn->max_send == SW_RECORD_PLAIN_MAX && left >= 2 * SW_RECORD_PLAIN_MAX &&
                   held + 2 * (SW_RECORD_PLAIN_MAX + overhead) <= SW_WORK_BIG;

        if (held > 0 && held + n + overhead > SW_WORK_BIG)
            break;
        if (two)
            n = 2 * SW_RECORD_PLAIN_MAX;
        if (conn->out.tls13 && conn->out.seq >= SW_SEALS_MAX)
            err = change_keys(conn);
        if (err == SW_OK)
            err = sw_engine_room_out(conn, n + (two ? 2 : 1) * overhead);
        if (err == SW_OK)
            err = two ? write_two(conn, data + *taken) : write_one(conn, data + *taken, n);
        if (err == SW_OK)
            *taken += n;
    }
    /* what is asked for now is answered behind these data, not by what stands before them */
    conn->update_pending = conn->update_pending && *taken == 0;
    return err;
}
