/*
 * What was shown is remembered: over restarts, by all that run at once, not for ever, and not in a file others can
 * read.
 */
#include "apps/message/seen.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char a[] = "0123456789abcdef0123456789abcdef", b[] = "ffffffffffffffffffffffffffffffff";

struct home {
    char dir[64], file[128];
    struct app app;
};

static void setup(struct home *h)
{
    *h = (struct home){.app = {.program = "test", .quiet = true}};
    snprintf(h->dir, sizeof h->dir, "/tmp/sealwax-seen.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(h->dir));
    snprintf(h->file, sizeof h->file, "%s/sealwax/seen", h->dir);
    setenv("XDG_STATE_HOME", h->dir, 1);
}

static void teardown(struct home *h)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/sealwax", h->dir);
    unlink(h->file);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    CU_ASSERT_EQUAL(rmdir(h->dir), 0);
    unsetenv("XDG_STATE_HOME");
}

static void remembers_over_restarts(void)
{
    struct home h;
    struct seen *s, *other;
    struct stat st;
    int64_t now = (int64_t)time(NULL);
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_FALSE(seen_has(s, a));
    CU_ASSERT_EQUAL(seen_add(s, a, now + 60), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, a));
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE); /* another program at the same time */
    CU_ASSERT_TRUE(seen_has(other, a));
    CU_ASSERT_EQUAL(seen_add(other, b, now - 2 * 86400), APP_DONE); /* long over */
    seen_close(other);
    seen_close(s);
    CU_ASSERT_EQUAL(stat(h.file, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, a));
    CU_ASSERT_FALSE(seen_has(s, b));
    seen_close(s);
    teardown(&h);
}

/* A line that was torn by a crash, or written by somebody else, takes nothing else with it. */
static void passes_over_torn_lines(void)
{
    struct home h;
    struct seen *s;
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(seen_add(s, a, (int64_t)time(NULL) + 60), APP_DONE);
    seen_close(s);
    FILE *f = fopen(h.file, "a");
    fprintf(f, "garbage\n%s\n0123", b);
    fclose(f);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, a));
    CU_ASSERT_FALSE(seen_has(s, b));
    CU_ASSERT_EQUAL(seen_add(s, b, (int64_t)time(NULL) + 60), APP_DONE);
    seen_close(s);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, b)); /* a line of its own, not the end of the torn one */
    seen_close(s);
    teardown(&h);
}

/* Of two that read at the same time one has it, and the other one knows. */
static void one_of_several_has_it(void)
{
    struct home h;
    struct seen *s, *other;
    bool ours;
    int64_t later = (int64_t)time(NULL) + 60;
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(seen_claim(s, a, later, &ours), APP_DONE);
    CU_ASSERT_TRUE(ours);
    CU_ASSERT_EQUAL(seen_claim(other, a, later, &ours), APP_DONE);
    CU_ASSERT_FALSE(ours);
    CU_ASSERT_EQUAL(seen_add(other, b, later), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, b));
    seen_begin_turn(s);
    CU_ASSERT_EQUAL(seen_claim(other, b, later, &ours), APP_DONE); /* whoever holds the turn keeps nobody from noting */
    CU_ASSERT_FALSE(ours);
    seen_end_turn(s);
    seen_close(other);
    seen_close(s);
    teardown(&h);
}

static void forgets_what_is_over(void)
{
    struct home h;
    struct seen *s, *other;
    struct stat st;
    char id[33];
    int64_t now = (int64_t)time(NULL);
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE);
    FILE *f = fopen(h.file, "a");
    for (int i = 0; i < 3000; i++)
        fprintf(f, "%032x %lld\n", (unsigned)i, (long long)(i < 2990 ? now - 3 * 86400 : now + 60));
    fclose(f);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    snprintf(id, sizeof id, "%032x", 2995u);
    CU_ASSERT_TRUE(seen_has(s, id));
    CU_ASSERT_TRUE(seen_has(other, id)); /* who had the old file open goes on with the new one */
    CU_ASSERT_EQUAL(seen_add(other, a, now + 60), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, a));
    seen_close(s);
    seen_close(other);
    CU_ASSERT_EQUAL(stat(h.file, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_TRUE(st.st_size < 1000);
    teardown(&h);
}

SW_TEST_SUITE(seen){
    SW_TEST(remembers_over_restarts),
    SW_TEST(passes_over_torn_lines),
    SW_TEST(one_of_several_has_it),
    SW_TEST(forgets_what_is_over),
};
