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

static enum seen_claim claim(struct seen *s, const char *id)
{
    enum seen_claim out = SEEN_OURS;
    CU_ASSERT_EQUAL(seen_claim(s, id, (int64_t)time(NULL) + 60, &out), APP_DONE);
    return out;
}

/* Of two that read at the same time one has it, and the other one knows: that it is about to be shown, that it was. */
static void one_of_several_has_it(void)
{
    struct home h;
    struct seen *s, *other;
    int64_t later = (int64_t)time(NULL) + 60;
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, a), SEEN_OURS);
    CU_ASSERT_EQUAL(claim(other, a), SEEN_ELSEWHERE);
    CU_ASSERT_TRUE(seen_has(other, a));
    CU_ASSERT_EQUAL(seen_finish(s, a, later), APP_DONE);
    CU_ASSERT_EQUAL(claim(other, a), SEEN_SHOWN);
    CU_ASSERT_EQUAL(claim(s, a), SEEN_SHOWN);
    CU_ASSERT_EQUAL(seen_add(other, b, later), APP_DONE);
    CU_ASSERT_TRUE(seen_has(s, b));
    seen_begin_turn(s);
    CU_ASSERT_EQUAL(claim(other, b), SEEN_SHOWN); /* whoever holds the turn keeps nobody from noting */
    seen_end_turn(s);
    seen_close(other);
    seen_close(s);
    teardown(&h);
}

/* Who began and never said more is gone: it may have been shown, and that does not change by asking again. */
static void knows_what_was_interrupted(void)
{
    static const char other_id[] = "ffffffffffffffffffffffffffffff00"; /* its first digits are those of b */
    struct home h;
    struct seen *s, *other;
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, b), SEEN_OURS);
    CU_ASSERT_EQUAL(claim(s, a), SEEN_OURS);
    seen_close(s); /* as a crash does */
    CU_ASSERT_EQUAL(claim(other, a), SEEN_INTERRUPTED);
    CU_ASSERT_EQUAL(claim(other, a), SEEN_INTERRUPTED);
    CU_ASSERT_EQUAL(claim(other, other_id), SEEN_OURS);
    seen_close(other);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, b), SEEN_INTERRUPTED);
    CU_ASSERT_TRUE(seen_has(s, b));
    CU_ASSERT_EQUAL(seen_finish(s, b, (int64_t)time(NULL) + 60), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, b), SEEN_SHOWN);
    seen_close(s);
    teardown(&h);
}

/* However much of a line a crash leaves: what is not known to have been shown is never taken for that. */
static void a_torn_line_says_too_little(void)
{
    struct home h;
    struct seen *s;
    char line[80];
    int len = snprintf(line, sizeof line, "begun %s %lld", a, (long long)time(NULL) + 60);
    for (int n = 0; n <= len; n++) {
        setup(&h);
        CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
        seen_close(s);
        FILE *f = fopen(h.file, "w");
        fwrite(line, 1, (size_t)n, f);
        fclose(f);
        CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
        CU_ASSERT_EQUAL(seen_add(s, b, (int64_t)time(NULL) + 60), APP_DONE);
        CU_ASSERT_NOT_EQUAL(claim(s, a), SEEN_SHOWN);
        CU_ASSERT_EQUAL(claim(s, b), SEEN_SHOWN);
        seen_close(s);
        teardown(&h);
    }
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

/* Another file would not have the lock of who is about to show something. */
static void leaves_the_file_of_who_is_at_work(void)
{
    struct home h;
    struct seen *s, *other;
    setup(&h);
    CU_ASSERT_EQUAL(seen_open(&other, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(other, a), SEEN_OURS);
    FILE *f = fopen(h.file, "a");
    for (int i = 0; i < 3000; i++)
        fprintf(f, "%032x %lld\n", (unsigned)i, (long long)time(NULL) - 3 * 86400);
    fclose(f);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, a), SEEN_ELSEWHERE);
    seen_close(s);
    seen_close(other);
    CU_ASSERT_EQUAL(seen_open(&s, &h.app), APP_DONE);
    CU_ASSERT_EQUAL(claim(s, a), SEEN_INTERRUPTED);
    seen_close(s);
    teardown(&h);
}

SW_TEST_SUITE(seen){
    SW_TEST(remembers_over_restarts),           SW_TEST(passes_over_torn_lines),      SW_TEST(one_of_several_has_it),
    SW_TEST(knows_what_was_interrupted),        SW_TEST(a_torn_line_says_too_little), SW_TEST(forgets_what_is_over),
    SW_TEST(leaves_the_file_of_who_is_at_work),
};
