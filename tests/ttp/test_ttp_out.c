/* Texts for people: lengths of time, times, and foreign text that must not move the cursor. */
#include "tests/test.h"
#include "ttp/ttp.h"
#include <string.h>

static void spans_in_words(void)
{
    static const struct {
        int64_t to;
        const char *text;
    } rows[] = {
        {1, "in 1 second"},
        {119, "in 119 seconds"},
        {120, "in 2 minutes"},
        {7199, "in 120 minutes"},
        {7200, "in 2 hours"},
        {172800, "in 2 days"},
        {86400 * 30, "in 30 days"},
        {86400 * 397LL, "in 13 months"},
        {86400 * 3650LL, "in 10 years"},
        {0, "0 seconds ago"},
        {-1, "1 second ago"},
        {-86400 * 3, "3 days ago"},
    };
    char out[TTP_SPAN_CAP];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_STRING_EQUAL(ttp_span_text(0, rows[i].to, out), rows[i].text);
}

static void times(void)
{
    char out[TTP_TIME_CAP];
    CU_ASSERT_STRING_EQUAL(ttp_time_text(0, out), "1970-01-01T00:00:00Z");
    CU_ASSERT_STRING_EQUAL(ttp_time_text(253402300799, out), "9999-12-31T23:59:59Z");
    CU_ASSERT_STRING_EQUAL(ttp_time_text(INT64_MAX, out), "?");
}

static void foreign_text_is_tamed(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "plain"},
        {"\xe0\xa4\x85 \xc3\xa9 \xf0\x9f\x94\x91", "\xe0\xa4\x85 \xc3\xa9 \xf0\x9f\x94\x91"},
        {"a\x1b[2Jb", "a?[2Jb"},
        {"a\nb\x7f", "a?b?"},
        {"\xc2\x9b"
         "2J",
         "?2J"}, /* CSI as a C1 control */
        {"\xff\xfe", "??"},
        {"\xe0\xa4", "?"},
        {"\xc0\xaf", "?"},
        {"\xe0\x80\xaf"
         "a",
         "?a"}, /* longer than it need be */
        {"\xed\xa0\x80"
         "b",
         "?b"}, /* half of a pair of UTF-16 */
        {"\xf4\x90\x80\x80"
         "c",
         "?c"}, /* beyond Unicode */
        {"exam\xe2\x80\xae"
         "elp",
         "exam?elp"}, /* turns the direction */
    };
    char out[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_STRING_EQUAL(ttp_printable(rows[i].in, out, sizeof out), rows[i].out);
    /* cut at a character, and inside the room */
    char small[8];
    CU_ASSERT(strlen(ttp_printable("aaaaaaaaaaaaaaaa", small, sizeof small)) < sizeof small);
}

/* jansson takes well-formed UTF-8 alone. */
static void any_text_is_a_json_string(void)
{
    static const char *const rows[][2] = {{"plain", "plain"},
                                          {"\xff", "?"},
                                          {"a\xed\xa0\x80"
                                           "b\n",
                                           "a?b?"},
                                          {"\xc3\xa9\xf4\x90\x80\x80", "\xc3\xa9?"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *string = ttp_json_text(rows[i][0]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(string);
        CU_ASSERT_STRING_EQUAL(json_string_value(string), rows[i][1]);
        json_decref(string);
    }
}

SW_TEST_SUITE(ttp_out){
    SW_TEST(any_text_is_a_json_string),
    SW_TEST(spans_in_words),
    SW_TEST(times),
    SW_TEST(foreign_text_is_tamed),
};
