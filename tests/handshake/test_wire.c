/*
 * A server and a raw peer: bytes made by hand, and the alert that must be on the wire afterwards. Each row of the
 * tables is a rule of RFC 5246 or of the RFC named beside it.
 */
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server that has been fed bytes; what it answered. */
struct raw {
    struct sw_config *cfg;
    struct sw_conn *conn;
    uint8_t out[32768];
    size_t out_len;
};

static void raw_open(struct raw *r)
{
    memset(r, 0, sizeof *r);
    r->cfg = pair_config(SW_SERVER);
    pair_cert(r->cfg, "server-rsa");
    SW_ASSERT_OK(sw_config_set_client_auth(r->cfg, SW_CLIENT_AUTH_NONE));
    SW_ASSERT_OK(sw_conn_new(&r->conn, r->cfg, NULL));
}

static void raw_close(struct raw *r)
{
    sw_conn_free(r->conn);
    sw_config_free(r->cfg);
}

static void raw_collect(struct raw *r)
{
    const uint8_t *out;
    size_t n;

    while ((out = sw_conn_out_buf(r->conn, &n)) != NULL && n > 0) {
        if (n > sizeof r->out - r->out_len)
            n = sizeof r->out - r->out_len;
        memcpy(r->out + r->out_len, out, n);
        r->out_len += n;
        if (n == 0 || sw_conn_out_ack(r->conn, n) != SW_OK)
            break;
    }
}

static void raw_feed(struct raw *r, const uint8_t *p, size_t len)
{
    while (len > 0 && (sw_conn_wants(r->conn) & SW_WANT_RECV)) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(r->conn, &room);

        if (in == NULL)
            break;
        if (room > len)
            room = len;
        memcpy(in, p, room);
        (void)sw_conn_in_ack(r->conn, room);
        p += room;
        len -= room;
        raw_collect(r);
    }
    raw_collect(r);
}

/* The fatal alert at the end of what was answered in the clear; 256 if there is none. */
static unsigned last_alert(const struct raw *r)
{
    const uint8_t *p = r->out;
    size_t left = r->out_len;
    unsigned alert = SW_ALERT_NONE;

    while (left >= 5) {
        size_t len = 5u + ((size_t)p[3] << 8 | p[4]);

        if (p[0] == 21 && len == 7 && p[5] == 2)
            alert = p[6];
        if (len > left)
            break;
        p += len;
        left -= len;
    }
    return alert;
}

/* --- ClientHellos ------------------------------------------------------------------------------------------------- */

struct hello {
    unsigned version;
    const char *session_id, *suites, *compressions, *extensions; /* hex; extensions NULL: no block at all */
    int suites_len;                                              /* what the length field says; -1: the truth */
    const char *trailing;
};

static const struct hello plain = {0x0303, "", "003c", "00", NULL, -1, ""};

static size_t put_hex(uint8_t *out, const char *hex)
{
    return sw_unhex(hex, out, 4096);
}

static size_t build(const struct hello *h, uint8_t *out)
{
    uint8_t *p = out + 9;
    size_t n;

    *p++ = (uint8_t)(h->version >> 8);
    *p++ = (uint8_t)h->version;
    memset(p, 7, 32);
    p += 32;
    n = put_hex(p + 1, h->session_id);
    *p = (uint8_t)n;
    p += 1 + n;
    n = put_hex(p + 2, h->suites);
    p[0] = (uint8_t)((h->suites_len >= 0 ? (size_t)h->suites_len : n) >> 8);
    p[1] = (uint8_t)(h->suites_len >= 0 ? (size_t)h->suites_len : n);
    p += 2 + n;
    n = put_hex(p + 1, h->compressions);
    *p = (uint8_t)n;
    p += 1 + n;
    if (h->extensions != NULL) {
        n = put_hex(p + 2, h->extensions);
        p[0] = (uint8_t)(n >> 8);
        p[1] = (uint8_t)n;
        p += 2 + n;
    }
    p += put_hex(p, h->trailing);
    n = (size_t)(p - out) - 9;
    out[0] = 22;
    out[1] = 3;
    out[2] = 1;
    out[3] = (uint8_t)((n + 4) >> 8);
    out[4] = (uint8_t)(n + 4);
    out[5] = 1;
    out[6] = 0;
    out[7] = (uint8_t)(n >> 8);
    out[8] = (uint8_t)n;
    return n + 9;
}

