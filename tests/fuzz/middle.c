/*
 * Two engines and somebody between them who knows all keys. He takes the records of each apart into messages, and the
 * input says what becomes of each: passed on, dropped, doubled, exchanged with the next one, cut, lengthened, changed,
 * put into other records, protected or not, with something else in front. Everything he sends is protected as its
 * receiver expects, so that what is broken in the encrypted phase gets past the record layer.
 *
 * What must hold whatever he does: both sides never reach the end of a handshake with different messages; an error
 * stays; a side sends one fatal alert and then nothing; each record it sends opens with its own keys. And if he passes
 * everything on, both get to the end.
 *
 * The first byte of the input chooses the configurations, the others are his decisions, in order; when they are used up
 * he passes everything on.
 */
#include "tests/handshake/middle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEMS = 400 };

static const struct setup {
    const char *suites, *server_cert;
    bool mutual, resume, tickets, etm, ems;
    bool early; /* False Start, and timestamps with the certificate */
} setups[] = {
    {"0x003C", "server-rsa", false, false, true, true, true, false},
    {"0x003C", "server-rsa", true, false, true, false, true, false},
    {"0x002F", "server-rsa", true, false, false, false, false, false},
    {"0x0067", "server-rsa", true, false, true, true, true, false},
    {"0xC02F", "server-rsa", true, false, true, true, true, false},
    {"0xC02B", "server-p256", true, false, true, true, true, false},
    {"0xC023", "server-p256", false, false, true, false, true, false},
    {"0xCCA9", "server-p256", true, false, false, true, true, false},
    {"0xC02B", "server-p256", true, true, true, true, true, false},
    {"0xC023", "server-p256", false, true, false, true, true, false},
    {"0xC023", "server-p256", true, true, true, false, false, false},
    {"0xC024", "server-p256", false, false, true, true, true, false},
    {"0xC02B", "server-p256", false, false, true, true, true, true},
    {"0xC02F", "server-rsa", true, false, false, true, true, true},
    {"0xC02B", "server-p256", false, true, true, true, true, true},
    {"0x1301", "server-p256", true, false, true, false, false, false},
    {"0x1302", "server-p256", false, true, true, false, false, false},
    {"0x1303", "server-rsa", true, false, false, false, false, false},
    {"0x1301", "server-p256", true, true, true, false, false, false}, /* by way of a HelloRetryRequest */
};
enum { SETUPS = sizeof setups / sizeof *setups };

/* A message that waits for the next one to go first. */
struct held {
    bool is;
    uint8_t p[MIDDLE_ITEM], type;
    size_t len;
};

static struct middle m;

static struct decisions {
    const uint8_t *input;
    size_t left;
    bool touched; /* anything but passing on was done */
    bool early;   /* data was written before the end of the handshake */
    unsigned items;
    struct held held[2];
} d;

/* --- the two sides ------------------------------------------------------------------------------------------------ */

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

static void *load(const char *name, const char *ext, size_t *len)
{
    char path[128];
    FILE *f;
    char *p = malloc(65536);

    snprintf(path, sizeof path, "tests/vectors/tls/%s.%s", name, ext);
    f = fopen(path, "rb");
    middle_must(f != NULL && p != NULL, "run at the top of the tree");
    *len = fread(p, 1, 65536, f);
    fclose(f);
    return p;
}

static void add_cert(struct sw_config *cfg, const char *name)
{
    size_t cert_len, key_len;
    void *cert = load(name, "crt", &cert_len), *key = load(name, "key", &key_len);

    middle_must(sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL) == SW_OK, "certificate");
    free(cert);
    free(key);
}

static void add_early(struct sw_config *cfg, int side)
{
    static const uint8_t timestamps[] = {0, 7, 0, 5, 1, 2, 3, 4, 5};

    middle_must(sw_config_set_alpn(cfg, "h2") == SW_OK && sw_config_set_option(cfg, SW_OPT_SCT, 1) == SW_OK &&
                    sw_config_set_option(cfg, SW_OPT_FALSE_START, 1) == SW_OK,
                "early");
    if (side == MIDDLE_SERVER)
        middle_must(sw_config_set_sct(cfg, timestamps, sizeof timestamps) == SW_OK, "timestamps");
}

static struct sw_config *config(const struct setup *setup, int side)
{
    struct sw_config *cfg = sw_config_new(side == MIDDLE_SERVER ? SW_SERVER : SW_CLIENT, NULL);
    size_t len;
    void *root = load("root", "crt", &len);

