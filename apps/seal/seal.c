/*
 * Sealing: the recipients' certificates are checked, then header lines and body pass through the signature and the
 * encryption into the sink.
 */
#include "apps/seal/seal.h"
#include "apps/seal/armour.h"
#include "apps/seal/blocks.h"
#include "apps/seal/crypt.h"
#include "apps/seal/header.h"
#include "apps/seal/judge.h"
#include "apps/seal/recipient.h"
#include "apps/seal/signed.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <stdlib.h>

enum { KEY_LEN = 32, HEAD_MAX = 1024 };

/* The stages of one message. */
struct sealing {
    const struct seal_params *p;
    struct seal_status *st;
    struct pem_sink pem;
    struct crypt_sink crypt;
    struct signed_sink sig;
    uint8_t piece[SEAL_PIECE];
};

/* --- the enveloped part ------------------------------------------------------------------------------------------- */

/* ContentInfo and AuthEnvelopedData (RFC 5083 2.1) up to the recipients. */
static bool write_head(struct sealing *s, struct seal_sink *out)
{
    static const uint8_t sequence[] = {SW_DER_SEQUENCE, 0x80}, explicit[] = {0xa0, 0x80};
    uint8_t buf[64];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    sw_write_bytes(&w, sequence, 2);
    sw_oid_write(&w, &seal_oid_auth_enveloped);
    sw_write_bytes(&w, explicit, 2);
    sw_write_bytes(&w, sequence, 2);
    sw_der_write_int(&w, 0);
    return sw_writer_ok(&w) ? out->write(out, buf, w.len) : seal_fail_err(s->st, SW_ERR_SPACE);
}

/* RecipientInfos, made whole: DER sorts a set, but this one need not be DER. */
static bool write_recipients(struct sealing *s, struct seal_sink *out, const uint8_t *key)
{
    size_t cap = (s->p->to_len + 1) * RECIPIENT_MAX;
    uint8_t *buf = malloc(cap);
    if (!buf)
        return seal_fail_err(s->st, SW_ERR_MEMORY);
    struct sw_writer w = sw_writer_of(buf, cap);
    size_t set = sw_der_open(&w, SW_DER_SET);
    bool ok = true;
    for (size_t i = 0; i < s->p->to_len && ok; i++)
        ok = recipient_write(&w, &s->p->to[i].cert[0], key, KEY_LEN, s->st);
    sw_der_close(&w, set);
    ok = ok && (sw_writer_ok(&w) || seal_fail_err(s->st, SW_ERR_SPACE)) && out->write(out, buf, w.len);
    free(buf);
    return ok;
}

/* EncryptedContentInfo up to the first piece: GCM with its nonce and the tag's length (RFC 5084 3.2). */
static bool write_content_head(struct sealing *s, struct seal_sink *out, const uint8_t nonce[SW_AEAD_NONCE])
{
    static const uint8_t sequence[] = {SW_DER_SEQUENCE, 0x80}, octets[] = {0xa0, 0x80};
    uint8_t buf[HEAD_MAX];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    sw_write_bytes(&w, sequence, 2);
    sw_oid_write(&w, &seal_oid_data);
    size_t alg = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_oid_write(&w, &seal_cipher_default()->oid);
    size_t params = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_OCTET_STRING, nonce, SW_AEAD_NONCE);
    sw_der_write_int(&w, SW_AEAD_TAG);
    sw_der_close(&w, params);
    sw_der_close(&w, alg);
    sw_write_bytes(&w, octets, 2);
    return sw_writer_ok(&w) ? out->write(out, buf, w.len) : seal_fail_err(s->st, SW_ERR_SPACE);
}

/* The tag, and the ends of all that is open. */
static bool write_tail(struct seal_sink *out, const uint8_t tag[SW_AEAD_TAG])
{
    static const uint8_t ends[6] = {0};
    const uint8_t head[] = {SW_DER_OCTET_STRING, SW_AEAD_TAG};
    return out->write(out, ends, 4) && out->write(out, head, 2) && out->write(out, tag, SW_AEAD_TAG) &&
           out->write(out, ends, 6);
}

/* --- what is signed ----------------------------------------------------------------------------------------------- */

