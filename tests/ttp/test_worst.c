/*
 * The most work that a stranger can make us do before the answer is no: every kind of input that grows with what he
 * sends, or faster. What is asked is never how long it takes, but what it comes to: the steps and signatures of the
 * search, and the bytes that are allocated.
 */
#include "base/hash.h"
#include "tests/base/heap.h"
#include "tests/ttp/worst.h"
#include "ttp/csr.h"
#include "ttp/ocsp.h"
#include "ttp/path.h"
#include "ttp/pem.h"

/* --- parsing ------------------------------------------------------------------------------------------------------ */

/* A parser allocates nothing, whatever it is given. */
static enum sw_err parse(const struct worst *c, size_t *len)
{
    struct worst copy = *c;
    struct sw_slice der;
    struct sw_cert cert;
    enum sw_err err;

    copy.any_signature = true;
    der = worst_make(&copy);
    *len = der.len;
    heap_count();
    err = sw_cert_parse(&cert, der.p, der.len);
    CU_ASSERT_EQUAL(heap_peak(), 0);
    worst_free_all();
    return err;
}

#define PARSE(error, size, ...)                                                                                        \
    do {                                                                                                               \
        size_t parse_len;                                                                                              \
        SW_ASSERT_ERR(parse(&(struct worst){__VA_ARGS__}, &parse_len), error);                                         \
        CU_ASSERT(parse_len > (size));                                                                                 \
    } while (0)

static void monsters_are_no_certificates(void)
{
    const size_t most = SW_CERT_LEN_MAX;

    PARSE(SW_ERR_CERT_DECODE, most, .subject = worst_nested(SW_DER_SEQUENCE, 16 * WORST_MIB));
    PARSE(SW_ERR_CERT_DECODE, most, .extensions = worst_nested(SW_DER_SEQUENCE, 16 * WORST_MIB));
    PARSE(SW_ERR_CERT_DECODE, most, .extensions = worst_unknown(1000000, 4));
    PARSE(SW_ERR_CERT_DECODE, most, .extensions = worst_unknown(64, 250000));
    PARSE(SW_ERR_CERT_DECODE, most, .extensions = worst_san(1000000, 2, WORST_TEXT("a.example.org")));
    PARSE(SW_ERR_CERT_DECODE, most, .subject = worst_name(100000, 'a'), .issuer = worst_name(100000, 'b'));
    PARSE(SW_ERR_CERT_DECODE, most, .spki = worst_rsa(16 * WORST_MIB, 3, 0));
    PARSE(SW_ERR_CERT_DECODE, most,
          .extensions =
              worst_extension(37, false, worst_wrap(SW_DER_SEQUENCE, worst_wrap(SW_DER_OID, worst_fill(42, most)))));
}

/* Smaller by a little, they are read once. */
static void the_largest_are_read_once(void)
{
    const size_t some = 900000;

    PARSE(SW_ERR_CERT_DECODE, some, .subject = worst_nested(SW_DER_SEQUENCE, some));
    PARSE(SW_ERR_CERT_DECODE, some, .extensions = worst_extension(17, false, worst_nested(0xa4, some)));
    PARSE(SW_OK, some, .extensions = worst_extension(99, false, worst_nested(SW_DER_SEQUENCE, some)));
    PARSE(SW_OK, some, .extensions = worst_unknown(64, 16000));
    PARSE(SW_ERR_CERT_DECODE, some, .extensions = worst_unknown(65, 15000));
    PARSE(SW_OK, some, .extensions = worst_san(500000, 2, WORST_TEXT("")));
    PARSE(SW_OK, some, .subject = worst_name(43000, 'a'), .issuer = worst_name(43000, 'b'));
    PARSE(SW_OK, some, .sigalg = worst_wrap(SW_DER_SEQUENCE, worst_wrap(SW_DER_OID, worst_fill(42, some / 2 + 10))));
    PARSE(SW_OK, some, .spki = worst_rsa(some, 3, 0));
    PARSE(SW_OK, some, .spki = worst_rsa(256, some, 0));
    PARSE(SW_OK, some,
          .extensions =
              worst_extension(37, false, worst_wrap(SW_DER_SEQUENCE, worst_times(310000, "\x06\x01\x2a", 3))));
}

