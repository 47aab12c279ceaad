/* ServerHellos made by hand, and what a client makes of them. */
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *what, *version, *session_id, *suite_and_compression, *extensions;
    enum sw_err err;
} hellos[] = {
    {"a good one",                        "0303", "00",   "003c00", "",                                  SW_OK},
    {"an empty block of extensions",      "0303", "00",   "003c00", "0000",                              SW_OK},
    {"empty renegotiation_info",          "0303", "00",   "003c00", "0005 ff01 0001 00",                 SW_OK},
    {"groups, which servers do send",     "0303", "00",   "003c00", "0008 000a 0004 0002 001d",          SW_OK},
    {"TLS 1.1",                           "0302", "00",   "003c00", "",                                  SW_ERR_VERSION},
    {"TLS 1.3 by its number",             "0304", "00",   "003c00", "",                                  SW_ERR_VERSION},
    {"supported_versions, unasked",       "0303", "00",   "003c00", "0006 002b 0002 0304",               SW_ERR_UNSOLICITED_EXTENSION},
    {"a suite that was not offered",      "0303", "00",   "000500", "",                                  SW_ERR_SUITE},
    {"a suite of TLS 1.3",                "0303", "00",   "130100", "",                                  SW_ERR_SUITE},
    {"the renegotiation signal as suite", "0303", "00",   "00ff00", "",                                  SW_ERR_SUITE},
    {"compression",                       "0303", "00",   "003c01", "",                                  SW_ERR_COMPRESSION},
    {"half an extensions length",         "0303", "00",   "003c00", "00",                                SW_ERR_DECODE},
    {"extensions that end too early",     "0303", "00",   "003c00", "0005 ff01 0001",                    SW_ERR_DECODE},
    {"bytes behind the extensions",       "0303", "00",   "003c00", "0005 ff01 0001 00 00",              SW_ERR_DECODE},
    {"one extension twice",               "0303", "00",   "003c00", "000a ff01 0001 00 ff01 0001 00",    SW_ERR_DUPLICATE_EXTENSION},
    {"renegotiation_info with contents",  "0303", "00",   "003c00", "0006 ff01 0002 01 00",              SW_ERR_RENEGOTIATION_INFO},
    {"an unknown extension",              "0303", "00",   "003c00", "0004 1234 0000",                    SW_ERR_UNSOLICITED_EXTENSION},
    {"an unknown extension twice",        "0303", "00",   "003c00", "0008 1234 0000 1234 0000",          SW_ERR_DUPLICATE_EXTENSION},
    {"an unknown one, and half another",  "0303", "00",   "003c00", "0006 1234 0000 1234",               SW_ERR_DECODE},
    {"ALPN, unasked",                     "0303", "00",   "003c00", "0009 0010 0005 0003 02 6832",       SW_ERR_UNSOLICITED_EXTENSION},
    {"a status, unasked",                 "0303", "00",   "003c00", "0004 0005 0000",                    SW_ERR_UNSOLICITED_EXTENSION},
    {"signature_algorithms",              "0303", "00",   "003c00", "0008 000d 0004 0002 0401",          SW_ERR_UNSOLICITED_EXTENSION},
    {"server_name with a body",           "0303", "00",   "003c00", "0005 0000 0001 00",                 SW_ERR_EXTENSION_DECODE},
    {"master secret with a body",         "0303", "00",   "003c00", "0005 0017 0001 00",                 SW_ERR_EXTENSION_DECODE},
    {"encrypt-then-MAC beside GCM",       "0303", "00",   "009c00", "0004 0016 0000",                    SW_ERR_EXTENSION_VALUE},
    {"a session id of 33 bytes",          "0303", "21" "000000000000000000000000000000000000000000000000000000000000000000",
                                                          "003c00", "",                                  SW_ERR_DECODE},
};
/* clang-format on */

