/*
 * Path building and the checks of each place on the path: a good path is found whatever stands beside it, and each
 * refusal is the right one.
 */
#include "tests/ttp/chain.h"
#include "ttp/pem.h"

enum { ROOT, A, B, LEAF, COUNT };

/* Root, two intermediates in a row, a leaf. */
static void usual(struct recipe r[COUNT], struct made m[COUNT])
{
    memset(r, 0, COUNT * sizeof *r);
    r[ROOT] = (struct recipe){.cn = "Root", .seed = 1, .ca = true};
    r[A] = (struct recipe){.cn = "A", .seed = 2, .ca = true, .issuer = &m[ROOT]};
    r[B] = (struct recipe){.cn = "B", .seed = 3, .ca = true, .issuer = &m[A]};
    r[LEAF] = (struct recipe){.cn = "leaf", .seed = 4, .issuer = &m[B], .san = {"dns:www.example.org"}};
}

static enum sw_err run(const struct recipe r[COUNT], struct made m[COUNT], struct sw_verify_result *result)
{
    const struct made *inter[] = {&m[B], &m[A]};
    enum sw_err err;

    for (int i = 0; i < COUNT; i++)
        chain_make(&m[i], &r[i]);
    err = chain_verify(&m[LEAF], &m[ROOT], inter, 2, "www.example.org", result);
    CU_ASSERT_EQUAL(err, result->err);
    CU_ASSERT(err == SW_OK || result->reason[0] != '\0');
    chain_free(m, COUNT);
    return err;
}

static void finds_the_path(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;

    usual(r, m);
    SW_ASSERT_OK(run(r, m, &result));
    CU_ASSERT_EQUAL_FATAL(result.path_len, 4);
    CU_ASSERT_PTR_EQUAL(result.path[0], &m[LEAF].cert);
    CU_ASSERT(sw_slice_eq(result.path[1]->der, m[B].cert.der));
    CU_ASSERT(sw_slice_eq(result.path[2]->der, m[A].cert.der));
}

/* One thing wrong at one place, and what is said. */
#define REFUSED(change, error, at)                                                                                     \
    do {                                                                                                               \
        struct made m[COUNT];                                                                                          \
        struct recipe r[COUNT];                                                                                        \
        struct sw_verify_result result;                                                                                \
                                                                                                                       \
        usual(r, m);                                                                                                   \
        change;                                                                                                        \
        SW_ASSERT_ERR(run(r, m, &result), error);                                                                      \
        CU_ASSERT_EQUAL(result.depth, at);                                                                             \
    } while (0)

static void says_what_is_wrong(void)
{
    /* critical, and of an arc nobody uses */
    static const uint8_t unknown[] = {0x30, 12, 6, 5, 0x2b, 6, 1, 5, 99, 1, 1, 0xff, 4, 0};

    REFUSED(r[LEAF].not_after = CHAIN_NOW - 1, SW_ERR_CERT_EXPIRED, 0);
    REFUSED(r[LEAF].not_before = CHAIN_NOW + 1, SW_ERR_CERT_NOT_YET, 0);
    REFUSED(r[LEAF].eku = SW_EKU_CLIENT_AUTH, SW_ERR_CERT_PURPOSE, 0);
    REFUSED(r[LEAF].key_usage = SW_KU_CRL_SIGN, SW_ERR_CERT_KEY_USAGE, 0);
    REFUSED(r[LEAF].key_usage = SW_KU_KEY_CERT_SIGN, SW_ERR_CERT_PROFILE, 0);
    REFUSED(r[LEAF].san[0] = "dns:other.example.org", SW_ERR_CERT_NAME, 0);
    REFUSED(r[LEAF].san[0] = NULL, SW_ERR_CERT_NAME, 0);
    REFUSED(r[LEAF].version1 = true, SW_ERR_CERT_PROFILE, 0);
    REFUSED(r[LEAF].extensions = ((struct sw_slice){unknown, sizeof unknown}), SW_ERR_CERT_CRITICAL, 0);
    REFUSED(r[A].extensions = ((struct sw_slice){unknown, sizeof unknown}), SW_ERR_CERT_CRITICAL, 2);
    REFUSED(r[B].not_after = CHAIN_NOW - 1, SW_ERR_CERT_EXPIRED, 1);
    REFUSED(r[B].ca = false, SW_ERR_CERT_NOT_CA, 1);
    REFUSED((r[B].no_basic = true, r[B].key_usage = SW_KU_KEY_CERT_SIGN), SW_ERR_CERT_NOT_CA, 1);
    REFUSED(r[B].key_usage = SW_KU_DIGITAL_SIGNATURE, SW_ERR_CERT_NOT_CA, 1);
    REFUSED(r[A].eku = SW_EKU_CLIENT_AUTH, SW_ERR_CERT_PURPOSE, 2);
    REFUSED(r[A].path_len = 1, SW_ERR_CERT_PATH_LEN, 2);
    REFUSED(r[ROOT].path_len = 2, SW_ERR_CERT_PATH_LEN, 3);
    REFUSED(r[ROOT].not_after = CHAIN_NOW - 1, SW_ERR_CERT_EXPIRED, 3);
    REFUSED(r[ROOT].version1 = true, SW_ERR_CERT_NOT_CA, 3);
    REFUSED(r[A].permit[0] = "dns:example.com", SW_ERR_CERT_NAME_CONSTRAINT, 0);
}

