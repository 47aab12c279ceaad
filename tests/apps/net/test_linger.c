/* The end of a connection: whoever still reads gets everything, then the end; and nothing stays of it. */
#include "apps/net/linger.h"
#include "tests/test.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MUCH = 4 << 20 }; /* more than sockets hold */

struct ends {
    struct event_base *base;
    struct bufferevent *socket;
    int peer;
};

static void begin(struct ends *e, size_t queued)
{
    int fd[2];
    char *bytes = calloc(1, queued + 1);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
    e->peer = fd[1];
    e->base = event_base_new();
    e->socket = bufferevent_socket_new(e->base, fd[0], BEV_OPT_CLOSE_ON_FREE);
    CU_ASSERT_TRUE_FATAL(bytes && e->socket && bufferevent_write(e->socket, bytes, queued) == 0);
    free(bytes);
}

static void turn(const struct ends *e)
{
    (void)event_base_loop(e->base, EVLOOP_NONBLOCK);
}

/* Reads to the end: how much there was. The loop turns meanwhile. */
static size_t read_all(const struct ends *e)
{
    char bytes[65536];
    size_t all = 0;
    for (;;) {
        ssize_t n = recv(e->peer, bytes, sizeof bytes, 0);
        if (n == 0)
            return all;
        all += n > 0 ? (size_t)n : 0;
        turn(e);
    }
}

static void finish(struct ends *e)
{
    close(e->peer);
    turn(e);
    linger_forget();
    event_base_free(e->base);
}

static void everything_then_the_end(void)
{
    struct ends e;
    begin(&e, MUCH);
    linger(e.socket);
    turn(&e);
    CU_ASSERT_EQUAL(linger_count(), 1);
    CU_ASSERT_EQUAL(read_all(&e), MUCH);
    CU_ASSERT_EQUAL(linger_count(), 0);
    /* what he says now reaches nobody, and breaks nothing */
    CU_ASSERT_EQUAL(send(e.peer, "too late", 8, MSG_NOSIGNAL), 8);
    turn(&e);
    finish(&e);
}

static void nothing_left_to_say(void)
{
    struct ends e;
    begin(&e, 0);
    linger(e.socket);
    CU_ASSERT_EQUAL(linger_count(), 0);
    CU_ASSERT_EQUAL(read_all(&e), 0);
    finish(&e);
}

static void a_peer_who_only_reads(void)
{
    struct ends e;
    begin(&e, MUCH);
    CU_ASSERT_EQUAL(shutdown(e.peer, SHUT_WR), 0);
    linger(e.socket);
    turn(&e);
    CU_ASSERT_EQUAL(linger_count(), 1);
    CU_ASSERT_EQUAL(read_all(&e), MUCH);
    CU_ASSERT_EQUAL(linger_count(), 0);
    finish(&e);
}

static void a_peer_who_goes(void)
{
    struct ends e;
    begin(&e, MUCH);
    linger(e.socket);
    turn(&e);
    close(e.peer);
    for (int i = 0; i < 3; i++)
        turn(&e);
    CU_ASSERT_EQUAL(linger_count(), 0);
    e.peer = -1;
    finish(&e);
}

static void forgotten(void)
{
    struct ends e;
    begin(&e, MUCH);
    linger(e.socket);
    CU_ASSERT_EQUAL(linger_count(), 1);
    linger_forget();
    CU_ASSERT_EQUAL(linger_count(), 0);
    finish(&e);
}

SW_TEST_SUITE(linger){
    SW_TEST(everything_then_the_end), SW_TEST(nothing_left_to_say), SW_TEST(a_peer_who_only_reads),
    SW_TEST(a_peer_who_goes),         SW_TEST(forgotten),
};
