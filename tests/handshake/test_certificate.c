/* Certificate: lists of every shape, read by a client and by a server, and what each writes. */
#include "tests/handshake/chain.h"
#include <stdio.h>

static const struct row {
    enum sw_role role;
    enum sw_client_auth auth; /* of a server */
    const char *form;
    int list_by, last_by;
    enum sw_err err;
} rows[] = {
#define CLIENT SW_CLIENT, SW_CLIENT_AUTH_NONE
#define ASKS SW_SERVER, SW_CLIENT_AUTH_REQUEST
#define INSISTS SW_SERVER, SW_CLIENT_AUTH_REQUIRE
    /* a client */
    {CLIENT, "S", 0, 0, SW_OK},
    {CLIENT, "SP", 0, 0, SW_OK},
    {CLIENT, "", 0, 0, SW_ERR_DECODE}, /* RFC 5246 7.4.2: a server has one */
    {CLIENT, "x", 0, 0, SW_ERR_CERT_DECODE},
    {CLIENT, "xS", 0, 0, SW_ERR_CERT_DECODE},
    {CLIENT, "Sx", 0, 0, SW_OK}, /* a path may exist without it */
    {CLIENT, "SxxP", 0, 0, SW_OK},
    {CLIENT, "K", 0, 0, SW_ERR_CERT_KEY_TYPE},
    {CLIENT, "P", 0, 0, SW_ERR_CERT_KEY_TYPE}, /* the suite wants RSA */
    /* ASN.1Cert<1..2^24-1>: one of no bytes is none, wherever it stands */
    {CLIENT, "0", 0, 0, SW_ERR_DECODE},
    {CLIENT, "0S", 0, 0, SW_ERR_DECODE},
    {CLIENT, "S0", 0, 0, SW_ERR_DECODE},
    {INSISTS, "A0", 0, 0, SW_ERR_DECODE},
    {ASKS, "0", 0, 0, SW_ERR_DECODE},
    /* lengths that lie */
    {CLIENT, "S", 1, 0, SW_ERR_DECODE},
    {CLIENT, "S", -1, 0, SW_ERR_DECODE},
    {CLIENT, "S", 0, 1, SW_ERR_DECODE},
    {CLIENT, "S", 0, -1, SW_ERR_DECODE},
    {CLIENT, "SP", 0, 1, SW_ERR_DECODE},
    {CLIENT, "SP", 0, -1, SW_ERR_DECODE},
    {CLIENT, "S", -3, 0, SW_ERR_DECODE},
    {CLIENT, "", 1, 0, SW_ERR_DECODE},
    {ASKS, "", 1, 0, SW_ERR_DECODE},
    /* a server */
    {INSISTS, "A", 0, 0, SW_OK},
    {ASKS, "A", 0, 0, SW_OK},
    {INSISTS, "B", 0, 0, SW_OK}, /* whatever the suite: it signs */
    {INSISTS, "Ax", 0, 0, SW_OK},
    {INSISTS, "", 0, 0, SW_ERR_CERT_REQUIRED},
    {ASKS, "", 0, 0, SW_OK}, /* RFC 5246 7.4.6 */
    {ASKS, "x", 0, 0, SW_ERR_CERT_DECODE},
    {ASKS, "K", 0, 0, SW_ERR_CERT_KEY_TYPE},
    {ASKS, "S", 0, 0, SW_ERR_CERT_PURPOSE}, /* for servers alone; shown is judged, required or not */
    {INSISTS, "S", 0, 0, SW_ERR_CERT_PURPOSE},
};

static void lists(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct chain_test t;
        struct sw_slice body;
        enum sw_err err;

        chain_open(&t, row->role, 0x003C);
        if (row->role == SW_SERVER)
            SW_ASSERT_OK(sw_config_set_client_auth(t.cfg, row->auth));
        body = chain_body(&t, row->form, row->list_by, row->last_by);
        err = sw_certificate_recv(t.conn, body);
        if (err != row->err)
            printf("     %zu, %s: %s\n", i, row->form, sw_err_name(err));
        CU_ASSERT_EQUAL(err, row->err);
        /* who has shown none need not prove that it is his */
        CU_ASSERT_EQUAL(t.conn->hs->have_leaf,
                        row->form[0] != '\0' && err != SW_ERR_DECODE && err != SW_ERR_CERT_DECODE);
        CU_ASSERT_EQUAL(t.conn->peer_has_cert, t.conn->hs->have_leaf);
        chain_close(&t);
    }
}

