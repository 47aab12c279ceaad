/* Files encrypted at rest: every size around the chunk's, every byte flipped, every cut, every exchange of chunks. */
#include "apps/vault/head.h"
#include "apps/vault/vfile.h"
#include "tests/test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 4096, STORED = SW_VFILE_CHUNK + 28 };

static const uint8_t id[16] = {1, 2, 3};

struct place {
    char dir[64], key[96], path[96];
    struct sw_vault vault;
};

static void setup(struct place *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-vfile.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    snprintf(p->key, sizeof p->key, "%s/key", p->dir);
    snprintf(p->path, sizeof p->path, "%s/file", p->dir);
    SW_ASSERT_OK(sw_vault_open(&p->vault, SW_VAULT_FILE(p->key), true));
}

static void teardown(struct place *p)
{
    sw_vault_close(&p->vault);
    unlink(p->path);
    unlink(p->key);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
}

static uint8_t *content(size_t len)
{
    uint8_t *p = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(i * 7 + i / 251);
    return p;
}

static void write_file(struct place *p, const uint8_t *data, size_t len, size_t piece)
{
    struct sw_vfile *f;
    uint8_t digest[32], want[32];
    SW_ASSERT_OK(sw_vfile_create(&f, &p->vault, p->path, id, (int64_t)len, "meta", 4));
    for (size_t at = 0; at < len; at += piece)
        SW_ASSERT_OK(sw_vfile_append(f, data + at, len - at < piece ? len - at : piece));
    SW_ASSERT_ERR(sw_vfile_append(f, "x", 1), SW_ERR_SPACE);
    SW_ASSERT_OK(sw_vfile_finish(f, digest));
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, data, len, want));
    SW_ASSERT_BYTES(digest, want, 32);
    sw_vfile_close(f);
}

/* All of it, from several offsets; the first error. */
static enum sw_err read_back(struct place *p, const uint8_t *data, size_t len)
{
    struct sw_vfile *f;
    static uint8_t out[SW_VFILE_CHUNK];
    size_t got = 1, meta_len;
    enum sw_err err = sw_vfile_open(&f, &p->vault, p->path);
    if (err)
        return err;
    CU_ASSERT_EQUAL(sw_vfile_length(f), (int64_t)len);
    CU_ASSERT_EQUAL(memcmp(sw_vfile_meta(f, &meta_len), "meta", 4), 0);
    for (size_t at = 0; !err && got; at += got) {
        err = sw_vfile_read(f, (int64_t)at, out, 50000, &got);
        if (!err && got)
            CU_ASSERT_EQUAL(memcmp(out, data + at, got), 0);
        if (!err && !got)
            CU_ASSERT_EQUAL(at, len);
    }
    sw_vfile_close(f);
    return err;
}

static void every_size(void)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 200000};
    static const size_t pieces[] = {1000, 65536, 4 << 20};
    uint8_t *data = content(200000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < 3; k++) {
            struct place p;
            setup(&p);
            write_file(&p, data, sizes[i], pieces[k]);
            SW_ASSERT_OK(read_back(&p, data, sizes[i]));
            teardown(&p);
        }
    free(data);
}

static void flip(const char *path, off_t at)
{
    uint8_t b;
    int fd = open(path, O_RDWR);
    CU_ASSERT_EQUAL(pread(fd, &b, 1, at), 1);
    b ^= 1;
    CU_ASSERT_EQUAL(pwrite(fd, &b, 1, at), 1);
    close(fd);
}

