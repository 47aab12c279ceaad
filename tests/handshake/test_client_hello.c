/*
 * What a server settles when it has read a ClientHello, and what a client writes into one. What is no hello at all is
 * in test_wire.c and test_decoders.c.
 */
#include "base/pkey.h"
#include "handshake/keys12.h"
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

enum {
    EXT_NAME = 0,
    EXT_FRAGMENT = 1,
    EXT_GROUPS = 10,
    EXT_SIGALGS = 13,
    EXT_ALPN = 16,
    EXT_EMS = 23,
    EXT_LIMIT = 28,
    EXT_TICKET = 35
};

/* A hello as a client might have written it; hex; NULL: the extension is not there. */
struct hello {
    unsigned version; /* 0: TLS 1.2 */
    const char *suites, *groups, *sigalgs, *name, *alpn, *fragment, *limit;
    bool no_ems;
    struct sw_slice session_id, ticket;
};

/* A server that is about to read one. */
struct listener {
    struct sw_config *cfg;
    struct sw_conn *conn;
};

static void listener_open(struct listener *l, const char *certs, const char *policy)
{
    char text[64], *save = NULL;

    l->cfg = pair_config(SW_SERVER);
    SW_ASSERT_OK(sw_config_set_policy(l->cfg, policy));
    SW_ASSERT_OK(sw_config_set_client_auth(l->cfg, SW_CLIENT_AUTH_NONE));
    snprintf(text, sizeof text, "%s", certs);
    for (char *name = strtok_r(text, " ", &save); name != NULL; name = strtok_r(NULL, " ", &save))
        pair_cert(l->cfg, name);
    SW_ASSERT_OK(sw_conn_new(&l->conn, l->cfg, NULL));
}

static void listener_close(struct listener *l)
{
    sw_conn_free(l->conn);
    sw_config_free(l->cfg);
}

static void put_ext(struct sw_writer *w, unsigned id, unsigned prefix, const void *p, size_t len)
{
    size_t mark, list = 0;

    sw_write_u16(w, id);
    mark = sw_write_open(w, 2);
    if (prefix > 0)
        list = sw_write_open(w, prefix);
    if (len > 0)
        sw_write_bytes(w, p, len);
    if (prefix > 0)
        sw_write_close(w, list, prefix);
    sw_write_close(w, mark, 2);
}

static void put_hex(struct sw_writer *w, unsigned id, unsigned prefix, const char *hex)
{
    uint8_t body[256];

    if (hex != NULL)
        put_ext(w, id, prefix, body, sw_unhex(hex, body, sizeof body));
}

static void put_extensions(const struct hello *h, struct sw_writer *w)
{
    size_t mark = sw_write_open(w, 2);

    if (h->name != NULL) {
        uint8_t entry[64];
        size_t n = strlen(h->name);

        entry[0] = entry[1] = 0;
        entry[2] = (uint8_t)n;
        memcpy(entry + 3, h->name, n);
        put_ext(w, EXT_NAME, 2, entry, 3 + n);
    }
    put_hex(w, EXT_FRAGMENT, 0, h->fragment);
    put_hex(w, EXT_GROUPS, 2, h->groups);
    put_hex(w, EXT_SIGALGS, 2, h->sigalgs);
    put_hex(w, EXT_ALPN, 2, h->alpn);
    put_hex(w, EXT_EMS, 0, h->no_ems ? NULL : "");
    put_hex(w, EXT_LIMIT, 0, h->limit);
    if (h->ticket.p != NULL)
        put_ext(w, EXT_TICKET, 0, h->ticket.p, h->ticket.len);
    sw_write_close(w, mark, 2);
}

/* What the server makes of it. */
static enum sw_err say(struct listener *l, const struct hello *h)
{
    uint8_t bytes[2048], random[SW_RANDOM_LEN], suites[64];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    size_t n = sw_unhex(h->suites, suites, sizeof suites);