/* A message cut short, and one with a byte behind its list. */
static void cut_short(void)
{
    static uint8_t longer[4096];

    for (size_t cut = 0; cut < 16; cut++) {
        struct chain_test t;
        struct sw_slice body;

        chain_open(&t, SW_CLIENT, 0x003C);
        body = chain_body(&t, "S", 0, 0);
        SW_ASSERT_ERR(sw_certificate_recv(t.conn, (struct sw_slice){body.p, cut}), SW_ERR_DECODE);
        SW_ASSERT_ERR(sw_certificate_recv(t.conn, (struct sw_slice){body.p, body.len - 1 - cut}), SW_ERR_DECODE);
        CU_ASSERT_TRUE_FATAL(body.len < sizeof longer);
        memcpy(longer, body.p, body.len);
        SW_ASSERT_ERR(sw_certificate_recv(t.conn, (struct sw_slice){longer, body.len + 1}), SW_ERR_DECODE);
        CU_ASSERT_PTR_NULL(t.conn->chain.p);
        chain_close(&t);
    }
}

/* The record goes, the message stays: what was read of it is a view of the transcript. */
static void the_message_is_kept(void)
{
    struct pair p;
    struct sw_slice der;
    size_t len;

    pair_open(&p, true);
    der = p.server_cfg->creds[0]->der[0];
    pair_connect(&p, "server.example");
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.client->hs);
    (void)sw_conn_in_buf(p.client, &len);
    memset(p.client->work->in, 0xee, p.client->work->in_cap);
    CU_ASSERT_TRUE(sw_slice_eq(p.client->hs->leaf.der, der));
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_BYTES(sw_conn_peer_cert(p.client, 0, &len), der.p, der.len);
    CU_ASSERT_EQUAL(len, der.len);
    pair_close(&p);
}

static void what_is_sent(void)
{
    uint8_t out[4096];
    struct chain_test t;
    struct sw_slice body;
    struct sw_writer w = sw_writer_of(out, sizeof out);

    chain_open(&t, SW_SERVER, 0x003C);
    t.conn->hs->cred = t.cfg->creds[0];
    SW_ASSERT_OK(sw_certificate_send(t.conn, &w));
    body = chain_body(&t, "S", 0, 0);
    CU_ASSERT_EQUAL_FATAL(w.len, body.len);
    SW_ASSERT_BYTES(out, body.p, body.len);
    CU_ASSERT_TRUE(t.conn->hs->sent_certificate);
    chain_close(&t);

    /* a client without one says so by an empty list */
    chain_open(&t, SW_CLIENT, 0x003C);
    w = sw_writer_of(out, sizeof out);
    SW_ASSERT_OK(sw_certificate_send(t.conn, &w));
    SW_ASSERT_HEX(out, w.len, "000000");
    CU_ASSERT_EQUAL(w.len, 3);
    CU_ASSERT_FALSE(t.conn->hs->sent_certificate);
    /* one that has some, and wants to be known, does not; who never had any has nothing to insist on */
    SW_ASSERT_OK(sw_config_set_option(t.cfg, SW_OPT_INSIST_ON_CERT, 1));
    CU_ASSERT_EQUAL(t.cfg->creds_len, 0);
    SW_ASSERT_OK(sw_certificate_send(t.conn, &w));
    pair_cert(t.cfg, "client-rsa");
    SW_ASSERT_ERR(sw_certificate_send(t.conn, &w), SW_ERR_NO_SIGNATURE_SCHEME); /* no types were asked for */
    CU_ASSERT_FALSE(t.conn->hs->sent_certificate);
    chain_close(&t);
}

/* --- TLS 1.3 ------------------------------------------------------------------------------------------------------------------- */

