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

SW_TEST_SUITE(certificate_request){
    SW_TEST(bodies_are_judged),
};
