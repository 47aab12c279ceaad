/* Two engines joined in memory: every suite, every option, any splitting of the bytes, closing, truncation, memory. */
#include "handshake/conn.h"
#include "tests/handshake/counted.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

static void every_suite(void)
{
    uint16_t id;
    const char *suite;
    unsigned policies;

    for (size_t i = 0; sw_suite_at(i, &id, &suite, &policies); i++) {
        const struct sw_suite *row = sw_suite_by_id(id);
        struct sw_conn_info info;
        struct pair p;

        if (row->min_version != SW_TLS12)
            continue;
        for (int etm = 0; etm < 2; etm++) {
            pair_open(&p, true);
            pair_cert(p.server_cfg, "server-p256");
            SW_ASSERT_OK(sw_config_set_policy(p.client_cfg, "all"));
            SW_ASSERT_OK(sw_config_set_policy(p.server_cfg, "all"));
            SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, suite));
            SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, suite));
            SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_ETM, etm));
            pair_connect(&p, name);
            if (!pair_run(&p))
                printf("%s: client %s, server %s\n", suite, sw_conn_error_text(p.client), sw_conn_error_text(p.server));
            CU_ASSERT_TRUE(sw_conn_established(p.client) && sw_conn_established(p.server));
            sw_conn_info(p.server, &info);
            CU_ASSERT_EQUAL(info.suite, id);
            CU_ASSERT_TRUE(info.ems);
            CU_ASSERT_EQUAL(info.etm, etm && row->bulk->kind == SW_BULK_CBC);
            CU_ASSERT_TRUE(info.peer_has_cert);
            pair_exchange(&p);
            pair_close(&p);
        }
    }
}

static void every_group(void)
{
    uint16_t id;
    const char *group;

    for (size_t i = 0; sw_group_at(i, &id, &group); i++) {
        struct sw_conn_info info;
        struct pair p;

        if (id > 258)
            continue; /* above 4096 bits a handshake takes too long for a test of every build */
        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg,
                                          id >= 256 ? "DHE-RSA-AES128-GCM-SHA256" : "ECDHE-RSA-AES128-GCM-SHA256"));
        SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, group));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.group, id);
        pair_exchange(&p);
        pair_close(&p);
    }
}

static void one_byte_at_a_time(void)
{
    static const size_t pieces[] = {1, 2, 3, 5, 7, 100, 1000};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct pair p;

        pair_open(&p, true);
        p.piece = pieces[i];
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        pair_exchange(&p);
        pair_close(&p);
    }
}

static void modern_is_answered(void)
{
    struct sw_conn_info info;
    struct pair p;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_policy(p.client_cfg, "modern"));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    sw_conn_info(p.client, &info);
    CU_ASSERT_EQUAL(sw_suite_by_id(info.suite)->kex, SW_KEX_ECDHE);
    CU_ASSERT_EQUAL(sw_suite_by_id(info.suite)->bulk->kind, SW_BULK_AEAD);
    pair_close(&p);
}

static void client_keys_of_each_kind(void)
{
    static const char *const certs[] = {"client-rsa", "client-p256"};

    for (size_t i = 0; i < 2; i++) {
        struct pair p;

        pair_open(&p, false);
        pair_cert(p.client_cfg, certs[i]);
        SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        pair_close(&p);
    }
}

static void server_keys_of_each_kind(void)
{
    static const char *const certs[] = {"server-p256", "server-p384", "server-ed25519"};

    for (size_t i = 0; i < 3; i++) {
        struct pair p;

        memset(&p, 0, sizeof p);
        p.client_cfg = pair_config(SW_CLIENT);
        p.server_cfg = pair_config(SW_SERVER);
        pair_cert(p.server_cfg, certs[i]);
        SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_NONE));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        pair_exchange(&p);
        pair_close(&p);
    }
}

static void the_certificate_follows_the_name(void)
{
    struct sw_conn_info info;
    struct pair p;

    memset(&p, 0, sizeof p);
    p.client_cfg = pair_config(SW_CLIENT);
    p.server_cfg = pair_config(SW_SERVER);
    pair_cert(p.server_cfg, "server-p256");
    pair_cert(p.server_cfg, "other-p256");
    SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_NONE));
    pair_connect(&p, "other.example");
    CU_ASSERT_TRUE(pair_run(&p));
    sw_conn_info(p.server, &info);
    CU_ASSERT_EQUAL(info.cert_index, 1);
    CU_ASSERT_STRING_EQUAL(info.server_name, "other.example");
    pair_close(&p);
}