    memset(random, 7, sizeof random);
    sw_write_u16(&w, h->version != 0 ? h->version : SW_TLS12);
    sw_write_bytes(&w, random, sizeof random);
    sw_write_u8(&w, (unsigned)h->session_id.len);
    if (h->session_id.len > 0)
        sw_write_slice(&w, h->session_id);
    sw_write_u16(&w, (unsigned)n);
    sw_write_bytes(&w, suites, n);
    sw_write_u16(&w, 0x0100); /* null compression */
    put_extensions(h, &w);
    return sw_client_hello_recv(l->conn, (struct sw_slice){bytes, w.len});
}

#define GROUPS "001d 0017 0018"
#define SCHEMES "0403 0804 0401"

/* --- the suite, or why there is none ------------------------------------------------------------------------------ */

static void reasons_for_no_suite(void)
{
    /* clang-format off */
    static const struct {
        const char *certs, *suites, *groups, *sigalgs;
        enum sw_err err;
        uint16_t suite; /* chosen, if one is */
    } rows[] = {
        {"server-rsa",  "003c c02f",      GROUPS,      SCHEMES, SW_OK, 0x003C},
        {"server-rsa",  "c0ff 1301",      GROUPS,      SCHEMES, SW_ERR_NO_SUITE, 0},
        {"server-rsa",  "1301 1302",      GROUPS,      SCHEMES, SW_ERR_NO_SUITE, 0},      /* TLS 1.3's do not count */
        {"server-rsa",  "00ff",           GROUPS,      SCHEMES, SW_ERR_NO_SUITE, 0},      /* a signal is no suite */
        {"server-p256", "c02f",           GROUPS,      SCHEMES, SW_ERR_NO_SIGNATURE_SCHEME, 0},
        {"server-p256", "003c",           GROUPS,      SCHEMES, SW_ERR_NO_SUITE, 0},      /* RSA needs no group: none is missing */
        {"server-rsa",  "c02b",           GROUPS,      SCHEMES, SW_ERR_NO_SIGNATURE_SCHEME, 0},
        {"server-rsa",  "c02f",           GROUPS,      "0403",  SW_ERR_NO_SIGNATURE_SCHEME, 0},
        {"server-rsa",  "c02f",           "0016",      SCHEMES, SW_ERR_NO_GROUP, 0},
        {"server-rsa",  "c02f",           "0100",      SCHEMES, SW_ERR_NO_GROUP, 0},
        {"server-rsa",  "c02f 003c",      "0016",      SCHEMES, SW_OK, 0x003C},
        {"server-rsa",  "c02f 0067",      "0016",      SCHEMES, SW_OK, 0x0067},           /* names no finite field: takes ours */
        {"server-rsa",  "0067",           "001d 01fc", SCHEMES, SW_ERR_WEAK_DH, 0},       /* RFC 7919 4: insufficient_security */
        {"server-rsa",  "0067 c02f",      "0016 01fc", SCHEMES, SW_ERR_NO_GROUP, 0},
        {"server-rsa",  "0067 c02f",      "001d 01fc", SCHEMES, SW_OK, 0xC02F},
        {"server-rsa",  "0067",           "01fc 0101", SCHEMES, SW_OK, 0x0067},
        {"server-rsa",  "0067",           "0101",      "0403",  SW_ERR_NO_SIGNATURE_SCHEME, 0},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hello h = {.suites = rows[i].suites, .groups = rows[i].groups, .sigalgs = rows[i].sigalgs};
        struct listener l;
        enum sw_err err;

        listener_open(&l, rows[i].certs, "all");
        err = say(&l, &h);
        if (err != rows[i].err)
            printf("     %s %s: %s\n", rows[i].certs, rows[i].suites, sw_err_name(err));
        CU_ASSERT_EQUAL(err, rows[i].err);
        CU_ASSERT_EQUAL(l.conn->suite != NULL ? l.conn->suite->id : 0, rows[i].suite);
        listener_close(&l);
    }
}

