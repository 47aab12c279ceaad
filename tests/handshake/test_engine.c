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

/* The same at a client, in each version: in TLS 1.3 the session comes behind the handshake, at times with the end. */
static void so_is_a_clients(void)
{
    for (unsigned version = SW_TLS12; version <= SW_TLS13; version++)
        for (int fatal = 0; fatal < 2; fatal++) {
            uint8_t session[4096];
            struct pair p;
            size_t len;

            pair_open(&p, false);
            SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, version, version));
            SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, version, version));
            pair_connect(&p, name);
            CU_ASSERT_TRUE_FATAL(pair_run(&p));
            if (fatal) {
                sw_conn_abort(p.server, SW_ALERT_INTERNAL_ERROR, SW_OK);
                pair_run(&p);
                SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_PEER_ALERT);
            } else {
                SW_ASSERT_ERR(sw_conn_in_eof(p.client), SW_ERR_TRUNCATED);
            }
            SW_ASSERT_ERR(sw_conn_session(p.client, session, sizeof session, &len), fatal ? SW_ERR_NOT_FOUND : SW_OK);
            pair_close(&p);
        }
}

static void put_raw(struct sw_conn *to, const uint8_t *p, size_t len)
{
    size_t room;
    uint8_t *in = sw_conn_in_buf(to, &room);

    CU_ASSERT_TRUE_FATAL(in != NULL && room >= len);
    memcpy(in, p, len);
    (void)sw_conn_in_ack(to, len);
}

/*
 * A client that gives up before it has read our ServerHello knows no other version than its hello's: its alert is heard
 * (RFC 5246 E.1). Nothing else may come with that version, nor may a record with another major one.
 */
static void who_gives_up_is_heard(void)
{
    static const struct {
        uint8_t record[7];
        enum sw_err err;
        enum sw_alert sent;
    } rows[] = {
        {{21, 3, 1, 0, 2, 2, SW_ALERT_USER_CANCELED}, SW_ERR_PEER_ALERT, SW_ALERT_NONE},
        {{21, 3, 0, 0, 2, 1, SW_ALERT_CLOSE_NOTIFY}, SW_ERR_PEER_ALERT, SW_ALERT_CLOSE_NOTIFY},
        {{21, 3, 4, 0, 2, 1, SW_ALERT_USER_CANCELED}, SW_OK, SW_ALERT_NONE},
        {{21, 4, 1, 0, 2, 2, SW_ALERT_USER_CANCELED}, SW_ERR_RECORD_VERSION, SW_ALERT_PROTOCOL_VERSION},
        {{22, 3, 1, 0, 2, 16, 0}, SW_ERR_RECORD_VERSION, SW_ALERT_PROTOCOL_VERSION},
        {{20, 3, 1, 0, 1, 1, 0}, SW_ERR_RECORD_VERSION, SW_ALERT_PROTOCOL_VERSION},
        {{23, 3, 1, 0, 2, 1, 1}, SW_ERR_RECORD_VERSION, SW_ALERT_PROTOCOL_VERSION},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;

        pair_open(&p, false);
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        put_raw(p.server, rows[i].record, 5u + rows[i].record[4]);
        SW_ASSERT_ERR(sw_conn_error(p.server), rows[i].err);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(p.server), rows[i].sent);
        if (rows[i].err == SW_ERR_PEER_ALERT)
            CU_ASSERT_EQUAL(sw_conn_alert_received(p.server), rows[i].record[6]);
        pair_close(&p);
    }
}

/* Under protection the version is the agreed one, an alert's, too. */
static void later_alerts_have_the_version(void)
{
    struct pair p;

    pair_establish(&p, false);
    put_raw(p.server, (const uint8_t[]){21, 3, 1, 0, 2, 2, SW_ALERT_USER_CANCELED}, 7);
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_RECORD_VERSION);
    pair_close(&p);
}

SW_TEST_SUITE(engine){
    SW_TEST(empty_records_are_bounded), SW_TEST(a_failed_session_is_forgotten), SW_TEST(so_is_a_clients),
    SW_TEST(who_gives_up_is_heard),     SW_TEST(later_alerts_have_the_version),
};
