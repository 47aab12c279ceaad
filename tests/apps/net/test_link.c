/* The end of a connection over a socket: time, and what is said about it. */
#include "apps/cli/clock.h"
#include "apps/net/link.h"
#include "tests/handshake/pair.h"
#include <sys/socket.h>
#include <unistd.h>

/* A server's end of a connection, over a socket whose other end is *other. */
static void setup(struct pair *p, struct link *link, int *other)
{
    int fd[2];

    *p = (struct pair){0};
    pair_open(p, false);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    SW_ASSERT_OK(sw_conn_new(&p->server, p->server_cfg, NULL));
    link_open(link, fd[0], p->server, "somebody", 60);
    *other = fd[1];
}

static void teardown(struct pair *p, struct link *link)
{
    link_close(link);
    p->server = NULL;
    pair_close(p);
}

/* A peer who says nothing is given up when its time is over, and not before. */
static void gives_up_a_silent_peer(void)
{
    struct pair p;
    struct link link;
    int other;

    setup(&p, &link, &other);
    link_settle(&link);
    CU_ASSERT_EQUAL(link.state, LINK_OPEN);
    link.deadline = clock_now();
    link_settle(&link);
    CU_ASSERT_EQUAL(link.state, LINK_CLOSED);
    SW_ASSERT_ERR(link_verdict(&link), SW_ERR_TIMEOUT);
    close(other);
    teardown(&p, &link);
}

/* The peer's end without close_notify is a truncation. */
static void notices_truncation(void)
{
    struct pair p;
    struct link link;
    int other;

    setup(&p, &link, &other);
    close(other);
    link_receive(&link);
    SW_ASSERT_ERR(link_verdict(&link), SW_ERR_TRUNCATED);
    teardown(&p, &link);
}

SW_TEST_SUITE(link){
    SW_TEST(gives_up_a_silent_peer),
    SW_TEST(notices_truncation),
};
