/* Sessions carried from one connection to the next. */
#include "handshake/conn.h"
#include "handshake/session.h"
#include "tests/handshake/pair.h"
#include "tests/ttp/chain.h"
#include "tests/ttp/vectors.h"
#include "ttp/crl_issue.h"
#include "ttp/pem.h"
#include <string.h>

static const char name[] = "server.example";

static void resume(bool tickets, bool ems_then, bool ems_now, bool resumed, enum sw_err server_error)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    pair_open(&p, true);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
    SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_EMS, ems_then));
    pair_connect(&p, name);
    CU_ASSERT_TRUE(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_exchange(&p);
    pair_drop(&p);
    SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_EMS, 1));
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_EMS, ems_now));
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    CU_ASSERT_EQUAL(pair_run(&p), server_error == SW_OK);
    SW_ASSERT_ERR(sw_conn_error(p.server), server_error);
    if (server_error == SW_OK) {
        struct sw_peer peer;

        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, resumed);
        SW_ASSERT_OK(sw_conn_peer(p.server, &peer));
        CU_ASSERT_STRING_EQUAL(peer.name, "alice");
        pair_exchange(&p);
    }
    pair_close(&p);
}

static void sessions_go_on(void)
{
    resume(true, true, true, true, SW_OK);
    resume(false, true, true, true, SW_OK);
    /* a session without extended master secret, both able now: a full handshake (RFC 7627 5.3) */
    resume(true, false, true, false, SW_OK);
    resume(false, false, true, false, SW_OK);
    /* neither then nor now */
    resume(true, false, false, true, SW_OK);
    resume(false, false, false, true, SW_OK);
}

/* A client does not offer what it could not accept: another name, another suite; and rubbish is no session. */
static void what_does_not_fit_is_not_offered(void)
{
    enum { SAME, OTHER_NAME, OTHER_SUITE, CUT, KINDS };

    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t session[8192];
        struct sw_conn_info info;
        struct pair p;
        size_t len;

        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        SW_ASSERT_ERR(sw_conn_set_session(p.client, session, len), SW_ERR_STATE);
        pair_drop(&p);
        if (kind == OTHER_SUITE)
            SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "ECDHE-RSA-AES128-GCM-SHA256"));
        pair_connect(&p, kind == OTHER_NAME ? "SERVER.example" : name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, kind == CUT ? len - 1 : len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, kind == SAME);
        pair_close(&p);
    }
}

/* A list that says that a serial number has been revoked; whose it is will be looked at in a full handshake. */
static void add_list(struct sw_config *cfg, struct sw_slice serial)
{
    const struct sw_revoked revoked = {.serial = serial, .at = PAIR_NOW, .reason = SW_REASON_NONE};
    uint8_t out[SW_CRL_CAP(1)];
    struct sw_privkey *key = vector_key_ok(VECTOR("rsa2048.pem"));
    size_t len, root_len;
    uint8_t *root = vector_der(VECTOR("root.crt"), &root_len);
    struct sw_cert issuer;
    struct sw_crl_issue what = {.issuer = &issuer,
                                .key = key,
                                .number = 1,
                                .this_update = PAIR_NOW,
                                .next_update = PAIR_NOW + 1000,
                                .revoked = &revoked,
                                .revoked_len = 1};

    SW_ASSERT_OK(sw_cert_parse(&issuer, root, root_len));
    SW_ASSERT_OK(sw_crl_encode(&what, out, sizeof out, &len));
    SW_ASSERT_OK(sw_config_add_crl(cfg, out, len));
    sw_privkey_free(key);
    free(root);
}

/* Neither side goes on with somebody who is on a list of revoked certificates now: his certificate is asked for again. */
static void who_was_revoked_meanwhile(void)
{
    static const struct sw_slice nobody = {(const uint8_t *)"\x01", 1};

    for (int i = 0; i < 8; i++) {
        bool at_client = i & 1, tickets = i & 2, listed = i & 4;
        uint8_t session[8192];
        struct sw_config *newer;
        struct sw_conn_info info;
        struct sw_peer peer;
        struct pair p;
        size_t len;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        SW_ASSERT_OK(sw_conn_peer(at_client ? p.client : p.server, &peer));
        newer = sw_config_new(at_client ? SW_CLIENT : SW_SERVER,
                              NULL); /* as after a reload, while the connection is there */
        add_list(newer, listed ? (struct sw_slice){peer.serial, peer.serial_len} : nobody);
        CU_ASSERT_EQUAL(sw_config_doubts(newer, at_client ? p.client : p.server), listed);
        sw_config_free(newer);
        pair_drop(&p);
        add_list(at_client ? p.client_cfg : p.server_cfg,
                 listed ? (struct sw_slice){peer.serial, peer.serial_len} : nobody);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_EQUAL(pair_run(&p), !listed);
        sw_conn_info(at_client ? p.client : p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, !listed);
        /* the list is not that of the test's root, which alone could say that all is well */
        SW_ASSERT_ERR(sw_conn_error(at_client ? p.client : p.server), listed ? SW_ERR_CRL : SW_OK);
        pair_close(&p);
    }
}