/* The limit itself, to the byte. */
static void knows_the_longest_of_each(void)
{
    const struct sw_slice one = worst_make(&(struct worst){.any_signature = true});
    /*
     * what a long extension adds to its own contents: its header and those around, all with four bytes of length then
     */
    size_t pad = SW_CERT_LEN_MAX - one.len - 64;
    struct sw_cert cert;
    struct sw_slice der;

    do {
        der = worst_make(
            &(struct worst){.extensions = worst_extension(99, false, worst_fill(0, pad)), .any_signature = true});
        pad += SW_CERT_LEN_MAX - der.len;
    } while (der.len < SW_CERT_LEN_MAX);
    CU_ASSERT_EQUAL(der.len, SW_CERT_LEN_MAX);
    SW_ASSERT_OK(sw_cert_parse(&cert, der.p, der.len));
    der = worst_make(
        &(struct worst){.extensions = worst_extension(99, false, worst_fill(0, pad + 1)), .any_signature = true});
    CU_ASSERT_EQUAL(der.len, SW_CERT_LEN_MAX + 1);
    SW_ASSERT_ERR(sw_cert_parse(&cert, der.p, der.len), SW_ERR_CERT_DECODE);
    worst_free_all();
}

/* A request with these attributes. */
static enum sw_err request(struct sw_slice subject, struct sw_slice attributes, struct sw_slice spki, size_t *len)
{
    struct sw_privkey *key = chain_key(1);
    struct sw_writer info = worst_writer(subject.len + attributes.len + spki.len + 1024),
                     w = worst_writer(info.cap + 1024);
    size_t seq = sw_der_open(&info, SW_DER_SEQUENCE);
    struct sw_csr csr;
    struct sw_slice der;
    enum sw_err err;

    sw_der_write_int(&info, 0);
    sw_write_slice(&info, subject.len > 0 ? subject : worst_name(1, 'a'));
    if (spki.len > 0)
        sw_write_slice(&info, spki);
    else
        sw_spki_encode(&info, sw_privkey_public(key));
    sw_der_write(&info, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED, attributes.p, attributes.len);
    sw_der_close(&info, seq);
    SW_ASSERT_OK(sw_sign_wrap(&w, worst_done(&info), key, sw_sign_scheme(sw_privkey_public(key), true)));
    sw_privkey_free(key);
    der = worst_done(&w);
    *len = der.len;
    heap_count();
    err = sw_csr_parse(&csr, der.p, der.len);
    CU_ASSERT_EQUAL(heap_peak(), 0);
    if (err == SW_OK && csr.key.type == SW_KEY_RSA)
        SW_ASSERT_ERR(sw_csr_verify(&csr), SW_ERR_UNSUPPORTED);
    else if (err == SW_OK)
        SW_ASSERT_OK(sw_csr_verify(&csr));
    worst_free_all();
    return err;
}

static void requests_are_no_worse(void)
{
    static const uint8_t attribute[] = {0x30, 5, 6, 1, 0x2a, 0x31, 0};
    const struct sw_slice none = {NULL, 0};
    size_t len;

    SW_ASSERT_OK(request(none, worst_times(130000, attribute, sizeof attribute), none, &len));
    CU_ASSERT(len > 900000);
    SW_ASSERT_OK(request(worst_name(80000, 'a'), none, none, &len));
    SW_ASSERT_OK(request(none, none, worst_rsa(900000, 900, 0), &len));
    SW_ASSERT_ERR(request(none, worst_nested(SW_DER_SEQUENCE, 900000), none, &len), SW_ERR_DER);
    SW_ASSERT_ERR(request(none, worst_times(2000000, attribute, sizeof attribute), none, &len), SW_ERR_DER);
    CU_ASSERT(len > 10 * WORST_MIB);
}

