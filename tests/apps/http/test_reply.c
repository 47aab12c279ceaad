/*
 * The reader of HTTP answers: the same result however the bytes are cut, and a refusal of whatever could be read in two
 * ways.
 */
#include "apps/http/reply.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

struct result {
    struct http_reply reply;
    char body[512];
    size_t body_len, used;
};

/* Feed text in pieces; what the parser says at the end. */
static enum http_reply_state feed(struct result *r, const char *text, size_t len, size_t piece, bool head, bool eof)
{
    memset(r, 0, sizeof *r);
    http_reply_begin(&r->reply, head);
    while (r->used < len && (r->reply.state == HTTP_HEAD || r->reply.state == HTTP_BODY)) {
        size_t n = len - r->used < piece ? len - r->used : piece, used, got;
        const uint8_t *body;
        http_reply_feed(&r->reply, (const uint8_t *)text + r->used, n, &used, &body, &got);
        CU_ASSERT_TRUE_FATAL(used <= n && r->body_len + got < sizeof r->body);
        memcpy(r->body + r->body_len, body, got);
        r->body_len += got;
        r->used += used;
        CU_ASSERT_TRUE_FATAL(used > 0);
    }
    return eof ? http_reply_eof(&r->reply) : r->reply.state;
}

/* clang-format off */
static const struct {
    const char *text, *body;
    int status;
    bool head, eof;
    size_t rest; /* bytes of text that belong to the next answer */
} good[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, false, false, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", "hello", 200, false, false, 4},
    {"HTTP/1.1 200 OK\ncontent-length:5\n\nhello", "hello", 200, false, false, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\n\r\n", "hello", 200, false, false, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest", "0123456789", 200, false, false, 4},
    {"HTTP/1.0 200 OK\r\n\r\nto the end", "to the end", 200, false, true, 0},
    {"HTTP/1.1 204 No Content\r\nETag: \"x\"\r\n\r\n", "", 204, false, false, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "", 200, true, false, 0},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", "ok", 201, false, false, 0},
    {"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", "", 404, false, false, 0},
};

static const char *const bad[] = {
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 2x0 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "SSH-2.0-x\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\n: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
};
/* clang-format on */

static void reads_answers_however_they_are_cut(void)
{
    static struct result r;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t len = strlen(good[i].text);
        for (size_t piece = 1; piece <= len; piece++) {
            CU_ASSERT_EQUAL(feed(&r, good[i].text, len, piece, good[i].head, good[i].eof), HTTP_DONE);
            CU_ASSERT_EQUAL(r.reply.status, good[i].status);
            CU_ASSERT_EQUAL(r.body_len, strlen(good[i].body));
            CU_ASSERT_EQUAL(memcmp(r.body, good[i].body, r.body_len), 0);
            CU_ASSERT_EQUAL(len - r.used, good[i].rest);
        }
    }
}

static void refuses_what_is_ambiguous(void)
{
    static struct result r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t len = strlen(bad[i]);
        for (size_t piece = 1; piece <= len; piece += 5)
            CU_ASSERT_EQUAL(feed(&r, bad[i], len, piece, false, false), HTTP_BAD);
    }
    static const char nul[] = "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n";
    CU_ASSERT_EQUAL(feed(&r, nul, sizeof nul - 1, 100, false, false), HTTP_BAD);
}

static void bounds_lines_and_heads(void)
{
    static struct result r;
    size_t len = 200000;
    char *text = malloc(len);
    memset(text, 'a', len);
    memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
    CU_ASSERT_EQUAL(feed(&r, text, len, 1000, false, false), HTTP_BAD);
    CU_ASSERT_TRUE(r.used < 20000);
    for (size_t at = 17; at + 8 < len; at += 8)
        memcpy(text + at, "X: 1234\n", 8);
    CU_ASSERT_EQUAL(feed(&r, text, len, 1000, false, false), HTTP_BAD);
    CU_ASSERT_TRUE(r.used < 80000);
    free(text);
}

static void notices_an_early_end(void)
{
    static struct result r;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (size_t n = 0; n < strlen(good[i].text) - good[i].rest; n++) {
            enum http_reply_state state = feed(&r, good[i].text, n, 1000, good[i].head, true);
            CU_ASSERT_EQUAL(state, good[i].eof && n >= strlen("HTTP/1.0 200 OK\r\n\r\n") ? HTTP_DONE : HTTP_BAD);
        }
}

static void keeps_what_is_asked_for_later(void)
{
    static struct result r;
    static const char text[] =
        "HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nLocation: /uploads/1\r\nETag: \"abc\"\r\n"
        "Upload-Offset: 77\r\nContent-Range: bytes 0-4/1234\r\nRetry-After: 60\r\nSealwax-Plays-Left: 2\r\nConnection: "
        "close\r\nContent-Length: "
        "5\r\n\r\nhello";
    CU_ASSERT_EQUAL(feed(&r, text, sizeof text - 1, 1000, false, false), HTTP_DONE);
    CU_ASSERT_STRING_EQUAL(r.reply.type, "text/plain");
    CU_ASSERT_STRING_EQUAL(r.reply.location, "/uploads/1");
    CU_ASSERT_STRING_EQUAL(r.reply.etag, "\"abc\"");
    CU_ASSERT_EQUAL(r.reply.offset, 77);
    CU_ASSERT_EQUAL(r.reply.total, 1234);
    CU_ASSERT_EQUAL(r.reply.retry_after, 60);
    CU_ASSERT_EQUAL(r.reply.plays_left, 2);
    CU_ASSERT_EQUAL(r.reply.length, 5);
    CU_ASSERT_TRUE(r.reply.close);
}

SW_TEST_SUITE(http_reply){
    SW_TEST(reads_answers_however_they_are_cut),
    SW_TEST(refuses_what_is_ambiguous),
    SW_TEST(bounds_lines_and_heads),
    SW_TEST(notices_an_early_end),
    SW_TEST(keeps_what_is_asked_for_later),
};
