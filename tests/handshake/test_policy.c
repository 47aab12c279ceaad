/* Policies and the lists people write. */
#include "handshake/kex.h"
#include "handshake/policy.h"
#include "include/sealwax.h"
#include "tests/test.h"
#include <string.h>

static const struct sw_policy *policy(const char *name)
{
    const struct sw_policy *p = sw_policy_by_name(name);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static bool holds(const struct sw_id_list *list, uint16_t id)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

static struct sw_id_list list_of(const char *name, enum sw_list_kind kind)
{
    struct sw_id_list list;

    sw_policy_list(policy(name), kind, &list);
    CU_ASSERT(list.len > 0);
    return list;
}

static void by_name(void)
{
    CU_ASSERT_STRING_EQUAL(sw_policy_at(0)->name, "classic");
    CU_ASSERT_EQUAL(policy("classic")->bit, SW_POLICY_CLASSIC);
    CU_ASSERT_EQUAL(policy("modern")->bit, SW_POLICY_MODERN);
    CU_ASSERT_EQUAL(policy("all")->bit, SW_POLICY_ALL);
    CU_ASSERT_PTR_NULL(sw_policy_by_name(""));
    CU_ASSERT_PTR_NULL(sw_policy_by_name("Classic"));
    CU_ASSERT_PTR_NULL(sw_policy_by_name("classic "));
    CU_ASSERT_PTR_NULL(sw_policy_at(3));
    CU_ASSERT_EQUAL(policy("classic")->max_version, SW_TLS12);
}

static void suites_of_each(void)
{
    struct sw_id_list classic = list_of("classic", SW_LIST_SUITES), modern = list_of("modern", SW_LIST_SUITES),
                      all = list_of("all", SW_LIST_SUITES);

    CU_ASSERT_EQUAL(classic.id[0], 0x003C);
    CU_ASSERT_EQUAL(all.id[0], 0x003C);
    CU_ASSERT_FALSE(holds(&modern, 0x003C));
    CU_ASSERT_TRUE(holds(&classic, 0x1301));
    CU_ASSERT_TRUE(holds(&modern, 0x1301));
    for (size_t i = 0; i < modern.len; i++)
        CU_ASSERT(holds(&all, modern.id[i]));
    for (size_t i = 0; i < classic.len; i++)
        CU_ASSERT(holds(&all, classic.id[i]));
    for (size_t i = 0; i < all.len; i++)
        CU_ASSERT(holds(&classic, all.id[i]) || holds(&modern, all.id[i]));
    for (uint16_t id = 0xFF00; id < 0xFF10; id++)
        CU_ASSERT_FALSE(holds(&all, id));
    CU_ASSERT_FALSE(holds(&all, 0x003B));
    CU_ASSERT_FALSE(holds(&all, 0x000A));
    CU_ASSERT_FALSE(holds(&all, 0x0016));
}

static bool any(void *ctx, const struct sw_suite *suite)
{
    (void)ctx;
    (void)suite;
    return true;
}

static bool rsa_only(void *ctx, const struct sw_suite *suite)
{
    (void)ctx;
    return suite->auth == SW_AUTH_RSA;
}

/* A hello with a policy's suites, answered by a server with another's. */
static const struct sw_suite *answer(const char *client, const char *server, bool server_order, sw_suite_usable *usable)
{
    struct sw_id_list theirs = list_of(client, SW_LIST_SUITES), ours = list_of(server, SW_LIST_SUITES);
    uint8_t wire[2 * SW_LIST_MAX];
    struct sw_writer w = sw_writer_of(wire, sizeof wire);

    for (size_t i = 0; i < theirs.len; i++)
        sw_write_u16(&w, theirs.id[i]);
    return sw_suite_choose(SW_TLS12, ours.id, ours.len, (struct sw_slice){wire, w.len}, server_order, usable, NULL);
}

/* Whichever side asks for modern gets nothing weaker, from any policy, in either order, with any certificate. */
static void who_asks_for_modern_gets_it(void)
{
    static const char *const names[] = {"classic", "modern", "all"};

    for (size_t i = 0; i < 3; i++)
        for (int order = 0; order < 2; order++)
            for (int rsa = 0; rsa < 2; rsa++) {
                const struct sw_suite *a = answer("modern", names[i], order, rsa ? rsa_only : any);
                const struct sw_suite *b = answer(names[i], "modern", order, rsa ? rsa_only : any);
                CU_ASSERT_PTR_NOT_NULL_FATAL(a);
                CU_ASSERT_PTR_NOT_NULL_FATAL(b);
                CU_ASSERT(a->policies & SW_POLICY_MODERN);
                CU_ASSERT(b->policies & SW_POLICY_MODERN);
            }
}

static void classic_meets_classic(void)
{
    CU_ASSERT_EQUAL(answer("classic", "classic", true, any)->id, 0x003C);
    CU_ASSERT_EQUAL(answer("all", "classic", true, rsa_only)->id, 0x003C);
    CU_ASSERT_EQUAL(answer("modern", "classic", true, rsa_only)->id, 0xC02F);
    CU_ASSERT_EQUAL(answer("modern", "classic", true, any)->id, 0xC02B);
}

static void groups_of_each(void)
{
    static const uint16_t order[] = {29, 23, 24, 30, 25, 256, 257, 258};

    for (size_t i = 0; i < 3; i++) {
        struct sw_id_list list = list_of(sw_policy_at(i)->name, SW_LIST_GROUPS);
        CU_ASSERT(list.len >= 8);
        for (size_t j = 0; j < 8; j++)
            CU_ASSERT_EQUAL(list.id[j], order[j]);
        CU_ASSERT_EQUAL(list.len > 8, i == 2 && sw_group_by_id(259) != NULL);
    }
}

static void schemes_of_each(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct sw_id_list list = list_of(sw_policy_at(i)->name, SW_LIST_SIGSCHEMES);
        CU_ASSERT_TRUE(holds(&list, 0x0401));
        CU_ASSERT_TRUE(holds(&list, 0x0804));
        CU_ASSERT_TRUE(holds(&list, 0x0809));
        CU_ASSERT_TRUE(holds(&list, 0x0403));
        CU_ASSERT_TRUE(holds(&list, 0x0807));
        CU_ASSERT_EQUAL(holds(&list, 0x0201), i == 2); /* SHA-1 */
        CU_ASSERT_EQUAL(holds(&list, 0x0203), i == 2);
        CU_ASSERT_FALSE(holds(&list, 0x0101)); /* MD5 never */
    }
    CU_ASSERT_TRUE(policy("classic")->sha1_implied);
    CU_ASSERT_FALSE(policy("modern")->sha1_implied);
    CU_ASSERT_TRUE(policy("all")->sha1_implied);
}

