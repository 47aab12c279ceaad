/*
 * AES-GCM and ChaCha20-Poly1305.
 *
 *     TLS 1.2 GCM (RFC 5288):    nonce = fixed(4) explicit(8); explicit = sequence number, carried in front of the
 *     ciphertext TLS 1.2 ChaCha (RFC 7905): nonce = iv(12) XOR sequence number; nothing carried
 *     TLS 1.3 (RFC 8446 5.2):    nonce = iv(12) XOR sequence number; the content type behind the plaintext, padding
 *     zeros behind that;
 *                                the header is the additional data
 *
 * A sequence number is used once, and so is each nonce.
 */
#include "base/wipe.h"
#include "record/seal_dir.h"
#include <string.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

enum { NONCE = 12, EXPLICIT = 8, TLS13_TYPE = SW_CT_APPLICATION_DATA };

static void nonce_of(const struct sw_record_secrets *s, uint64_t seq, const uint8_t *explicit_part,
                     uint8_t nonce[NONCE])
{
    memcpy(nonce, s->iv, NONCE);
    if (explicit_part != NULL) {
        memcpy(nonce + NONCE - EXPLICIT, explicit_part, EXPLICIT);
        return;
    }
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= (uint8_t)(seq >> (56 - 8 * i));
}

static bool has_explicit(const struct sw_record_secrets *s)
{
    return !s->tls13 && s->bulk->record_iv_len != 0;
}

static int encrypt(struct sw_record_dir *dir, const uint8_t *nonce, struct sw_slice aad, struct sw_slice data,
                   uint8_t *out)
{
    if (dir->s->bulk == &sw_bulk_chacha20_poly1305)
        return wc_ChaCha20Poly1305_Encrypt(dir->s->key, nonce, aad.p, (word32)aad.len, data.p, (word32)data.len, out,
                                           out + data.len);
    return wc_AesGcmEncrypt(&dir->u.aes, out, data.p, (word32)data.len, nonce, NONCE, out + data.len, 16, aad.p,
                            (word32)aad.len);
}

static int decrypt(struct sw_record_dir *dir, const uint8_t *nonce, const uint8_t *aad, size_t aad_len, uint8_t *data,
                   size_t len)
{
    if (dir->s->bulk == &sw_bulk_chacha20_poly1305)
        return wc_ChaCha20Poly1305_Decrypt(dir->s->key, nonce, aad, (word32)aad_len, data, (word32)len, data + len,
                                           data);
    return wc_AesGcmDecrypt(&dir->u.aes, data, data, (word32)len, nonce, NONCE, data + len, 16, aad, (word32)aad_len);
}

/* TLS 1.3: the plaintext that is encrypted has the content type behind it, so it is brought together in place. */
static enum sw_err seal_13(struct sw_record_dir *dir, struct sw_seal_job *job)
{
    size_t len = job->data.len, tag = dir->s->bulk->tag_len;
    uint8_t nonce[NONCE], *out = job->buf + SW_RECORD_HEADER;
    struct sw_slice aad = {job->buf, SW_RECORD_HEADER};

    if (job->data.p != out)
        memcpy(out, job->data.p, len);
    out[len++] = (uint8_t)job->type;
    sw_header_write(job->buf, TLS13_TYPE, 0x0303, len + tag);
    nonce_of(dir->s, job->seq, NULL, nonce);
    job->out = SW_RECORD_HEADER + len + tag;
    return encrypt(dir, nonce, aad, (struct sw_slice){out, len}, out) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_seal_aead(struct sw_record_dir *dir, struct sw_seal_job *job)
{
    const struct sw_record_secrets *s = dir->s;
    uint8_t nonce[NONCE], aad[SW_AAD_MAX], *out = job->buf + sw_record_before(s), *carried = NULL;
    size_t len = job->data.len, tag = s->bulk->tag_len;

    if (s->tls13)
        return seal_13(dir, job);
    if (has_explicit(s)) {
        carried = job->buf + SW_RECORD_HEADER;
        for (int i = 0; i < EXPLICIT; i++)
            carried[i] = (uint8_t)(job->seq >> (56 - 8 * i));
    }
    nonce_of(s, job->seq, carried, nonce);
    sw_aad(aad, job->seq, (uint8_t)job->type, s->version, len);
    sw_header_write(job->buf, (uint8_t)job->type, s->version, s->bulk->record_iv_len + len + tag);
    job->out = sw_record_before(s) + len + tag;
    return encrypt(dir, nonce, (struct sw_slice){aad, sizeof aad}, job->data, out) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* The content type is the last byte that is not zero; a record of zeros alone has none (RFC 8446 5.4). */
static enum sw_err strip_padding(const uint8_t *data, size_t len, uint8_t *type, struct sw_slice *out)
{
    if (len > SW_RECORD_PLAIN_MAX + 1)
        return SW_ERR_RECORD_OVERFLOW;
    while (len > 0 && data[len - 1] == 0)
        len--;
    if (len == 0)
        return SW_ERR_UNEXPECTED_MESSAGE;
    *type = data[len - 1];
    *out = (struct sw_slice){data, len - 1};
    return SW_OK;
}

enum sw_err sw_open_aead(struct sw_record_dir *dir, uint8_t *rec, size_t len, uint8_t *type, struct sw_slice *out)
{
    const struct sw_record_secrets *s = dir->s;
    size_t before = sw_record_before(s), tag = s->bulk->tag_len, n;
    uint8_t nonce[NONCE], aad[SW_AAD_MAX], *data = rec + before;

    if (len < before + tag)
        return SW_ERR_BAD_RECORD_MAC;
    n = len - before - tag;
    nonce_of(s, s->seq, has_explicit(s) ? rec + SW_RECORD_HEADER : NULL, nonce);
    if (s->tls13) {
        if (decrypt(dir, nonce, rec, SW_RECORD_HEADER, data, n) != 0)
            return SW_ERR_BAD_RECORD_MAC;
        return strip_padding(data, n, type, out);
    }
    sw_aad(aad, s->seq, rec[0], s->version, n);
    if (decrypt(dir, nonce, aad, sizeof aad, data, n) != 0)
        return SW_ERR_BAD_RECORD_MAC;
    *out = (struct sw_slice){data, n};
    return SW_OK;
}
