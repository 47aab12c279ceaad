/* KeyUpdate: both ways, asked for and by itself, answered once, and not for ever. */
#include "handshake/conn.h"
#include "handshake/engine.h"
#include "tests/handshake/pair.h"
#include <string.h>

static void establish(struct pair *p, const char *suite)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, suite));
    pair_connect(p, "server.example");
    CU_ASSERT_TRUE_FATAL(pair_run(p));
}

static void both_ways(struct pair *p)
{
    CU_ASSERT_TRUE(pair_send(p, p->client, p->server, 20000));
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 20000));
}

static bool same_keys(const struct sw_record_secrets *a, const struct sw_record_secrets *b)
{
    return memcmp(a->key, b->key, a->bulk->key_len) == 0;
}

static void keys_change(void)
{
    static const char *const suites[] = {"0x1301", "0x1302", "0x1303"};

    for (int i = 0; i < 3 * 2 * 2 * 2; i++) {
        bool ask = i / 3 % 2, by_client = i / 6 % 2;
        struct pair p;
        struct sw_record_secrets in, out;
        struct sw_conn *from, *to;

        establish(&p, suites[i % 3]);
        p.piece = (size_t)(i / 12);
        from = by_client ? p.client : p.server;
        to = by_client ? p.server : p.client;
        in = from->in;
        out = from->out;
        SW_ASSERT_OK(sw_conn_update_keys(from, ask));
        CU_ASSERT_FALSE(same_keys(&out, &from->out));
        CU_ASSERT_EQUAL(from->out.seq, 0);
        (void)pair_run(&p);
        CU_ASSERT_EQUAL(same_keys(&in, &from->in), !ask);
        both_ways(&p);
        SW_ASSERT_OK(sw_conn_update_keys(to, false));
        sw_conn_release(from);
        both_ways(&p);
        pair_close(&p);
    }
}

static void when_it_may_not(void)
{
    struct pair p;

    pair_establish(&p, false);
    SW_ASSERT_ERR(sw_conn_update_keys(p.client, false), SW_ERR_STATE); /* TLS 1.2 */
    pair_close(&p);
    establish(&p, "0x1301");
    sw_conn_close(p.client);
    SW_ASSERT_ERR(sw_conn_update_keys(p.client, false), SW_ERR_STATE);
    pair_close(&p);
}

/* Several requests before the answer has gone get one answer (RFC 8446 4.6.3); after our close_notify none. */
static void one_answer(void)
{
    struct pair p;
    size_t len;

    establish(&p, "0x1301");
    for (int i = 0; i < 3; i++) {
        SW_ASSERT_OK(sw_conn_update_keys(p.client, true));
        while (pair_carry(p.client, p.server, 0))
            ;
    }
    CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.server, &len));
    CU_ASSERT_EQUAL(len, 5 + 5 + 1 + 16);
    (void)pair_run(&p);
    both_ways(&p);
    sw_conn_close(p.server);
    (void)pair_run(&p);
    SW_ASSERT_OK(sw_conn_update_keys(p.client, true));
    (void)pair_run(&p);
    CU_ASSERT_PTR_NULL(sw_conn_out_buf(p.server, &len));
    SW_ASSERT_OK(sw_conn_error(p.server));
    pair_close(&p);
}

/*
 * Our answer comes before our next data (4.6.3), also where there is always something left to be sent: what was asked
 * for behind our data is answered behind it.
 */
static void an_answer_before_the_next_data(void)
{
    enum { ROUNDS = 3 };
    struct pair p;
    uint8_t secret[ROUNDS + 1][64];
    size_t n;

    establish(&p, "0x1301");
    for (int i = 0; i <= ROUNDS; i++) {
        memcpy(secret[i], p.server->out.mac_key, sizeof secret[i]);
        CU_ASSERT_TRUE(i == 0 || memcmp(secret[i], secret[i - 1], sizeof secret[i]) != 0);
        SW_ASSERT_OK(sw_conn_update_keys(p.client, true));
        while (pair_carry(p.client, p.server, 0))
            ;
        SW_ASSERT_OK(sw_conn_write(p.server, "data", 4, &n));
        CU_ASSERT_TRUE(pair_carry(p.server, p.client, 4)); /* never all of it */
    }
    (void)pair_run(&p);
    pair_close(&p);
}

/* What the trace function demands takes effect when it has returned. */
static void stop_at_an_update(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    (void)ctx;
    if (ev->content_type == SW_CT_HANDSHAKE && ev->message == SW_KEY_UPDATE)
        sw_conn_abort(conn, SW_ALERT_INTERNAL_ERROR, SW_ERR_CALLBACK);
}

static void aborted_by_the_trace(void)
{
    for (int receiving = 0; receiving < 2; receiving++) {
        struct pair p;
        struct sw_conn *tracer;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS12, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS13));
        sw_config_set_trace(receiving ? p.server_cfg : p.client_cfg, stop_at_an_update, NULL);
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        tracer = receiving ? p.server : p.client;
        SW_ASSERT_ERR(sw_conn_update_keys(p.client, false), receiving ? SW_OK : SW_ERR_CALLBACK);
        (void)pair_run(&p);
        SW_ASSERT_ERR(sw_conn_error(tracer), SW_ERR_CALLBACK);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(tracer), SW_ALERT_INTERNAL_ERROR);
        pair_close(&p);
    }
}

