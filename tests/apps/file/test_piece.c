/* A piece in the coding of put --protect=rsa, and codings that are none. */
#include "apps/file/coding.h"
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int coded_piece(struct http_peer *p, const char *url, const char *coding, const uint8_t *bytes, size_t len)
{
    char request[8192];
    int n =
        snprintf(request, sizeof request,
                 "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
                 "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                 url, coding, len);
    memcpy(request + n, bytes, len);
    p->body_len = 0;
    http_reply_begin(&p->reply, false);
    http_peer_send(p, request, (size_t)n + len, 0);
    return http_ask_until(p, NULL) ? p->reply.status : 0;
}

/* put --protect=rsa, as the server sees it. */
static void comes_in_blocks(void)
{
    struct archive a;
    uint8_t blocks[CODING_MAX + 256] = {0};
    size_t len;
    char url[64];
    archive_open(&a);
    const struct sw_pubkey *key = sw_privkey_public(sw_config_key(a.world.server_cfg, 0));
    CU_ASSERT_PTR_NULL(sw_config_key(a.world.server_cfg, 1));
    SW_ASSERT_OK(coding_encode(key, (const uint8_t *)"text", 4, blocks, &len));
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 422); /* it has no key */
    file_service_set_config(a.service, a.world.server_cfg);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, "gzip", blocks, len), 415);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len - 1), 422);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, sizeof blocks), 413);
    blocks[7] ^= 1;
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 422);
    blocks[7] ^= 1;
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "text");
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 3, NULL, false, url), 201);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 413); /* than was announced */
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, "identity", (const uint8_t *)"abc", 3), 204);
    archive_close(&a);
}

SW_TEST_SUITE(file_piece){
    SW_TEST(comes_in_blocks),
};
