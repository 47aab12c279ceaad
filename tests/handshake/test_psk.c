/* Sessions of TLS 1.3 that go on: by a ticket, with a binder; and when they do not. */
#include "handshake/conn.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

enum { SESSION_MAX = 4096 };

static const char name[] = "server.example";

struct kept {
    uint8_t bytes[SESSION_MAX];
    size_t len;
};

static void open_13(struct pair *p, bool mutual)
{
    pair_open(p, mutual);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
}

/* A first connection, and the session it leaves. */
static void first(struct pair *p, struct kept *kept)
{
    pair_connect(p, name);
    CU_ASSERT_TRUE_FATAL(pair_run(p));
    SW_ASSERT_OK(sw_conn_session(p->client, kept->bytes, sizeof kept->bytes, &kept->len));
    pair_drop(p);
}

/* A second one, which offers it. */
static void second(struct pair *p, const struct kept *kept, bool resumed)
{
    struct sw_conn_info info;

    pair_connect(p, name);
    SW_ASSERT_OK(sw_conn_set_session(p->client, kept->bytes, kept->len));
    if (!pair_run(p))
        printf("     client %s, server %s\n", sw_conn_error_text(p->client), sw_conn_error_text(p->server));
    CU_ASSERT_TRUE_FATAL(sw_conn_established(p->client) && sw_conn_established(p->server));
    sw_conn_info(p->client, &info);
    CU_ASSERT_EQUAL(info.resumed, resumed);
    CU_ASSERT_EQUAL(info.version, SW_TLS13);
    CU_ASSERT_NOT_EQUAL(info.group, 0); /* with a fresh exchange, always */
    sw_conn_info(p->server, &info);
    CU_ASSERT_EQUAL(info.resumed, resumed);
    CU_ASSERT_TRUE(pair_send(p, p->client, p->server, 100));
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 100));
}

static void sessions_go_on(void)
{
    static const char *const suites[] = {"0x1301", "0x1302", "0x1303"};

    for (size_t i = 0; i < 3 * 2 * 2; i++) {
        bool mutual = i / 3 % 2;
        struct sw_peer peer;
        struct kept kept;
        struct pair p;

        open_13(&p, mutual);
        p.piece = i / 6;
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, suites[i % 3]));
        first(&p, &kept);
        second(&p, &kept, true);
        SW_ASSERT_OK(sw_conn_peer(p.client, &peer));
        CU_ASSERT_STRING_EQUAL(peer.name, name);
        if (mutual) {
            SW_ASSERT_OK(sw_conn_peer(p.server, &peer));
            CU_ASSERT_STRING_EQUAL(peer.name, "alice");
        }
        /* and on: each connection brings a ticket of its own */
        {
            struct kept next;

            SW_ASSERT_OK(sw_conn_session(p.client, next.bytes, sizeof next.bytes, &next.len));
            CU_ASSERT_TRUE(next.len != kept.len || memcmp(next.bytes, kept.bytes, kept.len) != 0);
            pair_drop(&p);
            second(&p, &next, true);
        }
        pair_close(&p);
    }
}

/* The suite may be another one, if its hash is the same (RFC 8446 4.2.11). */
static void suites_of_one_hash(void)
{
    static const struct {
        const char *then, *now;
        bool resumed;
    } rows[] = {
        {"0x1301", "0x1303:0x1301", true},
        {"0x1303", "0x1301:0x1303", true},
        {"0x1301", "0x1302:0x1301", true}, /* rather the session than the first suite */
        {"0x1302", "0x1301:0x1303", false},
        {"0x1301", "0x1303", false}, /* of a suite that is off there are no sessions */
    };

    /* to whom the suite matters more than the session, by an option, only those that he would choose anyway */
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        bool best = i % 2, first_has_other_hash = strncmp(rows[i / 2].now, "0x1302", 6) == 0;
        struct kept kept;
        struct pair p;

        open_13(&p, false);
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, rows[i / 2].then));
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_RESUME_BEST_SUITE, best));
        first(&p, &kept);
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, rows[i / 2].now));
        second(&p, &kept, rows[i / 2].resumed && !(best && first_has_other_hash));
        pair_close(&p);
    }
}

/*
 * A retry in between; one whose suite has another hash, by which the client cannot bind its session any more; and one
 * where the server would rather have had that suite, unless the suite matters more to it.
 */
static void behind_a_retry(void)
{
    static const char *const suites[] = {"0x1301", "0x1302", "0x1302:0x1301", "0x1302:0x1301"};

    for (int i = 0; i < 4 * 2; i++) {
        int other = i % 4;
        struct kept kept;
        struct pair p;

        open_13(&p, false);
        p.piece = (size_t)i / 4;
        first(&p, &kept);
        SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-384"));
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, suites[other]));
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_RESUME_BEST_SUITE, other == 3));
        second(&p, &kept, other % 2 == 0);
        pair_close(&p);
    }
}