static void not_for_ever(void)
{
    for (int with_data = 0; with_data < 2; with_data++) {
        struct pair p;

        establish(&p, "0x1301");
        for (int i = 0; i <= SW_KEY_UPDATES_MAX; i++) {
            SW_ASSERT_OK(sw_conn_error(p.server));
            SW_ASSERT_OK(sw_conn_update_keys(p.client, false));
            if (with_data)
                CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 1));
            (void)pair_run(&p);
        }
        SW_ASSERT_ERR(sw_conn_error(p.server), with_data ? SW_OK : SW_ERR_KEY_UPDATE_FLOOD);
        pair_close(&p);
    }
}

static void what_is_none(void)
{
    static const struct {
        const char *hex;
        enum sw_err err;
    } rows[] = {
        {"18000001 00", SW_OK},
        {"18000001 02", SW_ERR_EXTENSION_VALUE},
        {"18000000", SW_ERR_DECODE},
        {"18000002 0000", SW_ERR_MESSAGE_SIZE},
        {"18000001 00 18000001 00", SW_ERR_STRADDLE},
        {"18004001", SW_ERR_MESSAGE_SIZE},
        {"04000000", SW_ERR_UNEXPECTED_MESSAGE}, /* a client has no tickets to give */
        {"01000000", SW_ERR_UNEXPECTED_MESSAGE}, /* nor may it begin again */
        {"0d000003 000000", SW_ERR_UNEXPECTED_MESSAGE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[32];
        struct pair p;

        establish(&p, "0x1301");
        pair_put(&p, true, SW_CT_HANDSHAKE, bytes, sw_unhex(rows[i].hex, bytes, sizeof bytes));
        SW_ASSERT_ERR(sw_conn_error(p.server), rows[i].err);
        pair_close(&p);
    }
}

/* In pieces, and data between them, which may not be. */
static void in_pieces(void)
{
    for (int data = 0; data < 2; data++) {
        struct pair p;

        establish(&p, "0x1301");
        pair_put(&p, true, SW_CT_HANDSHAKE, "\x18\x00\x00", 3);
        if (data) {
            pair_put(&p, true, SW_CT_APPLICATION_DATA, "x", 1);
            SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_UNEXPECTED_MESSAGE);
        } else {
            pair_put(&p, true, SW_CT_HANDSHAKE, "\x01\x01", 2);
            SW_ASSERT_OK(sw_conn_error(p.server));
            CU_ASSERT_EQUAL(p.server->in.seq, 0);
            CU_ASSERT_EQUAL(p.server->msg_len, 0);
        }
        pair_close(&p);
    }
}

/*
 * Behind the handshake a header says already what may not come, and how long what may is: whoever is established, which
 * costs no certificate, does not make the server keep what it will refuse.
 */
static void nothing_is_kept_of_what_may_not_come(void)
{
    static const struct {
        const char *hex;
        enum sw_err at_server, at_client;
    } rows[] = {
        {"04010000", SW_ERR_UNEXPECTED_MESSAGE, SW_OK}, /* a ticket may be long */
        {"0b010000", SW_ERR_UNEXPECTED_MESSAGE, SW_ERR_UNEXPECTED_MESSAGE},
        {"01010000", SW_ERR_UNEXPECTED_MESSAGE, SW_ERR_UNEXPECTED_MESSAGE},
        {"0d000100", SW_ERR_UNEXPECTED_MESSAGE, SW_ERR_UNEXPECTED_MESSAGE},
        {"18000002", SW_ERR_MESSAGE_SIZE, SW_ERR_MESSAGE_SIZE},
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[32];
        struct pair p;
        bool by_client = i % 2;

        establish(&p, "0x1301");
        pair_put(&p, by_client, SW_CT_HANDSHAKE, bytes, sw_unhex(rows[i / 2].hex, bytes, sizeof bytes));
        SW_ASSERT_ERR(sw_conn_error(by_client ? p.server : p.client),
                      by_client ? rows[i / 2].at_server : rows[i / 2].at_client);
        pair_close(&p);
    }
}

/* A key that has protected as much as it should is changed without being asked (RFC 8446 5.5). */
static void by_itself(void)
{
    static const char *const suites[] = {"0x1301", "0x1303"};

    for (int i = 0; i < 2; i++) {
        struct pair p;
        struct sw_record_secrets before;

        establish(&p, suites[i]);
        p.client->out.seq = p.server->in.seq = SW_SEALS_MAX - 3;
        before = p.client->out;
        CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 3 * 16384));
        CU_ASSERT_TRUE(same_keys(&before, &p.client->out));
        CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 5 * 16384));
        CU_ASSERT_FALSE(same_keys(&before, &p.client->out));
        both_ways(&p);
        pair_close(&p);
    }
}

SW_TEST_SUITE(key_update){
    SW_TEST(keys_change),
    SW_TEST(when_it_may_not),
    SW_TEST(one_answer),
    SW_TEST(not_for_ever),
    SW_TEST(what_is_none),
    SW_TEST(in_pieces),
    SW_TEST(by_itself),
    SW_TEST(an_answer_before_the_next_data),
    SW_TEST(aborted_by_the_trace),
    SW_TEST(nothing_is_kept_of_what_may_not_come),
};
