/*
 * Licences: debited once a play, at several servers at once too; bound to holder and track; tampering noticed; those of
 * older servers taken over.
 */
#include "apps/store/store.h"
#include "apps/vault/rewrap.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1800000000, WINDOW = 100, PROCESSES = 4, PLAYS = 40 };

struct shelf {
    struct store_place at;
    struct sw_store *store;
    char old[96]; /* where licences were before */
};

static enum sw_err open_store(const struct shelf *s, struct sw_store **out)
{
    const char *why = "";
    enum sw_err err = sw_store_open(out, s->at.db, SW_VAULT_FILE(s->at.key), &sw_store_defaults, &why);
    if (err)
        printf("%s\n", why);
    return err;
}

static void setup(struct shelf *s)
{
    store_place_make(&s->at);
    snprintf(s->old, sizeof s->old, "%s/media.db", s->at.dir);
    SW_ASSERT_OK(open_store(s, &s->store));
}

static void teardown(struct shelf *s)
{
    sw_store_close(s->store);
    store_place_remove(&s->at);
}

static void reopen(struct shelf *s)
{
    sw_store_close(s->store);
    SW_ASSERT_OK(open_store(s, &s->store));
}

static void execute(const struct shelf *s, const char *sql)
{
    CU_ASSERT_TRUE(store_place_sql(&s->at, sql));
}

/* A row that nobody sealed. */
static void spoil(const struct shelf *s, const char *holder)
{
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE licence SET sealed = %s WHERE holder = '%s'",
             s->at.postgresql ? "decode(repeat('00', 52), 'hex')" : "zeroblob(52)", holder);
    execute(s, sql);
}

/* So many plays under a serial number, as it was before licences had names. */
static enum sw_err set_plays(struct sw_store *store, const char *holder, const char *track, int64_t plays)
{
    struct sw_licence a;
    const struct sw_holder who = {NULL, holder};
    const struct sw_grant g = {.plays = plays, .ends = -1, .streams = -1};
    return sw_store_grant(store, &who, track, &g, NOW, &a);
}

/* The same of a play; SW_ERR_STATE where the licence allows none. */
static enum sw_err play_once(struct sw_store *store, const char *holder, const char *track, int64_t first,
                             int64_t window, int64_t now, struct sw_licence *a, bool *fresh)
{
    const struct sw_play play = {{NULL, holder}, track, first, window, PROCESSES, now};
    struct sw_stream stream = {0};
    snprintf(stream.id, sizeof stream.id, "%d", (int)getpid());
    enum sw_err err = sw_store_play(store, &play, &stream, a, fresh);
    if (err == SW_OK && stream.right == SW_RIGHT_PLAY)
        err = sw_store_end_stream(store, &stream);
    return err ? err : stream.right == SW_RIGHT_PLAY ? SW_OK : SW_ERR_STATE;
}

static enum sw_err renew(struct sw_store *store, const char *holder, const char *track, int64_t plays, bool again,
                         struct sw_licence *a)
{
    const struct sw_holder who = {NULL, holder};
    return sw_store_renew(store, &who, track, plays, again, NOW, a);
}

static int64_t plays_of(const struct shelf *s, const char *holder, const char *track)
{
    struct sw_licence a;
    return sw_store_licence(s->store, holder, track, &a) ? -1 : a.plays;
}

/* --- plays -------------------------------------------------------------------------------------------------------- */

static enum sw_err play(struct shelf *s, const char *holder, int64_t now, bool fresh, int64_t left)
{
    struct sw_licence a;
    bool was;
    enum sw_err err = play_once(s->store, holder, "track", 3, WINDOW, now, &a, &was);
    CU_ASSERT_EQUAL(was, err == SW_OK && fresh);
    if (err == SW_OK)
        CU_ASSERT_EQUAL(a.plays, left);
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
    reopen(&s);
    SW_ASSERT_ERR(play(&s, "01", NOW + 400, true, 0), SW_ERR_STATE); /* a restart renews nothing */
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 1));
    SW_ASSERT_OK(play(&s, "01", NOW + 500, true, 0));
    teardown(&s);
}

/* Each is one of its own, also for a server that read its clock before another one debited the last. */
static void nothing_goes_on_without_a_window(void)
{
    struct shelf s;
    struct sw_licence a;
    bool fresh;
    setup(&s);
    for (int64_t left = 2; left >= 0; left--) {
        SW_ASSERT_OK(play_once(s.store, "01", "track", 3, 0, NOW + left, &a, &fresh));
        CU_ASSERT_TRUE(fresh);
        CU_ASSERT_EQUAL(a.plays, left);
    }
    SW_ASSERT_ERR(play_once(s.store, "01", "track", 3, 0, NOW - 1, &a, &fresh), SW_ERR_STATE);
    teardown(&s);
}