static unsigned answer(const struct hello *h)
{
    static uint8_t bytes[16384];
    struct raw r;
    unsigned alert;

    raw_open(&r);
    raw_feed(&r, bytes, build(h, bytes));
    alert = last_alert(&r);
    if (alert == SW_ALERT_NONE)
        CU_ASSERT_TRUE(r.out_len > 5 && r.out[0] == 22 && r.out[5] == 2); /* a ServerHello */
    raw_close(&r);
    return alert;
}

#define EXT(hex)                                                                                                       \
    {                                                                                                                  \
        0x0303, "", "003c", "00", hex, -1, ""                                                                          \
    }

/* clang-format off */
static const struct {
    const char *what;
    struct hello hello;
    unsigned alert;
} hellos[] = {
    {"no extensions block",                      {0x0303, "", "003c", "00", NULL, -1, ""},            SW_ALERT_NONE},
    {"an empty extensions block",                EXT(""),                                             SW_ALERT_NONE},
    {"version 3.4",                              {0x0304, "", "003c", "00", NULL, -1, ""},            SW_ALERT_NONE},
    {"version 4.1",                              {0x0401, "", "003c", "00", NULL, -1, ""},            SW_ALERT_NONE},
    {"version 254.254",                          {0xfefe, "", "003c", "00", NULL, -1, ""},            SW_ALERT_NONE},
    {"version 3.2",                              {0x0302, "", "003c", "00", NULL, -1, ""},            SW_ALERT_PROTOCOL_VERSION},
    {"version 3.2 with the fallback signal",     {0x0302, "", "003c5600", "00", NULL, -1, ""},        SW_ALERT_PROTOCOL_VERSION},
    {"the fallback signal at our highest",       {0x0303, "", "003c5600", "00", NULL, -1, ""},        SW_ALERT_NONE},
    {"unknown and GREASE suites beside",         {0x0303, "", "0a0afefe003c", "00", NULL, -1, ""},    SW_ALERT_NONE},
    {"no suite of ours",                         {0x0303, "", "fefe", "00", NULL, -1, ""},            SW_ALERT_HANDSHAKE_FAILURE},
    {"an empty list of suites",                  {0x0303, "", "", "00", NULL, -1, ""},                SW_ALERT_DECODE_ERROR},
    {"an odd list of suites",                    {0x0303, "", "003c00", "00", NULL, -1, ""},          SW_ALERT_DECODE_ERROR},
    {"a list of suites that lies",               {0x0303, "", "003c", "00", NULL, 40, ""},            SW_ALERT_DECODE_ERROR},
    {"a session id of 33 bytes",                 {0x0303, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", "003c", "00", NULL, -1, ""}, SW_ALERT_DECODE_ERROR},
    {"an unknown session id",                    {0x0303, "0001020304", "003c", "00", NULL, -1, ""},  SW_ALERT_NONE},
    {"no compression method",                    {0x0303, "", "003c", "", NULL, -1, ""},              SW_ALERT_DECODE_ERROR},
    {"null compression missing",                 {0x0303, "", "003c", "01", NULL, -1, ""},            SW_ALERT_ILLEGAL_PARAMETER},
    {"another compression beside",               {0x0303, "", "003c", "0100", NULL, -1, ""},          SW_ALERT_NONE},
    {"bytes behind the message",                 {0x0303, "", "003c", "00", "", -1, "00"},            SW_ALERT_DECODE_ERROR},
    {"half an extensions length",                {0x0303, "", "003c", "00", NULL, -1, "00"},          SW_ALERT_DECODE_ERROR},
    {"an extension cut short",                   EXT("00170001"),                                     SW_ALERT_DECODE_ERROR},
    {"an unknown extension",                     EXT("fefe000401020304"),                             SW_ALERT_NONE},
    {"an unknown extension twice",               EXT("fefe0000fefe0000"),                             SW_ALERT_DECODE_ERROR},
    {"extended_master_secret twice",             EXT("0017000000170000"),                             SW_ALERT_DECODE_ERROR},
    {"extended_master_secret with a body",       EXT("0017000100"),                                   SW_ALERT_DECODE_ERROR},
    {"encrypt_then_mac with a body",             EXT("0016000100"),                                   SW_ALERT_DECODE_ERROR},
    {"renegotiation_info as it should be",       EXT("ff01000100"),                                   SW_ALERT_NONE},
    {"renegotiation_info with contents",         EXT("ff01000d0c000102030405060708090a0b"),           SW_ALERT_HANDSHAKE_FAILURE},
    {"renegotiation_info empty",                 EXT("ff010000"),                                     SW_ALERT_DECODE_ERROR},
    {"renegotiation_info with more behind it",   EXT("ff0100020000"),                                 SW_ALERT_DECODE_ERROR},
    {"renegotiation_info whose length lies",     EXT("ff0100020500"),                                 SW_ALERT_DECODE_ERROR},
    {"a server name",                            EXT("0000000800060000036162 63"),                    SW_ALERT_NONE},
    {"an empty server name",                     EXT("000000050003000000"),                           SW_ALERT_DECODE_ERROR},
    {"an empty list of server names",            EXT("000000020000"),                                 SW_ALERT_DECODE_ERROR},
    {"bytes behind the list of server names",    EXT("000000090006000003616263 00"),                  SW_ALERT_DECODE_ERROR},
    {"two host names",                           EXT("0000000e000c00000361626300000364 6566"),        SW_ALERT_ILLEGAL_PARAMETER},
    {"a host name with NUL",                     EXT("000000080006000003610063"),                     SW_ALERT_ILLEGAL_PARAMETER},
    {"another type of name beside",              EXT("0000000e000c01000361626300000364 6566"),        SW_ALERT_NONE},
    {"an empty list of signature schemes",       EXT("000d00020000"),                                 SW_ALERT_DECODE_ERROR},
    {"an odd list of signature schemes",         EXT("000d00050003040104"),                           SW_ALERT_DECODE_ERROR},
    {"unknown signature schemes alone",          EXT("000d00040002fefe"),                             SW_ALERT_NONE},
    {"an empty list of protocols",               EXT("001000020000"),                                 SW_ALERT_DECODE_ERROR},
    {"an empty protocol name",                   EXT("00100003000100"),                               SW_ALERT_DECODE_ERROR},
    {"max_fragment_length 5",                    EXT("0001000105"),                                   SW_ALERT_ILLEGAL_PARAMETER},
    {"max_fragment_length of two bytes",         EXT("000100020101"),                                 SW_ALERT_DECODE_ERROR},
    {"record_size_limit 63",                     EXT("001c0002003f"),                                 SW_ALERT_ILLEGAL_PARAMETER},
    {"record_size_limit 64",                     EXT("001c00020040"),                                 SW_ALERT_NONE},
    {"an empty list of groups",                  EXT("000a00020000"),                                 SW_ALERT_DECODE_ERROR},
    {"no point formats",                         EXT("000b000100"),                                   SW_ALERT_DECODE_ERROR},
    {"a garbage ticket",                         EXT("00230004deadbeef"),                             SW_ALERT_NONE},
    {"supported_versions with 1.2",              EXT("002b0005040304 0303"),                          SW_ALERT_NONE},
    {"supported_versions without 1.2",           EXT("002b0003020304"),                               SW_ALERT_PROTOCOL_VERSION},
    {"compressed points alone with ECDHE",       {0x0303, "", "c02f", "00", "000a00040002001d000b00020101000d000400020401", -1, ""}, SW_ALERT_ILLEGAL_PARAMETER},
    {"ECDHE without a group of ours",            {0x0303, "", "c02f", "00", "000a00040002fefe000d000400020401", -1, ""}, SW_ALERT_HANDSHAKE_FAILURE},
    {"the same with RSA key transport beside",   {0x0303, "", "c02f003c", "00", "000a00040002fefe000d000400020401", -1, ""}, SW_ALERT_NONE},
    {"ECDHE without a scheme of ours",           {0x0303, "", "c02f", "00", "000a00040002001d000d00040002fefe", -1, ""}, SW_ALERT_HANDSHAKE_FAILURE},
    {"DHE with unknown finite-field groups alone", {0x0303, "", "009e", "00", "000a000400020133000d000400020401", -1, ""}, SW_ALERT_INSUFFICIENT_SECURITY},
};
/* clang-format on */

static void client_hellos(void)
{
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        unsigned got = answer(&hellos[i].hello);

        if (got != hellos[i].alert)
            printf("     %s: %s, not %s\n", hellos[i].what, sw_alert_name(got), sw_alert_name(hellos[i].alert));
        CU_ASSERT_EQUAL(got, hellos[i].alert);
    }
}

/* --- records ------------------------------------------------------------------------------------------------------ */

/* clang-format off */
static const struct {
    const char *what, *first; /* bytes instead of, or before, any hello */
    unsigned alert;
} firsts[] = {
    {"plain HTTP",                    "474554202f20485454502f312e310d0a",     SW_ALERT_UNEXPECTED_MESSAGE},
    {"an SSLv2 hello",                "802e0100020015000000100100800200",     SW_ALERT_PROTOCOL_VERSION},
    {"garbage",                       "ffffffffffffffffff",                   SW_ALERT_PROTOCOL_VERSION},
    {"a record of type 24",           "1803030003010000",                     SW_ALERT_UNEXPECTED_MESSAGE},
    {"a record of version 2.0",       "160200000401000000",                   SW_ALERT_PROTOCOL_VERSION},
    {"an empty handshake record",     "1603010000",                           SW_ALERT_UNEXPECTED_MESSAGE},
    {"an empty alert",                "1503010000",                           SW_ALERT_UNEXPECTED_MESSAGE},
    {"a long record",                 "1603014001",                           SW_ALERT_RECORD_OVERFLOW},
    {"application data first",        "170301000100",                         SW_ALERT_UNEXPECTED_MESSAGE},
    {"a ChangeCipherSpec first",      "140301000101",                         SW_ALERT_UNEXPECTED_MESSAGE},
    {"a Finished first",              "16030100101400000c000000000000000000000000", SW_ALERT_UNEXPECTED_MESSAGE},
    {"an unknown message",            "160301000463000000",                   SW_ALERT_UNEXPECTED_MESSAGE},
    {"a hello beyond the limit",      "160301000401ffffff",                   SW_ALERT_DECODE_ERROR},
    {"an alert of one byte",          "150301000101",                         SW_ALERT_DECODE_ERROR},
    {"an alert of three bytes",       "1503010003010000",                     SW_ALERT_DECODE_ERROR},
    {"an alert of level 3",           "15030100020300",                       SW_ALERT_ILLEGAL_PARAMETER},
    {"five warnings",                 "15030100020170150301000201701503010002017015030100020170 15030100020170", SW_ALERT_UNEXPECTED_MESSAGE},
};
/* clang-format on */

static void first_records(void)
{
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        uint8_t bytes[256];
        struct raw r;
        unsigned got;

        raw_open(&r);
        raw_feed(&r, bytes, sw_unhex(firsts[i].first, bytes, sizeof bytes));
        got = last_alert(&r);
        if (got != firsts[i].alert)
            printf("     %s: %s, not %s\n", firsts[i].what, sw_alert_name(got), sw_alert_name(firsts[i].alert));
        CU_ASSERT_EQUAL(got, firsts[i].alert);
        raw_close(&r);
    }
}

