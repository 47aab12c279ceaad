/*
 * RSA (RFC 8017). PKCS#1 v1.5 blocks are built and compared here, whole, so that there is exactly one encoding of a signature; PSS and OAEP
 * are wolfCrypt's. A private operation works on a copy of the key on the stack: wolfCrypt keeps state in it, and a lock would make one core of all.
 *
 * The premaster's decryption is the place where Bleichenbacher's attack lives. From the raw operation's result to the selected output
 * nothing branches on, or indexes by, a byte of the plaintext.
 */
#include "base/ct.h"
#include "base/pkey_kinds.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <string.h>

enum { PREMASTER = 48, PREMASTER_PADDING_MIN = 11 };

/* DER of DigestInfo up to the digest: SEQUENCE, AlgorithmIdentifier with NULL parameters, OCTET STRING header. RFC 8017 9.2, note 1. */
struct prefix {
    uint8_t len;
    uint8_t der[19];
};

static const struct prefix prefixes[SW_HASH_COUNT] = {
    [SW_HASH_SHA1] = {15, {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
    [SW_HASH_SHA224] = {19,
                        {0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04, 0x05,
                         0x00, 0x04, 0x1c}},
    [SW_HASH_SHA256] = {19,
                        {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
                         0x00, 0x04, 0x20}},
    [SW_HASH_SHA384] = {19,
                        {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05,
                         0x00, 0x04, 0x30}},
    [SW_HASH_SHA512] = {19,
                        {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
                         0x00, 0x04, 0x40}},
};

/* EMSA-PKCS1-v1_5: 00 01 FF..FF 00 DigestInfo, k bytes. */
static enum sw_err encode_pkcs1(enum sw_hash_id hash, const uint8_t *digest, uint8_t *block, size_t k)
{
    const struct prefix *prefix = &prefixes[hash];
    size_t hash_len = sw_hash_len(hash), info = prefix->len + hash_len;

    if (prefix->len == 0 || k < info + 11)
        return SW_ERR_UNSUPPORTED;
    block[0] = 0;
    block[1] = 1;
    memset(block + 2, 0xff, k - info - 3);
    block[k - info - 1] = 0;
    memcpy(block + k - info, prefix->der, prefix->len);
    memcpy(block + k - hash_len, digest, hash_len);
    return SW_OK;
}

static int mgf_of(enum sw_hash_id hash)
{
    switch (hash) {
    case SW_HASH_SHA1:
        return WC_MGF1SHA1;
    case SW_HASH_SHA256:
        return WC_MGF1SHA256;
    case SW_HASH_SHA384:
        return WC_MGF1SHA384;
    case SW_HASH_SHA512:
        return WC_MGF1SHA512;
    default:
        return WC_MGF1NONE;
    }
}

/* --- public operations -------------------------------------------------------------------------------------------------- */

/* A modulus and exponent that RSA is defined for, of a size we deal with. */
static bool plausible(const struct sw_pubkey *key)
{
    const struct sw_slice n = key->n, e = key->e;

    if (n.len < SW_RSA_MIN_BITS / 8 || n.len > SW_MODULUS_MAX || e.len == 0 || e.len > n.len)
        return false;
    return n.p[0] != 0 && (n.p[n.len - 1] & 1) == 1 && (e.p[e.len - 1] & 1) == 1 && !(e.len == 1 && e.p[0] == 1);
}

static enum sw_err public_key(RsaKey *rsa, const struct sw_pubkey *key)
{
    if (!plausible(key))
        return SW_ERR_SIGNATURE;
    if (wc_InitRsaKey(rsa, NULL) != 0)
        return SW_ERR_MEMORY;
    if (wc_RsaPublicKeyDecodeRaw(key->n.p, (word32)key->n.len, key->e.p, (word32)key->e.len, rsa) != 0) {
        wc_FreeRsaKey(rsa);
        return SW_ERR_SIGNATURE;
    }
    return SW_OK;
}

static enum sw_err verify_pkcs1(RsaKey *rsa, enum sw_hash_id hash, const uint8_t *digest, const uint8_t *sig, size_t k)
{
    uint8_t want[SW_MODULUS_MAX], got[SW_MODULUS_MAX];
    word32 got_len = (word32)k;
    enum sw_err err = encode_pkcs1(hash, digest, want, k);

    if (err != SW_OK)
        return err;
    if (wc_RsaFunction(sig, (word32)k, got, &got_len, RSA_PUBLIC_DECRYPT, rsa, NULL) != 0 || got_len != k)
        return SW_ERR_SIGNATURE;
    return memcmp(want, got, k) == 0 ? SW_OK : SW_ERR_SIGNATURE;
}

static enum sw_err verify_pss(RsaKey *rsa, enum sw_hash_id hash, const uint8_t *digest, const uint8_t *sig, size_t k)
{
    uint8_t in[SW_MODULUS_MAX], out[SW_MODULUS_MAX];
    int n;

    memcpy(in, sig, k);
    n = wc_RsaPSS_VerifyCheck(in, (word32)k, out, (word32)k, digest, (word32)sw_hash_len(hash),
                              (enum wc_HashType)sw_hash_info(hash)->wolf, mgf_of(hash), rsa);
    return n > 0 ? SW_OK : SW_ERR_SIGNATURE;
}

enum sw_err sw_rsa_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                          const uint8_t *sig, size_t sig_len)
{
    RsaKey rsa;
    enum sw_err err;

    if (sig_len != key->n.len)
        return SW_ERR_SIGNATURE;
    err = public_key(&rsa, key);
    if (err != SW_OK)
        return err;
    if (scheme->padding == SW_SIG_PSS)
        err = verify_pss(&rsa, scheme->hash, digest, sig, sig_len);
    else
        err = verify_pkcs1(&rsa, scheme->hash, digest, sig, sig_len);
    wc_FreeRsaKey(&rsa);
    return err;
}

/* OAEP with hash, or PKCS#1 v1.5 with SW_HASH_NONE. */
static enum sw_err encrypt(const struct sw_pubkey *key, enum sw_hash_id hash, const void *msg, size_t len, uint8_t *out,
                           size_t cap)
{
    size_t overhead = hash == SW_HASH_NONE ? PREMASTER_PADDING_MIN : 2 * sw_hash_len(hash) + 2;
    WC_RNG *rng = sw_rand_wolf();
    RsaKey rsa;
    enum sw_err err;
    int n;

    if (key->type != SW_KEY_RSA || key->n.len < overhead || len > key->n.len - overhead)
        return SW_ERR_UNSUPPORTED;
    if (cap < key->n.len)
        return SW_ERR_SPACE;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    err = public_key(&rsa, key);
    if (err != SW_OK)
        return err == SW_ERR_SIGNATURE ? SW_ERR_UNSUPPORTED : err;
    if (hash == SW_HASH_NONE)
        n = wc_RsaPublicEncrypt(msg, (word32)len, out, (word32)key->n.len, &rsa, rng);
    else
        n = wc_RsaPublicEncrypt_ex(msg, (word32)len, out, (word32)key->n.len, &rsa, rng, WC_RSA_OAEP_PAD,
                                   (enum wc_HashType)sw_hash_info(hash)->wolf, mgf_of(hash), NULL, 0);
    wc_FreeRsaKey(&rsa);
    return n == (int)key->n.len ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_pubkey_encrypt_pkcs1(const struct sw_pubkey *key, const void *msg, size_t len, uint8_t *out, size_t cap)
{
    return encrypt(key, SW_HASH_NONE, msg, len, out, cap);
}

enum sw_err sw_pubkey_encrypt_oaep(const struct sw_pubkey *key, enum sw_hash_id hash, const void *msg, size_t len,
                                   uint8_t *out, size_t cap)
{
    if (sw_hash_info(hash) == NULL || mgf_of(hash) == WC_MGF1NONE)
        return SW_ERR_UNSUPPORTED;
    return encrypt(key, hash, msg, len, out, cap);
}

/* --- making keys -------------------------------------------------------------------------------------------------------- */

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

/* Public half from the wolfCrypt structure into our own bytes. */
static enum sw_err publish(struct sw_privkey *key)
{
    enum sw_err err = export_number(&key->u.rsa.n, key->public_bytes, SW_MODULUS_MAX, &key->pub.n);

    if (err == SW_OK)
        err = export_number(&key->u.rsa.e, key->public_bytes + key->pub.n.len, SW_PUBLIC_BYTES_MAX - key->pub.n.len,
                            &key->pub.e);
    if (err != SW_OK)
        return err;
    key->pub.bits = (unsigned)mp_count_bits(&key->u.rsa.n);
    return plausible(&key->pub) ? SW_OK : SW_ERR_KEY_DECODE;
}

enum sw_err sw_rsa_generate(struct sw_privkey *key, unsigned bits)
{
    WC_RNG *rng = sw_rand_wolf();

    if (bits < 2048 || bits > 4096 || bits % 8 != 0)
        return SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    if (wc_InitRsaKey(&key->u.rsa, NULL) != 0)
        return SW_ERR_MEMORY;
    if (wc_MakeRsaKey(&key->u.rsa, (int)bits, WC_RSA_EXPONENT, rng) != 0)
        return SW_ERR_CRYPTO;
    return publish(key);
}

static void write_der_length(struct sw_writer *w, size_t len)
{
    if (len > 0xff) {
        sw_write_u8(w, 0x82);
        sw_write_u16(w, (unsigned)len);
        return;
    }
    if (len > 0x7f)
        sw_write_u8(w, 0x81);
    sw_write_u8(w, (unsigned)len);
}

static void write_der_integer(struct sw_writer *w, struct sw_slice n)
{
    bool high = n.len > 0 && (n.p[0] & 0x80) != 0;

    sw_write_u8(w, 0x02);
    write_der_length(w, n.len + high);
    if (high)
        sw_write_u8(w, 0);
    sw_write_slice(w, n);
}

static struct sw_slice strip(struct sw_slice n)
{
    while (n.len > 1 && n.p[0] == 0) {
        n.p++;
        n.len--;
    }
    return n;
}

/* RSAPrivateKey of RFC 8017 A.1.2: the one form that every version of wolfCrypt imports with all its CRT numbers. */
static enum sw_err import(RsaKey *rsa, const struct sw_rsa_numbers *num)
{
    static const uint8_t zero[1] = {0};
    const struct sw_slice all[] = {{zero, 1}, num->n, num->e, num->d, num->p, num->q, num->dp, num->dq, num->qinv};
    const size_t cap = 8 * SW_MODULUS_MAX;
    uint8_t *der = malloc(cap);
    struct sw_writer w = sw_writer_of(der, cap);
    word32 at = 0;
    size_t mark;
    enum sw_err err = SW_ERR_MEMORY;

    if (der == NULL)
        return SW_ERR_MEMORY;
    sw_write_u8(&w, 0x30);
    sw_write_u8(&w, 0x82);
    mark = sw_write_open(&w, 2);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        write_der_integer(&w, strip(all[i]));
    sw_write_close(&w, mark, 2);
    if (wc_InitRsaKey(rsa, NULL) == 0) {
        bool good = sw_writer_ok(&w) && wc_RsaPrivateKeyDecode(der, &at, rsa, (word32)w.len) == 0;
        err = good ? SW_OK : SW_ERR_KEY_DECODE;
    }
    sw_wipe(der, cap);
    free(der);
    return err;
}

static enum sw_err raw_private(const struct sw_privkey *key, const uint8_t *in, uint8_t *out, size_t k);

/* One round trip shows that the numbers belong together; the public half alone says nothing about the rest. */
static enum sw_err check(const struct sw_privkey *key)
{
    uint8_t in[SW_MODULUS_MAX], mid[SW_MODULUS_MAX], out[SW_MODULUS_MAX];
    size_t k = key->pub.n.len;
    word32 out_len = (word32)k;
    RsaKey rsa;
    enum sw_err err;

    memset(in, 0x5a, k);
    in[0] = 0;
    err = raw_private(key, in, mid, k);
    if (err == SW_OK)
        err = public_key(&rsa, &key->pub);
    if (err != SW_OK)
        return SW_ERR_KEY_DECODE;
    if (wc_RsaFunction(mid, (word32)k, out, &out_len, RSA_PUBLIC_DECRYPT, &rsa, NULL) != 0 || memcmp(in, out, k) != 0)
        err = SW_ERR_KEY_DECODE;
    wc_FreeRsaKey(&rsa);
    sw_wipe(mid, sizeof mid);
    return err;
}

enum sw_err sw_privkey_new_rsa(struct sw_privkey **out, const struct sw_rsa_numbers *num)
{
    struct sw_privkey *key;
    enum sw_err err;

    if (strip(num->n).len > SW_MODULUS_MAX || num->d.len > SW_MODULUS_MAX || num->e.len > 8 ||
        num->p.len > SW_MODULUS_MAX / 2 + 1 || num->q.len > SW_MODULUS_MAX / 2 + 1)
        return SW_ERR_UNSUPPORTED;
    key = sw_privkey_alloc(SW_KEY_RSA);
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

/* --- private operations ------------------------------------------------------------------------------------------------- */

static enum sw_err raw_private(const struct sw_privkey *key, const uint8_t *in, uint8_t *out, size_t k)
{
    WC_RNG *rng = sw_rand_wolf(); /* for blinding */
    word32 out_len = (word32)k;
    RsaKey copy;
    int rc;

    if (key->ops != NULL)
        return key->ops->rsa_raw != NULL ? key->ops->rsa_raw(key->ops_ctx, in, out, k) : SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    copy = key->u.rsa;
    rc = wc_RsaFunction(in, (word32)k, out, &out_len, RSA_PRIVATE_DECRYPT, &copy, rng);
    sw_wipe(&copy, sizeof copy);
    return rc == 0 && out_len == k ? SW_OK : SW_ERR_CRYPTO;
}

static enum sw_err sign_pss(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *digest, uint8_t *sig,
                            size_t k)
{
    WC_RNG *rng = sw_rand_wolf();
    RsaKey copy;
    int n;

    if (rng == NULL)
        return SW_ERR_RANDOM;
    copy = key->u.rsa;
    n = wc_RsaPSS_Sign_ex(digest, (word32)sw_hash_len(hash), sig, (word32)k, (enum wc_HashType)sw_hash_info(hash)->wolf,
                          mgf_of(hash), (int)sw_hash_len(hash), &copy, rng);
    sw_wipe(&copy, sizeof copy);
    return n == (int)k ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_rsa_sign(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                        uint8_t *sig, size_t *sig_len)
{
    size_t k = key->pub.n.len;
    uint8_t block[SW_MODULUS_MAX];
    enum sw_err err;

    *sig_len = k;
    if (scheme->padding == SW_SIG_PSS)
        return sign_pss(key, scheme->hash, digest, sig, k);
    err = encode_pkcs1(scheme->hash, digest, block, k);
    return err != SW_OK ? err : raw_private(key, block, sig, k);
}

/* Whether 1 < c < n - 1, as wolfCrypt's raw operation wants it. Ciphertext and modulus are public. */
static bool in_range(const uint8_t *c, const uint8_t *n, size_t k)
{
    uint8_t minus[SW_MODULUS_MAX];
    uint8_t rest = 0;

    for (size_t i = 0; i + 1 < k; i++)
        rest |= c[i];
    if (rest == 0 && c[k - 1] < 2)
        return false;
    memcpy(minus, n, k);
    minus[k - 1] &= 0xfe; /* n is odd */
    return memcmp(c, minus, k) < 0;
}

/*
 * All ones if block is 00 02 PS 00 version(2) 46 bytes, PS without a zero: RFC 5246 7.4.7.1, RFC 8017 7.2.2. Every byte is
 * looked at, whatever the first ones were. Careful region: the block is secret.
 */
static size_t premaster_is_good(const uint8_t *block, size_t k, uint16_t version)
{
    size_t sep = k - PREMASTER - 1, good;

    good = sw_ct_is_zero(block[0]) & sw_ct_eq(block[1], 2);
    for (size_t i = 2; i < sep; i++)
        good &= ~sw_ct_is_zero(block[i]);
    good &= sw_ct_is_zero(block[sep]);
    good &= sw_ct_eq(block[sep + 1], version >> 8) & sw_ct_eq(block[sep + 2], version & 0xff);
    return good;
}

enum sw_err sw_privkey_decrypt_premaster(const struct sw_privkey *key, const uint8_t *in, size_t len, uint16_t version,
                                         uint8_t out[48])
{
    size_t k = key->pub.n.len, good;
    uint8_t c[SW_MODULUS_MAX], block[SW_MODULUS_MAX];
    bool usable;
    enum sw_err err;

    if (key->pub.type != SW_KEY_RSA || k < PREMASTER + PREMASTER_PADDING_MIN)
        return SW_ERR_UNSUPPORTED;
    /* a ciphertext that cannot be decrypted costs the same: another number takes its place and the result is not used */
    usable = len == k && in_range(in, key->pub.n.p, k);
    if (usable) {
        memcpy(c, in, k);
    } else {
        memset(c, 0, k);
        c[k - 1] = 2;
    }
    err = raw_private(key, c, block, k);
    if (err != SW_OK)
        return err;
    SW_CT_SECRET(block, k);
    good = premaster_is_good(block, k, version);
    good &= (size_t)0 - (size_t)usable;
    sw_ct_copy(good, out, block + k - PREMASTER, out, PREMASTER);
    sw_wipe(block, sizeof block);
    sw_wipe(&good, sizeof good);
    return SW_OK;
}

/* OAEP with hash, or PKCS#1 v1.5 with SW_HASH_NONE; the padding is wolfCrypt's, so the key must be in our memory. */
static enum sw_err decrypt(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *in, size_t len,
                           uint8_t *out, size_t *out_len)
{
    WC_RNG *rng = sw_rand_wolf(); /* for blinding */
    size_t k = key->pub.n.len;
    RsaKey copy;
    int n = -1;

    if (key->pub.type != SW_KEY_RSA || key->ops != NULL)
        return SW_ERR_UNSUPPORTED;
    if (rng == NULL)
        return SW_ERR_RANDOM;
    if (len != k)
        return SW_ERR_CRYPTO;
    copy = key->u.rsa;
    if (wc_RsaSetRNG(&copy, rng) == 0)
        n = hash == SW_HASH_NONE
                ? wc_RsaPrivateDecrypt(in, (word32)len, out, (word32)k, &copy)
                : wc_RsaPrivateDecrypt_ex(in, (word32)len, out, (word32)k, &copy, WC_RSA_OAEP_PAD,
                                          (enum wc_HashType)sw_hash_info(hash)->wolf, mgf_of(hash), NULL, 0);
    sw_wipe(&copy, sizeof copy);
    *out_len = n >= 0 ? (size_t)n : 0;
    return n >= 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_privkey_decrypt_oaep(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *in, size_t len,
                                    uint8_t *out, size_t *out_len)
{
    if (sw_hash_info(hash) == NULL || mgf_of(hash) == WC_MGF1NONE)
        return SW_ERR_UNSUPPORTED;
    return decrypt(key, hash, in, len, out, out_len);
}

enum sw_err sw_privkey_decrypt_pkcs1(const struct sw_privkey *key, const uint8_t *in, size_t len, uint8_t *out,
                                     size_t *out_len)
{
    return decrypt(key, SW_HASH_NONE, in, len, out, out_len);
}