/* Also where the first suite that both have would go with a certificate for another name. */
static void the_suite_follows_the_name(void)
{
    static const struct {
        const char *policy, *name;
        unsigned version;
        size_t cert;
        const char *key; /* in the suite's name, which says nothing of it in TLS 1.3 */
    } rows[] = {
        {"modern", "server.example", SW_TLS13, 0, ""},       {"modern", "other.example", SW_TLS13, 1, ""},
        {"modern", "server.example", SW_TLS12, 0, "_RSA_"},  {"modern", "other.example", SW_TLS12, 1, "_ECDSA_"},
        {"classic", "server.example", SW_TLS12, 0, "_RSA_"}, {"classic", "other.example", SW_TLS12, 1, "_ECDSA_"},
    };
    struct sw_conn_info info;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p = {0};

        p.client_cfg = pair_config(SW_CLIENT);
        p.server_cfg = pair_config(SW_SERVER);
        pair_cert(p.server_cfg, "server-rsa");
        pair_cert(p.server_cfg, "other-p256");
        SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_NONE));
        SW_ASSERT_OK(sw_config_set_policy(p.client_cfg, rows[i].policy));
        SW_ASSERT_OK(sw_config_set_policy(p.server_cfg, rows[i].policy));
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, rows[i].version));
        pair_connect(&p, rows[i].name);
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.version, rows[i].version);
        CU_ASSERT_EQUAL(info.cert_index, rows[i].cert);
        CU_ASSERT_PTR_NOT_NULL(strstr(info.suite_name, rows[i].key));
        pair_close(&p);
    }
}

/* The reason names what is missing; the alert is the same. */
static void a_missing_kind_of_key_is_said(void)
{
    struct pair p = {0};

    p.client_cfg = pair_config(SW_CLIENT);
    p.server_cfg = pair_config(SW_SERVER);
    pair_cert(p.server_cfg, "server-p256");
    SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_NONE));
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0x003C"));
    pair_connect(&p, "server.example");
    CU_ASSERT_FALSE(pair_run(&p));
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_conn_error_text(p.server), "kind of key"));
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_HANDSHAKE_FAILURE);
    pair_close(&p);
}

static void refusals(void)
{
    struct pair p;

    /* the wrong name */
    pair_open(&p, false);
    pair_connect(&p, "wrong.example");
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_CERT_NAME);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.server), SW_ALERT_BAD_CERTIFICATE);
    pair_close(&p);
    /* no certificate of the client */
    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_CERT_REQUIRED);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_HANDSHAKE_FAILURE);
    pair_close(&p);
    /* a server's certificate for a client */
    pair_open(&p, false);
    pair_cert(p.client_cfg, "other-p256");
    SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_CERT_PURPOSE);
    pair_close(&p);
    /* no suite in common */
    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "AES128-SHA"));
    SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "AES256-SHA"));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_NO_SUITE);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_HANDSHAKE_FAILURE);
    pair_close(&p);
    /* no application protocol in common */
    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_alpn(p.client_cfg, "h2"));
    SW_ASSERT_OK(sw_config_set_alpn(p.server_cfg, "http/1.1"));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_ALPN);
    pair_close(&p);
}

static void truncation_is_told(void)
{
    uint8_t byte;
    size_t n;
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    CU_ASSERT_TRUE(pair_send(&p, p.server, p.client, 10));
    SW_ASSERT_ERR(sw_conn_in_eof(p.client), SW_ERR_TRUNCATED);
    SW_ASSERT_ERR(sw_conn_read(p.client, &byte, 1, &n), SW_ERR_TRUNCATED);
    pair_close(&p);
    pair_open(&p, false);
    pair_connect(&p, name);
    SW_ASSERT_ERR(sw_conn_in_eof(p.client), SW_ERR_TRUNCATED);
    pair_close(&p);
}

static void misuse_is_an_error(void)
{
    size_t n;
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, name);
    SW_ASSERT_ERR(sw_conn_write(p.client, "x", 1, &n), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_conn_in_ack(p.client, 1u << 20), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_conn_out_ack(p.client, 1u << 20), SW_ERR_ARGUMENT);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_skip(p.client, 1), SW_ERR_ARGUMENT);
    sw_conn_close(p.client);
    SW_ASSERT_ERR(sw_conn_write(p.client, "x", 1, &n), SW_ERR_STATE);
    pair_close(&p);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

