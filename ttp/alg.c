/*
 * AlgorithmIdentifiers of signatures and public keys (RFC 3279, 4055, 5480, 8410). What is not in these tables is not
 * supported.
 */
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/oid.h"

/* --- algorithms --------------------------------------------------------------------------------------------------- */

/* clang-format off */
const struct sw_oid sw_oid_rsa     = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}};
const struct sw_oid sw_oid_rsa_pss = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}};
const struct sw_oid sw_oid_mgf1    = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08}};
const struct sw_oid sw_oid_ec      = {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}};
const struct sw_oid sw_oid_ed25519 = {3, {0x2b, 0x65, 0x70}};
const struct sw_oid sw_oid_ed448   = {3, {0x2b, 0x65, 0x71}};

static const struct {
    struct sw_oid oid;
    uint16_t curve;
    uint16_t bits;
} curves[] = {
    {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}}, SW_CURVE_P256, 256},
    {{5, {0x2b, 0x81, 0x04, 0x00, 0x22}},                   SW_CURVE_P384, 384},
    {{5, {0x2b, 0x81, 0x04, 0x00, 0x23}},                   SW_CURVE_P521, 521},
};
/* clang-format on */

void sw_oid_write(struct sw_writer *w, const struct sw_oid *oid)
{
    if (oid != NULL)
        sw_der_write(w, SW_DER_OID, oid->der, oid->len);
    else
        w->failed = true;
}

struct sw_slice sw_plain_alg_read(struct sw_reader *r)
{
    struct sw_reader alg = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);

    if (sw_reader_left(&alg) > 0 && sw_der_read(&alg, SW_DER_NULL).len != 0)
        sw_reader_fail(&alg);
    if (!sw_reader_end(&alg))
        sw_reader_fail(r);
    return r->failed ? (struct sw_slice){NULL, 0} : oid;
}

enum sw_hash_id sw_hash_alg_read(struct sw_reader *r)
{
    return sw_hash_by_oid(sw_plain_alg_read(r));
}

void sw_hash_alg_write(struct sw_writer *w, enum sw_hash_id hash)
{
    size_t alg = sw_der_open(w, SW_DER_SEQUENCE);

    sw_oid_write(w, &sw_hash_info(hash)->oid);
    sw_der_write(w, SW_DER_NULL, NULL, 0);
    sw_der_close(w, alg);
}

/* What RSASSA-PSS-params do not name (RFC 4055 3.1); the hash that is meant then is SHA-1, which is not accepted. */
enum { SALT_DEFAULT = 20 };

/*
 * RSASSA-PSS-params (RFC 4055 3.1): a SHA-2 hash, MGF1 with the same, a salt of any length that a signature has room
 * for, trailer 1.
 */
static enum sw_hash_id read_pss(struct sw_reader *alg, uint16_t *salt)
{
    struct sw_reader params = sw_der_enter(alg, SW_DER_SEQUENCE), field, mgf;
    enum sw_hash_id hash;
    struct sw_slice oid;
    uint64_t len = SALT_DEFAULT;

