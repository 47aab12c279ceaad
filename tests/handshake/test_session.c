/* Sessions carried from one connection to the next. */
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

static void resume(bool tickets, bool ems_then, bool ems_now, bool resumed, enum sw_err server_error)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    pair_open(&p, true);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
    SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_EMS, ems_then));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_exchange(&p);
    pair_drop(&p);
    SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_EMS, 1));
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_EMS, ems_now));
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    CU_ASSERT_EQUAL(pair_run(&p), server_error == SW_OK);
    SW_ASSERT_ERR(sw_conn_error(p.server), server_error);
    if (server_error == SW_OK) {
        struct sw_peer peer;

        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, resumed);
        SW_ASSERT_OK(sw_conn_peer(p.server, &peer));
        CU_ASSERT_STRING_EQUAL(peer.name, "alice");
        pair_exchange(&p);
    }
    pair_close(&p);
}

static void sessions_go_on(void)
{
    resume(true, true, true, true, SW_OK);
    resume(false, true, true, true, SW_OK);
    /* a session without extended master secret, both able now: a full handshake (RFC 7627 5.3) */
    resume(true, false, true, false, SW_OK);
    resume(false, false, true, false, SW_OK);
    /* neither then nor now */
    resume(true, false, false, true, SW_OK);
    resume(false, false, false, true, SW_OK);
}

/* A client does not offer what it could not accept: another name, another suite; and rubbish is no session. */
static void what_does_not_fit_is_not_offered(void)
{
    enum { SAME, OTHER_NAME, OTHER_SUITE, CUT, KINDS };

    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t session[8192];
        struct sw_conn_info info;
        struct pair p;
        size_t len;

        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        SW_ASSERT_ERR(sw_conn_set_session(p.client, session, len), SW_ERR_STATE);
        pair_drop(&p);
        if (kind == OTHER_SUITE)
            SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "ECDHE-RSA-AES128-GCM-SHA256"));
        pair_connect(&p, kind == OTHER_NAME ? "SERVER.example" : name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, kind == CUT ? len - 1 : len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, kind == SAME);
        pair_close(&p);
    }
}

/* What is to be offered can be changed until the first byte is sent; nothing at all is offered then, too. */
static void the_last_one_is_offered(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int last = 0; last < 3; last++) { /* none, rubbish, the same again */
        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, last == 0 ? 0 : last == 1 ? len - 1 : len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, last == 2);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_close(&p);
    }
}

/* All that stays of a handshake stays through a release that drops the half of it. */
static void release_keeps_the_session(void)
{
    uint8_t before[8192], after[8192];
    struct pair p;
    size_t len, again, held;

    pair_establish(&p, true);
    SW_ASSERT_OK(sw_conn_session(p.client, before, sizeof before, &len));
    CU_ASSERT_PTR_NOT_NULL(sw_conn_peer_cert(p.client, 0, &again));
    held = sw_conn_memory(p.client);
    sw_conn_release(p.client);
    CU_ASSERT_TRUE(sw_conn_memory(p.client) + again <= held);
    CU_ASSERT_PTR_NULL(sw_conn_peer_cert(p.client, 0, &again));
    SW_ASSERT_OK(sw_conn_session(p.client, after, sizeof after, &again));
    CU_ASSERT_EQUAL_FATAL(again, len);
    SW_ASSERT_BYTES(after, before, len);
    pair_exchange(&p);
    pair_close(&p);
}

SW_TEST_SUITE(session){
    SW_TEST(sessions_go_on),
    SW_TEST(what_does_not_fit_is_not_offered),
    SW_TEST(the_last_one_is_offered),
    SW_TEST(release_keeps_the_session),
};