    middle_must(cfg != NULL && sw_config_set_policy(cfg, "all") == SW_OK &&
                    sw_config_set_suites(cfg, setup->suites) == SW_OK && sw_config_add_trust(cfg, root, len) == SW_OK,
                "configuration");
    if (side == MIDDLE_SERVER)
        add_cert(cfg, setup->server_cert);
    else if (setup->mutual)
        add_cert(cfg, "client-p256");
    if (side == MIDDLE_SERVER)
        middle_must(sw_config_set_client_auth(cfg, setup->mutual ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE) ==
                        SW_OK,
                    "mode");
    middle_must(sw_config_set_option(cfg, SW_OPT_TICKETS, setup->tickets) == SW_OK &&
                    sw_config_set_option(cfg, SW_OPT_ETM, setup->etm) == SW_OK &&
                    sw_config_set_option(cfg, SW_OPT_EMS, setup->ems) == SW_OK,
                "options");
    if (setup->early)
        add_early(cfg, side);
    if (strncmp(setup->suites, "0x13", 4) == 0) {
        middle_must(sw_config_set_versions(cfg, SW_TLS12, SW_TLS13) == SW_OK, "versions");
        if (side == MIDDLE_SERVER && setup->mutual && setup->resume)
            middle_must(sw_config_set_groups(cfg, "P-256") == SW_OK, "groups");
        sw_config_set_keylog(cfg, middle_keylog, &m);
    }
    sw_config_set_clock(cfg, now, NULL);
    sw_config_set_random(cfg, fixed, NULL);
    free(root);
    return cfg;
}

/* --- the one in the middle ---------------------------------------------------------------------------------------- */

static unsigned decide(void)
{
    if (d.left == 0)
        return 0;
    d.left--;
    return *d.input++;
}

static void insert(int to)
{
    static const uint8_t hello_request[4] = {0}, zeros[300];
    unsigned what = decide();
    uint8_t small[8] = {(uint8_t)decide(), 0, 0, (uint8_t)(what >> 4 & 3), 1, 2, 3, 4};

    switch (what & 7) {
    case 0:
        middle_deliver(&m, to, SW_CT_HANDSHAKE, hello_request, 4, MIDDLE_AS_EXPECTED);
        break;
    case 1:
        middle_deliver(&m, to, SW_CT_CHANGE_CIPHER_SPEC, (const uint8_t[]){1}, 1, MIDDLE_AS_EXPECTED);
        break;
    case 2:
        middle_deliver(&m, to, SW_CT_ALERT, (const uint8_t[]){1, small[0]}, 2, MIDDLE_AS_EXPECTED);
        break;
    case 3:
        middle_deliver(&m, to, SW_CT_ALERT, (const uint8_t[]){2, small[0]}, 2, MIDDLE_AS_EXPECTED);
        break;
    case 4:
        middle_deliver(&m, to, SW_CT_APPLICATION_DATA, zeros, small[0], MIDDLE_AS_EXPECTED);
        break;
    case 5:
        middle_deliver(&m, to, SW_CT_HANDSHAKE, small, (size_t)4 + small[3], MIDDLE_AS_EXPECTED);
        break;
    case 6:
        middle_deliver(&m, to, small[0], zeros, what >> 3, MIDDLE_AS_EXPECTED);
        break;
    default:
        for (unsigned i = 0; i < what >> 3; i++)
            middle_deliver(&m, to, SW_CT_HANDSHAKE, zeros, 0, MIDDLE_AS_EXPECTED);
        break;
    }
}

