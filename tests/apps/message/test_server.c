/*
 * The mailbox over HTTP: what each request is answered, and who may ask. Alice and Bob are two connections to one
 * server.
 */
#include "apps/message/server.h"
#include "tests/apps/http/peer.h"
#include "tests/apps/store/place.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct office {
    struct http_world world;
    struct http_peer alice, bob;
    struct message_service *service;
    struct sw_store *store;
    struct store_place at;
    unsigned happened, trouble;
    char last[32], last_who[64];
};

static void note_happened(void *ctx, const char *what, const struct sw_mail *mail, const char *who)
{
    struct office *o = ctx;
    (void)mail;
    o->happened++;
    snprintf(o->last, sizeof o->last, "%s", what);
    snprintf(o->last_who, sizeof o->last_who, "%s", who);
}

static void note_trouble(void *ctx, const char *what, const char *why)
{
    struct office *o = ctx;
    (void)what;
    (void)why;
    o->trouble++;
}

static void setup(struct office *o, const struct sw_store_limits *limits)
{
    const struct message_events events = {.happened = note_happened, .trouble = note_trouble, .ctx = o};
    const char *why = "";
    *o = (struct office){0};
    store_place_make(&o->at);
    http_world_begin(&o->world);
    SW_ASSERT_OK(sw_store_open(&o->store, o->at.db, SW_VAULT_FILE(o->at.key), limits, &why));
    o->service = message_service_new(o->world.base, o->store, &events);
    CU_ASSERT_PTR_NOT_NULL_FATAL(o->service);
    http_world_serve(&o->world, message_routes, o->service, 4096);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&o->alice, &o->world, false));
    CU_ASSERT_TRUE_FATAL(http_peer_open_as(&o->bob, &o->world, "client-p256"));
}

static void teardown(struct office *o)
{
    http_peer_close(&o->alice);
    http_peer_close(&o->bob);
    message_service_stop(o->service);
    CU_ASSERT_EQUAL(message_waiting(o->service), 0);
    http_world_close(&o->world);
    message_service_free(o->service);
    sw_store_close(o->store);
    store_place_remove(&o->at);
}

/* A string or number of an answer, valid until the next call. */
static const char *field(const struct http_peer *p, const char *name)
{
    static char text[256];
    json_t *object = json_loadb(p->body, p->body_len, 0, NULL), *value = json_object_get(object, name);
    text[0] = 0;
    if (json_is_string(value))
        snprintf(text, sizeof text, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(text, sizeof text, "%s", json_is_true(value) ? "true" : "false");
    json_decref(object);
    return text;
}

/* Alice sends; id receives the message's. */
static void send_as_alice(struct office *o, const char *query, const char *text, char id[SW_MAIL_ID_MAX])
{
    char path[128];
    snprintf(path, sizeof path, "/messages?%s", query);
    CU_ASSERT_EQUAL(http_askf(&o->alice, "POST", path, "", text), 201);
    snprintf(id, SW_MAIL_ID_MAX, "%s", field(&o->alice, "id"));
    CU_ASSERT_EQUAL(strlen(id), SW_MAIL_ID_MAX - 1);
}

static int ask(struct http_peer *p, const char *method, const char *form, const char *id)
{
    char path[128];
    snprintf(path, sizeof path, form, id);
    return http_askf(p, method, path, "", "");
}

/* --- handing in --------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *path, *headers, *body;
    int status;
} letters[] = {
    {"/messages?to=bob",                    "",                            "hello", 201},
    {"/messages?to=bob&once=yes&ttl=5m",    "",                            "1234",  201},
    {"/messages?to=bob&once=strict",        "",                            "1234",  201},
    {"/messages?to=bob&ttl=90s&sealed=yes", "",                            "...",   201},
    {"/messages?to=bob",                    "",                            "",      201},
    {"/messages",                           "",                            "hello", 400},
    {"/messages?to=",                       "",                            "hello", 400},
    {"/messages?to=Bob%20O%27Neil%2FHome",  "",                            "hello", 201},
    {"/messages?to=b%0aob",                 "",                            "hello", 400},
    {"/messages?to=b%c2%9bob",              "",                            "hello", 400},
    {"/messages?to=b%e2%80%aeob",           "",                            "hello", 400},
    {"/messages?to=b%ffob",                 "",                            "hello", 400},
    {"/messages?to=b%c3%b6b",               "",                            "hello", 201},
    {"/messages?to=bob",                    "Idempotency-Key: \xff\r\n",    "hello", 400},
    {"/messages?to=bob&once=perhaps",       "",                            "hello", 400},
    {"/messages?to=bob&ttl=soon",           "",                            "hello", 400},
    {"/messages?to=bob&ttl=-5",             "",                            "hello", 400},
    {"/messages?to=bob&ttl=0",              "",                            "hello", 422},
    {"/messages?to=bob&ttl=1000d",          "",                            "hello", 422},
    {"/messages?to=bob",                    "Idempotency-Key: \r\n",       "hello", 400},
    {"/messages?to=bob",                    "Idempotency-Key: one\r\n",    "hello", 201},
    {"/messages?to=bob",                    "Idempotency-Key: one\r\n",    "hello", 200},
    {"/messages?to=bob",                    "Idempotency-Key: one\r\n",    "other", 422},
    {"/messages?to=carol",                  "Idempotency-Key: one\r\n",    "hello", 422},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: two\r\n",    "...a",  201},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: two\r\n",    "...b",  422},
    {"/messages?to=bob",                    "Idempotency-Key: two\r\n",    "...a",  422},
    /* sealing the same text again gives other bytes: its sender says what it is known by */
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: three\r\nSealwax-Fingerprint: f\r\n", "...a", 201},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: three\r\nSealwax-Fingerprint: f\r\n", "...b", 200},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: three\r\nSealwax-Fingerprint: g\r\n", "...a", 422},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: three\r\n",  "...a",  422},
    {"/messages?to=bob&sealed=1",           "Idempotency-Key: four\r\nSealwax-Fingerprint: \r\n", "...a", 400},
    /* what is not sealed we can compare ourselves */
    {"/messages?to=bob",                    "Idempotency-Key: five\r\nSealwax-Fingerprint: f\r\n", "a", 201},
    {"/messages?to=bob",                    "Idempotency-Key: five\r\nSealwax-Fingerprint: f\r\n", "b", 422},
    {"/messages?to=bob&max_deliveries=100", "",                            "hello", 201},
    {"/messages?to=bob&max_deliveries=101", "",                            "hello", 422},
    {"/messages?to=bob&max_deliveries=0",   "",                            "hello", 400},
    {"/messages?to=bob&max_deliveries=2x",  "",                            "hello", 400},
    {"/messages?to=bob&once=strict&max_deliveries=2", "",                  "hello", 400},
    {"/messages?to=bob&once=strict&max_deliveries=1", "",                  "hello", 201},
};
/* clang-format on */