/* Text that begins a block again and again and ends none, blocks that hold nothing, and what is nearly a mark. */
static void junk_costs_no_memory(void)
{
    static const char *const texts[] = {"----x", "-----BEGIN ", "-----BEGIN CERTIFICATE-----",
                                        "-----BEGIN CERTIFICATE-----\n-----END X509 CRL-----\n",
                                        "-----BEGIN X-----\nAAAA\n-----END X-----\n"};
    const size_t size =
        HEAP_OURS ? 4 * WORST_MIB : 65536; /* a sanitizer looks at the whole text at every search in it */
    struct sw_trust *trust = sw_trust_new();

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sw_slice junk = worst_times(size / strlen(texts[i]), texts[i], strlen(texts[i]));

        heap_count();
        SW_ASSERT_ERR(sw_trust_add(trust, junk.p, junk.len), SW_ERR_PEM);
        SW_ASSERT_ERR(sw_trust_add_crl(trust, junk.p, junk.len), SW_ERR_PEM);
        CU_ASSERT_EQUAL(heap_peak(), 0);
        worst_free_all();
    }
    sw_trust_free(trust);
}

/* --- building paths ----------------------------------------------------------------------------------------------- */

enum { POOL = 20001 };

/* The leaf, then intermediates. */
static struct {
    struct sw_cert *cert;
    size_t len;
} pool;

static void put(const struct worst *c)
{
    struct sw_slice der = worst_make(c);

    if (pool.cert == NULL)
        pool.cert = calloc(POOL, sizeof *pool.cert);
    if (pool.cert == NULL || pool.len == POOL || sw_cert_parse(&pool.cert[pool.len], der.p, der.len) != SW_OK)
        abort();
    pool.len++;
}

#define PUT(...) put(&(struct worst){__VA_ARGS__})

/* Of the CAs, by number. */
static struct sw_slice name(unsigned i)
{
    return worst_name(2 + i / 26, (uint8_t)('A' + i % 26));
}

static struct sw_slice root_name(void)
{
    return worst_name(1, 'r');
}

enum { ROOT_SEED = 255, LEAF_SEED = 254 };

/*
 * Verify the pool below a root with these extensions; the work stays within the budget, and nearly nothing is
 * allocated.
 */
static enum sw_err verify(struct sw_slice root_extensions, struct sw_slice ocsp, struct sw_verify_result *result)
{
    struct sw_slice root = worst_make(&(struct worst){.subject = root_name(),
                                                      .issuer = root_name(),
                                                      .seed = ROOT_SEED,
                                                      .issuer_seed = ROOT_SEED,
                                                      .extensions = root_extensions});
    struct sw_trust *trust = sw_trust_new();
    struct sw_verify_params params = {.trust = trust,
                                      .untrusted = pool.cert + 1,
                                      .untrusted_len = pool.len - 1,
                                      .time = CHAIN_NOW,
                                      .purpose = SW_PURPOSE_SERVER,
                                      .max_depth = 15,
                                      .ocsp = ocsp};
    enum sw_err err;

    SW_ASSERT_OK(sw_trust_add(trust, root.p, root.len));
    heap_count();
    err = sw_verify(pool.cert, &params, result);
    /* what could all be on a path is sorted once; junk is not */
    CU_ASSERT(heap_peak() < 65536 || (pool.len < 5000 && heap_peak() < 100 * pool.len));
    CU_ASSERT(result->steps <= SW_BUDGET_STEPS);
    CU_ASSERT(result->signatures < SW_BUDGET_SIGNATURES + 100); /* the one that was too many */
    CU_ASSERT(err == SW_OK || result->reason[0] != '\0');
    sw_trust_free(trust);
    worst_free_all();
    free(pool.cert);
    pool.cert = NULL;
    pool.len = 0;
    return err;
}

static const struct sw_slice nothing = {NULL, 0};

/* n CAs that all sign each other, below a leaf of the first. */
static void mesh(unsigned n, struct sw_slice extensions, struct sw_slice leaf_extensions)
{
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0), .issuer_seed = 1, .extensions = leaf_extensions);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++)
            if (i != j)
                PUT(.seed = (uint8_t)(i + 1), .issuer_seed = (uint8_t)(j + 1), .subject = name(i), .issuer = name(j),
                    .extensions = extensions);
}

