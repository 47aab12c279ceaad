/* The tables behind alg.h. */
#include "apps/seal/alg.h"
#include "ttp/cert.h"
#include "ttp/sign.h"

/* clang-format off */
const struct sw_oid seal_oid_data           = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}};
const struct sw_oid seal_oid_signed         = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}};
const struct sw_oid seal_oid_enveloped      = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03}};
const struct sw_oid seal_oid_auth_enveloped = {11, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17}};
const struct sw_oid seal_oid_content_type   = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03}};
const struct sw_oid seal_oid_message_digest = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04}};
const struct sw_oid seal_oid_signing_time   = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}};
const struct sw_oid seal_oid_oaep           = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07}};

/* The first is what Sealwax writes. */
static const struct seal_cipher ciphers[] = {
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e}}, "AES-256-GCM", 32, true},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x1a}}, "AES-192-GCM", 24, true},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x06}}, "AES-128-GCM", 16, true},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a}}, "AES-256-CBC", 32, false},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16}}, "AES-192-CBC", 24, false},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02}}, "AES-128-CBC", 16, false},
};

static const struct {
    struct sw_oid oid;
    uint8_t key_len;
} wraps[] = {
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d}}, 32}, /* id-aes256-wrap */
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x19}}, 24},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x05}}, 16},
};

/* Our curves have cofactor 1, so that the two families compute the same (SEC 1 3.3). */
static const struct {
    struct sw_oid oid;
    enum sw_hash_id hash;
} ecdh[] = {
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0b, 0x01}},                   SW_HASH_SHA256}, /* dhSinglePass-stdDH-sha256kdf-scheme */
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0b, 0x02}},                   SW_HASH_SHA384},
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0b, 0x03}},                   SW_HASH_SHA512},
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0b, 0x00}},                   SW_HASH_SHA224},
    {{9, {0x2b, 0x81, 0x05, 0x10, 0x86, 0x48, 0x3f, 0x00, 0x02}}, SW_HASH_SHA1},
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0e, 0x01}},                   SW_HASH_SHA256}, /* dhSinglePass-cofactorDH-sha256kdf-scheme */
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0e, 0x02}},                   SW_HASH_SHA384},
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0e, 0x03}},                   SW_HASH_SHA512},
    {{6, {0x2b, 0x81, 0x04, 0x01, 0x0e, 0x00}},                   SW_HASH_SHA224},
    {{9, {0x2b, 0x81, 0x05, 0x10, 0x86, 0x48, 0x3f, 0x00, 0x03}}, SW_HASH_SHA1},
};

static const struct sw_oid oid_specified = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x09}};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof *(table))

const struct seal_cipher *seal_cipher_by_oid(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(ciphers); i++)
        if (sw_oid_is(oid, &ciphers[i].oid))
            return &ciphers[i];
    return NULL;
}

const struct seal_cipher *seal_cipher_default(void)
{
    return &ciphers[0];
}

size_t seal_wrap_len(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(wraps); i++)
        if (sw_oid_is(oid, &wraps[i].oid))
            return wraps[i].key_len;
    return 0;
}

void seal_wrap_write(struct sw_writer *w)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &wraps[0].oid);
    sw_der_close(w, alg);
}

enum sw_hash_id seal_ecdh_hash(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(ecdh); i++)
        if (sw_oid_is(oid, &ecdh[i].oid))
            return ecdh[i].hash;
    return SW_HASH_NONE;
}

void seal_ecdh_write(struct sw_writer *w)
{
    sw_oid_write(w, &ecdh[0].oid);
}

/* --- hashes ------------------------------------------------------------------------------------------------------- */

/* A hash that is good enough for signatures; else SW_HASH_NONE. */
static enum sw_hash_id strong(enum sw_hash_id hash)
{
    return sw_hash_is_strong(hash) ? hash : SW_HASH_NONE;
}

enum sw_hash_id seal_digest_read(struct sw_reader *r)
{
    return strong(sw_hash_alg_read(r));
}