static void takes_and_refuses_letters(void)
{
    struct office o;
    setup(&o, &sw_store_defaults);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        int status = http_askf(&o.alice, "POST", letters[i].path, letters[i].headers, letters[i].body);
        if (status != letters[i].status)
            printf("%s %s: %d\n", letters[i].path, letters[i].headers, status);
        CU_ASSERT_EQUAL(status, letters[i].status);
        if (status >= 400)
            CU_ASSERT_STRING_NOT_EQUAL(field(&o.alice, "detail"), "");
    }
    teardown(&o);
}

static void the_sender_is_who_the_certificate_says(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob&from=carol", "hello", id);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "from"), "alice");
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "to"), "bob");
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "text"), "");
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/whoami", ""), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "name"), "bob");
    teardown(&o);
}

static void limits_have_their_status(void)
{
    struct sw_store_limits limits = sw_store_defaults;
    struct office o;
    char id[SW_MAIL_ID_MAX];
    limits.body_max = 10;
    limits.queue_max = 2;
    setup(&o, &limits);
    CU_ASSERT_EQUAL(http_askf(&o.alice, "POST", "/messages?to=bob", "", "12345678901"), 413);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "detail"), "the message is too long: at most 10 bytes");
    send_as_alice(&o, "to=bob", "1", id);
    send_as_alice(&o, "to=bob", "2", id);
    CU_ASSERT_EQUAL(o.trouble, 0); /* what was too long is its sender's business */
    CU_ASSERT_EQUAL(http_askf(&o.alice, "POST", "/messages?to=bob", "", "3"), 507);
    CU_ASSERT_EQUAL(o.trouble, 1);
    limits.queue_max = 100;
    limits.rate_max = 2;
    sw_store_set_limits(o.store, &limits);
    CU_ASSERT_EQUAL(http_askf(&o.alice, "POST", "/messages?to=bob", "", "3"), 429);
    CU_ASSERT_EQUAL(http_askf(&o.alice, "POST", "/messages?to=carol", "", "3"), 201);
    teardown(&o);
}

/* --- fetching ----------------------------------------------------------------------------------------------------- */

