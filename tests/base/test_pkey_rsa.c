/*
 * RSA against OpenSSL's signatures and ciphertexts, against what is almost one, and key transport in each way it can be
 * wrong.
 */
#include "base/bytes.h"
#include "base/pkey_kinds.h"
#include "base/rsa_pad.h"
#include "tests/base/keys.h"
#include <string.h>

enum { VERSION = 0x0303 };

/* --- signatures --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *scheme, *sig;
} signatures[] = {
    {"rsa_pkcs1_sha1", rsa2048_pkcs1_sha1},      {"rsa_pkcs1_sha224", rsa2048_pkcs1_sha224},
    {"rsa_pkcs1_sha256", rsa2048_pkcs1_sha256},  {"rsa_pkcs1_sha384", rsa2048_pkcs1_sha384},
    {"rsa_pkcs1_sha512", rsa2048_pkcs1_sha512},  {"rsa_pss_rsae_sha256", rsa2048_pss_sha256},
    {"rsa_pss_rsae_sha384", rsa2048_pss_sha384}, {"rsa_pss_rsae_sha512", rsa2048_pss_sha512},
};

enum { SIGNATURES = sizeof signatures / sizeof signatures[0] };

static void verifies_openssl_signatures(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));

    for (size_t i = 0; i < SIGNATURES; i++)
        for (size_t j = 0; j < SIGNATURES; j++)
            SW_ASSERT_ERR(test_verify_hex(sw_privkey_public(key), signatures[i].scheme, signatures[j].sig),
                          i == j ? SW_OK : SW_ERR_SIGNATURE);
    sw_privkey_free(key);
}

/* Moduli that go through wolfCrypt's general integers; 2041 bits put a PSS block one byte below the modulus' length. */
static void verifies_with_odd_sizes(void)
{
    struct sw_privkey *small = test_rsa_key(TEST_RSA_NUMBERS(1024)), *odd = test_rsa_key(TEST_RSA_NUMBERS(2041));

    CU_ASSERT_EQUAL(sw_privkey_public(small)->bits, 1024);
    SW_ASSERT_OK(test_verify_hex(sw_privkey_public(small), "rsa_pkcs1_sha256", rsa1024_pkcs1_sha256));
    SW_ASSERT_OK(test_verify_hex(sw_privkey_public(small), "rsa_pss_rsae_sha256", rsa1024_pss_sha256));
    CU_ASSERT_EQUAL(sw_privkey_public(odd)->bits, 2041);
    SW_ASSERT_OK(test_verify_hex(sw_privkey_public(odd), "rsa_pkcs1_sha256", rsa2041_pkcs1_sha256));
    SW_ASSERT_OK(test_verify_hex(sw_privkey_public(odd), "rsa_pss_rsae_sha256", rsa2041_pss_sha256));
    sw_privkey_free(small);
    sw_privkey_free(odd);
}

static void flipped_bits_and_wrong_lengths_are_refused(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(1024));
    const struct sw_pubkey *pub = sw_privkey_public(key);
    struct test_bytes good[] = {test_unhex(rsa1024_pkcs1_sha256), test_unhex(rsa1024_pss_sha256)};
    const char *scheme[] = {"rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"};

    for (size_t i = 0; i < 2; i++) {
        for (size_t bit = 0; bit < 1024; bit++) {
            struct test_bytes bad = good[i];

            bad.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            SW_ASSERT_ERR(test_verify(pub, scheme[i], bad.p, bad.len), SW_ERR_SIGNATURE);
        }
        for (size_t len = 0; len <= 130; len++)
            SW_ASSERT_ERR(test_verify(pub, scheme[i], good[i].p, len), len == 128 ? SW_OK : SW_ERR_SIGNATURE);
        memmove(good[i].p + 1, good[i].p, 128); /* a leading zero */
        good[i].p[0] = 0;
        SW_ASSERT_ERR(test_verify(pub, scheme[i], good[i].p, 129), SW_ERR_SIGNATURE);
    }
    sw_privkey_free(key);
}

