/*
 * A store in another place: everything in it, once, or nothing. Between a file and the database that the tests run on,
 * both ways.
 */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1800000000 };

static const uint8_t laptop[32] = {1}, phone[32] = {2}, bank[32] = {3};

/* From one end to the other, under the key of the first. */
struct move {
    struct store_place a, b;
    struct sw_store_copied n;
    const char *why;
    char forgotten[SW_MAIL_ID_MAX], queued[SW_MAIL_ID_MAX], leased[SW_MAIL_ID_MAX], ended[SW_MAIL_ID_MAX];
};

static struct sw_store *begin(const struct move *m, const struct store_place *at)
{
    struct sw_store *store = NULL;
    const char *why = "";
    if (!SW_ASSERT_OK(sw_store_open(&store, at->db, SW_VAULT_FILE(m->a.key), &sw_store_defaults, &why)))
        printf("%s\n", why);
    return store;
}

static int64_t put(struct sw_store *store, const char *text, const char *idempotency, char id[SW_MAIL_ID_MAX],
                   enum sw_put_verdict want)
{
    enum sw_put_verdict verdict = SW_PUT_ACCEPTED;
    struct sw_mail mail = {.sender = "bank", .recipient = "alice", .expires = NOW + 300, .body_len = strlen(text)};
    uint8_t body[64];
    memcpy(body, text, mail.body_len);
    memcpy(mail.sender_cert, bank, 32);
    mail.body = body;
    SW_ASSERT_OK(sw_store_put(store, &mail, idempotency, NOW, &verdict));
    CU_ASSERT_EQUAL(verdict, want);
    memcpy(id, mail.id, SW_MAIL_ID_MAX);
    return mail.cursor;
}

/* A bit of everything. */
static void fill(struct move *m)
{
    struct sw_store *store = begin(m, &m->a);
    struct sw_member member = {.name = "alice", .cert = {1}, .serial = "02", .role = "staff", .since = NOW};
    struct sw_licence a;
    struct sw_mail mail;
    int64_t next;
    put(store, "acknowledged", NULL, m->ended, SW_PUT_ACCEPTED);
    SW_ASSERT_OK(sw_store_fetch(store, "alice", laptop, m->ended, false, NOW, &mail));
    sw_mail_free(&mail);
    SW_ASSERT_OK(sw_store_acknowledge(store, "alice", laptop, m->ended, NOW, &mail));
    put(store, "leased", NULL, m->leased, SW_PUT_ACCEPTED);
    SW_ASSERT_OK(sw_store_fetch(store, "alice", laptop, m->leased, false, NOW, &mail));
    sw_mail_free(&mail);
    put(store, "queued", "the same again", m->queued, SW_PUT_ACCEPTED);
    put(store, "forgotten", NULL, m->forgotten, SW_PUT_ACCEPTED); /* it had the highest number */
    SW_ASSERT_OK(sw_store_sweep(store, NOW, &next));
    SW_ASSERT_OK(sw_store_learn(store, "alice", laptop, "-----BEGIN CERTIFICATE-----\n", NOW));
    SW_ASSERT_OK(sw_store_enrol(store, &member));
    SW_ASSERT_OK(
        sw_store_grant(store, &(struct sw_holder){NULL, "01"}, "track", &(struct sw_grant){.plays = 3}, NOW, &a));
    SW_ASSERT_OK(sw_store_grant(store, &(struct sw_holder){"alice", "02"}, "track",
                                &(struct sw_grant){.plays = 4, .ends = NOW + 7, .streams = 2}, NOW, &a));
    sw_store_close(store);
    char sql[128];
    snprintf(sql, sizeof sql, "DELETE FROM message WHERE id = '%s'", m->forgotten);
    CU_ASSERT_TRUE(store_place_sql(&m->a, sql));
}

static void setup(struct move *m, bool back)
{
    *m = (struct move){.why = ""};
    if (back) {
        store_place_make(&m->a);
        store_place_make_file(&m->b);
    } else {
        store_place_make_file(&m->a);
        store_place_make(&m->b);
    }
}

static void teardown(struct move *m)
{
    store_place_remove(&m->a);
    store_place_remove(&m->b);
}

static enum sw_err copy(struct move *m)
{
    return sw_store_copy(m->a.db, NULL, m->b.db, SW_VAULT_FILE(m->a.key), &m->n, &m->why);
}

