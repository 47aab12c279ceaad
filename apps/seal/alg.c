/* The tables behind alg.h. */
#include "apps/seal/alg.h"
#include "ttp/cert.h"
#include "ttp/sign.h"

/* clang-format off */
const struct seal_oid seal_oid_data           = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}};
const struct seal_oid seal_oid_signed         = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}};
const struct seal_oid seal_oid_enveloped      = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03}};
const struct seal_oid seal_oid_auth_enveloped = {11, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17}};
const struct seal_oid seal_oid_content_type   = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03}};
const struct seal_oid seal_oid_message_digest = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04}};
const struct seal_oid seal_oid_signing_time   = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}};
const struct seal_oid seal_oid_rsa            = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}};
const struct seal_oid seal_oid_oaep           = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07}};
const struct seal_oid seal_oid_mgf1           = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08}};
const struct seal_oid seal_oid_pss            = {9,  {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}};
const struct seal_oid seal_oid_ec             = {7,  {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}};

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
    struct seal_oid oid;
    uint8_t key_len;
} wraps[] = {
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d}}, 32}, /* id-aes256-wrap */
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x19}}, 24},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x05}}, 16},
};

/* Our curves have cofactor 1, so that the two families compute the same (SEC 1 3.3). */
static const struct {
    struct seal_oid oid;
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

static const struct {
    struct seal_oid oid;
    enum sw_hash_id hash;
    uint16_t pkcs1; /* the scheme that plain rsaEncryption means with this digest */
} digests[] = {
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}}, SW_HASH_SHA256, 0x0401},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}}, SW_HASH_SHA384, 0x0501},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}}, SW_HASH_SHA512, 0x0601},
};

static const struct seal_oid oid_sha1      = {5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}};
static const struct seal_oid oid_specified = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x09}};
/* clang-format on */

enum { ED448 = 0x0808 }; /* TLS's number of the signature scheme */

#define COUNT(table) (sizeof(table) / sizeof *(table))

bool seal_oid_is(struct sw_slice got, const struct seal_oid *want)
{
    return got.len == want->len && memcmp(got.p, want->der, got.len) == 0;
}

void seal_oid_write(struct sw_writer *w, const struct seal_oid *oid)
{
    sw_der_write(w, SW_DER_OID, oid->der, oid->len);
}

const struct seal_cipher *seal_cipher_by_oid(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(ciphers); i++)
        if (seal_oid_is(oid, &ciphers[i].oid))
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
        if (seal_oid_is(oid, &wraps[i].oid))
            return wraps[i].key_len;
    return 0;
}

void seal_wrap_write(struct sw_writer *w)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    seal_oid_write(w, &wraps[0].oid);
    sw_der_close(w, alg);
}

enum sw_hash_id seal_ecdh_hash(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(ecdh); i++)
        if (seal_oid_is(oid, &ecdh[i].oid))
            return ecdh[i].hash;
    return SW_HASH_NONE;
}

void seal_ecdh_write(struct sw_writer *w)
{
    seal_oid_write(w, &ecdh[0].oid);
}

/* --- hashes ------------------------------------------------------------------------------------------------------- */

/* An AlgorithmIdentifier whose parameters are NULL or absent (RFC 5754 2): its OID. */
static struct sw_slice read_plain(struct sw_reader *r)
{
    struct sw_reader alg = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    if (sw_reader_left(&alg) > 0 && sw_der_read(&alg, SW_DER_NULL).len != 0)
        sw_reader_fail(&alg);
    return sw_reader_end(&alg) ? oid : (struct sw_slice){NULL, 0};
}

static enum sw_hash_id digest_of(struct sw_slice oid)
{
    for (size_t i = 0; i < COUNT(digests); i++)
        if (seal_oid_is(oid, &digests[i].oid))
            return digests[i].hash;
    return SW_HASH_NONE;
}

enum sw_hash_id seal_digest_read(struct sw_reader *r)
{
    return digest_of(read_plain(r));
}

