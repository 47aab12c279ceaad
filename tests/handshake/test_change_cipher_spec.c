/* ChangeCipherSpec: one byte, one value, and what it does to the keys in force. */
#include "handshake/engine.h"
#include "tests/handshake/middle_swap.h"

/* clang-format off */
static const struct swap_row rows[] = {
#define CCS_TO(side) "0x003C", side, SWAP_CCS
    {CCS_TO(MIDDLE_SERVER), "01",     SW_OK,                     NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "01",     SW_OK,                     NULL, NULL},
    {CCS_TO(MIDDLE_SERVER), "",       SW_ERR_RECORD_EMPTY,       NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "",       SW_ERR_RECORD_EMPTY,       NULL, NULL},
    {CCS_TO(MIDDLE_SERVER), "00",     SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_SERVER), "02",     SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "02",     SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "81",     SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_SERVER), "ff",     SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_SERVER), "0101",   SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "0100",   SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
    {CCS_TO(MIDDLE_CLIENT), "0001",   SW_ERR_CHANGE_CIPHER_SPEC, NULL, NULL},
};
/* clang-format on */

static void one_byte(void)
{
    SWAP_RUN(rows);
}

/* The direction that it came from, from its first record on; the other waits for its own. */
static void keys_change(void)
{
    static const uint8_t bodies[][2] = {{1}, {0}, {2}, {1, 1}};
    static const size_t lens[] = {1, 1, 1, 2};

    for (size_t i = 0; i < 4; i++) {
        struct pair p;
        struct sw_conn *conn;
        bool good = i == 0;

        pair_open(&p, false);
        pair_connect(&p, "server.example");
        conn = p.server;
        SW_ASSERT_OK(sw_engine_work(conn));
        conn->hs->next_in = (struct sw_record_secrets){.bulk = &sw_bulk_aes128_gcm, .version = SW_TLS12};
        conn->hs->next_out = conn->hs->next_in;
        memset(conn->hs->next_in.key, 7, sizeof conn->hs->next_in.key);
        SW_ASSERT_ERR(sw_change_cipher_spec_recv(conn, (struct sw_slice){bodies[i], lens[i]}),
                      good ? SW_OK : SW_ERR_CHANGE_CIPHER_SPEC);
        CU_ASSERT_PTR_EQUAL(conn->in.bulk, good ? &sw_bulk_aes128_gcm : NULL);
        CU_ASSERT_EQUAL(conn->in.key[15], good ? 7 : 0);
        CU_ASSERT_EQUAL(conn->in.seq, 0);
        CU_ASSERT_PTR_NULL(conn->out.bulk);
        CU_ASSERT_EQUAL(conn->hs->next_in.key[15], good ? 0 : 7); /* kept once */
        pair_close(&p);
    }
}

SW_TEST_SUITE(change_cipher_spec){
    SW_TEST(one_byte),
    SW_TEST(keys_change),
};
