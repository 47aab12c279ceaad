/* Sessions as bytes: each field comes back, and nothing else is taken for a session. */
#include "handshake/resume.h"
#include "tests/test.h"
#include <string.h>

static void fill(void *p, size_t n, uint8_t from)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)(from + i);
}

static struct sw_session sample(bool peer)
{
    struct sw_session s;

    memset(&s, 0, sizeof s);
    s.version = SW_TLS12;
    s.suite = 0x003C;
    s.ems = true;
    s.created = 1700000000;
    s.lifetime = 7200;
    fill(s.master, sizeof s.master, 1);
    s.id_len = 32;
    fill(s.id, 32, 100);
    s.group = 29;
    s.sigscheme = 0x0401;
    strcpy(s.server_name, "bank.example");
    strcpy(s.alpn, "http/1.1");
    if (peer) {
        s.has_peer = true;
        strcpy(s.peer.name, "alice");
        strcpy(s.peer.subject, "CN=alice,O=Example");
        fill(s.peer.sha256, 32, 7);
        s.peer.serial_len = 9;
        fill(s.peer.serial, 9, 3);
        memcpy(s.above.serials, "\2ab\3cde", s.above.len = 7);
        fill(s.root, sizeof s.root, 11);
        s.until = s.created + 86400;
    }
    return s;
}

static size_t encode(const struct sw_session *s, uint8_t *out, size_t cap)
{
    struct sw_writer w = sw_writer_of(out, cap);

    SW_ASSERT_OK(sw_session_encode(s, &w));
    return w.len;
}

/* Equal in every field; padding inside the structs may differ. */
static void expect_same(const struct sw_session *a, const struct sw_session *b)
{
    CU_ASSERT_EQUAL(a->version, b->version);
    CU_ASSERT_EQUAL(a->suite, b->suite);
    CU_ASSERT_EQUAL(a->ems, b->ems);
    CU_ASSERT_EQUAL(a->etm, b->etm);
    CU_ASSERT_EQUAL(a->max_fragment, b->max_fragment);
    SW_ASSERT_BYTES(a->master, b->master, sizeof a->master);
    CU_ASSERT_EQUAL(a->created, b->created);
    CU_ASSERT_EQUAL(a->lifetime, b->lifetime);
    CU_ASSERT_EQUAL(a->id_len, b->id_len);
    SW_ASSERT_BYTES(a->id, b->id, sizeof a->id);
    CU_ASSERT_EQUAL(a->group, b->group);
    CU_ASSERT_EQUAL(a->sigscheme, b->sigscheme);
    CU_ASSERT_STRING_EQUAL(a->server_name, b->server_name);
    CU_ASSERT_STRING_EQUAL(a->alpn, b->alpn);
    CU_ASSERT_EQUAL(a->has_peer, b->has_peer);
    CU_ASSERT_STRING_EQUAL(a->peer.name, b->peer.name);
    CU_ASSERT_STRING_EQUAL(a->peer.subject, b->peer.subject);
    SW_ASSERT_BYTES(a->peer.sha256, b->peer.sha256, 32);
    CU_ASSERT_EQUAL(a->peer.serial_len, b->peer.serial_len);
    SW_ASSERT_BYTES(a->peer.serial, b->peer.serial, sizeof a->peer.serial);
    CU_ASSERT_EQUAL(a->above.len, b->above.len);
    SW_ASSERT_BYTES(a->above.serials, b->above.serials, sizeof a->above.serials);
    SW_ASSERT_BYTES(a->root, b->root, sizeof a->root);
    CU_ASSERT_EQUAL(a->until, b->until);
    CU_ASSERT_EQUAL(a->issued, b->issued);
    CU_ASSERT_EQUAL(a->age_add, b->age_add);
    CU_ASSERT_EQUAL(a->ticket.len, b->ticket.len);
    if (a->ticket.len == b->ticket.len && a->ticket.len)
        SW_ASSERT_BYTES(a->ticket.p, b->ticket.p, a->ticket.len);
}

static void round_trip(const struct sw_session *s)
{
    static uint8_t bytes[SW_SESSION_MAX + SW_TICKET_MAX];
    size_t len = encode(s, bytes, sizeof bytes);
    struct sw_session back;

    SW_ASSERT_OK(sw_session_decode(&back, bytes, len));
    expect_same(s, &back);
}

