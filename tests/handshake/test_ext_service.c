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

SW_TEST_SUITE(ext_service){
    SW_TEST(offers_are_judged),
    SW_TEST(answers_are_judged),
};