static void other_pss_parameters_are_refused(void)
{
    static const char *const sigs[] = {rsa2048_pss_salt0, rsa2048_pss_salt20, rsa2048_pss_saltmax, rsa2048_pss_mgf1};
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));

    for (size_t i = 0; i < sizeof sigs / sizeof sigs[0]; i++)
        SW_ASSERT_ERR(test_verify_hex(sw_privkey_public(key), "rsa_pss_rsae_sha256", sigs[i]), SW_ERR_SIGNATURE);
    sw_privkey_free(key);
}

/* s + n where it still fits: the same number modulo n, and not a signature (RFC 8017 5.2.2 step 1). */
static bool add(uint8_t *s, const uint8_t *n, size_t k)
{
    unsigned carry = 0;

    for (size_t i = k; i-- > 0;) {
        carry += (unsigned)s[i] + n[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void second_form_is_refused(const char *const numbers[8], const char *name)
{
    struct sw_privkey *key = test_rsa_key(numbers);
    const struct sw_pubkey *pub = sw_privkey_public(key);
    const struct sw_sigscheme *scheme = sw_sigscheme_by_name(name, strlen(name));
    uint8_t sig[SW_SIG_MAX], msg = 0;
    size_t len = 0;

    do {
        msg++;
        SW_ASSERT_OK(sw_privkey_sign(key, scheme, &msg, 1, sig, &len));
        SW_ASSERT_OK(sw_pubkey_verify(pub, scheme, &msg, 1, sig, len));
    } while (!add(sig, pub->n.p, len) && msg < 200);
    CU_ASSERT(msg < 200);
    SW_ASSERT_ERR(sw_pubkey_verify(pub, scheme, &msg, 1, sig, len), SW_ERR_SIGNATURE);
    sw_privkey_free(key);
}

static void signatures_above_the_modulus_are_refused(void)
{
    second_form_is_refused(TEST_RSA_NUMBERS(1024), "rsa_pkcs1_sha256");
    second_form_is_refused(TEST_RSA_NUMBERS(2048), "rsa_pkcs1_sha256");
    second_form_is_refused(TEST_RSA_NUMBERS(2048), "rsa_pss_rsae_sha256");
}

/*
 * Signed with the right key, and still not the one encoding of 9.2: what Bleichenbacher's forgery of 2006 needs
 * somebody to accept.
 */
static void other_encodings_are_refused(void)
{
    static const uint8_t without_null[] = {0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                           0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(1024));
    const struct sw_sigscheme *scheme = sw_sigscheme_by_id(0x0401);
    uint8_t digest[32], good[128], block[128], sig[128];

    memset(digest, 7, sizeof digest);
    SW_ASSERT_OK(sw_rsa_pad_pkcs1_sign(SW_HASH_SHA256, digest, good, 128));
    SW_ASSERT_OK(sw_rsa_private(key, good, sig));
    SW_ASSERT_OK(sw_pubkey_verify_digest(sw_privkey_public(key), scheme, digest, sig, 128));

    for (size_t i = 1; i < 128; i++) { /* each byte of the block; a first one would pass the modulus */
        memcpy(block, good, 128);
        block[i] ^= 1;
        SW_ASSERT_OK(sw_rsa_private(key, block, sig));
        SW_ASSERT_ERR(sw_pubkey_verify_digest(sw_privkey_public(key), scheme, digest, sig, 128), SW_ERR_SIGNATURE);
    }
    memset(block + 2, 0xff, 126); /* parameters absent instead of NULL */
    block[1] = 1;
    block[128 - 32 - 18] = 0;
    memcpy(block + 128 - 32 - 17, without_null, 17);
    memcpy(block + 96, digest, 32);
    SW_ASSERT_OK(sw_rsa_private(key, block, sig));
    SW_ASSERT_ERR(sw_pubkey_verify_digest(sw_privkey_public(key), scheme, digest, sig, 128), SW_ERR_SIGNATURE);

    memcpy(block + 2, good + 2 + 40, 128 - 42); /* short padding, something behind the digest */
    memset(block + 128 - 40, 0x55, 40);
    SW_ASSERT_OK(sw_rsa_private(key, block, sig));
    SW_ASSERT_ERR(sw_pubkey_verify_digest(sw_privkey_public(key), scheme, digest, sig, 128), SW_ERR_SIGNATURE);
    sw_privkey_free(key);
}

static void signs_with_each_scheme(void)
{
    struct sw_privkey *keys[] = {test_rsa_key(TEST_RSA_NUMBERS(1024)), test_rsa_key(TEST_RSA_NUMBERS(2048)),
                                 test_rsa_key(TEST_RSA_NUMBERS(2041))};
    const struct sw_sigscheme *scheme;
    struct test_bytes msg = test_unhex(pkey_message);

    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; (scheme = sw_sigscheme_at(i)) != NULL; i++) {
            uint8_t sig[SW_SIG_MAX];
            size_t len = 0;

            if (!sw_pubkey_fits(sw_privkey_public(keys[k]), scheme)) {
                SW_ASSERT_ERR(sw_privkey_sign(keys[k], scheme, msg.p, msg.len, sig, &len), SW_ERR_UNSUPPORTED);
                continue;
            }
            SW_ASSERT_OK(sw_privkey_sign(keys[k], scheme, msg.p, msg.len, sig, &len));
            CU_ASSERT_EQUAL(len, sw_privkey_public(keys[k])->n.len);
            SW_ASSERT_OK(sw_pubkey_verify(sw_privkey_public(keys[k]), scheme, msg.p, msg.len, sig, len));
            SW_ASSERT_ERR(sw_pubkey_verify(sw_privkey_public(keys[k]), scheme, msg.p, msg.len - 1, sig, len),
                          SW_ERR_SIGNATURE);
        }
        sw_privkey_free(keys[k]);
    }
}

static void bad_public_keys_verify_nothing(void)
{
    struct test_bytes n = test_unhex(rsa1024_n), sig = test_unhex(rsa1024_pkcs1_sha256);
    static const uint8_t e[] = {0, 1, 0, 1}, e1[] = {1}, e1long[] = {0, 1}, even[] = {1, 0, 0};
    static const uint8_t long_e[] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
    const struct sw_pubkey good = {SW_KEY_RSA, 1024, 0, SW_HASH_NONE, 0, {n.p, 128}, {e + 1, 3}, {NULL, 0}};
    struct sw_pubkey bad[8];

    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].e = (struct sw_slice){e, 4};
    bad[1].e = (struct sw_slice){e1, 1};
    bad[2].e = (struct sw_slice){e1long, 2};
    bad[3].e = (struct sw_slice){even, 3};
    bad[4].e = (struct sw_slice){NULL, 0};
    bad[5].e = (struct sw_slice){long_e, 9};
    bad[6].n.len = 127; /* and even or odd, too short */
    bad[7].n = (struct sw_slice){NULL, 0};
    SW_ASSERT_OK(test_verify(&good, "rsa_pkcs1_sha256", sig.p, 128));
    for (size_t i = 0; i < 8; i++) {
        SW_ASSERT_ERR(test_verify(&bad[i], "rsa_pkcs1_sha256", sig.p, bad[i].n.len), SW_ERR_SIGNATURE);
        SW_ASSERT_ERR(sw_pubkey_encrypt_pkcs1(&bad[i], "x", 1, sig.p, sizeof sig.p), SW_ERR_UNSUPPORTED);
    }
    n.p[127] ^= 1; /* even */
    SW_ASSERT_ERR(test_verify(&good, "rsa_pkcs1_sha256", sig.p, 128), SW_ERR_SIGNATURE);
    n.p[127] ^= 1;
    n.p[0] = 0x7f; /* 1023 bits */
    SW_ASSERT_ERR(test_verify(&good, "rsa_pkcs1_sha256", sig.p, 128), SW_ERR_SIGNATURE);
}

