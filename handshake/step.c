/*
 * The walker. It alone writes message headers, feeds the transcript, and checks that nothing straddles a change of keys or a change of turns;
 * message files see bodies only.
 */
#include "handshake/step.h"
#include "handshake/engine.h"
#include "handshake/msg.h"
#include <string.h>

enum {
    HEADER = 4,
    BODY_FIRST = 4096,
    LENGTHS = 16 /* length fields around a list */,
    SHORT_CHAINS = 1024,
    LATE_MAX = 64
};

/* clang-format off */
static const struct sw_message_ops messages12[] = {
    {SW_CLIENT_HELLO,        "ClientHello",        sw_client_hello_send,        sw_client_hello_recv,        NULL, false},
    {SW_SERVER_HELLO,        "ServerHello",        sw_server_hello_send,        sw_server_hello_recv,        NULL, false},
    {SW_NEW_SESSION_TICKET,  "NewSessionTicket",   sw_new_session_ticket_send,  sw_new_session_ticket_recv,  NULL, false},
    {SW_CERTIFICATE,         "Certificate",        sw_certificate_send,         sw_certificate_recv,         NULL, false},
    {SW_SERVER_KEY_EXCHANGE, "ServerKeyExchange",  sw_server_key_exchange_send, sw_server_key_exchange_recv, NULL, false},
    {SW_CERTIFICATE_REQUEST, "CertificateRequest", sw_certificate_request_send, sw_certificate_request_recv, NULL, false},
    {SW_SERVER_HELLO_DONE,   "ServerHelloDone",    sw_server_hello_done_send,   sw_server_hello_done_recv,   NULL, false},
    {SW_CERTIFICATE_VERIFY,  "CertificateVerify",  sw_certificate_verify_send,  sw_certificate_verify_recv,  NULL, false},
    {SW_CLIENT_KEY_EXCHANGE, "ClientKeyExchange",  sw_client_key_exchange_send, sw_client_key_exchange_recv, sw_client_key_exchange_joined, false},
    {SW_FINISHED,            "Finished",           sw_finished_send,            sw_finished_recv,            NULL, false},
    {SW_CERTIFICATE_STATUS,  "CertificateStatus",  sw_certificate_status_send,  sw_certificate_status_recv,  NULL, false},
    {SW_CHANGE_CIPHER_SPEC,  "ChangeCipherSpec",   sw_change_cipher_spec_send,  sw_change_cipher_spec_recv,  NULL, false},
};

static const struct sw_message_ops messages13[] = {
    {SW_CLIENT_HELLO,         "ClientHello",         sw_client_hello_send,         sw_client_hello_recv,         NULL,                     false},
    {SW_SERVER_HELLO,         "ServerHello",         sw_server_hello13_send,       sw_server_hello_recv,         sw_server_hello13_joined, true},
    {SW_HELLO_RETRY_REQUEST,  "HelloRetryRequest",   sw_hello_retry_send,          sw_hello_retry_recv,          NULL,                     false},
    {SW_COMPATIBILITY_CCS,    "ChangeCipherSpec",    sw_compatibility_ccs_send,    NULL,                         NULL,                     false},
    {SW_ENCRYPTED_EXTENSIONS, "EncryptedExtensions", sw_encrypted_extensions_send, sw_encrypted_extensions_recv, NULL,                     false},
    {SW_CERTIFICATE_REQUEST,  "CertificateRequest",  sw_certificate_request13_send, sw_certificate_request13_recv, NULL,                   false},
    {SW_CERTIFICATE,          "Certificate",         sw_certificate13_send,        sw_certificate13_recv,        NULL,                     false},
    {SW_CERTIFICATE_VERIFY,   "CertificateVerify",   sw_certificate_verify13_send, sw_certificate_verify13_recv, NULL,                     false},
    {SW_FINISHED,             "Finished",            sw_finished13_send,           sw_finished13_recv,           sw_finished13_joined,     true},
    {SW_NEW_SESSION_TICKET,   "NewSessionTicket",    sw_new_session_ticket13_send, sw_new_session_ticket13_recv, NULL,                     false},
    {SW_KEY_UPDATE,           "KeyUpdate",           sw_key_update_send,           sw_key_update_recv,           sw_key_update_joined,     true},
};
/* clang-format on */

static const struct sw_message_ops *find_ops(const struct sw_message_ops *rows, size_t count, int message)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].message == message)
            return &rows[i];
    return NULL;
}

