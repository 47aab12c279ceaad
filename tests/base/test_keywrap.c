/* Key wrapping: the examples of RFC 3394 4. X9.63: made with `openssl kdf X963KDF`. AES-CBC: NIST SP 800-38A F.2.6. */
#include "base/keywrap.h"
#include "tests/test.h"
#include <string.h>

static const struct {
    const char *kek, *key, *wrapped;
} wraps[] = {
    {"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF",
     "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"}, /* 4.1 */
    {"000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF",
     "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"}, /* 4.2 */
    {"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF",
     "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"}, /* 4.3 */
    {"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
     "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
     "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"}, /* 4.6 */
};

static void wraps_as_the_rfc(void)
{
    for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        uint8_t kek[32], key[32], out[40], back[32];
        size_t kek_len = sw_unhex(wraps[i].kek, kek, sizeof kek), len = sw_unhex(wraps[i].key, key, sizeof key);
        SW_ASSERT_OK(sw_keywrap(kek, kek_len, key, len, out));
        SW_ASSERT_HEX(out, len + 8, wraps[i].wrapped);
        SW_ASSERT_OK(sw_keyunwrap(kek, kek_len, out, len + 8, back));
        SW_ASSERT_BYTES(back, key, len);
    }
}

static void a_changed_wrap_is_refused(void)
{
    uint8_t kek[32] = {1}, key[32] = {2}, out[40], back[32];
    SW_ASSERT_OK(sw_keywrap(kek, 32, key, 32, out));
    for (size_t bit = 0; bit < 40 * 8; bit++) {
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
        SW_ASSERT_ERR(sw_keyunwrap(kek, 32, out, 40, back), SW_ERR_CRYPTO);
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i < 32; i++)
        CU_ASSERT_EQUAL(back[i], 0);
}

static void wrong_lengths(void)
{
    uint8_t kek[32] = {1}, key[80] = {2}, out[88];
    for (size_t len = 0; len <= 80; len++) {
        bool fits = len >= 16 && len <= 64 && len % 8 == 0;
        if (fits)
            SW_ASSERT_OK(sw_keywrap(kek, 32, key, len, out));
        else
            SW_ASSERT_ERR(sw_keywrap(kek, 32, key, len, out), SW_ERR_ARGUMENT);
        if (!fits)
            SW_ASSERT_ERR(sw_keyunwrap(kek, 32, key, len + 8, out), SW_ERR_ARGUMENT);
    }
    SW_ASSERT_ERR(sw_keyunwrap(kek, 32, key, 7, out), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_keywrap(kek, 31, key, 32, out), SW_ERR_ARGUMENT);
}

static void x963(void)
{
    uint8_t secret[24], info[16], out[40];
    sw_unhex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", secret, sizeof secret);
    sw_unhex("75eef81aa3041e33b80971203d2c0c52", info, sizeof info);
    SW_ASSERT_OK(sw_x963_kdf(SW_HASH_SHA256, secret, sizeof secret, info, sizeof info, out, 40));
    SW_ASSERT_HEX(out, 40, "26B9461766A0328023B357B36635626E967900B9F0356030129FD7DC8D1FD1E890EAABEE008AA5D6");
    SW_ASSERT_OK(sw_x963_kdf(SW_HASH_SHA1, secret, sizeof secret, NULL, 0, out, 32));
    SW_ASSERT_HEX(out, 32, "00ACEFCDF40D167B2E0A7BCD464F3EFBD1A880201476791793 64165BB1A215BC");
    SW_ASSERT_ERR(sw_x963_kdf(SW_HASH_NONE, secret, sizeof secret, NULL, 0, out, 32), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_x963_kdf(SW_HASH_MD5, secret, sizeof secret, NULL, 0, out, 32), SW_ERR_UNSUPPORTED);
}

static void cbc(void)
{
    uint8_t key[32], iv[16], text[64];
    struct sw_cbc c;
    sw_unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", key, sizeof key);
    sw_unhex("000102030405060708090a0b0c0d0e0f", iv, sizeof iv);
    sw_unhex("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
             "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
             text, sizeof text);
    SW_ASSERT_OK(sw_cbc_start(&c, key, sizeof key, iv));
    SW_ASSERT_OK(sw_cbc_open(&c, text, 16, text));
    SW_ASSERT_OK(sw_cbc_open(&c, text + 16, 48, text + 16));
    SW_ASSERT_HEX(text, 64,
                  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    SW_ASSERT_ERR(sw_cbc_open(&c, text, 15, text), SW_ERR_ARGUMENT);
    sw_cbc_wipe(&c);
    SW_ASSERT_ERR(sw_cbc_start(&c, key, 31, iv), SW_ERR_ARGUMENT);
}

SW_TEST_SUITE(keywrap){
    SW_TEST(wraps_as_the_rfc), SW_TEST(a_changed_wrap_is_refused), SW_TEST(wrong_lengths), SW_TEST(x963), SW_TEST(cbc),
};
