/* The mailbox: one message to one certificate, once, in time, whatever the order of events. */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1800000000 };

static const uint8_t laptop[32] = {1}, phone[32] = {2}, bank[32] = {3};

struct box {
    struct store_place at;
    struct sw_store *store;
    unsigned changes;
    enum sw_mail_state last;
};

static void note_change(void *ctx, const struct sw_mail *mail, bool here)
{
    struct box *box = ctx;
    CU_ASSERT_TRUE(here);
    box->changes++;
    box->last = mail->state;
    CU_ASSERT_PTR_NULL(mail->body);
}

static void reopen(struct box *box, const struct sw_store_limits *limits)
{
    const char *why = "";
    sw_store_close(box->store);
    if (!SW_ASSERT_OK(sw_store_open(&box->store, box->at.db, SW_VAULT_FILE(box->at.key), limits, &why)))
        printf("%s\n", why);
    sw_store_on_change(box->store, note_change, box);
}

static void setup(struct box *box, const struct sw_store_limits *limits)
{
    *box = (struct box){0};
    store_place_make(&box->at);
    reopen(box, limits);
}

static void teardown(struct box *box)
{
    sw_store_close(box->store);
    store_place_remove(&box->at);
}

static enum sw_put_verdict hand_in(struct box *box, struct sw_mail mail, const char *text, const char *idempotency,
                                   int64_t now, struct sw_mail *out)
{
    enum sw_put_verdict verdict = SW_PUT_ACCEPTED;
    uint8_t body[256];
    memcpy(body, text, strlen(text));
    mail.body = body;
    mail.body_len = strlen(text);
    memcpy(mail.sender_cert, bank, 32);
    snprintf(mail.sender, sizeof mail.sender, "bank");
    SW_ASSERT_OK(sw_store_put(box->store, &mail, idempotency, now, &verdict));
    *out = mail;
    out->body = NULL;
    return verdict;
}

static enum sw_put_verdict put_with(struct box *box, const char *to, const char *text, enum sw_once once, int64_t ttl,
                                    const char *idempotency, int64_t now, struct sw_mail *out)
{
    struct sw_mail mail = {.expires = now + ttl, .once = once};
    snprintf(mail.recipient, sizeof mail.recipient, "%s", to);
    return hand_in(box, mail, text, idempotency, now, out);
}

static void put(struct box *box, const char *text, enum sw_once once, struct sw_mail *out)
{
    CU_ASSERT_EQUAL(put_with(box, "alice", text, once, 300, NULL, NOW, out), SW_PUT_ACCEPTED);
}

static bool took(struct box *box, const uint8_t cert[32], int64_t after, int64_t now, const char *text)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_take(box->store, "alice", cert, after, now, &mail);
    bool same =
        err == SW_OK && mail.body && mail.body_len == strlen(text) && memcmp(mail.body, text, mail.body_len) == 0;
    sw_mail_free(&mail);
    return same;
}

static bool nothing(struct box *box, const uint8_t cert[32], int64_t now)
{
    struct sw_mail mail;
    enum sw_err err = sw_store_take(box->store, "alice", cert, 0, now, &mail);
    sw_mail_free(&mail);
    return err == SW_ERR_NOT_FOUND;
}

static enum sw_mail_state state_of(struct box *box, const char *id, int64_t now)
{
    struct sw_mail mail;
    SW_ASSERT_OK(sw_store_receipt(box->store, "bank", id, now, &mail));
    return mail.state;
}

static void delivers_and_forgets(void)
{
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "256345", SW_ONCE, &sent);
    CU_ASSERT_EQUAL(box.last, SW_MAIL_QUEUED);
    CU_ASSERT_EQUAL(strlen(sent.id), 32);
    SW_ASSERT_OK(sw_store_take(box.store, "alice", laptop, 0, NOW + 1, &mail));
    CU_ASSERT_STRING_EQUAL(mail.id, sent.id);
    CU_ASSERT_STRING_EQUAL(mail.sender, "bank");
    SW_ASSERT_BYTES(mail.sender_cert, bank, 32);
    CU_ASSERT_EQUAL(mail.cursor, sent.cursor);
    CU_ASSERT_EQUAL(mail.body_len, 6);
    SW_ASSERT_BYTES(mail.body, "256345", 6);
    sw_mail_free(&mail);
    CU_ASSERT_EQUAL(state_of(&box, sent.id, NOW + 1), SW_MAIL_DELIVERED);
    SW_ASSERT_OK(sw_store_acknowledge(box.store, "alice", laptop, sent.id, NOW + 2, &mail));
    CU_ASSERT_EQUAL(box.last, SW_MAIL_ACKED);
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW + 2));
    SW_ASSERT_OK(sw_store_acknowledge(box.store, "alice", laptop, sent.id, NOW + 3, &mail)); /* again is fine */
    CU_ASSERT_EQUAL(box.changes, 3);
    reopen(&box, &sw_store_defaults);
    CU_ASSERT_EQUAL(state_of(&box, sent.id, NOW + 3), SW_MAIL_ACKED);
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW + 3));
    teardown(&box);
}

