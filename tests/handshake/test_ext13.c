/*
 * The bodies of TLS 1.3's extensions, as a server reads them in a ClientHello: right, cut, longer, and of values they
 * may not have.
 */
#include "handshake/ext.h"
#include "tests/handshake/pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct body {
    unsigned id;
    const char *hex;
    enum sw_err err;
};

/* clang-format off */
static const struct body bodies[] = {
    /* supported_versions */
    {43, "020304",                     SW_OK},
    {43, "04fafa0304",                 SW_OK},
    {43, "00",                         SW_ERR_EXTENSION_DECODE},
    {43, "0103",                       SW_ERR_EXTENSION_DECODE},
    {43, "03030403",                   SW_ERR_EXTENSION_DECODE},
    {43, "02030400",                   SW_ERR_EXTENSION_DECODE},
    /* key_share */
    {51, "0000",                       SW_OK}, /* none yet: wants to be asked */
    {51, "0024001d0020" B32,           SW_OK},
    {51, "002afafa000100001d0020" B32, SW_ERR_EXTENSION_DECODE},
    {51, "0029fafa000100001d0020" B32, SW_OK},
    {51, "0004001d0000",               SW_ERR_EXTENSION_VALUE}, /* an empty half */
    {51, "000a001d000101001d000102",   SW_ERR_EXTENSION_VALUE}, /* twice */
    {51, "000afafa000101fafa000102",   SW_OK},                  /* of what we do not know */
    {51, "0005001d0002",               SW_ERR_EXTENSION_DECODE},
    {51, "0003001d00",                 SW_ERR_EXTENSION_DECODE},
    {51, "00",                         SW_ERR_EXTENSION_DECODE},
    {51, "000000",                     SW_ERR_EXTENSION_DECODE},
    /* cookie */
    {44, "000101",                     SW_OK},
    {44, "0000",                       SW_ERR_EXTENSION_DECODE},
    {44, "000201",                     SW_ERR_EXTENSION_DECODE},
    /* psk_key_exchange_modes */
    {45, "0101",                       SW_OK},
    {45, "020001",                     SW_OK},
    {45, "0100",                       SW_OK},
    {45, "00",                         SW_ERR_EXTENSION_DECODE},
    {45, "010101",                     SW_ERR_EXTENSION_DECODE},
    /* early_data */
    {42, "",                           SW_OK},
    {42, "00",                         SW_ERR_EXTENSION_DECODE},
    /* pre_shared_key */
    {41, "0008 0002aabb00000000 0021 20" B32,                      SW_OK},
    {41, "0010 0002aabb00000000 0002aabb00000000 0042 20" B32 "20" B32, SW_OK},
    {41, "0010 0002aabb00000000 0002aabb00000000 0021 20" B32,     SW_ERR_EXTENSION_VALUE}, /* one binder for two */
    {41, "0008 0002aabb00000000 0042 20" B32 "20" B32,             SW_ERR_EXTENSION_VALUE},
    {41, "0006 000000000000 0021 20" B32,                          SW_ERR_EXTENSION_DECODE}, /* an empty name */
    {41, "0000 0021 20" B32,                                       SW_ERR_EXTENSION_DECODE},
    {41, "0008 0002aabb00000000 0000",                             SW_ERR_EXTENSION_DECODE},
    {41, "0008 0002aabb00000000 0020 1f 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e", SW_ERR_EXTENSION_DECODE}, /* a short binder */
    {41, "0007 0002aabb000000 0021 20" B32,                        SW_ERR_EXTENSION_DECODE},
    {41, "0008 0003aabb00000000 0021 20" B32,                      SW_ERR_EXTENSION_DECODE},
    {41, "0008 0002aabb00000000 0021 20" B32 "00",                 SW_ERR_EXTENSION_DECODE},
};
/* clang-format on */

static void connect_13(struct pair *p, unsigned max)
{
    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, max));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, max));
    pair_connect(p, "server.example");
}

/* The block lies in memory of exactly its size, so that a sanitizer sees each byte read beyond. */
static enum sw_err read_offer(struct sw_conn *conn, unsigned id, const uint8_t *body, size_t len, size_t behind)
{
    uint8_t *block = malloc(4 + len + behind);
    struct sw_hello_ext ext;
    enum sw_err err;

    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    block[0] = (uint8_t)(id >> 8);
    block[1] = (uint8_t)id;
    block[2] = (uint8_t)(len >> 8);
    block[3] = (uint8_t)len;
    memcpy(block + 4, body, len);
    if (behind > 0)
        memcpy(block + 4 + len, "\xfa\xfa\x00\x00", 4);
    err = sw_ext_read_offers(conn, &ext, (struct sw_slice){block, 4 + len + behind});
    free(block);
    return err;
}

static void offers(void)
{
    struct pair p;

    connect_13(&p, SW_TLS13);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        uint8_t body[256];
        size_t len = sw_unhex(bodies[i].hex, body, sizeof body);
        enum sw_err err = read_offer(p.server, bodies[i].id, body, len, 0);

        if (err != bodies[i].err)
            printf("     %u %s: %s\n", bodies[i].id, bodies[i].hex, sw_err_name(err));
        CU_ASSERT_EQUAL(err, bodies[i].err);
    }
    pair_close(&p);
}

static void each_truncation(void)
{
    struct pair p;

    connect_13(&p, SW_TLS13);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        uint8_t body[256];
        size_t len = sw_unhex(bodies[i].hex, body, sizeof body);

        for (size_t cut = 0; cut < len && bodies[i].err == SW_OK; cut++)
            SW_ASSERT_ERR(read_offer(p.server, bodies[i].id, body, cut, 0), SW_ERR_EXTENSION_DECODE);
    }
    pair_close(&p);
}

/* RFC 8446 4.2.11: pre_shared_key is the last one. */
static void the_last_one(void)
{
    uint8_t body[256];
    size_t len = sw_unhex("0008 0002aabb00000000 0021 20" B32, body, sizeof body);
    struct pair p;

    connect_13(&p, SW_TLS13);
    SW_ASSERT_OK(read_offer(p.server, 41, body, len, 0));
    SW_ASSERT_ERR(read_offer(p.server, 41, body, len, 4), SW_ERR_EXTENSION_VALUE);
    pair_close(&p);
}

/* Where TLS 1.3 is not spoken they mean nothing, well-formed or not. */
static void nothing_to_tls12(void)
{
    static const unsigned ids[] = {41, 42, 44, 45, 51};
    struct pair p;

    connect_13(&p, SW_TLS12);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        SW_ASSERT_OK(read_offer(p.server, ids[i], (const uint8_t *)"\xff", 1, 0));
    pair_close(&p);
}

SW_TEST_SUITE(ext13){
    SW_TEST(offers),
    SW_TEST(each_truncation),
    SW_TEST(the_last_one),
    SW_TEST(nothing_to_tls12),
};
