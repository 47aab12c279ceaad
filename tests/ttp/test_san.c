/* Names as people write them: what kind each is, what it becomes in a certificate, and what is refused. */
#include "tests/test.h"
#include "ttp/der.h"
#include "ttp/san.h"
#include <stdio.h>
#include <string.h>

/* Parse, encode, read back, print: the text that comes out, or NULL with the reason in *why. */
static const char *through(const char *in, bool constraint, const char **why)
{
    static char text[SW_SAN_TEXT_CAP];
    struct sw_san name;
    uint8_t der[SW_SAN_VALUE_MAX + 8];
    struct sw_writer w = sw_writer_of(der, sizeof der);
    *why = constraint ? sw_san_parse_constraint(&name, in) : sw_san_parse(&name, in);
    if (*why)
        return NULL;
    sw_san_write(&w, &name);
    CU_ASSERT(sw_writer_ok(&w));
    struct sw_reader r = sw_reader_of(der, w.len);
    struct sw_general_name back;
    CU_ASSERT_FATAL(sw_general_name_next(&r, &back));
    CU_ASSERT(sw_reader_end(&r));
    CU_ASSERT_EQUAL(back.kind, name.kind);
    return sw_san_text(&back, text, sizeof text);
}

struct row {
    const char *in, *out; /* out NULL: refused */
};

static void check(const struct row *rows, size_t n, bool constraint)
{
    for (size_t i = 0; i < n; i++) {
        const char *why, *out = through(rows[i].in, constraint, &why);
        bool ok = rows[i].out ? out && strcmp(out, rows[i].out) == 0 : !out && why && *why;
        if (!ok) {
            char message[1024];
            snprintf(message, sizeof message, "%s: %s, not %s", rows[i].in, out ? out : why,
                     rows[i].out ? rows[i].out : "refused");
            CU_FAIL(message);
        }
    }
    CU_PASS("rows");
}

static void guesses_the_kind(void)
{
    static const struct row rows[] = {
        {"www.example.org", "dns:www.example.org"},
        {"alice", "dns:alice"},
        {"WWW.Example.ORG", "dns:www.example.org"},
        {"192.0.2.1", "ip:192.0.2.1"},
        {"2001:db8::1", "ip:2001:db8::1"},
        {"::1", "ip:::1"},
        {"a@example.org", "email:a@example.org"},
        {"https://example.org/x", "uri:https://example.org/x"},
        {"spiffe://example.org/db", "uri:spiffe://example.org/db"},
        {"dns:192.example.org", "dns:192.example.org"},
        {"IP:192.0.2.1", "ip:192.0.2.1"},
        {"email:a@example.org", "email:a@example.org"},
        {"uri:urn:uuid:1", "uri:urn:uuid:1"},
        {"example.org.", "dns:example.org"},
        {"*.example.org", "dns:*.example.org"},
        {"xn--bcher-kva.example", "dns:xn--bcher-kva.example"},
        {"my_host.example.org", "dns:my_host.example.org"},
    };
    check(rows, sizeof rows / sizeof *rows, false);
}

static void refuses_what_is_no_name(void)
{
    static const struct row rows[] = {
        {"", NULL},
        {"dns:", NULL},
        {".", NULL},
        {".example.org", NULL},
        {"a..b", NULL},
        {"-a.example.org", NULL},
        {"a-.example.org", NULL},
        {"a b.example.org", NULL},
        {"Alice Smith", NULL},
        {"b\xc3\xbc"
         "cher.example",
         NULL},
        {"example.org/x", NULL},
        {"example.123", NULL},
        {"dns:192.0.2.1", NULL},
        {"ip:example.org", NULL},
        {"ip:192.0.2.1/24", NULL},
        {"ip:192.0.2", NULL},
        {"*", NULL},
        {"*.", NULL},
        {"*.org", NULL},
        {"www.*.org", NULL},
        {"w*.example.org", NULL},
        {"*.*.example.org", NULL},
        {"email:a", NULL},
        {"email:@example.org", NULL},
        {"email:a b@example.org", NULL},
        {"email:a@", NULL},
        {"email:a@-x", NULL},
        {"uri:", NULL},
        {"uri:x", NULL},
        {"uri:://x", NULL},
        {"https://exa mple.org", NULL},
        {"a123456789012345678901234567890123456789012345678901234567890123.example.org", NULL},
    };
    check(rows, sizeof rows / sizeof *rows, false);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 50; i < 253; i += 51)
        longest[i] = '.';
    longest[253] = 0;
    const char *why;
    CU_ASSERT_PTR_NOT_NULL(through(longest, false, &why));
    longest[253] = 'a';
    longest[254] = 0;
    CU_ASSERT_PTR_NULL(through(longest, false, &why));
}

