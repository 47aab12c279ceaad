/*
 * Enrolment: by certificate, found by name, kept over restarts, and in databases that were made before there was any.
 */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

struct box {
    struct store_place at;
    struct sw_store *store;
};

static void reopen(struct box *box)
{
    const char *why = "";
    sw_store_close(box->store);
    if (!SW_ASSERT_OK(sw_store_open(&box->store, box->at.db, SW_VAULT_FILE(box->at.key), &sw_store_defaults, &why)))
        printf("%s\n", why);
}

static void setup(struct box *box)
{
    *box = (struct box){0};
    store_place_make(&box->at);
    reopen(box);
}

static void teardown(struct box *box)
{
    sw_store_close(box->store);
    store_place_remove(&box->at);
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

static void is_in_the_audit(void)
{
    struct box box;
    int count;
    setup(&box);
    enrol(&box, 1, "bob", "staff", 100);
    SW_ASSERT_OK(sw_store_expel(box.store, "bob", 101, &count));
    SW_ASSERT_OK(sw_store_expel(box.store, "nobody", 102, &count));
    CU_ASSERT_EQUAL(
        store_place_ask(
            &box.at, "SELECT count(*) FROM audit WHERE event = 'enrolled' AND sender = 'bob' AND recipient = 'staff'"),
        1);
    CU_ASSERT_EQUAL(store_place_ask(&box.at, "SELECT count(*) FROM audit WHERE event = 'expelled' AND sender = 'bob'"),
                    1);
    CU_ASSERT_EQUAL(store_place_ask(&box.at, "SELECT count(*) FROM audit"), 2);
    teardown(&box);
}

/*
 * A mailbox of the first version, of which there were none in PostgreSQL: what it has stays, and people can be enrolled
 * in it.
 */
static void an_older_mailbox_is_brought_up(void)
{
    struct box box;
    setup(&box);
    sw_store_close(box.store);
    box.store = NULL;
    int64_t newest = store_place_version(&box.at);
    CU_ASSERT_TRUE(store_place_sql(&box.at, box.at.postgresql ? "DROP TABLE member, licence, ticket_key, stream"
                                                              : "DROP TABLE member; DROP TABLE licence"));
    store_place_without_5(&box.at);
    store_place_set_version(&box.at, 1);
    reopen(&box);
    enrol(&box, 1, "bob", "", 100);
    reopen(&box);
    CU_ASSERT_EQUAL(store_place_ask(&box.at, "SELECT count(*) FROM member"), 1);
    CU_ASSERT_EQUAL(store_place_version(&box.at), newest);
    teardown(&box);
}

SW_TEST_SUITE(member){
    SW_TEST(enrols_and_expels),
    SW_TEST(is_in_the_audit),
    SW_TEST(an_older_mailbox_is_brought_up),
};