static int64_t audited(const struct box *box, const char *event)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE event = '%s'", event);
    return store_place_ask(&box->at, sql);
}

static void once_stays_with_its_certificate(void)
{
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "otp", SW_ONCE, &sent);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "otp"));
    CU_ASSERT_TRUE(nothing(&box, phone, NOW + 200));
    SW_ASSERT_ERR(sw_store_fetch(box.store, "alice", phone, sent.id, true, NOW, &mail), SW_ERR_STATE);
    SW_ASSERT_ERR(sw_store_acknowledge(box.store, "alice", phone, sent.id, NOW, &mail), SW_ERR_STATE);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW + 1, "otp")); /* its connection may have died */
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW + 2, "otp"));
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW + 3)); /* three times is enough */
    SW_ASSERT_OK(sw_store_receipt(box.store, "bank", sent.id, NOW + 3, &mail));
    CU_ASSERT_EQUAL(mail.state, SW_MAIL_REFUSED);
    CU_ASSERT_EQUAL(mail.reason, SW_REFUSAL_DELIVERIES);
    CU_ASSERT_EQUAL(mail.turned_away, 1);
    CU_ASSERT_TRUE(mail.ended);
    CU_ASSERT_EQUAL(audited(&box, "turned away"), 1);
    CU_ASSERT_EQUAL(audited(&box, "deliveries"), 1);
    /* whoever comes now is turned away as well, the one who had it included */
    SW_ASSERT_ERR(sw_store_fetch(box.store, "alice", laptop, sent.id, true, NOW + 4, &mail), SW_ERR_STATE);
    CU_ASSERT_EQUAL(mail.turned_away, 2);
    SW_ASSERT_OK(sw_store_receipt(box.store, "bank", sent.id, NOW + 4, &mail));
    CU_ASSERT_EQUAL(mail.turned_away, 2);
    CU_ASSERT_EQUAL(audited(&box, "turned away"), 2);
    teardown(&box);
}

static bool note_held(void *ctx, const struct sw_mail *mail)
{
    char *ids = ctx;
    strcat(ids, mail->id);
    return true;
}

/* Whoever looks into the inbox with another certificate has tried, too: its sender hears of it. */
static void looking_for_what_another_one_has_is_a_try(void)
{
    struct box box;
    struct sw_mail one, two, other, mail;
    char ids[4 * SW_MAIL_ID_MAX] = "", want[4 * SW_MAIL_ID_MAX];
    setup(&box, &sw_store_defaults);
    put(&box, "one", SW_ONCE, &one);
    put(&box, "ordinary", SW_ONCE_NO, &other);
    put(&box, "two", SW_ONCE, &two);
    SW_ASSERT_OK(sw_store_held(box.store, "alice", phone, NOW, note_held, ids));
    CU_ASSERT_STRING_EQUAL(ids, ""); /* nobody has them */
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "one"));
    CU_ASSERT_TRUE(took(&box, laptop, one.cursor, NOW, "ordinary"));
    CU_ASSERT_TRUE(took(&box, laptop, other.cursor, NOW, "two"));
    SW_ASSERT_OK(sw_store_held(box.store, "alice", laptop, NOW, note_held, ids));
    CU_ASSERT_STRING_EQUAL(ids, ""); /* they are ours */
    SW_ASSERT_OK(sw_store_held(box.store, "alice", phone, NOW, note_held, ids));
    snprintf(want, sizeof want, "%s%s", one.id, two.id);
    CU_ASSERT_STRING_EQUAL(ids, want);
    SW_ASSERT_OK(sw_store_receipt(box.store, "bank", two.id, NOW, &mail));
    CU_ASSERT_EQUAL(mail.turned_away, 1);
    CU_ASSERT_EQUAL(audited(&box, "turned away"), 2);
    SW_ASSERT_OK(sw_store_acknowledge(box.store, "alice", laptop, one.id, NOW, &mail));
    ids[0] = 0;
    SW_ASSERT_OK(sw_store_held(box.store, "alice", phone, NOW, note_held, ids));
    CU_ASSERT_STRING_EQUAL(ids, two.id);
    ids[0] = 0;
    SW_ASSERT_OK(sw_store_held(box.store, "alice", phone, NOW + 300, note_held, ids));
    CU_ASSERT_STRING_EQUAL(ids, ""); /* it has expired */
    teardown(&box);
}

