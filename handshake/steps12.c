/*
 * The flows of TLS 1.2: RFC 5246 7.3 figures 1 and 2, RFC 5077 3.1, RFC 6066 8. A new option is a predicate here, not
 * another list.
 */
#include "handshake/conn.h"
#include "handshake/step.h"

static enum sw_need always(const struct sw_conn *conn)
{
    (void)conn;
    return SW_MUST;
}

/* A server that promised a status may still leave it out (RFC 6066 8). */
static enum sw_need status(const struct sw_conn *conn)
{
    if (sw_is_server(conn))
        return conn->hs->status_promised ? SW_MUST : SW_NO;
    return conn->hs->status_promised ? SW_MAY : SW_NO;
}

static enum sw_need server_key_exchange(const struct sw_conn *conn)
{
    return conn->suite->kex == SW_KEX_RSA ? SW_NO : SW_MUST;
}

static enum sw_need certificate_request(const struct sw_conn *conn)
{
    if (!sw_is_server(conn))
        return SW_MAY;
    return sw_config_client_auth(conn->cfg) != SW_CLIENT_AUTH_NONE ? SW_MUST : SW_NO;
}

static enum sw_need client_certificate(const struct sw_conn *conn)
{
    return conn->hs->cert_requested ? SW_MUST : SW_NO;
}

/* Exactly when the client has shown a certificate: leaving it out would be showing somebody else's (RFC 5246 7.4.8). */
static enum sw_need certificate_verify(const struct sw_conn *conn)
{
    return (sw_is_server(conn) ? conn->hs->have_leaf : conn->hs->sent_certificate) ? SW_MUST : SW_NO;
}

static enum sw_need ticket(const struct sw_conn *conn)
{
    return (sw_is_server(conn) ? conn->hs->send_ticket : conn->hs->expect_ticket) ? SW_MUST : SW_NO;
}

/* clang-format off */
const struct sw_step sw_flow12_hello[] = {
    {SW_CLIENT, SW_CLIENT_HELLO,        always},
    {SW_SERVER, SW_SERVER_HELLO,        always},
    {SW_SERVER, -1,                     always},
};

const struct sw_step sw_flow12_full[] = {
    {SW_SERVER, SW_CERTIFICATE,         always},
    {SW_SERVER, SW_CERTIFICATE_STATUS,  status},
    {SW_SERVER, SW_SERVER_KEY_EXCHANGE, server_key_exchange},
    {SW_SERVER, SW_CERTIFICATE_REQUEST, certificate_request},
    {SW_SERVER, SW_SERVER_HELLO_DONE,   always},
    {SW_CLIENT, SW_CERTIFICATE,         client_certificate},
    {SW_CLIENT, SW_CLIENT_KEY_EXCHANGE, always},
    {SW_CLIENT, SW_CERTIFICATE_VERIFY,  certificate_verify},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,  always},
    {SW_CLIENT, SW_FINISHED,            always},
    {SW_SERVER, SW_NEW_SESSION_TICKET,  ticket},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,  always},
    {SW_SERVER, SW_FINISHED,            always},
    {SW_SERVER, -1,                     always},
};

const struct sw_step sw_flow12_resumed[] = {
    {SW_SERVER, SW_NEW_SESSION_TICKET,  ticket},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,  always},
    {SW_SERVER, SW_FINISHED,            always},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,  always},
    {SW_CLIENT, SW_FINISHED,            always},
    {SW_CLIENT, -1,                     always},
};
/* clang-format on */
