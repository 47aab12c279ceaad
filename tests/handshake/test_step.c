/*
 * The walker, seen from outside: messages behind the end of a flight, requests to renegotiate, sessions of failed connections. What a peer of ours would never
 * send is put on the wire through the engine's own inside.
 */
#include "handshake/conn.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

/* Carry what waits, and look at every byte of it on the way: a record of type `type` gets `extra` appended to its payload. */
static void carry_with(struct sw_conn *from, struct sw_conn *to, unsigned message, const uint8_t *extra,
                       size_t extra_len)
{
    static uint8_t bytes[65536];
    size_t len, room, at = 0;
    const uint8_t *out = sw_conn_out_buf(from, &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    memcpy(bytes, out, len);
    SW_ASSERT_OK(sw_conn_out_ack(from, len));
    while (at + 5 <= len) {
        size_t body = (size_t)(bytes[at + 3] << 8 | bytes[at + 4]), next = at + 5 + body;
        size_t last = at + 5;

        /* the message that ends this record */
        while (bytes[at] == 22 && last + 4 <= next) {
            size_t n = 4 + ((size_t)bytes[last + 1] << 16 | (size_t)bytes[last + 2] << 8 | bytes[last + 3]);

            if (last + n >= next)
                break;
            last += n;
        }
        if (bytes[at] == 22 && bytes[last] == message) {
            memmove(bytes + next + extra_len, bytes + next, len - next);
            memcpy(bytes + next, extra, extra_len);
            bytes[at + 3] = (uint8_t)((body + extra_len) >> 8);
            bytes[at + 4] = (uint8_t)(body + extra_len);
            len += extra_len;
            break;
        }
        at = next;
    }
    for (at = 0; at < len && (sw_conn_wants(to) & SW_WANT_RECV) != 0;) {
        uint8_t *in = sw_conn_in_buf(to, &room);

        room = room < len - at ? room : len - at;
        memcpy(in, bytes + at, room);
        (void)sw_conn_in_ack(to, room);
        at += room;
    }
}

/* RFC 5246 7.3: a flight ends with ServerHelloDone, with or without a certificate asked for; what lies behind it in the record came too early. */
static void nothing_follows_a_flight(void)
{
    static const uint8_t ticket[] = {4, 0, 0, 6, 0, 0, 0, 0, 0, 0}, half[] = {20, 0};

    for (int mutual = 0; mutual < 2; mutual++)
        for (int partial = 0; partial < 2; partial++) {
            struct pair p;

            pair_open(&p, mutual != 0);
            pair_connect(&p, name);
            CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
            carry_with(p.server, p.client, 14, partial ? half : ticket, partial ? sizeof half : sizeof ticket);
            SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_STRADDLE);
            CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), SW_ALERT_UNEXPECTED_MESSAGE);
            pair_close(&p);
        }
    {
        struct pair p;

        pair_open(&p, false);
        pair_connect(&p, name);
        carry_with(p.client, p.server, 1, half, sizeof half);
        SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_STRADDLE);
        pair_close(&p);
    }
}

static void established(struct pair *p, bool mutual)
{
    pair_open(p, mutual);
    pair_connect(p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(p));
}

static void put(struct pair *p, bool by_client, enum sw_content_type type, const void *data, size_t len)
{
    struct sw_conn *from = by_client ? p->client : p->server, *to = by_client ? p->server : p->client;

    SW_ASSERT_OK(sw_engine_put_record(from, type, data, len));
    while (pair_carry(from, to, 0))
        ;
}

/* Refused with a warning, and the connection goes on (RFC 5746 4.5); again and again is a flood. Data ends the row. */
static void renegotiation_is_refused(void)
{
    static const uint8_t hello[4 + 38] = {1, 0, 0, 38, 3, 3}, request[4] = {0};

    for (int by_client = 0; by_client < 2; by_client++) {
        const uint8_t *message = by_client ? hello : request;
        size_t len = by_client ? sizeof hello : sizeof request;
        struct pair p;
        struct sw_conn *to;

        established(&p, false);
        to = by_client ? p.server : p.client;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++)
                put(&p, by_client, SW_CT_HANDSHAKE, message, len);
            SW_ASSERT_OK(sw_conn_error(to));
            CU_ASSERT_TRUE(pair_send(&p, by_client ? p.client : p.server, to, 100));
            /* the warnings that answered */
            CU_ASSERT_TRUE(pair_carry(to, by_client ? p.client : p.server, 0));
            CU_ASSERT_TRUE(pair_send(&p, to, by_client ? p.client : p.server, 100));
        }
        for (int i = 0; i < 5; i++)
            put(&p, by_client, SW_CT_HANDSHAKE, message, len);
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
        put(&p, by_client, SW_CT_HANDSHAKE, by_client ? hello : request, by_client ? sizeof hello : sizeof request);
        SW_ASSERT_ERR(sw_conn_error(to), SW_ERR_NO_RENEGOTIATION);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(to), SW_ALERT_NO_RENEGOTIATION);
        pair_close(&p);
    }
}

