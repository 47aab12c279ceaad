/*
 * The path builder against graphs: CAs that sign each other as chance will have it, many of the certificates broken in
 * one of the ways that certificates are. Whether there is a path is known before from the recipes, by trying all of
 * them.
 */
#include "tests/ttp/chain.h"
#include "ttp/path.h"

enum { GRAPHS = 600, CAS = 7, LINKS = 16, JUNK = 8500, NOBODY = 0xff };

/* What is wrong with a certificate; the last three are sound, within their limits. */
enum flaw {
    EXPIRED,
    NOT_YET,
    OTHERS_KEY, /* signed by a key that is not the issuer's */
    OTHER_PURPOSE,
    EXCLUDES,
    PERMITS_OTHERS,
    NO_CA,
    NO_BASIC,
    NO_SIGNING,
    VERSION_1,
    CRITICAL,
    FLAWS,
    NO_CA_BELOW = FLAWS,
    ONE_CA_BELOW,
    SOUND,
    KINDS
};

struct link {
    uint8_t issuer, subject;
    enum flaw flaw;
    bool trusted;
};

struct graph {
    struct link link[LINKS];
    unsigned n;
    uint8_t leaf_issuer;
};

/* splitmix64, with the graph's number for a seed: each graph can be made again. */
static unsigned dice(uint64_t *state, unsigned sides)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (unsigned)((z ^ z >> 31) % sides);
}

static void draw(struct graph *g, uint64_t seed)
{
    unsigned cas = 2 + dice(&seed, CAS - 1), sick = dice(&seed, 4);

    g->n = 0;
    g->leaf_issuer = (uint8_t)(cas - 1);
    while (g->n < 2 + cas + dice(&seed, LINKS - 2 - CAS)) {
        struct link *l = &g->link[g->n];

        l->subject = (uint8_t)dice(&seed, cas);
        l->issuer = (uint8_t)dice(&seed, cas);
        l->flaw = dice(&seed, 4) < sick ? (enum flaw)dice(&seed, KINDS) : SOUND;
        l->trusted = g->n == 0 || dice(&seed, 6) == 0;
        g->n++;
    }
}

/* A trusted certificate's own signature is nobody's concern. */
static bool usable(const struct link *l, unsigned below)
{
    if (l->flaw == OTHERS_KEY)
        return l->trusted;
    return l->flaw >= FLAWS && (l->flaw != NO_CA_BELOW || below == 0) && (l->flaw != ONE_CA_BELOW || below <= 1);
}

/*
 * Whether a path goes on from a certificate of this issuer. seen: the CAs on it, which need not come twice; below:
 * those counted.
 */
static bool reaches(const struct graph *g, uint8_t issuer, unsigned seen, unsigned below)
{
    for (unsigned i = 0; i < g->n; i++) {
        const struct link *l = &g->link[i];

        if (l->subject != issuer || !usable(l, below))
            continue;
        if (l->trusted || (!(seen & 1u << l->issuer) && reaches(g, l->issuer, seen | 1u << l->issuer, below + 1)))
            return true;
    }
    return false;
}

static const char *const names[CAS + 2] = {"A", "B", "C", "D", "E", "F", "G", "H", "I"};
static const uint8_t critical[] = {0x30, 0x0f, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x04, 0x01,
                                   0xce, 0x0f, 0x01, 0x01, 0x01, 0xff, 0x04, 0x00};

