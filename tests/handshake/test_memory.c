/*
 * Every allocation of a connection's life fails in turn, in each flow: not those of our allocator alone, but all that
 * wolfCrypt and the path builder make. Each ends in an error, never in a crash or a leak. Where a sanitizer has malloc,
 * it stays the sanitizer's, and the allocator's own are what can fail.
 */
#include "tests/base/heap.h"
#include "tests/handshake/counted.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 2000 };

static size_t in_use; /* bytes of our allocator */

static void *heap_alloc(void *ctx, size_t size)
{
    void *p = !HEAP_OURS && heap_refuse() ? NULL : malloc(size);

    (void)ctx;
    if (p != NULL)
        in_use += size;
    return p;
}

static void heap_release(void *ctx, void *p, size_t size)
{
    (void)ctx;
    in_use -= size;
    free(p);
}

static const struct flow {
    const char *suite, *server_cert, *client_cert;
    bool resume, tickets, staple;
    const char *groups; /* of the server; NULL: all */
} flows[] = {
    {"0x003C", "server-rsa", "client-rsa", false, true, false, NULL},
    {"0x003C", "server-rsa", NULL, true, true, false, NULL},
    {"0x003C", "server-rsa", "client-rsa", true, false, false, NULL},
    {"0x0067", "server-rsa", "client-p256", false, true, false, NULL},
    {"0xC02F", "server-rsa", "client-rsa", false, true, true, NULL},
    {"0xC02B", "server-p256", "client-p256", false, false, false, NULL},
    {"0xC024", "server-p384", "client-p256", true, true, false, NULL},
    {"0xCCA9", "server-p256", NULL, false, true, false, NULL},
    {"0x1301", "server-rsa", "client-rsa", false, true, false, NULL},
    {"0x1302", "server-p256", NULL, true, true, false, NULL},
    {"0x1303", "server-rsa", "client-p256", false, false, true, "P-256"}, /* by way of a HelloRetryRequest */
};

static struct sw_config *make_config_with(const struct flow *f, enum sw_role role, const struct sw_allocator *alloc)
{
    struct sw_config *cfg = sw_config_new(role, alloc);
    const char *cert = role == SW_SERVER ? f->server_cert : f->client_cert;
    size_t len;
    uint8_t *root = sw_test_file("tests/vectors/tls/root.crt", &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(cfg);
    sw_config_set_clock(cfg, pair_now, NULL);
    SW_ASSERT_OK(sw_config_set_policy(cfg, "all"));
    SW_ASSERT_OK(sw_config_set_suites(cfg, f->suite));
    if (strncmp(f->suite, "0x13", 4) == 0)
        SW_ASSERT_OK(sw_config_set_versions(cfg, SW_TLS12, SW_TLS13));
    if (f->groups != NULL && role == SW_SERVER)
        SW_ASSERT_OK(sw_config_set_groups(cfg, f->groups));
    SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
    SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_TICKETS, f->tickets));
    free(root);
    if (cert != NULL)
        pair_cert(cfg, cert);
    if (role == SW_SERVER) {
        SW_ASSERT_OK(sw_config_set_client_auth(cfg, f->client_cert ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE));
        if (f->staple)
            SW_ASSERT_OK(sw_config_set_ocsp(cfg, "\x30\x01\x01", 3));
    } else if (f->staple) { /* the response is none: this is about carrying it */
        SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_STATUS_REQUEST, 1));
        SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_INSECURE_NO_VERIFY, 1));
    }
    return cfg;
}

static struct sw_config *make_config(const struct flow *f, enum sw_role role)
{
    const struct sw_allocator alloc = {heap_alloc, heap_release, NULL};

    return make_config_with(f, role, &alloc);
}

/* Send and read without assertions: each step may fail. */
static bool say(struct sw_conn *from, struct sw_conn *to, size_t len)
{
    static uint8_t data[40000];
    size_t sent = 0, got = 0, n;

    for (int i = 0; i < 1000 && got < len; i++) {
        if (sent < len && sw_conn_write(from, data, len - sent, &n) == SW_OK)
            sent += n;
        (void)pair_carry(from, to, 0);
        while (sw_conn_peek(to, &n) != NULL && n > 0) {
            got += n;
            if (sw_conn_skip(to, n) != SW_OK)
                return false;
        }
        if (sw_conn_error(from) != SW_OK || sw_conn_error(to) != SW_OK)
            return false;
    }
    return got == len;
}

