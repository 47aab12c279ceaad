/*
 * Keys: what OpenSSL writes is read and says the same public key; what is written is read back; everything else is
 * refused.
 */
#include "tests/ttp/vectors.h"
#include "ttp/der.h"

static const struct {
    const char *key, *spki, *text;
} pairs[] = {
    {VECTOR("rsa2048.pem"), VECTOR("rsa2048.spki"), "rsa2048"},
    {VECTOR("rsa2048-pkcs1.pem"), VECTOR("rsa2048.spki"), "rsa2048"},
    {VECTOR("rsapss2048.pem"), VECTOR("rsapss2048.spki"), "rsa-pss2048"},
    {VECTOR("rsapss2048-sha384.pem"), VECTOR("rsapss2048-sha384.spki"), "rsa-pss2048"},
    {VECTOR("rsapss2048-salt20.pem"), VECTOR("rsapss2048-salt20.spki"), "rsa-pss2048"},
    {VECTOR("p256.pem"), VECTOR("p256.spki"), "p256"},
    {VECTOR("p256-sec1.pem"), VECTOR("p256.spki"), "p256"},
    {VECTOR("p256-sec1-nopub.pem"), VECTOR("p256.spki"), "p256"},
    {VECTOR("p384.pem"), VECTOR("p384.spki"), "p384"},
    {VECTOR("p521.pem"), VECTOR("p521.spki"), "p521"},
    {VECTOR("ed25519.pem"), VECTOR("ed25519.spki"), "ed25519"},
    {VECTOR("ed448.pem"), VECTOR("ed448.spki"), "ed448"},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static void check_spki(const struct sw_privkey *key, const char *path)
{
    uint8_t spki[SW_SPKI_MAX];
    size_t len;
    uint8_t *want = sw_test_file(path, &len);
    struct sw_writer w = sw_writer_of(spki, sizeof spki);
    sw_spki_encode(&w, sw_privkey_public(key));
    CU_ASSERT(sw_writer_ok(&w));
    CU_ASSERT_EQUAL(w.len, len);
    SW_ASSERT_BYTES(spki, want, len);
    free(want);
}

static void reads_what_openssl_writes(void)
{
    for (size_t i = 0; i < PAIRS; i++) {
        struct sw_privkey *key;
        char text[SW_KEY_TEXT_CAP];
        if (!SW_ASSERT_OK(vector_key(pairs[i].key, no_pass, &key)))
            continue;
        check_spki(key, pairs[i].spki);
        CU_ASSERT_STRING_EQUAL(sw_key_text(sw_privkey_public(key), text), pairs[i].text);
        sw_privkey_free(key);
    }
}

/* PKCS#8 of OpenSSL and ours are the same bytes. */
static void writes_what_openssl_writes(void)
{
    static const char *const files[] = {VECTOR("rsa2048.pem"),
                                        VECTOR("rsapss2048.pem"),
                                        VECTOR("rsapss2048-sha384.pem"),
                                        VECTOR("rsapss2048-salt20.pem"),
                                        VECTOR("p256.pem"),
                                        VECTOR("p384.pem"),
                                        VECTOR("p521.pem"),
                                        VECTOR("ed25519.pem"),
                                        VECTOR("ed448.pem")};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t want_len, len;
        char *want = (char *)sw_test_file(files[i], &want_len), pem[SW_KEY_PEM_MAX];
        struct sw_privkey *key = vector_key_ok(files[i]);
        SW_ASSERT_OK(sw_key_encode_pem(key, no_pass, pem, sizeof pem, &len));
        CU_ASSERT_EQUAL(len, want_len);
        CU_ASSERT_STRING_EQUAL(pem, want);
        sw_privkey_free(key);
        free(want);
    }
}