static void every_field_comes_back(void)
{
    static const uint8_t ticket[300] = {1, 2, 3};
    struct sw_session s = sample(true);

    round_trip(&s);
    s.ems = false;
    s.etm = true;
    s.max_fragment = 4;
    s.id_len = 0;
    memset(s.id, 0, sizeof s.id);
    s.ticket = (struct sw_slice){ticket, sizeof ticket};
    round_trip(&s);
    s = sample(false);
    s.created = -5;
    s.lifetime = UINT32_MAX;
    round_trip(&s);
    s.version = SW_TLS13;
    s.suite = 0x1301;
    s.issued = 1234567890123;
    s.age_add = 0xfedcba98;
    round_trip(&s);
}

/* The end of certificates, which goes as far as may matter; what is no time is none. */
static void ends_come_back(void)
{
    static const int64_t from = 1700000000;
    static const struct {
        int64_t created, until, back;
    } rows[] = {{from, from, from},
                {from, from - 1, from},
                {from, from + UINT32_MAX - 1, from + UINT32_MAX - 1},
                {from, from + UINT32_MAX, INT64_MAX},
                {from, INT64_MAX, INT64_MAX},
                {INT64_MIN, INT64_MAX, INT64_MAX},
                {INT64_MIN, INT64_MIN + 5, INT64_MIN + 5},
                {INT64_MAX - UINT32_MAX, INT64_MAX - 1, INT64_MAX - 1}};
    struct sw_session late = sample(true), none;
    uint8_t bytes[SW_SESSION_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_session s = sample(true), back;

        s.created = rows[i].created;
        s.until = rows[i].until;
        SW_ASSERT_OK(sw_session_decode(&back, bytes, encode(&s, bytes, sizeof bytes)));
        CU_ASSERT_EQUAL(back.until, rows[i].back);
    }
    late.created = INT64_MAX - UINT32_MAX + 1;
    SW_ASSERT_ERR(sw_session_decode(&none, bytes, encode(&late, bytes, sizeof bytes)), SW_ERR_DECODE);
}

static void the_longest_fits(void)
{
    struct sw_session s = sample(true);
    uint8_t bytes[SW_SESSION_MAX];

    memset(s.server_name, 'a', sizeof s.server_name - 1);
    memset(s.alpn, 'b', sizeof s.alpn - 1);
    memset(s.peer.name, 'c', sizeof s.peer.name - 1);
    memset(s.peer.subject, 'd', sizeof s.peer.subject - 1);
    s.peer.serial_len = sizeof s.peer.serial;
    s.above.len = sizeof s.above.serials;
    memset(s.above.serials, 0, sizeof s.above.serials);
    round_trip(&s);
    CU_ASSERT(encode(&s, bytes, sizeof bytes) > 1000);
}

static void no_room_is_said(void)
{
    struct sw_session s = sample(true);
    uint8_t bytes[SW_SESSION_MAX];
    size_t len = encode(&s, bytes, sizeof bytes);

    for (size_t cap = 0; cap < len; cap++) {
        struct sw_writer w = sw_writer_of(bytes, cap);
        SW_ASSERT_ERR(sw_session_encode(&s, &w), SW_ERR_SPACE);
    }
}

static void truncated_and_extended_are_refused(void)
{
    for (int peer = 0; peer < 2; peer++) {
        struct sw_session s = sample(peer), back;
        uint8_t bytes[SW_SESSION_MAX + 1];
        size_t len = encode(&s, bytes, sizeof bytes);

        bytes[len] = 0;
        for (size_t cut = 0; cut < len; cut++)
            SW_ASSERT_ERR(sw_session_decode(&back, bytes, cut), SW_ERR_DECODE);
        SW_ASSERT_ERR(sw_session_decode(&back, bytes, len + 1), SW_ERR_DECODE);
        SW_ASSERT_OK(sw_session_decode(&back, bytes, len));
    }
}

/* What was refused leaves no secret behind. */
static void refused_is_wiped(void)
{
    struct sw_session s = sample(true), back;
    uint8_t bytes[SW_SESSION_MAX], *p = (uint8_t *)&back;
    size_t len = encode(&s, bytes, sizeof bytes);

    SW_ASSERT_ERR(sw_session_decode(&back, bytes, len - 1), SW_ERR_DECODE);
    for (size_t i = 0; i < sizeof back; i++)
        CU_ASSERT_EQUAL(p[i], 0);
}

static void refuse_changed(const uint8_t *good, size_t len, size_t at, uint8_t value)
{
    uint8_t bytes[SW_SESSION_MAX];
    struct sw_session back;

    memcpy(bytes, good, len);
    bytes[at] = value;
    SW_ASSERT_ERR(sw_session_decode(&back, bytes, len), SW_ERR_DECODE);
}

