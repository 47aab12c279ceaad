/* Messages cut out of records: long ones, ones in pieces, and everything that has no business after the handshake. */
#include "record/record.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

/* Refused with a warning, and the connection goes on (RFC 5746 4.5); again and again is a flood. Data ends the row. */
static void renegotiation_is_refused(void)
{
    static const uint8_t hello[4 + 38] = {1, 0, 0, 38, 3, 3}, request[4] = {0};

    for (int by_client = 0; by_client < 2; by_client++) {
        const uint8_t *message = by_client ? hello : request;
        size_t len = by_client ? sizeof hello : sizeof request;
        struct pair p;
        struct sw_conn *to;

        pair_establish(&p, false);
        to = by_client ? p.server : p.client;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++)
                pair_put(&p, by_client, SW_CT_HANDSHAKE, message, len);
            SW_ASSERT_OK(sw_conn_error(to));
            CU_ASSERT_TRUE(pair_send(&p, by_client ? p.client : p.server, to, 100));
            /* the warnings that answered */
            CU_ASSERT_TRUE(pair_carry(to, by_client ? p.client : p.server, 0));
            CU_ASSERT_TRUE(pair_send(&p, to, by_client ? p.client : p.server, 100));
        }
        for (int i = 0; i < 5; i++)
            pair_put(&p, by_client, SW_CT_HANDSHAKE, message, len);
        SW_ASSERT_ERR(sw_conn_error(to), SW_ERR_WARNING_FLOOD);
        pair_close(&p);
    }
}

/* Who asks is sent away, if the application wants that. */
static void renegotiation_can_be_fatal(void)
{
    static const uint8_t hello[4 + 38] = {1, 0, 0, 38, 3, 3}, request[4] = {0};

    for (int by_client = 0; by_client < 2; by_client++) {
        struct pair p;
        struct sw_conn *to;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(by_client ? p.server_cfg : p.client_cfg, SW_OPT_RENEGOTIATION_FATAL, 1));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        to = by_client ? p.server : p.client;
        pair_put(&p, by_client, SW_CT_HANDSHAKE, by_client ? hello : request,
                 by_client ? sizeof hello : sizeof request);
        SW_ASSERT_ERR(sw_conn_error(to), SW_ERR_NO_RENEGOTIATION);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(to), SW_ALERT_NO_RENEGOTIATION);
        pair_close(&p);
    }
}

/* A HelloRequest before the handshake is over is passed over, or out of turn for who wants none (RFC 5246 7.4.1.1). */
static void requests_within_a_handshake(void)
{
    static const uint8_t request[4] = {0};

    for (int fatal = 0; fatal < 2; fatal++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_RENEGOTIATION_FATAL, fatal));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        pair_put(&p, false, SW_CT_HANDSHAKE, request, sizeof request);
        SW_ASSERT_ERR(sw_conn_error(p.client), fatal ? SW_ERR_UNEXPECTED_MESSAGE : SW_OK);
        CU_ASSERT_EQUAL(pair_run(&p), !fatal);
        pair_close(&p);
    }
}

/* But not for ever: they count like warnings, together with them, until a message leads on. */
static void requests_are_bounded(void)
{
    static const uint8_t request[4] = {0}, warning[2] = {1, SW_ALERT_USER_CANCELED};

    for (int one_more = 0; one_more < 2; one_more++) {
        struct pair p;

        pair_open(&p, false);
        pair_connect(&p, name);
        CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.client, &(size_t){0}));
        for (int i = 0; i < 4 + one_more; i++)
            pair_put(&p, false, i % 2 ? SW_CT_ALERT : SW_CT_HANDSHAKE, i % 2 ? warning : request, i % 2 ? 2 : 4);
        SW_ASSERT_ERR(sw_conn_error(p.client), one_more ? SW_ERR_WARNING_FLOOD : SW_OK);
        CU_ASSERT_EQUAL(pair_run(&p), !one_more);
        pair_close(&p);
    }
}

/* Nothing follows our close_notify, not even a refusal. */
static void no_answer_after_the_close(void)
{
    static const uint8_t request[4] = {0};
    struct pair p;
    size_t len;

    pair_establish(&p, false);
    sw_conn_close(p.client);
    /* the close is on its way, and so is the server's wish */
    (void)sw_conn_out_buf(p.client, &len);
    SW_ASSERT_OK(sw_conn_out_ack(p.client, len));
    pair_put(&p, false, SW_CT_HANDSHAKE, request, sizeof request);
    SW_ASSERT_OK(sw_conn_error(p.client));
    CU_ASSERT_FALSE(sw_conn_wants(p.client) & SW_WANT_SEND);
    pair_close(&p);
}

/* The same in pieces, one byte a record: answered once, when it is whole, and the connection goes on. */
static void renegotiation_in_pieces(void)
{
    static const uint8_t hello[4 + 38] = {1, 0, 0, 38, 3, 3};
    struct pair p;

    pair_establish(&p, false);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof hello; i++) {
            CU_ASSERT_FALSE(pair_carry(p.server, p.client, 0)); /* no answer yet */
            pair_put(&p, true, SW_CT_HANDSHAKE, hello + i, 1);
            SW_ASSERT_OK(sw_conn_error(p.server));
        }
        CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0));
        SW_ASSERT_OK(sw_conn_error(p.client));
        CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 100));
    }
    /* data may not stand between the pieces */
    pair_put(&p, true, SW_CT_HANDSHAKE, hello, 10);
    pair_put(&p, true, SW_CT_APPLICATION_DATA, "x", 1);
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_UNEXPECTED_MESSAGE);
    pair_close(&p);
}

