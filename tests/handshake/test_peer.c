/* The verdict on the peer's chain: ours, the application's, and what stays of it. */
#include "base/hash.h"
#include "tests/handshake/chain.h"
#include "ttp/issue.h"
#include <stdio.h>

/* What the callback saw, and what it answers. */
static struct {
    enum sw_err answer, verdict;
    bool abort;
    enum sw_err abort_err;
    unsigned calls;
    size_t count, same; /* certificates handed over; those that are what was sent */
    struct chain_test *t;
    const char *form;
    char name[64], reason[128];
} seen;

static enum sw_err verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    CU_ASSERT_PTR_EQUAL(ctx, &seen);
    seen.calls++;
    seen.verdict = chain->verdict;
    seen.count = chain->count;
    for (size_t i = 0; i < chain->count && seen.form[i] != '\0'; i++)
        seen.same += sw_slice_eq(chain_der(seen.t, seen.form[i]), (struct sw_slice){chain->der[i], chain->len[i]});
    snprintf(seen.name, sizeof seen.name, "%s", chain->server_name != NULL ? chain->server_name : "");
    snprintf(seen.reason, sizeof seen.reason, "%s", chain->reason);
    if (seen.abort)
        sw_conn_abort(conn, SW_ALERT_ACCESS_DENIED, seen.abort_err);
    return seen.answer;
}

static void ask(struct chain_test *t, const char *form, enum sw_err answer)
{
    memset(&seen, 0, sizeof seen);
    seen.answer = answer;
    seen.t = t;
    seen.form = form;
    sw_config_set_verify(t->cfg, verify, &seen);
}

/* A client that has read a chain, and verdicts on it at ServerHelloDone. */
static enum sw_err judged(struct chain_test *t, const char *form)
{
    SW_ASSERT_OK(sw_certificate_recv(t->conn, chain_body(t, form, 0, 0)));
    return sw_peer_verify(t->conn);
}

static void another_name(struct chain_test *t)
{
    t->conn->name[0] = 'x';
}

/* --- the application's word --------------------------------------------------------------------------------------- */

static void the_callback_decides(void)
{
    /* clang-format off */
    static const struct {
        bool wrong; /* the name */
        enum sw_err answer;
    } rows[] = {
        {false, SW_OK}, {false, SW_ERR_CERT_REJECTED}, {false, SW_ERR_CERT_REVOKED},
        {true,  SW_OK}, {true,  SW_ERR_CERT_REJECTED}, {true,  SW_ERR_CERT_NAME},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chain_test t;

        chain_open(&t, SW_CLIENT, 0x003C);
        ask(&t, "SP", rows[i].answer);
        if (rows[i].wrong)
            another_name(&t);
        SW_ASSERT_ERR(judged(&t, "SP"), rows[i].answer);
        CU_ASSERT_EQUAL(seen.calls, 1);
        CU_ASSERT_EQUAL(seen.verdict, rows[i].wrong ? SW_ERR_CERT_NAME : SW_OK);
        CU_ASSERT_EQUAL(seen.reason[0] != '\0', rows[i].wrong);
        CU_ASSERT_EQUAL(seen.count, 2);
        CU_ASSERT_EQUAL(seen.same, 2);
        CU_ASSERT_STRING_EQUAL(seen.name, rows[i].wrong ? "xerver.example" : "server.example");
        /* only a peer that was accepted is anybody */
        CU_ASSERT_STRING_EQUAL(t.conn->peer.name, rows[i].answer == SW_OK ? "server.example" : "");
        CU_ASSERT_EQUAL(t.conn->hs->refusal, SW_OK);
        chain_close(&t);
    }
}

/*
 * SW_OK does not undo an alert chosen inside the call, and takes the error given with it; another answer is the error.
 */
