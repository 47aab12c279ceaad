/*
 * Opening: armour, BER and decryption outside; armour, BER and signature inside; then the verdict.
 *
 * The two halves have a status each. What goes wrong inside is reported only when what is outside proves genuine:
 * whoever changes a ciphertext and watches what we say about it must always get the same answer (the attacks on CBC
 * from Vaudenay 2002 to EFAIL 2018 live on two answers). CBC has nothing that proves it genuine, so there everything
 * inside that is not as it should be is that one answer, too.
 */
#include "apps/seal/armour.h"
#include "apps/seal/blocks.h"
#include "apps/seal/crypt.h"
#include "apps/seal/header.h"
#include "apps/seal/judge.h"
#include "apps/seal/recipient.h"
#include "apps/seal/seal.h"
#include "apps/seal/signed.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <stdlib.h>

enum {
    EXPLICIT_0 = 0xa0,
    EXPLICIT_1 = 0xa1,
    EXPLICIT_2 = 0xa2,
    IV_MAX = 16,
    ALGORITHM_MAX = 128,
    RECIPIENTS_MAX = 1000
};

/* The stages of one message; large, so that it lives on the heap. */
struct opening {
    const struct seal_open_params *p;
    struct seal_status outer, inner;
    struct armour armour;
    struct ber ber;
    bool enveloped, auth; /* EnvelopedData or AuthEnvelopedData; else RSA blocks */
    struct recipient_key key;
    const struct seal_cipher *cipher;
    uint8_t iv[IV_MAX];
    struct crypt_source crypt;
    struct blocks_source blocks;
    struct armour inner_armour;
    struct ber inner_ber;
    struct signed_data sig;
    struct header header;
    uint8_t piece[SEAL_PIECE];
    uint8_t small[SIGNED_INFO_MAX]; /* elements that are looked at one by one */
};

/* --- outside ------------------------------------------------------------------------------------------------------ */

static bool read_type(struct opening *o)
{
    struct sw_slice whole;
    if (!ber_collect(&o->ber, SW_DER_OID, o->small, sizeof o->small, &whole))
        return false;
    struct sw_reader r = sw_reader_of_slice(whole);
    struct sw_slice oid = sw_der_read(&r, SW_DER_OID);
    o->auth = sw_oid_is(oid, &seal_oid_auth_enveloped);
    o->enveloped = o->auth || sw_oid_is(oid, &seal_oid_enveloped);
    if (sw_oid_is(oid, &seal_oid_signed))
        return seal_fail(&o->outer, SEAL_UNSUPPORTED, "it is signed, but not encrypted to anybody");
    return o->enveloped || seal_fail(&o->outer, SEAL_UNSUPPORTED, "it is of a kind that is not supported");
}

/* CMSVersion: of AuthEnvelopedData 0 (RFC 5083 2.1), of EnvelopedData 0 to 4 (RFC 5652 6.1). */
static bool read_version(struct opening *o)
{
    struct sw_slice whole;
    if (!ber_collect(&o->ber, SW_DER_INTEGER, o->small, ALGORITHM_MAX, &whole))
        return false;
    struct sw_reader r = sw_reader_of_slice(whole);
    uint64_t version = sw_der_read_uint(&r);
    return (sw_reader_end(&r) && version <= (o->auth ? 0 : 4)) ||
           seal_fail(&o->outer, SEAL_UNSUPPORTED, "it is of a version that is not supported");
}

static bool skip(struct opening *o, unsigned tag)
{
    struct sw_slice whole;
    return ber_peek(&o->ber) != tag || ber_collect(&o->ber, tag, o->small, sizeof o->small, &whole);
}

static bool read_recipients(struct opening *o)
{
    struct sw_slice whole;
    if (!ber_enter(&o->ber, SW_DER_SET))
        return false;
    for (unsigned n = 0; ber_peek(&o->ber) != 0; n++) {
        if (n == RECIPIENTS_MAX)
            return seal_fail(&o->outer, SEAL_TOO_LONG, "it has more than %d recipients", RECIPIENTS_MAX);
        if (!ber_collect(&o->ber, ber_peek(&o->ber), o->small, sizeof o->small, &whole) ||
            !recipient_read(whole, &o->p->self, &o->key, &o->outer))
            return false;
    }
    if (!ber_leave(&o->ber))
        return false;
    return o->key.found || seal_fail(&o->outer, SEAL_NOT_FOR_US, "it is encrypted to somebody else");
}

