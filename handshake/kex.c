/*
 * The groups, and the elliptic-curve half of the exchange; the finite fields' is in kex_dh.c.
 *
 * Every key pair is made for one handshake. A peer's value is checked before anything secret touches it: a NIST point
 * must be uncompressed, its coordinates below the prime and on the curve, or an attacker chooses a curve on which our
 * scalar is easy to find piece by piece (the cofactor is 1, so a point on the curve is one of the right order and needs
 * no further check). X25519 and X448 take any string of bytes by design, ignoring X25519's top bit (RFC 7748 5); only
 * the few of small order are refused, by their all-zero result (RFC 8422 5.11, RFC 8446 7.4.2), because with them a
 * peer could fix the secret without knowing it.
 */
#include "handshake/kex.h"
#include "base/ct.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "handshake/ffdhe.h"
#include "handshake/kex_dh.h"
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/curve448.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

enum { X25519_LEN = 32, X448_LEN = 56, NIST_POINT_MAX = 133 };

/* In order of preference; policy.c gives the reasons. */
static const struct sw_group rows[] = {
    /* id              name         OpenSSL's    kind                 bits  public  shared */
    {SW_GROUP_X25519, "x25519", "X25519", SW_GROUP_MONTGOMERY, 255, 32, 32},
    {23, "secp256r1", "P-256", SW_GROUP_NIST, 256, 65, 32},
    {24, "secp384r1", "P-384", SW_GROUP_NIST, 384, 97, 48},
    {SW_GROUP_X448, "x448", "X448", SW_GROUP_MONTGOMERY, 448, 56, 56},
    {25, "secp521r1", "P-521", SW_GROUP_NIST, 521, NIST_POINT_MAX, 66},
    {SW_GROUP_FFDHE2048, "ffdhe2048", NULL, SW_GROUP_FFDHE, 2048, 256, 256},
    {257, "ffdhe3072", NULL, SW_GROUP_FFDHE, 3072, 384, 384},
    {258, "ffdhe4096", NULL, SW_GROUP_FFDHE, 4096, 512, 512},
    {259, "ffdhe6144", NULL, SW_GROUP_FFDHE, 6144, 768, 768},
    {260, "ffdhe8192", NULL, SW_GROUP_FFDHE, 8192, 1024, 1024},
};

/* The longest primes stand last, so a wolfCrypt built for shorter numbers has fewer rows. */
static bool has(const struct sw_group *group)
{
    return group->kind != SW_GROUP_FFDHE || sw_kex_dh_can(group->bits);
}

const struct sw_group *sw_group_row(size_t i)
{
    return i < sizeof rows / sizeof rows[0] && has(&rows[i]) ? &rows[i] : NULL;
}

const struct sw_group *sw_group_by_id(uint16_t id)
{
    const struct sw_group *group;

    for (size_t i = 0; (group = sw_group_row(i)); i++)
        if (group->id == id)
            return group;
    return NULL;
}

static bool name_is(const char *row, const char *name, size_t len)
{
    return row && strlen(row) == len && memcmp(row, name, len) == 0;
}

const struct sw_group *sw_group_by_name(const char *name, size_t len)
{
    const struct sw_group *group;

    for (size_t i = 0; (group = sw_group_row(i)); i++)
        if (name_is(group->name, name, len) || name_is(group->openssl_name, name, len))
            return group;
    return NULL;
}

/* --- x25519, x448 ------------------------------------------------------------------------------------------------- */

/* RFC 7748 5: a multiple of the cofactor, of fixed bit length. */
static void clamp(uint8_t *scalar, size_t len)
{
    if (len == X25519_LEN) {
        scalar[0] &= 0xF8;
        scalar[31] = (uint8_t)((scalar[31] & 0x7F) | 0x40);
    } else {
        scalar[0] &= 0xFC;
        scalar[55] |= 0x80;
    }
}

static enum sw_err montgomery_generate(struct sw_kex *kex, const struct sw_rand *rand)
{
    size_t len = kex->group->public_len;
    enum sw_err err = sw_rand_bytes(rand, kex->secret, len);
    int rc;

