/*
 * The public face of a connection: made and freed, what it wants, bytes in, bytes out, application data, closing. The engine behind it is engine*.c,
 * the handshake step.c, the answers to questions conn_info.c.
 */
#include "handshake/conn.h"
#include "handshake/engine.h"
#include <string.h>

/* --- memory ------------------------------------------------------------------------------------------------------------- */

void *sw_conn_alloc(struct sw_conn *conn, size_t size)
{
    void *p = sw_config_alloc(conn->cfg, size);

    if (p != NULL)
        conn->memory += size;
    return p;
}

void sw_conn_release_mem(struct sw_conn *conn, void *p, size_t size)
{
    if (p == NULL)
        return;
    conn->memory -= size;
    sw_config_release(conn->cfg, p, size);
}

size_t sw_conn_memory(const struct sw_conn *conn)
{
    return conn->memory + (conn->hs != NULL ? conn->hs->transcript.memory : 0);
}

/* --- making and freeing ------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_set_name(struct sw_conn *conn, const void *name, size_t len)
{
    conn->name = len < sizeof conn->short_name ? conn->short_name : sw_conn_alloc(conn, len + 1);
    if (conn->name == NULL)
        return SW_ERR_MEMORY;
    memcpy(conn->name, name, len);
    return SW_OK;
}

/*
 * Whom a client wants: as long as an extension can name it, and in ASCII, for that is how names travel and stand in
 * certificates (RFC 6066 3, RFC 9525 2).
 */
static enum sw_err want(struct sw_conn *conn, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return SW_ERR_ARGUMENT;
    return len == 0 || len > 255 ? SW_ERR_ARGUMENT : sw_conn_set_name(conn, name, len);
}

enum sw_err sw_conn_new(struct sw_conn **out, struct sw_config *cfg, const char *name)
{
    enum sw_err err = sw_config_ready(cfg);
    struct sw_conn *conn;

    if (err != SW_OK)
        return err;
    conn = sw_config_alloc(cfg, sizeof *conn);
    if (conn == NULL)
        return SW_ERR_MEMORY;
    conn->memory = sizeof *conn;
    conn->cfg = sw_config_ref(cfg);
    conn->alert_sent = conn->alert_received = SW_ALERT_NONE;
    conn->max_send = (uint16_t)cfg->options[SW_OPT_MAX_SEND];
    conn->max_recv = conn->max_recv_protected = SW_RECORD_PLAIN_MAX;
    err = sw_handshake_new(conn);
    if (err == SW_OK && name != NULL && cfg->role == SW_CLIENT)
        err = want(conn, name);
    if (err != SW_OK) {
        sw_conn_free(conn);
        return err;
    }
    *out = conn;
    return SW_OK;
}

void sw_conn_free(struct sw_conn *conn)
{
    struct sw_config *cfg;

    if (conn == NULL)
        return;
    cfg = conn->cfg;
    sw_handshake_end(conn);
    sw_engine_work_free(conn);
    if (conn->name != NULL && conn->name != conn->short_name)
        sw_conn_release_mem(conn, conn->name, strlen(conn->name) + 1);
    sw_conn_release_mem(conn, conn->msg, conn->msg_cap);
    sw_conn_release_mem(conn, conn->kept, conn->kept_len);
    sw_conn_release_mem(conn, conn->text, SW_TEXT_MAX);
    sw_config_release(cfg, conn, sizeof *conn);
    sw_config_free(cfg);
}

void sw_conn_set_user(struct sw_conn *conn, void *user)
{
    conn->user = user;
}

void *sw_conn_user(const struct sw_conn *conn)
{
    return conn->user;
}

/* --- what it wants ------------------------------------------------------------------------------------------------------ */

static bool has_output(const struct sw_conn *conn)
{
    return conn->work != NULL && conn->work->out_end > conn->work->out_start;
}

