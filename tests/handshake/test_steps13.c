/*
 * The flow of TLS 1.3 against RFC 8446 figures 1 to 3, with D.4: written down here once more as the RFC draws it, and
 * compared with what goes over the wire for each combination of what makes a message come or not. Then what a peer can
 * do wrong with the order of messages.
 */
#include "tests/handshake/middle_pair.h"

enum {
    RETRY = 1,   /* the client guesses a group that the server has not */
    ASKED = 2,   /* the server wants a certificate */
    SHOWN = 4,   /* the client has one */
    TICKET = 8,  /* tickets are wanted */
    RESUMED = 16 /* the session goes on */
};
enum { COMBINATIONS = 32, HRR = 1000, WIRE = 32 };

/* One arrow: there when all bits of `when` are and none of `unless`. */
struct arrow {
    enum sw_role sender;
    int message;
    unsigned when, unless;
};

/* clang-format off */
static const struct arrow figure[] = {
    {SW_CLIENT, SW_CLIENT_HELLO,         0,             0},
    {SW_SERVER, HRR,                     RETRY,         0},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,   RETRY,         0},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,   RETRY,         0},
    {SW_CLIENT, SW_CLIENT_HELLO,         RETRY,         0},
    {SW_SERVER, SW_SERVER_HELLO,         0,             0},
    {SW_SERVER, SW_CHANGE_CIPHER_SPEC,   0,             RETRY},
    {SW_SERVER, SW_ENCRYPTED_EXTENSIONS, 0,             0},
    {SW_SERVER, SW_CERTIFICATE_REQUEST,  ASKED,         RESUMED},
    {SW_SERVER, SW_CERTIFICATE,          0,             RESUMED},
    {SW_SERVER, SW_CERTIFICATE_VERIFY,   0,             RESUMED},
    {SW_SERVER, SW_FINISHED,             0,             0},
    {SW_CLIENT, SW_CHANGE_CIPHER_SPEC,   0,             RETRY},
    {SW_CLIENT, SW_CERTIFICATE,          ASKED,         RESUMED},
    {SW_CLIENT, SW_CERTIFICATE_VERIFY,   ASKED | SHOWN, RESUMED},
    {SW_CLIENT, SW_FINISHED,             0,             0},
    {SW_SERVER, SW_NEW_SESSION_TICKET,   TICKET,        0},
};
/* clang-format on */

enum { ARROWS = sizeof figure / sizeof figure[0] };

static struct {
    enum sw_role sender[WIRE];
    int message[WIRE];
    size_t len;
} wire;

static void note(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    if ((type == SW_CT_HANDSHAKE || type == SW_CT_CHANGE_CIPHER_SPEC) && wire.len < WIRE) {
        bool retry =
            type == SW_CT_HANDSHAKE && p[0] == SW_SERVER_HELLO && sw_is_hello_retry((struct sw_slice){p + 4, len - 4});

        wire.sender[wire.len] = to == MIDDLE_SERVER ? SW_CLIENT : SW_SERVER;
        wire.message[wire.len++] = retry ? HRR : type == SW_CT_HANDSHAKE ? p[0] : SW_CHANGE_CIPHER_SPEC;
    }
    middle_hand_on(m, to, type, p, len);
}

static void runs_like_the_figure(struct middle *m, struct pair *p, unsigned bits)
{
    size_t at = 0;

    memset(&wire, 0, sizeof wire);
    m->pass = note;
    m->side[MIDDLE_CLIENT] = p->client;
    m->side[MIDDLE_SERVER] = p->server;
    middle_run(m);
    CU_ASSERT_TRUE(middle_check(m, MIDDLE_CLIENT, SW_OK));
    CU_ASSERT_EQUAL(m->side[MIDDLE_CLIENT]->resumed, (bits & RESUMED) != 0);
    CU_ASSERT_EQUAL(m->side[MIDDLE_SERVER]->resumed, (bits & RESUMED) != 0);
    for (size_t i = 0; i < ARROWS; i++) {
        if ((figure[i].when & bits) != figure[i].when || (figure[i].unless & bits) != 0)
            continue;
        CU_ASSERT_TRUE_FATAL(at < wire.len);
        CU_ASSERT_EQUAL(wire.sender[at], figure[i].sender);
        CU_ASSERT_EQUAL(wire.message[at], figure[i].message);
        at++;
    }
    CU_ASSERT_EQUAL(at, wire.len);
}