    if (err)
        return err;
    SW_CT_SECRET(kex->secret, len); /* before clamping: the bits it fixes are no secret */
    clamp(kex->secret, len);
    kex->secret_len = kex->public_len = len;
    if (len == X25519_LEN)
        rc = wc_curve25519_make_pub(X25519_LEN, kex->public_value, X25519_LEN, kex->secret);
    else
        rc = wc_curve448_make_pub(X448_LEN, kex->public_value, X448_LEN, kex->secret);
    SW_CT_PUBLIC(kex->public_value, len);
    return rc ? SW_ERR_CRYPTO : SW_OK;
}

static int x448(const uint8_t *scalar, const uint8_t *u, uint8_t *out)
{
    curve448_key own, peer;
    word32 len = X448_LEN;
    int rc = wc_curve448_init(&own) | wc_curve448_init(&peer);

    if (!rc)
        rc = wc_curve448_import_private_ex(scalar, X448_LEN, &own, EC448_LITTLE_ENDIAN);
    if (!rc)
        rc = wc_curve448_import_public_ex(u, X448_LEN, &peer, EC448_LITTLE_ENDIAN);
    if (!rc)
        rc = wc_curve448_shared_secret_ex(&own, &peer, out, &len, EC448_LITTLE_ENDIAN);
    wc_curve448_free(&own);
    return rc;
}

static enum sw_err montgomery_derive(const struct sw_kex *kex, struct sw_slice peer, uint8_t *out)
{
    static const uint8_t zero[X448_LEN];
    size_t len = kex->group->public_len;
    bool all_zero;
    int rc;

    if (peer.len != len)
        return SW_ERR_KEY_SHARE;
    if (len == X25519_LEN) {
        uint8_t u[X25519_LEN];
        memcpy(u, peer.p, sizeof u);
        u[31] &= 0x7F;
        rc = wc_curve25519_generic(X25519_LEN, out, X25519_LEN, kex->secret, X25519_LEN, u);
    } else {
        rc = x448(kex->secret, peer.p, out);
    }
    if (rc)
        return SW_ERR_KEY_SHARE;
    /* Whether the result is zero depends on the peer's value alone, never on our scalar: public. */
    all_zero = sw_ct_equal(out, zero, len);
    SW_CT_PUBLIC(&all_zero, sizeof all_zero);
    return all_zero ? SW_ERR_KEY_SHARE : SW_OK;
}

/*
 * --- secp256r1, secp384r1, secp521r1
 * ------------------------------------------------------------------------------------
 *
 * The scalars carry no mark: wolfCrypt looks each window of six bits up in a table of some 65 bytes, and valgrind would
 * report every one. The points themselves are fetched by reading all of them, so what a neighbour on the processor
 * could learn is in which of two cache lines an index fell, once, of a scalar that is used once.
 */

static int curve_of(const struct sw_group *group)
{
    return group->bits == 256 ? ECC_SECP256R1 : group->bits == 384 ? ECC_SECP384R1 : ECC_SECP521R1;
}

/* 1 <= scalar < order of the curve. */
static bool scalar_in_range(const uint8_t *scalar, word32 len, int curve)
{
    const ecc_set_type *set = wc_ecc_get_curve_params(wc_ecc_get_curve_idx(curve));
    mp_int k, order;
    bool ok;

    if (!set || mp_init_multi(&k, &order, NULL, NULL, NULL, NULL) != MP_OKAY)
        return false;
    ok = mp_read_unsigned_bin(&k, scalar, len) == MP_OKAY &&
         mp_read_radix(&order, set->order, MP_RADIX_HEX) == MP_OKAY && !mp_iszero(&k) && mp_cmp(&k, &order) == MP_LT;
    mp_forcezero(&k);
    mp_clear(&order);
    return ok;
}

/* A scalar from a source of one's own, drawn until it is in range: nearly always the first. */
static int nist_draw(ecc_key *key, struct sw_kex *kex, const struct sw_rand *rand, WC_RNG *rng)
{
    enum { TRIES = 64 };
    word32 len = kex->group->shared_len;
    int curve = curve_of(kex->group), rc = RNG_FAILURE_E;

    for (int i = 0; i < TRIES && rc == RNG_FAILURE_E; i++) {
        if (sw_rand_bytes(rand, kex->secret, len))
            break;
        if (kex->group->bits == 521)
            kex->secret[0] &= 1;
        if (scalar_in_range(kex->secret, len, curve))
            rc = wc_ecc_import_private_key_ex(kex->secret, len, NULL, 0, key, curve);
    }
    return rc ? rc : wc_ecc_make_pub_ex(key, NULL, rng);
}

