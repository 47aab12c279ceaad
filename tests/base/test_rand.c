/* Random bytes: sources in front, threads and forks apart, and what comes back when a source fails. */
#include "base/rand.h"
#include "tests/test.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

/* Every byte of the buffer is written: over many draws each takes other values than the one it had. */
static void fills_all_and_no_more(void)
{
    static const size_t lens[] = {1, 16, 48, 64, 65, 4096, 32768, 32769, 100000};
    uint8_t *buf = malloc(100001);

    if (buf == NULL)
        abort();
    for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {
        size_t len = lens[l];
        int unchanged = 0;

        memset(buf, 0, len);
        buf[len] = 0xee;
        for (int i = 0; i < 4; i++) {
            uint8_t first = buf[0], last = buf[len - 1];

            SW_ASSERT_OK(sw_rand_bytes(NULL, buf, len));
            unchanged += (first == buf[0]) + (last == buf[len - 1]);
        }
        CU_ASSERT(unchanged < 8);
        CU_ASSERT_EQUAL(buf[len], 0xee);
    }
    SW_ASSERT_OK(sw_rand_bytes(NULL, NULL, 0));
    free(buf);
}

/* No two of many IVs alike, across many refills of the pool, in each length up to the largest and past it. */
static void ivs_do_not_repeat(void)
{
    enum { COUNT = 3000 };
    uint8_t(*ivs)[16] = calloc(COUNT, sizeof *ivs), long_iv[80] = {0};

    if (ivs == NULL)
        abort();
    for (size_t i = 0; i < COUNT; i++) {
        SW_ASSERT_OK(sw_rand_iv(NULL, ivs[i], 16));
        if (i % 64 == 0)
            SW_ASSERT_OK(sw_rand_iv(NULL, long_iv, i / 64));
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(ivs[i], ivs[j], 16) == 0)
                CU_FAIL("an IV came twice");
    SW_ASSERT_OK(sw_rand_iv(NULL, long_iv, sizeof long_iv));
    CU_ASSERT_FALSE(all_zero(long_iv + 64, 16));
    free(ivs);
}

/* --- a source in front -------------------------------------------------------------------------------------------- */

struct counter {
    uint8_t next;
    enum sw_err err;
};

static enum sw_err count(void *ctx, void *out, size_t len)
{
    struct counter *c = ctx;
    uint8_t *p = out;

    for (size_t i = 0; i < len; i++)
        p[i] = c->next++;
    return c->err;
}

static void a_source_in_front_is_used(void)
{
    struct counter c = {5, SW_OK};
    const struct sw_rand r = {count, &c}, none = {NULL, NULL};
    uint8_t out[8] = {0};

    SW_ASSERT_OK(sw_rand_bytes(&r, out, 4));
    SW_ASSERT_OK(sw_rand_iv(&r, out + 4, 4));
    SW_ASSERT_HEX(out, 8, "05060708090a0b0c");
    SW_ASSERT_OK(sw_rand_bytes(&none, out, 8)); /* the thread's own */
    CU_ASSERT_EQUAL(c.next, 13);
}

static void a_failure_leaves_zeroes(void)
{
    struct counter c = {5, SW_ERR_SYSTEM};
    const struct sw_rand r = {count, &c};
    uint8_t out[8];

    SW_ASSERT_ERR(sw_rand_bytes(&r, out, 8), SW_ERR_RANDOM);
    CU_ASSERT_TRUE(all_zero(out, 8));
    memset(out, 1, sizeof out);
    SW_ASSERT_ERR(sw_rand_iv(&r, out, 8), SW_ERR_RANDOM);
    CU_ASSERT_TRUE(all_zero(out, 8));
}

/* --- threads and processes ---------------------------------------------------------------------------------------- */

struct draw {
    void *wolf;
    uint8_t bytes[32], iv[16];
};

static void *draw(void *arg)
{
    struct draw *d = arg;

    SW_ASSERT_OK(sw_rand_bytes(NULL, d->bytes, 32));
    SW_ASSERT_OK(sw_rand_iv(NULL, d->iv, 16));
    d->wolf = sw_rand_wolf();
    return NULL;
}

