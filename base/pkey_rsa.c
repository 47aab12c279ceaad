/*
 * RSA (RFC 8017): one public and one private operation on blocks, and what is made of them with the paddings of
 * rsa_pad.c. Keys are made in pkey_rsa_key.c.
 *
 * A private operation works on a copy of the key on the stack: wolfCrypt keeps state in the structure, and a lock would
 * make one core of all. With the wolfCrypt of deps/ and a modulus of 2048, 3072 or 4096 bits it runs in constant time,
 * unblinded (tests/ct/test_premaster.c watches that). Every other size, and the packaged library always, goes through
 * general integers that
 * branch: there, blinding by bytes of the thread's generator is what stands between the time and the plaintext.
 *
 * The premaster's decryption is the place where Bleichenbacher's attack lives. From the raw operation's result to the
 * selected output nothing branches on, or indexes by, a byte of the plaintext.
 */
#include "base/ct.h"
#include "base/pkey_kinds.h"
#include "base/rand.h"
#include "base/rsa_pad.h"
#include "base/wipe.h"
#include <string.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

enum { EXPONENT_MAX = 8 /* bytes: longer ones buy nothing and make verification as slow as signing */ };

unsigned sw_rsa_bits(struct sw_slice n)
{
    unsigned bits = (unsigned)n.len * 8;

    for (unsigned top = n.len > 0 ? n.p[0] : 0x80; bits > 0 && (top & 0x80) == 0; top <<= 1)
        bits--;
    return bits;
}

bool sw_rsa_plausible(const struct sw_pubkey *key)
{
    const struct sw_slice n = key->n, e = key->e;

    if (n.len > SW_MODULUS_MAX || n.len == 0 || n.p[0] == 0 || sw_rsa_bits(n) < SW_RSA_MIN_BITS)
        return false;
    if (e.len == 0 || e.len > EXPONENT_MAX || e.p[0] == 0 || (e.len == 1 && e.p[0] == 1))
        return false;
    return (n.p[n.len - 1] & 1) == 1 && (e.p[e.len - 1] & 1) == 1;
}

/* --- public operations -------------------------------------------------------------------------------------------- */

/*
 * RSAEP, RSAVP1 (5.1.1, 5.2.2). wolfCrypt reduces a number that is not below the modulus, which would make s + n a
 * second signature.
 */
enum sw_err sw_rsa_public(const struct sw_pubkey *key, const uint8_t *in, uint8_t *out)
{
    size_t k = key->n.len;
    word32 out_len = (word32)k;
    RsaKey rsa;
    int rc;

    if (!sw_rsa_plausible(key) || memcmp(in, key->n.p, k) >= 0)
        return SW_ERR_SIGNATURE;
    if (wc_InitRsaKey_ex(&rsa, NULL, INVALID_DEVID) != 0)
        return SW_ERR_MEMORY;
    rsa.type = RSA_PUBLIC;
    rc =
        mp_read_unsigned_bin(&rsa.n, key->n.p, (word32)k); /* wolfCrypt's own decoder allocates a second form of each */
    if (rc == MP_OKAY)
        rc = mp_read_unsigned_bin(&rsa.e, key->e.p, (word32)key->e.len);
    if (rc == MP_OKAY)
        rc = wc_RsaFunction(in, (word32)k, out, &out_len, RSA_PUBLIC_DECRYPT, &rsa, NULL);
    wc_FreeRsaKey(&rsa);
    if (rc == MEMORY_E)
        return SW_ERR_MEMORY;
    return rc == 0 && out_len == k ? SW_OK : SW_ERR_SIGNATURE;
}

enum sw_err sw_rsa_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                          const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
    uint8_t want[SW_MODULUS_MAX], got[SW_MODULUS_MAX];
    size_t k = key->n.len;
    enum sw_err err;

    if (sig_len != k || k > SW_MODULUS_MAX)
        return SW_ERR_SIGNATURE;
    err = sw_rsa_public(key, sig, got);
    if (err != SW_OK)
        return err;
    if (scheme->padding == SW_SIG_PSS)
        return sw_rsa_pad_pss_check(scheme->hash, salt, digest, got, sw_rsa_bits(key->n));
    err = sw_rsa_pad_pkcs1_sign(scheme->hash, digest, want, k);
    if (err != SW_OK)
        return err;
    return memcmp(want, got, k) == 0 ? SW_OK : SW_ERR_SIGNATURE;
}

/* OAEP with hash, or PKCS#1 v1.5 with SW_HASH_NONE. */
static enum sw_err encrypt(const struct sw_pubkey *key, enum sw_hash_id hash, const void *msg, size_t len, uint8_t *out,
                           size_t cap)
{
    uint8_t block[SW_MODULUS_MAX];
    size_t k = key->n.len;
    enum sw_err err;

    if (key->type != SW_KEY_RSA || !sw_rsa_plausible(key))
        return SW_ERR_UNSUPPORTED;
    if (cap < k)
        return SW_ERR_SPACE;
    err = hash == SW_HASH_NONE ? sw_rsa_pad_pkcs1(msg, len, block, k) : sw_rsa_pad_oaep(hash, msg, len, block, k);
    if (err == SW_OK)
        err = sw_rsa_public(key, block, out);
    sw_wipe(block, sizeof block);
    return err == SW_ERR_SIGNATURE ? SW_ERR_CRYPTO : err;
}

enum sw_err sw_pubkey_encrypt_pkcs1(const struct sw_pubkey *key, const void *msg, size_t len, uint8_t *out, size_t cap)
{
    return encrypt(key, SW_HASH_NONE, msg, len, out, cap);
}

