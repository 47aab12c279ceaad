/* Keys whatever their kind: dispatch, references, threads, keys that live elsewhere and may lie. */
#include "base/pkey_kinds.h"
#include "tests/base/keys.h"
#include <pthread.h>
#include <string.h>

/* --- fitting ------------------------------------------------------------------------------------------------------- */

static bool fits(enum sw_key_type type, unsigned bits, enum sw_hash_id pss_hash, const char *scheme)
{
    struct sw_pubkey key = {.type = type, .bits = bits, .pss_hash = pss_hash};

    return sw_pubkey_fits(&key, sw_sigscheme_by_name(scheme, strlen(scheme)));
}

static void fitting(void)
{
    CU_ASSERT_TRUE(fits(SW_KEY_RSA, 2048, SW_HASH_NONE, "rsa_pkcs1_sha256"));
    CU_ASSERT_TRUE(fits(SW_KEY_RSA, 2048, SW_HASH_NONE, "rsa_pss_rsae_sha512"));
    CU_ASSERT_TRUE(fits(SW_KEY_RSA, 1024, SW_HASH_NONE, "rsa_pkcs1_sha512"));
    CU_ASSERT_FALSE(fits(SW_KEY_RSA, 1024, SW_HASH_NONE, "rsa_pss_rsae_sha512")); /* 130 bytes in 128 */
    CU_ASSERT_TRUE(fits(SW_KEY_RSA, 1042, SW_HASH_NONE, "rsa_pss_rsae_sha512"));  /* 1041 bits are 131 bytes */
    CU_ASSERT_FALSE(fits(SW_KEY_RSA, 1033, SW_HASH_NONE, "rsa_pss_rsae_sha512"));
    CU_ASSERT_TRUE(fits(SW_KEY_RSA, 1034, SW_HASH_NONE, "rsa_pss_rsae_sha512"));
    CU_ASSERT_FALSE(fits(SW_KEY_RSA, 2048, SW_HASH_NONE, "rsa_pss_pss_sha256"));
    CU_ASSERT_FALSE(fits(SW_KEY_RSA_PSS, 2048, SW_HASH_NONE, "rsa_pss_rsae_sha256"));
    CU_ASSERT_FALSE(fits(SW_KEY_RSA_PSS, 2048, SW_HASH_NONE, "rsa_pkcs1_sha256"));
    CU_ASSERT_TRUE(fits(SW_KEY_RSA_PSS, 2048, SW_HASH_NONE, "rsa_pss_pss_sha384"));
    CU_ASSERT_TRUE(fits(SW_KEY_RSA_PSS, 2048, SW_HASH_SHA384, "rsa_pss_pss_sha384"));
    CU_ASSERT_FALSE(fits(SW_KEY_RSA_PSS, 2048, SW_HASH_SHA384, "rsa_pss_pss_sha256"));
    CU_ASSERT_TRUE(fits(SW_KEY_EC, 256, SW_HASH_NONE, "ecdsa_secp521r1_sha512"));
    CU_ASSERT_FALSE(fits(SW_KEY_EC, 256, SW_HASH_NONE, "ed25519"));
    CU_ASSERT_TRUE(fits(SW_KEY_ED25519, 255, SW_HASH_NONE, "ed25519"));
    CU_ASSERT_FALSE(fits(SW_KEY_ED25519, 255, SW_HASH_NONE, "ed448"));
    CU_ASSERT_FALSE(fits(SW_KEY_NONE, 0, SW_HASH_NONE, "ed448"));
}

/* --- keys of every kind ------------------------------------------------------------------------------------------- */

enum { KINDS = 6 };

