/*
 * ClientKeyExchange (RFC 5246 7.4.7, RFC 8422 5.7): the client's half of the key exchange.
 *
 *     RSA:    EncryptedPreMasterSecret<0..2^16-1>: client_version(2) random(46), RSAES-PKCS1-v1_5
 *     DHE:    dh_Yc<1..2^16-1>
 *     ECDHE:  point<1..2^8-1>
 *
 * With RSA the server must not let an attacker learn whether a ciphertext decrypted well (Bleichenbacher): a random premaster is there
 * beforehand, sw_privkey_decrypt_premaster replaces it or does not, and whichever it was shows at Finished alone, like any wrong key. Only a
 * length field that lies about the message is a decode_error: that says nothing about the plaintext.
 */
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

/* --- client --------------------------------------------------------------------------------------------------------------- */

static enum sw_err send_rsa(struct sw_conn *conn, struct sw_writer *w)
{
    uint8_t *premaster = conn->hs->premaster, *out;
    const struct sw_pubkey *key = &conn->hs->leaf.key;
    size_t mark = sw_write_open(w, 2);
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), premaster, SW_PREMASTER_LEN);

    premaster[0] = (uint8_t)(conn->hs->client_version >> 8);
    premaster[1] = (uint8_t)conn->hs->client_version;
    out = sw_write_room(w, key->n.len);
    if (err == SW_OK)
        err = out == NULL ? SW_ERR_SPACE : sw_pubkey_encrypt_pkcs1(key, premaster, SW_PREMASTER_LEN, out, key->n.len);
    sw_write_close(w, mark, 2);
    sw_conn_note(conn, "the premaster secret, encrypted to the server's RSA key");
    return err;
}

static enum sw_err send_dh(struct sw_conn *conn, struct sw_writer *w)
{
    const struct sw_kex *kex = conn->hs->kex;
    unsigned prefix = conn->suite->kex == SW_KEX_ECDHE ? 1 : 2;
    size_t mark = sw_write_open(w, prefix);

    sw_write_bytes(w, kex->public_value, kex->public_len);
    sw_write_close(w, mark, prefix);
    sw_conn_note(conn, "our fresh %s key", conn->group != NULL ? conn->group->name : "Diffie-Hellman");
    return SW_OK;
}

enum sw_err sw_client_key_exchange_send(struct sw_conn *conn, struct sw_writer *w)
{
    return conn->suite->kex == SW_KEX_RSA ? send_rsa(conn, w) : send_dh(conn, w);
}

/*
 * The session hash of the extended master secret covers this message (RFC 7627 3), so the secrets wait until it has joined the transcript; but not until
 * it is sent: a server whose public value is no good gets an alert instead.
 */
enum sw_err sw_client_key_exchange_joined(struct sw_conn *conn, bool sent)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t secret[SW_KEX_SECRET_MAX];
    size_t len;
    enum sw_err err;

    if (!sent)
        return SW_OK;
    if (conn->suite->kex == SW_KEX_RSA) {
        err = sw_conn_derive(conn, hs->premaster, sizeof hs->premaster);
        sw_wipe(hs->premaster, sizeof hs->premaster);
        return err;
    }
    err = sw_kex_derive(hs->kex, hs->peer_public, conn->suite->kex == SW_KEX_DHE, secret, &len);
    if (err == SW_OK)
        err = sw_conn_derive(conn, secret, len);
    sw_wipe(secret, sizeof secret);
    sw_handshake_drop_kex(conn);
    return err;
}

/* --- server --------------------------------------------------------------------------------------------------------------- */

static enum sw_err recv_rsa(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), vec = sw_read_vec16(&r);
    struct sw_slice encrypted = sw_read_rest(&vec);
    uint8_t premaster[SW_PREMASTER_LEN];
    enum sw_err err;

    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    err = sw_rand_bytes(sw_conn_rand(conn), premaster, sizeof premaster);
    if (err == SW_OK)
        err = sw_privkey_decrypt_premaster(conn->hs->cred->key, encrypted.p, encrypted.len, conn->hs->client_version,
                                           premaster);
    if (err == SW_OK)
        err = sw_conn_derive(conn, premaster, sizeof premaster);
    sw_wipe(premaster, sizeof premaster);
    sw_conn_note(conn, "the premaster secret, under our RSA key");
    return err;
}

/* The shared secret with our key from ServerKeyExchange, which has then served. */
static enum sw_err agree(struct sw_conn *conn, struct sw_slice theirs, uint8_t *secret, size_t *len)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_kex kex = {.group = conn->group, .secret_len = hs->own_secret_len};
    enum sw_err err;

    memcpy(kex.secret, hs->own_secret, hs->own_secret_len);
    err = sw_kex_derive(&kex, theirs, conn->suite->kex == SW_KEX_DHE, secret, len);
    sw_kex_wipe(&kex);
    sw_wipe(hs->own_secret, sizeof hs->own_secret);
    return err;
}

static enum sw_err recv_dh(struct sw_conn *conn, struct sw_slice body)
{
    bool ec = conn->suite->kex == SW_KEX_ECDHE;
    struct sw_reader r = sw_reader_of_slice(body), vec = ec ? sw_read_vec8(&r) : sw_read_vec16(&r);
    struct sw_slice theirs = sw_read_rest(&vec);
    uint8_t secret[SW_KEX_SECRET_MAX];
    size_t len;
    enum sw_err err;

    if (!sw_reader_end(&r) || theirs.len == 0)
        return SW_ERR_DECODE;
    err = agree(conn, theirs, secret, &len);
    if (err == SW_OK)
        err = sw_conn_derive(conn, secret, len);
    sw_wipe(secret, sizeof secret);
    sw_conn_note(conn, "the client's fresh %s key", conn->group->name);
    return err;
}

enum sw_err sw_client_key_exchange_recv(struct sw_conn *conn, struct sw_slice body)
{
    return conn->suite->kex == SW_KEX_RSA ? recv_rsa(conn, body) : recv_dh(conn, body);
}
