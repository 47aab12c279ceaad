/*
 * Keys in their encodings. The numbers come from base/pkey and go back to it; here is only DER. Every buffer that held
 * a private key is wiped at the function's one exit.
 */
#include "ttp/key.h"
#include "base/wipe.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/key_pbes2.h"
#include "ttp/oid.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the kinds --- */

static const struct sw_key_kind kinds[] = {
    {"rsa2048", SW_KEY_RSA, 2048},      {"rsa3072", SW_KEY_RSA, 3072},      {"rsa4096", SW_KEY_RSA, 4096},
    {"p256", SW_KEY_EC, SW_CURVE_P256}, {"p384", SW_KEY_EC, SW_CURVE_P384}, {"ed25519", SW_KEY_ED25519, 0},
};

const struct sw_key_kind *sw_key_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? &kinds[i] : NULL;
}

const struct sw_key_kind *sw_key_kind_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

char *sw_key_text(const struct sw_pubkey *key, char out[SW_KEY_TEXT_CAP])
{
    static const char *const names[] = {
        [SW_KEY_NONE] = "unknown", [SW_KEY_RSA] = "rsa",         [SW_KEY_RSA_PSS] = "rsa-pss",
        [SW_KEY_EC] = "p",         [SW_KEY_ED25519] = "ed25519", [SW_KEY_ED448] = "ed448"};
    bool sized = key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS || key->type == SW_KEY_EC;
    if (sized)
        snprintf(out, SW_KEY_TEXT_CAP, "%s%u", names[key->type], key->bits);
    else
        snprintf(out, SW_KEY_TEXT_CAP, "%s", names[key->type]);
    return out;
}

/* --- algorithm identifiers of keys --- */

/*
 * RFC 3279 2.3.1 (RSA: NULL), RFC 4055 3.1 (PSS: nothing, or its hash and least salt), RFC 5480 2.1.1 (EC: the curve),
 * RFC 8410 3 (EdDSA: nothing).
 */
static void write_algorithm(struct sw_writer *w, const struct sw_pubkey *key)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    switch (key->type) {
    case SW_KEY_RSA:
        sw_oid_write(w, &sw_oid_rsa);
        sw_der_write(w, SW_DER_NULL, NULL, 0);
        break;
    case SW_KEY_RSA_PSS:
        sw_oid_write(w, &sw_oid_rsa_pss);
        sw_pss_write(w, key->pss_hash, key->pss_salt);
        break;
    case SW_KEY_EC:
        sw_oid_write(w, &sw_oid_ec);
        sw_oid_write(w, sw_curve_oid(key->curve));
        break;
    case SW_KEY_ED25519:
        sw_oid_write(w, &sw_oid_ed25519);
        break;
    case SW_KEY_ED448:
        sw_oid_write(w, &sw_oid_ed448);
        break;
    default:
        w->failed = true;
    }
    sw_der_close(w, alg);
}

/* The numbers are the same whatever the key may sign with. */
static bool is_rsa(const struct sw_pubkey *key)
{
    return key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS;
}

void sw_spki_encode(struct sw_writer *w, const struct sw_pubkey *key)
{
    size_t spki = sw_der_open(w, SW_DER_SEQUENCE);
    write_algorithm(w, key);
    size_t bits = sw_der_open(w, SW_DER_BIT_STRING);
    sw_write_u8(w, 0);
    if (is_rsa(key)) {
        size_t rsa = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write_unsigned(w, key->n);
        sw_der_write_unsigned(w, key->e);
        sw_der_close(w, rsa);
    } else {
        sw_write_slice(w, key->point);
    }
    sw_der_close(w, bits);
    sw_der_close(w, spki);
}

/* --- encoding private keys --- */

/* RSAPrivateKey, RFC 8017 A.1.2. */
static enum sw_err write_rsa(struct sw_writer *w, const struct sw_privkey *key)
{
    uint8_t buf[5 * SW_RSA_MAX_BITS / 8];
    struct sw_rsa_numbers n;
    enum sw_err err = sw_privkey_numbers_rsa(key, &n, buf, sizeof buf);
    if (err == SW_OK) {
        const struct sw_slice parts[] = {n.n, n.e, n.d, n.p, n.q, n.dp, n.dq, n.qinv};
        size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write_int(w, 0);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            sw_der_write_unsigned(w, parts[i]);
        sw_der_close(w, seq);
    }
    sw_wipe(buf, sizeof buf);
    return err;
}

