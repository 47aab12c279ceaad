/*
 * What a peer can do wrong where only somebody with the keys can: each row takes one message on its way and does something to it; the receiver must end with the error
 * that stands there, and tell the other by its alert. And the messages a client gets from a server before it knows whom it talks to, with right
 * signatures over wrong contents.
 */
#include "tests/handshake/middle.h"
#include "tests/handshake/pair.h"

enum { DATA = -1, CCS = -2 }; /* instead of a handshake type */

enum { TO_CLIENT = MIDDLE_CLIENT, TO_SERVER = MIDDLE_SERVER };

typedef void act(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg);

struct row {
    const char *suite;
    int to, message; /* which message: the first of this type on its way there */
    act *what;
    int arg;
    enum sw_err err; /* SW_OK: both sides take it */
};

static const struct row *current;
static bool done;

static void deliver(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    middle_deliver(m, to, type, p, len, MIDDLE_AS_EXPECTED);
}

static void pass(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    int message = type == SW_CT_HANDSHAKE ? p[0] : type == SW_CT_CHANGE_CIPHER_SPEC ? CCS : DATA;

    if (done || to != current->to || message != current->message || type == SW_CT_ALERT) {
        deliver(m, to, type, p, len);
        return;
    }
    done = true;
    current->what(m, to, type, p, len, current->arg);
}

/* --- what can be done --------------------------------------------------------------------------------------------------- */

static void drop(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)m, (void)to, (void)type, (void)p, (void)len, (void)arg;
}

static void twice(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    deliver(m, to, type, p, len);
    deliver(m, to, type, p, len);
}

static void as_type(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)type;
    deliver(m, to, (uint8_t)arg, p, len);
}

static void in_clear(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    middle_deliver(m, to, type, p, len, MIDDLE_CLEAR);
}

static void spoilt(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    middle_deliver(m, to, type, p, len, MIDDLE_SPOILT);
}

/* A copy with `arg` bytes more (zeros) or less at its end, and a header that says so. */
static void resized(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    static uint8_t copy[MIDDLE_ITEM];
    size_t n = (size_t)((long)len + arg);

    CU_ASSERT_TRUE_FATAL(n >= 4 && n <= sizeof copy);
    memset(copy, 0, sizeof copy);
    memcpy(copy, p, len < n ? len : n);
    copy[2] = (uint8_t)((n - 4) >> 8);
    copy[3] = (uint8_t)(n - 4);
    deliver(m, to, type, copy, n);
}

/* One bit changed, counted from the end. */
static void flipped(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    static uint8_t copy[MIDDLE_ITEM];

    memcpy(copy, p, len);
    copy[len - 1 - (size_t)arg] ^= 1;
    deliver(m, to, type, copy, len);
}

static void a_byte_a_record(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    for (size_t i = 0; i < len; i++)
        deliver(m, to, type, p + i, 1);
}

/* Something in front of it: */

static void message_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t empty[4] = {(uint8_t)arg};

    deliver(m, to, SW_CT_HANDSHAKE, empty, 4);
    deliver(m, to, type, p, len);
}

static void finished_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t finished[16] = {SW_FINISHED, 0, 0, 12};

    (void)arg;
    deliver(m, to, SW_CT_HANDSHAKE, finished, sizeof finished);
    deliver(m, to, type, p, len);
}

/* The first two bytes of a message, which would go on behind the change of keys. */
static void half_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t half[2] = {SW_FINISHED, 0};

    (void)arg;
    deliver(m, to, SW_CT_HANDSHAKE, half, sizeof half);
    deliver(m, to, type, p, len);
}

/* arg bytes of change_cipher_spec, the first of them right. */
static void ccs_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t ccs[4] = {1, 1, 1, 1};

    deliver(m, to, SW_CT_CHANGE_CIPHER_SPEC, ccs, (size_t)arg);
    deliver(m, to, type, p, len);
}

