/* Answers of every kind over loopback, to readers who are slow or gone. */
#include "apps/net/bev.h"
#include "tests/apps/http/peer.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct big {
    uint64_t given, length;
    unsigned ended, complete;
};

static struct big big;
static struct http_request *kept;
static unsigned gone;

static size_t big_more(void *user, uint8_t *buf, size_t cap)
{
    struct big *b = user;
    memset(buf, 'b', cap);
    b->given += cap;
    return b->given > b->length ? 0 : cap;
}

static void big_done(void *user, bool complete)
{
    struct big *b = user;
    b->ended++;
    b->complete += complete;
}

static void get_big(void *ctx, struct http_request *rq)
{
    (void)ctx;
    big.given = 0;
    http_stream_source(rq, 200, "application/octet-stream", (int64_t)big.length, big_more, big_done, &big);
}

/* A source that ends early. */
static void get_short(void *ctx, struct http_request *rq)
{
    (void)ctx;
    big.given = 0;
    http_stream_source(rq, 200, "application/octet-stream", (int64_t)big.length + 100000, big_more, big_done, &big);
}

/* A source that has nothing yet whenever it is asked. */
static size_t late_more(void *user, uint8_t *buf, size_t cap)
{
    struct big *b = user;
    static bool asked;
    asked = !asked;
    return asked ? HTTP_LATER : big_more(b, buf, cap);
}

static void get_late(void *ctx, struct http_request *rq)
{
    (void)ctx;
    big.given = 0;
    kept = rq;
    http_stream_source(rq, 200, "application/octet-stream", (int64_t)big.length, late_more, big_done, &big);
}

static void on_gone(void *user, struct http_request *rq)
{
    (void)user;
    CU_ASSERT_PTR_EQUAL(rq, kept);
    gone++;
}

static void wait_for_it(void *ctx, struct http_request *rq)
{
    (void)ctx;
    kept = rq;
    http_keep(rq, on_gone, NULL);
    http_stream_begin(rq);
}

static void lines(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_stream_begin(rq);
    http_stream_line(rq, json_pack("{s:i}", "n", 1));
    http_stream_line(rq, json_pack("{s:i}", "n", 2));
    http_stream_end(rq);
}

/* Far more than the socket takes at once, and the end, in one turn of the loop. */
static const size_t long_line = 400000;
static char *long_text;

static void long_lines(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_stream_begin(rq);
    for (int i = 0; i < 3; i++)
        http_stream_line(rq, json_pack("{s:s#}", "t", long_text, (int)long_line));
    http_stream_end(rq);
}

static void empty(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_empty(rq, 204);
}

static void problem(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_problem(rq, 409, "there are %d of them", 2);
}

static const struct http_route routes[] = {
    {EVHTTP_REQ_GET, "/big", get_big},      {EVHTTP_REQ_GET, "/short", get_short}, {EVHTTP_REQ_GET, "/late", get_late},
    {EVHTTP_REQ_GET, "/wait", wait_for_it}, {EVHTTP_REQ_GET, "/lines", lines},     {EVHTTP_REQ_GET, "/empty", empty},
    {EVHTTP_REQ_GET, "/problem", problem},  {EVHTTP_REQ_GET, "/long", long_lines}, {0, NULL, NULL},
};

/* What the kernel may hold of a connection for the side that sends. */
static uint64_t kernel_holds(void)
{
    unsigned long low, usual, most;
    FILE *f = fopen("/proc/sys/net/ipv4/tcp_wmem", "r");
    bool read = f && fscanf(f, "%lu %lu %lu", &low, &usual, &most) == 3;
    if (f)
        fclose(f);
    return read ? most : 4 << 20;
}