/* The two hellos differ in what was asked for, and in what can no longer be offered (RFC 8446 4.1.2): a session that is dropped does not come back as one of TLS 1.2. */
static void dropped_by_a_retry(void)
{
    struct sw_client_hello h;
    struct sw_slice ticket;
    const uint8_t *out;
    struct kept kept;
    struct pair p;
    size_t len;

    open_13(&p, false);
    first(&p, &kept);
    SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-384"));
    SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "0x1302"));
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, kept.bytes, kept.len));
    CU_ASSERT_TRUE(pair_carry(p.client, p.server, 0));
    CU_ASSERT_TRUE(p.client->hs->psk_offered);
    CU_ASSERT_TRUE(pair_carry(p.server, p.client, 0));
    CU_ASSERT_FALSE(p.client->hs->psk_offered);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out = sw_conn_out_buf(p.client, &len));
    out += 6 + 5 + 4; /* ChangeCipherSpec, and headers */
    len -= 6 + 5 + 4;
    SW_ASSERT_OK(sw_client_hello_decode(&h, (struct sw_slice){out, len}));
    ticket = sw_ext_find(h.extensions, 35);
    CU_ASSERT_PTR_NOT_NULL(ticket.p);
    CU_ASSERT_EQUAL(ticket.len, 0);
    CU_ASSERT_PTR_NULL(sw_ext_find(h.extensions, 41).p);
    CU_ASSERT_TRUE(pair_run(&p));
    pair_close(&p);
}

static int64_t clock_now;

static int64_t moving_clock(void *ctx)
{
    (void)ctx;
    return clock_now;
}

static void what_does_not_go_on(void)
{
    enum { NAME, NO_TICKETS, OTHER_KEYS, CLIENT_AUTH, OLD, VERSION, KINDS };
    static const uint8_t keys[1][32] = {{7}};

    for (int kind = 0; kind < KINDS; kind++) {
        struct kept kept;
        struct pair p;

        open_13(&p, false);
        clock_now = PAIR_NOW;
        sw_config_set_clock(p.server_cfg, moving_clock, NULL);
        first(&p, &kept);
        if (kind == NO_TICKETS)
            SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_TICKETS, 0));
        if (kind == OTHER_KEYS)
            SW_ASSERT_OK(sw_config_set_ticket_keys(p.server_cfg, keys, 1));
        if (kind == CLIENT_AUTH) {
            pair_cert(p.client_cfg, "client-rsa");
            SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
        }
        if (kind == OLD)
            clock_now += 7201;
        if (kind == NAME || kind == VERSION) {
            struct sw_conn_info info;

            /* such a one the client does not even offer */
            if (kind == VERSION)
                SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS12, SW_TLS12));
            pair_connect(&p, kind == NAME ? "SERVER.example" : name);
            SW_ASSERT_OK(sw_conn_set_session(p.client, kept.bytes, kept.len));
            CU_ASSERT_FALSE(p.client->hs->psk_offered);
            CU_ASSERT_TRUE(pair_run(&p));
            sw_conn_info(p.client, &info);
            CU_ASSERT_FALSE(info.resumed);
        } else {
            second(&p, &kept, false);
        }
        pair_close(&p);
    }
}

/* A session of TLS 1.2 offered where TLS 1.3 is spoken, and the other way round: a handshake from the beginning. */
static void versions_do_not_mix(void)
{
    struct sw_conn_info info;
    struct kept kept;
    struct pair p;

    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS12));
    first(&p, &kept);
    SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS13));
    second(&p, &kept, false);
    SW_ASSERT_OK(sw_conn_session(p.client, kept.bytes, sizeof kept.bytes, &kept.len));
    pair_drop(&p);
    SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS12));
    pair_connect(&p, name);
    SW_ASSERT_OK(sw_conn_set_session(p.client, kept.bytes, kept.len));
    CU_ASSERT_TRUE(pair_run(&p));
    sw_conn_info(p.client, &info);
    CU_ASSERT_EQUAL(info.version, SW_TLS12);
    CU_ASSERT_FALSE(info.resumed);
    pair_close(&p);
}

/* Who has the ticket but not its secret cannot bind it. */
static void a_wrong_binder(void)
{
    for (size_t bit = 0; bit < 8; bit += 7) {
        struct sw_session s;
        struct sw_writer w;
        struct kept kept, other;
        struct pair p;

        open_13(&p, false);
        first(&p, &kept);
        SW_ASSERT_OK(sw_session_decode(&s, kept.bytes, kept.len));
        s.master[bit * 4] ^= (uint8_t)(1u << bit);
        w = sw_writer_of(other.bytes, sizeof other.bytes);
        SW_ASSERT_OK(sw_session_encode(&s, &w));
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, other.bytes, w.len));
        CU_ASSERT_FALSE(pair_run(&p));
        SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_BINDER);
        CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_DECRYPT_ERROR);
        pair_close(&p);
    }
}

