/* What a configuration takes and refuses, and that it says what was wrong. */
#include "handshake/config.h"
#include "tests/handshake/pair.h"
#include <stdlib.h>
#include <string.h>

static void refused_words_are_named(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);
    struct sw_id_list before;

    CU_ASSERT_STRING_EQUAL(sw_config_error(cfg), "");
    SW_ASSERT_ERR(sw_config_set_policy(cfg, "wild"), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_config_error(cfg), "wild"));
    before = cfg->suites;
    SW_ASSERT_ERR(sw_config_set_suites(cfg, "AES128-SHA256:NOBODYS-SUITE"), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_config_error(cfg), "NOBODYS-SUITE"));
    SW_ASSERT_BYTES(&cfg->suites, &before, sizeof before); /* what was there stays */
    SW_ASSERT_ERR(sw_config_set_groups(cfg, "x25518"), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_config_error(cfg), "x25518"));
    SW_ASSERT_ERR(sw_config_set_sigalgs(cfg, "rsa_md5"), SW_ERR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_config_error(cfg), "rsa_md5"));
    SW_ASSERT_ERR(sw_config_add_trust(cfg, "nothing", 7), SW_ERR_PEM);
    CU_ASSERT_NOT_EQUAL(strlen(sw_config_error(cfg)), 0);
    sw_config_free(cfg);
}

static void versions_have_an_order(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);

    SW_ASSERT_OK(sw_config_set_versions(cfg, SW_TLS12, SW_TLS12));
    SW_ASSERT_ERR(sw_config_set_versions(cfg, SW_TLS12 - 1, SW_TLS12), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_config_set_versions(cfg, SW_TLS13, SW_TLS12), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_config_set_versions(cfg, SW_TLS12, SW_TLS13 + 1), SW_ERR_ARGUMENT);
    sw_config_free(cfg);
}

static void protocols_are_names(void)
{
    static const char *const bad[] = {",h2", "h2,", "h2,,http/1.1", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"};
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);
    char name[257];

    SW_ASSERT_OK(sw_config_set_alpn(cfg, "h2,http/1.1"));
    CU_ASSERT_EQUAL(cfg->alpn_len, 2);
    CU_ASSERT_STRING_EQUAL(cfg->alpn[1], "http/1.1");
    SW_ASSERT_OK(sw_config_set_alpn(cfg, ""));
    CU_ASSERT_EQUAL(cfg->alpn_len, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SW_ASSERT_ERR(sw_config_set_alpn(cfg, bad[i]), SW_ERR_ARGUMENT);
        CU_ASSERT_EQUAL(cfg->alpn_len, 0);
    }
    memset(name, 'a', 256);
    name[256] = '\0';
    SW_ASSERT_ERR(sw_config_set_alpn(cfg, name), SW_ERR_ARGUMENT);
    name[255] = '\0';
    SW_ASSERT_OK(sw_config_set_alpn(cfg, name));
    sw_config_free(cfg);
}

/* Whom a server asks follows from whom it trusts, until its owner says otherwise. */
static void asking_clients_follows_trust(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL), *client = sw_config_new(SW_CLIENT, NULL);
    size_t len;
    void *root = sw_test_file("tests/vectors/tls/root.crt", &len);

    CU_ASSERT_EQUAL(sw_config_client_auth(cfg), SW_CLIENT_AUTH_NONE);
    SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
    CU_ASSERT_EQUAL(sw_config_client_auth(cfg), SW_CLIENT_AUTH_REQUIRE);
    SW_ASSERT_OK(sw_config_set_client_auth(cfg, SW_CLIENT_AUTH_REQUEST));
    CU_ASSERT_EQUAL(sw_config_client_auth(cfg), SW_CLIENT_AUTH_REQUEST);
    SW_ASSERT_ERR(sw_config_set_client_auth(client, SW_CLIENT_AUTH_NONE), SW_ERR_ARGUMENT);
    free(root);
    sw_config_free(cfg);
    sw_config_free(client);
}

/* What is missing is said before the first connection, not found out by it. */
static void what_is_missing_is_said(void)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);
    struct sw_conn *conn = NULL;
    size_t len;
    void *root = sw_test_file("tests/vectors/tls/root.crt", &len);

    SW_ASSERT_ERR(sw_conn_new(&conn, cfg, NULL), SW_ERR_CONFIG); /* no certificate */
    pair_cert(cfg, "server-rsa");
    SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
    SW_ASSERT_ERR(sw_conn_new(&conn, cfg, NULL), SW_ERR_CONFIG); /* no clock */
    sw_config_set_clock(cfg, pair_now, NULL);
    SW_ASSERT_OK(sw_conn_new(&conn, cfg, NULL));
    sw_config_free(cfg); /* the connection has a reference of its own */
    sw_conn_free(conn);
    cfg = sw_config_new(SW_CLIENT, NULL);
    SW_ASSERT_ERR(sw_conn_new(&conn, cfg, "server.example"), SW_ERR_CONFIG); /* nobody to trust */
    SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
    SW_ASSERT_OK(sw_conn_new(&conn, cfg, "server.example"));
    sw_conn_free(conn);
    sw_config_free(cfg);
    free(root);
}

SW_TEST_SUITE(config){
    SW_TEST(refused_words_are_named),      SW_TEST(versions_have_an_order),  SW_TEST(protocols_are_names),
    SW_TEST(asking_clients_follows_trust), SW_TEST(what_is_missing_is_said),
};
