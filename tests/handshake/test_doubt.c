/* Sessions and connections whose peer may have ceased to be trusted meanwhile. */
#include "handshake/conn.h"
#include "handshake/session.h"
#include "tests/handshake/pair.h"
#include "tests/ttp/chain.h"
#include "tests/ttp/vectors.h"
#include "ttp/crl_issue.h"
#include "ttp/pem.h"
#include <string.h>

static const char name[] = "server.example";

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

static void trust_root(struct sw_config *cfg)
{
    size_t len;
    void *root = sw_test_file("tests/vectors/tls/root.crt", &len);

    SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
    free(root);
}

static void speak_13(struct pair *p)
{
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS13, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS13, SW_TLS13));
}

/*
 * Neither side goes on with somebody who is on a list of revoked certificates now: his certificate is asked for again.
 */
static void who_was_revoked_meanwhile(void)
{
    static const struct sw_slice nobody = {(const uint8_t *)"\x01", 1};

    for (int i = 0; i < 12; i++) {
        bool at_client = i & 1, listed = i & 2, tickets = i >= 4, tls13 = i >= 8;
        uint8_t session[8192];
        struct sw_config *newer;
        struct sw_conn_info info;
        struct sw_peer peer;
        struct pair p;
        size_t len;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        if (tls13)
            speak_13(&p);
        pair_connect(&p, name);
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        SW_ASSERT_OK(sw_conn_peer(at_client ? p.client : p.server, &peer));
        /* as after a reload, while the connection is there */
        newer = sw_config_new(at_client ? SW_CLIENT : SW_SERVER, NULL);
        trust_root(newer);
        add_list(newer, listed ? (struct sw_slice){peer.serial, peer.serial_len} : nobody);
        SW_ASSERT_ERR(sw_config_doubts(newer, at_client ? p.client : p.server), listed ? SW_ERR_CERT_REVOKED : SW_OK);
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

/* --- CAs between -------------------------------------------------------------------------------------------------- */

enum { BETWEEN_MAX = 6, ENDS = 1000 };

static int64_t end_of(bool soon)
{
    return soon ? PAIR_NOW + ENDS : 0; /* 0: a day */
}

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

/* expires: which of leaf, CAs and root does so ENDS seconds after PAIR_NOW, by its place on the path; -1: none soon. */
static void make_below_until(struct below *b, unsigned n, struct pair *p, int expires)
{
    static char chain[32768], key[SW_KEY_PEM_MAX];
    const struct made *above = &b->root;
    size_t len = 0, key_len;

    b->n = n;
    pair_open(p, false);
    chain_make(&b->root,
               &(struct recipe){.cn = "Root", .seed = 1, .ca = true, .not_after = end_of(expires == (int)n + 1)});
    for (unsigned i = 0; i < n; i++) {
        chain_make(&b->ca[i], &(struct recipe){.cn = "CA",
                                               .seed = (uint8_t)(i + 2),
                                               .serial = (uint8_t)(100 + i),
                                               .ca = true,
                                               .issuer = above,
                                               .not_after = end_of(expires == (int)(n - i))});
        above = &b->ca[i];
    }
    chain_make(
        &b->leaf,
        &(struct recipe){.cn = "carol", .seed = 99, .serial = 99, .issuer = above, .not_after = end_of(expires == 0)});
    put_pem("CERTIFICATE", b->leaf.der, b->leaf.len, chain, sizeof chain, &len);
    for (unsigned i = n; i-- > 0;)
        put_pem("CERTIFICATE", b->ca[i].der, b->ca[i].len, chain, sizeof chain, &len);
    SW_ASSERT_OK(sw_key_encode_pem(b->leaf.key, (struct sw_slice){NULL, 0}, key, sizeof key, &key_len));
    SW_ASSERT_OK(sw_config_add_cert(p->client_cfg, chain, len, key, key_len, NULL));
    SW_ASSERT_OK(sw_config_add_trust(p->server_cfg, b->root.der, b->root.len));
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, SW_CLIENT_AUTH_REQUIRE));
}

