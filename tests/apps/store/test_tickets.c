/*
 * Keys of session tickets, where servers share a store: made once, ahead of time, kept as long as their tickets, never
 * readable there.
 */
#include "apps/store/store.h"
#include "apps/vault/rewrap.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCH = 500000, NOW = EPOCH * SW_TICKET_EPOCH + 1000 };

struct server {
    struct sw_store *store;
    uint8_t keys[SW_TICKET_KEYS][32];
    size_t n;
};

static void begin(struct server *s, const struct store_place *at)
{
    const char *why;
    *s = (struct server){0};
    SW_ASSERT_OK(sw_store_open(&s->store, at->db, SW_VAULT_FILE(at->key), &sw_store_defaults, &why));
}

/* What a server has at a time; false where nobody shares a store, which is all there is to say of that. */
static bool ask(struct server *s, int64_t now)
{
    enum sw_err err = sw_store_ticket_keys(s->store, now, s->keys, &s->n);
    if (err == SW_ERR_UNSUPPORTED) {
        CU_ASSERT_EQUAL(s->n, 0);
    } else {
        SW_ASSERT_OK(err);
    }
    return err == SW_OK;
}

static bool has(const struct server *s, const uint8_t key[32])
{
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(s->keys[i], key, 32) == 0)
            return true;
    return false;
}

static void are_the_same_at_all_servers(void)
{
    struct store_place at;
    struct server a, b;
    int fd;
    store_place_make(&at);
    begin(&a, &at);
    begin(&b, &at);
    if (ask(&a, NOW)) {
        CU_ASSERT_TRUE(sw_store_watch(a.store, &fd));
        SW_ASSERT_OK(sw_store_ticket_keys(b.store, NOW + 30, b.keys, &b.n));
        CU_ASSERT_EQUAL(a.n, 2);
        CU_ASSERT_EQUAL(b.n, 2);
        SW_ASSERT_BYTES(b.keys, a.keys, 64);
        CU_ASSERT_NOT_EQUAL(memcmp(a.keys[0], a.keys[1], 32), 0);
        CU_ASSERT_EQUAL(store_place_ask(&at, "SELECT count(*) FROM ticket_key WHERE length(sealed) = 60"), 2);
    } else {
        CU_ASSERT_FALSE(sw_store_watch(a.store, &fd));
    }
    sw_store_close(a.store);
    sw_store_close(b.store);
    store_place_remove(&at);
}

/* Through six epochs: who opens what, and until when. */
static void rotate_ahead_of_time(void)
{
    struct store_place at;
    struct server a, late;
    uint8_t sealed_with[6][32];
    store_place_make(&at);
    begin(&a, &at);
    begin(&late, &at);
    for (int e = 0; e < 6 && ask(&a, NOW + e * SW_TICKET_EPOCH); e++) {
        memcpy(sealed_with[e], a.keys[0], 32);
        CU_ASSERT_TRUE(e == 0 || has(&late, a.keys[0])); /* who has not asked since the last epoch has it already */
        SW_ASSERT_OK(sw_store_ticket_keys(late.store, NOW + e * SW_TICKET_EPOCH, late.keys, &late.n));
        for (int old = 0; old < e; old++) { /* the last ticket of an epoch lives for two more */
            CU_ASSERT_NOT_EQUAL(memcmp(sealed_with[old], a.keys[0], 32), 0);
            CU_ASSERT_EQUAL(has(&a, sealed_with[old]), e - old <= 2);
        }
        CU_ASSERT_EQUAL(a.n, (size_t)(e < 2 ? e + 2 : 4));
        CU_ASSERT_EQUAL(store_place_ask(&at, "SELECT count(*) FROM ticket_key"), (int64_t)a.n);
    }
    sw_store_close(a.store);
    sw_store_close(late.store);
    store_place_remove(&at);
}

enum { PROCESSES = 4, ROUNDS = 8 };

/* One of several servers that begin an epoch at once: writes what it has. */
static int ask_once(const struct store_place *at, int64_t now, int gate, int out)
{
    struct server s;
    char go;
    begin(&s, at);
    if (read(gate, &go, 1) != 0) /* until all are there: the other end is closed */
        return 1;
    bool fine = ask(&s, now) && write(out, s.keys, sizeof s.keys) == sizeof s.keys;
    sw_store_close(s.store);
    return fine ? 0 : 1;
}