static void makes_none_when_told_so(void)
{
    struct shelf s;
    struct sw_licence a;
    bool fresh;
    char long_name[SW_HOLDER_MAX + 1];
    setup(&s);
    SW_ASSERT_ERR(play_once(s.store, "01", "track", 0, WINDOW, NOW, &a, &fresh), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_licence(s.store, "01", "track", &a), SW_ERR_NOT_FOUND);
    memset(long_name, 'x', sizeof long_name);
    long_name[SW_HOLDER_MAX] = 0;
    SW_ASSERT_ERR(play_once(s.store, long_name, "track", 3, WINDOW, NOW, &a, &fresh), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(set_plays(s.store, "01", long_name, 3), SW_ERR_ARGUMENT);
    CU_ASSERT_EQUAL(store_place_ask(&s.at, "SELECT count(*) FROM licence"), 0);
    teardown(&s);
}

static void renews_what_is_used_up(void)
{
    struct shelf s;
    struct sw_licence a;
    setup(&s);
    SW_ASSERT_OK(renew(s.store, "01", "track", 3, false, &a)); /* the first one may always be had */
    SW_ASSERT_ERR(renew(s.store, "01", "track", 3, true, &a), SW_ERR_EXISTS);
    CU_ASSERT_EQUAL(a.plays, 3);
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 0));
    SW_ASSERT_ERR(renew(s.store, "01", "track", 3, false, &a), SW_ERR_STATE);
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 0);
    SW_ASSERT_OK(renew(s.store, "01", "track", 3, true, &a));
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 3);
    teardown(&s);
}

/* One of several servers, each with a connection of its own; its exit code is how many plays it debited. */
static int debit_all(const struct shelf *s, int ready)
{
    struct sw_store *store;
    struct sw_licence a;
    bool fresh;
    int n = 0;
    char go;
    if (open_store(s, &store))
        return 200;
    if (read(ready, &go, 1) != 0) /* until all are there: the other end is closed */
        return 201;
    for (enum sw_err err = SW_OK; err == SW_OK; n += err == SW_OK)
        err = play_once(store, "01", "track", PLAYS, 0, NOW, &a, &fresh);
    sw_store_close(store);
    return n;
}

static void several_servers_debit_each_play_once(void)
{
    struct shelf s;
    pid_t child[PROCESSES];
    int gate[2], status, sum = 0;
    setup(&s);
    CU_ASSERT_EQUAL_FATAL(pipe(gate), 0);
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++)
        if ((child[i] = fork()) == 0) {
            close(gate[1]);
            _exit(debit_all(&s, gate[0]));
        }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < PROCESSES; i++) {
        CU_ASSERT_EQUAL(waitpid(child[i], &status, 0), child[i]);
        CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= PLAYS);
        sum += WEXITSTATUS(status);
    }
    CU_ASSERT_EQUAL(sum, PLAYS);
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 0);
    teardown(&s);
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static bool note_licence(void *ctx, const struct sw_licence *a)
{
    char *text = ctx;
    size_t n = strlen(text);
    snprintf(text + n, 200 - n, "%s/%s=%d ", a->holder, a->track, (int)a->plays);
    return n < 100;
}

/* Somebody copies a licence with more plays over one that is used up. */
static void notices_tampering(void)
{
    struct shelf s;
    char text[200] = "";
    setup(&s);
    SW_ASSERT_OK(set_plays(s.store, "02", "track", 9));
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 0));
    execute(&s, "UPDATE licence SET sealed = (SELECT sealed FROM licence WHERE holder = '02') WHERE holder = '01'");
    SW_ASSERT_ERR(play(&s, "01", NOW, true, 0), SW_ERR_CRYPTO);
    SW_ASSERT_OK(sw_store_licences(s.store, note_licence, text));
    CU_ASSERT_STRING_EQUAL(text, "01/track=-1 02/track=9 ");
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 2));
    SW_ASSERT_OK(play(&s, "01", NOW, true, 1));
    spoil(&s, "01");
    SW_ASSERT_ERR(play(&s, "01", NOW, true, 0), SW_ERR_CRYPTO);
    teardown(&s);
}

/* --- another key -------------------------------------------------------------------------------------------------- */