static void four_warnings_are_tolerated(void)
{
    uint8_t bytes[4096];
    struct raw r;

    raw_open(&r);
    for (int i = 0; i < 4; i++)
        raw_feed(&r, bytes, sw_unhex("15030100020170", bytes, sizeof bytes));
    raw_feed(&r, bytes, build(&plain, bytes));
    CU_ASSERT_EQUAL(last_alert(&r), SW_ALERT_NONE);
    CU_ASSERT_TRUE(r.out_len > 100);
    raw_close(&r);
}

/* close_notify in the middle of a handshake is answered, and that is the end. */
static void close_in_a_handshake(void)
{
    uint8_t bytes[64];
    struct raw r;

    raw_open(&r);
    raw_feed(&r, bytes, sw_unhex("15030100020100", bytes, sizeof bytes));
    CU_ASSERT_EQUAL(r.out_len, 7);
    SW_ASSERT_HEX(r.out + 5, 2, "0100");
    CU_ASSERT_NOT_EQUAL(sw_conn_error(r.conn), SW_OK);
    raw_close(&r);
}

/* What follows a whole hello and its flight: each is out of turn or malformed. */
/* clang-format off */
static const struct {
    const char *what, *bytes;
    unsigned alert;
} seconds[] = {
    {"a second hello",                    "160303000401000000",             SW_ALERT_UNEXPECTED_MESSAGE},
    {"a ChangeCipherSpec too early",      "140303000101",                   SW_ALERT_UNEXPECTED_MESSAGE},
    {"application data",                  "1703030003010203",               SW_ALERT_UNEXPECTED_MESSAGE},
    {"a record of version 3.1",           "160301000610000002 0000",        SW_ALERT_PROTOCOL_VERSION},
    {"a Certificate nobody asked for",    "16030300070b000003000000",       SW_ALERT_UNEXPECTED_MESSAGE},
    {"a key exchange without its length", "160303000410000000",             SW_ALERT_DECODE_ERROR},
    {"a key exchange whose length lies",  "1603030008100000040100 0000",    SW_ALERT_DECODE_ERROR},
    {"a key exchange and more behind",    "160303000710000003000100 14",    SW_ALERT_NONE},
    {"an alert inside a message",         "16030300021000 15030300020170",  SW_ALERT_UNEXPECTED_MESSAGE},
    {"a ChangeCipherSpec inside a message", "16030300021000 140303000101",  SW_ALERT_UNEXPECTED_MESSAGE},
};
/* clang-format on */

