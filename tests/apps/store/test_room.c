/* A database in a file without space: a limit on the size of files stands for that, and who makes room raises it. */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { NOW = 1800000000, BODY = 60000, MESSAGES = 40 };

static const uint8_t laptop[32] = {1};
static struct rlimit was;
static unsigned asked;

static bool raise_limit(void *ctx)
{
    struct rlimit now;
    asked++;
    getrlimit(RLIMIT_FSIZE, &now);
    bool there = now.rlim_cur != was.rlim_cur;
    setrlimit(RLIMIT_FSIZE, &was);
    return there && ctx != NULL;
}

static int64_t size_of(const char *path, const char *suffix)
{
    char name[300];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* As large as the files are, and not a byte more. */
static void fill_disk(const struct store_place *at)
{
    int64_t log = size_of(at->db, "-wal"), db = size_of(at->db, "");
    struct rlimit full = was;
    full.rlim_cur = (rlim_t)(log > db ? log : db);
    setrlimit(RLIMIT_FSIZE, &full);
}

static enum sw_put_verdict put(struct sw_store *store)
{
    static uint8_t body[BODY];
    enum sw_put_verdict verdict = SW_PUT_CONFLICT;
    struct sw_mail mail = {
        .sender = "bank", .recipient = "alice", .expires = NOW + 300, .body = body, .body_len = BODY};
    SW_ASSERT_OK(sw_store_put(store, &mail, NULL, NOW, &verdict));
    return verdict;
}

struct box {
    struct store_place at;
    struct sw_store *store;
    void (*handler)(int);
};

static void setup(struct box *box)
{
    const char *why;
    store_place_make_file(&box->at);
    SW_ASSERT_OK(sw_store_open(&box->store, box->at.db, SW_VAULT_FILE(box->at.key), &sw_store_defaults, &why));
    getrlimit(RLIMIT_FSIZE, &was);
    box->handler = signal(SIGXFSZ, SIG_IGN);
    asked = 0;
}

static void teardown(struct box *box)
{
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, box->handler);
    sw_store_on_full(NULL, NULL);
    sw_store_close(box->store);
    store_place_remove(&box->at);
}

static void take_all(struct sw_store *store, unsigned count)
{
    struct sw_mail mail, ended;
    unsigned n = 0;
    while (sw_store_take(store, "alice", laptop, 0, NOW, &mail) == SW_OK) {
        CU_ASSERT_EQUAL(mail.body_len, BODY);
        sw_mail_free(&mail);
        SW_ASSERT_OK(sw_store_acknowledge(store, "alice", laptop, mail.id, NOW, &ended));
        n++;
    }
    CU_ASSERT_EQUAL(n, count);
}

static void a_write_is_repeated_when_there_is_room(void)
{
    struct box box;
    setup(&box);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_ACCEPTED);
    fill_disk(&box.at);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_DISK_FULL);
    CU_ASSERT_TRUE(sw_store_full(box.store));
    CU_ASSERT_STRING_EQUAL(sw_store_why(box.store), "the disk is full");
    sw_store_on_full(raise_limit, NULL); /* has none to give */
    fill_disk(&box.at);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_DISK_FULL);
    CU_ASSERT_EQUAL(asked, 1);
    fill_disk(&box.at);
    sw_store_on_full(raise_limit, &box);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(asked, 2);
    take_all(box.store, 2);
    teardown(&box);
}

/* What was given up is for what is there. */
static void without_a_reserve_nothing_new_is_accepted(void)
{
    struct box box;
    setup(&box);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_ACCEPTED);
    sw_store_set_reserve(box.store, 1 << 20, true);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_DISK_FULL);
    take_all(box.store, 1);
    sw_store_set_reserve(box.store, 1 << 20, false);
    CU_ASSERT_EQUAL(put(box.store), SW_PUT_ACCEPTED);
    teardown(&box);
}

/* The log stays short, and what is not needed any more goes back. */
static void shrinks(void)
{
    struct box box;
    setup(&box);
    sw_store_set_reserve(box.store, 1 << 20, false);
    for (int i = 0; i < MESSAGES; i++)
        CU_ASSERT_EQUAL(put(box.store), SW_PUT_ACCEPTED);
    CU_ASSERT_TRUE(size_of(box.at.db, "-wal") < 1 << 20);
    int64_t most = size_of(box.at.db, "");
    CU_ASSERT_TRUE(most > (MESSAGES - 8) * BODY);
    sw_store_shrink(box.store); /* nothing to give */
    CU_ASSERT_TRUE(size_of(box.at.db, "") >= most);
    take_all(box.store, MESSAGES);
    CU_ASSERT_TRUE(size_of(box.at.db, "") >= most);
    sw_store_shrink(box.store);
    CU_ASSERT_TRUE(size_of(box.at.db, "") < most / 4);
    CU_ASSERT_EQUAL(store_place_ask(&box.at, "SELECT count(*) FROM message"), MESSAGES);
    teardown(&box);
}

SW_TEST_SUITE(room){
    SW_TEST(a_write_is_repeated_when_there_is_room),
    SW_TEST(without_a_reserve_nothing_new_is_accepted),
    SW_TEST(shrinks),
};
