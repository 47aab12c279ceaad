/*
 * Two engines and somebody between them who knows all keys. He takes the records of each apart into messages, and the input says what becomes of each: passed on,
 * dropped, doubled, exchanged with the next one, cut, lengthened, changed, put into other records, protected or not, with something else in front.
 * Everything he sends is protected as its receiver expects, so that what is broken in the encrypted phase gets past the record layer.
 *
 * What must hold whatever he does: both sides never reach the end of a handshake with different messages; an error stays; a side sends one fatal alert and
 * then nothing; each record it sends opens with its own keys. And if he passes everything on, both get to the end.
 *
 * The first byte of the input chooses the configurations, the others are his decisions, in order; when they are used up he passes everything on.
 */
#include "handshake/conn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENT, SERVER, RAW = 65536, STREAM = 65536, ITEM = 16384 + 64, ROUNDS = 64, ITEMS = 400 };

static const struct setup {
    const char *suites, *server_cert;
    bool mutual, resume, tickets, etm, ems;
} setups[] = {
    {"0x003C", "server-rsa", false, false, true, true, true},
    {"0x003C", "server-rsa", true, false, true, false, true},
    {"0x002F", "server-rsa", true, false, false, false, false},
    {"0x0067", "server-rsa", true, false, true, true, true},
    {"0xC02F", "server-rsa", true, false, true, true, true},
    {"0xC02B", "server-p256", true, false, true, true, true},
    {"0xC023", "server-p256", false, false, true, false, true},
    {"0xCCA9", "server-p256", true, false, false, true, true},
    {"0xC02B", "server-p256", true, true, true, true, true},
    {"0xC023", "server-p256", false, true, false, true, true},
    {"0xC023", "server-p256", true, true, true, false, false},
    {"0xC024", "server-p256", false, false, true, true, true},
};
enum { SETUPS = sizeof setups / sizeof *setups };

/* One direction: what a side has sent, as records, messages and bytes. */
struct flow {
    uint8_t raw[RAW]; /* records not dealt with yet */
    size_t raw_len;
    struct sw_record_secrets secrets; /* after its change_cipher_spec */
    struct sw_record_dir *dir;
    uint8_t message[STREAM]; /* handshake bytes not yet a whole message */
    size_t message_len;
    uint8_t sent[STREAM], delivered[STREAM]; /* handshake bytes up to the end of the handshake */
    size_t sent_len, delivered_len;
    bool fatal;
    bool held_back; /* a message waits for the next one to go first */
    uint8_t held[ITEM], held_type;
    size_t held_len;
    uint8_t got[256]; /* application data at the receiver */
    size_t got_len;
};

static struct middle {
    const uint8_t *input;
    size_t left;
    bool touched; /* anything but passing on was done */
    unsigned items;
    struct sw_conn *side[2];
    struct flow flow[2]; /* what CLIENT sends, what SERVER sends */
} m;

/* --- the two sides ------------------------------------------------------------------------------------------------------ */

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1800000000;
}

static uint32_t random_state;

static enum sw_err fixed(void *ctx, void *out, size_t len)
{
    uint8_t *p = out;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        random_state = random_state * 1664525 + 1013904223;
        p[i] = (uint8_t)(random_state >> 24);
    }
    return SW_OK;
}

static void must(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "middle: %s\n", what);
    abort();
}

static void *load(const char *name, const char *ext, size_t *len)
{
    char path[128];
    FILE *f;
    char *p = malloc(65536);

    snprintf(path, sizeof path, "tests/vectors/tls/%s.%s", name, ext);
    f = fopen(path, "rb");
    must(f != NULL && p != NULL, "run at the top of the tree");
    *len = fread(p, 1, 65536, f);
    fclose(f);
    return p;
}

static void add_cert(struct sw_config *cfg, const char *name)
{
    size_t cert_len, key_len;
    void *cert = load(name, "crt", &cert_len), *key = load(name, "key", &key_len);

    must(sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL) == SW_OK, "certificate");
    free(cert);
    free(key);
}

static struct sw_config *config(const struct setup *setup, int side)
{
    struct sw_config *cfg = sw_config_new(side == SERVER ? SW_SERVER : SW_CLIENT, NULL);
    size_t len;
    void *root = load("root", "crt", &len);