static void second_records(void)
{
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        uint8_t bytes[4096];
        struct raw r;
        unsigned got;

        raw_open(&r);
        raw_feed(&r, bytes, build(&plain, bytes));
        CU_ASSERT_EQUAL(last_alert(&r), SW_ALERT_NONE);
        raw_feed(&r, bytes, sw_unhex(seconds[i].bytes, bytes, sizeof bytes));
        got = last_alert(&r);
        if (got != seconds[i].alert)
            printf("     %s: %s, not %s\n", seconds[i].what, sw_alert_name(got), sw_alert_name(seconds[i].alert));
        CU_ASSERT_EQUAL(got, seconds[i].alert);
        raw_close(&r);
    }
}

/*
 * Key exchanges that decrypt to nothing good, of right and wrong sizes: not a word after them, nor after the
 * ChangeCipherSpec; the Finished that cannot be opened is bad_record_mac (RFC 5246 7.4.7.1).
 */
static void a_bad_premaster_is_silent(void)
{
    static const size_t sizes[] = {0, 1, 48, 255, 256, 257, 512};
    static uint8_t bytes[4096];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int fill = 0; fill < 2; fill++) {
            size_t n = sizes[i], before;
            struct raw r;

            raw_open(&r);
            raw_feed(&r, bytes, build(&plain, bytes));
            before = r.out_len;
            bytes[0] = 22;
            bytes[1] = bytes[2] = 3;
            bytes[3] = (uint8_t)((n + 6) >> 8);
            bytes[4] = (uint8_t)(n + 6);
            bytes[5] = 16;
            bytes[6] = 0;
            bytes[7] = (uint8_t)((n + 2) >> 8);
            bytes[8] = (uint8_t)(n + 2);
            bytes[9] = (uint8_t)(n >> 8);
            bytes[10] = (uint8_t)n;
            memset(bytes + 11, fill ? 0xff : 0x11, n);
            raw_feed(&r, bytes, n + 11);
            raw_feed(&r, bytes, sw_unhex("140303000101", bytes, sizeof bytes));
            CU_ASSERT_EQUAL(r.out_len, before);
            SW_ASSERT_OK(sw_conn_error(r.conn));
            bytes[0] = 22;
            bytes[1] = bytes[2] = 3;
            bytes[3] = 0;
            bytes[4] = 80;
            memset(bytes + 5, 0x22, 80);
            raw_feed(&r, bytes, 85);
            CU_ASSERT_EQUAL(last_alert(&r), SW_ALERT_BAD_RECORD_MAC);
            raw_close(&r);
        }
}

