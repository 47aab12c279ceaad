/* Names whose strings are not what their type says: found by reading changed certificates beside OpenSSL (make diff). */
#include "tests/test.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include <string.h>

/* One commonName of a type and some bytes. */
static bool valid(unsigned tag, const char *bytes, size_t len)
{
    static const uint8_t oid[] = {0x55, 4, 3};
    uint8_t der[128];
    struct sw_writer w = sw_writer_of(der, sizeof der);
    size_t name = sw_der_open(&w, SW_DER_SEQUENCE), set = sw_der_open(&w, SW_DER_SET),
           seq = sw_der_open(&w, SW_DER_SEQUENCE);

    sw_der_write(&w, SW_DER_OID, oid, sizeof oid);
    sw_der_write(&w, tag, bytes, len);
    sw_der_close(&w, seq);
    sw_der_close(&w, set);
    sw_der_close(&w, name);
    return sw_cert_name_valid((struct sw_slice){der, w.len});
}

static void strings_are_what_they_say(void)
{
    CU_ASSERT_TRUE(valid(SW_DER_UTF8_STRING, "Zo\xc3\xab", 4));
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "Zo\xeb", 3));   /* Latin-1 */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "Zo\xc3", 3));   /* cut off */
    CU_ASSERT_FALSE(valid(SW_DER_UTF8_STRING, "\xc0\xaf", 2)); /* longer than it need be */
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

SW_TEST_SUITE(dn){
    SW_TEST(strings_are_what_they_say),
};
