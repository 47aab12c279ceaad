/*
 * TLS 1.3 between two engines: each suite, group and certificate, any splitting of the bytes; which version is spoken
 * and who notices if it should have been another; the retry; and what a hello must have.
 */
#include "base/wipe.h"
#include "handshake/conn.h"
#include "handshake/engine.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "server.example";

static void open_13(struct pair *p, bool mutual)
{
    pair_open(p, mutual);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
}

static void runs(struct pair *p, const char *what)
{
    pair_connect(p, name);
    if (!pair_run(p))
        printf("     %s: client %s, server %s\n", what, sw_conn_error_text(p->client), sw_conn_error_text(p->server));
    CU_ASSERT_TRUE_FATAL(sw_conn_established(p->client) && sw_conn_established(p->server));
}

/* Both ends close on their own in TLS 1.3. */
static void exchange(struct pair *p)
{
    CU_ASSERT_TRUE(pair_send(p, p->client, p->server, 1));
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 100000));
    sw_conn_close(p->client);
    (void)pair_run(p);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p->server), SW_ALERT_CLOSE_NOTIFY);
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 50)); /* the other direction stays open */
    sw_conn_close(p->server);
    (void)pair_run(p);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p->client), SW_ALERT_CLOSE_NOTIFY);
    CU_ASSERT_TRUE(sw_conn_wants(p->client) & SW_WANT_DONE);
    SW_ASSERT_OK(sw_conn_error(p->client));
    SW_ASSERT_OK(sw_conn_error(p->server));
}

static void every_suite_and_certificate(void)
{
    static const char *const suites[] = {"0x1301", "0x1302", "0x1303"};
    static const char *const certs[] = {"server-rsa", "server-p256", "server-p384", "server-ed25519"};
    static const char *const clients[] = {NULL, "client-rsa", "client-p256"};

    for (size_t i = 0; i < 3 * 4 * 3 * 2; i++) {
        const char *client = clients[i / 12 % 3];
        struct sw_conn_info info;
        struct pair p;

        open_13(&p, false);
        p.piece = i / 36;
        sw_config_free(p.server_cfg);
        p.server_cfg = pair_config(SW_SERVER);
        pair_cert(p.server_cfg, certs[i / 3 % 4]);
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, SW_TLS12, SW_TLS13));
        SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, client ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE));
        if (client)
            pair_cert(p.client_cfg, client);
        SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, suites[i % 3]));
        runs(&p, suites[i % 3]);
        sw_conn_info(p.client, &info);
        CU_ASSERT_EQUAL(info.version, SW_TLS13);
        CU_ASSERT_EQUAL(info.suite, 0x1301 + i % 3);
        CU_ASSERT_EQUAL(info.group, SW_GROUP_X25519);
        CU_ASSERT_TRUE(info.sigscheme != 0 && info.peer_has_cert && info.ticket_issued);
        CU_ASSERT_FALSE(info.resumed || info.ems || info.etm || info.secure_renegotiation);
        sw_conn_info(p.server, &info);
        CU_ASSERT_EQUAL(info.peer_has_cert, client != NULL);
        CU_ASSERT_STRING_EQUAL(info.server_name, name);
        exchange(&p);
        pair_close(&p);
    }
}

/* As a client's only group, so that its first hello has it, and as the one it is sent back for. */
static void every_group(void)
{
    uint16_t id;
    const char *group;

    for (size_t i = 0; sw_group_at(i, &id, &group); i++)
        for (int retry = 0; retry < 2; retry++) {
            char groups[64];
            struct sw_conn_info info;
            struct pair p;

            if (id > 258)
                continue; /* above 4096 bits a handshake takes too long for a test of every build */
            open_13(&p, false);
            snprintf(groups, sizeof groups, "%s:%s", id == 23 ? "x25519" : "secp256r1", group);
            SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, retry ? groups : group));
            SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, group));
            SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_GREASE, 1));
            runs(&p, group);
            sw_conn_info(p.server, &info);
            CU_ASSERT_EQUAL(info.group, id);
            sw_conn_info(p.client, &info);
            CU_ASSERT_EQUAL(info.group, id);
            exchange(&p);
            pair_close(&p);
        }
}

