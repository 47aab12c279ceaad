/* Files: whole or not at all, never through a link, never over another unless asked, and keys for their owner alone. */
#include "tests/test.h"
#include "ttp/file.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[64];

static const char *in_dir(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void begin(void)
{
    strcpy(dir, "/tmp/sw-test-file-XXXXXX");
    if (!mkdtemp(dir))
        abort();
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        abort();
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) ? 0 : st.st_mode & 07777;
}

static bool holds(const char *path, const char *want)
{
    struct sw_file f;
    if (sw_file_read(path, 4096, &f) != SW_OK)
        return false;
    bool same = f.len == strlen(want) && memcmp(f.p, want, f.len) == 0 && f.p[f.len] == 0;
    sw_file_free(&f);
    return same;
}

/* How many names the directory has, "." and ".." aside. */
static int names(void)
{
    char command[128];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", dir);
    FILE *p = popen(command, "r");
    if (!p || fscanf(p, "%d", &n) != 1)
        abort();
    pclose(p);
    return n;
}

static void writes_and_reads(void)
{
    begin();
    umask(022);
    SW_ASSERT_OK(sw_file_write(in_dir("a"), "hello", 5, 0));
    CU_ASSERT(holds(in_dir("a"), "hello"));
    CU_ASSERT_EQUAL(mode_of(in_dir("a")), 0644);
    SW_ASSERT_OK(sw_file_write(in_dir("empty"), "", 0, 0));
    CU_ASSERT(holds(in_dir("empty"), ""));
    umask(0);
    SW_ASSERT_OK(sw_file_write(in_dir("key"), "secret", 6, SW_FILE_SECRET));
    CU_ASSERT_EQUAL(mode_of(in_dir("key")), 0600);
    umask(077);
    SW_ASSERT_OK(sw_file_write(in_dir("b"), "x", 1, 0));
    CU_ASSERT_EQUAL(mode_of(in_dir("b")), 0600);
    umask(022);
    CU_ASSERT_EQUAL(names(), 4);
    end();
}

static void overwrites_only_when_told(void)
{
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("a"), "first", 5, 0));
    SW_ASSERT_ERR(sw_file_write(in_dir("a"), "second", 6, 0), SW_ERR_EXISTS);
    CU_ASSERT(holds(in_dir("a"), "first"));
    SW_ASSERT_OK(sw_file_write(in_dir("a"), "second", 6, SW_FILE_REPLACE));
    CU_ASSERT(holds(in_dir("a"), "second"));
    CU_ASSERT_EQUAL(names(), 1);
    end();
}

static void keeps_the_mode_of_what_it_replaces(void)
{
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("list"), "old", 3, 0));
    CU_ASSERT_EQUAL(chmod(in_dir("list"), 0640), 0);
    SW_ASSERT_OK(sw_file_write(in_dir("list"), "new", 3, SW_FILE_REPLACE));
    CU_ASSERT_EQUAL(mode_of(in_dir("list")), 0640);
    /* but a key does not become readable because something readable stood there */
    SW_ASSERT_OK(sw_file_write(in_dir("list"), "key", 3, SW_FILE_REPLACE | SW_FILE_SECRET));
    CU_ASSERT_EQUAL(mode_of(in_dir("list")), 0600);
    end();
}

/* An attacker's link under the name: neither what it points to nor the link itself is written. */
static void follows_no_links(void)
{
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("victim"), "precious", 8, 0));
    CU_ASSERT_EQUAL(symlink("victim", in_dir("link")), 0);
    CU_ASSERT_EQUAL(symlink("nowhere", in_dir("dangling")), 0);
    SW_ASSERT_ERR(sw_file_write(in_dir("link"), "x", 1, SW_FILE_SECRET), SW_ERR_EXISTS);
    SW_ASSERT_ERR(sw_file_write(in_dir("link"), "x", 1, SW_FILE_REPLACE), SW_ERR_EXISTS);
    SW_ASSERT_ERR(sw_file_write(in_dir("dangling"), "x", 1, 0), SW_ERR_EXISTS);
    SW_ASSERT_ERR(sw_file_write(in_dir("dangling"), "x", 1, SW_FILE_REPLACE), SW_ERR_EXISTS);
    CU_ASSERT(holds(in_dir("victim"), "precious"));
    CU_ASSERT_FALSE(sw_file_exists(in_dir("nowhere")));
    CU_ASSERT(sw_file_exists(in_dir("dangling")));
    CU_ASSERT_EQUAL(mkdir(in_dir("sub"), 0700), 0);
    SW_ASSERT_ERR(sw_file_write(in_dir("sub"), "x", 1, SW_FILE_REPLACE), SW_ERR_EXISTS);
    end();
}

