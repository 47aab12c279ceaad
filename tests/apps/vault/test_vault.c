/* The key file: made once, read with care, changed for another one in steps that can be repeated. */
#include "apps/vault/rewrap.h"
#include "tests/test.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[64], key[96], next[128];
};

static void setup(struct place *p)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-vault.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    snprintf(p->key, sizeof p->key, "%s/vault.key", p->dir);
    snprintf(p->next, sizeof p->next, "%s/vault.key.next", p->dir);
}

static void teardown(struct place *p)
{
    unlink(p->key);
    unlink(p->next);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
}

static void made_once(void)
{
    struct place p;
    struct sw_vault a, b;
    struct stat st;
    setup(&p);
    SW_ASSERT_ERR(sw_vault_open(&a, SW_VAULT_FILE(p.key), false), SW_ERR_NOT_FOUND);
    SW_ASSERT_OK(sw_vault_open(&a, SW_VAULT_FILE(p.key), true));
    SW_ASSERT_OK(sw_vault_open(&b, SW_VAULT_FILE(p.key), true));
    SW_ASSERT_BYTES(a.id, b.id, sizeof a.id);
    sw_vault_close(&a);
    sw_vault_close(&b);
    CU_ASSERT_EQUAL(stat(p.key, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(chmod(p.key, 0640), 0);
    SW_ASSERT_ERR(sw_vault_open(&a, SW_VAULT_FILE(p.key), false), SW_ERR_PERMISSION);
    CU_ASSERT_EQUAL(chmod(p.key, 0600), 0);
    CU_ASSERT_EQUAL(truncate(p.key, 80), 0);
    SW_ASSERT_ERR(sw_vault_open(&a, SW_VAULT_FILE(p.key), false), SW_ERR_KEY_DECODE);
    teardown(&p);
}

static void changes_for_another(void)
{
    struct place p;
    struct sw_vault from, to, again;
    char old[128] = "", zero[81] = {0};
    setup(&p);
    SW_ASSERT_ERR(sw_vault_change_from(&from, SW_VAULT_FILE(p.key)), SW_ERR_NOT_FOUND);
    SW_ASSERT_OK(sw_vault_open(&from, SW_VAULT_FILE(p.key), true));
    sw_vault_close(&from);
    SW_ASSERT_OK(sw_vault_change_from(&from, SW_VAULT_FILE(p.key)));
    SW_ASSERT_OK(sw_vault_change_to(&to, SW_VAULT_FILE(p.key)));
    CU_ASSERT_NOT_EQUAL(memcmp(from.id, to.id, sizeof to.id), 0);
    SW_ASSERT_OK(sw_vault_change_to(&again, SW_VAULT_FILE(p.key))); /* after an interruption: the same one */
    SW_ASSERT_BYTES(again.id, to.id, sizeof to.id);
    sw_vault_close(&again);
    SW_ASSERT_ERR(sw_vault_open(&again, SW_VAULT_FILE(p.key), false), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_vault_open(&again, SW_VAULT_FILE(p.key), true), SW_ERR_STATE);

    int fd = open(p.key, O_RDONLY);
    SW_ASSERT_OK(sw_vault_change_end(p.key));
    CU_ASSERT_EQUAL(read(fd, old, sizeof old), sizeof zero);
    SW_ASSERT_BYTES(old, zero, sizeof zero); /* the old key is nowhere */
    close(fd);
    CU_ASSERT_NOT_EQUAL(access(p.next, F_OK), 0);
    SW_ASSERT_OK(sw_vault_open(&again, SW_VAULT_FILE(p.key), false));
    SW_ASSERT_BYTES(again.id, to.id, sizeof to.id);
    sw_vault_close(&again);
    sw_vault_close(&from);
    sw_vault_close(&to);
    teardown(&p);
}

/*
 * Who comes by a link meets the same keys, and the link stays one. A copy under another name is somebody's backup and
 * keeps its bytes.
 */
static void follows_links_and_spares_copies(void)
{
    struct place p;
    struct sw_vault from, to, again;
    char link_name[96], copy[96];
    struct stat st;
    setup(&p);
    snprintf(link_name, sizeof link_name, "%s/link", p.dir);
    snprintf(copy, sizeof copy, "%s/copy", p.dir);
    SW_ASSERT_OK(sw_vault_open(&from, SW_VAULT_FILE(p.key), true));
    CU_ASSERT_EQUAL(symlink(p.key, link_name), 0);
    CU_ASSERT_EQUAL(link(p.key, copy), 0);
    SW_ASSERT_OK(sw_vault_change_to(&to, SW_VAULT_FILE(link_name)));
    CU_ASSERT_EQUAL(access(p.next, F_OK), 0);
    SW_ASSERT_ERR(sw_vault_open(&again, SW_VAULT_FILE(link_name), false), SW_ERR_STATE);
    SW_ASSERT_OK(sw_vault_change_end(link_name));
    CU_ASSERT(lstat(link_name, &st) == 0 && S_ISLNK(st.st_mode));
    SW_ASSERT_OK(sw_vault_open(&again, SW_VAULT_FILE(p.key), false));
    SW_ASSERT_BYTES(again.id, to.id, sizeof to.id);
    sw_vault_close(&again);
    SW_ASSERT_OK(sw_vault_open(&again, SW_VAULT_FILE(copy), false));
    SW_ASSERT_BYTES(again.id, from.id, sizeof from.id);
    sw_vault_close(&again);
    sw_vault_close(&from);
    sw_vault_close(&to);
    unlink(link_name);
    unlink(copy);
    teardown(&p);
}

static void sealed_anew_once(void)
{
    struct place p;
    struct sw_vault from, to;
    uint8_t sealed[5 + SW_VAULT_EXTRA], anew[sizeof sealed], out[5];
    bool changed;
    setup(&p);
    SW_ASSERT_OK(sw_vault_open(&from, SW_VAULT_FILE(p.key), true));
    SW_ASSERT_OK(sw_vault_change_to(&to, SW_VAULT_FILE(p.key)));
    SW_ASSERT_OK(sw_vault_seal(&from, "name", "hello", 5, sealed));
    struct rewrap look = {.from = &from}, r = {.from = &from, .to = &to};
    SW_ASSERT_OK(rewrap_seal(&look, "name", sealed, sizeof sealed, anew, &changed));
    CU_ASSERT_FALSE(changed);
    SW_ASSERT_OK(rewrap_seal(&r, "name", sealed, sizeof sealed, anew, &changed));
    CU_ASSERT_TRUE(changed);
    SW_ASSERT_OK(sw_vault_unseal(&to, "name", anew, sizeof anew, out));
    SW_ASSERT_BYTES(out, "hello", 5);
    SW_ASSERT_OK(rewrap_seal(&r, "name", anew, sizeof anew, sealed, &changed)); /* done already */
    CU_ASSERT_FALSE(changed);
    SW_ASSERT_ERR(rewrap_seal(&look, "name", anew, sizeof anew, sealed, &changed), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(rewrap_seal(&r, "eman", anew, sizeof anew, sealed, &changed), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(rewrap_seal(&r, "name", anew, SW_VAULT_EXTRA - 1, sealed, &changed), SW_ERR_CRYPTO);
    anew[20] ^= 1;
    SW_ASSERT_ERR(rewrap_seal(&r, "name", anew, sizeof anew, sealed, &changed), SW_ERR_CRYPTO);
    sw_vault_close(&from);
    sw_vault_close(&to);
    teardown(&p);
}

/* --- a key that several threads use ------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 2000, LENGTH = 1000 };

struct user {
    pthread_t thread;
    struct sw_vault *vault;
    uint8_t first;
    unsigned wrong;
};

static void *use(void *arg)
{
    struct user *u = arg;
    uint8_t plain[LENGTH], sealed[LENGTH + SW_VAULT_EXTRA], out[LENGTH];
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t len = i % LENGTH;
        memset(plain, u->first + (int)i, len);
        bool fine = sw_vault_seal(u->vault, "name", plain, len, sealed) == SW_OK &&
                    sw_vault_unseal(u->vault, "name", sealed, len + SW_VAULT_EXTRA, out) == SW_OK &&
                    memcmp(plain, out, len) == 0 &&
                    sw_vault_unseal(u->vault, "eman", sealed, len + SW_VAULT_EXTRA, out) == SW_ERR_CRYPTO;
        u->wrong += !fine;
    }
    return NULL;
}

static void used_by_threads(void)
{
    struct place p;
    struct sw_vault vault;
    struct user users[THREADS];
    setup(&p);
    SW_ASSERT_OK(sw_vault_open(&vault, SW_VAULT_FILE(p.key), true));
    for (int i = 0; i < THREADS; i++) {
        users[i] = (struct user){.vault = &vault, .first = (uint8_t)(64 * i)};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&users[i].thread, NULL, use, &users[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(users[i].thread, NULL), 0);
        CU_ASSERT_EQUAL(users[i].wrong, 0);
    }
    sw_vault_close(&vault);
    sw_vault_close(&vault); /* once is enough */
    teardown(&p);
}

SW_TEST_SUITE(vault){
    SW_TEST(made_once),        SW_TEST(changes_for_another), SW_TEST(follows_links_and_spares_copies),
    SW_TEST(sealed_anew_once), SW_TEST(used_by_threads),
};
