/*
 * Whose licences are: certificates of one name have one licence, whichever came first; and what whoever looks after the
 * server grants and takes away. Stores of older servers, where licences had no names.
 */
#include "apps/store/store.h"
#include "apps/vault/vault.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1800000000, WINDOW = 100 };

struct desk {
    struct store_place at;
    struct sw_store *store;
};

static enum sw_err open_store(const struct desk *d, struct sw_store **out)
{
    const char *why = "";
    enum sw_err err = sw_store_open(out, d->at.db, SW_VAULT_FILE(d->at.key), &sw_store_defaults, &why);
    if (err)
        printf("%s\n", why);
    return err;
}

static void setup(struct desk *d)
{
    store_place_make(&d->at);
    SW_ASSERT_OK(open_store(d, &d->store));
}

static void teardown(struct desk *d)
{
    sw_store_close(d->store);
    store_place_remove(&d->at);
}

static enum sw_right play_what(struct sw_store *store, const struct sw_play *what, struct sw_licence *a, bool *fresh)
{
    struct sw_stream stream = {0};
    snprintf(stream.id, sizeof stream.id, "%d", (int)getpid());
    SW_ASSERT_OK(sw_store_play(store, what, &stream, a, fresh));
    SW_ASSERT_OK(sw_store_end_stream(store, &stream));
    return stream.right;
}

static enum sw_right play(struct desk *d, const char *name, const char *serial, int64_t now, struct sw_licence *a)
{
    const struct sw_play what = {{name, serial}, "track", 3, WINDOW, 1, now};
    bool fresh;
    return play_what(d->store, &what, a, &fresh);
}

static enum sw_err grant(struct desk *d, const char *name, const char *serial, struct sw_grant g, struct sw_licence *a)
{
    const struct sw_holder who = {name, serial};
    return sw_store_grant(d->store, &who, "track", &g, NOW, a);
}

static const struct sw_grant nothing = {.first = 3, .plays = -1, .ends = -1, .streams = -1};

static struct sw_grant named(struct sw_grant g)
{
    g.by_name = true;
    return g;
}

/* --- one person --------------------------------------------------------------------------------------------------- */

