/*
 * The trace of RFC 8448 section 3, message by message, at a client and at a server: keys at their moments, a signature
 * and both Finished of somebody else's, the ticket's secret; and the binder of section 4.
 */
#include "handshake/engine.h"
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include "tests/vectors/rfc8448.h"
#include <string.h>

enum { MESSAGE_MAX = 600 };

static const char shared_secret[] = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";

/* A message of the trace, and its body. */
struct message {
    uint8_t bytes[MESSAGE_MAX];
    struct sw_slice all, body;
};

static void message(struct message *m, const char *hex)
{
    size_t len = sw_unhex(hex, m->bytes, sizeof m->bytes);

    m->all = (struct sw_slice){m->bytes, len};
    m->body = (struct sw_slice){m->bytes + 4, len - 4};
}

static void join(struct sw_conn *conn, const char *hex)
{
    struct message m;

    message(&m, hex);
    SW_ASSERT_OK(sw_transcript_add(&conn->hs->transcript, m.all, NULL));
}

static void expect_keys(const struct sw_record_secrets *s, const char *key, const char *iv)
{
    SW_ASSERT_HEX(s->key, 16, key);
    SW_ASSERT_HEX(s->iv, 12, iv);
    CU_ASSERT_TRUE(s->tls13 && s->bulk == &sw_bulk_aes128_gcm && s->seq == 0);
}

/* Both hellos are said. */
static void greet(struct sw_conn *conn)
{
    uint8_t shared[32];

    conn->version = SW_TLS13;
    conn->suite = sw_suite_by_id(0x1301);
    SW_ASSERT_OK(sw_engine_work(conn));
    join(conn, rfc8448_client_hello);
    SW_ASSERT_OK(sw_transcript_start(&conn->hs->transcript, SW_HASH_SHA256));
    SW_ASSERT_OK(sw_secrets13_begin(conn, (struct sw_slice){NULL, 0},
                                    (struct sw_slice){shared, sw_unhex(shared_secret, shared, sizeof shared)}));
    join(conn, rfc8448_server_hello);
    SW_ASSERT_OK(sw_server_hello13_joined(conn, sw_is_server(conn)));
    join(conn, rfc8448_encrypted_extensions);
}

static void open_13(struct pair *p)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1)); /* its own root, of another time */
    pair_connect(p, "server");
}

static void finishes(struct sw_conn *conn, const char *hex, bool sends)
{
    uint8_t data[64];
    struct sw_writer w = sw_writer_of(data, sizeof data);
    struct message m;

    message(&m, hex);
    if (sends) {
        SW_ASSERT_OK(sw_finished13_send(conn, &w));
        CU_ASSERT_EQUAL_FATAL(w.len, m.body.len);
        SW_ASSERT_BYTES(data, m.body.p, w.len);
    } else {
        SW_ASSERT_OK(sw_finished13_recv(conn, m.body));
    }
    SW_ASSERT_OK(sw_transcript_add(&conn->hs->transcript, m.all, NULL));
    SW_ASSERT_OK(sw_finished13_joined(conn, sends));
}

static void at_the_client(void)
{
    struct message certificate, verify, ticket;
    struct sw_session s;
    struct pair p;

    open_13(&p);
    greet(p.client);
    expect_keys(&p.client->in, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30");
    expect_keys(&p.client->out, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f");
    message(&certificate, rfc8448_certificate);
    SW_ASSERT_OK(sw_certificate13_recv(p.client, certificate.body));
    join(p.client, rfc8448_certificate);
    message(&verify, rfc8448_certificate_verify);
    SW_ASSERT_OK(sw_certificate_verify13_recv(p.client, verify.body));
    verify.bytes[100] ^= 1;
    SW_ASSERT_ERR(sw_certificate_verify13_recv(p.client, verify.body), SW_ERR_SIGNATURE);
    join(p.client, rfc8448_certificate_verify);
    finishes(p.client, rfc8448_server_finished, false);
    expect_keys(&p.client->in, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984");
    SW_ASSERT_HEX(p.client->exporter, 32, "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");
    finishes(p.client, rfc8448_client_finished, true);
    expect_keys(&p.client->out, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9");
    SW_ASSERT_HEX(p.client->master, 32, "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
    message(&ticket, rfc8448_new_session_ticket);
    SW_ASSERT_OK(sw_new_session_ticket13_recv(p.client, ticket.body));
    SW_ASSERT_OK(sw_session_decode(&s, p.client->session.p, p.client->session.len));
    SW_ASSERT_HEX(s.master, 32, "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
    CU_ASSERT_EQUAL(s.lifetime, 30);
    CU_ASSERT_EQUAL(s.age_add, 0xfad6aac5);
    CU_ASSERT_EQUAL(s.ticket.len, 178);
    pair_close(&p);
}

static void at_the_server(void)
{
    struct pair p;

    open_13(&p);
    greet(p.server);
    expect_keys(&p.server->out, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30");
    expect_keys(&p.server->in, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f");
    join(p.server, rfc8448_certificate);
    join(p.server, rfc8448_certificate_verify);
    finishes(p.server, rfc8448_server_finished, true);
    /* it may send under the application's keys, and still hears under those of the handshake */
    expect_keys(&p.server->out, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984");
    expect_keys(&p.server->in, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f");
    finishes(p.server, rfc8448_client_finished, false);
    expect_keys(&p.server->in, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9");
    SW_ASSERT_HEX(p.server->master, 32, "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
    pair_close(&p);
}

/* Section 4: the hello is whole but for the binder, which ends it, behind its length and that of the list. */
static void the_binder(void)
{
    static const char blank[] = "0021200000000000000000000000000000000000000000000000000000000000000000";
    uint8_t hello[MESSAGE_MAX], bytes[SW_SESSION_MAX];
    size_t len = sw_unhex(rfc8448_resuming_hello, hello, sizeof hello);
    struct sw_session s = {.version = SW_TLS13, .suite = 0x1301, .created = PAIR_NOW, .lifetime = 30};
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    struct pair p;

    len += sw_unhex(blank, hello + len, sizeof hello - len);
    (void)sw_unhex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3", s.master, sizeof s.master);
    s.ticket = (struct sw_slice){hello, 178};
    memcpy(s.server_name, "server", sizeof "server");
    SW_ASSERT_OK(sw_session_encode(&s, &w));
    open_13(&p);
    SW_ASSERT_OK(sw_conn_set_session(p.client, bytes, w.len));
    CU_ASSERT_TRUE(p.client->hs->psk_offered);
    SW_ASSERT_OK(sw_psk_bind(p.client, hello, len));
    SW_ASSERT_HEX(hello + len - 32, 32, "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d");
    pair_close(&p);
}

SW_TEST_SUITE(secrets13){
    SW_TEST(at_the_client),
    SW_TEST(at_the_server),
    SW_TEST(the_binder),
};
