/* What outlives a server's configuration, so that clients can resume after it was read again. */
#include "handshake/config.h"
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

/* Whether a session made under one server configuration is resumed under another. */
static bool resumed_at(struct pair *p, struct sw_config *next)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    size_t len;

    pair_connect(p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(p));
    SW_ASSERT_OK(sw_conn_session(p->client, session, sizeof session, &len));
    pair_drop(p);
    sw_config_free(p->server_cfg); /* the old one goes first: what is shared must not go with it */
    p->server_cfg = next;
    pair_connect(p, name);
    SW_ASSERT_OK(sw_conn_set_session(p->client, session, len));
    CU_ASSERT_TRUE(pair_run(p));
    sw_conn_info(p->server, &info);
    return info.resumed;
}

static struct sw_config *another_server(void)
{
    struct sw_config *cfg = pair_config(SW_SERVER);

    pair_cert(cfg, "server-rsa");
    SW_ASSERT_OK(sw_config_set_client_auth(cfg, SW_CLIENT_AUTH_NONE));
    return cfg;
}

static void sessions_can_be_shared(void)
{
    for (int tickets = 0; tickets < 2; tickets++)
        for (int shared = 0; shared < 2; shared++) {
            struct sw_config *next = another_server();
            struct pair p;

            pair_open(&p, false);
            SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
            if (shared)
                SW_ASSERT_OK(sw_config_share_sessions(next, p.server_cfg));
            CU_ASSERT_EQUAL(resumed_at(&p, next), shared != 0);
            pair_close(&p);
        }
}

/* Servers that share nothing but keys resume by ticket. */
static void ticket_keys_can_be_given(void)
{
    uint8_t keys[2][32];
    struct sw_config *next = another_server();
    struct pair p;

    memset(keys[0], 1, sizeof keys[0]);
    memset(keys[1], 2, sizeof keys[1]);
    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_ticket_keys(p.server_cfg, keys, 1));
    memcpy(keys[1], keys[0], sizeof keys[0]);
    memset(keys[0], 3, sizeof keys[0]);
    SW_ASSERT_OK(sw_config_set_ticket_keys(next, keys, 2)); /* the old key is the second now */
    CU_ASSERT_TRUE(resumed_at(&p, next));
    SW_ASSERT_ERR(sw_config_set_ticket_keys(next, keys, 0), SW_ERR_ARGUMENT);
    pair_close(&p);
}

static void clients_share_nothing(void)
{
    struct pair p;

    pair_open(&p, false);
    SW_ASSERT_ERR(sw_config_share_sessions(p.client_cfg, p.server_cfg), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_config_share_sessions(p.server_cfg, p.client_cfg), SW_ERR_ARGUMENT);
    SW_ASSERT_OK(sw_config_share_sessions(p.server_cfg, p.server_cfg)); /* with itself: nothing happens */
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    pair_close(&p);
}

SW_TEST_SUITE(config_sessions){
    SW_TEST(sessions_can_be_shared),
    SW_TEST(ticket_keys_can_be_given),
    SW_TEST(clients_share_nothing),
};