/* A hello of thousands of extensions and suites is long, not wrong. */
static void a_large_hello_is_legal(void)
{
    size_t cap = 160000, n = 9 + 2 + 32 + 1;
    uint8_t *msg = calloc(1, cap), *record = calloc(1, cap);
    struct raw r;
    size_t at = 5 /* header of nothing yet */, body, mark;

    at = 4;
    msg[at++] = 3;
    msg[at++] = 3;
    at += 32;
    msg[at++] = 0;
    msg[at++] = 0xff;
    msg[at++] = 0xfe;
    for (size_t i = 0; i < 0xfffe; i += 2, at += 2)
        msg[at] = 0xfe;
    msg[at - 1] = 0x3c;
    msg[at - 2] = 0x00;
    msg[at++] = 1;
    msg[at++] = 0;
    mark = at;
    at += 2;
    for (unsigned id = 0xb000; id < 0xb000 + 16383 && at + 4 < cap; id++) {
        msg[at++] = (uint8_t)(id >> 8);
        msg[at++] = (uint8_t)id;
        at += 2;
    }
    msg[mark] = (uint8_t)((at - mark - 2) >> 8);
    msg[mark + 1] = (uint8_t)(at - mark - 2);
    body = at - 4;
    msg[0] = 1;
    msg[1] = (uint8_t)(body >> 16);
    msg[2] = (uint8_t)(body >> 8);
    msg[3] = (uint8_t)body;
    raw_open(&r);
    for (size_t sent = 0; sent < at; sent += n) {
        n = at - sent < 16384 ? at - sent : 16384;
        record[0] = 22;
        record[1] = 3;
        record[2] = 1;
        record[3] = (uint8_t)(n >> 8);
        record[4] = (uint8_t)n;
        memcpy(record + 5, msg + sent, n);
        raw_feed(&r, record, n + 5);
    }
    CU_ASSERT_EQUAL(last_alert(&r), SW_ALERT_NONE);
    CU_ASSERT_TRUE(r.out_len > 100);
    raw_close(&r);
    free(msg);
    free(record);
}