static void an_abort_in_the_callback(void)
{
    static const struct {
        enum sw_err answer, with, err;
    } rows[] = {
        {SW_OK, SW_OK, SW_ERR_CERT_REJECTED},
        {SW_OK, SW_ERR_CERT_REVOKED, SW_ERR_CERT_REVOKED},
        {SW_ERR_CERT_NAME, SW_ERR_CERT_REVOKED, SW_ERR_CERT_NAME},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chain_test t;

        chain_open(&t, SW_CLIENT, 0x003C);
        ask(&t, "S", rows[i].answer);
        seen.abort = true;
        seen.abort_err = rows[i].with;
        SW_ASSERT_ERR(judged(&t, "S"), rows[i].err);
        CU_ASSERT_STRING_EQUAL(t.conn->peer.name, "");
        chain_close(&t);
    }
}

/* What a peer sends is handed over whole, what cannot be parsed too, and though it is more than a path can use. */
static void many_certificates(void)
{
    static const size_t counts[] = {1, 4, 5, 6, 64, 65, 66, 300};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char form[301] = "S";
        struct chain_test t;

        memset(form + 1, 'x', counts[i] - 1);
        if (counts[i] > 1)
            form[counts[i] - 1] = 'P';
        form[counts[i]] = '\0';
        chain_open(&t, SW_CLIENT, 0x003C);
        ask(&t, form, SW_OK);
        SW_ASSERT_OK(judged(&t, form));
        CU_ASSERT_EQUAL(seen.verdict, SW_OK);
        CU_ASSERT_EQUAL(seen.count, counts[i]);
        CU_ASSERT_EQUAL(seen.same, counts[i]);
        chain_close(&t);
    }
}

/* A certificate with name and key of one of ours, by another of them or by itself. */
static size_t issue(const char *profile, const struct sw_credential *whose, const struct sw_credential *by,
                    const struct sw_cert *issuer, uint8_t out[2048])
{
    static const uint8_t serial[16] = {0x41};
    struct sw_issue what = {.profile = sw_profile_by_name(profile),
                            .serial = {serial, sizeof serial},
                            .subject = whose->leaf.subject,
                            .san = issuer != NULL ? whose->leaf.san : (struct sw_slice){NULL, 0},
                            .spki = whose->leaf.spki,
                            .not_before = PAIR_NOW - 1000,
                            .not_after = PAIR_NOW + 1000000,
                            .path_len = -1,
                            .issuer = issuer,
                            .key = by->key};
    size_t len = 0;

    SW_ASSERT_OK(sw_issue(&what, out, 2048, &len));
    return len;
}

/* The path goes over a certificate that stands anywhere behind the leaf: bob's root, alice between, and a server. */
static void a_path_over_the_rest(void)
{
    static const struct {
        const char *form;
        enum sw_err err;
    } rows[] = {{"LI", SW_OK},    {"L", SW_ERR_CERT_UNKNOWN_CA},    {"LxI", SW_OK},     {"LxxxxxxxI", SW_OK},
                {"LPQxI", SW_OK}, {"LPxQ", SW_ERR_CERT_UNKNOWN_CA}, {"LIxxxxxx", SW_OK}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t root_der[2048], ca_der[2048], leaf_der[2048];
        struct sw_cert root, ca;
        struct sw_credential *const *creds;
        struct chain_test t;

        chain_open(&t, SW_CLIENT, 0x003C);
        creds = t.source->creds;
        SW_ASSERT_OK(sw_cert_parse(&root, root_der, issue("root", creds[5], creds[5], NULL, root_der)));
        SW_ASSERT_OK(sw_cert_parse(&ca, ca_der, issue("ca", creds[4], creds[5], &root, ca_der)));
        t.ca = ca.der;
        t.leaf = (struct sw_slice){leaf_der, issue("server", creds[0], creds[4], &ca, leaf_der)};
        SW_ASSERT_OK(sw_config_add_trust(t.cfg, root_der, root.der.len));
        SW_ASSERT_ERR(judged(&t, rows[i].form), rows[i].err);
        chain_close(&t);
    }
}

