/* What a sealed message is known by: the same for the same, another one for anything else, and no guess for others. */
#include "apps/message/repeat.h"
#include "base/hash.h"
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct home {
    char dir[64], key[128];
    struct app app;
};

static void setup(struct home *h)
{
    *h = (struct home){.app = {.program = "test", .quiet = true}};
    snprintf(h->dir, sizeof h->dir, "/tmp/sealwax-repeat.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(h->dir));
    snprintf(h->key, sizeof h->key, "%s/sealwax/repeat.key", h->dir);
    setenv("XDG_STATE_HOME", h->dir, 1);
}

static void teardown(struct home *h)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/sealwax", h->dir);
    unlink(h->key);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    CU_ASSERT_EQUAL(rmdir(h->dir), 0);
    unsetenv("XDG_STATE_HOME");
}

static bool same(struct home *h, const char *key, const char *to, const char *text, const char *as)
{
    char out[REPEAT_MAX];
    CU_ASSERT_EQUAL(repeat_fingerprint(&h->app, key, to, text, strlen(text), out), APP_DONE);
    CU_ASSERT_EQUAL(strspn(out, "0123456789abcdef"), REPEAT_MAX - 1);
    return strcmp(out, as) == 0;
}

static void tells_one_message_from_another(void)
{
    struct home h;
    struct stat st;
    char first[REPEAT_MAX];
    setup(&h);
    CU_ASSERT_EQUAL(repeat_fingerprint(&h.app, "key", "alice", "256345", 6, first), APP_DONE);
    CU_ASSERT_EQUAL(stat(h.key, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_TRUE(same(&h, "key", "alice", "256345", first));
    CU_ASSERT_FALSE(same(&h, "key", "alice", "256346", first));
    CU_ASSERT_FALSE(same(&h, "key", "alice", "", first));
    CU_ASSERT_FALSE(same(&h, "key", "bob", "256345", first));
    CU_ASSERT_FALSE(same(&h, "kez", "alice", "256345", first));
    CU_ASSERT_FALSE(same(&h, "ke", "yalice", "256345", first));
    CU_ASSERT_EQUAL(unlink(h.key), 0); /* another key: nobody without it can try all texts */
    CU_ASSERT_FALSE(same(&h, "key", "alice", "256345", first));
    teardown(&h);
}

/* HMAC-SHA256 of key, NUL, recipient, NUL, text: what another program of the same user would have to say. */
static void is_the_hash_that_is_documented(void)
{
    static const char parts[] = "key\0alice\0"
                                "256345";
    struct home h;
    struct sw_file secret = {0};
    uint8_t hash[SW_HASH_MAX];
    char want[REPEAT_MAX], out[REPEAT_MAX];
    setup(&h);
    CU_ASSERT_EQUAL(repeat_fingerprint(&h.app, "key", "alice", "256345", 6, out), APP_DONE);
    SW_ASSERT_OK(sw_file_read_secret(h.key, 1000, &secret));
    CU_ASSERT_EQUAL(secret.len, 32);
    SW_ASSERT_OK(sw_hmac_once(SW_HASH_SHA256, secret.p, secret.len, parts, sizeof parts - 1, hash));
    for (size_t i = 0; i < 32; i++)
        snprintf(want + 2 * i, 3, "%02x", hash[i]);
    CU_ASSERT_STRING_EQUAL(out, want);
    sw_file_free(&secret);
    teardown(&h);
}

static void takes_no_other_file(void)
{
    static const struct {
        const char *text;
        int mode, code;
    } files[] = {{"", 0600, APP_BAD_INPUT},
                 {"far longer than any key that we have ever made", 0600, APP_BAD_INPUT},
                 {"thirty-two bytes that all may see", 0644, APP_REFUSED}};
    struct home h;
    char out[REPEAT_MAX];
    setup(&h);
    CU_ASSERT_EQUAL(repeat_fingerprint(&h.app, "key", "alice", "x", 1, out), APP_DONE);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *f = fopen(h.key, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        fputs(files[i].text, f);
        fclose(f);
        chmod(h.key, (mode_t)files[i].mode);
        said_begin(stderr);
        CU_ASSERT_EQUAL(repeat_fingerprint(&h.app, "key", "alice", "x", 1, out), files[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(said_end(), "repeat.key"));
    }
    teardown(&h);
}

SW_TEST_SUITE(repeat){
    SW_TEST(tells_one_message_from_another),
    SW_TEST(is_the_hash_that_is_documented),
    SW_TEST(takes_no_other_file),
};