static void round_trips_with_passphrase(void)
{
    char pem[SW_KEY_PEM_MAX], text[SW_KEY_TEXT_CAP];
    size_t len, cert_len;
    struct sw_privkey *key = vector_key_ok(VECTOR("p384.pem")), *back = NULL;
    SW_ASSERT_OK(sw_key_encode_pem(key, sealwax_pass, pem, sizeof pem, &len));
    CU_ASSERT_PTR_NOT_NULL(strstr(pem, "BEGIN ENCRYPTED PRIVATE KEY"));
    CU_ASSERT(sw_key_is_encrypted(pem, len));
    uint8_t *cert = vector_der(VECTOR("leaf.crt"), &cert_len);
    CU_ASSERT_FALSE(sw_key_is_encrypted(cert, cert_len)); /* two sequences, too, but what follows is not octets */
    free(cert);
    SW_ASSERT_ERR(sw_key_read(&back, pem, len, no_pass), SW_ERR_PASSPHRASE);
    CU_ASSERT_PTR_NULL(back);
    SW_ASSERT_ERR(sw_key_read(&back, pem, len, (struct sw_slice){(const uint8_t *)"Sealwax", 7}), SW_ERR_PASSPHRASE);
    CU_ASSERT_PTR_NULL(back);
    if (SW_ASSERT_OK(sw_key_read(&back, pem, len, sealwax_pass))) {
        CU_ASSERT(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(back)));
        CU_ASSERT_STRING_EQUAL(sw_key_text(sw_privkey_public(back), text), "p384");
    }
    sw_privkey_free(back);
    sw_privkey_free(key);
}

static void reads_encrypted_pkcs8(void)
{
    static const char *const files[] = {VECTOR("p256-aes256-sha256.pem"), VECTOR("p256-aes128-sha1.pem"),
                                        VECTOR("p256-aes192-sha512.pem")};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct sw_privkey *key;
        if (SW_ASSERT_OK(vector_key(files[i], sealwax_pass, &key))) {
            check_spki(key, VECTOR("p256.spki"));
            sw_privkey_free(key);
        }
        SW_ASSERT_ERR(vector_key(files[i], no_pass, &key), SW_ERR_PASSPHRASE);
    }
}

