/*
 * From the premaster to the keys of both directions (RFC 5246 8.1, 6.3; RFC 7627). The order is delicate for the extended master secret: its session
 * hash covers ClientKeyExchange, which the client has only just written, so there the premaster waits for the message to join the transcript.
 */
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

enum sw_err sw_conn_expand(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    bool server = sw_is_server(conn);

    return sw_keys12_expand(conn->suite, conn->etm, conn->master, conn->client_random, conn->server_random,
                            server ? &hs->next_in : &hs->next_out, server ? &hs->next_out : &hs->next_in);
}

enum sw_err sw_conn_resume_keys(struct sw_conn *conn)
{
    enum sw_err err = sw_conn_expand(conn);

    /* the same master secret, but whoever reads the log finds it by this connection's random */
    if (err == SW_OK)
        sw_conn_keylog(conn);
    return err;
}

enum sw_err sw_conn_derive(struct sw_conn *conn, const uint8_t *premaster, size_t len)
{
    uint8_t hash[SW_HASH_MAX];
    enum sw_err err;

    if (conn->ems) {
        err = sw_transcript_digest(&conn->hs->transcript, hash);
        if (err == SW_OK)
            err = sw_keys12_master_ems(conn->suite->prf, premaster, len, hash, sw_hash_len(conn->suite->prf),
                                       conn->master);
    } else {
        err =
            sw_keys12_master(conn->suite->prf, premaster, len, conn->client_random, conn->server_random, conn->master);
    }
    if (err == SW_OK)
        err = sw_conn_expand(conn);
    if (err == SW_OK)
        sw_conn_keylog(conn);
    return err;
}

enum sw_err sw_conn_premaster(struct sw_conn *conn, const uint8_t *premaster, size_t len)
{
    struct sw_handshake *hs = conn->hs;

    /* a server's ClientKeyExchange has joined the transcript before it is dealt with */
    if (sw_is_server(conn))
        return sw_conn_derive(conn, premaster, len);
    hs->premaster = sw_conn_alloc(conn, len);
    if (hs->premaster == NULL)
        return SW_ERR_MEMORY;
    memcpy(hs->premaster, premaster, len);
    hs->premaster_len = len;
    return SW_OK;
}

enum sw_err sw_conn_after_send(struct sw_conn *conn, int message)
{
    struct sw_handshake *hs = conn->hs;
    enum sw_err err;

    if (message != SW_CLIENT_KEY_EXCHANGE)
        return SW_OK;
    err = sw_conn_derive(conn, hs->premaster, hs->premaster_len);
    sw_conn_release_mem(conn, hs->premaster, hs->premaster_len);
    hs->premaster = NULL;
    hs->premaster_len = 0;
    sw_handshake_drop_kex(conn);
    return err;
}
