/*
 * False Start: when a client may write before the server's Finished, and that a handshake which fails afterwards is
 * told as any other.
 */
#include "handshake/conn.h"
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

struct offer {
    const char *what, *suite, *groups, *client_alpn, *server_alpn;
    bool mutual, allowed;
};

/* clang-format off */
static const struct offer offers[] = {
    {"ECDHE with AES-GCM",               "ECDHE-RSA-AES128-GCM-SHA256",   "x25519",    "h2", "h2",     false, true},
    {"ECDHE with ChaCha20-Poly1305",     "ECDHE-RSA-CHACHA20-POLY1305",   "secp256r1", "h2", "h2",     false, true},
    {"with a certificate of the client", "ECDHE-RSA-AES256-GCM-SHA384",   "x25519",    "h2", "h2",     true,  true},
    {"DHE of 3072 bits",                 "DHE-RSA-AES128-GCM-SHA256",     "ffdhe3072", "h2", "h2",     false, true},
    {"DHE of 2048 bits",                 "DHE-RSA-AES128-GCM-SHA256",     "ffdhe2048", "h2", "h2",     false, false},
    {"no forward secrecy",               "AES128-GCM-SHA256",             "x25519",    "h2", "h2",     false, false},
    {"no AEAD",                          "ECDHE-RSA-AES128-SHA256",       "x25519",    "h2", "h2",     false, false},
    {"no ALPN at the server",            "ECDHE-RSA-AES128-GCM-SHA256",   "x25519",    "h2", "",       false, false},
    {"no ALPN at the client",            "ECDHE-RSA-AES128-GCM-SHA256",   "x25519",    "",   "h2",     false, false},
};
/* clang-format on */

static void open_offer(struct pair *p, const struct offer *o)
{
    pair_open(p, o->mutual);
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, o->suite));
    SW_ASSERT_OK(sw_config_set_groups(p->client_cfg, o->groups));
    SW_ASSERT_OK(sw_config_set_suites(p->server_cfg, o->suite));
    SW_ASSERT_OK(sw_config_set_groups(p->server_cfg, o->groups));
    SW_ASSERT_OK(sw_config_set_alpn(p->client_cfg, o->client_alpn));
    SW_ASSERT_OK(sw_config_set_alpn(p->server_cfg, o->server_alpn));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_FALSE_START, 1));
    SW_ASSERT_OK(sw_config_set_option(p->server_cfg, SW_OPT_FALSE_START, 1)); /* means nothing there */
}

/* Both hellos and the server's flight are over; the client's second flight lies in its output. */
static void until_second_flight(struct pair *p)
{
    pair_connect(p, name);
    CU_ASSERT_TRUE(pair_carry(p->client, p->server, 0));
    while (pair_carry(p->server, p->client, 0))
        ;
    SW_ASSERT_OK(sw_conn_error(p->client));
    CU_ASSERT_FALSE(sw_conn_established(p->client));
    CU_ASSERT_FALSE(sw_conn_established(p->server));
    CU_ASSERT_EQUAL(sw_conn_wants(p->server) & SW_WANT_WRITE, 0);
}

static void begun(struct pair *p)
{
    open_offer(p, &offers[0]);
    until_second_flight(p);
    CU_ASSERT_NOT_EQUAL(sw_conn_wants(p->client) & SW_WANT_WRITE, 0);
}

static void write_early(struct pair *p)
{
    size_t taken;

    SW_ASSERT_OK(sw_conn_write(p->client, "early", 5, &taken));
    CU_ASSERT_EQUAL(taken, 5);
}

static void read_early(struct pair *p)
{
    uint8_t got[16];
    size_t n;

    SW_ASSERT_OK(sw_conn_read(p->server, got, sizeof got, &n));
    CU_ASSERT_EQUAL(n, 5);
    SW_ASSERT_BYTES(got, "early", 5);
}

static void only_where_it_is_safe(void)
{
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        struct pair p;
        size_t taken;

        open_offer(&p, &offers[i]);
        until_second_flight(&p);
        CU_ASSERT_EQUAL((sw_conn_wants(p.client) & SW_WANT_WRITE) != 0, offers[i].allowed);
        if (offers[i].allowed)
            write_early(&p);
        else
            SW_ASSERT_ERR(sw_conn_write(p.client, "early", 5, &taken), SW_ERR_STATE);
        CU_ASSERT_TRUE(pair_run(&p));
        if (offers[i].allowed)
            read_early(&p);
        pair_exchange(&p);
        pair_close(&p);
    }
}

