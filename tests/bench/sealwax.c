/* The benchmark's side of Sealwax: two connections, the bytes carried between them by memcpy. */
#include "include/sealwax.h"
#include "tests/bench/stack.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIRE_MAX = 24 << 20, SESSION_MAX = 8192 };

struct pair {
    struct sw_config *client_cfg, *server_cfg;
    struct sw_conn *client, *server;
    enum bench_resume resume;
    uint8_t *wire; /* what the client sealed and the server has not opened yet */
    size_t wire_len;
    uint8_t *data;
    uint8_t session[SESSION_MAX];
    size_t session_len;
};

static int64_t now(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static void must(enum sw_err err, const char *what)
{
    if (err != SW_OK)
        bench_fail(what, sw_err_reason(err));
}

static struct sw_config *config(const struct bench_setup *setup, enum sw_role role)
{
    struct sw_config *cfg = sw_config_new(role, NULL);
    bool server = role == SW_SERVER;
    size_t len, key_len;
    char *file;

    if (cfg == NULL)
        bench_fail("sealwax", "out of memory");
    sw_config_set_clock(cfg, now, NULL);
    must(sw_config_set_policy(cfg, "all"), "policy");
    must(sw_config_set_suites(cfg, setup->suite), setup->suite);
    if (setup->group != NULL)
        must(sw_config_set_groups(cfg, setup->group), setup->group);
    if (server || setup->mutual) {
        char *key = bench_read(setup->dir, server ? "server.key" : "client.key", &key_len);
        file = bench_read(setup->dir, server ? "server.crt" : "client.crt", &len);
        must(sw_config_add_cert(cfg, file, len, key, key_len, NULL), "certificate");
    }
    if (!server || setup->mutual) {
        file = bench_read(setup->dir, "root.crt", &len);
        must(sw_config_add_trust(cfg, file, len), "root");
    }
    if (server)
        must(sw_config_set_client_auth(cfg, setup->mutual ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE),
             "client auth");
    must(sw_config_set_option(cfg, SW_OPT_ETM, setup->etm), "etm");
    must(sw_config_set_option(cfg, SW_OPT_TICKETS, setup->resume == BENCH_BY_TICKET), "tickets");
    return cfg;
}

static void *pair_open(const struct bench_setup *setup)
{
    struct pair *p = calloc(1, sizeof *p);

    if (p == NULL || (p->wire = malloc(WIRE_MAX)) == NULL || (p->data = calloc(1, 1 << 20)) == NULL)
        bench_fail("sealwax", "out of memory");
    p->client_cfg = config(setup, SW_CLIENT);
    p->server_cfg = config(setup, SW_SERVER);
    p->resume = setup->resume;
    return p;
}

/* Carry what `from` has to say to `to`; true if anything moved. */
static bool carry(struct sw_conn *from, struct sw_conn *to)
{
    bool moved = false;
    size_t have, room;
    const uint8_t *out;
    uint8_t *in;

    while ((out = sw_conn_out_buf(from, &have)) != NULL && have > 0) {
        in = sw_conn_in_buf(to, &room);
        if (in == NULL || room == 0)
            break;
        if (have > room)
            have = room;
        memcpy(in, out, have);
        if (sw_conn_in_ack(to, have) != SW_OK || sw_conn_out_ack(from, have) != SW_OK)
            bench_fail("sealwax handshake", sw_conn_error_text(to));
        moved = true;
    }
    return moved;
}

static void pair_drop(void *pair)
{
    struct pair *p = pair;

    sw_conn_free(p->client);
    sw_conn_free(p->server);
    p->client = p->server = NULL;
}

static void pair_connect(void *pair)
{
    struct pair *p = pair;
    struct sw_conn_info info;
    bool moved = true;

    must(sw_conn_new(&p->client, p->client_cfg, "server.example"), "client");
    must(sw_conn_new(&p->server, p->server_cfg, NULL), "server");
    if (p->session_len > 0)
        must(sw_conn_set_session(p->client, p->session, p->session_len), "session");
    while (moved) {
        moved = carry(p->client, p->server);
        moved = carry(p->server, p->client) || moved;
    }
    if (!sw_conn_established(p->client) || !sw_conn_established(p->server))
        bench_fail("sealwax handshake", sw_conn_error_text(p->client));
    sw_conn_info(p->client, &info);
    if (p->resume != BENCH_FULL && p->session_len > 0 && !info.resumed)
        bench_fail("sealwax handshake", "not resumed");
}

static void pair_handshake(void *pair)
{
    struct pair *p = pair;

    pair_connect(p);
    if (p->resume != BENCH_FULL)
        must(sw_conn_session(p->client, p->session, sizeof p->session, &p->session_len), "session");
    pair_drop(p);
}

static void pair_seal(void *pair, size_t len, size_t count)
{
    struct pair *p = pair;
    size_t left = len * count, step = len >= 16384 ? 65536 : len;

    p->wire_len = 0;
    while (left > 0) {
        size_t want = left < step ? left : step, taken, have;
        const uint8_t *out;

        must(sw_conn_write(p->client, p->data, want, &taken), "write");
        left -= taken;
        if (taken == want && len < 16384 && left % (64 * len) != 0)
            continue;
        while ((out = sw_conn_out_buf(p->client, &have)) != NULL && have > 0) {
            if (have > WIRE_MAX - p->wire_len)
                bench_fail("sealwax seal", "the wire is full");
            memcpy(p->wire + p->wire_len, out, have);
            p->wire_len += have;
            must(sw_conn_out_ack(p->client, have), "ack");
        }
    }
}

static void pair_unseal(void *pair, size_t len, size_t count)
{
    struct pair *p = pair;
    size_t pos = 0, got = 0;

    while (got < len * count) {
        size_t have = p->wire_len - pos, room;
        uint8_t *in = (sw_conn_wants(p->server) & SW_WANT_RECV) ? sw_conn_in_buf(p->server, &room) : NULL;
        const uint8_t *plain;

        if (in != NULL && have > 0) {
            if (have > room)
                have = room;
            memcpy(in, p->wire + pos, have);
            must(sw_conn_in_ack(p->server, have), "open");
            pos += have;
        }
        while ((plain = sw_conn_peek(p->server, &room)) != NULL && room > 0) {
            got += room;
            must(sw_conn_skip(p->server, room), "skip");
        }
    }
}

static void pair_idle(void *pair)
{
    sw_conn_release(((struct pair *)pair)->server);
}

static void pair_drop_client(void *pair)
{
    struct pair *p = pair;

    sw_conn_free(p->client);
    p->client = NULL;
}

static void pair_close(void *pair)
{
    struct pair *p = pair;

    pair_drop(p);
    sw_config_free(p->client_cfg);
    sw_config_free(p->server_cfg);
    free(p->wire);
    free(p->data);
    free(p);
}

const struct bench_stack bench_sealwax = {
    .name = "sealwax",
    .open = pair_open,
    .close = pair_close,
    .handshake = pair_handshake,
    .connect = pair_connect,
    .drop = pair_drop,
    .seal = pair_seal,
    .unseal = pair_unseal,
    .idle = pair_idle,
    .drop_client = pair_drop_client,
};