static void prepare(struct middle *m, struct pair *p, unsigned bits)
{
    pair_open(p, false);
    middle_versions(m, p, "0x1301");
    SW_ASSERT_OK(sw_config_set_groups(p->client_cfg, bits & RETRY ? "x25519:P-256" : "P-256"));
    SW_ASSERT_OK(sw_config_set_groups(p->server_cfg, "P-256"));
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, bits & ASKED ? SW_CLIENT_AUTH_REQUEST : SW_CLIENT_AUTH_NONE));
    if (bits & SHOWN)
        pair_cert(p->client_cfg, "client-rsa");
}

static void the_wire_follows_the_figures(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        uint8_t session[4096];
        size_t len = 0;
        struct pair p;

        if (bits & RESUMED && !(bits & TICKET))
            continue;
        prepare(m, &p, bits);
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_TICKETS, (bits & TICKET) != 0));
        if (bits & RESUMED) {
            pair_connect(&p, "server.example");
            CU_ASSERT_TRUE_FATAL(pair_run(&p));
            SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
            pair_drop(&p);
        }
        pair_connect(&p, "server.example");
        if (bits & RESUMED)
            SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        runs_like_the_figure(m, &p, bits);
        middle_forget(m);
        p.client = p.server = NULL;
        pair_close(&p);
    }
    free(m);
}

/* --- out of turn ---------------------------------------------------------------------------------------------------------- */

enum act {
    DROP,
    TWICE,
    BYTES,
    IN_CLEAR,
    SPOILT,
    TRAIL,
    HELLO_REQUEST_BEFORE,
    CCS_BEFORE,
    BAD_CCS_BEFORE,
    SEALED_CCS_BEFORE,
    CCS_INSIDE,
    DATA_BEFORE,
    WARNING_BEFORE,
    FINISHED_BEFORE
};

static struct {
    int to, message;
    enum act what;
    bool done;
} now;

/* Handshake bytes of a record that is longer by another message. */
static void with_trail(struct middle *m, int to, const uint8_t *p, size_t len)
{
    static uint8_t both[MIDDLE_ITEM];

    memcpy(both, p, len);
    memcpy(both + len, "\x18\x00\x00\x01\x00", 5);
    middle_hand_on(m, to, SW_CT_HANDSHAKE, both, len + 5);
}

static void in_two(struct middle *m, int to, const uint8_t *p, size_t len)
{
    static const uint8_t one = 1;

    middle_hand_on(m, to, SW_CT_HANDSHAKE, p, 5);
    middle_hand_on(m, to, SW_CT_CHANGE_CIPHER_SPEC, &one, 1);
    middle_hand_on(m, to, SW_CT_HANDSHAKE, p + 5, len - 5);
}

static void before(struct middle *m, int to)
{
    static const uint8_t ones[2] = {1, 1}, finished[36] = {SW_FINISHED, 0, 0, 32}, request[4];

    switch (now.what) {
    case HELLO_REQUEST_BEFORE:
        middle_hand_on(m, to, SW_CT_HANDSHAKE, request, 4);
        break;
    case FINISHED_BEFORE:
        middle_hand_on(m, to, SW_CT_HANDSHAKE, finished, sizeof finished);
        break;
    case CCS_BEFORE:
        middle_hand_on(m, to, SW_CT_CHANGE_CIPHER_SPEC, ones, 1);
        break;
    case BAD_CCS_BEFORE:
        middle_hand_on(m, to, SW_CT_CHANGE_CIPHER_SPEC, ones, 2);
        break;
    case SEALED_CCS_BEFORE:
        middle_deliver(m, to, SW_CT_CHANGE_CIPHER_SPEC, ones, 1, MIDDLE_SEALED);
        break;
    case DATA_BEFORE:
        middle_hand_on(m, to, SW_CT_APPLICATION_DATA, ones, 2);
        break;
    case WARNING_BEFORE: /* no level is a warning's in TLS 1.3 */
        middle_hand_on(m, to, SW_CT_ALERT, (const uint8_t *)"\x01\x64", 2);
        break;
    default:
        break;
    }
}

