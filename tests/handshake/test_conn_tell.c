/* What a connection says while it runs. */
#include "tests/handshake/pair.h"
#include <string.h>

static const char name[] = "server.example";

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

struct heard {
    unsigned char sent[32], received[32]; /* messages of the handshake, in order */
    size_t sent_len, received_len;
    bool clear_after_protected, explained;
};

static void hear(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    struct heard *h = ctx;

    (void)conn;
    if (ev->content_type != 22)
        return;
    CU_ASSERT_EQUAL(ev->message, ev->data[0]);
    if (ev->sent)
        h->sent[h->sent_len++] = ev->data[0];
    else
        h->received[h->received_len++] = ev->data[0];
    CU_ASSERT_EQUAL(ev->is_protected, ev->data[0] == 20);
    h->explained = h->explained || ev->note[0] != '\0';
}

/* What one side has sent is what the other has received, message by message, and only Finished goes protected. */
static void the_trace_tells_all_messages(void)
{
    static const unsigned char flight[] = {1, 11, 16, 15, 20};
    struct heard client = {.sent_len = 0}, server = {.sent_len = 0};
    struct pair p;

    pair_open(&p, true);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, 0));
    sw_config_set_trace(p.client_cfg, hear, &client);
    sw_config_set_trace(p.server_cfg, hear, &server);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    CU_ASSERT_EQUAL(client.sent_len, sizeof flight);
    SW_ASSERT_BYTES(client.sent, flight, sizeof flight);
    CU_ASSERT_EQUAL(client.sent_len, server.received_len);
    SW_ASSERT_BYTES(server.received, client.sent, client.sent_len);
    CU_ASSERT_EQUAL(server.sent_len, client.received_len);
    SW_ASSERT_BYTES(client.received, server.sent, server.sent_len);
    CU_ASSERT_TRUE(client.explained && server.explained);
    pair_close(&p);
}

struct stop {
    int at, events;
};

static void stop(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    struct stop *s = ctx;

    (void)ev;
    if (s->events++ == s->at)
        sw_conn_abort(conn, SW_ALERT_ACCESS_DENIED, SW_ERR_CERT_REJECTED);
}

static void talk_and_close(struct pair *p)
{
    size_t len;

    if (!pair_run(p))
        return;
    (void)!sw_conn_write(p->client, "x", 1, &len);
    (void)pair_run(p);
    if (sw_conn_peek(p->server, &len) != NULL)
        SW_ASSERT_OK(sw_conn_skip(p->server, len));
    sw_conn_close(p->client);
    (void)pair_run(p);
}

/*
 * Whoever sees something in the trace that he does not like may end the connection there: it ends as he said, and the
 * peer hears of it.
 */
static void the_trace_may_abort_anywhere(void)
{
    for (int side = 0; side < 2; side++) {
        struct stop s = {.at = 0, .events = 1};

        for (; s.at < s.events; s.at++) {
            struct pair p;
            struct sw_conn *conn, *peer;

            s.events = 0;
            pair_open(&p, true);
            sw_config_set_trace(side ? p.server_cfg : p.client_cfg, stop, &s);
            pair_connect(&p, name);
            conn = side ? p.server : p.client;
            peer = side ? p.client : p.server;
            talk_and_close(&p);
            if (s.events > s.at) {
                CU_ASSERT_EQUAL(sw_conn_error(conn), SW_ERR_CERT_REJECTED);
                CU_ASSERT_TRUE(sw_conn_wants(conn) & SW_WANT_DONE);
                CU_ASSERT_TRUE(sw_conn_error(peer) != SW_OK || sw_conn_alert_received(peer) == SW_ALERT_CLOSE_NOTIFY);
            }
            pair_close(&p);
        }
        CU_ASSERT_TRUE(s.at > 14); /* a handshake, data and the end */
    }
}

static void stop_at_secrets(void *ctx, struct sw_conn *conn, const char *text)
{
    (void)ctx;
    (void)text;
    sw_conn_abort(conn, SW_ALERT_ACCESS_DENIED, SW_ERR_CERT_REJECTED);
}

static void the_key_log_may_abort(void)
{
    for (int side = 0; side < 2; side++) {
        struct pair p;

        pair_open(&p, false);
        sw_config_set_keylog(side ? p.server_cfg : p.client_cfg, stop_at_secrets, NULL);
        pair_connect(&p, name);
        CU_ASSERT_FALSE(pair_run(&p));
        CU_ASSERT_EQUAL(sw_conn_error(side ? p.server : p.client), SW_ERR_CERT_REJECTED);
        CU_ASSERT_EQUAL(sw_conn_alert_received(side ? p.client : p.server), SW_ALERT_ACCESS_DENIED);
        pair_close(&p);
    }
}

static void count_secrets(void *ctx, struct sw_conn *conn, const char *text)
{
    static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
                                         "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET "};
    int *count = ctx;

    (void)conn;
    CU_ASSERT_TRUE_FATAL(*count < 5);
    CU_ASSERT_EQUAL(strncmp(text, labels[*count], strlen(labels[*count])), 0);
    CU_ASSERT_EQUAL(strlen(text), strlen(labels[*count]) + 64 + 1 + 96); /* SHA-384 */
    ++*count;
}

/* RFC 9850 2.2: the secrets of TLS 1.3, each once. */
static void the_key_log_of_tls13(void)
{
    int client = 0, server = 0;
    struct pair p;

    pair_open(&p, true);
    SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS13, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS13, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0x1302"));
    sw_config_set_keylog(p.client_cfg, count_secrets, &client);
    sw_config_set_keylog(p.server_cfg, count_secrets, &server);
    pair_connect(&p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(&p));
    CU_ASSERT_EQUAL(client, 5);
    CU_ASSERT_EQUAL(server, 5);
    pair_close(&p);
}

SW_TEST_SUITE(conn_tell){
    SW_TEST(the_key_log_knows_resumption), SW_TEST(the_trace_tells_all_messages), SW_TEST(the_trace_may_abort_anywhere),
    SW_TEST(the_key_log_may_abort),        SW_TEST(the_key_log_of_tls13),
};