/* --- CAs between -------------------------------------------------------------------------------------------------------- */

enum { BETWEEN_MAX = 6 };

/* A client with so many CAs between its certificate and a root that the server trusts. */
struct below {
    struct made root, ca[BETWEEN_MAX], leaf;
    unsigned n;
};

static void put_pem(const char *label, const uint8_t *der, size_t len, char *out, size_t cap, size_t *at)
{
    size_t more;

    SW_ASSERT_OK(sw_pem_encode(label, der, len, out + *at, cap - *at, &more));
    *at += more;
}

static void make_below(struct below *b, unsigned n, struct pair *p)
{
    static char chain[32768], key[SW_KEY_PEM_MAX];
    const struct made *above = &b->root;
    size_t len = 0, key_len;

    b->n = n;
    pair_open(p, false);
    chain_make(&b->root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    for (unsigned i = 0; i < n; i++) {
        chain_make(
            &b->ca[i],
            &(struct recipe){
                .cn = "CA", .seed = (uint8_t)(i + 2), .serial = (uint8_t)(100 + i), .ca = true, .issuer = above});
        above = &b->ca[i];
    }
    chain_make(&b->leaf, &(struct recipe){.cn = "carol", .seed = 99, .serial = 99, .issuer = above});
    put_pem("CERTIFICATE", b->leaf.der, b->leaf.len, chain, sizeof chain, &len);
    for (unsigned i = n; i-- > 0;)
        put_pem("CERTIFICATE", b->ca[i].der, b->ca[i].len, chain, sizeof chain, &len);
    SW_ASSERT_OK(sw_key_encode_pem(b->leaf.key, (struct sw_slice){NULL, 0}, key, sizeof key, &key_len));
    SW_ASSERT_OK(sw_config_add_cert(p->client_cfg, chain, len, key, key_len, NULL));
    SW_ASSERT_OK(sw_config_add_trust(p->server_cfg, b->root.der, b->root.len));
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, SW_CLIENT_AUTH_REQUIRE));
}

static void free_below(struct below *b)
{
    chain_free(&b->root, 1);
    chain_free(b->ca, b->n);
    chain_free(&b->leaf, 1);
}

/* A session of such a client, resumed when a list with this serial number has come to the server; 0: no list. The session may have gone on before. */
static bool goes_on(unsigned between, uint8_t listed, bool tickets, bool twice)
{
    static struct below b;
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    make_below(&b, between, &p);
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
    for (int i = 0; i <= twice; i++) {
        pair_connect(&p, name);
        if (i > 0)
            SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
    }
    if (listed != 0)
        add_list(p.server_cfg, (struct sw_slice){&listed, 1});
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    bool done = pair_run(&p);
    sw_conn_info(p.server, &info);
    CU_ASSERT_EQUAL(done, info.resumed); /* the list is not that of the client's CAs, so a full handshake fails */
    SW_ASSERT_ERR(sw_conn_error(p.server), done ? SW_OK : SW_ERR_CRL);
    pair_close(&p);
    free_below(&b);
    return done;
}

/* What was vouched for by somebody who is on a list now does not go on, whichever of those between it is. */
static void who_vouched_was_revoked_meanwhile(void)
{
    for (int i = 0; i < 4; i++) {
        bool tickets = i & 1, twice = i & 2;

        CU_ASSERT_TRUE(goes_on(1, 0, tickets, twice));
        CU_ASSERT_TRUE(goes_on(1, 1, tickets, twice)); /* the root's own number, and nobody's */
        CU_ASSERT_FALSE(goes_on(1, 99, tickets, twice));
        CU_ASSERT_FALSE(goes_on(1, 100, tickets, twice));
        CU_ASSERT_TRUE(goes_on(2, 103, tickets, twice));
        CU_ASSERT_FALSE(goes_on(3, 101, tickets, twice));
        CU_ASSERT_FALSE(goes_on(BETWEEN_MAX, 100 + BETWEEN_MAX - 1, tickets, twice));
        CU_ASSERT_TRUE(goes_on(BETWEEN_MAX, 100 + BETWEEN_MAX, tickets, twice));
    }
}

/* More of them than a session remembers: any list at all is a reason to look again. */
static void who_vouched_is_not_known(void)
{
    struct sw_above above = {.len = 3, .serials = {1, 77, 0}};
    struct sw_session s = {.has_peer = true, .peer = {.serial = {5}, .serial_len = 1}};
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, name);
    s.above = above;
    CU_ASSERT_FALSE(sw_session_in_doubt(p.server, &s));
    add_list(p.server_cfg, (struct sw_slice){(const uint8_t *)"\x63", 1});
    CU_ASSERT_TRUE(sw_session_in_doubt(p.server, &s));
    s.above.len = 2;
    CU_ASSERT_FALSE(sw_session_in_doubt(p.server, &s));
    pair_close(&p);
}