static void takes_the_ends_of_a_validity(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;

    usual(r, m);
    r[LEAF].not_after = CHAIN_NOW;
    r[B].not_before = CHAIN_NOW;
    SW_ASSERT_OK(run(r, m, &result));
}

static void allows_exactly_the_path_length(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;

    usual(r, m);
    r[ROOT].path_len = 3;
    r[A].path_len = 2;
    r[B].path_len = 1;
    SW_ASSERT_OK(run(r, m, &result));
}

/*
 * Beside the good intermediate stand bad ones of the same name and key: each kind of failure must only end its branch.
 */
static void backtracks_over_every_check(void)
{
    struct made root, good, leaf, bad[7];
    const struct recipe base = {.cn = "CA", .seed = 2, .ca = true, .issuer = &root};
    struct recipe r[7];
    const struct made *inter[8];
    struct sw_verify_result result;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    for (size_t i = 0; i < 7; i++) {
        r[i] = base;
        r[i].serial = (uint8_t)(10 + i);
        inter[i] = &bad[i];
    }
    r[0].not_after = CHAIN_NOW - 5;
    r[1].eku = SW_EKU_CLIENT_AUTH;
    r[2].permit[0] = "dns:example.com";
    r[3].exclude[0] = "dns:www.example.org";
    r[4].ca = false;
    r[5].no_basic = true;
    r[5].key_usage = SW_KU_KEY_CERT_SIGN;
    r[6].seed = 9; /* another key: the signature fails */
    for (size_t i = 0; i < 7; i++)
        chain_make(&bad[i], &r[i]);
    chain_make(&good, &base);
    inter[7] = &good;
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 4, .issuer = &good, .san = {"dns:www.example.org"}});
    SW_ASSERT_OK(chain_verify(&leaf, &root, inter, 8, "www.example.org", &result));
    CU_ASSERT_EQUAL(result.path_len, 3);
    CU_ASSERT(chain_verify(&leaf, &root, inter, 7, "www.example.org", &result) != SW_OK);
    chain_free(&root, 1);
    chain_free(&good, 1);
    chain_free(&leaf, 1);
    chain_free(bad, 7);
}

