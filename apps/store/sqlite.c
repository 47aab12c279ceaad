/*
 * The mailbox in SQLite. WAL with synchronous=FULL: what was committed survives kill -9 and power loss. Every change is one BEGIN IMMEDIATE
 * transaction, so that several processes on one database (the tool that administers it beside the daemon) take turns and never
 * fail half-way; busy_timeout is set before anything else.
 *   A message has ended when its body is NULL; the row stays for its receipt. The audit table only ever grows: triggers see to that.
 */
#include "apps/store/sqlite.h"
#include "base/wipe.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 5000 };

/* what version 2 added */
#define MEMBERS_TABLE                                                                                                  \
    "CREATE TABLE member (cert BLOB PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, since INTEGER NOT NULL)"      \
    " WITHOUT ROWID;"                                                                                                  \
    "CREATE INDEX member_name ON member (name);"

static const char schema[] =
    "CREATE TABLE meta (vault BLOB NOT NULL);"
    "CREATE TABLE message ("
    " cursor INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE,"
    " sender TEXT NOT NULL, sender_cert BLOB NOT NULL, recipient TEXT NOT NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " once INTEGER NOT NULL, sealed INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL,"
    " deliveries INTEGER NOT NULL DEFAULT 0, turned_away INTEGER NOT NULL DEFAULT 0,"
    " lease BLOB, lease_until INTEGER NOT NULL DEFAULT 0,"
    " idempotency TEXT, body BLOB);"
    "CREATE INDEX message_waiting ON message (recipient, cursor) WHERE body IS NOT NULL;"
    "CREATE INDEX message_expiry ON message (expires) WHERE body IS NOT NULL;"
    "CREATE INDEX message_ended ON message (changed) WHERE body IS NULL;"
    "CREATE INDEX message_rate ON message (recipient, created);"
    "CREATE UNIQUE INDEX message_idempotency ON message (sender, idempotency) WHERE idempotency IS NOT NULL;"
    "CREATE TABLE person (name TEXT NOT NULL, cert BLOB NOT NULL, chain TEXT NOT NULL, seen INTEGER NOT NULL,"
    " PRIMARY KEY (name, cert)) WITHOUT ROWID;" MEMBERS_TABLE "CREATE TABLE audit ("
    " at INTEGER NOT NULL, event TEXT NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, cert "
    "BLOB);"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;"
    "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;";

static const char *const queries[QUERIES] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [BY_IDEMPOTENCY] = "SELECT " COLUMNS ", body FROM message WHERE sender = ?1 AND idempotency = ?2",
    [COUNT_WAITING] = "SELECT count(*) FROM message WHERE recipient = ?1 AND body IS NOT NULL AND expires > ?2",
    [COUNT_RECENT] = "SELECT count(*) FROM message WHERE recipient = ?1 AND created > ?2",
    [INSERT] = "INSERT INTO message (id, sender, sender_cert, recipient, created, expires, once, sealed, changed, "
               "idempotency, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?5, ?9, ?10)",
    /* what has no lease, ours, or one that has run out and may */
    [NEXT] =
        "SELECT " COLUMNS " FROM message WHERE recipient = ?1 AND body IS NOT NULL AND cursor > ?2 AND "
        "expires > ?3 AND (lease IS NULL OR lease = ?4 OR (once = 0 AND lease_until <= ?3)) ORDER BY cursor LIMIT 1",
    [BY_ID] = "SELECT " COLUMNS " FROM message WHERE id = ?1",
    [BODY_OF] = "SELECT body FROM message WHERE cursor = ?1",
    [LEASE] = "UPDATE message SET state = 1, changed = ?2, deliveries = deliveries + 1, lease = ?3, lease_until = ?4 "
              "WHERE cursor = ?1",
    [TURN_AWAY] = "UPDATE message SET turned_away = turned_away + 1 WHERE cursor = ?1",
    [END] = "UPDATE message SET state = ?2, changed = ?3, body = NULL WHERE cursor = ?1",
    [WAITING] =
        "SELECT " COLUMNS " FROM message WHERE recipient = ?1 AND body IS NOT NULL AND expires > ?2 ORDER BY cursor",
    [OVERDUE] = "SELECT " COLUMNS " FROM message WHERE body IS NOT NULL AND expires <= ?1 ORDER BY expires LIMIT 100",
    [FORGET] = "DELETE FROM message WHERE body IS NULL AND changed < ?1 AND expires <= ?2",
    [NEXT_EXPIRY] = "SELECT min(expires) FROM message WHERE body IS NOT NULL",
    [LEARN] = "INSERT INTO person VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET chain = ?3, seen = ?4",
    [CHAINS_OF] = "SELECT chain FROM person WHERE name = ?1 ORDER BY seen DESC LIMIT ?2",
    [ENROL] = "INSERT INTO member VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET role = ?3",
    [EXPEL] = "DELETE FROM member WHERE name = ?1",
    [MEMBER] = "SELECT cert, name, role, since FROM member WHERE cert = ?1",
    [MEMBER_NAMED] = "SELECT cert, name, role, since FROM member WHERE name = ?1 ORDER BY since DESC LIMIT 1",
    [MEMBERS] = "SELECT cert, name, role, since FROM member ORDER BY name, since",
    /* the key of the vault is changed for another one */
    [SEALED_AFTER] = "SELECT cursor, id, recipient, body FROM message WHERE cursor > ?1 AND body IS NOT NULL ORDER BY "
                     "cursor LIMIT 1",
    [RESEAL] = "UPDATE message SET body = ?2 WHERE cursor = ?1",
    [VAULT] = "SELECT vault FROM meta",
    [SET_VAULT] = "UPDATE meta SET vault = ?1",
    [AUDIT] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};

