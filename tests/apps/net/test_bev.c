/*
 * Our engine as a bufferevent: its end, which is the part that HTTP cannot be made to show in a certain order
 * (tests/apps/http/test_http.c has the rest).
 */
#include "apps/net/bev.h"
#include "tests/apps/http/peer.h"
#include "tests/test.h"
#include <event2/buffer.h>
#include <event2/event.h>

static void on_ended(void *ctx, struct sw_conn *conn, int fd)
{
    unsigned *ended = ctx;
    (void)conn;
    (void)fd;
    ++*ended;
}

/* As evhttp does when a peer leaves in the moment in which he is answered. */
static void answer_and_free(struct bufferevent *bev, short what, void *ctx)
{
    (void)what;
    (void)ctx;
    evbuffer_add(bufferevent_get_output(bev), "answer", 6);
    bufferevent_free(bev);
}

/* There is new output to look at in the next turn of the loop, and what it is in is being freed then: once. */
static void output_and_end_in_one_turn(void)
{
    struct http_world w;
    unsigned ended = 0;
    const struct bev_hooks hooks = {.ended = on_ended, .ctx = &ended};
    http_world_begin(&w);
    size_t before = bev_count();
    struct bufferevent *bev = bev_new(w.base, w.server_cfg, &hooks);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bev);
    bufferevent_setcb(bev, NULL, NULL, answer_and_free, NULL);
    CU_ASSERT_EQUAL(bev_count(), before + 1);
    bufferevent_trigger_event(bev, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
    for (int i = 0; i < 5; i++)
        event_base_loop(w.base, EVLOOP_NONBLOCK);
    CU_ASSERT_EQUAL(ended, 1);
    CU_ASSERT_EQUAL(bev_count(), before);
    http_world_close(&w);
}

SW_TEST_SUITE(bev){
    SW_TEST(output_and_end_in_one_turn),
};