static void bodies_of_tls13(void)
{
    static const struct {
        bool server;
        const char *hex;
        enum sw_err err;
    } bodies[] = {
        {false, "", SW_ERR_DECODE},
        {false, "00", SW_ERR_DECODE},
        {false, "00 0000", SW_ERR_DECODE},
        {false, "00 000000 00", SW_ERR_DECODE},
        {false, "00 000001", SW_ERR_DECODE},
        {false, "00 000000", SW_ERR_DECODE}, /* a server has one */
        {true, "00 000000", SW_ERR_CERT_ABSENT},
        {true, "01aa 000000", SW_ERR_EXTENSION_VALUE},   /* nobody has given it a context */
        {false, "00 000005 000000 0000", SW_ERR_DECODE}, /* a certificate of no bytes */
        {false, "00 000006 000001 30 0000", SW_ERR_CERT_DECODE},
        {false, "00 000005 000001 30 00", SW_ERR_DECODE},
        {false, "00 000004 000001 30", SW_ERR_DECODE},
        {false, "00 000006 000001 30 0001", SW_ERR_DECODE},
        {false, "00 00000a 000001 30 0004 fafa0000", SW_ERR_UNSOLICITED_EXTENSION},
        {false, "00 00000a 000001 30 0004 00120000", SW_ERR_UNSOLICITED_EXTENSION}, /* timestamps: not asked for */
        {false, "00 00000a 000001 30 0004 00000000", SW_ERR_EXTENSION_VALUE},       /* server_name: belongs elsewhere */
        {false, "00 00000a 000001 30 0004 00050000",
         SW_ERR_EXTENSION_DECODE}, /* status_request: a status of no bytes */
        {false, "00 00000f 000001 30 0009 0005 0005 01 000001 aa", SW_ERR_CERT_DECODE},
        {false, "00 00000f 000001 30 0009 0005 0005 02 000001 aa", SW_ERR_EXTENSION_DECODE},
        {false, "00 00000e 000001 30 0008 0005 0004 01 000000", SW_ERR_EXTENSION_DECODE},
        {true, "00 00000f 000001 30 0009 0005 0005 01 000001 aa", SW_ERR_UNSOLICITED_EXTENSION},
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        uint8_t bytes[64];
        size_t len = sw_unhex(bodies[i].hex, bytes, sizeof bytes);
        struct sw_conn *conn;
        struct pair p;
        enum sw_err err;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_STATUS_REQUEST, 1));
        pair_connect(&p, "server.example");
        CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p.client, &(size_t){0}));
        conn = bodies[i].server ? p.server : p.client;
        conn->version = SW_TLS13;
        conn->suite = sw_suite_by_id(0x1301);
        err = sw_certificate13_recv(conn, (struct sw_slice){bytes, len});
        if (err != bodies[i].err)
            printf("     %s: %s\n", bodies[i].hex, sw_err_name(err));
        CU_ASSERT_EQUAL(err, bodies[i].err);
        pair_close(&p);
    }
}

/* Status and timestamps come beside the leaf, and both are there for who has asked. */
static void what_stands_beside_it(void)
{
    static const uint8_t sct[] = {0, 5, 0, 3, 1, 2, 3};

    for (int asks = 0; asks < 2; asks++) {
        struct pair p;
        size_t len, second;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS13, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS13, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_ocsp(p.server_cfg, "\x30\x01\x01", 3));
        SW_ASSERT_OK(sw_config_set_sct(p.server_cfg, sct, sizeof sct));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_STATUS_REQUEST, asks));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_SCT, asks));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1)); /* nobody reads the status */
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        (void)sw_conn_ocsp(p.client, &len);
        CU_ASSERT_EQUAL(len, asks ? 3 : 0);
        (void)sw_conn_sct(p.client, &len);
        CU_ASSERT_EQUAL(len, asks ? sizeof sct : 0);
        CU_ASSERT_PTR_NOT_NULL(sw_conn_peer_cert(p.client, 0, &len));
        CU_ASSERT_EQUAL(len, p.server_cfg->creds[0]->der[0].len);
        CU_ASSERT_PTR_NULL(sw_conn_peer_cert(p.client, 1, &second));
        pair_close(&p);
    }
}

SW_TEST_SUITE(certificate){
    SW_TEST(lists),        SW_TEST(cut_short),       SW_TEST(the_message_is_kept),
    SW_TEST(what_is_sent), SW_TEST(bodies_of_tls13), SW_TEST(what_stands_beside_it),
};
