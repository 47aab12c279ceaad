/* CertificateVerify: right with each kind of key and hash, and every way to be wrong. */
#include "tests/handshake/middle_swap.h"

#define VERIFY(suite) suite, MIDDLE_SERVER, SW_CERTIFICATE_VERIFY

/* clang-format off */
static const struct swap_row good[] = {
    /* the PRF's hash and others; EdDSA signs the messages themselves */
    {VERIFY("0x003C"), "*", SW_OK, "client-rsa",     "rsa_pkcs1_sha256"},
    {VERIFY("0x003C"), "*", SW_OK, "client-rsa",     "rsa_pkcs1_sha384"},
    {VERIFY("0x003C"), "*", SW_OK, "client-rsa",     "rsa_pkcs1_sha512"},
    {VERIFY("0x003C"), "*", SW_OK, "client-rsa",     "rsa_pss_rsae_sha256"},
    {VERIFY("0xC030"), "*", SW_OK, "client-rsa",     "rsa_pss_rsae_sha256"},
    {VERIFY("0xC030"), "*", SW_OK, "client-rsa",     "rsa_pss_rsae_sha384"},
    {VERIFY("0x003C"), "*", SW_OK, "client-p256",    NULL},
    {VERIFY("0xC030"), "*", SW_OK, "client-p256",    NULL},
    {VERIFY("0x003C"), "*", SW_OK, "server-ed25519", NULL},
};