/* --- which version ---------------------------------------------------------------------------------------------------------- */

static void versions_meet(void)
{
    static const struct {
        unsigned client_min, client_max, server_min, server_max;
        unsigned version; /* 0: none */
    } rows[] = {
        {SW_TLS12, SW_TLS12, SW_TLS12, SW_TLS12, SW_TLS12}, {SW_TLS12, SW_TLS13, SW_TLS12, SW_TLS12, SW_TLS12},
        {SW_TLS12, SW_TLS12, SW_TLS12, SW_TLS13, SW_TLS12}, {SW_TLS12, SW_TLS13, SW_TLS12, SW_TLS13, SW_TLS13},
        {SW_TLS13, SW_TLS13, SW_TLS12, SW_TLS13, SW_TLS13}, {SW_TLS12, SW_TLS13, SW_TLS13, SW_TLS13, SW_TLS13},
        {SW_TLS13, SW_TLS13, SW_TLS13, SW_TLS13, SW_TLS13}, {SW_TLS13, SW_TLS13, SW_TLS12, SW_TLS12, 0},
        {SW_TLS12, SW_TLS12, SW_TLS13, SW_TLS13, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;

        pair_open(&p, true);
        SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, rows[i].client_min, rows[i].client_max));
        SW_ASSERT_OK(sw_config_set_versions(p.server_cfg, rows[i].server_min, rows[i].server_max));
        pair_connect(&p, name);
        CU_ASSERT_EQUAL(pair_run(&p), rows[i].version != 0);
        CU_ASSERT_EQUAL(p.client->version, rows[i].version);
        if (rows[i].version == 0) {
            SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_VERSION);
            CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_PROTOCOL_VERSION);
        }
        /* RFC 8446 4.1.3: the mark is there exactly when the server was asked for less than it speaks */
        if (rows[i].version == SW_TLS12)
            CU_ASSERT_EQUAL(memcmp(p.client->server_random + 24, "DOWNGRD\x01", 8) == 0,
                            rows[i].server_max == SW_TLS13);
        pair_close(&p);
    }
}

/* Bytes of a side's output, and its output given back changed. */
static size_t take_out(struct sw_conn *conn, uint8_t *out, size_t cap)
{
    size_t len;
    const uint8_t *p = sw_conn_out_buf(conn, &len);

    CU_ASSERT_TRUE_FATAL(p != NULL && len <= cap);
    memcpy(out, p, len);
    SW_ASSERT_OK(sw_conn_out_ack(conn, len));
    return len;
}

static enum sw_err feed(struct sw_conn *conn, const uint8_t *p, size_t len)
{
    while (len > 0 && sw_conn_error(conn) == SW_OK) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(conn, &room);
        size_t n = len < room ? len : room;

        CU_ASSERT_PTR_NOT_NULL_FATAL(in);
        memcpy(in, p, n);
        (void)sw_conn_in_ack(conn, n);
        p += n;
        len -= n;
    }
    return sw_conn_error(conn);
}

/* Somebody on the way takes supported_versions out of the client's hello: by giving it a number that means nothing. */
static void a_downgrade_is_noticed(void)
{
    uint8_t hello[4096];
    struct pair p;
    size_t len, at;

    open_13(&p, false);
    pair_connect(&p, name);
    len = take_out(p.client, hello, sizeof hello);
    for (at = 0; at + 9 <= len && memcmp(hello + at, "\x00\x2b\x00\x05\x04\x03\x04\x03\x03", 9) != 0; at++)
        ;
    CU_ASSERT_TRUE_FATAL(at + 9 <= len);
    hello[at] = 0xfa;
    SW_ASSERT_OK(feed(p.server, hello, len));
    CU_ASSERT_EQUAL(p.server->version, SW_TLS12);
    (void)pair_run(&p);
    SW_ASSERT_ERR(sw_conn_error(p.client), SW_ERR_DOWNGRADE);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.server), SW_ALERT_ILLEGAL_PARAMETER);
    pair_close(&p);
}

/* Who has tried a lower version because a higher one failed says so, and is told that it need not have. */
static void a_fallback_is_noticed(void)
{
    struct pair p;

    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS12, SW_TLS12));
    SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_FALLBACK_SCSV, 1));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_FALLBACK);
    pair_close(&p);
}