    must(cfg != NULL && sw_config_set_policy(cfg, "all") == SW_OK &&
             sw_config_set_suites(cfg, setup->suites) == SW_OK && sw_config_add_trust(cfg, root, len) == SW_OK,
         "configuration");
    if (side == SERVER)
        add_cert(cfg, setup->server_cert);
    else if (setup->mutual)
        add_cert(cfg, "client-p256");
    if (side == SERVER)
        must(sw_config_set_client_auth(cfg, setup->mutual ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE) == SW_OK,
             "mode");
    must(sw_config_set_option(cfg, SW_OPT_TICKETS, setup->tickets) == SW_OK &&
             sw_config_set_option(cfg, SW_OPT_ETM, setup->etm) == SW_OK &&
             sw_config_set_option(cfg, SW_OPT_EMS, setup->ems) == SW_OK,
         "options");
    sw_config_set_clock(cfg, now, NULL);
    sw_config_set_random(cfg, fixed, NULL);
    free(root);
    return cfg;
}

/* --- the receiver ------------------------------------------------------------------------------------------------------- */

static void drain(int to)
{
    struct flow *f = &m.flow[!to];
    size_t n;
    const uint8_t *p;

    while ((p = sw_conn_peek(m.side[to], &n)) != NULL) {
        size_t fits = n < sizeof f->got - f->got_len ? n : sizeof f->got - f->got_len;

        must(sw_conn_established(m.side[to]), "data before the end of the handshake");
        memcpy(f->got + f->got_len, p, fits);
        f->got_len += fits;
        must(sw_conn_skip(m.side[to], n) == SW_OK, "skip");
    }
}

static void feed(int to, const uint8_t *p, size_t len)
{
    struct sw_conn *conn = m.side[to];
    enum sw_err before = sw_conn_error(conn);

    while (len > 0) {
        size_t room;
        uint8_t *in = sw_conn_in_buf(conn, &room);
        size_t n = len < room ? len : room;

        if (in == NULL || n == 0)
            break;
        memcpy(in, p, n);
        (void)sw_conn_in_ack(conn, n);
        drain(to);
        p += n;
        len -= n;
    }
    must(before == SW_OK || sw_conn_error(conn) == before, "an error became another");
}

enum protection { AS_EXPECTED, CLEAR, SPOILT };

/* A record for a side, protected as it expects. */
static void send_record(int to, uint8_t type, const uint8_t *p, size_t len, enum protection how)
{
    static uint8_t record[ITEM + SW_RECORD_BEFORE_MAX + SW_RECORD_AFTER_MAX];
    struct sw_record_secrets s = m.side[to]->in;
    size_t n = SW_RECORD_HEADER + len;

    if (len > SW_RECORD_PLAIN_MAX)
        len = SW_RECORD_PLAIN_MAX;
    if (s.bulk == NULL || how == CLEAR) {
        record[0] = type;
        record[1] = record[2] = 3;
        record[3] = (uint8_t)(len >> 8);
        record[4] = (uint8_t)len;
        if (len > 0)
            memcpy(record + SW_RECORD_HEADER, p, len);
    } else {
        struct sw_record_dir *dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);
        struct sw_rand rand = {fixed, NULL};

        must(dir != NULL && sw_record_dir_init(dir, &s, true) == SW_OK, "keys");
        must(sw_record_seal(dir, &rand, (enum sw_content_type)type, (struct sw_slice){p, len}, record, &n) == SW_OK,
             "seal");
        sw_record_dir_wipe(dir);
        free(dir);
        if (how == SPOILT)
            record[n - 1] ^= 1;
    }
    feed(to, record, n);
}

/* Handshake bytes that a side takes for the handshake's are noted, to be compared with what was sent. */
static void deliver(int to, uint8_t type, const uint8_t *p, size_t len, enum protection how)
{
    struct flow *f = &m.flow[!to];

    if (type == SW_CT_HANDSHAKE && (how == AS_EXPECTED || m.side[to]->in.bulk == NULL) &&
        !sw_conn_established(m.side[to]) && sw_conn_error(m.side[to]) == SW_OK && len <= STREAM - f->delivered_len) {
        memcpy(f->delivered + f->delivered_len, p, len);
        f->delivered_len += len;
    }
    send_record(to, type, p, len, how);
}

