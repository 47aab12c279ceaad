/*
 * Certificates from profiles: TBSCertificate field by field in the order of RFC 5280 4.1, then the extensions, each in
 * a function of its own.
 */
#include "ttp/issue.h"
#include "base/rand.h"
#include "ttp/der.h"
#include "ttp/sign.h"
#include <stdlib.h>
#include <string.h>

/* --- profiles --- */

enum {
    CA_USAGE = SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN,
    TRANSPORT = SW_KU_KEY_ENCIPHERMENT,
    AGREE = SW_KU_KEY_AGREEMENT,
    SIGN = SW_KU_DIGITAL_SIGNATURE
};

/*
 * A server's RSA key transports keys (the classic suites), its EC key only signs. People's keys are also for messages
 * sealed to them, hence keyAgreement. A CA's certificate has no extendedKeyUsage: some verifiers would take it for a
 * constraint on all below.
 */
/* clang-format off */
static const struct sw_profile profiles[] = {
    /* name     ca     eku                                        usage     RSA        EC     days */
    {"server", false, SW_EKU_SERVER_AUTH,                         SIGN,     TRANSPORT, 0,     397},
    {"client", false, SW_EKU_CLIENT_AUTH,                         SIGN,     TRANSPORT, AGREE, 397},
    {"peer",   false, SW_EKU_SERVER_AUTH | SW_EKU_CLIENT_AUTH,    SIGN,     TRANSPORT, AGREE, 397},
    {"email",  false, SW_EKU_EMAIL,                               SIGN,     TRANSPORT, AGREE, 397},
    {"ocsp",   false, SW_EKU_OCSP_SIGNING,                        SIGN,     0,         0,     90},
    {"ca",     true,  0,                                          CA_USAGE, 0,         0,     1825},
    {"root",   true,  0,                                          CA_USAGE, 0,         0,     3650},
};
/* clang-format on */

const struct sw_profile *sw_profile_at(size_t i)
{
    return i < sizeof profiles / sizeof *profiles ? &profiles[i] : NULL;
}

const struct sw_profile *sw_profile_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

enum sw_err sw_serial_make(uint8_t out[SW_SERIAL_LEN])
{
    enum sw_err err = sw_rand_bytes(NULL, out, SW_SERIAL_LEN);
    out[0] = (uint8_t)((out[0] & 0x7f) | 0x40); /* positive, and of one length */
    return err;
}

/* --- extensions --- */

/* id-ce, 2.5.29.x */
enum {
    CE_SUBJECT_KEY_ID = 14,
    CE_KEY_USAGE = 15,
    CE_SAN = 17,
    CE_BASIC = 19,
    CE_NAME_CONSTRAINTS = 30,
    CE_CRL_DP = 31,
    CE_AUTHORITY_KEY_ID = 35,
    CE_EKU = 37
};

struct extension {
    size_t seq, value;
};

static struct extension open_ext(struct sw_writer *w, unsigned id, bool critical)
{
    const uint8_t oid[] = {0x55, 0x1d, (uint8_t)id};
    struct extension e = {.seq = sw_der_open(w, SW_DER_SEQUENCE)};
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    if (critical)
        sw_der_write(w, SW_DER_BOOLEAN, "\xff", 1);
    e.value = sw_der_open(w, SW_DER_OCTET_STRING);
    return e;
}

static void close_ext(struct sw_writer *w, struct extension e)
{
    sw_der_close(w, e.value);
    sw_der_close(w, e.seq);
}

static void write_basic(struct sw_writer *w, const struct sw_issue *what)
{
    struct extension e = open_ext(w, CE_BASIC, true);
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    if (what->profile->ca) {
        sw_der_write(w, SW_DER_BOOLEAN, "\xff", 1);
        if (what->path_len >= 0)
            sw_der_write_int(w, (uint32_t)what->path_len);
    }
    sw_der_close(w, seq);
    close_ext(w, e);
}

/* A named BIT STRING has no trailing zero bits in DER (X.690 11.2.2). */
static void write_key_usage(struct sw_writer *w, unsigned usage)
{
    uint8_t bits[2] = {0, 0};
    unsigned last = 0;
    for (unsigned i = 0; i < 9; i++)
        if (usage & 1u << i) {
            bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
            last = i;
        }
    struct extension e = open_ext(w, CE_KEY_USAGE, true);
    size_t s = sw_der_open(w, SW_DER_BIT_STRING);
    sw_write_u8(w, 7 - last % 8);
    sw_write_bytes(w, bits, 1 + last / 8);
    sw_der_close(w, s);
    close_ext(w, e);
}

