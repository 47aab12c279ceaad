/* NewSessionTicket: its lengths, an empty one, and how long the client believes it. */
#include "handshake/session.h"
#include "tests/handshake/middle_swap.h"

#define TICKET "0x003C", MIDDLE_CLIENT, SW_NEW_SESSION_TICKET

/* clang-format off */
static const struct swap_row rows[] = {
    {TICKET, "*",         SW_OK,           NULL, NULL},
    {TICKET, "",          SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "...",       SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "....",      SW_ERR_DECODE,   NULL, NULL},
    {TICKET, ".....",     SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "-",         SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "* 00",      SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "..... > *", SW_ERR_DECODE,   NULL, NULL},
    {TICKET, "..... < *", SW_ERR_DECODE,   NULL, NULL},
    {TICKET, ".... 0000 00", SW_ERR_DECODE, NULL, NULL},
    /* well-formed, but not what the server has sent */
    {TICKET, ".... 0000", SW_ERR_FINISHED, NULL, NULL},
    {TICKET, "... ^ *",   SW_ERR_FINISHED, NULL, NULL},
};
/* clang-format on */

static void lengths(void)
{
    SWAP_RUN(rows);
}

/* A client at the point where a ticket may come, and what it can resume with after this one; false: with nothing. */
static bool takes(const char *hex, struct sw_session *out, uint8_t kept[2048])
{
    uint8_t body[64];
    size_t n = sw_unhex(hex, body, sizeof body), len = 0;
    struct pair p;
    bool any;

    pair_open(&p, false);
    pair_connect(&p, "server.example");
    p.client->suite = sw_suite_by_id(0x003C);
    p.client->version = SW_TLS12;
    SW_ASSERT_OK(sw_new_session_ticket_recv(p.client, (struct sw_slice){body, n}));
    SW_ASSERT_OK(sw_session_keep(p.client));
    any = p.client->session.len > 0;
    if (any) {
        len = p.client->session.len;
        CU_ASSERT_TRUE_FATAL(len <= 2048);
        memcpy(kept, p.client->session.p, len);
        SW_ASSERT_OK(sw_session_decode(out, kept, len));
    }
    pair_close(&p);
    return any;
}

/*
 * RFC 5077 3.3: an empty ticket takes back what ServerHello has promised; a lifetime of 0 is for the client to choose.
 */
static void what_is_kept(void)
{
    static const struct {
        const char *body;
        uint32_t lifetime; /* 0: nothing is kept */
    } rows_kept[] = {
        {"00000e10 0000", 0},           {"00000000 0000", 0},
        {"0000000a 0003 616263", 10},   {"00000000 0003 616263", 7200}, /* ours */
        {"00001c1f 0003 616263", 7199}, {"ffffffff 0003 616263", 7200}, /* no longer than ours */
    };

    for (size_t i = 0; i < sizeof rows_kept / sizeof rows_kept[0]; i++) {
        struct sw_session s;
        uint8_t kept[2048];

        CU_ASSERT_EQUAL(takes(rows_kept[i].body, &s, kept), rows_kept[i].lifetime != 0);
        if (rows_kept[i].lifetime == 0)
            continue;
        CU_ASSERT_EQUAL(s.lifetime, rows_kept[i].lifetime);
        CU_ASSERT_EQUAL(s.created, PAIR_NOW);
        CU_ASSERT_EQUAL(s.suite, 0x003C);
        CU_ASSERT_EQUAL(s.id_len, 0);
        SW_ASSERT_HEX(s.ticket.p, s.ticket.len, "616263");
        CU_ASSERT_EQUAL(s.ticket.len, 3);
        CU_ASSERT_STRING_EQUAL(s.server_name, "server.example");
    }
}