/* --- encryption --------------------------------------------------------------------------------------------------- */

static void opens_openssl_ciphertexts(void)
{
    static const struct {
        enum sw_hash_id hash;
        const char *text;
    } cases[] = {{SW_HASH_NONE, rsa2048_enc_pkcs1},
                 {SW_HASH_SHA1, rsa2048_oaep_sha1},
                 {SW_HASH_SHA256, rsa2048_oaep_sha256},
                 {SW_HASH_SHA512, rsa2048_oaep_sha512}};
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    struct test_bytes msg = test_unhex(pkey_message);

    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            struct test_bytes c = test_unhex(cases[j].text);
            uint8_t out[256];
            size_t len = 99;
            enum sw_err err = cases[i].hash == SW_HASH_NONE
                                  ? sw_privkey_decrypt_pkcs1(key, c.p, c.len, out, &len)
                                  : sw_privkey_decrypt_oaep(key, cases[i].hash, c.p, c.len, out, &len);

            SW_ASSERT_ERR(err, i == j ? SW_OK : SW_ERR_CRYPTO);
            CU_ASSERT_EQUAL(len, i == j ? msg.len : 0);
            if (i == j && len == msg.len)
                SW_ASSERT_BYTES(out, msg.p, len);
        }
    sw_privkey_free(key);
}