/* Whoever reads the log learns that it is the certificate. */
static void the_wrong_kind_of_key_is_said(void)
{
    static const struct {
        const char *certs, *suites;
        bool said;
    } rows[] = {{"server-p256", "003c", true}, {"server-p256", "c02f", true}, {"server-rsa", "c02f", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hello h = {.suites = rows[i].suites, .groups = "001d", .sigalgs = "0403"};
        struct listener l;
        enum sw_err err;

        listener_open(&l, rows[i].certs, "classic");
        err = say(&l, &h);
        CU_ASSERT_EQUAL(sw_err_alert(err), SW_ALERT_HANDSHAKE_FAILURE);
        CU_ASSERT_EQUAL(l.conn->text != NULL && strstr(l.conn->text, "certificate") != NULL, rows[i].said);
        listener_close(&l);
    }
}

/*
 * Among several certificates the one for the name, though its suite comes later; if none has the name, the first that
 * serves.
 */
static void the_name_before_the_suite(void)
{
    struct hello h = {.suites = "003c c02b", .groups = GROUPS, .sigalgs = SCHEMES, .name = "other.example"};
    struct listener l;

    listener_open(&l, "server-rsa other-p256", "classic");
    SW_ASSERT_OK(say(&l, &h));
    CU_ASSERT_EQUAL(l.conn->suite->id, 0xC02B);
    CU_ASSERT_EQUAL(l.conn->cert_index, 1);
    CU_ASSERT_STRING_EQUAL(l.conn->name, "other.example");
    listener_close(&l);

    listener_open(&l, "server-rsa other-p256", "classic");
    h.name = "nobody.example";
    h.suites = "c02f";
    SW_ASSERT_OK(say(&l, &h));
    CU_ASSERT_EQUAL(l.conn->cert_index, 0);
    listener_close(&l);

    listener_open(&l, "server-rsa other-p256", "classic");
    SW_ASSERT_OK(sw_config_set_option(l.cfg, SW_OPT_REQUIRE_SNI_MATCH, 1));
    SW_ASSERT_ERR(say(&l, &h), SW_ERR_SERVER_NAME);
    listener_close(&l);
}

/* RFC 7301 3.2: our order decides, and an offer without a protocol of ours is refused. */
static void protocols(void)
{
    static const struct {
        const char *offer, *chosen;
    } rows[] = {{"01 62 01 61", "a"}, {"01 62", "b"}, {"01 63", NULL}, {"02 6162", NULL}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hello h = {.suites = "003c", .alpn = rows[i].offer};
        struct listener l;

        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(sw_config_set_alpn(l.cfg, "a,b"));
        SW_ASSERT_ERR(say(&l, &h), rows[i].chosen != NULL ? SW_OK : SW_ERR_ALPN);
        if (rows[i].chosen != NULL)
            CU_ASSERT_STRING_EQUAL(l.conn->alpn, rows[i].chosen);
        listener_close(&l);
    }
}

/* --- resuming ----------------------------------------------------------------------------------------------------- */

static struct sw_session a_session(void)
{
    struct sw_session s = {.version = SW_TLS12, .suite = 0x003C, .ems = true, .created = PAIR_NOW, .lifetime = 3600};

    memset(s.master, 9, sizeof s.master);
    strcpy(s.server_name, "server.example");
    return s;
}

struct resume_row {
    const char *what;
    const char *name, *suites;
    bool no_ems, classic; /* classic: the session is without extended master secret */
    int64_t age;
    enum sw_err err;
    bool resumed;
};

/* clang-format off */
static const struct resume_row resumes[] = {
    {"as it was",                "server.example", "003c",      false, false, 0,    SW_OK, true},
    {"with more suites",         "server.example", "c02f 003c", false, false, 0,    SW_OK, true},
    {"for another name",         "other.example",  "003c",      false, false, 0,    SW_OK, false},
    {"for a name in capitals",   "SERVER.example", "003c",      false, false, 0,    SW_OK, false},
    {"for no name",              NULL,             "003c",      false, false, 0,    SW_OK, false},
    {"its suite not offered",    "server.example", "c02f",      false, false, 0,    SW_ERR_SUITE, false},
    {"for another name, nor its suite", "other.example", "c02f", false, false, 0,   SW_OK, false},
    {"without extended master",  "server.example", "003c",      true,  false, 0,    SW_ERR_EMS_RESUME, false}, /* RFC 7627 5.3 */
    {"with it, which had none",  "server.example", "003c",      false, true,  0,    SW_OK, false},
    {"without it, as it was",    "server.example", "003c",      true,  true,  0,    SW_OK, true},
    {"too old",                  "server.example", "003c",      false, false, 3601, SW_OK, false},
};
/* clang-format on */

/* Each way a session is offered: ticket, id, or both. */
static void resuming(void)
{
    for (size_t i = 0; i < 3 * (sizeof resumes / sizeof resumes[0]); i++) {
        const struct resume_row *row = &resumes[i / 3];
        struct hello h = {
            .suites = row->suites, .groups = GROUPS, .sigalgs = SCHEMES, .name = row->name, .no_ems = row->no_ems};
        struct sw_session s = a_session();
        uint8_t ticket[1024];
        struct sw_writer w = sw_writer_of(ticket, sizeof ticket);
        struct listener l;
        enum sw_err err;

        listener_open(&l, "server-rsa", "classic");
        s.ems = !row->classic;
        s.created -= row->age;
        if (i % 3 != 1) {
            SW_ASSERT_OK(sw_ticket_seal(l.cfg->sessions->tickets, NULL, &s, s.created, &w));
            h.ticket = (struct sw_slice){ticket, w.len};
        }
        if (i % 3 != 0) {
            s.id_len = SW_SESSION_ID_MAX;
            memset(s.id, 5, s.id_len);
            h.session_id = (struct sw_slice){s.id, s.id_len};
        }
        if (i % 3 == 1)
            SW_ASSERT_OK(sw_session_cache_put(l.cfg->sessions->cache, &s));
        err = say(&l, &h);
        if (err != row->err || l.conn->resumed != row->resumed)
            printf("     %s: %s, %sresumed\n", row->what, sw_err_name(err), l.conn->resumed ? "" : "not ");
        CU_ASSERT_EQUAL(err, row->err);
        CU_ASSERT_EQUAL(l.conn->resumed, row->resumed);
        CU_ASSERT_EQUAL(l.conn->hs->resuming, row->resumed);
        if (row->resumed) {
            SW_ASSERT_BYTES(l.conn->master, s.master, SW_MASTER_LEN);
            /* echoed: that is how the client knows (RFC 5077 3.4) */
            CU_ASSERT_EQUAL(l.conn->hs->session_id_len, h.session_id.len);
            if (h.session_id.len > 0)
                SW_ASSERT_BYTES(l.conn->hs->session_id, s.id, s.id_len);
        } else if (err == SW_OK && h.session_id.len > 0) {
            CU_ASSERT(l.conn->hs->session_id_len == 0 || memcmp(l.conn->hs->session_id, s.id, s.id_len) != 0);
        }
        listener_close(&l);
    }
}

/* Who would choose another suite today does not go on with yesterday's, if that is what he wants. */
static void resuming_with_the_best_suite_alone(void)
{
    static const struct {
        uint16_t suite; /* of the session */
        const char *suites;
        enum sw_err err;
        bool resumed, resumed_by_best;
    } rows[] = {
        {0x003C, "003c", SW_OK, true, true},
        {0x003C, "c02f 003c", SW_OK, true, true}, /* ours comes first in our order */
        {0xC02F, "c02f 003c", SW_OK, true, false},
        {0xC02F, "c02f", SW_OK, true, true},
        {0x003C, "c02f", SW_ERR_SUITE, false, false},
    };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
        struct hello h = {.suites = rows[i / 2].suites, .groups = GROUPS, .sigalgs = SCHEMES, .name = "server.example"};
        struct sw_session s = a_session();
        struct listener l;

        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(sw_config_set_option(l.cfg, SW_OPT_RESUME_BEST_SUITE, i % 2));
        s.suite = rows[i / 2].suite;
        s.id_len = SW_SESSION_ID_MAX;
        memset(s.id, 5, s.id_len);
        h.session_id = (struct sw_slice){s.id, s.id_len};
        SW_ASSERT_OK(sw_session_cache_put(l.cfg->sessions->cache, &s));
        SW_ASSERT_ERR(say(&l, &h), i % 2 != 0 ? SW_OK : rows[i / 2].err);
        CU_ASSERT_EQUAL(l.conn->resumed, i % 2 != 0 ? rows[i / 2].resumed_by_best : rows[i / 2].resumed);
        listener_close(&l);
    }
}