static void ccs_of_two(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t two = 2;

    (void)arg;
    deliver(m, to, SW_CT_CHANGE_CIPHER_SPEC, &two, 1);
    deliver(m, to, type, p, len);
}

static void data_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t data[8] = {0};

    deliver(m, to, SW_CT_APPLICATION_DATA, data, (size_t)arg);
    deliver(m, to, type, p, len);
}

static void unknown_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t data[8] = {0};

    deliver(m, to, (uint8_t)arg, data, sizeof data);
    deliver(m, to, type, p, len);
}

static void empties_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    for (int i = 0; i < arg; i++)
        deliver(m, to, SW_CT_APPLICATION_DATA, p, 0);
    deliver(m, to, type, p, len);
}

static void empty_handshake_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    deliver(m, to, SW_CT_HANDSHAKE, p, 0);
    deliver(m, to, type, p, len);
}

/* user_canceled, which ends nothing by itself */
static void warnings_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    for (int i = 0; i < arg; i++)
        deliver(m, to, SW_CT_ALERT, (const uint8_t[]){1, SW_ALERT_USER_CANCELED}, 2);
    deliver(m, to, type, p, len);
}

/* arg bytes of an alert */
static void alert_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t alert[4] = {1, SW_ALERT_USER_CANCELED, 1, SW_ALERT_USER_CANCELED};

    deliver(m, to, SW_CT_ALERT, alert, (size_t)arg);
    deliver(m, to, type, p, len);
}

static void alert_of_level_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    deliver(m, to, SW_CT_ALERT, (const uint8_t[]){(uint8_t)arg, SW_ALERT_USER_CANCELED}, 2);
    deliver(m, to, type, p, len);
}

/* A record whose plaintext is one byte too long: sealed as two, it cannot be, so the header is made by hand and says what no record may. */
static void too_long(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t header[SW_RECORD_HEADER] = {type, 3, 3, (uint8_t)(arg >> 8), (uint8_t)arg};

    (void)p, (void)len;
    middle_feed(m, to, header, sizeof header);
}

/* --- the rows ----------------------------------------------------------------------------------------------------------- */

enum { LONGEST = SW_RECORD_PLAIN_MAX + 2048 };