static unsigned deliveries(struct box *box, struct sw_mail mail, struct sw_mail *out)
{
    unsigned n = 0;
    mail.expires = NOW + 300;
    snprintf(mail.recipient, sizeof mail.recipient, "alice");
    CU_ASSERT_EQUAL(hand_in(box, mail, "x", NULL, NOW, out), SW_PUT_ACCEPTED);
    int64_t after = out->cursor - 1;
    while (n < 1000 && took(box, laptop, after, NOW, "x"))
        n++;
    SW_ASSERT_OK(sw_store_receipt(box->store, "bank", out->id, NOW, out));
    CU_ASSERT_EQUAL(out->deliveries, n);
    CU_ASSERT_EQUAL(out->allowed, n);
    CU_ASSERT_EQUAL(out->state, SW_MAIL_REFUSED);
    CU_ASSERT_EQUAL(out->reason, SW_REFUSAL_DELIVERIES);
    return n;
}

/* As often as its sender allows, and never more often than the server does. */
static void is_handed_out_as_often_as_allowed(void)
{
    struct box box;
    struct sw_mail out;
    struct sw_store_limits limits = sw_store_defaults;
    limits.deliveries = 7;
    setup(&box, &limits);
    CU_ASSERT_EQUAL(deliveries(&box, (struct sw_mail){.once = SW_ONCE}, &out), 3);
    CU_ASSERT_EQUAL(deliveries(&box, (struct sw_mail){.once = SW_ONCE, .max_deliveries = 1}, &out), 1);
    CU_ASSERT_EQUAL(deliveries(&box, (struct sw_mail){.once = SW_ONCE, .max_deliveries = 5}, &out), 5);
    CU_ASSERT_EQUAL(deliveries(&box, (struct sw_mail){.once = SW_ONCE_NO}, &out), 7);
    CU_ASSERT_EQUAL(deliveries(&box, (struct sw_mail){.once = SW_ONCE_NO, .max_deliveries = 2}, &out), 2);
    CU_ASSERT_EQUAL(hand_in(&box, (struct sw_mail){.recipient = "alice", .expires = NOW + 9, .max_deliveries = 8}, "x",
                            NULL, NOW, &out),
                    SW_PUT_DELIVERIES);
    CU_ASSERT_EQUAL(hand_in(&box, (struct sw_mail){.recipient = "alice", .expires = NOW + 9, .max_deliveries = 7}, "x",
                            NULL, NOW, &out),
                    SW_PUT_ACCEPTED);
    limits.deliveries = 2; /* what waits already is no exception */
    sw_store_set_limits(box.store, &limits);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "x"));
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "x"));
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW));
    teardown(&box);
}

static void says_why_it_was_refused(void)
{
    static const enum sw_refusal reasons[] = {SW_REFUSAL_READER, SW_REFUSAL_INTERRUPTED, SW_REFUSAL_UNREADABLE};
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        put(&box, "x", SW_ONCE, &sent);
        CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "x"));
        SW_ASSERT_OK(sw_store_refuse(box.store, "alice", laptop, sent.id, reasons[i], NOW, &mail));
        SW_ASSERT_OK(sw_store_receipt(box.store, "bank", sent.id, NOW, &mail));
        CU_ASSERT_EQUAL(mail.reason, reasons[i]);
        const char *event = reasons[i] == SW_REFUSAL_READER ? "refused" : sw_refusal_name(reasons[i]);
        CU_ASSERT_EQUAL(audited(&box, event), 1);
    }
    put(&box, "x", SW_ONCE, &sent);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "x"));
    SW_ASSERT_OK(sw_store_acknowledge(box.store, "alice", laptop, sent.id, NOW, &mail));
    CU_ASSERT_EQUAL(mail.reason, SW_REFUSAL_NONE);
    teardown(&box);
}

