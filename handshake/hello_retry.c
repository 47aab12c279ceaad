/*
 * HelloRetryRequest (RFC 8446 4.1.4): a ServerHello with a random of its own, that asks the client for another hello:
 * with its half of a key exchange in a group that the server names, or with a cookie.
 */
#include "handshake/ext.h"
#include "handshake/msg.h"
#include <string.h>

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[SW_RANDOM_LEN] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
};

enum { RANDOM_AT = 2, SUPPORTED_VERSIONS = 43 };

bool sw_is_hello_retry(struct sw_slice body)
{
    return body.len >= RANDOM_AT + SW_RANDOM_LEN && memcmp(body.p + RANDOM_AT, retry_random, SW_RANDOM_LEN) == 0;
}

/* --- server --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_hello_retry_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h = {.version = SW_TLS12, .random = retry_random, .suite = conn->suite->id};

    h.session_id = (struct sw_slice){hs->session_id, hs->session_id_len};
    sw_server_hello_encode(&h, w);
    sw_ext_write_in(conn, w, SW_IN_HRR);
    sw_conn_note(conn, "asks for the client's half of a %s exchange", conn->group->name);
    /* views of the first hello, which goes now */
    memset(&hs->peer_ext, 0, sizeof hs->peer_ext);
    return sw_transcript_restart(&hs->transcript, conn->suite->prf);
}

/* --- client --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_hello_retry_begin(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_server_hello h;
    enum sw_err err = sw_server_hello_decode(&h, body);

    if (err == SW_OK)
        err = sw_ext_check(h.extensions);
    if (err == SW_OK)
        err = sw_server_hello13_check(conn, &h, sw_ext_find(h.extensions, SUPPORTED_VERSIONS));
    if (err != SW_OK)
        return err;
    conn->hs->hello_done = conn->hs->retried = true;
    return sw_transcript_restart(&conn->hs->transcript, conn->suite->prf);
}

/* A retry must ask for something that we have offered and not yet said, or there would be no end to it. */
static enum sw_err check_wish(const struct sw_conn *conn)
{
    const struct sw_handshake *hs = conn->hs;
    uint16_t group = hs->peer_ext.share_group;

    if (!hs->peer_ext.shares_present)
        return hs->cookie.len > 0 ? SW_OK : SW_ERR_RETRY;
    return sw_list_has(&conn->cfg->groups, group) && group != hs->kex->group->id ? SW_OK : SW_ERR_RETRY;
}

enum sw_err sw_hello_retry_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h;
    enum sw_err err = sw_server_hello_decode(&h, body);

    if (err == SW_OK)
        err = sw_ext_read_in(conn, h.extensions, SW_IN_HRR);
    if (err == SW_OK)
        err = check_wish(conn);
    if (err == SW_OK && hs->peer_ext.shares_present)
        hs->retry_group = hs->peer_ext.share_group;
    /* the binders are made with the hash of the suite that is settled now */
    if (hs->psk_offered && hs->psk_hash != (uint8_t)conn->suite->prf) {
        hs->psk_offered = false;
        hs->ticket = (struct sw_slice){NULL, 0}; /* nor is it one of TLS 1.2 */
    }
    memset(&hs->peer_ext, 0, sizeof hs->peer_ext);
    sw_conn_note(conn, "the server asks for another hello: %s",
                 hs->retry_group != 0 ? "another group" : "with a cookie");
    return err;
}