static void all_at_once(const struct store_place *at, int64_t now)
{
    pid_t child[PROCESSES];
    int gate[2], told[2], status;
    uint8_t first[SW_TICKET_KEYS * 32], keys[SW_TICKET_KEYS * 32];
    CU_ASSERT_EQUAL_FATAL(pipe(gate), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++)
        if ((child[i] = fork()) == 0) {
            close(gate[1]);
            _exit(ask_once(at, now, gate[0], told[1]));
        }
    close(gate[1]);
    close(gate[0]);
    close(told[1]);
    for (int i = 0; i < PROCESSES; i++) { /* so little is written in one piece */
        CU_ASSERT_EQUAL(read(told[0], i ? keys : first, sizeof keys), sizeof keys);
        if (i)
            SW_ASSERT_BYTES(keys, first, sizeof first);
    }
    close(told[0]);
    for (int i = 0; i < PROCESSES; i++) {
        CU_ASSERT_EQUAL(waitpid(child[i], &status, 0), child[i]);
        CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void are_made_by_one_alone(void)
{
    struct store_place at;
    struct server probe;
    store_place_make(&at);
    begin(&probe, &at);
    bool shared = ask(&probe, NOW - 100 * SW_TICKET_EPOCH);
    sw_store_close(probe.store);
    for (int i = 0; shared && i < ROUNDS; i++)
        all_at_once(&at, NOW + i * SW_TICKET_EPOCH);
    store_place_remove(&at);
}

/*
 * A key that was put in the place of another one, and one that nobody sealed; when they are gone, there are new ones.
 */
static void are_bound_to_their_epoch(void)
{
    struct store_place at;
    struct server s;
    uint8_t before[32];
    store_place_make(&at);
    begin(&s, &at);
    if (ask(&s, NOW)) {
        memcpy(before, s.keys[0], 32);
        CU_ASSERT_TRUE(store_place_sql(
            &at, "UPDATE ticket_key SET sealed = (SELECT sealed FROM ticket_key ORDER BY epoch LIMIT 1)"));
        SW_ASSERT_ERR(sw_store_ticket_keys(s.store, NOW, s.keys, &s.n), SW_ERR_CRYPTO);
        CU_ASSERT_EQUAL(s.n, 0);
        CU_ASSERT_TRUE(store_place_sql(&at, "UPDATE ticket_key SET sealed = 'x'"));
        SW_ASSERT_ERR(sw_store_ticket_keys(s.store, NOW, s.keys, &s.n), SW_ERR_CRYPTO);
        CU_ASSERT_TRUE(store_place_sql(&at, "DELETE FROM ticket_key")); /* as after a crash of the database */
        CU_ASSERT_TRUE(ask(&s, NOW));
        CU_ASSERT_FALSE(has(&s, before));
    }
    sw_store_close(s.store);
    store_place_remove(&at);
}

/*
 * A database that answers with what was not asked for: 0, where a number has become a text, is the key of no epoch that
 * is kept.
 */
static void are_of_the_epochs_asked_for(void)
{
    struct store_place at;
    struct server s;
    store_place_make(&at);
    begin(&s, &at);
    if (ask(&s, NOW)) {
        sw_store_close(s.store);
        CU_ASSERT_TRUE(store_place_sql(&at, "ALTER TABLE ticket_key ALTER epoch TYPE TEXT"));
        begin(&s, &at);
        SW_ASSERT_ERR(sw_store_ticket_keys(s.store, NOW, s.keys, &s.n), SW_ERR_CRYPTO);
        CU_ASSERT_EQUAL(s.n, 0);
    }
    sw_store_close(s.store);
    store_place_remove(&at);
}

static void end_with_the_key_of_the_vault(void)
{
    struct store_place at;
    struct server s;
    struct rewrap r = {0};
    struct sw_vault from, to;
    uint8_t before[32];
    const char *why;
    store_place_make(&at);
    begin(&s, &at);
    bool shared = ask(&s, NOW);
    memcpy(before, s.keys[0], 32);
    sw_store_close(s.store);
    SW_ASSERT_OK(sw_vault_change_from(&from, SW_VAULT_FILE(at.key)));
    SW_ASSERT_OK(sw_vault_change_to(&to, SW_VAULT_FILE(at.key)));
    r.from = &from;
    r.to = &to;
    SW_ASSERT_OK(sw_store_rekey(at.db, NULL, &r, NOW, &why));
    SW_ASSERT_OK(sw_vault_change_end(at.key));
    begin(&s, &at);
    CU_ASSERT_EQUAL(ask(&s, NOW), shared);
    if (shared)
        CU_ASSERT_FALSE(has(&s, before));
    sw_store_close(s.store);
    sw_vault_close(&from);
    sw_vault_close(&to);
    store_place_remove(&at);
}

SW_TEST_SUITE(tickets){
    SW_TEST(are_the_same_at_all_servers), SW_TEST(rotate_ahead_of_time),        SW_TEST(are_made_by_one_alone),
    SW_TEST(are_bound_to_their_epoch),    SW_TEST(are_of_the_epochs_asked_for), SW_TEST(end_with_the_key_of_the_vault),
};
