/*
 * ECDSA on the NIST curves (FIPS 186-5), and ECDH with a certificate's key for CMS. Signatures are read by a strict
 * parser of our own before wolfCrypt sees them: DER with two positive, minimal integers below the order, nothing behind
 * them.
 */
#include "base/pkey_kinds.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <string.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

struct curve {
    uint16_t id;
    int wolf;
    unsigned bits;
    uint8_t field_len;
    uint8_t order[SW_EC_FIELD_MAX]; /* big-endian, field_len bytes; SEC 2 */
};

/* clang-format off */
static const struct curve curves[] = {
    {SW_CURVE_P256, ECC_SECP256R1, 256, 32,
     {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}},
    {SW_CURVE_P384, ECC_SECP384R1, 384, 48,
     {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
      0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73}},
    {SW_CURVE_P521, ECC_SECP521R1, 521, 66,
     {0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09,
      0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38,
      0x64, 0x09}},
};
/* clang-format on */

static const struct curve *curve_of(uint16_t id)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (curves[i].id == id)
            return &curves[i];
    return NULL;
}

/*
 * One INTEGER of a signature: positive, minimal, below the order. Lengths stay under 128 bytes, so the short form is
 * the only one.
 */
static bool read_integer(struct sw_reader *r, const struct curve *curve, mp_int *out)
{
    bool tagged = sw_read_u8(r) == 0x02;
    struct sw_reader body = sw_read_vec8(r);
    struct sw_slice v = sw_read_rest(&body);
    uint8_t padded[SW_EC_FIELD_MAX] = {0};
    bool zero = true;

    if (!tagged || v.len == 0 || (v.p[0] & 0x80) != 0)
        return false;
    if (v.p[0] == 0 && v.len > 1) {
        if ((v.p[1] & 0x80) == 0)
            return false;
        v.p++;
        v.len--;
    }
    if (v.len > curve->field_len)
        return false;
    memcpy(padded + curve->field_len - v.len, v.p, v.len);
    for (size_t i = 0; i < v.len; i++)
        zero = zero && v.p[i] == 0;
    return !zero && memcmp(padded, curve->order, curve->field_len) < 0 && mp_init(out) == MP_OKAY &&
           mp_read_unsigned_bin(out, v.p, (word32)v.len) == MP_OKAY;
}

static bool read_signature(const uint8_t *sig, size_t len, const struct curve *curve, mp_int *r, mp_int *s)
{
    struct sw_reader in = sw_reader_of(sig, len), body;
    bool ok = sw_read_u8(&in) == 0x30;
    size_t n = sw_read_u8(&in);

    if (n == 0x81) { /* two P-521 integers need the long form */
        n = sw_read_u8(&in);
        ok = ok && n >= 0x80;
    } else {
        ok = ok && n < 0x80;
    }
    body = sw_reader_of_slice(sw_read_bytes(&in, n));
    return ok && sw_reader_end(&in) && read_integer(&body, curve, r) && read_integer(&body, curve, s) &&
           sw_reader_end(&body);
}

/* A public point as a wolfCrypt key: uncompressed, on the curve. */
static enum sw_err import_point(ecc_key *ec, const struct curve *curve, struct sw_slice point)
{
    if (point.len != 1 + 2u * curve->field_len || point.p[0] != 0x04)
        return SW_ERR_SIGNATURE;
    if (wc_ecc_init_ex(ec, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    if (wc_ecc_import_x963_ex(point.p, (word32)point.len, ec, curve->wolf) != 0 ||
        wc_ecc_point_is_on_curve(&ec->pubkey, wc_ecc_get_curve_idx(curve->wolf)) != 0) {
        wc_ecc_free(ec);
        return SW_ERR_SIGNATURE;
    }
    return SW_OK;
}

enum sw_err sw_ec_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                         const uint8_t *sig, size_t sig_len)
{
    const struct curve *curve = curve_of(key->curve);
    ecc_key ec;
    mp_int r, s;
    int good = 0, rc;
    enum sw_err err;

