/*
 * Two engines and somebody between them who knows all keys: he takes the records of each apart into messages, alerts
 * and data, decides about each (middle.pass), and sends what he wants, protected as its receiver expects it. For tests
 * of what a peer can do wrong behind the record layer.
 *
 * In TLS 1.3 he knows the keys by a key log (middle_keylog), and changes them behind the messages where the sides do.
 *
 * He insists that what a side sends is well-formed, that its records open with its own keys, and that nothing follows a
 * fatal alert; otherwise the process is aborted with a line that says so.
 */
#ifndef SW_TESTS_HANDSHAKE_MIDDLE_H
#define SW_TESTS_HANDSHAKE_MIDDLE_H

#include "handshake/conn.h"
#include "handshake/msg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MIDDLE_CLIENT,
    MIDDLE_SERVER,
    MIDDLE_RAW = 65536,
    MIDDLE_STREAM = 65536,
    MIDDLE_ITEM = 16384 + 64,
    MIDDLE_ROUNDS = 64
};

/* How a record is protected that is sent to a side. */
enum middle_protection { MIDDLE_AS_EXPECTED, MIDDLE_CLEAR, MIDDLE_SPOILT, MIDDLE_SEALED /* also what never is */ };

/* The secrets of TLS 1.3, as the key log names them; of the client first. */
enum { MIDDLE_SECRETS = 4 };
static const char *const middle_labels[MIDDLE_SECRETS] = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
};

/* One direction: what a side has sent, as records, messages and bytes. */
struct middle_flow {
    uint8_t raw[MIDDLE_RAW]; /* records not dealt with yet */
    size_t raw_len;
    struct sw_record_secrets secrets; /* after its change_cipher_spec */
    struct sw_record_dir *dir;
    uint8_t message[MIDDLE_STREAM]; /* handshake bytes not yet a whole message */
    size_t message_len;
    uint8_t sent[MIDDLE_STREAM], delivered[MIDDLE_STREAM]; /* handshake bytes up to the end of the handshake */
    size_t sent_len, delivered_len;
    bool fatal;       /* it has sent a fatal alert */
    uint8_t got[256]; /* application data at the receiver */
    size_t got_len;
};

struct middle {
    struct sw_conn *side[2];
    struct middle_flow flow[2]; /* what the client sends, what the server sends */
    /* pass: one message (header included), alert, change_cipher_spec or piece of data is on its way to a side */
    void (*pass)(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len);
    void *ctx;
    uint8_t secret[2][MIDDLE_SECRETS][SW_HASH_MAX]; /* TLS 1.3: of each side, which may not agree */
};

static inline void middle_must(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "middle: %s\n", what);
    abort();
}

static inline int middle_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* middle_keylog: for sw_config_set_keylog of both sides; ctx is the struct middle. */
static inline void middle_keylog(void *ctx, struct sw_conn *conn, const char *text)
{
    struct middle *m = ctx;
    int side = conn == m->side[MIDDLE_SERVER] ? MIDDLE_SERVER : MIDDLE_CLIENT;

    for (int i = 0; i < MIDDLE_SECRETS; i++) {
        size_t len = strlen(middle_labels[i]);
        const char *hex = strrchr(text, ' ') + 1;

        if (strncmp(text, middle_labels[i], len) != 0 || text[len] != ' ')
            continue;
        for (size_t n = 0; hex[2 * n] != '\0' && n < SW_HASH_MAX; n++)
            m->secret[side][i][n] = (uint8_t)(middle_digit(hex[2 * n]) << 4 | middle_digit(hex[2 * n + 1]));
    }
}

static inline bool middle_is_13(const struct middle *m, int from)
{
    return m->side[from]->version == SW_TLS13;
}

/* What a side sends is opened with these keys from now on. */
static inline void middle_set_keys(struct middle_flow *f, const struct sw_record_secrets *secrets)
{
    if (f->dir == NULL)
        f->dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);
    else
        sw_record_dir_wipe(f->dir);
    f->secrets = *secrets;
    f->secrets.seq = 0;
    middle_must(f->dir != NULL && f->secrets.bulk != NULL && sw_record_dir_init(f->dir, &f->secrets, false) == SW_OK,
                "keys");
}

/* What a side sends in TLS 1.3, by the secrets it has logged itself: of the handshake (0), of the application (2). */
static inline void middle_use_secret(struct middle *m, int from, int stage)
{
    struct sw_record_secrets s;

    middle_must(sw_keys13_traffic(m->side[from]->suite, m->secret[from][stage + from], &s) == SW_OK, "a secret");
    middle_set_keys(&m->flow[from], &s);
}