/* clang-format off */
static const struct row rows[] = {
    /* Finished */
    {"0x003C", TO_SERVER, SW_FINISHED, flipped,  0,  SW_ERR_FINISHED},
    {"0x003C", TO_CLIENT, SW_FINISHED, flipped,  11, SW_ERR_FINISHED},
    {"0x003C", TO_SERVER, SW_FINISHED, resized,  1,  SW_ERR_FINISHED},
    {"0x003C", TO_CLIENT, SW_FINISHED, resized,  1,  SW_ERR_FINISHED},
    {"0x003C", TO_SERVER, SW_FINISHED, resized, -1,  SW_ERR_FINISHED},
    {"0x003C", TO_CLIENT, SW_FINISHED, resized, -12, SW_ERR_FINISHED},
    {"0xC02F", TO_SERVER, SW_FINISHED, spoilt,   0,  SW_ERR_BAD_RECORD_MAC},
    {"0x003C", TO_CLIENT, SW_FINISHED, spoilt,   0,  SW_ERR_BAD_RECORD_MAC},
    {"0x003C", TO_SERVER, SW_FINISHED, in_clear, 0,  SW_ERR_BAD_RECORD_MAC},
    {"0xC02F", TO_CLIENT, SW_FINISHED, in_clear, 0,  SW_ERR_BAD_RECORD_MAC},
    {"0x003C", TO_SERVER, SW_FINISHED, twice,    0,  SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_FINISHED, twice,    0,  SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_FINISHED, a_byte_a_record, 0, SW_OK},
    {"0xC02F", TO_CLIENT, SW_FINISHED, a_byte_a_record, 0, SW_OK},
    {"0x003C", TO_SERVER, SW_FINISHED, as_type, SW_CT_APPLICATION_DATA,   SW_ERR_EARLY_DATA},
    {"0x003C", TO_CLIENT, SW_FINISHED, as_type, SW_CT_APPLICATION_DATA,   SW_ERR_EARLY_DATA},
    {"0x003C", TO_SERVER, SW_FINISHED, as_type, SW_CT_CHANGE_CIPHER_SPEC, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, SW_FINISHED, as_type, SW_CT_ALERT,              SW_ERR_ALERT_DECODE},
    {"0x003C", TO_SERVER, SW_FINISHED, as_type, 24,                       SW_ERR_RECORD_TYPE},
    {"0x003C", TO_SERVER, SW_FINISHED, data_before, 1,                    SW_ERR_EARLY_DATA},
    {"0x003C", TO_CLIENT, SW_FINISHED, data_before, 0,                    SW_ERR_EARLY_DATA},
    {"0x003C", TO_SERVER, SW_FINISHED, ccs_before,  1,                    SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, SW_FINISHED, ccs_before,  1,                    SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, SW_FINISHED, empty_handshake_before, 0,         SW_ERR_RECORD_EMPTY},
    {"0x003C", TO_SERVER, SW_FINISHED, message_before, SW_CERTIFICATE_VERIFY, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_FINISHED, message_before, SW_SERVER_HELLO_DONE,  SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_FINISHED, warnings_before, 1, SW_OK},
    {"0x003C", TO_CLIENT, SW_FINISHED, warnings_before, 1, SW_OK},

    /* ChangeCipherSpec */
    {"0x003C", TO_SERVER, CCS, drop,  0, SW_ERR_UNEXPECTED_MESSAGE}, /* Finished in the clear */
    {"0x003C", TO_CLIENT, CCS, drop,  0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, CCS, finished_before, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, CCS, finished_before, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, CCS, half_before, 0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, CCS, half_before, 0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, CCS, ccs_before,  0, SW_ERR_RECORD_EMPTY},
    {"0x003C", TO_SERVER, CCS, ccs_before,  2, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, CCS, ccs_before,  2, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, CCS, ccs_of_two,  0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, CCS, ccs_of_two,  0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, ccs_before, 1, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  ccs_before, 1, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE,         ccs_before, 1, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, SW_SERVER_HELLO_DONE,   ccs_before, 1, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, SW_NEW_SESSION_TICKET,  ccs_before, 1, SW_ERR_CHANGE_CIPHER_SPEC}, /* the ticket was promised */

    /* messages out of turn */
    {"0x003C", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, drop,  0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE,         drop,  0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE,         twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  drop,  0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0xC02F", TO_CLIENT, SW_SERVER_KEY_EXCHANGE, drop,  0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0xC02F", TO_CLIENT, SW_SERVER_KEY_EXCHANGE, twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE,         drop,  0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE,         twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE_REQUEST, twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_SERVER_HELLO,        twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_NEW_SESSION_TICKET,  twice, 0, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_NEW_SESSION_TICKET,  drop,  0, SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, SW_SERVER_HELLO_DONE,   resized, 1, SW_ERR_DECODE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE, message_before, SW_CERTIFICATE_STATUS, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_SERVER_HELLO_DONE, message_before, SW_CERTIFICATE_STATUS, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_SERVER_HELLO_DONE, message_before, SW_SERVER_KEY_EXCHANGE, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE, message_before, 99,               SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE, message_before, SW_HELLO_REQUEST, SW_OK}, /* RFC 5246 7.4.1.1: ignored while negotiating */
    {"0x003C", TO_SERVER, SW_CERTIFICATE, message_before, SW_HELLO_REQUEST, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE, message_before, SW_CLIENT_HELLO,  SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE, data_before, 5,                   SW_ERR_EARLY_DATA},
    {"0x003C", TO_CLIENT, SW_CERTIFICATE, data_before, 5,                   SW_ERR_EARLY_DATA},

    /* ClientKeyExchange and CertificateVerify */
    {"0xC02F", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, resized,  1, SW_ERR_DECODE},
    {"0xC02F", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, resized, -1, SW_ERR_DECODE},
    {"0xC02F", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, resized, -33, SW_ERR_DECODE},
    {"0x003C", TO_SERVER, SW_CLIENT_KEY_EXCHANGE, resized,  1, SW_ERR_DECODE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  flipped,  0, SW_ERR_SIGNATURE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  resized,  1, SW_ERR_DECODE},
    {"0x003C", TO_SERVER, SW_CERTIFICATE_VERIFY,  resized, -1, SW_ERR_DECODE},

    /* after the handshake */
    {"0x003C", TO_SERVER, DATA, spoilt,  0, SW_ERR_BAD_RECORD_MAC},
    {"0xC02F", TO_CLIENT, DATA, spoilt,  0, SW_ERR_BAD_RECORD_MAC},
    {"0x003C", TO_SERVER, DATA, in_clear, 0, SW_ERR_BAD_RECORD_MAC},
    {"0x003C", TO_SERVER, DATA, twice,   0, SW_OK}, /* he knows the keys: it is new data */
    {"0x003C", TO_SERVER, DATA, message_before, SW_FINISHED,          SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, DATA, message_before, SW_CERTIFICATE,       SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, DATA, message_before, SW_SERVER_HELLO_DONE, SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_CLIENT, DATA, message_before, SW_HELLO_REQUEST,     SW_OK}, /* answered with no_renegotiation, a warning */
    {"0x003C", TO_SERVER, DATA, message_before, SW_HELLO_REQUEST,     SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, DATA, ccs_before, 1,     SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_CLIENT, DATA, ccs_before, 1,     SW_ERR_CHANGE_CIPHER_SPEC},
    {"0x003C", TO_SERVER, DATA, half_before, 0,    SW_ERR_UNEXPECTED_MESSAGE},
    {"0x003C", TO_SERVER, DATA, unknown_before, 24, SW_ERR_RECORD_TYPE},
    {"0x003C", TO_SERVER, DATA, unknown_before, 0,  SW_ERR_RECORD_TYPE},
    {"0x003C", TO_SERVER, DATA, empties_before, 1,  SW_OK},
    {"0x003C", TO_SERVER, DATA, empties_before, 32, SW_OK},
    {"0x003C", TO_SERVER, DATA, empties_before, 33, SW_ERR_RECORD_FLOOD},
    {"0xC02F", TO_CLIENT, DATA, empties_before, 33, SW_ERR_RECORD_FLOOD},
    {"0x003C", TO_SERVER, DATA, empty_handshake_before, 0, SW_ERR_RECORD_EMPTY},
    {"0x003C", TO_SERVER, DATA, warnings_before, 4, SW_OK},
    {"0x003C", TO_SERVER, DATA, warnings_before, 5, SW_ERR_WARNING_FLOOD},
    {"0x003C", TO_SERVER, DATA, alert_before, 0,    SW_ERR_RECORD_EMPTY},
    {"0x003C", TO_SERVER, DATA, alert_before, 1,    SW_ERR_ALERT_DECODE},
    {"0x003C", TO_CLIENT, DATA, alert_before, 3,    SW_ERR_ALERT_DECODE},
    {"0x003C", TO_CLIENT, DATA, alert_before, 4,    SW_ERR_ALERT_DECODE},
    {"0x003C", TO_SERVER, DATA, alert_of_level_before, 0, SW_ERR_ALERT_LEVEL},
    {"0x003C", TO_SERVER, DATA, alert_of_level_before, 3, SW_ERR_ALERT_LEVEL},
    {"0x003C", TO_SERVER, DATA, alert_of_level_before, 2, SW_ERR_PEER_ALERT},
    {"0x003C", TO_SERVER, DATA, too_long, LONGEST + 1,    SW_ERR_RECORD_OVERFLOW},
    {"0xC02F", TO_CLIENT, DATA, too_long, LONGEST + 1,    SW_ERR_RECORD_OVERFLOW},
};
/* clang-format on */

