/* Settings files: what is handed on, and which line ends the reading, and why. */
#include "tests/test.h"
#include "ttp/cli_ini.h"
#include <string.h>

static char seen[512];

/* "section.name=value;" of each; bad is refused. */
static bool on_setting(void *ctx, const char *section, const char *name, const char *value)
{
    size_t n = strlen(seen);
    (void)ctx;
    snprintf(seen + n, sizeof seen - n, "%s%s%s=%s;", section, *section ? "." : "", name, value);
    return strcmp(name, "bad") != 0;
}

static struct cli_ini read_text(const void *text, size_t len)
{
    struct cli_ini ini = {.file = tmpfile(), .setting = on_setting, .line = -1, .result = CLI_INI_REFUSED};
    CU_ASSERT_PTR_NOT_NULL_FATAL(ini.file);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, ini.file), len);
    rewind(ini.file);
    seen[0] = 0;
    CU_ASSERT_EQUAL(cli_ini_read(&ini), ini.result);
    fclose(ini.file);
    return ini;
}

/* clang-format off */
static const struct {
    const char *text, *seen;
    enum cli_ini_result result;
    int line;
} rows[] = {
    {"",                                  "",                 CLI_INI_DONE,       1},
    {"a = 1\n# bad = 2\n; c\n[s]\nb=2",   "a=1;s.b=2;",       CLI_INI_DONE,       5},
    {"a = 1\n  2\n",                      "a=1;a=2;",         CLI_INI_DONE,       3},
    {"a =\n",                             "a=;",              CLI_INI_DONE,       2},
    {"\nbad = 1\na = 2\n",                "bad=1;",           CLI_INI_REFUSED,    2},
    {"a = 1\nwords\n",                    "a=1;",             CLI_INI_NO_SETTING, 2},
    {"words\na = 1\n",                    "a=1;",             CLI_INI_NO_SETTING, 1},
    {"words\nbad = 1\n",                  "bad=1;",           CLI_INI_NO_SETTING, 1}, /* the first that is wrong */
    {"[s\na = 1\n",                       "a=1;",             CLI_INI_NO_SETTING, 1},
};
/* clang-format on */

static void each_line_or_the_first_that_is_wrong(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli_ini ini = read_text(rows[i].text, strlen(rows[i].text));
        CU_ASSERT_EQUAL(ini.result, rows[i].result);
        CU_ASSERT_STRING_EQUAL(seen, rows[i].seen);
        if (rows[i].result != CLI_INI_DONE)
            CU_ASSERT_EQUAL(ini.line, rows[i].line);
    }
}

static void a_zero_byte_is_no_text(void)
{
    struct cli_ini ini = read_text("a = 1\nb = 2\0c = 3\n", 18);
    CU_ASSERT_EQUAL(ini.result, CLI_INI_NOT_TEXT);
    CU_ASSERT_EQUAL(ini.line, 2);
    CU_ASSERT_STRING_EQUAL(seen, "a=1;");
}

/* The end of a long comment must not become a setting, wherever the line is cut. */
static void a_long_line_is_not_two(void)
{
    char text[512];
    size_t room = (size_t)read_text("", 0).room;
    CU_ASSERT_TRUE_FATAL(room > 20 && room < sizeof text - 20);
    for (size_t len = room - 20; len < room + 20; len++) {
        memset(text, ' ', sizeof text);
        text[0] = '#';
        memcpy(text + len - 5, "b = 2\n", 6);
        struct cli_ini ini = read_text(text, len + 1);
        CU_ASSERT_EQUAL(ini.result, len <= room ? CLI_INI_DONE : CLI_INI_TOO_LONG);
        CU_ASSERT_STRING_EQUAL(seen, "");
        if (ini.result)
            CU_ASSERT_EQUAL(ini.line, 1);
    }
}

static void a_directory_cannot_be_read(void)
{
    struct cli_ini ini = {.file = fopen("/tmp", "re"), .setting = on_setting};
    CU_ASSERT_PTR_NOT_NULL_FATAL(ini.file);
    CU_ASSERT_EQUAL(cli_ini_read(&ini), CLI_INI_UNREADABLE);
    fclose(ini.file);
}

SW_TEST_SUITE(cli_ini){
    SW_TEST(each_line_or_the_first_that_is_wrong),
    SW_TEST(a_zero_byte_is_no_text),
    SW_TEST(a_long_line_is_not_two),
    SW_TEST(a_directory_cannot_be_read),
};
