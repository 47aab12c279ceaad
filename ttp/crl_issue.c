/* Revocation lists and OCSP responses, field by field in the order of their RFCs. */
#include "ttp/crl_issue.h"
#include "ttp/der.h"
#include "ttp/oid.h"
#include "ttp/sign.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- reasons --- */

static const char *const reasons[SW_REASON_COUNT] = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", NULL,
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
};

const char *sw_reason_name(int reason)
{
    return reason >= 0 && reason < SW_REASON_COUNT ? reasons[reason] : NULL;
}

int sw_reason_by_name(const char *name)
{
    for (int i = 0; i < SW_REASON_COUNT; i++)
        if (reasons[i] && strcasecmp(reasons[i], name) == 0)
            return i;
    return SW_REASON_NONE;
}

/* --- what both use --- */

/* How the issuer's key signs. SW_ERR_UNSUPPORTED: it cannot; SW_ERR_KEY_MISMATCH: it is not the issuer's. */
static enum sw_err scheme_of(const struct sw_cert *issuer, const struct sw_privkey *key,
                             const struct sw_sigscheme **out)
{
    *out = sw_sign_scheme(sw_privkey_public(key), false);
    if (!*out)
        return SW_ERR_UNSUPPORTED;
    return sw_pubkey_eq(sw_privkey_public(key), &issuer->key) ? SW_OK : SW_ERR_KEY_MISMATCH;
}

static void write_reason(struct sw_writer *w, int reason)
{
    const uint8_t value = (uint8_t)reason;
    sw_der_write(w, SW_DER_ENUMERATED, &value, 1);
}

/* Sign buf's contents into out. */
static enum sw_err sign(struct sw_writer *tbs, const struct sw_privkey *key, const struct sw_sigscheme *scheme,
                        struct sw_writer *w)
{
    return sw_writer_ok(tbs) ? sw_sign_wrap(w, (struct sw_slice){tbs->buf, tbs->len}, key, scheme) : SW_ERR_SPACE;
}

/* --- lists --- */

/* Entry extension reasonCode; "unspecified" is said by leaving it out (RFC 5280 5.3.1). */
static void write_entry(struct sw_writer *w, const struct sw_revoked *r)
{
    static const uint8_t oid_reason[] = {0x55, 0x1d, 21};
    size_t entry = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_INTEGER, r->serial.p, r->serial.len);
    sw_time_encode(w, r->at);
    if (r->reason > SW_REASON_UNSPECIFIED) {
        size_t list = sw_der_open(w, SW_DER_SEQUENCE), ext = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write(w, SW_DER_OID, oid_reason, sizeof oid_reason);
        size_t value = sw_der_open(w, SW_DER_OCTET_STRING);
        write_reason(w, r->reason);
        sw_der_close(w, value);
        sw_der_close(w, ext);
        sw_der_close(w, list);
    }
    sw_der_close(w, entry);
}

static void write_authority_key_id(struct sw_writer *w, struct sw_slice id)
{
    static const uint8_t oid[] = {0x55, 0x1d, 35};
    size_t ext = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    size_t value = sw_der_open(w, SW_DER_OCTET_STRING), seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_CONTEXT(0), id.p, id.len);
    sw_der_close(w, seq);
    sw_der_close(w, value);
    sw_der_close(w, ext);
}

static void write_number(struct sw_writer *w, uint64_t number)
{
    static const uint8_t oid[] = {0x55, 0x1d, 20};
    uint8_t be[8];
    for (int i = 0; i < 8; i++)
        be[i] = (uint8_t)(number >> (56 - 8 * i));
    size_t ext = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    size_t value = sw_der_open(w, SW_DER_OCTET_STRING);
    sw_der_write_unsigned(w, (struct sw_slice){be, sizeof be});
    sw_der_close(w, value);
    sw_der_close(w, ext);
}

static void write_list(struct sw_writer *w, const struct sw_crl_issue *what, struct sw_slice key_id,
                       const struct sw_sigscheme *scheme)
{
    size_t tbs = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write_int(w, 1); /* v2 */
    sw_sigalg_encode(w, scheme);
    sw_write_slice(w, what->issuer->subject);
    sw_time_encode(w, what->this_update);
    sw_time_encode(w, what->next_update);
    if (what->revoked_len) { /* an empty list is an absent one: RFC 5280 5.1.2.6 */
        size_t entries = sw_der_open(w, SW_DER_SEQUENCE);
        for (size_t i = 0; i < what->revoked_len; i++)
            write_entry(w, &what->revoked[i]);
        sw_der_close(w, entries);
    }
    size_t tagged = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED), list = sw_der_open(w, SW_DER_SEQUENCE);
    write_authority_key_id(w, key_id);
    write_number(w, what->number);
    sw_der_close(w, list);
    sw_der_close(w, tagged);
    sw_der_close(w, tbs);
}

