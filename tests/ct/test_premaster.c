/*
 * RSA decryption from the bare operation's result on: the library marks the block as secret there, and nothing may
 * depend on it, good or broken in whichever way. For the premaster the outcome stays secret too; for CMS the verdict is
 * drawn at the end.
 */
#include "base/ct.h"
#include "base/pkey_kinds.h"
#include "base/rsa_pad.h"
#include "tests/base/keys.h"
#include <string.h>

enum { K = 128, VERSION = 0x0303 };

static void good_block(uint8_t block[K])
{
    memset(block, 0x11, K);
    block[0] = 0;
    block[1] = 2;
    block[K - 49] = 0;
    block[K - 48] = VERSION >> 8;
    block[K - 47] = VERSION & 0xff;
}

/* Block number i: the good one, then each kind of broken one. False past the last. */
static bool make_block(size_t i, uint8_t block[K])
{
    static const struct {
        size_t at;
        uint8_t value;
    } breaks[] = {{2, 0x11}, {0, 1},      {1, 1},      {1, 0},      {2, 0},     {9, 0},
                  {40, 0},   {K - 50, 0}, {K - 49, 9}, {K - 48, 2}, {K - 47, 1}};

    if (i >= sizeof breaks / sizeof breaks[0])
        return false;
    good_block(block);
    block[breaks[i].at] = breaks[i].value;
    return true;
}

/*
 * wolfCrypt's own part, with the number itself marked: whatever is computed from it is secret, the plaintext included.
 * Its code for this size decides nothing on it; without that code (deps/README.md) blinding has to do.
 */
static void the_bare_operation(void)
{
#ifdef WOLFSSL_HAVE_SP_RSA
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    uint8_t in[256], out[256], back[256];

    (void)sw_test_secret_uses();
    for (unsigned i = 0; i < 4; i++) {
        memset(in, 0x33 * (int)i, sizeof in);
        in[0] = 0;
        in[255] = 3;
        SW_CT_SECRET(in, sizeof in);
        SW_ASSERT_OK(sw_rsa_private(key, in, out));
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        SW_CT_PUBLIC(in, sizeof in);
        SW_CT_PUBLIC(out, sizeof out);
        SW_ASSERT_OK(sw_rsa_public(sw_privkey_public(key), out, back));
        SW_ASSERT_BYTES(back, in, sizeof in);
    }
    sw_privkey_free(key);
#endif
}

static void premasters_of_each_kind(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(1024));
    uint8_t block[K], c[K], out[48], random[48];

    (void)sw_test_secret_uses();
    memset(random, 0xee, sizeof random);
    for (size_t i = 0; make_block(i, block); i++) {
        SW_ASSERT_OK(sw_rsa_public(sw_privkey_public(key), block, c));
        for (size_t len = K - 1; len <= K; len++) { /* and one byte short */
            memcpy(out, random, 48);
            SW_CT_SECRET(out, 48);
            SW_ASSERT_OK(sw_privkey_decrypt_premaster(key, c, len, VERSION, out));
            CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
            SW_CT_PUBLIC(out, 48);
            SW_ASSERT_BYTES(out, i == 0 && len == K ? block + K - 48 : random, 48);
        }
    }
    for (int last = 0; last < 3; last++) { /* numbers that are none */
        memset(c, last == 2 ? 0xff : 0, K);
        c[K - 1] = (uint8_t)(last == 2 ? 0xff : last);
        memcpy(out, random, 48);
        SW_ASSERT_OK(sw_privkey_decrypt_premaster(key, c, K, VERSION, out));
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        SW_CT_PUBLIC(out, 48);
        SW_ASSERT_BYTES(out, random, 48);
    }
    sw_privkey_free(key);
}

static void pkcs1_blocks_of_each_kind(void)
{
    uint8_t block[K], out[K];
    size_t len = 0;

    (void)sw_test_secret_uses();
    for (size_t i = 0; make_block(i, block); i++) {
        bool opens = i == 0 || (i >= 6 && i != 8); /* a separator elsewhere, another version: a message all the same */

        SW_CT_SECRET(block, K);
        SW_ASSERT_ERR(sw_rsa_unpad_pkcs1(block, K, out, &len), opens ? SW_OK : SW_ERR_CRYPTO);
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        SW_CT_PUBLIC(block, K);
    }
}

static void oaep_blocks_of_each_kind(void)
{
    uint8_t block[K], out[K];
    size_t len = 0;

    (void)sw_test_secret_uses();
    for (size_t i = 0; i <= K; i++) { /* the good one last */
        SW_ASSERT_OK(sw_rsa_pad_oaep(SW_HASH_SHA256, "wax", 3, block, K));
        SW_CT_PUBLIC(block, K);
        if (i < K)
            block[i] ^= 1;
        SW_CT_SECRET(block, K);
        SW_ASSERT_ERR(sw_rsa_unpad_oaep(SW_HASH_SHA256, block, K, out, &len), i < K ? SW_ERR_CRYPTO : SW_OK);
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        SW_CT_PUBLIC(block, K);
    }
}

SW_TEST_SUITE(premaster){
    SW_TEST(the_bare_operation),
    SW_TEST(premasters_of_each_kind),
    SW_TEST(pkcs1_blocks_of_each_kind),
    SW_TEST(oaep_blocks_of_each_kind),
};