void seal_digest_write(struct sw_writer *w, enum sw_hash_id hash)
{
    for (size_t i = 0; i < COUNT(digests); i++)
        if (digests[i].hash == hash) {
            size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
            seal_oid_write(w, &digests[i].oid);
            sw_der_close(w, alg);
            return;
        }
    w->failed = true;
}

/* --- OAEP and PSS ------------------------------------------------------------------------------------------------- */

/* In OAEP a hash need not resist collisions, and SHA-1 is what is meant where none is named (RFC 4055 4.1). */
static enum sw_hash_id oaep_hash(struct sw_reader *r)
{
    struct sw_slice oid = read_plain(r);
    return seal_oid_is(oid, &oid_sha1) ? SW_HASH_SHA1 : digest_of(oid);
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
        if (!seal_oid_is(sw_der_read(&mgf, SW_DER_OID), &seal_oid_mgf1))
            return SW_HASH_NONE;
        mgf_hash = oaep_hash(&mgf);
    }
    if (sw_der_peek(&seq) == (SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED)) {
        struct sw_reader field = sw_der_enter(&seq, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
        struct sw_reader label = sw_der_enter(&field, SW_DER_SEQUENCE);
        if (!seal_oid_is(sw_der_read(&label, SW_DER_OID), &oid_specified) ||
            sw_der_read(&label, SW_DER_OCTET_STRING).len != 0)
            return SW_HASH_NONE;
    }
    return sw_reader_end(&seq) && hash == mgf_hash ? hash : SW_HASH_NONE;
}

/* [0] hash and [1] MGF1 with the same, as OAEP and PSS both begin. */
static void write_hash_and_mgf(struct sw_writer *w, enum sw_hash_id hash)
{
    size_t field = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    seal_digest_write(w, hash);
    sw_der_close(w, field);
    field = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    size_t mgf = sw_der_open(w, SW_DER_SEQUENCE);
    seal_oid_write(w, &seal_oid_mgf1);
    seal_digest_write(w, hash);
    sw_der_close(w, mgf);
    sw_der_close(w, field);
}

void seal_oaep_write(struct sw_writer *w)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    seal_oid_write(w, &seal_oid_oaep);
    size_t params = sw_der_open(w, SW_DER_SEQUENCE);
    write_hash_and_mgf(w, SW_HASH_SHA256);
    sw_der_close(w, params);
    sw_der_close(w, alg);
}

static void write_pss(struct sw_writer *w, enum sw_hash_id hash)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
    seal_oid_write(w, &seal_oid_pss);
    size_t params = sw_der_open(w, SW_DER_SEQUENCE);
    write_hash_and_mgf(w, hash);
    size_t salt = sw_der_open(w, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
    sw_der_write_int(w, (uint32_t)sw_hash_len(hash));
    sw_der_close(w, salt);
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
    if (scheme->padding == SW_SIG_PSS) {
        write_pss(w, scheme->hash);
    } else if (scheme->padding == SW_SIG_PKCS1) {
        size_t alg = sw_der_open(w, SW_DER_SEQUENCE);
        seal_oid_write(w, &seal_oid_rsa);
        sw_der_write(w, SW_DER_NULL, NULL, 0);
        sw_der_close(w, alg);
    } else {
        sw_sigalg_encode(w, scheme);
    }
}

const struct sw_sigscheme *seal_scheme_read(struct sw_slice algorithm, enum sw_hash_id digest, uint16_t *salt)
{
    struct sw_reader r = sw_reader_of_slice(algorithm);
    *salt = 0;
    if (seal_oid_is(read_plain(&r), &seal_oid_rsa)) {
        for (size_t i = 0; i < COUNT(digests); i++)
            if (digests[i].hash == digest)
                return sw_sigscheme_by_id(digests[i].pkcs1);
        return NULL;
    }
    const struct sw_sigscheme *scheme = sw_sigalg_parse(algorithm, salt);
    /* a SHA-1 scheme ends here, too: no digest that is read is SHA-1 */
    return !scheme || scheme->id == ED448 || seal_scheme_digest(scheme) != digest ? NULL : scheme;
}
