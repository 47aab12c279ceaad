/* ServerHelloDone: empty, and the moment at which a client judges what came before. */
#include "tests/handshake/chain.h"
#include "tests/handshake/middle_swap.h"

#define DONE "0x003C", MIDDLE_CLIENT, SW_SERVER_HELLO_DONE

static const struct swap_row rows[] = {
    {DONE, "*", SW_OK, NULL, NULL},
    {DONE, "00", SW_ERR_DECODE, NULL, NULL},
    {DONE, "00000000", SW_ERR_DECODE, NULL, NULL},
    {"0xC02F", MIDDLE_CLIENT, SW_SERVER_HELLO_DONE, "01", SW_ERR_DECODE, NULL, NULL},
};

static void has_no_body(void)
{
    SWAP_RUN(rows);
}

/* Not before: a status and a signature may still come that say more. */
static void the_chain_is_judged_here(void)
{
    static const struct sw_slice empty = {NULL, 0}, one = {(const uint8_t *)"", 1};

    for (int wrong = 0; wrong < 2; wrong++) {
        struct chain_test t;

        chain_open(&t, SW_CLIENT, 0x003C);
        t.conn->name[0] = wrong ? 'x' : 's';
        SW_ASSERT_OK(sw_certificate_recv(t.conn, chain_body(&t, "S", 0, 0)));
        CU_ASSERT_STRING_EQUAL(t.conn->peer.name, "");
        SW_ASSERT_ERR(sw_server_hello_done_recv(t.conn, one), SW_ERR_DECODE);
        CU_ASSERT_STRING_EQUAL(t.conn->peer.name, "");
        SW_ASSERT_ERR(sw_server_hello_done_recv(t.conn, empty), wrong ? SW_ERR_CERT_NAME : SW_OK);
        CU_ASSERT_STRING_EQUAL(t.conn->peer.name, wrong ? "" : "server.example");
        chain_close(&t);
    }
}

SW_TEST_SUITE(server_hello_done){
    SW_TEST(has_no_body),
    SW_TEST(the_chain_is_judged_here),
};