/* contentEncryptionAlgorithm: GCMParameters (RFC 5084 3.2), whose tag must be whole, or CBC's IV (RFC 3565 4.1). */
static bool read_cipher(struct opening *o)
{
    struct sw_slice whole, iv;
    if (!ber_collect(&o->ber, SW_DER_SEQUENCE, o->small, ALGORITHM_MAX, &whole))
        return false;
    struct sw_reader r = sw_reader_of_slice(whole), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    o->cipher = seal_cipher_by_oid(sw_der_read(&alg, SW_DER_OID));
    if (!o->cipher || o->cipher->gcm != o->auth)
        return seal_fail(&o->outer, SEAL_UNSUPPORTED, "it is encrypted with an algorithm that is not supported");
    uint64_t tag_len = SW_AEAD_TAG;
    if (o->auth) {
        struct sw_reader params = sw_der_enter(&alg, SW_DER_SEQUENCE);
        iv = sw_der_read(&params, SW_DER_OCTET_STRING);
        tag_len = sw_reader_left(&params) > 0 ? sw_der_read_uint(&params) : 12; /* the DEFAULT */
        if (!sw_reader_end(&params))
            sw_reader_fail(&alg);
    } else {
        iv = sw_der_read(&alg, SW_DER_OCTET_STRING);
    }
    if (!sw_reader_end(&alg))
        return seal_fail(&o->outer, SEAL_TAMPERED, "its algorithm cannot be decoded");
    if (iv.len != (o->auth ? SW_AEAD_NONCE : SW_CBC_BLOCK) || tag_len != SW_AEAD_TAG)
        return seal_fail(&o->outer, SEAL_UNSUPPORTED, "its nonce or its tag is of a length that is not supported");
    memcpy(o->iv, iv.p, iv.len);
    return true;
}

static bool open_enveloped(struct opening *o)
{
    if (!read_type(o) || !ber_enter(&o->ber, EXPLICIT_0) || !ber_enter(&o->ber, SW_DER_SEQUENCE) || !read_version(o) ||
        !skip(o, EXPLICIT_0) || !read_recipients(o))
        return false;
    if (!ber_enter(&o->ber, SW_DER_SEQUENCE) ||
        !content_type_is(&o->ber, &seal_oid_data, "what is encrypted is of a kind that is not supported") ||
        !read_cipher(o) || !ber_octets(&o->ber, SW_DER_CONTEXT(0)))
        return false;
    /* a key of the wrong length is a wrong key, and as quiet as one (recipient_read) */
    if (o->key.len != o->cipher->key_len && sw_rand_bytes(NULL, o->key.key, sizeof o->key.key) != SW_OK)
        return seal_fail_err(&o->outer, SW_ERR_RANDOM);
    bool ok = crypt_source_init(&o->crypt, &o->ber, o->cipher, o->key.key, o->iv, &o->outer);
    sw_wipe(o->key.key, sizeof o->key.key);
    return ok;
}

static bool open_outside(struct opening *o, struct seal_source *in, struct seal_source **plain)
{
    armour_init(&o->armour, in, &o->outer, SEAL_MALFORMED);
    if (!armour_detect(&o->armour))
        return false;
    if (o->armour.kind == ARMOUR_CLEAR)
        return seal_fail(&o->outer, SEAL_UNSUPPORTED, "it is signed, but not encrypted to anybody");
    ber_init(&o->ber, &o->armour.source, &o->outer);
    if (!ber_enter(&o->ber, SW_DER_SEQUENCE))
        return false;
    if (ber_peek(&o->ber) == SW_DER_INTEGER) { /* no ContentInfo begins like this, the RSA blocks do */
        *plain = &o->blocks.source;
        return blocks_open(&o->blocks, &o->ber, &o->p->self, &o->outer);
    }
    *plain = &o->crypt.source;
    return open_enveloped(o);
}

/* The rest of the outside, after the encrypted content: GCM's tag, and what others may have added. */
static bool close_enveloped(struct opening *o)
{
    struct sw_slice tag;
    if (!crypt_source_drain(&o->crypt) || !ber_leave(&o->ber))
        return false;
    if (o->auth) {
        if (ber_peek(&o->ber) == EXPLICIT_1)
            return seal_fail(&o->outer, SEAL_UNSUPPORTED, "it has authenticated attributes, which are not supported");
        if (!ber_collect(&o->ber, SW_DER_OCTET_STRING, o->small, ALGORITHM_MAX, &tag))
            return false;
        if (tag.len != 2 + SW_AEAD_TAG)
            return seal_fail(&o->outer, SEAL_TAMPERED, "%s", crypt_tampered);
        if (!crypt_source_tag(&o->crypt, tag.p + 2))
            return false;
    }
    return skip(o, o->auth ? EXPLICIT_2 : EXPLICIT_1) && ber_leave(&o->ber) && ber_leave(&o->ber);
}

static bool close_outside(struct opening *o)
{
    bool ok = o->enveloped ? close_enveloped(o) : blocks_close(&o->blocks);
    return ok && ber_leave(&o->ber) && ber_finish(&o->ber) && armour_drain(&o->armour) && o->outer.result == SEAL_OK;
}

/* --- inside ------------------------------------------------------------------------------------------------------- */

/* The text in the signature. */
static bool read_opaque(struct opening *o)
{
    size_t n;
    if (!signed_open(&o->sig, &o->inner_ber))
        return false;
    while ((n = signed_content(&o->sig, &o->inner_ber, o->piece, sizeof o->piece)) > 0)
        if (!header_feed(&o->header, o->piece, n))
            return false;
    return true;
}