/* Without parameters, as CMS has it (RFC 5754 2). */
void seal_digest_write(struct sw_writer *w, enum sw_hash_id hash)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, sw_hash_is_strong(hash) ? &sw_hash_info(hash)->oid : NULL);
    sw_der_close(w, alg);
}

/* --- OAEP -------------------------------------------------------------------------------------------------------- */

/* In OAEP a hash need not resist collisions, and SHA-1 is what is meant where none is named (RFC 4055 4.1). */
static enum sw_hash_id oaep_hash(struct sw_reader *r)
{
    enum sw_hash_id hash = sw_hash_alg_read(r);
    return hash == SW_HASH_SHA1 ? hash : strong(hash);
}

enum sw_hash_id seal_oaep_read(struct sw_reader *params)
{
    enum sw_hash_id hash = SW_HASH_SHA1, mgf_hash = SW_HASH_SHA1;
    struct sw_reader seq = sw_der_enter(params, SW_DER_SEQUENCE);
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED)) {
        struct sw_reader field = sw_der_enter(&seq, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        hash = oaep_hash(&field);
    }
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED)) {
        struct sw_reader field = sw_der_enter(&seq, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
        struct sw_reader mgf = sw_der_enter(&field, SW_DER_SEQUENCE);
        if (!sw_oid_is(sw_der_read(&mgf, SW_DER_OID), &sw_oid_mgf1))
            return SW_HASH_NONE;
        mgf_hash = oaep_hash(&mgf);
    }
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED)) {
        struct sw_reader field = sw_der_enter(&seq, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
        struct sw_reader label = sw_der_enter(&field, SW_DER_SEQUENCE);
        if (!sw_oid_is(sw_der_read(&label, SW_DER_OID), &oid_specified) ||
            sw_der_read(&label, SW_DER_OCTET_STRING).len != 0)
            return SW_HASH_NONE;
    }
    return sw_reader_end(&seq) && hash == mgf_hash ? hash : SW_HASH_NONE;
}

void seal_oaep_write(struct sw_writer *w)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &seal_oid_oaep);
    size_t params = sw_der_open(w, SW_DER_SEQUENCE);
    size_t field = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    seal_digest_write(w, SW_HASH_SHA256);
    sw_der_close(w, field);
    field = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    size_t mgf = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &sw_oid_mgf1);
    seal_digest_write(w, SW_HASH_SHA256);
    sw_der_close(w, mgf);
    sw_der_close(w, field);
    sw_der_close(w, params);
    sw_der_close(w, alg);
}

/* --- signatures --------------------------------------------------------------------------------------------------- */

const struct sw_sigscheme *seal_scheme_for(const struct sw_pubkey *key)
{
    /* Ed448 wants SHAKE256 over the content (RFC 8419 2.3), which no layer below has. */
    return key->type == SW_KEY_ED448 ? NULL : sw_sign_scheme(key, true);
}

enum sw_hash_id seal_scheme_digest(const struct sw_sigscheme *scheme)
{
    return scheme->hash == SW_HASH_NONE ? SW_HASH_SHA512 : scheme->hash;
}

void seal_scheme_write(struct sw_writer *w, const struct sw_sigscheme *scheme)
{
    if (scheme->padding != SW_SIG_PKCS1) {
        sw_sigalg_encode(w, scheme);
        return;
    }
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &sw_oid_rsa);
    sw_der_write(w, SW_DER_NULL, NULL, 0);
    sw_der_close(w, alg);
}

const struct sw_sigscheme *seal_scheme_read(struct sw_slice algorithm, enum sw_hash_id digest, uint16_t *salt)
{
    struct sw_reader r = sw_reader_of_slice(algorithm);
    *salt = 0;
    if (sw_oid_is(sw_plain_alg_read(&r), &sw_oid_rsa))
        return sw_sigscheme_of(SW_KEY_RSA, SW_SIG_PKCS1, digest);
    const struct sw_sigscheme *scheme = sw_sigalg_parse(algorithm, salt);
    /* a SHA-1 scheme ends here, too: no digest that is read is SHA-1 */
    return !scheme || scheme->key == SW_KEY_ED448 || seal_scheme_digest(scheme) != digest ? NULL : scheme;
}