static enum sw_err nist_generate(struct sw_kex *kex, const struct sw_rand *rand)
{
    word32 secret_len = kex->group->shared_len, public_len = kex->group->public_len;
    WC_RNG *rng = sw_rand_wolf();
    ecc_key key;
    int rc;

    if (!rng)
        return SW_ERR_RANDOM;
    if (wc_ecc_init_ex(&key, NULL, INVALID_DEVID))
        return SW_ERR_CRYPTO;
    if (rand && rand->fill)
        rc = nist_draw(&key, kex, rand, rng);
    else
        rc = wc_ecc_make_key_ex(rng, (int)secret_len, &key, curve_of(kex->group));
    if (!rc)
        rc = wc_ecc_export_x963(&key, kex->public_value, &public_len);
    if (!rc)
        rc = wc_ecc_export_private_only(&key, kex->secret, &secret_len);
    wc_ecc_free(&key);
    kex->public_len = public_len;
    kex->secret_len = secret_len;
    return rc == 0 ? SW_OK : rc == RNG_FAILURE_E ? SW_ERR_RANDOM : SW_ERR_CRYPTO;
}

/*
 * y^2 = x^3 + ax + b with x and y below the prime (older wolfCrypts forget that part). wolfCrypt would check the order
 * with it, at the price of another exchange.
 */
static bool on_curve(ecc_key *point)
{
    const ecc_set_type *curve = wc_ecc_get_curve_params(point->idx);
    mp_int prime, a, b;
    bool ok;

    if (!curve || mp_init_multi(&prime, &a, &b, NULL, NULL, NULL) != MP_OKAY)
        return false;
    ok = mp_read_radix(&prime, curve->prime, MP_RADIX_HEX) == MP_OKAY &&
         mp_read_radix(&a, curve->Af, MP_RADIX_HEX) == MP_OKAY &&
         mp_read_radix(&b, curve->Bf, MP_RADIX_HEX) == MP_OKAY && mp_cmp(point->pubkey.x, &prime) == MP_LT &&
         mp_cmp(point->pubkey.y, &prime) == MP_LT && wc_ecc_is_point(&point->pubkey, &a, &b, &prime) == MP_OKAY;
    mp_clear(&prime);
    mp_clear(&a);
    mp_clear(&b);
    return ok;
}

static enum sw_err nist_shared(const struct sw_kex *kex, ecc_key *own, ecc_key *peer, struct sw_slice point,
                               uint8_t *out)
{
    word32 len = kex->group->shared_len;
    int curve = curve_of(kex->group);
    WC_RNG *rng = sw_rand_wolf();

    if (wc_ecc_import_x963_ex(point.p, (word32)point.len, peer, curve) || !on_curve(peer))
        return SW_ERR_KEY_SHARE;
    if (!rng)
        return SW_ERR_RANDOM;
    if (wc_ecc_import_private_key_ex(kex->secret, (word32)kex->secret_len, NULL, 0, own, curve))
        return SW_ERR_CRYPTO;
#ifdef ECC_TIMING_RESISTANT
    if (wc_ecc_set_rng(own, rng))
        return SW_ERR_CRYPTO;
#endif
    if (wc_ecc_shared_secret(own, peer, out, &len) || len != kex->group->shared_len)
        return SW_ERR_CRYPTO;
    SW_CT_SECRET(out, len);
    return SW_OK;
}

static enum sw_err nist_derive(const struct sw_kex *kex, struct sw_slice point, uint8_t *out)
{
    ecc_key own, peer;
    enum sw_err err;

    /* RFC 8422 5.4: uncompressed alone. Infinity is one byte long and falls here, as do compressed and hybrid forms. */
    if (point.len != kex->group->public_len || point.p[0] != 4)
        return SW_ERR_KEY_SHARE;
    if (wc_ecc_init_ex(&own, NULL, INVALID_DEVID))
        return SW_ERR_CRYPTO;
    if (wc_ecc_init_ex(&peer, NULL, INVALID_DEVID)) {
        wc_ecc_free(&own);
        return SW_ERR_CRYPTO;
    }
    err = nist_shared(kex, &own, &peer, point, out);
    wc_ecc_free(&own);
    wc_ecc_free(&peer);
    return err;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

void sw_kex_dh_numbers(const struct sw_kex *kex, struct sw_slice *p, struct sw_slice *g)
{
    static const uint8_t two[] = {2};

    if (kex->group && kex->group->kind == SW_GROUP_FFDHE) {
        *p = sw_ffdhe_by_id(kex->group->id)->p;
        *g = (struct sw_slice){two, sizeof two};
    } else {
        *p = kex->p;
        *g = kex->g;
    }
}

static enum sw_err make(struct sw_kex *kex, const struct sw_rand *rand, size_t exponent_len)
{
    struct sw_slice p, g;