static void an_aborted_stage_leaves_nothing(void)
{
    struct sw_file_stage s;
    begin();
    SW_ASSERT_OK(sw_file_stage(&s, in_dir("a"), "hello", 5, 0));
    CU_ASSERT_FALSE(sw_file_exists(in_dir("a")));
    sw_file_abort(&s);
    sw_file_abort(&s);
    CU_ASSERT_EQUAL(names(), 0);
    SW_ASSERT_OK(sw_file_stage(&s, in_dir("a"), "hello", 5, SW_FILE_REPLACE));
    sw_file_abort(&s);
    CU_ASSERT_EQUAL(names(), 0);
    end();
}

/* Between stage and commit somebody else takes the name: they keep it. */
static void a_race_for_a_name_has_one_winner(void)
{
    struct sw_file_stage a, b;
    begin();
    SW_ASSERT_OK(sw_file_stage(&a, in_dir("key"), "a", 1, SW_FILE_SECRET));
    SW_ASSERT_OK(sw_file_stage(&b, in_dir("key"), "b", 1, SW_FILE_SECRET));
    SW_ASSERT_OK(sw_file_commit(&b));
    SW_ASSERT_ERR(sw_file_commit(&a), SW_ERR_EXISTS);
    CU_ASSERT(holds(in_dir("key"), "b"));
    CU_ASSERT_EQUAL(names(), 1);
    end();
}

/* A disk that is full, as a limit on the size of files: what was there stays, nothing new appears. */
static void a_full_disk_leaves_the_old_file(void)
{
    char *big = calloc(1, 200000);
    if (!big)
        abort();
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("a"), "old", 3, 0));
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {100000, 100000};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit))
            _exit(9);
        bool kept = sw_file_write(in_dir("a"), big, 200000, SW_FILE_REPLACE) == SW_ERR_SYSTEM && errno == EFBIG;
        bool none = sw_file_write(in_dir("b"), big, 200000, SW_FILE_SECRET) == SW_ERR_SYSTEM;
        _exit(kept && none ? 0 : 1);
    }
    int status;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT(holds(in_dir("a"), "old"));
    CU_ASSERT_EQUAL(names(), 1);
    end();
    free(big);
}

static void reads_up_to_the_limit(void)
{
    struct sw_file f;
    char data[20000];
    memset(data, 'x', sizeof data);
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("a"), data, sizeof data, 0));
    SW_ASSERT_OK(sw_file_read(in_dir("a"), sizeof data, &f));
    CU_ASSERT_EQUAL(f.len, sizeof data);
    sw_file_free(&f);
    SW_ASSERT_ERR(sw_file_read(in_dir("a"), sizeof data - 1, &f), SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, EFBIG);
    CU_ASSERT_PTR_NULL(f.p);
    errno = 0;
    SW_ASSERT_ERR(sw_file_read(in_dir("none"), 10, &f), SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENOENT);
    SW_ASSERT_ERR(sw_file_read(dir, 10, &f), SW_ERR_SYSTEM);
    end();
}