/* ECPrivateKey, RFC 5915 3, with the public key and without the curve, which PKCS#8 names already. */
static enum sw_err write_ec(struct sw_writer *w, const struct sw_privkey *key)
{
    uint8_t scalar[66];
    size_t len;
    enum sw_err err = sw_privkey_scalar(key, scalar, sizeof scalar, &len);
    if (err == SW_OK) {
        struct sw_slice point = sw_privkey_public(key)->point;
        size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
        sw_der_write_int(w, 1);
        sw_der_write(w, SW_DER_OCTET_STRING, scalar, len);
        size_t tagged = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        size_t bits = sw_der_open(w, SW_DER_BIT_STRING);
        sw_write_u8(w, 0);
        sw_write_slice(w, point);
        sw_der_close(w, bits);
        sw_der_close(w, tagged);
        sw_der_close(w, seq);
    }
    sw_wipe(scalar, sizeof scalar);
    return err;
}

/* CurvePrivateKey, RFC 8410 7: the seed in an OCTET STRING of its own. */
static enum sw_err write_ed(struct sw_writer *w, const struct sw_privkey *key)
{
    uint8_t seed[57];
    size_t len;
    enum sw_err err = sw_privkey_scalar(key, seed, sizeof seed, &len);
    if (err == SW_OK)
        sw_der_write(w, SW_DER_OCTET_STRING, seed, len);
    sw_wipe(seed, sizeof seed);
    return err;
}

enum sw_err sw_key_encode(const struct sw_privkey *key, uint8_t *out, size_t cap, size_t *len)
{
    const struct sw_pubkey *pub = sw_privkey_public(key);
    struct sw_writer w = sw_writer_of(out, cap);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_int(&w, 0);
    write_algorithm(&w, pub);
    size_t octets = sw_der_open(&w, SW_DER_OCTET_STRING);
    enum sw_err err = is_rsa(pub) ? write_rsa(&w, key) : pub->type == SW_KEY_EC ? write_ec(&w, key) : write_ed(&w, key);
    sw_der_close(&w, octets);
    sw_der_close(&w, seq);
    *len = w.len;
    if (err == SW_OK && !sw_writer_ok(&w))
        err = SW_ERR_SPACE;
    if (err != SW_OK)
        sw_wipe(out, cap);
    return err;
}

static enum sw_err encrypt(struct sw_slice plain, struct sw_slice pass, uint8_t *out, size_t cap, size_t *len)
{
    struct sw_writer w = sw_writer_of(out, cap);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);
    enum sw_err err = sw_pbes2_encrypt(&w, SW_DER_OCTET_STRING, pass, plain);
    sw_der_close(&w, seq);
    *len = w.len;
    return err == SW_OK && !sw_writer_ok(&w) ? SW_ERR_SPACE : err;
}

enum sw_err sw_key_encode_pem(const struct sw_privkey *key, struct sw_slice pass, char *out, size_t cap, size_t *len)
{
    uint8_t plain[SW_KEY_DER_MAX], sealed[SW_KEY_DER_MAX];
    size_t plain_len, sealed_len = 0;
    enum sw_err err = sw_key_encode(key, plain, sizeof plain, &plain_len);
    if (err == SW_OK && pass.p)
        err = encrypt((struct sw_slice){plain, plain_len}, pass, sealed, sizeof sealed, &sealed_len);
    if (err == SW_OK)
        err = pass.p ? sw_pem_encode("ENCRYPTED PRIVATE KEY", sealed, sealed_len, out, cap, len)
                     : sw_pem_encode("PRIVATE KEY", plain, plain_len, out, cap, len);
    sw_wipe(plain, sizeof plain);
    return err;
}

/* --- decoding private keys --- */

static enum sw_err decode_rsa(struct sw_privkey **out, struct sw_slice der)
{
    struct sw_reader r = sw_reader_of_slice(der);
    struct sw_rsa_numbers n;
    struct sw_slice *parts[] = {&n.n, &n.e, &n.d, &n.p, &n.q, &n.dp, &n.dq, &n.qinv};
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&seq);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        *parts[i] = sw_der_read_unsigned(&seq);
    if (!sw_reader_end(&seq) || !sw_reader_end(&r) || version != 0)
        return SW_ERR_KEY_DECODE;
    return sw_privkey_new_rsa(out, &n);
}

/* alg: behind id-RSASSA-PSS, whose key is written like any RSA key (RFC 4055 3.1). */
static enum sw_err decode_pss(struct sw_privkey **out, struct sw_slice der, struct sw_reader *alg)
{
    enum sw_hash_id hash;
    uint16_t salt;
    if (!sw_pss_key_read(alg, &hash, &salt))
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = decode_rsa(out, der);
    return err == SW_OK ? sw_privkey_restrict_pss(*out, hash, salt) : err;
}

