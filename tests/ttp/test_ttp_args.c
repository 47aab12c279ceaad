/*
 * The tool's command line as a function: what options mean, where they may stand, and what text is a time or a length
 * of time.
 */
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/ttp.h"
#include <stdio.h>
#include <string.h>

static int nothing(struct ttp *t)
{
    (void)t;
    return TTP_DONE;
}

/* A table of the test's own: the tool's is in ttp.c, with its main. */
const struct ttp_verb ttp_verbs[] = {
    {.name = "issue",
     .args = "CN [NAME]...",
     .options = TTP_BIT(DAYS) | TTP_BIT(NAME) | TTP_BIT(PREFIX) | TTP_BIT(FORCE),
     .min = 1,
     .max = 9,
     .run = nothing},
    {.name = "crl", .args = "", .options = TTP_BIT(OUT), .run = nothing},
    {.name = NULL},
};

/* Parse, with what would be said on standard error thrown away. */
static int parse(struct ttp *t, int argc, const char **argv)
{
    static const char *words[32]; /* what was parsed points into it */
    memset(words, 0, sizeof words);
    memcpy(words, argv, (size_t)argc * sizeof *words);
    *t = (struct ttp){.now = 0};
    said_begin(stderr);
    int code = ttp_args_parse(t, argc, (char **)(uintptr_t)words);
    said_end();
    return code;
}

#define PARSE(t, ...)                                                                                                  \
    parse(t, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__, NULL})

static void options_stand_anywhere(void)
{
    struct ttp t;
    CU_ASSERT_EQUAL(PARSE(&t, "ttp", "--pki", "d", "issue", "a", "--days", "5", "b", "-o", "p", "--name=x", "-n", "y",
                          "--json", "-f"),
                    TTP_DONE);
    CU_ASSERT_STRING_EQUAL(t.verb->name, "issue");
    CU_ASSERT_STRING_EQUAL(t.dir, "d");
    CU_ASSERT_EQUAL(t.argc, 2);
    CU_ASSERT_STRING_EQUAL(t.argv[0], "a");
    CU_ASSERT_STRING_EQUAL(t.argv[1], "b");
    CU_ASSERT_STRING_EQUAL(ttp_get(&t, TTP_OPT_DAYS), "5");
    CU_ASSERT_STRING_EQUAL(ttp_get(&t, TTP_OPT_PREFIX), "p");
    CU_ASSERT_EQUAL(t.opt[TTP_OPT_NAME].n, 2);
    CU_ASSERT_STRING_EQUAL(t.opt[TTP_OPT_NAME].v[0], "x");
    CU_ASSERT_STRING_EQUAL(ttp_get(&t, TTP_OPT_NAME), "y");
    CU_ASSERT(t.json && !t.quiet && ttp_has(&t, TTP_OPT_FORCE) && !ttp_has(&t, TTP_OPT_OUT));
    ttp_args_free(&t);
}

/* "--" ends the options, so that a name may begin with a hyphen. */
static void two_hyphens_end_the_options(void)
{
    struct ttp t;
    CU_ASSERT_EQUAL(PARSE(&t, "ttp", "issue", "--", "-a", "--days"), TTP_DONE);
    CU_ASSERT_EQUAL(t.argc, 2);
    CU_ASSERT_STRING_EQUAL(t.argv[1], "--days");
    ttp_args_free(&t);
}

static void mistakes_are_usage_errors(void)
{
    struct ttp t;
    int codes[] = {
        PARSE(&t, "ttp"),
        PARSE(&t, "ttp", "nothing"),
        PARSE(&t, "ttp", "issue"),
        PARSE(&t, "ttp", "crl", "extra"),
        PARSE(&t, "ttp", "issue", "a", "--out"),
        PARSE(&t, "ttp", "issue", "a", "--force=yes"),
        PARSE(&t, "ttp", "issue", "a", "--passin", "x"),
        PARSE(&t, "ttp", "issue", "a", "-z"),
        PARSE(&t, "ttp", "--days", "5", "issue", "a"),
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        CU_ASSERT_EQUAL(codes[i], TTP_USAGE);
}

static void the_same_name_means_the_verb_s_option(void)
{
    struct ttp t;
    CU_ASSERT_EQUAL(PARSE(&t, "ttp", "crl", "--out", "f"), TTP_DONE);
    CU_ASSERT(ttp_has(&t, TTP_OPT_OUT) && !ttp_has(&t, TTP_OPT_PREFIX));
    ttp_args_free(&t);
}

static void spans(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"90s", 90},     {"5m", 300},      {"12h", 43200}, {"30d", 2592000},
                {"2w", 1209600}, {"1y", 31536000}, {"7", 604800},  {"0d", 0}};
    static const char *const bad[] = {"", "d", "-1d", "1.5d", "5 d", "5x", "99999999999999999999d", "+5d"};
    int64_t s;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CU_ASSERT(ttp_parse_span(good[i].text, &s));
        CU_ASSERT_EQUAL(s, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ttp_parse_span(bad[i], &s))
            CU_FAIL(bad[i]);
}

/*
 * Every option has what --help, the manual and the completion need; every name stands once among those a verb could
 * take together.
 */
static void the_option_table(void)
{
    for (int i = 0; i < TTP_OPT_COUNT; i++) {
        const struct cli_option *o = &ttp_options[i];
        CU_ASSERT(o->name && *o->name && o->help && *o->help);
        CU_ASSERT(!o->arg || *o->arg);
    }
    CU_ASSERT(TTP_OPT_COUNT <= 64);
}

SW_TEST_SUITE(ttp_args){
    SW_TEST(options_stand_anywhere),
    SW_TEST(two_hyphens_end_the_options),
    SW_TEST(mistakes_are_usage_errors),
    SW_TEST(the_same_name_means_the_verb_s_option),
    SW_TEST(spans),
    SW_TEST(the_option_table),
};