static const struct swap_row bad[] = {
    {VERIFY("0x003C"), "",             SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), ".",            SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "..",           SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "...",          SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "....",         SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "-",            SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "* 00",         SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "...> *",       SW_ERR_DECODE,    NULL, NULL},
    {VERIFY("0x003C"), "..00ff *",     SW_ERR_DECODE,    NULL, NULL},
    /* lengths that are right, of signatures that are not */
    {VERIFY("0x003C"), ".. 0000",      SW_ERR_SIGNATURE, NULL, NULL},
    {VERIFY("0x003C"), ".. 00ff -",    SW_ERR_SIGNATURE, NULL, NULL},
    {VERIFY("0x003C"), ".. 0101 * 00", SW_ERR_SIGNATURE, NULL, NULL},
    {VERIFY("0x003C"), ".... ^ *",     SW_ERR_SIGNATURE, NULL, NULL},
    {VERIFY("0x003C"), "- ^",          SW_ERR_SIGNATURE, NULL, NULL}, /* the last byte */
    {VERIFY("0x003C"), ".... ^ *",     SW_ERR_SIGNATURE, "client-p256",    NULL}, /* no SEQUENCE */
    {VERIFY("0x003C"), ".... ....... ^ *", SW_ERR_SIGNATURE, "client-p256", NULL},
    {VERIFY("0x003C"), ".... ^ *",     SW_ERR_SIGNATURE, "server-ed25519", NULL},
    {VERIFY("0x003C"), ".. 003f -",    SW_ERR_SIGNATURE, "server-ed25519", NULL},
    /* another scheme that fits the key */
    {VERIFY("0x003C"), "0401 *",       SW_ERR_SIGNATURE, "client-rsa",  "rsa_pss_rsae_sha256"},
    {VERIFY("0x003C"), "0804 *",       SW_ERR_SIGNATURE, "client-rsa",  "rsa_pkcs1_sha256"},
    {VERIFY("0x003C"), "0501 *",       SW_ERR_SIGNATURE, "client-rsa",  "rsa_pkcs1_sha256"},
    {VERIFY("0x003C"), "0503 *",       SW_ERR_SIGNATURE, "client-p256", NULL},
    /* and one that does not, or that was not in our CertificateRequest */
    {VERIFY("0x003C"), "0403 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY("0x003C"), "0807 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY("0x003C"), "0809 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY("0x003C"), "0401 *",       SW_ERR_SIGNATURE_SCHEME, "client-p256",    NULL},
    {VERIFY("0x003C"), "0808 *",       SW_ERR_SIGNATURE_SCHEME, "server-ed25519", NULL},
    {VERIFY("0x003C"), "0201 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL}, /* SHA-1 */
    {VERIFY("0x003C"), "0101 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL}, /* MD5 */
    {VERIFY("0x003C"), "0000 *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY("0x003C"), "ffff *",       SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
};
/* clang-format on */

static void right_ones(void)
{
    SWAP_RUN(good);
}

static void wrong_ones(void)
{
    SWAP_RUN(bad);
}

/* A signature is over this handshake: any message before it that came otherwise shows, though the server took it. */
static const struct swap_row another_handshake[] = {
    {"0x003C", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE, ".. ^ *", SW_ERR_SIGNATURE, NULL, NULL},
    {"0xC030", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE, ". ^ *", SW_ERR_SIGNATURE, NULL, NULL},
    {"0x003C", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE, ".. ^ *", SW_ERR_SIGNATURE, "server-ed25519", NULL},
    {"0x003C", MIDDLE_SERVER, SW_CLIENT_KEY_EXCHANGE, ".. ^ *", SW_ERR_SIGNATURE, "client-rsa", "rsa_pkcs1_sha512"},
};

static void over_this_handshake(void)
{
    SWAP_RUN(another_handshake);
}

/* --- TLS 1.3: from both sides -------------------------------------------------------------------------------------------------- */

#define VERIFY13(side) "0x1301", side, SW_CERTIFICATE_VERIFY
#define WITH_384(side) "0x1302", side, SW_CERTIFICATE_VERIFY

/* clang-format off */
static const struct swap_row tls13[] = {
    {VERIFY13(MIDDLE_CLIENT), "*",        SW_OK,                   NULL, NULL},
    {WITH_384(MIDDLE_CLIENT), "*",        SW_OK,                   NULL, NULL},
    {VERIFY13(MIDDLE_SERVER), "*",        SW_OK,                   "client-rsa",     "rsa_pss_rsae_sha256"},
    {VERIFY13(MIDDLE_SERVER), "*",        SW_OK,                   "client-rsa",     "rsa_pss_rsae_sha512"},
    {VERIFY13(MIDDLE_SERVER), "*",        SW_OK,                   "client-p256",    NULL},
    {WITH_384(MIDDLE_SERVER), "*",        SW_OK,                   "server-p384",    NULL},
    {VERIFY13(MIDDLE_SERVER), "*",        SW_OK,                   "server-ed25519", NULL},
    {VERIFY13(MIDDLE_CLIENT), "",         SW_ERR_DECODE,           NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), "...",      SW_ERR_DECODE,           NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), "-",        SW_ERR_DECODE,           NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), "* 00",     SW_ERR_DECODE,           NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), ".. 0000",  SW_ERR_SIGNATURE,        NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), ".... ^ *", SW_ERR_SIGNATURE,        NULL, NULL},
    {VERIFY13(MIDDLE_SERVER), "- ^",      SW_ERR_SIGNATURE,        NULL, NULL},
    {VERIFY13(MIDDLE_CLIENT), "0806 *",   SW_ERR_SIGNATURE,        NULL, NULL}, /* it was made with another hash */
    {VERIFY13(MIDDLE_CLIENT), "0401 *",   SW_ERR_SIGNATURE_SCHEME, NULL, NULL}, /* PKCS#1 v1.5 is none (RFC 8446 4.4.3) */
    {VERIFY13(MIDDLE_SERVER), "0401 *",   SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY13(MIDDLE_SERVER), "0201 *",   SW_ERR_SIGNATURE_SCHEME, NULL, NULL},
    {VERIFY13(MIDDLE_SERVER), "0403 *",   SW_ERR_SIGNATURE_SCHEME, NULL, NULL}, /* of another kind of key */
    {VERIFY13(MIDDLE_SERVER), "0503 *",   SW_ERR_SIGNATURE_SCHEME, "client-p256", NULL}, /* of another curve */
    {VERIFY13(MIDDLE_SERVER), "0809 *",   SW_ERR_SIGNATURE_SCHEME, NULL, NULL}, /* of an RSASSA-PSS key */
};
/* clang-format on */

static void in_tls13(void)
{
    SWAP_RUN(tls13);
}

SW_TEST_SUITE(certificate_verify){
    SW_TEST(right_ones),
    SW_TEST(wrong_ones),
    SW_TEST(over_this_handshake),
    SW_TEST(in_tls13),
};
