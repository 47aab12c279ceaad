/* Rules of --allow, and the certificates they are for. Which clients get in is tested by tests/e2e/listen_allow.sh. */
#include "apps/tls/allow.h"
#include "base/hash.h"
#include "tests/apps/seal/people.h"
#include "tests/test.h"
#include <stdio.h>

static void rules_that_make_sense(void)
{
    static const char *const rules[] = {
        "alice",
        "cn:Alice Example",
        "dns:host.example",
        "ip:192.0.2.1",
        "ip:2001:db8::1",
        "email:a@example.org",
        "uri:https://example.org/a",
        "sha256:0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef",
        "sha256:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef",
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (allow_rule_ok(rules[i])) {
            printf("%s: %s\n", rules[i], allow_rule_ok(rules[i]));
            CU_FAIL("a rule was refused");
        }
}

static void rules_that_make_none(void)
{
    static const char *const rules[] = {
        "",
        "cn:",
        "cn:a?b",
        "cn:a\nb",
        "ou:people",
        "dns:",
        "dns:two words",
        "ip:host.example",
        "email:nobody",
        "sha256:",
        "sha256:0123",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdex",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef00",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef:",
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!allow_rule_ok(rules[i])) {
            printf("%s\n", rules[i]);
            CU_FAIL("a rule was taken");
        }
}

static void whom_a_rule_is_for(void)
{
    struct person root = person_make("Root", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 1000);
    struct person alice = person_make("alice", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &root, 100);
    const struct sw_cert *cert = &alice.chain.cert[0];
    uint8_t digest[32];
    char rule[80] = "sha256:";
    CU_ASSERT_EQUAL(sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, digest), SW_OK);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(rule + 7 + 2 * i, 3, "%02X", digest[i]);
    CU_ASSERT_TRUE(allow_matches(rule, cert));
    CU_ASSERT_FALSE(allow_matches(rule, &root.chain.cert[0]));
    rule[70] = rule[70] == '0' ? '1' : '0';
    CU_ASSERT_FALSE(allow_matches(rule, cert));
    CU_ASSERT_TRUE(allow_matches("alice", cert));
    CU_ASSERT_TRUE(allow_matches("cn:alice", cert));
    CU_ASSERT_FALSE(allow_matches("alic", cert));
    CU_ASSERT_FALSE(allow_matches("cn:alicea", cert));
    CU_ASSERT_FALSE(allow_matches("cn:Alice", cert));
    CU_ASSERT_FALSE(allow_matches("dns:alice", cert)); /* names are those of the certificate, never the CN */
    person_free(&alice);
    person_free(&root);
}

SW_TEST_SUITE(allow){SW_TEST(rules_that_make_sense), SW_TEST(rules_that_make_none), SW_TEST(whom_a_rule_is_for)};