/* A side that has sent this message has changed its keys behind it. */
static inline void middle_behind(struct middle *m, int from, uint8_t message)
{
    uint8_t *secret = m->secret[from][2 + from];

    if (message == SW_KEY_UPDATE)
        middle_must(sw_keys13_update(m->side[from]->suite->prf, secret) == SW_OK, "an update");
    if (message == SW_KEY_UPDATE || message == SW_FINISHED)
        middle_use_secret(m, from, 2);
}

/* What comes behind the handshake is no part of what both sides must agree on. */
static inline bool middle_is_late(const struct middle *m, int from, uint8_t message)
{
    return middle_is_13(m, from) && (message == SW_NEW_SESSION_TICKET || message == SW_KEY_UPDATE);
}

static inline void middle_drain(struct middle *m, int to)
{
    struct middle_flow *f = &m->flow[!to];
    size_t n;
    const uint8_t *p;

    while ((p = sw_conn_peek(m->side[to], &n)) != NULL) {
        size_t fits = n < sizeof f->got - f->got_len ? n : sizeof f->got - f->got_len;

        middle_must(sw_conn_established(m->side[to]), "data before the end of the handshake");
        memcpy(f->got + f->got_len, p, fits);
        f->got_len += fits;
        middle_must(sw_conn_skip(m->side[to], n) == SW_OK, "skip");
    }
}

static inline void middle_feed(struct middle *m, int to, const uint8_t *p, size_t len)
{
    struct sw_conn *conn = m->side[to];
    enum sw_err before = sw_conn_error(conn);

    while (len > 0) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(conn, &room);
        size_t n = len < room ? len : room;

        if (in == NULL || n == 0)
            break;
        memcpy(in, p, n);
        (void)sw_conn_in_ack(conn, n);
        middle_drain(m, to);
        p += n;
        len -= n;
    }
    middle_must(before == SW_OK || sw_conn_error(conn) == before, "an error became another");
}

/* A record for a side, protected as it expects. */
static inline void middle_send_record(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len,
                                      enum middle_protection how)
{
    static uint8_t record[MIDDLE_ITEM + SW_RECORD_BEFORE_MAX + SW_RECORD_AFTER_MAX];
    struct sw_record_secrets s = m->side[to]->in;
    size_t n;

    len = len < SW_RECORD_PLAIN_MAX ? len : (size_t)SW_RECORD_PLAIN_MAX;
    n = SW_RECORD_HEADER + len;
    if (s.bulk == NULL || how == MIDDLE_CLEAR ||
        (s.tls13 && type == SW_CT_CHANGE_CIPHER_SPEC && how != MIDDLE_SEALED)) {
        record[0] = type;
        record[1] = record[2] = 3;
        record[3] = (uint8_t)(len >> 8);
        record[4] = (uint8_t)len;
        if (len > 0)
            memcpy(record + SW_RECORD_HEADER, p, len);
    } else {
        struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);

        middle_must(dir != NULL && sw_record_dir_init(dir, &s, true) == SW_OK, "keys");
        middle_must(sw_record_seal(dir, sw_conn_rand(m->side[to]), (enum sw_content_type)type,
                                   (struct sw_slice){p, len}, record, &n) == SW_OK,
                    "seal");
        sw_record_dir_wipe(dir);
        free(dir);
        if (how == MIDDLE_SPOILT)
            record[n - 1] ^= 1;
    }
    middle_feed(m, to, record, n);
}

/* Handshake bytes that a side takes for the handshake's are noted, to be compared with what was sent. */
static inline void middle_deliver(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len,
                                  enum middle_protection how)
{
    struct middle_flow *f = &m->flow[!to];

    if (type == SW_CT_HANDSHAKE && (how == MIDDLE_AS_EXPECTED || m->side[to]->in.bulk == NULL) &&
        !sw_conn_established(m->side[to]) && sw_conn_error(m->side[to]) == SW_OK &&
        len <= MIDDLE_STREAM - f->delivered_len) {
        memcpy(f->delivered + f->delivered_len, p, len);
        f->delivered_len += len;
    }
    middle_send_record(m, to, type, p, len, how);
}

