/*
 * HelloRetryRequest: what a client makes of one, made by hand, and a server of the hello that follows. Both are in the
 * clear.
 */
#include "handshake/conn.h"
#include "handshake/engine.h"
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <string.h>

enum { BYTES_MAX = 4096 };

#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define VERSION "002b00020304"

static void open_13(struct pair *p)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_groups(p->client_cfg, "x25519:P-256"));
    pair_connect(p, "server.example");
}

static size_t take_out(struct sw_conn *conn, uint8_t *out)
{
    size_t len;
    const uint8_t *p = sw_conn_out_buf(conn, &len);

    CU_ASSERT_TRUE_FATAL(p != NULL && len <= BYTES_MAX);
    memcpy(out, p, len);
    SW_ASSERT_OK(sw_conn_out_ack(conn, len));
    return len;
}

static enum sw_err feed(struct sw_conn *conn, const uint8_t *p, size_t len)
{
    size_t room;
    uint8_t *in = sw_conn_in_buf(conn, &room);

    CU_ASSERT_TRUE_FATAL(in != NULL && room >= len);
    memcpy(in, p, len);
    (void)sw_conn_in_ack(conn, len);
    return sw_conn_error(conn);
}

/* A hello of a server. */
struct answer {
    const char *random, *suite, *extensions;
    unsigned version;            /* 0: 3.3 */
    enum { SAME, OTHER, NO } id; /* against the client's */
    uint8_t compression;
};

static enum sw_err give(struct sw_conn *client, const struct answer *a)
{
    uint8_t bytes[BYTES_MAX], hex[BYTES_MAX];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    size_t record, message, block;
    uint8_t id_len = a->id == NO ? 0 : client->hs->session_id_len;

    sw_write_u8(&w, 22);
    sw_write_u16(&w, 0x0303);
    record = sw_write_open(&w, 2);
    sw_write_u8(&w, 2);
    message = sw_write_open(&w, 3);
    sw_write_u16(&w, a->version != 0 ? a->version : 0x0303);
    sw_write_bytes(&w, hex, sw_unhex(a->random, hex, sizeof hex));
    sw_write_u8(&w, id_len);
    sw_write_bytes(&w, client->hs->session_id, id_len);
    bytes[w.len - 1] ^= a->id == OTHER;
    sw_write_bytes(&w, hex, sw_unhex(a->suite, hex, sizeof hex));
    sw_write_u8(&w, a->compression);
    block = sw_write_open(&w, 2);
    sw_write_bytes(&w, hex, sw_unhex(a->extensions, hex, sizeof hex));
    sw_write_close(&w, block, 2);
    sw_write_close(&w, message, 3);
    sw_write_close(&w, record, 2);
    return feed(client, bytes, w.len);
}

static enum sw_err answer(struct sw_conn *client, const char *random, const char *suite, const char *extensions)
{
    const struct answer a = {.random = random, .suite = suite, .extensions = extensions};

    return give(client, &a);
}

static bool holds(const uint8_t *p, size_t len, const char *hex)
{
    uint8_t want[64];
    size_t n = sw_unhex(hex, want, sizeof want);

    for (size_t at = 0; at + n <= len; at++)
        if (memcmp(p + at, want, n) == 0)
            return true;
    return false;
}

/* --- client ------------------------------------------------------------------------------------------------------------------ */

