/* Versions, extended master secret, tickets, renegotiation_info: bodies of these extensions. */
#include "tests/handshake/ext_bodies.h"

/* clang-format off */
static const struct ext_body offers[] = {
    {"versions",                        43, "04 0304 0303",                SW_OK},
    {"no versions",                     43, "00",                          SW_ERR_EXTENSION_DECODE},
    {"half a version",                  43, "03 0304 03",                  SW_ERR_EXTENSION_DECODE},
    {"versions with a byte behind",     43, "02 0303 00",                  SW_ERR_EXTENSION_DECODE},
    {"extended master secret",          23, "",                            SW_OK},
    {"with a body",                     23, "00",                          SW_ERR_EXTENSION_DECODE},
    {"no ticket yet",                   35, "",                            SW_OK},
    {"a ticket",                        35, "00010203",                    SW_OK},
    {"a first handshake",            65281, "00",                          SW_OK},
    {"an empty body",                65281, "",                            SW_ERR_EXTENSION_DECODE},
    {"with verify_data",             65281, "0c 000102030405060708090a0b", SW_OK}, /* ClientHello refuses it */
    {"a length that lies",           65281, "05 00",                       SW_ERR_EXTENSION_DECODE},
    {"a first handshake, and more",  65281, "00 00",                       SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

/* clang-format off */
static const struct ext_body answers[] = {
    {"a version, which only TLS 1.3 answers",     43, "0304",                        SW_ERR_UNSOLICITED_EXTENSION},
    {"extended master secret",                    23, "",                            SW_OK},
    {"with a body",                               23, "00",                          SW_ERR_EXTENSION_DECODE},
    {"a ticket to come",                          35, "",                            SW_OK},
    {"a ticket where it does not belong",         35, "00010203",                    SW_ERR_EXTENSION_DECODE},
    {"a first handshake",                      65281, "00",                          SW_OK},
    {"an empty body",                          65281, "",                            SW_ERR_EXTENSION_DECODE},
    {"a length that lies",                     65281, "05 00",                       SW_ERR_EXTENSION_DECODE},
    {"a first handshake, and more",            65281, "00 00",                       SW_ERR_EXTENSION_DECODE},
    {"with verify_data",                       65281, "0c 000102030405060708090a0b", SW_ERR_RENEGOTIATION_INFO},
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

SW_TEST_SUITE(ext_session){
    SW_TEST(offers_are_judged),
    SW_TEST(answers_are_judged),
};
