/*
 * Files under another key: all of them, the content untouched; heads torn by a loss of power are made good from the
 * journal.
 */
#include "apps/daemon/rekey.h"
#include "apps/vault/head.h"
#include "apps/vault/vfile.h"
#include "base/bytes.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 150 /* more than two batches of the journal */, CONTENT = 70000 };

static const char owner[] = "0123456789abcdef0123456789abcdef";

struct tree {
    char dir[64];
    struct sw_vault from, to;
    struct app app;
};

static void path_of(const struct tree *t, int i, char out[256])
{
    snprintf(out, 256, "%s/files/%s/%064x", t->dir, owner, (unsigned)i);
}

static void make_file(struct tree *t, int i)
{
    static uint8_t content[CONTENT];
    uint8_t id[16] = {(uint8_t)i}, digest[32];
    char path[256];
    struct sw_vfile *f;
    path_of(t, i, path);
    memset(content, i, sizeof content);
    SW_ASSERT_OK(sw_vfile_create(&f, &t->from, path, id, CONTENT, "meta", 4));
    SW_ASSERT_OK(sw_vfile_append(f, content, CONTENT));
    SW_ASSERT_OK(sw_vfile_finish(f, digest));
    sw_vfile_close(f);
}

static void setup(struct tree *t, int files)
{
    static const char *const below[] = {"files", "uploads", "media", "files/0123456789abcdef0123456789abcdef"};
    char path[256];
    *t = (struct tree){.app = {.program = "test", .quiet = true}};
    snprintf(t->dir, sizeof t->dir, "/tmp/sealwax-rekey.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t->dir));
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", t->dir, below[i]);
        CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/key", t->dir);
    SW_ASSERT_OK(sw_vault_open(&t->from, SW_VAULT_FILE(path), true));
    SW_ASSERT_OK(sw_vault_change_to(&t->to, SW_VAULT_FILE(path)));
    for (int i = 0; i < files; i++)
        make_file(t, i);
}

static void teardown(struct tree *t)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", t->dir);
    CU_ASSERT_EQUAL(system(command), 0);
    sw_vault_close(&t->from);
    sw_vault_close(&t->to);
}

static enum sw_err read_back(struct tree *t, int i, struct sw_vault *vault)
{
    uint8_t last;
    size_t got;
    char path[256];
    struct sw_vfile *f;
    path_of(t, i, path);
    enum sw_err err = sw_vfile_open(&f, vault, path);
    if (err == SW_OK)
        err = sw_vfile_read(f, CONTENT - 1, &last, 1, &got);
    if (err == SW_OK)
        CU_ASSERT(got == 1 && last == (uint8_t)i);
    sw_vfile_close(f);
    return err;
}

static void count(void *ctx, const char *file, const char *what)
{
    (void)file;
    (void)what;
    ++*(int *)ctx;
}

static void all_of_them(void)
{
    struct tree t;
    char path[256];
    int lost = 0;
    setup(&t, FILES);
    struct rewrap look = {.from = &t.from, .unreadable = count, .ctx = &lost}, r = look;
    r.to = &t.to;
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &look), APP_DONE);
    CU_ASSERT_EQUAL(look.changed, 0);
    SW_ASSERT_OK(read_back(&t, 0, &t.from));
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);
    CU_ASSERT_EQUAL(r.changed, FILES);
    for (int i = 0; i < FILES; i++)
        SW_ASSERT_OK(read_back(&t, i, &t.to));
    SW_ASSERT_ERR(read_back(&t, 0, &t.from), SW_ERR_CRYPTO);
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE); /* once more: nothing to do */
    CU_ASSERT_EQUAL(r.changed, FILES);
    CU_ASSERT_EQUAL(lost, 0);
    snprintf(path, sizeof path, "%s/rekey.heads", t.dir);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    teardown(&t);
}

/*
 * What is there: a file whose head was cut, changed, or is another file's; an upload that ended early; names that are
 * not ours.
 */
