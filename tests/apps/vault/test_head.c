/*
 * The head of an encrypted file: what it says, every byte flipped, every length of description, another key of the
 * vault.
 */
#include "apps/vault/head.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEALED_AT = 8 + VFILE_ID + 2 };

static const uint8_t key[VFILE_KEY] = "0123456789abcdef0123456789abcde";

struct place {
    char dir[64], keys[2][96], path[96];
    struct sw_vault vault, next;
    int fd;
};

static void setup(struct place *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-head.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    for (int i = 0; i < 2; i++)
        snprintf(p->keys[i], sizeof p->keys[i], "%s/key%d", p->dir, i);
    snprintf(p->path, sizeof p->path, "%s/file", p->dir);
    SW_ASSERT_OK(sw_vault_open(&p->vault, SW_VAULT_FILE(p->keys[0]), true));
    SW_ASSERT_OK(sw_vault_open(&p->next, SW_VAULT_FILE(p->keys[1]), true));
    p->fd = open(p->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CU_ASSERT_TRUE_FATAL(p->fd >= 0);
}

static void teardown(struct place *p)
{
    close(p->fd);
    sw_vault_close(&p->vault);
    sw_vault_close(&p->next);
    unlink(p->path);
    unlink(p->keys[0]);
    unlink(p->keys[1]);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
}

static struct vfile_head head_of(uint8_t id, size_t meta_len)
{
    static const uint8_t meta[VFILE_META_MAX] = {'m', 'e', 't', 'a'};
    struct vfile_head h = {.id = {id}, .length = 1LL << 40};
    SW_ASSERT_OK(vfile_head_describe(&h, meta, meta_len));
    return h;
}

static void check(int fd, struct sw_vault *vault, const struct vfile_head *want)
{
    struct vfile_head got;
    uint8_t k[VFILE_KEY];
    SW_ASSERT_OK(vfile_head_unseal(fd, vault, &got, k));
    SW_ASSERT_BYTES(k, key, VFILE_KEY);
    SW_ASSERT_BYTES(got.id, want->id, VFILE_ID);
    CU_ASSERT_EQUAL(got.length, want->length);
    CU_ASSERT_EQUAL_FATAL(got.meta_len, want->meta_len);
    SW_ASSERT_BYTES(got.meta, want->meta, want->meta_len + 1);
}

static void every_length_of_description(void)
{
    static const size_t lens[] = {0, 1, 4, VFILE_META_MAX - 1, VFILE_META_MAX};
    struct place p;
    setup(&p);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct vfile_head h = head_of(1, lens[i]);
        SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &h, key));
        CU_ASSERT_EQUAL(lseek(p.fd, 0, SEEK_END), VFILE_HEAD_LEN);
        check(p.fd, &p.vault, &h);
        SW_ASSERT_ERR(vfile_head_describe(&h, h.meta, VFILE_META_MAX + 1), SW_ERR_ARGUMENT);
        CU_ASSERT_EQUAL(h.meta_len, lens[i]);
    }
    teardown(&p);
}

static void every_byte_counts(void)
{
    struct place p;
    struct vfile_head h = head_of(1, 4), got;
    uint8_t k[VFILE_KEY], b;
    setup(&p);
    SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &h, key));
    for (off_t at = 0; at < SEALED_AT + VFILE_KEY + 8 + 4 + SW_VAULT_EXTRA; at++) {
        CU_ASSERT_EQUAL(pread(p.fd, &b, 1, at), 1);
        b ^= 1;
        CU_ASSERT_EQUAL(pwrite(p.fd, &b, 1, at), 1);
        SW_ASSERT_ERR(vfile_head_unseal(p.fd, &p.vault, &got, k), SW_ERR_CRYPTO);
        b ^= 1;
        CU_ASSERT_EQUAL(pwrite(p.fd, &b, 1, at), 1);
    }
    check(p.fd, &p.vault, &h);
    SW_ASSERT_ERR(vfile_head_unseal(p.fd, &p.next, &got, k), SW_ERR_CRYPTO);
    CU_ASSERT_EQUAL(ftruncate(p.fd, VFILE_HEAD_LEN - 1), 0);
    SW_ASSERT_ERR(vfile_head_unseal(p.fd, &p.vault, &got, k), SW_ERR_CRYPTO);
    teardown(&p);
}

