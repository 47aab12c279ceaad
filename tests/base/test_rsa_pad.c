/* The paddings alone: every rule of RFC 8017 broken one at a time, under the mask where there is one. */
#include "base/rsa_pad.h"
#include "tests/test.h"
#include <string.h>

enum { K = 128, H = 32, BITS = 1024 };

static const uint8_t digest[H] = {1, 2, 3, 4};

/* MGF1 with SHA-256, once more and independently. */
static void mask(const uint8_t *seed, size_t seed_len, uint8_t *p, size_t len)
{
    uint8_t in[300], out[H];

    memcpy(in, seed, seed_len);
    memset(in + seed_len, 0, 4);
    for (size_t i = 0; i < len; i++) {
        if (i % H == 0) {
            in[seed_len + 3] = (uint8_t)(i / H);
            SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, in, seed_len + 4, out));
        }
        p[i] ^= out[i % H];
    }
}

/* --- PKCS#1 v1.5 -------------------------------------------------------------------------------------------------- */

static void pkcs1_signature_block(void)
{
    uint8_t block[K];

    SW_ASSERT_OK(sw_rsa_pad_pkcs1_sign(SW_HASH_SHA256, digest, block, 62));
    SW_ASSERT_HEX(block, 62,
                  "0001ffffffffffffffff00 3031300d060960864801650304020105000420 01020304"
                  "00000000000000000000000000000000000000000000000000000000");
    SW_ASSERT_ERR(sw_rsa_pad_pkcs1_sign(SW_HASH_SHA256, digest, block, 61), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_rsa_pad_pkcs1_sign(SW_HASH_MD5, digest, block, K), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_rsa_pad_pkcs1_sign(SW_HASH_NONE, digest, block, K), SW_ERR_UNSUPPORTED);
}

static void pkcs1_encryption_block(void)
{
    uint8_t block[K], out[K];
    size_t len;

    for (size_t round = 0; round < 200; round++) { /* long enough for zeroes to come up and be replaced */
        SW_ASSERT_OK(sw_rsa_pad_pkcs1("wax", 3, block, K));
        CU_ASSERT_EQUAL(block[0], 0);
        CU_ASSERT_EQUAL(block[1], 2);
        CU_ASSERT_PTR_NULL(memchr(block + 2, 0, K - 6));
        CU_ASSERT_EQUAL(block[K - 4], 0);
        SW_ASSERT_BYTES(block + K - 3, "wax", 3);
    }
    SW_ASSERT_OK(sw_rsa_unpad_pkcs1(block, K, out, &len));
    CU_ASSERT_EQUAL(len, 3);
    SW_ASSERT_ERR(sw_rsa_pad_pkcs1(block, K - 10, out, K), SW_ERR_SPACE);
}

/* The separator in each place: from the eleventh byte on it is one. */
static void pkcs1_separator_places(void)
{
    for (size_t at = 2; at <= K; at++) {
        uint8_t block[K], out[K];
        size_t len = 99;
        enum sw_err want = at >= 10 && at < K ? SW_OK : SW_ERR_CRYPTO;

        memset(block, 0x55, K);
        block[0] = 0;
        block[1] = 2;
        if (at < K)
            block[at] = 0;
        if (at + 1 < K)
            block[at + 1] = 0; /* and a message that begins with a zero */
        SW_ASSERT_ERR(sw_rsa_unpad_pkcs1(block, K, out, &len), want);
        CU_ASSERT_EQUAL(len, want == SW_OK ? K - at - 1 : 0);
        block[0] = 1;
        SW_ASSERT_ERR(sw_rsa_unpad_pkcs1(block, K, out, &len), SW_ERR_CRYPTO);
        block[0] = 0;
        block[1] = 1;
        SW_ASSERT_ERR(sw_rsa_unpad_pkcs1(block, K, out, &len), SW_ERR_CRYPTO);
    }
}

static void premaster_block(void)
{
    uint8_t good[K], block[K];

    memset(good, 0x55, K);
    good[0] = 0;
    good[1] = 2;
    good[K - 49] = 0;
    good[K - 48] = 3;
    good[K - 47] = 1;
    CU_ASSERT_EQUAL(sw_rsa_premaster_good(good, K, 0x0301), SIZE_MAX);
    CU_ASSERT_EQUAL(sw_rsa_premaster_good(good, K, 0x0303), 0);
    CU_ASSERT_EQUAL(sw_rsa_premaster_good(good, K, 0x0103), 0);
    for (size_t i = 0; i < K; i++)
        for (unsigned v = 1; v < 256; v++) {
            bool spoils = i < 2 || (i >= K - 49 && i < K - 46) || (i < K - 49 && (0x55 ^ v) == 0);

            memcpy(block, good, K);
            block[i] ^= (uint8_t)v;
            CU_ASSERT_EQUAL(sw_rsa_premaster_good(block, K, 0x0301), spoils ? 0 : SIZE_MAX);
        }
}

/* --- OAEP --------------------------------------------------------------------------------------------------------- */

/* A block of 00, seed, hash of the empty label, zeroes, 01, message: not masked yet. */
static void oaep_plain(uint8_t *block, size_t len)
{
    memset(block, 0, K);
    memset(block + 1, 0x77, H);
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, NULL, 0, block + 1 + H));
    block[K - len - 1] = 1;
    memset(block + K - len, 0x42, len);
}

static enum sw_err oaep_open(uint8_t *block, size_t *len)
{
    uint8_t out[K];