static void off_unless_asked_for(void)
{
    struct pair p;
    size_t taken;

    open_offer(&p, &offers[0]);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_FALSE_START, 0));
    until_second_flight(&p);
    CU_ASSERT_EQUAL(sw_conn_wants(p.client) & SW_WANT_WRITE, 0);
    SW_ASSERT_ERR(sw_conn_write(p.client, "early", 5, &taken), SW_ERR_STATE);
    pair_close(&p);
}

/* In an abbreviated handshake the server finishes first: there is nothing to be early for. */
static void not_on_resumption(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len, taken;

    open_offer(&p, &offers[0]);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_drop(&p);
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    p.piece = 1;
    while (!sw_conn_established(p.client)) {
        CU_ASSERT_EQUAL(sw_conn_wants(p.client) & SW_WANT_WRITE, 0);
        SW_ASSERT_ERR(sw_conn_write(p.client, "early", 5, &taken), SW_ERR_STATE);
        if (!pair_carry(p.client, p.server, p.piece) && !pair_carry(p.server, p.client, p.piece))
            break;
    }
    sw_conn_info(p.client, &info);
    CU_ASSERT_TRUE(info.resumed);
    pair_close(&p);
}

/* Nothing that depends on the end of the handshake is to be had early. */
static void the_rest_waits(void)
{
    uint8_t out[64];
    struct pair p;
    size_t n;

    begun(&p);
    write_early(&p);
    SW_ASSERT_OK(sw_conn_read(p.client, out, sizeof out, &n));
    CU_ASSERT_EQUAL(n, 0);
    SW_ASSERT_ERR(sw_conn_export(p.client, "EXPERIMENTAL x", NULL, 0, out, 32), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_conn_tls_unique(p.client, out), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_conn_session(p.client, out, sizeof out, &n), SW_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(pair_run(&p));
    read_early(&p);
    SW_ASSERT_OK(sw_conn_export(p.client, "EXPERIMENTAL x", NULL, 0, out, 32));
    pair_close(&p);
}

/* More than fits at once, a byte at a time, between the flights. */
static void any_splitting_will_do(void)
{
    static uint8_t data[100000], got[sizeof data];
    size_t sent = 0, read = 0, n;
    struct pair p;
    bool moved = true;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 9));
    begun(&p);
    while (moved) {
        moved = false;
        if (sent < sizeof data && sw_conn_write(p.client, data + sent, sizeof data - sent, &n) == SW_OK)
            sent += n;
        /* the server's answer waits until all is written */
        for (int i = 0; i < 997 && pair_carry(p.client, p.server, 1 + sent % 3); i++)
            moved = true;
        while (sw_conn_read(p.server, got + read, sizeof got - read, &n) == SW_OK && n > 0)
            read += n;
    }
    CU_ASSERT_EQUAL(sent, sizeof data);
    CU_ASSERT_EQUAL(read, sizeof data);
    SW_ASSERT_BYTES(got, data, sizeof data);
    CU_ASSERT_TRUE(sw_conn_established(p.server) && !sw_conn_established(p.client));
    p.piece = 1;
    CU_ASSERT_TRUE(pair_run(&p));
    pair_exchange(&p);
    pair_close(&p);
}

static void feed(struct sw_conn *conn, const void *bytes, size_t len)
{
    size_t room;
    uint8_t *in = sw_conn_in_buf(conn, &room);

    CU_ASSERT_TRUE_FATAL(in != NULL && room >= len);
    memcpy(in, bytes, len);
    (void)sw_conn_in_ack(conn, len);
}

static void failed(struct pair *p, enum sw_err err, enum sw_alert alert)
{
    size_t n;

    SW_ASSERT_ERR(sw_conn_error(p->client), err);
    CU_ASSERT_EQUAL(sw_conn_alert_sent(p->client), alert);
    CU_ASSERT_FALSE(sw_conn_established(p->client));
    CU_ASSERT_EQUAL(sw_conn_wants(p->client) & SW_WANT_WRITE, 0);
    SW_ASSERT_ERR(sw_conn_write(p->client, "late", 4, &n), err);
    pair_close(p);
}