const struct sw_store_limits sw_store_defaults = {
    .body_max = 65536,
    .queue_max = 1000,
    .rate_max = 600,
    .ttl_max = 30 * 86400,
    .lease = 60,
    .deliveries = 100,
    .once_deliveries = 3,
};

/* --- statements --------------------------------------------------------------------------------------------------------- */

enum sw_err db_fail(struct sw_store *s)
{
    snprintf(s->why, sizeof s->why, "%s", sqlite3_errmsg(s->db));
    return sqlite3_errcode(s->db) == SQLITE_NOMEM ? SW_ERR_MEMORY : SW_ERR_SYSTEM;
}

/* The statement, made at first use; NULL: db_fail() tells. */
sqlite3_stmt *db_get(struct sw_store *s, enum query q)
{
    if (!s->stmt[q])
        sqlite3_prepare_v3(s->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[q], NULL);
    return s->stmt[q];
}

void db_put_text(sqlite3_stmt *st, int i, const char *text)
{
    sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

void db_put_cert(sqlite3_stmt *st, int i, const uint8_t cert[32])
{
    sqlite3_bind_blob(st, i, cert, 32, SQLITE_STATIC);
}

/* Run a statement that gives no rows; its parameters are bound. */
enum sw_err db_run(struct sw_store *s, sqlite3_stmt *st)
{
    if (!st)
        return db_fail(s);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_DONE ? SW_OK : db_fail(s);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return err;
}

void db_done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

/* A statement that gives one number. */
enum sw_err db_number(struct sw_store *s, sqlite3_stmt *st, int64_t none, int64_t *out)
{
    if (!st)
        return db_fail(s);
    int rc = sqlite3_step(st);
    *out = rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : none;
    enum sw_err err = rc == SQLITE_ROW || rc == SQLITE_DONE ? SW_OK : db_fail(s);
    db_done(st);
    return err;
}

enum sw_err db_begin(struct sw_store *s)
{
    return db_run(s, db_get(s, BEGIN));
}

/* Commit what went well, roll back what did not; the first error counts. */
enum sw_err db_finish(struct sw_store *s, enum sw_err err)
{
    if (err == SW_OK)
        err = db_run(s, db_get(s, COMMIT));
    if (err && !sqlite3_get_autocommit(s->db)) {
        char why[WHY_MAX];
        memcpy(why, s->why, sizeof why);
        (void)db_run(s, db_get(s, ROLLBACK));
        memcpy(s->why, why, sizeof why);
    }
    return err;
}

void db_text(sqlite3_stmt *st, int i, char *out, size_t cap)
{
    const unsigned char *text = sqlite3_column_text(st, i);
    snprintf(out, cap, "%s", text ? (const char *)text : "");
}

bool db_cert(sqlite3_stmt *st, int i, uint8_t out[32])
{
    const void *p = sqlite3_column_blob(st, i);
    if (!p || sqlite3_column_bytes(st, i) != 32)
        return false;
    memcpy(out, p, 32);
    return true;
}

/* --- open and close ----------------------------------------------------------------------------------------------------- */

static enum sw_err execute(struct sw_store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SW_OK : db_fail(s);
}

enum sw_err db_version(struct sw_store *s, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK)
        return db_fail(s);
    enum sw_err err = db_number(s, st, 0, out);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err create(struct sw_store *s)
{
    sqlite3_stmt *st = NULL;
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", SCHEMA);
    enum sw_err err = execute(s, schema);
    if (err == SW_OK)
        err = execute(s, version);
    if (err)
        return err;
    if (sqlite3_prepare_v2(s->db, "INSERT INTO meta VALUES (?1)", -1, &st, NULL) != SQLITE_OK)
        return db_fail(s);
    sqlite3_bind_blob(st, 1, s->vault.id, sizeof s->vault.id, SQLITE_STATIC);
    err = db_run(s, st);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err check_key(struct sw_store *s)
{
    sqlite3_stmt *st = db_get(s, VAULT);
    if (!st)
        return db_fail(s);
    bool same = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == (int)sizeof s->vault.id &&
                memcmp(sqlite3_column_blob(st, 0), s->vault.id, sizeof s->vault.id) == 0;
    db_done(st);
    return same ? SW_OK : SW_ERR_KEY_MISMATCH;
}

/* In one transaction, so that two that start at once agree. */
static enum sw_err set_up(struct sw_store *s, const char *key_path, const char **what)
{
    int64_t version = 0;
    enum sw_err err = db_begin(s);
    if (err)
        return err;
    err = db_version(s, &version);
    if (err == SW_OK && version > SCHEMA)
        err = SW_ERR_UNSUPPORTED;
    if (err == SW_OK) {
        *what = key_path;
        err = sw_vault_open(&s->vault, key_path, version == 0);
    }
    if (err == SW_OK)
        err = version == 0 ? create(s) : check_key(s);
    if (err == SW_OK && version == 1)
        err = execute(s, MEMBERS_TABLE "PRAGMA user_version = 2");
    return db_finish(s, err);
}

enum sw_err db_open(struct sw_store *s, const char *path, bool create)
{
    mode_t before = umask(077); /* nobody else reads it; the log files beside it get its mode */
    int rc = sqlite3_open_v2(path, &s->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (create ? SQLITE_OPEN_CREATE : 0), NULL);
    umask(before);
    if (!s->db)
        return SW_ERR_MEMORY;
    if (rc != SQLITE_OK)
        return db_fail(s);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; "
                      "PRAGMA journal_size_limit = 4194304");
}

const char *db_explain(const struct sw_store *s, enum sw_err err, const char *what)
{
    static char text[WHY_MAX + 4096];
    const char *why = sw_err_reason(err);
    if (err == SW_ERR_KEY_MISMATCH)
        why = "this key file belongs to another mailbox";
    else if (err == SW_ERR_UNSUPPORTED)
        why = "made by a newer version";
    else if (err == SW_ERR_KEY_DECODE)
        why = "this is no key file of a mailbox";
    else if (err == SW_ERR_NOT_FOUND)
        why = "the mailbox exists, and the key file it is sealed with does not";
    else if (err == SW_ERR_STATE)
        why = "its change for another key was interrupted; sealwaxd rekey finishes it";
    else if (err == SW_ERR_SYSTEM)
        why = s->why[0] ? s->why : strerror(errno);
    snprintf(text, sizeof text, "%s: %s", what, why);
    return text;
}

enum sw_err sw_store_open(struct sw_store **out, const char *path, const char *key_path,
                          const struct sw_store_limits *limits, const char **why)
{
    struct sw_store *s = calloc(1, sizeof *s);
    *out = NULL;
    *why = "out of memory";
    if (!s)
        return SW_ERR_MEMORY;
    s->limits = *limits;
    const char *what = path;
    enum sw_err err = db_open(s, path, true);
    if (err == SW_OK)
        err = set_up(s, key_path, &what);
    if (err) {
        *why = db_explain(s, err, what);
        sw_store_close(s);
        return err;
    }
    *out = s;
    return SW_OK;
}

void sw_store_close(struct sw_store *store)
{
    if (!store)
        return;
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(store->stmt[i]);
    sqlite3_close(store->db);
    sw_vault_close(&store->vault);
    free(store);
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

void sw_store_on_change(struct sw_store *store, void (*changed)(void *ctx, const struct sw_mail *mail), void *ctx)
{
    store->changed = changed;
    store->changed_ctx = ctx;
}
