/*
 * What is trusted: which files give roots and lists and which are refused, that everything is copied and stays where it
 * is, that a list is believed for one key alone, and that memory may run out anywhere.
 */
#include "tests/base/heap.h"
#include "tests/ttp/chain.h"
#include "tests/ttp/vectors.h"
#include "ttp/crl_issue.h"
#include "ttp/path.h"
#include <pthread.h>

enum { ROOTS = 9, TEXT = 3 * CHAIN_DER };

static void make_root(struct made *m, uint8_t seed)
{
    chain_make(
        m,
        &(struct recipe){
            .cn = "Root", .seed = seed, .serial = seed, .ca = true, .key_usage = SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN});
}

/* A list of a root's, number n, that revokes serial number 77. */
static size_t make_list(const struct made *root, uint32_t n, uint8_t *out, size_t cap)
{
    const struct sw_revoked revoked = {
        .serial = {(const uint8_t *)"\x4d", 1}, .at = CHAIN_NOW - CHAIN_DAY, .reason = 1};
    struct sw_crl_issue what = {.issuer = &root->cert,
                                .key = root->key,
                                .number = n,
                                .this_update = CHAIN_NOW - CHAIN_DAY,
                                .next_update = CHAIN_NOW + CHAIN_DAY,
                                .revoked = &revoked,
                                .revoked_len = 1};
    size_t len;

    SW_ASSERT_OK(sw_crl_encode(&what, out, cap, &len));
    return len;
}

/* One more block of PEM behind what is in text. */
static void append(char text[TEXT], const char *label, const void *der, size_t len)
{
    size_t at = strlen(text), n;

    SW_ASSERT_OK(sw_pem_encode(label, der, len, text + at, TEXT - at, &n));
}

/* A serial number is looked up in every list, and not further. */
static void lists_are_asked(void)
{
    static const struct sw_slice revoked = {(const uint8_t *)"\x4d", 1}, other = {(const uint8_t *)"\x4e", 1},
                                 longer = {(const uint8_t *)"\x4d\x4d", 2};
    struct sw_trust *trust = sw_trust_new();
    uint8_t der[CHAIN_DER];
    struct made root;

    make_root(&root, 1);
    CU_ASSERT_FALSE(sw_trust_lists(trust, revoked));
    SW_ASSERT_OK(sw_trust_add_crl(trust, der, make_list(&root, 1, der, sizeof der)));
    CU_ASSERT_TRUE(sw_trust_lists(trust, revoked));
    CU_ASSERT_FALSE(sw_trust_lists(trust, other));
    CU_ASSERT_FALSE(sw_trust_lists(trust, longer));
    sw_trust_free(trust);
    chain_free(&root, 1);
}

/* A root is known again by its name and key, whatever else its certificate says. */
static void roots_are_known_again(void)
{
    struct sw_trust *trust = sw_trust_new();
    uint8_t id[SW_ROOT_ID_LEN];
    struct made root, renewed, other, namesake;

    make_root(&root, 1);
    make_root(&namesake, 2);
    chain_make(&other, &(struct recipe){.cn = "Other", .seed = 1, .ca = true});
    chain_make(&renewed, &(struct recipe){.cn = "Root", .seed = 1, .serial = 9, .ca = true});
    SW_ASSERT_OK(sw_trust_root_id(&renewed.cert, id));
    CU_ASSERT_FALSE(sw_trust_has_root(trust, id));
    SW_ASSERT_OK(sw_trust_add(trust, other.der, other.len));
    SW_ASSERT_OK(sw_trust_add(trust, namesake.der, namesake.len));
    CU_ASSERT_FALSE(sw_trust_has_root(trust, id));
    SW_ASSERT_OK(sw_trust_add(trust, root.der, root.len));
    CU_ASSERT_TRUE(sw_trust_has_root(trust, id));
    id[SW_ROOT_ID_LEN - 1] ^= 1;
    CU_ASSERT_FALSE(sw_trust_has_root(trust, id));
    sw_trust_free(trust);
    chain_free(&root, 1);
    chain_free(&renewed, 1);
    chain_free(&other, 1);
    chain_free(&namesake, 1);
}

