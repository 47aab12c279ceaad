/* The text that Prometheus reads, and who may ask for it. */
#include "apps/daemon/metrics.h"
#include "tests/said.h"
#include "tests/test.h"
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && at[n] == '\n')
            return true;
    return false;
}

static void counts(void)
{
    struct metrics *m = metrics_new();
    char *text;
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    metrics_add(m, METRIC_MESSAGES, "queued", 1);
    metrics_add(m, METRIC_MESSAGES, "queued", 2);
    metrics_add(m, METRIC_MESSAGES, "turned away", 1);
    metrics_set(m, METRIC_CONNECTIONS, "", 7);
    metrics_set(m, METRIC_CONNECTIONS, "", 5);
    metrics_set(m, METRIC_BUILD, "a \"b\"\\\n", 1);
    metrics_add(NULL, METRIC_MESSAGES, "queued", 1); /* nobody asks */
    text = metrics_text(m);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_TRUE(has_line(text, "# TYPE sealwax_messages_total counter"));
    CU_ASSERT_TRUE(has_line(text, "sealwax_messages_total{event=\"queued\"} 3"));
    CU_ASSERT_TRUE(has_line(text, "sealwax_messages_total{event=\"turned away\"} 1"));
    CU_ASSERT_TRUE(has_line(text, "sealwax_connections 5"));
    CU_ASSERT_TRUE(has_line(text, "sealwax_trouble_total 0"));
    CU_ASSERT_TRUE(has_line(text, "sealwax_build_info{version=\"a \\\"b\\\"\\\\\\n\"} 1"));
    free(text);
    metrics_free(m);
}

/* What counts must not grow without end, whatever it is given. */
static void is_bounded(void)
{
    struct metrics *m = metrics_new();
    char value[64], *text;
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (int i = 0; i < 10000; i++) {
        snprintf(value, sizeof value, "number %d, and a value that is longer than any of ours", i);
        metrics_add(m, METRIC_ALERTS, value, 1);
    }
    metrics_add(m, METRIC_TROUBLE, "", 1);
    text = metrics_text(m);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_TRUE(strlen(text) < 20000);
    CU_ASSERT_TRUE(has_line(text, "sealwax_trouble_total 1"));
    free(text);
    metrics_free(m);
}

static void knows_the_process(void)
{
    struct metrics *m = metrics_new();
    char *text, *at;
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    metrics_set_process(m);
    text = metrics_text(m);
    at = strstr(text, "\nprocess_resident_memory_bytes ");
    CU_ASSERT_TRUE(at && atof(at + 31) > 1e6);
    at = strstr(text, "\nprocess_open_fds ");
    CU_ASSERT_TRUE(at && atof(at + 18) >= 3 && atof(at + 18) < 1000);
    free(text);
    metrics_free(m);
}

static void the_page_has_each(void)
{
    static const char *const names[] = {
#define METRIC(id, type, name, label, help) name,
#include "apps/daemon/metrics.def"
#undef METRIC
    };
    size_t len;
    char *page = (char *)sw_test_file("docs/metrics.md", &len), cell[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(cell, sizeof cell, "| `%s`, ", names[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(page, cell));
    }
    free(page);
}

static void refresh(void *ctx)
{
    (void)ctx;
}

static void only_this_machine(void)
{
    const struct app app = {.program = "test"};
    struct event_base *base = event_base_new();
    struct metrics *m = metrics_new(), *other = metrics_new();
    CU_ASSERT_TRUE_FATAL(base && m && other);
    said_begin(stderr);
    CU_ASSERT_EQUAL(metrics_listen(m, &app, base, "0", refresh, NULL), APP_DONE);
    CU_ASSERT_EQUAL(metrics_listen(other, &app, base, "*:0", refresh, NULL), APP_REFUSED);
    said_end();
    metrics_free(m);
    metrics_free(other);
    event_base_free(base);
}

SW_TEST_SUITE(metrics){
    SW_TEST(counts),
    SW_TEST(is_bounded),
    SW_TEST(knows_the_process),
    SW_TEST(only_this_machine),
    SW_TEST(the_page_has_each),
};