/* The text before the signature (multipart/signed). */
static bool read_clear(struct opening *o)
{
    size_t n;
    if (!signed_detached_begin(&o->sig, &o->inner))
        return false;
    while ((n = armour_part_read(&o->inner_armour, o->piece, sizeof o->piece)) > 0)
        if (!signed_detached_content(&o->sig, o->piece, n, &o->inner) || !header_feed(&o->header, o->piece, n))
            return false;
    return o->inner.result == SEAL_OK && armour_part_next(&o->inner_armour) &&
           signed_detached_open(&o->sig, &o->inner_ber);
}

static bool read_inside(struct opening *o, struct seal_source *plain)
{
    armour_init(&o->inner_armour, plain, &o->inner, SEAL_TAMPERED);
    ber_init(&o->inner_ber, &o->inner_armour.source, &o->inner);
    if (!armour_detect(&o->inner_armour))
        return false;
    if (!(o->inner_armour.kind == ARMOUR_CLEAR ? read_clear(o) : read_opaque(o)))
        return false;
    return o->inner.result == SEAL_OK && header_end(&o->header) && signed_close(&o->sig, &o->inner_ber) &&
           ber_finish(&o->inner_ber) && armour_drain(&o->inner_armour);
}

/* Whether the inside failed for a reason that has nothing to do with what is in it. */
static bool failed_here(const struct opening *o)
{
    return o->header.out->failed || o->inner.result == SEAL_SYSTEM || o->inner.result == SEAL_TOO_LONG;
}

/* The one answer for all that is wrong under CBC, before a signature holds. */
static bool is_cbc(const struct opening *o)
{
    return o->enveloped && !o->auth;
}

static bool read_both(struct opening *o, struct seal_source *in, struct seal_verdict *v)
{
    struct seal_source *plain = NULL;
    if (!open_outside(o, in, &plain)) {
        v->status = o->outer;
        return false;
    }
    bool ok = read_inside(o, plain);
    if (o->outer.result == SEAL_OK && !failed_here(o))
        ok &= close_outside(o);
    if (o->outer.result != SEAL_OK && !failed_here(o))
        v->status = o->outer;
    else if (!ok && is_cbc(o) && !failed_here(o))
        seal_fail(&v->status, SEAL_TAMPERED, "%s", crypt_tampered);
    else
        v->status = o->inner;
    return v->status.result == SEAL_OK && ok;
}

static bool judge(struct opening *o, struct seal_verdict *v)
{
    const struct sw_cert *signer;
    v->cipher = o->enveloped ? o->cipher->name : "RSA-OAEP blocks";
    v->key_transport = o->enveloped ? o->key.transport : "";
    v->size = o->header.size;
    o->header.st = &v->status;
    if (!signed_verify(&o->sig, &signer, &v->signed_at, &v->status)) {
        bool ours = v->status.result == SEAL_SYSTEM;
        if (is_cbc(o) && !ours) {
            v->status.result = SEAL_OK;
            seal_fail(&v->status, SEAL_TAMPERED, "%s", crypt_tampered);
        }
        return false;
    }
    return judge_signer(o->p, signer, o->sig.cert, o->sig.certs, v) && header_check(&o->header, o->p, signer, v);
}

bool seal_open_stream(const struct seal_open_params *p, struct seal_source *in, struct seal_sink *out,
                      struct seal_verdict *v)
{
    *v = (struct seal_verdict){0};
    if (!judge_self(&p->self, false, &v->status))
        return false;
    struct opening *o = calloc(1, sizeof *o);
    if (!o)
        return seal_fail_err(&v->status, SW_ERR_MEMORY);
    o->p = p;
    o->header.out = out;
    o->header.st = &o->inner;
    bool ok = read_both(o, in, v);
    if (in->failed || out->failed)
        v->status = (struct seal_status){.result = SEAL_SYSTEM};
    ok = ok && judge(o, v) && v->status.result == SEAL_OK;
    if (o->cipher)
        crypt_source_wipe(&o->crypt);
    sw_wipe(o, sizeof *o);
    free(o);
    return ok;
}

bool seal_open_buffer(const struct seal_open_params *p, const void *in, size_t len, uint8_t **body, size_t *body_len,
                      struct seal_verdict *v)
{
    struct seal_memory source;
    struct seal_buf buf;
    struct seal_status memory = {0};
    *body = NULL;
    *body_len = 0;
    seal_memory_init(&source, in, len);
    seal_buf_init(&buf, SEAL_BUFFER_MAX, &memory);
    bool ok = seal_open_stream(p, &source.source, &buf.sink, v);
    if (memory.result != SEAL_OK)
        v->status = memory;
    /* an empty body is memory, too */
    ok = ok && (buf.p || buf.sink.write(&buf.sink, "", 0));
    if (!ok) {
        seal_buf_free(&buf);
        return false;
    }
    *body = buf.p;
    *body_len = buf.len;
    return true;
}
