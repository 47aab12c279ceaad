/*
 * Sizes of records and encrypt-then-MAC: bodies of these extensions. The client of the tests asks for fragments of 512
 * bytes and a limit of 1024.
 */
#include "tests/handshake/ext_bodies.h"

/* clang-format off */
static const struct ext_body offers[] = {
    {"512 bytes",             1, "01",     SW_OK},
    {"4096 bytes",            1, "04",     SW_OK},
    {"code 0",                1, "00",     SW_ERR_EXTENSION_VALUE},
    {"code 5",                1, "05",     SW_ERR_EXTENSION_VALUE},
    {"no code",               1, "",       SW_ERR_EXTENSION_DECODE},
    {"two codes",             1, "0101",   SW_ERR_EXTENSION_DECODE},
    {"limit 64",             28, "0040",   SW_OK},
    {"limit 63",             28, "003f",   SW_ERR_EXTENSION_VALUE},
    {"limit 65535",          28, "ffff",   SW_OK},
    {"half a limit",         28, "00",     SW_ERR_EXTENSION_DECODE},
    {"a longer limit",       28, "004000", SW_ERR_EXTENSION_DECODE},
    {"encrypt-then-MAC",     22, "",       SW_OK},
    {"with a body",          22, "00",     SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

/* clang-format off */
static const struct ext_body answers[] = {
    {"what was asked for",      1, "01",   SW_OK},
    {"another code",            1, "02",   SW_ERR_EXTENSION_VALUE},
    {"no code",                 1, "",     SW_ERR_EXTENSION_DECODE},
    {"limit 64",               28, "0040", SW_OK},
    {"limit 63",               28, "003f", SW_ERR_EXTENSION_VALUE},
    {"half a limit",           28, "00",   SW_ERR_EXTENSION_DECODE},
    {"encrypt-then-MAC",       22, "",     SW_OK},
    {"with a body",            22, "00",   SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

static void offers_are_judged(void)
{
    EXT_OFFERS(offers);
}

static void answers_are_judged(void)
{
    EXT_ANSWERS(answers);
}

/*
 * What a server answers bounds both directions: fragments in the clear too (RFC 6066 4), the record size limit only
 * what is protected (RFC 8449 4).
 */
static void answers_bound_records(void)
{
    static const uint8_t fragment[] = {0, 1, 0, 1, 1}, limit[] = {0, 28, 0, 2, 0, 100};
    struct pair p;

    ext_client(&p);
    SW_ASSERT_OK(sw_ext_read_answers(p.client, (struct sw_slice){fragment, sizeof fragment}));
    CU_ASSERT_EQUAL(p.client->max_send, 512);
    CU_ASSERT_EQUAL(p.client->max_recv, 512);
    CU_ASSERT_EQUAL(p.client->max_recv_protected, 512);
    pair_close(&p);
    ext_client(&p);
    SW_ASSERT_OK(sw_ext_read_answers(p.client, (struct sw_slice){limit, sizeof limit}));
    CU_ASSERT_EQUAL(p.client->max_send, 100);
    CU_ASSERT_EQUAL(p.client->max_recv, SW_RECORD_PLAIN_MAX);
    CU_ASSERT_EQUAL(p.client->max_recv_protected, 1024);
    pair_close(&p);
}

/* A client that offers both takes either, and never both (RFC 8449 5). */
static void one_of_two_answers(void)
{
    static const uint8_t both[2][11] = {{0, 1, 0, 1, 1, 0, 28, 0, 2, 0, 100}, {0, 28, 0, 2, 0, 100, 0, 1, 0, 1, 1}};

    for (int i = 0; i < 2; i++) {
        struct pair p;

        ext_client(&p);
        SW_ASSERT_ERR(sw_ext_read_answers(p.client, (struct sw_slice){both[i], sizeof both[i]}),
                      SW_ERR_EXTENSION_VALUE);
        pair_close(&p);
    }
}

SW_TEST_SUITE(ext_record){
    SW_TEST(offers_are_judged),
    SW_TEST(answers_are_judged),
    SW_TEST(answers_bound_records),
    SW_TEST(one_of_two_answers),
};
