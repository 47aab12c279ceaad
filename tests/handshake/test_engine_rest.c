/* A server that waits: how little it holds, wherever the client has stopped, and that it goes on from there. */
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

enum { HELD_MAX = (64 << 20) / 10000 }; /* ten thousand half-open handshakes in 64 MiB */

static const char name[] = "server.example";
static const char *const suites[] = {"0x003C", "0xC02F", "0x009E", "0x1301", "0x1302", "0x1303"};

static void open_with(struct pair *p, const char *suite, bool mutual)
{
    pair_open(p, mutual);
    if (strncmp(suite, "0x13", 4) == 0) {
        SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
    }
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, suite));
    pair_connect(p, name);
}

static void held_little(const struct pair *p, const char *suite, const char *where, size_t at)
{
    CU_ASSERT_TRUE(sw_conn_memory(p->server) <= HELD_MAX);
    if (sw_conn_memory(p->server) > HELD_MAX)
        printf("%s: %zu bytes after %zu of %s\n", suite, sw_conn_memory(p->server), at, where);
}

/*
 * Of what the client has to say now, one byte after the other; the server looks for more each time, as whoever polls
 * its socket does.
 */
static void bit_by_bit(struct pair *p, const char *suite, const char *where)
{
    size_t len, room;

    (void)sw_conn_out_buf(p->client, &len);
    CU_ASSERT_TRUE(len > 60);
    for (size_t at = 1; at < len; at++) {
        CU_ASSERT_TRUE(pair_carry(p->client, p->server, 1));
        CU_ASSERT_PTR_NOT_NULL(sw_conn_in_buf(p->server, &room));
        CU_ASSERT_TRUE(room > 0);
        held_little(p, suite, where, at);
    }
}

static void every_half_of_a_hello(void)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct pair p;

        open_with(&p, suites[i], true);
        held_little(&p, suites[i], "nothing", 0);
        bit_by_bit(&p, suites[i], "the hello");
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/* The server has sent its flight; the client's next record comes in part. */
static void every_half_of_an_answer(void)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct pair p;
        size_t len;

        open_with(&p, suites[i], false);
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        while (pair_carry(p.server, p.client, 0))
            ;
        CU_ASSERT_FALSE(sw_conn_established(p.server));
        held_little(&p, suites[i], "its flight", 0);
        for (size_t at = 1; at < 5 + 4 + 32; at++) { /* ClientKeyExchange has at least that */
            CU_ASSERT_TRUE(pair_carry(p.client, p.server, 1));
            CU_ASSERT_PTR_NOT_NULL(sw_conn_in_buf(p.server, &len));
            held_little(&p, suites[i], "the answer", at);
        }
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/* The next record begins before the flight is away. */
static void begun_before_the_flight_is_away(void)
{
    static const uint8_t begun[] = {22, 3, 3, 1, 6, 16};
    struct pair p;
    size_t room;
    uint8_t *to;

    open_with(&p, "0x003C", false);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    to = sw_conn_in_buf(p.server, &room);
    CU_ASSERT_TRUE_FATAL(to != NULL && room >= sizeof begun);
    memcpy(to, begun, sizeof begun);
    SW_ASSERT_OK(sw_conn_in_ack(p.server, sizeof begun));
    CU_ASSERT_TRUE(sw_conn_memory(p.server) > HELD_MAX);
    while (pair_carry(p.server, p.client, 100))
        ;
    held_little(&p, "0x003C", "the next record", sizeof begun);
    /* the rest of it */
    (void)sw_conn_out_buf(p.client, &room);
    SW_ASSERT_OK(sw_conn_out_ack(p.client, sizeof begun));
    CU_ASSERT_TRUE(pair_run(&p));
    pair_close(&p);
}

/* A hello in records of a few bytes is kept as it comes, and nothing beside it. */
static void a_hello_in_small_records(void)
{
    for (size_t piece = 1; piece < 40; piece += 6) {
        struct pair p;
        const uint8_t *hello;
        size_t len, room;

        open_with(&p, "0xC02F", true);
        hello = sw_conn_out_buf(p.client, &len);
        for (size_t at = 5; at < len; at += piece) {
            size_t n = len - at < piece ? len - at : piece;
            uint8_t *to = sw_conn_in_buf(p.server, &room);

            CU_ASSERT_TRUE_FATAL(to != NULL && room >= 5 + n);
            memcpy(to, (const uint8_t[]){22, 3, 1, 0, (uint8_t)n}, 5);
            memcpy(to + 5, hello + at, n);
            SW_ASSERT_OK(sw_conn_in_ack(p.server, 5 + n));
            if (at + n < len)
                held_little(&p, "0xC02F", "small records", at);
        }
        SW_ASSERT_OK(sw_conn_out_ack(p.client, len));
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/* A stranger who says that a long record follows gets room for what he sends of it. */
static void room_is_earned(void)
{
    static const uint8_t head[] = {22, 3, 1, 0x40, 0};
    struct pair p;
    size_t base, room;

    pair_open(&p, true);
    pair_connect(&p, name);
    base = sw_conn_memory(p.server);
    for (size_t sent = 0; sent < sizeof head + 0x4000; sent++) {
        uint8_t *to = sw_conn_in_buf(p.server, &room);

        CU_ASSERT_PTR_NOT_NULL_FATAL(to);
        *to = sent < sizeof head ? head[sent] : sent == sizeof head ? 1 : 0xff; /* a ClientHello that is longer still */
        SW_ASSERT_ERR(sw_conn_in_ack(p.server, 1), sent < sizeof head + 0x3fff ? SW_OK : SW_ERR_MESSAGE_SIZE);
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= (sent < 3000 ? base : base + 5 * sent));
    }
    pair_close(&p);
}

/*
 * What was written to room that went back with the buffers is not taken for what the peer said: the caller must ask for
 * room anew.
 */
static void an_ack_behind_the_buffers(void)
{
    struct pair p;
    size_t len, room;
    uint8_t *to;

    open_with(&p, suites[0], true);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(to = sw_conn_in_buf(p.server, &room));
    memset(to, 0, 5);
    CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.server, &len));
    pair_carry(p.server, p.client, 0); /* the last of its flight: it holds no buffers any more */
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, 5), SW_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(sw_conn_error(p.server), SW_OK);
    CU_ASSERT_TRUE(pair_run(&p));
    pair_close(&p);
}

/* Nor is what nobody asked room for. */
static void an_ack_without_room(void)
{
    struct pair p;
    size_t room;

    pair_establish(&p, false);
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, 1), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(sw_conn_in_buf(p.server, &room));
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, room + 1), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(sw_conn_in_buf(p.server, &room));
    sw_conn_release(p.server);
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, 1), SW_ERR_ARGUMENT);
    pair_exchange(&p);
    pair_close(&p);
}

SW_TEST_SUITE(engine_rest){
    SW_TEST(an_ack_behind_the_buffers),
    SW_TEST(an_ack_without_room),
    SW_TEST(every_half_of_a_hello),
    SW_TEST(every_half_of_an_answer),
    SW_TEST(begun_before_the_flight_is_away),
    SW_TEST(a_hello_in_small_records),
    SW_TEST(room_is_earned),
};
