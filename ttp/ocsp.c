/*
 * OCSP responses. What is subtle: who signed. The response may carry certificates, and one of them is believed only if
 * the very issuer of the certificate in question signed it for OCSP; a responder that is merely trusted for something
 * else is not.
 */
#include "ttp/ocsp.h"
#include "ttp/der.h"
#include "ttp/oid.h"
#include "ttp/path.h"

#define EXPLICIT(n) (SW_DER_CONTEXT(n) | SW_DER_CONSTRUCTED)

enum { SUCCESSFUL = 0 };

static const struct sw_oid oid_basic = {9, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01}};
static const struct sw_oid oid_nonce = {9, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02}};

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Extensions: the nonce is kept; a critical one that is not known makes the response useless. */
static bool read_extensions(struct sw_reader *tagged, struct sw_slice *nonce)
{
    struct sw_reader list = sw_der_enter(tagged, SW_DER_SEQUENCE);

    while (sw_reader_left(&list) > 0) {
        struct sw_reader ext = sw_der_enter(&list, SW_DER_SEQUENCE), value;
        struct sw_slice oid = sw_der_read(&ext, SW_DER_OID);
        bool critical = sw_der_peek(&ext) == SW_DER_BOOLEAN && sw_der_read_bool(&ext);

        value = sw_der_enter(&ext, SW_DER_OCTET_STRING);
        if (!sw_reader_end(&ext))
            return false;
        if (nonce != NULL && sw_oid_is(oid, &oid_nonce)) {
            *nonce = sw_der_read(&value, SW_DER_OCTET_STRING);
            if (!sw_reader_end(&value))
                return false;
        } else if (critical) {
            return false;
        }
    }
    return sw_reader_end(&list) && sw_reader_end(tagged);
}

static void read_cert_id(struct sw_reader *single, struct sw_ocsp_single *out)
{
    struct sw_reader id = sw_der_enter(single, SW_DER_SEQUENCE);

    out->hash = sw_hash_alg_read(&id);
    out->name_hash = sw_der_read(&id, SW_DER_OCTET_STRING);
    out->key_hash = sw_der_read(&id, SW_DER_OCTET_STRING);
    out->serial = sw_der_read_integer(&id);
    if (!sw_reader_end(&id))
        sw_reader_fail(single);
}

static void read_revoked(struct sw_reader *single, struct sw_ocsp_single *out)
{
    struct sw_reader info = sw_der_enter(single, EXPLICIT(1)), reason;
    struct sw_slice code;

    out->status = SW_OCSP_REVOKED;
    out->revoked_at = sw_der_read_time(&info, NULL);
    if (sw_der_peek(&info) == EXPLICIT(0)) {
        reason = sw_der_enter(&info, EXPLICIT(0));
        code = sw_der_read(&reason, SW_DER_ENUMERATED);
        if (code.len != 1 || code.p[0] > 10 || !sw_reader_end(&reason))
            sw_reader_fail(single);
        else
            out->reason = code.p[0];
    }
    if (!sw_reader_end(&info))
        sw_reader_fail(single);
}

static void read_status(struct sw_reader *single, struct sw_ocsp_single *out)
{
    if (sw_der_peek(single) == EXPLICIT(1)) {
        read_revoked(single, out);
        return;
    }
    out->status = sw_der_peek(single) == SW_DER_CONTEXT(0) ? SW_OCSP_GOOD : SW_OCSP_UNKNOWN;
    if (sw_der_read(single, SW_DER_CONTEXT(out->status == SW_OCSP_GOOD ? 0 : 2)).len != 0)
        sw_reader_fail(single);
}

bool sw_ocsp_next(struct sw_reader *responses, struct sw_ocsp_single *out)
{
    struct sw_reader single, tagged;

    if (sw_reader_left(responses) == 0)
        return false;
    single = sw_der_enter(responses, SW_DER_SEQUENCE);
    memset(out, 0, sizeof *out);
    out->reason = -1;
    read_cert_id(&single, out);
    read_status(&single, out);
    out->this_update = sw_der_read_time(&single, NULL);
    if (sw_der_peek(&single) == EXPLICIT(0)) {
        tagged = sw_der_enter(&single, EXPLICIT(0));
        out->next_update = sw_der_read_time(&tagged, NULL);
        if (!sw_reader_end(&tagged))
            sw_reader_fail(&single);
    }
    if (sw_der_peek(&single) == EXPLICIT(1)) {
        tagged = sw_der_enter(&single, EXPLICIT(1));
        if (!read_extensions(&tagged, NULL))
            sw_reader_fail(&single);
    }
    if (!sw_reader_end(&single))
        sw_reader_fail(responses);
    return !responses->failed;
}

/* ResponderID: [1] Name or [2] KeyHash. */
static bool read_responder(struct sw_ocsp *ocsp, struct sw_reader *data)
{
    bool by_name = sw_der_peek(data) == EXPLICIT(1);
    struct sw_reader tagged = sw_der_enter(data, EXPLICIT(by_name ? 1 : 2));

    if (!by_name) {
        ocsp->by_key = sw_der_read(&tagged, SW_DER_OCTET_STRING);
        return sw_reader_end(&tagged) && ocsp->by_key.len > 0;
    }
    ocsp->by_name = sw_der_read_whole(&tagged, SW_DER_SEQUENCE);
    return sw_reader_end(&tagged) && sw_cert_name_valid(ocsp->by_name);
}

