/*
 * Meshes: CAs of which each vouches for each, as large federations make them, and path lengths that leave one long way
 * or none. What is counted is
 * signatures: a search that follows every walk through ten CAs would need millions.
 */
#include "tests/ttp/chain.h"
#include "ttp/name.h"
#include "ttp/path.h"

enum { WAY = 6, ROOT = 60, BROKEN, AS, LEAF = 201 };

/*
 * Certificates that are made of a subject, an issuer and a path length; some keys in a mesh are used thousands of
 * times.
 */
struct mesh {
    struct made *made, *as; /* as: who signs, by name and key; made when first needed */
    struct sw_cert *cert;
    size_t len, cap;
    struct sw_trust *trust;
};

static const char *name_of(unsigned ca, char out[16])
{
    snprintf(out, 16, ca == ROOT ? "Root" : "CA %u", ca);
    return out;
}

static const struct made *as(struct mesh *m, unsigned ca)
{
    char name[16];

    if (m->as[ca].key == NULL)
        chain_make(
            &m->as[ca],
            &(struct recipe){.cn = name_of(ca == BROKEN ? ROOT : ca, name), .seed = (uint8_t)(ca + 1), .ca = true});
    return &m->as[ca];
}

/* path_len: -1 for none. BROKEN has the root's name, and another key. */
static void link_up(struct mesh *m, unsigned subject, unsigned issuer, int path_len)
{
    char name[16];

    if (m->len == m->cap)
        abort();
    chain_make(&m->made[m->len], &(struct recipe){.cn = name_of(subject, name),
                                                  .seed = (uint8_t)(subject + 1),
                                                  .issuer = as(m, issuer),
                                                  .serial = (uint8_t)(m->len % 120 + 1),
                                                  .ca = true,
                                                  .path_len = path_len + 1});
    m->cert[m->len] = m->made[m->len].cert;
    m->len++;
}

/* Every one of n CAs, from the first, signs every other. */
static struct mesh mesh_of(unsigned first, unsigned n)
{
    struct mesh m = {.cap = (size_t)n * n + 64, .trust = sw_trust_new()};
    const struct made *root;

    m.made = calloc(m.cap, sizeof *m.made);
    m.as = calloc(AS, sizeof *m.as);
    m.cert = calloc(m.cap, sizeof *m.cert);
    CU_ASSERT_FATAL(m.made != NULL && m.as != NULL && m.cert != NULL);
    for (unsigned i = first; i < first + n; i++)
        for (unsigned j = first; j < first + n; j++)
            if (i != j)
                link_up(&m, i, j, -1);
    root = as(&m, ROOT);
    SW_ASSERT_OK(sw_trust_add(m.trust, root->der, root->len));
    return m;
}

static void mesh_free(struct mesh *m)
{
    chain_free(m->made, m->len);
    chain_free(m->as, AS);
    free(m->made);
    free(m->as);
    free(m->cert);
    sw_trust_free(m->trust);
}

/* The other way round: what is found must not depend on the order. */
static void reverse(struct mesh *m)
{
    for (size_t i = 0; i < m->len / 2; i++) {
        struct sw_cert c = m->cert[i];

        m->cert[i] = m->cert[m->len - 1 - i];
        m->cert[m->len - 1 - i] = c;
    }
}

/* A leaf of the first CA. */
static enum sw_err verify(struct mesh *m, struct sw_verify_result *result)
{
    struct made leaf;
    struct sw_verify_params params = {.trust = m->trust,
                                      .untrusted = m->cert,
                                      .untrusted_len = m->len,
                                      .time = CHAIN_NOW,
                                      .purpose = SW_PURPOSE_SERVER};
    enum sw_err err;

    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = LEAF, .issuer = as(m, 0), .san = {"dns:www.example.org"}});
    err = sw_verify(&leaf.cert, &params, result);
    chain_free(&leaf, 1);
    return err;
}

/* The straight search's part, and a step for each certificate of the way; Ed25519 costs two. */
static const long few = SW_REACH_SIGNATURES + 2 + 2 * 2 * (WAY + 2);