static void an_empty_message_is_a_message(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    struct test_bytes c = test_unhex(rsa2048_oaep_empty);
    uint8_t out[256];
    size_t len = 99;

    SW_ASSERT_OK(sw_privkey_decrypt_oaep(key, SW_HASH_SHA256, c.p, c.len, out, &len));
    CU_ASSERT_EQUAL(len, 0);
    c = test_unhex(rsa2048_oaep_label);
    SW_ASSERT_ERR(sw_privkey_decrypt_oaep(key, SW_HASH_SHA256, c.p, c.len, out, &len), SW_ERR_CRYPTO);
    sw_privkey_free(key);
}

static void round_trips_of_each_length(void)
{
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(1024));
    const struct sw_pubkey *pub = sw_privkey_public(key);
    uint8_t msg[128], c[128], out[128];
    size_t len;

    memset(msg, 0, sizeof msg); /* zeroes, which a careless unpadder eats */
    for (size_t n = 0; n <= 128; n++) {
        if (n > 128 - 11) {
            SW_ASSERT_ERR(sw_pubkey_encrypt_pkcs1(pub, msg, n, c, sizeof c), SW_ERR_SPACE);
        } else {
            SW_ASSERT_OK(sw_pubkey_encrypt_pkcs1(pub, msg, n, c, sizeof c));
            SW_ASSERT_OK(sw_privkey_decrypt_pkcs1(key, c, 128, out, &len));
            CU_ASSERT_EQUAL(len, n);
            SW_ASSERT_BYTES(out, msg, n);
        }
        if (n > 128 - 66) {
            SW_ASSERT_ERR(sw_pubkey_encrypt_oaep(pub, SW_HASH_SHA256, msg, n, c, sizeof c), SW_ERR_SPACE);
        } else {
            SW_ASSERT_OK(sw_pubkey_encrypt_oaep(pub, SW_HASH_SHA256, msg, n, c, sizeof c));
            SW_ASSERT_OK(sw_privkey_decrypt_oaep(key, SW_HASH_SHA256, c, 128, out, &len));
            CU_ASSERT_EQUAL(len, n);
            SW_ASSERT_BYTES(out, msg, n);
        }
    }
    SW_ASSERT_ERR(sw_pubkey_encrypt_pkcs1(pub, msg, 1, c, 127), SW_ERR_SPACE);
    SW_ASSERT_ERR(sw_pubkey_encrypt_oaep(pub, SW_HASH_SHA512, msg, 0, c, 128), SW_ERR_SPACE);
    SW_ASSERT_ERR(sw_pubkey_encrypt_oaep(pub, SW_HASH_NONE, msg, 0, c, 128), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_decrypt_oaep(key, SW_HASH_NONE, c, 128, out, &len), SW_ERR_UNSUPPORTED);
    for (size_t n = 0; n < 128; n++)
        SW_ASSERT_ERR(sw_privkey_decrypt_pkcs1(key, c, n, out, &len), SW_ERR_CRYPTO);
    sw_privkey_free(key);
}

/* --- key transport ------------------------------------------------------------------------------------------------ */

struct transport {
    struct sw_privkey *key;
    size_t k;
    uint8_t block[512]; /* a good one: 00 02, padding, 00, version, 46 bytes of 0xa5 */
};

static struct transport transport(const char *const numbers[8])
{
    struct transport t = {test_rsa_key(numbers), 0, {0}};

    t.k = sw_privkey_public(t.key)->n.len;
    memset(t.block, 0x11, t.k);
    t.block[0] = 0;
    t.block[1] = 2;
    t.block[t.k - 49] = 0;
    t.block[t.k - 48] = VERSION >> 8;
    t.block[t.k - 47] = VERSION & 0xff;
    memset(t.block + t.k - 46, 0xa5, 46);
    return t;
}