/* --- lists ------------------------------------------------------------------------------------------------------------ */

static void parses(const char *name, enum sw_list_kind kind, const char *text, size_t count, uint16_t first,
                   uint16_t last)
{
    struct sw_id_list list;
    struct sw_list_fault fault;

    SW_ASSERT_OK(sw_policy_parse(policy(name), kind, text, &list, &fault));
    CU_ASSERT_EQUAL(list.len, count);
    CU_ASSERT_EQUAL(list.id[0], first);
    CU_ASSERT_EQUAL(list.id[list.len - 1], last);
}

static void fails(const char *name, enum sw_list_kind kind, const char *text, const char *message)
{
    struct sw_id_list list;
    struct sw_list_fault fault;
    char line[128];

    SW_ASSERT_ERR(sw_policy_parse(policy(name), kind, text, &list, &fault), SW_ERR_ARGUMENT);
    sw_list_fault_text(&fault, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, message);
}

static void lists_of_suites(void)
{
    parses("classic", SW_LIST_SUITES, "AES128-SHA256", 1, 0x003C, 0x003C);
    parses("classic", SW_LIST_SUITES, "0xC02F:TLS_RSA_WITH_AES_128_CBC_SHA256:AES128-SHA", 3, 0xC02F, 0x002F);
    parses("classic", SW_LIST_SUITES, "NULL-SHA256:DES-CBC3-SHA:DHE-RSA-DES-CBC3-SHA", 3, 0x003B, 0x0016);
    parses("all", SW_LIST_SUITES, "SEALWAX_DHE_RSA_WITH_AES_128_CBC_SHA512:0xff01:NULL-SHA256", 3, 0xFF03, 0x003B);
    parses("modern", SW_LIST_SUITES, "ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256", 2, 0xC02F, 0x1301);
    fails("classic", SW_LIST_SUITES, "AES128-SHA256:FOO", "unknown suite FOO");
    fails("classic", SW_LIST_SUITES, "0x00FF", "unknown suite 0x00FF");
    fails("classic", SW_LIST_SUITES, "", "no suite named");
    fails("classic", SW_LIST_SUITES, "AES128-SHA:", "no suite named");
    fails("classic", SW_LIST_SUITES, ":AES128-SHA", "no suite named");
    fails("classic", SW_LIST_SUITES, "AES128-SHA::AES256-SHA", "no suite named");
    fails("classic", SW_LIST_SUITES, "AES128-SHA:0x002F", "suite named twice: 0x002F");
    fails("classic", SW_LIST_SUITES, "0xFF01", "the policy does not allow suite 0xFF01");
    fails("modern", SW_LIST_SUITES, "AES128-SHA256", "the policy does not allow suite AES128-SHA256");
    fails("modern", SW_LIST_SUITES, "NULL-SHA256", "the policy does not allow suite NULL-SHA256");
}