static void what_is_unknown_is_refused(void)
{
    struct sw_session s = sample(true);
    uint8_t bytes[SW_SESSION_MAX], *name;
    size_t len = encode(&s, bytes, sizeof bytes);

    CU_ASSERT_EQUAL(bytes[SW_SESSION_ID_AT], 32);
    SW_ASSERT_BYTES(bytes + SW_SESSION_ID_AT + 1, s.id, 32);
    refuse_changed(bytes, len, 0, 0); /* format */
    refuse_changed(bytes, len, 0, 1);
    refuse_changed(bytes, len, 2, 4); /* TLS 1.3 with a suite of 1.2 */
    refuse_changed(bytes, len, 2, 2);
    refuse_changed(bytes, len, 4, 0x3E); /* a suite that is none */
    refuse_changed(bytes, len, 5, 0x2D); /* a flag that is none, or a fragment length */
    refuse_changed(bytes, len, SW_SESSION_ID_AT, 33);
    name = memmem(bytes, len, "bank.example", 12);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    refuse_changed(bytes, len, (size_t)(name - bytes) + 4, 0); /* a NUL in a name */
    refuse_changed(bytes, len, (size_t)(name - bytes) - 1, 11);
    refuse_changed(bytes, len, (size_t)(name - bytes) - 1, 13);
    name = memmem(bytes, len, "alice", 5);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    refuse_changed(bytes, len, (size_t)(name - bytes) - 1, 255);
    name = memmem(bytes, len, "\2ab\3cde", 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    refuse_changed(bytes, len, (size_t)(name - bytes), 1); /* numbers that end inside each other, or behind all */
    refuse_changed(bytes, len, (size_t)(name - bytes) + 3, 4);
    refuse_changed(bytes, len, (size_t)(name - bytes) - 1, 6);
    refuse_changed(bytes, len, (size_t)(name - bytes) - 1, SW_ABOVE_MAX + 1);
}

/* Any byte changed: refused, or a session whose texts still end inside their arrays. */
static void any_byte_changed_is_safe(void)
{
    struct sw_session s = sample(true), back;
    uint8_t bytes[SW_SESSION_MAX];
    size_t len = encode(&s, bytes, sizeof bytes);

    for (size_t at = 0; at < len; at++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t was = bytes[at];
            bytes[at] = (uint8_t)v;
            if (sw_session_decode(&back, bytes, len) == SW_OK) {
                CU_ASSERT(memchr(back.server_name, 0, sizeof back.server_name) != NULL);
                CU_ASSERT(memchr(back.alpn, 0, sizeof back.alpn) != NULL);
                CU_ASSERT(memchr(back.peer.name, 0, sizeof back.peer.name) != NULL);
                CU_ASSERT(memchr(back.peer.subject, 0, sizeof back.peer.subject) != NULL);
                CU_ASSERT(back.peer.serial_len <= sizeof back.peer.serial);
                CU_ASSERT(back.id_len <= SW_SESSION_ID_MAX);
            }
            bytes[at] = was;
        }
}

static void expiry(void)
{
    struct sw_session s = sample(false);

    CU_ASSERT_FALSE(sw_session_expired(&s, s.created));
    CU_ASSERT_FALSE(sw_session_expired(&s, s.created + 7199));
    CU_ASSERT_TRUE(sw_session_expired(&s, s.created + 7200));
    CU_ASSERT_TRUE(sw_session_expired(&s, INT64_MAX));
    CU_ASSERT_FALSE(sw_session_expired(&s, s.created - 60)); /* another server's clock */
    CU_ASSERT_TRUE(sw_session_expired(&s, s.created - 61));
    s.created = INT64_MIN;
    CU_ASSERT_TRUE(sw_session_expired(&s, INT64_MAX));
    s.created = INT64_MAX;
    CU_ASSERT_TRUE(sw_session_expired(&s, 0));
    s.created = 0;
    s.lifetime = 0;
    CU_ASSERT_TRUE(sw_session_expired(&s, 0));
}

SW_TEST_SUITE(resume){
    SW_TEST(every_field_comes_back),
    SW_TEST(ends_come_back),
    SW_TEST(the_longest_fits),
    SW_TEST(no_room_is_said),
    SW_TEST(truncated_and_extended_are_refused),
    SW_TEST(refused_is_wiped),
    SW_TEST(what_is_unknown_is_refused),
    SW_TEST(any_byte_changed_is_safe),
    SW_TEST(expiry),
};
