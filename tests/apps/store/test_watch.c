/*
 * Changes made by others: told through the database where it can be shared, found by looking where a notice was lost,
 * and never invented.
 */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1800000000, PATIENCE_MS = 60000 };

static const uint8_t laptop[32] = {1, 0xfe};

struct server {
    struct sw_store *store;
    unsigned here, elsewhere, anything;
    struct sw_mail last;
    char claimed[SW_NAME_MAX];
};

static void note(void *ctx, const struct sw_mail *mail, bool here)
{
    struct server *s = ctx;
    if (!mail) {
        s->anything++;
        return;
    }
    *(here ? &s->here : &s->elsewhere) += 1;
    s->last = *mail;
}

static void note_claim(void *ctx, const char *name, const uint8_t cert[32])
{
    struct server *s = ctx;
    snprintf(s->claimed, sizeof s->claimed, "%s", name);
    SW_ASSERT_BYTES(cert, laptop, 32);
    s->elsewhere++;
}

static void begin(struct server *s, const struct store_place *at)
{
    const char *why;
    *s = (struct server){0};
    SW_ASSERT_OK(sw_store_open(&s->store, at->db, SW_VAULT_FILE(at->key), &sw_store_defaults, &why));
    sw_store_on_change(s->store, note, s);
    sw_store_on_claim(s->store, note_claim, s);
    SW_ASSERT_OK(sw_store_look(s->store, NOW));
    s->anything = 0; /* of the first look, after which nothing is missed */
}

static void put(struct server *s, struct sw_mail *out)
{
    enum sw_put_verdict verdict;
    uint8_t body[] = "text";
    *out = (struct sw_mail){
        .sender = "bank", .recipient = "alice liddell", .expires = NOW + 60, .body = body, .body_len = 4};
    SW_ASSERT_OK(sw_store_put(s->store, out, NULL, NOW, &verdict));
    CU_ASSERT_EQUAL(verdict, SW_PUT_ACCEPTED);
}

/* Until a notice came; the same second, so that only a notice can have told. */
static void await(struct server *s, unsigned elsewhere)
{
    struct pollfd p = {.events = POLLIN};
    while (s->elsewhere < elsewhere) {
        CU_ASSERT_TRUE(sw_store_watch(s->store, &p.fd));
        if (poll(&p, 1, PATIENCE_MS) != 1) {
            CU_FAIL("no notice came");
            return;
        }
        SW_ASSERT_OK(sw_store_look(s->store, NOW));
    }
}

static void hears_of_others(void)
{
    struct store_place at;
    struct server one, two;
    struct sw_mail sent, mail;
    int fd;
    store_place_make(&at);
    begin(&one, &at);
    begin(&two, &at);
    put(&one, &sent);
    CU_ASSERT_EQUAL(one.here, 1);
    if (sw_store_watch(two.store, &fd)) {
        await(&two, 1);
        CU_ASSERT_STRING_EQUAL(two.last.id, sent.id);
        CU_ASSERT_STRING_EQUAL(two.last.recipient, "alice liddell");
        CU_ASSERT_EQUAL(two.last.expires, NOW + 60);
        CU_ASSERT_EQUAL(two.last.state, SW_MAIL_QUEUED);
        SW_ASSERT_OK(sw_store_take(two.store, "alice liddell", laptop, 0, NOW, &mail));
        sw_mail_free(&mail);
        await(&one, 1);
        CU_ASSERT_EQUAL(one.last.state, SW_MAIL_DELIVERED);
        CU_ASSERT_EQUAL(one.here, 1); /* nobody hears of himself by a notice */
        CU_ASSERT_EQUAL(two.here, 1);
    } else {
        CU_ASSERT_FALSE(at.postgresql);
        CU_ASSERT_EQUAL(fd, -1);
        SW_ASSERT_OK(sw_store_look(two.store, NOW + 10));
        CU_ASSERT_EQUAL(two.elsewhere, 0);
    }
    sw_store_close(one.store);
    sw_store_close(two.store);
    store_place_remove(&at);
}

static void hears_of_readers(void)
{
    struct store_place at;
    struct server one, two;
    store_place_make(&at);
    begin(&one, &at);
    begin(&two, &at);
    sw_store_claim(one.store, "alice liddell", laptop);
    if (at.postgresql) {
        await(&two, 1);
        CU_ASSERT_STRING_EQUAL(two.claimed, "alice liddell");
    }
    CU_ASSERT_STRING_EQUAL(one.claimed, "");
    sw_store_close(one.store);
    sw_store_close(two.store);
    store_place_remove(&at);
}