/*
 * The length of fragments belongs to the session (RFC 6066 4): a client that wants another one now, or none, does not offer it; a server that is offered
 * it all the same begins anew.
 */
static void fragments_are_the_sessions(void)
{
    static const long lengths[] = {0, 512, 1024};

    for (int i = 0; i < 3 * 3 * 2 * 2; i++) {
        long then = lengths[i % 3], now = lengths[i / 3 % 3];
        bool tickets = i / 9 % 2, insists = i / 18;
        uint8_t session[8192], changed[8192];
        struct sw_conn_info info;
        struct sw_session s;
        struct sw_writer w;
        struct pair p;
        size_t len;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, then));
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_MAX_FRAGMENT, now));
        if (insists) { /* the session says what the client likes to hear */
            SW_ASSERT_OK(sw_session_decode(&s, session, len));
            s.max_fragment = (uint8_t)(now / 512);
            w = sw_writer_of(changed, sizeof changed);
            SW_ASSERT_OK(sw_session_encode(&s, &w));
            len = w.len;
        }
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, insists ? changed : session, len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, then == now);
        CU_ASSERT_EQUAL(p.server->max_send, now > 0 ? now : 16384);
        CU_ASSERT_EQUAL(p.client->max_send, now > 0 ? now : 16384);
        pair_exchange(&p);
        pair_close(&p);
    }
}

/* As many protocol names as may be set, of the longest. */
static void set_longest_alpn(struct sw_config *cfg)
{
    char names[SW_ALPN_MAX * 256];

    memset(names, 'p', sizeof names);
    for (size_t i = 256; i < sizeof names; i += 256)
        names[i - 1] = ',';
    names[sizeof names - 1] = '\0';
    SW_ASSERT_OK(sw_config_set_alpn(cfg, names));
}

/* A ticket that would leave no room in the hello for anything else: a full handshake, not a client that cannot begin. */
static void a_ticket_too_long_to_offer(void)
{
    enum { MOST = 65535 - 4096 };
    static uint8_t ticket[65535], written[sizeof ticket + 1024];
    static const struct {
        size_t len;
        bool names, offered;
    } rows[] = {{MOST, false, true},
                {MOST + 1, false, false},
                {sizeof ticket, false, false},
                {MOST - SW_ALPN_MAX * 256, true, true},
                {MOST - SW_ALPN_MAX * 256 + 1, true, false},
                {MOST, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t session[8192];
        struct sw_writer w = sw_writer_of(written, sizeof written);
        struct sw_session s;
        struct sw_conn_info info;
        struct pair p;
        size_t len;

        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        if (rows[i].names)
            set_longest_alpn(p.client_cfg);
        SW_ASSERT_OK(sw_session_decode(&s, session, len));
        s.ticket = (struct sw_slice){ticket, rows[i].len};
        SW_ASSERT_OK(sw_session_encode(&s, &w));
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, written, w.len));
        CU_ASSERT_EQUAL(p.client->hs->ticket.len, rows[i].offered ? rows[i].len : 0);
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_FALSE(info.resumed); /* the server knows none of them */
        pair_close(&p);
    }
}

/* What is to be offered can be changed until the first byte is sent; nothing at all is offered then, too. */
static void the_last_one_is_offered(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int last = 0; last < 3; last++) { /* none, rubbish, the same again */
        pair_establish(&p, false);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, last == 0 ? 0 : last == 1 ? len - 1 : len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, last == 2);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_close(&p);
    }
}

/* All that stays of a handshake stays through a release that drops the half of it. */
static void release_keeps_the_session(void)
{
    uint8_t before[8192], after[8192];
    struct pair p;
    size_t len, again, held;

    pair_establish(&p, true);
    SW_ASSERT_OK(sw_conn_session(p.client, before, sizeof before, &len));
    CU_ASSERT_PTR_NOT_NULL(sw_conn_peer_cert(p.client, 0, &again));
    held = sw_conn_memory(p.client);
    sw_conn_release(p.client);
    CU_ASSERT_TRUE(sw_conn_memory(p.client) + again <= held);
    CU_ASSERT_PTR_NULL(sw_conn_peer_cert(p.client, 0, &again));
    SW_ASSERT_OK(sw_conn_session(p.client, after, sizeof after, &again));
    CU_ASSERT_EQUAL_FATAL(again, len);
    SW_ASSERT_BYTES(after, before, len);
    pair_exchange(&p);
    pair_close(&p);
}

SW_TEST_SUITE(session){
    SW_TEST(sessions_go_on),
    SW_TEST(what_does_not_fit_is_not_offered),
    SW_TEST(who_was_revoked_meanwhile),
    SW_TEST(the_last_one_is_offered),
    SW_TEST(release_keeps_the_session),
    SW_TEST(a_ticket_too_long_to_offer),
    SW_TEST(who_vouched_was_revoked_meanwhile),
    SW_TEST(who_vouched_is_not_known),
    SW_TEST(fragments_are_the_sessions),
};
