/* What would steer a terminal, and what is text. */
#include "apps/cli/printable.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *text, *shown;
} texts[] = {
    {"",                           ""},
    {"Lunch at one?",              "Lunch at one?"},
    {"two\nlines\tand a tab",      "two?lines?and a tab"},
    {"\033[31mred\a\x7f",          "?[31mred??"},
    {"\xc2\x9b" "31mred",          "??31mred"},     /* U+009B: as ESC [ */
    {"\xc2\x80\xc2\x9f\xc2\xa0",   "????\xc2\xa0"}, /* U+00A0 is a space */
    {"zo\xc3\xab \xe2\x82\xac",    "zo\xc3\xab \xe2\x82\xac"},
    {"\xc2",                       "\xc2"},         /* cut off: the terminal's own business */
    {"\xe2\x82\x9b",               "\xe2\x82\x9b"}, /* 9B as part of a letter */
};
/* clang-format on */

static void controls_become_question_marks(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", texts[i].text);
        make_printable(text);
        CU_ASSERT_STRING_EQUAL(text, texts[i].shown);
    }
}

/* A C1 character whose second byte is behind the end is none. */
static void reads_no_further_than_told(void)
{
    CU_ASSERT_EQUAL(control_at("\xc2\x9b", 2), 2);
    CU_ASSERT_EQUAL(control_at("\xc2\x9b", 1), 0);
    CU_ASSERT_EQUAL(control_at("\n", 0), 0);
    CU_ASSERT_EQUAL(control_at("\0", 1), 1);
}

SW_TEST_SUITE(apps_printable){
    SW_TEST(controls_become_question_marks),
    SW_TEST(reads_no_further_than_told),
};
