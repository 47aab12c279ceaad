/* BER as it arrives: the same answer whether it comes whole or a byte at a time. */
#include "apps/seal/ber.h"
#include "tests/test.h"
#include <string.h>

/* A source that gives at most so many bytes at once. */
struct slow {
    struct seal_source source;
    const uint8_t *p;
    size_t len, most;
};

static size_t slow_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct slow *s = (struct slow *)source;
    size_t n = cap < s->len ? cap : s->len;
    if (n > s->most)
        n = s->most;
    memcpy(buf, s->p, n);
    s->p += n;
    s->len -= n;
    return n;
}

static struct ber b;
static struct slow source;
static struct seal_status status;
static uint8_t bytes[512];

static void start(const char *hex, size_t most)
{
    size_t len = sw_unhex(hex, bytes, sizeof bytes);
    source = (struct slow){{slow_read, false}, bytes, len, most};
    status = (struct seal_status){0};
    ber_init(&b, &source.source, &status);
}

/* SEQUENCE { octets }, then the end: what the octets are, or -1. */
static int octets(const char *hex, size_t most, uint8_t *out, size_t cap)
{
    size_t have = 0, n;
    start(hex, most);
    if (!ber_enter(&b, SW_DER_SEQUENCE) || !ber_octets(&b, SW_DER_OCTET_STRING))
        return -1;
    while ((n = ber_octets_read(&b, out + have, cap - have)) > 0)
        have += n;
    CU_ASSERT_EQUAL(ber_octets_read(&b, out, cap), 0); /* the end stays the end */
    return ber_leave(&b) && ber_finish(&b) ? (int)have : -1;
}

static void pieces_of_every_form(void)
{
    static const char *const same[] = {
        "3005 0403 616263",                                     /* primitive */
        "3080 0403 616263 0000",                                /* in a sequence without length */
        "3009 2407 0401 61 0402 6263",                          /* in pieces */
        "3080 2480 0401 61 0402 6263 0000 0000",                /* both without length */
        "3080 2480 0400 0401 61 0400 0402 6263 0400 0000 0000", /* empty pieces */
        "3080 2480 2480 0401 61 0000 2404 0402 6263 0000 0000", /* pieces in pieces */
        "30820007 04820003 616263",                             /* long forms */
        "3084 0000000f 2480 04 86 000000000003 616263 0000",
    };
    uint8_t out[64];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        for (size_t most = 1; most < 12; most++) {
            CU_ASSERT_EQUAL(octets(same[i], most, out, sizeof out), 3);
            SW_ASSERT_BYTES(out, "abc", 3);
        }
    CU_ASSERT_EQUAL(octets("3002 0400", 100, out, sizeof out), 0);
    CU_ASSERT_EQUAL(octets("3004 2480 0000", 100, out, sizeof out), 0);
}

static void malformed_is_refused(void)
{
    static const char *const wrong[] = {
        "",
        "30",
        "3000",
        "3105 0403 616263",                        /* another tag */
        "3005 0503 616263",                        /* another one inside */
        "3005 0404 616263",                        /* longer than what is around it */
        "3004 0403 616263",                        /* the same, one less */
        "3006 0403 616263 00",                     /* something behind it */
        "3005 0403 616263 00",                     /* and behind all of it */
        "3005 0403 6162",                          /* cut off */
        "3080 0403 616263",                        /* no end */
        "3080 0403 616263 00",                     /* half of one */
        "3080 0403 616263 0001",                   /* not quite one */
        "3080 0480 616263 0000 0000",              /* primitive without length */
        "3080 2480 0480 616263 0000 0000 0000",    /* a piece without length */
        "3080 2480 0203 616263 0000 0000",         /* a piece of another kind */
        "3008 2480 0403 616263 0000",              /* the outer one ends inside */
        "3007 2406 0403 616263",                   /* a piece longer than the pieces */
        "3088 0000000000000005 0403 616263",       /* eight bytes of length */
        "30ff 0403 616263",                        /* a reserved form */
        "3087 ffffffffffffff 0487 ffffffffffffff", /* nobody has this much */
        "3080 1f80 0403 616263 0000",              /* a tag of several bytes */
    };
    uint8_t out[64];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (size_t most = 1; most < 30; most += 7) {
            CU_ASSERT_EQUAL(octets(wrong[i], most, out, sizeof out), -1);
            CU_ASSERT_EQUAL(status.result, SEAL_TAMPERED);
        }
}

static void depth_has_a_limit(void)
{
    uint8_t out[16];
    char hex[2048] = "3080";
    for (int i = 0; i < BER_DEPTH + 2; i++)
        strcat(hex, "2480");
    CU_ASSERT_EQUAL(octets(hex, 100, out, sizeof out), -1);
    CU_ASSERT_EQUAL(status.result, SEAL_TAMPERED);
}

static void elements_are_collected(void)
{
    uint8_t out[8];
    struct sw_slice whole;
    start("3080 0203 010203 0205 0102030405 0000", 1);
    CU_ASSERT(ber_enter(&b, SW_DER_SEQUENCE));
    CU_ASSERT_EQUAL(ber_peek(&b), SW_DER_INTEGER);
    CU_ASSERT(ber_collect(&b, SW_DER_INTEGER, out, sizeof out, &whole));
    SW_ASSERT_HEX(whole.p, whole.len, "0203010203");
    CU_ASSERT_FALSE(ber_leave(&b));                                            /* there is more */
    CU_ASSERT_FALSE(ber_collect(&b, SW_DER_INTEGER, out, sizeof out, &whole)); /* a failure is final */
    start("0207 01020304050607", 100);
    CU_ASSERT_FALSE(ber_collect(&b, SW_DER_INTEGER, out, sizeof out, &whole));
    CU_ASSERT_EQUAL(status.result, SEAL_TOO_LONG);
    start("3080 0000", 100);
    CU_ASSERT_FALSE(ber_collect(&b, SW_DER_SEQUENCE, out, sizeof out, &whole));
    CU_ASSERT_EQUAL(status.result, SEAL_UNSUPPORTED);
    start("0203 0102", 100);
    CU_ASSERT_FALSE(ber_collect(&b, SW_DER_INTEGER, out, sizeof out, &whole));
    CU_ASSERT_EQUAL(status.result, SEAL_TAMPERED);
}

SW_TEST_SUITE(ber){
    SW_TEST(pieces_of_every_form),
    SW_TEST(malformed_is_refused),
    SW_TEST(depth_has_a_limit),
    SW_TEST(elements_are_collected),
};
