/*
 * ServerHelloDone (RFC 5246 7.4.5): empty. The server has said all it has to say; now the client judges its
 * certificate.
 */
#include "handshake/msg.h"

enum sw_err sw_server_hello_done_send(struct sw_conn *conn, struct sw_writer *w)
{
    (void)w;
    sw_conn_note(conn, "that is all from our side for now");
    return SW_OK;
}

enum sw_err sw_server_hello_done_recv(struct sw_conn *conn, struct sw_slice body)
{
    enum sw_err err;

    if (body.len != 0)
        return SW_ERR_DECODE;
    err = sw_peer_verify(conn);
    sw_conn_note(conn, "the server's certificate is %s", err == SW_OK ? "verified" : "refused");
    return err;
}