static void make_below(struct below *b, unsigned n, struct pair *p)
{
    make_below_until(b, n, p, -1);
}

static void free_below(struct below *b)
{
    chain_free(&b->root, 1);
    chain_free(b->ca, b->n);
    chain_free(&b->leaf, 1);
}

/*
 * A session of such a client, resumed when a list with this serial number has come to the server; 0: no list. The
 * session may have gone on before.
 */
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
    struct sw_session s = {.has_peer = true, .until = INT64_MAX, .peer = {.serial = {5}, .serial_len = 1}};
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, name);
    s.above = above;
    SW_ASSERT_OK(sw_trust_root_id(sw_trust_at(p.server_cfg->trust, 0), s.root));
    CU_ASSERT_FALSE(sw_session_in_doubt(p.server, &s));
    add_list(p.server_cfg, (struct sw_slice){(const uint8_t *)"\x63", 1});
    CU_ASSERT_TRUE(sw_session_in_doubt(p.server, &s));
    s.above.len = 2;
    CU_ASSERT_FALSE(sw_session_in_doubt(p.server, &s));
    pair_close(&p);
}

/* --- connections that are there, and roots that are not ----------------------------------------------------------- */

/* What a reload may bring: a list with this serial number, and whether the root of those below is among the trusted. */
static struct sw_config *after_reload(uint8_t listed, const struct made *root)
{
    struct sw_config *cfg = sw_config_new(SW_SERVER, NULL);

    sw_config_set_clock(cfg, pair_now, NULL);
    pair_cert(cfg, "server-rsa");
    trust_root(cfg);
    if (root != NULL)
        SW_ASSERT_OK(sw_config_add_trust(cfg, root->der, root->len));
    if (listed != 0)
        add_list(cfg, (struct sw_slice){&listed, 1});
    return cfg;
}

static enum sw_err doubts_of(uint8_t listed, const struct made *root, const struct sw_conn *conn)
{
    struct sw_config *cfg = after_reload(listed, root);
    enum sw_err err = sw_config_doubts(cfg, conn);

    sw_config_free(cfg);
    return err;
}

/*
 * A connection knows of whom it hangs until its end, also one that was resumed, and when its buffers and chain have
 * gone.
 */
static void connections_know_who_vouched(void)
{
    static struct below b;
    static struct made renewed;
    uint8_t session[8192];
    struct pair p;
    size_t len;

    for (int i = 0; i < 4; i++) {
        bool resumed = i & 1, tickets = i & 2;

        make_below(&b, 2, &p);
        chain_make(&renewed, &(struct recipe){.cn = "Root", .seed = 1, .serial = 50, .ca = true});
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        pair_connect(&p, name);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        if (resumed) {
            SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
            pair_drop(&p);
            pair_connect(&p, name);
            SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
            CU_ASSERT_TRUE_FATAL(pair_run(&p));
        }
        for (int released = 0; released < 2; released++) {
            SW_ASSERT_OK(doubts_of(0, &b.root, p.server));
            SW_ASSERT_OK(doubts_of(1, &b.root, p.server)); /* the root's own number */
            SW_ASSERT_OK(doubts_of(102, &b.root, p.server));
            SW_ASSERT_OK(doubts_of(0, &renewed, p.server));
            SW_ASSERT_ERR(doubts_of(99, &b.root, p.server), SW_ERR_CERT_REVOKED);
            SW_ASSERT_ERR(doubts_of(100, &b.root, p.server), SW_ERR_CERT_REVOKED);
            SW_ASSERT_ERR(doubts_of(101, &b.root, p.server), SW_ERR_CERT_REVOKED);
            SW_ASSERT_ERR(doubts_of(0, NULL, p.server), SW_ERR_CERT_UNKNOWN_CA);
            SW_ASSERT_OK(doubts_of(101, NULL, p.client)); /* its peer hangs of the other root */
            CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 100));
            sw_conn_release(p.server);
        }
        CU_ASSERT_TRUE(sw_conn_memory(p.server) <= 1500);
        pair_close(&p);
        chain_free(&renewed, 1);
        free_below(&b);
    }
}