static void begin(struct sw_conn *conn)
{
    enum sw_err err = sw_engine_work(conn);

    if (err == SW_OK)
        err = sw_step_advance(conn);
    if (err != SW_OK)
        (void)sw_engine_fail(conn, err);
}

static bool wants_input(const struct sw_conn *conn)
{
    return conn->err == SW_OK && !conn->peer_closed && !conn->eof && conn->plain.len == 0;
}

unsigned sw_conn_wants(const struct sw_conn *conn)
{
    unsigned wants = 0;

    if (has_output(conn) || sw_conn_must_begin(conn))
        wants |= SW_WANT_SEND;
    if (wants_input(conn))
        wants |= SW_WANT_RECV;
    if (conn->err == SW_OK && conn->may_write && !conn->close_queued)
        wants |= SW_WANT_WRITE;
    if (conn->plain.len > 0 || (conn->peer_closed && conn->err == SW_OK && !conn->done_reading))
        wants |= SW_WANT_READ;
    if (!has_output(conn) && (conn->err != SW_OK || (conn->close_queued && conn->peer_closed)))
        wants |= SW_WANT_DONE;
    return wants;
}

/* --- bytes in ----------------------------------------------------------------------------------------------------------- */

uint8_t *sw_conn_in_buf(struct sw_conn *conn, size_t *len)
{
    struct sw_room room;

    *len = 0;
    if (sw_conn_must_begin(conn))
        begin(conn);
    if (!wants_input(conn))
        return NULL;
    room = sw_engine_lend(conn);
    if (room.p == NULL)
        (void)sw_engine_fail(conn, SW_ERR_MEMORY);
    conn->lent = room.p != NULL;
    *len = room.len;
    return room.p;
}

enum sw_err sw_conn_in_ack(struct sw_conn *conn, size_t len)
{
    if (conn->err != SW_OK)
        return conn->err;
    if (!conn->lent || !wants_input(conn))
        return SW_ERR_ARGUMENT;
    conn->lent = false;
    return sw_engine_take(conn, len);
}

enum sw_err sw_conn_in_eof(struct sw_conn *conn)
{
    if (conn->eof || conn->err != SW_OK)
        return conn->err;
    conn->eof = true;
    if (conn->peer_closed)
        return SW_OK;
    if (!conn->established)
        sw_conn_explain(conn, "the peer ended the connection during the handshake");
    if (conn->plain.len > 0) {
        /* what has arrived is still good; the error comes behind it */
        return SW_OK;
    }
    return sw_engine_fail(conn, SW_ERR_TRUNCATED);
}

/* --- bytes out ---------------------------------------------------------------------------------------------------------- */

const uint8_t *sw_conn_out_buf(struct sw_conn *conn, size_t *len)
{
    *len = 0;
    if (sw_conn_must_begin(conn))
        begin(conn);
    if (!has_output(conn))
        return NULL;
    *len = conn->work->out_end - conn->work->out_start;
    return conn->work->out + conn->work->out_start;
}

enum sw_err sw_conn_out_ack(struct sw_conn *conn, size_t len)
{
    struct sw_work *w = conn->work;

    if (len == 0)
        return SW_OK;
    if (w == NULL || len > w->out_end - w->out_start)
        return SW_ERR_ARGUMENT;
    w->out_start += len;
    if (w->out_start != w->out_end)
        return SW_OK;
    conn->update_pending = false;
    w->out_start = w->out_end = 0;
    sw_engine_rest(conn);
    return SW_OK;
}

