/* Buffers and keys: how much a connection holds, and when it gives it back. */
#include "tests/handshake/pair.h"

static const char name[] = "server.example";

static void an_idle_connection_is_small(void)
{
    struct pair p;

    pair_open(&p, true);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 50000));
    sw_conn_release(p.server);
    CU_ASSERT_TRUE(sw_conn_memory(p.server) <= 1500);
    /* and works on */
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 50000));
    CU_ASSERT_TRUE(pair_send(&p, p.server, p.client, 50000));
    pair_close(&p);
}

SW_TEST_SUITE(engine_work){
    SW_TEST(an_idle_connection_is_small),
};