static void one_of_each(struct sw_privkey *keys[KINDS])
{
    keys[0] = test_rsa_key(TEST_RSA_NUMBERS(2048));
    keys[1] = test_rsa_key(TEST_RSA_NUMBERS(1024));
    SW_ASSERT_OK(sw_privkey_restrict_pss(keys[1], SW_HASH_SHA256, 0));
    keys[2] = test_ec_key(SW_CURVE_P256, p256_scalar);
    keys[3] = test_ec_key(SW_CURVE_P384, p384_scalar);
    SW_ASSERT_OK(sw_privkey_generate(&keys[4], SW_KEY_ED25519, 0));
    SW_ASSERT_OK(sw_privkey_generate(&keys[5], SW_KEY_ED448, 0));
}

static void drop_all(struct sw_privkey *keys[KINDS])
{
    for (size_t i = 0; i < KINDS; i++)
        sw_privkey_free(keys[i]);
}

/* Every key with every scheme: it signs exactly if it fits, and only its own public half verifies. */
static void every_key_with_every_scheme(void)
{
    struct sw_privkey *keys[KINDS];
    const struct sw_sigscheme *s;
    unsigned fitting_pairs = 0;

    one_of_each(keys);
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; (s = sw_sigscheme_at(i)) != NULL; i++) {
            uint8_t sig[SW_SIG_MAX];
            size_t len = 0;
            bool fit = sw_pubkey_fits(sw_privkey_public(keys[k]), s);

            fitting_pairs += fit;
            SW_ASSERT_ERR(sw_privkey_sign(keys[k], s, "wax", 3, sig, &len), fit ? SW_OK : SW_ERR_UNSUPPORTED);
            for (size_t other = 0; fit && other < KINDS; other++) {
                const struct sw_pubkey *pub = sw_privkey_public(keys[other]);
                enum sw_err want = !sw_pubkey_fits(pub, s) ? SW_ERR_UNSUPPORTED : other == k ? SW_OK : SW_ERR_SIGNATURE;

                SW_ASSERT_ERR(sw_pubkey_verify(pub, s, "wax", 3, sig, len), want);
            }
        }
    CU_ASSERT_EQUAL(fitting_pairs, 8 + 1 + 5 + 5 + 1 + 1);
    drop_all(keys);
}

static void equality(void)
{
    struct sw_privkey *a[KINDS], *b[KINDS];

    one_of_each(a);
    one_of_each(b);
    for (size_t i = 0; i < KINDS; i++)
        for (size_t j = 0; j < KINDS; j++)
            CU_ASSERT_EQUAL(sw_pubkey_eq(sw_privkey_public(a[i]), sw_privkey_public(b[j])), i == j && i < 4);
    drop_all(a);
    drop_all(b);
}

static void generated_rsa_keys(void)
{
    struct sw_privkey *key = NULL;
    uint8_t sig[SW_SIG_MAX];
    size_t len = 0;
    static const unsigned refused[] = {0, 512, 1024, 2047, 2049, 4097, 8192};

    SW_ASSERT_OK(sw_privkey_generate(&key, SW_KEY_RSA, 2048));
    CU_ASSERT_EQUAL(sw_privkey_public(key)->bits, 2048);
    SW_ASSERT_HEX(sw_privkey_public(key)->e.p, sw_privkey_public(key)->e.len, "010001");
    SW_ASSERT_OK(sw_privkey_sign(key, sw_sigscheme_by_id(0x0401), "wax", 3, sig, &len));
    sw_privkey_free(key);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        SW_ASSERT_ERR(sw_privkey_generate(&key, SW_KEY_RSA, refused[i]), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_generate(&key, SW_KEY_EC, 29), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_generate(&key, SW_KEY_NONE, 0), SW_ERR_UNSUPPORTED);
}