    if (curve == NULL)
        return SW_ERR_UNSUPPORTED;
    if (!read_signature(sig, sig_len, curve, &r, &s))
        return SW_ERR_SIGNATURE;
    err = import_point(&ec, curve, key->point);
    if (err != SW_OK)
        return err;
    rc = wc_ecc_verify_hash_ex(&r, &s, digest, (word32)sw_hash_len(scheme->hash), &good, &ec);
    wc_ecc_free(&ec);
    if (rc == MEMORY_E)
        return SW_ERR_MEMORY;
    return rc == 0 && good == 1 ? SW_OK : SW_ERR_SIGNATURE;
}

enum sw_err sw_ec_sign(struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest, uint8_t *sig,
                       size_t *sig_len)
{
    WC_RNG *rng = sw_rand_wolf();
    word32 len = SW_SIG_MAX;
    int rc;

    if (rng == NULL)
        return SW_ERR_RANDOM;
    pthread_mutex_lock(&key->lock);
    rc = wc_ecc_sign_hash(digest, (word32)sw_hash_len(scheme->hash), sig, &len, rng, &key->u.ec);
    pthread_mutex_unlock(&key->lock);
    *sig_len = rc == 0 ? len : 0;
    return rc == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* The public point out of the wolfCrypt structure into our own bytes. */
static enum sw_err publish(struct sw_privkey *key, const struct curve *curve)
{
    word32 len = sizeof key->public_bytes;

    if (wc_ecc_export_x963(&key->u.ec, key->public_bytes, &len) != 0)
        return SW_ERR_KEY_DECODE;
    key->pub.curve = curve->id;
    key->pub.bits = curve->bits;
    key->pub.point = (struct sw_slice){key->public_bytes, len};
    return SW_OK;
}

enum sw_err sw_ec_generate(struct sw_privkey *key, uint16_t id)
{
    const struct curve *curve = curve_of(id);
    WC_RNG *rng = sw_rand_wolf();

    if (curve == NULL)
        return SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    if (wc_ecc_init_ex(&key->u.ec, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    if (wc_ecc_make_key_ex(rng, curve->field_len, &key->u.ec, curve->wolf) != 0)
        return SW_ERR_CRYPTO;
    return publish(key, curve);
}

static enum sw_err import_scalar(struct sw_privkey *key, const struct curve *curve, struct sw_slice scalar)
{
    WC_RNG *rng = sw_rand_wolf();

    if (rng == NULL)
        return SW_ERR_RANDOM;
    if (wc_ecc_init_ex(&key->u.ec, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    if (wc_ecc_import_private_key_ex(scalar.p, (word32)scalar.len, NULL, 0, &key->u.ec, curve->wolf) != 0 ||
        wc_ecc_make_pub_ex(&key->u.ec, NULL, rng) != 0)
        return SW_ERR_KEY_DECODE;
    return publish(key, curve);
}

enum sw_err sw_privkey_new_ec(struct sw_privkey **out, uint16_t id, struct sw_slice scalar)
{
    const struct curve *curve = curve_of(id);
    struct sw_privkey *key;
    enum sw_err err;

    if (curve == NULL)
        return SW_ERR_UNSUPPORTED;
    if (scalar.len != curve->field_len || memcmp(scalar.p, curve->order, curve->field_len) >= 0)
        return SW_ERR_KEY_DECODE;
    key = sw_privkey_alloc(SW_KEY_EC);
    if (key == NULL)
        return SW_ERR_MEMORY;
    err = import_scalar(key, curve, scalar);
    if (err != SW_OK) {
        sw_privkey_free(key);
        return err;
    }
    *out = key;
    return SW_OK;
}

void sw_ec_free(struct sw_privkey *key)
{
    wc_ecc_free(&key->u.ec);
}

enum sw_err sw_privkey_ecdh(const struct sw_privkey *key, struct sw_slice point, uint8_t *out, size_t *out_len)
{
    struct sw_privkey *own = (struct sw_privkey *)(uintptr_t)key; /* its lock and wolfCrypt's scratch state change */
    const struct curve *curve = curve_of(key->pub.curve);
    WC_RNG *rng = sw_rand_wolf();
    word32 len;
    ecc_key peer;
    enum sw_err err;
    int rc;

    if (key->pub.type != SW_KEY_EC || key->ops != NULL || curve == NULL)
        return SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    err = import_point(&peer, curve, point);
    if (err != SW_OK)
        return err == SW_ERR_SIGNATURE ? SW_ERR_KEY_SHARE : err;
    len = curve->field_len;
    pthread_mutex_lock(&own->lock);
    (void)wc_ecc_set_rng(&own->u.ec, rng);
    rc = wc_ecc_shared_secret(&own->u.ec, &peer, out, &len);
    (void)wc_ecc_set_rng(&own->u.ec, NULL); /* it belongs to this thread */
    pthread_mutex_unlock(&own->lock);
    wc_ecc_free(&peer);
    *out_len = len;
    return rc == 0 ? SW_OK : SW_ERR_KEY_SHARE;
}

/* The EC half of sw_privkey_scalar; EdDSA's is in pkey_ed.c. */
enum sw_err sw_ec_scalar(struct sw_privkey *key, uint8_t *buf, size_t cap, size_t *len)
{
    const struct curve *curve = curve_of(key->pub.curve);
    word32 n;
    int rc;

    if (curve == NULL)
        return SW_ERR_UNSUPPORTED;
    if (cap < curve->field_len)
        return SW_ERR_SPACE;
    n = curve->field_len;
    pthread_mutex_lock(&key->lock);
    rc = wc_ecc_export_private_only(&key->u.ec, buf, &n);
    pthread_mutex_unlock(&key->lock);
    *len = n;
    return rc == 0 && n == curve->field_len ? SW_OK : SW_ERR_CRYPTO;
}
