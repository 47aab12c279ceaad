/* What only a handshake needs goes with it. */
#include "handshake/conn.h"
#include "tests/handshake/counted.h"
#include "tests/handshake/pair.h"
#include <stdlib.h>

static const char name[] = "server.example";

/* A client that gives up after `steps` carried flights: 0 before the first byte, 4 with the handshake done. */
static void give_up_after(int steps)
{
    struct counted mem = {0};
    const struct sw_allocator alloc = COUNTED_BY(&mem);
    struct sw_config *plain;
    struct pair p;
    size_t len, before;
    void *root = sw_test_file("tests/vectors/tls/root.crt", &len);

    pair_open(&p, true);
    plain = p.client_cfg;
    p.client_cfg = sw_config_new(SW_CLIENT, &alloc);
    sw_config_set_clock(p.client_cfg, pair_now, NULL);
    SW_ASSERT_OK(sw_config_add_trust(p.client_cfg, root, len));
    pair_cert(p.client_cfg, "client-rsa");
    before = mem.held;
    pair_connect(&p, name);
    CU_ASSERT_PTR_NOT_NULL(p.client->hs);
    for (int i = 0; i < steps; i++)
        (void)(i % 2 == 0 ? pair_carry(p.client, p.server, 0) : pair_carry(p.server, p.client, 0));
    CU_ASSERT_EQUAL(sw_conn_established(p.client), steps == 4);
    if (steps < 4)
        sw_conn_abort(p.client, SW_ALERT_USER_CANCELED, SW_ERR_CLOSED);
    CU_ASSERT_PTR_NULL(p.client->hs);
    sw_conn_free(p.client);
    p.client = NULL;
    CU_ASSERT_EQUAL(mem.held, before);
    CU_ASSERT_EQUAL(mem.dirty, 0);
    sw_config_free(plain);
    pair_close(&p);
    free(root);
}

/* At whatever point a handshake ends, all it held is given back, and wiped first. */
static void ends_clean_at_every_step(void)
{
    for (int steps = 0; steps <= 4; steps++)
        give_up_after(steps);
}

SW_TEST_SUITE(state){
    SW_TEST(ends_clean_at_every_step),
};
