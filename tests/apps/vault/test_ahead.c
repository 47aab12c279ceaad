/*
 * A part of a file a block ahead: every byte, in order, whether there are threads or not; what was changed; and who
 * leaves in between.
 */
#include "apps/vault/ahead.h"
#include "tests/test.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH = 5 * SW_VFILE_CHUNK + 1234, PATIENCE_MS = 60000 };

struct shelf {
    struct event_base *base;
    struct worker *worker;
    struct sw_vault vault;
    char dir[64], key[96], path[96];
    struct ahead *ahead;
    unsigned told;
};

static uint8_t byte_at(int64_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void open_shelf(struct shelf *s, bool threaded)
{
    static const uint8_t id[16] = {1};
    struct sw_vfile *file;
    uint8_t digest[32], *all = malloc(LENGTH);
    *s = (struct shelf){.base = event_base_new()};
    snprintf(s->dir, sizeof s->dir, "/tmp/sealwax-ahead.XXXXXX");
    CU_ASSERT_TRUE_FATAL(all && s->base && mkdtemp(s->dir));
    snprintf(s->key, sizeof s->key, "%s/key", s->dir);
    snprintf(s->path, sizeof s->path, "%s/file", s->dir);
    for (int64_t i = 0; i < LENGTH; i++)
        all[i] = byte_at(i);
    SW_ASSERT_OK(sw_vault_open(&s->vault, SW_VAULT_FILE(s->key), true));
    SW_ASSERT_OK(sw_vfile_create(&file, &s->vault, s->path, id, LENGTH, "", 0));
    SW_ASSERT_OK(sw_vfile_append(file, all, LENGTH));
    SW_ASSERT_OK(sw_vfile_finish(file, digest));
    sw_vfile_close(file);
    free(all);
    s->worker = threaded ? worker_new(s->base, 2) : NULL;
    CU_ASSERT_TRUE_FATAL(s->worker || !threaded);
}

static void close_shelf(struct shelf *s)
{
    worker_free(s->worker);
    event_base_free(s->base);
    sw_vault_close(&s->vault);
    unlink(s->path);
    unlink(s->key);
    CU_ASSERT_EQUAL(rmdir(s->dir), 0);
}

static void tell(void *user)
{
    ((struct shelf *)user)->told++;
}

static void begin(struct shelf *s, int64_t from, int64_t length, unsigned chunks, void (*ready)(void *user))
{
    struct sw_vfile *file;
    SW_ASSERT_OK(sw_vfile_open(&file, &s->vault, s->path));
    s->ahead = ahead_new(s->worker, file, from, length, chunks, ready, s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->ahead);
    ahead_begin(s->ahead);
}

/* The next bytes, waiting for them; 0: there are no more. */
static size_t next(struct shelf *s, uint8_t *buf, size_t cap)
{
    size_t n;
    for (int i = 0; (n = ahead_give(s->ahead, buf, cap)) == AHEAD_LATER && i < PATIENCE_MS; i++) {
        event_base_loop(s->base, EVLOOP_NONBLOCK);
        poll(NULL, 0, 1);
    }
    CU_ASSERT_NOT_EQUAL_FATAL(n, AHEAD_LATER);
    return n;
}

static bool reads_right(struct shelf *s, int64_t from, int64_t length, unsigned chunks, size_t cap)
{
    uint8_t buf[70000];
    int64_t at = from;
    int why;
    bool right = true;
    begin(s, from, length, chunks, tell);
    for (size_t n; (n = next(s, buf, cap)) > 0;)
        for (size_t i = 0; i < n; i++)
            right &= buf[i] == byte_at(at++);
    right &= at == from + length && ahead_error(s->ahead, &why) == SW_OK;
    ahead_free(s->ahead);
    return right;
}

static void gives_every_byte(void)
{
    static const int64_t parts[][2] = {{0, LENGTH},
                                       {0, 1},
                                       {LENGTH - 1, 1},
                                       {SW_VFILE_CHUNK - 1, 2},
                                       {SW_VFILE_CHUNK, SW_VFILE_CHUNK},
                                       {100, 3 * SW_VFILE_CHUNK},
                                       {2 * SW_VFILE_CHUNK + 5, LENGTH - 2 * SW_VFILE_CHUNK - 5}};
    for (int threaded = 0; threaded < 2; threaded++) {
        struct shelf s;
        open_shelf(&s, threaded);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            for (unsigned chunks = 1; chunks <= 4; chunks += 3) {
                CU_ASSERT_TRUE(reads_right(&s, parts[i][0], parts[i][1], chunks, 70000));
                CU_ASSERT_TRUE(reads_right(&s, parts[i][0], parts[i][1], chunks, 4001));
            }
        CU_ASSERT_TRUE(s.told > 0);
        close_shelf(&s);
    }
}

/* What is before it is given, and then no more. */
static void a_changed_chunk_is_an_error(void)
{
    for (int threaded = 0; threaded < 2; threaded++) {
        struct shelf s;
        uint8_t buf[1000];
        int64_t got = 0;
        int why;
        open_shelf(&s, threaded);
        FILE *f = fopen(s.path, "r+");
        CU_ASSERT_TRUE_FATAL(f && fseek(f, -3000, SEEK_END) == 0);
        int was = fgetc(f);
        CU_ASSERT_TRUE_FATAL(fseek(f, -1, SEEK_CUR) == 0 && fputc(was ^ 1, f) != EOF && fclose(f) == 0);
        begin(&s, 0, LENGTH, 1, tell);
        for (size_t n; (n = next(&s, buf, sizeof buf)) > 0;)
            got += (int64_t)n;
        CU_ASSERT_EQUAL(got, 4 * SW_VFILE_CHUNK);
        CU_ASSERT_EQUAL(ahead_error(s.ahead, &why), SW_ERR_CRYPTO);
        ahead_free(s.ahead);
        close_shelf(&s);
    }
}

static void leave(void *user)
{
    struct shelf *s = user;
    s->told++;
    ahead_free(s->ahead);
    s->ahead = NULL;
}

/* Before anything came, as soon as something came, and in the middle of it. */
static void may_be_left_at_any_time(void)
{
    for (int threaded = 0; threaded < 2; threaded++) {
        struct shelf s;
        uint8_t buf[1000];
        open_shelf(&s, threaded);
        begin(&s, 0, LENGTH, 1, tell);
        ahead_free(s.ahead);
        unsigned told = s.told;
        begin(&s, 0, LENGTH, 1, leave);
        for (int i = 0; i < PATIENCE_MS && s.ahead; i++) {
            event_base_loop(s.base, EVLOOP_NONBLOCK);
            poll(NULL, 0, 1);
        }
        CU_ASSERT_EQUAL(s.told, told + 1);
        begin(&s, 0, LENGTH, 1, tell);
        CU_ASSERT_EQUAL(next(&s, buf, sizeof buf), sizeof buf);
        ahead_free(s.ahead);
        ahead_free(NULL);
        close_shelf(&s);
    }
}

SW_TEST_SUITE(vault_ahead){
    SW_TEST(gives_every_byte),
    SW_TEST(a_changed_chunk_is_an_error),
    SW_TEST(may_be_left_at_any_time),
};