/* The lengths of hello, extensions and session at the end of a record grow by so many bytes: where they stand, counted from the end of what was there. */
static void grow(uint8_t *hello, size_t len, size_t block, size_t psk, size_t by)
{
    uint8_t *const at[] = {hello + 3, hello + 7, hello + len - block, hello + len - psk};

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        size_t v = ((size_t)at[i][0] << 8 | at[i][1]) + by;

        at[i][0] = (uint8_t)(v >> 8);
        at[i][1] = (uint8_t)v;
    }
}

/*
 * A hello that was changed on its way does not fit its binder, of whatever length that is now. Nobody looks at the
 * binder of a session that cannot go on: for another name, or without an exchange, which is the only way for us.
 */
static void changed_on_the_way(void)
{
    enum { RANDOM, LONG_BINDER, NAME, MODES, KINDS };
    static const struct {
        const char *mark;
        size_t len, at;
    } places[] = {[NAME] = {"server.example", 14, 0}, [MODES] = {"\x00\x2d\x00\x02\x01\x01", 6, 5}};

    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t hello[4096];
        struct kept kept;
        struct pair p;
        const uint8_t *out;
        size_t len, at = 5 + 4 + 2, psk;

        open_13(&p, false);
        SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "0x1301"));
        first(&p, &kept);
        pair_connect(&p, name);
        SW_ASSERT_OK(sw_conn_set_session(p.client, kept.bytes, kept.len));
        CU_ASSERT_PTR_NOT_NULL_FATAL(out = sw_conn_out_buf(p.client, &len));
        memset(hello, 0, sizeof hello);
        memcpy(hello, out, len);
        if (kind >= NAME) {
            for (at = 0; memcmp(hello + at, places[kind].mark, places[kind].len) != 0; at++)
                CU_ASSERT_TRUE_FATAL(at < len);
            at += places[kind].at;
        }
        hello[at] ^= 1;
        if (kind == LONG_BINDER) {
            struct sw_client_hello h;

            SW_ASSERT_OK(sw_client_hello_decode(&h, (struct sw_slice){hello + 9, len - 9}));
            psk = sw_ext_find(h.extensions, 41).len;
            grow(hello, len, h.extensions.len + 2, psk + 2, 255 - 32);
            memcpy(hello + len - 35, "\x01\x00\xff", 3);
            len += 255 - 32;
        }
        for (size_t done = 0; done < len && sw_conn_error(p.server) == SW_OK;) {
            size_t room, n;
            uint8_t *in = sw_conn_in_buf(p.server, &room);

            CU_ASSERT_PTR_NOT_NULL_FATAL(in);
            n = len - done < room ? len - done : room;
            memcpy(in, hello + done, n);
            (void)sw_conn_in_ack(p.server, n);
            done += n;
        }
        SW_ASSERT_ERR(sw_conn_error(p.server), kind < NAME ? SW_ERR_BINDER : SW_OK);
        CU_ASSERT_FALSE(p.server->resumed && kind >= NAME);
        pair_close(&p);
    }
}

/* Exporters of both ends agree, differ by label and context, and a session that goes on has its own. */
static void exporters(void)
{
    uint8_t a[2][40], b[2][40], other[40];
    struct kept kept;
    struct pair p;

    open_13(&p, false);
    first(&p, &kept);
    for (int i = 0; i < 2; i++) {
        pair_connect(&p, name);
        if (i == 1)
            SW_ASSERT_OK(sw_conn_set_session(p.client, kept.bytes, kept.len));
        SW_ASSERT_ERR(sw_conn_export(p.client, "EXPERIMENTAL x", NULL, 0, a[i], 40), SW_ERR_STATE);
        CU_ASSERT_TRUE(pair_run(&p));
        SW_ASSERT_OK(sw_conn_export(p.client, "EXPERIMENTAL x", "c", 1, a[i], 40));
        SW_ASSERT_OK(sw_conn_export(p.server, "EXPERIMENTAL x", "c", 1, b[i], 40));
        CU_ASSERT_EQUAL(memcmp(a[i], b[i], 40), 0);
        SW_ASSERT_OK(sw_conn_export(p.server, "EXPERIMENTAL y", "c", 1, other, 40));
        CU_ASSERT_NOT_EQUAL(memcmp(a[i], other, 40), 0);
        SW_ASSERT_OK(sw_conn_export(p.server, "EXPERIMENTAL x", "d", 1, other, 40));
        CU_ASSERT_NOT_EQUAL(memcmp(a[i], other, 40), 0);
        SW_ASSERT_ERR(sw_conn_tls_unique(p.client, other), SW_ERR_STATE);
        pair_drop(&p);
    }
    CU_ASSERT_NOT_EQUAL(memcmp(a[0], a[1], 40), 0);
    pair_close(&p);
}

SW_TEST_SUITE(psk){
    SW_TEST(sessions_go_on),      SW_TEST(suites_of_one_hash),  SW_TEST(behind_a_retry),
    SW_TEST(what_does_not_go_on), SW_TEST(versions_do_not_mix), SW_TEST(a_wrong_binder),
    SW_TEST(changed_on_the_way),  SW_TEST(exporters),           SW_TEST(dropped_by_a_retry),
};
