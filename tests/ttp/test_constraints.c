/* Name constraints: each kind of name against permitted and excluded subtrees, at the root of a one-link path. */
#include "tests/ttp/chain.h"
#include "ttp/path.h"

/* Whether a leaf with this name passes a root with this permitted or excluded subtree. */
static enum sw_err verdict(const char *name, const char *permit, const char *exclude)
{
    struct made root, leaf;
    struct sw_verify_result result;
    enum sw_err err;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true, .permit = {permit}, .exclude = {exclude}});
    chain_make(&leaf, &(struct recipe){.cn = "leaf", .seed = 2, .issuer = &root, .san = {name}});
    err = chain_verify(&leaf, &root, NULL, 0, NULL, &result);
    chain_free(&root, 1);
    chain_free(&leaf, 1);
    return err;
}

#define PERMITTED(name, base) SW_ASSERT_OK(verdict(name, base, NULL))
#define NOT_PERMITTED(name, base) SW_ASSERT_ERR(verdict(name, base, NULL), SW_ERR_CERT_NAME_CONSTRAINT)
#define EXCLUDED(name, base) SW_ASSERT_ERR(verdict(name, NULL, base), SW_ERR_CERT_NAME_CONSTRAINT)
#define NOT_EXCLUDED(name, base) SW_ASSERT_OK(verdict(name, NULL, base))

static void holds_dns_names(void)
{
    PERMITTED("dns:example.org", "dns:example.org");
    PERMITTED("dns:EXAMPLE.org", "dns:example.org");
    PERMITTED("dns:a.b.example.org", "dns:example.org");
    NOT_PERMITTED("dns:badexample.org", "dns:example.org");
    NOT_PERMITTED("dns:example.org.evil.com", "dns:example.org");
    NOT_PERMITTED("dns:org", "dns:example.org");
    EXCLUDED("dns:example.org", "dns:example.org");
    EXCLUDED("dns:a.example.org", "dns:example.org");
    NOT_EXCLUDED("dns:badexample.org", "dns:example.org");
}

static void holds_wildcards_to_all_they_stand_for(void)
{
    PERMITTED("dns:*.example.org", "dns:example.org");
    PERMITTED("dns:*.a.example.org", "dns:example.org");
    NOT_PERMITTED("dns:*.example.org", "dns:a.example.org");
    EXCLUDED("dns:*.example.org", "dns:example.org");
    EXCLUDED("dns:*.example.org", "dns:a.example.org");
    NOT_EXCLUDED("dns:*.example.org", "dns:a.b.example.org");
    NOT_EXCLUDED("dns:*.example.org", "dns:a.example.com");
}

static void holds_addresses(void)
{
    PERMITTED("ip:10.1.2.3", "ip:10.0.0.0/8");
    NOT_PERMITTED("ip:11.1.2.3", "ip:10.0.0.0/8");
    NOT_PERMITTED("ip:2001:db8::1", "ip:10.0.0.0/8");
    PERMITTED("ip:2001:db8::1", "ip:2001:db8::/32");
    NOT_PERMITTED("ip:2001:db9::1", "ip:2001:db8::/32");
    EXCLUDED("ip:10.1.2.3", "ip:10.1.2.3/32");
    NOT_EXCLUDED("ip:10.1.2.4", "ip:10.1.2.3/32");
    NOT_EXCLUDED("ip:10.1.2.4", "ip:::/0");
}

static void holds_mailboxes_and_uris(void)
{
    PERMITTED("email:a@example.org", "email:example.org");
    PERMITTED("email:a@EXAMPLE.org", "email:a@example.org");
    NOT_PERMITTED("email:A@example.org", "email:a@example.org");
    NOT_PERMITTED("email:b@example.org", "email:a@example.org");
    NOT_PERMITTED("email:a@mail.example.org", "email:example.org");
    PERMITTED("uri:https://example.org/x", "uri:example.org");
    PERMITTED("uri:https://u@example.org:443/x", "uri:example.org");
    NOT_PERMITTED("uri:https://www.example.org/", "uri:example.org");
    NOT_PERMITTED("uri:https://192.0.2.1/", "uri:example.org");
    NOT_PERMITTED("uri:https://example.org@evil.com/", "uri:example.org");
}

static void leaves_other_kinds_alone(void)
{
    PERMITTED("ip:192.0.2.1", "dns:example.org");
    PERMITTED("dns:example.com", "ip:10.0.0.0/8");
    PERMITTED("email:a@example.com", "dns:example.org");
}

/* A CN that is a name counts where there is no SAN, as a verifier older than SANs would take it. */
static void holds_the_common_name_without_a_san(void)
{
    static const struct {
        const char *cn, *permit;
        enum sw_err want;
    } rows[] = {{"www.example.com", "dns:example.org", SW_ERR_CERT_NAME_CONSTRAINT},
                {"www.example.org", "dns:example.org", SW_OK},
                {"192.0.2.1", "ip:10.0.0.0/8", SW_ERR_CERT_NAME_CONSTRAINT},
                {"10.0.0.1", "ip:10.0.0.0/8", SW_OK},
                {"Alice Example", "dns:example.org", SW_OK}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int san = 0; san < 2; san++) {
            struct made root, leaf;
            struct sw_verify_result result;

            chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true, .permit = {rows[i].permit}});
            chain_make(&leaf, &(struct recipe){
                                  .cn = rows[i].cn, .seed = 2, .issuer = &root, .san = {san ? "email:a@b.c" : NULL}});
            SW_ASSERT_ERR(chain_verify(&leaf, &root, NULL, 0, NULL, &result), san ? SW_OK : rows[i].want);
            chain_free(&root, 1);
            chain_free(&leaf, 1);
        }
}

