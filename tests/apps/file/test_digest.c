/*
 * A digest beside the sending: right, whether or not the sender is behind; given up; and of a file that became shorter.
 */
#include "apps/file/digest.h"
#include "base/hash.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE = (5 << 20) + 12345 };

/* A file without a name, of len bytes, and their digest. */
static int file_of(size_t len, uint8_t digest[32])
{
    char path[] = "/tmp/sealwax-digest.XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    uint8_t *p = malloc(len + 1);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && p && unlink(path) == 0);
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(i * 13 + i / 65521);
    CU_ASSERT_EQUAL_FATAL(write(fd, p, len), (ssize_t)len);
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, p, len, digest));
    free(p);
    return fd;
}

static void is_that_of_the_file(void)
{
    static const size_t rows[] = {0, 1, 262144, 262145, LARGE};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t want[32], got[32];
        int fd = file_of(rows[i], want);
        struct digest_run *r = digest_begin(fd, (int64_t)rows[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        for (size_t at = 0; at < rows[i]; at += 1 << 20)
            digest_allow(r, (int64_t)at);
        SW_ASSERT_OK(digest_end(r, got));
        SW_ASSERT_BYTES(got, want, 32);
        close(fd);
    }
}

/* Behind somebody who writes: it never reads what is not there yet. */
static void follows_who_writes(void)
{
    uint8_t want[32], got[32];
    static uint8_t bytes[LARGE];
    int from = file_of(LARGE, want), fd = file_of(0, got);
    struct digest_run *r = digest_begin(fd, LARGE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(pread(from, bytes, LARGE, 0), LARGE);
    for (size_t at = 0, n; at < LARGE; at += n) {
        n = LARGE - at < 100001 ? LARGE - at : 100001;
        CU_ASSERT_EQUAL(pwrite(fd, bytes + at, n, (off_t)at), (ssize_t)n);
        digest_allow(r, (int64_t)(at + n));
    }
    SW_ASSERT_OK(digest_end(r, got));
    SW_ASSERT_BYTES(got, want, 32);
    close(from);
    close(fd);
}

/* Nobody says how far it may: the end lets it go on by itself. */
static void the_end_waits_for_all(void)
{
    uint8_t want[32], got[32];
    int fd = file_of(LARGE, want);
    struct digest_run *r = digest_begin(fd, LARGE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    SW_ASSERT_OK(digest_end(r, got));
    SW_ASSERT_BYTES(got, want, 32);
    close(fd);
}

static void can_be_given_up(void)
{
    uint8_t want[32];
    int fd = file_of(LARGE, want);
    struct digest_run *r = digest_begin(fd, (int64_t)1 << 50);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    (void)digest_end(r, NULL); /* comes back */
    close(fd);
}

static void a_file_that_became_shorter(void)
{
    uint8_t digest[32];
    int fd = file_of(1000, digest);
    struct digest_run *r = digest_begin(fd, 1001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    SW_ASSERT_ERR(digest_end(r, digest), SW_ERR_SPACE);
    close(fd);
    r = digest_begin(-1, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    SW_ASSERT_ERR(digest_end(r, digest), SW_ERR_SYSTEM);
}

SW_TEST_SUITE(file_digest){
    SW_TEST(is_that_of_the_file), SW_TEST(follows_who_writes),         SW_TEST(the_end_waits_for_all),
    SW_TEST(can_be_given_up),     SW_TEST(a_file_that_became_shorter),
};