static void write_eku(struct sw_writer *w, unsigned eku)
{
    static const struct {
        unsigned bit;
        uint8_t id; /* id-kp, 1.3.6.1.5.5.7.3.x */
    } purposes[] = {{SW_EKU_SERVER_AUTH, 1}, {SW_EKU_CLIENT_AUTH, 2}, {SW_EKU_EMAIL, 4}, {SW_EKU_OCSP_SIGNING, 9}};
    struct extension e = open_ext(w, CE_EKU, false);
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, purposes[i].id};
        if (eku & purposes[i].bit)
            sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    }
    sw_der_close(w, seq);
    close_ext(w, e);
}

/* Critical only where there is no other name: RFC 5280 4.2.1.6. */
static void write_san(struct sw_writer *w, const struct sw_issue *what)
{
    struct extension e = open_ext(w, CE_SAN, what->subject.len <= 2);
    sw_der_write(w, SW_DER_SEQUENCE, what->san.p, what->san.len);
    close_ext(w, e);
}

static void write_subject_key_id(struct sw_writer *w, const uint8_t id[SW_KEY_ID_LEN])
{
    struct extension e = open_ext(w, CE_SUBJECT_KEY_ID, false);
    sw_der_write(w, SW_DER_OCTET_STRING, id, SW_KEY_ID_LEN);
    close_ext(w, e);
}

static void write_authority_key_id(struct sw_writer *w, struct sw_slice id)
{
    struct extension e = open_ext(w, CE_AUTHORITY_KEY_ID, false);
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_CONTEXT(0), id.p, id.len);
    sw_der_close(w, seq);
    close_ext(w, e);
}

static void write_name_constraints(struct sw_writer *w, const struct sw_issue *what)
{
    struct extension e = open_ext(w, CE_NAME_CONSTRAINTS, true);
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    if (what->permit.len)
        sw_der_write(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED, what->permit.p, what->permit.len);
    if (what->exclude.len)
        sw_der_write(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED, what->exclude.p, what->exclude.len);
    sw_der_close(w, seq);
    close_ext(w, e);
}

/* One DistributionPoint with one address: SEQUENCE { SEQUENCE { [0] { [0] { [6] uri } } } }. */
static void write_crl_dp(struct sw_writer *w, const char *url)
{
    struct extension e = open_ext(w, CE_CRL_DP, false);
    size_t points = sw_der_open(w, SW_DER_SEQUENCE), point = sw_der_open(w, SW_DER_SEQUENCE);
    size_t name = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED),
           full = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    sw_der_write(w, SW_DER_CONTEXT(6), url, strlen(url));
    sw_der_close(w, full);
    sw_der_close(w, name);
    sw_der_close(w, point);
    sw_der_close(w, points);
    close_ext(w, e);
}

static void write_access(struct sw_writer *w, uint8_t method, const char *url)
{
    const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, method};
    if (!url)
        return;
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    sw_der_write(w, SW_DER_CONTEXT(6), url, strlen(url));
    sw_der_close(w, seq);
}

/* authorityInfoAccess is no id-ce but id-pe 1, 1.3.6.1.5.5.7.1.1. */
static void write_aia(struct sw_writer *w, const struct sw_issue *what)
{
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01};
    size_t ext = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    size_t value = sw_der_open(w, SW_DER_OCTET_STRING), seq = sw_der_open(w, SW_DER_SEQUENCE);
    write_access(w, 1, what->ocsp_url);
    write_access(w, 2, what->issuer_url);
    sw_der_close(w, seq);
    sw_der_close(w, value);
    sw_der_close(w, ext);
}

/* A responder's own certificate is not asked about: RFC 6960 4.2.2.2.1, id-pkix-ocsp-nocheck. */
static void write_ocsp_nocheck(struct sw_writer *w)
{
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05};
    size_t ext = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    size_t value = sw_der_open(w, SW_DER_OCTET_STRING);
    sw_der_write(w, SW_DER_NULL, NULL, 0);
    sw_der_close(w, value);
    sw_der_close(w, ext);
}