/* --- what a hello must have --------------------------------------------------------------------------------------------------- */

/* A hello of ours with one extension renumbered, so that it is not there. */
static void without(unsigned extension, bool psk, enum sw_err err)
{
    uint8_t hello[4096], session[4096];
    size_t len = 0, at, session_len;
    struct pair p;

    open_13(&p, false);
    if (psk) {
        runs(&p, "a first one");
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &session_len));
        pair_drop(&p);
    }
    pair_connect(&p, name);
    if (psk)
        SW_ASSERT_OK(sw_conn_set_session(p.client, session, session_len));
    len = take_out(p.client, hello, sizeof hello);
    /* record, message, version, random, session id, suites, compression */
    at = 5 + 4 + 2 + 32;
    at += 1u + hello[at];
    at += 2u + ((size_t)hello[at] << 8 | hello[at + 1]);
    at += 1u + hello[at];
    for (at += 2; at + 4 <= len; at += 4 + ((size_t)hello[at + 2] << 8 | hello[at + 3]))
        if ((hello[at] << 8 | hello[at + 1]) == (int)extension) {
            hello[at] = 0xfa;
            hello[at + 1] = 0xfb;
        }
    SW_ASSERT_ERR(feed(p.server, hello, len), err);
    CU_ASSERT_EQUAL(sw_conn_alert_sent(p.server), sw_err_alert(err));
    pair_close(&p);
}

static void what_must_be_there(void)
{
    without(10, false, SW_ERR_MISSING_EXTENSION);
    without(13, false, SW_ERR_MISSING_EXTENSION);
    without(51, false, SW_ERR_MISSING_EXTENSION);
    without(45, true, SW_ERR_MISSING_EXTENSION);
    without(10, true, SW_ERR_MISSING_EXTENSION);
    CU_ASSERT_EQUAL(sw_err_alert(SW_ERR_MISSING_EXTENSION), SW_ALERT_MISSING_EXTENSION);
}

/*
 * What a hello may not be in TLS 1.3, though it may in TLS 1.2: with a method of compression beside the null one
 * (4.1.2), with a half of an exchange in a group that it does not name (4.2.8).
 */
static void what_may_not_be(void)
{
    enum { RIGHT, OTHER_METHOD, TWO_METHODS, GROUP_NOT_NAMED, KINDS };

    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t hello[4096];
        size_t len, at = 5 + 4 + 2 + 32;
        struct pair p;

        open_13(&p, false);
        SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, "x25519:P-256"));
        pair_connect(&p, name);
        len = take_out(p.client, hello, sizeof hello - 1);
        at += 1u + hello[at];
        at += 2u + ((size_t)hello[at] << 8 | hello[at + 1]);
        if (kind == OTHER_METHOD)
            hello[at + 1] = 1;
        if (kind == TWO_METHODS) {
            memmove(hello + at + 3, hello + at + 2, len - at - 2);
            hello[at] = 2;
            hello[at + 2] = 1;
            len++;
            for (int i = 0; i < 2; i++) { /* of the record, of the message */
                uint8_t *low = hello + (i == 0 ? 4 : 8);

                low[-1] = (uint8_t)(low[-1] + (++low[0] == 0));
            }
        }
        for (; kind == GROUP_NOT_NAMED && at + 8 <= len; at++)
            if (memcmp(hello + at, "\x00\x0a\x00\x06\x00\x04\x00\x1d", 8) == 0)
                hello[at + 7] = 0x1c;
        SW_ASSERT_ERR(feed(p.server, hello, len), kind == RIGHT             ? SW_OK
                                                  : kind == GROUP_NOT_NAMED ? SW_ERR_EXTENSION_VALUE
                                                                            : SW_ERR_COMPRESSION);
        pair_close(&p);
    }
}

