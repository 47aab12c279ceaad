/* The mailbox under another key: every body, once or in two goes; what is of neither key is named and left alone. */
#include "apps/store/store.h"
#include "apps/vault/rewrap.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1800000000, MAILS = 1010 /* more than two transactions */ };

static const uint8_t laptop[32] = {1};

struct box {
    struct store_place at;
    struct sw_vault from, to;
    struct rewrap look, r;
    char lost[128];
};

static void note_lost(void *ctx, const char *file, const char *what)
{
    struct box *b = ctx;
    snprintf(b->lost, sizeof b->lost, "%s %s", file, what);
}

static void hand_in(struct sw_store *store, int i)
{
    enum sw_put_verdict verdict;
    char text[32];
    snprintf(text, sizeof text, "message %d", i);
    struct sw_mail mail = {.sender = "bank", .recipient = "alice", .expires = NOW + 300, .body = (uint8_t *)text};
    mail.body_len = strlen(text);
    SW_ASSERT_OK(sw_store_put(store, &mail, NULL, NOW, &verdict));
    CU_ASSERT_EQUAL(verdict, SW_PUT_ACCEPTED);
}

static void setup(struct box *b, int mails)
{
    struct sw_store_limits limits = sw_store_defaults;
    struct sw_store *store;
    const char *why;
    *b = (struct box){0};
    limits.queue_max = limits.rate_max = 10 * MAILS;
    store_place_make(&b->at);
    SW_ASSERT_OK(sw_store_open(&store, b->at.db, SW_VAULT_FILE(b->at.key), &limits, &why));
    for (int i = 0; i < mails; i++)
        hand_in(store, i);
    sw_store_close(store);
    SW_ASSERT_OK(sw_vault_change_from(&b->from, SW_VAULT_FILE(b->at.key)));
    SW_ASSERT_OK(sw_vault_change_to(&b->to, SW_VAULT_FILE(b->at.key)));
    b->look = (struct rewrap){.from = &b->from, .unreadable = note_lost, .ctx = b};
    b->r = b->look;
    b->r.to = &b->to;
}

/* No change after all. */
static int unlink_next(const struct box *b)
{
    char path[SW_VAULT_PATH_MAX];
    return sw_vault_next(b->at.key, path) ? unlink(path) : -1;
}

static void teardown(struct box *b)
{
    store_place_remove(&b->at);
    sw_vault_close(&b->from);
    sw_vault_close(&b->to);
}

static void execute(const struct box *b, const char *sql)
{
    CU_ASSERT_TRUE(store_place_sql(&b->at, sql));
}

/* All that waits, in order, under the key that is there now. */
static int readable(const struct box *b)
{
    struct sw_store *store;
    const char *why;
    char text[32];
    int n = 0;
    int64_t after = 0;
    struct sw_mail mail;
    if (sw_store_open(&store, b->at.db, SW_VAULT_FILE(b->at.key), &sw_store_defaults, &why))
        return -1;
    while (sw_store_take(store, "alice", laptop, after, NOW, &mail) == SW_OK) {
        snprintf(text, sizeof text, "message %d", n);
        n += mail.body_len == strlen(text) && memcmp(mail.body, text, mail.body_len) == 0;
        after = mail.cursor;
        sw_mail_free(&mail);
    }
    sw_store_close(store);
    return n;
}

static void every_body(void)
{
    struct box b;
    const char *why;
    setup(&b, MAILS);
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.look, NOW, &why));
    CU_ASSERT_EQUAL(b.look.changed, 0);
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    CU_ASSERT_EQUAL(b.r.changed, MAILS);
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why)); /* once more: nothing to do */
    CU_ASSERT_EQUAL(b.r.changed, MAILS);
    CU_ASSERT_EQUAL(b.r.unreadable_n, 0);
    SW_ASSERT_OK(sw_vault_change_end(b.at.key));
    CU_ASSERT_EQUAL(readable(&b), MAILS);
    teardown(&b);
}

/* One that could not give space back can do so afterwards. */
static void writes_a_file_anew(void)
{
    struct box b;
    const char *why;
    setup(&b, 10);
    if (!b.at.postgresql) {
        execute(&b, "PRAGMA auto_vacuum = NONE; VACUUM");
        CU_ASSERT_EQUAL(store_place_ask(&b.at, "PRAGMA auto_vacuum"), 0);
        SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
        CU_ASSERT_EQUAL(store_place_ask(&b.at, "PRAGMA auto_vacuum"), 2);
        SW_ASSERT_OK(sw_vault_change_end(b.at.key));
        CU_ASSERT_EQUAL(readable(&b), 10);
    }
    teardown(&b);
}

