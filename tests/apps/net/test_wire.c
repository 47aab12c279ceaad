/* A connection without TLS: bytes, a socket that is full, and the ends. Under TLS: that it does not wait in vain. */
#include "apps/cli/clock.h"
#include "apps/net/wire.h"
#include "tests/handshake/pair.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct wire wire;
static int peer;

static void setup(void)
{
    int fd[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    CU_ASSERT_TRUE_FATAL(wire_open(&wire, fd[0], NULL, "somebody", 60));
    peer = fd[1];
}

static void teardown(void)
{
    wire_close(&wire);
    if (peer >= 0)
        close(peer);
}

static void bytes_come_and_go(void)
{
    size_t len, taken;
    char got[16];
    setup();
    CU_ASSERT_TRUE(wire_ready(&wire));
    CU_ASSERT_PTR_NULL(wire_peek(&wire, &len));
    CU_ASSERT_FALSE(wire_turn(&wire, clock_now() - 1)); /* late */
    CU_ASSERT_EQUAL(send(peer, "answer", 6, 0), 6);
    CU_ASSERT_TRUE(wire_turn(&wire, INT64_MAX));
    const uint8_t *p = wire_peek(&wire, &len);
    CU_ASSERT_TRUE(p && len == 6 && memcmp(p, "answer", 6) == 0);
    wire_skip(&wire, 2);
    p = wire_peek(&wire, &len);
    CU_ASSERT_TRUE(p && len == 4 && memcmp(p, "swer", 4) == 0);
    wire_skip(&wire, 4);
    CU_ASSERT_PTR_NULL(wire_peek(&wire, &len));
    CU_ASSERT_TRUE(wire_write(&wire, "request", 7, &taken));
    CU_ASSERT_EQUAL(taken, 7);
    CU_ASSERT_EQUAL(recv(peer, got, sizeof got, 0), 7);
    teardown();
}

static void a_full_socket_is_waited_for(void)
{
    static const uint8_t zeros[65536];
    size_t taken = 1, all = 0;
    ssize_t n;
    uint8_t dust[65536];
    setup();
    while (taken) {
        CU_ASSERT_TRUE_FATAL(wire_write(&wire, zeros, sizeof zeros, &taken));
        all += taken;
    }
    CU_ASSERT_FALSE(wire_turn(&wire, clock_now() + 20)); /* nobody reads */
    while ((n = recv(peer, dust, sizeof dust, 0)) > 0)
        all -= (size_t)n;
    CU_ASSERT_EQUAL(all, 0);
    CU_ASSERT_TRUE(wire_turn(&wire, INT64_MAX));
    CU_ASSERT_TRUE(wire_write(&wire, zeros, 1, &taken));
    CU_ASSERT_EQUAL(taken, 1);
    teardown();
}

static void the_end_is_noticed(void)
{
    size_t len, taken;
    setup();
    CU_ASSERT_EQUAL(send(peer, "last", 4, 0), 4);
    close(peer);
    peer = -1;
    CU_ASSERT_TRUE(wire_turn(&wire, INT64_MAX));
    CU_ASSERT_FALSE(wire_ended(&wire)); /* there is something to read before it */
    (void)wire_peek(&wire, &len);
    wire_skip(&wire, len);
    CU_ASSERT_TRUE(wire_turn(&wire, INT64_MAX));
    CU_ASSERT_TRUE(wire_ended(&wire));
    CU_ASSERT_FALSE(wire_write(&wire, "x", 1, &taken)); /* and no signal */
    teardown();
}

/* Move what the client has to the server, and read it there. */
static void serve_peer(struct sw_conn *server)
{
    size_t room, len;
    ssize_t n = 1;
    while (n > 0) {
        uint8_t *to = sw_conn_in_buf(server, &room);
        n = to ? recv(peer, to, room, 0) : 0;
        if (n > 0)
            (void)sw_conn_in_ack(server, (size_t)n);
        while (sw_conn_peek(server, &len))
            (void)sw_conn_skip(server, len);
        const uint8_t *from = sw_conn_out_buf(server, &len);
        if (from && send(peer, from, len, 0) == (ssize_t)len)
            (void)sw_conn_out_ack(server, len);
    }
}

/*
 * The socket was full when something was to be written, and has room by the time of the wait: then there is nothing to
 * wait for. (Waiting for an answer to a request that is not sent yet lasts until patience ends.)
 */
static void room_in_time_is_no_wait(void)
{
    static const uint8_t zeros[16384];
    struct pair p = {0};
    int fd[2];
    size_t taken = 1;
    pair_open(&p, false);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    SW_ASSERT_OK(sw_conn_new(&p.client, p.client_cfg, "server.example"));
    SW_ASSERT_OK(sw_conn_new(&p.server, p.server_cfg, NULL));
    CU_ASSERT_TRUE_FATAL(wire_open(&wire, fd[0], p.client, "somebody", 60));
    peer = fd[1];
    for (int i = 0; i < 100 && !wire_ready(&wire); i++) {
        (void)wire_turn(&wire, clock_now() + 5);
        serve_peer(p.server);
    }
    CU_ASSERT_TRUE_FATAL(wire_ready(&wire));
    while (taken)
        CU_ASSERT_TRUE_FATAL(wire_write(&wire, zeros, sizeof zeros, &taken));
    serve_peer(p.server);
    CU_ASSERT_TRUE(wire_write(&wire, zeros, sizeof zeros, &taken));
    CU_ASSERT_TRUE(taken > 0);
    while (taken)
        CU_ASSERT_TRUE_FATAL(wire_write(&wire, zeros, sizeof zeros, &taken));
    serve_peer(p.server);
    CU_ASSERT_TRUE(wire_turn(&wire, clock_now() + 60000));
    CU_ASSERT_TRUE(wire_write(&wire, zeros, sizeof zeros, &taken));
    CU_ASSERT_TRUE(taken > 0);
    p.client = NULL; /* the wire's */
    teardown();
    pair_close(&p);
}

SW_TEST_SUITE(wire){
    SW_TEST(room_in_time_is_no_wait),
    SW_TEST(bytes_come_and_go),
    SW_TEST(a_full_socket_is_waited_for),
    SW_TEST(the_end_is_noticed),
};