static void starts_empty(void)
{
    struct sw_trust *trust = sw_trust_new();

    CU_ASSERT_PTR_NOT_NULL_FATAL(trust);
    CU_ASSERT_EQUAL(sw_trust_count(trust), 0);
    CU_ASSERT_PTR_NULL(sw_trust_at(trust, 0));
    CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 0));
    sw_trust_free(trust);
    sw_trust_free(NULL);
}

/* The bytes that were given may go; what was handed out before stays where it is when more is added. */
static void keeps_copies_in_their_place(void)
{
    const struct sw_cert *first[ROOTS];
    struct sw_trust *trust = sw_trust_new();
    struct made m[ROOTS];

    for (uint8_t i = 0; i < ROOTS; i++) {
        make_root(&m[i], (uint8_t)(i + 1));
        uint8_t *copy = exact_copy(m[i].der, m[i].len);

        SW_ASSERT_OK(sw_trust_add(trust, copy, m[i].len));
        memset(copy, 0, m[i].len);
        free(copy);
        first[i] = sw_trust_at(trust, i);
    }
    CU_ASSERT_EQUAL(sw_trust_count(trust), ROOTS);
    CU_ASSERT_PTR_NULL(sw_trust_at(trust, ROOTS));
    for (size_t i = 0; i < ROOTS; i++) {
        CU_ASSERT_PTR_EQUAL(sw_trust_at(trust, i), first[i]);
        CU_ASSERT(sw_slice_eq(first[i]->der, m[i].cert.der));
    }
    sw_trust_free(trust);
    chain_free(m, ROOTS);
}

static void reads_what_roots_come_in(void)
{
    static char text[TEXT];
    struct sw_trust *trust = sw_trust_new();
    struct made a, b;
    uint8_t list[2048];

    make_root(&a, 1);
    make_root(&b, 2);
    text[0] = '\0';
    SW_ASSERT_ERR(sw_trust_add(trust, text, 0), SW_ERR_PEM);
    SW_ASSERT_ERR(sw_trust_add(trust, "roots\n", 6), SW_ERR_PEM);
    append(text, "X509 CRL", list, make_list(&a, 1, list, sizeof list));
    SW_ASSERT_ERR(sw_trust_add(trust, text, strlen(text)), SW_ERR_PEM);
    append(text, "CERTIFICATE", "\x30\x03\x02\x01\x01", 5);
    SW_ASSERT_ERR(sw_trust_add(trust, text, strlen(text)), SW_ERR_CERT_DECODE);
    CU_ASSERT_EQUAL(sw_trust_count(trust), 0);
    append(text, "X509 CERTIFICATE", a.der, a.len);
    strcat(text, "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n");
    append(text, "TRUSTED THINGS", b.der, b.len);
    /* what cannot be decoded is left out, what is not wanted passed over */
    SW_ASSERT_OK(sw_trust_add(trust, text, strlen(text)));
    CU_ASSERT_EQUAL(sw_trust_count(trust), 1);
    append(text, "CERTIFICATE", b.der, b.len);
    SW_ASSERT_OK(sw_trust_add(trust, text, strlen(text)));
    CU_ASSERT_EQUAL(sw_trust_count(trust), 3);
    SW_ASSERT_ERR(sw_trust_add(trust, a.der, a.len - 1), SW_ERR_CERT_DECODE);
    SW_ASSERT_ERR(sw_trust_add(trust, list, sizeof list), SW_ERR_CERT_DECODE);
    CU_ASSERT_EQUAL(sw_trust_count(trust), 3);
    CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 0));
    sw_trust_free(trust);
    chain_free(&a, 1);
    chain_free(&b, 1);
}

/* Too long to be one, by its text alone: nothing is allocated for it. */
static void takes_no_room_for_monsters(void)
{
    static const struct {
        size_t len;
        const char *label;
    } kinds[] = {{(size_t)3 * SW_CERT_LEN_MAX, "CERTIFICATE"}, {(size_t)3 * SW_CRL_LEN_MAX, "X509 CRL"}};

    for (size_t i = 0; i < 2; i++) {
        struct sw_trust *trust = sw_trust_new();
        char *text = malloc(kinds[i].len + 200);
        size_t at;

        CU_ASSERT_FATAL(trust != NULL && text != NULL);
        at = (size_t)sprintf(text, "-----BEGIN %s-----\n", kinds[i].label);
        memset(text + at, 'A', kinds[i].len);
        sprintf(text + at + kinds[i].len, "\n-----END %s-----\n", kinds[i].label);
        heap_count();
        if (i == 0)
            SW_ASSERT_ERR(sw_trust_add(trust, text, strlen(text)), SW_ERR_CERT_DECODE);
        else
            SW_ASSERT_ERR(sw_trust_add_crl(trust, text, strlen(text)), SW_ERR_CRL);
        CU_ASSERT_EQUAL(heap_peak(), 0);
        free(text);
        sw_trust_free(trust);
    }
}

