/* Matching names, RFC 9525: exactly what the certificate says, wildcards for one whole label, never the CN. */
#include "tests/ttp/chain.h"
#include "ttp/name.h"
#include <stdio.h>

/* Whether a certificate whose one SAN is this DNS name (any bytes) matches. */
static bool dns(const char *presented, const char *wanted)
{
    uint8_t buf[300];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    struct sw_cert cert = {.has_san = true};

    sw_der_write(&w, SW_DER_CONTEXT(2), presented, strlen(presented));
    cert.san = (struct sw_slice){buf, w.len};
    return sw_name_matches(&cert, wanted);
}

static void matches_host_names(void)
{
    CU_ASSERT(dns("www.example.org", "www.example.org"));
    CU_ASSERT(dns("WWW.example.ORG", "www.Example.org"));
    CU_ASSERT(dns("www.example.org", "www.example.org."));
    CU_ASSERT(dns("www.example.org", "dns:www.example.org"));
    CU_ASSERT(dns("xn--nxasmq6b.example", "xn--nxasmq6b.example"));
    CU_ASSERT(dns("a_b.example.org", "a_b.example.org"));
    CU_ASSERT_FALSE(dns("example.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("www.example.org", "example.org"));
    CU_ASSERT_FALSE(dns("www.example.org.", "www.example.org"));
    CU_ASSERT_FALSE(dns(".example.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("b\xc3\xbc"
                        "cher.example",
                        "xn--bcher-kva.example"));
    CU_ASSERT_FALSE(dns("", ""));
    CU_ASSERT_FALSE(dns("www.example.org", ""));
    CU_ASSERT_FALSE(dns("www.example.org", "email:a@www.example.org"));
}

static void wildcards_stand_for_one_label(void)
{
    CU_ASSERT(dns("*.example.org", "www.example.org"));
    CU_ASSERT(dns("*.example.org", "xn--nxasmq6b.example.org"));
    CU_ASSERT_FALSE(dns("*.example.org", "example.org"));
    CU_ASSERT_FALSE(dns("*.example.org", "a.b.example.org"));
    CU_ASSERT_FALSE(dns("*.example.org", ".example.org"));
    CU_ASSERT_FALSE(dns("w*.example.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("*w.example.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("www.*.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("*.*.org", "www.example.org"));
    CU_ASSERT_FALSE(dns("*.org", "example.org"));
    CU_ASSERT_FALSE(dns("*", "localhost"));
    CU_ASSERT_FALSE(dns("*", "*"));
}

static void never_takes_an_address_for_a_name(void)
{
    CU_ASSERT_FALSE(dns("192.0.2.1", "192.0.2.1"));
    CU_ASSERT_FALSE(dns("*.0.2.1", "192.0.2.1"));
}

static void matches_the_other_kinds(void)
{
    struct made m;

    chain_make(&m, &(struct recipe){.cn = "www.example.org",
                                    .seed = 1,
                                    .san = {"ip:192.0.2.1", "ip:2001:db8::1", "email:Alice@example.org",
                                            "uri:https://example.org/a"}});
    CU_ASSERT(sw_name_matches(&m.cert, "192.0.2.1"));
    CU_ASSERT(sw_name_matches(&m.cert, "ip:2001:DB8:0::1"));
    CU_ASSERT(sw_name_matches(&m.cert, "IP:2001:DB8:0::1"));
    CU_ASSERT(sw_name_matches(&m.cert, "Alice@EXAMPLE.org"));
    CU_ASSERT(sw_name_matches(&m.cert, "uri:https://example.org/a"));
    CU_ASSERT(sw_name_matches(&m.cert, "https://example.org/a"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "192.0.2.2"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "ip:192.0.2.01"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "::ffff:192.0.2.1"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "alice@example.org"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "uri:https://example.org/b"));
    CU_ASSERT_FALSE(sw_name_matches(&m.cert, "www.example.org")); /* the CN alone says so */
    chain_free(&m, 1);
}

static void knows_valid_host_names(void)
{
    char label[66], name[300];

    memset(label, 'a', sizeof label);
    snprintf(name, sizeof name, "%.63s.org", label);
    CU_ASSERT(sw_dns_valid((struct sw_slice){(const uint8_t *)name, strlen(name)}, false));
    snprintf(name, sizeof name, "%.64s.org", label);
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)name, strlen(name)}, false));
    snprintf(name, sizeof name, "%.62s.%.62s.%.62s.%.62s.a", label, label, label, label);
    CU_ASSERT(sw_dns_valid((struct sw_slice){(const uint8_t *)name, 253}, false));
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)"a..b", 4}, false));
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)"-a.b", 4}, false));
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)"a-.b", 4}, false));
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)"a\0.b", 4}, false));
    CU_ASSERT_FALSE(sw_dns_valid((struct sw_slice){(const uint8_t *)"*.bc", 4}, false));
    CU_ASSERT(sw_dns_valid((struct sw_slice){(const uint8_t *)"*.bc", 4}, true));
}

SW_TEST_SUITE(name){
    SW_TEST(matches_host_names),
    SW_TEST(wildcards_stand_for_one_label),
    SW_TEST(never_takes_an_address_for_a_name),
    SW_TEST(matches_the_other_kinds),
    SW_TEST(knows_valid_host_names),
};