/*
 * Two names of a leaf against a permitted and an excluded subtree, each with each, the constraint at the root or at an
 * intermediate, and a common name that a SAN leaves out of account. One letter a subtree, in their order: "p" holds the
 * name, "x" holds what the name may stand for, "o" is of its kind and holds nothing of it, "." is of another kind.
 */
static const char *const subtrees[] = {"dns:example.org", "dns:test.example.org", "dns:other.net",
                                       "ip:192.0.2.0/24", "ip:198.51.100.0/24",   "ip:2001:db8::/32"};
static const struct {
    const char *text, *in;
} held[] = {{"dns:test.example.org", "ppo..."}, {"dns:*.example.org", "pxo..."}, {"dns:a.Other.NET", "oop..."},
            {"dns:elsewhere.com", "ooo..."},    {"ip:192.0.2.7", "...poo"},      {"ip:2001:db8::7", "...oop"},
            {"email:a@example.org", "......"}};
enum { SUBTREES = sizeof subtrees / sizeof *subtrees, HELD = sizeof held / sizeof *held };

static bool passes(size_t name, size_t permit, size_t exclude)
{
    char at_permit = permit < SUBTREES ? held[name].in[permit] : '.',
         at_exclude = exclude < SUBTREES ? held[name].in[exclude] : '.';
    return (at_permit == 'p' || at_permit == '.') && at_exclude != 'p' && at_exclude != 'x';
}

static void judges_every_combination(void)
{
    static const char *const cns[] = {"Alice", "test.example.org", "elsewhere.com"};
    struct made root, ca[2], leaf;
    size_t wrong = 0, refused = 0;

    chain_make(&root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    for (size_t c = 0; c < (SUBTREES + 1) * (SUBTREES + 1); c++) {
        size_t permit = c % (SUBTREES + 1), exclude = c / (SUBTREES + 1);
        struct recipe r = {.cn = "CA",
                           .seed = 2,
                           .issuer = &root,
                           .ca = true,
                           .permit = {permit < SUBTREES ? subtrees[permit] : NULL},
                           .exclude = {exclude < SUBTREES ? subtrees[exclude] : NULL}};
        chain_make(&ca[0], &r);
        r.issuer = NULL;
        chain_make(&ca[1], &r);
        for (size_t n = 0; n < HELD * HELD; n++) {
            size_t a = n % HELD, b = n / HELD;
            struct sw_verify_result result;
            const struct made *inter = &ca[0];
            bool want = passes(a, permit, exclude) && passes(b, permit, exclude);

            chain_make(&leaf,
                       &(struct recipe){
                           .cn = cns[(c + n) % 3], .seed = 3, .issuer = &ca[0], .san = {held[a].text, held[b].text}});
            bool below = chain_verify(&leaf, &root, &inter, 1, NULL, &result) == SW_OK;
            bool at_root = chain_verify(&leaf, &ca[1], NULL, 0, NULL, &result) == SW_OK;
            refused += !want;
            wrong += below != want || at_root != want;
            if (below != want || at_root != want)
                fprintf(stderr, "%s, %s: permitted %s, excluded %s\n", held[a].text, held[b].text,
                        r.permit[0] ? r.permit[0] : "-", r.exclude[0] ? r.exclude[0] : "-");
            chain_free(&leaf, 1);
        }
        chain_free(ca, 2);
    }
    chain_free(&root, 1);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(refused > 500);
}

/* Malformed constraints are no constraints to rely on: the extension's contents as they are. */
static void refuses_malformed_constraints(void)
{
    static const struct {
        const char *hex;
        bool valid;
    } rows[] = {{"a009 3007 8205 612e6f7267", true},
                {"", false},
                {"a000", false},
                {"a009 3007 8205 2e2e6f7267", false},        /* empty label */
                {"a009 3007 8205 2e612e6f72", false},        /* leading dot */
                {"a009 3007 8205 2a2e6f7267", false},        /* wildcard */
                {"a00c 300a 8705 0a00000000 800100", false}, /* address of five bytes */
                {"a00c 300a 8708 0a000000ff000000", true},   /* 10.0.0.0/8 */
                {"a00c 300a 8708 0a000000ff00ff00", false},  /* a mask with a hole */
                {"a00c 300a 8205 612e6f7267 800100", false}, /* minimum, written */
                {"a10a 3008 8106 4061622e6f72", false},      /* @ab.or */
                {"a109 3007 8605 2e612e6f72", true},         /* URI host with a leading dot */
                {"a105 3003 a001 00", true},                 /* other names: understood enough to refuse them */
                {"a009 3007 8205 612e6f7267 a009 3007 8205 612e6f7267", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buf[64];
        size_t len = sw_unhex(rows[i].hex, buf, sizeof buf);

        CU_ASSERT_EQUAL(sw_constraints_valid((struct sw_slice){buf, len}), rows[i].valid);
        for (size_t cut = 0; rows[i].valid && cut < len; cut++)
            CU_ASSERT_FALSE(sw_constraints_valid((struct sw_slice){buf, cut}));
    }
}

SW_TEST_SUITE(constraints){
    SW_TEST(holds_dns_names),          SW_TEST(holds_wildcards_to_all_they_stand_for),
    SW_TEST(holds_addresses),          SW_TEST(holds_mailboxes_and_uris),
    SW_TEST(leaves_other_kinds_alone), SW_TEST(holds_the_common_name_without_a_san),
    SW_TEST(judges_every_combination), SW_TEST(refuses_malformed_constraints),
};