/*
 * A whole life of two connections in which the n-th allocation fails; false when it went through, so that n is past the
 * last one.
 */
static bool fails_cleanly(size_t n)
{
    struct counted mem = {0};
    const struct sw_allocator alloc = COUNTED_BY(&mem);
    struct pair p;
    size_t base, calls;
    bool failed;

    memset(&p, 0, sizeof p);
    p.client_cfg = pair_config(SW_CLIENT);
    sw_config_free(p.client_cfg);
    p.client_cfg = sw_config_new(SW_CLIENT, &alloc);
    p.server_cfg = sw_config_new(SW_SERVER, &alloc);
    for (int i = 0; i < 2; i++) {
        struct sw_config *cfg = i == 0 ? p.client_cfg : p.server_cfg;
        size_t len;
        uint8_t *root = sw_test_file("tests/vectors/tls/root.crt", &len);

        sw_config_set_clock(cfg, pair_now, NULL);
        SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
        pair_cert(cfg, i == 0 ? "client-rsa" : "server-rsa");
        free(root);
    }
    SW_ASSERT_OK(sw_conn_new(&p.server, p.server_cfg, NULL));
    sw_conn_free(p.server);
    p.server = NULL;
    base = mem.held;
    calls = mem.calls;
    mem.refuse_at = calls + n;
    failed = sw_conn_new(&p.client, p.client_cfg, name) != SW_OK || sw_conn_new(&p.server, p.server_cfg, NULL) != SW_OK;
    if (!failed) {
        failed = !pair_run(&p);
        if (!failed)
            failed = !pair_send(&p, p.client, p.server, 40000);
    }
    failed = failed || mem.calls >= mem.refuse_at;
    pair_drop(&p);
    /* the server's cache may have kept the session, and made its ticket keys */
    CU_ASSERT_TRUE(mem.held < base + 8192);
    pair_close(&p);
    CU_ASSERT_EQUAL(mem.held, 0);
    return failed;
}

static void every_allocation_can_fail(void)
{
    size_t n = 1;

    while (fails_cleanly(n) && n < 200)
        n++;
    CU_ASSERT_TRUE(n > 5 && n < 200);
}

/* A name is kept whole, whether it fits into the connection or not, and both sides say the same. */
static void names_of_any_length(void)
{
    static const size_t lens[] = {1, SW_SHORT_NAME - 1, SW_SHORT_NAME, 255};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        char long_name[256] = "";
        struct sw_conn_info info;
        struct pair p;

        memset(long_name, 'n', lens[i]);
        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
        pair_connect(&p, long_name);
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_STRING_EQUAL(info.server_name, long_name);
        sw_conn_info(p.server, &info);
        CU_ASSERT_PTR_NOT_NULL_FATAL(info.server_name);
        CU_ASSERT_STRING_EQUAL(info.server_name, long_name);
        pair_close(&p);
    }
}

/* A name as people write it is none on the wire: it would be sent, and refused by whoever looks. */
static void names_that_do_not_travel(void)
{
    static const char *const names[] = {"",     "b\303\274cher.example", "server example", "server.example\n", "\x7f",
                                        "a\xff"};
    char longest[257] = "";
    struct pair p;

    pair_open(&p, false);
    memset(longest, 'n', 256);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        SW_ASSERT_ERR(sw_conn_new(&p.client, p.client_cfg, names[i]), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_conn_new(&p.client, p.client_cfg, longest), SW_ERR_ARGUMENT);
    sw_config_free(p.client_cfg);
    sw_config_free(p.server_cfg);
}

SW_TEST_SUITE(conn){
    SW_TEST(names_that_do_not_travel),
    SW_TEST(names_of_any_length),
    SW_TEST(every_suite),
    SW_TEST(every_group),
    SW_TEST(one_byte_at_a_time),
    SW_TEST(modern_is_answered),
    SW_TEST(client_keys_of_each_kind),
    SW_TEST(server_keys_of_each_kind),
    SW_TEST(the_certificate_follows_the_name),
    SW_TEST(the_suite_follows_the_name),
    SW_TEST(a_missing_kind_of_key_is_said),
    SW_TEST(refusals),
    SW_TEST(truncation_is_told),
    SW_TEST(misuse_is_an_error),
    SW_TEST(every_allocation_can_fail),
};