static void release_held(int to)
{
    struct held *h = &d.held[to];

    if (!h->is)
        return;
    h->is = false;
    middle_deliver(&m, to, h->type, h->p, h->len, MIDDLE_AS_EXPECTED);
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
static void pass(struct middle *middle, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t copy[MIDDLE_ITEM + 64];
    struct held *h = &d.held[to];
    unsigned what = decide();
    size_t cut;

    (void)middle;
    if (++d.items > ITEMS)
        d.left = 0;
    d.touched = d.touched || what != 0;
    memcpy(copy, p, len);
    switch (what & 15) {
    case 1: /* dropped */
        return;
    case 2: /* doubled */
        middle_deliver(&m, to, type, copy, len, MIDDLE_AS_EXPECTED);
        middle_deliver(&m, to, type, p, len, MIDDLE_AS_EXPECTED);
        return;
    case 3: /* after the next one */
        if (!h->is) {
            memcpy(h->p, copy, len);
            h->len = len;
            h->type = type;
            h->is = true;
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
            change(copy, &len, MIDDLE_ITEM);
        break;
    case 8: /* in two records */
        cut = len > 1 ? 1 + decide() % (len - 1) : len;
        middle_deliver(&m, to, type, copy, cut, MIDDLE_AS_EXPECTED);
        if (what & 16)
            insert(to);
        if (cut < len)
            middle_deliver(&m, to, type, copy + cut, len - cut, MIDDLE_AS_EXPECTED);
        release_held(to);
        return;
    case 9:
        type = (uint8_t)decide();
        break;
    case 10:
        middle_deliver(&m, to, type, copy, len, MIDDLE_CLEAR);
        return;
    case 11:
        middle_deliver(&m, to, type, copy, len, MIDDLE_SPOILT);
        return;
    case 12: /* a byte a record */
        for (size_t i = 0; i < len && i < 64; i++)
            middle_deliver(&m, to, type, copy + i, 1, MIDDLE_AS_EXPECTED);
        if (len > 64)
            middle_deliver(&m, to, type, copy + 64, len - 64, MIDDLE_AS_EXPECTED);
        release_held(to);
        return;
    default:
        break;
    }
    middle_deliver(&m, to, type, copy, len, MIDDLE_AS_EXPECTED);
    release_held(to);
}

/* --- a connection ------------------------------------------------------------------------------------------------- */

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
        struct middle_flow *f = &m.flow[i];
        size_t sent = without_requests(f->sent, f->sent_len),
               delivered = without_requests(f->delivered, f->delivered_len);

        middle_must(delivered == sent && memcmp(f->sent, f->delivered, sent) == 0,
                    "both believe a handshake that was changed");
    }
}

/* A client that may write before the handshake's end does so, once. */
static bool write_early(void)
{
    struct sw_conn *client = m.side[MIDDLE_CLIENT];
    size_t taken;

    if (d.early || sw_conn_established(client) || !(sw_conn_wants(client) & SW_WANT_WRITE))
        return false;
    d.early = true;
    middle_must(sw_conn_write(client, "early ", 6, &taken) == SW_OK && taken == 6, "an early write");
    return true;
}

static void run(void)
{
    bool compared = false, moved = true;

    for (int round = 0; round < MIDDLE_ROUNDS && moved; round++) {
        moved = false;
        for (int from = 0; from < 2; from++)
            moved = middle_collect(&m, from) || moved;
        moved = write_early() || moved;
        if (!moved)
            for (int to = 0; to < 2; to++) {
                moved = moved || d.held[to].is;
                release_held(to);
            }
        if (!compared && sw_conn_established(m.side[0]) && sw_conn_established(m.side[1])) {
            compare();
            compared = true;
            moved = true;
            for (int i = 0; i < 2; i++) {
                size_t taken;

                if (sw_conn_write(m.side[i], i ? "pong" : "ping", 4, &taken) == SW_OK)
                    middle_must(taken == 4, "a short write");
            }
        }
    }
    if (!d.touched) {
        const char *ping = d.early ? "early ping" : "ping";

        middle_must(compared, "nothing was changed, and they do not agree");
        middle_must(m.flow[MIDDLE_CLIENT].got_len == strlen(ping) &&
                        memcmp(m.flow[MIDDLE_CLIENT].got, ping, strlen(ping)) == 0,
                    "ping");
        middle_must(m.flow[MIDDLE_SERVER].got_len == 4 && memcmp(m.flow[MIDDLE_SERVER].got, "pong", 4) == 0, "pong");
    }
}

static void connect_sides(struct sw_config *cfg[2], const uint8_t *session, size_t session_len)
{
    m.pass = pass;
    d.early = d.touched = d.held[0].is = d.held[1].is = false;
    d.items = 0;
    middle_must(sw_conn_new(&m.side[MIDDLE_CLIENT], cfg[MIDDLE_CLIENT], "server.example") == SW_OK &&
                    sw_conn_new(&m.side[MIDDLE_SERVER], cfg[MIDDLE_SERVER], NULL) == SW_OK,
                "connections");
    if (session_len > 0)
        middle_must(sw_conn_set_session(m.side[MIDDLE_CLIENT], session, session_len) == SW_OK, "session");
    run();
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
    d.left = 0;
    if (setups[which].resume) { /* an honest one first */
        connect_sides(cfgs[which], NULL, 0);
        middle_must(sw_conn_session(m.side[MIDDLE_CLIENT], session, sizeof session, &session_len) == SW_OK,
                    "no session");
        middle_forget(&m);
    }
    d.input = data + 1;
    d.left = size - 1;
    connect_sides(cfgs[which], session, session_len);
    if (!d.touched)
        middle_must(d.early == (setups[which].early && !setups[which].resume), "early or not");
    if (!d.touched && setups[which].resume) {
        struct sw_conn_info info;

        sw_conn_info(m.side[MIDDLE_SERVER], &info);
        middle_must(info.resumed, "not resumed");
    }
    middle_forget(&m);
    return 0;
}
