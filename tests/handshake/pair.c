/* The fixture of the handshake's tests. */
#include "tests/handshake/pair.h"
#include "handshake/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t pair_now(void *ctx)
{
    (void)ctx;
    return PAIR_NOW;
}

static void *load(const char *name, const char *ext, size_t *len)
{
    char path[128];

    snprintf(path, sizeof path, "tests/vectors/tls/%s.%s", name, ext);
    return sw_test_file(path, len);
}

void pair_cert(struct sw_config *cfg, const char *name)
{
    size_t cert_len, key_len;
    void *cert = load(name, "crt", &cert_len), *key = load(name, "key", &key_len);

    SW_ASSERT_OK(sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL));
    free(cert);
    free(key);
}

struct sw_config *pair_config(enum sw_role role)
{
    struct sw_config *cfg = sw_config_new(role, NULL);
    size_t len;
    void *root = load("root", "crt", &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(cfg);
    sw_config_set_clock(cfg, pair_now, NULL);
    SW_ASSERT_OK(sw_config_add_trust(cfg, root, len));
    free(root);
    return cfg;
}

void pair_open(struct pair *p, bool mutual)
{
    memset(p, 0, sizeof *p);
    p->client_cfg = pair_config(SW_CLIENT);
    p->server_cfg = pair_config(SW_SERVER);
    pair_cert(p->server_cfg, "server-rsa");
    if (mutual)
        pair_cert(p->client_cfg, "client-rsa");
    SW_ASSERT_OK(sw_config_set_client_auth(p->server_cfg, mutual ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE));
}

void pair_connect(struct pair *p, const char *name)
{
    SW_ASSERT_OK(sw_conn_new(&p->client, p->client_cfg, name));
    SW_ASSERT_OK(sw_conn_new(&p->server, p->server_cfg, NULL));
}

bool pair_carry(struct sw_conn *from, struct sw_conn *to, size_t piece)
{
    size_t have, room;
    const uint8_t *out = sw_conn_out_buf(from, &have);
    uint8_t *in;

    if (out == NULL)
        return false;
    if (piece != 0 && have > piece)
        have = piece;
    in = sw_conn_in_buf(to, &room);
    if (in == NULL || room == 0) {
        /* a side that has failed takes nothing: its peer's bytes go nowhere */
        return sw_conn_error(to) != SW_OK && sw_conn_out_ack(from, have) == SW_OK;
    }
    if (have > room)
        have = room;
    memcpy(in, out, have);
    (void)sw_conn_in_ack(to, have);
    SW_ASSERT_OK(sw_conn_out_ack(from, have));
    return true;
}

bool pair_run(struct pair *p)
{
    bool moved = true;

    while (moved) {
        moved = pair_carry(p->client, p->server, p->piece);
        moved = pair_carry(p->server, p->client, p->piece) || moved;
    }
    return sw_conn_established(p->client) && sw_conn_established(p->server);
}

void pair_establish(struct pair *p, bool mutual)
{
    pair_open(p, mutual);
    pair_connect(p, "server.example");
    CU_ASSERT_TRUE_FATAL(pair_run(p));
}

void pair_put(struct pair *p, bool by_client, unsigned type, const void *data, size_t len)
{
    struct sw_conn *from = by_client ? p->client : p->server, *to = by_client ? p->server : p->client;

    SW_ASSERT_OK(sw_engine_put_record(from, (enum sw_content_type)type, data, len));
    while (pair_carry(from, to, 0))
        ;
}

void pair_drop(struct pair *p)
{
    sw_conn_free(p->client);
    sw_conn_free(p->server);
    p->client = p->server = NULL;
}

void pair_close(struct pair *p)
{
    pair_drop(p);
    sw_config_free(p->client_cfg);
    sw_config_free(p->server_cfg);
}

bool pair_send(struct pair *p, struct sw_conn *from, struct sw_conn *to, size_t len)
{
    uint8_t *data = malloc(len + 1), *got = malloc(len + 1);
    size_t sent = 0, read = 0, n;
    bool same;

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 31 + (i >> 8));
    while (sent < len || read < len) {
        size_t before = sent + read;

        if (sent < len && sw_conn_write(from, data + sent, len - sent, &n) == SW_OK)
            sent += n;
        while (pair_carry(from, to, p->piece))
            while (sw_conn_read(to, got + read, len - read, &n) == SW_OK && n > 0)
                read += n;
        if (before == sent + read)
            break;
    }
    same = sent == len && read == len && memcmp(data, got, len) == 0;
    free(data);
    free(got);
    return same;
}

void pair_exchange(struct pair *p)
{
    CU_ASSERT_TRUE(pair_send(p, p->client, p->server, 1));
    CU_ASSERT_TRUE(pair_send(p, p->server, p->client, 100000));
    sw_conn_close(p->client);
    (void)pair_run(p);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p->server), SW_ALERT_CLOSE_NOTIFY);
    CU_ASSERT_EQUAL(sw_conn_alert_received(p->client), SW_ALERT_CLOSE_NOTIFY);
    SW_ASSERT_OK(sw_conn_error(p->client));
    SW_ASSERT_OK(sw_conn_error(p->server));
}