    mask(block + 1, H, block + 1 + H, K - H - 1);
    mask(block + 1 + H, K - H - 1, block + 1, H);
    return sw_rsa_unpad_oaep(SW_HASH_SHA256, block, K, out, len);
}

static void oaep_rules(void)
{
    uint8_t block[K];
    size_t len = 0;

    for (size_t n = 0; n <= K - 2 * H - 2; n++) {
        oaep_plain(block, n);
        SW_ASSERT_OK(oaep_open(block, &len));
        CU_ASSERT_EQUAL(len, n);
        for (size_t i = 0; i < K; i++) {
            bool spoils = i == 0 || (i > H && i < K - n); /* the first byte, the label's hash, the zeroes, the one */

            oaep_plain(block, n);
            block[i] ^= 2;
            SW_ASSERT_ERR(oaep_open(block, &len), spoils ? SW_ERR_CRYPTO : SW_OK);
            CU_ASSERT_EQUAL(len, spoils ? 0 : n);
        }
    }
    oaep_plain(block, 0);
    block[K - 1] = 0; /* no one at all */
    SW_ASSERT_ERR(oaep_open(block, &len), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(sw_rsa_unpad_oaep(SW_HASH_SHA512, block, K, block, &len), SW_ERR_CRYPTO); /* no room */
}

static void oaep_seeds_differ(void)
{
    uint8_t a[K], b[K], out[K];
    size_t len = 0;

    SW_ASSERT_OK(sw_rsa_pad_oaep(SW_HASH_SHA256, "wax", 3, a, K));
    SW_ASSERT_OK(sw_rsa_pad_oaep(SW_HASH_SHA256, "wax", 3, b, K));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, K), 0);
    CU_ASSERT_EQUAL(a[0], 0);
    SW_ASSERT_OK(sw_rsa_unpad_oaep(SW_HASH_SHA256, a, K, out, &len));
    CU_ASSERT_EQUAL(len, 3);
    SW_ASSERT_BYTES(out, "wax", 3);
}

/* --- PSS ---------------------------------------------------------------------------------------------------------- */

/* Every length of modulus around a whole byte; one bit more puts a zero byte in front. */
static void pss_sizes(void)
{
    for (unsigned bits = 8 * (2 * H + 2) - 16; bits <= 1041; bits++) {
        uint8_t block[K + 4] = {0}, again[K + 4];
        size_t k = (bits + 7) / 8;
        bool room = bits >= 8 * (2 * H + 1) + 2;

        SW_ASSERT_ERR(sw_rsa_pad_pss_sign(SW_HASH_SHA256, digest, block, bits), room ? SW_OK : SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, digest, memcpy(again, block, sizeof again), bits),
                      room ? SW_OK : SW_ERR_UNSUPPORTED);
        if (!room)
            continue;
        CU_ASSERT_EQUAL(block[k - 1], 0xbc);
        CU_ASSERT_EQUAL(block[k], 0);
        for (unsigned bit = 0; bit < 8 * k - (bits - 1); bit++) { /* those above the modulus' length less one */
            CU_ASSERT_EQUAL(block[bit / 8] & (0x80 >> bit % 8), 0);
            memcpy(again, block, sizeof again);
            again[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
            SW_ASSERT_ERR(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, digest, again, bits), SW_ERR_SIGNATURE);
        }
    }
}

static void pss_rules(void)
{
    const size_t db_len = K - H - 1;
    uint8_t good[K], block[K];

    SW_ASSERT_OK(sw_rsa_pad_pss_sign(SW_HASH_SHA256, digest, good, BITS));
    for (size_t i = 0; i < K; i++) { /* each byte as it stands */
        memcpy(block, good, K);
        block[i] ^= 1;
        SW_ASSERT_ERR(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, digest, block, BITS), SW_ERR_SIGNATURE);
    }
    for (size_t i = 0; i < db_len; i++) { /* each byte of DB under the mask: padding, 01, salt */
        memcpy(block, good, K);
        mask(block + db_len, H, block, db_len);
        block[0] &= 0x7f;
        CU_ASSERT_EQUAL(block[i], i < db_len - H - 1 ? 0 : i == db_len - H - 1 ? 1 : block[i]);
        block[i] ^= 2;
        mask(block + db_len, H, block, db_len);
        block[0] &= 0x7f;
        SW_ASSERT_ERR(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, digest, block, BITS), SW_ERR_SIGNATURE);
    }
    for (size_t i = 0; i < H; i++) { /* another digest */
        uint8_t other[H];

        memcpy(other, digest, H);
        other[i] ^= 0x80;
        memcpy(block, good, K);
        SW_ASSERT_ERR(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, other, block, BITS), SW_ERR_SIGNATURE);
    }
    SW_ASSERT_OK(sw_rsa_pad_pss_sign(SW_HASH_SHA256, digest, block, BITS));
    CU_ASSERT_NOT_EQUAL(memcmp(block, good, K), 0); /* another salt */
    SW_ASSERT_OK(sw_rsa_pad_pss_check(SW_HASH_SHA256, 32, digest, good, BITS));
}

SW_TEST_SUITE(rsa_pad){
    SW_TEST(pkcs1_signature_block),
    SW_TEST(pkcs1_encryption_block),
    SW_TEST(pkcs1_separator_places),
    SW_TEST(premaster_block),
    SW_TEST(oaep_rules),
    SW_TEST(oaep_seeds_differ),
    SW_TEST(pss_sizes),
    SW_TEST(pss_rules),
};
