/*
 * The schedule of TLS 1.3 with what it is made from marked: all that follows is secret, and so are both sides of the
 * compare that ends a handshake.
 */
#include "base/ct.h"
#include "handshake/conn.h"
#include "handshake/msg.h"
#include "tests/test.h"
#include <string.h>

static const struct {
    enum sw_hash_id hash;
    uint16_t suite;
} rows[] = {{SW_HASH_SHA256, 0x1301}, {SW_HASH_SHA384, 0x1302}, {SW_HASH_SHA256, 0x1303}};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void mark(uint8_t *p, size_t len)
{
    memset(p, 7, len);
    SW_CT_SECRET(p, len);
}

static void schedule(void)
{
    for (int i = 0; i < ROWS; i++) {
        enum sw_hash_id hash = rows[i].hash;
        uint8_t psk[SW_HASH_MAX], shared[66], secret[SW_HASH_MAX], out[SW_HASH_MAX];
        const uint8_t transcript[SW_HASH_MAX] = {2};
        struct sw_record_secrets keys;
        struct sw_keys13 k;

        mark(psk, sizeof psk);
        mark(shared, sizeof shared);
        SW_ASSERT_OK(sw_keys13_early(&k, hash, (struct sw_slice){psk, sw_hash_len(hash)}));
        SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_RES_BINDER, NULL, secret));
        SW_ASSERT_OK(sw_keys13_finished(hash, secret, transcript, out));
        SW_ASSERT_OK(sw_keys13_next(&k, (struct sw_slice){shared, sizeof shared}));
        SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_CLIENT_HANDSHAKE, transcript, secret));
        SW_ASSERT_OK(sw_keys13_next(&k, (struct sw_slice){NULL, 0}));
        SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_CLIENT_APPLICATION, transcript, secret));
        SW_ASSERT_OK(sw_keys13_update(hash, secret));
        SW_ASSERT_OK(sw_keys13_traffic(sw_suite_by_id(rows[i].suite), secret, &keys));
        SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_EXPORTER, transcript, secret));
        SW_ASSERT_OK(sw_keys13_export(hash, secret, "label", (struct sw_slice){transcript, 3}, out, sizeof out));
        SW_ASSERT_OK(sw_keys13_derive(&k, SW_KEYS13_RESUMPTION, transcript, secret));
        SW_ASSERT_OK(sw_keys13_psk(hash, secret, (struct sw_slice){transcript, 1}, out));
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        sw_keys13_wipe(&k);
    }
}

/* A connection in the middle of its handshake, as far as messages without records need one. */
static struct sw_conn *begin(struct sw_config *cfg, int row)
{
    struct sw_conn *conn;

    SW_ASSERT_OK(sw_conn_new(&conn, cfg, "server.example"));
    conn->version = SW_TLS13;
    conn->suite = sw_suite_by_id(rows[row].suite);
    SW_ASSERT_OK(sw_transcript_start(&conn->hs->transcript, rows[row].hash));
    return conn;
}

static struct sw_config *client_config(void)
{
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);

    SW_ASSERT_OK(sw_config_set_versions(cfg, SW_TLS13, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
    return cfg;
}

/* The verdict is public, what it is about is not: neither where the two differ nor whether a right one came. */
static void finished(void)
{
    struct sw_config *cfg = client_config();

    for (int i = 0; i < ROWS; i++) {
        struct sw_conn *conn = begin(cfg, i);
        size_t len = sw_hash_len(rows[i].hash);
        uint8_t hash[SW_HASH_MAX], data[SW_HASH_MAX];

        mark(conn->in.mac_key, sizeof conn->in.mac_key);
        SW_ASSERT_OK(sw_transcript_digest(&conn->hs->transcript, hash));
        SW_ASSERT_OK(sw_keys13_finished(rows[i].hash, conn->in.mac_key, hash, data));
        SW_ASSERT_OK(sw_finished13_recv(conn, (struct sw_slice){data, len}));
        for (size_t at = 0; at < len; at += len - 1) {
            data[at] ^= 1;
            SW_ASSERT_ERR(sw_finished13_recv(conn, (struct sw_slice){data, len}), SW_ERR_FINISHED);
            data[at] ^= 1;
        }
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        sw_conn_free(conn);
    }
    sw_config_free(cfg);
}

/* A hello is bound with the secret of the session it offers. */
static void the_binder(void)
{
    struct sw_config *cfg = client_config();

    for (int i = 0; i < ROWS; i++) {
        struct sw_conn *conn = begin(cfg, i);
        struct sw_session s = {.version = SW_TLS13, .suite = rows[i].suite, .lifetime = 100};
        uint8_t bytes[SW_SESSION_MAX], hello[200] = {1};
        struct sw_writer w = sw_writer_of(bytes, sizeof bytes);

        mark(s.master, sizeof s.master);
        SW_ASSERT_OK(sw_session_encode(&s, &w));
        conn->session = (struct sw_slice){bytes, w.len};
        conn->hs->psk_offered = true;
        conn->hs->psk_hash = (uint8_t)rows[i].hash;
        SW_ASSERT_OK(sw_psk_bind(conn, hello, sizeof hello));
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
        conn->session = (struct sw_slice){NULL, 0};
        sw_conn_free(conn);
    }
    sw_config_free(cfg);
}

SW_TEST_SUITE(keys13){
    SW_TEST(schedule),
    SW_TEST(finished),
    SW_TEST(the_binder),
};
