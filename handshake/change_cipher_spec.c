/* ChangeCipherSpec (RFC 5246 7.1): one byte, value 1, a content type of its own: from here on this direction uses the keys just agreed. */
#include "handshake/engine.h"
#include "handshake/msg.h"

enum sw_err sw_change_cipher_spec_send(struct sw_conn *conn, struct sw_writer *w)
{
    static const uint8_t one[1] = {1};
    enum sw_err err = sw_engine_flush(conn);

    (void)w;
    if (err == SW_OK)
        err = sw_engine_put_record(conn, SW_CT_CHANGE_CIPHER_SPEC, one, sizeof one);
    if (err != SW_OK)
        return err;
    sw_conn_note(conn, "from here on we protect what we send with %s", conn->suite->bulk->name);
    sw_conn_trace(conn, true, SW_CT_CHANGE_CIPHER_SPEC, one, sizeof one);
    sw_engine_new_keys(conn, true);
    return SW_OK;
}

enum sw_err sw_change_cipher_spec_recv(struct sw_conn *conn, struct sw_slice body)
{
    if (body.len != 1 || body.p[0] != 1)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    sw_conn_note(conn, "from here on the peer protects what it sends");
    sw_conn_trace(conn, false, SW_CT_CHANGE_CIPHER_SPEC, body.p, body.len);
    sw_engine_new_keys(conn, false);
    return SW_OK;
}

/* In TLS 1.3 it changes nothing and is in the clear, for boxes on the way that look for it (RFC 8446 D.4). */
enum sw_err sw_compatibility_ccs_send(struct sw_conn *conn, struct sw_writer *w)
{
    static const uint8_t one[1] = {1};

    (void)w;
    sw_conn_note(conn, "means nothing in TLS 1.3");
    sw_conn_trace(conn, true, SW_CT_CHANGE_CIPHER_SPEC, one, sizeof one);
    return sw_engine_put_record(conn, SW_CT_CHANGE_CIPHER_SPEC, one, sizeof one);
}