enum sw_err sw_crl_encode(const struct sw_crl_issue *what, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t id[SW_KEY_ID_LEN];
    const struct sw_sigscheme *scheme;
    enum sw_err err = scheme_of(what->issuer, what->key, &scheme);
    if (err == SW_OK)
        err = sw_key_id(what->issuer->spki, id);
    if (err != SW_OK)
        return err;
    uint8_t *buf = malloc(cap);
    if (!buf)
        return SW_ERR_MEMORY;
    struct sw_slice key_id = what->issuer->ski.len ? what->issuer->ski : (struct sw_slice){id, sizeof id};
    struct sw_writer tbs = sw_writer_of(buf, cap), w = sw_writer_of(out, cap);
    write_list(&tbs, what, key_id, scheme);
    err = sign(&tbs, what->key, scheme, &w);
    *len = w.len;
    free(buf);
    return err;
}

/* --- responses --- */

/* SHA-1 of the issuer's subjectPublicKey: RFC 6960's issuerKeyHash and KeyHash. */
static enum sw_err hash_key(const struct sw_cert *issuer, uint8_t out[SW_HASH_MAX])
{
    unsigned unused;
    struct sw_reader r = sw_reader_of_slice(issuer->spki), spki = sw_der_enter(&r, SW_DER_SEQUENCE);
    (void)sw_der_read(&spki, SW_DER_SEQUENCE);
    struct sw_slice bits = sw_der_read_bits(&spki, &unused);
    return sw_reader_end(&spki) ? sw_hash_once(SW_HASH_SHA1, bits.p, bits.len, out) : SW_ERR_DER;
}

/* CertID with SHA-1: RFC 6960 4.1.1; RFC 5019 2.1.1 demands it of the clients that get stapled responses. */
static enum sw_err write_cert_id(struct sw_writer *w, const struct sw_ocsp_issue *what)
{
    uint8_t name[SW_HASH_MAX], key[SW_HASH_MAX];
    enum sw_err err = sw_hash_once(SW_HASH_SHA1, what->issuer->subject.p, what->issuer->subject.len, name);
    if (err == SW_OK)
        err = hash_key(what->issuer, key);
    size_t id = sw_der_open(w, SW_DER_SEQUENCE);
    sw_hash_alg_write(w, SW_HASH_SHA1);
    sw_der_write(w, SW_DER_OCTET_STRING, name, 20);
    sw_der_write(w, SW_DER_OCTET_STRING, key, 20);
    sw_der_write(w, SW_DER_INTEGER, what->serial.p, what->serial.len);
    sw_der_close(w, id);
    return err;
}

static void write_status(struct sw_writer *w, const struct sw_revoked *revoked)
{
    if (!revoked) {
        sw_der_write(w, SW_DER_CONTEXT(0), NULL, 0); /* good */
        return;
    }
    size_t status = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    sw_generalized_time_encode(w, revoked->at);
    if (revoked->reason > SW_REASON_UNSPECIFIED) {
        size_t reason = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        write_reason(w, revoked->reason);
        sw_der_close(w, reason);
    }
    sw_der_close(w, status);
}

/* ResponseData: the responder is named by its key, and nonces are for those who ask, not for stapling. */
static enum sw_err write_response_data(struct sw_writer *w, const struct sw_ocsp_issue *what)
{
    uint8_t hash[SW_HASH_MAX];
    enum sw_err err = hash_key(what->issuer, hash);
    size_t data = sw_der_open(w, SW_DER_SEQUENCE), by_key = sw_der_open(w, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
    sw_der_write(w, SW_DER_OCTET_STRING, hash, 20);
    sw_der_close(w, by_key);
    sw_generalized_time_encode(w, what->this_update); /* producedAt */
    size_t list = sw_der_open(w, SW_DER_SEQUENCE), single = sw_der_open(w, SW_DER_SEQUENCE);
    if (err == SW_OK)
        err = write_cert_id(w, what);
    write_status(w, what->revoked);
    sw_generalized_time_encode(w, what->this_update);
    size_t next = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    sw_generalized_time_encode(w, what->next_update);
    sw_der_close(w, next);
    sw_der_close(w, single);
    sw_der_close(w, list);
    sw_der_close(w, data);
    return err;
}

enum sw_err sw_ocsp_encode(const struct sw_ocsp_issue *what, uint8_t *out, size_t cap, size_t *len)
{
    static const uint8_t oid_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    const uint8_t successful = 0;
    uint8_t buf[SW_OCSP_MAX];
    const struct sw_sigscheme *scheme;
    enum sw_err err = scheme_of(what->issuer, what->key, &scheme);
    if (err != SW_OK)
        return err;
    struct sw_writer tbs = sw_writer_of(buf, sizeof buf), w = sw_writer_of(out, cap);
    err = write_response_data(&tbs, what);
    size_t response = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_ENUMERATED, &successful, 1);
    size_t tagged = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED), bytes = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_OID, oid_basic, sizeof oid_basic);
    size_t basic = sw_der_open(&w, SW_DER_OCTET_STRING);
    if (err == SW_OK)
        err = sign(&tbs, what->key, scheme, &w);
    sw_der_close(&w, basic);
    sw_der_close(&w, bytes);
    sw_der_close(&w, tagged);
    sw_der_close(&w, response);
    *len = w.len;
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}
