/*
 * Every decoder of a handshake message against a good message, each truncation of it, a byte too many, and each of its
 * length fields off by one. What arrives from the network is read by these and by nothing else.
 */
#include "handshake/msg.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 1024, LENGTHS_MAX = 8 };

static bool client_hello(struct sw_slice body)
{
    struct sw_client_hello h;
    return sw_client_hello_decode(&h, body) == SW_OK;
}

static bool server_hello(struct sw_slice body)
{
    struct sw_server_hello h;
    return sw_server_hello_decode(&h, body) == SW_OK;
}

static bool ske_ecdhe(struct sw_slice body)
{
    struct sw_ske ske;
    return sw_server_key_exchange_decode(&ske, body, true) == SW_OK;
}

static bool ske_dhe(struct sw_slice body)
{
    struct sw_ske ske;
    return sw_server_key_exchange_decode(&ske, body, false) == SW_OK;
}

static bool certificate_request(struct sw_slice body)
{
    struct sw_certificate_request r;
    return sw_certificate_request_decode(&r, body) == SW_OK;
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* clang-format off */
static const struct {
    const char *name;
    bool (*decode)(struct sw_slice body);
    const char *hex;
    size_t optional;             /* bytes at the end that may be missing altogether: the extensions of a hello */
    size_t lengths[LENGTHS_MAX]; /* where the last byte of a length stands; ends with 0 */
} rows[] = {
    {"ClientHello", client_hello, "0303" RANDOM "02aabb" "0004003c002f" "0100" "000400170000", 6, {34, 38, 43, 46}},
    {"ClientHello without extensions", client_hello, "0303" RANDOM "00" "0002003c" "0100", 0, {34, 36, 39}},
    {"ServerHello", server_hello, "0303" RANDOM "02aabb" "003c" "00" "000400170000", 6, {34, 41}},
    {"ServerHello without extensions", server_hello, "0303" RANDOM "00" "003c" "00", 0, {34}},
    {"ServerKeyExchange, ECDHE", ske_ecdhe, "03001d" "04aabbccdd" "0401" "0003112233", 0, {3, 11}},
    {"ServerKeyExchange, DHE", ske_dhe, "0003aabbcc" "000102" "0002ddee" "0401" "0003112233", 0, {1, 6, 9, 15}},
    {"CertificateRequest", certificate_request, "020140" "000404010403" "00060004aabbccdd", 0, {0, 4, 10}},
    {"CertificateRequest without authorities", certificate_request, "0101" "00020401" "0000", 0, {0, 3}},
};
/* clang-format on */

/* From a buffer of exactly that size, so that a sanitizer sees a read past it. */
static bool decodes(size_t row, const uint8_t *bytes, size_t len)
{
    uint8_t copy[MESSAGE_MAX];

    memcpy(copy + sizeof copy - len, bytes, len);
    return rows[row].decode((struct sw_slice){copy + sizeof copy - len, len});
}

static void good_messages(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[MESSAGE_MAX];
        size_t len = sw_unhex(rows[i].hex, bytes, sizeof bytes);
        CU_ASSERT_TRUE(decodes(i, bytes, len));
        if (rows[i].optional > 0)
            CU_ASSERT_TRUE(decodes(i, bytes, len - rows[i].optional));
    }
}

static void every_truncation(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[MESSAGE_MAX];
        size_t len = sw_unhex(rows[i].hex, bytes, sizeof bytes);
        for (size_t n = 0; n < len; n++) {
            bool may = rows[i].optional > 0 && n == len - rows[i].optional;
            CU_ASSERT_EQUAL(decodes(i, bytes, n), may);
        }
    }
}

static void a_byte_too_many(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[MESSAGE_MAX] = {0};
        size_t len = sw_unhex(rows[i].hex, bytes, sizeof bytes);
        CU_ASSERT_FALSE(decodes(i, bytes, len + 1));
    }
}

static void lengths_off_by_one(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[MESSAGE_MAX] = {0};
        size_t len = sw_unhex(rows[i].hex, bytes, sizeof bytes);
        for (size_t k = 0; k < LENGTHS_MAX && (k == 0 || rows[i].lengths[k] > 0); k++) {
            for (int by = -1; by <= 1; by += 2) {
                size_t at = rows[i].lengths[k];
                bytes[at] = (uint8_t)(bytes[at] + by);
                CU_ASSERT_FALSE(decodes(i, bytes, len));
                bytes[at] = (uint8_t)(bytes[at] - by);
            }
        }
    }
}

/* --- in a real handshake: what has no decoder of its own, too ----------------------------------------------------- */

enum { FLIGHT_MAX = 16384 };