/*
 * Decrypt ciphertext c; whether the premaster came out. Anything between it and the untouched random bytes is a
 * failure.
 */
static bool delivers(const struct transport *t, const uint8_t *c, size_t len)
{
    uint8_t out[48], before[48];

    memset(before, 0xee, sizeof before);
    memcpy(out, before, sizeof out);
    SW_ASSERT_OK(sw_privkey_decrypt_premaster(t->key, c, len, VERSION, out));
    if (memcmp(out, before, 48) == 0)
        return false;
    SW_ASSERT_BYTES(out, t->block + t->k - 48, 48);
    return true;
}

static bool block_delivers(const struct transport *t, const uint8_t *block)
{
    uint8_t c[512];

    SW_ASSERT_OK(sw_rsa_public(sw_privkey_public(t->key), block, c));
    return delivers(t, c, t->k);
}

static void a_good_premaster_comes_out(void)
{
    struct transport t = transport(TEST_RSA_NUMBERS(2048));
    uint8_t c[256], premaster[48] = {VERSION >> 8, VERSION & 0xff, 1, 2, 3};

    CU_ASSERT_TRUE(block_delivers(&t, t.block));
    memcpy(t.block + t.k - 48, premaster, 48);
    SW_ASSERT_OK(sw_pubkey_encrypt_pkcs1(sw_privkey_public(t.key), premaster, 48, c, sizeof c));
    CU_ASSERT_TRUE(delivers(&t, c, 256));
    sw_privkey_free(t.key);
}

static void wrong_blocks_change_nothing(const char *const numbers[8])
{
    struct transport t = transport(numbers);
    uint8_t block[512];

    for (size_t i = 2; i < t.k - 49;
         i++) { /* a zero in each place of the padding: the first eight bytes, and a separator too early */
        memcpy(block, t.block, t.k);
        block[i] = 0;
        CU_ASSERT_FALSE(block_delivers(&t, block));
    }
    /* the odd size is slow: each bit of a byte, not each value */
    for (unsigned v = 1; v < 256; v = t.k == 128 ? v + 1 : 2 * v) { /* no separator where it belongs */
        memcpy(block, t.block, t.k);
        block[t.k - 49] = (uint8_t)v;
        CU_ASSERT_FALSE(block_delivers(&t, block));
        memcpy(block, t.block, t.k);
        block[1] = (uint8_t)(2 ^ v); /* block type */
        CU_ASSERT_FALSE(block_delivers(&t, block));
        memcpy(block, t.block, t.k);
        block[t.k - 48] ^= (uint8_t)v; /* version */
        CU_ASSERT_FALSE(block_delivers(&t, block));
        memcpy(block, t.block, t.k);
        block[t.k - 47] ^= (uint8_t)v;
        CU_ASSERT_FALSE(block_delivers(&t, block));
    }
    memcpy(block, t.block, t.k);
    block[0] = 1;
    if (sw_privkey_public(t.key)->n.p[0] > 1) /* or it is not below the modulus */
        CU_ASSERT_FALSE(block_delivers(&t, block));
    sw_privkey_free(t.key);
}

static void each_broken_byte_of_the_padding(void)
{
    wrong_blocks_change_nothing(TEST_RSA_NUMBERS(1024));
    wrong_blocks_change_nothing(TEST_RSA_NUMBERS(2041));
}

/* A well-padded message of another length: the separator stands elsewhere, or there is none. */
static void premasters_of_other_lengths(void)
{
    struct transport t = transport(TEST_RSA_NUMBERS(1024));

    for (size_t len = 0; len <= 128 - 11; len++) {
        uint8_t block[128];

        memset(block, 0x11, sizeof block);
        block[0] = 0;
        block[1] = 2;
        memset(block + 128 - len, 0xa5, len);
        if (len >= 2)
            block[128 - len] = 3, block[128 - len + 1] = 3;
        if (len > 48) /* and the right version where that of a good one would stand */
            block[80] = 3, block[81] = 3;
        block[127 - len] = 0;
        CU_ASSERT_EQUAL(block_delivers(&t, block), len == 48);
    }
    sw_privkey_free(t.key);
}