static size_t build(size_t row, uint8_t *out)
{
    uint8_t *p = out + 9;
    size_t n;

    p += sw_unhex(hellos[row].version, p, 8);
    memset(p, 9, 32);
    p += 32;
    p += sw_unhex(hellos[row].session_id, p, 64);
    p += sw_unhex(hellos[row].suite_and_compression, p, 8);
    p += sw_unhex(hellos[row].extensions, p, 64);
    n = (size_t)(p - out) - 9;
    memcpy(out, (const uint8_t[]){22, 3, 3, 0, (uint8_t)(n + 4), 2, 0, 0, (uint8_t)n}, 9);
    return n + 9;
}

/* What a client with this option (or SW_OPT_COUNT: none) makes of a row. */
static void judge(size_t row, enum sw_option opt, enum sw_err err)
{
    uint8_t bytes[256], *in;
    size_t len = build(row, bytes), room;
    struct pair p;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0x003C:0x009C"));
    if (opt != SW_OPT_COUNT)
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, opt, 1));
    pair_connect(&p, "server.example");
    (void)sw_conn_out_buf(p.client, &room);
    SW_ASSERT_OK(sw_conn_out_ack(p.client, room));
    in = sw_conn_in_buf(p.client, &room);
    CU_ASSERT_TRUE_FATAL(in != NULL && room >= len);
    memcpy(in, bytes, len);
    (void)sw_conn_in_ack(p.client, len);
    if (sw_conn_error(p.client) != err)
        printf("     %s: %s\n", hellos[row].what, sw_err_name(sw_conn_error(p.client)));
    SW_ASSERT_ERR(sw_conn_error(p.client), err);
    CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), err == SW_OK ? SW_ALERT_NONE : sw_err_alert(err));
    pair_close(&p);
}

static void each_is_judged(void)
{
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++)
        judge(i, SW_OPT_COUNT, hellos[i].err);
}

/* RFC 5746 4.1: a client may have nothing to do with a server that would let somebody in before it. */
static void secure_renegotiation_can_be_required(void)
{
    for (size_t i = 0; i < 3; i++)
        judge(i, SW_OPT_REQUIRE_SECURE_RENEGOTIATION,
              strstr(hellos[i].extensions, "ff01") != NULL ? SW_OK : SW_ERR_RENEGOTIATION_INFO);
}

/* RFC 6066 1.1: a server that goes on may leave unsaid how long fragments are; what it says now holds. */
static void fragments_left_unsaid(void)
{
    static const struct {
        const char *extensions;
        uint16_t max_send;
    } rows[] = {{"0004 0017 0000", 512}, {"0009 0017 0000 0001 0001 01", 512}, {"000a 0017 0000 001c 0002 0800", 2048}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t session[8192], body[256], *at = body;
        size_t len;
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, 0));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, 512));
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_RECORD_SIZE_LIMIT, 4096));
        pair_connect(&p, "server.example");
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.client, &len));
        CU_ASSERT_TRUE_FATAL(p.client->hs->offered_session);
        at += sw_unhex("0303", at, 2);
        memset(at, 9, SW_RANDOM_LEN);
        at += SW_RANDOM_LEN;
        *at++ = p.client->hs->session_id_len;
        memcpy(at, p.client->hs->session_id, p.client->hs->session_id_len);
        at += p.client->hs->session_id_len;
        at += sw_unhex("003c00", at, 3);
        at += sw_unhex(rows[i].extensions, at, 32);
        SW_ASSERT_OK(sw_server_hello_recv(p.client, (struct sw_slice){body, (size_t)(at - body)}));
        CU_ASSERT_TRUE(p.client->hs->resuming);
        CU_ASSERT_EQUAL(p.client->max_send, rows[i].max_send);
        pair_close(&p);
    }
}

SW_TEST_SUITE(server_hello){
    SW_TEST(each_is_judged),
    SW_TEST(secure_renegotiation_can_be_required),
    SW_TEST(fragments_left_unsaid),
};