static const struct sw_message_ops *ops12(int message)
{
    return find_ops(messages12, sizeof messages12 / sizeof messages12[0], message);
}

static const struct sw_message_ops *ops13(int message)
{
    return find_ops(messages13, sizeof messages13 / sizeof messages13[0], message);
}

const struct sw_message_ops *sw_message_ops(const struct sw_conn *conn, int message)
{
    return conn->version == SW_TLS13 || message == SW_HELLO_RETRY_REQUEST ? ops13(message) : ops12(message);
}

const char *sw_message_name(int message)
{
    const struct sw_message_ops *ops = ops12(message) != NULL ? ops12(message) : ops13(message);

    return ops != NULL ? ops->name : message == SW_HELLO_REQUEST ? "HelloRequest" : "unknown message";
}

static const struct sw_step *here(const struct sw_conn *conn)
{
    return &conn->hs->steps[conn->hs->step];
}

static void begin_flow(struct sw_handshake *hs, const struct sw_step *steps, size_t step)
{
    hs->steps = steps;
    hs->step = step;
}

/* Past the step that has been dealt with; from the hello flow into the one that was picked. */
static void next(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    /* a server has the first message of the flow before it, a client has just read it */
    if (hs->steps == sw_flow12_hello && conn->version == SW_TLS13) {
        begin_flow(hs, hs->retried ? sw_flow13_retry : sw_flow13_full, sw_is_server(conn) ? 0 : 1);
        return;
    }
    hs->step++;
    if (here(conn)->message != -1)
        return;
    if (hs->steps == sw_flow12_hello)
        begin_flow(hs, hs->resuming ? sw_flow12_resumed : sw_flow12_full, 0);
    else if (hs->steps == sw_flow13_retry)
        begin_flow(hs, sw_flow13_full, 0);
}

/* --- sending -------------------------------------------------------------------------------------------------------------- */

/* One attempt to write the message into cap bytes; SW_ERR_SPACE if it is longer. */
static enum sw_err encode(struct sw_conn *conn, const struct sw_message_ops *ops, uint8_t *buf, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(buf, cap);
    size_t mark;
    enum sw_err err;

    sw_write_u8(&w, (unsigned)(ops->message == SW_HELLO_RETRY_REQUEST ? SW_SERVER_HELLO : ops->message));
    mark = sw_write_open(&w, 3);
    err = ops->send(conn, &w);
    sw_write_close(&w, mark, 3);
    *len = w.len;
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}

/* A message that is written joins the transcript, and then the output. */
static enum sw_err emit(struct sw_conn *conn, const struct sw_message_ops *ops, const uint8_t *msg, size_t len)
{
    enum sw_err err = sw_transcript_add(&conn->hs->transcript, (struct sw_slice){msg, len}, NULL);

    /* keys that are in force behind the message must wait until it is out; what else follows from it must not: a peer's value may be no good */
    if (err == SW_OK && ops->joined != NULL && !ops->keys)
        err = ops->joined(conn, true);
    if (err != SW_OK)
        return err;
    sw_conn_trace(conn, true, SW_CT_HANDSHAKE, msg, len);
    err = sw_engine_put_message(conn, msg, len);
    return err == SW_OK && ops->keys ? ops->joined(conn, true) : err;
}

/* A client picks its certificate while it writes the message: room for any of them. */
static size_t longest_chain(const struct sw_conn *conn)
{
    size_t most = 0;

    for (size_t i = 0; i < conn->cfg->creds_len; i++)
        if (conn->cfg->creds[i]->chain_bytes > most)
            most = conn->cfg->creds[i]->chain_bytes;
    return most + LENGTHS;
}

/* What stands beside the certificates of a chain in TLS 1.3. */
static size_t extras(const struct sw_conn *conn)
{
    const struct sw_credential *cred = conn->hs->cred;

    return LENGTHS + (cred != NULL ? cred->ocsp.len + cred->sct.len + 2 * cred->der_len : SHORT_CHAINS);
}

/* Bytes that this message can need: most fit BODY_FIRST; what configuration or peer make long says how long it is. */
static size_t room_for(const struct sw_conn *conn, int message)
{
    const struct sw_handshake *hs = conn->hs;

    switch (message) {
    case SW_CERTIFICATE:
        return longest_chain(conn) + (conn->version == SW_TLS13 ? extras(conn) : 0);
    case SW_SERVER_HELLO:
        return (conn->version != SW_TLS13 && hs->cred != NULL ? hs->cred->sct.len : 0) + BODY_FIRST;
    case SW_CERTIFICATE_STATUS:
        return hs->cred->ocsp.len + LENGTHS;
    case SW_CERTIFICATE_REQUEST:
        return sw_certificate_request_room(conn);
    case SW_CLIENT_HELLO:
        return hs->ticket.len + hs->cookie.len + conn->cfg->alpn_size + BODY_FIRST;
    default:
        return BODY_FIRST;
    }
}