/* Without a callback ours is the last word; with one and nobody to trust it is the application's alone. */
static void without_one(void)
{
    struct chain_test t;
    struct sw_config *none = sw_config_new(SW_CLIENT, NULL);

    chain_open(&t, SW_CLIENT, 0x003C);
    SW_ASSERT_OK(judged(&t, "S"));
    another_name(&t);
    SW_ASSERT_ERR(sw_peer_verify(t.conn), SW_ERR_CERT_NAME);
    CU_ASSERT_PTR_NOT_NULL(t.conn->text);
    SW_ASSERT_OK(sw_config_set_option(t.cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
    SW_ASSERT_OK(sw_peer_verify(t.conn));
    sw_conn_free(t.conn);
    sw_config_free(t.cfg);

    t.cfg = none;
    ask(&t, "S", SW_OK);
    SW_ASSERT_OK(sw_conn_new(&t.conn, none, "nobody.example"));
    t.conn->suite = sw_suite_by_id(0x003C);
    SW_ASSERT_OK(judged(&t, "S"));
    CU_ASSERT_EQUAL(seen.verdict, SW_OK);
    seen.answer = SW_ERR_CERT_UNKNOWN_CA;
    SW_ASSERT_ERR(sw_peer_verify(t.conn), SW_ERR_CERT_UNKNOWN_CA);
    chain_close(&t);
}

/* --- statuses ----------------------------------------------------------------------------------------------------- */

/* RFC 7633 4.2.2: to whoever asks. Option 2 asks every server. */
static void a_missing_status(void)
{
    static const struct {
        long request, no_verify;
        bool must_staple;
        enum sw_err err;
    } rows[] = {
        {0, 0, false, SW_OK}, {0, 0, true, SW_OK},        {1, 0, false, SW_OK},       {1, 0, true, SW_ERR_OCSP},
        {1, 1, true, SW_OK},  {2, 0, false, SW_ERR_OCSP}, {2, 1, false, SW_ERR_OCSP},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chain_test t;

        chain_open(&t, SW_CLIENT, 0x003C);
        SW_ASSERT_OK(sw_config_set_option(t.cfg, SW_OPT_STATUS_REQUEST, rows[i].request));
        SW_ASSERT_OK(sw_config_set_option(t.cfg, SW_OPT_INSECURE_NO_VERIFY, rows[i].no_verify));
        SW_ASSERT_OK(sw_certificate_recv(t.conn, chain_body(&t, "S", 0, 0)));
        t.conn->hs->leaf.must_staple = rows[i].must_staple;
        SW_ASSERT_ERR(sw_peer_verify(t.conn), rows[i].err);
        chain_close(&t);
    }
}

/* A server asks no client for one. */
static void a_client_needs_no_status(void)
{
    struct chain_test t;

    chain_open(&t, SW_SERVER, 0x003C);
    t.cfg->options[SW_OPT_STATUS_REQUEST] = 2;
    SW_ASSERT_OK(sw_certificate_recv(t.conn, chain_body(&t, "A", 0, 0)));
    t.conn->hs->leaf.must_staple = true;
    SW_ASSERT_OK(sw_peer_verify(t.conn));
    chain_close(&t);
}

/* --- who it is ---------------------------------------------------------------------------------------------------- */

static void the_identity_stays(void)
{
    struct chain_test t;
    uint8_t digest[SW_HASH_MAX];
    struct sw_slice der;

    chain_open(&t, SW_SERVER, 0x003C);
    SW_ASSERT_OK(sw_certificate_recv(t.conn, chain_body(&t, "A", 0, 0)));
    der = chain_der(&t, 'A');
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, der.p, der.len, digest));
    SW_ASSERT_BYTES(t.conn->peer.sha256, digest, 32);
    CU_ASSERT_STRING_EQUAL(t.conn->peer.subject, "CN=alice");
    CU_ASSERT_STRING_EQUAL(t.conn->peer.name, "alice");
    CU_ASSERT_EQUAL_FATAL(t.conn->peer.serial_len, t.conn->hs->leaf.serial.len);
    SW_ASSERT_BYTES(t.conn->peer.serial, t.conn->hs->leaf.serial.p, t.conn->peer.serial_len);
    chain_close(&t);
}

/* --- the leaf and the suite --------------------------------------------------------------------------------------- */