/* Whoever may write to the database may say anything there; only what can be understood counts. */
static void strange_notices_are_nothing(void)
{
    static const char *const strange[] = {"",       "mail",       "mail 1",       "mail x 1 id alice", "mail 0 1 id",
                                          "reader", "reader 12x", "reader 0101 ", "reader 1",          "nothing"};
    struct store_place at;
    struct server one;
    struct sw_mail sent;
    char sql[128];
    store_place_make(&at);
    begin(&one, &at);
    if (at.postgresql) {
        for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
            snprintf(sql, sizeof sql, "SELECT pg_notify('sealwax', '%s')", strange[i]);
            CU_ASSERT_TRUE(store_place_sql(&at, sql));
        }
        CU_ASSERT_TRUE(store_place_sql(&at, "SELECT pg_notify('sealwax', 'mail 9 1 id x')"));
        await(&one, 1);
        CU_ASSERT_STRING_EQUAL(one.last.recipient, "x");
        CU_ASSERT_STRING_EQUAL(one.claimed, "");
    }
    put(&one, &sent);
    CU_ASSERT_EQUAL(one.here, 1);
    sw_store_close(one.store);
    store_place_remove(&at);
}

/* As if its server had died between the commit and the notice. */
static void finds_what_nobody_told(void)
{
    struct store_place at;
    struct server one, two;
    struct sw_mail sent;
    store_place_make(&at);
    begin(&one, &at);
    begin(&two, &at);
    if (at.postgresql) {
        put(&one, &sent);
        await(&two, 1);
        two.elsewhere = 0;
        SW_ASSERT_OK(sw_store_look(two.store, NOW + 1));
        CU_ASSERT_EQUAL(two.elsewhere, 0);
        SW_ASSERT_OK(sw_store_look(two.store, NOW + SW_STORE_LOOK));
        CU_ASSERT_EQUAL(two.elsewhere, 1);
        CU_ASSERT_STRING_EQUAL(two.last.id, sent.id);
        /* once more, for what was given its number earlier and committed later; not for ever */
        SW_ASSERT_OK(sw_store_look(two.store, NOW + 2 * SW_STORE_LOOK));
        SW_ASSERT_OK(sw_store_look(two.store, NOW + 3 * SW_STORE_LOOK));
        SW_ASSERT_OK(sw_store_look(two.store, NOW + 4 * SW_STORE_LOOK));
        CU_ASSERT_EQUAL(two.elsewhere, 2);
    }
    sw_store_close(one.store);
    sw_store_close(two.store);
    store_place_remove(&at);
}

/* Every connection of the store breaks: the next thing asked for works, and whoever waits looks at everything again. */
static void connects_again(void)
{
    struct store_place at;
    struct server one;
    struct sw_mail sent, mail;
    int fd;
    store_place_make(&at);
    begin(&one, &at);
    put(&one, &sent);
    if (at.postgresql) {
        CU_ASSERT_EQUAL(store_place_ask(&at, "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                                             "WHERE application_name = 'sealwaxd'"),
                        2);
        SW_ASSERT_OK(sw_store_receipt(one.store, "bank", sent.id, NOW, &mail));
        CU_ASSERT_EQUAL(store_place_ask(&at, "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                                             "WHERE application_name = 'sealwaxd'"),
                        1);
        SW_ASSERT_OK(sw_store_take(one.store, "alice liddell", laptop, 0, NOW, &mail));
        CU_ASSERT_EQUAL(mail.body_len, 4);
        sw_mail_free(&mail);
        SW_ASSERT_OK(sw_store_look(one.store, NOW));
        CU_ASSERT_EQUAL(one.anything, 1);
        CU_ASSERT_TRUE(sw_store_watch(one.store, &fd));
        CU_ASSERT_TRUE(fd >= 0);
    }
    sw_store_close(one.store);
    store_place_remove(&at);
}

/*
 * Two servers that were given different key files must not both write: while a server is there, nobody changes the key;
 * when it comes back, it looks.
 */
static void the_key_is_looked_at_again(void)
{
    struct store_place at;
    struct server one;
    struct sw_mail sent, mail;
    store_place_make(&at);
    begin(&one, &at);
    put(&one, &sent);
    if (at.postgresql) {
        CU_ASSERT_TRUE(store_place_sql(&at, "UPDATE meta SET vault = decode('0011223344556677', 'hex')"));
        CU_ASSERT_TRUE(store_place_ask(&at, "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                                            "WHERE application_name = 'sealwaxd'") > 0);
        SW_ASSERT_ERR(sw_store_receipt(one.store, "bank", sent.id, NOW, &mail), SW_ERR_KEY_MISMATCH);
    }
    sw_store_close(one.store);
    store_place_remove(&at);
}

SW_TEST_SUITE(watch){
    SW_TEST(hears_of_others),        SW_TEST(hears_of_readers), SW_TEST(strange_notices_are_nothing),
    SW_TEST(finds_what_nobody_told), SW_TEST(connects_again),   SW_TEST(the_key_is_looked_at_again),
};
