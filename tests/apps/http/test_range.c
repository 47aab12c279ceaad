/* Ranges of something that is served, over a real connection. RFC 9110 13.1, 14. */
#include "tests/apps/http/peer.h"
#include <stdio.h>
#include <string.h>

/* A thing of ten bytes, or of none; the body says what was settled. */
static void get_thing(void *ctx, struct http_request *rq)
{
    struct http_range range;
    char text[64];
    (void)ctx;
    int status = http_range(rq, strcmp(rq->part[0], "ten") == 0 ? 10 : 0, "\"tag\"", &range);
    int n = snprintf(text, sizeof text, "%d %lld %lld", status, (long long)range.from, (long long)range.length);
    http_reply_bytes(rq, 200, "text/plain", text, (size_t)n);
}

static const struct http_route routes[] = {
    {EVHTTP_REQ_GET, "/{}", get_thing}, {EVHTTP_REQ_POST, "/{}", get_thing}, {0, NULL, NULL}};

/* clang-format off */
static const struct {
    const char *path, *headers, *settled;
} rows[] = {
    {"ten",  "",                                              "200 0 10"},
    {"ten",  "Range: bytes=0-9\r\n",                          "206 0 10"},
    {"ten",  "Range: bytes=3-5\r\n",                          "206 3 3"},
    {"ten",  "Range: bytes=9-9\r\n",                          "206 9 1"},
    {"ten",  "Range: bytes=5-\r\n",                           "206 5 5"},
    {"ten",  "Range: bytes=5-99999999999999999999\r\n",       "206 5 5"},
    {"ten",  "Range: bytes=-3\r\n",                           "206 7 3"},
    {"ten",  "Range: bytes=-30\r\n",                          "206 0 10"},
    {"ten",  "Range: bytes=10-\r\n",                          "416 0 10"},
    {"ten",  "Range: bytes=-0\r\n",                           "416 0 10"},
    {"ten",  "Range: bytes=5-3\r\n",                          "200 0 10"},
    {"ten",  "Range: bytes=a-b\r\n",                          "200 0 10"},
    {"ten",  "Range: bytes=0-1,4-5\r\n",                      "200 0 10"},
    {"ten",  "Range: lines=0-1\r\n",                          "200 0 10"},
    {"ten",  "Range: bytes=3-5\r\nIf-Range: \"tag\"\r\n",     "206 3 3"},
    {"ten",  "Range: bytes=3-5\r\nIf-Range: \"other\"\r\n",   "200 0 10"},
    {"ten",  "If-None-Match: \"tag\"\r\n",                    "304 0 10"},
    {"ten",  "If-None-Match: \"other\", \"tag\"\r\n",         "304 0 10"},
    {"ten",  "If-None-Match: \"other\"\r\n",                  "200 0 10"},
    {"ten",  "If-None-Match: W/\"tag\"\r\n",                  "304 0 10"},
    {"ten",  "If-None-Match: *\r\n",                          "304 0 10"},
    {"ten",  "If-Match: *\r\n",                               "200 0 10"},
    {"ten",  "If-Match: \"other\", \"tag\"\r\n",              "200 0 10"},
    {"ten",  "If-Match: \"other\"\r\n",                       "412 0 10"},
    {"ten",  "If-Match: W/\"tag\"\r\n",                       "412 0 10"}, /* 13.1.1: strong comparison */
    {"ten",  "Range: Bytes=3-5\r\n",                          "206 3 3"},
    {"none", "",                                              "200 0 0"},
    {"none", "Range: bytes=0-\r\n",                           "416 0 0"},
    {"none", "Range: bytes=-5\r\n",                           "416 0 0"},
};
/* clang-format on */

static void settles_each(void)
{
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char request[256];
        snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: x\r\n%s\r\n", rows[i].path, rows[i].headers);
        CU_ASSERT_EQUAL(http_ask(&p, request), 200);
        CU_ASSERT_STRING_EQUAL(p.body, rows[i].settled);
        CU_ASSERT_STRING_EQUAL(p.reply.etag, "\"tag\"");
    }
    CU_ASSERT_EQUAL(http_ask(&p, "POST /ten HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nRange: bytes=3-5\r\n\r\n"),
                    200);
    CU_ASSERT_STRING_EQUAL(p.body, "200 0 10"); /* 14.2: ranges are for GET */
    CU_ASSERT_EQUAL(
        http_ask(&p, "POST /ten HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nIf-None-Match: \"tag\"\r\n\r\n"), 200);
    CU_ASSERT_STRING_EQUAL(p.body, "412 0 10"); /* 13.1.2: what changes something is refused */
    http_peer_close(&p);
    http_world_close(&w);
}

SW_TEST_SUITE(http_range){
    SW_TEST(settles_each),
};