static void a_renewed_certificate_keeps_the_licence(void)
{
    struct desk d;
    struct sw_licence a;
    setup(&d);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW + 50, &a), SW_RIGHT_PLAY); /* the same play */
    CU_ASSERT_STRING_EQUAL(a.holder, "01");
    CU_ASSERT_EQUAL(a.plays, 2);
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW + 100, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(play(&d, "alice", "03", NOW + 200, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(play(&d, "alice", "04", NOW + 300, &a), SW_RIGHT_NONE_LEFT);
    CU_ASSERT_EQUAL(play(&d, "alicia", "05", NOW + 300, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(store_place_ask(&d.at, "SELECT count(*) FROM licence"), 2);
    SW_ASSERT_OK(sw_store_renew(d.store, &(struct sw_holder){"alice", "06"}, "track", 3, true, NOW + 300, &a));
    CU_ASSERT_STRING_EQUAL(a.holder, "01");
    SW_ASSERT_ERR(sw_store_find_licence(d.store, &(struct sw_holder){"bob", "07"}, "track", NOW, &a), SW_ERR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(a.holder, "07");
    teardown(&d);
}

/* What was granted to one certificate alone is for that; who has none of his own gets what is left of any. */
static void a_licence_of_its_own_comes_first(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_grant g = nothing;
    setup(&d);
    g.plays = 1;
    SW_ASSERT_OK(grant(&d, NULL, "02", g, &a));
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(a.plays, 2);
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_STRING_EQUAL(a.holder, "02");
    CU_ASSERT_STRING_EQUAL(a.name, "alice"); /* known from now on */
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW + 200, &a), SW_RIGHT_NONE_LEFT);
    CU_ASSERT_EQUAL(play(&d, "alice", "03", NOW + 200, &a), SW_RIGHT_PLAY);
    CU_ASSERT_STRING_EQUAL(a.holder, "01");
    CU_ASSERT_EQUAL(play(&d, "alice", "03", NOW + 400, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(play(&d, "alice", "03", NOW + 600, &a), SW_RIGHT_NONE_LEFT);
    teardown(&d);
}

enum { PROCESSES = 4 };

static int play_as(const struct desk *d, int i, int gate)
{
    struct sw_store *store;
    struct sw_licence a;
    struct sw_stream stream = {0};
    char serial[8], go;
    const struct sw_play what = {{"alice", serial}, "track", 50, 0, PROCESSES, NOW};
    bool fresh;
    snprintf(serial, sizeof serial, "%02d", i);
    if (open_store(d, &store) || read(gate, &go, 1) != 0)
        return 100;
    memcpy(stream.id, serial, sizeof serial);
    enum sw_err err = sw_store_play(store, &what, &stream, &a, &fresh);
    sw_store_close(store);
    return err || stream.right != SW_RIGHT_PLAY || !fresh;
}

/* Each process with another certificate of the name, the first time any of them is seen. */
static void certificates_that_come_at_once_make_one_licence(void)
{
    struct desk d;
    pid_t child[PROCESSES];
    int gate[2], status;
    setup(&d);
    CU_ASSERT_EQUAL_FATAL(pipe(gate), 0);
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++)
        if ((child[i] = fork()) == 0) {
            close(gate[1]);
            _exit(play_as(&d, i, gate[0]));
        }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < PROCESSES; i++) {
        CU_ASSERT_EQUAL(waitpid(child[i], &status, 0), child[i]);
        CU_ASSERT_EQUAL(status, 0);
    }
    struct sw_licence a;
    CU_ASSERT_EQUAL(store_place_ask(&d.at, "SELECT count(*) FROM licence"), 1);
    SW_ASSERT_OK(sw_store_find_licence(d.store, &(struct sw_holder){"alice", "99"}, "track", NOW, &a));
    CU_ASSERT_EQUAL(a.plays, 50 - PROCESSES);
    teardown(&d);
}

/* The name in the open is only there to be found by. */
static void another_name_is_noticed(void)
{
    struct desk d;
    struct sw_licence a;
    const struct sw_play bob = {{"bob", "02"}, "track", 3, WINDOW, 1, NOW};
    struct sw_stream stream = {.id = "1"};
    bool fresh;
    setup(&d);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_TRUE(store_place_sql(&d.at, "UPDATE licence SET name = 'bob'"));
    SW_ASSERT_ERR(sw_store_play(d.store, &bob, &stream, &a, &fresh), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(sw_store_licence(d.store, "01", "track", &a), SW_ERR_CRYPTO);
    SW_ASSERT_OK(grant(&d, "bob", "02", named(nothing), &a)); /* made good */
    CU_ASSERT_STRING_EQUAL(a.holder, "01");
    CU_ASSERT_EQUAL(a.plays, 3);
    CU_ASSERT_EQUAL(play(&d, "bob", "02", NOW, &a), SW_RIGHT_PLAY);
    teardown(&d);
}

/* --- rights ------------------------------------------------------------------------------------------------------- */

static void ends_at_its_time(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_grant g = nothing;
    setup(&d);
    g.ends = NOW + 1000;
    SW_ASSERT_OK(grant(&d, "alice", "01", g, &a));
    CU_ASSERT_EQUAL(a.plays, 3); /* as many as the track has, where there was none */
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW + 999, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW + 1098, &a), SW_RIGHT_PLAY); /* what has begun goes on */
    CU_ASSERT_EQUAL(a.plays, 2);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW + 1099, &a), SW_RIGHT_ENDED);
    CU_ASSERT_EQUAL(a.ends, NOW + 1000);
    SW_ASSERT_ERR(sw_store_renew(d.store, &(struct sw_holder){"alice", "01"}, "track", 3, true, NOW + 1099, &a),
                  SW_ERR_STATE);
    g = nothing;
    g.ends = 0;
    SW_ASSERT_OK(grant(&d, "alice", "01", g, &a));
    CU_ASSERT_EQUAL(a.plays, 2); /* what is left stays */
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW + 1099, &a), SW_RIGHT_PLAY);
    teardown(&d);
}

