/*
 * Errors of a connection that no other suite of the handshake provokes, each with the alert that must go out with it.
 * Where a peer of ours would behave, one side's configuration or memory is changed under its hands after its hello.
 */
#include "handshake/conn.h"
#include "tests/handshake/pair.h"
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

/* One side found err and told the other. */
static void refused(struct pair *p, bool by_server, enum sw_err err)
{
    struct sw_conn *by = by_server ? p->server : p->client, *other = by_server ? p->client : p->server;

    SW_ASSERT_ERR(sw_conn_error(by), err);
    CU_ASSERT_EQUAL(sw_conn_alert_sent(by), sw_err_alert(err));
    SW_ASSERT_ERR(sw_conn_error(other), SW_ERR_PEER_ALERT);
    CU_ASSERT_EQUAL(sw_conn_alert_received(other), sw_err_alert(err));
}

/* --- what is no TLS ----------------------------------------------------------------------------------------------- */

static void first_bytes(const void *bytes, size_t len, enum sw_err err)
{
    struct pair p;
    size_t room;

    pair_open(&p, false);
    pair_connect(&p, name);
    uint8_t *in = sw_conn_in_buf(p.server, &room);
    CU_ASSERT_TRUE_FATAL(room >= len);
    memcpy(in, bytes, len);
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, len), err);
    pair_close(&p);
}

static void what_is_no_tls(void)
{
    static const uint8_t type[] = {99, 3, 3, 0, 1, 0}, version[] = {22, 2, 0, 0, 1, 0};

    first_bytes("GET / HTTP/1.1\r\n", 16, SW_ERR_HTTP_REQUEST);
    first_bytes("POST / HTTP/1.1\r\n", 17, SW_ERR_HTTP_REQUEST);
    first_bytes("SSH-2.0-OpenSSH\r\n", 17, SW_ERR_NOT_TLS);
    first_bytes(type, sizeof type, SW_ERR_RECORD_TYPE);
    first_bytes(version, sizeof version, SW_ERR_RECORD_VERSION);
}

/* Application data in the clear, behind the server's flight. */
static void data_before_the_end(void)
{
    static const uint8_t record[] = {23, 3, 3, 0, 1, 'x'};
    struct pair p;
    size_t room;

    pair_open(&p, false);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    uint8_t *in = sw_conn_in_buf(p.server, &room);
    memcpy(in, record, sizeof record);
    SW_ASSERT_ERR(sw_conn_in_ack(p.server, sizeof record), SW_ERR_EARLY_DATA);
    CU_ASSERT_EQUAL(sw_conn_alert_sent(p.server), SW_ALERT_UNEXPECTED_MESSAGE);
    pair_close(&p);
}

/* --- what is missing ---------------------------------------------------------------------------------------------- */

static void a_server_without_a_certificate(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);
    struct sw_conn *conn = NULL;

    SW_ASSERT_ERR(sw_conn_new(&conn, cfg, NULL), SW_ERR_CONFIG);
    CU_ASSERT_TRUE(strlen(sw_config_error(cfg)) > 0);
    sw_config_free(cfg);
}

/* --- nothing in common -------------------------------------------------------------------------------------------- */

static void nothing_in_common(void)
{
    static const struct {
        const char *suites, *client_groups, *server_groups, *client_sigalgs, *server_sigalgs;
        enum sw_err err;
    } rows[] = {
        {"0xC02F", "P-256", "X25519", NULL, NULL, SW_ERR_NO_GROUP},
        {"0xC02F", NULL, NULL, "RSA+SHA256", "RSA+SHA512", SW_ERR_NO_SIGNATURE_SCHEME},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, rows[i].suites));
        if (rows[i].client_groups != NULL) {
            SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, rows[i].client_groups));
            SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, rows[i].server_groups));
        }
        if (rows[i].client_sigalgs != NULL) {
            SW_ASSERT_OK(sw_config_set_sigalgs(p.client_cfg, rows[i].client_sigalgs));
            SW_ASSERT_OK(sw_config_set_sigalgs(p.server_cfg, rows[i].server_sigalgs));
        }
        pair_connect(&p, name);
        CU_ASSERT_FALSE(pair_run(&p));
        refused(&p, true, rows[i].err);
        pair_close(&p);
    }
}

