/*
 * CertificateVerify (RFC 5246 7.4.8): scheme(2) signature<0..2^16-1> over all handshake messages before it: the client holds the key of the
 * certificate it has shown.
 */
#include "base/wipe.h"
#include "handshake/msg.h"

enum sw_err sw_certificate_verify_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t digest[SW_HASH_MAX], sig[SW_SIG_MAX];
    struct sw_slice all;
    size_t sig_len = 0, mark;
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
    if (err != SW_OK)
        return err;
    conn->own_scheme = hs->scheme;
    sw_write_u16(w, hs->scheme->id);
    mark = sw_write_open(w, 2);
    sw_write_bytes(w, sig, sig_len);
    sw_write_close(w, mark, 2);
    sw_conn_note(conn, "our signature over the handshake, %s", hs->scheme->name);
    return SW_OK;
}

enum sw_err sw_certificate_verify_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_reader r = sw_reader_of_slice(body);
    uint16_t id = sw_read_u16(&r);
    struct sw_reader vec = sw_read_vec16(&r);
    struct sw_slice sig = sw_read_rest(&vec), all;
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err;

    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    err = sw_scheme_accepted(conn, &hs->leaf.key, id, &conn->peer_scheme);
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