static void what_a_client_takes(void)
{
    static const struct {
        const char *what, *suite, *extensions;
        enum sw_err err;
    } rows[] = {
        {"another group", "1301", VERSION "003300020017", SW_OK},
        {"a cookie", "1301", VERSION "002c0005 0003aabbcc", SW_OK},
        {"both", "1302", "002c0005 0003aabbcc" VERSION "003300020017", SW_OK},
        {"nothing", "1301", VERSION, SW_ERR_RETRY},
        {"what it has said", "1301", VERSION "00330002001d", SW_ERR_RETRY},
        {"what it has not offered", "1301", VERSION "003300020018", SW_ERR_RETRY},
        {"an empty cookie", "1301", VERSION "002c0002 0000", SW_ERR_EXTENSION_DECODE},
        {"a cut cookie", "1301", VERSION "002c0003 0002aa", SW_ERR_EXTENSION_DECODE},
        {"a whole key", "1301", VERSION "00330005 0017000104", SW_ERR_EXTENSION_DECODE},
        {"a suite of TLS 1.2", "c02f", VERSION "003300020017", SW_ERR_SUITE},
        {"no version", "1301", "003300020017", SW_ERR_EXTENSION_VALUE},
        {"another version", "1301", "002b00020305 003300020017", SW_ERR_EXTENSION_VALUE},
        {"a list of versions", "1301", "002b0003020304 003300020017", SW_ERR_EXTENSION_DECODE},
        {"a length that lies", "1301", "003300050017" VERSION, SW_ERR_DECODE},
        {"an extension of ServerHello", "1301", VERSION "00290002 0000", SW_ERR_UNSOLICITED_EXTENSION},
        {"one of others", "1301", VERSION "000a00040002 0017", SW_ERR_EXTENSION_VALUE},
        {"twice", "1301", VERSION "003300020017 003300020017", SW_ERR_DUPLICATE_EXTENSION},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct pair p;
        size_t len;
        enum sw_err err;

        open_13(&p);
        (void)take_out(p.client, bytes);
        err = answer(p.client, RETRY, rows[i].suite, rows[i].extensions);
        if (err != rows[i].err)
            printf("     %s: %s, not %s\n", rows[i].what, sw_err_name(err), sw_err_name(rows[i].err));
        CU_ASSERT_EQUAL(err, rows[i].err);
        if (err == SW_OK) {
            len = take_out(p.client, bytes);
            /* the ChangeCipherSpec for the looks, then the second hello */
            CU_ASSERT_TRUE(holds(bytes, 6, "140303000101"));
            CU_ASSERT_EQUAL(holds(bytes, len, "0033004700450017004104"),
                            strstr(rows[i].extensions, "003300020017") != NULL);
            CU_ASSERT_EQUAL(holds(bytes, len, "002c00050003aabbcc"), strstr(rows[i].extensions, "002c") != NULL);
        }
        pair_close(&p);
    }
}

static void only_once(void)
{
    static const struct {
        const char *random, *suite, *extensions;
        enum sw_err err;
    } rows[] = {
        {RETRY, "1301", VERSION "002c00050003aabbcc", SW_ERR_UNEXPECTED_MESSAGE},
        {RANDOM, "1302", VERSION "00330024 001d0020" RANDOM, SW_ERR_SUITE},
        {RANDOM, "1301", "ff01000100", SW_ERR_EXTENSION_VALUE},             /* TLS 1.2 now */
        {RANDOM, "1301", VERSION "00330024 001d0020" RANDOM, SW_ERR_GROUP}, /* not what it asked for */
        {RANDOM, "1301", VERSION, SW_ERR_MISSING_EXTENSION},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct pair p;

        open_13(&p);
        (void)take_out(p.client, bytes);
        SW_ASSERT_OK(answer(p.client, RETRY, "1301", VERSION "003300020017"));
        (void)take_out(p.client, bytes);
        SW_ASSERT_ERR(answer(p.client, rows[i].random, rows[i].suite, rows[i].extensions), rows[i].err);
        pair_close(&p);
    }
}

/* A client that speaks TLS 1.2 alone takes it for the ServerHello that it looks like. */
static void nothing_to_tls12(void)
{
    uint8_t bytes[BYTES_MAX];
    struct pair p;

    pair_open(&p, false);
    pair_connect(&p, "server.example");
    (void)take_out(p.client, bytes);
    SW_ASSERT_ERR(answer(p.client, RETRY, "003c", VERSION "003300020017"), SW_ERR_UNSOLICITED_EXTENSION);
    pair_close(&p);
}

/* --- ServerHello, which has the same form -------------------------------------------------------------------------------------- */