static void refuses_what_it_does_not_know(void)
{
    struct sw_privkey *key;
    SW_ASSERT_ERR(vector_key(VECTOR("p256-scrypt.pem"), sealwax_pass, &key), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(vector_key(VECTOR("p256-pbes1.pem"), sealwax_pass, &key), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(vector_key(VECTOR("rsa2048-oldpem.pem"), sealwax_pass, &key), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(vector_key(VECTOR("secp256k1.pem"), no_pass, &key), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(vector_key(VECTOR("rsapss2048-sha1.pem"), no_pass, &key), SW_ERR_UNSUPPORTED);
    SW_ASSERT_ERR(vector_key(VECTOR("root.crt"), no_pass, &key), SW_ERR_PEM);
    SW_ASSERT_ERR(sw_key_read(&key, "", 0, no_pass), SW_ERR_PEM);
}

static void knows_what_is_no_key(void)
{
    static const struct {
        const char *file, *is;
    } rows[] = {
        {VECTOR("root.crt"), "a certificate"},
        {VECTOR("rsa2048.pem"), NULL},
        {VECTOR("rsa2048-oldpem.pem"), NULL},
        {VECTOR("p256-aes256-sha256.pem"), NULL},
    };
    static const char request[] = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
    size_t len;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *p = sw_test_file(rows[i].file, &len);
        const char *is = sw_key_instead(p, len);
        CU_ASSERT(rows[i].is ? is && strcmp(is, rows[i].is) == 0 : !is);
        free(p);
    }
    CU_ASSERT_STRING_EQUAL(sw_key_instead(request, sizeof request - 1), "a certificate request");
    uint8_t *der = vector_der(VECTOR("leaf.crt"), &len);
    CU_ASSERT_STRING_EQUAL(sw_key_instead(der, len), "a certificate");
    free(der);
    /* a certificate before its key is the file of a pair; text is nothing that is known */
    char both[8192];
    uint8_t *cert = sw_test_file(VECTOR("leaf.crt"), &len), *key = sw_test_file(VECTOR("p256.pem"), &len);
    snprintf(both, sizeof both, "%s%s", (char *)cert, (char *)key);
    CU_ASSERT_PTR_NULL(sw_key_instead(both, strlen(both)));
    CU_ASSERT_PTR_NULL(sw_key_instead("hello", 5));
    CU_ASSERT_PTR_NULL(sw_key_instead("", 0));
    free(cert);
    free(key);
}

/* The first key of a file counts, wherever it stands among certificates. */
static void finds_the_key_in_a_bundle(void)
{
    size_t cert_len, key_len;
    char *cert = (char *)sw_test_file(VECTOR("leaf.crt"), &cert_len),
         *pem = (char *)sw_test_file(VECTOR("p256.pem"), &key_len);
    char *both = malloc(cert_len + key_len + 1);
    struct sw_privkey *key;
    if (!both)
        abort();
    memcpy(both, cert, cert_len);
    memcpy(both + cert_len, pem, key_len + 1);
    if (SW_ASSERT_OK(sw_key_read(&key, both, cert_len + key_len, no_pass)))
        sw_privkey_free(key);
    free(both);
    free(cert);
    free(pem);
}

/* DER without armour; every truncation and a byte too many fail, and leave no key behind. */
static void refuses_each_truncation(void)
{
    for (size_t i = 0; i < PAIRS; i++) {
        size_t len;
        uint8_t *der = vector_der(pairs[i].key, &len);
        struct sw_privkey *key;
        for (size_t cut = 0; cut<len; cut += len> 500 && cut > 40 && cut < len - 40 ? 23 : 1) {
            uint8_t *part = exact_copy(der, cut);
            CU_ASSERT(sw_key_decode(&key, part, cut) != SW_OK);
            CU_ASSERT_PTR_NULL(key);
            free(part);
        }
        uint8_t *more = exact_copy_and_zero(der, len);
        SW_ASSERT_ERR(sw_key_decode(&key, more, len + 1), SW_ERR_KEY_DECODE);
        free(more);
        free(der);
    }
}

/*
 * A flipped bit is refused or gives another key, and never a crash; most are refused, because the public half must
 * agree.
 */
static void survives_flipped_bits(void)
{
    size_t len, refused = 0;
    uint8_t *der = vector_der(VECTOR("p256.pem"), &len);
    for (size_t i = 0; i < len; i++) {
        struct sw_privkey *key;
        der[i] ^= 0x10;
        if (sw_key_decode(&key, der, len) != SW_OK)
            refused++;
        else
            sw_privkey_free(key);
        der[i] ^= 0x10;
    }
    CU_ASSERT(refused >= len - 2);
    free(der);
}

static void makes_every_kind(void)
{
    size_t n = 0;
    for (const struct sw_key_kind *k; (k = sw_key_kind_at(n)); n++) {
        struct sw_privkey *key, *back = NULL;
        char text[SW_KEY_TEXT_CAP], pem[SW_KEY_PEM_MAX];
        size_t len;
        CU_ASSERT_PTR_EQUAL(sw_key_kind_by_name(k->name), k);
        if (strcmp(k->name, "rsa4096") == 0 || !SW_ASSERT_OK(sw_privkey_generate(&key, k->type, k->param)))
            continue; /* seconds of prime search; the command line's tests make one */
        CU_ASSERT_STRING_EQUAL(sw_key_text(sw_privkey_public(key), text), k->name);
        SW_ASSERT_OK(sw_key_encode_pem(key, no_pass, pem, sizeof pem, &len));
        SW_ASSERT_OK(sw_key_read(&back, pem, len, no_pass));
        CU_ASSERT(back && sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(back)));
        sw_privkey_free(back);
        sw_privkey_free(key);
    }
    CU_ASSERT_EQUAL(n, 6);
    CU_ASSERT_PTR_NULL(sw_key_kind_by_name("rsa1024"));
}

static void small_buffers_are_said(void)
{
    struct sw_privkey *key = vector_key_ok(VECTOR("rsa2048.pem"));
    uint8_t der[SW_KEY_DER_MAX];
    size_t len, need;
    SW_ASSERT_OK(sw_key_encode(key, der, sizeof der, &need));
    SW_ASSERT_OK(sw_key_encode(key, der, need, &len));
    SW_ASSERT_ERR(sw_key_encode(key, der, need - 1, &len), SW_ERR_SPACE);
    for (size_t i = 0; i < need - 1; i++)
        CU_ASSERT_EQUAL_FATAL(der[i], 0); /* a key that did not fit is not left in the buffer */
    sw_privkey_free(key);
}

SW_TEST_SUITE(key){
    SW_TEST(reads_what_openssl_writes), SW_TEST(writes_what_openssl_writes),    SW_TEST(round_trips_with_passphrase),
    SW_TEST(reads_encrypted_pkcs8),     SW_TEST(refuses_what_it_does_not_know), SW_TEST(knows_what_is_no_key),
    SW_TEST(finds_the_key_in_a_bundle), SW_TEST(refuses_each_truncation),       SW_TEST(survives_flipped_bits),
    SW_TEST(makes_every_kind),          SW_TEST(small_buffers_are_said),
};
