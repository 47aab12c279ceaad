/*
 * Opening the store and its settings. A message has ended when its body is NULL; the row stays for its receipt. What
 * may change at the same time by two transactions takes turns by the recipient's name (struct db_driver).
 */
#include "apps/store/db.h"
#include "apps/store/schema.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sw_store_limits sw_store_defaults = {
    .body_max = 65536,
    .queue_max = 1000,
    .rate_max = 600,
    .ttl_max = 30 * 86400,
    .lease = 60,
    .deliveries = 100,
    .once_deliveries = 3,
};

static bool is_postgresql(const char *where)
{
    return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

const char *db_name(const char *where)
{
    return is_postgresql(where) ? "PostgreSQL" : where; /* a password may be in it */
}

enum sw_err db_open(struct sw_store *s, const char *where, bool alone)
{
    s->driver = is_postgresql(where) ? &db_postgresql : &db_sqlite;
    return s->driver->open(s, where, alone);
}

enum sw_err db_open_alone(struct sw_store *s, const char *where, bool create)
{
    enum sw_err err = db_open(s, where, true);
    if (err == SW_ERR_NOT_FOUND && create) /* of SQLite, where alone means that and nothing else */
        err = db_open(s, where, false);
    return err;
}

enum sw_err db_vault(struct sw_store *s, uint8_t id[8])
{
    enum sw_err err = db_ask_values(s, VAULT, NULL, 0);
    memset(id, 0, 8);
    if (err == SW_OK)
        err = db_next(s, VAULT);
    if (err == SW_OK) {
        struct db_value v = s->driver->column(s, VAULT, 0);
        memcpy(id, v.p, v.type == DB_BYTES && v.len == 8 ? 8 : 0);
    }
    return db_end(s, VAULT, err);
}

enum sw_err db_build(struct sw_store *s, int64_t version)
{
    enum sw_err err = SW_OK;
    for (; err == SW_OK && version < SCHEMA; version++)
        err = s->driver->build(s, version);
    return err;
}

enum sw_err db_bring_up(struct sw_store *s, int64_t version, const uint8_t id[8], const char *licences)
{
    enum sw_err err = db_begin(s, "schema");
    if (err)
        return err;
    err = db_build(s, version);
    if (err == SW_OK && version == 0)
        err = db_run(s, ADD_VAULT, db_bytes(id, 8));
    err = db_finish(s, err);
    return err || !licences ? err : sw_store_adopt(s, licences);
}

/* Does the key file belong to this database? A new one takes the key it is made with. */
static enum sw_err check_key(struct sw_store *s, bool new)
{
    uint8_t id[sizeof s->vault.id];
    if (new)
        return db_run(s, ADD_VAULT, db_bytes(s->vault.id, sizeof s->vault.id));
    enum sw_err err = db_vault(s, id);
    return err ? err : memcmp(id, s->vault.id, sizeof id) != 0 ? SW_ERR_KEY_MISMATCH : SW_OK;
}

/* In one transaction, so that two that start at once agree. */
static enum sw_err set_up(struct sw_store *s, const struct sw_vault_key *key, const char **what)
{
    int64_t version = 0;
    enum sw_err err = db_begin(s, "schema");
    if (err)
        return err;
    err = s->driver->version(s, &version);
    bool new = version == 0;
    if (err == SW_OK && version > SCHEMA)
        err = SW_ERR_UNSUPPORTED;
    if (err == SW_OK) {
        err = sw_vault_open(&s->vault, key, new);
        *what = err ? key->path : *what;
    }
    if (err == SW_OK)
        err = db_build(s, version);
    if (err == SW_OK)
        err = check_key(s, new);
    if (err == SW_ERR_KEY_MISMATCH)
        *what = key->path;
    return db_finish(s, err);
}

const char *db_explain(const struct sw_store *s, enum sw_err err, const char *what)
{
    static char text[WHY_MAX + 4096];
    const char *why = sw_err_reason(err);
    if (err == SW_ERR_KEY_MISMATCH)
        why = "this key file belongs to another store; what this one was made with is needed";
    else if (err == SW_ERR_UNSUPPORTED)
        why = "made by a newer version";
    else if (err == SW_ERR_KEY_DECODE)
        why = "this is no key file of a mailbox";
    else if (err == SW_ERR_NOT_FOUND)
        why = "the mailbox exists, and the key file it is sealed with does not";
    else if (err == SW_ERR_EXISTS)
        why = "there is something in it already";
    else if (err == SW_ERR_STATE)
        why = "its change for another key was interrupted; sealwaxd rekey finishes it";
    else if (err == SW_ERR_SYSTEM)
        why = s->why[0] ? s->why : strerror(errno);
    snprintf(text, sizeof text, "%s: %s", what, why);
    return text;
}

enum sw_err sw_store_open(struct sw_store **out, const char *path, const struct sw_vault_key *key,
                          const struct sw_store_limits *limits, const char **why)
{
    struct sw_store *s = calloc(1, sizeof *s);
    *out = NULL;
    *why = "out of memory";
    if (!s)
        return SW_ERR_MEMORY;
    s->limits = *limits;
    const char *what = db_name(path);
    enum sw_err err = db_open(s, path, false);
    if (err == SW_OK)
        err = set_up(s, key, &what);
    if (err) {
        *why = db_explain(s, err, what);
        sw_store_close(s);
        return err;
    }
    s->ready = true;
    *out = s;
    return SW_OK;
}

void sw_store_close(struct sw_store *store)
{
    if (!store)
        return;
    if (store->driver)
        store->driver->close(store);
    sw_vault_close(&store->vault);
    free(store);
}

struct sw_vault *sw_store_vault(struct sw_store *store)
{
    return &store->vault;
}

void sw_store_set_limits(struct sw_store *store, const struct sw_store_limits *limits)
{
    store->limits = *limits;
}

const struct sw_store_limits *sw_store_limits(const struct sw_store *store)
{
    return &store->limits;
}

const char *sw_store_why(const struct sw_store *store)
{
    return store->why;
}

bool sw_store_full(const struct sw_store *store)
{
    return store->full;
}

/*
 * What is in the log needs as much space again when it is carried over, and a body that is deleted is overwritten,
 * which is logged first: so at most a quarter of the reserve is in the log before, and far less as soon as the reserve
 * is all there is.
 */
void sw_store_set_reserve(struct sw_store *store, int64_t reserve, bool spare)
{
    store->spare = spare;
    if (store->driver->keep_log)
        store->driver->keep_log(store, reserve / (spare ? 64 : 4));
}

void sw_store_shrink(struct sw_store *store)
{
    if (store->driver->shrink)
        store->driver->shrink(store);
}