static bool told;

static bool live(struct pair *p, const void *session, size_t session_len)
{
    told = true; /* by what the function returned; from here on, by the connection */
    bool fine = sw_conn_new(&p->client, p->client_cfg, "server.example") == SW_OK &&
                sw_conn_new(&p->server, p->server_cfg, NULL) == SW_OK;

    if (fine && session_len > 0)
        fine = sw_conn_set_session(p->client, session, session_len) == SW_OK;
    told = !fine;
    fine = fine && pair_run(p) && say(p->client, p->server, 40000);
    if (fine) {
        sw_conn_release(p->client);
        sw_conn_release(p->server);
        fine = say(p->server, p->client, 100);
    }
    return fine;
}

/* True when the n-th allocation was reached, so that there may be more. */
static bool fails_cleanly(const struct flow *f, size_t n)
{
    struct pair p = {0};
    uint8_t session[4096];
    size_t session_len = 0, before;
    bool reached;

    p.client_cfg = make_config(f, SW_CLIENT);
    p.server_cfg = make_config(f, SW_SERVER);
    if (f->resume) {
        CU_ASSERT_TRUE(live(&p, NULL, 0));
        SW_ASSERT_OK(sw_conn_session(p.client, session, sizeof session, &session_len));
        pair_drop(&p);
    }
    before = in_use;
    heap.calls = 0;
    heap.fail_at = n;
    heap.counting = true;
    bool fine = live(&p, session, session_len);
    heap.counting = false;
    reached = heap.calls >= n;
    /* an allocation that failed may cost a session that could have been resumed, but nothing goes wrong in silence */
    CU_ASSERT_TRUE(fine || reached);
    if (!fine && !told)
        CU_ASSERT_TRUE(sw_conn_error(p.client) != SW_OK || sw_conn_error(p.server) != SW_OK);
    pair_drop(&p);
    CU_ASSERT_TRUE(in_use < before + 20480); /* the server made its cache, and kept the session */
    pair_close(&p);
    CU_ASSERT_EQUAL(in_use, 0);
    return reached;
}

static void every_allocation_of_each_flow(void)
{
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        size_t n = 1;

        while (n < MOST && fails_cleanly(&flows[i], n))
            n++;
        CU_ASSERT_TRUE(n > 5 && n < MOST);
    }
}

/*
 * Ten thousand clients that said hello, got the server's flight, and say no more: what the server holds for all of
 * them.
 */
static void ten_thousand_half_open(void)
{
    static const struct flow flow = {"0x003C", "server-rsa", "client-rsa", false, true, false, NULL};
    enum { MANY = 10000, MIB = 1048576 };
    struct sw_config *server_cfg = make_config(&flow, SW_SERVER), *client_cfg = make_config(&flow, SW_CLIENT);
    struct sw_conn **server = calloc(MANY, sizeof *server), *client;
    uint8_t hello[1024];
    const uint8_t *out;
    size_t len, room, before;

    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    SW_ASSERT_OK(sw_conn_new(&client, client_cfg, "server.example"));
    out = sw_conn_out_buf(client, &len);
    CU_ASSERT_TRUE_FATAL(len <= sizeof hello);
    memcpy(hello, out, len);
    sw_conn_free(client);
    before = in_use;
    for (size_t i = 0; i < MANY; i++) {
        size_t n;

        SW_ASSERT_OK(sw_conn_new(&server[i], server_cfg, NULL));
        memcpy(sw_conn_in_buf(server[i], &room), hello, len);
        SW_ASSERT_OK(sw_conn_in_ack(server[i], len));
        while (sw_conn_out_buf(server[i], &n) != NULL)
            SW_ASSERT_OK(sw_conn_out_ack(server[i], n));
    }
    CU_ASSERT_TRUE(in_use - before < (size_t)64 * MIB);
    for (size_t i = 0; i < MANY; i++)
        sw_conn_free(server[i]);
    free(server);
    sw_config_free(server_cfg);
    sw_config_free(client_cfg);
    CU_ASSERT_EQUAL(in_use, 0);
}