static inline void middle_pass_messages(struct middle *m, int to, struct middle_flow *f, const uint8_t *p, size_t len)
{
    uint8_t message;

    middle_must(len <= MIDDLE_STREAM - f->message_len, "too many bytes");
    memcpy(f->message + f->message_len, p, len);
    f->message_len += len;
    while (f->message_len >= 4) {
        size_t whole = 4 + ((size_t)f->message[1] << 16 | (size_t)f->message[2] << 8 | f->message[3]);

        middle_must(whole < MIDDLE_ITEM, "an endless message");
        if (f->message_len < whole)
            return;
        middle_must(whole <= MIDDLE_STREAM - f->sent_len, "too many messages");
        if (!middle_is_late(m, !to, f->message[0])) {
            memcpy(f->sent + f->sent_len, f->message, whole);
            f->sent_len += whole;
        }
        message = f->message[0];
        m->pass(m, to, SW_CT_HANDSHAKE, f->message, whole);
        if (middle_is_13(m, !to))
            middle_behind(m, !to, message);
        f->message_len -= whole;
        memmove(f->message, f->message + whole, f->message_len);
    }
}

static inline void middle_take_record(struct middle *m, int from, uint8_t *record, size_t len)
{
    struct middle_flow *f = &m->flow[from];
    struct sw_slice data = {record + SW_RECORD_HEADER, len - SW_RECORD_HEADER};
    uint8_t type = record[0];

    middle_must(!f->fatal, "a record after a fatal alert");
    if (middle_is_13(m, from) && type == SW_CT_APPLICATION_DATA && f->dir == NULL)
        middle_use_secret(m, from, 0); /* its first record that is protected */
    if (f->dir != NULL && !(type != SW_CT_APPLICATION_DATA && middle_is_13(m, from)))
        middle_must(sw_record_open(f->dir, record, len, &type, &data) == SW_OK, "a record that does not open");
    middle_must(data.len > 0 || type == SW_CT_APPLICATION_DATA, "an empty record");
    switch (type) {
    case SW_CT_HANDSHAKE:
        middle_pass_messages(m, !from, f, data.p, data.len);
        return;
    case SW_CT_CHANGE_CIPHER_SPEC:
        if (middle_is_13(m, from)) {
            m->pass(m, !from, type, data.p, data.len);
            return;
        }
        middle_must(data.len == 1 && data.p[0] == 1 && f->dir == NULL && f->message_len == 0,
                    "a wrong change_cipher_spec");
        m->pass(m, !from, type, data.p, 1);
        middle_set_keys(f, &m->side[from]->out);
        return;
    case SW_CT_ALERT:
        middle_must(data.len == 2, "a wrong alert");
        f->fatal = data.p[0] == 2;
        break;
    default:
        middle_must(type == SW_CT_APPLICATION_DATA, "an unknown type");
    }
    m->pass(m, !from, type, data.p, data.len);
}

/* All whole records that a side has sent. */
static inline bool middle_collect(struct middle *m, int from)
{
    struct middle_flow *f = &m->flow[from];
    const uint8_t *p;
    size_t n, at = 0;
    bool moved = false;
    static uint8_t record[SW_RECORD_MAX];

    while ((p = sw_conn_out_buf(m->side[from], &n)) != NULL) {
        middle_must(n <= MIDDLE_RAW - f->raw_len, "too much");
        memcpy(f->raw + f->raw_len, p, n);
        f->raw_len += n;
        middle_must(sw_conn_out_ack(m->side[from], n) == SW_OK, "ack");
        moved = true;
    }
    while (f->raw_len - at >= SW_RECORD_HEADER) {
        size_t len = SW_RECORD_HEADER + ((size_t)f->raw[at + 3] << 8 | f->raw[at + 4]);

        middle_must(len <= sizeof record, "a record too long");
        if (f->raw_len - at < len)
            break;
        memcpy(record, f->raw + at, len);
        at += len;
        middle_take_record(m, from, record, len);
    }
    memmove(f->raw, f->raw + at, f->raw_len - at);
    f->raw_len -= at;
    return moved;
}

/* middle_forget: the connections are freed, and all that was kept. */
static inline void middle_forget(struct middle *m)
{
    for (int i = 0; i < 2; i++) {
        if (m->flow[i].dir != NULL) {
            sw_record_dir_wipe(m->flow[i].dir);
            free(m->flow[i].dir);
        }
        sw_conn_free(m->side[i]);
        m->side[i] = NULL;
    }
    memset(m->flow, 0, sizeof m->flow);
}

#endif
