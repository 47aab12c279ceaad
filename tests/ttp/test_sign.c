/* Algorithm identifiers, names, times and key identifiers, as bytes that other tools agree on. */
#include "tests/ttp/vectors.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/sign.h"

static void schemes(void)
{
    static const struct {
        const char *key, *self, *other;
    } rows[] = {
        {VECTOR("rsa2048.pem"), "rsa_pkcs1_sha256", "rsa_pkcs1_sha384"},
        {VECTOR("rsapss2048.pem"), "rsa_pss_pss_sha256", "rsa_pss_pss_sha384"},
        {VECTOR("rsapss2048-sha384.pem"), "rsa_pss_pss_sha384", "rsa_pss_pss_sha384"},
        {VECTOR("p256.pem"), "ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256"},
        {VECTOR("p384.pem"), "ecdsa_secp384r1_sha384", "ecdsa_secp384r1_sha384"},
        {VECTOR("p521.pem"), "ecdsa_secp521r1_sha512", "ecdsa_secp521r1_sha512"},
        {VECTOR("ed25519.pem"), "ed25519", "ed25519"},
        {VECTOR("ed448.pem"), "ed448", "ed448"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_privkey *key = vector_key_ok(rows[i].key);
        CU_ASSERT_STRING_EQUAL(sw_sign_scheme(sw_privkey_public(key), true)->name, rows[i].self);
        CU_ASSERT_STRING_EQUAL(sw_sign_scheme(sw_privkey_public(key), false)->name, rows[i].other);
        sw_privkey_free(key);
    }
    struct sw_pubkey none = {.type = SW_KEY_NONE};
    CU_ASSERT_PTR_NULL(sw_sign_scheme(&none, true));
}

/* RFC 4055 5 and 3.1 (as OpenSSL 3.0 writes the parameters of PSS), RFC 5758 3.2, RFC 8410 3. */
#define PSS(hash, salt)                                                                                                \
    "304106092a864886f70d01010a3034a00f300d060960864801650304020" hash                                                 \
    "0500a11c301a06092a864886f70d010108300d060960864801650304020" hash "0500a20302" salt

static void algorithm_identifiers(void)
{
    static const struct {
        uint16_t id;
        const char *hex;
    } rows[] = {
        {0x0401, "300d06092a864886f70d01010b0500"},
        {0x0501, "300d06092a864886f70d01010c0500"},
        {0x0601, "300d06092a864886f70d01010d0500"},
        {0x0804, PSS("1", "0120")},
        {0x0809, PSS("1", "0120")},
        {0x080a, PSS("2", "0130")},
        {0x080b, PSS("3", "0140")},
        {0x0403, "300a06082a8648ce3d040302"},
        {0x0503, "300a06082a8648ce3d040303"},
        {0x0603, "300a06082a8648ce3d040304"},
        {0x0807, "300506032b6570"},
        {0x0808, "300506032b6571"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t der[80];
        struct sw_writer w = sw_writer_of(der, sizeof der);
        sw_sigalg_encode(&w, sw_sigscheme_by_id(rows[i].id));
        SW_ASSERT_HEX(der, w.len, rows[i].hex);
    }
    uint8_t der[80];
    struct sw_writer w = sw_writer_of(der, sizeof der);
    sw_sigalg_encode(&w, sw_sigscheme_by_id(0x0201)); /* with SHA-1 nothing is signed */
    CU_ASSERT_FALSE(sw_writer_ok(&w));
}

static void wraps_what_verifies(void)
{
    static const char tbs[] = "\x30\x03\x02\x01\x05";
    struct sw_privkey *key = vector_key_ok(VECTOR("p256.pem"));
    const struct sw_sigscheme *scheme = sw_sign_scheme(sw_privkey_public(key), false);
    uint8_t out[256];
    struct sw_writer w = sw_writer_of(out, sizeof out), small = sw_writer_of(out, 60);
    SW_ASSERT_OK(sw_sign_wrap(&w, (struct sw_slice){(const uint8_t *)tbs, 5}, key, scheme));
    struct sw_reader r = sw_reader_of(out, w.len), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice signed_part = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    (void)sw_der_read(&seq, SW_DER_SEQUENCE);
    unsigned unused;
    struct sw_slice sig = sw_der_read_bits(&seq, &unused);
    CU_ASSERT(sw_reader_end(&seq) && sw_reader_end(&r));
    SW_ASSERT_BYTES(signed_part.p, tbs, 5);
    SW_ASSERT_OK(sw_pubkey_verify(sw_privkey_public(key), scheme, tbs, 5, sig.p, sig.len));
    SW_ASSERT_ERR(sw_sign_wrap(&small, (struct sw_slice){(const uint8_t *)tbs, 5}, key, scheme), SW_ERR_SPACE);
    sw_privkey_free(key);
}

static void subjects(void)
{
    uint8_t der[256];
    struct sw_writer w = sw_writer_of(der, sizeof der);
    sw_subject_encode(&w, &(struct sw_subject){"IN", "Example", "a"});
    SW_ASSERT_HEX(der, w.len,
                  "302b310b300906035504061302494e3110300e060355040a0c074578616d706c65310a300806035504030c0161");
    CU_ASSERT(sw_cert_name_valid((struct sw_slice){der, w.len}));
    for (size_t i = 0; i < w.len; i++) {
        uint8_t *part = exact_copy(der, i);
        CU_ASSERT_FALSE(sw_cert_name_valid((struct sw_slice){part, i}));
        free(part);
    }
    w = sw_writer_of(der, sizeof der);
    sw_subject_encode(&w, &(struct sw_subject){NULL, "", "a"});
    SW_ASSERT_HEX(der, w.len, "300c310a300806035504030c0161");

    static const struct {
        struct sw_subject s;
        bool ok;
    } rows[] = {
        {{NULL, NULL, "Example Root"}, true},
        {{"IN", "O", "\xe0\xa4\x85"}, true},
        {{"in", NULL, "a"}, false},
        {{"IND", NULL, "a"}, false},
        {{NULL, NULL, ""}, false},
        {{NULL, NULL, NULL}, false},
        {{NULL, NULL, "a\nb"}, false},
        {{NULL, NULL, "\xff"}, false},
        {{NULL, NULL, "\xe0\xa4"}, false},
        {{NULL, "\x7f", "a"}, false},
        {{NULL, NULL, "1234567890123456789012345678901234567890123456789012345678901234"}, true},
        {{NULL, NULL, "12345678901234567890123456789012345678901234567890123456789012345"}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_EQUAL(sw_subject_check(&rows[i].s) == NULL, rows[i].ok);
}

static void times(void)
{
    static const struct {
        int64_t at;
        const char *text; /* with its tag */
    } rows[] = {
        {0, "\x17\x0d"
            "700101000000Z"},
        {-631152000, "\x17\x0d"
                     "500101000000Z"},
        {951782399, "\x17\x0d"
                    "000228235959Z"},
        {951782400, "\x17\x0d"
                    "000229000000Z"},
        {951868800, "\x17\x0d"
                    "000301000000Z"},
        {2524607999, "\x17\x0d"
                     "491231235959Z"},
        {2524608000, "\x18\x0f"
                     "20500101000000Z"},
        {4107542399, "\x18\x0f"
                     "21000228235959Z"},
        {4107542400, "\x18\x0f"
                     "21000301000000Z"},
        {253402300799, "\x18\x0f"
                       "99991231235959Z"},
    };
    uint8_t der[32];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_writer w = sw_writer_of(der, sizeof der);
        sw_time_encode(&w, rows[i].at);
        CU_ASSERT_EQUAL(w.len, strlen(rows[i].text));
        SW_ASSERT_BYTES(der, rows[i].text, w.len);
        struct sw_reader r = sw_reader_of(der, w.len);
        CU_ASSERT_EQUAL(sw_der_read_time(&r, NULL), rows[i].at);
    }
    static const int64_t bad[] = {-631152001, 253402300800, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sw_writer w = sw_writer_of(der, sizeof der);
        sw_time_encode(&w, bad[i]);
        CU_ASSERT_FALSE(sw_writer_ok(&w));
    }
    struct sw_writer w = sw_writer_of(der, sizeof der);
    sw_generalized_time_encode(&w, 0);
    SW_ASSERT_BYTES(der,
                    "\x18\x0f"
                    "19700101000000Z",
                    17);
}

/* Every day for 200 years through our calendar and back through the reader's. */
static void calendar(void)
{
    for (int64_t day = -7305; day < 65000; day++) {
        uint8_t der[32];
        struct sw_writer w = sw_writer_of(der, sizeof der);
        sw_time_encode(&w, day * 86400 + 3661);
        struct sw_reader r = sw_reader_of(der, w.len);
        if (sw_der_read_time(&r, NULL) != day * 86400 + 3661 || !sw_reader_end(&r))
            CU_FAIL_FATAL("a day is off");
    }
    CU_PASS("calendar");
}

/* SHA-256 of the key's bits, cut: RFC 7093 2. Ed25519's SPKI is 12 bytes and the key. */
static void key_identifiers(void)
{
    size_t len;
    uint8_t *spki = sw_test_file(VECTOR("ed25519.spki"), &len), id[SW_KEY_ID_LEN], want[SW_HASH_MAX];
    SW_ASSERT_OK(sw_key_id((struct sw_slice){spki, len}, id));
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, spki + 12, 32, want));
    SW_ASSERT_BYTES(id, want, SW_KEY_ID_LEN);
    for (size_t i = 0; i < len; i++) {
        uint8_t *part = exact_copy(spki, i);
        SW_ASSERT_ERR(sw_key_id((struct sw_slice){part, i}, id), SW_ERR_DER);
        free(part);
    }
    free(spki);
}

SW_TEST_SUITE(sign){
    SW_TEST(schemes),  SW_TEST(algorithm_identifiers), SW_TEST(wraps_what_verifies), SW_TEST(subjects), SW_TEST(times),
    SW_TEST(calendar), SW_TEST(key_identifiers),
};