static void tangles_end(void)
{
    struct sw_verify_result result;

    for (unsigned n = 10; n <= 60; n += 50) {
        mesh(n, nothing, nothing);
        SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);
        CU_ASSERT(result.signatures <= SW_REACH_SIGNATURES + 2);
    }

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0));
    for (unsigned i = 0; i < 500; i++) /* one name, one key */
        PUT(.subject = name(0), .issuer = name(i % 60), .serial = (uint8_t)(i % 250 + 1),
            .issuer_seed = (uint8_t)(i % 240 + 1));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);

    for (unsigned below = 0; below < 2; below++) { /* one name, many keys; below the root, as far as names tell */
        PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0));
        for (unsigned i = 0; i < 500; i++)
            PUT(.seed = (uint8_t)(i % 250 + 1), .subject = name(0), .issuer = below ? root_name() : name(0),
                .any_signature = true);
        SW_ASSERT_ERR(verify(nothing, nothing, &result), below ? SW_ERR_CERT_BUDGET : SW_ERR_CERT_SIGNATURE);
        CU_ASSERT(result.steps < SW_BUDGET_STEPS / 4);
    }

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0));
    for (unsigned i = 0; i < 100; i++) /* a circle */
        PUT(.seed = (uint8_t)(i + 1), .issuer_seed = (uint8_t)((i + 1) % 100 + 1), .subject = name(i),
            .issuer = name((i + 1) % 100));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_PATH_LEN);
    CU_ASSERT(result.signatures < 40);
}

/* Each is refused after one look, and none of them is looked at twice for each of the others. */
static void crowds_are_looked_at_once(void)
{
    struct sw_verify_result result;

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0));
    for (unsigned i = 1; i < POOL; i++)
        PUT(.subject = name(0), .issuer = name(0), .any_signature = true, .not_before = INT64_C(253000000000));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_NOT_YET);
    CU_ASSERT(result.steps < 10 * POOL && result.signatures == 0);

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0));
    for (unsigned i = 1; i < POOL; i++)
        PUT(.subject = name(1), .issuer = name(0), .any_signature = true);
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);
    CU_ASSERT(result.steps < 5 * POOL);
}

/*
 * Names of thousands of parts that differ in the last, identifiers of a hundred thousand bytes: comparing them is what
 * is paid.
 */
static void long_things_cost_more(void)
{
    struct sw_verify_result result;
    struct sw_slice id = worst_fill(7, 100000), ski, aki;

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = worst_name(20000, 'A'));
    for (unsigned i = 0; i < 40; i++)
        PUT(.subject = worst_name(20000, 'B'), .issuer = name(i));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);
    CU_ASSERT(result.steps > 40 * 20000 * 12 / 64);

    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = worst_name(20000, 'A'));
    PUT(.subject = worst_name(20000, 'B'), .issuer = name(0));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);
    CU_ASSERT(result.steps > 20000 * 12 / 16);

    id = worst_fill(7, 100000);
    ski = worst_extension(14, false, worst_wrap(SW_DER_OCTET_STRING, id));
    aki = worst_extension(35, false, worst_wrap(SW_DER_SEQUENCE, worst_wrap(SW_DER_CONTEXT(0), id)));
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0), .extensions = aki);
    for (unsigned i = 0; i < 20; i++)
        PUT(.subject = name(1), .issuer = name(0), .extensions = ski);
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_UNKNOWN_CA);
    CU_ASSERT(result.steps > 20 * 90);
}

/* Keys that are as slow as they may be come out of the signatures' budget. */
static void slow_keys_cost_more(void)
{
    static const uint8_t rsa_sha256[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 5, 0};
    static const size_t bytes[] = {256, 512, 1024};
    struct sw_verify_result result;

    for (size_t k = 0; k < 3; k++) {
        PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0), .any_signature = true,
            .sigalg = {rsa_sha256, sizeof rsa_sha256});
        pool.cert[0].sig = worst_fill(1, bytes[k]);
        for (unsigned i = 0; i < 250; i++)
            PUT(.spki = worst_rsa(bytes[k], 8, (uint8_t)i), .subject = name(0), .issuer = root_name(),
                .any_signature = true);
        SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_BUDGET);
        CU_ASSERT(result.steps < SW_BUDGET_STEPS / 10);
    }
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0), .any_signature = true,
        .sigalg = {rsa_sha256, sizeof rsa_sha256});
    PUT(.spki = worst_rsa(100000, 3, 0), .subject = name(0), .issuer = name(1), .any_signature = true);
    PUT(.spki = worst_rsa(256, 100000, 0), .subject = name(0), .issuer = name(1), .any_signature = true);
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_ALGORITHM);
}