/* A hundred certificates with one name and one key that sign each other: an answer, and quickly. */
static void ends_on_a_hundred_equals(void)
{
    enum { N = 100 };
    struct made *m = calloc(N + 2, sizeof *m);
    const struct made *inter[N];
    struct sw_verify_result result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    chain_make(&m[N], &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    for (size_t i = 0; i < N; i++) {
        chain_make(&m[i], &(struct recipe){.cn = "CA", .seed = 2, .ca = true, .serial = (uint8_t)(i + 1)});
        inter[i] = &m[i];
    }
    chain_make(&m[N + 1], &(struct recipe){.cn = "leaf", .seed = 3, .issuer = &m[0]});
    CU_ASSERT(chain_verify(&m[N + 1], &m[N], inter, N, NULL, &result) != SW_OK);
    CU_ASSERT(result.reason[0] != '\0');
    chain_free(m, N + 2);
    free(m);
}

static void goes_through_cross_signed_cycles(void)
{
    struct made root, a, b, a_by_b, b_by_a, leaf;
    struct sw_verify_result result;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&a, &(struct recipe){.cn = "A", .seed = 2, .ca = true, .issuer = &root});
    chain_make(&b, &(struct recipe){.cn = "B", .seed = 3, .ca = true});
    chain_make(&a_by_b, &(struct recipe){.cn = "A", .seed = 2, .ca = true, .issuer = &b, .serial = 2});
    chain_make(&b_by_a, &(struct recipe){.cn = "B", .seed = 3, .ca = true, .issuer = &a, .serial = 3});
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 4, .issuer = &b_by_a});
    SW_ASSERT_OK(chain_verify(&leaf, &root, (const struct made *[]){&a_by_b, &b_by_a, &b, &a}, 4, NULL, &result));
    SW_ASSERT_ERR(chain_verify(&leaf, &root, (const struct made *[]){&a_by_b, &b_by_a}, 2, NULL, &result),
                  SW_ERR_CERT_UNKNOWN_CA);
    for (struct made *const *p = (struct made *[]){&root, &a, &b, &a_by_b, &b_by_a, &leaf, NULL}; *p != NULL; p++)
        chain_free(*p, 1);
}

/* CAs that all sign each other: the one that the root signed is found among them, and without it there is an end. */
static void finds_its_way_in_a_mesh(void)
{
    enum { N = 9, LINKS = N * (N - 1) + 1 };
    struct made *self = calloc(N, sizeof *self), *link = calloc(LINKS, sizeof *link), root, leaf;
    const struct made *inter[LINKS];
    struct sw_verify_result result;
    char name[N][8];
    size_t n = 0;

    CU_ASSERT_FATAL(self != NULL && link != NULL);
    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 100, .ca = true});
    for (uint8_t i = 0; i < N; i++) {
        memcpy(name[i], "CA ?", 5);
        name[i][3] = (char)('0' + i);
        chain_make(&self[i], &(struct recipe){.cn = name[i], .seed = (uint8_t)(i + 1), .ca = true});
    }
    for (uint8_t i = 0; i < N; i++)
        for (uint8_t j = 0; j < N; j++)
            if (i != j) {
                chain_make(&link[n], &(struct recipe){.cn = name[i],
                                                      .seed = (uint8_t)(i + 1),
                                                      .ca = true,
                                                      .issuer = &self[j],
                                                      .serial = (uint8_t)(j + 1)});
                inter[n] = &link[n];
                n++;
            }
    chain_make(&link[n], &(struct recipe){.cn = name[N - 1], .seed = N, .ca = true, .issuer = &root, .serial = 99});
    inter[n] = &link[n];
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 101, .issuer = &self[0]});
    SW_ASSERT_OK(chain_verify(&leaf, &root, inter, LINKS, NULL, &result));
    SW_ASSERT_ERR(chain_verify(&leaf, &root, inter, LINKS - 1, NULL, &result), SW_ERR_CERT_PATH_LEN);
    CU_ASSERT(result.signatures < 60);
    chain_free(self, N);
    chain_free(link, LINKS);
    chain_free(&root, 1);
    chain_free(&leaf, 1);
    free(self);
    free(link);
}

static void trusts_what_is_not_self_signed(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;

    usual(r, m);
    for (int i = 0; i < COUNT; i++)
        chain_make(&m[i], &r[i]);
    SW_ASSERT_OK(chain_verify(&m[LEAF], &m[B], NULL, 0, "www.example.org", &result));
    CU_ASSERT_EQUAL(result.path_len, 2);
    SW_ASSERT_OK(chain_verify(&m[LEAF], &m[LEAF], NULL, 0, "www.example.org", &result));
    CU_ASSERT_EQUAL(result.path_len, 1);
    SW_ASSERT_ERR(chain_verify(&m[LEAF], &m[A], NULL, 0, NULL, &result), SW_ERR_CERT_UNKNOWN_CA);
    CU_ASSERT_PTR_NOT_NULL(strstr(result.reason, "B"));
    chain_free(m, COUNT);
}