/* Where supported_versions is, legacy_version says nothing (RFC 8446 4.2.1); but SSL 3.0 is nobody's any more (D.5). */
static void legacy_versions(void)
{
    static const struct {
        uint8_t major, minor;
        enum sw_err err;
    } rows[] = {{3, 0, SW_ERR_VERSION}, {2, 0, SW_ERR_VERSION}, {3, 1, SW_OK}, {3, 4, SW_OK}, {254, 254, SW_OK}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t hello[4096];
        size_t len;
        struct pair p;

        open_13(&p, false);
        pair_connect(&p, name);
        len = take_out(p.client, hello, sizeof hello);
        hello[5 + 4] = rows[i].major;
        hello[5 + 4 + 1] = rows[i].minor;
        SW_ASSERT_ERR(feed(p.server, hello, len), rows[i].err);
        CU_ASSERT_EQUAL(p.server->version, rows[i].err == SW_OK ? SW_TLS13 : 0);
        pair_close(&p);
    }
}

static void no_certificate_shown(void)
{
    struct pair p;

    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_client_auth(p.server_cfg, SW_CLIENT_AUTH_REQUIRE));
    pair_connect(&p, name);
    (void)pair_run(&p);
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_CERT_ABSENT);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.client), SW_ALERT_CERTIFICATE_REQUIRED);
    pair_close(&p);
}

static void nothing_in_common(void)
{
    struct pair p;

    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_groups(p.client_cfg, "x25519"));
    SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "P-256:P-384"));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_NO_GROUP);
    pair_close(&p);

    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, "0x1301"));
    SW_ASSERT_OK(sw_config_set_suites(p.server_cfg, "0x1303"));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_NO_SUITE);
    pair_close(&p);

    /* PKCS#1 v1.5 is no signature of TLS 1.3 */
    open_13(&p, false);
    SW_ASSERT_OK(sw_config_set_versions(p.client_cfg, SW_TLS13, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_sigalgs(p.client_cfg, "rsa_pkcs1_sha256"));
    pair_connect(&p, name);
    CU_ASSERT_FALSE(pair_run(&p));
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_NO_SIGNATURE_SCHEME);
    pair_close(&p);
}

/* --- early data, which we do not take ------------------------------------------------------------------------------------------ */

/*
 * A hello that says early data follows; the extension for it takes the number of another one that the server does not
 * need.
 */
static void begin_early(struct pair *p, uint8_t *hello, size_t *len)
{
    size_t at;

    open_13(p, false);
    SW_ASSERT_OK(sw_config_set_groups(p->server_cfg, "P-256"));
    pair_connect(p, name);
    *len = take_out(p->client, hello, 4096);
    /* extended_master_secret, empty as early_data is */
    for (at = 0; at + 4 <= *len && memcmp(hello + at, "\x00\x17\x00\x00", 4) != 0; at++)
        ;
    CU_ASSERT_TRUE_FATAL(at + 4 <= *len);
    hello[at + 1] = 42;
}

static void early_data_is_passed_over(void)
{
    static uint8_t record[5 + 16384];

    for (int group = 0; group < 2; group++)
        for (size_t size = 100; size <= 16384; size += 16284) {
            uint8_t hello[4096], head[5] = {23, 3, 3, (uint8_t)(size >> 8), (uint8_t)size};
            size_t len;
            struct pair p;

            begin_early(&p, hello, &len);
            if (group == 0) /* no retry */
                SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, "x25519"));
            SW_ASSERT_OK(feed(p.server, hello, len));
            memset(record, 0x5a, sizeof record);
            memcpy(record, head, sizeof head);
            SW_ASSERT_OK(feed(p.server, record, 5 + size));
            /* one byte more than we have patience for */
            if (size == 16384) {
                record[3] = 0;
                record[4] = 1;
                SW_ASSERT_ERR(feed(p.server, record, 6), SW_ERR_EARLY_DATA_FLOOD);
                CU_ASSERT_EQUAL(sw_conn_alert_sent(p.server), SW_ALERT_UNEXPECTED_MESSAGE);
            } else {
                CU_ASSERT_TRUE(p.server->hs->skip_early);
            }
            pair_close(&p);
        }
}