/* clang-format off */
static const struct {
    enum sw_content_type type;
    const char *bytes;
    bool by_client;
    enum sw_err err;
} afterwards[] = {
    {SW_CT_HANDSHAKE,          "00000000",         true,  SW_ERR_UNEXPECTED_MESSAGE}, /* a HelloRequest to a server */
    {SW_CT_HANDSHAKE,          "0000000100",       false, SW_ERR_DECODE},             /* one with a body */
    {SW_CT_HANDSHAKE,          "0000",             false, SW_ERR_UNEXPECTED_MESSAGE}, /* half of one */
    {SW_CT_HANDSHAKE,          "01ffffff",         true,  SW_ERR_MESSAGE_SIZE},       /* a hello longer than any */
    {SW_CT_HANDSHAKE,          "14000000",         true,  SW_ERR_UNEXPECTED_MESSAGE},
    {SW_CT_HANDSHAKE,          "0e000000",         false, SW_ERR_UNEXPECTED_MESSAGE},
    {SW_CT_HANDSHAKE,          "63000000",         false, SW_ERR_UNEXPECTED_MESSAGE}, /* no message has this number */
    {SW_CT_CHANGE_CIPHER_SPEC, "01",               true,  SW_ERR_CHANGE_CIPHER_SPEC},
    {SW_CT_CHANGE_CIPHER_SPEC, "01",               false, SW_ERR_CHANGE_CIPHER_SPEC},
    {SW_CT_ALERT,              "01",               true,  SW_ERR_ALERT_DECODE},
    {SW_CT_ALERT,              "015a00",           true,  SW_ERR_ALERT_DECODE},
    {SW_CT_ALERT,              "035a",             true,  SW_ERR_ALERT_LEVEL},
    {SW_CT_ALERT,              "0228",             false, SW_ERR_PEER_ALERT},
    {SW_CT_ALERT,              "",                 true,  SW_ERR_RECORD_EMPTY},
    {SW_CT_HANDSHAKE,          "",                 true,  SW_ERR_RECORD_EMPTY},
};
/* clang-format on */

static void nothing_else_after_the_handshake(void)
{
    for (size_t i = 0; i < sizeof afterwards / sizeof afterwards[0]; i++) {
        uint8_t bytes[16];
        struct pair p;

        pair_establish(&p, false);
        pair_put(&p, afterwards[i].by_client, afterwards[i].type, bytes,
                 sw_unhex(afterwards[i].bytes, bytes, sizeof bytes));
        SW_ASSERT_ERR(sw_conn_error(afterwards[i].by_client ? p.server : p.client), afterwards[i].err);
        pair_close(&p);
    }
}

/* Chains longer than any usual message, from both sides: certificates that lead nowhere do no harm. */
static void long_chains_fit(void)
{
    enum { REST = 50 };
    static const char *const names[] = {"server-rsa", "client-rsa"};
    struct pair p;

    pair_open(&p, true);
    for (int i = 0; i < 2; i++) {
        struct sw_config *cfg = sw_config_new(i == 0 ? SW_SERVER : SW_CLIENT, NULL);
        char path[3][64];
        void *pem[3];
        size_t len[3], at;
        char *chain;

        snprintf(path[0], sizeof path[0], "tests/vectors/tls/%s.crt", names[i]);
        snprintf(path[1], sizeof path[1], "tests/vectors/tls/root.crt");
        snprintf(path[2], sizeof path[2], "tests/vectors/tls/%s.key", names[i]);
        for (int k = 0; k < 3; k++)
            pem[k] = sw_test_file(path[k], &len[k]);
        chain = malloc(len[0] + REST * len[1]);
        memcpy(chain, pem[0], at = len[0]);
        for (int k = 0; k < REST; k++, at += len[1])
            memcpy(chain + at, pem[1], len[1]);
        sw_config_set_clock(cfg, pair_now, NULL);
        SW_ASSERT_OK(sw_config_add_trust(cfg, pem[1], len[1]));
        SW_ASSERT_OK(sw_config_add_cert(cfg, chain, at, pem[2], len[2], NULL));
        for (int k = 0; k < 3; k++)
            free(pem[k]);
        free(chain);
        sw_config_free(i == 0 ? p.server_cfg : p.client_cfg);
        *(i == 0 ? &p.server_cfg : &p.client_cfg) = cfg;
    }
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_error(p.client));
    SW_ASSERT_OK(sw_conn_error(p.server));
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 1000));
    pair_close(&p);
}

SW_TEST_SUITE(frame){
    SW_TEST(long_chains_fit),
    SW_TEST(renegotiation_is_refused),
    SW_TEST(renegotiation_in_pieces),
    SW_TEST(renegotiation_can_be_fatal),
    SW_TEST(requests_within_a_handshake),
    SW_TEST(requests_are_bounded),
    SW_TEST(no_answer_after_the_close),
    SW_TEST(nothing_else_after_the_handshake),
};
