/* Content in RSA-OAEP blocks: there and back, and every way in which blocks can be wrong. */
#include "apps/file/coding.h"
#include "tests/base/keys.h"
#include <string.h>

static void there_and_back(void)
{
    static const size_t lengths[] = {0, 1, 189, 190, 191, 380, 16 * 190 - 1, 16 * 190};
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    uint8_t content[CODING_MAX], blocks[CODING_MAX], back[CODING_MAX];
    size_t n, len;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7);
    CU_ASSERT_EQUAL(coding_piece(sw_privkey_public(key)), 16 * 190);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        SW_ASSERT_OK(coding_encode(sw_privkey_public(key), content, lengths[i], blocks, &n));
        CU_ASSERT_EQUAL(n, (lengths[i] + 189) / 190 * 256);
        SW_ASSERT_OK(coding_decode(key, blocks, n, back, &len));
        CU_ASSERT_EQUAL(len, lengths[i]);
        CU_ASSERT_EQUAL(memcmp(back, content, len), 0);
    }
    SW_ASSERT_ERR(coding_encode(sw_privkey_public(key), content, 16 * 190 + 1, blocks, &n), SW_ERR_SPACE);
    sw_privkey_free(key);
}

/* One error for all of them. */
static void wrong_blocks_are_told_alike(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    uint8_t blocks[CODING_MAX] = {0}, back[CODING_MAX];
    size_t n, len;
    SW_ASSERT_OK(coding_encode(sw_privkey_public(key), (const uint8_t *)"content", 7, blocks, &n));
    SW_ASSERT_ERR(coding_decode(key, blocks, n - 1, back, &len), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(coding_decode(key, blocks, n + 1, back, &len), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(coding_decode(key, blocks, 2 * n, back, &len), SW_ERR_CRYPTO); /* the second is zero */
    SW_ASSERT_ERR(coding_decode(key, blocks, CODING_MAX + 256, back, &len), SW_ERR_CRYPTO);
    blocks[100] ^= 1;
    SW_ASSERT_ERR(coding_decode(key, blocks, n, back, &len), SW_ERR_CRYPTO);
    memset(blocks, 0xff, n); /* beyond the modulus */
    SW_ASSERT_ERR(coding_decode(key, blocks, n, back, &len), SW_ERR_CRYPTO);
    sw_privkey_free(key);
}

static void other_keys_are_refused(void)
{
    uint8_t blocks[CODING_MAX] = {0}, back[CODING_MAX];
    size_t n;
    struct sw_privkey *key = test_ec_key(SW_CURVE_P256, p256_scalar);
    CU_ASSERT_EQUAL(coding_piece(sw_privkey_public(key)), 0);
    SW_ASSERT_ERR(coding_encode(sw_privkey_public(key), (const uint8_t *)"x", 1, blocks, &n), SW_ERR_SPACE);
    SW_ASSERT_ERR(coding_decode(key, blocks, 256, back, &n), SW_ERR_ARGUMENT);
    sw_privkey_free(key);
}

SW_TEST_SUITE(file_coding){
    SW_TEST(there_and_back),
    SW_TEST(wrong_blocks_are_told_alike),
    SW_TEST(other_keys_are_refused),
};