/* Hand everything to and fro, and let both send a word when they are ready; then what has come. */
static void run(struct middle *m)
{
    bool moved = true, wrote = false;

    for (int round = 0; round < MIDDLE_ROUNDS && moved; round++) {
        moved = middle_collect(m, MIDDLE_CLIENT);
        moved = middle_collect(m, MIDDLE_SERVER) || moved;
        if (!wrote && sw_conn_established(m->side[0]) && sw_conn_established(m->side[1])) {
            size_t taken;

            moved = wrote = true;
            for (int i = 0; i < 2; i++)
                if (sw_conn_error(m->side[i]) == SW_OK)
                    SW_ASSERT_OK(sw_conn_write(m->side[i], "word", 4, &taken));
        }
    }
}

static bool check(const struct middle *m, int to, enum sw_err err)
{
    if (err == SW_OK)
        return sw_conn_error(m->side[0]) == SW_OK && sw_conn_error(m->side[1]) == SW_OK && m->flow[0].got_len >= 4 &&
               m->flow[1].got_len >= 4;
    if (sw_conn_error(m->side[to]) != err)
        return false;
    if (err == SW_ERR_PEER_ALERT)
        return sw_conn_alert_sent(m->side[to]) == SW_ALERT_NONE;
    return sw_conn_alert_sent(m->side[to]) == sw_err_alert(err) && sw_conn_error(m->side[!to]) == SW_ERR_PEER_ALERT &&
           sw_conn_alert_received(m->side[!to]) == sw_err_alert(err);
}

