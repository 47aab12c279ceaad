/*
 * CertificateVerify (RFC 5246 7.4.8): scheme(2) signature<0..2^16-1> over all handshake messages before it: the client holds the key of the
 * certificate it has shown.
 *
 * TLS 1.3 (RFC 8446 4.4.3): the same form, from both sides; what is signed is the transcript's hash behind 64 spaces and a text that says who signs what, so that
 * no signature made for one purpose is good for another.
 */
#include "base/wipe.h"
#include "handshake/msg.h"
#include <string.h>

/* The message is the same in both versions (RFC 5246 7.4.8, RFC 8446 4.4.3): scheme and signature. */
static void write_signature(struct sw_conn *conn, struct sw_writer *w, const uint8_t *sig, size_t len)
{
    const struct sw_sigscheme *scheme = conn->hs->scheme;
    size_t mark;

    conn->own_scheme = scheme;
    sw_write_u16(w, scheme->id);
    mark = sw_write_open(w, 2);
    sw_write_bytes(w, sig, len);
    sw_write_close(w, mark, 2);
    sw_conn_note(conn, "our signature over the handshake, %s", scheme->name);
}

/* Sets conn->peer_scheme, if it is one that the peer may sign with. */
static enum sw_err read_signature(struct sw_conn *conn, struct sw_slice body, struct sw_slice *sig)
{
    struct sw_reader r = sw_reader_of_slice(body);
    uint16_t id = sw_read_u16(&r);
    struct sw_reader vec = sw_read_vec16(&r);

    *sig = sw_read_rest(&vec);
    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    return sw_scheme_accepted(conn, &conn->hs->leaf.key, id, &conn->peer_scheme);
}

enum sw_err sw_certificate_verify_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t digest[SW_HASH_MAX], sig[SW_SIG_MAX];
    struct sw_slice all;
    size_t sig_len = 0;
    enum sw_err err;

    if (hs->scheme->hash == SW_HASH_NONE) {
        err = sw_transcript_whole(&hs->transcript, &all);
        if (err == SW_OK)
            err = sw_privkey_sign(hs->cred->key, hs->scheme, all.p, all.len, sig, &sig_len);
    } else {
        err = sw_transcript_digest_with(&hs->transcript, hs->scheme->hash, digest);
        if (err == SW_OK)
            err = sw_privkey_sign_digest(hs->cred->key, hs->scheme, digest, sig, &sig_len);
    }
    if (err == SW_OK)
        write_signature(conn, w, sig, sig_len);
    return err;
}

enum sw_err sw_certificate_verify_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_slice sig, all;
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = read_signature(conn, body, &sig);

    if (err != SW_OK)
        return err;
    if (conn->peer_scheme->hash == SW_HASH_NONE) {
        err = sw_transcript_whole(&hs->transcript, &all);
        if (err == SW_OK)
            err = sw_pubkey_verify(&hs->leaf.key, conn->peer_scheme, all.p, all.len, sig.p, sig.len);
    } else {
        err = sw_transcript_digest_with(&hs->transcript, conn->peer_scheme->hash, digest);
        if (err == SW_OK)
            err = sw_pubkey_verify_digest(&hs->leaf.key, conn->peer_scheme, digest, sig.p, sig.len);
    }
    sw_conn_note(conn, "the client's signature over the handshake, %s: %s", conn->peer_scheme->name,
                 err == SW_OK ? "it holds the key of its certificate" : "wrong");
    return err;
}

/* --- TLS 1.3 -------------------------------------------------------------------------------------------------------------- */

enum { SPACES = 64, SIGNED_MAX = SPACES + 34 + SW_HASH_MAX };

static enum sw_err write_signed(const struct sw_conn *conn, bool by_server, uint8_t out[SIGNED_MAX], size_t *len)
{
    static const char server[] = "TLS 1.3, server CertificateVerify", client[] = "TLS 1.3, client CertificateVerify";
    struct sw_writer w = sw_writer_of(out, SIGNED_MAX);
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = sw_transcript_digest(&conn->hs->transcript, digest);

    memset(out, ' ', SPACES);
    (void)sw_write_room(&w, SPACES);
    sw_write_bytes(&w, by_server ? server : client, sizeof server); /* and the zero behind it */
    sw_write_bytes(&w, digest, sw_hash_len(conn->suite->prf));
    *len = w.len;
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}

enum sw_err sw_certificate_verify13_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t to_sign[SIGNED_MAX], sig[SW_SIG_MAX];
    size_t len, sig_len = 0;
    enum sw_err err = write_signed(conn, sw_is_server(conn), to_sign, &len);

    if (err == SW_OK)
        err = sw_privkey_sign(hs->cred->key, hs->scheme, to_sign, len, sig, &sig_len);
    if (err == SW_OK)
        write_signature(conn, w, sig, sig_len);
    return err;
}

enum sw_err sw_certificate_verify13_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_slice sig;
    uint8_t signed_[SIGNED_MAX];
    size_t len;
    enum sw_err err = read_signature(conn, body, &sig);

    if (err == SW_OK)
        err = write_signed(conn, !sw_is_server(conn), signed_, &len);
    if (err != SW_OK)
        return err;
    err = sw_pubkey_verify(&hs->leaf.key, conn->peer_scheme, signed_, len, sig.p, sig.len);
    sw_conn_note(conn, "the peer's signature over the handshake, %s: %s", conn->peer_scheme->name,
                 err == SW_OK ? "it holds the key of its certificate" : "wrong");
    return err;
}
