/* Which handler a method and a path lead to. */
#include "tests/apps/http/peer.h"
#include <stdio.h>
#include <string.h>

static void plain(void *ctx, struct http_request *rq)
{
    http_reply_bytes(rq, 200, "text/plain", ctx, strlen(ctx));
}

static void named(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_bytes(rq, 200, "text/plain", rq->part[0], strlen(rq->part[0]));
}

static const struct http_route first[] = {
    {EVHTTP_REQ_GET, "/things", plain},
    {EVHTTP_REQ_GET, "/things/{}", named},
    {EVHTTP_REQ_DELETE, "/things/{}", named},
    {EVHTTP_REQ_POST, "/things/{}/end", named},
    {0, NULL, NULL},
};
static const struct http_route second[] = {{EVHTTP_REQ_PUT, "/things", plain}, {0, NULL, NULL}};

/* clang-format off */
static const struct {
    const char *method, *path;
    int status;
    const char *body; /* or a part of it */
} rows[] = {
    {"GET",    "/things",               200, "one"},
    {"PUT",    "/things",               200, "two"},           /* of the second service, at the same path */
    {"POST",   "/things",               405, "GET, PUT"},      /* what both take */
    {"GET",    "/things/x",             200, "x"},
    {"DELETE", "/things/x",             200, "x"},
    {"PATCH",  "/things/x",             405, "GET, DELETE"},
    {"GET",    "/things/%41%20b",       200, "A b"},
    {"GET",    "/things/a%2Fb",         200, "a/b"},           /* an escaped slash parts nothing */
    {"GET",    "/things/a/b",           404, ""},
    {"POST",   "/things/a/end",         200, "a"},
    {"GET",    "/things/a/end",         405, "POST"},
    {"GET",    "/things/",              404, ""},              /* nothing is no segment */
    {"GET",    "/things/%00",           404, ""},
    {"GET",    "/things/%ff",           404, ""},              /* no text */
    {"GET",    "/thing",                404, ""},
    {"GET",    "/thingsx",              404, ""},
    {"GET",    "/",                     404, ""},
};
/* clang-format on */

static void paths_lead_somewhere(void)
{
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, first, "one", 1000);
    CU_ASSERT_TRUE(http_serve(w.http, second, "two"));
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = http_askf(&p, rows[i].method, rows[i].path, "", "");
        bool same = status == rows[i].status && strstr(p.body, rows[i].body) != NULL;
        if (!same)
            printf("     %s %s: %d %s\n", rows[i].method, rows[i].path, status, p.body);
        CU_ASSERT_TRUE(same);
    }
    http_peer_close(&p);
    http_world_close(&w);
}

static void segments_have_a_length(void)
{
    char path[4 * HTTP_SEGMENT_MAX] = "/things/";
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, first, "one", 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    memset(path + strlen(path), 'a', HTTP_SEGMENT_MAX - 1);
    CU_ASSERT_EQUAL(http_askf(&p, "GET", path, "", ""), 200);
    CU_ASSERT_EQUAL(p.body_len, HTTP_SEGMENT_MAX - 1);
    path[strlen(path)] = 'a';
    CU_ASSERT_EQUAL(http_askf(&p, "GET", path, "", ""), 404);
    path[8] = 0;
    for (int i = 0; i < HTTP_SEGMENT_MAX - 1; i++) /* the length is that of what is meant */
        memcpy(path + 8 + 3 * i, "%61", 4);
    CU_ASSERT_EQUAL(http_askf(&p, "GET", path, "", ""), 200);
    CU_ASSERT_EQUAL(p.body_len, HTTP_SEGMENT_MAX - 1);
    http_peer_close(&p);
    http_world_close(&w);
}

static void text_is_utf8(void)
{
    CU_ASSERT_TRUE(http_is_text(""));
    CU_ASSERT_TRUE(http_is_text("caf\xc3\xa9"));
    CU_ASSERT_FALSE(http_is_text("caf\xe9"));
    CU_ASSERT_FALSE(http_is_text("\xed\xa0\x80")); /* half a surrogate pair */
}

SW_TEST_SUITE(http_route){
    SW_TEST(paths_lead_somewhere),
    SW_TEST(segments_have_a_length),
    SW_TEST(text_is_utf8),
};