/* --- application data --------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_write(struct sw_conn *conn, const void *data, size_t len, size_t *taken)
{
    enum sw_err err;

    *taken = 0;
    if (conn->err != SW_OK)
        return conn->err;
    if (!conn->may_write || conn->close_queued)
        return SW_ERR_STATE;
    err = sw_engine_work(conn);
    if (err == SW_OK)
        err = sw_engine_write(conn, data, len, taken);
    if (err == SW_OK && *taken > 0) {
        sw_conn_trace(conn, true, SW_CT_APPLICATION_DATA, NULL, *taken);
        err = conn->abort_err;
    }
    return err == SW_OK ? SW_OK : sw_engine_fail(conn, err);
}

const uint8_t *sw_conn_peek(struct sw_conn *conn, size_t *len)
{
    *len = conn->plain.len;
    return conn->plain.len > 0 ? conn->plain.p : NULL;
}

enum sw_err sw_conn_skip(struct sw_conn *conn, size_t len)
{
    if (len > conn->plain.len)
        return SW_ERR_ARGUMENT;
    conn->plain.p += len;
    conn->plain.len -= len;
    if (conn->plain.len > 0 || len == 0)
        return SW_OK;
    /* records that came along with this one; their errors show at the next call */
    if (sw_engine_process(conn) != SW_OK)
        return SW_OK;
    if (conn->eof && conn->plain.len == 0 && !conn->peer_closed && conn->err == SW_OK)
        (void)sw_engine_fail(conn, SW_ERR_TRUNCATED);
    return SW_OK;
}

enum sw_err sw_conn_read(struct sw_conn *conn, void *data, size_t cap, size_t *got)
{
    *got = conn->plain.len < cap ? conn->plain.len : cap;
    if (*got > 0) {
        memcpy(data, conn->plain.p, *got);
        return sw_conn_skip(conn, *got);
    }
    if (conn->err != SW_OK)
        return conn->err;
    if (conn->peer_closed && conn->plain.len == 0) {
        conn->done_reading = true;
        return SW_ERR_CLOSED;
    }
    return SW_OK;
}

/* --- closing ------------------------------------------------------------------------------------------------------------ */

void sw_conn_close(struct sw_conn *conn)
{
    enum sw_err err;

    if (conn->err != SW_OK || conn->close_queued)
        return;
    if (!conn->may_write) {
        sw_conn_abort(conn, SW_ALERT_USER_CANCELED, SW_ERR_CLOSED);
        return;
    }
    conn->close_queued = true;
    conn->alert_sent = SW_ALERT_CLOSE_NOTIFY;
    err = sw_engine_alert(conn, 1, SW_ALERT_CLOSE_NOTIFY);
    if (err == SW_OK)
        err = conn->abort_err;
    if (err != SW_OK)
        (void)sw_engine_fail(conn, err);
}

void sw_conn_abort(struct sw_conn *conn, enum sw_alert alert, enum sw_err err)
{
    bool called = conn->hs != NULL && conn->hs->refusal != SW_OK;

    if (conn->err != SW_OK)
        return;
    conn->abort_alert = alert;
    conn->abort_err = err != SW_OK ? err : called ? conn->hs->refusal : SW_ERR_CALLBACK;
    /* a callback comes back to the engine by itself, with this; what trace and key log are told of is still being worked on */
    if (!conn->tracing && !called)
        (void)sw_engine_fail(conn, conn->abort_err);
}

enum sw_err sw_conn_called(struct sw_conn *conn, enum sw_err answer)
{
    conn->hs->refusal = SW_OK;
    return answer != SW_OK ? answer : conn->abort_err;
}

void sw_conn_release(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;

    if (!conn->established || conn->err != SW_OK)
        return;
    conn->status = conn->sct = (struct sw_slice){NULL, 0};
    if (sw_option(conn, SW_OPT_KEEP_CHAIN) != 1)
        conn->chain = (struct sw_slice){NULL, 0};
    if (w != NULL && w->in_start == w->in_end && w->out_start == w->out_end && conn->plain.len == 0)
        sw_engine_work_free(conn);
    if (conn->session.len + conn->chain.len + conn->above.len < conn->kept_len && sw_conn_keep(conn, NULL) != SW_OK)
        return; /* without memory for a smaller block the one that is there stays */
}
