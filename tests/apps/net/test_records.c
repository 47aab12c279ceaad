/*
 * Records and plaintext between a connection and libevent's buffers: how much at a time, what is counted, the end and a
 * failure.
 */
#include "apps/net/records.h"
#include "tests/handshake/pair.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pair pair;
static struct evbuffer *wire, *plain;
static uint64_t moved;

static void setup(void)
{
    pair_establish(&pair, true);
    wire = evbuffer_new();
    plain = evbuffer_new();
    moved = 0;
    CU_ASSERT_TRUE_FATAL(wire && plain);
}

static void teardown(void)
{
    evbuffer_free(wire);
    evbuffer_free(plain);
    pair_close(&pair);
}

static void fill(size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t b = (uint8_t)(i * 31 + i / 256);
        CU_ASSERT_EQUAL_FATAL(evbuffer_add(plain, &b, 1), 0);
    }
}

/* What waits in wire reaches the server; its plaintext in pieces of `most`, compared with fill's. */
static void arrive(size_t len, size_t most)
{
    uint64_t received = 0;
    size_t at = 0, all = evbuffer_get_length(wire);
    struct evbuffer *dst = evbuffer_new();
    do {
        size_t room = most;
        CU_ASSERT_TRUE(records_read(pair.server, dst, &room));
        CU_ASSERT_EQUAL(evbuffer_get_length(dst), most - room);
        for (uint8_t b; evbuffer_remove(dst, &b, 1) == 1; at++)
            CU_ASSERT_EQUAL(b, (uint8_t)(at * 31 + at / 256));
    } while (records_feed(pair.server, wire, &received) || (sw_conn_wants(pair.server) & SW_WANT_READ));
    CU_ASSERT_EQUAL(at, len);
    CU_ASSERT_EQUAL(received, all);
    evbuffer_free(dst);
}

static void all_of_it(void)
{
    static const size_t lens[] = {1, 16384, 16385, 100000};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        setup();
        fill(lens[i]);
        CU_ASSERT_TRUE(records_write(pair.client, plain, wire, -1, &moved));
        CU_ASSERT_EQUAL(evbuffer_get_length(plain), 0);
        CU_ASSERT_EQUAL(evbuffer_get_length(wire), moved);
        arrive(lens[i], 1000);
        teardown();
    }
}

/*
 * No further than the limit and the rest of a record; with it at nothing, a record still goes, so that something moves.
 */
static void as_much_as_may_be(void)
{
    setup();
    fill(100000);
    CU_ASSERT_TRUE(records_write(pair.client, plain, wire, 20000, &moved));
    CU_ASSERT_TRUE(moved >= 20000 && moved < 20000 + 17000);
    CU_ASSERT_TRUE(evbuffer_get_length(plain) > 0);
    uint64_t before = moved;
    CU_ASSERT_TRUE(records_write(pair.client, plain, wire, 0, &moved));
    CU_ASSERT_TRUE(moved > before && moved < before + 17000);
    CU_ASSERT_TRUE(records_write(pair.client, plain, wire, -1, &moved));
    CU_ASSERT_EQUAL(evbuffer_get_length(plain), 0);
    arrive(100000, 1 << 20);
    teardown();
}

static void from_a_socket(void)
{
    int fd[2];
    uint64_t received = 0;
    size_t room = 6;
    setup();
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    CU_ASSERT_FALSE(records_feed_from(pair.server, fd[0], &received)); /* it does not wait */
    evbuffer_add(plain, "answer", 6);
    CU_ASSERT_TRUE(records_write(pair.client, plain, wire, -1, &moved));
    CU_ASSERT_EQUAL(evbuffer_write(wire, fd[1]), (int)moved);
    CU_ASSERT_TRUE(records_feed_from(pair.server, fd[0], &received));
    CU_ASSERT_EQUAL(received, moved);
    CU_ASSERT_TRUE(records_read(pair.server, plain, &room));
    CU_ASSERT_EQUAL(memcmp(evbuffer_pullup(plain, -1), "answer", 6), 0);
    close(fd[1]);
    CU_ASSERT_FALSE(records_feed_from(pair.server, fd[0], &received));
    CU_ASSERT_EQUAL(sw_conn_error(pair.server), SW_OK);
    close(fd[0]);
    teardown();
}

static void the_peers_last_word(void)
{
    uint64_t received = 0;
    setup();
    CU_ASSERT_FALSE(records_ended(pair.server));
    sw_conn_close(pair.client);
    CU_ASSERT_TRUE(records_flush(pair.client, wire, &moved));
    CU_ASSERT_TRUE(moved > 0);
    CU_ASSERT_TRUE(records_feed(pair.server, wire, &received));
    CU_ASSERT_TRUE(records_ended(pair.server));
    CU_ASSERT_EQUAL(sw_conn_error(pair.server), SW_OK);
    teardown();
}

static void a_connection_that_failed_takes_nothing(void)
{
    uint64_t received = 0;
    setup();
    evbuffer_add(wire, "this is no record", 17);
    CU_ASSERT_TRUE(records_feed(pair.server, wire, &received)); /* bytes moved; what they did, the connection says */
    CU_ASSERT_NOT_EQUAL(sw_conn_error(pair.server), SW_OK);
    CU_ASSERT_TRUE(records_ended(pair.server));
    evbuffer_add(wire, "nor is this", 11);
    CU_ASSERT_FALSE(records_feed(pair.server, wire, &received));
    teardown();
}

SW_TEST_SUITE(records){
    SW_TEST(all_of_it),
    SW_TEST(as_much_as_may_be),
    SW_TEST(from_a_socket),
    SW_TEST(the_peers_last_word),
    SW_TEST(a_connection_that_failed_takes_nothing),
};
