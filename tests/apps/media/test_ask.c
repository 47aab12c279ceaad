/* What a player on this machine asks for: requests whole, in pieces, and wrong; what they get. */
#include "apps/media/ask.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

#define HOST "127.0.0.1:4711"
#define PATH "/0123456789abcdef"

static int read_text(struct ask *a, const char *text)
{
    return ask_read(a, text, strlen(text));
}

static void reads_a_request(void)
{
    static const char text[] =
        "GET " PATH " HTTP/1.1\r\nUser-Agent: Lavf\r\nrange:  bytes=5-9 \r\nHost: " HOST "\r\n\r\n";
    struct ask a;
    for (size_t n = 0; n < sizeof text - 1; n++)
        CU_ASSERT_EQUAL(ask_read(&a, text, n), 0);
    CU_ASSERT_EQUAL(read_text(&a, text), 1);
    CU_ASSERT_EQUAL(a.method, ASK_GET);
    CU_ASSERT_STRING_EQUAL(a.target, PATH);
    CU_ASSERT_STRING_EQUAL(a.host, HOST);
    CU_ASSERT_STRING_EQUAL(a.range, "bytes=5-9");
    CU_ASSERT_EQUAL(read_text(&a, "HEAD / HTTP/1.0\n\n"), 1);
    CU_ASSERT_EQUAL(a.method, ASK_HEAD);
    CU_ASSERT_STRING_EQUAL(a.host, "");
    CU_ASSERT_EQUAL(read_text(&a, "POST / HTTP/1.1\r\nHost: a\r\n\r\nbody"), 1);
    CU_ASSERT_EQUAL(a.method, ASK_OTHER);
}

static void refuses_what_is_none(void)
{
    static const char *const texts[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01 hello\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    };
    struct ask a;
    char text[ASK_HEAD_MAX + 1];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(read_text(&a, texts[i]), -1);
    CU_ASSERT_EQUAL(ask_read(&a, "GET /\0 HTTP/1.1\r\n\r\n", 19), -1);
    memset(text, 'a', sizeof text);
    CU_ASSERT_EQUAL(ask_read(&a, text, ASK_HEAD_MAX - 1), 0);
    CU_ASSERT_EQUAL(ask_read(&a, text, ASK_HEAD_MAX), -1);
    CU_ASSERT_EQUAL(ask_read(&a, text, ASK_HEAD_MAX + 1), -1);
}

/* What a request for a track of 100 bytes gets. */
static int settle(const char *text, struct http_range *range)
{
    struct ask a;
    return read_text(&a, text) == 1 ? ask_settle(&a, HOST, PATH, 100, range) : -1;
}

#define WITH(line) "GET " PATH " HTTP/1.1\r\nHost: " HOST "\r\n" line "\r\n"

static void serves_one_path_at_one_host(void)
{
    static const struct {
        const char *text;
        int status;
        int64_t from, length;
    } rows[] = {
        {WITH(""), 200, 0, 100},
        {WITH("Range: bytes=0-\r\n"), 206, 0, 100},
        {WITH("Range: bytes=10-19\r\n"), 206, 10, 10},
        {WITH("Range: bytes=-5\r\n"), 206, 95, 5},
        {WITH("Range: bytes=100-\r\n"), 416, 0, 100},
        {WITH("Range: bytes=1-2,5-6\r\n"), 200, 0, 100},
        {WITH("Range: lines=1-2\r\n"), 200, 0, 100},
        {"HEAD " PATH " HTTP/1.1\r\nHost: " HOST "\r\nRange: bytes=10-\r\n\r\n", 200, 0, 100},
        {"POST " PATH " HTTP/1.1\r\nHost: " HOST "\r\n\r\n", 405, 0, 100},
        {"GET " PATH " HTTP/1.0\r\n\r\n", 400, 0, 100},
        {"GET " PATH " HTTP/1.1\r\nHost: example.org:4711\r\n\r\n", 421, 0, 100},
        {"GET " PATH " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 421, 0, 100},
        {"GET / HTTP/1.1\r\nHost: " HOST "\r\n\r\n", 404, 0, 100},
        {"GET " PATH "0 HTTP/1.1\r\nHost: " HOST "\r\n\r\n", 404, 0, 100},
        {"GET " PATH "?a HTTP/1.1\r\nHost: " HOST "\r\n\r\n", 404, 0, 100},
        {"GET http://" HOST PATH " HTTP/1.1\r\nHost: " HOST "\r\n\r\n", 404, 0, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_range range;
        CU_ASSERT_EQUAL(settle(rows[i].text, &range), rows[i].status);
        CU_ASSERT_EQUAL(range.from, rows[i].from);
        CU_ASSERT_EQUAL(range.length, rows[i].length);
    }
}

/* A target and a host that fit nowhere are nothing of ours, not the beginning of something. */
static void what_is_too_long_is_nothing(void)
{
    char text[1024], path[ASK_TEXT_MAX + 1];
    struct http_range range;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: " HOST "\r\n\r\n", path);
    CU_ASSERT_EQUAL(settle(text, &range), 404);
    snprintf(text, sizeof text, "GET " PATH " HTTP/1.1\r\nHost: %s\r\n\r\n", path);
    CU_ASSERT_EQUAL(settle(text, &range), 400);
}

static void answers(void)
{
    char out[ASK_ANSWER_MAX];
    const struct http_range range = {10, 20};
    size_t n = ask_answer(out, 206, "audio/ogg", 100, &range);
    CU_ASSERT_EQUAL(n, strlen(out));
    CU_ASSERT_EQUAL(strncmp(out, "HTTP/1.1 206 Partial Content\r\n", 30), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Type: audio/ogg\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Range: bytes 10-29/100\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Length: 20\r\n"));
    CU_ASSERT_STRING_EQUAL(out + n - 4, "\r\n\r\n");
    ask_answer(out, 416, "audio/ogg", 100, &range);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Range: bytes */100\r\nContent-Length: 0\r\n"));
    ask_answer(out, 405, "", 100, &range);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nAllow: GET, HEAD\r\n"));
}

SW_TEST_SUITE(ask){
    SW_TEST(reads_a_request),
    SW_TEST(refuses_what_is_none),
    SW_TEST(serves_one_path_at_one_host),
    SW_TEST(what_is_too_long_is_nothing),
    SW_TEST(answers),
};