/* curve: 0 if only the key itself says. Its own copy of the public key is not trusted: pkey computes it. */
static enum sw_err decode_ec(struct sw_privkey **out, struct sw_slice der, uint16_t curve)
{
    struct sw_reader r = sw_reader_of_slice(der);
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&seq);
    struct sw_slice scalar = sw_der_read(&seq, SW_DER_OCTET_STRING), point = {NULL, 0};
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED)) {
        struct sw_reader p = sw_der_enter(&seq, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        uint16_t named = sw_curve_by_oid(sw_der_read(&p, SW_DER_OID));
        if (!sw_reader_end(&p) || (curve && curve != named))
            return SW_ERR_KEY_DECODE;
        curve = named;
    }
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED)) {
        struct sw_reader p = sw_der_enter(&seq, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        point = sw_der_read(&p, SW_DER_BIT_STRING);
        if (!sw_reader_end(&p))
            return SW_ERR_KEY_DECODE;
    }
    if (!sw_reader_end(&seq) || !sw_reader_end(&r) || version != 1)
        return SW_ERR_KEY_DECODE;
    if (!curve)
        return SW_ERR_UNSUPPORTED;
    enum sw_err err = sw_privkey_new_ec(out, curve, scalar);
    if (err == SW_OK && point.len > 1) {
        struct sw_slice own = sw_privkey_public(*out)->point, told = {point.p + 1, point.len - 1};
        /* a compressed point says less, and is not worth a decompression here */
        if (told.p[0] == 4 && !sw_slice_eq(own, told)) {
            sw_privkey_free(*out);
            *out = NULL;
            err = SW_ERR_KEY_DECODE;
        }
    }
    return err;
}

static enum sw_err decode_ed(struct sw_privkey **out, struct sw_slice der, enum sw_key_type type)
{
    struct sw_reader r = sw_reader_of_slice(der);
    struct sw_slice seed = sw_der_read(&r, SW_DER_OCTET_STRING);
    return sw_reader_end(&r) ? sw_privkey_new_ed(out, type, seed) : SW_ERR_KEY_DECODE;
}

/*
 * The rest of OneAsymmetricKey behind the version; attributes and a public key may follow the key and are stepped over
 * (RFC 5958 2).
 */
