/* What a connection can be asked, before, during and after. */
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

static void classic_is_0x003c_with_everything_on(void)
{
    struct sw_conn_info info;
    struct sw_peer peer;
    struct pair p;

    pair_open(&p, true);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    sw_conn_info(p.client, &info);
    CU_ASSERT_EQUAL(info.suite, 0x003c);
    CU_ASSERT_EQUAL(info.version, SW_TLS12);
    CU_ASSERT_TRUE(info.ems && info.etm && info.secure_renegotiation);
    SW_ASSERT_OK(sw_conn_peer(p.server, &peer));
    CU_ASSERT_STRING_EQUAL(peer.name, "alice");
    SW_ASSERT_OK(sw_conn_peer(p.client, &peer));
    CU_ASSERT_STRING_EQUAL(peer.name, name);
    pair_close(&p);
}

static void exporters_agree(void)
{
    uint8_t a[40], b[40];
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, name);
    SW_ASSERT_ERR(sw_conn_export(p.client, "EXPERIMENTAL x", NULL, 0, a, sizeof a), SW_ERR_STATE);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_export(p.client, "EXPERIMENTAL x", "c", 1, a, sizeof a));
    SW_ASSERT_OK(sw_conn_export(p.server, "EXPERIMENTAL x", "c", 1, b, sizeof b));
    SW_ASSERT_BYTES(a, b, sizeof a);
    SW_ASSERT_OK(sw_conn_export(p.server, "EXPERIMENTAL x", NULL, 0, b, sizeof b));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof a), 0);
    SW_ASSERT_OK(sw_conn_tls_unique(p.client, a));
    SW_ASSERT_OK(sw_conn_tls_unique(p.server, b));
    SW_ASSERT_BYTES(a, b, 12);
    pair_close(&p);
}

/* Nobody is vouched for, and no error is told, before there is one. */
static void nothing_is_known_at_first(void)
{
    struct sw_conn_info info;
    struct sw_peer peer;
    struct pair p;
    size_t len;

    pair_open(&p, false);
    pair_connect(&p, name);
    sw_conn_info(p.client, &info);
    CU_ASSERT_EQUAL(info.version, 0);
    CU_ASSERT_PTR_NULL(info.suite_name);
    CU_ASSERT_STRING_EQUAL(info.server_name, name);
    SW_ASSERT_ERR(sw_conn_peer(p.client, &peer), SW_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(sw_conn_peer_cert(p.client, 0, &len));
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_PTR_NULL(sw_conn_ocsp(p.client, &len));
    CU_ASSERT_FALSE(sw_conn_established(p.client));
    SW_ASSERT_OK(sw_conn_error(p.client));
    CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), SW_ALERT_NONE);
    pair_close(&p);
}

SW_TEST_SUITE(conn_info){
    SW_TEST(nothing_is_known_at_first),
    SW_TEST(classic_is_0x003c_with_everything_on),
    SW_TEST(exporters_agree),
};
