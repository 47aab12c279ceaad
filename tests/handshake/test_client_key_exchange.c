/* ClientKeyExchange of each kind: lengths that lie, values that are none, and values that are somebody else's. */
#include "tests/handshake/middle_swap.h"

#define RSA "0x003C", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE
#define DHE "0x0067", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE
#define ECDHE "0xC02F", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE
#define ZEROS "0000000000000000"

/*
 * The length of the message is no secret, and a field that lies about it is told. What lies inside is: whether it is of
 * the wrong length for the key, or decrypts to nonsense, shows only where the client proves that it knows the secret:
 * in CertificateVerify the transcript shows it first.
 */
/* clang-format off */
static const struct swap_row rsa[] = {
    {RSA, "*",            SW_OK,            NULL, NULL},
    {RSA, "",             SW_ERR_DECODE,    NULL, NULL},
    {RSA, ".",            SW_ERR_DECODE,    NULL, NULL},
    {RSA, "-",            SW_ERR_DECODE,    NULL, NULL},
    {RSA, "* 00",         SW_ERR_DECODE,    NULL, NULL},
    {RSA, ".> *",         SW_ERR_DECODE,    NULL, NULL},
    {RSA, "00ff *",       SW_ERR_DECODE,    NULL, NULL},
    {RSA, "0000",         SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, "0001 00",      SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, "00ff -",       SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, "0101 * 00",    SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, ".. ^ *",       SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, "- ^",          SW_ERR_SIGNATURE, NULL, NULL},
    {RSA, ".. ffff *",    SW_ERR_SIGNATURE, NULL, NULL}, /* at least the modulus, most likely */
};

static const struct swap_row dhe[] = {
    {DHE, "*",            SW_OK,            NULL, NULL},
    {DHE, "",             SW_ERR_DECODE,    NULL, NULL},
    {DHE, ".",            SW_ERR_DECODE,    NULL, NULL},
    {DHE, "-",            SW_ERR_DECODE,    NULL, NULL},
    {DHE, "* 00",         SW_ERR_DECODE,    NULL, NULL},
    {DHE, ".> *",         SW_ERR_DECODE,    NULL, NULL},
    {DHE, "00ff *",       SW_ERR_DECODE,    NULL, NULL},
    {DHE, "0000",         SW_ERR_DECODE,    NULL, NULL}, /* dh_Yc<1..2^16-1> */
    {DHE, "0001 00",      SW_ERR_KEY_SHARE, NULL, NULL},
    {DHE, "0001 01",      SW_ERR_KEY_SHARE, NULL, NULL},
    {DHE, "0001 02",      SW_ERR_SIGNATURE, NULL, NULL}, /* a value like any other */
    {DHE, "0101 01 * 00", SW_ERR_KEY_SHARE, NULL, NULL}, /* a byte longer than p */
    {DHE, "- ^",          SW_ERR_SIGNATURE, NULL, NULL},
};

static const struct swap_row ecdhe[] = {
    {ECDHE, "*",            SW_OK,            NULL, NULL},
    {ECDHE, "",             SW_ERR_DECODE,    NULL, NULL},
    {ECDHE, "-",            SW_ERR_DECODE,    NULL, NULL},
    {ECDHE, "* 00",         SW_ERR_DECODE,    NULL, NULL},
    {ECDHE, "> *",          SW_ERR_DECODE,    NULL, NULL},
    {ECDHE, "< *",          SW_ERR_DECODE,    NULL, NULL},
    {ECDHE, "00",           SW_ERR_DECODE,    NULL, NULL}, /* point<1..2^8-1> */
    {ECDHE, "< -",          SW_ERR_KEY_SHARE, NULL, NULL},
    {ECDHE, "> * 00",       SW_ERR_KEY_SHARE, NULL, NULL},
    {ECDHE, "01 00",        SW_ERR_KEY_SHARE, NULL, NULL},
    {ECDHE, "20" ZEROS ZEROS ZEROS ZEROS, SW_ERR_KEY_SHARE, NULL, NULL}, /* RFC 7748 6.1: of small order */
    {ECDHE, "- ^",          SW_ERR_SIGNATURE, NULL, NULL},
};
/* clang-format on */

static void to_an_rsa_key(void)
{
    SWAP_RUN(rsa);
}

static void finite_fields(void)
{
    SWAP_RUN(dhe);
}

static void curves(void)
{
    SWAP_RUN(ecdhe);
}

SW_TEST_SUITE(client_key_exchange){
    SW_TEST(to_an_rsa_key),
    SW_TEST(finite_fields),
    SW_TEST(curves),
};
