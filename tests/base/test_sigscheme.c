/* The table of signature schemes against the documents its columns come from, and each way to find a row. */
#include "base/sigscheme.h"
#include "tests/test.h"
#include <string.h>

static const struct sw_sigscheme *named(const char *name)
{
    return sw_sigscheme_by_name(name, strlen(name));
}

static void every_row_is_found(void)
{
    const struct sw_sigscheme *s;
    size_t n = 0;

    for (; (s = sw_sigscheme_at(n)) != NULL; n++) {
        CU_ASSERT_PTR_EQUAL(sw_sigscheme_by_id(s->id), s);
        CU_ASSERT_PTR_EQUAL(named(s->name), s);
        CU_ASSERT_PTR_EQUAL(sw_sigscheme_of(s->key, s->padding, s->hash), s);
        CU_ASSERT(s->alias == NULL || named(s->alias) == s);
        CU_ASSERT(s->oid.len == 0 || sw_sigscheme_by_oid((struct sw_slice){s->oid.der, s->oid.len}) == s);
        CU_ASSERT_PTR_NULL(sw_sigscheme_by_name(s->name, strlen(s->name) - 1));
        CU_ASSERT_EQUAL(s->hash == SW_HASH_NONE, s->padding == SW_SIG_EDDSA);
        CU_ASSERT_NOT_EQUAL(s->hash, SW_HASH_MD5);
    }
    CU_ASSERT_EQUAL(n, 18);
}

static void what_is_no_row(void)
{
    CU_ASSERT_PTR_NULL(sw_sigscheme_at(SIZE_MAX));
    CU_ASSERT_PTR_NULL(sw_sigscheme_by_id(0x0101)); /* rsa_pkcs1_md5 */
    CU_ASSERT_PTR_NULL(sw_sigscheme_by_id(0));
    CU_ASSERT_PTR_NULL(sw_sigscheme_by_name("", 0));
    CU_ASSERT_PTR_NULL(named("RSA-SHA256"));
    CU_ASSERT_PTR_NULL(named("SHA256"));
    CU_ASSERT_PTR_NULL(sw_sigscheme_by_oid((struct sw_slice){NULL, 0}));
    CU_ASSERT_PTR_NULL(sw_sigscheme_of(SW_KEY_RSA, SW_SIG_PSS, SW_HASH_SHA1));
    CU_ASSERT_PTR_NULL(sw_sigscheme_of(SW_KEY_NONE, SW_SIG_EDDSA, SW_HASH_NONE));
    CU_ASSERT_PTR_NULL(sw_sigscheme_of(SW_KEY_RSA_PSS, SW_SIG_PKCS1, SW_HASH_SHA256));
}

/* RFC 8446 4.2.3; names of OpenSSL's SSL_CONF_cmd(3), "SignatureAlgorithms". */
static void numbers_and_names(void)
{
    static const struct {
        uint16_t id;
        const char *name;
    } rows[] = {{0x0401, "rsa_pkcs1_sha256"},
                {0x0501, "rsa_pkcs1_sha384"},
                {0x0601, "rsa_pkcs1_sha512"},
                {0x0403, "ecdsa_secp256r1_sha256"},
                {0x0503, "ecdsa_secp384r1_sha384"},
                {0x0603, "ecdsa_secp521r1_sha512"},
                {0x0804, "rsa_pss_rsae_sha256"},
                {0x0805, "rsa_pss_rsae_sha384"},
                {0x0806, "rsa_pss_rsae_sha512"},
                {0x0807, "ed25519"},
                {0x0808, "ed448"},
                {0x0809, "rsa_pss_pss_sha256"},
                {0x080a, "rsa_pss_pss_sha384"},
                {0x080b, "rsa_pss_pss_sha512"},
                {0x0201, "rsa_pkcs1_sha1"},
                {0x0203, "ecdsa_sha1"},
                {0x0401, "RSA+SHA256"},
                {0x0201, "RSA+SHA1"},
                {0x0503, "ECDSA+SHA384"},
                {0x0806, "RSA-PSS+SHA512"},
                {0x0806, "PSS+SHA512"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_sigscheme *s = named(rows[i].name);

        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(s->id, rows[i].id);
    }
}

/* RFC 3279 2.2.3, RFC 4055 5, RFC 5758 3.2, RFC 8410 3. */
static void object_identifiers(void)
{
    static const struct {
        const char *name, *oid;
    } rows[] = {{"rsa_pkcs1_sha1", "2a864886f70d010105"},
                {"rsa_pkcs1_sha256", "2a864886f70d01010b"},
                {"rsa_pkcs1_sha384", "2a864886f70d01010c"},
                {"rsa_pkcs1_sha512", "2a864886f70d01010d"},
                {"ecdsa_sha1", "2a8648ce3d0401"},
                {"ecdsa_secp256r1_sha256", "2a8648ce3d040302"},
                {"ecdsa_secp384r1_sha384", "2a8648ce3d040303"},
                {"ecdsa_secp521r1_sha512", "2a8648ce3d040304"},
                {"ed25519", "2b6570"},
                {"ed448", "2b6571"},
                {"rsa_pss_rsae_sha256", ""},
                {"rsa_pss_pss_sha256", ""},
                {"rsa_pkcs1_sha224", ""}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        SW_ASSERT_HEX(named(rows[i].name)->oid.der, named(rows[i].name)->oid.len, rows[i].oid);
}

/* The order in which schemes are offered: the cheap before the dear, SHA-1 behind all that is strong. */
static void order_of_preference(void)
{
    const struct sw_sigscheme *s;
    bool rsa = false, pkcs1 = false, weak = false;

    for (size_t i = 0; (s = sw_sigscheme_at(i)) != NULL; i++) {
        weak = weak || (s->hash != SW_HASH_NONE && !sw_hash_is_strong(s->hash));
        CU_ASSERT_EQUAL(weak, s->hash != SW_HASH_NONE && !sw_hash_is_strong(s->hash));
        if (weak)
            continue;
        rsa = rsa || s->key == SW_KEY_RSA || s->key == SW_KEY_RSA_PSS;
        pkcs1 = pkcs1 || s->padding == SW_SIG_PKCS1;
        CU_ASSERT_EQUAL(rsa, s->key == SW_KEY_RSA || s->key == SW_KEY_RSA_PSS);
        CU_ASSERT_EQUAL(pkcs1, s->padding == SW_SIG_PKCS1);
    }
}

/* clang-format off */
SW_TEST_SUITE(sigscheme){
    SW_TEST(every_row_is_found),
    SW_TEST(what_is_no_row),
    SW_TEST(numbers_and_names),
    SW_TEST(object_identifiers),
    SW_TEST(order_of_preference),
};
