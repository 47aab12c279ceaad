/* Finished (RFC 5246 7.4.9): verify_data(12), a PRF over the transcript under the master secret: both sides have seen the same handshake.
 * TLS 1.3 (RFC 8446 4.4.4): an HMAC as long as the suite's hash, keyed by the sender's handshake secret. */
#include "base/ct.h"
#include "handshake/msg.h"
#include <string.h>

static enum sw_err verify_data(const struct sw_conn *conn, bool client, uint8_t out[SW_VERIFY_DATA_LEN])
{
    uint8_t hash[SW_HASH_MAX];
    enum sw_err err = sw_transcript_digest(&conn->hs->transcript, hash);

    if (err != SW_OK)
        return err;
    return sw_keys12_finished(conn->suite->prf, conn->master, client, hash, sw_hash_len(conn->suite->prf), out);
}

/* tls-unique is the first Finished of the handshake (RFC 5929 3.1): the client's in a full one, the server's in an abbreviated one. */
static void remember(struct sw_conn *conn, bool client, const uint8_t *data)
{
    if (client != conn->hs->resuming)
        memcpy(conn->first_finished, data, SW_VERIFY_DATA_LEN);
}

enum sw_err sw_finished_send(struct sw_conn *conn, struct sw_writer *w)
{
    uint8_t data[SW_VERIFY_DATA_LEN];
    enum sw_err err = verify_data(conn, !sw_is_server(conn), data);

    if (err != SW_OK)
        return err;
    sw_write_bytes(w, data, sizeof data);
    remember(conn, !sw_is_server(conn), data);
    sw_conn_note(conn, "a digest of the whole handshake, as we saw it");
    return SW_OK;
}

enum sw_err sw_finished_recv(struct sw_conn *conn, struct sw_slice body)
{
    uint8_t data[SW_VERIFY_DATA_LEN];
    enum sw_err err;

    err = verify_data(conn, sw_is_server(conn), data);
    /* verify_data has no length of its own on the wire: one of another length is one that does not match */
    if (err == SW_OK && (body.len != sizeof data || !sw_ct_equal(data, body.p, sizeof data)))
        err = SW_ERR_FINISHED;
    if (err == SW_OK)
        remember(conn, sw_is_server(conn), data);
    sw_conn_note(conn, "the peer's digest of the handshake: %s", err == SW_OK ? "the same as ours" : "not ours");
    return err;
}

/* --- TLS 1.3 -------------------------------------------------------------------------------------------------------------- */

/* The secret stands beside the keys that are in force in that direction. */
static enum sw_err verify_data13(const struct sw_conn *conn, const struct sw_record_secrets *sender, uint8_t *out)
{
    uint8_t hash[SW_HASH_MAX];
    enum sw_err err = sw_transcript_digest(&conn->hs->transcript, hash);

    return err == SW_OK ? sw_keys13_finished(conn->suite->prf, sender->mac_key, hash, out) : err;
}

enum sw_err sw_finished13_send(struct sw_conn *conn, struct sw_writer *w)
{
    uint8_t data[SW_HASH_MAX];
    enum sw_err err = verify_data13(conn, &conn->out, data);

    if (err == SW_OK)
        sw_write_bytes(w, data, sw_hash_len(conn->suite->prf));
    sw_conn_note(conn, "a digest of the whole handshake, as we saw it");
    return err;
}

enum sw_err sw_finished13_recv(struct sw_conn *conn, struct sw_slice body)
{
    uint8_t data[SW_HASH_MAX];
    enum sw_err err = verify_data13(conn, &conn->in, data);

    if (err == SW_OK && (body.len != sw_hash_len(conn->suite->prf) || !sw_ct_equal(data, body.p, body.len)))
        err = SW_ERR_FINISHED;
    sw_conn_note(conn, "the peer's digest of the handshake: %s", err == SW_OK ? "the same as ours" : "not ours");
    return err;
}