static void make_link(struct made *m, const struct link *l)
{
    struct made as;
    struct recipe r = {.cn = names[l->subject],
                       .seed = (uint8_t)(l->subject + 1),
                       .issuer = &as,
                       .ca = l->flaw != NO_CA,
                       .no_basic = l->flaw == NO_BASIC,
                       .version1 = l->flaw == VERSION_1,
                       .key_usage = l->flaw == NO_SIGNING ? SW_KU_CRL_SIGN : SW_KU_KEY_CERT_SIGN | SW_KU_CRL_SIGN,
                       .path_len = l->flaw == NO_CA_BELOW    ? 1
                                   : l->flaw == ONE_CA_BELOW ? 2
                                                             : 0,
                       .eku = l->flaw == OTHER_PURPOSE ? SW_EKU_CLIENT_AUTH : 0,
                       .permit = {l->flaw == PERMITS_OTHERS ? "dns:example.com" : NULL},
                       .exclude = {l->flaw == EXCLUDES ? "dns:example.org" : NULL}};

    if (l->flaw == EXPIRED)
        r.not_after = CHAIN_NOW - 1;
    if (l->flaw == NOT_YET)
        r.not_before = CHAIN_NOW + 1;
    if (l->flaw == CRITICAL)
        r.extensions = (struct sw_slice){critical, sizeof critical};
    /* who signs is a name and a key; the issuer's own certificate may not be made yet */
    chain_make(&as,
               &(struct recipe){.cn = names[l->issuer], .seed = (uint8_t)(l->flaw == OTHERS_KEY ? 99 : l->issuer + 1)});
    chain_make(m, &r);
    chain_free(&as, 1);
}

/* junk: certificates of others before the graph's, so many that the search goes by rooms (ttp/reach.c). */
static enum sw_err judge(const struct graph *g, struct made *m, size_t junk, struct sw_verify_result *result)
{
    static struct sw_cert untrusted[JUNK + LINKS];
    struct made as, leaf, other;
    struct sw_trust *trust = sw_trust_new();
    const char *name = "dns:www.example.org";
    struct sw_verify_params params = {
        .trust = trust, .untrusted = untrusted, .time = CHAIN_NOW, .names = &name, .names_len = 1};

    chain_make(&other, &(struct recipe){.cn = "Other", .seed = 78, .ca = true});
    while (params.untrusted_len < junk)
        untrusted[params.untrusted_len++] = other.cert;
    for (unsigned i = 0; i < g->n; i++) {
        make_link(&m[i], &g->link[i]);
        if (!g->link[i].trusted)
            untrusted[params.untrusted_len++] = m[i].cert;
        else if (sw_trust_add(trust, m[i].der, m[i].len) != SW_OK)
            abort();
    }
    chain_make(&as, &(struct recipe){.cn = names[g->leaf_issuer], .seed = (uint8_t)(g->leaf_issuer + 1)});
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 77, .issuer = &as, .san = {name}});
    enum sw_err err = sw_verify(&leaf.cert, &params, result);
    chain_free(&other, 1);
    chain_free(m, g->n);
    chain_free(&as, 1);
    chain_free(&leaf, 1);
    sw_trust_free(trust);
    return err;
}

static void try_all(uint64_t graphs, size_t junk)
{
    static struct made made[LINKS];
    unsigned with = 0, differ = 0, far = 0;

    for (uint64_t seed = 0; seed < graphs; seed++) {
        struct graph g;
        struct sw_verify_result result;

        draw(&g, seed);
        bool want = reaches(&g, g.leaf_issuer, 1u << g.leaf_issuer, 0);
        bool got = judge(&g, made, junk, &result) == SW_OK;
        far += result.steps > SW_REACH_STEPS;
        with += want;
        differ += got != want;
        if (got != want)
            fprintf(stderr, "graph %u: %s\n", (unsigned)seed, got ? "accepted" : result.reason);
    }
    CU_ASSERT_EQUAL(differ, 0);
    /* a test of both answers */
    CU_ASSERT(with > graphs / 4);
    CU_ASSERT(with < graphs - graphs / 4);
    CU_ASSERT(junk == 0 || far > graphs / 3);
}

static void finds_a_path_if_there_is_one(void)
{
    try_all(GRAPHS, 0);
}

static void finds_it_in_a_crowd_too(void)
{
    try_all(GRAPHS / 3, JUNK);
}

SW_TEST_SUITE(build){
    SW_TEST(finds_a_path_if_there_is_one),
    SW_TEST(finds_it_in_a_crowd_too),
};
