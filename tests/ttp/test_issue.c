/*
 * Certificates from profiles: each profile and kind of key parsed back field by field, and everything that must be
 * refused.
 */
#include "tests/ttp/vectors.h"
#include "ttp/cert.h"
#include "ttp/issue.h"
#include "ttp/san.h"
#include "ttp/sign.h"

static const uint8_t serial[] = {0x41, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
enum { NOW = 1800000000, YEAR = 31536000 };

/* A CA and a subject's key, with the order for a certificate between them. */
struct bench {
    struct sw_privkey *ca_key, *key;
    uint8_t ca_name[64], name[64], ca_spki[SW_SPKI_MAX], spki[SW_SPKI_MAX], san[256], ca_der[SW_CERT_MAX],
        der[SW_CERT_MAX];
    struct sw_cert ca, cert;
    struct sw_issue what;
    size_t len;
};

static struct sw_slice name_of(uint8_t *buf, const char *cn)
{
    struct sw_writer w = sw_writer_of(buf, 64);
    sw_subject_encode(&w, &(struct sw_subject){.cn = cn});
    return (struct sw_slice){buf, w.len};
}

static struct sw_slice spki_of(uint8_t *buf, const struct sw_privkey *key)
{
    struct sw_writer w = sw_writer_of(buf, SW_SPKI_MAX);
    sw_spki_encode(&w, sw_privkey_public(key));
    return (struct sw_slice){buf, w.len};
}

static struct sw_slice san_of(uint8_t *buf, const char *text)
{
    struct sw_san san;
    struct sw_writer w = sw_writer_of(buf, 256);
    if (sw_san_parse(&san, text))
        abort();
    sw_san_write(&w, &san);
    return (struct sw_slice){buf, w.len};
}

static enum sw_err issue(struct bench *b)
{
    enum sw_err err = sw_issue(&b->what, b->der, sizeof b->der, &b->len);
    return err == SW_OK ? sw_cert_parse(&b->cert, b->der, b->len) : err;
}

static struct bench *begin(const char *ca_key, const char *key)
{
    struct bench *b = calloc(1, sizeof *b);
    size_t len;
    if (!b)
        abort();
    b->ca_key = vector_key_ok(ca_key);
    b->key = vector_key_ok(key);
    struct sw_issue root = {.profile = sw_profile_by_name("root"),
                            .serial = {serial, sizeof serial},
                            .subject = name_of(b->ca_name, "Root"),
                            .spki = spki_of(b->ca_spki, b->ca_key),
                            .not_before = NOW,
                            .not_after = NOW + 10 * YEAR,
                            .path_len = -1,
                            .key = b->ca_key};
    SW_ASSERT_OK(sw_issue(&root, b->ca_der, sizeof b->ca_der, &len));
    SW_ASSERT_OK(sw_cert_parse(&b->ca, b->ca_der, len));
    b->what = (struct sw_issue){.profile = sw_profile_by_name("server"),
                                .serial = {serial, sizeof serial},
                                .subject = name_of(b->name, "a.example.org"),
                                .san = san_of(b->san, "a.example.org"),
                                .spki = spki_of(b->spki, b->key),
                                .not_before = NOW,
                                .not_after = NOW + YEAR,
                                .path_len = -1,
                                .issuer = &b->ca,
                                .key = b->ca_key};
    return b;
}

static void end(struct bench *b)
{
    sw_privkey_free(b->ca_key);
    sw_privkey_free(b->key);
    free(b);
}

static bool signed_by(const struct sw_cert *cert, const struct sw_cert *ca)
{
    return cert->sig_scheme && sw_pubkey_verify(&ca->key, cert->sig_scheme, cert->tbs.p, cert->tbs.len, cert->sig.p,
                                                cert->sig.len) == SW_OK;
}

static void a_root(void)
{
    struct bench *b = begin(VECTOR("rsa2048.pem"), VECTOR("p256.pem"));
    const struct sw_cert *c = &b->ca;
    CU_ASSERT(signed_by(c, c));
    CU_ASSERT_STRING_EQUAL(c->sig_scheme->name, "rsa_pkcs1_sha256");
    CU_ASSERT_EQUAL(c->version, 3);
    CU_ASSERT_EQUAL(c->flaws, 0);
    CU_ASSERT(c->has_basic && c->is_ca && c->basic_critical);
    CU_ASSERT_EQUAL(c->path_len, -1);
    CU_ASSERT(c->has_key_usage && c->key_usage_critical);
    CU_ASSERT_EQUAL(c->key_usage, SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN);
    CU_ASSERT_FALSE(c->has_eku || c->has_san);
    CU_ASSERT_EQUAL(c->ski.len, SW_KEY_ID_LEN);
    CU_ASSERT(sw_slice_eq(c->issuer, c->subject));
    CU_ASSERT_EQUAL(c->not_before, NOW);
    CU_ASSERT_EQUAL(c->not_after, NOW + 10 * YEAR);
    end(b);
}

static void profiles_by_key(void)
{
    static const struct {
        const char *profile, *key;
        unsigned usage, eku;
    } rows[] = {
        {"server", VECTOR("rsa2048.pem"), SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT, SW_EKU_SERVER_AUTH},
        {"server", VECTOR("p256.pem"), SW_KU_DIGITAL_SIGNATURE, SW_EKU_SERVER_AUTH},
        {"server", VECTOR("ed25519.pem"), SW_KU_DIGITAL_SIGNATURE, SW_EKU_SERVER_AUTH},
        {"client", VECTOR("rsa2048.pem"), SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT, SW_EKU_CLIENT_AUTH},
        {"client", VECTOR("p384.pem"), SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_AGREEMENT, SW_EKU_CLIENT_AUTH},
        {"client", VECTOR("ed25519.pem"), SW_KU_DIGITAL_SIGNATURE, SW_EKU_CLIENT_AUTH},
        {"peer", VECTOR("p256.pem"), SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_AGREEMENT,
         SW_EKU_SERVER_AUTH | SW_EKU_CLIENT_AUTH},
        {"email", VECTOR("rsa2048.pem"), SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT, SW_EKU_EMAIL},
        {"ocsp", VECTOR("p256.pem"), SW_KU_DIGITAL_SIGNATURE, SW_EKU_OCSP_SIGNING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *b = begin(VECTOR("rsa2048.pem"), rows[i].key);
        b->what.profile = sw_profile_by_name(rows[i].profile);
        SW_ASSERT_OK(issue(b));
        const struct sw_cert *c = &b->cert;
        CU_ASSERT(signed_by(c, &b->ca));
        CU_ASSERT_STRING_EQUAL(c->sig_scheme->name, "rsa_pkcs1_sha384");
        CU_ASSERT_EQUAL(c->key_usage, rows[i].usage);
        CU_ASSERT_EQUAL(c->eku, rows[i].eku);
        CU_ASSERT(c->has_basic && !c->is_ca && c->key_usage_critical && !c->eku_critical && !c->san_critical);
        CU_ASSERT(sw_slice_eq(c->aki, b->ca.ski) && sw_slice_eq(c->issuer, b->ca.subject));
        CU_ASSERT(sw_slice_eq(c->san, b->what.san) && sw_slice_eq(c->serial, b->what.serial));
        CU_ASSERT_EQUAL(c->flaws, 0);
        CU_ASSERT_FALSE(c->unknown_critical);
        end(b);
    }
}

static void issuers_of_each_kind(void)
{
    static const struct {
        const char *key, *scheme;
    } rows[] = {{VECTOR("p256.pem"), "ecdsa_secp256r1_sha256"},
                {VECTOR("p384.pem"), "ecdsa_secp384r1_sha384"},
                {VECTOR("p521.pem"), "ecdsa_secp521r1_sha512"},
                {VECTOR("ed25519.pem"), "ed25519"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *b = begin(rows[i].key, VECTOR("rsa2048.pem"));
        CU_ASSERT(signed_by(&b->ca, &b->ca));
        SW_ASSERT_OK(issue(b));
        CU_ASSERT(signed_by(&b->cert, &b->ca));
        CU_ASSERT_STRING_EQUAL(b->cert.sig_scheme->name, rows[i].scheme);
        end(b);
    }
}

static void an_intermediate_with_limits(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    uint8_t permit[64], exclude[64];
    size_t p = sw_unhex("300d820b6578616d706c652e6f7267", permit, sizeof permit),
           e = sw_unhex("300a87080a000000ff000000", exclude, sizeof exclude);
    b->what.profile = sw_profile_by_name("ca");
    b->what.san.len = 0;
    b->what.path_len = 0;
    b->what.permit = (struct sw_slice){permit, p};
    b->what.exclude = (struct sw_slice){exclude, e};
    SW_ASSERT_OK(issue(b));
    CU_ASSERT(b->cert.is_ca && b->cert.basic_critical && b->cert.path_len == 0);
    CU_ASSERT_EQUAL(b->cert.key_usage, SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN);
    CU_ASSERT_FALSE(b->cert.has_eku);
    SW_ASSERT_HEX(b->cert.name_constraints.p, b->cert.name_constraints.len,
                  "a00f300d820b6578616d706c652e6f7267a10c300a87080a000000ff000000");
    CU_ASSERT_EQUAL(b->cert.flaws, 0);
    end(b);
}

static void places_to_ask(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    b->what.crl_url = "http://c/";
    b->what.ocsp_url = "http://o/";
    b->what.issuer_url = "http://i/";
    SW_ASSERT_OK(issue(b));
    CU_ASSERT_PTR_NOT_NULL(memmem(b->cert.crl_dp.p, b->cert.crl_dp.len, "http://c/", 9));
    CU_ASSERT_PTR_NOT_NULL(memmem(b->cert.aia.p, b->cert.aia.len, "http://o/", 9));
    CU_ASSERT_PTR_NOT_NULL(memmem(b->cert.aia.p, b->cert.aia.len, "http://i/", 9));
    CU_ASSERT_EQUAL(b->cert.flaws, 0);
    end(b);
}

/* RFC 5280 4.2.1.6: without a subject the names are all there is, and critical. */
static void an_empty_subject(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    b->what.subject = (struct sw_slice){(const uint8_t *)"\x30\x00", 2};
    SW_ASSERT_OK(issue(b));
    CU_ASSERT(b->cert.san_critical);
    CU_ASSERT_EQUAL(b->cert.flaws, 0);
    end(b);
}

static void after_2049(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    b->what.not_before = 2524607999;
    b->what.not_after = 2524608000;
    SW_ASSERT_OK(issue(b));
    CU_ASSERT_EQUAL(b->cert.not_before, 2524607999);
    CU_ASSERT_EQUAL(b->cert.not_after, 2524608000);
    CU_ASSERT_EQUAL(b->cert.flaws, 0);
    b->what.not_after = INT64_MAX;
    SW_ASSERT_ERR(issue(b), SW_ERR_SPACE);
    end(b);
}

static void refuses_the_wrong_key(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    b->what.key = b->key;
    SW_ASSERT_ERR(issue(b), SW_ERR_KEY_MISMATCH);
    b->what.issuer = NULL;
    b->what.key = b->ca_key;
    SW_ASSERT_ERR(issue(b), SW_ERR_KEY_MISMATCH); /* self-signed, but with another key than the subject's */
    b->what.issuer = &b->ca;
    b->what.spki.len--;
    SW_ASSERT_ERR(issue(b), SW_ERR_UNSUPPORTED);
    end(b);
}

static void says_when_it_does_not_fit(void)
{
    struct bench *b = begin(VECTOR("p256.pem"), VECTOR("p384.pem"));
    SW_ASSERT_OK(issue(b));
    size_t need = b->len, len;
    /* an ECDSA signature's length varies by some bytes */
    SW_ASSERT_OK(sw_issue(&b->what, b->der, need + 8, &len));
    SW_ASSERT_ERR(sw_issue(&b->what, b->der, need - 8, &len), SW_ERR_SPACE);
    SW_ASSERT_ERR(sw_issue(&b->what, b->der, 10, &len), SW_ERR_SPACE);
    end(b);
}

static void serials(void)
{
    uint8_t a[SW_SERIAL_LEN], c[SW_SERIAL_LEN];
    SW_ASSERT_OK(sw_serial_make(a));
    for (int i = 0; i < 200; i++) {
        SW_ASSERT_OK(sw_serial_make(c));
        CU_ASSERT((c[0] & 0xc0) == 0x40);
        CU_ASSERT(memcmp(a, c, sizeof a) != 0);
    }
}

static void profile_table(void)
{
    CU_ASSERT_PTR_NULL(sw_profile_by_name("nobody"));
    size_t n = 0;
    for (const struct sw_profile *p; (p = sw_profile_at(n)); n++)
        CU_ASSERT_PTR_EQUAL(sw_profile_by_name(p->name), p);
    CU_ASSERT_EQUAL(n, 7);
}

SW_TEST_SUITE(issue){
    SW_TEST(a_root),
    SW_TEST(profiles_by_key),
    SW_TEST(issuers_of_each_kind),
    SW_TEST(an_intermediate_with_limits),
    SW_TEST(places_to_ask),
    SW_TEST(an_empty_subject),
    SW_TEST(after_2049),
    SW_TEST(refuses_the_wrong_key),
    SW_TEST(serials),
    SW_TEST(profile_table),
    SW_TEST(says_when_it_does_not_fit),
};