/* --- names, constraints, policies --------------------------------------------------------------------------------- */

static void names_times_constraints_end(void)
{
    static const struct {
        unsigned kind;
        struct sw_slice name, base;
    } kinds[] = {{2, {(const uint8_t *)"a.example.org", 13}, {(const uint8_t *)"b.example.org", 13}},
                 {1, {(const uint8_t *)"me@a.example.org", 16}, {(const uint8_t *)"me@b.example.org", 16}},
                 {6, {(const uint8_t *)"http://a.example.org/", 21}, {(const uint8_t *)"b.example.org", 13}},
                 {7, {(const uint8_t *)"\1\2\3\4", 4}, {(const uint8_t *)"\1\2\3\5\xff\xff\xff\xff", 8}}};
    struct sw_verify_result result;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (size_t n = 2000; n <= 20000; n *= 10) {
            PUT(.leaf = true, .seed = LEAF_SEED, .issuer = root_name(), .issuer_seed = ROOT_SEED,
                .extensions = worst_san(n, kinds[i].kind, kinds[i].name));
            SW_ASSERT_ERR(verify(worst_excluded(n, kinds[i].kind, kinds[i].base), nothing, &result),
                          SW_ERR_CERT_BUDGET);
            CU_ASSERT(result.signatures < 32);
        }
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = root_name(), .issuer_seed = ROOT_SEED,
        .extensions = worst_san(300, 4 | SW_DER_CONSTRUCTED, worst_name(200, 'a')));
    SW_ASSERT_ERR(verify(worst_excluded(300, 4 | SW_DER_CONSTRUCTED, worst_name(200, 'b')), nothing, &result),
                  SW_ERR_CERT_BUDGET);
    /* what is honest passes: a thousand names, four hundred constraints */
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = root_name(), .issuer_seed = ROOT_SEED,
        .extensions = worst_san(900, 2, WORST_TEXT("a.example.org")));
    SW_ASSERT_OK(verify(worst_excluded(400, 2, WORST_TEXT("b.example.org")), nothing, &result));
    mesh(10, worst_excluded(5000, 2, WORST_TEXT("b.example.org")), nothing);
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_BUDGET);
}

static void policies_do_not_explode(void)
{
    static const struct {
        size_t n, to, oid_len;
    } shapes[] = {{100, 100, 6}, {100, 30, 120}, {100, 4, 1000}, {5, 1, 60000}};
    struct sw_verify_result result;

    for (size_t i = 0; i < 4; i++) {
        struct sw_slice all = worst_policies(shapes[i].n, shapes[i].to, shapes[i].oid_len);
        struct sw_slice must = worst_extension(36, true, WORST_TEXT("\x30\x03\x80\x01\x00"));

        PUT(.leaf = true, .seed = LEAF_SEED, .issuer = name(0),
            .extensions = worst_policies(shapes[i].n, 0, shapes[i].oid_len));
        for (unsigned k = 0; k < 12; k++)
            PUT(.seed = (uint8_t)(k + 1), .issuer_seed = (uint8_t)(k + 2), .subject = name(k), .issuer = name(k + 1),
                .extensions = all);
        for (unsigned k = 0; k < 8; k++) /* each ends at the root, and in vain */
            PUT(.seed = 13, .issuer_seed = ROOT_SEED, .subject = name(12), .issuer = root_name(),
                .serial = (uint8_t)(k + 1), .extensions = must);
        CU_ASSERT(verify(nothing, nothing, &result) != SW_OK);
    }
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = root_name(), .issuer_seed = ROOT_SEED,
        .extensions = worst_policies(9000, 0, 100));
    SW_ASSERT_ERR(verify(nothing, nothing, &result), SW_ERR_CERT_POLICY);
}

/* --- revocation --------------------------------------------------------------------------------------------------- */