static const unsigned sizes[] = {10, 30, 60};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/*
 * One long way: the root's certificate is for the last of a chain of CAs, to which the CAs of the mesh are tied, too.
 * Some of those have a tie of their own to the root, that allows none below: as tempting as it is useless.
 */
static void finds_the_one_long_way(void)
{
    for (unsigned k = 0; k < SIZES; k++) {
        struct mesh m = mesh_of(WAY, sizes[k] - WAY);
        struct sw_verify_result result;

        for (unsigned i = 0; i + 1 < WAY; i++)
            link_up(&m, i, i + 1, (int)i);
        for (unsigned i = WAY; i < sizes[k]; i++) {
            link_up(&m, 0, i, -1);
            if (i < WAY + 8)
                link_up(&m, i, ROOT, 0);
        }
        CU_ASSERT_NOT_EQUAL(verify(&m, &result), SW_OK);
        CU_ASSERT_NOT_EQUAL(result.err, SW_ERR_CERT_BUDGET);
        CU_ASSERT(result.signatures <= few);
        link_up(&m, WAY - 1, ROOT, WAY - 1);
        for (int turn = 0; turn < 2; turn++, reverse(&m)) {
            SW_ASSERT_OK(verify(&m, &result));
            CU_ASSERT_EQUAL(result.path_len, WAY + 2);
            CU_ASSERT(result.signatures <= few);
        }
        mesh_free(&m);
    }
}

/*
 * Ties that are not what they say, by signatures: found out once for each, and then the others are as good as before.
 */
static void learns_from_bad_signatures(void)
{
    for (unsigned k = 0; k < SIZES; k++) {
        struct mesh m = mesh_of(0, sizes[k]);
        struct sw_verify_result result;

        for (unsigned i = 1; i < 9; i++)
            link_up(&m, i, BROKEN, -1);
        for (int turn = 0; turn < 2; turn++, reverse(&m)) {
            CU_ASSERT_NOT_EQUAL(verify(&m, &result), SW_OK);
            CU_ASSERT_NOT_EQUAL(result.err, SW_ERR_CERT_BUDGET);
            CU_ASSERT(result.signatures <= few + 2 * 2 * 9);
        }
        link_up(&m, 9, ROOT, -1);
        for (int turn = 0; turn < 2; turn++, reverse(&m)) {
            SW_ASSERT_OK(verify(&m, &result));
            CU_ASSERT(result.signatures <= few + 2 * 2 * 9);
        }
        mesh_free(&m);
    }
}

/* Whatever the rooms say, a way is one of at most so many; and no longer than who asks allows. */
static void keeps_to_the_depth(void)
{
    struct mesh m = mesh_of(0, 20);
    struct sw_verify_result result;

    link_up(&m, 19, ROOT, -1);
    SW_ASSERT_OK(verify(&m, &result));
    CU_ASSERT(result.path_len <= SW_DEPTH_DEFAULT + 2);
    mesh_free(&m);
}

/* Equal names have one hash, however they are written; others have another. */
static void names_hash_as_they_compare(void)
{
    static const char *const same[] = {"Example CA", "example  ca", " EXAMPLE CA "}, *const others[] = {"Example CB",
                                                                                                        "Example"};
    struct made first, other;

    chain_make(&first, &(struct recipe){.cn = same[0], .seed = 1});
    for (unsigned i = 0; i < 5; i++) {
        chain_make(&other, &(struct recipe){.cn = i < 3 ? same[i] : others[i - 3], .seed = 1});
        CU_ASSERT_EQUAL(sw_cert_name_eq(first.cert.subject, other.cert.subject), i < 3);
        CU_ASSERT_EQUAL(sw_dn_hash(first.cert.subject) == sw_dn_hash(other.cert.subject), i < 3);
        chain_free(&other, 1);
    }
    chain_free(&first, 1);
}

SW_TEST_SUITE(reach){
    SW_TEST(finds_the_one_long_way),
    SW_TEST(learns_from_bad_signatures),
    SW_TEST(keeps_to_the_depth),
    SW_TEST(names_hash_as_they_compare),
};
