/*
 * Revocation lists and OCSP responses: the bytes that RFC 5280 5 and RFC 6960 4.2 ask for. openssl reads both in
 * tests/e2e/ttp_verbs.sh.
 */
#include "tests/ttp/vectors.h"
#include "ttp/cert.h"
#include "ttp/crl_issue.h"
#include "ttp/der.h"

enum { NOW = 1800000000, DAY = 86400 };
static const uint8_t serial_a[] = {0x01}, serial_b[] = {0x00, 0xff, 0x02};

struct bench {
    uint8_t *der;
    struct sw_cert ca;
    struct sw_privkey *key;
};

static struct bench begin(void)
{
    struct bench b;
    size_t len;
    b.der = vector_der(VECTOR("root.crt"), &len);
    SW_ASSERT_OK(sw_cert_parse(&b.ca, b.der, len));
    b.key = vector_key_ok(VECTOR("rsa2048.pem"));
    return b;
}

static void end(struct bench *b)
{
    sw_privkey_free(b->key);
    free(b->der);
}

/* SEQUENCE { tbs, algorithm, signature }: the signature is good, and tbs is what is left. */
static struct sw_reader open_signed(struct sw_reader *r, const struct bench *b)
{
    struct sw_reader seq = sw_der_enter(r, SW_DER_SEQUENCE);
    struct sw_slice tbs = sw_der_read_whole(&seq, SW_DER_SEQUENCE), alg = sw_der_read_whole(&seq, SW_DER_SEQUENCE);
    unsigned unused;
    struct sw_slice sig = sw_der_read_bits(&seq, &unused);
    CU_ASSERT(sw_reader_end(&seq));
    SW_ASSERT_OK(sw_pubkey_verify(&b->ca.key, sw_sigalg_parse(alg, &(uint16_t){0}), tbs.p, tbs.len, sig.p, sig.len));
    struct sw_reader in = sw_reader_of_slice(tbs);
    return sw_der_enter(&in, SW_DER_SEQUENCE);
}