static void each_thread_has_its_own(void)
{
    struct draw mine, theirs;
    pthread_t thread;

    draw(&mine);
    CU_ASSERT_PTR_NOT_NULL(mine.wolf);
    CU_ASSERT_PTR_EQUAL(mine.wolf, sw_rand_wolf());
    CU_ASSERT_EQUAL(pthread_create(&thread, NULL, draw, &theirs), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_PTR_NOT_EQUAL(mine.wolf, theirs.wolf);
    CU_ASSERT_NOT_EQUAL(memcmp(mine.bytes, theirs.bytes, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(mine.iv, theirs.iv, 16), 0);
}

/* A destructor that runs after the generator's own still gets bytes, and the sanitizers see no use of freed memory. */
static pthread_key_t late;
static bool late_worked;

static void at_the_very_end(void *round)
{
    uint8_t out[16] = {0};

    if (round == (void *)1) { /* once more, so that it comes after every other destructor */
        (void)pthread_setspecific(late, (void *)2);
        return;
    }
    late_worked = sw_rand_bytes(NULL, out, sizeof out) == SW_OK && !all_zero(out, sizeof out);
}

static void *end_late(void *arg)
{
    draw(arg);
    (void)pthread_setspecific(late, (void *)1);
    return NULL;
}

static void a_late_destructor_gets_bytes(void)
{
    struct draw d;
    pthread_t thread;

    late_worked = false;
    CU_ASSERT_EQUAL(pthread_key_create(&late, at_the_very_end), 0);
    CU_ASSERT_EQUAL(pthread_create(&thread, NULL, end_late, &d), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_TRUE(late_worked);
    CU_ASSERT_EQUAL(pthread_key_delete(late), 0);
}

/* What a child draws after a fork, and what its own child draws. */
static void children(int fd)
{
    for (int generation = 0; generation < 2; generation++) {
        struct draw d;
        int status = 1;
        pid_t pid;

        memset(&d, 0, sizeof d);
        if (sw_rand_bytes(NULL, d.bytes, 32) != SW_OK || sw_rand_iv(NULL, d.iv, 16) != SW_OK ||
            write(fd, &d, sizeof d) != (ssize_t)sizeof d)
            _exit(1);
        pid = generation == 0 ? fork() : -1;
        if (pid > 0)
            _exit(waitpid(pid, &status, 0) == pid ? status : 1);
    }
    _exit(0);
}

static void a_fork_does_not_repeat_the_parent(void)
{
    struct draw d[4];
    int fd[2], status = 1;
    pid_t pid;

    draw(&d[0]); /* seeded, and a pool with something in it */
    CU_ASSERT_EQUAL(pipe(fd), 0);
    pid = fork();
    if (pid == 0)
        children(fd[1]);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(read(fd[0], &d[1], 2 * sizeof d[0]), (ssize_t)(2 * sizeof d[0]));
    close(fd[0]);
    close(fd[1]);
    draw(&d[3]); /* the parent's next */
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(memcmp(d[i].bytes, d[j].bytes, 32), 0);
            CU_ASSERT_NOT_EQUAL(memcmp(d[i].iv, d[j].iv, 16), 0);
        }
}

static void release_and_begin_again(void)
{
    struct draw a, b;

    draw(&a);
    sw_rand_release();
    sw_rand_release();
    draw(&b);
    CU_ASSERT_PTR_NOT_NULL(b.wolf);
    CU_ASSERT_NOT_EQUAL(memcmp(a.bytes, b.bytes, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(a.iv, b.iv, 16), 0);
}

SW_TEST_SUITE(rand){
    SW_TEST(fills_all_and_no_more),
    SW_TEST(ivs_do_not_repeat),
    SW_TEST(a_source_in_front_is_used),
    SW_TEST(a_failure_leaves_zeroes),
    SW_TEST(each_thread_has_its_own),
    SW_TEST(a_late_destructor_gets_bytes),
    SW_TEST(a_fork_does_not_repeat_the_parent),
    SW_TEST(release_and_begin_again),
};