static void refuses_keys_that_others_can_read(void)
{
    static const unsigned modes[] = {0600, 0400, 0640, 0604, 0660, 0601};
    struct sw_file f;
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("key"), "secret", 6, SW_FILE_SECRET));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CU_ASSERT_EQUAL(chmod(in_dir("key"), modes[i]), 0);
        enum sw_err err = sw_file_read_secret(in_dir("key"), 100, &f);
        SW_ASSERT_ERR(err, i < 2 ? SW_OK : SW_ERR_PERMISSION);
        sw_file_free(&f);
    }
    SW_ASSERT_ERR(sw_file_read_secret(dir, 100, &f), SW_ERR_PERMISSION);
    end();
}

/* One entry of a list of rights, as in linux/posix_acl_xattr.h. */
#define BYTE(n, at) (uint8_t)((unsigned)(n) >> (at))
#define RIGHT(tag, may, id) tag, 0, may, 0, BYTE(id, 0), BYTE(id, 8), BYTE(id, 16), BYTE(id, 24)
#define NOBODY_ELSE RIGHT(0x10, 4, -1), RIGHT(0x20, 0, -1)

/* As systemd gives a service its credentials: the mode is 0440, and the group may do nothing. */
static void reads_a_key_that_a_list_gives_to_us_alone(void)
{
    const unsigned us = geteuid(), other = us + 12345;
    const struct {
        uint8_t list[44];
        enum sw_err err;
    } cases[] = {
        {{2, 0, 0, 0, RIGHT(1, 4, -1), RIGHT(2, 4, us), RIGHT(4, 0, -1), NOBODY_ELSE}, SW_OK},
        {{2, 0, 0, 0, RIGHT(1, 4, -1), RIGHT(2, 4, other), RIGHT(4, 0, -1), NOBODY_ELSE}, SW_ERR_PERMISSION},
        {{2, 0, 0, 0, RIGHT(1, 4, -1), RIGHT(2, 4, us), RIGHT(4, 4, -1), NOBODY_ELSE}, SW_ERR_PERMISSION},
        {{2, 0, 0, 0, RIGHT(1, 4, -1), RIGHT(4, 0, -1), RIGHT(8, 4, other), NOBODY_ELSE}, SW_ERR_PERMISSION},
    };
    struct sw_file f;
    begin();
    SW_ASSERT_OK(sw_file_write(in_dir("key"), "secret", 6, SW_FILE_SECRET));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (setxattr(in_dir("key"), "system.posix_acl_access", cases[i].list, sizeof cases[i].list, 0)) {
            CU_ASSERT_EQUAL(errno, EOPNOTSUPP); /* not every file system has such lists */
            break;
        }
        enum sw_err err = sw_file_read_secret(in_dir("key"), 100, &f);
        SW_ASSERT_ERR(err, cases[i].err);
        sw_file_free(&f);
    }
    end();
}

static void says_what_is_wrong_with_a_path(void)
{
    begin();
    SW_ASSERT_ERR(sw_file_write("", "x", 1, 0), SW_ERR_SYSTEM);
    SW_ASSERT_ERR(sw_file_write(in_dir("none/a"), "x", 1, 0), SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENOENT);
    SW_ASSERT_ERR(sw_file_write(in_dir("a/"), "x", 1, 0), SW_ERR_SYSTEM);
    char *deep = malloc(SW_FILE_PATH_MAX + 1);
    if (!deep)
        abort();
    memset(deep, 'a', SW_FILE_PATH_MAX);
    deep[SW_FILE_PATH_MAX] = 0;
    SW_ASSERT_ERR(sw_file_write(deep, "x", 1, 0), SW_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
    free(deep);
    end();
}

SW_TEST_SUITE(file){
    SW_TEST(writes_and_reads),
    SW_TEST(overwrites_only_when_told),
    SW_TEST(keeps_the_mode_of_what_it_replaces),
    SW_TEST(follows_no_links),
    SW_TEST(an_aborted_stage_leaves_nothing),
    SW_TEST(a_race_for_a_name_has_one_winner),
    SW_TEST(a_full_disk_leaves_the_old_file),
    SW_TEST(reads_up_to_the_limit),
    SW_TEST(refuses_keys_that_others_can_read),
    SW_TEST(reads_a_key_that_a_list_gives_to_us_alone),
    SW_TEST(says_what_is_wrong_with_a_path),
};
