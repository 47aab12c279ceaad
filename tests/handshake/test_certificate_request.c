/* CertificateRequest with other bodies in its place. */
#include "tests/handshake/middle_swap.h"

#define REQUEST "0x003C", MIDDLE_CLIENT, SW_CERTIFICATE_REQUEST

/* clang-format off */
static const struct swap_row bodies[] = {
    {REQUEST, "",                            SW_ERR_DECODE, NULL, NULL},
    {REQUEST, "00 0002 0401 0000",           SW_ERR_DECODE, NULL, NULL}, /* RFC 5246 7.4.4: certificate_types<1..2^8-1> */
    {REQUEST, "0101 0000 0000",              SW_ERR_DECODE, NULL, NULL}, /* no algorithms */
    {REQUEST, "0101 0003 040106 0000",       SW_ERR_DECODE, NULL, NULL}, /* one and a half */
    {REQUEST, "0101 0004 0401 0000",         SW_ERR_DECODE, NULL, NULL}, /* fewer than said */
    {REQUEST, "0101 0002 0401 0000 00",      SW_ERR_DECODE, NULL, NULL}, /* a byte behind */
    {REQUEST, "0101 0002 0401 0001 00",      SW_ERR_DECODE, NULL, NULL}, /* half a length of a name */
    {REQUEST, "0101 0002 0401 0002 0000",    SW_ERR_DECODE, NULL, NULL}, /* DistinguishedName<1..2^16-1> */
    {REQUEST, "0101 0002 0401 0004 00053000", SW_ERR_DECODE, NULL, NULL}, /* longer than the list */
    {REQUEST, "0101 0002 0401",              SW_ERR_DECODE, NULL, NULL}, /* no list of names */
};
/* clang-format on */

static void bodies_are_judged(void)
{
    SWAP_RUN(bodies);
}

#define REQUEST13 "0x1301", MIDDLE_CLIENT, SW_CERTIFICATE_REQUEST

/* clang-format off */
static const struct swap_row tls13[] = {
    {REQUEST13, "", SW_ERR_DECODE, NULL, NULL},
    {REQUEST13, "00", SW_ERR_DECODE, NULL, NULL},
    {REQUEST13, "00 0000", SW_ERR_MISSING_EXTENSION, NULL, NULL}, /* RFC 8446 4.3.2: signature_algorithms must be there */
    {REQUEST13, "00 0004 fafa0000", SW_ERR_MISSING_EXTENSION, NULL, NULL},
    {REQUEST13, "01aa 0008 000d00040002 0804", SW_ERR_EXTENSION_VALUE, NULL, NULL}, /* no context in a handshake */
    {REQUEST13, "00 0006 000d00020000", SW_ERR_EXTENSION_DECODE, NULL, NULL}, /* no algorithms */
    {REQUEST13, "00 0007 000d00030001 08", SW_ERR_EXTENSION_DECODE, NULL, NULL},
    {REQUEST13, "00 0008 000d00040002 0804 00", SW_ERR_DECODE, NULL, NULL},
    {REQUEST13, "00 0009 000d00040002 0804", SW_ERR_DECODE, NULL, NULL},
    {REQUEST13, "00 000c 000d00040002 0804 00330000", SW_ERR_EXTENSION_VALUE, NULL, NULL}, /* key_share: belongs elsewhere */
    {REQUEST13, "00 0010 000d00040002 0804 000d00040002 0804", SW_ERR_DUPLICATE_EXTENSION, NULL, NULL},
    {REQUEST13, "00 000e 000d00040002 0804 002f00020000", SW_ERR_EXTENSION_DECODE, NULL, NULL}, /* authorities, but none */
    /* legal, but not what the server has signed */
    {REQUEST13, "00 000c 000d00040002 0804 fafa0000", SW_ERR_SIGNATURE, NULL, NULL},
    {REQUEST13, "00 0010 00050000 00120000 000d00040002 0804", SW_ERR_SIGNATURE, NULL, NULL},
};
/* clang-format on */

static void bodies_of_tls13(void)
{
    SWAP_RUN(tls13);
}

SW_TEST_SUITE(certificate_request){
    SW_TEST(bodies_are_judged),
    SW_TEST(bodies_of_tls13),
};
