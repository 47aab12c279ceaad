/*
 * The public face of a connection: what it wants, bytes in, bytes out, application data, closing, and what happened. The engine behind it is
 * engine*.c, the handshake step.c.
 */
#include "handshake/conn.h"
#include "base/wipe.h"
#include "handshake/engine.h"
#include "handshake/msg.h"
#include <stdarg.h>
#include <stdio.h>
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
    return conn->memory + (conn->hs != NULL ? conn->hs->transcript.cap : 0);
}

/* --- making and freeing --------------------------------------------------------------------------------------------------- */

enum sw_err sw_handshake_new(struct sw_conn *conn)
{
    conn->hs = sw_conn_alloc(conn, sizeof *conn->hs);
    if (conn->hs == NULL)
        return SW_ERR_MEMORY;
    conn->hs->steps = sw_flow12_hello;
    sw_transcript_init(&conn->hs->transcript, conn->cfg);
    return SW_OK;
}

struct sw_session *sw_handshake_session(struct sw_conn *conn)
{
    if (conn->hs->session == NULL)
        conn->hs->session = sw_conn_alloc(conn, sizeof *conn->hs->session);
    return conn->hs->session;
}

struct sw_kex *sw_handshake_kex(struct sw_conn *conn)
{
    if (conn->hs->kex == NULL)
        conn->hs->kex = sw_conn_alloc(conn, sizeof *conn->hs->kex);
    return conn->hs->kex;
}

void sw_handshake_drop_session(struct sw_conn *conn)
{
    sw_conn_release_mem(conn, conn->hs->session, sizeof *conn->hs->session);
    conn->hs->session = NULL;
}

void sw_handshake_drop_kex(struct sw_conn *conn)
{
    sw_conn_release_mem(conn, conn->hs->kex, sizeof *conn->hs->kex);
    conn->hs->kex = NULL;
}

void sw_handshake_end(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    if (hs == NULL)
        return;
    sw_transcript_free(&hs->transcript);
    sw_handshake_drop_kex(conn);
    sw_handshake_drop_session(conn);
    sw_conn_release_mem(conn, hs->premaster, hs->premaster_len);
    sw_conn_release_mem(conn, hs->msg, hs->msg_cap);
    sw_conn_release_mem(conn, hs->ske, hs->ske_len);
    sw_conn_release_mem(conn, hs->chain, hs->chain_len);
    sw_conn_release_mem(conn, hs->status, hs->status_len);
    sw_conn_release_mem(conn, hs->request, hs->request_len);
    sw_conn_release_mem(conn, hs, sizeof *hs);
    conn->hs = NULL;
}

static enum sw_err set_name(struct sw_conn *conn, const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > 255)
        return SW_ERR_ARGUMENT;
    conn->name = sw_conn_alloc(conn, len + 1);
    if (conn->name == NULL)
        return SW_ERR_MEMORY;
    memcpy(conn->name, name, len);
    return SW_OK;
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
        err = set_name(conn, name);
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
    if (conn->name != NULL)
        sw_conn_release_mem(conn, conn->name, strlen(conn->name) + 1);
    sw_conn_release_mem(conn, conn->chain, conn->chain_len);
    sw_conn_release_mem(conn, conn->status, conn->status_len);
    sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
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

/* --- words ---------------------------------------------------------------------------------------------------------------- */