static bool take_name(void *ctx, const struct sw_member *member)
{
    strcat(ctx, member->name);
    strcat(ctx, member->role);
    return true;
}

static bool take_chain(void *ctx, const char *chain)
{
    strcat(ctx, chain);
    return true;
}

static void check_messages(const struct move *m, struct sw_store *store)
{
    struct sw_mail mail;
    char again[SW_MAIL_ID_MAX];
    SW_ASSERT_OK(sw_store_receipt(store, "bank", m->ended, NOW, &mail));
    CU_ASSERT_EQUAL(mail.state, SW_MAIL_ACKED);
    SW_ASSERT_ERR(sw_store_fetch(store, "alice", phone, m->leased, false, NOW + 1, &mail), SW_ERR_STATE);
    SW_ASSERT_OK(sw_store_fetch(store, "alice", laptop, m->leased, false, NOW + 1, &mail));
    SW_ASSERT_BYTES(mail.body, "leased", 6);
    sw_mail_free(&mail);
    SW_ASSERT_OK(sw_store_take(store, "alice", phone, 2, NOW + 1, &mail));
    CU_ASSERT_STRING_EQUAL(mail.id, m->queued);
    CU_ASSERT_EQUAL(mail.cursor, 3);
    SW_ASSERT_BYTES(mail.body, "queued", 6);
    sw_mail_free(&mail);
    CU_ASSERT_EQUAL(put(store, "queued", "the same again", again, SW_PUT_REPEATED), 3);
    CU_ASSERT_EQUAL(put(store, "new", NULL, again, SW_PUT_ACCEPTED), 5); /* behind what a reader has seen */
}

static void takes_everything(void)
{
    for (int back = 0; back < 2; back++) {
        struct move m;
        struct sw_licence a;
        struct sw_member member;
        char names[64] = "", chains[64] = "";
        setup(&m, back);
        fill(&m);
        int64_t events = store_place_ask(&m.a, "SELECT count(*) FROM audit");
        if (!SW_ASSERT_OK(copy(&m)))
            printf("%s\n", m.why);
        CU_ASSERT_EQUAL(m.n.messages, 3);
        CU_ASSERT_EQUAL(m.n.people, 1);
        CU_ASSERT_EQUAL(m.n.members, 1);
        CU_ASSERT_EQUAL(m.n.licences, 2);
        CU_ASSERT_EQUAL(m.n.events, events);
        CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM audit WHERE event = 'enrolled'"), 1);
        CU_ASSERT_EQUAL(store_place_ask(&m.a, "SELECT count(*) FROM message"), 3); /* is as it was */
        struct sw_store *store = begin(&m, &m.b);
        check_messages(&m, store);
        SW_ASSERT_OK(sw_store_members(store, take_name, names));
        CU_ASSERT_STRING_EQUAL(names, "alicestaff");
        SW_ASSERT_OK(sw_store_member_of_serial(store, "02", &member));
        SW_ASSERT_OK(sw_store_chains_of(store, "alice", take_chain, chains));
        CU_ASSERT_STRING_EQUAL(chains, "-----BEGIN CERTIFICATE-----\n");
        SW_ASSERT_OK(sw_store_licence(store, "02", "track", &a));
        CU_ASSERT_EQUAL(a.plays, 4);
        CU_ASSERT_EQUAL(a.ends, NOW + 7);
        CU_ASSERT_EQUAL(a.streams, 2);
        CU_ASSERT_STRING_EQUAL(a.name, "alice");
        sw_store_close(store);
        CU_ASSERT_FALSE(store_place_sql(&m.b, "DELETE FROM audit")); /* which is guarded here as well */
        teardown(&m);
    }
}

/* Many messages, and bodies of all lengths. */
static void takes_many(void)
{
    enum { MANY = 300 };
    struct move m;
    struct sw_store_limits limits = sw_store_defaults;
    struct sw_mail mail;
    char id[SW_MAIL_ID_MAX], text[32];
    int64_t after = 0;
    setup(&m, false);
    struct sw_store *store = begin(&m, &m.a);
    limits.queue_max = limits.rate_max = 2 * MANY;
    sw_store_set_limits(store, &limits);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "message %d", i);
        put(store, text, NULL, id, SW_PUT_ACCEPTED);
    }
    sw_store_close(store);
    SW_ASSERT_OK(copy(&m));
    CU_ASSERT_EQUAL(m.n.messages, MANY);
    store = begin(&m, &m.b);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "message %d", i);
        if (!SW_ASSERT_OK(sw_store_take(store, "alice", laptop, after, NOW, &mail)))
            break;
        CU_ASSERT_EQUAL(mail.body_len, strlen(text));
        SW_ASSERT_BYTES(mail.body, text, strlen(text));
        after = mail.cursor;
        sw_mail_free(&mail);
    }
    sw_store_close(store);
    teardown(&m);
}