static void server_hellos(void)
{
    static const struct {
        const char *suite, *extensions;
        enum sw_err err;
    } rows[] = {
        {"1301", VERSION "00330024 001d0020" RANDOM, SW_OK},
        {"1301", VERSION "00330024 001d0020 0000000000000000000000000000000000000000000000000000000000000000",
         SW_ERR_KEY_SHARE},
        {"1301", VERSION "00330023 001d001f 00000000000000000000000000000000000000000000000000000000000000",
         SW_ERR_KEY_SHARE},
        {"1301", VERSION "00330004 001d0000", SW_ERR_KEY_SHARE},
        {"1301", VERSION "00330005 001d000400", SW_ERR_EXTENSION_DECODE},
        {"1301", VERSION, SW_ERR_MISSING_EXTENSION},
        {"1301", "00330024 001d0020" RANDOM, SW_ERR_RESUME_MISMATCH}, /* TLS 1.2, and an id that was made up */
        {"1301", "002b00020303 00330024 001d0020" RANDOM, SW_ERR_EXTENSION_VALUE},
        {"1301", "002b000103 00330024 001d0020" RANDOM, SW_ERR_EXTENSION_DECODE},
        {"1301", "002b0000 00330024 001d0020" RANDOM, SW_ERR_EXTENSION_DECODE},
        {"1301", "0033ffff 001d0020" RANDOM VERSION, SW_ERR_DECODE},
        {"1301", VERSION VERSION "00330024 001d0020" RANDOM, SW_ERR_DUPLICATE_EXTENSION},
        {"1304", VERSION "00330024 001d0020" RANDOM, SW_ERR_SUITE},
        {"c02f", VERSION "00330024 001d0020" RANDOM, SW_ERR_SUITE},
        {"1301", VERSION "00330024 001d0020" RANDOM "002900020000", SW_ERR_UNSOLICITED_EXTENSION},
        {"1301", VERSION "00330024 001d0020" RANDOM "00170000", SW_ERR_EXTENSION_VALUE},
        {"1301", VERSION "00330024 001d0020" RANDOM "002c00030001aa", SW_ERR_UNSOLICITED_EXTENSION},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct pair p;
        enum sw_err err;

        open_13(&p);
        (void)take_out(p.client, bytes);
        err = answer(p.client, RANDOM, rows[i].suite, rows[i].extensions);
        if (err != rows[i].err)
            printf("     row %zu: %s, not %s\n", i, sw_err_name(err), sw_err_name(rows[i].err));
        CU_ASSERT_EQUAL(err, rows[i].err);
        pair_close(&p);
    }
}

#define SHARE VERSION "00330024 001d0020" RANDOM

/*
 * What is there for the looks stays what it was (RFC 8446 4.1.3), in a HelloRetryRequest, too; SSL 3.0 is an alert of
 * its own (D.5); and an answer in TLS 1.2 that is not what it seems.
 */
static void other_fields(void)
{
    static const struct {
        struct answer a;
        enum sw_err err;
    } rows[] = {
        {{RANDOM, "1301", SHARE, 0x0300, SAME, 0}, SW_ERR_VERSION},
        {{RANDOM, "1301", SHARE, 0x0301, SAME, 0}, SW_ERR_EXTENSION_VALUE},
        {{RANDOM, "1301", SHARE, 0x0304, SAME, 0}, SW_ERR_EXTENSION_VALUE},
        {{RANDOM, "1301", "00330024 001d0020" RANDOM, 0x0304, SAME, 0}, SW_ERR_VERSION},
        {{RANDOM, "1301", "", 0x0300, SAME, 0}, SW_ERR_VERSION},
        {{RANDOM, "1301", SHARE, 0, OTHER, 0}, SW_ERR_RESUME_MISMATCH},
        {{RANDOM, "1301", SHARE, 0, NO, 0}, SW_ERR_RESUME_MISMATCH},
        {{RANDOM, "1301", SHARE, 0, SAME, 1}, SW_ERR_COMPRESSION},
        {{RETRY, "1301", VERSION "003300020017", 0x0300, SAME, 0}, SW_ERR_VERSION},
        {{RETRY, "1301", VERSION "003300020017", 0, OTHER, 0}, SW_ERR_RESUME_MISMATCH},
        {{RETRY, "1301", VERSION "003300020017", 0, SAME, 1}, SW_ERR_COMPRESSION},
        {{RANDOM, "c02f", "", 0, NO, 0}, SW_OK},
        {{"000102030405060708090a0b0c0d0e0f1011121314151617 444f574e47524400", "c02f", "", 0, NO, 0}, SW_ERR_DOWNGRADE},
        {{"000102030405060708090a0b0c0d0e0f1011121314151617 444f574e47524401", "c02f", "", 0, NO, 0}, SW_ERR_DOWNGRADE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct pair p;
        enum sw_err err;

        open_13(&p);
        (void)take_out(p.client, bytes);
        err = give(p.client, &rows[i].a);
        if (err != rows[i].err)
            printf("     row %zu: %s, not %s\n", i, sw_err_name(err), sw_err_name(rows[i].err));
        CU_ASSERT_EQUAL(err, rows[i].err);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), sw_err_alert(rows[i].err));
        pair_close(&p);
    }
}