/* Without the word for it, it is what it looks like. */
static void data_that_was_not_announced(void)
{
    static const uint8_t record[25] = {23, 3, 3, 0, 20};
    uint8_t hello[4096];
    size_t len;
    struct pair p;

    for (int retry = 0; retry < 2; retry++) {
        open_13(&p, false);
        SW_ASSERT_OK(sw_config_set_groups(p.server_cfg, retry ? "P-256" : "x25519"));
        pair_connect(&p, name);
        len = take_out(p.client, hello, sizeof hello);
        SW_ASSERT_OK(feed(p.server, hello, len));
        SW_ASSERT_ERR(feed(p.server, record, sizeof record), retry ? SW_ERR_EARLY_DATA : SW_ERR_BAD_RECORD_MAC);
        pair_close(&p);
    }
}

/* --- alerts --------------------------------------------------------------------------------------------------------------------- */

/* A client that cannot go on with our ServerHello has no keys yet: its alert is in the clear. */
static void an_alert_in_the_clear(void)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 80}, handshake[] = {22, 3, 3, 0, 4, 20, 0, 0, 0};
    uint8_t hello[4096];
    size_t len;
    struct pair p;

    open_13(&p, false);
    pair_connect(&p, name);
    len = take_out(p.client, hello, sizeof hello);
    SW_ASSERT_OK(feed(p.server, hello, len));
    SW_ASSERT_ERR(feed(p.server, alert, sizeof alert), SW_ERR_PEER_ALERT);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.server), SW_ALERT_INTERNAL_ERROR);
    pair_close(&p);

    open_13(&p, false);
    pair_connect(&p, name);
    len = take_out(p.client, hello, sizeof hello);
    SW_ASSERT_OK(feed(p.server, hello, len));
    SW_ASSERT_ERR(feed(p.server, handshake, sizeof handshake), SW_ERR_RECORD_TYPE);
    pair_close(&p);

    /* behind the handshake nothing is in the clear */
    open_13(&p, false);
    runs(&p, "alerts");
    SW_ASSERT_ERR(feed(p.server, alert, sizeof alert), SW_ERR_RECORD_TYPE);
    pair_close(&p);
}

/* RFC 8446 6: the level says nothing. */
static void levels_of_alerts(void)
{
    struct pair p;

    open_13(&p, false);
    runs(&p, "alerts");
    pair_put(&p, true, 21, "\x01\x5a", 2); /* user_canceled alone is a notice */
    SW_ASSERT_OK(sw_conn_error(p.server));
    pair_put(&p, true, 21, "\x01\x64", 2);
    SW_ASSERT_ERR(sw_conn_error(p.server), SW_ERR_PEER_ALERT);
    pair_close(&p);
}

/* --- lengths of records ---------------------------------------------------------------------------------------------------------- */

/* Whoever carries the bytes looks at each record's length. */
static size_t longest_record(struct sw_conn *from, struct sw_conn *to)
{
    static uint8_t bytes[1 << 17];
    size_t len = 0, n, longest = 0;
    const uint8_t *p;

    while ((p = sw_conn_out_buf(from, &n)) != NULL) {
        CU_ASSERT_TRUE_FATAL(n <= sizeof bytes - len);
        memcpy(bytes + len, p, n);
        len += n;
        SW_ASSERT_OK(sw_conn_out_ack(from, n));
    }
    for (size_t at = 0; at + 5 <= len; at += 5 + ((size_t)bytes[at + 3] << 8 | bytes[at + 4])) {
        n = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        if (bytes[at] == 23 && n > longest)
            longest = n;
    }
    for (size_t at = 0; at < len;) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(to, &room);
        uint8_t drop[4096];

        if (in != NULL) {
            n = room < len - at ? room : len - at;
            memcpy(in, bytes + at, n);
            SW_ASSERT_OK(sw_conn_in_ack(to, n));
            at += n;
        }
        while (sw_conn_read(to, drop, sizeof drop, &n) == SW_OK && n > 0)
            ;
    }
    return longest;
}