/* RFC 5077 3.4: where there is a ticket the session id is not looked up, be the ticket good or not. */
static void a_ticket_beside_a_session_id(void)
{
    static const uint8_t nonsense[100] = {1};
    struct sw_session s = a_session();
    struct hello h = {.suites = "003c", .name = "server.example", .ticket = {nonsense, sizeof nonsense}};

    s.id_len = SW_SESSION_ID_MAX;
    memset(s.id, 5, s.id_len);
    h.session_id = (struct sw_slice){s.id, s.id_len};
    for (int tickets = 0; tickets < 2; tickets++) {
        struct listener l;

        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(sw_config_set_option(l.cfg, SW_OPT_TICKETS, tickets));
        SW_ASSERT_OK(sw_session_cache_put(l.cfg->sessions->cache, &s));
        SW_ASSERT_OK(say(&l, &h));
        CU_ASSERT_EQUAL(l.conn->resumed, tickets == 0);
        listener_close(&l);
    }
}

/* A server that wants to know its clients does not resume a session of nobody. */
static void a_session_without_a_peer(void)
{
    for (int known = 0; known < 2; known++) {
        struct sw_session s = a_session();
        struct hello h = {.suites = "003c", .name = "server.example"};
        struct listener l;

        s.id_len = SW_SESSION_ID_MAX;
        memset(s.id, 5, s.id_len);
        h.session_id = (struct sw_slice){s.id, s.id_len};
        s.has_peer = known;
        strcpy(s.peer.name, "alice");
        s.until = INT64_MAX;
        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(sw_trust_root_id(sw_trust_at(l.cfg->trust, 0), s.root));
        SW_ASSERT_OK(sw_config_set_client_auth(l.cfg, SW_CLIENT_AUTH_REQUIRE));
        SW_ASSERT_OK(sw_session_cache_put(l.cfg->sessions->cache, &s));
        SW_ASSERT_OK(say(&l, &h));
        CU_ASSERT_EQUAL(l.conn->resumed, known);
        CU_ASSERT_STRING_EQUAL(l.conn->peer.name, known ? "alice" : "");
        listener_close(&l);
    }
}

