/* The certificate parser: what stands in a certificate, each truncation, and names as text and against each other. */
#include "tests/ttp/chain.h"
#include "ttp/name.h"

static void reads_the_fields(void)
{
    struct made root, m;
    char text[64];

    chain_make(
        &root,
        &(struct recipe){
            .cn = "Root", .seed = 1, .ca = true, .path_len = 3, .key_usage = SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN});
    chain_make(&m, &(struct recipe){.cn = "leaf",
                                    .seed = 2,
                                    .serial = 0x42,
                                    .issuer = &root,
                                    .eku = SW_EKU_SERVER_AUTH | SW_EKU_CLIENT_AUTH,
                                    .san = {"dns:a.example", "ip:192.0.2.1"}});
    CU_ASSERT(root.cert.is_ca && root.cert.basic_critical && root.cert.has_key_usage);
    CU_ASSERT_EQUAL(root.cert.path_len, 2);
    CU_ASSERT_EQUAL(root.cert.key_usage, SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN);
    CU_ASSERT_EQUAL(m.cert.version, 3);
    CU_ASSERT(!m.cert.is_ca && m.cert.has_basic && !m.cert.has_key_usage);
    CU_ASSERT_EQUAL(m.cert.path_len, -1);
    CU_ASSERT_EQUAL(m.cert.eku, SW_EKU_SERVER_AUTH | SW_EKU_CLIENT_AUTH);
    CU_ASSERT_EQUAL(m.cert.not_before, CHAIN_NOW - CHAIN_DAY);
    CU_ASSERT_EQUAL(m.cert.not_after, CHAIN_NOW + CHAIN_DAY);
    CU_ASSERT_EQUAL(m.cert.key.type, SW_KEY_ED25519);
    CU_ASSERT_EQUAL(m.cert.sig_scheme->id, 0x0807);
    SW_ASSERT_HEX(m.cert.serial.p, m.cert.serial.len, "42");
    CU_ASSERT_EQUAL(m.cert.flaws, 0);
    CU_ASSERT(sw_cert_name_eq(m.cert.issuer, root.cert.subject));
    CU_ASSERT_FALSE(sw_cert_name_eq(m.cert.subject, root.cert.subject));
    sw_cert_name_text(m.cert.subject, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "CN=leaf");
    sw_cert_display_name(&m.cert, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "a.example");
    chain_free(&root, 1);
    chain_free(&m, 1);
}

/* Two certificates never have one name because it was cut, cleaned or made up. */
static void names_that_are_not_clear_are_fingerprints(void)
{
    char longest[128], longer[129], text[128], other[128], hash[7 + 64 + 1] = "sha256:";
    uint8_t digest[32];
    struct made m[7];
    memset(longest, 'a', sizeof longest);
    memset(longer, 'a', sizeof longer);
    longest[127] = longer[128] = 0;
    const char *const names[] = {"alice",
                                 longest,
                                 longer,
                                 "ali\x01"
                                 "ce",
                                 "sha256:alice",
                                 "ali?ce",
                                 ""};
    for (size_t i = 0; i < 7; i++) {
        chain_make(&m[i], &(struct recipe){.cn = names[i], .seed = (uint8_t)(i + 1), .serial = (uint8_t)(i + 1)});
        SW_ASSERT_OK(sw_cert_identity(&m[i].cert, text, sizeof text));
        bool clear = i < 2 || i == 5;
        SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, m[i].cert.der.p, m[i].cert.der.len, digest));
        for (size_t k = 0; k < 32; k++)
            snprintf(hash + 7 + 2 * k, 3, "%02x", digest[k]);
        CU_ASSERT_STRING_EQUAL(text, clear ? names[i] : hash);
        CU_ASSERT_TRUE(sw_cert_identity_possible(text));
        for (size_t j = 0; j < i; j++) {
            SW_ASSERT_OK(sw_cert_identity(&m[j].cert, other, sizeof other));
            CU_ASSERT_STRING_NOT_EQUAL(text, other);
        }
    }
    SW_ASSERT_ERR(sw_cert_identity(&m[0].cert, text, SW_IDENTITY_MIN - 1), SW_ERR_SPACE);
    for (size_t i = 0; i < 7; i++)
        chain_free(&m[i], 1);
}

