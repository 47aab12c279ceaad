/*
 * The fixture of the extensions' tests. Blocks lie in memory of exactly their size, so that a sanitizer sees each byte
 * read beyond.
 */
#include "tests/handshake/ext_bodies.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One extension as a block. */
static struct sw_slice block_of(const struct ext_body *row)
{
    uint8_t body[256], *p;
    size_t len = sw_unhex(row->body, body, sizeof body);

    p = malloc(4 + len);
    p[0] = (uint8_t)(row->id >> 8);
    p[1] = (uint8_t)row->id;
    p[2] = (uint8_t)(len >> 8);
    p[3] = (uint8_t)len;
    memcpy(p + 4, body, len);
    return (struct sw_slice){p, 4 + len};
}

void ext_client(struct pair *p)
{
    size_t n;

    pair_open(p, false);
    SW_ASSERT_OK(sw_config_set_alpn(p->client_cfg, "h2,http/1.1"));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_MAX_FRAGMENT, 512));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_RECORD_SIZE_LIMIT, 1024));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_STATUS_REQUEST, 1));
    SW_ASSERT_OK(sw_config_set_option(p->client_cfg, SW_OPT_SCT, 1));
    pair_connect(p, "server.example");
    CU_ASSERT_PTR_NOT_NULL(sw_conn_out_buf(p->client, &n));
    p->client->suite = sw_suite_by_id(0xc02f);
}

static enum sw_err read_one(bool offer, const struct ext_body *row)
{
    struct sw_slice block = block_of(row);
    struct sw_hello_ext ext;
    struct pair p;
    enum sw_err err;

    ext_client(&p);
    err = offer ? sw_ext_read_offers(p.server, &ext, block) : sw_ext_read_answers(p.client, block);
    pair_close(&p);
    free((void *)(uintptr_t)block.p);
    return err;
}

static void judge(bool offer, const struct ext_body *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum sw_err err = read_one(offer, &rows[i]);

        if (err != rows[i].err)
            printf("     %s: %s, not %s\n", rows[i].what, sw_err_name(err), sw_err_name(rows[i].err));
        CU_ASSERT_EQUAL(err, rows[i].err);
    }
}

void ext_offers(const struct ext_body *rows, size_t n)
{
    judge(true, rows, n);
}

void ext_answers(const struct ext_body *rows, size_t n)
{
    judge(false, rows, n);
}
