/*
 * The parts that certificates, requests, revocation lists and OCSP responses have in common when they are made.
 */
#include "ttp/sign.h"
#include "base/civil.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/oid.h"
#include <stdio.h>
#include <string.h>

/* --- schemes --- */

/* TLS's numbers of the schemes that sign X.509 structures here, and the AlgorithmIdentifier of each. */
enum {
    RSA_SHA256 = 0x0401,
    RSA_SHA384 = 0x0501,
    RSA_SHA512 = 0x0601,
    PSS_SHA256 = 0x0809,
    PSS_SHA384 = 0x080a,
    PSS_SHA512 = 0x080b,
    ECDSA_SHA256 = 0x0403,
    ECDSA_SHA384 = 0x0503,
    ECDSA_SHA512 = 0x0603,
    ED25519 = 0x0807,
    ED448 = 0x0808
};

struct algorithm {
    uint16_t id;
    bool null; /* RSA's parameters are NULL (RFC 4055 5), the others have none */
    uint8_t len;
    uint8_t oid[9];
};

static const struct algorithm algorithms[] = {
    {RSA_SHA256, true, 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}},
    {RSA_SHA384, true, 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c}},
    {RSA_SHA512, true, 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d}},
    {ECDSA_SHA256, false, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}},
    {ECDSA_SHA384, false, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03}},
    {ECDSA_SHA512, false, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04}},
    {ED25519, false, 3, {0x2b, 0x65, 0x70}},
    {ED448, false, 3, {0x2b, 0x65, 0x71}},
};

/* The hash that the key is bound to, if it is to one. */
static const struct sw_sigscheme *pss_scheme(enum sw_hash_id bound, bool self)
{
    enum sw_hash_id hash = bound != SW_HASH_NONE ? bound : self ? SW_HASH_SHA256 : SW_HASH_SHA384;
    return sw_sigscheme_by_id(hash == SW_HASH_SHA512 ? PSS_SHA512 : hash == SW_HASH_SHA384 ? PSS_SHA384 : PSS_SHA256);
}

const struct sw_sigscheme *sw_sign_scheme(const struct sw_pubkey *key, bool self)
{
    switch (key->type) {
    case SW_KEY_RSA_PSS:
        return pss_scheme(key->pss_hash, self);
    case SW_KEY_RSA:
        return sw_sigscheme_by_id(self ? RSA_SHA256 : RSA_SHA384);
    case SW_KEY_EC:
        return sw_sigscheme_by_id(key->curve == SW_CURVE_P256   ? ECDSA_SHA256
                                  : key->curve == SW_CURVE_P384 ? ECDSA_SHA384
                                                                : ECDSA_SHA512);
    case SW_KEY_ED25519:
        return sw_sigscheme_by_id(ED25519);
    case SW_KEY_ED448:
        return sw_sigscheme_by_id(ED448);
    default:
        return NULL;
    }
}

/* Whatever kind of RSA key it is: in X.509 the key says so, not the signature (RFC 4055 3.1). */
static void write_pss(struct sw_writer *w, enum sw_hash_id hash)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, sw_oid_rsa_pss.der, sw_oid_rsa_pss.len);
    sw_pss_write(w, hash, sw_hash_len(hash));
    sw_der_close(w, alg);
}

void sw_sigalg_encode(struct sw_writer *w, const struct sw_sigscheme *scheme)
{
    if (scheme && scheme->padding == SW_SIG_PSS) {
        write_pss(w, scheme->hash);
        return;
    }
    for (size_t i = 0; scheme && i < sizeof algorithms / sizeof *algorithms; i++) {
        const struct algorithm *a = &algorithms[i];
        if (a->id != scheme->id)
            continue;
        size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write(w, SW_DER_OID, a->oid, a->len);
        if (a->null)
            sw_der_write(w, SW_DER_NULL, NULL, 0);
        sw_der_close(w, alg);
        return;
    }
    w->failed = true;
}