static void fills_nothing_that_is_not_empty(void)
{
    struct move m;
    char id[SW_MAIL_ID_MAX];
    setup(&m, false);
    fill(&m);
    sw_store_close(begin(&m, &m.b)); /* a server was there, and nothing has happened */
    SW_ASSERT_OK(copy(&m));
    SW_ASSERT_ERR(copy(&m), SW_ERR_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.why, "something in it"));
    CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM message"), 3);
    teardown(&m);
    setup(&m, false);
    fill(&m);
    struct sw_store *store = begin(&m, &m.b);
    put(store, "there before", NULL, id, SW_PUT_ACCEPTED);
    sw_store_close(store);
    SW_ASSERT_ERR(copy(&m), SW_ERR_EXISTS);
    CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM message"), 1);
    CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM licence"), 0);
    teardown(&m);
}

static void wants_one_key_for_both(void)
{
    struct move m;
    struct sw_store *store;
    const char *why;
    setup(&m, false);
    SW_ASSERT_ERR(copy(&m), SW_ERR_NOT_FOUND); /* no key, no store */
    CU_ASSERT_PTR_NOT_NULL(strstr(m.why, "no key file"));
    fill(&m);
    SW_ASSERT_OK(
        sw_store_open(&store, m.b.db, SW_VAULT_FILE(m.b.key), &sw_store_defaults, &why)); /* with one of its own */
    sw_store_close(store);
    SW_ASSERT_ERR(copy(&m), SW_ERR_KEY_MISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.why, m.b.postgresql ? "PostgreSQL" : m.b.db));
    SW_ASSERT_ERR(sw_store_copy(m.a.db, NULL, m.b.db, SW_VAULT_FILE(m.b.key), &m.n, &m.why), SW_ERR_KEY_MISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.why, m.a.db));
    CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM message"), 0);
    teardown(&m);
}

static void wants_something_to_copy(void)
{
    struct move m;
    char none[128];
    setup(&m, false);
    fill(&m);
    snprintf(none, sizeof none, "%s/none.db", m.a.dir);
    SW_ASSERT_ERR(sw_store_copy(none, NULL, m.b.db, SW_VAULT_FILE(m.a.key), &m.n, &m.why), SW_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(m.why, none));
    CU_ASSERT_NOT_EQUAL(access(none, F_OK), 0);
    store_place_set_version(&m.a, 99);
    SW_ASSERT_ERR(copy(&m), SW_ERR_UNSUPPORTED);
    if (!m.b.postgresql)
        CU_ASSERT_NOT_EQUAL(access(m.b.db, F_OK), 0);
    teardown(&m);
}

/* A row that the other database does not take: nothing of all the others is there, and no file that was not. */
static void takes_nothing_or_all(void)
{
    struct move m;
    setup(&m, false);
    fill(&m);
    CU_ASSERT_TRUE(store_place_sql(&m.a, "CREATE TABLE other AS SELECT * FROM message; DROP TABLE message;"
                                         "ALTER TABLE other RENAME TO message;"
                                         "UPDATE message SET id = (SELECT min(id) FROM message)"));
    SW_ASSERT_ERR(copy(&m), SW_ERR_SYSTEM); /* the same id twice */
    if (m.b.postgresql)
        CU_ASSERT_EQUAL(store_place_ask(&m.b, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), 0);
    if (!m.b.postgresql)
        CU_ASSERT_NOT_EQUAL(access(m.b.db, F_OK), 0);
    teardown(&m);
}

SW_TEST_SUITE(copy){
    SW_TEST(takes_everything),
    SW_TEST(takes_many),
    SW_TEST(fills_nothing_that_is_not_empty),
    SW_TEST(wants_one_key_for_both),
    SW_TEST(wants_something_to_copy),
    SW_TEST(takes_nothing_or_all),
};
