/*
 * The lengths of the bulk ciphers, from the RFCs that define them: a row wrong here would agree with itself everywhere
 * else.
 */
#include "record/bulk.h"
#include "record/record.h"
#include "tests/test.h"

/* clang-format off */
static const struct {
    const struct sw_bulk *bulk;
    const char *name;
    enum sw_bulk_kind kind;
    unsigned key, fixed_iv, record_iv, block, tag;
} rows[] = {
    {&sw_bulk_null,              "NULL",              SW_BULK_NULL,  0,  0,  0,  0,  0}, /* RFC 5246 6.2.3.1 */
    {&sw_bulk_3des_cbc,          "3DES-CBC",          SW_BULK_CBC,  24,  0,  8,  8,  0}, /* RFC 5246 C */
    {&sw_bulk_aes128_cbc,        "AES-128-CBC",       SW_BULK_CBC,  16,  0, 16, 16,  0}, /* RFC 5246 C */
    {&sw_bulk_aes256_cbc,        "AES-256-CBC",       SW_BULK_CBC,  32,  0, 16, 16,  0}, /* RFC 5246 C */
    {&sw_bulk_aes128_gcm,        "AES-128-GCM",       SW_BULK_AEAD, 16,  4,  8,  0, 16}, /* RFC 5288 3, RFC 5116 5.1 */
    {&sw_bulk_aes256_gcm,        "AES-256-GCM",       SW_BULK_AEAD, 32,  4,  8,  0, 16}, /* RFC 5288 3, RFC 5116 5.2 */
    {&sw_bulk_chacha20_poly1305, "ChaCha20-Poly1305", SW_BULK_AEAD, 32, 12,  0,  0, 16}, /* RFC 7905 2 */
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

static void lengths(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct sw_bulk *b = rows[i].bulk;

        CU_ASSERT_STRING_EQUAL(b->name, rows[i].name);
        CU_ASSERT_EQUAL(b->kind, rows[i].kind);
        CU_ASSERT_EQUAL(b->key_len, rows[i].key);
        CU_ASSERT_EQUAL(b->fixed_iv_len, rows[i].fixed_iv);
        CU_ASSERT_EQUAL(b->record_iv_len, rows[i].record_iv);
        CU_ASSERT_EQUAL(b->block, rows[i].block);
        CU_ASSERT_EQUAL(b->tag_len, rows[i].tag);
    }
}

/* What the key block is cut into fits where it is kept. */
static void secrets_fit(void)
{
    struct sw_record_secrets s;

    for (size_t i = 0; i < ROWS; i++) {
        CU_ASSERT_TRUE(rows[i].key <= sizeof s.key);
        CU_ASSERT_TRUE(rows[i].fixed_iv <= sizeof s.iv);
        CU_ASSERT_TRUE(rows[i].record_iv + SW_RECORD_HEADER <= SW_RECORD_BEFORE_MAX);
    }
    CU_ASSERT_TRUE(SW_HASH_MAX <= sizeof s.mac_key);
    CU_ASSERT_TRUE(sizeof s.mac_key + sizeof s.key + sizeof s.iv <= SW_RECORD_SECRET_MAX);
}

/* Records of one byte, counted by hand: header, explicit IV, data, MAC, padding, tag. */
static void a_byte_becomes(void)
{
    /* clang-format off */
    static const struct {
        const struct sw_bulk *bulk;
        enum sw_hash_id mac;
        bool etm, tls13;
        size_t len;
    } one[] = {
        {&sw_bulk_null,              SW_HASH_SHA1,   false, false, 5 + 1 + 20},
        {&sw_bulk_null,              SW_HASH_SHA256, false, false, 5 + 1 + 32},
        {&sw_bulk_3des_cbc,          SW_HASH_SHA1,   false, false, 5 + 8 + 1 + 20 + 3},
        {&sw_bulk_3des_cbc,          SW_HASH_SHA1,   true,  false, 5 + 8 + 1 + 7 + 20},
        {&sw_bulk_aes128_cbc,        SW_HASH_SHA1,   false, false, 5 + 16 + 1 + 20 + 11},
        {&sw_bulk_aes128_cbc,        SW_HASH_SHA256, false, false, 5 + 16 + 1 + 32 + 15},
        {&sw_bulk_aes256_cbc,        SW_HASH_SHA384, false, false, 5 + 16 + 1 + 48 + 15},
        {&sw_bulk_aes256_cbc,        SW_HASH_SHA256, true,  false, 5 + 16 + 1 + 15 + 32},
        {&sw_bulk_aes128_gcm,        SW_HASH_NONE,   false, false, 5 + 8 + 1 + 16},
        {&sw_bulk_aes256_gcm,        SW_HASH_NONE,   false, true,  5 + 1 + 1 + 16},
        {&sw_bulk_chacha20_poly1305, SW_HASH_NONE,   false, false, 5 + 1 + 16},
        {&sw_bulk_chacha20_poly1305, SW_HASH_NONE,   false, true,  5 + 1 + 1 + 16},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        const struct sw_record_secrets s = {
            .bulk = one[i].bulk, .mac = one[i].mac, .etm = one[i].etm, .tls13 = one[i].tls13};

        CU_ASSERT_EQUAL(sw_record_sealed_len(&s, 1), one[i].len);
        CU_ASSERT_TRUE(sw_record_before(&s) + 1 + sw_record_after(&s) >= one[i].len);
    }
}

SW_TEST_SUITE(bulk){
    SW_TEST(lengths),
    SW_TEST(secrets_fit),
    SW_TEST(a_byte_becomes),
};