/* The server's Finished does not fit: somebody has changed the hellos, or the record was changed on the way. */
static void a_finished_that_does_not_fit(void)
{
    uint8_t flight[4096];
    const uint8_t *out;
    struct pair p;
    size_t n;

    begun(&p);
    write_early(&p);
    while (pair_carry(p.client, p.server, 0))
        ;
    out = sw_conn_out_buf(p.server, &n);
    CU_ASSERT_TRUE_FATAL(out != NULL && n <= sizeof flight);
    memcpy(flight, out, n);
    flight[n - 1] ^= 1;
    feed(p.client, flight, n);
    failed(&p, SW_ERR_BAD_RECORD_MAC, SW_ALERT_BAD_RECORD_MAC);

    begun(&p);
    write_early(&p);
    while (pair_carry(p.client, p.server, 0))
        ;
    p.client->master[0] ^= 1; /* what Finished is computed from, not what the records are sealed with */
    while (pair_carry(p.server, p.client, 0))
        ;
    failed(&p, SW_ERR_FINISHED, SW_ALERT_DECRYPT_ERROR);
}

/* A server does not answer before it has finished, however early it was asked. */
static void an_answer_before_finished(void)
{
    struct pair p;

    begun(&p);
    write_early(&p);
    feed(p.client, "\x17\x03\x03\x00\x01z", 6);
    failed(&p, SW_ERR_EARLY_DATA, SW_ALERT_UNEXPECTED_MESSAGE);
}

static void an_alert_instead_of_finished(void)
{
    struct pair p;

    begun(&p);
    write_early(&p);
    sw_conn_abort(p.server, SW_ALERT_ACCESS_DENIED, SW_OK);
    CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0));
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_ACCESS_DENIED);
    failed(&p, SW_ERR_PEER_ALERT, SW_ALERT_NONE);
}

static void an_end_instead_of_finished(void)
{
    struct pair p;

    begun(&p);
    write_early(&p);
    SW_ASSERT_ERR(sw_conn_in_eof(p.client), SW_ERR_TRUNCATED);
    failed(&p, SW_ERR_TRUNCATED, SW_ALERT_NONE);
}

/* Who has written may close as usual; the handshake ends all the same, and then the connection. */
static void close_behind_early_data(void)
{
    uint8_t byte;
    struct pair p;
    size_t n;

    begun(&p);
    write_early(&p);
    sw_conn_close(p.client);
    SW_ASSERT_ERR(sw_conn_write(p.client, "late", 4, &n), SW_ERR_STATE);
    while (pair_carry(p.client, p.server, 0))
        ;
    read_early(&p);
    SW_ASSERT_ERR(sw_conn_read(p.server, &byte, 1, &n), SW_ERR_CLOSED);
    while (pair_carry(p.server, p.client, 0))
        ;
    SW_ASSERT_OK(sw_conn_error(p.client));
    SW_ASSERT_OK(sw_conn_error(p.server));
    CU_ASSERT_TRUE(sw_conn_established(p.client) && sw_conn_established(p.server));
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_CLOSE_NOTIFY);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.server), SW_ALERT_CLOSE_NOTIFY);
    CU_ASSERT_NOT_EQUAL(sw_conn_wants(p.client) & SW_WANT_DONE, 0);
    pair_close(&p);
}

static void trace_writes(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    size_t taken;

    if (ev->sent && ev->content_type != 23 && !sw_conn_established(conn)) {
        SW_ASSERT_ERR(sw_conn_write(conn, "x", 1, &taken), SW_ERR_STATE);
        ++*(int *)ctx;
    }
}

/* Not even somebody who is called while our flight is written gets between its messages. */
static void nothing_before_our_finished(void)
{
    struct pair p;
    int called = 0;

    open_offer(&p, &offers[0]);
    sw_config_set_trace(p.client_cfg, trace_writes, &called);
    until_second_flight(&p);
    CU_ASSERT_EQUAL(called, 4); /* ClientHello, ClientKeyExchange, change_cipher_spec, Finished */
    write_early(&p);
    CU_ASSERT_TRUE(pair_run(&p));
    read_early(&p);
    pair_close(&p);
}

SW_TEST_SUITE(false_start){
    SW_TEST(only_where_it_is_safe),       SW_TEST(off_unless_asked_for),
    SW_TEST(not_on_resumption),           SW_TEST(the_rest_waits),
    SW_TEST(any_splitting_will_do),       SW_TEST(a_finished_that_does_not_fit),
    SW_TEST(an_answer_before_finished),   SW_TEST(an_alert_instead_of_finished),
    SW_TEST(an_end_instead_of_finished),  SW_TEST(close_behind_early_data),
    SW_TEST(nothing_before_our_finished),
};
