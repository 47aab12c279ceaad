/* Help and manual pages: where lines break, how an option stands there, and what roff must not see. */
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/cli_help.h"
#include <stdio.h>
#include <string.h>

static void fills_lines(void)
{
    char text[256] = "";
    for (int i = 0; i < 20; i++)
        strcat(text, i ? " nine.ten!" : "nine.ten!");
    said_begin(stdout);
    cli_wrap(text, 0, 0);
    const char *said = said_end();
    size_t first = strcspn(said, "\n");
    CU_ASSERT_EQUAL(first, 89); /* nine words; a tenth would end at 99, beyond 96 */
    CU_ASSERT_EQUAL(strlen(said), strlen(text) + 1);
    said_begin(stdout);
    cli_wrap("one\ntwo", 4, 4);
    CU_ASSERT_STRING_EQUAL(said_end(), "one\n\n    two\n");
    said_begin(stdout);
    cli_indented("first  line\nsecond");
    CU_ASSERT_STRING_EQUAL(said_end(), "  first  line\n  second\n");
}

static const struct {
    struct cli_option option;
    const char *help, *roff;
} options[] = {
    {{'q', "quiet", NULL, "say less"},
     "  -q, --quiet       say less\n",
     ".TP\n\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\nsay less\n"},
    {{0, "no-color", NULL, "no colour"},
     "      --no-color    no colour\n",
     ".TP\n\\fB\\-\\-no\\-color\\fR\nno colour\n"},
    {{'o', "out", "FILE", "where"},
     "  -o, --out FILE    where\n",
     ".TP\n\\fB\\-o\\fR, \\fB\\-\\-out\\fR \\fIFILE\\fR\nwhere\n"},
    {{0, "seal", "[=FORM]", "seal it"},
     "      --seal[=FORM] seal it\n",
     ".TP\n\\fB\\-\\-seal\\fR\\fI[=FORM]\\fR\nseal it\n"},
    {{'l', "on", "[HOST:]PORT", "listen"}, /* only a part of this argument may be left out */
     "  -l, --on [HOST:]PORT\n                    listen\n",
     ".TP\n\\fB\\-l\\fR, \\fB\\-\\-on\\fR \\fI[HOST:]PORT\\fR\nlisten\n"},
};

static void options_stand_in_columns(void)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        said_begin(stdout);
        cli_option_help(&options[i].option, 20);
        CU_ASSERT_STRING_EQUAL(said_end(), options[i].help);
        said_begin(stdout);
        cli_roff_option(&options[i].option);
        CU_ASSERT_STRING_EQUAL(said_end(), options[i].roff);
    }
    CU_ASSERT_TRUE(cli_arg_is_optional("[=FORM]"));
    CU_ASSERT_FALSE(cli_arg_is_optional("[HOST:]PORT"));
    CU_ASSERT_FALSE(cli_arg_is_optional(NULL));
}

static void roff_sees_text_alone(void)
{
    said_begin(stdout);
    cli_roff(".TH is a macro, 'so is this; a\\b --name\n.new");
    CU_ASSERT_STRING_EQUAL(said_end(), "\\&.TH is a macro, 'so is this; a\\eb \\-\\-name\n.PP\n\\&.new\n");
    said_begin(stdout);
    cli_roff_lines("'one\ntwo");
    CU_ASSERT_STRING_EQUAL(said_end(), ".nf\n\\&'one\ntwo\n.fi\n");
}

SW_TEST_SUITE(cli_help){
    SW_TEST(fills_lines),
    SW_TEST(options_stand_in_columns),
    SW_TEST(roff_sees_text_alone),
};