/* Many MiB to a reader who takes 16 KiB at a time: what is under way stays small. */
static void a_slow_reader_holds_little(void)
{
    struct http_world w;
    struct http_peer p;
    const uint64_t little = kernel_holds() + (4 << 20);
    uint64_t most = 0;
    static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    big = (struct big){.length = 4 * little};
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, true));
    http_reply_begin(&p.reply, false);
    http_peer_send(&p, request, sizeof request - 1, 0);
    for (int i = 0; i < 2000000 && p.reply.state != HTTP_DONE && p.reply.state != HTTP_BAD; i++) {
        http_turn(&w);
        if (big.given - p.received > most)
            most = big.given - p.received;
        if (!http_peer_read(&p, 16384))
            poll(&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1, 1);
    }
    CU_ASSERT_EQUAL(p.reply.state, HTTP_DONE);
    CU_ASSERT_EQUAL(p.received, big.length);
    CU_ASSERT_EQUAL(big.complete, 1);
    CU_ASSERT_TRUE(most < little);
    CU_ASSERT_EQUAL(http_ask(&p, "GET /lines HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    http_peer_close(&p);
    http_world_close(&w);
}

static void long_lines_in_one_turn_are_whole(void)
{
    struct http_world w;
    struct http_peer p;
    const size_t all = 3 * (sizeof "{\"t\":\"\"}" + long_line);
    unsigned asked = 0;
    long_text = malloc(long_line);
    CU_ASSERT_PTR_NOT_NULL_FATAL(long_text);
    memset(long_text, 'x', long_line);
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, true));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(http_ask(&p, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
        CU_ASSERT_EQUAL(p.received, ++asked * all);
    }
    CU_ASSERT_EQUAL(http_ask(&p, "GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(p.received, ++asked * all);
    http_peer_close(&p);
    http_world_close(&w);
    free(long_text);
}

static void a_source_that_ends_early_cuts_the_answer(void)
{
    struct http_world w;
    struct http_peer p;
    big = (struct big){.length = 100000};
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    CU_ASSERT_EQUAL(http_ask(&p, "GET /short HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(big.ended, 1);
    CU_ASSERT_EQUAL(big.complete, 0);
    http_peer_close(&p);
    http_world_close(&w);
}

/* It is asked again when it says so, and not before; and a reader who leaves meanwhile is noticed. */
static void a_source_may_be_late(void)
{
    struct http_world w;
    struct http_peer p;
    big = (struct big){.length = 100000};
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    http_ask_begin(&p, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    for (uint64_t wanted = 65536; wanted <= 131072; wanted += 65536) {
        uint64_t all = wanted < big.length ? wanted : big.length;
        for (int i = 0; i < 1000000 && !kept->late; i++)
            http_turn(&w);
        CU_ASSERT_EQUAL(big.given, p.received);
        http_source_ready(kept);
        http_source_ready(kept); /* it is not waited for any more */
        CU_ASSERT_EQUAL(big.given, all);
        for (int i = 0; i < 1000000 && p.received < all; i++) {
            http_turn(&w);
            if (!http_peer_read(&p, SIZE_MAX))
                poll(&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1, 1);
        }
        CU_ASSERT_EQUAL(p.received, all);
    }
    CU_ASSERT_EQUAL(p.reply.state, HTTP_DONE);
    for (int i = 0; i < 1000000 && !big.complete; i++)
        http_turn(&w);
    CU_ASSERT_EQUAL(big.complete, 1);
    http_ask_begin(&p, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    CU_ASSERT_EQUAL(big.given, 0);
    http_peer_close(&p);
    for (int i = 0; i < 1000000 && big.ended < 2; i++)
        http_turn(&w);
    CU_ASSERT_EQUAL(big.ended, 2);
    CU_ASSERT_EQUAL(big.complete, 1);
    http_world_close(&w);
}

static void a_reader_who_leaves_is_noticed(void)
{
    struct http_world w;
    struct http_peer p;
    static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    big = (struct big){.length = 32 << 20};
    gone = 0;
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, true));
    http_peer_send(&p, request, sizeof request - 1, 0);
    http_peer_close(&p);
    http_turn(&w);
    CU_ASSERT_EQUAL(big.ended, 1);
    CU_ASSERT_EQUAL(big.complete, 0);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    http_peer_send(&p, wait, sizeof wait - 1, 0);
    http_turn(&w);
    CU_ASSERT_PTR_NOT_NULL(kept);
    http_stream_line(kept, json_pack("{s:i}", "n", 1));
    http_turn(&w);
    http_reply_begin(&p.reply, false);
    CU_ASSERT_EQUAL(http_peer_read(&p, SIZE_MAX), 8);
    CU_ASSERT_STRING_EQUAL(p.body, "{\"n\":1}\n");
    http_peer_close(&p);
    http_turn(&w);
    CU_ASSERT_EQUAL(gone, 1); /* although nothing was written */
    http_world_close(&w);
}

/* The server goes while it still answers: each request ends once, and whoever was asked for its bytes is told. */
static void a_server_that_ends_lets_go_of_all(void)
{
    static const char *const requests[] = {"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct http_world w;
    struct http_peer p[2];
    big = (struct big){.length = (uint64_t)1 << 40};
    gone = 0;
    http_world_open(&w, routes, NULL, 1000);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(http_peer_open(&p[i], &w, true));
        http_peer_send(&p[i], requests[i], strlen(requests[i]), 0);
    }
    http_world_close(&w);
    CU_ASSERT_EQUAL(big.ended, 1);
    CU_ASSERT_EQUAL(big.complete, 0);
    CU_ASSERT_EQUAL(gone, 1);
    for (size_t i = 0; i < 2; i++) {
        sw_conn_free(p[i].conn);
        close(p[i].fd);
    }
}

/*
 * Requests behind one that is not answered yet: a little of them is taken, the rest waits outside, and all are
 * answered.
 */
static void what_comes_meanwhile_waits(void)
{
    static const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n",
                      next[] = "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n";
    enum { MANY = 8000, ONE = sizeof next - 1 };
    struct http_world w;
    struct http_peer p;
    unsigned answers = 0;
    char *all = malloc(MANY * ONE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    for (size_t i = 0; i < MANY; i++)
        memcpy(all + i * ONE, next, ONE);
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    kept = NULL;
    http_reply_begin(&p.reply, false);
    http_peer_send(&p, wait, sizeof wait - 1, 0);
    http_turn(&w);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    uint64_t before = bev_totals().received;
    http_peer_send(&p, all, MANY * ONE, 0);
    http_turn(&w);
    CU_ASSERT_TRUE(bev_totals().received - before < MANY * ONE / 2);
    http_stream_end(kept);
    CU_ASSERT_TRUE(http_ask_until(&p, NULL));
    for (; answers < MANY; answers++) {
        http_reply_begin(&p.reply, false);
        if (!http_ask_until(&p, NULL) || p.reply.status != 204)
            break;
    }
    CU_ASSERT_EQUAL(answers, MANY);
    free(all);
    http_peer_close(&p);
    http_world_close(&w);
}

/* Every kind on one connection, and what HEAD leaves of each. */
static void one_connection_has_all_kinds(void)
{
    struct http_world w;
    struct http_peer p;
    big = (struct big){.length = 5000};
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/lines", "", ""), 200);
    CU_ASSERT_STRING_EQUAL(p.body, "{\"n\":1}\n{\"n\":2}\n");
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/empty", "", ""), 204);
    CU_ASSERT_EQUAL(p.body_len, 0);
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/problem", "", ""), 409);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "\"title\":\"Conflict\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "there are 2 of them"));
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/big", "", ""), 200);
    CU_ASSERT_EQUAL(p.body_len, 5000);
    CU_ASSERT_EQUAL(big.complete, 1);
    CU_ASSERT_EQUAL(http_ask(&p, "HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(p.body_len, 0);
    CU_ASSERT_EQUAL(big.complete, 2);
    CU_ASSERT_EQUAL(w.answered, 5);
    http_peer_close(&p);
    http_world_close(&w);
}

SW_TEST_SUITE(http_answer){
    SW_TEST(what_comes_meanwhile_waits),
    SW_TEST(one_connection_has_all_kinds),
    SW_TEST(a_slow_reader_holds_little),
    SW_TEST(long_lines_in_one_turn_are_whole),
    SW_TEST(a_source_that_ends_early_cuts_the_answer),
    SW_TEST(a_source_may_be_late),
    SW_TEST(a_reader_who_leaves_is_noticed),
    SW_TEST(a_server_that_ends_lets_go_of_all),
};