static void what_a_kind_has_not_is_unsupported(void)
{
    struct sw_privkey *keys[KINDS];
    struct sw_rsa_numbers num;
    uint8_t buf[4096];
    size_t len = 0;

    one_of_each(keys);
    for (size_t i = 0; i < KINDS; i++) {
        SW_ASSERT_ERR(sw_privkey_numbers_rsa(keys[i], &num, buf, sizeof buf), i < 2 ? SW_OK : SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_privkey_scalar(keys[i], buf, sizeof buf, &len), i < 2 ? SW_ERR_UNSUPPORTED : SW_OK);
        if (i != 2 && i != 3)
            SW_ASSERT_ERR(sw_privkey_ecdh(keys[i], sw_privkey_public(keys[2])->point, buf, &len), SW_ERR_UNSUPPORTED);
        if (i >= 2)
            SW_ASSERT_ERR(sw_privkey_restrict_pss(keys[i], SW_HASH_NONE, 0), SW_ERR_UNSUPPORTED);
    }
    SW_ASSERT_ERR(sw_privkey_restrict_pss(keys[0], SW_HASH_COUNT, 0), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_restrict_pss(keys[0], SW_HASH_SHA256, 33), SW_ERR_UNSUPPORTED); /* longer than ours are */
    drop_all(keys);
    sw_privkey_free(NULL);
}

/* --- threads ------------------------------------------------------------------------------------------------------ */

enum { THREADS = 4, ROUNDS = 12 };

static struct sw_privkey *shared[KINDS];

/* CUnit counts for one thread; what went wrong is counted here. */
static void *use_shared(void *arg)
{
    size_t *failures = arg;
    struct sw_privkey *mine[KINDS];

    for (size_t k = 0; k < KINDS; k++)
        mine[k] = sw_privkey_ref(shared[k]);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < KINDS; k++) {
            static const uint16_t ids[KINDS] = {0x0401, 0x0809, 0x0403, 0x0503, 0x0807, 0x0808};
            uint8_t sig[SW_SIG_MAX], out[SW_SIG_MAX] = {0}, secret[48];
            size_t len = 0;

            if (sw_privkey_sign(mine[k], sw_sigscheme_by_id(ids[k]), &round, sizeof round, sig, &len) != SW_OK)
                ++*failures;
            memset(secret, 3, sizeof secret);
            if (k == 0 &&
                (sw_pubkey_encrypt_pkcs1(sw_privkey_public(mine[k]), secret, 48, sig, sizeof sig) != SW_OK ||
                 sw_privkey_decrypt_premaster(mine[k], sig, 256, 0x0303, out) != SW_OK || memcmp(out, secret, 48) != 0))
                ++*failures;
            if (k == 2 && sw_privkey_ecdh(mine[k], sw_privkey_public(mine[k])->point, out, &len) != SW_OK)
                ++*failures;
        }
    for (size_t k = 0; k < KINDS; k++)
        sw_privkey_free(mine[k]);
    return NULL;
}

static void threads_share_keys(void)
{
    pthread_t threads[THREADS];
    size_t failures[THREADS] = {0};

    one_of_each(shared);
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, use_shared, &failures[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
        CU_ASSERT_EQUAL(failures[i], 0);
    }
    drop_all(shared);
}

/* --- keys that live elsewhere ------------------------------------------------------------------------------------- */

/* A card: a key of ours behind the functions of one, and what is wrong with it. */
struct card {
    struct sw_privkey *key;
    enum sw_err err;
    bool faulty, released, too_long;
    unsigned calls;
};

static enum sw_err card_sign(void *ctx, const struct sw_sigscheme *scheme, const uint8_t *msg, size_t len, uint8_t *sig,
                             size_t *sig_len)
{
    struct card *card = ctx;
    enum sw_err err = scheme->hash == SW_HASH_NONE ? sw_privkey_sign(card->key, scheme, msg, len, sig, sig_len)
                                                   : sw_privkey_sign_digest(card->key, scheme, msg, sig, sig_len);

    card->calls++;
    sig[*sig_len / 2] ^= card->faulty;
    if (card->too_long)
        *sig_len = SW_SIG_MAX + 1;
    return card->err != SW_OK ? card->err : err;
}

static enum sw_err card_raw(void *ctx, const uint8_t *in, uint8_t *out, size_t len)
{
    struct card *card = ctx;