/*
 * A list that cannot be read may be the one that matters: the file as a whole is refused, what stood before it is kept.
 */
static void reads_what_lists_come_in(void)
{
    static char text[TEXT];
    struct sw_trust *trust = sw_trust_new();
    uint8_t list[2048];
    struct made a;
    size_t len;

    make_root(&a, 1);
    len = make_list(&a, 1, list, sizeof list);
    text[0] = '\0';
    append(text, "CERTIFICATE", a.der, a.len);
    SW_ASSERT_ERR(sw_trust_add_crl(trust, text, strlen(text)), SW_ERR_PEM);
    SW_ASSERT_ERR(sw_trust_add_crl(trust, a.der, a.len), SW_ERR_CRL);
    SW_ASSERT_ERR(sw_trust_add_crl(trust, list, len - 1), SW_ERR_CRL);
    CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 0));
    SW_ASSERT_OK(sw_trust_add_crl(trust, list, len));
    append(text, "X509 CRL", list, len);
    append(text, "X509 CRL", list, make_list(&a, 2, list, sizeof list));
    SW_ASSERT_OK(sw_trust_add_crl(trust, text, strlen(text)));
    CU_ASSERT_PTR_NOT_NULL(sw_trust_crl(trust, 2));
    CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 3));
    append(text, "X509 CRL", a.der, a.len);
    SW_ASSERT_ERR(sw_trust_add_crl(trust, text, strlen(text)), SW_ERR_CRL);
    CU_ASSERT_PTR_NOT_NULL(sw_trust_crl(trust, 4));
    CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 5));
    CU_ASSERT_EQUAL(sw_trust_count(trust), 0);
    sw_trust_free(trust);
    chain_free(&a, 1);
}

static void finds_what_is_revoked(void)
{
    struct sw_trust *trust = sw_trust_new();
    struct sw_crl_entry entry;
    uint8_t list[2048];
    struct made a;
    size_t looked_at;

    make_root(&a, 1);
    SW_ASSERT_OK(sw_trust_add_crl(trust, list, make_list(&a, 1, list, sizeof list)));
    memset(list, 0, sizeof list);
    CU_ASSERT_TRUE(sw_trust_crl_find(trust, 0, (struct sw_slice){(const uint8_t *)"\x4d", 1}, &entry, &looked_at));
    CU_ASSERT(entry.at == CHAIN_NOW - CHAIN_DAY && entry.reason == 1 && looked_at == 1);
    CU_ASSERT_FALSE(sw_trust_crl_find(trust, 0, (struct sw_slice){(const uint8_t *)"\x4e", 1}, &entry, &looked_at));
    CU_ASSERT_FALSE(sw_trust_crl_find(trust, 0, (struct sw_slice){(const uint8_t *)"\0\x4d", 2}, &entry, &looked_at));
    sw_trust_free(trust);
    chain_free(&a, 1);
}

/* The first key that a list is believed for is the only one: a signature verifies under one. */
static void believes_a_list_for_one_key(void)
{
    struct sw_trust *trust = sw_trust_new();
    uint8_t list[2048];
    struct made a, b;
    size_t len;

    make_root(&a, 1);
    make_root(&b, 2);
    len = make_list(&a, 1, list, sizeof list);
    SW_ASSERT_OK(sw_trust_add_crl(trust, list, len));
    SW_ASSERT_OK(sw_trust_add_crl(trust, list, len));
    CU_ASSERT_FALSE(sw_trust_crl_signed(trust, 0, a.cert.spki));
    sw_trust_crl_believe(trust, 0, a.cert.spki);
    CU_ASSERT_TRUE(sw_trust_crl_signed(trust, 0, a.cert.spki));
    CU_ASSERT_FALSE(sw_trust_crl_signed(trust, 0, b.cert.spki));
    CU_ASSERT_FALSE(sw_trust_crl_signed(trust, 1, a.cert.spki));
    sw_trust_crl_believe(trust, 0, b.cert.spki);
    CU_ASSERT_FALSE(sw_trust_crl_signed(trust, 0, b.cert.spki));
    CU_ASSERT_TRUE(sw_trust_crl_signed(trust, 0, a.cert.spki));
    sw_trust_free(trust);
    chain_free(&a, 1);
    chain_free(&b, 1);
}

