/*
 * The flows of TLS 1.2 against RFC 5246 figures 1 and 2, with RFC 5077 figures 1 and 2 and RFC 6066 8: written down
 * here once more as the RFCs draw them, and compared with the tables for each combination of what makes a message come
 * or not, and with what goes over the wire.
 */
#include "tests/handshake/middle_pair.h"

enum {
    EPHEMERAL = 1, /* the key exchange is not RSA */
    ASKED = 2,     /* the server wants a certificate */
    SHOWN = 4,     /* the client has one */
    STATUS = 8,    /* the server has promised a stapled status */
    TICKET = 16,   /* and a ticket */
    COMBINATIONS = 32
};

/* One arrow: there when all bits of `when` are. */
struct arrow {
    enum sw_role sender;
    int message;
    unsigned when;
};

/* clang-format off */
static const struct arrow figure1[] = {
    {SW_CLIENT, SW_CLIENT_HELLO,        0},
    {SW_SERVER, SW_SERVER_HELLO,        0},
    {SW_SERVER, SW_CERTIFICATE,         0},
    {SW_SERVER, SW_CERTIFICATE_STATUS,  STATUS},
    {SW_SERVER, SW_SERVER_KEY_EXCHANGE, EPHEMERAL},
    {SW_SERVER, SW_CERTIFICATE_REQUEST, ASKED},
    {SW_SERVER, SW_SERVER_HELLO_DONE,   0},
    {SW_CLIENT, SW_CERTIFICATE,         ASKED},
    {SW_CLIENT, SW_CLIENT_KEY_EXCHANGE, 0},
    {SW_CLIENT, SW_CERTIFICATE_VERIFY,  ASKED | SHOWN},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,  0},
    {SW_CLIENT, SW_FINISHED,            0},
    {SW_SERVER, SW_NEW_SESSION_TICKET,  TICKET},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,  0},
    {SW_SERVER, SW_FINISHED,            0},
}, figure2[] = {
    {SW_CLIENT, SW_CLIENT_HELLO,        0},
    {SW_SERVER, SW_SERVER_HELLO,        0},
    {SW_SERVER, SW_NEW_SESSION_TICKET,  TICKET},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,  0},
    {SW_SERVER, SW_FINISHED,            0},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,  0},
    {SW_CLIENT, SW_FINISHED,            0},
};
/* clang-format on */

enum { FIGURE1 = sizeof figure1 / sizeof figure1[0], FIGURE2 = sizeof figure2 / sizeof figure2[0] };

static bool drawn(const struct arrow *a, unsigned bits)
{
    return (a->when & bits) == a->when;
}

/* A certificate is shown where one was asked for. */
static bool possible(unsigned bits)
{
    return (bits & ASKED) || !(bits & SHOWN);
}

/* --- the tables --------------------------------------------------------------------------------------------------- */

/* A side that knows all that the bits say. */
static void settle(struct pair *p, unsigned bits)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, bits & ASKED ? SW_CLIENT_AUTH_REQUEST : SW_CLIENT_AUTH_NONE));
    pair_connect(p, "server.example");
    for (int i = 0; i < 2; i++) {
        struct sw_conn *conn = i == 0 ? p->client : p->server;
        struct sw_handshake *hs = conn->hs;

        conn->suite = sw_suite_by_id(bits & EPHEMERAL ? 0xC02F : 0x003C);
        hs->cert_requested = (bits & ASKED) != 0;
        hs->status_promised = (bits & STATUS) != 0;
        /* each knows the other's certificate or ticket by another field than its own */
        *(i == 0 ? &hs->sent_certificate : &hs->have_leaf) = (bits & SHOWN) != 0;
        *(i == 0 ? &hs->have_leaf : &hs->sent_certificate) = true;
        *(i == 0 ? &hs->expect_ticket : &hs->send_ticket) = (bits & TICKET) != 0;
    }
}

/*
 * What a client cannot know before it comes: whether it will be asked, and whether the status promised is really sent
 * (RFC 6066 8).
 */
static bool may(const struct sw_conn *conn, int message, unsigned bits)
{
    return !sw_is_server(conn) &&
           (message == SW_CERTIFICATE_REQUEST || (message == SW_CERTIFICATE_STATUS && (bits & STATUS)));
}