static enum sw_err send_message(struct sw_conn *conn, const struct sw_message_ops *ops)
{
    uint8_t small[BODY_FIRST + HEADER], *buf = small;
    size_t cap = room_for(conn, ops->message) + HEADER, len;
    enum sw_err err;

    if (cap > sizeof small && (buf = sw_conn_alloc(conn, cap)) == NULL)
        return SW_ERR_MEMORY;
    err = encode(conn, ops, buf, cap, &len);
    if (err == SW_OK && ops->message == SW_CLIENT_HELLO)
        err = sw_psk_bind(conn, buf, len);
    if (err == SW_OK)
        err = emit(conn, ops, buf, len);
    if (buf != small)
        sw_conn_release_mem(conn, buf, cap);
    return err;
}

/* The handshake is over: what must outlive it has been moved; everything else goes. */
static enum sw_err finish(struct sw_conn *conn)
{
    enum sw_err err = sw_engine_flush(conn);

    if (err == SW_OK)
        err = sw_session_keep(conn);
    if (err != SW_OK)
        return err;
    conn->established = conn->may_write = true;
    sw_handshake_end(conn);
    return SW_OK;
}

static bool is_message(int message)
{
    return message != SW_CHANGE_CIPHER_SPEC && message != SW_COMPATIBILITY_CCS;
}

enum sw_err sw_step_advance(struct sw_conn *conn)
{
    enum sw_err err = conn->abort_err;

    while (err == SW_OK) {
        const struct sw_step *step = here(conn);
        const struct sw_message_ops *ops = sw_message_ops(conn, step->message);

        if (step->message == -1)
            return finish(conn);
        if (step->need(conn) == SW_NO) {
            next(conn);
            continue;
        }
        if (step->sender != conn->cfg->role) {
            conn->may_write = sw_false_start(conn);
            return sw_engine_flush(conn);
        }
        err = is_message(step->message) ? send_message(conn, ops) : ops->send(conn, NULL);
        if (err == SW_OK)
            err = conn->abort_err;
        if (err == SW_OK)
            next(conn);
    }
    return err;
}

/* --- receiving ------------------------------------------------------------------------------------------------------------ */

/* What a message is: a ServerHello may be none, for a client that would understand it. */
static int message_of(const struct sw_conn *conn, int type, struct sw_slice raw)
{
    bool may_retry = type == SW_SERVER_HELLO && !sw_is_server(conn) && sw_config_speaks(conn->cfg, SW_TLS13);

    return may_retry && sw_is_hello_retry((struct sw_slice){raw.p + HEADER, raw.len - HEADER}) ? SW_HELLO_RETRY_REQUEST
                                                                                               : type;
}

/* A client waits for a ServerHello, and whether it gets that or a HelloRetryRequest makes the flow. */
static bool expects(const struct sw_conn *conn, const struct sw_step *step, int message)
{
    return step->message == message || (message == SW_HELLO_RETRY_REQUEST && step->message == SW_SERVER_HELLO &&
                                        conn->hs->steps == sw_flow12_hello);
}

/* Find the step that expects this message: over steps not needed, and over those that may be absent. */
static bool find(struct sw_conn *conn, int message)
{
    for (;;) {
        const struct sw_step *step = here(conn);
        enum sw_need need;

        if (step->message == -1 || step->sender == conn->cfg->role)
            return false;
        need = step->need(conn);
        if (need != SW_NO && expects(conn, step, message))
            return true;
        if (need == SW_MUST)
            return false;
        next(conn);
    }
}

/* Whether, after the message at hand, keys change or it is our turn: then nothing of the peer's may be waiting (RFC 5246 7.1: a flight ends here). */
static bool flight_ends(const struct sw_conn *conn, int message)
{
    const struct sw_handshake *hs = conn->hs;
    const struct sw_step *step = here(conn);

    if (conn->version == SW_TLS13 && message != SW_CHANGE_CIPHER_SPEC && sw_message_ops(conn, message)->keys)
        return true;
    while (step->message != -1 && step->need(conn) == SW_NO)
        step++;
    if (step->message == -1)
        return hs->steps != sw_flow12_hello || sw_is_server(conn);
    return step->sender == conn->cfg->role || step->message == SW_CHANGE_CIPHER_SPEC;
}

