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

/* clang-format off */
static const struct body_row tls13[] = {
    {"", SW_ERR_DECODE},
    {"00", SW_ERR_DECODE},
    {"00" "0000", SW_ERR_MISSING_EXTENSION},                                /* RFC 8446 4.3.2: signature_algorithms must be there */
    {"00" "0004" "fafa0000", SW_ERR_MISSING_EXTENSION},
    {"01aa" "0008" "000d00040002" "0804", SW_ERR_EXTENSION_VALUE},          /* no context in a handshake */
    {"00" "0006" "000d00020000", SW_ERR_EXTENSION_DECODE},                  /* no algorithms */
    {"00" "0007" "000d00030001" "08", SW_ERR_EXTENSION_DECODE},
    {"00" "0008" "000d00040002" "0804" "00", SW_ERR_DECODE},
    {"00" "0009" "000d00040002" "0804", SW_ERR_DECODE},
    {"00" "000c" "000d00040002" "0804" "00330000", SW_ERR_EXTENSION_VALUE}, /* key_share: belongs elsewhere */
    {"00" "0010" "000d00040002" "0804" "000d00040002" "0804", SW_ERR_DUPLICATE_EXTENSION},
    {"00" "000e" "000d00040002" "0804" "002f00020000", SW_ERR_EXTENSION_DECODE}, /* authorities, but none */
    /* legal, but not what the server has signed */
    {"00" "000c" "000d00040002" "0804" "fafa0000", SW_ERR_SIGNATURE},
    {"00" "0010" "00050000" "00120000" "000d00040002" "0804", SW_ERR_SIGNATURE},
};
/* clang-format on */

static void bodies_of_tls13(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass_body;
    for (size_t i = 0; i < sizeof tls13 / sizeof *tls13; i++) {
        struct pair p;

        body_current = &tls13[i];
        done = false;
        middle_connect(m, &p, "0x1301");
        middle_run(m);
        CU_ASSERT_TRUE(done);
        if (!middle_check(m, MIDDLE_CLIENT, body_current->err)) {
            printf("%s: %s\n", body_current->body, sw_conn_error_text(m->side[MIDDLE_CLIENT]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(certificate_request){
    SW_TEST(bodies_are_judged),
    SW_TEST(bodies_of_tls13),
};