static void ciphertexts_that_are_none(const char *const numbers[8])
{
    struct transport t = transport(numbers);
    struct sw_slice n = sw_privkey_public(t.key)->n;
    uint8_t c[600] = {0};

    SW_ASSERT_OK(sw_rsa_public(sw_privkey_public(t.key), t.block, c + 1));
    /* each length, of the good one and of a zero in front of it; of slower keys those at the ends */
    for (size_t len = 0; len <= t.k + 2; len++)
        if (len != t.k && (t.k == 128 || len % 31 <= 1 || len + 3 > t.k)) {
            CU_ASSERT_FALSE(delivers(&t, c + 1, len));
            CU_ASSERT_FALSE(delivers(&t, c, len));
        }
    CU_ASSERT_TRUE(delivers(&t, c + 1, t.k));
    if (add(c + 1, n.p, n.len)) /* c + n */
        CU_ASSERT_FALSE(delivers(&t, c + 1, t.k));
    memset(c, 0, t.k);
    CU_ASSERT_FALSE(delivers(&t, c, t.k));
    c[t.k - 1] = 1;
    CU_ASSERT_FALSE(delivers(&t, c, t.k));
    c[t.k - 1] = 2;
    CU_ASSERT_FALSE(delivers(&t, c, t.k));
    memset(c, 0xff, t.k);
    CU_ASSERT_FALSE(delivers(&t, c, t.k));
    for (int delta = -2; delta <= 2; delta++) { /* around n; a last byte that overflows makes some other number */
        memcpy(c, n.p, n.len);
        c[t.k - 1] = (uint8_t)(c[t.k - 1] + delta);
        CU_ASSERT_FALSE(delivers(&t, c, t.k));
    }
    sw_privkey_free(t.key);
}

static void ciphertexts_out_of_range(void)
{
    ciphertexts_that_are_none(TEST_RSA_NUMBERS(1024));
    ciphertexts_that_are_none(TEST_RSA_NUMBERS(2048));
    ciphertexts_that_are_none(TEST_RSA_NUMBERS(2041));
}

static void only_encryption_keys_decrypt(void)
{
    struct sw_privkey *ec = test_ec_key(SW_CURVE_P256, p256_scalar), *pss = test_rsa_key(TEST_RSA_NUMBERS(1024));
    uint8_t c[128] = {0}, out[128];
    size_t len;

    SW_ASSERT_OK(sw_privkey_restrict_pss(pss, SW_HASH_NONE, 0));
    SW_ASSERT_ERR(sw_privkey_decrypt_premaster(ec, c, 128, VERSION, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_decrypt_premaster(pss, c, 128, VERSION, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_decrypt_pkcs1(ec, c, 128, out, &len), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_decrypt_oaep(pss, SW_HASH_SHA256, c, 128, out, &len), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_pubkey_encrypt_pkcs1(sw_privkey_public(ec), c, 48, out, 128), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_pubkey_encrypt_oaep(sw_privkey_public(pss), SW_HASH_SHA1, c, 1, out, 128), SW_ERR_UNSUPPORTED);
    sw_privkey_free(ec);
    sw_privkey_free(pss);
}

SW_TEST_SUITE(pkey_rsa){
    SW_TEST(verifies_openssl_signatures),
    SW_TEST(verifies_with_odd_sizes),
    SW_TEST(flipped_bits_and_wrong_lengths_are_refused),
    SW_TEST(other_pss_parameters_are_refused),
    SW_TEST(signatures_above_the_modulus_are_refused),
    SW_TEST(other_encodings_are_refused),
    SW_TEST(signs_with_each_scheme),
    SW_TEST(bad_public_keys_verify_nothing),
    SW_TEST(opens_openssl_ciphertexts),
    SW_TEST(an_empty_message_is_a_message),
    SW_TEST(round_trips_of_each_length),
    SW_TEST(a_good_premaster_comes_out),
    SW_TEST(each_broken_byte_of_the_padding),
    SW_TEST(premasters_of_other_lengths),
    SW_TEST(ciphertexts_out_of_range),
    SW_TEST(only_encryption_keys_decrypt),
};