static void only_the_recipient_reads(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "for bob", id);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/inbox/%s", id), 404);
    CU_ASSERT_EQUAL(ask(&o.alice, "POST", "/inbox/%s/take", id), 404);
    CU_ASSERT_EQUAL(ask(&o.alice, "POST", "/inbox/%s/ack", id), 404);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/messages/%s", id), 404);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/ack", id), 409); /* not fetched yet */
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", "%ff"), 404);   /* no id, and no text */
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 200);
    CU_ASSERT_STRING_EQUAL(o.bob.body, "for bob");
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 200); /* his own lease */
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/ack", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "state"), "acknowledged");
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/ack", id), 200); /* said twice is fine */
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 410);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/refuse", id), 410);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "state"), "acknowledged");
    teardown(&o);
}

static void a_strict_message_is_used_up(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob&once=strict", "1234", id);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 409);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/take", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "text"), "1234");
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/take", id), 410);
    teardown(&o);
}

static void refusing_ends_it(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "unwanted", id);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/refuse?reason=deliveries", id), 400);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/refuse?reason=unreadable", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "reason"), "unreadable");
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "state"), "refused");
    CU_ASSERT_STRING_EQUAL(o.last, "refused");
    CU_ASSERT_STRING_EQUAL(o.last_who, "bob");
    teardown(&o);
}

static void lists_without_bodies(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "hidden", id);
    send_as_alice(&o, "to=bob", "hidden", id);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox", ""), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(o.bob.body, id));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "hidden"));
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/inbox", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(o.alice.body, id));
    teardown(&o);
}

static void what_is_not_text_comes_in_base64(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "\xff\xfe\xfd", id);
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/take", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "base64"), "//79");
    CU_ASSERT_STRING_EQUAL(field(&o.bob, "text"), "");
    teardown(&o);
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

static void follow(struct http_peer *p, const char *query)
{
    char request[128];
    snprintf(request, sizeof request, "GET /inbox/stream?%s HTTP/1.1\r\nHost: x\r\n\r\n", query);
    http_ask_begin(p, request);
    for (int i = 0; i < 50; i++)
        http_turn(p->world);
}

static void a_reader_gets_what_comes(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "before", id);
    follow(&o.bob, "follow=1");
    CU_ASSERT_TRUE(http_ask_until(&o.bob, "before"));
    CU_ASSERT_EQUAL(message_waiting(o.service), 1);
    send_as_alice(&o, "to=bob", "after", id);
    CU_ASSERT_TRUE(http_ask_until(&o.bob, "after"));
    send_as_alice(&o, "to=carol", "elsewhere", id);
    send_as_alice(&o, "to=bob", "last", id);
    CU_ASSERT_TRUE(http_ask_until(&o.bob, "last"));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "elsewhere"));
    message_service_stop(o.service);
    CU_ASSERT_TRUE(http_ask_until(&o.bob, NULL));
    CU_ASSERT_EQUAL(message_waiting(o.service), 0);
    teardown(&o);
}

static void a_stream_ends_after_its_count(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "one", id);
    send_as_alice(&o, "to=bob", "two", id);
    follow(&o.bob, "follow=1&count=1");
    CU_ASSERT_TRUE(http_ask_until(&o.bob, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(o.bob.body, "one"));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "two"));
    follow(&o.bob, "after=1");
    CU_ASSERT_TRUE(http_ask_until(&o.bob, NULL));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "one"));
    CU_ASSERT_PTR_NOT_NULL(strstr(o.bob.body, "two"));
    follow(&o.bob, "since=2");
    CU_ASSERT_TRUE(http_ask_until(&o.bob, NULL));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "two"));
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream?since=yesterday", ""), 400);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream?count=x", ""), 400);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream?after=-1", ""), 400);
    teardown(&o);
}

static void a_second_reader_replaces_the_first(void)
{
    struct office o;
    struct http_peer again;
    char id[SW_MAIL_ID_MAX];
    setup(&o, &sw_store_defaults);
    follow(&o.bob, "follow=1");
    CU_ASSERT_TRUE(http_peer_open_as(&again, &o.world, "client-p256"));
    CU_ASSERT_EQUAL(ask(&again, "GET", "/inbox/stream", ""), 409);
    follow(&again, "follow=1");
    CU_ASSERT_TRUE(http_ask_until(&o.bob, "replaced"));
    CU_ASSERT_TRUE(http_ask_until(&o.bob, NULL));
    send_as_alice(&o, "to=bob", "for the new one", id);
    CU_ASSERT_TRUE(http_ask_until(&again, "for the new one"));
    http_peer_close(&again);
    CU_ASSERT_EQUAL(message_waiting(o.service), 0);
    teardown(&o);
}

