/*
 * From the premaster to the keys of both directions (RFC 5246 8.1, 6.3; RFC 7627).
 */
#include "handshake/msg.h"

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
