/* Sizes and rates for people, and the line that says how far a transfer is. */
#include "apps/cli/progress.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int64_t bytes;
    const char *text;
} sizes[] = {
    {0, "0 B"},
    {999, "999 B"},
    {1000, "1.0 kB"},
    {1500, "1.5 kB"},
    {999949, "999.9 kB"},
    {1000000, "1.0 MB"},
    {4096000000, "4.1 GB"},
    {8796093022208, "8.8 TB"},
    {INT64_MAX, "9223372.0 TB"},
};

static void sizes_are_for_people(void)
{
    char text[32];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        progress_size(sizes[i].bytes, text);
        CU_ASSERT_STRING_EQUAL(text, sizes[i].text);
    }
}

enum { HOUR_MS = 3600000 };

/* What a transfer of 1000 units of so many bytes writes to a standard error that is a terminal, or a pipe. */
static size_t shown_of(const struct app *app, int64_t unit, bool terminal, int64_t slept_ms, char *out, size_t cap)
{
    int kept = dup(STDERR_FILENO), master = -1, slave = -1, pipes[2] = {-1, -1};
    struct progress p;
    ssize_t n;
    if (terminal) {
        master = posix_openpt(O_RDWR | O_NOCTTY);
        CU_ASSERT_TRUE_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
        slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    } else {
        CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
        master = pipes[0];
        slave = pipes[1];
    }
    CU_ASSERT_TRUE_FATAL(slave >= 0);
    fflush(stderr);
    dup2(slave, STDERR_FILENO);
    progress_begin(&p, app, "film.mkv", 1000 * unit, 100 * unit);
    p.begun_at -= slept_ms;
    p.shown_at += slept_ms ? -slept_ms : HOUR_MS; /* none: however long this machine takes */
    progress_at(&p, 550 * unit);
    p.shown_at += HOUR_MS;
    progress_at(&p, 551 * unit); /* too soon for another line */
    progress_end(&p);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(slave);
    /* a terminal hands it over in pieces of its own, and then has no other side */
    size_t len = 0;
    while ((n = read(master, out + len, cap - 1 - len)) > 0)
        len += (size_t)n;
    out[len] = 0;
    close(master);
    return len;
}

static size_t shown(const struct app *app, bool terminal, int64_t slept_ms, char *out, size_t cap)
{
    return shown_of(app, 1, terminal, slept_ms, out, cap);
}

/* 4.5 PB in ten hours, and as many to come: products of these are beyond 64 bits. */
static void a_large_one(void)
{
    const struct app app = {.program = "test"};
    char text[512];
    CU_ASSERT_TRUE(shown_of(&app, INT64_C(10000000000000), true, 10 * HOUR_MS, text, sizeof text) > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "film.mkv   55%  5500.0 TB  "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  600:0"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  125.0 GB/s  "));
}

static void one_line_on_a_terminal(void)
{
    const struct app app = {.program = "test"};
    char text[512];
    CU_ASSERT_TRUE(shown(&app, true, 10 * HOUR_MS, text, sizeof text) > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "film.mkv   55%  550 B  "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  600:0")); /* 450 in ten hours, and as many to come */
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " left"));
    CU_ASSERT_PTR_NULL(strstr(text, "551"));
    CU_ASSERT_STRING_EQUAL(text + strlen(text) - 4, "\r\033[K");
}

static void silent_otherwise(void)
{
    const struct app app = {.program = "test"}, quiet = {.program = "test", .quiet = true},
                     json = {.program = "test", .json = true};
    char text[512];
    CU_ASSERT_EQUAL(shown(&app, false, 9000, text, sizeof text), 0);
    CU_ASSERT_EQUAL(shown(&quiet, true, 9000, text, sizeof text), 0);
    CU_ASSERT_EQUAL(shown(&json, true, 9000, text, sizeof text), 0);
    CU_ASSERT_EQUAL(shown(&app, true, 0, text, sizeof text), 0); /* over before anybody waits */
}

/* Where it was asked for, it is shown without a terminal, too, in lines; where it was not wanted, nowhere. */
static void as_it_was_asked_for(void)
{
    const char *value = "";
    struct app asked = {.program = "test", .quiet = true}, unwanted = {.program = "test"};
    char text[512];
    asked.opt[OPT_PROGRESS] = (struct app_values){.v = &value, .n = 1};
    unwanted.opt[OPT_NO_PROGRESS] = (struct app_values){.v = &value, .n = 1};
    CU_ASSERT_TRUE(shown(&asked, false, 9000, text, sizeof text) > 0);
    CU_ASSERT_PTR_EQUAL(strstr(text, "film.mkv   55%  550 B  "), text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "left\nfilm.mkv   55%  551 B  ")); /* the end */
    CU_ASSERT_PTR_NULL(strchr(text, '\r'));
    CU_ASSERT_PTR_NOT_NULL((shown(&asked, true, 9000, text, sizeof text), strchr(text, '\r')));
    CU_ASSERT_EQUAL(shown(&unwanted, true, 9000, text, sizeof text), 0);
    asked.json = true;
    CU_ASSERT_TRUE(shown(&asked, false, 9000, text, sizeof text) > 0);
    CU_ASSERT_STRING_EQUAL(text, "{\"progress\":\"film.mkv\",\"bytes\":550,\"total\":1000}\n"
                                 "{\"progress\":\"film.mkv\",\"bytes\":551,\"total\":1000}\n");
}

SW_TEST_SUITE(progress){
    SW_TEST(sizes_are_for_people), SW_TEST(one_line_on_a_terminal), SW_TEST(a_large_one),
    SW_TEST(silent_otherwise),     SW_TEST(as_it_was_asked_for),
};