static void notices_every_change(void)
{
    struct place p;
    struct stat st;
    uint8_t *data = content(70000);
    setup(&p);
    write_file(&p, data, 70000, 70000);
    CU_ASSERT_EQUAL(stat(p.path, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < 200 ? 1 : 997) {
        bool padding = at >= 26 + 32 + 8 + 4 + 28 && at < HEAD; /* behind the sealed part of the head */
        flip(p.path, at);
        if (!padding)
            CU_ASSERT_NOT_EQUAL(read_back(&p, data, 70000), SW_OK);
        flip(p.path, at);
    }
    SW_ASSERT_OK(read_back(&p, data, 70000));
    CU_ASSERT_EQUAL(truncate(p.path, st.st_size - 1), 0);
    SW_ASSERT_ERR(read_back(&p, data, 70000), SW_ERR_STATE);
    CU_ASSERT_EQUAL(truncate(p.path, HEAD + STORED), 0);
    SW_ASSERT_ERR(read_back(&p, data, 70000), SW_ERR_STATE);
    free(data);
    teardown(&p);
}

static void notices_exchanged_chunks(void)
{
    struct place p;
    static uint8_t a[STORED], b[STORED];
    uint8_t *data = content(3 * SW_VFILE_CHUNK);
    setup(&p);
    write_file(&p, data, 3 * SW_VFILE_CHUNK, 100000);
    int fd = open(p.path, O_RDWR);
    CU_ASSERT_EQUAL(pread(fd, a, STORED, HEAD), STORED);
    CU_ASSERT_EQUAL(pread(fd, b, STORED, HEAD + STORED), STORED);
    CU_ASSERT_EQUAL(pwrite(fd, b, STORED, HEAD), STORED);
    CU_ASSERT_EQUAL(pwrite(fd, a, STORED, HEAD + STORED), STORED);
    close(fd);
    SW_ASSERT_ERR(read_back(&p, data, 3 * SW_VFILE_CHUNK), SW_ERR_CRYPTO);
    free(data);
    teardown(&p);
}

/* In as many steps as it takes. */
static void catch_up(struct sw_vfile *f)
{
    bool all = false;
    for (int64_t there = sw_vfile_offset(f); !all; there -= SW_VFILE_CHUNK) {
        CU_ASSERT_TRUE_FATAL(there > -SW_VFILE_CHUNK);
        SW_ASSERT_OK(sw_vfile_catch_up(f, SW_VFILE_CHUNK, &all));
    }
}

/* After a crash: whole chunks stay, the torn one is written again, and the digest is that of all. */
static void goes_on_after_a_crash(void)
{
    uint8_t *data = content(300000), digest[32], want[32];
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, data, 300000, want));
    for (off_t cut = 0; cut < 3 * STORED; cut += 12345) {
        struct place p;
        struct sw_vfile *f;
        setup(&p);
        SW_ASSERT_OK(sw_vfile_create(&f, &p.vault, p.path, id, 300000, "meta", 4));
        SW_ASSERT_OK(sw_vfile_append(f, data, 3 * SW_VFILE_CHUNK + 100));
        sw_vfile_close(f);
        CU_ASSERT_EQUAL(truncate(p.path, HEAD + cut), 0);
        SW_ASSERT_OK(sw_vfile_resume(&f, &p.vault, p.path));
        CU_ASSERT_EQUAL(sw_vfile_offset(f), cut / STORED * SW_VFILE_CHUNK);
        SW_ASSERT_ERR(sw_vfile_finish(f, digest), SW_ERR_STATE);
        catch_up(f);
        int64_t at = sw_vfile_offset(f);
        SW_ASSERT_OK(sw_vfile_append(f, data + at, (size_t)(300000 - at)));
        SW_ASSERT_OK(sw_vfile_finish(f, digest));
        SW_ASSERT_BYTES(digest, want, 32);
        sw_vfile_close(f);
        SW_ASSERT_OK(read_back(&p, data, 300000));
        SW_ASSERT_OK(sw_vfile_resume(&f, &p.vault, p.path)); /* whole: nothing is left to do */
        CU_ASSERT_EQUAL(sw_vfile_offset(f), 300000);
        SW_ASSERT_ERR(sw_vfile_finish(f, digest), SW_ERR_STATE); /* but to hash it */
        catch_up(f);
        SW_ASSERT_OK(sw_vfile_finish(f, digest));
        SW_ASSERT_BYTES(digest, want, 32);
        sw_vfile_close(f);
        teardown(&p);
    }
    free(data);
}

static void never_over_another(void)
{
    struct place p;
    struct sw_vfile *f;
    setup(&p);
    write_file(&p, (const uint8_t *)"abc", 3, 3);
    SW_ASSERT_ERR(sw_vfile_create(&f, &p.vault, p.path, id, 3, "", 0), SW_ERR_EXISTS);
    SW_ASSERT_OK(read_back(&p, (const uint8_t *)"abc", 3));
    unlink(p.path);
    SW_ASSERT_ERR(sw_vfile_open(&f, &p.vault, p.path), SW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(symlink(p.key, p.path), 0);
    SW_ASSERT_ERR(sw_vfile_open(&f, &p.vault, p.path), SW_ERR_SYSTEM);
    teardown(&p);
}

/* Another description, while it is written: of whatever length, and what comes afterwards fits. */
static void is_described_anew(void)
{
    struct place p;
    struct sw_vfile *f;
    uint8_t digest[32], *data = content(100000), *text = content(VFILE_META_MAX);
    size_t len;
    setup(&p);
    SW_ASSERT_OK(sw_vfile_create(&f, &p.vault, p.path, id, 100000, "another one, and longer", 23));
    SW_ASSERT_OK(sw_vfile_append(f, data, 70000));
    SW_ASSERT_OK(sw_vfile_describe(f, &p.vault, text, VFILE_META_MAX));
    SW_ASSERT_ERR(sw_vfile_describe(f, &p.vault, text, VFILE_META_MAX + 1), SW_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(memcmp(sw_vfile_meta(f, &len), text, VFILE_META_MAX), 0);
    CU_ASSERT_EQUAL(len, VFILE_META_MAX);
    SW_ASSERT_OK(sw_vfile_append(f, data + 70000, 30000));
    SW_ASSERT_OK(sw_vfile_describe(f, &p.vault, "meta", 4));
    SW_ASSERT_OK(sw_vfile_finish(f, digest));
    sw_vfile_close(f);
    SW_ASSERT_OK(read_back(&p, data, 100000));
    free(data);
    free(text);
    teardown(&p);
}

/* A description that could not be written is none. */
static void keeps_its_description_when_the_disk_is_full(void)
{
    struct place p;
    struct sw_vfile *f;
    struct rlimit before, none;
    size_t len;
    setup(&p);
    SW_ASSERT_OK(sw_vfile_create(&f, &p.vault, p.path, id, 0, "meta", 4));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum sw_err err = sw_vfile_describe(f, &p.vault, "another one", 11);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    SW_ASSERT_ERR(err, SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(memcmp(sw_vfile_meta(f, &len), "meta", 5), 0);
    CU_ASSERT_EQUAL(len, 4);
    SW_ASSERT_OK(sw_vfile_describe(f, &p.vault, "another one", 11));
    sw_vfile_close(f);
    teardown(&p);
}

SW_TEST_SUITE(vfile){
    SW_TEST(every_size),
    SW_TEST(is_described_anew),
    SW_TEST(keeps_its_description_when_the_disk_is_full),
    SW_TEST(notices_every_change),
    SW_TEST(notices_exchanged_chunks),
    SW_TEST(goes_on_after_a_crash),
    SW_TEST(never_over_another),
};
