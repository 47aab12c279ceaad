/* Enrolment: by certificate, found by name, kept over restarts, and in databases that were made before there was any. */
#include "apps/store.h"
#include "tests/test.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct box {
    char dir[64], db[128], key[128];
    struct sw_store *store;
};

static void reopen(struct box *box)
{
    const char *why = "";
    sw_store_close(box->store);
    if (!SW_ASSERT_OK(sw_store_open(&box->store, box->db, box->key, &sw_store_defaults, &why)))
        printf("%s\n", why);
}

static void setup(struct box *box)
{
    *box = (struct box){0};
    snprintf(box->dir, sizeof box->dir, "/tmp/sealwax-member.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(box->dir));
    snprintf(box->db, sizeof box->db, "%s/mail.db", box->dir);
    snprintf(box->key, sizeof box->key, "%s/mail.key", box->dir);
    reopen(box);
}

static void teardown(struct box *box)
{
    static const char *const names[] = {"mail.db", "mail.key", "mail.db-wal", "mail.db-shm"};
    sw_store_close(box->store);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", box->dir, names[i]);
        unlink(path);
    }
    CU_ASSERT_EQUAL(rmdir(box->dir), 0);
}

static void enrol(struct box *box, uint8_t cert, const char *name, const char *role, int64_t since)
{
    struct sw_member m = {.cert = {cert}, .since = since};
    snprintf(m.name, sizeof m.name, "%s", name);
    snprintf(m.role, sizeof m.role, "%s", role);
    SW_ASSERT_OK(sw_store_enrol(box->store, &m));
}

static bool add_name(void *ctx, const struct sw_member *m)
{
    char *names = ctx;
    strcat(names, m->name);
    strcat(names, m->role[0] ? "*" : "");
    strcat(names, " ");
    return strlen(names) < 100;
}

static void enrols_and_expels(void)
{
    static const uint8_t first[32] = {1}, third[32] = {3};
    struct box box;
    struct sw_member m;
    char names[256] = "";
    int count;
    setup(&box);
    SW_ASSERT_ERR(sw_store_member(box.store, first, &m), SW_ERR_NOT_FOUND);
    enrol(&box, 1, "bob", "", 100);
    enrol(&box, 2, "alice", "staff", 101);
    enrol(&box, 3, "bob", "guest", 102);
    reopen(&box);
    SW_ASSERT_OK(sw_store_member(box.store, first, &m));
    CU_ASSERT_STRING_EQUAL(m.name, "bob");
    CU_ASSERT_STRING_EQUAL(m.role, "");
    CU_ASSERT_EQUAL(m.since, 100);
    SW_ASSERT_OK(sw_store_member_named(box.store, "bob", &m));
    CU_ASSERT_STRING_EQUAL(m.role, "guest"); /* the newest */
    enrol(&box, 1, "bob", "staff", 103);
    SW_ASSERT_OK(sw_store_member(box.store, first, &m));
    CU_ASSERT_STRING_EQUAL(m.role, "staff");
    CU_ASSERT_EQUAL(m.since, 100); /* another role is no new enrolment */
    SW_ASSERT_OK(sw_store_members(box.store, add_name, names));
    CU_ASSERT_STRING_EQUAL(names, "alice* bob* bob* ");
    SW_ASSERT_OK(sw_store_expel(box.store, "bob", 104, &count));
    CU_ASSERT_EQUAL(count, 2);
    SW_ASSERT_OK(sw_store_expel(box.store, "bob", 105, &count));
    CU_ASSERT_EQUAL(count, 0);
    SW_ASSERT_ERR(sw_store_member(box.store, third, &m), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_member_named(box.store, "bob", &m), SW_ERR_NOT_FOUND);
    teardown(&box);
}

static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t n = -1;
    CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void is_in_the_audit(void)
{
    struct box box;
    int count;
    setup(&box);
    enrol(&box, 1, "bob", "staff", 100);
    SW_ASSERT_OK(sw_store_expel(box.store, "bob", 101, &count));
    SW_ASSERT_OK(sw_store_expel(box.store, "nobody", 102, &count));
    CU_ASSERT_EQUAL(
        ask(box.db, "SELECT count(*) FROM audit WHERE event = 'enrolled' AND sender = 'bob' AND recipient = 'staff'"),
        1);
    CU_ASSERT_EQUAL(ask(box.db, "SELECT count(*) FROM audit WHERE event = 'expelled' AND sender = 'bob'"), 1);
    CU_ASSERT_EQUAL(ask(box.db, "SELECT count(*) FROM audit"), 2);
    teardown(&box);
}

/* A mailbox of the first version: what it has stays, and people can be enrolled in it. */
static void an_older_mailbox_is_brought_up(void)
{
    struct box box;
    setup(&box);
    sw_store_close(box.store);
    box.store = NULL;
    CU_ASSERT_EQUAL(ask(box.db, "SELECT 1"), 1);
    sqlite3 *db;
    CU_ASSERT_EQUAL(sqlite3_open(box.db, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "DROP TABLE member; PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    reopen(&box);
    enrol(&box, 1, "bob", "", 100);
    reopen(&box);
    CU_ASSERT_EQUAL(ask(box.db, "SELECT count(*) FROM member"), 1);
    CU_ASSERT_EQUAL(ask(box.db, "PRAGMA user_version"), 2);
    teardown(&box);
}

SW_TEST_SUITE(member){
    SW_TEST(enrols_and_expels),
    SW_TEST(is_in_the_audit),
    SW_TEST(an_older_mailbox_is_brought_up),
};