/* --- version and premaster ---------------------------------------------------------------------------------------- */

/*
 * RFC 5246 7.4.7.1: the premaster carries the version of the ClientHello, not the one negotiated. Another one is
 * treated like a ciphertext that does not
 * decrypt: a master secret that nobody knows.
 */
static void the_premaster_has_the_version_of_the_hello(void)
{
    static const struct {
        unsigned hello, premaster;
        bool same;
    } rows[] = {{0x0303, 0x0303, true},  {0x0303, 0x0302, false}, {0x0304, 0x0304, true},
                {0x0304, 0x0303, false}, {0x03ff, 0x03ff, true},  {0x0303, 0x0304, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hello h = {.version = rows[i].hello, .suites = "003c", .no_ems = true};
        uint8_t premaster[SW_PREMASTER_LEN], body[2 + 256] = {1, 0}, master[SW_MASTER_LEN];
        struct listener l;

        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(say(&l, &h));
        CU_ASSERT_EQUAL(l.conn->version, SW_TLS12);
        memset(premaster, 3, sizeof premaster);
        premaster[0] = (uint8_t)(rows[i].premaster >> 8);
        premaster[1] = (uint8_t)rows[i].premaster;
        SW_ASSERT_OK(sw_pubkey_encrypt_pkcs1(&l.cfg->creds[0]->leaf.key, premaster, sizeof premaster, body + 2, 256));
        SW_ASSERT_OK(sw_client_key_exchange_recv(l.conn, (struct sw_slice){body, sizeof body}));
        SW_ASSERT_OK(sw_keys12_master(SW_HASH_SHA256, premaster, sizeof premaster, l.conn->client_random,
                                      l.conn->server_random, master));
        CU_ASSERT_EQUAL(memcmp(l.conn->master, master, sizeof master) == 0, rows[i].same);
        listener_close(&l);
    }
}

static void versions_below(void)
{
    const struct hello h = {.version = 0x0302, .suites = "003c"}, fallback = {.suites = "003c 5600"};
    struct listener l;

    listener_open(&l, "server-rsa", "classic");
    SW_ASSERT_ERR(say(&l, &h), SW_ERR_VERSION);
    listener_close(&l);
    /* RFC 7507 3: TLS 1.2 is the highest we have, so nothing was fallen back from */
    listener_open(&l, "server-rsa", "classic");
    SW_ASSERT_OK(say(&l, &fallback));
    listener_close(&l);
}

/* --- sizes -------------------------------------------------------------------------------------------------------- */

/*
 * RFC 6066 4: both directions; RFC 8449: each its own, and only what is protected; the second overrides the first (RFC
 * 8449 5).
 */
static void sizes(void)
{
    /* clang-format off */
    static const struct {
        const char *fragment, *limit;
        long ours, most; /* options: record size limit, longest record sent */
        unsigned send, recv, recv_protected;
    } rows[] = {
        {NULL, NULL,      0, 16384, 16384, 16384, 16384},
        {"01", NULL,      0, 16384,   512,   512,   512},
        {"04", NULL,      0, 16384,  4096,  4096,  4096},
        {"03", NULL,      0,  1000,  1000,  2048,  2048},
        {NULL, "0040",    0, 16384,    64, 16384, 16384},
        {NULL, "0400",  100, 16384,  1024, 16384,   100},
        {NULL, "4001", 16385, 16384, 16384, 16384, 16384}, /* RFC 8449 4: 1.2 has no content type in it */
        {NULL, "ffff",    0, 16384, 16384, 16384, 16384},
        {NULL, "2000",    0,   500,   500, 16384, 16384},
        {"01", "0400",  100, 16384,  1024, 16384,   100},
        {NULL, NULL,    100, 16384, 16384, 16384, 16384}, /* not offered: not said to the client either */
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hello h = {.suites = "003c", .fragment = rows[i].fragment, .limit = rows[i].limit};
        struct listener l;

        listener_open(&l, "server-rsa", "classic");
        SW_ASSERT_OK(sw_config_set_option(l.cfg, SW_OPT_RECORD_SIZE_LIMIT, rows[i].ours));
        SW_ASSERT_OK(sw_config_set_option(l.cfg, SW_OPT_MAX_SEND, rows[i].most));
        sw_conn_free(l.conn);
        SW_ASSERT_OK(sw_conn_new(&l.conn, l.cfg, NULL));
        SW_ASSERT_OK(say(&l, &h));
        CU_ASSERT_EQUAL(l.conn->max_send, rows[i].send);
        CU_ASSERT_EQUAL(l.conn->max_recv, rows[i].recv);
        CU_ASSERT_EQUAL(l.conn->max_recv_protected, rows[i].recv_protected);
        listener_close(&l);
    }
}

/* --- what a client writes ----------------------------------------------------------------------------------------- */

static void write_hello(struct pair *p, struct sw_client_hello *h, uint8_t out[1024])
{
    struct sw_writer w = sw_writer_of(out, 1024);

    SW_ASSERT_OK(sw_client_hello_send(p->client, &w));
    CU_ASSERT_FALSE_FATAL(w.failed);
    SW_ASSERT_OK(sw_client_hello_decode(h, (struct sw_slice){out, w.len}));
    CU_ASSERT_EQUAL(h->version, SW_TLS12);
    CU_ASSERT_EQUAL(h->compressions.len, 1);
    CU_ASSERT_EQUAL(h->compressions.p[0], 0);
    SW_ASSERT_BYTES(h->random, p->client->client_random, SW_RANDOM_LEN);
}

static void signals_in_the_suites(void)
{
    uint8_t bytes[1024];
    struct sw_client_hello h;
    struct pair p;

    pair_open(&p, false);
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0x003C:0xC02F"));
    pair_connect(&p, "server.example");
    write_hello(&p, &h, bytes);
    SW_ASSERT_HEX(h.suites.p, h.suites.len, "003c c02f");
    CU_ASSERT_EQUAL(h.suites.len, 4);
    pair_drop(&p);

    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_GREASE, 1));
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_FALLBACK_SCSV, 1));
    pair_connect(&p, "server.example");
    write_hello(&p, &h, bytes);
    CU_ASSERT_EQUAL_FATAL(h.suites.len, 8);
    SW_ASSERT_HEX(h.suites.p + 2, 6, "003c c02f 5600");
    CU_ASSERT_EQUAL(h.suites.p[0] & 0x0f, 0x0a); /* RFC 8701 2 */
    CU_ASSERT_EQUAL(h.suites.p[0], h.suites.p[1]);
    pair_close(&p);
}

