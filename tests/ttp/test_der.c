/* DER: what X.690 has one form for is read in that form alone, and written in it. */
#include "tests/test.h"
#include "ttp/der.h"
#include <string.h>

static struct sw_reader reader(const char *hex)
{
    static uint8_t buf[512];

    return sw_reader_of(buf, sw_unhex(hex, buf, sizeof buf));
}

static void reads_minimal_lengths_alone(void)
{
    static const struct {
        const char *hex;
        bool ok;
    } rows[] = {{"0400", true},
                {"0401aa", true},
                {"048100", false}, /* long form of a short length */
                {"04817f", false},
                {"0480aa0000", false}, /* indefinite */
                {"0402aa", false},     /* past the end */
                {"04820001aa", false}, /* leading zero */
                {"0485000000000 1aa", false},
                {"04ff", false},
                {"04", false},
                {"", false},
                {"0500", false}}; /* another tag */

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_reader r = reader(rows[i].hex);

        (void)sw_der_read(&r, SW_DER_OCTET_STRING);
        CU_ASSERT_EQUAL(sw_reader_end(&r), rows[i].ok);
    }
}

static void reads_long_lengths(void)
{
    uint8_t buf[70000];
    const size_t lens[] = {0, 1, 127, 128, 255, 256, 65535, 65536};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct sw_writer w = sw_writer_of(buf, sizeof buf);
        size_t mark = sw_der_open(&w, SW_DER_OCTET_STRING);
        struct sw_reader r;
        struct sw_slice body;

        for (size_t k = 0; k < lens[i]; k++)
            sw_write_u8(&w, (unsigned)(k & 0xff));
        sw_der_close(&w, mark);
        CU_ASSERT_FATAL(sw_writer_ok(&w));
        r = sw_reader_of(buf, w.len);
        body = sw_der_read(&r, SW_DER_OCTET_STRING);
        CU_ASSERT(sw_reader_end(&r));
        CU_ASSERT_EQUAL(body.len, lens[i]);
        CU_ASSERT(lens[i] == 0 || body.p[lens[i] - 1] == ((lens[i] - 1) & 0xff));
        r = sw_reader_of(buf, w.len - 1);
        (void)sw_der_read(&r, SW_DER_OCTET_STRING);
        CU_ASSERT_FALSE(sw_reader_end(&r));
    }
}

static void reads_integers(void)
{
    static const struct {
        const char *hex;
        bool integer, natural;
        uint64_t value;
    } rows[] = {{"020100", true, true, 0},
                {"02017f", true, true, 127},
                {"02020080", true, true, 128},
                {"020180", true, false, 0}, /* negative */
                {"02020001", false, false, 0},
                {"0202ff80", false, false, 0},
                {"0202ff7f", true, false, 0},
                {"0200", false, false, 0},
                {"02087fffffffffffffff", true, true, INT64_MAX},
                {"0209008000000000000000", true, false, 0}}; /* more than 63 bits */

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_reader r = reader(rows[i].hex);

        (void)sw_der_read_integer(&r);
        CU_ASSERT_EQUAL(sw_reader_end(&r), rows[i].integer);
        r = reader(rows[i].hex);
        CU_ASSERT_EQUAL(sw_der_read_uint(&r), rows[i].value);
        CU_ASSERT_EQUAL(sw_reader_end(&r), rows[i].natural);
    }
}

static void reads_booleans_and_bits(void)
{
    static const struct {
        const char *hex;
        bool ok;
    } bools[] = {{"0101ff", true}, {"010100", true}, {"010101", false}, {"0100", false}, {"0102ffff", false}},
      bits[] = {{"030100", true},    {"030200a0", true}, {"030205a0", true}, {"030206a0", false},
                {"030208a0", false}, {"030101", false},  {"0300", false},    {"230403020000", false}};
    unsigned unused;

    for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++) {
        struct sw_reader r = reader(bools[i].hex);

        CU_ASSERT_EQUAL(sw_der_read_bool(&r), i == 0);
        CU_ASSERT_EQUAL(sw_reader_end(&r), bools[i].ok);
    }
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct sw_reader r = reader(bits[i].hex);

        (void)sw_der_read_bits(&r, &unused);
        CU_ASSERT_EQUAL(sw_reader_end(&r), bits[i].ok);
    }
}

/* An element with this tag and text; the time, and whether it is one. */
static void time_is(unsigned tag, const char *text, bool ok, int64_t want)
{
    uint8_t buf[64];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    struct sw_reader r;
    bool general;
    int64_t got;

    sw_der_write(&w, tag, text, strlen(text));
    r = sw_reader_of(buf, w.len);
    got = sw_der_read_time(&r, &general);
    CU_ASSERT_EQUAL(sw_reader_end(&r), ok);
    CU_ASSERT(!ok || (got == want && general == (tag == SW_DER_GENERALIZED_TIME)));
}

static void reads_times(void)
{
    enum { U = SW_DER_UTC_TIME, G = SW_DER_GENERALIZED_TIME };

    time_is(U, "700101000000Z", true, 0);
    time_is(U, "491231235959Z", true, 2524607999);
    time_is(U, "500101000000Z", true, -631152000);
    time_is(U, "240229120000Z", true, 1709208000);
    time_is(U, "230229120000Z", false, 0); /* no leap year */
    time_is(U, "7001010000Z", false, 0);   /* without seconds */
    time_is(U, "700101000000+0000", false, 0);
    time_is(U, "700101000000", false, 0);
    time_is(U, "701301000000Z", false, 0);
    time_is(U, "700100000000Z", false, 0);
    time_is(U, "700101240000Z", false, 0);
    time_is(U, "700101000060Z", false, 0);
    time_is(U, "7 0101000000Z", false, 0);
    time_is(G, "20500101000000Z", true, 2524608000);
    time_is(G, "99991231235959Z", true, 253402300799);
    time_is(G, "20000229000000Z", true, 951782400);
    time_is(G, "19000229000000Z", false, 0);
    time_is(G, "20500101000000.5Z", false, 0);
    time_is(G, "500101000000Z", false, 0);
}

static void writes_canonically(void)
{
    uint8_t buf[64];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);

    sw_der_write_int(&w, 0);
    sw_der_write_int(&w, 128);
    sw_der_write_int(&w, 0x12345678);
    sw_der_write_unsigned(&w, (struct sw_slice){(const uint8_t *)"\0\0\xff", 3});
    sw_der_write(&w, SW_DER_NULL, NULL, 0);
    sw_der_close(&w, seq);
    CU_ASSERT(sw_writer_ok(&w));
    SW_ASSERT_HEX(buf, w.len, "3013 020100 02020080 020412345678 020200ff 0500");
    w = sw_writer_of(buf, 4);
    sw_der_write(&w, SW_DER_OCTET_STRING, "abc", 3);
    CU_ASSERT_FALSE(sw_writer_ok(&w));
}

SW_TEST_SUITE(der){
    SW_TEST(reads_minimal_lengths_alone), SW_TEST(reads_long_lengths), SW_TEST(reads_integers),
    SW_TEST(reads_booleans_and_bits),     SW_TEST(reads_times),        SW_TEST(writes_canonically),

};
