/* Records out: none longer than the peer takes, and a full buffer is said to be full. */
#include "record/record.h"
#include "tests/handshake/pair.h"
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

static void both_ways(struct pair *p)
{
    CU_ASSERT_TRUE(pair_send(p, p->client, p->server, 50000));
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 50000));
}

static void sizes_are_kept(void)
{
    static const long limits[] = {64, 512, 4096, 16384};

    for (size_t i = 0; i < 4; i++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_RECORD_SIZE_LIMIT, limits[i]));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        both_ways(&p);
        pair_close(&p);
    }
    for (long code = 512; code <= 4096; code *= 2) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, code));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        both_ways(&p);
        pair_close(&p);
    }
}

/* Whoever writes and does not send is stopped before the third full record, and goes on where he stopped. */
static void output_is_bounded(void)
{
    enum { ALL = 100000 };
    uint8_t *data = calloc(1, ALL), *got = malloc(ALL);
    size_t taken, more, read = 0, n;
    struct pair p;

    pair_establish(&p, false);
    SW_ASSERT_OK(sw_conn_write(p.client, data, ALL, &taken));
    CU_ASSERT_EQUAL(taken, 2 * SW_RECORD_PLAIN_MAX);
    SW_ASSERT_OK(sw_conn_write(p.client, data, ALL - taken, &more));
    CU_ASSERT_EQUAL(more, 0);
    while (pair_carry(p.client, p.server, 0))
        while (sw_conn_read(p.server, got + read, ALL - read, &n) == SW_OK && n > 0)
            read += n;
    CU_ASSERT_EQUAL(read, taken);
    SW_ASSERT_OK(sw_conn_write(p.client, data, ALL - taken, &more));
    CU_ASSERT_EQUAL(more, 2 * SW_RECORD_PLAIN_MAX);
    free(data);
    free(got);
    pair_close(&p);
}

/*
 * A flight longer than a record may be is cut, its messages are not kept apart (RFC 5246 6.2.1), and no record holds
 * more than was set.
 */
static void flights_are_cut(void)
{
    struct pair p;
    const uint8_t *out;
    size_t len, records = 0;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_MAX_SEND, 100));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    out = sw_conn_out_buf(p.server, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (size_t at = 0, body; at < len; at += SW_RECORD_HEADER + body, records++) {
        bool last;

        CU_ASSERT_EQUAL(out[at], SW_CT_HANDSHAKE);
        body = (size_t)out[at + 3] << 8 | out[at + 4];
        last = at + SW_RECORD_HEADER + body >= len;
        CU_ASSERT_TRUE(last ? body <= 100 : body == 100);
    }
    CU_ASSERT_TRUE(records > 5);
    CU_ASSERT_TRUE(pair_run(&p));
    pair_close(&p);
}

SW_TEST_SUITE(engine_out){
    SW_TEST(sizes_are_kept),
    SW_TEST(output_is_bounded),
    SW_TEST(flights_are_cut),
};