static void names_what_cannot_be_read(void)
{
    struct tree t;
    char path[256], other[256];
    uint8_t head[VFILE_HEAD_LEN];
    int lost = 0;
    setup(&t, 4);
    path_of(&t, 0, path);
    CU_ASSERT_EQUAL(truncate(path, VFILE_HEAD_LEN - 1), 0);
    path_of(&t, 1, path);
    path_of(&t, 2, other);
    SW_ASSERT_OK(vfile_head_read(path, head));
    SW_ASSERT_ERR(vfile_head_write(other, head), SW_ERR_CRYPTO);
    head[40] ^= 1;
    SW_ASSERT_OK(vfile_head_write(path, head));
    static const char *const more[] = {"uploads/0123456789abcdef0123456789abcdef", "media/README"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", t.dir, more[i]);
        close(open(path, O_CREAT | O_WRONLY, 0600));
    }
    struct rewrap r = {.from = &t.from, .to = &t.to, .unreadable = count, .ctx = &lost};
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);
    CU_ASSERT_EQUAL(lost, 2);
    CU_ASSERT_EQUAL(r.unreadable_n, 2);
    CU_ASSERT_EQUAL(r.changed, 2);
    SW_ASSERT_OK(read_back(&t, 2, &t.to));
    SW_ASSERT_OK(read_back(&t, 3, &t.to));
    teardown(&t);
}

static void write_journal(const struct tree *t, const void *p, size_t len)
{
    char path[256];
    snprintf(path, sizeof path, "%s/rekey.heads", t->dir);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    CU_ASSERT_EQUAL(write(fd, p, len), (ssize_t)len);
    close(fd);
}

/* The power went while a head was written: the first sectors are new, the others old. */
static void makes_torn_heads_good(void)
{
    struct tree t;
    char path[256];
    uint8_t old[VFILE_HEAD_LEN], new[VFILE_HEAD_LEN], bytes[2 + 128 + VFILE_HEAD_LEN];
    bool changed;
    setup(&t, 2);
    struct rewrap r = {.from = &t.from, .to = &t.to};
    path_of(&t, 0, path);
    SW_ASSERT_OK(vfile_head_read(path, old));
    memcpy(new, old, sizeof new);
    SW_ASSERT_OK(vfile_head_rewrap(new, &r, &changed));
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    const char *name = path + strlen(t.dir) + 1;
    sw_write_u16(&w, (unsigned)strlen(name));
    sw_write_bytes(&w, name, strlen(name));
    sw_write_bytes(&w, new, sizeof new);

    for (size_t torn = 26; torn < 100; torn += 24) { /* in the nonce, in the key, in what is said of it */
        memcpy(old, new, torn);
        SW_ASSERT_OK(vfile_head_write(path, old));
        SW_ASSERT_ERR(read_back(&t, 0, &t.from), torn == 26 ? SW_OK : SW_ERR_CRYPTO);
        write_journal(&t, bytes, w.len);
        CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);
        CU_ASSERT_EQUAL(r.unreadable_n, 0);
        SW_ASSERT_OK(read_back(&t, 0, &t.to));
    }
    teardown(&t);
}

/* A journal that is cut or is none costs nothing; one of another key is not believed. */
static void believes_no_other_journal(void)
{
    struct tree t, other;
    char path[256];
    uint8_t head[VFILE_HEAD_LEN], bytes[2 + 128 + VFILE_HEAD_LEN] = {0xff, 0xff, 1, 2, 3};
    setup(&t, 1);
    setup(&other, 1);
    struct rewrap r = {.from = &t.from, .to = &t.to};
    write_journal(&t, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);
    write_journal(&t, bytes, 1);
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);

    path_of(&other, 0, path);
    SW_ASSERT_OK(vfile_head_read(path, head));
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    const char *name = path + strlen(other.dir) + 1;
    sw_write_u16(&w, (unsigned)strlen(name));
    sw_write_bytes(&w, name, strlen(name));
    sw_write_bytes(&w, head, sizeof head);
    write_journal(&t, bytes, w.len);
    CU_ASSERT_EQUAL(rekey_files(&t.app, t.dir, &r), APP_DONE);
    SW_ASSERT_OK(read_back(&t, 0, &t.to));
    CU_ASSERT_EQUAL(r.unreadable_n, 0);
    teardown(&t);
    teardown(&other);
}

SW_TEST_SUITE(rekey_files){
    SW_TEST(all_of_them),
    SW_TEST(names_what_cannot_be_read),
    SW_TEST(makes_torn_heads_good),
    SW_TEST(believes_no_other_journal),
};