/* Without a play's time nothing goes on, whatever the clock of another server says. */
static void ends_without_a_window(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_grant g = nothing;
    struct sw_play what = {{"alice", "01"}, "track", 3, 0, 1, NOW + 9};
    bool fresh;
    setup(&d);
    g.ends = NOW + 10;
    SW_ASSERT_OK(grant(&d, "alice", "01", g, &a));
    CU_ASSERT_EQUAL(play_what(d.store, &what, &a, &fresh), SW_RIGHT_PLAY);
    what.now++;
    CU_ASSERT_EQUAL(play_what(d.store, &what, &a, &fresh), SW_RIGHT_ENDED);
    CU_ASSERT_FALSE(fresh);
    teardown(&d);
}

static void revoked_is_revoked(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_grant g = nothing;
    setup(&d);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW, &a), SW_RIGHT_PLAY);
    g.revoke = true;
    SW_ASSERT_OK(grant(&d, "alice", "01", named(g), &a));
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(play(&d, "alice", "01", NOW + 1, &a), SW_RIGHT_REVOKED); /* the play under way, too */
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW + 1, &a), SW_RIGHT_REVOKED);
    SW_ASSERT_ERR(sw_store_renew(d.store, &(struct sw_holder){"alice", "02"}, "track", 3, true, NOW, &a), SW_ERR_STATE);
    CU_ASSERT_TRUE(a.revoked);
    SW_ASSERT_OK(grant(&d, "bob", "03", named(g), &a)); /* before there was one: nor will there be */
    CU_ASSERT_EQUAL(play(&d, "bob", "03", NOW, &a), SW_RIGHT_REVOKED);
    SW_ASSERT_OK(grant(&d, "alice", "01", named(nothing), &a));
    CU_ASSERT_EQUAL(a.plays, 3);
    CU_ASSERT_EQUAL(play(&d, "alice", "02", NOW + 200, &a), SW_RIGHT_PLAY);
    teardown(&d);
}

static void grants_what_is_set_and_leaves_the_rest(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_grant g = {.first = 5, .plays = -1, .ends = NOW + 9, .streams = 2};
    setup(&d);
    SW_ASSERT_OK(grant(&d, "alice", "01", named(g), &a));
    CU_ASSERT_EQUAL(a.plays, 5);
    CU_ASSERT_EQUAL(a.granted, 5);
    g = nothing;
    g.plays = 7;
    SW_ASSERT_OK(grant(&d, "alice", "02", named(g), &a));
    CU_ASSERT_STRING_EQUAL(a.holder, "01");
    CU_ASSERT_EQUAL(a.plays, 7);
    CU_ASSERT_EQUAL(a.granted, 7);
    CU_ASSERT_EQUAL(a.ends, NOW + 9);
    CU_ASSERT_EQUAL(a.streams, 2);
    g = nothing;
    g.plays = 0;
    SW_ASSERT_OK(grant(&d, "alice", "02", named(g), &a));
    CU_ASSERT_EQUAL(a.plays, 0);
    SW_ASSERT_OK(sw_store_licence(d.store, "01", "track", &a));
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(a.streams, 2);
    /* two of one name: which one is meant? */
    SW_ASSERT_OK(grant(&d, "alice", "02", nothing, &a));
    SW_ASSERT_ERR(grant(&d, "alice", "01", named(nothing), &a), SW_ERR_EXISTS);
    teardown(&d);
}

/* --- stores of older servers -------------------------------------------------------------------------------------- */

/* As a server of version 3 left it: three numbers, and no name. */
static void put_old(struct desk *d, const char *holder, uint8_t plays)
{
    struct sw_vault vault;
    uint8_t plain[24] = {0}, sealed[24 + SW_VAULT_EXTRA];
    char name[128], hex[2 * sizeof sealed + 1], sql[400];
    plain[7] = plays;
    plain[15] = 3;
    snprintf(name, sizeof name, "licence %s track", holder);
    SW_ASSERT_OK(sw_vault_change_from(&vault, SW_VAULT_FILE(d->at.key)));
    SW_ASSERT_OK(sw_vault_seal(&vault, name, plain, sizeof plain, sealed));
    sw_vault_close(&vault);
    for (size_t i = 0; i < sizeof sealed; i++)
        snprintf(hex + 2 * i, 3, "%02x", sealed[i]);
    snprintf(sql, sizeof sql,
             d->at.postgresql ? "INSERT INTO licence VALUES ('%s', 'track', decode('%s', 'hex'))"
                              : "INSERT INTO licence VALUES ('%s', 'track', x'%s')",
             holder, hex);
    CU_ASSERT_TRUE(store_place_sql(&d->at, sql));
}