/* A list of n entries of 35 bytes, all of one serial number or each of its own, and padded in its issuer's name. */
static struct sw_slice list_of(size_t n, bool one_serial, struct sw_slice issuer)
{
    struct sw_privkey *key = chain_key(ROOT_SEED);
    const struct sw_sigscheme *scheme = sw_sign_scheme(sw_privkey_public(key), true);
    struct sw_writer w = worst_writer(n * 35 + issuer.len + 1024), out = worst_writer(w.cap + 1024);
    size_t tbs = sw_der_open(&w, SW_DER_SEQUENCE), entries, entry;

    sw_der_write_int(&w, 1);
    sw_sigalg_encode(&w, scheme);
    sw_write_slice(&w, issuer);
    sw_time_encode(&w, CHAIN_NOW - CHAIN_DAY);
    sw_time_encode(&w, CHAIN_NOW + CHAIN_DAY);
    entries = sw_der_open(&w, SW_DER_SEQUENCE);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t serial[16] = {0x40};
        uint32_t v = one_serial ? 0 : i * 2654435761u;

        memcpy(serial + 12, &v, 4);
        entry = sw_der_open(&w, SW_DER_SEQUENCE);
        sw_der_write(&w, SW_DER_INTEGER, serial, sizeof serial);
        sw_time_encode(&w, CHAIN_NOW - CHAIN_DAY);
        sw_der_close(&w, entry);
    }
    sw_der_close(&w, entries);
    sw_der_close(&w, tbs);
    SW_ASSERT_OK(sw_sign_wrap(&out, worst_done(&w), key, scheme));
    sw_privkey_free(key);
    return worst_done(&out);
}

/* Hundreds of thousands of entries: the list is kept once, and an index of it; a look is not a walk. */
static void long_lists_are_looked_up(void)
{
    enum { N = 115000 };
    struct sw_trust *trust = sw_trust_new();
    struct sw_slice list = list_of(N, false, root_name()),
                    root = worst_make(&(struct worst){
                        .subject = root_name(), .issuer = root_name(), .seed = ROOT_SEED, .issuer_seed = ROOT_SEED}),
                    der = worst_make(&(struct worst){
                        .leaf = true, .seed = LEAF_SEED, .issuer = root_name(), .issuer_seed = ROOT_SEED});
    struct sw_verify_params params = {.trust = trust, .time = CHAIN_NOW};
    struct sw_verify_result result;
    struct sw_cert leaf;

    SW_ASSERT_OK(sw_cert_parse(&leaf, der.p, der.len));
    SW_ASSERT_OK(sw_trust_add(trust, root.p, root.len));
    heap_count();
    SW_ASSERT_OK(sw_trust_add_crl(trust, list.p, list.len));
    CU_ASSERT(heap_peak() < list.len + (size_t)16 * N);
    for (int again = 0; again < 2; again++) {
        SW_ASSERT_OK(sw_verify(&leaf, &params, &result));
        CU_ASSERT(result.steps < 100);
        CU_ASSERT(result.signatures < 10);
    }
    sw_trust_free(trust);
    worst_free_all();
}

static void lists_have_a_longest(void)
{
    struct sw_slice list = list_of(1, false, worst_name(SW_CRL_LEN_MAX / 12, 'r'));
    struct sw_trust *trust = sw_trust_new();

    CU_ASSERT(list.len > SW_CRL_LEN_MAX);
    SW_ASSERT_ERR(sw_trust_add_crl(trust, list.p, list.len), SW_ERR_CRL);
    sw_trust_free(trust);
    worst_free_all();
}

/*
 * A response with n times an answer for serial number 1 of an issuer that is another one's, by the SHA-512 of its name.
 */