struct question {
    const struct sw_trust *trust;
    const struct sw_cert *leaf;
    int wrong;
};

static void *ask(void *arg)
{
    struct question *q = arg;
    const struct sw_verify_params params = {.trust = q->trust, .time = CHAIN_NOW};
    struct sw_verify_result result;

    for (int i = 0; i < 50; i++)
        q->wrong += sw_verify(q->leaf, &params, &result) != SW_OK;
    return NULL;
}

/* One trust, many connections: the list is believed by whichever comes first. */
static void is_shared_by_threads(void)
{
    enum { THREADS = 4 };
    struct sw_trust *trust = sw_trust_new();
    struct question q[THREADS];
    pthread_t thread[THREADS];
    uint8_t list[2048];
    struct made a, leaf;

    make_root(&a, 1);
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 3, .issuer = &a});
    SW_ASSERT_OK(sw_trust_add(trust, a.der, a.len));
    SW_ASSERT_OK(sw_trust_add_crl(trust, list, make_list(&a, 1, list, sizeof list)));
    for (int i = 0; i < THREADS; i++) {
        q[i] = (struct question){trust, &leaf.cert, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, ask, &q[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(q[i].wrong, 0);
    }
    CU_ASSERT_TRUE(sw_trust_crl_signed(trust, 0, a.cert.spki));
    sw_trust_free(trust);
    chain_free(&a, 1);
    chain_free(&leaf, 1);
}

/* Each allocation fails in turn: nothing is half there, nothing is left behind, and the set works on. */
static void runs_out_of_memory_anywhere(void)
{
    static char text[TEXT];
    uint8_t list[2048];
    struct made a;
    size_t len;
    enum sw_err err = SW_ERR_MEMORY;

    make_root(&a, 1);
    len = make_list(&a, 1, list, sizeof list);
    text[0] = '\0';
    append(text, "CERTIFICATE", a.der, a.len);
    append(text, "X509 CRL", list, len);
    for (size_t n = 1; HEAP_OURS && err == SW_ERR_MEMORY; n++) {
        struct sw_trust *trust;

        heap_count();
        heap.fail_at = n;
        trust = sw_trust_new();
        err = trust != NULL ? sw_trust_add(trust, text, strlen(text)) : SW_ERR_MEMORY;
        if (err == SW_OK)
            err = sw_trust_add_crl(trust, text, strlen(text));
        if (trust != NULL && err == SW_ERR_MEMORY) {
            CU_ASSERT_PTR_NULL(sw_trust_crl(trust, 0));
            CU_ASSERT_EQUAL(sw_trust_add_crl(trust, list, len), SW_OK);
            CU_ASSERT_PTR_NOT_NULL(sw_trust_crl(trust, 0));
        }
        sw_trust_free(trust);
        CU_ASSERT(heap_peak() > 0 || n == 1);
        CU_ASSERT_EQUAL(heap.live, 0);
        CU_ASSERT_FATAL(n < 20 && (err == SW_OK || err == SW_ERR_MEMORY));
    }
    chain_free(&a, 1);
}

SW_TEST_SUITE(trust){
    SW_TEST(starts_empty),
    SW_TEST(lists_are_asked),
    SW_TEST(roots_are_known_again),
    SW_TEST(keeps_copies_in_their_place),
    SW_TEST(reads_what_roots_come_in),
    SW_TEST(takes_no_room_for_monsters),
    SW_TEST(reads_what_lists_come_in),
    SW_TEST(finds_what_is_revoked),
    SW_TEST(believes_a_list_for_one_key),
    SW_TEST(is_shared_by_threads),
    SW_TEST(runs_out_of_memory_anywhere),
};
