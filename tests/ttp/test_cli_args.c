/* A command line against a table of options: what is taken, where it stops, and what a mistake is told. */
#include "tests/test.h"
#include "ttp/cli_args.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option table[] = {
    {'q', "quiet", NULL, ""}, {'o', "out", "FILE", ""},   {0, "seal", "[=FORM]", ""},
    {0, "secret", NULL, ""},  {'o', "other", "TEXT", ""}, /* of another verb, where o is another option's letter */
};

static char log_text[512];
static bool with_other;

static struct cli_option option(int id)
{
    return table[id];
}

static bool takes(const void *ctx, int id)
{
    (void)ctx;
    return with_other ? id == 4 : id < 4;
}

static int add(void *ctx, int id, const char *value)
{
    size_t n = strlen(log_text);
    (void)ctx;
    snprintf(log_text + n, sizeof log_text - n, "%s=%s ", table[id].name, value);
    return strcmp(value, "stop") == 0 ? 7 : 0;
}

static int usage(void *ctx, const char *before, const char *what, const char *after)
{
    (void)ctx;
    snprintf(log_text, sizeof log_text, "%s%s%s", before, what, after);
    return 2;
}

/* clang-format off */
static const struct {
    const char *line; /* words parted by blanks */
    bool only_before;
    int code, left;   /* words that are no options */
    const char *log;
} rows[] = {
    {"",                     false, 0, 0, ""},
    {"-q a --out f b",       false, 0, 2, "quiet= out=f "},
    {"-q a --out f b",       true,  0, 4, "quiet= "},
    {"-qof",                 false, 0, 0, "quiet= out=f "},
    {"--out=f -- -q",        false, 0, 1, "out=f "},
    {"--seal x",             false, 0, 1, "seal= "},
    {"--seal=rsa",           false, 0, 0, "seal=rsa "},
    {"--qui",                false, 0, 0, "quiet= "},
    {"--out stop -q",        false, 7, -1, "out=stop "},
    {"--out",                false, 2, -1, "option --out needs an argument"},
    {"-q -o",                false, 2, -1, "option -o needs an argument"},
    {"--quiet=1",            false, 2, -1, "option --quiet takes no argument"},
    {"-x",                   false, 2, -1, "unknown option -x"},
    {"-qx",                  false, 2, -1, "unknown option -x"},
    {"--quite",              false, 2, -1, "unknown option --quite: did you mean --quiet?"},
    {"--banana",             false, 2, -1, "unknown option --banana"},
    {"--se",                 false, 2, -1, "--se is short for several options"},
    {"--other=x",            false, 2, -1, "unknown option --other"},
};
/* clang-format on */

static int run(const struct cli_args *args, const char *line, bool only_before, int *left)
{
    char copy[128], *argv[16] = {"program"};
    int argc = 1;
    log_text[0] = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    int code = cli_args_parse(args, argc, argv, only_before);
    *left = argc - optind;
    return code;
}

static void lines_and_what_becomes_of_them(void)
{
    const struct cli_args args = {sizeof table / sizeof *table, option, takes, add, usage, NULL};
    int left;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(run(&args, rows[i].line, rows[i].only_before, &left), rows[i].code);
        CU_ASSERT_STRING_EQUAL(log_text, rows[i].log);
        CU_ASSERT_TRUE(rows[i].left < 0 || left == rows[i].left);
    }
    with_other = true;
    CU_ASSERT_EQUAL(run(&args, "-o x", false, &left), 0);
    CU_ASSERT_STRING_EQUAL(log_text, "other=x ");
    with_other = false;
}

SW_TEST_SUITE(cli_args){
    SW_TEST(lines_and_what_becomes_of_them),
};
