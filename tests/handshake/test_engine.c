/* Records in, and the end of a connection that failed. */
#include "record/record.h"
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

/* Empty application data is legal, a flood of it is not. */
static void empty_records_are_bounded(void)
{
    struct pair p;

    pair_establish(&p, false);
    for (int i = 0; i < 32; i++)
        pair_put(&p, true, SW_CT_APPLICATION_DATA, "", 0);
    SW_ASSERT_OK(sw_conn_error(p.server));
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 10));
    for (int i = 0; i < 33; i++)
        pair_put(&p, true, SW_CT_APPLICATION_DATA, "", 0);
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_RECORD_FLOOD);
    pair_close(&p);
}

/* A fatal alert takes the session with it (RFC 5246 7.2.2); a connection that was merely cut off leaves it (7.2.1). */
static void a_failed_session_is_forgotten(void)
{
    for (int fatal = 0; fatal < 2; fatal++) {
        static const uint8_t alert[] = {2, 40};
        uint8_t session[4096];
        struct sw_conn_info info;
        struct pair p;
        size_t len;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, 0));
        pair_connect(&p, name);
        SW_ASSERT_ERR(sw_conn_session(p.client, session, sizeof session, &len), SW_ERR_NOT_FOUND);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        if (fatal) {
            pair_put(&p, true, SW_CT_ALERT, alert, sizeof alert);
            SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_PEER_ALERT);
        } else {
            SW_ASSERT_ERR(sw_conn_in_eof(p.server), SW_ERR_TRUNCATED);
        }
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, fatal == 0);
        pair_close(&p);
    }
}

SW_TEST_SUITE(engine){
    SW_TEST(empty_records_are_bounded),
    SW_TEST(a_failed_session_is_forgotten),
};
