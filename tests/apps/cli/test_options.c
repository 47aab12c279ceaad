/* The command line of the programs: verbs, options in any order, their values, and what is refused. */
#include "apps/cli/options.h"
#include "tests/said.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static struct app seen;
static long number;
static int64_t span, moment;
static int number_code, span_code, moment_code;

static int look(struct app *app)
{
    seen = *app;
    number_code = app_get_int(app, OPT_MAX_SEND, 7, 64, 16384, &number);
    span_code = app_get_span(app, OPT_TIMEOUT, 60, &span);
    moment_code = app_get_moment(app, OPT_TIMEOUT, 1000, 7, &moment);
    return app->argc;
}

static const struct app_verb verbs[] = {
    {"look", "[ARGUMENT]...", "look", "Look.", "look", APP_TLS | APP_IDLE, 0, 2, look},
    {0},
};

/* Run a command line with standard error elsewhere, as the complaints are not the matter here. */
static int run(int argc, const char *const *argv)
{
    struct app app = {.program = "test", .about = "Test.", .verbs = verbs};
    char *copy[16] = {0};
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1); /* not the settings of whoever runs this */
    for (int i = 0; i < argc; i++)
        copy[i] = (char *)(uintptr_t)argv[i];
    said_begin(stderr);
    int code = app_main(&app, argc, copy);
    said_end();
    return code;
}
#define RUN(...) run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static void takes_options_in_any_order(void)
{
    CU_ASSERT_EQUAL(RUN("test", "-q", "look", "one", "--max-send", "100", "two", "--no-etm", "--json"), 2);
    CU_ASSERT_TRUE(seen.quiet && seen.json && !seen.verbose);
    CU_ASSERT_EQUAL(seen.opt[OPT_NO_ETM].n, 1);
    CU_ASSERT_EQUAL(number, 100);
    CU_ASSERT_EQUAL(span, 60);
}

static void counts_repeated_values(void)
{
    CU_ASSERT_EQUAL(RUN("test", "look", "--cert", "a", "-c", "b", "--cert=c"), 0);
    CU_ASSERT_EQUAL(seen.opt[OPT_CERT].n, 3);
    CU_ASSERT_EQUAL(RUN("test", "look", "--trace"), 0);
    CU_ASSERT_EQUAL(seen.opt[OPT_TRACE].n, 1);
}

static void refuses_what_makes_no_sense(void)
{
    CU_ASSERT_EQUAL(RUN("test"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "dance"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "--dance", "look"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "--dance"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "--cert"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "--no-etm=1"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "-Z"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "1", "2", "3"), APP_USAGE);
    CU_ASSERT_EQUAL(RUN("test", "look", "--reply", "echo"), APP_USAGE); /* of a group the verb does not take */
}

static void reads_numbers_and_spans(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"0", 0}, {"90", 90}, {"90s", 90}, {"5m", 300}, {"12h", 43200}, {"7d", 604800}, {"1w", 604800}};
    static const char *const bad[] = {"", "s", "-1", "+1", " 1", "1x", "1ss", "1.5h", "99999999999999999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        RUN("test", "look", "--timeout", good[i].text);
        CU_ASSERT_EQUAL(span_code, APP_DONE);
        CU_ASSERT_EQUAL(span, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        RUN("test", "look", "--timeout", bad[i]);
        CU_ASSERT_EQUAL(span_code, APP_USAGE);
    }
    static const char *const out[] = {"63", "16385", "", "64x", "x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        RUN("test", "look", "--max-send", out[i]);
        CU_ASSERT_EQUAL(number_code, APP_USAGE);
    }
    RUN("test", "look", "--max-send", "16384");
    CU_ASSERT_EQUAL(number_code, APP_DONE);
    CU_ASSERT_EQUAL(number, 16384);
}

static void reads_moments(void)
{
    static const struct {
        const char *text;
        int64_t at;
    } good[] = {{"2027-01-31T12:00:00Z", 1801396800},
                {"2027-01-31", 1801353600},
                {"1801353600", 1801353600},
                {"+90", 1090},
                {"90s", 1090},
                {"+1w", 605800}};
    static const char *const bad[] = {"", "+", "soon", "++1d", "+-1d", "+2027-01-31", "2027-02-30", "-1d", "1.5h"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        RUN("test", "look", "--timeout", good[i].text);
        CU_ASSERT_EQUAL(moment_code, APP_DONE);
        CU_ASSERT_EQUAL(moment, good[i].at);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        RUN("test", "look", "--timeout", bad[i]);
        CU_ASSERT_EQUAL(moment_code, APP_USAGE);
    }
    RUN("test", "look");
    CU_ASSERT_EQUAL(moment_code, APP_DONE);
    CU_ASSERT_EQUAL(moment, 7);
}

SW_TEST_SUITE(options){
    SW_TEST(takes_options_in_any_order), SW_TEST(counts_repeated_values), SW_TEST(refuses_what_makes_no_sense),
    SW_TEST(reads_numbers_and_spans),    SW_TEST(reads_moments),
};