/* Before the version is known a ChangeCipherSpec means nothing, up to a limit; but not to TLS 1.2, where it came too early. */
static void early_change_cipher_specs(void)
{
    static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1};
    static const struct answer old = {.random = RANDOM, .suite = "c02f", .extensions = "", .id = NO};

    for (int many = 0; many < 2; many++) {
        uint8_t bytes[BYTES_MAX];
        struct pair p;

        open_13(&p);
        (void)take_out(p.client, bytes);
        SW_ASSERT_OK(feed(p.client, ccs, sizeof ccs));
        for (int i = 1; many && i < SW_COMPATIBILITY_CCS_MAX; i++)
            SW_ASSERT_OK(feed(p.client, ccs, sizeof ccs));
        SW_ASSERT_ERR(many ? feed(p.client, ccs, sizeof ccs) : give(p.client, &old), SW_ERR_CHANGE_CIPHER_SPEC);
        pair_close(&p);
    }
}

/* A client that offers one session, and what a server makes of it (4.2.11). */
static void sessions_taken(void)
{
    static const struct {
        const char *suite, *extensions;
        enum sw_err err;
    } rows[] = {
        {"1301", SHARE "002900020000", SW_OK},
        {"1303", SHARE "002900020000", SW_OK},
        {"1302", SHARE "002900020000", SW_ERR_RESUME_MISMATCH}, /* another hash */
        {"1301", SHARE "002900020001", SW_ERR_EXTENSION_VALUE}, /* there is no second one */
        {"1301", SHARE "0029000100", SW_ERR_EXTENSION_DECODE},
        {"1301", SHARE "0029000400000000", SW_ERR_EXTENSION_DECODE},
        {"1301", VERSION "002900020000", SW_ERR_EXTENSION_VALUE}, /* without an exchange */
    };
    uint8_t session[BYTES_MAX];
    size_t len;
    struct pair p;

    open_13(&p);
    SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "0x1301"));
    CU_ASSERT_TRUE_FATAL(pair_run(&p));
    SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &len));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[BYTES_MAX];

        pair_drop(&p);
        pair_connect(&p, "server.example");
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, len));
        (void)take_out(p.client, bytes);
        SW_ASSERT_ERR(answer(p.client, RANDOM, rows[i].suite, rows[i].extensions), rows[i].err);
        CU_ASSERT_EQUAL(p.client->resumed, rows[i].err == SW_OK);
        CU_ASSERT_EQUAL(sw_conn_alert_sent(p.client), sw_err_alert(rows[i].err));
    }
    pair_close(&p);
}

/* --- server ------------------------------------------------------------------------------------------------------------------ */

/* Flip bits of a byte that stands `at` bytes behind the beginning of some others in a hello. */
static void flip(uint8_t *p, size_t len, const void *mark, size_t mark_len, size_t at, uint8_t bits)
{
    size_t i = 0;

    while (i + mark_len <= len && memcmp(p + i, mark, mark_len) != 0)
        i++;
    CU_ASSERT_TRUE_FATAL(i + mark_len <= len && i + at < len);
    p[i + at] ^= bits;
}

/* One more half of an exchange, in a group that nobody knows, behind that of P-256; its new length. */
static size_t another_share(uint8_t *record, size_t len)
{
    static const uint8_t mark[] = {0, 0x33, 0, 0x47, 0, 0x45, 0, 0x17, 0, 0x41}, more[] = {0xfa, 0xfa, 0, 1, 0};
    size_t at = 9 + 2 + 32 + 1 + 32, block, end, where[5];

    at += 2u + ((size_t)record[at] << 8 | record[at + 1]);
    block = at + 1u + record[at];
    for (at = block; memcmp(record + at, mark, sizeof mark) != 0; at++)
        CU_ASSERT_TRUE_FATAL(at + sizeof mark < len);
    end = at + sizeof mark + 0x41;
    memmove(record + end + sizeof more, record + end, len - end);
    memcpy(record + end, more, sizeof more);
    memcpy(where, (const size_t[]){3, 7, block, at + 2, at + 4}, sizeof where);
    for (size_t i = 0; i < 5; i++) {
        size_t v = ((size_t)record[where[i]] << 8 | record[where[i] + 1]) + sizeof more;

        record[where[i]] = (uint8_t)(v >> 8);
        record[where[i] + 1] = (uint8_t)v;
    }
    return len + sizeof more;
}

/*
 * The second hello must be the first one, but for what was asked for: here it is changed a little on its way, or is the
 * first one again.
 */
