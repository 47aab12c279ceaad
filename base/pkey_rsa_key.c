/*
 * RSA keys made, taken in, checked and given out as numbers. The numbers live in wolfCrypt's structure; the public half
 * also in our own bytes.
 */
#include "base/pkey_kinds.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <string.h>

static enum sw_err export_number(const mp_int *number, uint8_t *out, size_t cap, struct sw_slice *slice)
{
    mp_int *num = (mp_int *)(uintptr_t)number; /* older wolfCrypt reads through a plain pointer */
    int n = mp_unsigned_bin_size(num);

    if (n < 0 || (size_t)n > cap)
        return SW_ERR_SPACE;
    if (mp_to_unsigned_bin(num, out) != MP_OKAY)
        return SW_ERR_CRYPTO;
    *slice = (struct sw_slice){out, (size_t)n};
    return SW_OK;
}

static enum sw_err publish(struct sw_privkey *key)
{
    enum sw_err err = export_number(&key->u.rsa.n, key->public_bytes, SW_MODULUS_MAX, &key->pub.n);

    if (err == SW_OK)
        err = export_number(&key->u.rsa.e, key->public_bytes + key->pub.n.len, SW_PUBLIC_BYTES_MAX - key->pub.n.len,
                            &key->pub.e);
    if (err != SW_OK)
        return err;
    key->pub.bits = sw_rsa_bits(key->pub.n);
    return sw_rsa_plausible(&key->pub) ? SW_OK : SW_ERR_KEY_DECODE;
}

enum sw_err sw_rsa_generate(struct sw_privkey *key, unsigned bits)
{
    WC_RNG *rng = sw_rand_wolf();

    if (bits < 2048 || bits > 4096 || bits % 8 != 0)
        return SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    if (wc_InitRsaKey_ex(&key->u.rsa, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    if (wc_MakeRsaKey(&key->u.rsa, (int)bits, WC_RSA_EXPONENT, rng) != 0)
        return SW_ERR_CRYPTO;
    return publish(key);
}

static struct sw_slice strip(struct sw_slice n)
{
    while (n.len > 1 && n.p[0] == 0) {
        n.p++;
        n.len--;
    }
    return n;
}

static enum sw_err import(RsaKey *rsa, const struct sw_rsa_numbers *num)
{
    const struct sw_slice *from[] = {&num->n, &num->e, &num->d, &num->p, &num->q, &num->dp, &num->dq, &num->qinv};
    mp_int *to[] = {&rsa->n, &rsa->e, &rsa->d, &rsa->p, &rsa->q, &rsa->dP, &rsa->dQ, &rsa->u};

    if (sw_rsa_bits(strip(num->n)) > RSA_MAX_SIZE)
        return SW_ERR_UNSUPPORTED;
    if (wc_InitRsaKey_ex(rsa, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    rsa->type = RSA_PRIVATE;
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        struct sw_slice s = strip(*from[i]);

        if (s.len == 0 || s.len > SW_MODULUS_MAX || mp_read_unsigned_bin(to[i], s.p, (word32)s.len) != MP_OKAY)
            return SW_ERR_KEY_DECODE;
    }
    return SW_OK;
}

/* Whether d mod (prime - 1) is the exponent kept for that prime. */
static bool reduces_to(mp_int *d, mp_int *prime, mp_int *exponent)
{
    mp_int t;
    bool ok = mp_init(&t) == MP_OKAY && mp_sub_d(prime, 1, &t) == MP_OKAY && mp_mod(d, &t, &t) == MP_OKAY &&
              mp_cmp(&t, exponent) == MP_EQ;

    mp_forcezero(&t);
    return ok;
}

static bool is_product(mp_int *n, mp_int *p, mp_int *q)
{
    mp_int t;
    bool ok = mp_init(&t) == MP_OKAY && mp_mul(p, q, &t) == MP_OKAY && mp_cmp(&t, n) == MP_EQ;

    mp_forcezero(&t);
    return ok;
}

/*
 * One round trip shows that the numbers of the CRT and the public half belong together; those it does not use are
 * checked before.
 */
static enum sw_err check(struct sw_privkey *key)
{
    RsaKey *rsa = &key->u.rsa;
    uint8_t in[SW_MODULUS_MAX], mid[SW_MODULUS_MAX], out[SW_MODULUS_MAX];
    size_t k = key->pub.n.len;
    enum sw_err err;

    if (!is_product(&rsa->n, &rsa->p, &rsa->q) || !reduces_to(&rsa->d, &rsa->p, &rsa->dP) ||
        !reduces_to(&rsa->d, &rsa->q, &rsa->dQ))
        return SW_ERR_KEY_DECODE;
    memset(in, 0x5a, k);
    in[0] = 0;
    err = sw_rsa_private(key, in, mid);
    if (err == SW_OK)
        err = sw_rsa_public(&key->pub, mid, out);
    if (err == SW_OK && memcmp(in, out, k) == 0)
        return SW_OK;
    return err == SW_ERR_RANDOM || err == SW_ERR_MEMORY ? err : SW_ERR_KEY_DECODE;
}

enum sw_err sw_privkey_new_rsa(struct sw_privkey **out, const struct sw_rsa_numbers *num)
{
    struct sw_privkey *key = sw_privkey_alloc(SW_KEY_RSA);
    enum sw_err err;

    if (key == NULL)
        return SW_ERR_MEMORY;
    err = import(&key->u.rsa, num);
    if (err == SW_OK)
        err = publish(key);
    if (err == SW_OK)
        err = check(key);
    if (err != SW_OK) {
        sw_privkey_free(key);
        return err;
    }
    *out = key;
    return SW_OK;
}

enum sw_err sw_privkey_restrict_pss(struct sw_privkey *key, enum sw_hash_id hash, size_t salt)
{
    if (key->pub.type != SW_KEY_RSA && key->pub.type != SW_KEY_RSA_PSS)
        return SW_ERR_UNSUPPORTED;
    if (hash != SW_HASH_NONE && (sw_hash_info(hash) == NULL || salt > sw_hash_len(hash)))
        return SW_ERR_UNSUPPORTED;
    key->pub.type = SW_KEY_RSA_PSS;
    key->pub.pss_hash = hash;
    key->pub.pss_salt = hash != SW_HASH_NONE ? (uint16_t)salt : 0;
    return SW_OK;
}

void sw_rsa_free(struct sw_privkey *key)
{
    wc_FreeRsaKey(&key->u.rsa);
}

enum sw_err sw_privkey_numbers_rsa(const struct sw_privkey *key, struct sw_rsa_numbers *num, uint8_t *buf, size_t cap)
{
    const RsaKey *rsa = &key->u.rsa;
    const mp_int *from[] = {&rsa->n, &rsa->e, &rsa->d, &rsa->p, &rsa->q, &rsa->dP, &rsa->dQ, &rsa->u};
    struct sw_slice *to[] = {&num->n, &num->e, &num->d, &num->p, &num->q, &num->dp, &num->dq, &num->qinv};

    if (key->ops != NULL || (key->pub.type != SW_KEY_RSA && key->pub.type != SW_KEY_RSA_PSS))
        return SW_ERR_UNSUPPORTED;
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        enum sw_err err = export_number(from[i], buf, cap, to[i]);

        if (err != SW_OK)
            return err;
        buf += to[i]->len;
        cap -= to[i]->len;
    }
    return SW_OK;
}