enum sw_err sw_sign_wrap(struct sw_writer *w, struct sw_slice tbs, const struct sw_privkey *key,
                         const struct sw_sigscheme *scheme)
{
    uint8_t sig[SW_SIG_MAX];
    size_t len;
    enum sw_err err = sw_privkey_sign(key, scheme, tbs.p, tbs.len, sig, &len);
    if (err != SW_OK)
        return err;
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_write_slice(w, tbs);
    sw_sigalg_encode(w, scheme);
    size_t bits = sw_der_open(w, SW_DER_BIT_STRING);
    sw_write_u8(w, 0);
    sw_write_bytes(w, sig, len);
    sw_der_close(w, bits);
    sw_der_close(w, seq);
    return sw_writer_ok(w) ? SW_OK : SW_ERR_SPACE;
}

/* --- names --- */

static size_t characters(const char *text)
{
    return sw_text_characters((struct sw_slice){(const uint8_t *)text, strlen(text)});
}

static bool is_country(const char *text)
{
    return strlen(text) == 2 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

const char *sw_subject_check(const struct sw_subject *s)
{
    if (s->country && *s->country && !is_country(s->country))
        return "a country is two capital letters (ISO 3166)";
    if (s->org && *s->org && (!characters(s->org) || characters(s->org) > 64))
        return "an organisation is at most 64 characters of UTF-8, none of which controls the text";
    if (!s->cn || !characters(s->cn) || characters(s->cn) > 64)
        return "a common name is 1 to 64 characters of UTF-8, none of which controls the text (a longer name of a host "
               "can stand behind a shorter one)";
    return NULL;
}

/* One RelativeDistinguishedName; type is the last number of 2.5.4.x. */
static void write_rdn(struct sw_writer *w, unsigned type, uint8_t string, const char *value)
{
    const uint8_t oid[] = {0x55, 0x04, (uint8_t)type};
    if (!value || !*value)
        return;
    size_t set = sw_der_open(w, SW_DER_SET);
    size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_der_write(w, SW_DER_OID, oid, sizeof oid);
    sw_der_write(w, string, value, strlen(value));
    sw_der_close(w, seq);
    sw_der_close(w, set);
}

void sw_subject_encode(struct sw_writer *w, const struct sw_subject *s)
{
    size_t name = sw_der_open(w, SW_DER_SEQUENCE);
    write_rdn(w, 6, SW_DER_PRINTABLE_STRING, s->country); /* RFC 5280 A.1: countryName is a PrintableString */
    write_rdn(w, 10, SW_DER_UTF8_STRING, s->org);
    write_rdn(w, 3, SW_DER_UTF8_STRING, s->cn);
    sw_der_close(w, name);
}

/* --- times --- */

enum { YEAR_1950 = -631152000 }; /* where UTCTime begins; GeneralizedTime ends with 9999 */

static void write_time(struct sw_writer *w, int64_t time, bool general)
{
    struct sw_civil c = sw_time_split(time);
    char text[48];
    if (time < YEAR_1950 || time > INT64_C(253402300799)) {
        w->failed = true;
        return;
    }
    int n =
        snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
    bool utc = c.year < 2050 && !general;
    int skip = utc ? 2 : 0;
    sw_der_write(w, utc ? SW_DER_UTC_TIME : SW_DER_GENERALIZED_TIME, text + skip, (size_t)(n - skip));
}

void sw_time_encode(struct sw_writer *w, int64_t time)
{
    write_time(w, time, false);
}

void sw_generalized_time_encode(struct sw_writer *w, int64_t time)
{
    write_time(w, time, true);
}

/* --- key identifiers --- */

enum sw_err sw_key_id(struct sw_slice spki, uint8_t out[SW_KEY_ID_LEN])
{
    uint8_t digest[SW_HASH_MAX];
    struct sw_reader r = sw_reader_of_slice(spki);
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    (void)sw_der_read(&seq, SW_DER_SEQUENCE);
    struct sw_slice bits = sw_der_read(&seq, SW_DER_BIT_STRING);
    if (!sw_reader_end(&seq) || bits.len < 2)
        return SW_ERR_DER;
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, bits.p + 1, bits.len - 1, digest);
    memcpy(out, digest, SW_KEY_ID_LEN);
    return err;
}
