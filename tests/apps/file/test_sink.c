/*
 * A file that is written and hashed while its bytes come: from the beginning, from somewhere, and where that does not
 * work.
 */
#include "apps/file/sink.h"
#include "base/hash.h"
#include "tests/test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 3000001 };

static uint8_t *content(void)
{
    uint8_t *p = malloc(SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    for (size_t i = 0; i < SIZE; i++)
        p[i] = (uint8_t)(i * 13 + i / 257);
    return p;
}

/* Hand bytes from `at` to `end` over, up to `piece` at a time. */
static void give(struct sink *s, const uint8_t *data, size_t at, size_t end, size_t piece)
{
    while (at < end) {
        uint8_t *p = sink_room(s);
        size_t n = end - at < piece ? end - at : piece;
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        memcpy(p, data + at, n);
        sink_give(s, n);
        at += n;
    }
}

static bool holds(FILE *f, const uint8_t *data, size_t len)
{
    uint8_t *there = malloc(len + 1);
    bool same = there && pread(fileno(f), there, len + 1, 0) == (ssize_t)len && memcmp(there, data, len) == 0;
    free(there);
    return same;
}

/* However much was there before: it is in the digest, and what comes follows it. */
static void writes_and_hashes_all(void)
{
    static const size_t before[] = {0, 1, SINK_BUFFER, 2000000, SIZE};
    static const size_t pieces[] = {999, 100000, SINK_BUFFER};
    uint8_t *data = content(), digest[32], want[32];
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, data, SIZE, want));
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            FILE *f = tmpfile();
            CU_ASSERT_PTR_NOT_NULL_FATAL(f);
            CU_ASSERT_EQUAL(write(fileno(f), data, before[i]), (ssize_t)before[i]);
            struct sink *s = sink_begin(fileno(f), (int64_t)before[i]);
            CU_ASSERT_PTR_NOT_NULL_FATAL(s);
            give(s, data, before[i], SIZE, pieces[k]);
            SW_ASSERT_OK(sink_end(s, digest));
            SW_ASSERT_BYTES(digest, want, 32);
            CU_ASSERT_TRUE(holds(f, data, SIZE));
            fclose(f);
        }
    free(data);
}

/* What was given is in the file, for whoever goes on with it. */
static void the_digest_may_be_unwanted(void)
{
    uint8_t *data = content();
    FILE *f = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    struct sink *s = sink_begin(fileno(f), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    give(s, data, 0, 700000, 50000);
    SW_ASSERT_OK(sink_end(s, NULL));
    CU_ASSERT_TRUE(holds(f, data, 700000));
    fclose(f);
    free(data);
}

static void less_was_there(void)
{
    uint8_t digest[32];
    FILE *f = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    struct sink *s = sink_begin(fileno(f), 1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    SW_ASSERT_ERR(sink_end(s, digest), SW_ERR_SPACE);
    fclose(f);
}

/* A file that cannot be written: whoever fills buffers is told, and does not wait for ever. */
static void a_failure_is_told(void)
{
    uint8_t digest[32];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    struct sink *s = sink_begin(fd, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    unsigned given = 0;
    for (; sink_room(s); given++)
        sink_give(s, 100);
    CU_ASSERT_TRUE(given > 0);
    SW_ASSERT_ERR(sink_end(s, digest), SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, EBADF);
    close(fd);
}

SW_TEST_SUITE(file_sink){
    SW_TEST(writes_and_hashes_all),
    SW_TEST(the_digest_may_be_unwanted),
    SW_TEST(less_was_there),
    SW_TEST(a_failure_is_told),
};