    if (kex->group && kex->group->kind == SW_GROUP_MONTGOMERY)
        return montgomery_generate(kex, rand);
    if (kex->group && kex->group->kind == SW_GROUP_NIST)
        return nist_generate(kex, rand);
    sw_kex_dh_numbers(kex, &p, &g);
    return sw_kex_dh_make(kex, rand, p, g, exponent_len);
}

static enum sw_err make_or_wipe(struct sw_kex *kex, const struct sw_rand *rand, size_t exponent_len)
{
    enum sw_err err = make(kex, rand, exponent_len);

    if (err)
        sw_kex_wipe(kex);
    return err;
}

enum sw_err sw_kex_generate_from(struct sw_kex *kex, const struct sw_rand *rand, const struct sw_group *group)
{
    const struct sw_ffdhe *field = sw_ffdhe_by_id(group->id);

    memset(kex, 0, sizeof *kex);
    kex->group = group;
    return make_or_wipe(kex, rand, field ? field->exponent_len : 0);
}

/*
 * Bytes of an exponent in a group that is not one of RFC 7919's. In a field nobody has vouched for, the order of g may
 * have small factors, each of which gives away a part of the exponent: so many bits of it that the rest is still beyond
 * search.
 */
static size_t exponent_for(struct sw_slice p, bool generator_is_two)
{
    size_t len = generator_is_two ? sw_ffdhe_modp_exponent(p) : 0;

    if (len)
        return len;
    return p.len - 1 < SW_KEX_PRIVATE_MAX ? p.len - 1 : SW_KEX_PRIVATE_MAX;
}

enum sw_err sw_kex_generate_dh_from(struct sw_kex *kex, const struct sw_rand *rand, struct sw_slice p,
                                    struct sw_slice g)
{
    const struct sw_ffdhe *field = NULL;
    bool generator_is_two;
    enum sw_err err;

    memset(kex, 0, sizeof *kex);
    p = sw_kex_dh_number(p);
    g = sw_kex_dh_number(g);
    err = sw_kex_dh_judge(p, g);
    if (err)
        return err;
    kex->p = p;
    kex->g = g;
    generator_is_two = g.len == 1 && g.p[0] == 2;
    if (generator_is_two)
        field = sw_ffdhe_by_prime(p);
    if (field)
        kex->group = sw_group_by_id(field->id);
    return make_or_wipe(kex, rand, field ? field->exponent_len : exponent_for(p, generator_is_two));
}

enum sw_err sw_kex_generate(struct sw_kex *kex, const struct sw_group *group)
{
    return sw_kex_generate_from(kex, NULL, group);
}

enum sw_err sw_kex_generate_dh(struct sw_kex *kex, struct sw_slice p, struct sw_slice g)
{
    return sw_kex_generate_dh_from(kex, NULL, p, g);
}

enum sw_err sw_kex_derive(const struct sw_kex *kex, struct sw_slice peer, bool strip_zeros, uint8_t *out,
                          size_t *out_len)
{
    struct sw_slice p, g;

    if (!kex->group || kex->group->kind == SW_GROUP_FFDHE) {
        sw_kex_dh_numbers(kex, &p, &g);
        return sw_kex_dh_shared(kex, p, g, peer, strip_zeros, out, out_len);
    }
    *out_len = kex->group->shared_len;
    return kex->group->kind == SW_GROUP_NIST ? nist_derive(kex, peer, out) : montgomery_derive(kex, peer, out);
}

unsigned sw_kex_bits(const struct sw_kex *kex)
{
    return kex->group != NULL ? kex->group->bits : sw_kex_dh_bits(kex->p);
}

void sw_kex_wipe(struct sw_kex *kex)
{
    sw_wipe(kex, sizeof *kex);
}