static void count_lost(void *ctx, const char *file, const char *what)
{
    CU_ASSERT_STRING_EQUAL(file, "mail.db");
    CU_ASSERT_STRING_EQUAL(what, "licence 0001 track");
    ++*(int *)ctx;
}

struct keys {
    struct sw_vault from, to;
    struct rewrap r;
    int lost;
};

static void change_begins(struct shelf *s, struct keys *k)
{
    sw_store_close(s->store);
    s->store = NULL;
    *k = (struct keys){0};
    SW_ASSERT_OK(sw_vault_change_from(&k->from, SW_VAULT_FILE(s->at.key)));
    SW_ASSERT_OK(sw_vault_change_to(&k->to, SW_VAULT_FILE(s->at.key)));
    k->r = (struct rewrap){.from = &k->from, .to = &k->to, .unreadable = count_lost, .ctx = &k->lost};
}

static void close_keys(struct keys *k)
{
    sw_vault_close(&k->from);
    sw_vault_close(&k->to);
}

static void change_ends(struct shelf *s, struct keys *k)
{
    SW_ASSERT_OK(sw_vault_change_end(s->at.key));
    close_keys(k);
    SW_ASSERT_OK(open_store(s, &s->store));
}

static void outlive_their_key(void)
{
    struct shelf s;
    struct keys k;
    char holder[16];
    const char *why;
    enum { MANY = 1200 /* more than two transactions */ };
    setup(&s);
    for (int i = 0; i < MANY; i++) {
        snprintf(holder, sizeof holder, "%04d", i / 2);
        SW_ASSERT_OK(set_plays(s.store, holder, i % 2 ? "track" : "another", i));
    }
    execute(&s, "DELETE FROM licence WHERE holder = '0001' AND track = 'another'");
    spoil(&s, "0001");
    change_begins(&s, &k);
    SW_ASSERT_OK(sw_store_rekey(s.at.db, s.old, &k.r, NOW, &why));
    CU_ASSERT_EQUAL(k.r.changed, MANY - 2);
    CU_ASSERT_EQUAL(k.lost, 1);
    SW_ASSERT_OK(sw_store_rekey(s.at.db, s.old, &k.r, NOW, &why)); /* once more: nothing to do */
    CU_ASSERT_EQUAL(k.r.changed, MANY - 2);
    change_ends(&s, &k);
    CU_ASSERT_EQUAL(plays_of(&s, "0002", "another"), 4);
    CU_ASSERT_EQUAL(plays_of(&s, "0599", "track"), 1199);
    CU_ASSERT_EQUAL(plays_of(&s, "0001", "track"), -1);
    teardown(&s);
}

/* Somebody wrote a row whose holder fits no licence: an error, and no endless loop. */
static void changes_no_key_for_ever(void)
{
    struct shelf s;
    struct keys k;
    const char *why;
    setup(&s);
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 1));
    execute(&s,
            "UPDATE licence SET holder = "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'");
    change_begins(&s, &k);
    SW_ASSERT_ERR(sw_store_rekey(s.at.db, s.old, &k.r, NOW, &why), SW_ERR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "xxx"));
    close_keys(&k);
    teardown(&s);
}

/* --- what older servers have left --------------------------------------------------------------------------------- */