static void extended_master_secret_required(void)
{
    for (int by_server = 0; by_server < 2; by_server++) {
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(by_server ? p.server_cfg : p.client_cfg, SW_OPT_EMS, 2));
        SW_ASSERT_OK(sw_config_set_option(by_server ? p.client_cfg : p.server_cfg, SW_OPT_EMS, 0));
        pair_connect(&p, name);
        CU_ASSERT_FALSE(pair_run(&p));
        refused(&p, by_server, SW_ERR_EMS_REQUIRED);
        pair_close(&p);
    }
}

/* RFC 7507: a client that says it fell back, to a server that could do more. */
static void an_inappropriate_fallback(void)
{
    struct pair p;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_FALLBACK_SCSV, 1));
    p.server_cfg->max_version = SW_TLS13;
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, true, SW_ERR_FALLBACK);
    pair_close(&p);
}

/* --- a server that answers what was not offered ------------------------------------------------------------------- */

/* The client's hello goes out, then its mind is changed. */
static void open_and_say_hello(struct pair *p)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, "0xC02F"));
    pair_connect(p, name);
    CU_ASSERT_TRUE(pair_carry(p->client, p->server, 0));
}

static void a_group_that_was_not_offered(void)
{
    struct pair p;

    open_and_say_hello(&p);
    SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, "P-521"));
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, false, SW_ERR_GROUP);
    pair_close(&p);
}

static void a_scheme_that_was_not_offered(void)
{
    struct pair p;

    open_and_say_hello(&p);
    SW_ASSERT_OK(sw_config_set_sigalgs(p.client_cfg, "ECDSA+SHA256"));
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, false, SW_ERR_SIGNATURE_SCHEME);
    pair_close(&p);
}

/* --- sessions that went on differently ---------------------------------------------------------------------------- */

/* A pair whose client offers the session of an earlier connection. */
static void open_resuming(struct pair *p)
{
    uint8_t session[8192];
    size_t len;

    pair_open(p, false);
    pair_connect(p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(p));
    SW_ASSERT_OK(sw_conn_session(p->client, session, sizeof session, &len));
    pair_drop(p);
    pair_connect(p, name);
    SW_ASSERT_OK(sw_conn_set_session(p->client, session, len));
}

/*
 * RFC 7627 5.3: the server must not go on with a session that had extended master secret when the hello has not; nor
 * the client (5.3 too).
 */
static void resumed_without_extended_master_secret(void)
{
    struct pair p;

    open_resuming(&p);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_EMS, 0));
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, true, SW_ERR_EMS_RESUME);
    pair_close(&p);

    open_resuming(&p);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    p.client->kept[5] &= 0xfe; /* the flag of extended master secret, see resume.c */
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, false, SW_ERR_EMS_RESUME);
    pair_close(&p);
}

static void resumed_with_another_suite(void)
{
    struct pair p;

    open_resuming(&p);
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    memcpy(p.client->kept + 3, "\x00\x2f", 2);
    CU_ASSERT_FALSE(pair_run(&p));
    refused(&p, false, SW_ERR_RESUME_MISMATCH);
    pair_close(&p);
}

SW_TEST_SUITE(errors){
    SW_TEST(what_is_no_tls),
    SW_TEST(data_before_the_end),
    SW_TEST(a_server_without_a_certificate),
    SW_TEST(nothing_in_common),
    SW_TEST(extended_master_secret_required),
    SW_TEST(an_inappropriate_fallback),
    SW_TEST(a_group_that_was_not_offered),
    SW_TEST(a_scheme_that_was_not_offered),
    SW_TEST(resumed_without_extended_master_secret),
    SW_TEST(resumed_with_another_suite),
};
