/*
 * The benchmark's side of OpenSSL's libssl: two SSL objects, each with a memory BIO to read from and one to write to.
 */
#include "tests/bench/stack.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKETS = 1 /* a handshake of TLS 1.3, as ours */ };

struct pair {
    SSL_CTX *client_ctx, *server_ctx;
    SSL *client, *server;
    BIO *to_client, *to_server;
    SSL_SESSION *session;
    enum bench_resume resume;
    unsigned char *data;
};

static _Noreturn void fail(const char *what)
{
    char text[256];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    bench_fail(what, text);
}

/* One version, one suite. */
static bool set_suite(SSL_CTX *ctx, const char *suite)
{
    bool tls13 = strncmp(suite, "TLS_", 4) == 0;
    int version = tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;

    return SSL_CTX_set_min_proto_version(ctx, version) && SSL_CTX_set_max_proto_version(ctx, version) &&
           (tls13 ? SSL_CTX_set_ciphersuites(ctx, suite) : SSL_CTX_set_cipher_list(ctx, suite));
}

static SSL_CTX *context(const struct bench_setup *setup, bool server)
{
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    char path[512];

    if (ctx == NULL || !set_suite(ctx, setup->suite))
        fail("openssl context");
    if (setup->group != NULL && !SSL_CTX_set1_groups_list(ctx, setup->group))
        fail("openssl group");
    if (server || setup->mutual) {
        snprintf(path, sizeof path, "%s/%s.crt", setup->dir, server ? "server" : "client");
        if (!SSL_CTX_use_certificate_chain_file(ctx, path))
            fail(path);
        snprintf(path, sizeof path, "%s/%s.key", setup->dir, server ? "server" : "client");
        if (!SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM))
            fail(path);
    }
    if (!server || setup->mutual) {
        snprintf(path, sizeof path, "%s/root.crt", setup->dir);
        if (!SSL_CTX_load_verify_locations(ctx, path, NULL))
            fail(path);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    if (!setup->etm)
        SSL_CTX_set_options(ctx, SSL_OP_NO_ENCRYPT_THEN_MAC);
    if (setup->resume != BENCH_BY_TICKET)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if (!SSL_CTX_set_num_tickets(ctx, setup->resume == BENCH_BY_TICKET ? TICKETS : 0))
        fail("openssl tickets");
    if (server)
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"bench", 5);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

static void *pair_open(const struct bench_setup *setup)
{
    struct pair *p = calloc(1, sizeof *p);

    if (p == NULL || (p->data = calloc(1, 1 << 20)) == NULL)
        bench_fail("openssl", "out of memory");
    p->client_ctx = context(setup, false);
    p->server_ctx = context(setup, true);
    p->resume = setup->resume;
    return p;
}

static void pair_connect(void *pair)
{
    struct pair *p = pair;
    int c = 0, s = 0, round;

    p->client = SSL_new(p->client_ctx);
    p->server = SSL_new(p->server_ctx);
    p->to_client = BIO_new(BIO_s_mem());
    p->to_server = BIO_new(BIO_s_mem());
    if (p->client == NULL || p->server == NULL || p->to_client == NULL || p->to_server == NULL)
        fail("openssl connection");
    BIO_up_ref(p->to_client);
    BIO_up_ref(p->to_server);
    SSL_set_bio(p->client, p->to_client, p->to_server);
    SSL_set_bio(p->server, p->to_server, p->to_client);
    SSL_set_connect_state(p->client);
    SSL_set_accept_state(p->server);
    SSL_set_tlsext_host_name(p->client, "server.example");
    SSL_set1_host(p->client, "server.example");
    if (p->session != NULL)
        SSL_set_session(p->client, p->session);
    for (round = 0; round < 10 && (c != 1 || s != 1); round++) {
        if (c != 1)
            c = SSL_do_handshake(p->client);
        if (s != 1)
            s = SSL_do_handshake(p->server);
    }
    if (c != 1 || s != 1)
        fail("openssl handshake");
    /* a ticket of TLS 1.3 stands behind the handshake, and is taken by who looks for data */
    if (SSL_peek(p->client, p->data, 1) > 0)
        bench_fail("openssl handshake", "data that nobody sent");
    if (p->session != NULL && !SSL_session_reused(p->client))
        bench_fail("openssl handshake", "not resumed");
}

static void pair_drop(void *pair)
{
    struct pair *p = pair;

    SSL_free(p->client);
    SSL_free(p->server);
    p->client = p->server = NULL;
}

static void pair_handshake(void *pair)
{
    struct pair *p = pair;

    pair_connect(p);
    if (p->resume != BENCH_FULL) {
        SSL_SESSION_free(p->session);
        p->session = SSL_get1_session(p->client);
        SSL_shutdown(p->client);
        SSL_shutdown(p->server);
    }
    pair_drop(p);
}

static void pair_seal(void *pair, size_t len, size_t count)
{
    struct pair *p = pair;

    while (count-- > 0)
        if (SSL_write(p->client, p->data, (int)len) != (int)len)
            fail("openssl write");
}

static void pair_unseal(void *pair, size_t len, size_t count)
{
    struct pair *p = pair;
    size_t left = len * count;

    while (left > 0) {
        int got = SSL_read(p->server, p->data, 16384);

        if (got <= 0)
            fail("openssl read");
        left -= (size_t)got;
    }
}

static void pair_idle(void *pair)
{
    (void)pair;
}

static void pair_drop_client(void *pair)
{
    struct pair *p = pair;

    SSL_free(p->client);
    p->client = NULL;
}

static void pair_close(void *pair)
{
    struct pair *p = pair;

    pair_drop(p);
    SSL_SESSION_free(p->session);
    SSL_CTX_free(p->client_ctx);
    SSL_CTX_free(p->server_ctx);
    free(p->data);
    free(p);
}

const struct bench_stack bench_openssl = {
    .name = "openssl",
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
