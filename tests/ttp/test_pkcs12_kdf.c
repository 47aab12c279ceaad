/* The derivation of RFC 7292 B.2, with values of "openssl kdf ... PKCS12KDF" (OpenSSL 3.0). */
#include "tests/test.h"
#include "ttp/pkcs12_kdf.h"
#include <string.h>

static const struct sw_slice sea = {(const uint8_t *)"sea", 3}, salt8 = {(const uint8_t *)"\1\2\3\4\5\6\7\10", 8};

/* More bytes than one hash has, so that the addition between blocks counts; SHA-512 has a block of its own size. */
static void several_blocks(void)
{
    static const struct {
        enum sw_hash_id hash;
        const char *hex;
    } rows[] = {
        {SW_HASH_SHA1,
         "8b93db38efe209fe04261da447d0966f170fa5b314a2e0e72445154169b24d187448724884e5739d6d4657508d65416f"
         "6563e6f8185822ba61cecdf2ebd1254e2286f6960289"},
        {SW_HASH_SHA256,
         "89d7f8647c5e481d9847492556de4de590cd9d19925ba4c4122495bd10d6334228c4b14049c782ee179792a4cdee7b11"
         "b0b04801f3749c3f8bffcf1d45651990ca949100f6ad"},
        {SW_HASH_SHA512,
         "ac3419cc4f1ce15f6291c52d1405b233764b32f7d29da63c5906de5d1f81a6003ff71adccb7d33ea0dede1c565181851"
         "abe13039a7d746d04aaa88dec711c6bb510134483ff2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[70];
        SW_ASSERT_OK(sw_pkcs12_kdf(rows[i].hash, SW_PKCS12_KEY, sea, salt8, 3, out, sizeof out));
        SW_ASSERT_HEX(out, sizeof out, rows[i].hex);
    }
}

/* A salt longer than a block of the hash. */
static void a_long_salt(void)
{
    uint8_t salt[66], out[20];
    for (uint8_t i = 0; i < sizeof salt; i++)
        salt[i] = i;
    SW_ASSERT_OK(
        sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_MAC, sea, (struct sw_slice){salt, sizeof salt}, 1, out, sizeof out));
    SW_ASSERT_HEX(out, sizeof out, "5da133f61ce1606db5811af6004917cdb5130ed3");
}

static void limits(void)
{
    static uint8_t text[SW_PKCS12_PASS_MAX + 1];
    uint8_t out[20];
    static const char *const bad[] = {"\xff", "\xc3", "\xc0\x80", "\xe2\x82", "a\x80"};
    memset(text, 'a', sizeof text);
    SW_ASSERT_OK(
        sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_MAC, (struct sw_slice){text, SW_PKCS12_PASS_MAX}, salt8, 1, out, 20));
    SW_ASSERT_ERR(sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_MAC, (struct sw_slice){text, sizeof text}, salt8, 1, out, 20),
                  SW_ERR_PASSPHRASE);
    SW_ASSERT_ERR(sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_MAC, sea, (struct sw_slice){text, sizeof text}, 1, out, 20),
                  SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_pkcs12_kdf(SW_HASH_NONE, SW_PKCS12_MAC, sea, salt8, 1, out, 20), SW_ERR_UNSUPPORTED);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        SW_ASSERT_ERR(sw_pkcs12_kdf(SW_HASH_SHA1, SW_PKCS12_MAC,
                                    (struct sw_slice){(const uint8_t *)bad[i], strlen(bad[i])}, salt8, 1, out, 20),
                      SW_ERR_PASSPHRASE);
}

SW_TEST_SUITE(pkcs12_kdf){
    SW_TEST(several_blocks),
    SW_TEST(a_long_salt),
    SW_TEST(limits),
};
