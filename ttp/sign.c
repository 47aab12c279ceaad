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

const struct sw_sigscheme *sw_sign_scheme(const struct sw_pubkey *key, bool self)
{
    enum sw_hash_id hash = self ? SW_HASH_SHA256 : SW_HASH_SHA384;

    switch (key->type) {
    case SW_KEY_RSA_PSS:
        return sw_sigscheme_of(key->type, SW_SIG_PSS, key->pss_hash != SW_HASH_NONE ? key->pss_hash : hash);
    case SW_KEY_RSA:
        return sw_sigscheme_of(key->type, SW_SIG_PKCS1, hash);
    case SW_KEY_EC:
        hash = key->curve == SW_CURVE_P256   ? SW_HASH_SHA256
               : key->curve == SW_CURVE_P384 ? SW_HASH_SHA384
                                             : SW_HASH_SHA512;
        return sw_sigscheme_of(key->type, SW_SIG_ECDSA, hash);
    default:
        return sw_sigscheme_of(key->type, SW_SIG_EDDSA, SW_HASH_NONE);
    }
}

void sw_sigalg_encode(struct sw_writer *w, const struct sw_sigscheme *scheme)
{
    if (!scheme || (scheme->hash != SW_HASH_NONE && !sw_hash_is_strong(scheme->hash))) {
        w->failed = true;
        return;
    }
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    if (scheme->padding == SW_SIG_PSS) {
        sw_oid_write(w, &sw_oid_rsa_pss); /* whatever kind of RSA key: in X.509 the key says which (RFC 4055 3.1) */
        sw_pss_write(w, scheme->hash, sw_hash_len(scheme->hash));
    } else {
        sw_oid_write(w, &scheme->oid);
    }
    if (scheme->padding == SW_SIG_PKCS1)
        sw_der_write(w, SW_DER_NULL, NULL,
                     0); /* RFC 4055 5; the others have no parameters (RFC 5758 3.2, RFC 8410 3) */
    sw_der_close(w, alg);
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