/* The same in pieces, one byte a record: answered once, when it is whole, and the connection goes on. */
static void renegotiation_in_pieces(void)
{
    static const uint8_t hello[4 + 38] = {1, 0, 0, 38, 3, 3};
    struct pair p;

    established(&p, false);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof hello; i++) {
            CU_ASSERT_FALSE(pair_carry(p.server, p.client, 0)); /* no answer yet */
            put(&p, true, SW_CT_HANDSHAKE, hello + i, 1);
            SW_ASSERT_OK(sw_conn_error(p.server));
        }
        CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0));
        SW_ASSERT_OK(sw_conn_error(p.client));
        CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 100));
    }
    /* data may not stand between the pieces */
    put(&p, true, SW_CT_HANDSHAKE, hello, 10);
    put(&p, true, SW_CT_APPLICATION_DATA, "x", 1);
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

        established(&p, false);
        put(&p, afterwards[i].by_client, afterwards[i].type, bytes, sw_unhex(afterwards[i].bytes, bytes, sizeof bytes));
        SW_ASSERT_ERR(sw_conn_error(afterwards[i].by_client ? p.server : p.client), afterwards[i].err);
        pair_close(&p);
    }
}

/* Empty application data is legal, a flood of it is not. */
static void empty_records_are_bounded(void)
{
    struct pair p;

    established(&p, false);
    for (int i = 0; i < 32; i++)
        put(&p, true, SW_CT_APPLICATION_DATA, "", 0);
    SW_ASSERT_OK(sw_conn_error(p.server));
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 10));
    for (int i = 0; i < 33; i++)
        put(&p, true, SW_CT_APPLICATION_DATA, "", 0);
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
            put(&p, true, SW_CT_ALERT, alert, sizeof alert);
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

static void count_lines(void *ctx, struct sw_conn *conn, const char *text)
{
    (void)conn;
    CU_ASSERT_EQUAL(strncmp(text, "CLIENT_RANDOM ", 14), 0);
    CU_ASSERT_EQUAL(strlen(text), 14 + 64 + 1 + 96);
    ++*(int *)ctx;
}

/* Whoever reads the key log can read resumed connections too. */
static void the_key_log_knows_resumption(void)
{
    uint8_t session[4096];
    int client = 0, server = 0;
    struct pair p;
    size_t len;

    pair_open(&p, false);
    sw_config_set_keylog(p.client_cfg, count_lines, &client);
    sw_config_set_keylog(p.server_cfg, count_lines, &server);
    pair_connect(&p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_drop(&p);
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    CU_ASSERT_TRUE(pair_run(&p));
    CU_ASSERT_EQUAL(client, 2);
    CU_ASSERT_EQUAL(server, 2);
    pair_close(&p);
}

static void an_unknown_name_can_be_refused(void)
{
    for (int strict = 0; strict < 2; strict++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_REQUIRE_SNI_MATCH, strict));
        pair_connect(&p, "somebody.else.example");
        CU_ASSERT_FALSE(pair_run(&p));
        SW_ASSERT_ERR(sw_conn_error(p.server), strict ? SW_ERR_SERVER_NAME : SW_ERR_PEER_ALERT);
        SW_ASSERT_ERR(sw_conn_error(p.client), strict ? SW_ERR_PEER_ALERT : SW_ERR_CERT_NAME);
        pair_drop(&p);
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/* A generator that fails at the n-th draw: whatever was being made, the connection ends with that error, and nothing half made is sent. */
static enum sw_err draws_until(void *ctx, void *out, size_t len)
{
    int *left = ctx;

    if (--*left < 0)
        return SW_ERR_RANDOM;
    memset(out, *left, len);
    return SW_OK;
}

static void every_draw_can_fail(void)
{
    for (int server = 0; server < 2; server++) {
        bool done = false;

        for (int n = 0; n < 40 && !done; n++) {
            int left = n;
            struct sw_conn *conn;
            struct pair p;

            pair_open(&p, true);
            sw_config_set_random(server ? p.server_cfg : p.client_cfg, draws_until, &left);
            pair_connect(&p, name);
            conn = server ? p.server : p.client;
            done = pair_run(&p);
            if (!done) {
                SW_ASSERT_ERR(sw_conn_error(conn), SW_ERR_RANDOM);
                CU_ASSERT_NOT_EQUAL(sw_conn_error(server ? p.client : p.server), SW_ERR_BAD_RECORD_MAC);
            }
            pair_close(&p);
        }
        CU_ASSERT_TRUE(done);
    }
}

/* A handshake that has stopped half-way holds little: whoever opens thousands gains little by it. */
static void a_half_open_handshake_is_small(void)
{
    static const char *const suites[] = {"0x003C", "0xC02F", "0x009E"};
    enum { HELD_MAX = (64 << 20) / 10000 }; /* ten thousand of them in 64 MiB */

    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct pair p;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, suites[i]));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= HELD_MAX);
        CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
        CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0)); /* the flight is away */
        CU_ASSERT_FALSE(sw_conn_established(p.server));
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= HELD_MAX);
        if (sw_conn_memory(p.server) > HELD_MAX)
            printf("%s: %zu bytes\n", suites[i], sw_conn_memory(p.server));
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

/* Chains longer than any usual message, from both sides: certificates that lead nowhere do no harm. */
static void long_chains_fit(void)
{
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
        chain = malloc(len[0] + 20 * len[1]);
        memcpy(chain, pem[0], at = len[0]);
        for (int k = 0; k < 20; k++, at += len[1])
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

SW_TEST_SUITE(step){
    SW_TEST(every_draw_can_fail),
    SW_TEST(a_half_open_handshake_is_small),
    SW_TEST(long_chains_fit),
    SW_TEST(nothing_follows_a_flight),
    SW_TEST(renegotiation_is_refused),
    SW_TEST(renegotiation_in_pieces),
    SW_TEST(renegotiation_can_be_fatal),
    SW_TEST(nothing_else_after_the_handshake),
    SW_TEST(empty_records_are_bounded),
    SW_TEST(a_failed_session_is_forgotten),
    SW_TEST(the_key_log_knows_resumption),
    SW_TEST(an_unknown_name_can_be_refused),
};