/* --- the one in the middle ---------------------------------------------------------------------------------------------- */

static unsigned decide(void)
{
    if (m.left == 0)
        return 0;
    m.left--;
    return *m.input++;
}

static void insert(int to)
{
    static const uint8_t hello_request[4] = {0}, zeros[300];
    unsigned what = decide();
    uint8_t small[8] = {(uint8_t)decide(), 0, 0, (uint8_t)(what >> 4 & 3), 1, 2, 3, 4};

    switch (what & 7) {
    case 0:
        deliver(to, SW_CT_HANDSHAKE, hello_request, 4, AS_EXPECTED);
        break;
    case 1:
        deliver(to, SW_CT_CHANGE_CIPHER_SPEC, (const uint8_t[]){1}, 1, AS_EXPECTED);
        break;
    case 2:
        deliver(to, SW_CT_ALERT, (const uint8_t[]){1, small[0]}, 2, AS_EXPECTED);
        break;
    case 3:
        deliver(to, SW_CT_ALERT, (const uint8_t[]){2, small[0]}, 2, AS_EXPECTED);
        break;
    case 4:
        deliver(to, SW_CT_APPLICATION_DATA, zeros, small[0], AS_EXPECTED);
        break;
    case 5:
        deliver(to, SW_CT_HANDSHAKE, small, (size_t)4 + small[3], AS_EXPECTED);
        break;
    case 6:
        deliver(to, small[0], zeros, what >> 3, AS_EXPECTED);
        break;
    default:
        for (unsigned i = 0; i < what >> 3; i++)
            deliver(to, SW_CT_HANDSHAKE, zeros, 0, AS_EXPECTED);
        break;
    }
}

static void release_held(int to)
{
    struct flow *f = &m.flow[!to];

    if (!f->held_back)
        return;
    f->held_back = false;
    deliver(to, f->held_type, f->held, f->held_len, AS_EXPECTED);
}

static void change(uint8_t *p, size_t *len, size_t cap)
{
    unsigned how = decide(), value = decide(), at = decide() << 8;

    at |= decide();
    switch (how & 7) {
    case 0:
        p[at % *len] ^= (uint8_t)(value | 1);
        break;
    case 1:
        p[0] = (uint8_t)value;
        break;
    case 2: /* the length in the header */
        if (*len >= 4)
            p[3] = (uint8_t)(p[3] + value + 1);
        break;
    case 3:
        if (*len >= 4)
            p[1 + at % 2] = (uint8_t)value;
        break;
    case 4: /* shorter, and its length says so */
    case 5:
        *len -= at % *len;
        break;
    default: /* longer */
        for (unsigned i = 0; i < (value & 31) + 1 && *len < cap; i++)
            p[(*len)++] = (uint8_t)at;
        break;
    }
    if ((how & 7) >= 4 && how & 8 && *len >= 4) {
        p[1] = 0;
        p[2] = (uint8_t)((*len - 4) >> 8);
        p[3] = (uint8_t)(*len - 4);
    }
}

/* One message, alert, change_cipher_spec or piece of data on its way. */
static void pass(int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t copy[ITEM + 64];
    struct flow *f = &m.flow[!to];
    unsigned what = decide();
    size_t cut;

    if (++m.items > ITEMS)
        m.left = 0;
    m.touched = m.touched || what != 0;
    memcpy(copy, p, len);
    switch (what & 15) {
    case 1: /* dropped */
        return;
    case 2: /* doubled */
        deliver(to, type, copy, len, AS_EXPECTED);
        deliver(to, type, p, len, AS_EXPECTED);
        return;
    case 3: /* after the next one */
        if (!f->held_back) {
            memcpy(f->held, copy, len);
            f->held_len = len;
            f->held_type = type;
            f->held_back = true;
            return;
        }
        break;
    case 4:
        insert(to);
        break;
    case 5:
    case 6:
    case 7:
        if (len > 0)
            change(copy, &len, ITEM);
        break;
    case 8: /* in two records */
        cut = len > 1 ? 1 + decide() % (len - 1) : len;
        deliver(to, type, copy, cut, AS_EXPECTED);
        if (what & 16)
            insert(to);
        if (cut < len)
            deliver(to, type, copy + cut, len - cut, AS_EXPECTED);
        release_held(to);
        return;
    case 9:
        type = (uint8_t)decide();
        break;
    case 10:
        deliver(to, type, copy, len, CLEAR);
        return;
    case 11:
        deliver(to, type, copy, len, SPOILT);
        return;
    case 12: /* a byte a record */
        for (size_t i = 0; i < len && i < 64; i++)
            deliver(to, type, copy + i, 1, AS_EXPECTED);
        if (len > 64)
            deliver(to, type, copy + 64, len - 64, AS_EXPECTED);
        release_held(to);
        return;
    default:
        break;
    }
    deliver(to, type, copy, len, AS_EXPECTED);
    release_held(to);
}

