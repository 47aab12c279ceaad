/*
 * Names whose strings are not what their type says (some found by reading changed certificates beside OpenSSL, make
 * diff), and what of them is shown.
 */
#include "tests/test.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include <string.h>

/* A Name of one commonName, of a type and some bytes. */
static struct sw_slice name_of(unsigned tag, const char *bytes, size_t len)
{
    static const uint8_t oid[] = {0x55, 4, 3};
    static uint8_t der[128];
    struct sw_writer w = sw_writer_of(der, sizeof der);
    size_t name = sw_der_open(&w, SW_DER_SEQUENCE), set = sw_der_open(&w, SW_DER_SET),
           seq = sw_der_open(&w, SW_DER_SEQUENCE);

    sw_der_write(&w, SW_DER_OID, oid, sizeof oid);
    sw_der_write(&w, tag, bytes, len);
    sw_der_close(&w, seq);
    sw_der_close(&w, set);
    sw_der_close(&w, name);
    return (struct sw_slice){der, w.len};
}

static bool valid(unsigned tag, const char *bytes, size_t len)
{
    return sw_cert_name_valid(name_of(tag, bytes, len));
}

static void strings_are_what_they_say(void)
{
    CU_ASSERT_TRUE(valid(SW_DER_UTF8_STRING, "Zo\xc3\xab", 4));
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "Zo\xeb", 3));   /* Latin-1 */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "Zo\xc3", 3));   /* cut off */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xc0\xaf", 2)); /* longer than it need be */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xe0\x80\xaf", 3));
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xf0\x80\x80\xaf", 4));
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xed\xa0\x80", 3));     /* half a pair */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xf4\x90\x80\x80", 4)); /* behind the last character there is */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xf8\x88\x80\x80\x80", 5));
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\x80", 1));
    CU_ASSERT_TRUE(valid(SW_DER_UTF8_STRING, "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10));
    CU_ASSERT_TRUE(valid(SW_DER_PRINTABLE_STRING, "Zoe", 3));
    CU_ASSERT_TRUE(valid(SW_DER_TELETEX_STRING, "Zo\xeb", 3));
    CU_ASSERT_TRUE(valid(SW_DER_BMP_STRING, "\0Z\0o\0\xeb", 6));
    CU_ASSERT_FALSE(valid(SW_DER_BMP_STRING, "\0Z\0o\0", 5));
    CU_ASSERT_FALSE(valid(SW_DER_BMP_STRING, "\xd8\0\0Z", 4)); /* half a pair */
    CU_ASSERT_TRUE(valid(SW_DER_UNIVERSAL_STRING, "\0\0\0Z", 4));
    CU_ASSERT_FALSE(valid(SW_DER_UNIVERSAL_STRING, "\0\x11\0\0", 4)); /* behind the last character there is */
    CU_ASSERT_FALSE(valid(SW_DER_UNIVERSAL_STRING, "\0\0Z", 3));
    CU_ASSERT_TRUE(valid(SW_DER_BIT_STRING, "\0\x55", 2));
    CU_ASSERT_FALSE(valid(SW_DER_BIT_STRING, "", 0));
    CU_ASSERT_FALSE(valid(SW_DER_BIT_STRING, "\x08\x55", 2));
    CU_ASSERT_FALSE(valid(SW_DER_NULL, "", 0));
    CU_ASSERT_FALSE(valid(SW_DER_INTEGER, "\x05", 1));
    CU_ASSERT_FALSE(valid(SW_DER_OCTET_STRING, "Zoe", 3));
}

/*
 * What a terminal or a reader would take for something else is not shown, and each character is itself, however wide it
 * is written.
 */
static void shows_characters_and_nothing_else(void)
{
    static const struct {
        unsigned tag;
        const char *bytes;
        size_t len;
        const char *shown, *in_text;
    } rows[] = {
        {SW_DER_UTF8_STRING, "Zo\xc3\xab", 4, "Zo\xc3\xab", "CN=Zo\xc3\xab"},
        {SW_DER_UTF8_STRING, "a,b\\", 4, "a,b\\", "CN=a\\,b\\\\"},
        {SW_DER_UTF8_STRING, "a\0b\x1b[m\n\x7f", 8, "a?b?[m??", NULL},
        {SW_DER_UTF8_STRING,
         "x\xc2\x9b"
         "31m",
         6, "x?31m", NULL},                                                         /* CSI in one character */
        {SW_DER_UTF8_STRING, "x\xe2\x80\xaegro.\xe2\x81\xa6", 11, "x?gro.?", NULL}, /* right to left from here on */
        {SW_DER_UTF8_STRING, "\xf0\x9f\x94\x91\xe2\x82\xac", 7, "\xf0\x9f\x94\x91\xe2\x82\xac", NULL},
        {SW_DER_TELETEX_STRING, "Zo\xeb", 3, "Zo?", NULL},
        {SW_DER_BMP_STRING, "\0Z\0o\0\xeb\x20\xac", 8, "Zo\xc3\xab\xe2\x82\xac", NULL},
        {SW_DER_BMP_STRING, "\1a\1l", 4, "\xc5\xa1\xc5\xac", NULL}, /* not "al" */
        {SW_DER_BMP_STRING, "\0\x9b\x20\x2e\xd8\0", 6, "???", NULL},
        {SW_DER_UNIVERSAL_STRING, "\0\1\xf5\x11\0\0\0Z", 8, "\xf0\x9f\x94\x91Z", NULL},
        {SW_DER_UNIVERSAL_STRING, "\x10\0\0Z", 4, "?", NULL},
    };
    char text[64];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_slice name = name_of(rows[i].tag, rows[i].bytes, rows[i].len);

        sw_cert_common_name(name, text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, rows[i].shown);
        CU_ASSERT_EQUAL(sw_dn_is_plain(name), strchr(rows[i].shown, '?') == NULL);
        sw_cert_name_text(name, text, sizeof text);
        CU_ASSERT(rows[i].in_text == NULL || strcmp(text, rows[i].in_text) == 0);
    }
    for (size_t cap = 1; cap < 9; cap++) { /* cut at a whole character */
        sw_cert_common_name(name_of(SW_DER_BMP_STRING, "\0Z\0\xeb\x20\xac", 6), text, cap);
        CU_ASSERT_EQUAL(strlen(text), cap < 2 ? 0u : cap < 4 ? 1u : cap < 7 ? 3u : 6u);
    }
}

SW_TEST_SUITE(dn){
    SW_TEST(shows_characters_and_nothing_else),
    SW_TEST(strings_are_what_they_say),
};