/* Nor does a session go on whose root has been taken out; what comes instead is a full handshake, and it is refused. */
static void roots_that_were_taken_out(void)
{
    static struct below b;
    uint8_t session[8192];
    struct sw_conn_info info;
    struct sw_config *newer;
    struct pair p;
    size_t len;

    for (int i = 0; i < 4; i++) {
        bool tickets = i & 1, still = i & 2;

        make_below(&b, 1, &p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        pair_connect(&p, name);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        newer = after_reload(0, still ? &b.root : NULL);
        SW_ASSERT_OK(sw_config_share_sessions(newer, p.server_cfg));
        sw_config_free(p.server_cfg);
        p.server_cfg = newer;
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_EQUAL(pair_run(&p), still);
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, still);
        SW_ASSERT_ERR(sw_conn_error(p.server), still ? SW_OK : SW_ERR_CERT_UNKNOWN_CA);
        pair_close(&p);
        free_below(&b);
    }
}

/* A client does not offer a session with a server whose root it has ceased to trust. */
static void a_client_that_lost_its_root(void)
{
    static struct made other;
    uint8_t session[8192];
    struct pair p;
    size_t len;

    pair_establish(&p, false);
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    pair_drop(&p);
    chain_make(&other, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    sw_config_free(p.client_cfg);
    p.client_cfg = sw_config_new(SW_CLIENT, NULL);
    sw_config_set_clock(p.client_cfg, pair_now, NULL);
    SW_ASSERT_OK(sw_config_add_trust(p.client_cfg, other.der, other.len));
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
    CU_ASSERT_FALSE(p.client->hs->offered_session);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_CERT_UNKNOWN_CA);
    pair_close(&p);
    chain_free(&other, 1);
}

/* A session with whoever was there, for nobody looked, is none to go on with for a client that looks. */
static void a_client_that_looks_now(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int i = 0; i < 4; i++) {
        bool looked = i & 1, looks = i & 2;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, !looked));
        pair_connect(&p, name);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        pair_drop(&p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, !looks));
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.resumed, looked || !looks);
        pair_close(&p);
    }
}

/* --- time --------------------------------------------------------------------------------------------------------- */

static int64_t clock_says;

static int64_t told_time(void *ctx)
{
    (void)ctx;
    return clock_says;
}

/*
 * No session goes on in which a certificate has expired that it began with, whichever of the path; nor one that was
 * resumed before. A connection is not ended by itself, but is in doubt.
 */
static void certificates_that_expired(void)
{
    static struct below b;
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int i = 0; i < 3 * 2 * 2; i++) {
        int which = i % 3; /* leaf, CA, root */
        bool tickets = i / 3 % 2, over = i / 6;

        make_below_until(&b, 1, &p, which);
        clock_says = PAIR_NOW;
        sw_config_set_clock(p.server_cfg, told_time, NULL);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        for (int again = 0; again < 2; again++) {
            pair_connect(&p, name);
            if (again)
                SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
            CU_ASSERT_TRUE_FATAL(pair_run(&p));
            SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
            SW_ASSERT_OK(sw_config_doubts(p.server_cfg, p.server));
            clock_says = PAIR_NOW + ENDS + over;
            SW_ASSERT_ERR(sw_config_doubts(p.server_cfg, p.server), over ? SW_ERR_CERT_EXPIRED : SW_OK);
            clock_says = PAIR_NOW;
            pair_drop(&p);
        }
        clock_says = PAIR_NOW + ENDS + over;
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_EQUAL(pair_run(&p), !over);
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, !over);
        SW_ASSERT_ERR(sw_conn_error(p.server), over ? SW_ERR_CERT_EXPIRED : SW_OK);
        pair_close(&p);
        free_below(&b);
    }
}

