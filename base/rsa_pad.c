/*
 * The paddings of RFC 8017. They are ours and not wolfCrypt's for four reasons: a signature has one accepted encoding,
 * compared whole; checking one allocates nothing; a key on a card needs them too; and both wolfCrypts we build with
 * behave the same.
 *
 * Blocks that come from a private operation are secret (Bleichenbacher 1998, Manger 2001). In the sections marked
 * careful, nothing branches on them or indexes by them: every byte is looked at, whatever the first ones were, and one
 * verdict is drawn at the end.
 */
#include "base/rsa_pad.h"
#include "base/ct.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <string.h>

enum { PKCS1_OVERHEAD = 11 /* 00, type, eight bytes of padding at least, 00 */ };

/*
 * DER of DigestInfo up to the digest: SEQUENCE, AlgorithmIdentifier with NULL parameters, OCTET STRING header. RFC 8017
 * 9.2, note 1.
 */
struct prefix {
    uint8_t len;
    uint8_t der[19];
};

/* clang-format off */
static const struct prefix prefixes[SW_HASH_COUNT] = {
    [SW_HASH_SHA1]   = {15, {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
    [SW_HASH_SHA224] = {19, {0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04, 0x05, 0x00, 0x04, 0x1c}},
    [SW_HASH_SHA256] = {19, {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}},
    [SW_HASH_SHA384] = {19, {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30}},
    [SW_HASH_SHA512] = {19, {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40}},
};
/* clang-format on */

/* --- signatures --------------------------------------------------------------------------------------------------- */

enum sw_err sw_rsa_pad_pkcs1_sign(enum sw_hash_id hash, const uint8_t *digest, uint8_t *block, size_t k)
{
    const struct prefix *prefix = &prefixes[hash];
    size_t hash_len = sw_hash_len(hash), info = prefix->len + hash_len;

    if (prefix->len == 0 || k < info + PKCS1_OVERHEAD)
        return SW_ERR_UNSUPPORTED;
    block[0] = 0;
    block[1] = 1;
    memset(block + 2, 0xff, k - info - 3);
    block[k - info - 1] = 0;
    memcpy(block + k - info, prefix->der, prefix->len);
    memcpy(block + k - hash_len, digest, hash_len);
    return SW_OK;
}

/* XOR MGF1(seed) into len bytes at p. RFC 8017 B.2.1. */
static enum sw_err mask(enum sw_hash_id hash, const uint8_t *seed, size_t seed_len, uint8_t *p, size_t len)
{
    size_t hash_len = sw_hash_len(hash);
    uint8_t piece[SW_HASH_MAX];
    struct sw_hash h;
    enum sw_err err = SW_OK;

    for (uint32_t i = 0; len > 0 && err == SW_OK; i++) {
        const uint8_t counter[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        size_t n = len < hash_len ? len : hash_len;

        err = sw_hash_init(&h, hash);
        if (err == SW_OK)
            err = sw_hash_update(&h, seed, seed_len);
        if (err == SW_OK)
            err = sw_hash_update(&h, counter, sizeof counter);
        if (err == SW_OK)
            err = sw_hash_final(&h, piece);
        for (size_t j = 0; err == SW_OK && j < n; j++)
            p[j] ^= piece[j];
        p += n;
        len -= n;
    }
    sw_wipe(piece, sizeof piece);
    sw_wipe(&h, sizeof h);
    return err;
}

/* H of 9.1.1 step 6: the hash of eight zeroes, the digest and the salt. */
static enum sw_err pss_hash(enum sw_hash_id hash, const uint8_t *digest, struct sw_slice salt, uint8_t *out)
{
    static const uint8_t zeroes[8] = {0};
    size_t hash_len = sw_hash_len(hash);
    struct sw_hash h;
    enum sw_err err = sw_hash_init(&h, hash);

    if (err == SW_OK)
        err = sw_hash_update(&h, zeroes, sizeof zeroes);
    if (err == SW_OK)
        err = sw_hash_update(&h, digest, hash_len);
    if (err == SW_OK)
        err = sw_hash_update(&h, salt.p, salt.len);
    return err == SW_OK ? sw_hash_final(&h, out) : err;
}

/*
 * The parts of an encoded message: DB (padding, 01, salt), H, BC. One byte shorter than the modulus where that has 8n +
 * 1 bits.
 */
struct pss {
    uint8_t *db, *h;
    size_t db_len, hash_len, lead; /* lead: bytes of block before db, 0 or 1 */
    uint8_t top;                   /* bits of the first byte that are below the modulus' length */
};

static bool pss_layout(struct pss *em, enum sw_hash_id hash, size_t salt_len, uint8_t *block, unsigned bits)
{
    size_t em_bits = bits - 1u, em_len = (em_bits + 7) / 8;

    em->hash_len = sw_hash_len(hash);
    if (em->hash_len == 0 || em_len < em->hash_len + 2 || em_len - em->hash_len - 2 < salt_len)
        return false;
    em->lead = (bits + 7u) / 8 - em_len;
    em->db = block + em->lead;
    em->db_len = em_len - em->hash_len - 1;
    em->h = em->db + em->db_len;
    em->top = (uint8_t)(0xff >> (8 * em_len - em_bits));
    return true;
}

enum sw_err sw_rsa_pad_pss_sign(enum sw_hash_id hash, const uint8_t *digest, uint8_t *block, unsigned bits)
{
    struct pss em;
    uint8_t *salt;
    enum sw_err err;

    if (!pss_layout(&em, hash, sw_hash_len(hash), block, bits))
        return SW_ERR_UNSUPPORTED;
    salt = em.h - em.hash_len;
    memset(block, 0, em.lead + em.db_len);
    salt[-1] = 1;
    err = sw_rand_bytes(NULL, salt, em.hash_len);
    if (err == SW_OK)
        err = pss_hash(hash, digest, (struct sw_slice){salt, em.hash_len}, em.h);
    if (err == SW_OK)
        err = mask(hash, em.h, em.hash_len, em.db, em.db_len);
    em.db[0] &= em.top;
    em.h[em.hash_len] = 0xbc;
    return err;
}

enum sw_err sw_rsa_pad_pss_check(enum sw_hash_id hash, size_t salt_len, const uint8_t *digest, uint8_t *block,
                                 unsigned bits)
{
    struct pss em;
    uint8_t h[SW_HASH_MAX], padding = 0;
    size_t salt;
    enum sw_err err;

    if (!pss_layout(&em, hash, salt_len, block, bits))
        return SW_ERR_UNSUPPORTED;
    if (em.h[em.hash_len] != 0xbc || (em.db[0] & ~em.top) != 0 || (em.lead != 0 && block[0] != 0))
        return SW_ERR_SIGNATURE;
    err = mask(hash, em.h, em.hash_len, em.db, em.db_len);
    if (err != SW_OK)
        return err;
    em.db[0] &= em.top;
    salt = em.db_len - salt_len;
    for (size_t i = 0; i + 1 < salt; i++)
        padding |= em.db[i];
    if (padding != 0 || em.db[salt - 1] != 1)
        return SW_ERR_SIGNATURE;
    err = pss_hash(hash, digest, (struct sw_slice){em.db + salt, salt_len}, h);
    if (err != SW_OK)
        return err;
    return memcmp(h, em.h, em.hash_len) == 0 ? SW_OK : SW_ERR_SIGNATURE;
}

/* --- encryption --------------------------------------------------------------------------------------------------- */

/*
 * Random bytes without a zero among them. Each draw leaves one in 256 to be drawn again; giving up after so many says
 * the source is broken.
 */
static enum sw_err nonzero(uint8_t *out, size_t len)
{
    uint8_t spare[64];
    size_t left = sizeof spare, draws = 0;
    enum sw_err err = sw_rand_bytes(NULL, out, len);

    for (size_t i = 0; i < len && err == SW_OK; i++)
        while (out[i] == 0 && err == SW_OK) {
            if (left == sizeof spare) {
                err = draws++ < len ? sw_rand_bytes(NULL, spare, sizeof spare) : SW_ERR_RANDOM;
                left = 0;
            }
            out[i] = spare[left++];
        }
    sw_wipe(spare, sizeof spare);
    return err;
}

enum sw_err sw_rsa_pad_pkcs1(const void *msg, size_t len, uint8_t *block, size_t k)
{
    if (len > k - PKCS1_OVERHEAD)
        return SW_ERR_SPACE;
    block[0] = 0;
    block[1] = 2;
    block[k - len - 1] = 0;
    if (len > 0)
        memcpy(block + k - len, msg, len);
    return nonzero(block + 2, k - len - 3);
}

enum sw_err sw_rsa_pad_oaep(enum sw_hash_id hash, const void *msg, size_t len, uint8_t *block, size_t k)
{
    size_t hash_len = sw_hash_len(hash), db_len = k - hash_len - 1;
    uint8_t *seed = block + 1, *db = seed + hash_len;
    enum sw_err err;

    if (k < 2 * hash_len + 2 || len > k - 2 * hash_len - 2)
        return SW_ERR_SPACE;
    memset(block, 0, k);
    db[db_len - len - 1] = 1;
    if (len > 0)
        memcpy(db + db_len - len, msg, len);
    err = sw_hash_once(hash, NULL, 0, db); /* of the empty label */
    if (err == SW_OK)
        err = sw_rand_bytes(NULL, seed, hash_len);
    if (err == SW_OK)
        err = mask(hash, seed, hash_len, db, db_len);
    if (err == SW_OK)
        err = mask(hash, db, db_len, seed, hash_len);
    return err;
}

/* The end of a careful region: the verdict, and after a good one the place of the message, may be known. */
static enum sw_err deliver(size_t good, const uint8_t *block, size_t k, size_t at, uint8_t *out, size_t *len)
{
    SW_CT_PUBLIC(&good, sizeof good);
    *len = 0;
    if (good == 0)
        return SW_ERR_CRYPTO;
    SW_CT_PUBLIC(&at, sizeof at);
    *len = k - at;
    memcpy(out, block + at, *len);
    return SW_OK;
}

/* Careful from the first line to deliver(). */
enum sw_err sw_rsa_unpad_pkcs1(uint8_t *block, size_t k, uint8_t *out, size_t *len)
{
    size_t good = sw_ct_is_zero(block[0]) & sw_ct_eq(block[1], 2);
    size_t found = 0, sep = 0; /* where the first zero is */

    for (size_t i = 2; i < k; i++) {
        size_t here = sw_ct_is_zero(block[i]) & ~found;

        sep = sw_ct_select(here, i, sep);
        found |= here;
    }
    good &= found & sw_ct_ge(sep, PKCS1_OVERHEAD - 1);
    return deliver(good, block, k, sep + 1, out, len);
}

/* Careful from the first line to deliver(): whether the first byte is zero is what Manger's attack lives on. */
enum sw_err sw_rsa_unpad_oaep(enum sw_hash_id hash, uint8_t *block, size_t k, uint8_t *out, size_t *len)
{
    size_t hash_len = sw_hash_len(hash), db_len = k - hash_len - 1;
    uint8_t *seed = block + 1, *db = seed + hash_len, label[SW_HASH_MAX];
    size_t good, found = 0, one = 0; /* where the first byte that is not zero is */
    enum sw_err err;

    if (k < 2 * hash_len + 2)
        return SW_ERR_CRYPTO;
    err = mask(hash, db, db_len, seed, hash_len);
    if (err == SW_OK)
        err = mask(hash, seed, hash_len, db, db_len);
    if (err == SW_OK)
        err = sw_hash_once(hash, NULL, 0, label);
    if (err != SW_OK)
        return err;
    good = sw_ct_is_zero(block[0]) & sw_ct_is_zero(sw_ct_diff(db, label, hash_len));
    for (size_t i = hash_len; i < db_len; i++) {
        size_t here = ~sw_ct_is_zero(db[i]) & ~found;

        one = sw_ct_select(here, i, one);
        good &= ~here | sw_ct_eq(db[i], 1);
        found |= here;
    }
    return deliver(good & found, db, db_len, one + 1, out, len);
}

/* Careful throughout. */
size_t sw_rsa_premaster_good(const uint8_t *block, size_t k, uint16_t version)
{
    size_t sep = k - SW_PREMASTER_LEN - 1;
    size_t good = sw_ct_is_zero(block[0]) & sw_ct_eq(block[1], 2) & sw_ct_is_zero(block[sep]);

    for (size_t i = 2; i < sep; i++)
        good &= ~sw_ct_is_zero(block[i]);
    return good & sw_ct_eq(block[sep + 1], version >> 8) & sw_ct_eq(block[sep + 2], version & 0xff);
}