enum sw_err sw_pubkey_encrypt_oaep(const struct sw_pubkey *key, enum sw_hash_id hash, const void *msg, size_t len,
                                   uint8_t *out, size_t cap)
{
    return sw_hash_info(hash) != NULL ? encrypt(key, hash, msg, len, out, cap) : SW_ERR_UNSUPPORTED;
}

/* --- private operations ------------------------------------------------------------------------------------------- */

/* RSADP, RSASP1 (5.1.2, 5.2.1). */
enum sw_err sw_rsa_private(const struct sw_privkey *key, const uint8_t *in, uint8_t *out)
{
    size_t k = key->pub.n.len;
    word32 out_len = (word32)k;
    WC_RNG *rng;
    RsaKey copy;
    int rc;

    if (key->ops != NULL)
        return key->ops->rsa_raw != NULL ? key->ops->rsa_raw(key->ops_ctx, in, out, k) : SW_ERR_UNSUPPORTED;
    rng = sw_rand_wolf(); /* for blinding */
    if (rng == NULL)
        return SW_ERR_RANDOM;
    copy = key->u.rsa;
    rc = wc_RsaFunction(in, (word32)k, out, &out_len, RSA_PRIVATE_DECRYPT, &copy, rng);
    sw_wipe(&copy, sizeof copy);
    if (rc == MEMORY_E)
        return SW_ERR_MEMORY;
    return rc == 0 && out_len == k ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_rsa_sign(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                        uint8_t *sig, size_t *sig_len)
{
    uint8_t block[SW_MODULUS_MAX];
    size_t k = key->pub.n.len;
    enum sw_err err;

    if (scheme->padding == SW_SIG_PSS)
        err = sw_rsa_pad_pss_sign(scheme->hash, digest, block, key->pub.bits);
    else
        err = sw_rsa_pad_pkcs1_sign(scheme->hash, digest, block, k);
    if (err == SW_OK)
        err = sw_rsa_private(key, block, sig);
    *sig_len = err == SW_OK ? k : 0;
    return err;
}

/*
 * Whether 1 < c < n - 1: the others decrypt to themselves or nothing. Ciphertext and modulus are public; the modulus is
 * odd.
 */
static bool in_range(const uint8_t *c, struct sw_slice n)
{
    uint8_t rest = 0;
    int order;

    for (size_t i = 0; i + 1 < n.len; i++)
        rest |= c[i];
    if (rest == 0 && c[n.len - 1] < 2)
        return false;
    order = memcmp(c, n.p, n.len - 1);
    return order < 0 || (order == 0 && c[n.len - 1] < (n.p[n.len - 1] & 0xfe));
}

/*
 * The raw operation on a ciphertext of any length and value: one that cannot be decrypted costs the same, and *usable
 * says so.
 */
static enum sw_err open_block(const struct sw_privkey *key, const uint8_t *in, size_t len, uint8_t *block, bool *usable)
{
    uint8_t c[SW_MODULUS_MAX] = {0};
    size_t k = key->pub.n.len;

    *usable = len == k && in_range(in, key->pub.n);
    if (*usable)
        memcpy(c, in, k);
    else
        c[k - 1] = 2;
    return sw_rsa_private(key, c, block);
}

enum sw_err sw_privkey_decrypt_premaster(const struct sw_privkey *key, const uint8_t *in, size_t len, uint16_t version,
                                         uint8_t out[48])
{
    uint8_t block[SW_MODULUS_MAX] = {0};
    size_t k = key->pub.n.len, good;
    bool usable;
    enum sw_err err;

    if (key->pub.type != SW_KEY_RSA || !sw_rsa_plausible(&key->pub))
        return SW_ERR_UNSUPPORTED;
    err = open_block(key, in, len, block, &usable);
    /* a card may refuse a number; whoever sent it must not learn that */
    if (err != SW_OK && err != SW_ERR_CRYPTO)
        return err;
    SW_CT_SECRET(block, k);
    good = sw_rsa_premaster_good(block, k, version);
    good &= (size_t)0 - (size_t)(usable && err == SW_OK);
    sw_ct_copy(good, out, block + k - SW_PREMASTER_LEN, out, SW_PREMASTER_LEN);
    sw_wipe(block, sizeof block);
    sw_wipe(&good, sizeof good);
    return SW_OK;
}

/* OAEP with hash, or PKCS#1 v1.5 with SW_HASH_NONE. */
static enum sw_err decrypt(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *in, size_t len,
                           uint8_t *out, size_t *out_len)
{
    uint8_t block[SW_MODULUS_MAX];
    size_t k = key->pub.n.len;
    bool usable;
    enum sw_err err;

    *out_len = 0;
    if (key->pub.type != SW_KEY_RSA || !sw_rsa_plausible(&key->pub))
        return SW_ERR_UNSUPPORTED;
    err = open_block(key, in, len, block, &usable);
    if (err == SW_OK && !usable)
        err = SW_ERR_CRYPTO;
    if (err == SW_OK) {
        SW_CT_SECRET(block, k);
        err = hash == SW_HASH_NONE ? sw_rsa_unpad_pkcs1(block, k, out, out_len)
                                   : sw_rsa_unpad_oaep(hash, block, k, out, out_len);
    }
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_privkey_decrypt_oaep(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *in, size_t len,
                                    uint8_t *out, size_t *out_len)
{
    return sw_hash_info(hash) != NULL ? decrypt(key, hash, in, len, out, out_len) : SW_ERR_UNSUPPORTED;
}

enum sw_err sw_privkey_decrypt_pkcs1(const struct sw_privkey *key, const uint8_t *in, size_t len, uint8_t *out,
                                     size_t *out_len)
{
    return decrypt(key, SW_HASH_NONE, in, len, out, out_len);
}