/* ResponseData, RFC 6960 4.2.1. */
static bool read_data(struct sw_ocsp *ocsp)
{
    struct sw_reader r = sw_reader_of_slice(ocsp->tbs), data = sw_der_enter(&r, SW_DER_SEQUENCE), tagged, walk;
    struct sw_ocsp_single single;

    if (sw_der_peek(&data) == EXPLICIT(0)) {
        tagged = sw_der_enter(&data, EXPLICIT(0));
        if (sw_der_read_uint(&tagged) != 0 || !sw_reader_end(&tagged))
            return false;
    }
    if (!read_responder(ocsp, &data))
        return false;
    ocsp->produced_at = sw_der_read_time(&data, NULL);
    ocsp->responses = sw_der_read(&data, SW_DER_SEQUENCE);
    for (walk = sw_reader_of_slice(ocsp->responses); sw_ocsp_next(&walk, &single);)
        ;
    if (!sw_reader_end(&walk))
        return false;
    if (sw_der_peek(&data) == EXPLICIT(1)) {
        tagged = sw_der_enter(&data, EXPLICIT(1));
        if (!read_extensions(&tagged, &ocsp->nonce))
            return false;
    }
    return sw_reader_end(&data) && sw_reader_end(&r);
}

static bool read_basic(struct sw_ocsp *ocsp, struct sw_slice der)
{
    struct sw_reader r = sw_reader_of_slice(der), seq = sw_der_enter(&r, SW_DER_SEQUENCE), tagged;
    unsigned unused;

    ocsp->tbs = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    ocsp->sig_scheme = sw_sigalg_parse(sw_der_read_whole(&seq, SW_DER_SEQUENCE), &ocsp->sig_salt);
    ocsp->sig = sw_der_read_bits(&seq, &unused);
    if (sw_der_peek(&seq) == EXPLICIT(0)) {
        tagged = sw_der_enter(&seq, EXPLICIT(0));
        ocsp->certs = sw_der_read(&tagged, SW_DER_SEQUENCE);
        if (!sw_reader_end(&tagged))
            return false;
    }
    return sw_reader_end(&seq) && sw_reader_end(&r) && unused == 0 && read_data(ocsp);
}

enum sw_err sw_ocsp_parse(struct sw_ocsp *ocsp, const uint8_t *der, size_t len)
{
    struct sw_reader r = sw_reader_of(der, len), seq = sw_der_enter(&r, SW_DER_SEQUENCE), tagged, bytes;
    struct sw_slice status = sw_der_read(&seq, SW_DER_ENUMERATED), oid, basic;

    memset(ocsp, 0, sizeof *ocsp);
    if (len > SW_OCSP_LEN_MAX || status.len != 1 || status.p[0] != SUCCESSFUL)
        return SW_ERR_OCSP;
    tagged = sw_der_enter(&seq, EXPLICIT(0));
    bytes = sw_der_enter(&tagged, SW_DER_SEQUENCE);
    oid = sw_der_read(&bytes, SW_DER_OID);
    basic = sw_der_read(&bytes, SW_DER_OCTET_STRING);
    if (!sw_reader_end(&bytes) || !sw_reader_end(&tagged) || !sw_reader_end(&seq) || !sw_reader_end(&r))
        return SW_ERR_OCSP;
    return sw_oid_is(oid, &oid_basic) && read_basic(ocsp, basic) ? SW_OK : SW_ERR_OCSP;
}

/* --- believing ---------------------------------------------------------------------------------------------------- */

/* The hash of a certificate's subjectPublicKey, without the count of unused bits. */
static bool hash_key(const struct sw_cert *cert, enum sw_hash_id hash, uint8_t out[SW_HASH_MAX])
{
    struct sw_reader r = sw_reader_of_slice(cert->spki), spki = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice bits;
    unsigned unused;

    (void)sw_der_read(&spki, SW_DER_SEQUENCE);
    bits = sw_der_read_bits(&spki, &unused);
    return sw_hash_once(hash, bits.p, bits.len, out) == SW_OK;
}

static bool digest_is(const uint8_t *digest, enum sw_hash_id hash, struct sw_slice want)
{
    return sw_slice_eq((struct sw_slice){digest, sw_hash_len(hash)}, want);
}

/*
 * How a response names the issuer, in each hash that occurred: found once, for it may name it in ten thousand answers.
 */
struct issuer_id {
    const struct sw_cert *cert, *issuer;
    size_t len;
    struct {
        enum sw_hash_id hash;
        uint8_t name[SW_HASH_MAX], key[SW_HASH_MAX];
    } by[SW_HASH_COUNT];
};

