/* Requests: OpenSSL's are read for what they ask, ours are read back, and a changed one is refused. */
#include "tests/ttp/vectors.h"
#include "ttp/csr.h"
#include "ttp/der.h"
#include "ttp/san.h"
#include "ttp/sign.h"

static void reads_names(void)
{
    static const char *const want[] = {"dns:www.example.org", "ip:192.0.2.1", "ip:2001:db8::1", "email:a@example.org",
                                       "uri:https://example.org/x"};
    struct sw_csr csr;
    size_t len, n = 0;
    uint8_t *der = vector_der(VECTOR("names.csr"), &len);
    SW_ASSERT_OK(sw_csr_parse(&csr, der, len));
    SW_ASSERT_OK(sw_csr_verify(&csr));
    CU_ASSERT_EQUAL(csr.key.type, SW_KEY_EC);
    CU_ASSERT_STRING_EQUAL(csr.sig_scheme->name, "ecdsa_secp256r1_sha256");
    CU_ASSERT_FALSE(csr.asks_ca || csr.has_eku || csr.has_key_usage);
    struct sw_reader r = sw_reader_of_slice(csr.san);
    struct sw_general_name name;
    char text[SW_SAN_TEXT_CAP];
    while (sw_general_name_next(&r, &name) && n < 5)
        CU_ASSERT_STRING_EQUAL(sw_san_text(&name, text, sizeof text), want[n++]);
    CU_ASSERT_EQUAL(n, 5);
    char cn[64];
    sw_cert_common_name(csr.subject, cn, sizeof cn);
    CU_ASSERT_STRING_EQUAL(cn, "www.example.org");
    free(der);
}

/* What else it asks for is seen, so that it can be shown and refused. */
static void sees_greed(void)
{
    struct sw_csr csr;
    size_t len;
    uint8_t *der = vector_der(VECTOR("greedy.csr"), &len);
    SW_ASSERT_OK(sw_csr_parse(&csr, der, len));
    SW_ASSERT_OK(sw_csr_verify(&csr));
    CU_ASSERT(csr.asks_ca);
    CU_ASSERT_EQUAL(csr.key_usage, SW_KU_KEY_CERT_SIGN);
    CU_ASSERT_EQUAL(csr.eku, SW_EKU_SERVER_AUTH | SW_EKU_CODE_SIGNING);
    free(der);
}

static void reads_other_keys(void)
{
    static const char *const files[] = {VECTOR("plain.csr"), VECTOR("ed25519.csr")};
    for (size_t i = 0; i < 2; i++) {
        struct sw_csr csr;
        size_t len;
        uint8_t *der = vector_der(files[i], &len);
        SW_ASSERT_OK(sw_csr_parse(&csr, der, len));
        SW_ASSERT_OK(sw_csr_verify(&csr));
        CU_ASSERT_EQUAL(csr.san.len, 0);
        free(der);
    }
}

static void refuses_each_truncation(void)
{
    struct sw_csr csr;
    size_t len;
    uint8_t *der = vector_der(VECTOR("names.csr"), &len);
    for (size_t i = 0; i < len; i++) {
        uint8_t *part = exact_copy(der, i);
        SW_ASSERT_ERR(sw_csr_parse(&csr, part, i), SW_ERR_DER);
        free(part);
    }
    uint8_t *more = exact_copy_and_zero(der, len);
    SW_ASSERT_ERR(sw_csr_parse(&csr, more, len + 1), SW_ERR_DER);
    free(more);
    free(der);
}

/*
 * Any changed byte: malformed, or its signature is wrong, or (in the last bytes of an ECDSA signature's encoding) both.
 * Never good.
 */
static void refuses_each_flipped_byte(void)
{
    struct sw_csr csr;
    size_t len;
    uint8_t *der = vector_der(VECTOR("names.csr"), &len);
    for (size_t i = 0; i < len; i++) {
        der[i] ^= 0x01;
        if (sw_csr_parse(&csr, der, len) == SW_OK && sw_csr_verify(&csr) == SW_OK)
            CU_FAIL("a changed request is taken");
        der[i] ^= 0x01;
    }
    CU_PASS("flipped");
    free(der);
}

static void reads_back_what_it_makes(void)
{
    static const char *const keys[] = {VECTOR("rsa2048.pem"), VECTOR("p256.pem"), VECTOR("p384.pem"),
                                       VECTOR("p521.pem"), VECTOR("ed25519.pem")};
    uint8_t subject[128], san[128], der[SW_CSR_MAX];
    struct sw_writer ws = sw_writer_of(subject, sizeof subject), wn = sw_writer_of(san, sizeof san);
    struct sw_san san_name;
    sw_subject_encode(&ws, &(struct sw_subject){NULL, "Example", "alice"});
    CU_ASSERT_PTR_NULL(sw_san_parse(&san_name, "alice@example.org"));
    sw_san_write(&wn, &san_name);
    struct sw_slice s = {subject, ws.len}, n = {san, wn.len}, none = {NULL, 0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct sw_privkey *key = vector_key_ok(keys[i]);
        struct sw_csr csr;
        size_t len;
        SW_ASSERT_OK(sw_csr_encode(key, s, n, false, der, sizeof der, &len));
        SW_ASSERT_OK(sw_csr_parse(&csr, der, len));
        SW_ASSERT_OK(sw_csr_verify(&csr));
        CU_ASSERT(sw_slice_eq(csr.subject, s) && sw_slice_eq(csr.san, n));
        CU_ASSERT(sw_pubkey_eq(&csr.key, sw_privkey_public(key)));
        CU_ASSERT_FALSE(csr.asks_ca);
        SW_ASSERT_OK(sw_csr_encode(key, s, none, true, der, sizeof der, &len));
        SW_ASSERT_OK(sw_csr_parse(&csr, der, len));
        CU_ASSERT(csr.asks_ca && csr.san.len == 0);
        SW_ASSERT_ERR(sw_csr_encode(key, s, n, false, der, len / 2, &len), SW_ERR_SPACE);
        sw_privkey_free(key);
    }
}

SW_TEST_SUITE(csr){
    SW_TEST(reads_names),
    SW_TEST(sees_greed),
    SW_TEST(reads_other_keys),
    SW_TEST(refuses_each_truncation),
    SW_TEST(refuses_each_flipped_byte),
    SW_TEST(reads_back_what_it_makes),
};