void sw_conn_explain(struct sw_conn *conn, const char *format, ...)
{
    va_list args;

    if (conn->text != NULL)
        return;
    conn->text = sw_conn_alloc(conn, SW_TEXT_MAX);
    if (conn->text == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(conn->text, SW_TEXT_MAX, format, args);
    va_end(args);
}

void sw_conn_note(struct sw_conn *conn, const char *format, ...)
{
    va_list args;

    if (conn->cfg->trace == NULL || conn->hs == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(conn->hs->note, SW_NOTE_MAX, format, args);
    va_end(args);
}

void sw_conn_trace(struct sw_conn *conn, bool sent, uint8_t content_type, const uint8_t *data, size_t len)
{
    struct sw_trace_event ev = {.sent = sent, .content_type = content_type, .data = data, .len = len, .note = ""};

    if (conn->cfg->trace == NULL)
        return;
    ev.is_protected = (sent ? conn->out.bulk : conn->in.bulk) != NULL;
    if (content_type == SW_CT_HANDSHAKE && len > 0)
        ev.message = data[0];
    else if (content_type == SW_CT_ALERT && len == 2)
        ev.message = data[1];
    if (conn->hs != NULL)
        ev.note = conn->hs->note;
    conn->cfg->trace(conn->cfg->trace_ctx, conn, &ev);
    if (conn->hs != NULL)
        conn->hs->note[0] = '\0';
}

static char *put_hex(char *out, const uint8_t *p, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
    return out;
}

void sw_conn_keylog(struct sw_conn *conn)
{
    static const char label[] = "CLIENT_RANDOM ";
    char line[sizeof label + 2 * SW_RANDOM_LEN + 1 + 2 * SW_MASTER_LEN + 1], *at = line;

    if (conn->cfg->keylog == NULL)
        return;
    memcpy(at, label, sizeof label - 1);
    at = put_hex(at + sizeof label - 1, conn->client_random, SW_RANDOM_LEN);
    *at++ = ' ';
    put_hex(at, conn->master, SW_MASTER_LEN);
    conn->cfg->keylog(conn->cfg->keylog_ctx, conn, line);
    sw_wipe(line, sizeof line);
}

/* --- what it wants -------------------------------------------------------------------------------------------------------- */

static bool has_output(const struct sw_conn *conn)
{
    return conn->work != NULL && conn->work->out_end > conn->work->out_start;
}

/* A client speaks first: its hello is written when somebody first looks. */
static bool must_begin(const struct sw_conn *conn)
{
    return conn->err == SW_OK && conn->hs != NULL && conn->hs->step == 0 && conn->hs->steps == sw_flow12_hello &&
           !sw_is_server(conn);
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

    if (has_output(conn) || must_begin(conn))
        wants |= SW_WANT_SEND;
    if (wants_input(conn))
        wants |= SW_WANT_RECV;
    if (conn->err == SW_OK && conn->established && !conn->close_queued)
        wants |= SW_WANT_WRITE;
    if (conn->plain.len > 0 || (conn->peer_closed && conn->err == SW_OK && !conn->done_reading))
        wants |= SW_WANT_READ;
    if (!has_output(conn) && (conn->err != SW_OK || (conn->close_queued && conn->peer_closed)))
        wants |= SW_WANT_DONE;
    return wants;
}

/* --- bytes in ------------------------------------------------------------------------------------------------------------- */

uint8_t *sw_conn_in_buf(struct sw_conn *conn, size_t *len)
{
    struct sw_work *w;

    *len = 0;
    if (must_begin(conn))
        begin(conn);
    if (!wants_input(conn))
        return NULL;
    if (sw_engine_work(conn) != SW_OK) {
        (void)sw_engine_fail(conn, SW_ERR_MEMORY);
        return NULL;
    }
    w = conn->work;
    if (w->in_start == w->in_end)
        w->in_start = w->in_end = 0;
    *len = w->in_cap - w->in_end;
    return w->in + w->in_end;
}

enum sw_err sw_conn_in_ack(struct sw_conn *conn, size_t len)
{
    if (conn->err != SW_OK)
        return conn->err;
    if (conn->work == NULL || !wants_input(conn) || len > conn->work->in_cap - conn->work->in_end)
        return SW_ERR_ARGUMENT;
    conn->work->in_end += len;
    return sw_engine_process(conn);
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

/* --- bytes out ------------------------------------------------------------------------------------------------------------ */

const uint8_t *sw_conn_out_buf(struct sw_conn *conn, size_t *len)
{
    *len = 0;
    if (must_begin(conn))
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
    w->out_start = w->out_end = 0;
    /* our flight is gone, and the peer takes its time: whoever opens thousands of connections and stops here holds no buffers of ours */
    if (conn->hs != NULL && conn->out.bulk == NULL && conn->in.bulk == NULL && w->in_start == w->in_end)
        sw_engine_work_free(conn);
    return SW_OK;
}

/* --- application data ----------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_write(struct sw_conn *conn, const void *data, size_t len, size_t *taken)
{
    enum sw_err err;

    *taken = 0;
    if (conn->err != SW_OK)
        return conn->err;
    if (!conn->established || conn->close_queued)
        return SW_ERR_STATE;
    err = sw_engine_work(conn);
    if (err == SW_OK)
        err = sw_engine_write(conn, data, len, taken);
    if (err == SW_OK && *taken > 0)
        sw_conn_trace(conn, true, SW_CT_APPLICATION_DATA, NULL, *taken);
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

/* --- closing -------------------------------------------------------------------------------------------------------------- */

void sw_conn_close(struct sw_conn *conn)
{
    if (conn->err != SW_OK || conn->close_queued)
        return;
    if (!conn->established) {
        sw_conn_abort(conn, SW_ALERT_USER_CANCELED, SW_ERR_CLOSED);
        return;
    }
    conn->close_queued = true;
    conn->alert_sent = SW_ALERT_CLOSE_NOTIFY;
    if (sw_engine_alert(conn, 1, SW_ALERT_CLOSE_NOTIFY) != SW_OK)
        (void)sw_engine_fail(conn, SW_ERR_MEMORY);
}

void sw_conn_abort(struct sw_conn *conn, enum sw_alert alert, enum sw_err err)
{
    if (conn->err != SW_OK)
        return;
    conn->aborting = true;
    conn->abort_alert = alert;
    /* inside a callback the handler's error comes back to the engine by itself */
    if (conn->hs != NULL && conn->hs->in_callback)
        return;
    (void)sw_engine_fail(conn, err == SW_OK ? SW_ERR_CALLBACK : err);
}

void sw_conn_release(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;

    if (!conn->established || conn->err != SW_OK)
        return;
    sw_conn_release_mem(conn, conn->status, conn->status_len);
    conn->status = NULL;
    if (sw_option(conn, SW_OPT_KEEP_CHAIN) != 1) {
        sw_conn_release_mem(conn, conn->chain, conn->chain_len);
        conn->chain = NULL;
    }
    if (w != NULL && w->in_start == w->in_end && w->out_start == w->out_end && conn->plain.len == 0)
        sw_engine_work_free(conn);
}

/* --- what happened -------------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_error(const struct sw_conn *conn)
{
    return conn->err;
}

const char *sw_conn_error_text(const struct sw_conn *conn)
{
    return conn->text != NULL && conn->err != SW_OK ? conn->text : sw_err_reason(conn->err);
}

enum sw_alert sw_conn_alert_sent(const struct sw_conn *conn)
{
    return conn->alert_sent;
}

enum sw_alert sw_conn_alert_received(const struct sw_conn *conn)
{
    return conn->alert_received;
}

bool sw_conn_established(const struct sw_conn *conn)
{
    return conn->established;
}

void sw_conn_info(const struct sw_conn *conn, struct sw_conn_info *info)
{
    memset(info, 0, sizeof *info);
    info->version = conn->version;
    if (conn->suite != NULL) {
        info->suite = conn->suite->id;
        info->suite_name = conn->suite->name;
    }
    if (conn->group != NULL) {
        info->group = conn->group->id;
        info->group_name = conn->group->name;
    }
    info->group_bits = conn->group_bits;
    if (conn->peer_scheme != NULL) {
        info->sigscheme = conn->peer_scheme->id;
        info->sigscheme_name = conn->peer_scheme->name;
    }
    info->own_sigscheme = conn->own_scheme != NULL ? conn->own_scheme->id : 0;
    info->resumed = conn->resumed;
    info->ems = conn->ems;
    info->etm = conn->etm;
    info->secure_renegotiation = conn->secure_renegotiation;
    info->ticket_issued = conn->ticket_issued;
    info->stapled = conn->stapled;
    info->peer_has_cert = conn->peer_has_cert;
    info->alpn = conn->alpn;
    info->server_name = conn->name;
    info->cert_index = conn->cert_index;
}

enum sw_err sw_conn_peer(const struct sw_conn *conn, struct sw_peer *peer)
{
    if (!conn->peer_has_cert)
        return SW_ERR_NOT_FOUND;
    *peer = conn->peer;
    return SW_OK;
}

const uint8_t *sw_conn_peer_cert(const struct sw_conn *conn, size_t i, size_t *len)
{
    bool in_progress = conn->hs != NULL && conn->hs->chain != NULL;
    struct sw_reader r =
        in_progress ? sw_reader_of(conn->hs->chain, conn->hs->chain_len) : sw_reader_of(conn->chain, conn->chain_len);
    struct sw_reader list = sw_read_vec24(&r);
    struct sw_slice der;

    *len = 0;
    while (sw_certificate_next(&list, &der))
        if (i-- == 0) {
            *len = der.len;
            return der.p;
        }
    return NULL;
}

const uint8_t *sw_conn_ocsp(const struct sw_conn *conn, size_t *len)
{
    bool in_progress = conn->hs != NULL && conn->hs->status != NULL;

    *len = in_progress ? conn->hs->status_len : conn->status_len;
    return in_progress ? conn->hs->status : conn->status;
}

/* --- derived values ------------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_export(const struct sw_conn *conn, const char *label, const void *context, size_t context_len,
                           void *out, size_t len)
{
    struct sw_slice ctx = {context, context_len};

    if (!conn->established || conn->err != SW_OK)
        return SW_ERR_STATE;
    return sw_keys12_export(conn->suite->prf, conn->master, conn->client_random, conn->server_random, label,
                            context != NULL, ctx, out, len);
}

enum sw_err sw_conn_tls_unique(const struct sw_conn *conn, uint8_t out[12])
{
    /* the triple handshake attack: RFC 7627 6.2 */
    if (!conn->established || (conn->resumed && !conn->ems))
        return SW_ERR_STATE;
    memcpy(out, conn->first_finished, SW_VERIFY_DATA_LEN);
    return SW_OK;
}

enum sw_err sw_conn_session(const struct sw_conn *conn, void *out, size_t cap, size_t *len)
{
    *len = 0;
    /* before the end of the handshake it is what was offered, or what nobody has vouched for yet */
    if (conn->resumable == NULL || !conn->established)
        return SW_ERR_NOT_FOUND;
    if (cap < conn->resumable_len)
        return SW_ERR_SPACE;
    memcpy(out, conn->resumable, conn->resumable_len);
    *len = conn->resumable_len;
    return SW_OK;
}

/* Whether a session fits what this connection would negotiate anyway; one that does not is silently not offered. */
static bool session_fits(const struct sw_conn *conn, const struct sw_session *s)
{
    const char *name = conn->name != NULL ? conn->name : "";

    return s->version == SW_TLS12 && sw_list_has(&conn->cfg->suites, s->suite) && strcmp(s->server_name, name) == 0 &&
           (s->ems || sw_option(conn, SW_OPT_EMS) < 2) && (!s->ems || sw_option(conn, SW_OPT_EMS) > 0) &&
           sw_conn_now(conn) <= s->created + s->lifetime;
}

enum sw_err sw_conn_set_session(struct sw_conn *conn, const void *session, size_t len)
{
    struct sw_handshake *hs = conn->hs;

    if (sw_is_server(conn) || hs == NULL || !must_begin(conn))
        return SW_ERR_STATE;
    sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
    conn->resumable_len = 0;
    conn->resumable = len > 0 ? sw_conn_alloc(conn, len) : NULL;
    if (conn->resumable == NULL)
        return len > 0 ? SW_ERR_MEMORY : SW_OK;
    conn->resumable_len = len;
    memcpy(conn->resumable, session, len);
    /* views of the ticket point into our copy */
    struct sw_session *s = sw_handshake_session(conn);
    if (s == NULL)
        return SW_ERR_MEMORY;
    hs->offered_session = sw_session_decode(s, conn->resumable, len) == SW_OK && session_fits(conn, s);
    if (!hs->offered_session)
        sw_handshake_drop_session(conn);
    return SW_OK;
}

/* --- lists ---------------------------------------------------------------------------------------------------------------- */

bool sw_suite_at(size_t i, uint16_t *id, const char **name, unsigned *policies)
{
    const struct sw_suite *s = sw_suite_row(i);

    if (s == NULL)
        return false;
    *id = s->id;
    *name = s->name;
    *policies = s->policies;
    return true;
}

bool sw_group_at(size_t i, uint16_t *id, const char **name)
{
    const struct sw_group *g = sw_group_row(i);

    if (g == NULL)
        return false;
    *id = g->id;
    *name = g->name;
    return true;
}

bool sw_sigalg_at(size_t i, uint16_t *id, const char **name)
{
    const struct sw_sigscheme *s = sw_sigscheme_at(i);

    if (s == NULL)
        return false;
    *id = s->id;
    *name = s->name;
    return true;
}

const char *sw_version(void)
{
    return sw_wolf_version();
}
