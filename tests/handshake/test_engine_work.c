/* Buffers and keys: how much a connection holds, and when it gives it back. */
#include "tests/handshake/pair.h"
#include <stdio.h>

static const char name[] = "server.example";

/* A handshake that has stopped half-way holds little: whoever opens thousands gains little by it. */
static void a_half_open_handshake_is_small(void)
{
    static const char *const suites[] = {"0x003C", "0xC02F", "0x009E"};
    enum { HELD_MAX = (64 << 20) / 10000 }; /* ten thousand of them in 64 MiB */

    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct pair p;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, suites[i]));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= HELD_MAX);
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0)); /* the flight is away */
        CU_ASSERT_FALSE(sw_conn_established(p.server));
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= HELD_MAX);
        if (sw_conn_memory(p.server) > HELD_MAX)
            printf("%s: %zu bytes\n", suites[i], sw_conn_memory(p.server));
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

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
    SW_TEST(a_half_open_handshake_is_small),
    SW_TEST(an_idle_connection_is_small),
};