/* RFC 8449 4: in TLS 1.3 the content type counts, and the limit is 2^14 + 1 without one. */
static void limits_of_records(void)
{
    static const long limits[] = {64, 100, 1000, 16384, 16385};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        for (int by_client = 0; by_client < 2; by_client++) {
            static uint8_t data[20000];
            struct sw_conn *from, *to;
            size_t taken, most = (size_t)limits[i] + 16;
            struct pair p;

            open_13(&p, false);
            SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_RECORD_SIZE_LIMIT, by_client ? limits[i] : 16385));
            SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_RECORD_SIZE_LIMIT, by_client ? 16385 : limits[i]));
            runs(&p, "limits");
            to = by_client ? p.client : p.server;
            from = by_client ? p.server : p.client;
            SW_ASSERT_OK(sw_conn_write(from, data, sizeof data, &taken));
            CU_ASSERT_EQUAL(longest_record(from, to), most);
            SW_ASSERT_OK(sw_conn_error(to));
            SW_ASSERT_OK(sw_conn_write(to, data, 16384, &taken));
            CU_ASSERT_EQUAL(longest_record(to, from), 16384 + 1 + 16);
            /* and one byte more is too much */
            from->max_send = (uint16_t)limits[i];
            if (limits[i] <= 16384) {
                SW_ASSERT_OK(sw_conn_write(from, data, (size_t)limits[i], &taken));
                while (pair_carry(from, to, 0))
                    ;
                SW_ASSERT_ERR(sw_conn_error(to), SW_ERR_RECORD_OVERFLOW);
            }
            pair_close(&p);
        }
}

/* A record with padding, sealed with the client's keys. */
static enum sw_err padded(size_t text, size_t zeros, bool limited)
{
    static uint8_t record[5 + 16384 + 256], plain[16384 + 64];
    struct sw_record_secrets s;
    struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);
    struct pair p;
    size_t len;
    enum sw_err err;

    open_13(&p, false);
    if (limited) {
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_RECORD_SIZE_LIMIT, 16385));
        SW_ASSERT_OK(sw_config_set_option(p.server_cfg, SW_OPT_RECORD_SIZE_LIMIT, 100));
    }
    runs(&p, "padding");
    /* what is sealed is the text, its type, and zeros but for one, which sealing takes for the type */
    memset(plain, 0, sizeof plain);
    memset(plain, 'x', text);
    s = p.client->out;
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    SW_ASSERT_OK(sw_record_dir_init(dir, &s, true));
    if (zeros > 0)
        plain[text] = 23;
    SW_ASSERT_OK(sw_record_seal(dir, NULL, zeros > 0 ? (enum sw_content_type)0 : SW_CT_APPLICATION_DATA,
                                (struct sw_slice){plain, text + zeros}, record, &len));
    sw_record_dir_wipe(dir);
    free(dir);
    err = feed(p.server, record, len);
    if (err == SW_OK) {
        size_t got;

        (void)sw_conn_peek(p.server, &got);
        CU_ASSERT_EQUAL(got, text);
    }
    pair_close(&p);
    return err;
}

static void padding(void)
{
    SW_ASSERT_OK(padded(10, 0, false));
    SW_ASSERT_OK(padded(10, 1, false));
    SW_ASSERT_OK(padded(10, 1000, false));
    SW_ASSERT_OK(padded(0, 16384, false));
    SW_ASSERT_OK(padded(16383, 1, false));
    SW_ASSERT_OK(padded(10, 89, true));
    SW_ASSERT_ERR(padded(10, 90, true), SW_ERR_RECORD_OVERFLOW); /* padding counts (RFC 8449 4) */
    SW_ASSERT_OK(padded(99, 0, true));
    SW_ASSERT_ERR(padded(100, 0, true), SW_ERR_RECORD_OVERFLOW);
}

SW_TEST_SUITE(hello13){
    SW_TEST(every_suite_and_certificate),
    SW_TEST(every_group),
    SW_TEST(versions_meet),
    SW_TEST(a_downgrade_is_noticed),
    SW_TEST(a_fallback_is_noticed),
    SW_TEST(what_must_be_there),
    SW_TEST(what_may_not_be),
    SW_TEST(legacy_versions),
    SW_TEST(no_certificate_shown),
    SW_TEST(nothing_in_common),
    SW_TEST(early_data_is_passed_over),
    SW_TEST(data_that_was_not_announced),
    SW_TEST(an_alert_in_the_clear),
    SW_TEST(levels_of_alerts),
    SW_TEST(limits_of_records),
    SW_TEST(padding),
};