/* --- the sender --------------------------------------------------------------------------------------------------------- */

static void pass_messages(int to, struct flow *f, const uint8_t *p, size_t len)
{
    must(len <= STREAM - f->message_len, "too many bytes");
    memcpy(f->message + f->message_len, p, len);
    f->message_len += len;
    while (f->message_len >= 4) {
        size_t whole = 4 + ((size_t)f->message[1] << 16 | (size_t)f->message[2] << 8 | f->message[3]);

        must(whole < ITEM, "an endless message");
        if (f->message_len < whole)
            return;
        must(whole <= STREAM - f->sent_len, "too many messages");
        memcpy(f->sent + f->sent_len, f->message, whole);
        f->sent_len += whole;
        pass(to, SW_CT_HANDSHAKE, f->message, whole);
        f->message_len -= whole;
        memmove(f->message, f->message + whole, f->message_len);
    }
}

static void take_record(int from, uint8_t *record, size_t len)
{
    struct flow *f = &m.flow[from];
    struct sw_slice data = {record + SW_RECORD_HEADER, len - SW_RECORD_HEADER};
    uint8_t type = record[0];

    must(!f->fatal, "a record after a fatal alert");
    if (f->dir != NULL)
        must(sw_record_open(f->dir, record, len, &type, &data) == SW_OK, "a record that does not open");
    must(data.len > 0 || type == SW_CT_APPLICATION_DATA, "an empty record");
    switch (type) {
    case SW_CT_HANDSHAKE:
        pass_messages(!from, f, data.p, data.len);
        return;
    case SW_CT_CHANGE_CIPHER_SPEC:
        must(data.len == 1 && data.p[0] == 1 && f->dir == NULL && f->message_len == 0, "a wrong change_cipher_spec");
        pass(!from, type, data.p, 1);
        f->secrets = m.side[from]->out;
        f->secrets.seq = 0;
        f->dir = aligned_alloc(16, (sw_record_dir_size() + 15) & ~(size_t)15);
        must(f->dir != NULL && f->secrets.bulk != NULL && sw_record_dir_init(f->dir, &f->secrets, false) == SW_OK,
             "keys");
        return;
    case SW_CT_ALERT:
        must(data.len == 2, "a wrong alert");
        f->fatal = data.p[0] == 2;
        break;
    default:
        must(type == SW_CT_APPLICATION_DATA, "an unknown type");
    }
    pass(!from, type, data.p, data.len);
}

/* All whole records that a side has sent. */
static bool collect(int from)
{
    struct flow *f = &m.flow[from];
    const uint8_t *p;
    size_t n, at = 0;
    bool moved = false;
    static uint8_t record[SW_RECORD_MAX];

    while ((p = sw_conn_out_buf(m.side[from], &n)) != NULL) {
        must(n <= RAW - f->raw_len, "too much");
        memcpy(f->raw + f->raw_len, p, n);
        f->raw_len += n;
        must(sw_conn_out_ack(m.side[from], n) == SW_OK, "ack");
        moved = true;
    }
    while (f->raw_len - at >= SW_RECORD_HEADER) {
        size_t len = SW_RECORD_HEADER + ((size_t)f->raw[at + 3] << 8 | f->raw[at + 4]);

        must(len <= sizeof record, "a record too long");
        if (f->raw_len - at < len)
            break;
        memcpy(record, f->raw + at, len);
        at += len;
        take_record(from, record, len);
    }
    memmove(f->raw, f->raw + at, f->raw_len - at);
    f->raw_len -= at;
    return moved;
}