static void notices_each_flipped_byte(void)
{
    struct made root, leaf;
    struct sw_verify_result result;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 4, .issuer = &root, .san = {"dns:www.example.org"}});
    SW_ASSERT_OK(chain_verify(&leaf, &root, NULL, 0, "www.example.org", &result));
    for (size_t i = 0; i < leaf.len; i++) {
        leaf.der[i] ^= 1;
        if (sw_cert_parse(&leaf.cert, leaf.der, leaf.len) == SW_OK)
            CU_ASSERT(chain_verify(&leaf, &root, NULL, 0, "www.example.org", &result) != SW_OK);
        leaf.der[i] ^= 1;
    }
    chain_free(&root, 1);
    chain_free(&leaf, 1);
}

static void weak_keys_and_wrong_signatures(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;
    struct sw_verify_params params = {.time = CHAIN_NOW, .purpose = SW_PURPOSE_SERVER};
    struct sw_cert weak;
    size_t len;
    uint8_t *pem = sw_test_file("tests/vectors/ttp/weak.crt", &len), der[2048];
    struct sw_reader text = sw_reader_of(pem, len);
    struct sw_pem block;

    usual(r, m);
    for (int i = 0; i < COUNT; i++)
        chain_make(&m[i], &r[i]);
    m[LEAF].der[m[LEAF].len - 1] ^= 1;
    SW_ASSERT_OK(sw_cert_parse(&m[LEAF].cert, m[LEAF].der, m[LEAF].len));
    const struct made *inter[] = {&m[B], &m[A]};
    SW_ASSERT_ERR(chain_verify(&m[LEAF], &m[ROOT], inter, 2, "www.example.org", &result), SW_ERR_CERT_SIGNATURE);
    chain_free(m, COUNT);

    CU_ASSERT_TRUE_FATAL(sw_pem_next(&text, &block));
    SW_ASSERT_OK(sw_pem_decode(&block, der, sizeof der, &len));
    SW_ASSERT_OK(sw_cert_parse(&weak, der, len));
    struct sw_trust *trust = sw_trust_new();
    SW_ASSERT_OK(sw_trust_add(trust, der, len));
    params.trust = trust;
    SW_ASSERT_ERR(sw_verify(&weak, &params, &result), SW_ERR_CERT_ALGORITHM);
    sw_trust_free(trust);
    free(pem);
}

static void counts_intermediates(void)
{
    struct made m[COUNT];
    struct recipe r[COUNT];
    struct sw_verify_result result;
    struct sw_cert inter[2];
    struct sw_trust *trust = sw_trust_new();
    struct sw_verify_params params = {.trust = trust, .untrusted = inter, .untrusted_len = 2, .time = CHAIN_NOW};

    usual(r, m);
    for (int i = 0; i < COUNT; i++)
        chain_make(&m[i], &r[i]);
    inter[0] = m[A].cert;
    inter[1] = m[B].cert;
    SW_ASSERT_OK(sw_trust_add(trust, m[ROOT].der, m[ROOT].len));
    params.max_depth = 2;
    SW_ASSERT_OK(sw_verify(&m[LEAF].cert, &params, &result));
    params.max_depth = 1;
    SW_ASSERT_ERR(sw_verify(&m[LEAF].cert, &params, &result), SW_ERR_CERT_PATH_LEN);
    params.max_depth = SW_DEPTH_NONE;
    SW_ASSERT_ERR(sw_verify(&m[LEAF].cert, &params, &result), SW_ERR_CERT_PATH_LEN);
    sw_trust_free(trust);
    chain_free(m, COUNT);
}

SW_TEST_SUITE(verify){
    SW_TEST(finds_the_path),
    SW_TEST(says_what_is_wrong),
    SW_TEST(takes_the_ends_of_a_validity),
    SW_TEST(allows_exactly_the_path_length),
    SW_TEST(backtracks_over_every_check),
    SW_TEST(ends_on_a_hundred_equals),
    SW_TEST(goes_through_cross_signed_cycles),
    SW_TEST(finds_its_way_in_a_mesh),
    SW_TEST(trusts_what_is_not_self_signed),
    SW_TEST(notices_each_flipped_byte),
    SW_TEST(counts_intermediates),
    SW_TEST(weak_keys_and_wrong_signatures),
};
