/* Where systemd's variables lead: what is taken from them, and what is not. */
#include "apps/cli/places.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void first_of_several(void)
{
    char out[16];
    CU_ASSERT_EQUAL(unsetenv("STATE_DIRECTORY"), 0);
    CU_ASSERT_FALSE(places_first("STATE_DIRECTORY", out, sizeof out));
    static const struct {
        const char *value, *first; /* NULL: none */
    } rows[] = {{"/var/lib/a", "/var/lib/a"},
                {"/a:/b", "/a"},
                {"/", "/"},
                {"", NULL},
                {":/b", NULL},
                {"a", NULL},
                {"/as/long/as/th", "/as/long/as/th"},
                {"/as/long/as/thi", "/as/long/as/thi"},
                {"/as/long/as/this", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(setenv("STATE_DIRECTORY", rows[i].value, 1), 0);
        bool found = places_first("STATE_DIRECTORY", out, sizeof out);
        CU_ASSERT_EQUAL(found, rows[i].first != NULL);
        if (found && rows[i].first)
            CU_ASSERT_STRING_EQUAL(out, rows[i].first);
    }
    unsetenv("STATE_DIRECTORY");
}

static void a_credential_is_a_file_that_is_there(void)
{
    char dir[] = "/tmp/sealwax-places.XXXXXX", path[64], out[64], want[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/server.key", dir);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fclose(file);
    unsetenv("CREDENTIALS_DIRECTORY");
    CU_ASSERT_FALSE(places_credential("server.key", out, sizeof out));
    CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
    CU_ASSERT_TRUE(places_credential("server.key", out, sizeof out));
    snprintf(want, sizeof want, "%s", path);
    CU_ASSERT_STRING_EQUAL(out, want);
    CU_ASSERT_TRUE(places_is_credential(out));
    snprintf(want, sizeof want, "%s/../server.key", dir);
    CU_ASSERT_FALSE(places_is_credential(want));
    snprintf(want, sizeof want, "%s.d/server.key", dir);
    CU_ASSERT_FALSE(places_is_credential(want));
    CU_ASSERT_FALSE(places_is_credential("server.key"));
    CU_ASSERT_FALSE(places_is_credential(dir));
    CU_ASSERT_FALSE(places_credential("server.key", out, strlen(path))); /* no room for its end */
    static const char *const none[] = {"other.key", "", ".", "..", "./server.key", "../server.key", "/etc/passwd"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CU_ASSERT_FALSE(places_credential(none[i], out, sizeof out));
    CU_ASSERT_FALSE(places_credential(path, out, sizeof out));
    CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", dir + 1, 1), 0); /* relative: nobody's */
    CU_ASSERT_FALSE(places_credential("server.key", out, sizeof out));
    unsetenv("CREDENTIALS_DIRECTORY");
    CU_ASSERT_FALSE(places_is_credential(path));
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void what_is_made_at_run_time(void)
{
    char out[32];
    unsetenv("RUNTIME_DIRECTORY");
    CU_ASSERT_FALSE(places_runtime("ready", out, sizeof out));
    CU_ASSERT_EQUAL(setenv("RUNTIME_DIRECTORY", "/run/sealwax:/run/other", 1), 0);
    CU_ASSERT_TRUE(places_runtime("ready", out, sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "/run/sealwax/ready");
    CU_ASSERT_FALSE(places_runtime("/tmp/ready", out, sizeof out));
    CU_ASSERT_FALSE(places_runtime("./ready", out, sizeof out));
    CU_ASSERT_FALSE(places_runtime("ready", out, 18));
    CU_ASSERT_TRUE(places_runtime("ready", out, 19));
    unsetenv("RUNTIME_DIRECTORY");
}

SW_TEST_SUITE(places){
    SW_TEST(first_of_several),
    SW_TEST(a_credential_is_a_file_that_is_there),
    SW_TEST(what_is_made_at_run_time),
};