static void connect_sides(struct middle *m, struct pair *p, const char *suite)
{
    pair_open(p, true);
    SW_ASSERT_OK(sw_config_set_policy(p->server_cfg, "all"));
    SW_ASSERT_OK(sw_config_set_policy(p->client_cfg, "all"));
    SW_ASSERT_OK(sw_config_set_suites(p->server_cfg, suite));
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, suite));
    pair_connect(p, "server.example");
    m->side[MIDDLE_CLIENT] = p->client;
    m->side[MIDDLE_SERVER] = p->server;
    p->client = p->server = NULL;
}

static void misbehaviour_is_told(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;

        current = &rows[i];
        done = false;
        connect_sides(m, &p, rows[i].suite);
        run(m);
        CU_ASSERT_TRUE(done);
        if (!check(m, rows[i].to, rows[i].err)) {
            printf("row %zu: %s, alert %d; the other: %s\n", i, sw_conn_error_text(m->side[rows[i].to]),
                   sw_conn_alert_sent(m->side[rows[i].to]), sw_conn_error_text(m->side[!rows[i].to]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

/* --- ServerKeyExchange with a right signature over anything ----------------------------------------------------------------- */

struct ske_row {
    const char *suite;
    const char *
        params; /* hexadecimal; P: the prime, G: the generator, Y: the public value of what was there, without their lengths; - one less, + one more */
    int scheme; /* 0: the one that was there */
    enum sw_err err;
};

/* clang-format off */
static const struct ske_row ske_rows[] = {
    /* ECDHE: curve_type, named curve, length, point */
    {"0xC02F", "03001D20Y", 0, SW_OK},
    {"0xC02F", "01001D20Y", 0, SW_ERR_GROUP},          /* explicit_prime */
    {"0xC02F", "02001D20Y", 0, SW_ERR_GROUP},          /* explicit_char2 */
    {"0xC02F", "00001D20Y", 0, SW_ERR_GROUP},
    {"0xC02F", "03FFFF20Y", 0, SW_ERR_GROUP},          /* not offered */
    {"0xC02F", "03010020Y", 0, SW_ERR_GROUP},          /* ffdhe2048 */
    {"0xC02F", "03001D1FY", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D21Y", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D00",  0, SW_ERR_DECODE},
    {"0xC02F", "03001D0109", 0, SW_ERR_KEY_SHARE},
    {"0xC02F", "03001D200000000000000000000000000000000000000000000000000000000000000000", 0, SW_ERR_KEY_SHARE},
    {"0xC02F", "03001720Y", 0, SW_ERR_KEY_SHARE},      /* of another curve's length */
    {"0xC02F", "0300170100", 0, SW_ERR_KEY_SHARE},     /* the point at infinity */
    {"0xC02F", "03001721026B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", 0, SW_ERR_KEY_SHARE}, /* compressed */
    {"0xC02F", "03", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D20Y", 0x0203, SW_ERR_SIGNATURE_SCHEME}, /* ECDSA with SHA-1: not offered */
    {"0xC02F", "03001D20Y", 0x0101, SW_ERR_SIGNATURE_SCHEME}, /* RSA with MD5 */
    {"0xC02F", "03001D20Y", 0x0403, SW_ERR_SIGNATURE_SCHEME}, /* ECDSA, the key is an RSA one */
    {"0xC02F", "03001D20Y", 0x0601, SW_ERR_SIGNATURE},        /* not what it was signed with */
    /* DHE: p, g, Y, each with its length */
    {"0x0067", "0100P0001020100Y", 0, SW_OK},
    {"0x0067", "0100P0001020000",  0, SW_ERR_DECODE},
    {"0x0067", "0100P000102000101",  0, SW_ERR_KEY_SHARE},    /* Y = 1 */
    {"0x0067", "0100P000102000100",  0, SW_ERR_KEY_SHARE},    /* Y = 0 */
    {"0x0067", "0100P0001020100P",   0, SW_ERR_KEY_SHARE},    /* Y = p */
    {"0x0067", "0100P0001020100-",   0, SW_ERR_KEY_SHARE},    /* Y = p - 1 */
    {"0x0067", "0100P0001020100+",   0, SW_ERR_KEY_SHARE},    /* Y = p + 1 */
    {"0x0067", "0008FFFFFFFFFFFFFFC5000102000105", 0, SW_ERR_WEAK_DH},
    {"0x0067", "0100P0001000100Y", 0, SW_ERR_KEY_SHARE},      /* g = 0 */
    {"0x0067", "0100P0001020101Y", 0, SW_ERR_DECODE},         /* a byte fewer than said */
    {"0x0067", "0100P0000" "0100Y", 0, SW_ERR_KEY_SHARE},     /* no generator */
    {"0x0067", "0100P0001010100Y", 0, SW_ERR_KEY_SHARE},      /* g = 1 */
    {"0x0067", "0100-0001020100Y", 0, SW_ERR_KEY_SHARE},      /* an even modulus */
};
/* clang-format on */

static const struct ske_row *ske_current;

static size_t nibble(char c)
{
    return (size_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* The params that a row describes, out of those that were there. */
static size_t make_params(const char *form, const uint8_t *was, size_t was_len, uint8_t *out)
{
    const uint8_t *prime = was + 2, *value = was[0] == 3 ? was + 4 : was + 2 + 256 + 3 + 2;
    size_t value_len = was[0] == 3 ? was[3] : 256, n = 0;

    CU_ASSERT_TRUE_FATAL((size_t)(value + value_len - was) <= was_len);
    for (; *form; form++) {
        if (*form == 'Y') {
            memcpy(out + n, value, value_len);
            n += value_len;
        } else if (*form == 'P' || *form == '-' || *form == '+') {
            memcpy(out + n, prime, 256);
            n += 256;
            if (*form == '-') /* the primes of RFC 7919 end with 64 ones */
                out[n - 1]--;
            else if (*form == '+')
                for (size_t i = 1; ++out[n - i] == 0;)
                    i++;
        } else {
            out[n++] = (uint8_t)(nibble(form[0]) << 4 | nibble(form[1]));
            form++;
        }
    }
    return n;
}

static void pass_ske(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t out[4096], signs[4096];
    struct sw_handshake *hs = m->side[MIDDLE_SERVER]->hs;
    const struct sw_conn *server = m->side[MIDDLE_SERVER];
    size_t params, sig_len, at;

    if (type != SW_CT_HANDSHAKE || p[0] != SW_SERVER_KEY_EXCHANGE) {
        deliver(m, to, type, p, len);
        return;
    }
    done = true;
    params = make_params(ske_current->params, p + 4, len - 4, out + 4);
    memcpy(signs, server->client_random, SW_RANDOM_LEN);
    memcpy(signs + SW_RANDOM_LEN, server->server_random, SW_RANDOM_LEN);
    memcpy(signs + 2 * SW_RANDOM_LEN, out + 4, params);
    at = 4 + params;
    out[at++] = (uint8_t)((ske_current->scheme ? ske_current->scheme : hs->scheme->id) >> 8);
    out[at++] = (uint8_t)(ske_current->scheme ? ske_current->scheme : hs->scheme->id);
    SW_ASSERT_OK(sw_privkey_sign(hs->cred->key, hs->scheme, signs, 2 * SW_RANDOM_LEN + params, out + at + 2, &sig_len));
    out[at] = (uint8_t)(sig_len >> 8);
    out[at + 1] = (uint8_t)sig_len;
    at += 2 + sig_len;
    out[0] = SW_SERVER_KEY_EXCHANGE;
    out[1] = 0;
    out[2] = (uint8_t)((at - 4) >> 8);
    out[3] = (uint8_t)(at - 4);
    deliver(m, to, type, out, at);
}

static void signed_nonsense_is_refused(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass_ske;
    for (size_t i = 0; i < sizeof ske_rows / sizeof *ske_rows; i++) {
        struct pair p;
        bool right;

        ske_current = &ske_rows[i];
        done = false;
        connect_sides(m, &p, ske_current->suite);
        run(m);
        CU_ASSERT_TRUE(done);
        /* what is signed anew in the same way is the same message to RSA with PKCS#1 padding, and another one to PSS: then Finished tells */
        right = ske_current->err == SW_OK ? sw_conn_error(m->side[TO_CLIENT]) == SW_OK ||
                                                sw_conn_error(m->side[TO_CLIENT]) == SW_ERR_PEER_ALERT
                                          : check(m, TO_CLIENT, ske_current->err);
        if (!right) {
            printf("%s %s: %s, alert %d\n", ske_current->suite, ske_current->params,
                   sw_conn_error_text(m->side[TO_CLIENT]), sw_conn_alert_sent(m->side[TO_CLIENT]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

/* --- CertificateRequest and CertificateStatus ------------------------------------------------------------------------------- */

struct body_row {
    int message; /* replaced by this body, or put in front of ServerHelloDone if it is not sent */
    const char *body;
    enum sw_err err;
};

/* clang-format off */
static const struct body_row bodies[] = {
    {SW_CERTIFICATE_REQUEST, "", SW_ERR_DECODE},
    {SW_CERTIFICATE_REQUEST, "00" "0002" "0401" "0000", SW_ERR_DECODE},                 /* RFC 5246 7.4.4: certificate_types<1..2^8-1> */
    {SW_CERTIFICATE_REQUEST, "0101" "0000" "0000", SW_ERR_DECODE},                      /* no algorithms */
    {SW_CERTIFICATE_REQUEST, "0101" "0003" "040106" "0000", SW_ERR_DECODE},             /* one and a half */
    {SW_CERTIFICATE_REQUEST, "0101" "0004" "0401" "0000", SW_ERR_DECODE},               /* fewer than said */
    {SW_CERTIFICATE_REQUEST, "0101" "0002" "0401" "0000" "00", SW_ERR_DECODE},          /* a byte behind */
    {SW_CERTIFICATE_REQUEST, "0101" "0002" "0401" "0001" "00", SW_ERR_DECODE},          /* half a length of a name */
    {SW_CERTIFICATE_REQUEST, "0101" "0002" "0401" "0002" "0000", SW_ERR_DECODE},        /* DistinguishedName<1..2^16-1> */
    {SW_CERTIFICATE_REQUEST, "0101" "0002" "0401" "0004" "00053000", SW_ERR_DECODE},    /* longer than the list */
    {SW_CERTIFICATE_REQUEST, "0101" "0002" "0401", SW_ERR_DECODE},                      /* no list of names */
    {SW_CERTIFICATE_STATUS, "01" "000003" "300101", SW_ERR_UNEXPECTED_MESSAGE},         /* nobody asked */
};
/* clang-format on */

static const struct body_row *body_current;

static void pass_body(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    uint8_t out[128] = {0};
    size_t n = 4;
    bool before = body_current->message == SW_CERTIFICATE_STATUS;

    if (type != SW_CT_HANDSHAKE || p[0] != (before ? SW_SERVER_HELLO_DONE : body_current->message) || to != TO_CLIENT) {
        deliver(m, to, type, p, len);
        return;
    }
    done = true;
    for (const char *hex = body_current->body; *hex; hex += 2)
        out[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
    out[0] = (uint8_t)body_current->message;
    out[3] = (uint8_t)(n - 4);
    deliver(m, to, type, out, n);
    if (before)
        deliver(m, to, type, p, len);
}

static void requests_and_statuses_are_decoded(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass_body;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct pair p;

        body_current = &bodies[i];
        done = false;
        connect_sides(m, &p, "0x003C");
        run(m);
        CU_ASSERT_TRUE(done);
        if (!check(m, TO_CLIENT, body_current->err)) {
            printf("%d %s: %s, alert %d\n", body_current->message, body_current->body,
                   sw_conn_error_text(m->side[TO_CLIENT]), sw_conn_alert_sent(m->side[TO_CLIENT]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

/* A status response that was asked for and promised: malformed, of another type, empty, or missing. */
static const struct {
    const char *body; /* NULL: the message does not come */
    enum sw_err err;
} statuses[] = {
    {"01000003300101", SW_ERR_OCSP},   {"02000003300101", SW_ERR_DECODE},   {"01000000", SW_ERR_DECODE},
    {"01000004300101", SW_ERR_DECODE}, {"0100000330010100", SW_ERR_DECODE}, {"", SW_ERR_DECODE},
};

static const char *status_body;

static void pass_status(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    uint8_t out[32] = {SW_CERTIFICATE_STATUS};
    size_t n = 4;

    if (type != SW_CT_HANDSHAKE || p[0] != SW_CERTIFICATE_STATUS) {
        deliver(m, to, type, p, len);
        return;
    }
    done = true;
    for (const char *hex = status_body; *hex; hex += 2)
        out[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
    out[3] = (uint8_t)(n - 4);
    deliver(m, to, type, out, n);
}

static void stapled_statuses_are_judged(void)
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass_status;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct pair p;

        status_body = statuses[i].body;
        done = false;
        pair_open(&p, false);
        SW_ASSERT_OK(sw_config_set_ocsp(p.server_cfg, "\x30\x01\x01", 3));
        SW_ASSERT_OK(sw_config_set_option(p.client_cfg, SW_OPT_STATUS_REQUEST, 1));
        pair_connect(&p, "server.example");
        m->side[MIDDLE_CLIENT] = p.client;
        m->side[MIDDLE_SERVER] = p.server;
        p.client = p.server = NULL;
        run(m);
        CU_ASSERT_TRUE(done);
        if (!check(m, TO_CLIENT, statuses[i].err)) {
            printf("%s: %s, alert %d\n", status_body, sw_conn_error_text(m->side[TO_CLIENT]),
                   sw_conn_alert_sent(m->side[TO_CLIENT]));
            CU_ASSERT_TRUE(false);
        }
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(middle){
    SW_TEST(misbehaviour_is_told),
    SW_TEST(signed_nonsense_is_refused),
    SW_TEST(requests_and_statuses_are_decoded),
    SW_TEST(stapled_statuses_are_judged),
};
