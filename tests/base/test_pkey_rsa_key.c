/* RSA keys from numbers and back: every number that does not belong is found. */
#include "base/pkey_kinds.h"
#include "tests/base/keys.h"
#include <string.h>

static void numbers_come_and_go(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    const char *const *want = TEST_RSA_NUMBERS(2048);
    struct sw_rsa_numbers num;
    struct sw_slice *got[] = {&num.n, &num.e, &num.d, &num.p, &num.q, &num.dp, &num.dq, &num.qinv};
    uint8_t buf[256 * 2 + 3 + 5 * 128];
    struct sw_privkey *again = NULL;
    size_t used = 0;

    SW_ASSERT_OK(sw_privkey_numbers_rsa(key, &num, buf, sizeof buf));
    for (size_t i = 0; i < 8; i++) {
        SW_ASSERT_HEX(got[i]->p, got[i]->len, want[i]);
        used += got[i]->len;
    }
    SW_ASSERT_OK(sw_privkey_new_rsa(&again, &num));
    CU_ASSERT_TRUE(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(again)));
    for (size_t cap = 0; cap < used; cap += 7)
        SW_ASSERT_ERR(sw_privkey_numbers_rsa(key, &num, buf, cap), SW_ERR_SPACE);
    SW_ASSERT_OK(sw_privkey_numbers_rsa(key, &num, buf, used));
    sw_privkey_free(key);
    sw_privkey_free(again);
}

/* As DER gives them, with a zero in front. */
static void leading_zeroes_are_dropped(void)
{
    struct test_rsa t = test_rsa_load(TEST_RSA_NUMBERS(1024));
    struct sw_slice *all[] = {&t.num.n, &t.num.e, &t.num.d, &t.num.p, &t.num.q, &t.num.dp, &t.num.dq, &t.num.qinv};
    uint8_t padded[8][140] = {{0}};
    struct sw_privkey *key = NULL;

    for (size_t i = 0; i < 8; i++) {
        memcpy(padded[i] + 2, all[i]->p, all[i]->len);
        *all[i] = (struct sw_slice){padded[i], all[i]->len + 2};
    }
    SW_ASSERT_OK(sw_privkey_new_rsa(&key, &t.num));
    CU_ASSERT_EQUAL(sw_privkey_public(key)->n.len, 128);
    CU_ASSERT_EQUAL(sw_privkey_public(key)->e.len, 3);
    SW_ASSERT_OK(test_verify_hex(sw_privkey_public(key), "rsa_pkcs1_sha256", rsa1024_pkcs1_sha256));
    sw_privkey_free(key);
    test_rsa_drop(&t);
}

/* One bit wrong in one number, everywhere: never a key. */
static void each_wrong_number_is_found(void)
{
    struct test_rsa t = test_rsa_load(TEST_RSA_NUMBERS(1024));
    const struct sw_slice all[] = {t.num.n, t.num.e, t.num.d, t.num.p, t.num.q, t.num.dp, t.num.dq, t.num.qinv};

    for (size_t i = 0; i < 8; i++)
        for (size_t bit = 0; bit < all[i].len * 8; bit += i == 1 ? 1 : 13) {
            struct sw_privkey *key = NULL;

            t.kept[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
            SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
            CU_ASSERT_PTR_NULL(key);
            t.kept[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    test_rsa_drop(&t);
}

static void missing_and_exchanged_numbers(void)
{
    struct test_rsa t = test_rsa_load(TEST_RSA_NUMBERS(1024));
    struct sw_slice *all[] = {&t.num.n, &t.num.e, &t.num.d, &t.num.p, &t.num.q, &t.num.dp, &t.num.dq, &t.num.qinv};
    static const uint8_t zero[1] = {0}, one[1] = {1};
    struct sw_rsa_numbers good = t.num;
    struct sw_privkey *key = NULL;

    for (size_t i = 0; i < 8; i++) {
        *all[i] = (struct sw_slice){NULL, 0};
        SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
        *all[i] = (struct sw_slice){zero, 1};
        SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
        *all[i] = (struct sw_slice){one, 1};
        SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
        t.num = good;
    }
    t.num.p = good.q; /* with qinv for the other order */
    t.num.q = good.p;
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    t.num.dp = good.dq;
    t.num.dq = good.dp;
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    t.num = good;
    t.num.p = good.n; /* n * 1 */
    t.num.q = (struct sw_slice){one, 1};
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    test_rsa_drop(&t);
}

static void sizes_out_of_range(void)
{
    static uint8_t big[SW_MODULUS_MAX + 1];
    struct test_rsa t = test_rsa_load(TEST_RSA_NUMBERS(1024));
    struct sw_rsa_numbers good = t.num;
    struct sw_privkey *key = NULL;

    memset(big, 0xff, sizeof big);
    t.num.n = (struct sw_slice){big, sizeof big};
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_UNSUPPORTED);
    t.num = good;
    t.num.d = (struct sw_slice){big, sizeof big};
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    t.num = good;
    t.num.e = (struct sw_slice){big, 9};
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    t.num = good;
    t.num.n.len = 100;
    SW_ASSERT_ERR(sw_privkey_new_rsa(&key, &t.num), SW_ERR_KEY_DECODE);
    test_rsa_drop(&t);
}

static void pss_keys(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(1024));
    uint8_t sig[SW_SIG_MAX];
    size_t len = 0;

    SW_ASSERT_OK(sw_privkey_restrict_pss(key, SW_HASH_SHA256, 32));
    CU_ASSERT_EQUAL(sw_privkey_public(key)->type, SW_KEY_RSA_PSS);
    CU_ASSERT_EQUAL(sw_privkey_public(key)->pss_hash, SW_HASH_SHA256);
    SW_ASSERT_OK(sw_privkey_sign(key, sw_sigscheme_by_id(0x0809), "wax", 3, sig, &len));
    SW_ASSERT_ERR(sw_privkey_sign(key, sw_sigscheme_by_id(0x080a), "wax", 3, sig, &len), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_sign(key, sw_sigscheme_by_id(0x0401), "wax", 3, sig, &len), SW_ERR_UNSUPPORTED);
    SW_ASSERT_OK(sw_privkey_restrict_pss(key, SW_HASH_NONE, 32));
    SW_ASSERT_OK(sw_privkey_sign(key, sw_sigscheme_by_id(0x080a), "wax", 3, sig, &len));
    sw_privkey_free(key);
}

SW_TEST_SUITE(pkey_rsa_key){
    SW_TEST(numbers_come_and_go),           SW_TEST(leading_zeroes_are_dropped), SW_TEST(each_wrong_number_is_found),
    SW_TEST(missing_and_exchanged_numbers), SW_TEST(sizes_out_of_range),         SW_TEST(pss_keys),
};