static bool names_issuer(struct issuer_id *id, const struct sw_ocsp_single *s)
{
    size_t i = 0;

    while (i < id->len && id->by[i].hash != s->hash)
        i++;
    if (i == id->len) {
        id->by[i].hash = s->hash;
        if (sw_hash_once(s->hash, id->cert->issuer.p, id->cert->issuer.len, id->by[i].name) != SW_OK ||
            !hash_key(id->issuer, s->hash, id->by[i].key))
            return false;
        id->len++;
    }
    return digest_is(id->by[i].name, s->hash, s->name_hash) && digest_is(id->by[i].key, s->hash, s->key_hash);
}

static bool is_about(struct issuer_id *id, const struct sw_ocsp_single *s)
{
    return s->hash != SW_HASH_NONE && sw_slice_eq(s->serial, id->cert->serial) && names_issuer(id, s);
}

static bool is_responder(const struct sw_ocsp *ocsp, const struct sw_cert *c)
{
    uint8_t digest[SW_HASH_MAX];

    if (ocsp->by_key.len > 0)
        return hash_key(c, SW_HASH_SHA1, digest) && digest_is(digest, SW_HASH_SHA1, ocsp->by_key);
    return sw_cert_name_eq(ocsp->by_name, c->subject);
}

/* RFC 6960 4.2.2.2: directly under the issuer, for OCSP, valid now. */
static bool is_delegated(const struct sw_cert *c, const struct sw_cert *issuer, int64_t time)
{
    if ((c->eku & SW_EKU_OCSP_SIGNING) == 0 || c->unknown_critical || (c->flaws & SW_FLAW_SIG_ALG_MISMATCH) != 0)
        return false;
    if (time < c->not_before || time > c->not_after || !sw_cert_name_eq(c->issuer, issuer->subject))
        return false;
    if (c->has_key_usage && (c->key_usage & SW_KU_DIGITAL_SIGNATURE) == 0)
        return false;
    if (sw_key_is_weak(&c->key, false) != NULL || sw_scheme_is_weak(c->sig_scheme) != NULL)
        return false;
    return sw_sigalg_verify(&issuer->key, c->sig_scheme, c->sig_salt, c->tbs, c->sig) == SW_OK;
}

/* The key that may have signed: the issuer's own, or a delegate's from the response. */
static bool find_key(const struct sw_ocsp *ocsp, const struct sw_cert *issuer, int64_t time, struct sw_pubkey *key)
{
    struct sw_reader r = sw_reader_of_slice(ocsp->certs);
    struct sw_cert c;

    *key = issuer->key;
    if (is_responder(ocsp, issuer))
        return true;
    for (unsigned n = 0; n < SW_OCSP_CERTS && sw_reader_left(&r) > 0; n++) {
        struct sw_slice der = sw_der_read_whole(&r, SW_DER_SEQUENCE);

        if (der.len == 0 || sw_cert_parse(&c, der.p, der.len) != SW_OK || !is_responder(ocsp, &c))
            continue;
        *key = c.key;
        if (is_delegated(&c, issuer, time))
            return true;
    }
    return false;
}

static const char *check_times(const struct sw_ocsp_single *s, int64_t time)
{
    if (time < s->this_update)
        return "it is not valid yet";
    if (s->next_update == 0)
        return "it does not say until when it is valid";
    return time > s->next_update ? "it is out of date" : NULL;
}

/* The answer for this certificate; of several, the newest. */
static bool find_answer(const struct sw_ocsp *ocsp, const struct sw_cert *cert, const struct sw_cert *issuer,
                        struct sw_ocsp_single *answer)
{
    struct sw_reader r = sw_reader_of_slice(ocsp->responses);
    struct issuer_id id = {.cert = cert, .issuer = issuer};
    struct sw_ocsp_single s;
    bool found = false;

    while (sw_ocsp_next(&r, &s))
        if (is_about(&id, &s) && (!found || s.this_update > answer->this_update)) {
            *answer = s;
            found = true;
        }
    return found;
}

enum sw_err sw_ocsp_verify(const struct sw_ocsp *ocsp, const struct sw_cert *cert, const struct sw_cert *issuer,
                           int64_t time, struct sw_slice nonce, struct sw_ocsp_single *answer, const char **why)
{
    struct sw_pubkey key;
    enum sw_err err;

    *why = NULL;
    if (nonce.len > 0 && !sw_slice_eq(nonce, ocsp->nonce))
        *why = "it does not repeat the nonce";
    else if (!find_answer(ocsp, cert, issuer, answer))
        *why = "it says nothing about this certificate";
    else if (sw_scheme_is_weak(ocsp->sig_scheme) != NULL)
        *why = "its signature algorithm is too weak or not supported";
    else if (!find_key(ocsp, issuer, time, &key))
        *why = "its signer was not appointed by the certificate's issuer";
    else
        *why = check_times(answer, time);
    if (*why != NULL)
        return SW_ERR_OCSP;
    err = sw_sigalg_verify(&key, ocsp->sig_scheme, ocsp->sig_salt, ocsp->tbs, ocsp->sig);
    if (err == SW_OK || err == SW_ERR_MEMORY)
        return err;
    *why = "its signature does not verify";
    return SW_ERR_OCSP;
}