/* Everything one side has to send. */
static size_t collect(struct sw_conn *from, uint8_t *out)
{
    size_t len, n = 0;
    const uint8_t *p;

    while ((p = sw_conn_out_buf(from, &len)) != NULL) {
        CU_ASSERT_TRUE_FATAL(n + len <= FLIGHT_MAX);
        memcpy(out + n, p, len);
        n += len;
        SW_ASSERT_OK(sw_conn_out_ack(from, len));
    }
    return n;
}

static void deliver(struct sw_conn *to, const uint8_t *p, size_t len)
{
    while (len > 0 && (sw_conn_wants(to) & SW_WANT_RECV)) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(to, &room);
        if (room > len)
            room = len;
        memcpy(in, p, room);
        (void)sw_conn_in_ack(to, room);
        p += room;
        len -= room;
    }
}

/*
 * A flight with message number `index` of its readable part made `by` bytes longer or shorter, its length field with
 * it; each message in a record of its own. Returns the new length; 0 if there is no such message, or it has not that
 * many bytes.
 */
static size_t resize(const uint8_t *in, size_t len, size_t index, int by, uint8_t *out)
{
    static uint8_t plain[FLIGHT_MAX];
    size_t at = 0, n = 0, plain_len = 0, count = 0, from = 0;

    while (at + 5 <= len && in[at] == 22) {
        size_t body = (size_t)in[at + 3] << 8 | in[at + 4];
        memcpy(plain + plain_len, in + at + 5, body);
        plain_len += body;
        at += 5 + body;
    }
    for (; from + 4 <= plain_len; count++) {
        size_t body = (size_t)plain[from + 1] << 16 | (size_t)plain[from + 2] << 8 | plain[from + 3], sent = body;
        if (count == index) {
            if (by < 0 && body < (size_t)-by)
                return 0;
            sent = (size_t)((long)body + by);
        }
        const uint8_t head[] = {
            22,           3, 3, (uint8_t)((sent + 4) >> 8), (uint8_t)(sent + 4), plain[from], 0, (uint8_t)(sent >> 8),
            (uint8_t)sent};
        memcpy(out + n, head, sizeof head);
        n += sizeof head;
        memset(out + n, 0, sent);
        memcpy(out + n, plain + from + 4, sent < body ? sent : body);
        n += sent;
        from += 4 + body;
    }
    memcpy(out + n, in + at, len - at);
    return index < count ? n + len - at : 0;
}

/*
 * One handshake whose message `index` of flight `flight` (0 the client's hello, 1 the server's, 2 the client's) is
 * resized; false: no such message.
 */
static bool try_resized(const char *suites, unsigned flight, size_t index, int by)
{
    static uint8_t bytes[FLIGHT_MAX], changed[FLIGHT_MAX + 64];
    struct pair p;
    bool there = true;

    pair_open(&p, true);
    SW_ASSERT_OK(sw_config_set_suites(p.client_cfg, suites));
    pair_connect(&p, "server.example");
    for (unsigned i = 0; i <= flight && there; i++) {
        struct sw_conn *from = i % 2 == 0 ? p.client : p.server, *to = i % 2 == 0 ? p.server : p.client;
        size_t len = collect(from, bytes);
        if (i < flight) {
            deliver(to, bytes, len);
            continue;
        }
        len = resize(bytes, len, index, by, changed);
        there = len > 0;
        deliver(to, changed, len);
        if (there) {
            /*
             * a hello that lost exactly its extensions is one without; then Finished shows that somebody took them away
             */
            bool fails = sw_conn_error(to) != SW_OK || (index == 0 && flight < 2 && !pair_run(&p));
            CU_ASSERT_TRUE(fails);
            CU_ASSERT_FALSE(sw_conn_established(p.client) || sw_conn_established(p.server));
            if (!fails)
                printf("%s: flight %u, message %zu, %d bytes: accepted\n", suites, flight, index, by);
        }
    }
    pair_close(&p);
    return there;
}

/*
 * Long messages are long because of certificates and keys, whose inside has tests of its own: every byte at both ends,
 * steps in between.
 */
static void every_message_of_a_handshake(void)
{
    static const char *const suites[] = {"0x003C", "0xC02F", "0x009E"};

    for (size_t s = 0; s < sizeof suites / sizeof suites[0]; s++)
        for (unsigned flight = 0; flight < 3; flight++)
            for (size_t index = 0; index < 6; index++) {
                if (!try_resized(suites[s], flight, index, 1))
                    break;
                for (int n = 1; try_resized(suites[s], flight, index, -n); n += n < 12 ? 1 : 29)
                    ;
            }
}

SW_TEST_SUITE(decoders){
    SW_TEST(every_message_of_a_handshake), SW_TEST(good_messages), SW_TEST(every_truncation), SW_TEST(a_byte_too_many),
    SW_TEST(lengths_off_by_one),
};