static enum sw_err receive_ccs(struct sw_conn *conn, struct sw_slice body)
{
    enum sw_err err = sw_change_cipher_spec_recv(conn, body);

    if (err == SW_OK)
        next(conn);
    return err;
}

/*
 * Finished and CertificateVerify speak of the messages before them, so those two join the transcript afterwards. Every other message is dealt with where the
 * transcript keeps it, so that views of it are good until the handshake ends.
 */
static bool joins_late(int message)
{
    return message == SW_FINISHED || message == SW_CERTIFICATE_VERIFY;
}

static enum sw_err receive_message(struct sw_conn *conn, int message, struct sw_slice raw)
{
    const struct sw_message_ops *ops = sw_message_ops(conn, message);
    struct sw_slice msg = raw;
    enum sw_err err = SW_OK;

    if (message == SW_HELLO_RETRY_REQUEST)
        err = sw_hello_retry_begin(conn, (struct sw_slice){raw.p + HEADER, raw.len - HEADER});
    if (err == SW_OK && !joins_late(message))
        err = sw_transcript_add(&conn->hs->transcript, raw, &msg);
    if (err == SW_OK)
        err = ops->recv(conn, (struct sw_slice){msg.p + HEADER, msg.len - HEADER});
    if (err == SW_OK && joins_late(message))
        err = sw_transcript_add(&conn->hs->transcript, raw, NULL);
    if (err == SW_OK || conn->cfg->trace != NULL)
        sw_conn_trace(conn, false, SW_CT_HANDSHAKE, raw.p, raw.len);
    ops = sw_message_ops(conn, message); /* a hello has settled the version */
    return err == SW_OK && ops->joined != NULL ? ops->joined(conn, false) : err;
}

enum sw_err sw_step_receive(struct sw_conn *conn, int message, struct sw_slice raw, bool more)
{
    enum sw_err err;

    message = message_of(conn, message, raw);
    if (!find(conn, message)) {
        sw_conn_explain(conn, "%s arrived where %s was expected", sw_message_name(message),
                        sw_message_name(here(conn)->message));
        return message == SW_CHANGE_CIPHER_SPEC ? SW_ERR_CHANGE_CIPHER_SPEC : SW_ERR_UNEXPECTED_MESSAGE;
    }
    conn->warnings = 0;
    if (message == SW_CHANGE_CIPHER_SPEC) {
        err = receive_ccs(conn, raw);
    } else {
        err = receive_message(conn, message, raw);
        if (err == SW_OK)
            next(conn);
        if (err == SW_OK && more && flight_ends(conn, message))
            err = SW_ERR_STRADDLE;
    }
    return err == SW_OK ? sw_step_advance(conn) : err;
}

/* --- behind the handshake, in TLS 1.3 --------------------------------------------------------------------------------------- */

bool sw_step_may_be_late(const struct sw_conn *conn, int message)
{
    return message == SW_KEY_UPDATE || (message == SW_NEW_SESSION_TICKET && !sw_is_server(conn));
}

enum sw_err sw_step_late(struct sw_conn *conn, int message, struct sw_slice raw, bool more)
{
    const struct sw_message_ops *ops = sw_message_ops(conn, message);
    enum sw_err err;

    if (more && ops->keys)
        return SW_ERR_STRADDLE;
    err = ops->recv(conn, (struct sw_slice){raw.p + HEADER, raw.len - HEADER});
    if (err == SW_OK || conn->cfg->trace != NULL)
        sw_conn_trace(conn, false, SW_CT_HANDSHAKE, raw.p, raw.len);
    return err == SW_OK && ops->joined != NULL ? ops->joined(conn, false) : err;
}

enum sw_err sw_step_send_late(struct sw_conn *conn, int message)
{
    const struct sw_message_ops *ops = sw_message_ops(conn, message);
    uint8_t buf[LATE_MAX];
    size_t len;
    enum sw_err err = encode(conn, ops, buf, sizeof buf, &len);

    if (err != SW_OK)
        return err;
    sw_conn_trace(conn, true, SW_CT_HANDSHAKE, buf, len);
    err = sw_engine_put_record(conn, SW_CT_HANDSHAKE, buf, len);
    return err == SW_OK && ops->joined != NULL ? ops->joined(conn, true) : err;
}