/*
 * A session of the cache is offered by its id; one with a ticket by an id of chance, whose echo says that it was taken
 * (RFC 5077 3.4).
 */
static void sessions_offered(void)
{
    static const uint8_t ticket[40] = {1};

    for (int with = 0; with < 3; with++) {
        struct sw_session s = a_session();
        uint8_t kept[2048], bytes[1024];
        struct sw_writer w = sw_writer_of(kept, sizeof kept);
        struct sw_client_hello h;
        struct pair p;

        if (with > 0) {
            s.id_len = 20;
            memset(s.id, 5, s.id_len);
        }
        if (with > 1)
            s.ticket = (struct sw_slice){ticket, sizeof ticket};
        SW_ASSERT_OK(sw_session_encode(&s, &w));
        pair_open(&p, false);
        pair_connect(&p, "server.example");
        SW_ASSERT_OK(sw_conn_set_session(p.client, kept, w.len));
        write_hello(&p, &h, bytes);
        CU_ASSERT_EQUAL(h.session_id.len, with == 0 ? 0 : with == 1 ? 20 : 32);
        if (with == 1)
            SW_ASSERT_BYTES(h.session_id.p, s.id, s.id_len);
        if (with == 2)
            CU_ASSERT_NOT_EQUAL(memcmp(h.session_id.p, s.id, s.id_len), 0);
        pair_close(&p);
    }
}

SW_TEST_SUITE(client_hello){
    SW_TEST(reasons_for_no_suite),
    SW_TEST(the_wrong_kind_of_key_is_said),
    SW_TEST(the_name_before_the_suite),
    SW_TEST(protocols),
    SW_TEST(resuming),
    SW_TEST(resuming_with_the_best_suite_alone),
    SW_TEST(a_ticket_beside_a_session_id),
    SW_TEST(a_session_without_a_peer),
    SW_TEST(the_premaster_has_the_version_of_the_hello),
    SW_TEST(versions_below),
    SW_TEST(sizes),
    SW_TEST(signals_in_the_suites),
    SW_TEST(sessions_offered),
};