static void ordinary_lease_runs_out(void)
{
    struct box box;
    struct sw_mail sent;
    setup(&box, &sw_store_defaults);
    put(&box, "news", SW_ONCE_NO, &sent);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "news"));
    CU_ASSERT_TRUE(nothing(&box, phone, NOW + 59));
    CU_ASSERT_TRUE(took(&box, phone, 0, NOW + 60, "news"));
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW + 61));
    teardown(&box);
}

static void strict_ends_with_its_delivery(void)
{
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "once", SW_ONCE_STRICT, &sent);
    SW_ASSERT_OK(sw_store_take(box.store, "alice", laptop, 0, NOW, &mail)); /* shown, not given */
    CU_ASSERT_PTR_NULL(mail.body);
    CU_ASSERT_EQUAL(mail.state, SW_MAIL_QUEUED);
    SW_ASSERT_ERR(sw_store_fetch(box.store, "alice", laptop, sent.id, false, NOW, &mail), SW_ERR_STATE);
    SW_ASSERT_OK(sw_store_fetch(box.store, "alice", laptop, sent.id, true, NOW, &mail));
    SW_ASSERT_BYTES(mail.body, "once", 4);
    sw_mail_free(&mail);
    SW_ASSERT_ERR(sw_store_fetch(box.store, "alice", laptop, sent.id, true, NOW, &mail), SW_ERR_STATE);
    SW_ASSERT_OK(sw_store_receipt(box.store, "bank", sent.id, NOW, &mail));
    CU_ASSERT_EQUAL(mail.state, SW_MAIL_DELIVERED);
    CU_ASSERT_TRUE(mail.ended);
    teardown(&box);
}

static void expires_by_the_clock(void)
{
    struct box box;
    struct sw_mail sent, mail;
    int64_t next;
    setup(&box, &sw_store_defaults);
    put(&box, "late", SW_ONCE, &sent);
    SW_ASSERT_OK(sw_store_sweep(box.store, NOW, &next));
    CU_ASSERT_EQUAL(next, NOW + 300);
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW + 300)); /* in the statement that takes it, before any sweep */
    SW_ASSERT_ERR(sw_store_fetch(box.store, "alice", laptop, sent.id, true, NOW + 300, &mail), SW_ERR_STATE);
    CU_ASSERT_EQUAL(state_of(&box, sent.id, NOW + 300), SW_MAIL_EXPIRED);
    SW_ASSERT_OK(sw_store_sweep(box.store, NOW + 300, &next));
    CU_ASSERT_EQUAL(next, INT64_MAX);
    CU_ASSERT_EQUAL(box.last, SW_MAIL_EXPIRED);
    SW_ASSERT_OK(sw_store_sweep(box.store, NOW + 300 + 8 * 86400, &next)); /* the receipt is kept for a week */
    SW_ASSERT_ERR(sw_store_receipt(box.store, "bank", sent.id, NOW, &mail), SW_ERR_NOT_FOUND);
    teardown(&box);
}

static void keeps_to_whom_it_concerns(void)
{
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "private", SW_ONCE_NO, &sent);
    SW_ASSERT_ERR(sw_store_take(box.store, "bob", laptop, 0, NOW, &mail), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_fetch(box.store, "bob", laptop, sent.id, true, NOW, &mail), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_refuse(box.store, "bob", laptop, sent.id, SW_REFUSAL_READER, NOW, &mail), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_receipt(box.store, "alice", sent.id, NOW, &mail), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(sw_store_receipt(box.store, "bank", "0123", NOW, &mail), SW_ERR_NOT_FOUND);
    /* not before it was fetched; but it may be refused unread */
    SW_ASSERT_ERR(sw_store_acknowledge(box.store, "alice", laptop, sent.id, NOW, &mail), SW_ERR_STATE);
    SW_ASSERT_OK(sw_store_refuse(box.store, "alice", laptop, sent.id, SW_REFUSAL_READER, NOW, &mail));
    CU_ASSERT_EQUAL(state_of(&box, sent.id, NOW), SW_MAIL_REFUSED);
    teardown(&box);
}