/* A sealed part that is too short to hold a key, or longer than any: none is looked at. */
static void lengths_that_cannot_be(void)
{
    static const unsigned lens[] = {0, VFILE_KEY + 8 + SW_VAULT_EXTRA - 1,
                                    VFILE_KEY + 8 + VFILE_META_MAX + SW_VAULT_EXTRA + 1, 0xffff};
    struct place p;
    struct vfile_head h = head_of(1, 4), got;
    struct rewrap r = {.from = &p.vault, .to = &p.next};
    uint8_t k[VFILE_KEY], bytes[VFILE_HEAD_LEN];
    bool changed = true;
    setup(&p);
    SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &h, key));
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        const uint8_t len[2] = {(uint8_t)(lens[i] >> 8), (uint8_t)lens[i]};
        CU_ASSERT_EQUAL(pwrite(p.fd, len, 2, SEALED_AT - 2), 2);
        SW_ASSERT_ERR(vfile_head_unseal(p.fd, &p.vault, &got, k), SW_ERR_CRYPTO);
        SW_ASSERT_OK(vfile_head_read(p.path, bytes));
        SW_ASSERT_ERR(vfile_head_rewrap(bytes, &r, &changed), SW_ERR_CRYPTO);
        CU_ASSERT_FALSE(changed);
    }
    teardown(&p);
}

static void under_another_key(void)
{
    struct place p;
    struct vfile_head h = head_of(1, 4), got;
    struct rewrap r = {.from = &p.vault, .to = &p.next};
    uint8_t k[VFILE_KEY], bytes[VFILE_HEAD_LEN];
    bool changed = false;
    setup(&p);
    SW_ASSERT_ERR(vfile_head_read(p.path, bytes), SW_ERR_STATE); /* nothing in it yet */
    SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &h, key));
    SW_ASSERT_OK(vfile_head_read(p.path, bytes));
    SW_ASSERT_OK(vfile_head_rewrap(bytes, &r, &changed));
    CU_ASSERT_TRUE(changed);
    SW_ASSERT_OK(vfile_head_write(p.path, bytes));
    check(p.fd, &p.next, &h);
    SW_ASSERT_ERR(vfile_head_unseal(p.fd, &p.vault, &got, k), SW_ERR_CRYPTO);
    SW_ASSERT_OK(vfile_head_rewrap(bytes, &r, &changed)); /* it is so already */
    CU_ASSERT_FALSE(changed);
    teardown(&p);
}

static void never_over_another_file(void)
{
    struct place p;
    struct vfile_head one = head_of(1, 4), two = head_of(2, 4);
    uint8_t bytes[VFILE_HEAD_LEN];
    setup(&p);
    SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &one, key));
    SW_ASSERT_OK(vfile_head_read(p.path, bytes));
    SW_ASSERT_OK(vfile_head_seal(p.fd, &p.vault, &two, key));
    SW_ASSERT_ERR(vfile_head_write(p.path, bytes), SW_ERR_CRYPTO);
    check(p.fd, &p.vault, &two);
    CU_ASSERT_EQUAL(unlink(p.path), 0);
    SW_ASSERT_ERR(vfile_head_write(p.path, bytes), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(vfile_head_read(p.path, bytes), SW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(symlink(p.keys[0], p.path), 0);
    SW_ASSERT_ERR(vfile_head_read(p.path, bytes), SW_ERR_SYSTEM); /* no link is followed */
    teardown(&p);
}

SW_TEST_SUITE(head){
    SW_TEST(every_length_of_description), SW_TEST(every_byte_counts),       SW_TEST(lengths_that_cannot_be),
    SW_TEST(under_another_key),           SW_TEST(never_over_another_file),
};
