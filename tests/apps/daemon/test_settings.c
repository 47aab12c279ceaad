/* What sealwaxd serve makes of its options. */
#include "apps/daemon/serve.h"
#include "tests/said.h"
#include "tests/test.h"
#include <stdio.h>
#include <unistd.h>

static const char *value;
static struct app app = {.program = "test"};
static struct sw_store_limits store;
static struct file_limits files;
static int64_t reserve;

/* One option set, all limits read with standard error elsewhere: what the first that minds returns. */
static int with(enum app_option option, const char *text)
{
    value = text;
    app.opt[option] = (struct app_values){.v = &value, .n = 1};
    said_begin(stderr);
    int code = serve_store_limits(&app, &store);
    if (!code)
        code = serve_file_limits(&app, &files);
    if (!code)
        code = serve_reserve_size(&app, &reserve);
    said_end();
    app.opt[option].n = 0;
    return code;
}

static void limits_have_defaults(void)
{
    CU_ASSERT_EQUAL(serve_store_limits(&app, &store), 0);
    CU_ASSERT_EQUAL(store.body_max, sw_store_defaults.body_max);
    CU_ASSERT_EQUAL(store.queue_max, sw_store_defaults.queue_max);
    CU_ASSERT_EQUAL(store.rate_max, sw_store_defaults.rate_max);
    CU_ASSERT_EQUAL(store.ttl_max, sw_store_defaults.ttl_max);
    CU_ASSERT_EQUAL(serve_file_limits(&app, &files), 0);
    CU_ASSERT_TRUE(files.file_max > 0 && files.space_max >= files.file_max);
    CU_ASSERT_EQUAL(serve_reserve_size(&app, &reserve), 0);
    CU_ASSERT_EQUAL(reserve, RESERVE_USUAL);
}

static void limits_are_taken(void)
{
    CU_ASSERT_EQUAL(with(OPT_MAX_MESSAGE, "1000"), 0);
    CU_ASSERT_EQUAL(store.body_max, 1000);
    CU_ASSERT_EQUAL(with(OPT_MAX_QUEUE, "7"), 0);
    CU_ASSERT_EQUAL(store.queue_max, 7);
    CU_ASSERT_EQUAL(with(OPT_MAX_RATE, "8"), 0);
    CU_ASSERT_EQUAL(store.rate_max, 8);
    CU_ASSERT_EQUAL(with(OPT_MAX_FILE, "9K"), 0);
    CU_ASSERT_EQUAL(files.file_max, 9 << 10);
    CU_ASSERT_EQUAL(with(OPT_RESERVE, "3M"), 0);
    CU_ASSERT_EQUAL(reserve, 3 << 20);
    CU_ASSERT_EQUAL(with(OPT_RESERVE, "0"), 0);
    CU_ASSERT_EQUAL(reserve, 0);
}

static void what_is_no_limit_is_refused(void)
{
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_MESSAGE, "5M"), 0); /* no request body may be so long */
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_QUEUE, "0"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_RESERVE, "4096"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_RESERVE, "2G"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_RATE, "many"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_TTL, "-1"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_FILE, "x"), 0);
    CU_ASSERT_NOT_EQUAL(with(OPT_MAX_SPACE, ""), 0);
}

SW_TEST_SUITE(serve_settings){
    SW_TEST(limits_have_defaults),
    SW_TEST(limits_are_taken),
    SW_TEST(what_is_no_limit_is_refused),
};