static void act(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    if (now.done || to != now.to || type != SW_CT_HANDSHAKE || p[0] != now.message) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    now.done = true;
    before(m, to);
    switch (now.what) {
    case DROP:
        return;
    case BYTES:
        for (size_t i = 0; i < len; i++)
            middle_hand_on(m, to, type, p + i, 1);
        return;
    case IN_CLEAR:
    case SPOILT:
        middle_deliver(m, to, type, p, len, now.what == SPOILT ? MIDDLE_SPOILT : MIDDLE_CLEAR);
        return;
    case TRAIL:
        with_trail(m, to, p, len);
        return;
    case CCS_INSIDE:
        in_two(m, to, p, len);
        return;
    case TWICE:
        middle_hand_on(m, to, type, p, len);
        break;
    default:
        break;
    }
    middle_hand_on(m, to, type, p, len);
}

struct row {
    int to, message;
    enum act what;
    enum sw_err err;
};

/* clang-format off */
static const struct row rows[] = {
    {MIDDLE_CLIENT, SW_SERVER_HELLO,         BYTES,                SW_OK},
    {MIDDLE_CLIENT, SW_SERVER_HELLO,         CCS_BEFORE,           SW_OK},
    {MIDDLE_CLIENT, SW_SERVER_HELLO,         BAD_CCS_BEFORE,       SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_CLIENT, SW_SERVER_HELLO,         CCS_INSIDE,           SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_CLIENT, SW_SERVER_HELLO,         DATA_BEFORE,          SW_ERR_EARLY_DATA},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, DROP,                 SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, TWICE,                SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, BYTES,                SW_OK},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, IN_CLEAR,             SW_ERR_RECORD_TYPE},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, SPOILT,               SW_ERR_BAD_RECORD_MAC},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, CCS_BEFORE,           SW_OK},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, BAD_CCS_BEFORE,       SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, SEALED_CCS_BEFORE,    SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_SERVER, SW_FINISHED,             SEALED_CCS_BEFORE,    SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, DATA_BEFORE,          SW_ERR_EARLY_DATA},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, WARNING_BEFORE,       SW_ERR_PEER_ALERT},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, HELLO_REQUEST_BEFORE, SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, FINISHED_BEFORE,      SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_CERTIFICATE_REQUEST,  DROP,                 SW_ERR_SIGNATURE},
    {MIDDLE_CLIENT, SW_CERTIFICATE_REQUEST,  TWICE,                SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_CERTIFICATE,          DROP,                 SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_CERTIFICATE,          TWICE,                SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_CERTIFICATE_VERIFY,   DROP,                 SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_CERTIFICATE_VERIFY,   TWICE,                SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_FINISHED,             BYTES,                SW_OK},
    {MIDDLE_CLIENT, SW_FINISHED,             TRAIL,                SW_ERR_STRADDLE},
    {MIDDLE_SERVER, SW_CERTIFICATE,          DROP,                 SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_SERVER, SW_CERTIFICATE,          IN_CLEAR,             SW_ERR_RECORD_TYPE},
    {MIDDLE_SERVER, SW_CERTIFICATE,          SPOILT,               SW_ERR_BAD_RECORD_MAC},
    {MIDDLE_SERVER, SW_CERTIFICATE,          BYTES,                SW_OK},
    {MIDDLE_SERVER, SW_CERTIFICATE,          DATA_BEFORE,          SW_ERR_EARLY_DATA},
    {MIDDLE_SERVER, SW_CERTIFICATE_VERIFY,   DROP,                 SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_SERVER, SW_CERTIFICATE_VERIFY,   CCS_BEFORE,           SW_OK},
    {MIDDLE_SERVER, SW_FINISHED,             TRAIL,                SW_ERR_STRADDLE},
    {MIDDLE_SERVER, SW_FINISHED,             BAD_CCS_BEFORE,       SW_ERR_CHANGE_CIPHER_SPEC},
    /* what comes behind the handshake */
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   TWICE,                SW_OK},
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   BYTES,                SW_OK},
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   DROP,                 SW_OK},
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   CCS_BEFORE,           SW_ERR_CHANGE_CIPHER_SPEC},
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   HELLO_REQUEST_BEFORE, SW_ERR_UNEXPECTED_MESSAGE},
    {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET,   FINISHED_BEFORE,      SW_ERR_UNEXPECTED_MESSAGE},
};
/* clang-format on */

