/* Whose service, which protocol, which proof: bodies of these extensions. */
#include "tests/handshake/ext_bodies.h"

/* clang-format off */
static const struct ext_body offers[] = {
    {"a name",                           0, "0006 00 0003 616263",                SW_OK},
    {"no list",                          0, "",                                   SW_ERR_EXTENSION_DECODE},
    {"an empty list",                    0, "0000",                               SW_ERR_EXTENSION_DECODE},
    {"an empty name",                    0, "0003 00 0000",                       SW_ERR_EXTENSION_DECODE},
    {"a list shorter than it says",      0, "0007 00 0003 616263",                SW_ERR_EXTENSION_DECODE},
    {"a name shorter than it says",      0, "0006 00 0004 616263",                SW_ERR_EXTENSION_DECODE},
    {"a byte behind",                    0, "0006 00 0003 616263 00",             SW_ERR_EXTENSION_DECODE},
    {"two names of one type",            0, "000c 00 0003 616263 00 0003 646566", SW_ERR_EXTENSION_VALUE},
    {"another type beside",              0, "000c 01 0003 616263 00 0003 646566", SW_OK},
    {"another type alone",               0, "0006 01 0003 616263",                SW_OK},
    {"a space in a name",                0, "0006 00 0003 612063",                SW_ERR_EXTENSION_VALUE},
    {"a name not in ASCII",              0, "0006 00 0003 61ff63",                SW_ERR_EXTENSION_VALUE},
    {"two protocols",                   16, "000c 02 6832 08 687474702f312e31",   SW_OK},
    {"no protocol",                     16, "0000",                               SW_ERR_EXTENSION_DECODE},
    {"an empty protocol",               16, "0004 02 6832 00",                    SW_ERR_EXTENSION_DECODE},
    {"a protocol cut short",            16, "0003 03 6832",                       SW_ERR_EXTENSION_DECODE},
    {"a byte behind protocols",         16, "0003 02 6832 00",                    SW_ERR_EXTENSION_DECODE},
    {"a status request",                 5, "01 0000 0000",                       SW_OK},
    {"one with a responder",             5, "01 0003 000161 0000",                SW_OK},
    {"one with a responder of no bytes", 5, "01 0005 000161 0000 0000",           SW_ERR_EXTENSION_DECODE},
    {"one with a responder cut short",   5, "01 0003 000261 0000",                SW_ERR_EXTENSION_DECODE},
    {"one that ends early",              5, "01 0000 00",                         SW_ERR_EXTENSION_DECODE},
    {"another type of status",           5, "02 ffff",                            SW_OK},
    {"authorities",                     47, "0004 0002 3000",                     SW_OK},
    {"no authorities",                  47, "0000",                               SW_ERR_EXTENSION_DECODE},
    {"one without a name",              47, "0006 0002 3000 0000",                SW_ERR_EXTENSION_DECODE},
    {"one longer than the list",        47, "0004 0003 3000",                     SW_ERR_EXTENSION_DECODE},
    {"authorities cut short",           47, "0004 0002 30",                       SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

/* clang-format off */
static const struct ext_body answers[] = {
    {"a name taken note of",                        0, "",                                 SW_OK},
    {"a name given back",                           0, "0006 00 0003 616263",              SW_ERR_EXTENSION_DECODE},
    {"a protocol of ours",                         16, "0003 02 6832",                     SW_OK},
    {"another protocol",                           16, "0003 02 6833",                     SW_ERR_EXTENSION_VALUE},
    {"two protocols",                              16, "000c 02 6832 08 687474702f312e31", SW_ERR_EXTENSION_DECODE},
    {"no protocol",                                16, "0000",                             SW_ERR_EXTENSION_DECODE},
    {"an empty protocol",                          16, "0001 00",                          SW_ERR_EXTENSION_DECODE},
    {"a status promised",                           5, "",                                 SW_OK},
    {"a status where it does not belong",           5, "01 000001 30",                     SW_ERR_EXTENSION_DECODE},
    {"authorities, which are never an answer",     47, "0004 0002 3000",                   SW_ERR_UNSOLICITED_EXTENSION},
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

/* RFC 6066 3: a server says that it has heard the name, unless its owner does not want that. */
static void names_confirmed(void)
{
    for (int confirm = 0; confirm < 2; confirm++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_CONFIRM_SNI, confirm));
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        while (pair_carry(p.server, p.client, 100) && !p.client->hs->hello_done)
            ;
        CU_ASSERT_TRUE(p.client->hs->hello_done);
        CU_ASSERT_EQUAL(p.client->hs->peer_ext.server_name_ack, confirm == 1);
        CU_ASSERT_TRUE(pair_run(&p));
        CU_ASSERT_STRING_EQUAL(p.server->name, "server.example");
        pair_close(&p);
    }
}

SW_TEST_SUITE(ext_service){
    SW_TEST(offers_are_judged),
    SW_TEST(answers_are_judged),
    SW_TEST(names_confirmed),
};