static void goes_on_at_a_cursor(void)
{
    struct box box;
    struct sw_mail one, two, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "one", SW_ONCE_NO, &one);
    put(&box, "two", SW_ONCE_NO, &two);
    CU_ASSERT_TRUE(two.cursor > one.cursor);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "one"));
    CU_ASSERT_TRUE(took(&box, laptop, one.cursor, NOW, "two"));
    SW_ASSERT_ERR(sw_store_take(box.store, "alice", laptop, two.cursor, NOW, &mail), SW_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "one")); /* not acknowledged: still there */
    teardown(&box);
}

static void a_repeated_request_is_one_message(void)
{
    struct box box;
    struct sw_mail first, again;
    setup(&box, &sw_store_defaults);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "x", SW_ONCE, 60, "key-1", NOW, &first), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "x", SW_ONCE, 60, "key-1", NOW + 1, &again), SW_PUT_REPEATED);
    CU_ASSERT_STRING_EQUAL(first.id, again.id);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "y", SW_ONCE, 60, "key-1", NOW + 1, &again), SW_PUT_CONFLICT);
    CU_ASSERT_EQUAL(put_with(&box, "bob", "x", SW_ONCE, 60, "key-1", NOW + 1, &again), SW_PUT_CONFLICT);
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "x"));
    SW_ASSERT_ERR(sw_store_take(box.store, "alice", laptop, first.cursor, NOW, &again), SW_ERR_NOT_FOUND);
    /* also after it has ended */
    SW_ASSERT_OK(sw_store_acknowledge(box.store, "alice", laptop, first.id, NOW, &again));
    CU_ASSERT_EQUAL(put_with(&box, "alice", "x", SW_ONCE, 60, "key-1", NOW + 2, &again), SW_PUT_REPEATED);
    CU_ASSERT_EQUAL(again.state, SW_MAIL_ACKED);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "y", SW_ONCE, 60, "key-1", NOW + 2, &again), SW_PUT_CONFLICT);
    CU_ASSERT_EQUAL(put_with(&box, "bob", "x", SW_ONCE, 60, "key-1", NOW + 2, &again), SW_PUT_CONFLICT);
    teardown(&box);
}

static enum sw_put_verdict repeat(struct box *box, const char *text, const char *fingerprint, unsigned most)
{
    struct sw_mail out, mail = {.recipient = "alice", .expires = NOW + 60, .sealed = fingerprint != NULL};
    mail.fingerprint = fingerprint;
    mail.max_deliveries = most;
    return hand_in(box, mail, text, fingerprint ? "sealed" : "plain", NOW, &out);
}