/* --- a connection ------------------------------------------------------------------------------------------------------- */

/* Handshake bytes without HelloRequests, which count for nothing (RFC 5246 7.4.1.1). */
static size_t without_requests(uint8_t *p, size_t len)
{
    size_t out = 0;

    for (size_t at = 0; at + 4 <= len;) {
        size_t whole = 4 + ((size_t)p[at + 1] << 16 | (size_t)p[at + 2] << 8 | p[at + 3]);

        if (whole > len - at)
            break;
        if (p[at] != 0 || whole != 4) {
            memmove(p + out, p + at, whole);
            out += whole;
        }
        at += whole;
    }
    return out;
}

static void compare(void)
{
    for (int i = 0; i < 2; i++) {
        struct flow *f = &m.flow[i];
        size_t sent = without_requests(f->sent, f->sent_len),
               delivered = without_requests(f->delivered, f->delivered_len);

        must(delivered == sent && memcmp(f->sent, f->delivered, sent) == 0,
             "both believe a handshake that was changed");
    }
}

static void run(void)
{
    bool compared = false, moved = true;

    for (int round = 0; round < ROUNDS && moved; round++) {
        moved = false;
        for (int from = 0; from < 2; from++)
            moved = collect(from) || moved;
        if (!moved)
            for (int to = 0; to < 2; to++) {
                moved = moved || m.flow[!to].held_back;
                release_held(to);
            }
        if (!compared && sw_conn_established(m.side[0]) && sw_conn_established(m.side[1])) {
            compare();
            compared = true;
            moved = true;
            for (int i = 0; i < 2; i++) {
                size_t taken;

                if (sw_conn_write(m.side[i], i ? "pong" : "ping", 4, &taken) == SW_OK)
                    must(taken == 4, "a short write");
            }
        }
    }
    if (!m.touched) {
        must(compared, "nothing was changed, and they do not agree");
        must(m.flow[CLIENT].got_len == 4 && memcmp(m.flow[CLIENT].got, "ping", 4) == 0, "ping");
        must(m.flow[SERVER].got_len == 4 && memcmp(m.flow[SERVER].got, "pong", 4) == 0, "pong");
    }
}

static void connect_sides(struct sw_config *cfg[2], const uint8_t *session, size_t session_len)
{
    memset(&m.flow, 0, sizeof m.flow);
    m.touched = false;
    m.items = 0;
    must(sw_conn_new(&m.side[CLIENT], cfg[CLIENT], "server.example") == SW_OK &&
             sw_conn_new(&m.side[SERVER], cfg[SERVER], NULL) == SW_OK,
         "connections");
    if (session_len > 0)
        must(sw_conn_set_session(m.side[CLIENT], session, session_len) == SW_OK, "session");
    run();
}

static void disconnect(void)
{
    for (int i = 0; i < 2; i++) {
        if (m.flow[i].dir != NULL) {
            sw_record_dir_wipe(m.flow[i].dir);
            free(m.flow[i].dir);
        }
        sw_conn_free(m.side[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sw_config *cfgs[SETUPS][2];
    static uint8_t session[8192];
    size_t which, session_len = 0;

    if (size < 1)
        return 0;
    which = data[0] % SETUPS;
    for (int side = 0; side < 2; side++)
        if (cfgs[which][side] == NULL)
            cfgs[which][side] = config(&setups[which], side);
    random_state = data[0];
    m.left = 0;
    if (setups[which].resume) { /* an honest one first */
        connect_sides(cfgs[which], NULL, 0);
        must(sw_conn_session(m.side[CLIENT], session, sizeof session, &session_len) == SW_OK, "no session");
        disconnect();
    }
    m.input = data + 1;
    m.left = size - 1;
    connect_sides(cfgs[which], session, session_len);
    if (!m.touched && setups[which].resume) {
        struct sw_conn_info info;

        sw_conn_info(m.side[SERVER], &info);
        must(info.resumed, "not resumed");
    }
    disconnect();
    return 0;
}