static void the_hello_that_follows(void)
{
    enum {
        RIGHT,
        AGAIN,
        OTHER_VERSION,
        OTHER_RANDOM,
        OTHER_ID,
        OTHER_SUITE,
        OTHER_NAME,
        OTHER_GROUP,
        OTHER_SCHEME,
        NO_MODES,
        EARLY,
        TWO_SHARES,

        KINDS
    };

    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t hello[BYTES_MAX], bytes[BYTES_MAX], *body = bytes + 6 /* ChangeCipherSpec */ + 5 + 4;
        size_t len, second;
        struct pair p;

        open_13(&p);
        SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-256"));
        len = take_out(p.client, hello);
        SW_ASSERT_OK(feed(p.server, hello, len));
        CU_ASSERT_TRUE(p.server->hs->retried);
        second = take_out(p.server, bytes);
        SW_ASSERT_OK(feed(p.client, bytes, second));
        second = take_out(p.client, bytes);
        if (kind == OTHER_VERSION)
            body[1] ^= 1;
        if (kind == OTHER_RANDOM)
            body[2] ^= 1;
        if (kind == OTHER_ID)
            body[2 + 32 + 1] ^= 1;
        if (kind == OTHER_SUITE)
            body[2 + 32 + 1 + 32 + 2 + 2 + 1] ^= 4; /* the second one: a number that is none */
        if (kind == OTHER_NAME)
            flip(bytes, second, "server.example", 14, 0, 1);
        if (kind == OTHER_GROUP)
            flip(bytes, second, "\x00\x0a\x00\x06\x00\x04", 6, 7, 1);
        if (kind == OTHER_SCHEME)
            flip(bytes, second, "\x00\x0d\x00", 3, 7, 1);
        if (kind == EARLY) /* extended_master_secret, empty as early_data is */
            flip(bytes, second, "\x00\x17\x00\x00", 4, 1, 0x17 ^ 42);
        if (kind == NO_MODES)
            flip(bytes, second, "\x00\x2d\x00\x02", 4, 0, 1); /* another number */
        if (kind == TWO_SHARES)
            second = another_share(bytes + 6, second - 6) + 6;
        if (kind == AGAIN)
            SW_ASSERT_ERR(feed(p.server, hello, len), SW_ERR_SECOND_HELLO);
        else
            SW_ASSERT_ERR(feed(p.server, bytes, second), kind == RIGHT ? SW_OK : SW_ERR_SECOND_HELLO);
        if (kind != RIGHT)
            CU_ASSERT_EQUAL(sw_conn_alert_sent(p.server), SW_ALERT_ILLEGAL_PARAMETER);
        pair_close(&p);
    }
}

/* A session that the server could have gone on with may not be forgotten on the way (4.1.2). */
static void the_session_comes_again(void)
{
    for (int forget = 0; forget < 2; forget++) {
        uint8_t session[BYTES_MAX], bytes[BYTES_MAX];
        size_t session_len, len;
        struct pair p;

        open_13(&p);
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &session_len));
        pair_drop(&p);
        SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-256"));
        pair_connect(&p, "server.example");
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, session_len));
        len = take_out(p.client, bytes);
        SW_ASSERT_OK(feed(p.server, bytes, len));
        len = take_out(p.server, bytes);
        if (forget) {
            p.client->hs->psk_offered = false;
            p.client->hs->ticket = (struct sw_slice){NULL, 0};
        }
        SW_ASSERT_OK(feed(p.client, bytes, len));
        len = take_out(p.client, bytes);
        SW_ASSERT_ERR(feed(p.server, bytes, len), forget ? SW_ERR_SECOND_HELLO : SW_OK);
        CU_ASSERT_EQUAL(p.server->resumed, !forget);
        pair_close(&p);
    }
}

/* While the server waits for it, it holds no more than for the first one. */
static void little_is_held(void)
{
    uint8_t bytes[BYTES_MAX];
    struct pair p;
    size_t len, before;

    open_13(&p);
    SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-256"));
    before = sw_conn_memory(p.server);
    len = take_out(p.client, bytes);
    SW_ASSERT_OK(feed(p.server, bytes, len));
    (void)take_out(p.server, bytes);
    CU_ASSERT_TRUE(sw_conn_memory(p.server) <= before);
    pair_close(&p);
}

SW_TEST_SUITE(hello_retry){
    SW_TEST(what_a_client_takes),    SW_TEST(only_once),
    SW_TEST(nothing_to_tls12),       SW_TEST(server_hellos),
    SW_TEST(the_hello_that_follows), SW_TEST(little_is_held),
    SW_TEST(other_fields),           SW_TEST(early_change_cipher_specs),
    SW_TEST(sessions_taken),         SW_TEST(the_session_comes_again),
};