static void old_sql(const struct shelf *s, const char *sql)
{
    sqlite3 *db;
    CU_ASSERT_EQUAL(sqlite3_open(s->old, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What an older server would have written: sealed as now, in a database of its own. */
static void old_licence(const struct shelf *s, const char *holder, const char *track, uint8_t plays)
{
    struct sw_vault vault;
    uint8_t plain[24] = {0}, sealed[24 + SW_VAULT_EXTRA];
    char name[128], hex[2 * sizeof sealed + 1], sql[300];
    plain[7] = plain[15] = plays;
    snprintf(name, sizeof name, "licence %s %s", holder, track);
    SW_ASSERT_OK(sw_vault_change_from(&vault, SW_VAULT_FILE(s->at.key)));
    SW_ASSERT_OK(sw_vault_seal(&vault, name, plain, sizeof plain, sealed));
    sw_vault_close(&vault);
    for (size_t i = 0; i < sizeof sealed; i++)
        snprintf(hex + 2 * i, 3, "%02x", sealed[i]);
    old_sql(s,
            "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS licence (holder TEXT NOT NULL, track TEXT NOT NULL,"
            " sealed BLOB NOT NULL, PRIMARY KEY (holder, track)) WITHOUT ROWID");
    snprintf(sql, sizeof sql, "INSERT INTO licence VALUES ('%s', '%s', x'%s')", holder, track, hex);
    old_sql(s, sql);
}

static void takes_over_what_was_there(void)
{
    struct shelf s;
    setup(&s);
    SW_ASSERT_OK(sw_store_adopt(s.store, s.old)); /* there is none */
    SW_ASSERT_OK(set_plays(s.store, "01", "track", 7));
    old_licence(&s, "01", "track", 1);
    old_licence(&s, "02", "track", 2);
    old_licence(&s, "03", "track", 3);
    old_sql(&s, "UPDATE licence SET sealed = zeroblob(52) WHERE holder = '03';"
                "INSERT INTO licence VALUES (printf('%.100c', 'x'), 'track', zeroblob(52))");
    SW_ASSERT_OK(sw_store_adopt(s.store, s.old));
    CU_ASSERT_NOT_EQUAL(access(s.old, F_OK), 0);
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 7); /* what is here has been going on */
    CU_ASSERT_EQUAL(plays_of(&s, "02", "track"), 2);
    SW_ASSERT_ERR(play(&s, "03", NOW, true, 0), SW_ERR_CRYPTO);
    CU_ASSERT_EQUAL(store_place_ask(&s.at, "SELECT count(*) FROM licence"), 3);
    teardown(&s);
}

/* The directory of a service may be a link, and so what lies in it is reached by one. */
static void takes_over_behind_a_link(void)
{
    struct shelf s;
    char link[sizeof s.at.dir + 8], file[sizeof link + 16];
    setup(&s);
    snprintf(link, sizeof link, "%s/link", s.at.dir);
    snprintf(file, sizeof file, "%s%s", link, strrchr(s.old, '/'));
    CU_ASSERT_EQUAL(symlink(".", link), 0);
    old_licence(&s, "01", "track", 3);
    SW_ASSERT_OK(sw_store_adopt(s.store, file));
    CU_ASSERT_NOT_EQUAL(access(s.old, F_OK), 0);
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 3);
    teardown(&s);
}

/* An older server works on it: it is told, instead of debiting what nobody looks at any more. */
static void takes_over_from_who_is_at_work(void)
{
    struct shelf s;
    sqlite3 *db;
    setup(&s);
    old_licence(&s, "01", "track", 3);
    CU_ASSERT_EQUAL(sqlite3_open(s.old, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "SELECT count(*) FROM licence", NULL, NULL, NULL), SQLITE_OK);
    SW_ASSERT_OK(sw_store_adopt(s.store, s.old));
    CU_ASSERT_NOT_EQUAL(sqlite3_exec(db, "UPDATE licence SET sealed = zeroblob(52)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 3);
    teardown(&s);
}

static void says_which_file_is_none(void)
{
    struct shelf s;
    setup(&s);
    FILE *f = fopen(s.old, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (int i = 0; i < 200; i++)
        fputs("no database", f);
    fclose(f);
    SW_ASSERT_ERR(sw_store_adopt(s.store, s.old), SW_ERR_SYSTEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(sw_store_why(s.store), s.old));
    CU_ASSERT_EQUAL(access(s.old, F_OK), 0);
    teardown(&s);
}

/* The key is changed before any newer server was there; of the licences alone, where there is no mailbox. */
static void old_ones_outlive_their_key(void)
{
    for (int alone = 0; alone < 2; alone++) {
        struct shelf s;
        struct keys k;
        const char *why;
        setup(&s);
        change_begins(&s, &k);
        old_licence(&s, "01", "track", 5);
        if (alone && !s.at.postgresql)
            CU_ASSERT_EQUAL(unlink(s.at.db), 0);
        SW_ASSERT_OK(sw_store_rekey(s.at.db, s.old, &k.r, NOW, &why));
        CU_ASSERT_EQUAL(k.r.changed, 1);
        change_ends(&s, &k);
        CU_ASSERT_EQUAL(plays_of(&s, "01", "track"), 5);
        teardown(&s);
    }
}

SW_TEST_SUITE(licence){
    SW_TEST(counts_each_play_once),
    SW_TEST(nothing_goes_on_without_a_window),
    SW_TEST(makes_none_when_told_so),
    SW_TEST(renews_what_is_used_up),
    SW_TEST(several_servers_debit_each_play_once),
    SW_TEST(notices_tampering),
    SW_TEST(outlive_their_key),
    SW_TEST(changes_no_key_for_ever),
    SW_TEST(takes_over_what_was_there),
    SW_TEST(takes_over_behind_a_link),
    SW_TEST(takes_over_from_who_is_at_work),
    SW_TEST(says_which_file_is_none),
    SW_TEST(old_ones_outlive_their_key),
};
