/*
 * Signed certificate timestamps: bodies of the extension, and lists carried from a server's configuration to a client's
 * application.
 */
#include "tests/handshake/ext_bodies.h"
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct ext_body offers[] = {
    {"a client that asks",            18, "",                     SW_OK},
    {"one that brings a list",        18, "0003 0001 aa",         SW_ERR_EXTENSION_DECODE},
};
static const struct ext_body answers[] = {
    {"one timestamp",                 18, "0003 0001 aa",         SW_OK},
    {"two",                           18, "0007 0001 aa 0002 bbbb", SW_OK},
    {"no body",                       18, "",                     SW_ERR_EXTENSION_DECODE},
    {"an empty list",                 18, "0000",                 SW_ERR_EXTENSION_DECODE},
    {"an empty timestamp",            18, "0002 0000",            SW_ERR_EXTENSION_DECODE},
    {"an empty one behind another",   18, "0005 0001 aa 0000",    SW_ERR_EXTENSION_DECODE},
    {"a list cut short",              18, "0004 0001 aa",         SW_ERR_EXTENSION_DECODE},
    {"a timestamp cut short",         18, "0003 0002 aa",         SW_ERR_EXTENSION_DECODE},
    {"half a length",                 18, "0004 0001 aa 00",      SW_ERR_EXTENSION_DECODE},
    {"a byte behind the list",        18, "0003 0001 aa 00",      SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

static const char name[] = "server.example";
static const uint8_t list[] = {0, 7, 0, 1, 0xaa, 0, 2, 0xbb, 0xbb};

static void offers_are_judged(void)
{
    EXT_OFFERS(offers);
}

static void answers_are_judged(void)
{
    EXT_ANSWERS(answers);
}

/* Without having asked, a client takes none (RFC 5246 7.4.1.4). */
static void unasked_is_unsolicited(void)
{
    static const uint8_t block[] = {0, 18, 0, 5, 0, 3, 0, 1, 0xaa};
    struct pair p;
    size_t n;

    pair_open(&p, false);
    pair_connect(&p, name);
    CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.client, &n));
    SW_ASSERT_ERR(sw_ext_read_answers(p.client, (struct sw_slice){block, sizeof block}), SW_ERR_UNSOLICITED_EXTENSION);
    pair_close(&p);
}

static void servers_check_their_own(void)
{
    static const uint8_t empty[] = {0, 0}, cut[] = {0, 3, 0, 1};
    uint8_t *big = calloc(1, 40000);
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);

    SW_ASSERT_ERR(sw_config_set_sct(cfg, list, sizeof list), SW_ERR_STATE);
    pair_cert(cfg, "server-rsa");
    SW_ASSERT_OK(sw_config_set_sct(cfg, list, sizeof list));
    SW_ASSERT_ERR(sw_config_set_sct(cfg, empty, sizeof empty), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_config_set_sct(cfg, cut, sizeof cut), SW_ERR_ARGUMENT);
    for (size_t len = 32768; len <= 32769; len++) {
        memcpy(big,
               (const uint8_t[]){(uint8_t)((len - 2) >> 8), (uint8_t)(len - 2), (uint8_t)((len - 4) >> 8),
                                 (uint8_t)(len - 4)},
               4);
        SW_ASSERT_ERR(sw_config_set_sct(cfg, big, len), len == 32768 ? SW_OK : SW_ERR_ARGUMENT);
    }
    SW_ASSERT_OK(sw_config_set_sct(cfg, NULL, 0));
    CU_ASSERT_EQUAL(cfg->creds[0]->sct.len, 0);
    sw_config_free(cfg);
    free(big);
}

static enum sw_err look(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    size_t len;
    const uint8_t *got = sw_conn_sct(conn, &len);

    *(bool *)ctx = got != NULL && len == sizeof list && memcmp(got, list, len) == 0;
    return chain->verdict;
}

/* Both must want it; it is there when the chain is judged, and goes with sw_conn_release. */
static void sent_to_whoever_asks(void)
{
    for (int asks = 0; asks < 2; asks++)
        for (int has = 0; has < 2; has++) {
            bool seen = false;
            struct pair p;
            size_t len;

            pair_open(&p, false);
            SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_SCT, asks));
            if (has)
                SW_ASSERT_OK(sw_config_set_sct(p.server_cfg, list, sizeof list));
            sw_config_set_verify(p.client_cfg, look, &seen);
            pair_connect(&p, name);
            CU_ASSERT_TRUE(pair_run(&p));
            CU_ASSERT_EQUAL(seen, asks && has);
            CU_ASSERT_EQUAL(sw_conn_sct(p.client, &len) != NULL, asks && has);
            CU_ASSERT_PTR_NULL(sw_conn_sct(p.server, &len));
            sw_conn_release(p.client);
            CU_ASSERT_PTR_NULL(sw_conn_sct(p.client, &len));
            CU_ASSERT_EQUAL(len, 0);
            pair_close(&p);
        }
}

/* A long list makes a long ServerHello. */
static void long_lists_fit(void)
{
    enum { LEN = 32768 };
    uint8_t *big = calloc(1, LEN);
    const uint8_t *got;
    struct pair p;
    size_t len;

    memcpy(big, (const uint8_t[]){(LEN - 2) >> 8, (LEN - 2) & 255, (LEN - 4) >> 8, (LEN - 4) & 255}, 4);
    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_SCT, 1));
    SW_ASSERT_OK(sw_config_set_sct(p.server_cfg, big, LEN));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    got = sw_conn_sct(p.client, &len);
    CU_ASSERT_EQUAL(len, LEN);
    if (got != NULL)
        SW_ASSERT_BYTES(got, big, LEN);
    pair_close(&p);
    free(big);
}

/*
 * A resumed session shows no certificate: the server says nothing about one, and what it says all the same is not kept
 * (RFC 6962 3.3.1).
 */
static void not_on_resumption(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len, n;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_SCT, 1));
    SW_ASSERT_OK(sw_config_set_sct(p.server_cfg, list, sizeof list));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    for (int forced = 0; forced < 2; forced++) {
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        if (forced) {
            static const uint8_t block[] = {0, 18, 0, 9, 0, 7, 0, 1, 0xaa, 0, 2, 0xbb, 0xbb};

            CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.client, &n));
            SW_ASSERT_OK(sw_ext_read_answers(p.client, (struct sw_slice){block, sizeof block}));
            CU_ASSERT_PTR_NOT_NULL(sw_conn_sct(p.client, &n));
        }
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_TRUE(info.resumed);
        CU_ASSERT_PTR_NULL(sw_conn_sct(p.client, &n));
    }
    pair_close(&p);
}

SW_TEST_SUITE(ext_sct){
    SW_TEST(offers_are_judged),       SW_TEST(answers_are_judged),   SW_TEST(unasked_is_unsolicited),
    SW_TEST(servers_check_their_own), SW_TEST(sent_to_whoever_asks), SW_TEST(long_lists_fit),
    SW_TEST(not_on_resumption),
};