    card->calls++;
    CU_ASSERT_EQUAL(len, sw_privkey_public(card->key)->n.len);
    return card->err != SW_OK ? card->err : sw_rsa_private(card->key, in, out);
}

static void card_release(void *ctx)
{
    ((struct card *)ctx)->released = true;
}

static const struct sw_privkey_ops card_ops = {card_sign, card_raw, card_release}, mute_ops = {card_sign, NULL, NULL},
                                   no_ops = {NULL, NULL, NULL};

static void a_card_signs_like_the_key_in_it(void)
{
    struct sw_privkey *keys[KINDS];
    const struct sw_sigscheme *s;

    one_of_each(keys);
    for (size_t k = 0; k < KINDS; k++) {
        struct card card = {.key = keys[k]};
        struct sw_privkey *key = NULL;
        struct sw_rsa_numbers num;
        uint8_t sig[SW_SIG_MAX];
        size_t len = 0;

        SW_ASSERT_OK(sw_privkey_new_external(&key, sw_privkey_public(keys[k]), &card_ops, &card));
        CU_ASSERT_TRUE(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(keys[k])));
        CU_ASSERT(sw_privkey_public(key)->n.p == NULL ||
                  sw_privkey_public(key)->n.p != sw_privkey_public(keys[k])->n.p);
        for (size_t i = 0; (s = sw_sigscheme_at(i)) != NULL; i++)
            SW_ASSERT_ERR(sw_privkey_sign(key, s, "wax", 3, sig, &len),
                          sw_pubkey_fits(sw_privkey_public(key), s) ? SW_OK : SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_privkey_numbers_rsa(key, &num, sig, sizeof sig), SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_privkey_scalar(key, sig, sizeof sig, &len), SW_ERR_UNSUPPORTED);
        SW_ASSERT_ERR(sw_privkey_ecdh(key, sw_privkey_public(keys[2])->point, sig, &len), SW_ERR_UNSUPPORTED);
        sw_privkey_free(sw_privkey_ref(key));
        CU_ASSERT_FALSE(card.released);
        sw_privkey_free(key);
        CU_ASSERT_TRUE(card.released);
    }
    drop_all(keys);
}

/*
 * RSA-CRT with a fault in one half gives the factors away (Boneh, DeMillo, Lipton 1997): such a signature must not
 * leave.
 */
static void a_faulty_signature_does_not_leave(void)
{
    struct sw_privkey *keys[KINDS];
    static const uint16_t ids[KINDS] = {0x0401, 0x0809, 0x0403, 0x0503, 0x0807, 0x0808};

    one_of_each(keys);
    for (size_t k = 0; k < KINDS; k++) {
        struct card card = {.key = keys[k], .faulty = true};
        struct sw_privkey *key = NULL;
        const struct sw_sigscheme *s = sw_sigscheme_by_id(ids[k]);
        uint8_t sig[SW_SIG_MAX], none[SW_SIG_MAX] = {0};
        size_t len = 99;

        memset(sig, 0, sizeof sig);
        SW_ASSERT_OK(sw_privkey_new_external(&key, sw_privkey_public(keys[k]), &mute_ops, &card));
        SW_ASSERT_ERR(sw_privkey_sign(key, s, "wax", 3, sig, &len), SW_ERR_CRYPTO);
        CU_ASSERT_EQUAL(len, 0);
        SW_ASSERT_BYTES(sig, none, sizeof sig);
        card.faulty = false;
        card.too_long = true;
        SW_ASSERT_ERR(sw_privkey_sign(key, s, "wax", 3, sig, &len), SW_ERR_CRYPTO);
        card.too_long = false;
        card.err = SW_ERR_SYSTEM;
        SW_ASSERT_ERR(sw_privkey_sign(key, s, "wax", 3, sig, &len), SW_ERR_SYSTEM);
        card.err = SW_OK;
        SW_ASSERT_OK(sw_privkey_sign(key, s, "wax", 3, sig, &len));
        sw_privkey_free(key);
    }
    drop_all(keys);
}