/* The steps of a table that are needed, and no others, in the order of the figure behind its hellos. */
static void follows(const struct sw_conn *conn, const struct sw_step *steps, const struct arrow *figure, size_t len,
                    unsigned bits)
{
    size_t at = 2;

    for (; steps->message != -1; steps++) {
        enum sw_need need = steps->need(conn);

        if (need == SW_MAY) {
            CU_ASSERT_TRUE(may(conn, steps->message, bits));
            at += at < len && figure[at].message == steps->message;
            continue;
        }
        CU_ASSERT_FALSE(may(conn, steps->message, bits));
        while (at < len && !drawn(&figure[at], bits))
            at++;
        if (need == SW_NO)
            continue;
        CU_ASSERT_TRUE_FATAL(at < len);
        CU_ASSERT_EQUAL(steps->sender, figure[at].sender);
        CU_ASSERT_EQUAL(steps->message, figure[at].message);
        at++;
    }
    CU_ASSERT_EQUAL(at, len);
}

static void hellos(void)
{
    const struct sw_step *s = sw_flow12_hello;
    struct pair p;

    settle(&p, 0);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(s[i].sender, figure1[i].sender);
        CU_ASSERT_EQUAL(s[i].message, figure1[i].message);
        CU_ASSERT_EQUAL(s[i].need(p.client), SW_MUST);
        CU_ASSERT_EQUAL(s[i].need(p.server), SW_MUST);
    }
    CU_ASSERT_EQUAL(s[2].message, -1);
    pair_close(&p);
}

static void tables_follow_the_figures(void)
{
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        struct pair p;

        if (!possible(bits))
            continue;
        settle(&p, bits);
        follows(p.server, sw_flow12_full, figure1, FIGURE1, bits);
        follows(p.client, sw_flow12_full, figure1, FIGURE1, bits);
        follows(p.server, sw_flow12_resumed, figure2, FIGURE2, bits);
        follows(p.client, sw_flow12_resumed, figure2, FIGURE2, bits);
        pair_close(&p);
    }
}

/* --- the wire ----------------------------------------------------------------------------------------------------- */

static struct {
    struct arrow got[32];
    size_t len;
} wire;

static void note(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    if ((type == SW_CT_HANDSHAKE || type == SW_CT_CHANGE_CIPHER_SPEC) && wire.len < 32)
        wire.got[wire.len++] = (struct arrow){to == MIDDLE_SERVER ? SW_CLIENT : SW_SERVER,
                                              type == SW_CT_HANDSHAKE ? p[0] : SW_CHANGE_CIPHER_SPEC, 0};
    middle_hand_on(m, to, type, p, len);
}

static void prepare(struct pair *p, unsigned bits)
{
    const char *suite = bits & EPHEMERAL ? "0xC02F" : "0x003C";

    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, suite));
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, bits & ASKED ? SW_CLIENT_AUTH_REQUEST : SW_CLIENT_AUTH_NONE));
    if (bits & SHOWN)
        pair_cert(p->client_cfg, "client-rsa");
    if (bits & STATUS) {
        SW_ASSERT_OK(sw_config_set_ocsp(p->server_cfg, "\x30\x01\x01", 3));
        SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_STATUS_REQUEST, 1));
        SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_INSECURE_NO_VERIFY, 1)); /* nobody reads it */
    }
    SW_ASSERT_OK(sw_config_set_option(p->server_cfg, SW_OPT_TICKETS, (bits & TICKET) != 0));
}

/* One connection, resuming if there is a session; what went over the wire is what the figure has. */
static void runs_like(struct middle *m, struct pair *p, const struct arrow *figure, size_t len, unsigned bits)
{
    size_t at = 0;

    memset(&wire, 0, sizeof wire);
    m->pass = note;
    m->side[MIDDLE_CLIENT] = p->client;
    m->side[MIDDLE_SERVER] = p->server;
    middle_run(m);
    CU_ASSERT_TRUE(middle_check(m, MIDDLE_CLIENT, SW_OK));
    CU_ASSERT_EQUAL(m->side[MIDDLE_CLIENT]->resumed, figure == figure2);
    for (size_t i = 0; i < len; i++) {
        if (!drawn(&figure[i], bits))
            continue;
        CU_ASSERT_TRUE_FATAL(at < wire.len);
        CU_ASSERT_EQUAL(wire.got[at].sender, figure[i].sender);
        CU_ASSERT_EQUAL(wire.got[at].message, figure[i].message);
        at++;
    }
    CU_ASSERT_EQUAL(at, wire.len);
}

static void the_wire_follows_the_figures(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        uint8_t session[4096];
        size_t len = 0;
        struct pair p;

        if (!possible(bits))
            continue;
        prepare(&p, bits);
        pair_connect(&p, "server.example");
        runs_like(m, &p, figure1, FIGURE1, bits);
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
        middle_forget(m);
        pair_connect(&p, "server.example");
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        runs_like(m, &p, figure2, FIGURE2, bits);
        middle_forget(m);
        p.client = p.server = NULL;
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(steps12){
    SW_TEST(hellos),
    SW_TEST(tables_follow_the_figures),
    SW_TEST(the_wire_follows_the_figures),
};