    field = sw_der_enter(&params, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    hash = sw_hash_alg_read(&field);
    if (!sw_hash_is_strong(hash) || !sw_reader_end(&field))
        return SW_HASH_NONE;
    field = sw_der_enter(&params, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    mgf = sw_der_enter(&field, SW_DER_SEQUENCE);
    oid = sw_der_read(&mgf, SW_DER_OID);
    if (!sw_oid_is(oid, &sw_oid_mgf1) || sw_hash_alg_read(&mgf) != hash || !sw_reader_end(&mgf) ||
        !sw_reader_end(&field))
        return SW_HASH_NONE;
    if (sw_der_peek(&params) == (SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED)) {
        field = sw_der_enter(&params, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
        len = sw_der_read_uint(&field);
        if (len > SW_SIG_MAX || !sw_reader_end(&field))
            return SW_HASH_NONE;
    }
    *salt = (uint16_t)len;
    if (sw_reader_left(&params) > 0) {
        field = sw_der_enter(&params, SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED);
        if (sw_der_read_uint(&field) != 1 || !sw_reader_end(&field))
            return SW_HASH_NONE;
    }
    return sw_reader_end(&params) && sw_reader_end(alg) ? hash : SW_HASH_NONE;
}

bool sw_pss_key_read(struct sw_reader *alg, enum sw_hash_id *hash, uint16_t *salt)
{
    *hash = SW_HASH_NONE;
    *salt = 0;
    if (sw_reader_left(alg) == 0)
        return !alg->failed;
    *hash = read_pss(alg, salt);
    return *hash != SW_HASH_NONE;
}

void sw_pss_write(struct sw_writer *w, enum sw_hash_id hash, size_t salt)
{
    size_t params, field, mgf;

    if (hash == SW_HASH_NONE)
        return;
    params = sw_der_open(w, SW_DER_SEQUENCE);
    field = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    sw_hash_alg_write(w, hash);
    sw_der_close(w, field);
    field = sw_der_open(w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    mgf = sw_der_open(w, SW_DER_SEQUENCE);
    sw_oid_write(w, &sw_oid_mgf1);
    sw_hash_alg_write(w, hash);
    sw_der_close(w, mgf);
    sw_der_close(w, field);
    if (salt != SALT_DEFAULT) {
        field = sw_der_open(w, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
        sw_der_write_int(w, (uint32_t)salt);
        sw_der_close(w, field);
    }
    sw_der_close(w, params);
}

/*
 * Whether an element of a universal type has the form of that type; what is inside it is whoever's who knows what it is
 * for.
 */
static bool form_valid(unsigned tag, struct sw_slice v)
{
    bool constructed = (tag & SW_DER_CONSTRUCTED) != 0;

    if (tag >= 0x40)
        return true;
    if (tag == SW_DER_SEQUENCE || tag == SW_DER_SET)
        return true;
    switch (tag) {
    case SW_DER_BOOLEAN:
        return v.len == 1 && (v.p[0] == 0 || v.p[0] == 0xff);
    case SW_DER_NULL:
        return v.len == 0;
    case SW_DER_BIT_STRING:
        return v.len > 0 && v.p[0] < 8 && (v.len > 1 || v.p[0] == 0);
    case SW_DER_INTEGER:
    case SW_DER_ENUMERATED:
    case SW_DER_OID:
        return v.len > 0;
    case 0: /* end of contents, which DER does not have */
    case SW_DER_SEQUENCE & ~SW_DER_CONSTRUCTED:
    case SW_DER_SET & ~SW_DER_CONSTRUCTED:
        return false;
    default:
        return !constructed;
    }
}

bool sw_algorithm_valid(struct sw_slice algorithm)
{
    struct sw_reader r = sw_reader_of_slice(algorithm), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice whole, value;
    unsigned tag;

    (void)sw_der_read(&alg, SW_DER_OID);
    if (sw_der_peek(&alg) == SW_DER_OID) {
        (void)sw_der_read(&alg, SW_DER_OID);
    } else if (sw_reader_left(&alg) > 0) {
        value = sw_der_read_any(&alg, &tag, &whole);
        if (alg.failed || !form_valid(tag, value))
            return false;
    }
    return sw_reader_end(&alg) && sw_reader_end(&r);
}

const struct sw_sigscheme *sw_sigalg_parse(struct sw_slice algorithm, uint16_t *salt)
{
    struct sw_reader r = sw_reader_of_slice(algorithm), alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID);
    const struct sw_sigscheme *scheme;

    *salt = 0;
    if (sw_oid_is(oid, &sw_oid_rsa_pss))
        return sw_sigscheme_of(SW_KEY_RSA, SW_SIG_PSS, read_pss(&alg, salt));
    scheme = sw_sigscheme_by_oid(oid);
    /* RSA's parameters are NULL (RFC 4055 5); absent ones are tolerated, as everybody does */
    if (scheme != NULL && scheme->padding == SW_SIG_PKCS1 && sw_reader_left(&alg) > 0)
        (void)sw_der_read(&alg, SW_DER_NULL);
    return sw_reader_end(&alg) ? scheme : NULL;
}

/*
 * The row for this kind of RSA key: id-RSASSA-PSS in a certificate, list or request does not say which it is (RFC 4055
 * 3.1).
 */
static const struct sw_sigscheme *scheme_for(const struct sw_sigscheme *scheme, const struct sw_pubkey *key)
{
    if (scheme == NULL || scheme->padding != SW_SIG_PSS || key->type != SW_KEY_RSA_PSS)
        return scheme;
    return sw_sigscheme_of(SW_KEY_RSA_PSS, SW_SIG_PSS, scheme->hash);
}

bool sw_sigalg_fits(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt)
{
    return sw_pubkey_fits_salt(key, scheme_for(scheme, key), salt);
}

enum sw_err sw_sigalg_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                             struct sw_slice msg, struct sw_slice sig)
{
    return sw_pubkey_verify_salt(key, scheme_for(scheme, key), salt, msg.p, msg.len, sig.p, sig.len);
}

/* --- public keys -------------------------------------------------------------------------------------------------- */

static unsigned bit_length(struct sw_slice n)
{
    unsigned bits = (unsigned)(n.len * 8);
    uint8_t top = n.len > 0 ? n.p[0] : 0;

    while (bits > 0 && (top & 0x80) == 0 && bits % 8 != 1) {
        top = (uint8_t)(top << 1);
        bits--;
    }
    return bits;
}

static bool read_rsa_key(struct sw_pubkey *key, struct sw_slice bits)
{
    struct sw_reader r = sw_reader_of_slice(bits), seq = sw_der_enter(&r, SW_DER_SEQUENCE);

    key->n = sw_der_read_unsigned(&seq);
    key->e = sw_der_read_unsigned(&seq);
    key->bits = bit_length(key->n);
    return sw_reader_end(&seq) && sw_reader_end(&r) && key->n.len > 0 && key->e.len > 0;
}

const struct sw_oid *sw_curve_oid(uint16_t curve)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (curves[i].curve == curve)
            return &curves[i].oid;
    return NULL;
}

uint16_t sw_curve_by_oid(struct sw_slice oid)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (sw_oid_is(oid, &curves[i].oid))
            return curves[i].curve;
    return SW_CURVE_NONE;
}

static bool read_ec_key(struct sw_pubkey *key, struct sw_reader *alg, struct sw_slice bits)
{
    key->curve = sw_curve_by_oid(sw_der_read(alg, SW_DER_OID));
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (curves[i].curve == key->curve)
            key->bits = curves[i].bits;
    if (key->curve == SW_CURVE_NONE)
        key->type = SW_KEY_NONE;
    key->point = bits;
    return sw_reader_end(alg);
}

enum sw_err sw_spki_parse(struct sw_pubkey *key, struct sw_slice spki)
{
    struct sw_reader r = sw_reader_of_slice(spki), seq = sw_der_enter(&r, SW_DER_SEQUENCE), look = seq,
                     alg = sw_der_enter(&seq, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&alg, SW_DER_OID), bits;
    unsigned unused;
    bool ok = true;