static void a_card_decrypts(void)
{
    struct card card = {.key = test_rsa_key(TEST_RSA_NUMBERS(2048))};
    const struct sw_pubkey *pub = sw_privkey_public(card.key);
    struct sw_privkey *key = NULL;
    uint8_t secret[48] = {3, 3, 7}, c[256], out[256] = {0}, before[48];
    size_t len = 0;

    SW_ASSERT_OK(sw_privkey_new_external(&key, pub, &card_ops, &card));
    SW_ASSERT_OK(sw_pubkey_encrypt_pkcs1(pub, secret, 48, c, sizeof c));
    SW_ASSERT_OK(sw_privkey_decrypt_premaster(key, c, 256, 0x0303, out));
    SW_ASSERT_BYTES(out, secret, 48);
    SW_ASSERT_OK(sw_privkey_decrypt_pkcs1(key, c, 256, out, &len));
    CU_ASSERT_EQUAL(len, 48);
    SW_ASSERT_OK(sw_pubkey_encrypt_oaep(pub, SW_HASH_SHA1, secret, 48, out, sizeof out));
    SW_ASSERT_OK(sw_privkey_decrypt_oaep(key, SW_HASH_SHA1, out, 256, out, &len));
    SW_ASSERT_BYTES(out, secret, 48);

    memset(before, 0xee, sizeof before);
    memcpy(out, before, 48);
    card.err = SW_ERR_CRYPTO; /* it refuses the number: nobody learns that */
    card.calls = 0;
    SW_ASSERT_OK(sw_privkey_decrypt_premaster(key, c, 256, 0x0303, out));
    SW_ASSERT_BYTES(out, before, 48);
    SW_ASSERT_OK(sw_privkey_decrypt_premaster(key, c, 255, 0x0303, out)); /* and is asked whatever came */
    CU_ASSERT_EQUAL(card.calls, 2);
    card.err = SW_ERR_SYSTEM; /* it is gone: that says nothing about the ciphertext */
    SW_ASSERT_ERR(sw_privkey_decrypt_premaster(key, c, 256, 0x0303, out), SW_ERR_SYSTEM);
    sw_privkey_free(key);

    SW_ASSERT_OK(sw_privkey_new_external(&key, pub, &mute_ops, &card));
    SW_ASSERT_ERR(sw_privkey_decrypt_premaster(key, c, 256, 0x0303, out), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(sw_privkey_decrypt_pkcs1(key, c, 256, out, &len), SW_ERR_UNSUPPORTED);
    sw_privkey_free(key);
    SW_ASSERT_ERR(sw_privkey_new_external(&key, pub, &no_ops, &card), SW_ERR_UNSUPPORTED);
    sw_privkey_free(card.key);
}

static void an_external_key_of_impossible_size(void)
{
    static const uint8_t big[SW_PUBLIC_BYTES_MAX + 1];
    const struct sw_pubkey pub = {.type = SW_KEY_RSA, .n = {big, sizeof big}};
    struct sw_privkey *key;

    SW_ASSERT_ERR(sw_privkey_new_external(&key, &pub, &mute_ops, NULL), SW_ERR_UNSUPPORTED);
}

SW_TEST_SUITE(pkey){
    SW_TEST(fitting),
    SW_TEST(every_key_with_every_scheme),
    SW_TEST(equality),
    SW_TEST(generated_rsa_keys),
    SW_TEST(what_a_kind_has_not_is_unsupported),
    SW_TEST(threads_share_keys),
    SW_TEST(a_card_signs_like_the_key_in_it),
    SW_TEST(a_faulty_signature_does_not_leave),
    SW_TEST(a_card_decrypts),
    SW_TEST(an_external_key_of_impossible_size),
};
