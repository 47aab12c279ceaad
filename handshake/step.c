/*
 * The walker. It alone writes message headers, feeds the transcript, and checks that nothing straddles a change of keys or a change of turns;
 * message files see bodies only.
 */
#include "handshake/step.h"
#include "handshake/engine.h"
#include "handshake/msg.h"
#include <string.h>

enum { HEADER = 4, BODY_FIRST = 4096, LENGTHS = 16 /* length fields around a list */ };

/* clang-format off */
static const struct sw_message_ops messages[] = {
    {SW_CLIENT_HELLO,        "ClientHello",        sw_client_hello_send,        sw_client_hello_recv},
    {SW_SERVER_HELLO,        "ServerHello",        sw_server_hello_send,        sw_server_hello_recv},
    {SW_NEW_SESSION_TICKET,  "NewSessionTicket",   sw_new_session_ticket_send,  sw_new_session_ticket_recv},
    {SW_CERTIFICATE,         "Certificate",        sw_certificate_send,         sw_certificate_recv},
    {SW_SERVER_KEY_EXCHANGE, "ServerKeyExchange",  sw_server_key_exchange_send, sw_server_key_exchange_recv},
    {SW_CERTIFICATE_REQUEST, "CertificateRequest", sw_certificate_request_send, sw_certificate_request_recv},
    {SW_SERVER_HELLO_DONE,   "ServerHelloDone",    sw_server_hello_done_send,   sw_server_hello_done_recv},
    {SW_CERTIFICATE_VERIFY,  "CertificateVerify",  sw_certificate_verify_send,  sw_certificate_verify_recv},
    {SW_CLIENT_KEY_EXCHANGE, "ClientKeyExchange",  sw_client_key_exchange_send, sw_client_key_exchange_recv},
    {SW_FINISHED,            "Finished",           sw_finished_send,            sw_finished_recv},
    {SW_CERTIFICATE_STATUS,  "CertificateStatus",  sw_certificate_status_send,  sw_certificate_status_recv},
    {SW_CHANGE_CIPHER_SPEC,  "ChangeCipherSpec",   sw_change_cipher_spec_send,  sw_change_cipher_spec_recv},
};
/* clang-format on */

const struct sw_message_ops *sw_message_ops(int message)
{
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (messages[i].message == message)
            return &messages[i];
    return NULL;
}

const char *sw_message_name(int message)
{
    const struct sw_message_ops *ops = sw_message_ops(message);

    return ops != NULL ? ops->name : message == SW_HELLO_REQUEST ? "HelloRequest" : "unknown message";
}

static const struct sw_step *here(const struct sw_conn *conn)
{
    return &conn->hs->steps[conn->hs->step];
}

/* Past the step that has been dealt with; the end of the hello flow leads into the one that ServerHello picked. */
static void next(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    hs->step++;
    if (here(conn)->message == -1 && hs->steps == sw_flow12_hello) {
        hs->steps = hs->resuming ? sw_flow12_resumed : sw_flow12_full;
        hs->step = 0;
    }
}

/* --- sending -------------------------------------------------------------------------------------------------------------- */

/* One attempt to write the message into cap bytes; SW_ERR_SPACE if it is longer. */
static enum sw_err encode(struct sw_conn *conn, const struct sw_message_ops *ops, uint8_t *buf, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(buf, cap);
    size_t mark;
    enum sw_err err;

    sw_write_u8(&w, (unsigned)ops->message);
    mark = sw_write_open(&w, 3);
    err = ops->send(conn, &w);
    sw_write_close(&w, mark, 3);
    *len = w.len;
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}

/* A message that is written joins the transcript, and then the output. */
static enum sw_err emit(struct sw_conn *conn, int message, const uint8_t *msg, size_t len)
{
    enum sw_err err = sw_transcript_add(&conn->hs->transcript, (struct sw_slice){msg, len}, NULL);

    if (err == SW_OK && message == SW_CLIENT_KEY_EXCHANGE)
        err = sw_client_key_exchange_joined(conn);
    if (err != SW_OK)
        return err;
    sw_conn_trace(conn, true, SW_CT_HANDSHAKE, msg, len);
    return sw_engine_put_message(conn, msg, len);
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

/* Bytes that this message can need: most fit BODY_FIRST; what configuration or peer make long says how long it is. */
static size_t room_for(const struct sw_conn *conn, int message)
{
    const struct sw_handshake *hs = conn->hs;

    switch (message) {
    case SW_CERTIFICATE:
        return longest_chain(conn);
    case SW_SERVER_HELLO:
        return (hs->cred != NULL ? hs->cred->sct.len : 0) + BODY_FIRST;
    case SW_CERTIFICATE_STATUS:
        return hs->cred->ocsp.len + LENGTHS;
    case SW_CERTIFICATE_REQUEST:
        return sw_certificate_request_room(conn);
    case SW_CLIENT_HELLO:
        return hs->ticket.len + conn->cfg->alpn_size + BODY_FIRST;
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
    if (err == SW_OK)
        err = emit(conn, ops->message, buf, len);
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

enum sw_err sw_step_advance(struct sw_conn *conn)
{
    enum sw_err err = conn->abort_err;

    while (err == SW_OK) {
        const struct sw_step *step = here(conn);
        const struct sw_message_ops *ops = sw_message_ops(step->message);

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
        err = step->message == SW_CHANGE_CIPHER_SPEC ? ops->send(conn, NULL) : send_message(conn, ops);
        if (err == SW_OK)
            err = conn->abort_err;
        if (err == SW_OK)
            next(conn);
    }
    return err;
}

/* --- receiving ------------------------------------------------------------------------------------------------------------ */

/* Find the step that expects this message: over steps not needed, and over those that may be absent. */
static bool find(struct sw_conn *conn, int message)
{
    for (;;) {
        const struct sw_step *step = here(conn);
        enum sw_need need;

        if (step->message == -1 || step->sender == conn->cfg->role)
            return false;
        need = step->need(conn);
        if (need != SW_NO && step->message == message)
            return true;
        if (need == SW_MUST)
            return false;
        next(conn);
    }
}

/* Whether, after the message at hand, keys change or it is our turn: then nothing of the peer's may be waiting (RFC 5246 7.1: a flight ends here). */
static bool flight_ends(const struct sw_conn *conn)
{
    const struct sw_handshake *hs = conn->hs;
    const struct sw_step *step = here(conn);

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
    const struct sw_message_ops *ops = sw_message_ops(message);
    struct sw_slice msg = raw;
    enum sw_err err = SW_OK;

    if (!joins_late(message))
        err = sw_transcript_add(&conn->hs->transcript, raw, &msg);
    if (err == SW_OK)
        err = ops->recv(conn, (struct sw_slice){msg.p + HEADER, msg.len - HEADER});
    if (err == SW_OK && joins_late(message))
        err = sw_transcript_add(&conn->hs->transcript, raw, NULL);
    if (err == SW_OK || conn->cfg->trace != NULL)
        sw_conn_trace(conn, false, SW_CT_HANDSHAKE, raw.p, raw.len);
    return err;
}

enum sw_err sw_step_receive(struct sw_conn *conn, int message, struct sw_slice raw, bool more)
{
    enum sw_err err;

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
        if (err == SW_OK && more && flight_ends(conn))
            err = SW_ERR_STRADDLE;
    }
    return err == SW_OK ? sw_step_advance(conn) : err;
}
