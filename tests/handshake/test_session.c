/* Sessions carried from one connection to the next. */
#include "handshake/conn.h"
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

/*
 * The length of fragments belongs to the session (RFC 6066 4): a client that wants another one now, or none, does not
 * offer it; a server that is offered it all the same begins anew.
 */
static void fragments_are_the_sessions(void)
{
    static const long lengths[] = {0, 512, 1024};

    for (int i = 0; i < 3 * 3 * 2 * 2; i++) {
        long then = lengths[i % 3], now = lengths[i / 3 % 3];
        bool tickets = i / 9 % 2, insists = i / 18;
        uint8_t session[8192], changed[8192];
        struct sw_conn_info info;
        struct sw_session s;
        struct sw_writer w;
        struct pair p;
        size_t len;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, then));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, now));
        if (insists) { /* the session says what the client likes to hear */
            SW_ASSERT_OK(sw_session_decode(&s, session, len));
            s.max_fragment = (uint8_t)(now / 512);
            w = sw_writer_of(changed, sizeof changed);
            SW_ASSERT_OK(sw_session_encode(&s, &w));
            len = w.len;
        }
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, insists ? changed : session, len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, then == now);
        CU_ASSERT_EQUAL(p.server->max_send, now > 0 ? now : 16384);
        CU_ASSERT_EQUAL(p.client->max_send, now > 0 ? now : 16384);
        pair_exchange(&p);
        pair_close(&p);
    }
}

/* As many protocol names as may be set, of the longest. */
static void set_longest_alpn(struct sw_config *cfg)
{
    char names[SW_ALPN_MAX * 256];

    memset(names, 'p', sizeof names);
    for (size_t i = 256; i < sizeof names; i += 256)
        names[i - 1] = ',';
    names[sizeof names - 1] = '\0';
    SW_ASSERT_OK(sw_config_set_alpn(cfg, names));
}

/*
 * A ticket that would leave no room in the hello for anything else: a full handshake, not a client that cannot begin.
 */
static void a_ticket_too_long_to_offer(void)
{
    enum { MOST = 65535 - 4096 };
    static uint8_t ticket[65535], written[sizeof ticket + 1024];
    static const struct {
        size_t len;
        bool names, offered;
    } rows[] = {{MOST, false, true},
                {MOST + 1, false, false},
                {sizeof ticket, false, false},
                {MOST - SW_ALPN_MAX * 256, true, true},
                {MOST - SW_ALPN_MAX * 256 + 1, true, false},
                {MOST, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t session[8192];
        struct sw_writer w = sw_writer_of(written, sizeof written);
        struct sw_session s;
        struct sw_conn_info info;
        struct pair p;
        size_t len;

        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        if (rows[i].names)
            set_longest_alpn(p.client_cfg);
        SW_ASSERT_OK(sw_session_decode(&s, session, len));
        s.ticket = (struct sw_slice){ticket, rows[i].len};
        SW_ASSERT_OK(sw_session_encode(&s, &w));
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, written, w.len));
        CU_ASSERT_EQUAL(p.client->hs->ticket.len, rows[i].offered ? rows[i].len : 0);
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_FALSE(info.resumed); /* the server knows none of them */
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
    SW_TEST(a_ticket_too_long_to_offer),
    SW_TEST(fragments_are_the_sessions),
};
