/* What a file may be called. */
#include "apps/file/server.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static void takes_names_and_paths(void)
{
    static const char *const good[] = {"a",       "report.pdf", "a b",       "dir/file", "a/b/c",
                                       ".hidden", "...",        "naïve.txt", "a..b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_TRUE(file_name_ok(good[i]));
}

static void refuses_what_leads_elsewhere(void)
{
    static const char *const bad[] = {"",    "/",      "/etc/passwd", "a/",   "a//b", ".",       "..",    "../x",
                                      "a/.", "a/../b", "a/..",        "a\\b", "a\nb", "\x1b[2J", "a\x7f", "./a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(file_name_ok(bad[i]));
}

static void bounds_lengths(void)
{
    char name[FILE_NAME_MAX + 1];
    memset(name, 'a', sizeof name);
    name[255] = 0;
    CU_ASSERT_TRUE(file_name_ok(name));
    name[255] = 'a';
    name[256] = 0;
    CU_ASSERT_FALSE(file_name_ok(name)); /* one component */
    memset(name, 'a', sizeof name);
    for (size_t i = 50; i < sizeof name; i += 50)
        name[i] = '/';
    name[FILE_NAME_MAX - 1] = 0;
    CU_ASSERT_TRUE(file_name_ok(name));
    name[FILE_NAME_MAX - 1] = 'a';
    name[FILE_NAME_MAX] = 0;
    CU_ASSERT_FALSE(file_name_ok(name));
}

SW_TEST_SUITE(file_name){
    SW_TEST(takes_names_and_paths),
    SW_TEST(refuses_what_leads_elsewhere),
    SW_TEST(bounds_lengths),
};