/* --- what an application accepted --------------------------------------------------------------------------------- */

static enum sw_err accept_all(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    (void)conn;
    *(enum sw_err *)ctx = chain->verdict;
    return SW_OK;
}

/*
 * Whoever accepts what leads to no root is asked no more while lists leave what was shown alone; where nobody is who
 * would accept it, it ends. That our own check found no path and that it was not made is the same.
 */
static void what_an_application_accepted(void)
{
    static struct below b;
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int i = 0; i < 16; i++) {
        bool tickets = i & 1, trusts = i & 2, listed = i & 4, decides = i & 8;
        enum sw_err verdict = SW_OK;

        make_below(&b, 2, &p);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        sw_config_free(p.server_cfg);
        p.server_cfg = sw_config_new(SW_SERVER, NULL);
        sw_config_set_clock(p.server_cfg, pair_now, NULL);
        pair_cert(p.server_cfg, "server-rsa");
        if (trusts)
            trust_root(p.server_cfg); /* another one */
        SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
        sw_config_set_verify(p.server_cfg, accept_all, &verdict);
        pair_connect(&p, name);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_ERR(verdict, trusts ? SW_ERR_CERT_UNKNOWN_CA : SW_OK);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        if (!decides)
            sw_config_set_verify(p.server_cfg, NULL, NULL);
        if (listed)
            add_list(p.server_cfg, (struct sw_slice){(const uint8_t *)"\x64", 1}); /* the upper one's */
        SW_ASSERT_ERR(sw_config_doubts(p.server_cfg, p.server), listed    ? SW_ERR_CERT_REVOKED
                                                                : decides ? SW_OK
                                                                          : SW_ERR_CERT_UNKNOWN_CA);
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_EQUAL(pair_run(&p), decides);
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.resumed, decides && !listed);
        pair_close(&p);
        free_below(&b);
    }
}

/*
 * Nor where an application decides by now: it was not asked then. What it answers to a verdict that was none is no
 * answer either.
 */
static void an_application_that_looks_now(void)
{
    uint8_t session[8192];
    struct sw_conn_info info;
    struct pair p;
    size_t len;

    for (int i = 0; i < 4; i++) {
        bool tickets = i & 1, asked_then = i & 2;
        enum sw_err verdict = SW_OK;

        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, tickets));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
        if (asked_then)
            sw_config_set_verify(p.client_cfg, accept_all, &verdict);
        pair_connect(&p, name);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        sw_config_set_verify(p.client_cfg, accept_all, &verdict);
        SW_ASSERT_OK(sw_config_doubts(p.client_cfg, p.client)); /* nobody looks as yet */
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_INSECURE_NO_VERIFY, 0));
        SW_ASSERT_ERR(sw_config_doubts(p.client_cfg, p.client), SW_ERR_CERT_UNKNOWN_CA);
        pair_drop(&p);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        CU_ASSERT_TRUE(pair_run(&p));
        sw_conn_info(p.client, &info);
        CU_ASSERT_FALSE(info.resumed);
        pair_close(&p);
    }
}

SW_TEST_SUITE(doubt){
    SW_TEST(who_was_revoked_meanwhile),    SW_TEST(who_vouched_was_revoked_meanwhile),
    SW_TEST(who_vouched_is_not_known),     SW_TEST(connections_know_who_vouched),
    SW_TEST(roots_that_were_taken_out),    SW_TEST(a_client_that_lost_its_root),
    SW_TEST(a_client_that_looks_now),      SW_TEST(certificates_that_expired),
    SW_TEST(what_an_application_accepted), SW_TEST(an_application_that_looks_now),
};
