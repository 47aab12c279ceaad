/*
 * EncryptedExtensions (RFC 8446 4.3.1): extensions<0..2^16-1>: the server's answers that the key exchange does not
 * need.
 */
#include "handshake/ext.h"
#include "handshake/msg.h"

enum sw_err sw_encrypted_extensions_send(struct sw_conn *conn, struct sw_writer *w)
{
    sw_ext_write_in(conn, w, SW_IN_EE);
    sw_conn_note(conn, "what else was settled%s%s", conn->alpn != NULL ? ": " : "",
                 conn->alpn != NULL ? conn->alpn : "");
    return SW_OK;
}

enum sw_err sw_encrypted_extensions_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), vec = sw_read_vec16(&r);
    struct sw_slice block = sw_read_rest(&vec);
    enum sw_err err = sw_reader_end(&r) ? sw_ext_read_in(conn, block, SW_IN_EE) : SW_ERR_DECODE;

    sw_conn_note(conn, "what else was settled%s%s", conn->alpn != NULL ? ": " : "",
                 conn->alpn != NULL ? conn->alpn : "");
    return err;
}