static void what_can_be_a_name(void)
{
    static const char *const good[] = {"alice",      "Alice Smith", "o'brien/x", "a\"b=c",
                                       "zo\xc3\xab", "al?ce",       "*.example"};
    static const char *const bad[] = {"",
                                      "al\nice",
                                      "ev\xc2\x9b"
                                      "31mil",
                                      "al\xe2\x80\xae"
                                      "ice",
                                      "caf\xe9",
                                      "cut\xc3"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_TRUE(sw_cert_identity_possible(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(sw_cert_identity_possible(bad[i]));
}

/* In memory of exactly the size, so that a sanitizer sees a read past it. */
static void refuses_each_truncation(void)
{
    struct made m;
    struct sw_cert cert;

    chain_make(
        &m,
        &(struct recipe){
            .cn = "Root", .seed = 1, .ca = true, .path_len = 1, .san = {"dns:a.example"}, .permit = {"dns:example"}});
    for (size_t len = 0; len < m.len; len++) {
        uint8_t *cut = malloc(len ? len : 1);

        CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
        memcpy(cut, m.der, len);
        SW_ASSERT_ERR(sw_cert_parse(&cert, cut, len), SW_ERR_CERT_DECODE);
        free(cut);
    }
    m.der[m.len] = 0;
    SW_ASSERT_ERR(sw_cert_parse(&cert, m.der, m.len + 1), SW_ERR_CERT_DECODE);
    chain_free(&m, 1);
}

/* Made to fail by one extension, given whole. */
static enum sw_err with_extension(const char *hex, struct sw_cert *cert)
{
    static uint8_t der[CHAIN_DER], ext[256];
    struct made m;
    struct sw_writer w = sw_writer_of(der, sizeof der);
    size_t len = sw_unhex(hex, ext, sizeof ext), outer, tbs, tag, seq;
    struct sw_reader all, inner;

    chain_make(&m, &(struct recipe){.cn = "x", .seed = 1});
    all = sw_reader_of_slice(m.cert.tbs);
    inner = sw_der_enter(&all, SW_DER_SEQUENCE);
    outer = sw_der_open(&w, SW_DER_SEQUENCE);
    tbs = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_write_bytes(&w, inner.p, (size_t)(m.cert.spki.p + m.cert.spki.len - inner.p));
    tag = sw_der_open(&w, SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED);
    seq = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_write_bytes(&w, ext, len);
    sw_der_close(&w, seq);
    sw_der_close(&w, tag);
    sw_der_close(&w, tbs);
    sw_write_bytes(&w, m.cert.tbs.p + m.cert.tbs.len, m.len - (size_t)(m.cert.tbs.p + m.cert.tbs.len - m.der));
    sw_der_close(&w, outer);
    chain_free(&m, 1);
    return sw_cert_parse(cert, der, w.len);
}

#define BASIC(contents) "3009 0603551d13 0402" contents

static void judges_extensions(void)
{
    struct sw_cert c;

    SW_ASSERT_OK(with_extension(BASIC("3000"), &c));
    CU_ASSERT(c.has_basic && !c.basic_critical);
    SW_ASSERT_ERR(with_extension(BASIC("3000") BASIC("3000"), &c), SW_ERR_CERT_DECODE);       /* twice */
    SW_ASSERT_ERR(with_extension("", &c), SW_ERR_CERT_DECODE);                                /* no extension */
    SW_ASSERT_ERR(with_extension(BASIC("3080"), &c), SW_ERR_CERT_DECODE);                     /* indefinite */
    SW_ASSERT_ERR(with_extension("300c 0603551d13 010100 04023000", &c), SW_ERR_CERT_DECODE); /* a written FALSE */
    SW_ASSERT_ERR(with_extension("300c 0603551d13 010101 04023000", &c), SW_ERR_CERT_DECODE); /* BER's TRUE */
    SW_ASSERT_ERR(with_extension("3009 0603551d25 04023000", &c), SW_ERR_CERT_DECODE);        /* no purpose */
    SW_ASSERT_ERR(with_extension("300b 0603551d11 0404 616263 64", &c), SW_ERR_CERT_DECODE);  /* text for names */
    SW_ASSERT_ERR(with_extension("3009 0603551d11 04023000", &c), SW_ERR_CERT_DECODE);        /* no name */
    SW_ASSERT_OK(with_extension("300c 0603551d63 0101ff 04020500", &c));
    CU_ASSERT(c.unknown_critical);
    SW_ASSERT_HEX(c.unknown_critical_oid.p, c.unknown_critical_oid.len, "551d63");
    SW_ASSERT_OK(with_extension("300e 0603551d0e 0101ff 0404 0402aabb", &c));
    CU_ASSERT_EQUAL(c.flaws & SW_FLAW_EXT_CRITICAL, SW_FLAW_EXT_CRITICAL);
    SW_ASSERT_ERR(with_extension("3009 0603551d63 04020500 3009 0603551d63 04020500", &c), SW_ERR_CERT_DECODE);
}

static struct sw_slice name(const char *hex, uint8_t *buf, size_t cap)
{
    return (struct sw_slice){buf, sw_unhex(hex, buf, cap)};
}

static void compares_names_folded(void)
{
    static const struct {
        const char *a, *b;
        bool eq;
    } rows[] = {
        {"300c310a3008060355040313 0141", "300c310a3008060355040313 0161", true},           /* A, a */
        {"300c310a3008060355040313 0141", "300c310a300806035504030c 0161", true},           /* printable, UTF-8 */
        {"300c310a3008060355040313 0141", "300c310a3008060355040a13 0141", false},          /* CN, O */
        {"300e310c300a060355040313 03412042", "300f310d300b060355040313 0441202042", true}, /* inner spaces */
        {"300c310a3008060355040313 0141", "300e310c300a060355040313 03204120", true},       /* outer spaces */
        {"300c310a3008060355040313 0141", "3018310a3008060355040313 0141310a3008060355040313 0142", false}, /* longer */
        {"3000", "3000", true},
        {"3000", "300c310a3008060355040313 0141", false},
    };
    uint8_t a[64], b[64];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_slice x = name(rows[i].a, a, sizeof a), y = name(rows[i].b, b, sizeof b);

        CU_ASSERT(sw_cert_name_valid(x) && sw_cert_name_valid(y));
        CU_ASSERT_EQUAL(sw_cert_name_eq(x, y), rows[i].eq);
        CU_ASSERT_EQUAL(sw_cert_name_eq(y, x), rows[i].eq);
    }
}

static void writes_names_for_people(void)
{
    uint8_t buf[64];
    char text[40];

    sw_cert_name_text(name("3012 3110 300e 0603550403 0c07 412c0a1b5b3241", buf, sizeof buf), text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "CN=A\\,??[2A");
    sw_cert_name_text(name("3012 3110 300e 0603550403 0c07 412c0a1b5b3241", buf, sizeof buf), text, 6);
    CU_ASSERT(strlen(text) < 6);
}

SW_TEST_SUITE(cert){
    SW_TEST(names_that_are_not_clear_are_fingerprints),
    SW_TEST(what_can_be_a_name),
    SW_TEST(reads_the_fields),
    SW_TEST(refuses_each_truncation),
    SW_TEST(judges_extensions),
    SW_TEST(compares_names_folded),
    SW_TEST(writes_names_for_people),
};
