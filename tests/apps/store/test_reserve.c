/* The file of the reserve: taken whole or not at all, given up, and noticed when somebody else has done that. */
#include "apps/store/reserve.h"
#include "tests/test.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 2 << 20 };

static char dir[64];

static void begin(struct reserve *r)
{
    snprintf(dir, sizeof dir, "/tmp/sealwax-reserve-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    CU_ASSERT_TRUE_FATAL(reserve_at(r, dir, SIZE));
    CU_ASSERT_EQUAL_FATAL(r->size, SIZE);
}

static void end(const struct reserve *r)
{
    reserve_end(r);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void is_taken_and_given_up(void)
{
    struct reserve r;
    begin(&r);
    CU_ASSERT_EQUAL(reserve_held(&r), 0);
    CU_ASSERT_FALSE(reserve_give_up(&r));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(reserve_take(&r));
        CU_ASSERT_TRUE(reserve_held(&r) >= SIZE);
        CU_ASSERT_TRUE(reserve_take(&r));
        errno = EINTR;
        CU_ASSERT_TRUE(reserve_give_up(&r));
        CU_ASSERT_EQUAL(errno, EINTR);
        CU_ASSERT_FALSE(reserve_give_up(&r));
        CU_ASSERT_EQUAL(reserve_held(&r), 0);
    }
    CU_ASSERT_FALSE(reserve_is_short(&r)); /* as there is space */
    end(&r);
}

/* What is only as long as a reserve has no blocks. */
static void a_hole_is_none(void)
{
    struct reserve r;
    begin(&r);
    FILE *f = fopen(r.path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(ftruncate(fileno(f), SIZE), 0);
    fclose(f);
    CU_ASSERT_EQUAL(reserve_held(&r), 0);
    CU_ASSERT_TRUE(reserve_take(&r));
    CU_ASSERT_TRUE(reserve_held(&r) >= SIZE);
    end(&r);
}

static void is_a_share_of_its_file_system(void)
{
    struct reserve r;
    CU_ASSERT_TRUE(reserve_at(&r, "/tmp", INT64_MAX));
    CU_ASSERT_TRUE(r.size > 0 && r.size < INT64_MAX);
    int64_t space = reserve_free(&r);
    CU_ASSERT_TRUE(space > 0);
    r.size = space; /* and half as much besides is not there */
    CU_ASSERT_FALSE(reserve_take(&r));
    CU_ASSERT_EQUAL(errno, ENOSPC);
    CU_ASSERT_FALSE(reserve_at(&r, "/nowhere/at/all", SIZE));
    CU_ASSERT_EQUAL(errno, ENOENT);
}

/* No file of that size may be: nothing of it stays, and it is not a lack of space. */
static void nothing_stays_of_half_a_reserve(void)
{
    struct reserve r;
    struct rlimit was, less;
    begin(&r);
    getrlimit(RLIMIT_FSIZE, &was);
    less = was;
    less.rlim_cur = SIZE / 2;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &less);
    CU_ASSERT_FALSE(reserve_take(&r));
    CU_ASSERT_EQUAL(errno, EFBIG);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, handler);
    CU_ASSERT_EQUAL(reserve_held(&r), 0);
    end(&r);
}

/* A link there leads to somebody else's file. */
static void follows_no_link(void)
{
    struct reserve r;
    char other[80];
    struct stat st;
    begin(&r);
    snprintf(other, sizeof other, "%s/other", dir);
    FILE *f = fopen(other, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs("mine", f);
    fclose(f);
    CU_ASSERT_EQUAL_FATAL(symlink(other, r.path), 0);
    CU_ASSERT_FALSE(reserve_take(&r));
    CU_ASSERT_FALSE(reserve_give_up(&r));
    CU_ASSERT_TRUE(stat(other, &st) == 0 && st.st_size == 4);
    unlink(other);
    end(&r);
}

SW_TEST_SUITE(reserve){
    SW_TEST(is_taken_and_given_up),           SW_TEST(a_hole_is_none),  SW_TEST(is_a_share_of_its_file_system),
    SW_TEST(nothing_stays_of_half_a_reserve), SW_TEST(follows_no_link),
};