/* Every message cut short anywhere waits; every hello cut short with its length made true is a decode_error. */
static void every_truncation(void)
{
    struct hello full = EXT("0000000800060000036162630017000000160000ff01000100000d000400020401");
    uint8_t bytes[512], cut[512];
    size_t len = build(&full, bytes);

    for (size_t n = 10; n < len; n++) {
        struct raw r;
        unsigned alert;

        memcpy(cut, bytes, n);
        cut[3] = (uint8_t)((n - 5) >> 8);
        cut[4] = (uint8_t)(n - 5);
        cut[7] = (uint8_t)((n - 9) >> 8);
        cut[8] = (uint8_t)(n - 9);
        raw_open(&r);
        raw_feed(&r, cut, n);
        alert = last_alert(&r);
        /* cut right before the extensions block it is a shorter hello */
        CU_ASSERT_TRUE(alert == SW_ALERT_DECODE_ERROR || (alert == SW_ALERT_NONE && n == 9 + 2 + 32 + 1 + 4 + 2));
        raw_close(&r);
    }
}

SW_TEST_SUITE(wire){
    SW_TEST(client_hellos),          SW_TEST(first_records),    SW_TEST(four_warnings_are_tolerated),
    SW_TEST(close_in_a_handshake),   SW_TEST(second_records),   SW_TEST(a_bad_premaster_is_silent),
    SW_TEST(a_large_hello_is_legal), SW_TEST(every_truncation),
};