/* Back to version 3: what it did not have goes. */
static void make_old(struct desk *d)
{
    static const char *const steps[] = {
        "DROP INDEX licence_name",
        "ALTER TABLE licence DROP COLUMN name",
        "ALTER TABLE member DROP COLUMN serial",
    };
    sw_store_close(d->store);
    d->store = NULL;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        CU_ASSERT_TRUE(store_place_sql(&d->at, steps[i]));
    if (d->at.postgresql)
        CU_ASSERT_TRUE(store_place_sql(&d->at, "DROP TABLE stream"));
    store_place_without_5(&d->at);
    store_place_set_version(&d->at, 3);
}

/* The certificate of alice, who was here. */
static void show_certificate(struct desk *d, char serial[SW_SERIAL_MAX])
{
    static const uint8_t cert[32] = {1};
    char pem[8192];
    FILE *f = fopen("tests/vectors/tls/client-rsa.crt", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(pem, 1, sizeof pem - 1, f);
    fclose(f);
    pem[n] = 0;
    SW_ASSERT_OK(sw_store_learn(d->store, "alice", cert, pem, NOW));
    SW_ASSERT_OK(sw_store_serial_of(d->store, "alice", serial));
}

static void an_older_store_is_brought_up(void)
{
    struct desk d;
    struct sw_licence a;
    struct sw_member member = {.name = "carol", .cert = {2}, .serial = "0c", .since = NOW};
    char serial[SW_SERIAL_MAX];
    setup(&d);
    int64_t newest = store_place_version(&d.at);
    show_certificate(&d, serial);
    make_old(&d);
    put_old(&d, serial, 2);
    put_old(&d, "0b", 2);
    put_old(&d, "0c", 1);
    put_old(&d, "0d", 3);
    SW_ASSERT_OK(open_store(&d, &d.store));
    CU_ASSERT_EQUAL(store_place_version(&d.at), newest);
    SW_ASSERT_OK(sw_store_enrol(d.store, &member));
    SW_ASSERT_OK(sw_store_name_licences(d.store));
    CU_ASSERT_EQUAL(play(&d, "carol", "1c", NOW, &a), SW_RIGHT_PLAY); /* renewed meanwhile */
    CU_ASSERT_STRING_EQUAL(a.holder, "0c");
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(play(&d, "alice", "1a", NOW, &a), SW_RIGHT_PLAY); /* who has been here, too */
    CU_ASSERT_STRING_EQUAL(a.holder, serial);
    CU_ASSERT_EQUAL(a.plays, 1);
    CU_ASSERT_EQUAL(play(&d, "bob", "0b", NOW, &a), SW_RIGHT_PLAY); /* says himself who he is */
    CU_ASSERT_EQUAL(play(&d, "bob", "1b", NOW + 200, &a), SW_RIGHT_PLAY);
    CU_ASSERT_STRING_EQUAL(a.holder, "0b");
    CU_ASSERT_EQUAL(a.plays, 0);
    CU_ASSERT_EQUAL(store_place_ask(&d.at, "SELECT count(*) FROM licence WHERE name = ''"), 1);
    teardown(&d);
}

SW_TEST_SUITE(rights){
    SW_TEST(a_renewed_certificate_keeps_the_licence),
    SW_TEST(a_licence_of_its_own_comes_first),
    SW_TEST(certificates_that_come_at_once_make_one_licence),
    SW_TEST(another_name_is_noticed),
    SW_TEST(ends_at_its_time),
    SW_TEST(ends_without_a_window),
    SW_TEST(revoked_is_revoked),
    SW_TEST(grants_what_is_set_and_leaves_the_rest),
    SW_TEST(an_older_store_is_brought_up),
};
