/* Groups and signature schemes: bodies of these extensions. */
#include "tests/handshake/ext_bodies.h"

/* clang-format off */
static const struct ext_body offers[] = {
    {"groups",                        10, "0004 001d 0017", SW_OK},
    {"no groups",                     10, "0000",           SW_ERR_EXTENSION_DECODE},
    {"half a group",                  10, "0003 001d 00",   SW_ERR_EXTENSION_DECODE},
    {"groups cut short",              10, "0004 001d",      SW_ERR_EXTENSION_DECODE},
    {"groups with a byte behind",     10, "0002 001d 00",   SW_ERR_EXTENSION_DECODE},
    {"point formats",                 11, "01 00",          SW_OK},
    {"compressed points alone",       11, "01 01",          SW_OK},
    {"no point formats",              11, "00",             SW_ERR_EXTENSION_DECODE},
    {"formats cut short",             11, "02 00",          SW_ERR_EXTENSION_DECODE},
    {"schemes",                       13, "0004 0401 0804", SW_OK},
    {"no schemes",                    13, "0000",           SW_ERR_EXTENSION_DECODE},
    {"half a scheme",                 13, "0003 0401 08",   SW_ERR_EXTENSION_DECODE},
    {"schemes for certificates",      50, "0002 0401",      SW_OK},
    {"none of them",                  50, "0000",           SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

/* clang-format off */
static const struct ext_body answers[] = {
    {"groups, which servers do send",          10, "0002 001d", SW_OK},
    {"even nonsense",                          10, "ff",        SW_OK},
    {"point formats",                          11, "01 00",     SW_OK},
    {"compressed points alone",                11, "01 01",     SW_ERR_EXTENSION_VALUE},
    {"compressed points beside",               11, "02 01 00",  SW_OK},
    {"no point formats",                       11, "00",        SW_ERR_EXTENSION_DECODE},
    {"schemes, which are never an answer",     13, "0002 0401", SW_ERR_UNSOLICITED_EXTENSION},
    {"schemes for certificates",               50, "0002 0401", SW_ERR_UNSOLICITED_EXTENSION},
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

SW_TEST_SUITE(ext_crypto){
    SW_TEST(offers_are_judged),
    SW_TEST(answers_are_judged),
};
