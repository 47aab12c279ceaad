/* HKDF: RFC 5869 appendix A, test cases 1 to 3. */
#include "base/hkdf.h"
#include "tests/test.h"
#include <string.h>

static void count(uint8_t *p, size_t n, unsigned from)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(from + i);
}

static void case_1(void)
{
    uint8_t secret[22], salt[13], info[10], prk[32], out[42];

    memset(secret, 0x0B, sizeof secret);
    count(salt, sizeof salt, 0);
    count(info, sizeof info, 0xF0);
    SW_ASSERT_OK(sw_hkdf_extract(SW_HASH_SHA256, salt, sizeof salt, secret, sizeof secret, prk));
    SW_ASSERT_HEX(prk, 32, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    SW_ASSERT_OK(sw_hkdf_expand(SW_HASH_SHA256, prk, 32, info, sizeof info, out, sizeof out));
    SW_ASSERT_HEX(out, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

static void case_2_longer(void)
{
    uint8_t secret[80], salt[80], info[80], prk[32], out[83];

    count(secret, sizeof secret, 0);
    count(salt, sizeof salt, 0x60);
    count(info, sizeof info, 0xB0);
    SW_ASSERT_OK(sw_hkdf_extract(SW_HASH_SHA256, salt, sizeof salt, secret, sizeof secret, prk));
    SW_ASSERT_HEX(prk, 32, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
    out[82] = 0xEE;
    SW_ASSERT_OK(sw_hkdf_expand(SW_HASH_SHA256, prk, 32, info, sizeof info, out, 82));
    SW_ASSERT_HEX(
        out, 82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f"
        "09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
    CU_ASSERT_EQUAL(out[82], 0xEE);
}

static void case_3_no_salt_no_info(void)
{
    uint8_t secret[22], prk[32], out[42];

    memset(secret, 0x0B, sizeof secret);
    SW_ASSERT_OK(sw_hkdf_extract(SW_HASH_SHA256, NULL, 0, secret, sizeof secret, prk));
    SW_ASSERT_HEX(prk, 32, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    SW_ASSERT_OK(sw_hkdf_expand(SW_HASH_SHA256, prk, 32, NULL, 0, out, sizeof out));
    SW_ASSERT_HEX(out, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void limits(void)
{
    static uint8_t out[255 * 64 + 1];
    const uint8_t prk[64] = {1};

    SW_ASSERT_OK(sw_hkdf_expand(SW_HASH_SHA512, prk, 64, NULL, 0, out, 255 * 64));
    SW_ASSERT_ERR(sw_hkdf_expand(SW_HASH_SHA512, prk, 64, NULL, 0, out, 255 * 64 + 1), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_hkdf_expand(SW_HASH_SHA256, prk, 32, NULL, 0, out, 255 * 32 + 1), SW_ERR_ARGUMENT);
    SW_ASSERT_OK(sw_hkdf_expand(SW_HASH_SHA256, prk, 32, NULL, 0, out, 0));
    SW_ASSERT_ERR(sw_hkdf_expand(SW_HASH_NONE, prk, 32, NULL, 0, out, 1), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_hkdf_extract(SW_HASH_NONE, NULL, 0, prk, 32, out), SW_ERR_ARGUMENT);
}

SW_TEST_SUITE(hkdf){
    SW_TEST(case_1),
    SW_TEST(case_2_longer),
    SW_TEST(case_3_no_salt_no_info),
    SW_TEST(limits),
};