static void a_receipt_waits_for_news(void)
{
    struct office o;
    char id[SW_MAIL_ID_MAX], request[128];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob", "hello", id);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s?wait=2h", id), 400);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s?wait=60s&state=delivered", id), 200); /* news already */
    snprintf(request, sizeof request, "GET /messages/%s?wait=60s HTTP/1.1\r\nHost: x\r\n\r\n", id);
    http_ask_begin(&o.alice, request);
    for (int i = 0; i < 50; i++)
        http_turn(&o.world);
    CU_ASSERT_EQUAL(message_waiting(o.service), 1);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 200);
    CU_ASSERT_TRUE(http_ask_until(&o.alice, NULL));
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "state"), "delivered");
    CU_ASSERT_EQUAL(message_waiting(o.service), 0);
    teardown(&o);
}

/* Bob wants what another certificate of his has: both ways, its sender hears of it at once. */
static void a_second_try_is_told(void)
{
    static const uint8_t laptop[32] = {1};
    struct office o;
    struct sw_mail mail;
    char id[SW_MAIL_ID_MAX], request[160];
    setup(&o, &sw_store_defaults);
    send_as_alice(&o, "to=bob&once=yes&max_deliveries=1", "1234", id);
    SW_ASSERT_OK(sw_store_fetch(o.store, "bob", laptop, id, false, (int64_t)time(NULL), &mail));
    sw_mail_free(&mail);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s?turned_away=many", id), 400);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s?wait=60s&state=delivered&turned_away=7", id), 200);
    snprintf(request, sizeof request,
             "GET /messages/%s?wait=60s&state=delivered&turned_away=0 HTTP/1.1\r\nHost: x\r\n\r\n", id);
    http_ask_begin(&o.alice, request);
    for (int i = 0; i < 50; i++)
        http_turn(&o.world);
    CU_ASSERT_EQUAL(message_waiting(o.service), 1);
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/%s", id), 409);
    CU_ASSERT_STRING_EQUAL(o.last, "turned away");
    CU_ASSERT_STRING_EQUAL(o.last_who, "bob");
    CU_ASSERT_TRUE(http_ask_until(&o.alice, NULL));
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "state"), "delivered");
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "turned_away"), "1");
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "max_deliveries"), "1");
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream", ""), 200); /* looking into the inbox is a try as well */
    CU_ASSERT_PTR_NOT_NULL(strstr(o.bob.body, "\"event\":\"held\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(o.bob.body, id));
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "1234"));
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s?wait=60s&state=delivered&turned_away=1", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "turned_away"), "2");
    SW_ASSERT_OK(sw_store_acknowledge(o.store, "bob", laptop, id, (int64_t)time(NULL), &mail));
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(o.bob.body, "held"));
    CU_ASSERT_EQUAL(ask(&o.bob, "POST", "/inbox/%s/take", id), 410);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/messages/%s", id), 200);
    CU_ASSERT_STRING_EQUAL(field(&o.alice, "turned_away"), "3");
    teardown(&o);
}

/* Whoever looks into a full inbox with another certificate does not keep the server busy for every message in it. */
static void not_every_try_is_told(void)
{
    enum { MANY = 40, TOLD = 32 };
    static const uint8_t laptop[32] = {1};
    struct office o;
    struct sw_mail mail;
    char id[SW_MAIL_ID_MAX];
    int held = 0;
    setup(&o, &sw_store_defaults);
    for (int i = 0; i < MANY; i++) {
        send_as_alice(&o, "to=bob&once=yes", "1234", id);
        SW_ASSERT_OK(sw_store_fetch(o.store, "bob", laptop, id, false, (int64_t)time(NULL), &mail));
        sw_mail_free(&mail);
    }
    CU_ASSERT_EQUAL(ask(&o.bob, "GET", "/inbox/stream", ""), 200);
    for (const char *p = o.bob.body; (p = strstr(p, "\"event\":\"held\"")) != NULL; p++)
        held++;
    CU_ASSERT_EQUAL(held, TOLD);
    teardown(&o);
}

static void who_goes_away_waits_no_more(void)
{
    struct office o;
    struct http_peer again;
    setup(&o, &sw_store_defaults);
    CU_ASSERT_TRUE(http_peer_open_as(&again, &o.world, "client-p256"));
    follow(&again, "follow=1");
    CU_ASSERT_EQUAL(message_waiting(o.service), 1);
    http_peer_close(&again);
    for (int i = 0; i < 50 && message_waiting(o.service) > 0; i++)
        http_turn(&o.world);
    CU_ASSERT_EQUAL(message_waiting(o.service), 0);
    teardown(&o);
}