static enum sw_err decode_pkcs8(struct sw_privkey **out, struct sw_reader *seq)
{
    struct sw_reader alg = sw_der_enter(seq, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    struct sw_slice key = sw_der_read(seq, SW_DER_OCTET_STRING);
    if (sw_der_peek(seq) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED))
        (void)sw_der_read(seq, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    if (sw_der_peek(seq) == SW_DER_CONTEXT(1))
        (void)sw_der_read(seq, SW_DER_CONTEXT(1));
    if (!sw_reader_end(seq))
        return SW_ERR_KEY_DECODE;
    if (sw_oid_is(oid, &sw_oid_rsa))
        return decode_rsa(out, key);
    if (sw_oid_is(oid, &sw_oid_rsa_pss))
        return decode_pss(out, key, &alg);
    if (sw_oid_is(oid, &sw_oid_ed25519))
        return decode_ed(out, key, SW_KEY_ED25519);
    if (sw_oid_is(oid, &sw_oid_ed448))
        return decode_ed(out, key, SW_KEY_ED448);
    if (!sw_oid_is(oid, &sw_oid_ec))
        return SW_ERR_UNSUPPORTED;
    uint16_t curve = sw_curve_by_oid(sw_der_read(&alg, SW_DER_OID));
    return curve ? decode_ec(out, key, curve) : SW_ERR_UNSUPPORTED;
}

/* All three begin with a SEQUENCE and a version; what follows tells them apart. */
enum sw_err sw_key_decode(struct sw_privkey **out, const uint8_t *der, size_t len)
{
    struct sw_slice all = {der, len};
    struct sw_reader r = sw_reader_of_slice(all);
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    uint64_t version = sw_der_read_uint(&seq);
    *out = NULL;
    if (!sw_reader_end(&r) || version > 1)
        return SW_ERR_KEY_DECODE;
    switch (sw_der_peek(&seq)) {
    case SW_DER_SEQUENCE:
        return decode_pkcs8(out, &seq);
    case SW_DER_INTEGER:
        return decode_rsa(out, all);
    case SW_DER_OCTET_STRING:
        return decode_ec(out, all, 0);
    default:
        return SW_ERR_KEY_DECODE;
    }
}

/* --- reading files' bytes --- */

/* EncryptedPrivateKeyInfo: an AlgorithmIdentifier, which no plain key begins with. */
static bool looks_encrypted(const uint8_t *der, size_t len)
{
    struct sw_reader r = sw_reader_of(der, len);
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    (void)sw_der_read(&seq, SW_DER_SEQUENCE);
    return sw_der_peek(&seq) ==
           SW_DER_OCTET_STRING; /* certificates, lists and their like have another sequence there */
}

static enum sw_err decrypt(struct sw_privkey **out, const uint8_t *der, size_t len, struct sw_slice pass)
{
    struct sw_reader r = sw_reader_of(der, len);
    struct sw_reader seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_reader alg = sw_der_enter(&seq, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    struct sw_slice params = sw_der_read(&alg, SW_DER_SEQUENCE);
    struct sw_slice cipher = sw_der_read(&seq, SW_DER_OCTET_STRING);
    if (!sw_reader_end(&alg) || !sw_reader_end(&seq) || !sw_reader_end(&r))
        return SW_ERR_KEY_DECODE;
    if (!sw_pbes2_is(oid))
        return SW_ERR_UNSUPPORTED;
    if (!pass.p)
        return SW_ERR_PASSPHRASE;
    uint8_t *plain = malloc(cipher.len ? cipher.len : 1);
    size_t plain_len;
    if (!plain)
        return SW_ERR_MEMORY;
    enum sw_err err = sw_pbes2_decrypt(params, pass, cipher, plain, &plain_len);
    if (err == SW_OK) {
        err = sw_key_decode(out, plain, plain_len);
        if (err == SW_ERR_KEY_DECODE) /* padding that was right by chance */
            err = SW_ERR_PASSPHRASE;
    }
    sw_wipe(plain, cipher.len);
    free(plain);
    return err;
}

static enum sw_err read_der(struct sw_privkey **out, const uint8_t *der, size_t len, struct sw_slice pass)
{
    return looks_encrypted(der, len) ? decrypt(out, der, len, pass) : sw_key_decode(out, der, len);
}

static const char *const labels[] = {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};

/* The first key among the blocks of a PEM file; a key and its certificates may stand in one file. */
static bool find_pem(struct sw_reader *r, struct sw_pem *block)
{
    while (sw_pem_next(r, block))
        for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
            if (sw_pem_is(block, labels[i]))
                return true;
    return false;
}

/* Base64 of old encrypted PEM files stands behind headers, so it is not base64 to the decoder. */
static bool has_headers(const struct sw_pem *block)
{
    return memchr(block->body.p, ':', block->body.len) != NULL;
}

static enum sw_err read_pem(struct sw_privkey **out, struct sw_slice data, struct sw_slice pass)
{
    struct sw_reader r = sw_reader_of_slice(data);
    struct sw_pem block;
    if (!find_pem(&r, &block))
        return SW_ERR_PEM;
    if (has_headers(&block))
        return SW_ERR_UNSUPPORTED;
    size_t cap = block.body.len / 4 * 3 + 3, len;
    uint8_t *der = malloc(cap);
    if (!der)
        return SW_ERR_MEMORY;
    enum sw_err err = sw_pem_decode(&block, der, cap, &len);
    if (err == SW_OK)
        err = read_der(out, der, len, pass);
    sw_wipe(der, cap);
    free(der);
    return err;
}

/* One whole SEQUENCE and nothing else: no text is that. */
static bool is_der(const void *data, size_t len)
{
    struct sw_reader r = sw_reader_of(data, len);
    (void)sw_der_read(&r, SW_DER_SEQUENCE);
    return sw_reader_end(&r);
}

enum sw_err sw_key_read(struct sw_privkey **out, const void *data, size_t len, struct sw_slice pass)
{
    *out = NULL;
    return is_der(data, len) ? read_der(out, data, len, pass) : read_pem(out, (struct sw_slice){data, len}, pass);
}

const char *sw_key_instead(const void *data, size_t len)
{
    struct sw_reader r = sw_reader_of(data, len), again = r;
    struct sw_pem block;
    struct sw_cert cert;
    if (is_der(data, len))
        return sw_cert_parse(&cert, data, len) == SW_OK ? "a certificate" : NULL;
    if (find_pem(&r, &block) || !sw_pem_next(&again, &block))
        return NULL;
    return sw_pem_words(&block);
}

bool sw_key_is_encrypted(const void *data, size_t len)
{
    struct sw_reader r = sw_reader_of(data, len);
    struct sw_pem block;
    if (is_der(data, len))
        return looks_encrypted(data, len);
    return find_pem(&r, &block) && sw_pem_is(&block, "ENCRYPTED PRIVATE KEY");
}