/* One side's allocator. */
/*
 * A full mutual handshake: the connection, the handshake, buffers and keys, which a server gives back while it waits
 * for the client and takes again; a client's last one is what stays. A server's session finds room in its cache.
 */
static void few_allocations(void)
{
    static const struct flow flow = {"0x003C", "server-rsa", "client-rsa", false, true, false, NULL};
    enum { SIDES = 2, PEAK_MAX = 16384, IDLE_MAX = 1500 };

    for (int tickets = 0; tickets < 2; tickets++) {
        struct counted side[SIDES] = {{0}, {0}};
        size_t before[SIDES];
        struct pair p = {0};

        for (int i = 0; i < SIDES; i++) {
            const struct sw_allocator alloc = COUNTED_BY(&side[i]);
            struct sw_config *cfg = make_config_with(&flow, i == 0 ? SW_CLIENT : SW_SERVER, &alloc);

            SW_ASSERT_OK(sw_config_set_option(cfg, SW_OPT_TICKETS, tickets));
            *(i == 0 ? &p.client_cfg : &p.server_cfg) = cfg;
        }
        pair_connect(&p, "server.example"); /* the first makes the server's cache and its ticket key */
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        pair_drop(&p);
        for (int i = 0; i < SIDES; i++) {
            before[i] = side[i].held;
            side[i].calls = 0;
            side[i].peak = before[i];
        }
        pair_connect(&p, "server.example");
        CU_ASSERT_TRUE_FATAL(pair_run(&p));
        CU_ASSERT_EQUAL(side[0].calls, 4);
        CU_ASSERT_EQUAL(side[1].calls, 4);
        for (int i = 0; i < SIDES; i++)
            CU_ASSERT_TRUE(side[i].peak - before[i] <= PEAK_MAX);
        sw_conn_release(p.server);
        CU_ASSERT_TRUE(side[1].held - before[1] <= IDLE_MAX);
        pair_close(&p);
        CU_ASSERT_EQUAL(side[0].held + side[1].held, 0);
    }
}

/* TLS 1.3: a connection that rests holds no more than one of TLS 1.2, and a handshake hardly more. */
static void little_in_tls13(void)
{
    static const struct flow flow = {"0x1302", "server-rsa", "client-rsa", false, true, false, NULL};
    enum { SIDES = 2, PEAK_MAX = 20480, IDLE_MAX = 1500 };
    struct counted side[SIDES] = {{0}, {0}};
    size_t before[SIDES];
    struct pair p = {0};

    for (int i = 0; i < SIDES; i++) {
        const struct sw_allocator alloc = COUNTED_BY(&side[i]);

        *(i == 0 ? &p.client_cfg : &p.server_cfg) = make_config_with(&flow, i == 0 ? SW_CLIENT : SW_SERVER, &alloc);
    }
    pair_connect(&p, "server.example"); /* the first makes the server's cache and its ticket key */
    CU_ASSERT_TRUE_FATAL(pair_run(&p));
    pair_drop(&p);
    for (int i = 0; i < SIDES; i++) {
        before[i] = side[i].held;
        side[i].calls = 0;
        side[i].peak = before[i];
    }
    pair_connect(&p, "server.example");
    CU_ASSERT_TRUE_FATAL(pair_run(&p));
    for (int i = 0; i < SIDES; i++) {
        CU_ASSERT_TRUE(side[i].calls <= 7);
        CU_ASSERT_TRUE(side[i].peak - before[i] <= PEAK_MAX);
    }
    sw_conn_release(p.server);
    CU_ASSERT_TRUE(side[1].held - before[1] <= IDLE_MAX);
    CU_ASSERT_TRUE(pair_send(&p, p.client, p.server, 100));
    sw_conn_release(p.server);
    CU_ASSERT_TRUE(side[1].held - before[1] <= IDLE_MAX);
    pair_close(&p);
    CU_ASSERT_EQUAL(side[0].held + side[1].held, 0);
}

SW_TEST_SUITE(memory){
    SW_TEST(ten_thousand_half_open),
    SW_TEST(every_allocation_of_each_flow),
    SW_TEST(few_allocations),
    SW_TEST(little_in_tls13),
};