/* --- the directory ------------------------------------------------------------------------------------------------ */

static void the_directory_has_who_was_here(void)
{
    struct office o;
    static const uint8_t cert[32] = {1};
    setup(&o, &sw_store_defaults);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/directory/bob", ""), 404);
    SW_ASSERT_OK(sw_store_learn(o.store, "bob", cert, "what bob showed", 1));
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/directory/bob", ""), 200);
    CU_ASSERT_STRING_EQUAL(o.alice.body, "what bob showed");
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/healthz", ""), 200);
    teardown(&o);
}

/* The chains of an answer with all=yes. */
static size_t devices_of(struct office *o, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/directory/%s?all=yes", name);
    if (ask(&o->alice, "GET", path, "") != 200)
        return 0;
    json_t *answer = json_loadb(o->alice.body, o->alice.body_len, 0, NULL);
    size_t n = json_array_size(json_object_get(answer, "chains"));
    json_decref(answer);
    return n;
}

static int64_t far_future(void *ctx)
{
    (void)ctx;
    return (int64_t)32503680000; /* the year 3000 */
}

static void the_directory_has_what_is_still_good(void)
{
    struct office o;
    struct sw_config *later;
    static const uint8_t cert[3][32] = {{1}, {2}, {3}};
    size_t len;
    setup(&o, &sw_store_defaults);
    char *good = (char *)sw_test_file("tests/vectors/tls/client-p256.crt", &len);
    char *foreign = (char *)sw_test_file("tests/vectors/tls/other-p256.crt", &len);
    SW_ASSERT_OK(sw_store_learn(o.store, "bob", cert[0], good, 1));
    SW_ASSERT_OK(sw_store_learn(o.store, "bob", cert[1], foreign, 2));
    SW_ASSERT_OK(sw_store_learn(o.store, "bob", cert[2], "nonsense", 3));
    CU_ASSERT_EQUAL(devices_of(&o, "bob"), 3);
    message_service_set_config(o.service, o.world.server_cfg);
    CU_ASSERT_EQUAL(devices_of(&o, "bob"), 1);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/directory/bob", ""), 200);
    CU_ASSERT_STRING_EQUAL(o.alice.body, good);
    later = pair_config(SW_SERVER);
    sw_config_set_clock(later, far_future, NULL);
    message_service_set_config(o.service, later);
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/directory/bob", ""), 404);
    CU_ASSERT_PTR_NOT_NULL(strstr(field(&o.alice, "detail"), "expired"));
    CU_ASSERT_EQUAL(ask(&o.alice, "GET", "/directory/bob?all=yes", ""), 404);
    message_service_set_config(o.service, NULL);
    sw_config_free(later);
    free(good);
    free(foreign);
    teardown(&o);
}

static void the_directory_has_no_more_than_so_many_devices(void)
{
    struct office o;
    uint8_t cert[32] = {0};
    setup(&o, &sw_store_defaults);
    for (uint8_t i = 0; i < SW_DEVICES_MAX + 4; i++) {
        cert[0] = i;
        SW_ASSERT_OK(sw_store_learn(o.store, "bob", cert, "a device", i));
    }
    CU_ASSERT_EQUAL(devices_of(&o, "bob"), SW_DEVICES_MAX);
    teardown(&o);
}

SW_TEST_SUITE(message_server){
    SW_TEST(takes_and_refuses_letters),
    SW_TEST(the_sender_is_who_the_certificate_says),
    SW_TEST(limits_have_their_status),
    SW_TEST(only_the_recipient_reads),
    SW_TEST(a_strict_message_is_used_up),
    SW_TEST(refusing_ends_it),
    SW_TEST(lists_without_bodies),
    SW_TEST(what_is_not_text_comes_in_base64),
    SW_TEST(a_reader_gets_what_comes),
    SW_TEST(a_stream_ends_after_its_count),
    SW_TEST(a_second_reader_replaces_the_first),
    SW_TEST(a_receipt_waits_for_news),
    SW_TEST(a_second_try_is_told),
    SW_TEST(not_every_try_is_told),
    SW_TEST(who_goes_away_waits_no_more),
    SW_TEST(the_directory_has_who_was_here),
    SW_TEST(the_directory_has_what_is_still_good),
    SW_TEST(the_directory_has_no_more_than_so_many_devices),
};