/* As long as its key is kept: over the end of the message, a restart, and until it is forgotten. */
static void another_message_under_its_key_is_refused(void)
{
    struct box box;
    struct sw_mail mail;
    int64_t next;
    setup(&box, &sw_store_defaults);
    CU_ASSERT_EQUAL(repeat(&box, "256345", NULL, 0), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(repeat(&box, "other bytes each time", "one text", 4), SW_PUT_ACCEPTED);
    SW_ASSERT_OK(sw_store_sweep(box.store, NOW + 60, &next)); /* both have expired */
    reopen(&box, &sw_store_defaults);
    CU_ASSERT_EQUAL(repeat(&box, "256345", NULL, 0), SW_PUT_REPEATED);
    CU_ASSERT_EQUAL(repeat(&box, "256346", NULL, 0), SW_PUT_CONFLICT);
    CU_ASSERT_EQUAL(repeat(&box, "", NULL, 0), SW_PUT_CONFLICT);
    CU_ASSERT_EQUAL(repeat(&box, "256345", NULL, 1), SW_PUT_CONFLICT);
    CU_ASSERT_EQUAL(repeat(&box, "quite other bytes", "one text", 4), SW_PUT_REPEATED);
    CU_ASSERT_EQUAL(repeat(&box, "other bytes each time", "another text", 4), SW_PUT_CONFLICT);
    /* what the database says of it cannot be guessed at, or be another one's */
    CU_ASSERT_TRUE(store_place_sql(&box.at, "UPDATE message SET likeness = (SELECT likeness FROM message ORDER BY "
                                            "cursor LIMIT 1)"));
    CU_ASSERT_EQUAL(repeat(&box, "quite other bytes", "one text", 4), SW_PUT_CONFLICT);
    CU_ASSERT_TRUE(store_place_sql(&box.at, "UPDATE message SET likeness = NULL")); /* of an older server */
    CU_ASSERT_EQUAL(repeat(&box, "256346", NULL, 0), SW_PUT_REPEATED);
    SW_ASSERT_OK(sw_store_sweep(box.store, NOW + 8 * 86400, &next));
    SW_ASSERT_ERR(sw_store_receipt(box.store, "bank", "0123", NOW, &mail), SW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(repeat(&box, "256346", NULL, 0), SW_PUT_ACCEPTED);
    teardown(&box);
}

static void limits_are_kept(void)
{
    struct box box;
    struct sw_mail mail;
    struct sw_store_limits limits = sw_store_defaults;
    limits.body_max = 4;
    limits.queue_max = 2;
    limits.rate_max = 3;
    limits.ttl_max = 100;
    setup(&box, &limits);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "12345", SW_ONCE, 60, NULL, NOW, &mail), SW_PUT_TOO_LARGE);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 101, NULL, NOW, &mail), SW_PUT_TTL);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 0, NULL, NOW, &mail), SW_PUT_TTL);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1234", SW_ONCE, 50, NULL, NOW, &mail), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "", SW_ONCE, 100, NULL, NOW, &mail), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 60, NULL, NOW, &mail), SW_PUT_QUEUE_FULL);
    CU_ASSERT_EQUAL(put_with(&box, "bob", "1", SW_ONCE, 60, NULL, NOW, &mail), SW_PUT_ACCEPTED);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 60, NULL, NOW + 51, &mail),
                    SW_PUT_ACCEPTED); /* one is over */
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW + 52, ""));
    SW_ASSERT_OK(sw_store_refuse(box.store, "alice", laptop, mail.id, SW_REFUSAL_READER, NOW + 52, &mail));
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 60, NULL, NOW + 53, &mail), SW_PUT_RATE);
    CU_ASSERT_EQUAL(put_with(&box, "alice", "1", SW_ONCE, 60, NULL, NOW + 61, &mail), SW_PUT_ACCEPTED);
    teardown(&box);
}

static bool count_one(void *ctx, const struct sw_mail *mail)
{
    unsigned *n = ctx;
    CU_ASSERT_PTR_NULL(mail->body);
    return ++*n < 2;
}

static void lists_without_changing(void)
{
    struct box box;
    struct sw_mail sent;
    unsigned n = 0;
    setup(&box, &sw_store_defaults);
    put(&box, "a", SW_ONCE, &sent);
    SW_ASSERT_OK(sw_store_list(box.store, "alice", NOW, count_one, &n));
    CU_ASSERT_EQUAL(n, 1);
    CU_ASSERT_EQUAL(state_of(&box, sent.id, NOW), SW_MAIL_QUEUED);
    put(&box, "b", SW_ONCE, &sent);
    put(&box, "c", SW_ONCE, &sent);
    n = 0;
    SW_ASSERT_OK(sw_store_list(box.store, "alice", NOW, count_one, &n));
    CU_ASSERT_EQUAL(n, 2);
    teardown(&box);
}

