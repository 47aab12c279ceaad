/* Licences: debited once a play, bound to holder and track, tampering noticed. */
#include "apps/media/licence.h"
#include "tests/test.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1800000000, WINDOW = 100 };

struct shelf {
    char dir[64], db[96], key[96];
    struct sw_vault vault;
    struct licences *l;
};

static void setup(struct shelf *s)
{
    snprintf(s->dir, sizeof s->dir, "/tmp/sealwax-licence.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(s->dir));
    snprintf(s->db, sizeof s->db, "%s/media.db", s->dir);
    snprintf(s->key, sizeof s->key, "%s/key", s->dir);
    SW_ASSERT_OK(sw_vault_open(&s->vault, s->key, true));
    SW_ASSERT_OK(licences_open(&s->l, &s->vault, s->db));
}

static void teardown(struct shelf *s)
{
    char path[128];
    licences_close(s->l);
    sw_vault_close(&s->vault);
    unlink(s->db);
    unlink(s->key);
    snprintf(path, sizeof path, "%s-wal", s->db);
    unlink(path);
    snprintf(path, sizeof path, "%s-shm", s->db);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(s->dir), 0);
}

static enum sw_err play(struct shelf *s, const char *holder, int64_t now, bool fresh, int64_t left)
{
    struct licence a;
    bool was;
    enum sw_err err = licences_play(s->l, holder, "track", 3, WINDOW, now, &a, &was);
    if (err == SW_OK) {
        CU_ASSERT_EQUAL(was, fresh);
        CU_ASSERT_EQUAL(a.plays, left);
    }
    return err;
}

static void counts_each_play_once(void)
{
    struct shelf s;
    setup(&s);
    SW_ASSERT_OK(play(&s, "01", NOW, true, 2));
    SW_ASSERT_OK(play(&s, "01", NOW + 50, false, 2)); /* seeking */
    SW_ASSERT_OK(play(&s, "01", NOW + 100, true, 1));
    SW_ASSERT_OK(play(&s, "01", NOW + 200, true, 0));
    SW_ASSERT_OK(play(&s, "01", NOW + 250, false, 0)); /* the last one may go on to its end */
    SW_ASSERT_ERR(play(&s, "01", NOW + 300, true, 0), SW_ERR_STATE);
    SW_ASSERT_OK(play(&s, "02", NOW, true, 2)); /* another holder */
    licences_close(s.l);
    SW_ASSERT_OK(licences_open(&s.l, &s.vault, s.db));
    SW_ASSERT_ERR(play(&s, "01", NOW + 400, true, 0), SW_ERR_STATE); /* a restart renews nothing */
    SW_ASSERT_OK(licences_set(s.l, "01", "track", 1));
    SW_ASSERT_OK(play(&s, "01", NOW + 500, true, 0));
    teardown(&s);
}

static void makes_none_when_told_so(void)
{
    struct shelf s;
    struct licence a;
    bool fresh;
    setup(&s);
    SW_ASSERT_ERR(licences_play(s.l, "01", "track", 0, WINDOW, NOW, &a, &fresh), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(licences_get(s.l, "01", "track", &a), SW_ERR_NOT_FOUND);
    teardown(&s);
}

static void count_bad(void *ctx, const struct licence *a)
{
    *(int *)ctx += a->plays < 0;
}

/* Somebody copies a licence with more plays over one that is used up. */
static void notices_tampering(void)
{
    struct shelf s;
    sqlite3 *db;
    int bad = 0;
    setup(&s);
    SW_ASSERT_OK(licences_set(s.l, "01", "track", 0));
    SW_ASSERT_OK(licences_set(s.l, "02", "track", 9));
    CU_ASSERT_EQUAL(sqlite3_open(s.db, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(
        sqlite3_exec(db,
                     "UPDATE licence SET sealed = (SELECT sealed FROM licence WHERE holder = '02') WHERE holder = '01'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    SW_ASSERT_ERR(play(&s, "01", NOW, true, 0), SW_ERR_CRYPTO);
    SW_ASSERT_OK(licences_each(s.l, count_bad, &bad));
    CU_ASSERT_EQUAL(bad, 1);
    SW_ASSERT_OK(licences_set(s.l, "01", "track", 2));
    SW_ASSERT_OK(play(&s, "01", NOW, true, 1));
    teardown(&s);
}

static void count_lost(void *ctx, const char *file, const char *what)
{
    CU_ASSERT_STRING_EQUAL(file, "media.db");
    CU_ASSERT_STRING_EQUAL(what, "licence 0001 track");
    ++*(int *)ctx;
}

static void execute(const struct shelf *s, const char *sql)
{
    sqlite3 *db;
    CU_ASSERT_EQUAL(sqlite3_open(s->db, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void outlive_their_key(void)
{
    struct shelf s;
    struct sw_vault to;
    struct licence a;
    char holder[16], next[128];
    int lost = 0;
    enum { MANY = 2500 /* more than two transactions */ };
    setup(&s);
    SW_ASSERT_OK(sw_vault_change_to(&to, s.key));
    for (int i = 0; i < MANY; i++) {
        snprintf(holder, sizeof holder, "%04d", i);
        SW_ASSERT_OK(licences_set(s.l, holder, i % 2 ? "track" : "another", i));
    }
    execute(&s, "UPDATE licence SET sealed = zeroblob(52) WHERE holder = '0001'");
    struct rewrap r = {.from = &s.vault, .to = &to, .unreadable = count_lost, .ctx = &lost};
    SW_ASSERT_OK(licences_rekey(s.l, &r));
    CU_ASSERT_EQUAL(r.changed, MANY - 1);
    CU_ASSERT_EQUAL(lost, 1);
    SW_ASSERT_ERR(licences_get(s.l, "0002", "another", &a), SW_ERR_CRYPTO);
    SW_ASSERT_OK(licences_rekey(s.l, &r)); /* once more: nothing to do */
    CU_ASSERT_EQUAL(r.changed, MANY - 1);
    licences_close(s.l);
    SW_ASSERT_OK(licences_open(&s.l, &to, s.db));
    SW_ASSERT_OK(licences_get(s.l, "0002", "another", &a));
    CU_ASSERT_EQUAL(a.plays, 2);
    SW_ASSERT_OK(licences_get(s.l, "2499", "track", &a));
    CU_ASSERT_EQUAL(a.plays, 2499);
    sw_vault_close(&to);
    snprintf(next, sizeof next, "%s.next", s.key);
    unlink(next);
    teardown(&s);
}

/* Somebody wrote a row whose holder fits no licence: an error, and no endless loop. */
static void changes_no_key_for_ever(void)
{
    struct shelf s;
    struct rewrap r = {.from = &s.vault};
    setup(&s);
    SW_ASSERT_OK(licences_set(s.l, "01", "track", 1));
    execute(&s, "INSERT INTO licence VALUES (printf('%.100c', 'x'), 'track', zeroblob(52))");
    SW_ASSERT_ERR(licences_rekey(s.l, &r), SW_ERR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(licences_why(s.l), "xxx"));
    teardown(&s);
}

SW_TEST_SUITE(licence){
    SW_TEST(counts_each_play_once), SW_TEST(makes_none_when_told_so), SW_TEST(notices_tampering),
    SW_TEST(outlive_their_key),     SW_TEST(changes_no_key_for_ever),
};