/* What a server sends opens under its keys and is this session. */
static void what_is_sent(void)
{
    uint8_t out[2048];
    struct sw_writer w = sw_writer_of(out, sizeof out);
    struct sw_session s;
    struct pair p;
    bool renew;

    pair_open(&p, false);
    pair_connect(&p, "server.example");
    p.server->suite = sw_suite_by_id(0x003C);
    p.server->version = SW_TLS12;
    p.server->ems = true;
    memset(p.server->master, 0x5a, sizeof p.server->master);
    SW_ASSERT_OK(sw_new_session_ticket_send(p.server, &w));
    CU_ASSERT_TRUE_FATAL(w.len > 6);
    SW_ASSERT_HEX(out, 4, "00001c20");
    CU_ASSERT_EQUAL((size_t)(out[4] << 8 | out[5]), w.len - 6);
    SW_ASSERT_OK(
        sw_ticket_open(p.server_cfg->sessions->tickets, (struct sw_slice){out + 6, w.len - 6}, PAIR_NOW, &s, &renew));
    SW_ASSERT_BYTES(s.master, p.server->master, sizeof s.master);
    CU_ASSERT_EQUAL(s.suite, 0x003C);
    CU_ASSERT_TRUE(s.ems);
    CU_ASSERT_TRUE(p.server->ticket_issued);
    pair_close(&p);
}

/* TLS 1.3: lifetime, age_add, nonce, ticket, extensions, behind the handshake. */
static void bodies_of_tls13(void)
{
    static const struct {
        const char *body;
        enum sw_err err;
        uint32_t lifetime; /* of the session that is kept, from PAIR_NOW on; 0: what the server's own ticket left */
    } bodies[] = {
        {"0000000a 00000000 0101 0003 616263 0000", SW_OK, 10},
        {"0000000a 00000000 00 0003 616263 0000", SW_OK, 10},
        {"00093a80 00000000 00 0003 616263 0000", SW_OK, 7200}, /* ours */
        {"ffffffff 00000000 00 0003 616263 0000", SW_OK, 7200},
        {"00000000 00000000 00 0003 616263 0000", SW_OK, 0},
        {"0000000a 00000000 00 0003 616263 0004 fafa0000", SW_OK, 10},
        {"0000000a 00000000 00 0003 616263 0008 002a0004 00004000", SW_OK, 10},
        {"0000000a 00000000 00 0000 0000", SW_ERR_DECODE, 0},
        {"0000000a 00000000 00 0003 616263", SW_ERR_DECODE, 0},
        {"0000000a 00000000 00 0003 616263 0000 00", SW_ERR_DECODE, 0},
        {"0000000a 00000000 00 0003 616263 0003 fafa00", SW_ERR_DECODE, 0},
        {"0000000a 00000000 00 0003 616263 0008 fafa0000 fafa0000", SW_ERR_DUPLICATE_EXTENSION, 0},
        {"0000000a 00000000 00 0003 616263 0006 002a0002 4000", SW_ERR_EXTENSION_DECODE, 0},
        {"0000000a 00000000 00 0003 616263 0004 002a0000", SW_ERR_EXTENSION_DECODE, 0},
        {"0000000a 00000000 00 0003 616263 0004 00000000", SW_ERR_EXTENSION_VALUE, 0}, /* server_name: RFC 8446 4.2 */
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        uint8_t msg[64] = {SW_NEW_SESSION_TICKET};
        struct sw_session s;
        struct pair p;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS12, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS13));
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        msg[3] = (uint8_t)sw_unhex(bodies[i].body, msg + 4, sizeof msg - 4);
        pair_put(&p, false, SW_CT_HANDSHAKE, msg, 4u + msg[3]);
        SW_ASSERT_ERR(sw_conn_error(p.client), bodies[i].err);
        if (bodies[i].err == SW_OK) {
            SW_ASSERT_OK(sw_session_decode(&s, p.client->session.p, p.client->session.len));
            CU_ASSERT_EQUAL(s.ticket.len == 3, bodies[i].lifetime != 0);
            CU_ASSERT_TRUE(bodies[i].lifetime == 0 || s.lifetime == bodies[i].lifetime);
        }
        pair_close(&p);
    }
}

SW_TEST_SUITE(new_session_ticket){
    SW_TEST(bodies_of_tls13),
    SW_TEST(lengths),
    SW_TEST(what_is_kept),
    SW_TEST(what_is_sent),
};
