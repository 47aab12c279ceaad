/*
 * The flow of TLS 1.3: RFC 8446 2 figures 1 to 3.
 *
 * A handshake begins with the hello flow of TLS 1.2, as nobody knows the version yet. The server changes to one of
 * these two when it has chosen TLS 1.3, the client when ServerHello or HelloRetryRequest says so; a retry leads back
 * into the full flow. Resumption is a predicate: the certificates are left out.
 *
 * What differs from TLS 1.2:
 *
 *   Keys change behind messages, not at a ChangeCipherSpec: a message's row in step.c says what is done once it has
 *   joined the transcript (secrets13.c). After ServerHello both directions of both sides use the handshake's keys.
 *   After the server's Finished the server sends with those of the application, and the client receives; after the
 *   client's, the other way round.
 *
 *   ChangeCipherSpec means nothing (D.4). We send one if the client's hello has a session id, where a box on the way
 *   expects it; what comes is dropped in engine.c, until the peer's Finished.
 *
 *   A HelloRetryRequest looks like a ServerHello, and is told apart by its random before it is dealt with. The
 *   transcript begins anew with it, the first hello standing in it as its hash (4.4.1).
 *
 *   An answer to a ClientHello's extension comes in one of several messages; the row of an extension says in which
 *   (ext.c).
 *
 *   Behind the handshake NewSessionTicket and KeyUpdate may come (frame.c). Nothing else may: we do not offer to
 *   authenticate later, and take no early data. That of a client which thinks otherwise is passed over (4.2.10), up to
 *   a limit.
 */
#include "handshake/conn.h"
#include "handshake/step.h"

static enum sw_need always(const struct sw_conn *conn)
{
    (void)conn;
    return SW_MUST;
}

static enum sw_need when(bool needed)
{
    return needed ? SW_MUST : SW_NO;
}

/* D.4: the server's stands behind its first message, the client's before its second flight, each of them once. */
static enum sw_need retry_server_ccs(const struct sw_conn *conn)
{
    return when(sw_is_server(conn) && conn->hs->session_id_len > 0);
}

static enum sw_need retry_client_ccs(const struct sw_conn *conn)
{
    return when(!sw_is_server(conn) && conn->hs->session_id_len > 0);
}

static enum sw_need server_ccs(const struct sw_conn *conn)
{
    return conn->hs->retried ? SW_NO : retry_server_ccs(conn);
}

static enum sw_need client_ccs(const struct sw_conn *conn)
{
    return conn->hs->retried ? SW_NO : retry_client_ccs(conn);
}

static enum sw_need certificate(const struct sw_conn *conn)
{
    return when(!conn->hs->resuming);
}

/* Not with a session that goes on: its client has shown who it is (4.3.2). */
static enum sw_need certificate_request(const struct sw_conn *conn)
{
    if (conn->hs->resuming)
        return SW_NO;
    if (!sw_is_server(conn))
        return SW_MAY;
    return when(sw_config_client_auth(conn->cfg) != SW_CLIENT_AUTH_NONE);
}

static enum sw_need client_certificate(const struct sw_conn *conn)
{
    return when(conn->hs->cert_requested);
}

static enum sw_need client_certificate_verify(const struct sw_conn *conn)
{
    return when(sw_is_server(conn) ? conn->hs->have_leaf && !conn->hs->resuming : conn->hs->sent_certificate);
}

/* For a client it comes behind the handshake, at any time. */
static enum sw_need ticket(const struct sw_conn *conn)
{
    return when(sw_is_server(conn) && conn->hs->send_ticket);
}

/* clang-format off */
const struct sw_step sw_flow13_retry[] = {
    {SW_SERVER, SW_HELLO_RETRY_REQUEST,  always},
    {SW_SERVER, SW_COMPATIBILITY_CCS,    retry_server_ccs},
    {SW_CLIENT, SW_COMPATIBILITY_CCS,    retry_client_ccs},
    {SW_CLIENT, SW_CLIENT_HELLO,         always},
    {SW_SERVER, -1,                      always},
};

const struct sw_step sw_flow13_full[] = {
    {SW_SERVER, SW_SERVER_HELLO,         always},
    {SW_SERVER, SW_COMPATIBILITY_CCS,    server_ccs},
    {SW_SERVER, SW_ENCRYPTED_EXTENSIONS, always},
    {SW_SERVER, SW_CERTIFICATE_REQUEST,  certificate_request},
    {SW_SERVER, SW_CERTIFICATE,          certificate},
    {SW_SERVER, SW_CERTIFICATE_VERIFY,   certificate},
    {SW_SERVER, SW_FINISHED,             always},
    {SW_CLIENT, SW_COMPATIBILITY_CCS,    client_ccs},
    {SW_CLIENT, SW_CERTIFICATE,          client_certificate},
    {SW_CLIENT, SW_CERTIFICATE_VERIFY,   client_certificate_verify},
    {SW_CLIENT, SW_FINISHED,             always},
    {SW_SERVER, SW_NEW_SESSION_TICKET,   ticket},
    {SW_SERVER, -1,                      always},
};
/* clang-format on */
