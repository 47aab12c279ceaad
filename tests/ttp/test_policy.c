/* Policy processing: root, intermediate and leaf with policies 1.2.3 and 1.2.4, mapped, required and inhibited. */
#include "tests/ttp/chain.h"

enum { ANY = 0, P3 = 3, P4 = 4, NONE = -1 };

static void put_policy(struct sw_writer *w, int policy)
{
    const uint8_t any[] = {0x55, 0x1d, 0x20, 0x00}, known[] = {0x2a, (uint8_t)policy};

    if (policy == ANY)
        sw_der_write(w, SW_DER_OID, any, sizeof any);
    else
        sw_der_write(w, SW_DER_OID, known, sizeof known);
}

struct rules {
    int policy, second; /* NONE: no extension; second 0: no second one */
    int from, to;       /* mapping; from 0: none */
    int require;        /* requireExplicitPolicy + 1; 0: absent */
    int inhibit_map, inhibit_any;
};

static struct sw_slice write_rules(uint8_t *buf, size_t cap, const struct rules *r)
{
    struct sw_writer w = sw_writer_of(buf, cap);
    size_t mark[2], seq, inner;
    uint8_t n;

    if (r->policy != NONE) {
        ext_open(&w, 32, true, mark);
        seq = sw_der_open(&w, SW_DER_SEQUENCE);
        for (int i = 0; i < (r->second != 0 ? 2 : 1); i++) {
            inner = sw_der_open(&w, SW_DER_SEQUENCE);
            put_policy(&w, i == 0 ? r->policy : r->second);
            sw_der_close(&w, inner);
        }
        sw_der_close(&w, seq);
        ext_close(&w, mark);
    }
    if (r->from != 0) {
        ext_open(&w, 33, true, mark);
        seq = sw_der_open(&w, SW_DER_SEQUENCE);
        inner = sw_der_open(&w, SW_DER_SEQUENCE);
        put_policy(&w, r->from);
        put_policy(&w, r->to);
        sw_der_close(&w, inner);
        sw_der_close(&w, seq);
        ext_close(&w, mark);
    }
    if (r->require != 0 || r->inhibit_map != 0) {
        ext_open(&w, 36, true, mark);
        seq = sw_der_open(&w, SW_DER_SEQUENCE);
        n = (uint8_t)(r->require - 1);
        if (r->require != 0)
            sw_der_write(&w, SW_DER_CONTEXT(0), &n, 1);
        n = (uint8_t)(r->inhibit_map - 1);
        if (r->inhibit_map != 0)
            sw_der_write(&w, SW_DER_CONTEXT(1), &n, 1);
        sw_der_close(&w, seq);
        ext_close(&w, mark);
    }
    if (r->inhibit_any != 0) {
        ext_open(&w, 54, true, mark);
        sw_der_write_int(&w, (uint32_t)r->inhibit_any - 1);
        ext_close(&w, mark);
    }
    return (struct sw_slice){buf, w.len};
}

static enum sw_err verdict(struct rules ca, struct rules leaf_rules)
{
    uint8_t a[256], b[256];
    struct made root, inter, leaf;
    struct sw_verify_result result;
    enum sw_err err;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&inter,
               &(struct recipe){
                   .cn = "CA", .seed = 2, .ca = true, .issuer = &root, .extensions = write_rules(a, sizeof a, &ca)});
    chain_make(&leaf,
               &(struct recipe){
                   .cn = "leaf", .seed = 3, .issuer = &inter, .extensions = write_rules(b, sizeof b, &leaf_rules)});
    err = chain_verify(&leaf, &root, (const struct made *[]){&inter}, 1, NULL, &result);
    chain_free(&root, 1);
    chain_free(&inter, 1);
    chain_free(&leaf, 1);
    return err;
}

#define RULES(...) ((struct rules){__VA_ARGS__})

static void asks_for_nothing_by_default(void)
{
    SW_ASSERT_OK(verdict(RULES(.policy = NONE), RULES(.policy = NONE)));
    SW_ASSERT_OK(verdict(RULES(.policy = P3), RULES(.policy = P4)));
    SW_ASSERT_OK(verdict(RULES(.policy = P3), RULES(.policy = NONE)));
}

static void wants_a_policy_when_required(void)
{
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .require = 1), RULES(.policy = P3)));
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .second = P4, .require = 1), RULES(.policy = P4)));
    SW_ASSERT_OK(verdict(RULES(.policy = ANY, .require = 1), RULES(.policy = P4)));
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .require = 1), RULES(.policy = ANY)));
    SW_ASSERT_ERR(verdict(RULES(.policy = P3, .require = 1), RULES(.policy = P4)), SW_ERR_CERT_POLICY);
    SW_ASSERT_ERR(verdict(RULES(.policy = P3, .require = 1), RULES(.policy = NONE)), SW_ERR_CERT_POLICY);
    SW_ASSERT_ERR(verdict(RULES(.policy = NONE, .require = 1), RULES(.policy = P3)), SW_ERR_CERT_POLICY);
    SW_ASSERT_ERR(verdict(RULES(.policy = NONE), RULES(.policy = NONE, .require = 1)), SW_ERR_CERT_POLICY);
    SW_ASSERT_OK(verdict(RULES(.policy = NONE, .require = 6), RULES(.policy = NONE)));
}

static void inhibits_any_policy(void)
{
    SW_ASSERT_ERR(verdict(RULES(.policy = P3, .require = 1, .inhibit_any = 1), RULES(.policy = ANY)),
                  SW_ERR_CERT_POLICY);
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .require = 1, .inhibit_any = 3), RULES(.policy = ANY)));
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .require = 1, .inhibit_any = 1), RULES(.policy = P3)));
}

static void maps_policies(void)
{
    SW_ASSERT_OK(verdict(RULES(.policy = P3, .from = P3, .to = P4, .require = 1), RULES(.policy = P4)));
    SW_ASSERT_ERR(verdict(RULES(.policy = P3, .from = P3, .to = P4, .require = 1), RULES(.policy = P3)),
                  SW_ERR_CERT_POLICY);
    SW_ASSERT_OK(verdict(RULES(.policy = ANY, .from = P3, .to = P4, .require = 1), RULES(.policy = P4)));
    SW_ASSERT_ERR(verdict(RULES(.policy = P3, .from = P3, .to = ANY, .require = 1), RULES(.policy = P4)),
                  SW_ERR_CERT_POLICY);
}

static void refuses_malformed_constraints(void)
{
    const uint8_t empty[] = {0x30, 0x0c, 0x06, 0x03, 0x55, 0x1d, 0x24, 0x01, 0x01, 0xff, 0x04, 0x02, 0x30, 0x00};
    struct made root, leaf;
    struct sw_verify_result result;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 3, .issuer = &root, .extensions = {empty, sizeof empty}});
    SW_ASSERT_ERR(chain_verify(&leaf, &root, NULL, 0, NULL, &result), SW_ERR_CERT_POLICY);
    chain_free(&root, 1);
    chain_free(&leaf, 1);
}

SW_TEST_SUITE(policy){
    SW_TEST(asks_for_nothing_by_default),   SW_TEST(wants_a_policy_when_required),
    SW_TEST(inhibits_any_policy),           SW_TEST(maps_policies),
    SW_TEST(refuses_malformed_constraints),
};