struct key_ids {
    uint8_t subject[SW_KEY_ID_LEN], computed[SW_KEY_ID_LEN];
    struct sw_slice issuer;
};

static enum sw_err make_key_ids(const struct sw_issue *what, struct key_ids *ids)
{
    enum sw_err err = sw_key_id(what->spki, ids->subject);
    ids->issuer = (struct sw_slice){ids->subject, SW_KEY_ID_LEN};
    if (err == SW_OK && what->issuer && what->issuer->ski.len) {
        ids->issuer = what->issuer->ski;
    } else if (err == SW_OK && what->issuer) {
        err = sw_key_id(what->issuer->spki, ids->computed);
        ids->issuer = (struct sw_slice){ids->computed, SW_KEY_ID_LEN};
    }
    return err;
}

static unsigned usage_for(const struct sw_profile *p, const struct sw_pubkey *key)
{
    return p->usage | (key->type == SW_KEY_RSA ? p->usage_rsa : 0) | (key->type == SW_KEY_EC ? p->usage_ec : 0);
}

static void write_extensions(struct sw_writer *w, const struct sw_issue *what, const struct sw_pubkey *key,
                             const struct key_ids *ids)
{
    const struct sw_profile *p = what->profile;
    size_t tagged = sw_der_open(w, SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED), list = sw_der_open(w, SW_DER_SEQUENCE);
    write_basic(w, what);
    write_key_usage(w, usage_for(p, key));
    if (p->eku)
        write_eku(w, p->eku);
    if (what->san.len)
        write_san(w, what);
    write_subject_key_id(w, ids->subject);
    if (what->issuer)
        write_authority_key_id(w, ids->issuer);
    if (what->permit.len || what->exclude.len)
        write_name_constraints(w, what);
    if (what->crl_url)
        write_crl_dp(w, what->crl_url);
    if (what->ocsp_url || what->issuer_url)
        write_aia(w, what);
    if (p->eku & SW_EKU_OCSP_SIGNING)
        write_ocsp_nocheck(w);
    sw_der_close(w, list);
    sw_der_close(w, tagged);
}

/* --- the certificate --- */

static void write_tbs(struct sw_writer *w, const struct sw_issue *what, const struct sw_pubkey *key,
                      const struct key_ids *ids, const struct sw_sigscheme *scheme)
{
    size_t tbs = sw_der_open(w, SW_DER_SEQUENCE);
    size_t version = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    sw_der_write_int(w, 2); /* v3 */
    sw_der_close(w, version);
    sw_der_write(w, SW_DER_INTEGER, what->serial.p, what->serial.len);
    sw_sigalg_encode(w, scheme);
    sw_write_slice(w, what->issuer ? what->issuer->subject : what->subject);
    size_t validity = sw_der_open(w, SW_DER_SEQUENCE);
    sw_time_encode(w, what->not_before);
    sw_time_encode(w, what->not_after);
    sw_der_close(w, validity);
    sw_write_slice(w, what->subject);
    sw_write_slice(w, what->spki);
    write_extensions(w, what, key, ids);
    sw_der_close(w, tbs);
}

enum sw_err sw_issue(const struct sw_issue *what, uint8_t *out, size_t cap, size_t *len)
{
    struct sw_pubkey key;
    struct key_ids ids;
    const struct sw_pubkey *signer = sw_privkey_public(what->key);
    const struct sw_sigscheme *scheme = sw_sign_scheme(signer, !what->issuer);
    if (sw_spki_parse(&key, what->spki) != SW_OK || key.type == SW_KEY_NONE || !scheme)
        return SW_ERR_UNSUPPORTED;
    if (!sw_pubkey_eq(signer, what->issuer ? &what->issuer->key : &key))
        return SW_ERR_KEY_MISMATCH;
    enum sw_err err = make_key_ids(what, &ids);
    if (err != SW_OK)
        return err;
    uint8_t *buf = malloc(cap);
    if (!buf)
        return SW_ERR_MEMORY;
    struct sw_writer tbs = sw_writer_of(buf, cap), w = sw_writer_of(out, cap);
    write_tbs(&tbs, what, &key, &ids, scheme);
    err = sw_writer_ok(&tbs) ? sw_sign_wrap(&w, (struct sw_slice){buf, tbs.len}, what->key, scheme) : SW_ERR_SPACE;
    *len = w.len;
    free(buf);
    return err;
}