static void lists_of_groups(void)
{
    parses("classic", SW_LIST_GROUPS, "P-256:x25519:0x0018:ffdhe2048", 4, 23, 256);
    parses("modern", SW_LIST_GROUPS, "X25519", 1, 29, 29);
    fails("classic", SW_LIST_GROUPS, "x25519:P-257", "unknown group P-257");
    fails("classic", SW_LIST_GROUPS, "x25519:0x0000", "unknown group 0x0000");
    fails("classic", SW_LIST_GROUPS, "x25519:X25519", "group named twice: X25519");
    fails("classic", SW_LIST_GROUPS, "", "no group named");
}

static void lists_of_schemes(void)
{
    parses("classic", SW_LIST_SIGSCHEMES, "rsa_pkcs1_sha256:RSA-PSS+SHA384:ECDSA+SHA256:0x0807", 4, 0x0401, 0x0807);
    parses("classic", SW_LIST_SIGSCHEMES, "RSA+SHA1", 1, 0x0201, 0x0201);
    fails("modern", SW_LIST_SIGSCHEMES, "RSA+SHA1", "the policy does not allow signature scheme RSA+SHA1");
    fails("classic", SW_LIST_SIGSCHEMES, "RSA+MD5", "unknown signature scheme RSA+MD5");
    fails("classic", SW_LIST_SIGSCHEMES, "RSA+SHA256:rsa_pkcs1_sha256",
          "signature scheme named twice: rsa_pkcs1_sha256");
    fails("classic", SW_LIST_SIGSCHEMES, "", "no signature scheme named");
}

/* Every row of every table can be named, and a list of them all fits. */
static void everything_can_be_named(void)
{
    char text[4096] = "";
    const struct sw_suite *suite;
    const struct sw_group *group;
    size_t n = 0;

    for (; (suite = sw_suite_row(n)); n++) {
        strcat(text, n ? ":" : "");
        strcat(text, suite->name);
    }
    parses("all", SW_LIST_SUITES, text, n, 0x003C, 0x003B);
    for (n = 0, text[0] = '\0'; (group = sw_group_row(n)); n++) {
        strcat(text, n ? ":" : "");
        strcat(text, group->name);
    }
    parses("classic", SW_LIST_GROUPS, text, n, 29, sw_group_row(n - 1)->id);
}

/* A hostile word stays on its line, in its room. */
static void fault_text_is_tame(void)
{
    struct sw_list_fault fault = {"unknown suite", {(const uint8_t *)"a\nb\x1b\xff", 5}};
    char line[32];

    sw_list_fault_text(&fault, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "unknown suite a?b??");
    for (size_t cap = 1; cap < sizeof line; cap++) {
        memset(line, 'x', sizeof line);
        sw_list_fault_text(&fault, line, cap);
        CU_ASSERT(strlen(line) < cap);
        CU_ASSERT_EQUAL(line[cap], 'x');
    }
    line[0] = 'x';
    sw_list_fault_text(&fault, line, 0);
    CU_ASSERT_EQUAL(line[0], 'x');
}

SW_TEST_SUITE(policy){
    SW_TEST(by_name),
    SW_TEST(suites_of_each),
    SW_TEST(who_asks_for_modern_gets_it),
    SW_TEST(classic_meets_classic),
    SW_TEST(groups_of_each),
    SW_TEST(schemes_of_each),
    SW_TEST(lists_of_suites),
    SW_TEST(lists_of_groups),
    SW_TEST(lists_of_schemes),
    SW_TEST(everything_can_be_named),
    SW_TEST(fault_text_is_tame),
};