/* Half of it was done when it was interrupted. */
static void in_two_goes(void)
{
    struct box b;
    const char *why;
    setup(&b, 10);
    execute(&b, "CREATE TABLE half AS SELECT cursor, body FROM message WHERE cursor > 5");
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    execute(&b, "UPDATE message SET body = (SELECT body FROM half WHERE half.cursor = message.cursor) WHERE cursor > 5;"
                "DROP TABLE half");
    b.r.changed = 0;
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    CU_ASSERT_EQUAL(b.r.changed, 5);
    SW_ASSERT_OK(sw_vault_change_end(b.at.key));
    CU_ASSERT_EQUAL(readable(&b), 10);
    teardown(&b);
}

static void names_what_cannot_be_read(void)
{
    struct box b;
    const char *why;
    setup(&b, 3);
    execute(&b, b.at.postgresql
                    ? "UPDATE message SET body = decode(repeat('00', 50), 'hex'), id = 'spoilt' WHERE cursor = 2"
                    : "UPDATE message SET body = zeroblob(50), id = 'spoilt' WHERE cursor = 2");
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.look, NOW, &why));
    CU_ASSERT_EQUAL(b.look.unreadable_n, 1);
    CU_ASSERT_STRING_EQUAL(b.lost, "mail.db message spoilt");
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    CU_ASSERT_EQUAL(b.r.changed, 2);
    teardown(&b);
}

static void only_a_mailbox_of_this_key(void)
{
    struct box b, other;
    const char *why;
    char path[128];
    setup(&b, 1);
    setup(&other, 1);
    SW_ASSERT_ERR(sw_store_rekey(other.at.db, NULL, &b.r, NOW, &why), SW_ERR_KEY_MISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, other.at.postgresql ? "PostgreSQL: " : other.at.db));
    store_place_set_version(&b.at, 99);
    SW_ASSERT_ERR(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why), SW_ERR_UNSUPPORTED);
    snprintf(path, sizeof path, "%s/none.db", b.at.dir);
    SW_ASSERT_OK(sw_store_rekey(path, NULL, &b.r, NOW, &why));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(b.r.changed, 0);
    teardown(&b);
    teardown(&other);
}

static void is_in_the_audit_once(void)
{
    struct box b;
    const char *why;
    setup(&b, 1);
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    CU_ASSERT_EQUAL(store_place_ask(&b.at, "SELECT count(*) FROM audit WHERE event = 'rekeyed'"), 1);
    teardown(&b);
}

static enum sw_put_verdict repeat(struct sw_store *store, const char *key, const char *text)
{
    enum sw_put_verdict verdict = SW_PUT_ACCEPTED;
    struct sw_mail mail = {.sender = "bank", .recipient = "alice", .expires = NOW + 300, .body = (uint8_t *)text};
    mail.body_len = strlen(text);
    SW_ASSERT_OK(sw_store_put(store, &mail, key, NOW, &verdict));
    return verdict;
}

/* Of what waits, and of what has ended, which has nothing else left that is sealed. */
static void what_a_repetition_is_known_by(void)
{
    static const char *const keys[] = {"one", "two"};
    struct box b;
    struct sw_store *store;
    struct sw_mail mail;
    const char *why;
    setup(&b, 0);
    sw_vault_close(&b.from);
    sw_vault_close(&b.to);
    CU_ASSERT_EQUAL(unlink_next(&b), 0);
    SW_ASSERT_OK(sw_store_open(&store, b.at.db, SW_VAULT_FILE(b.at.key), &sw_store_defaults, &why));
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(repeat(store, keys[i], keys[i]), SW_PUT_ACCEPTED);
    SW_ASSERT_OK(sw_store_take(store, "alice", laptop, 0, NOW, &mail));
    sw_mail_free(&mail);
    SW_ASSERT_OK(sw_store_acknowledge(store, "alice", laptop, mail.id, NOW, &mail));
    sw_store_close(store);
    SW_ASSERT_OK(sw_vault_change_from(&b.from, SW_VAULT_FILE(b.at.key)));
    SW_ASSERT_OK(sw_vault_change_to(&b.to, SW_VAULT_FILE(b.at.key)));
    SW_ASSERT_OK(sw_store_rekey(b.at.db, NULL, &b.r, NOW, &why));
    CU_ASSERT_EQUAL(b.r.changed, 2);
    CU_ASSERT_EQUAL(b.r.unreadable_n, 0);
    SW_ASSERT_OK(sw_vault_change_end(b.at.key));
    SW_ASSERT_OK(sw_store_open(&store, b.at.db, SW_VAULT_FILE(b.at.key), &sw_store_defaults, &why));
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(repeat(store, keys[i], keys[i]), SW_PUT_REPEATED);
        CU_ASSERT_EQUAL(repeat(store, keys[i], "another"), SW_PUT_CONFLICT);
    }
    sw_store_close(store);
    teardown(&b);
}

SW_TEST_SUITE(rekey){
    SW_TEST(every_body),           SW_TEST(what_a_repetition_is_known_by), SW_TEST(writes_a_file_anew),
    SW_TEST(in_two_goes),          SW_TEST(names_what_cannot_be_read),     SW_TEST(only_a_mailbox_of_this_key),
    SW_TEST(is_in_the_audit_once),
};
