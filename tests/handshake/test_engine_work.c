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

/* A stranger who says that a long record follows gets room for what he sends of it. */
static void room_is_earned(void)
{
    static const uint8_t head[] = {22, 3, 1, 0x40, 0};
    struct pair p;
    size_t base = 0, room;

    pair_open(&p, true);
    pair_connect(&p, name);
    for (size_t sent = 0; sent < sizeof head + 0x4000; sent++) {
        uint8_t *to = sw_conn_in_buf(p.server, &room);

        CU_ASSERT_PTR_NOT_NULL_FATAL(to);
        *to = sent < sizeof head ? head[sent] : sent == sizeof head ? 1 : 0xff; /* a ClientHello that is longer still */
        SW_ASSERT_ERR(sw_conn_in_ack(p.server, 1), sent < sizeof head + 0x3fff ? SW_OK : SW_ERR_MESSAGE_SIZE);
        if (sent == 0)
            base = sw_conn_memory(p.server);
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= base + 2 * (sent + 1));
    }
    pair_close(&p);
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
    SW_TEST(room_is_earned),
    SW_TEST(an_idle_connection_is_small),
};