/* Neither the database nor its log files may hold the text, before or after. */
static void nothing_readable_on_disk(void)
{
    static const char *const names[] = {"mail.db", "mail.db-wal"};
    struct box box;
    struct sw_mail sent;
    struct stat st;
    setup(&box, &sw_store_defaults);
    put(&box, "a very readable sentence", SW_ONCE, &sent);
    if (box.at.postgresql) /* has its files for itself */
        CU_ASSERT_EQUAL(store_place_ask(&box.at, "SELECT position('readable'::bytea in body) FROM message"), 0);
    for (size_t i = 0; i < 2 && !box.at.postgresql; i++) {
        char path[128], *text = NULL;
        size_t len = 0;
        snprintf(path, sizeof path, "%s/%s", box.at.dir, names[i]);
        FILE *f = fopen(path, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        ssize_t n = getdelim(&text, &len, EOF, f);
        CU_ASSERT_TRUE(n > 0);
        CU_ASSERT_PTR_NULL(memmem(text, (size_t)n, "very readable", 13));
        free(text);
        fclose(f);
        CU_ASSERT_EQUAL(stat(path, &st), 0);
        CU_ASSERT_EQUAL(st.st_mode & 077, 0);
    }
    CU_ASSERT_EQUAL(stat(box.at.key, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    teardown(&box);
}

/* Somebody who can write to the database, and has no key, cannot give one person another's message, or change one. */
static void bodies_are_bound_to_their_message(void)
{
    struct box box;
    struct sw_mail sent, mail;
    setup(&box, &sw_store_defaults);
    put(&box, "for alice", SW_ONCE_NO, &sent);
    CU_ASSERT_TRUE(store_place_sql(&box.at, "UPDATE message SET recipient = 'mallory'"));
    SW_ASSERT_ERR(sw_store_take(box.store, "mallory", laptop, 0, NOW, &mail), SW_ERR_CRYPTO);
    CU_ASSERT_TRUE(store_place_sql(&box.at, "UPDATE message SET recipient = 'alice'"));
    CU_ASSERT_TRUE(took(&box, laptop, 0, NOW, "for alice"));
    CU_ASSERT_TRUE(store_place_sql(&box.at, box.at.postgresql ? "UPDATE message SET body = decode('00', 'hex')"
                                                              : "UPDATE message SET body = x'00'"));
    SW_ASSERT_ERR(sw_store_take(box.store, "alice", laptop, 0, NOW, &mail), SW_ERR_CRYPTO);
    CU_ASSERT_FALSE(store_place_sql(&box.at, "UPDATE audit SET event = 'nothing'"));
    CU_ASSERT_FALSE(store_place_sql(&box.at, "DELETE FROM audit"));
    teardown(&box);
}

static void refuses_the_wrong_key_file(void)
{
    struct box box;
    struct sw_store *store;
    struct sw_store *first;
    const char *why = "";
    char other[128];
    setup(&box, &sw_store_defaults);
    snprintf(other, sizeof other, "%s/other.key", box.at.dir);
    SW_ASSERT_ERR(sw_store_open(&store, box.at.db, SW_VAULT_FILE(other), &sw_store_defaults, &why), SW_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "other.key"));
    FILE *f = fopen(other, "w");
    fprintf(f, "sealwax-vault-1 %064d\n", 7);
    fclose(f);
    SW_ASSERT_ERR(sw_store_open(&store, box.at.db, SW_VAULT_FILE(other), &sw_store_defaults, &why), SW_ERR_PERMISSION);
    chmod(other, 0600);
    SW_ASSERT_ERR(sw_store_open(&store, box.at.db, SW_VAULT_FILE(other), &sw_store_defaults, &why),
                  SW_ERR_KEY_MISMATCH);
    f = fopen(other, "w");
    fprintf(f, "no key\n");
    fclose(f);
    SW_ASSERT_ERR(sw_store_open(&store, box.at.db, SW_VAULT_FILE(other), &sw_store_defaults, &why), SW_ERR_KEY_DECODE);
    SW_ASSERT_ERR(sw_store_open(&store, "/nowhere/mail.db", SW_VAULT_FILE(other), &sw_store_defaults, &why),
                  SW_ERR_SYSTEM);
    int64_t newest = store_place_version(&box.at);
    store_place_set_version(&box.at, 99);
    SW_ASSERT_ERR(sw_store_open(&store, box.at.db, SW_VAULT_FILE(box.at.key), &sw_store_defaults, &why),
                  SW_ERR_UNSUPPORTED);
    store_place_set_version(&box.at, (int)newest);
    SW_ASSERT_OK(sw_store_open(&first, box.at.db, SW_VAULT_FILE(box.at.key), &sw_store_defaults,
                               &why)); /* two processes at once */
    sw_store_close(first);
    teardown(&box);
}

static void two_processes_share_it(void)
{
    struct box box;
    struct sw_store *other;
    struct sw_mail sent, mail;
    const char *why;
    setup(&box, &sw_store_defaults);
    SW_ASSERT_OK(sw_store_open(&other, box.at.db, SW_VAULT_FILE(box.at.key), &sw_store_defaults, &why));
    put(&box, "shared", SW_ONCE, &sent);
    SW_ASSERT_OK(sw_store_take(other, "alice", phone, 0, NOW, &mail));
    sw_mail_free(&mail);
    CU_ASSERT_TRUE(nothing(&box, laptop, NOW));
    sw_store_close(other);
    teardown(&box);
}

static bool note_chain(void *ctx, const char *chain)
{
    char *all = ctx;
    size_t n = strlen(all);
    snprintf(all + n, 256 - n, "%s ", chain);
    return n < 200;
}

static void knows_who_was_here_last(void)
{
    struct box box;
    char chains[256] = "", name[16];
    uint8_t cert[32] = {0};
    setup(&box, &sw_store_defaults);
    SW_ASSERT_ERR(sw_store_chains_of(box.store, "alice", note_chain, chains), SW_ERR_NOT_FOUND);
    SW_ASSERT_OK(sw_store_learn(box.store, "alice", laptop, "laptop", 1));
    SW_ASSERT_OK(sw_store_learn(box.store, "alice", phone, "phone", 2));
    SW_ASSERT_OK(sw_store_chains_of(box.store, "alice", note_chain, chains));
    CU_ASSERT_STRING_EQUAL(chains, "phone laptop ");
    SW_ASSERT_OK(sw_store_learn(box.store, "alice", laptop, "laptop again", 3));
    chains[0] = 0;
    SW_ASSERT_OK(sw_store_chains_of(box.store, "alice", note_chain, chains));
    CU_ASSERT_STRING_EQUAL(chains, "laptop again phone ");
    SW_ASSERT_ERR(sw_store_chains_of(box.store, "bob", note_chain, chains), SW_ERR_NOT_FOUND);
    for (int i = 1; i <= SW_DEVICES_MAX + 4; i++) {
        cert[0] = (uint8_t)i;
        snprintf(name, sizeof name, "%d", i);
        SW_ASSERT_OK(sw_store_learn(box.store, "carol", cert, name, i));
    }
    chains[0] = 0;
    SW_ASSERT_OK(sw_store_chains_of(box.store, "carol", note_chain, chains));
    CU_ASSERT_STRING_EQUAL(chains, "20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 ");
    teardown(&box);
}

/* The directory may be reached by a link; the database itself may not be one. */
static void follows_links_to_its_directory_alone(void)
{
    struct store_place at;
    struct sw_store *store;
    char link[sizeof at.dir + 8], db[sizeof link + 16];
    const char *why;
    store_place_make_file(&at);
    snprintf(link, sizeof link, "%s/link", at.dir);
    snprintf(db, sizeof db, "%s/mail.db", link);
    CU_ASSERT_EQUAL(symlink(".", link), 0);
    SW_ASSERT_OK(sw_store_open(&store, db, SW_VAULT_FILE(at.key), &sw_store_defaults, &why));
    sw_store_close(store);
    CU_ASSERT_EQUAL(access(at.db, F_OK), 0);
    snprintf(db, sizeof db, "%s/other.db", at.dir);
    CU_ASSERT_EQUAL(symlink("mail.db", db), 0);
    SW_ASSERT_ERR(sw_store_open(&store, db, SW_VAULT_FILE(at.key), &sw_store_defaults, &why), SW_ERR_SYSTEM);
    store_place_remove(&at);
}

SW_TEST_SUITE(store){
    SW_TEST(follows_links_to_its_directory_alone),
    SW_TEST(knows_who_was_here_last),
    SW_TEST(delivers_and_forgets),
    SW_TEST(once_stays_with_its_certificate),
    SW_TEST(looking_for_what_another_one_has_is_a_try),
    SW_TEST(is_handed_out_as_often_as_allowed),
    SW_TEST(says_why_it_was_refused),
    SW_TEST(ordinary_lease_runs_out),
    SW_TEST(strict_ends_with_its_delivery),
    SW_TEST(expires_by_the_clock),
    SW_TEST(keeps_to_whom_it_concerns),
    SW_TEST(goes_on_at_a_cursor),
    SW_TEST(a_repeated_request_is_one_message),
    SW_TEST(another_message_under_its_key_is_refused),
    SW_TEST(limits_are_kept),
    SW_TEST(lists_without_changing),
    SW_TEST(nothing_readable_on_disk),
    SW_TEST(bodies_are_bound_to_their_message),
    SW_TEST(refuses_the_wrong_key_file),
    SW_TEST(two_processes_share_it),
};
