/*
 * Who may use a server, and who may send to whom, over a real connection. Alice and Bob come with their certificates;
 * the options are put in by hand.
 */
#include "apps/daemon/members.h"
#include "apps/message/server.h"
#include "base/hash.h"
#include "tests/apps/http/peer.h"
#include "tests/said.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct club {
    struct http_world world;
    struct http_peer alice, bob;
    struct message_service *service;
    struct sw_store *store;
    struct app app;
    struct members members;
    char dir[64];
};

static void setup(struct club *c)
{
    const struct message_events events = {
        .may_send = members_may_send, .may_read = members_is_in, .may_ctx = &c->members};
    char db[128], key[128];
    const char *why = "";
    *c = (struct club){.app = {.program = "test"}};
    snprintf(c->dir, sizeof c->dir, "/tmp/sealwax-club.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(c->dir));
    snprintf(db, sizeof db, "%s/mail.db", c->dir);
    snprintf(key, sizeof key, "%s/mail.key", c->dir);
    http_world_begin(&c->world);
    SW_ASSERT_OK(sw_store_open(&c->store, db, SW_VAULT_FILE(key), &sw_store_defaults, &why));
    c->members = (struct members){c->store, &c->app};
    c->service = message_service_new(c->world.base, c->store, &events);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c->service);
    http_world_serve(&c->world, message_routes, c->service, 4096);
    http_set_gate(c->world.http, members_admit, &c->members);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&c->alice, &c->world, false));
    CU_ASSERT_TRUE_FATAL(http_peer_open_as(&c->bob, &c->world, "client-p256"));
}

static void teardown(struct club *c)
{
    static const char *const names[] = {"mail.db", "mail.key", "mail.db-wal", "mail.db-shm"};
    http_peer_close(&c->alice);
    http_peer_close(&c->bob);
    message_service_stop(c->service);
    http_world_close(&c->world);
    message_service_free(c->service);
    sw_store_close(c->store);
    app_free(&c->app);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", c->dir, names[i]);
        unlink(path);
    }
    CU_ASSERT_EQUAL(rmdir(c->dir), 0);
}

/* Enrol whoever stands behind a connection, by what the server says it is. */
static void enrol(struct club *c, struct http_peer *p, const char *name, const char *role)
{
    struct sw_member m = {.since = 1};
    json_t *who;
    const char *hex;
    bool only = app_has(&c->app, OPT_ENROLLED_ONLY);
    c->app.opt[OPT_ENROLLED_ONLY].n = 0;
    CU_ASSERT_EQUAL(http_askf(p, "GET", "/whoami", "", ""), 200);
    c->app.opt[OPT_ENROLLED_ONLY].n = only;
    who = json_loadb(p->body, p->body_len, 0, NULL);
    hex = json_string_value(json_object_get(who, "sha256"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(hex);
    for (size_t i = 0; i < sizeof m.cert; i++)
        sscanf(hex + 2 * i, "%2hhx", &m.cert[i]);
    json_decref(who);
    snprintf(m.name, sizeof m.name, "%s", name);
    snprintf(m.role, sizeof m.role, "%s", role);
    SW_ASSERT_OK(sw_store_enrol(c->store, &m));
}

static int sends(struct http_peer *p, const char *to)
{
    char path[64];
    snprintf(path, sizeof path, "/messages?to=%s", to);
    return http_askf(p, "POST", path, "", "hello");
}

static void only_who_is_enrolled(void)
{
    struct club c;
    int count;
    setup(&c);
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 201); /* everybody, unless it is asked for */
    app_add_value(&c.app, OPT_ENROLLED_ONLY, "", NULL);
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 403);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.alice.body, "not enrolled"));
    CU_ASSERT_EQUAL(http_askf(&c.alice, "GET", "/whoami", "", ""), 403);
    enrol(&c, &c.alice, "alice", "");
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 201); /* from the next request on */
    CU_ASSERT_EQUAL(http_askf(&c.bob, "GET", "/inbox", "", ""), 403);
    SW_ASSERT_OK(sw_store_expel(c.store, "alice", 2, &count));
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 403);
    teardown(&c);
}

/* Who is expelled while he waits for messages gets none of them any more. */
static void a_reader_is_expelled(void)
{
    struct club c;
    int count;
    setup(&c);
    app_add_value(&c.app, OPT_ENROLLED_ONLY, "", NULL);
    enrol(&c, &c.alice, "alice", "");
    enrol(&c, &c.bob, "bob", "");
    http_ask_begin(&c.bob, "GET /inbox/stream?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 201);
    CU_ASSERT_TRUE(http_ask_until(&c.bob, "hello"));
    SW_ASSERT_OK(sw_store_expel(c.store, "bob", 2, &count));
    CU_ASSERT_EQUAL(http_askf(&c.alice, "POST", "/messages?to=bob", "", "secret"), 201);
    CU_ASSERT_TRUE(http_ask_until(&c.bob, NULL)); /* the end of it */
    CU_ASSERT_PTR_NULL(strstr(c.bob.body, "secret"));
    CU_ASSERT_EQUAL(http_askf(&c.bob, "GET", "/inbox", "", ""), 403);
    teardown(&c);
}

static void roles_say_who_may_send(void)
{
    struct club c;
    setup(&c);
    app_add_value(&c.app, OPT_MAY_SEND, "staff:*", NULL);
    app_add_value(&c.app, OPT_MAY_SEND, "guest:staff", NULL);
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 403); /* no role */
    enrol(&c, &c.alice, "alice", "staff");
    enrol(&c, &c.bob, "bob", "guest");
    CU_ASSERT_EQUAL(sends(&c.alice, "bob"), 201);
    CU_ASSERT_EQUAL(sends(&c.alice, "carol"), 201);
    CU_ASSERT_EQUAL(sends(&c.bob, "alice"), 201);
    CU_ASSERT_EQUAL(sends(&c.bob, "bob"), 403);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.bob.body, "the role guest may not send to bob"));
    CU_ASSERT_EQUAL(sends(&c.bob, "carol"), 403);
    teardown(&c);
}

static void rules_have_a_form(void)
{
    static const char *const bad[] = {
        "", ":", "staff", "staff:", ":guest", "a:b:c", "a-role-that-is-much-too-long-for-one:x"};
    said_begin(stderr);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct app app = {.program = "test"};
        app_add_value(&app, OPT_MAY_SEND, "staff:*", NULL);
        CU_ASSERT_EQUAL(members_check(&app), APP_DONE);
        app_add_value(&app, OPT_MAY_SEND, bad[i], NULL);
        CU_ASSERT_EQUAL(members_check(&app), APP_USAGE);
        app_free(&app);
    }
    said_end();
}

SW_TEST_SUITE(members){
    SW_TEST(only_who_is_enrolled),
    SW_TEST(a_reader_is_expelled),
    SW_TEST(roles_say_who_may_send),
    SW_TEST(rules_have_a_form),
};