static void the_leaf_fits_the_suite(void)
{
    enum { ANY = SW_KU_DIGITAL_SIGNATURE | SW_KU_KEY_ENCIPHERMENT };
    /* clang-format off */
    static const struct {
        enum sw_role role;
        uint16_t suite;
        const char *form;
        int usage; /* -1: the certificate has none */
        const char *groups;
        enum sw_err err;
    } rows[] = {
        {SW_CLIENT, 0x003C, "S", ANY, NULL, SW_OK},
        {SW_CLIENT, 0x003C, "S", -1,  NULL, SW_OK},
        {SW_CLIENT, 0x003C, "S", SW_KU_KEY_ENCIPHERMENT,  NULL, SW_OK},
        {SW_CLIENT, 0x003C, "S", SW_KU_DIGITAL_SIGNATURE, NULL, SW_ERR_CERT_KEY_USAGE},
        {SW_CLIENT, 0xC02F, "S", SW_KU_DIGITAL_SIGNATURE, NULL, SW_OK},
        {SW_CLIENT, 0xC02F, "S", SW_KU_KEY_ENCIPHERMENT,  NULL, SW_ERR_CERT_KEY_USAGE},
        {SW_CLIENT, 0x0067, "S", SW_KU_KEY_ENCIPHERMENT,  NULL, SW_ERR_CERT_KEY_USAGE},
        {SW_CLIENT, 0xC02F, "P", ANY, NULL, SW_ERR_CERT_KEY_TYPE},
        {SW_CLIENT, 0xC02F, "E", ANY, NULL, SW_ERR_CERT_KEY_TYPE},
        {SW_CLIENT, 0xC02B, "S", ANY, NULL, SW_ERR_CERT_KEY_TYPE},
        {SW_CLIENT, 0xC02B, "P", ANY, NULL, SW_OK},
        {SW_CLIENT, 0xC02B, "E", ANY, NULL, SW_OK},
        {SW_CLIENT, 0xC02B, "P", ANY, "P-384",       SW_ERR_CERT_KEY_TYPE}, /* RFC 8422 5.1: a curve that we did not name */
        {SW_CLIENT, 0xC02B, "Q", ANY, "P-256:P-384", SW_OK},
        {SW_CLIENT, 0xC02B, "E", ANY, "P-384",       SW_OK},                /* is no curve of that list */
        {SW_CLIENT, 0xC02B, "P", SW_KU_KEY_AGREEMENT, NULL, SW_ERR_CERT_KEY_USAGE},
        /* a client's certificate signs, whatever the suite */
        {SW_SERVER, 0x003C, "A", SW_KU_DIGITAL_SIGNATURE, NULL, SW_OK},
        {SW_SERVER, 0x003C, "A", SW_KU_KEY_ENCIPHERMENT,  NULL, SW_ERR_CERT_KEY_USAGE},
        {SW_SERVER, 0x003C, "B", ANY, NULL, SW_OK},
        {SW_SERVER, 0x003C, "B", -1,  NULL, SW_OK},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chain_test t;
        struct sw_slice der;
        enum sw_err err;

        chain_open(&t, rows[i].role, rows[i].suite);
        if (rows[i].groups != NULL)
            SW_ASSERT_OK(sw_config_set_groups(t.cfg, rows[i].groups));
        der = chain_der(&t, rows[i].form[0]);
        SW_ASSERT_OK(sw_cert_parse(&t.conn->hs->leaf, der.p, der.len));
        t.conn->hs->leaf.has_key_usage = rows[i].usage >= 0;
        if (rows[i].usage >= 0)
            t.conn->hs->leaf.key_usage = (uint16_t)rows[i].usage;
        err = sw_peer_leaf_usable(t.conn);
        if (err != rows[i].err)
            printf("     %04x %s: %s\n", rows[i].suite, rows[i].form, sw_err_name(err));
        CU_ASSERT_EQUAL(err, rows[i].err);
        chain_close(&t);
    }
}

SW_TEST_SUITE(peer){
    SW_TEST(the_callback_decides),
    SW_TEST(an_abort_in_the_callback),
    SW_TEST(many_certificates),
    SW_TEST(a_path_over_the_rest),
    SW_TEST(without_one),
    SW_TEST(a_missing_status),
    SW_TEST(a_client_needs_no_status),
    SW_TEST(the_identity_stays),
    SW_TEST(the_leaf_fits_the_suite),
};