static struct sw_slice response_of(size_t n, struct sw_slice issuer)
{
    static const uint8_t basic_oid[] = {0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1},
                         sha512[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3};
    struct sw_privkey *key = chain_key(ROOT_SEED);
    struct sw_writer one = worst_writer(512), w, basic, all;
    uint8_t digest[64] = {0};
    size_t single = sw_der_open(&one, SW_DER_SEQUENCE), id = sw_der_open(&one, SW_DER_SEQUENCE), mark[3];
    struct sw_slice body;

    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA512, issuer.p, issuer.len, digest));
    sw_write_slice(&one, worst_wrap(SW_DER_SEQUENCE, worst_wrap(SW_DER_OID, (struct sw_slice){sha512, sizeof sha512})));
    sw_der_write(&one, SW_DER_OCTET_STRING, digest, sizeof digest);
    sw_der_write(&one, SW_DER_OCTET_STRING, digest, sizeof digest);
    sw_der_write(&one, SW_DER_INTEGER, "\1", 1);
    sw_der_close(&one, id);
    sw_der_write(&one, SW_DER_CONTEXT(0), NULL, 0);
    sw_generalized_time_encode(&one, CHAIN_NOW);
    sw_der_close(&one, single);
    body = worst_times(n, one.buf, one.len);
    w = worst_writer(body.len + issuer.len + 512);
    mark[0] = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write(&w, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED, issuer.p, issuer.len);
    sw_generalized_time_encode(&w, CHAIN_NOW);
    sw_der_write(&w, SW_DER_SEQUENCE, body.p, body.len);
    sw_der_close(&w, mark[0]);
    basic = worst_writer(w.cap + 512);
    SW_ASSERT_OK(sw_sign_wrap(&basic, worst_done(&w), key, sw_sign_scheme(sw_privkey_public(key), true)));
    sw_privkey_free(key);
    all = worst_writer(basic.cap + 512);
    mark[0] = sw_der_open(&all, SW_DER_SEQUENCE);
    sw_der_write(&all, SW_DER_ENUMERATED, "", 1);
    mark[1] = sw_der_open(&all, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    mark[2] = sw_der_open(&all, SW_DER_SEQUENCE);
    sw_der_write(&all, SW_DER_OID, basic_oid, sizeof basic_oid);
    sw_der_write(&all, SW_DER_OCTET_STRING, basic.buf, basic.len);
    for (int i = 2; i >= 0; i--)
        sw_der_close(&all, mark[i]);
    return worst_done(&all);
}

/*
 * Thousands of answers that look like ours, under an issuer with a long name; and one response is judged once for a
 * key, however many ways lead up.
 */
static void crowded_responses_are_read_once(void)
{
    struct sw_slice long_name = worst_name(10000, 'q'), der = response_of(4000, long_name);
    struct sw_verify_result result;
    struct sw_ocsp ocsp;

    CU_ASSERT(der.len > 700000 && der.len < SW_OCSP_LEN_MAX);
    heap_count();
    SW_ASSERT_OK(sw_ocsp_parse(&ocsp, der.p, der.len));
    CU_ASSERT_EQUAL(heap_peak(), 0);
    PUT(.leaf = true, .seed = LEAF_SEED, .issuer = long_name, .issuer_seed = 9);
    for (unsigned i = 0; i < 5; i++)
        PUT(.subject = long_name, .issuer = root_name(), .seed = 9, .issuer_seed = ROOT_SEED, .serial = (uint8_t)i);
    SW_ASSERT_ERR(verify(nothing, der, &result), SW_ERR_OCSP);
    CU_ASSERT(result.signatures > SW_OCSP_CERTS && result.signatures < 2 * (SW_OCSP_CERTS * 14 + 60));

    der = response_of(10000, root_name());
    CU_ASSERT(der.len > SW_OCSP_LEN_MAX);
    SW_ASSERT_ERR(sw_ocsp_parse(&ocsp, der.p, der.len), SW_ERR_OCSP);
    worst_free_all();
}

SW_TEST_SUITE(worst){
    SW_TEST(monsters_are_no_certificates), SW_TEST(the_largest_are_read_once),
    SW_TEST(knows_the_longest_of_each),    SW_TEST(requests_are_no_worse),
    SW_TEST(junk_costs_no_memory),         SW_TEST(tangles_end),
    SW_TEST(crowds_are_looked_at_once),    SW_TEST(long_things_cost_more),
    SW_TEST(slow_keys_cost_more),          SW_TEST(names_times_constraints_end),
    SW_TEST(policies_do_not_explode),      SW_TEST(long_lists_are_looked_up),
    SW_TEST(lists_have_a_longest),         SW_TEST(crowded_responses_are_read_once),
};
