/* IP addresses: RFC 4291 2.2 in, RFC 5952 out. */
#include "tests/test.h"
#include "ttp/ip.h"
#include <string.h>

static void reads_v4(void)
{
    uint8_t ip[SW_IP_MAX];
    CU_ASSERT_EQUAL(sw_ip_parse("192.0.2.255", 11, ip), 4);
    SW_ASSERT_HEX(ip, 4, "c00002ff");
    static const char *const bad[] = {"",          "1",         "1.2.3",    "1.2.3.",    "1.2.3.4.",
                                      "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "1.2.3.0x4", "1.2.3.-4",
                                      " 1.2.3.4",  "1.2.3.4 ",  "1..2.3",   "1.2.3.1000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(sw_ip_parse(bad[i], strlen(bad[i]), ip), 0);
}

static void reads_and_writes_v6(void)
{
    static const struct {
        const char *in, *hex, *out;
    } rows[] = {
        {"::", "00000000000000000000000000000000", "::"},
        {"::1", "00000000000000000000000000000001", "::1"},
        {"1::", "00010000000000000000000000000000", "1::"},
        {"2001:DB8::1", "20010db8000000000000000000000001", "2001:db8::1"},
        {"2001:db8:0:0:1:0:0:1", "20010db8000000000001000000000001", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:1:1:1:1:1", "20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"},
        {"1:2:3:4:5:6:7:8", "00010002000300040005000600070008", "1:2:3:4:5:6:7:8"},
        {"::ffff:192.0.2.1", "00000000000000000000ffffc0000201", "::ffff:c000:201"},
        {"64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:7::", "00010002000300040005000600070000", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "00000002000300040005000600070008", "0:2:3:4:5:6:7:8"},
        {"0:0:1:0:0:0:1:0", "00000000000100000000000000010000", "0:0:1::1:0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t ip[SW_IP_MAX];
        char text[SW_IP_TEXT_CAP];
        CU_ASSERT_EQUAL(sw_ip_parse(rows[i].in, strlen(rows[i].in), ip), 16);
        SW_ASSERT_HEX(ip, 16, rows[i].hex);
        CU_ASSERT_STRING_EQUAL(sw_ip_text(ip, 16, text), rows[i].out);
    }
}

static void refuses_v6(void)
{
    static const char *const bad[] = {":",
                                      ":::",
                                      "1:",
                                      ":1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1::2::3",
                                      "12345::",
                                      "g::",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1.2.3",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "fe80::1%eth0",
                                      "::1.2.3.4:5",
                                      "1:::2"};
    uint8_t ip[SW_IP_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (sw_ip_parse(bad[i], strlen(bad[i]), ip) != 0)
            CU_FAIL("an address that is none was taken");
    CU_PASS("rows");
}

static void writes_v4(void)
{
    char text[SW_IP_TEXT_CAP];
    CU_ASSERT_STRING_EQUAL(sw_ip_text((const uint8_t *)"\xc0\x00\x02\xff", 4, text), "192.0.2.255");
}

SW_TEST_SUITE(ip){
    SW_TEST(reads_v4),
    SW_TEST(reads_and_writes_v6),
    SW_TEST(refuses_v6),
    SW_TEST(writes_v4),
};