static bool sign_into(struct sealing *s, struct seal_source *in, struct seal_sink *out)
{
    size_t n, total = 0;
    if (!signed_begin(&s->sig, &s->p->self, out, s->st) || !header_write(s->p, &s->sig.sink, s->st))
        return false;
    while ((n = in->read(in, s->piece, sizeof s->piece)) > 0) {
        total += n;
        if (s->p->form == SEAL_RSA && total > SEAL_RSA_MAX)
            return seal_fail(s->st, SEAL_TOO_LONG, "a message in RSA blocks alone holds at most %d bytes",
                             SEAL_RSA_MAX);
        if (!s->sig.sink.write(&s->sig.sink, s->piece, n))
            return false;
    }
    return s->st->result == SEAL_OK && signed_end(&s->sig, s->p->now);
}

static bool seal_hybrid(struct sealing *s, struct seal_source *in, struct seal_sink *out)
{
    uint8_t key[KEY_LEN], nonce[SW_AEAD_NONCE], tag[SW_AEAD_TAG];
    enum sw_err err = sw_rand_bytes(NULL, key, sizeof key);
    if (err == SW_OK)
        err = sw_rand_bytes(NULL, nonce, sizeof nonce);
    if (err != SW_OK)
        return seal_fail_err(s->st, err);
    bool ok = write_head(s, out) && write_recipients(s, out, key) && write_content_head(s, out, nonce) &&
              crypt_sink_init(&s->crypt, out, key, sizeof key, nonce, s->st);
    sw_wipe(key, sizeof key);
    ok = ok && sign_into(s, in, &s->crypt.sink) && crypt_sink_end(&s->crypt, tag) && write_tail(out, tag);
    crypt_sink_wipe(&s->crypt);
    return ok;
}

/* Everything under RSA: the signed part is made first, for the block that holds it wants to know how long it is. */
static bool seal_rsa(struct sealing *s, struct seal_source *in, struct seal_sink *out)
{
    struct seal_buf plain;
    seal_buf_init(&plain, BLOCKS_PLAIN_MAX, s->st);
    bool ok = sign_into(s, in, &plain.sink) && blocks_write(&s->p->to[0].cert[0], plain.p, plain.len, out, s->st);
    seal_buf_free(&plain);
    return ok;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static bool seal_checked(struct sealing *s, struct seal_source *in, struct seal_sink *out)
{
    bool rsa = s->p->form == SEAL_RSA;
    if (s->p->der)
        return rsa ? seal_rsa(s, in, out) : seal_hybrid(s, in, out);
    pem_begin(&s->pem, rsa ? BLOCKS_LABEL : "CMS", out);
    bool ok = rsa ? seal_rsa(s, in, &s->pem.sink) : seal_hybrid(s, in, &s->pem.sink);
    return ok && pem_end(&s->pem);
}

bool seal_stream(const struct seal_params *p, struct seal_source *in, struct seal_sink *out, struct seal_status *st)
{
    *st = (struct seal_status){0};
    if (!judge_self(&p->self, true, st) || !judge_recipients(p, st))
        return false;
    struct sealing *s = calloc(1, sizeof *s);
    if (!s)
        return seal_fail_err(st, SW_ERR_MEMORY);
    s->p = p;
    s->st = st;
    bool ok = seal_checked(s, in, out) && st->result == SEAL_OK && !in->failed;
    if (in->failed || out->failed || !ok)
        seal_fail(st, SEAL_SYSTEM, "%s", "");
    sw_wipe(s, sizeof *s);
    free(s);
    return ok;
}

bool seal_buffer(const struct seal_params *p, const void *body, size_t len, uint8_t **out, size_t *out_len,
                 struct seal_status *st)
{
    struct seal_memory in;
    struct seal_buf buf;
    *out = NULL;
    *out_len = 0;
    seal_memory_init(&in, body, len);
    seal_buf_init(&buf, SIZE_MAX / 2, st);
    if (!seal_stream(p, &in.source, &buf.sink, st)) {
        seal_buf_free(&buf);
        return false;
    }
    *out = buf.p;
    *out_len = buf.len;
    return true;
}