static void constraints(void)
{
    static const struct row rows[] = {
        {"example.org", "dns:example.org"},
        {".example.org", "dns:example.org"},
        {"10.0.0.0/8", "ip:10.0.0.0/8"},
        {"10.1.2.3/8", "ip:10.0.0.0/8"},
        {"192.0.2.1", "ip:192.0.2.1/32"},
        {"0.0.0.0/0", "ip:0.0.0.0/0"},
        {"10.0.0.0/9", "ip:10.0.0.0/9"},
        {"2001:db8::/32", "ip:2001:db8::/32"},
        {"ip:10.0.0.0/33", NULL},
        {"ip:10.0.0.0/", NULL},
        {"ip:10.0.0.0/8x", NULL},
        {"ip:10.0.0.0/-1", NULL},
        {"email:example.org", "email:example.org"},
        {"email:.example.org", "email:.example.org"},
        {"a@example.org", "email:a@example.org"},
        {"uri:example.org", "uri:example.org"},
        {"uri:.example.org", "uri:.example.org"},
        {"uri:https://example.org/", NULL},
        {"*.example.org", NULL},
        {"", NULL},
    };
    check(rows, sizeof rows / sizeof *rows, true);
}

/* Bytes that would move a cursor, break a list or hide a NUL are shown as '?'. */
static void prints_foreign_names_safely(void)
{
    char text[64];
    CU_ASSERT_STRING_EQUAL(sw_san_text(&(struct sw_general_name){SW_GN_DNS, {(const uint8_t *)"a\0b\x1b[2J c\xff", 10}},
                                       text, sizeof text),
                           "dns:a?b?[2J?c?");
    CU_ASSERT_STRING_EQUAL(
        sw_san_text(&(struct sw_general_name){SW_GN_IP, {(const uint8_t *)"abc", 3}}, text, sizeof text), "ip:?");
    CU_ASSERT_STRING_EQUAL(
        sw_san_text(&(struct sw_general_name){SW_GN_IP, {(const uint8_t *)"\x0a\0\0\0\xff\0\xff\0", 8}}, text,
                    sizeof text),
        "ip:10.0.0.0/255.0.255.0");
    CU_ASSERT_STRING_EQUAL(sw_san_text(&(struct sw_general_name){SW_GN_OTHER, {NULL, 0}}, text, sizeof text),
                           "other name");
    CU_ASSERT_STRING_EQUAL(sw_san_text(&(struct sw_general_name){SW_GN_DNS, {(const uint8_t *)"abcdefgh", 8}}, text, 8),
                           "dns:abc");
}

static void equality(void)
{
    struct sw_san a, b;
    CU_ASSERT_PTR_NULL(sw_san_parse(&a, "Example.org"));
    CU_ASSERT_PTR_NULL(sw_san_parse(&b, "example.ORG"));
    CU_ASSERT(sw_san_eq(&a, &b));
    CU_ASSERT_PTR_NULL(sw_san_parse(&b, "example.com"));
    CU_ASSERT_FALSE(sw_san_eq(&a, &b));
    CU_ASSERT_PTR_NULL(sw_san_parse(&b, "uri:example:org"));
    CU_ASSERT_FALSE(sw_san_eq(&a, &b));
}

static void what_stands_behind_the_kind(void)
{
    static const char *const rows[][2] = {
        {"dns:a.example", "a.example"}, {"IP:::1", "::1"},  {"email:a@b", "a@b"}, {"uri:urn:x", "urn:x"},
        {"a.example", "a.example"},     {"urn:x", "urn:x"}, {"dns:", ""},         {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_STRING_EQUAL(sw_san_after_kind(rows[i][0]), rows[i][1]);
}

SW_TEST_SUITE(san){
    SW_TEST(what_stands_behind_the_kind), SW_TEST(guesses_the_kind),
    SW_TEST(refuses_what_is_no_name),     SW_TEST(constraints),
    SW_TEST(prints_foreign_names_safely), SW_TEST(equality),
};