static void nothing_out_of_turn(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;

        now.to = rows[i].to;
        now.message = rows[i].message;
        now.what = rows[i].what;
        now.done = false;
        middle_connect(m, &p, "0x1301");
        m->pass = act;
        middle_run(m);
        CU_ASSERT_TRUE(now.done);
        if (!middle_check(m, rows[i].to, rows[i].err)) {
            printf("     row %zu: %s; the other: %s\n", i, sw_conn_error_text(m->side[rows[i].to]),
                   sw_conn_error_text(m->side[!rows[i].to]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

/* --- cut short, or longer by a byte -------------------------------------------------------------------------------------------- */

static struct {
    int to, message;
    size_t len, was; /* of the body */
    bool done;
} cut;

static void cut_short(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t out[MIDDLE_ITEM];

    if (cut.done || to != cut.to || type != SW_CT_HANDSHAKE || p[0] != cut.message) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    cut.done = true;
    cut.was = len - 4;
    memset(out, 0, sizeof out);
    memcpy(out, p, cut.len < cut.was ? 4 + cut.len : len);
    out[1] = 0;
    out[2] = (uint8_t)(cut.len >> 8);
    out[3] = (uint8_t)cut.len;
    middle_hand_on(m, to, type, out, 4 + cut.len);
}

static void cut_at(struct middle *m, size_t len)
{
    struct pair p;

    cut.len = len;
    cut.done = false;
    middle_connect(m, &p, "0x1301");
    m->pass = cut_short;
    middle_run(m);
    CU_ASSERT_TRUE(cut.done);
    if (cut.len == cut.was) {
        CU_ASSERT_TRUE(middle_check(m, cut.to, SW_OK));
    } else {
        enum sw_err err = sw_conn_error(m->side[cut.to]);

        CU_ASSERT_TRUE(err == SW_ERR_DECODE || err == SW_ERR_FINISHED || err == SW_ERR_EXTENSION_DECODE);
        CU_ASSERT_TRUE(middle_check(m, cut.to, err));
    }
    middle_forget(m);
    pair_close(&p);
}

static void every_length(void)
{
    static const struct {
        int to, message;
        size_t step;
    } messages[] = {
        {MIDDLE_CLIENT, SW_SERVER_HELLO, 5},
        {MIDDLE_CLIENT, SW_ENCRYPTED_EXTENSIONS, 1},
        {MIDDLE_CLIENT, SW_CERTIFICATE_REQUEST, 4},
        {MIDDLE_CLIENT, SW_CERTIFICATE, 67},
        {MIDDLE_CLIENT, SW_CERTIFICATE_VERIFY, 31},
        {MIDDLE_CLIENT, SW_FINISHED, 7},
        {MIDDLE_SERVER, SW_CERTIFICATE, 67},
        {MIDDLE_SERVER, SW_CERTIFICATE_VERIFY, 31},
        {MIDDLE_SERVER, SW_FINISHED, 7},
        {MIDDLE_CLIENT, SW_NEW_SESSION_TICKET, 17},
    };
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        size_t was;

        cut.to = messages[i].to;
        cut.message = messages[i].message;
        cut_at(m, 0);
        was = cut.was;
        for (size_t len = 1; len + 2 < was; len += messages[i].step)
            cut_at(m, len);
        for (size_t len = was < 2 ? 0 : was - 2; len <= was + 1; len++)
            cut_at(m, len);
    }
    free(m);
}

SW_TEST_SUITE(steps13){
    SW_TEST(the_wire_follows_the_figures),
    SW_TEST(nothing_out_of_turn),
    SW_TEST(every_length),
};
