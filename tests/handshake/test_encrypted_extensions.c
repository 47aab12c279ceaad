/* EncryptedExtensions: answers where they belong, and what belongs elsewhere or was not asked for. */
#include "tests/handshake/middle_swap.h"

#define AT "0x1301", MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS

/* clang-format off */
static const struct swap_row rows[] = {
    {AT, "*",                        SW_OK,                        NULL, NULL},
    {AT, "0004 000a 0000",           SW_ERR_SIGNATURE,              NULL, NULL}, /* legal, but not what the server has signed */
    {AT, "0004 002a 0000",           SW_ERR_UNSOLICITED_EXTENSION, NULL, NULL}, /* early_data: not offered */
    {AT, "0004 fafa 0000",           SW_ERR_UNSOLICITED_EXTENSION, NULL, NULL}, /* unknown */
    {AT, "0004 0010 0000",           SW_ERR_UNSOLICITED_EXTENSION, NULL, NULL}, /* ALPN: not offered */
    {AT, "0008 0033 0004 001d 0000", SW_ERR_EXTENSION_VALUE,       NULL, NULL}, /* key_share: belongs elsewhere */
    {AT, "0006 002b 0002 0304",      SW_ERR_EXTENSION_VALUE,       NULL, NULL}, /* supported_versions: the same */
    {AT, "0006 000d 0002 0403",      SW_ERR_EXTENSION_VALUE,       NULL, NULL}, /* signature_algorithms: a CertificateRequest's */
    {AT, "0008 0000 0000 0000 0000", SW_ERR_DUPLICATE_EXTENSION,   NULL, NULL},
    {AT, "0005 0000 0001 00",        SW_ERR_EXTENSION_DECODE,      NULL, NULL}, /* server_name is empty */
    {AT, "0005 0000 0000",           SW_ERR_DECODE,                NULL, NULL},
    {AT, "0003 0000 0000",           SW_ERR_DECODE,                NULL, NULL},
    {AT, "",                         SW_ERR_DECODE,                NULL, NULL},
};
/* clang-format on */

static void what_may_stand_there(void)
{
    SWAP_RUN(rows);
}

SW_TEST_SUITE(encrypted_extensions){
    SW_TEST(what_may_stand_there),
};