static void a_list(void)
{
    struct bench b = begin();
    const struct sw_revoked revoked[] = {{{serial_a, sizeof serial_a}, NOW - DAY, SW_REASON_UNSPECIFIED},
                                         {{serial_b, sizeof serial_b}, NOW, 1}};
    struct sw_crl_issue what = {.issuer = &b.ca,
                                .key = b.key,
                                .number = 258,
                                .this_update = NOW,
                                .next_update = NOW + 30 * DAY,
                                .revoked = revoked,
                                .revoked_len = 2};
    uint8_t out[SW_CRL_CAP(2)];
    size_t len;
    SW_ASSERT_OK(sw_crl_encode(&what, out, sizeof out, &len));
    struct sw_reader r = sw_reader_of(out, len), tbs = open_signed(&r, &b);
    CU_ASSERT_EQUAL(sw_der_read_uint(&tbs), 1);
    struct sw_slice alg = sw_der_read_whole(&tbs, SW_DER_SEQUENCE);
    CU_ASSERT_STRING_EQUAL(sw_sigalg_parse(alg, &(uint16_t){0})->name, "rsa_pkcs1_sha384");
    CU_ASSERT(sw_slice_eq(sw_der_read_whole(&tbs, SW_DER_SEQUENCE), b.ca.subject));
    CU_ASSERT_EQUAL(sw_der_read_time(&tbs, NULL), NOW);
    CU_ASSERT_EQUAL(sw_der_read_time(&tbs, NULL), NOW + 30 * DAY);
    struct sw_slice entries = sw_der_read(&tbs, SW_DER_SEQUENCE),
                    exts = sw_der_read(&tbs, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    CU_ASSERT(sw_reader_end(&tbs) && sw_reader_end(&r));
    SW_ASSERT_HEX(entries.p, entries.len,
                  "3012020101170d3237303131343038303030305a" /* unspecified is left out */
                  "3022020300ff02170d3237303131353038303030305a300c300a0603551d1504030a0101"); /* keyCompromise */
    /* authorityKeyIdentifier, then cRLNumber 258 */
    CU_ASSERT_EQUAL_FATAL(exts.len, 48);
    SW_ASSERT_HEX(exts.p + 35, 13,
                  "300b0603551d1404040202"
                  "0102");
    end(&b);
}

static void an_empty_list_has_no_entries(void)
{
    struct bench b = begin();
    struct sw_crl_issue what = {
        .issuer = &b.ca, .key = b.key, .number = 1, .this_update = NOW, .next_update = NOW + DAY};
    uint8_t out[SW_CRL_CAP(0)];
    size_t len;
    SW_ASSERT_OK(sw_crl_encode(&what, out, sizeof out, &len));
    struct sw_reader r = sw_reader_of(out, len), tbs = open_signed(&r, &b);
    (void)sw_der_read_uint(&tbs);
    (void)sw_der_read(&tbs, SW_DER_SEQUENCE);
    (void)sw_der_read(&tbs, SW_DER_SEQUENCE);
    (void)sw_der_read_time(&tbs, NULL);
    (void)sw_der_read_time(&tbs, NULL);
    CU_ASSERT_EQUAL(sw_der_peek(&tbs), SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    SW_ASSERT_ERR(sw_crl_encode(&what, out, len - 1, &len), SW_ERR_SPACE);
    end(&b);
}

static void a_thousand_fit_their_room(void)
{
    enum { N = 1000 };
    static struct sw_revoked revoked[N];
    static uint8_t serials[N][20], out[SW_CRL_CAP(N)];
    struct bench b = begin();
    size_t len;
    for (size_t i = 0; i < N; i++) {
        memset(serials[i], 0x7f, 20);
        revoked[i] = (struct sw_revoked){{serials[i], 20}, INT64_C(4000000000), 10};
    }
    struct sw_crl_issue what = {.issuer = &b.ca,
                                .key = b.key,
                                .number = UINT64_MAX,
                                .this_update = NOW,
                                .next_update = NOW + DAY,
                                .revoked = revoked,
                                .revoked_len = N};
    SW_ASSERT_OK(sw_crl_encode(&what, out, sizeof out, &len));
    end(&b);
}

/* SingleResponse's CertID, status and times, found behind ResponderID and producedAt. */
static struct sw_reader open_response(const uint8_t *der, size_t len, const struct bench *b)
{
    struct sw_reader r = sw_reader_of(der, len), seq = sw_der_enter(&r, SW_DER_SEQUENCE);
    struct sw_slice status = sw_der_read(&seq, SW_DER_ENUMERATED);
    CU_ASSERT(status.len == 1 && status.p[0] == 0);
    struct sw_reader tagged = sw_der_enter(&seq, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED),
                     bytes = sw_der_enter(&tagged, SW_DER_SEQUENCE);
    struct sw_slice oid = sw_der_read(&bytes, SW_DER_OID);
    SW_ASSERT_HEX(oid.p, oid.len, "2b0601050507300101");
    struct sw_reader octets = sw_der_enter(&bytes, SW_DER_OCTET_STRING), data = open_signed(&octets, b);
    CU_ASSERT(sw_reader_end(&octets) && sw_reader_end(&bytes) && sw_reader_end(&tagged) && sw_reader_end(&seq) &&
              sw_reader_end(&r));
    (void)sw_der_read(&data, SW_DER_CONTEXT(2) | SW_DER_CONSTRUCTED);
    CU_ASSERT_EQUAL(sw_der_read_time(&data, NULL), NOW);
    struct sw_reader list = sw_der_enter(&data, SW_DER_SEQUENCE);
    CU_ASSERT(sw_reader_end(&data));
    return sw_der_enter(&list, SW_DER_SEQUENCE);
}

static void responses(void)
{
    struct bench b = begin();
    struct sw_revoked revoked = {.at = NOW - DAY, .reason = 1};
    struct sw_ocsp_issue what = {.issuer = &b.ca,
                                 .key = b.key,
                                 .serial = {serial_b, sizeof serial_b},
                                 .this_update = NOW,
                                 .next_update = NOW + DAY};
    uint8_t out[SW_OCSP_MAX], hash[SW_HASH_MAX];
    size_t len;
    SW_ASSERT_OK(sw_ocsp_encode(&what, out, sizeof out, &len));
    struct sw_reader single = open_response(out, len, &b), id = sw_der_enter(&single, SW_DER_SEQUENCE);
    (void)sw_der_read(&id, SW_DER_SEQUENCE);
    struct sw_slice name = sw_der_read(&id, SW_DER_OCTET_STRING);
    (void)sw_der_read(&id, SW_DER_OCTET_STRING);
    CU_ASSERT(sw_slice_eq(sw_der_read(&id, SW_DER_INTEGER), what.serial) && sw_reader_end(&id));
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA1, b.ca.subject.p, b.ca.subject.len, hash));
    CU_ASSERT_EQUAL(name.len, 20);
    SW_ASSERT_BYTES(name.p, hash, 20);
    CU_ASSERT_EQUAL(sw_der_peek(&single), SW_DER_CONTEXT(0)); /* good */

    what.revoked = &revoked;
    SW_ASSERT_OK(sw_ocsp_encode(&what, out, sizeof out, &len));
    single = open_response(out, len, &b);
    (void)sw_der_read(&single, SW_DER_SEQUENCE);
    struct sw_slice status = sw_der_read(&single, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    SW_ASSERT_HEX(status.p, status.len, "180f32303237303131343038303030305aa0030a0101");
    CU_ASSERT_EQUAL(sw_der_read_time(&single, NULL), NOW);
    SW_ASSERT_ERR(sw_ocsp_encode(&what, out, len - 1, &len), SW_ERR_SPACE);
    end(&b);
}

static void refuse_another_key(void)
{
    struct bench b = begin();
    struct sw_privkey *other = vector_key_ok(VECTOR("p256.pem"));
    struct sw_crl_issue list = {
        .issuer = &b.ca, .key = other, .number = 1, .this_update = NOW, .next_update = NOW + DAY};
    struct sw_ocsp_issue response = {
        .issuer = &b.ca, .key = other, .serial = {serial_a, 1}, .this_update = NOW, .next_update = NOW + DAY};
    uint8_t out[SW_CRL_CAP(0)];
    size_t len;
    SW_ASSERT_ERR(sw_crl_encode(&list, out, sizeof out, &len), SW_ERR_KEY_MISMATCH);
    SW_ASSERT_ERR(sw_ocsp_encode(&response, out, sizeof out, &len), SW_ERR_KEY_MISMATCH);
    sw_privkey_free(other);
    end(&b);
}

static void reasons(void)
{
    CU_ASSERT_EQUAL(sw_reason_by_name("keyCompromise"), 1);
    CU_ASSERT_EQUAL(sw_reason_by_name("privilegeWithdrawn"), 9);
    CU_ASSERT_EQUAL(sw_reason_by_name("keycompromise"), 1); /* as OpenSSL takes it, too */
    CU_ASSERT_EQUAL(sw_reason_by_name("nothing"), SW_REASON_NONE);
    CU_ASSERT_STRING_EQUAL(sw_reason_name(4), "superseded");
    CU_ASSERT_PTR_NULL(sw_reason_name(7));
    CU_ASSERT_PTR_NULL(sw_reason_name(11));
    CU_ASSERT_PTR_NULL(sw_reason_name(-1));
}

SW_TEST_SUITE(crl_issue){
    SW_TEST(a_list),    SW_TEST(an_empty_list_has_no_entries), SW_TEST(a_thousand_fit_their_room),
    SW_TEST(responses), SW_TEST(refuse_another_key),           SW_TEST(reasons),
};
