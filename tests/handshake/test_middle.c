/*
 * What a peer can do wrong where only somebody with the keys can: each row takes one message on its way and does
 * something to it; the receiver must end with the error that stands there, and tell the other by its alert.
 */
#include "tests/handshake/middle_pair.h"

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

static void pass(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    int message = type == SW_CT_HANDSHAKE ? p[0] : type == SW_CT_CHANGE_CIPHER_SPEC ? CCS : DATA;

    if (done || to != current->to || message != current->message || type == SW_CT_ALERT) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    done = true;
    current->what(m, to, type, p, len, current->arg);
}

/* --- what can be done --------------------------------------------------------------------------------------------- */

static void drop(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)m, (void)to, (void)type, (void)p, (void)len, (void)arg;
}

static void twice(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    middle_hand_on(m, to, type, p, len);
    middle_hand_on(m, to, type, p, len);
}

static void as_type(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)type;
    middle_hand_on(m, to, (uint8_t)arg, p, len);
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
    middle_hand_on(m, to, type, copy, n);
}

/* One bit changed, counted from the end. */
static void flipped(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    static uint8_t copy[MIDDLE_ITEM];

    memcpy(copy, p, len);
    copy[len - 1 - (size_t)arg] ^= 1;
    middle_hand_on(m, to, type, copy, len);
}

static void a_byte_a_record(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    for (size_t i = 0; i < len; i++)
        middle_hand_on(m, to, type, p + i, 1);
}

/* Something in front of it: */

static void message_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t empty[4] = {(uint8_t)arg};

    middle_hand_on(m, to, SW_CT_HANDSHAKE, empty, 4);
    middle_hand_on(m, to, type, p, len);
}

static void finished_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t finished[16] = {SW_FINISHED, 0, 0, 12};

    (void)arg;
    middle_hand_on(m, to, SW_CT_HANDSHAKE, finished, sizeof finished);
    middle_hand_on(m, to, type, p, len);
}

/* The first two bytes of a message, which would go on behind the change of keys. */
static void half_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t half[2] = {SW_FINISHED, 0};

    (void)arg;
    middle_hand_on(m, to, SW_CT_HANDSHAKE, half, sizeof half);
    middle_hand_on(m, to, type, p, len);
}

/* arg bytes of change_cipher_spec, the first of them right. */
static void ccs_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t ccs[4] = {1, 1, 1, 1};

    middle_hand_on(m, to, SW_CT_CHANGE_CIPHER_SPEC, ccs, (size_t)arg);
    middle_hand_on(m, to, type, p, len);
}

static void ccs_of_two(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t two = 2;

    (void)arg;
    middle_hand_on(m, to, SW_CT_CHANGE_CIPHER_SPEC, &two, 1);
    middle_hand_on(m, to, type, p, len);
}

static void data_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t data[8] = {0};

    middle_hand_on(m, to, SW_CT_APPLICATION_DATA, data, (size_t)arg);
    middle_hand_on(m, to, type, p, len);
}

static void unknown_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t data[8] = {0};

    middle_hand_on(m, to, (uint8_t)arg, data, sizeof data);
    middle_hand_on(m, to, type, p, len);
}

static void empties_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    for (int i = 0; i < arg; i++)
        middle_hand_on(m, to, SW_CT_APPLICATION_DATA, p, 0);
    middle_hand_on(m, to, type, p, len);
}

static void empty_handshake_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    (void)arg;
    middle_hand_on(m, to, SW_CT_HANDSHAKE, p, 0);
    middle_hand_on(m, to, type, p, len);
}

/* user_canceled, which ends nothing by itself */
static void warnings_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    for (int i = 0; i < arg; i++)
        middle_hand_on(m, to, SW_CT_ALERT, (const uint8_t[]){1, SW_ALERT_USER_CANCELED}, 2);
    middle_hand_on(m, to, type, p, len);
}

/* arg bytes of an alert */
static void alert_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t alert[4] = {1, SW_ALERT_USER_CANCELED, 1, SW_ALERT_USER_CANCELED};

    middle_hand_on(m, to, SW_CT_ALERT, alert, (size_t)arg);
    middle_hand_on(m, to, type, p, len);
}

static void alert_of_level_before(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    middle_hand_on(m, to, SW_CT_ALERT, (const uint8_t[]){(uint8_t)arg, SW_ALERT_USER_CANCELED}, 2);
    middle_hand_on(m, to, type, p, len);
}

/*
 * A record whose plaintext is one byte too long: sealed as two, it cannot be, so the header is made by hand and says
 * what no record may.
 */
static void too_long(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len, int arg)
{
    const uint8_t header[SW_RECORD_HEADER] = {type, 3, 3, (uint8_t)(arg >> 8), (uint8_t)arg};

    (void)p, (void)len;
    middle_feed(m, to, header, sizeof header);
}

/* --- the rows ----------------------------------------------------------------------------------------------------- */

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

static void misbehaviour_is_told(void)
{
    struct middle *m = middle_new(pass);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;

        current = &rows[i];
        done = false;
        middle_connect(m, &p, rows[i].suite);
        middle_run(m);
        CU_ASSERT_TRUE(done);
        middle_expect(m, rows[i].to, rows[i].err, "row %zu", i);
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(middle){
    SW_TEST(misbehaviour_is_told),
};