    memset(key, 0, sizeof *key);
    bits = sw_der_read_bits(&seq, &unused);
    if (!sw_reader_end(&seq) || !sw_reader_end(&r) || unused != 0 ||
        !sw_algorithm_valid(sw_der_read_whole(&look, SW_DER_SEQUENCE)))
        return SW_ERR_CERT_DECODE;
    if (sw_oid_is(oid, &sw_oid_rsa)) {
        key->type = SW_KEY_RSA;
        ok = sw_der_read(&alg, SW_DER_NULL).len == 0 && sw_reader_end(&alg) && read_rsa_key(key, bits);
    } else if (sw_oid_is(oid, &sw_oid_rsa_pss)) {
        key->type = sw_pss_key_read(&alg, &key->pss_hash, &key->pss_salt) ? SW_KEY_RSA_PSS : SW_KEY_NONE;
        ok = read_rsa_key(key, bits);
    } else if (sw_oid_is(oid, &sw_oid_ec)) {
        key->type = SW_KEY_EC;
        ok = read_ec_key(key, &alg, bits);
    } else if (sw_oid_is(oid, &sw_oid_ed25519) || sw_oid_is(oid, &sw_oid_ed448)) {
        key->type = sw_oid_is(oid, &sw_oid_ed25519) ? SW_KEY_ED25519 : SW_KEY_ED448;
        key->bits = key->type == SW_KEY_ED25519 ? 255 : 448;
        key->point = bits;
        ok = sw_reader_end(&alg);
    }
    return ok ? SW_OK : SW_ERR_CERT_DECODE;
}
