/*
 * The mailbox in SQLite. WAL with synchronous=FULL: what was committed survives kill -9 and power loss. Every change is one BEGIN IMMEDIATE
 * transaction, so that several processes on one database (the tool that administers it beside the daemon) take turns and never
 * fail half-way; busy_timeout is set before anything else.
 *   A message has ended when its body is NULL; the row stays for its receipt. The audit table only ever grows: triggers see to that.
 */
#include "apps/store.h"
#include "apps/vault.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SCHEMA = 1, BUSY_MS = 5000, KEEP_ENDED = 7 * 86400, WHY_MAX = 512 };

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
    " PRIMARY KEY (name, cert)) WITHOUT ROWID;"
    "CREATE TABLE audit ("
    " at INTEGER NOT NULL, event TEXT NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, cert "
    "BLOB);"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;"
    "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;";

#define COLUMNS                                                                                                        \
    "cursor, id, sender, sender_cert, recipient, created, expires, once, sealed, state, body IS NULL, changed, "       \
    "deliveries, turned_away, lease, lease_until "
/* Behind COLUMNS. */
enum { BODY = 16 };

enum query {
    BEGIN,
    COMMIT,
    ROLLBACK,
    BY_IDEMPOTENCY,
    COUNT_WAITING,
    COUNT_RECENT,
    INSERT,
    NEXT,
    BY_ID,
    BODY_OF,
    LEASE,
    TURN_AWAY,
    END,
    WAITING,
    OVERDUE,
    FORGET,
    NEXT_EXPIRY,
    AUDIT,
    LEARN,
    CHAIN_OF,
    QUERIES
};

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
    [CHAIN_OF] = "SELECT chain FROM person WHERE name = ?1 ORDER BY seen DESC LIMIT 1",
    [AUDIT] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};

struct sw_store {
    sqlite3 *db;
    sqlite3_stmt *stmt[QUERIES];
    struct sw_vault vault;
    struct sw_store_limits limits;
    void (*changed)(void *ctx, const struct sw_mail *mail);
    void *changed_ctx;
    char why[WHY_MAX];
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

static enum sw_err fail(struct sw_store *s)
{
    snprintf(s->why, sizeof s->why, "%s", sqlite3_errmsg(s->db));
    return sqlite3_errcode(s->db) == SQLITE_NOMEM ? SW_ERR_MEMORY : SW_ERR_SYSTEM;
}

/* The statement, made at first use; NULL: fail() tells. */
static sqlite3_stmt *get(struct sw_store *s, enum query q)
{
    if (!s->stmt[q])
        sqlite3_prepare_v3(s->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[q], NULL);
    return s->stmt[q];
}

static void put_text(sqlite3_stmt *st, int i, const char *text)
{
    sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

static void put_cert(sqlite3_stmt *st, int i, const uint8_t cert[32])
{
    sqlite3_bind_blob(st, i, cert, 32, SQLITE_STATIC);
}

/* Run a statement that gives no rows; its parameters are bound. */
static enum sw_err run(struct sw_store *s, sqlite3_stmt *st)
{
    if (!st)
        return fail(s);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_DONE ? SW_OK : fail(s);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return err;
}

static void done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

/* A statement that gives one number. */
static enum sw_err number(struct sw_store *s, sqlite3_stmt *st, int64_t none, int64_t *out)
{
    if (!st)
        return fail(s);
    int rc = sqlite3_step(st);
    *out = rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : none;
    enum sw_err err = rc == SQLITE_ROW || rc == SQLITE_DONE ? SW_OK : fail(s);
    done(st);
    return err;
}

static enum sw_err begin(struct sw_store *s)
{
    return run(s, get(s, BEGIN));
}

/* Commit what went well, roll back what did not; the first error counts. */
static enum sw_err finish(struct sw_store *s, enum sw_err err)
{
    if (err == SW_OK)
        err = run(s, get(s, COMMIT));
    if (err && !sqlite3_get_autocommit(s->db)) {
        char why[WHY_MAX];
        memcpy(why, s->why, sizeof why);
        (void)run(s, get(s, ROLLBACK));
        memcpy(s->why, why, sizeof why);
    }
    return err;
}

/* --- rows --------------------------------------------------------------------------------------------------------------- */

/* A message and who has it. */
struct row {
    struct sw_mail mail;
    bool leased;
    uint8_t lease[32];
    int64_t lease_until;
};

static void get_text(sqlite3_stmt *st, int i, char *out, size_t cap)
{
    const unsigned char *text = sqlite3_column_text(st, i);
    snprintf(out, cap, "%s", text ? (const char *)text : "");
}

static bool get_cert(sqlite3_stmt *st, int i, uint8_t out[32])
{
    const void *p = sqlite3_column_blob(st, i);
    if (!p || sqlite3_column_bytes(st, i) != 32)
        return false;
    memcpy(out, p, 32);
    return true;
}

/* The row a statement stands on. */
static void read_row(sqlite3_stmt *st, struct row *out)
{
    struct sw_mail *m = &out->mail;
    *out = (struct row){0};
    m->cursor = sqlite3_column_int64(st, 0);
    get_text(st, 1, m->id, sizeof m->id);
    get_text(st, 2, m->sender, sizeof m->sender);
    get_cert(st, 3, m->sender_cert);
    get_text(st, 4, m->recipient, sizeof m->recipient);
    m->created = sqlite3_column_int64(st, 5);
    m->expires = sqlite3_column_int64(st, 6);
    m->once = (enum sw_once)sqlite3_column_int(st, 7);
    m->sealed = sqlite3_column_int(st, 8) != 0;
    m->state = (enum sw_mail_state)sqlite3_column_int(st, 9);
    m->ended = sqlite3_column_int(st, 10) != 0;
    m->changed = sqlite3_column_int64(st, 11);
    m->deliveries = (unsigned)sqlite3_column_int(st, 12);
    m->turned_away = (unsigned)sqlite3_column_int(st, 13);
    out->leased = get_cert(st, 14, out->lease);
    out->lease_until = sqlite3_column_int64(st, 15);
}

/* A statement that gives one row or none (SW_ERR_NOT_FOUND). */
static enum sw_err one(struct sw_store *s, sqlite3_stmt *st, struct row *out)
{
    *out = (struct row){0};
    if (!st)
        return fail(s);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_ROW ? SW_OK : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND : fail(s);
    if (err == SW_OK)
        read_row(st, out);
    done(st);
    return err;
}

static enum sw_err by_id(struct sw_store *s, const char *id, struct row *out)
{
    sqlite3_stmt *st = get(s, BY_ID);
    put_text(st, 1, id);
    return one(s, st, out);
}

static enum sw_err audit(struct sw_store *s, const char *event, const struct sw_mail *m, const uint8_t *cert,
                         int64_t now)
{
    sqlite3_stmt *st = get(s, AUDIT);
    sqlite3_bind_int64(st, 1, now);
    put_text(st, 2, event);
    put_text(st, 3, m->id);
    put_text(st, 4, m->sender);
    put_text(st, 5, m->recipient);
    if (cert)
        put_cert(st, 6, cert);
    return run(s, st);
}

static void tell(struct sw_store *s, const struct sw_mail *m)
{
    struct sw_mail told = *m;
    told.body = NULL;
    told.body_len = 0;
    if (s->changed)
        s->changed(s->changed_ctx, &told);
}

/* --- bodies ------------------------------------------------------------------------------------------------------------- */

enum { SEAL_NAME_MAX = SW_MAIL_ID_MAX + SW_NAME_MAX + 8 };

static void seal_name(const struct sw_mail *m, char out[SEAL_NAME_MAX])
{
    snprintf(out, SEAL_NAME_MAX, "mail %s %s", m->id, m->recipient);
}

static enum sw_err unseal(struct sw_store *s, struct sw_mail *m, const uint8_t *p, size_t len)
{
    char name[SEAL_NAME_MAX];
    if (len < SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    m->body_len = len - SW_VAULT_EXTRA;
    m->body = malloc(m->body_len + 1);
    if (!m->body)
        return SW_ERR_MEMORY;
    seal_name(m, name);
    enum sw_err err = sw_vault_unseal(&s->vault, name, p, len, m->body);
    if (err)
        sw_mail_free(m);
    else
        m->body[m->body_len] = 0;
    return err;
}

static enum sw_err read_body(struct sw_store *s, struct sw_mail *m)
{
    sqlite3_stmt *st = get(s, BODY_OF);
    if (!st)
        return fail(s);
    sqlite3_bind_int64(st, 1, m->cursor);
    enum sw_err err = sqlite3_step(st) == SQLITE_ROW ? SW_OK : fail(s);
    if (err == SW_OK)
        err = unseal(s, m, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
    done(st);
    return err;
}

void sw_mail_free(struct sw_mail *mail)
{
    if (mail->body)
        sw_wipe(mail->body, mail->body_len);
    free(mail->body);
    mail->body = NULL;
    mail->body_len = 0;
}

const char *sw_mail_state_name(enum sw_mail_state state)
{
    static const char *const names[] = {"queued", "delivered", "acknowledged", "expired", "refused"};
    return (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

/* --- open and close ----------------------------------------------------------------------------------------------------- */

static enum sw_err execute(struct sw_store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SW_OK : fail(s);
}

static enum sw_err version_of(struct sw_store *s, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK)
        return fail(s);
    enum sw_err err = number(s, st, 0, out);
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
        return fail(s);
    sqlite3_bind_blob(st, 1, s->vault.id, sizeof s->vault.id, SQLITE_STATIC);
    err = run(s, st);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err check_key(struct sw_store *s)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(s->db, "SELECT vault FROM meta", -1, &st, NULL) != SQLITE_OK)
        return fail(s);
    bool same = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == (int)sizeof s->vault.id &&
                memcmp(sqlite3_column_blob(st, 0), s->vault.id, sizeof s->vault.id) == 0;
    sqlite3_finalize(st);
    return same ? SW_OK : SW_ERR_KEY_MISMATCH;
}

/* In one transaction, so that two that start at once agree. */
static enum sw_err set_up(struct sw_store *s, const char *key_path, const char **what)
{
    int64_t version = 0;
    enum sw_err err = begin(s);
    if (err)
        return err;
    err = version_of(s, &version);
    if (err == SW_OK && version > SCHEMA)
        err = SW_ERR_UNSUPPORTED;
    if (err == SW_OK) {
        *what = key_path;
        err = sw_vault_open(&s->vault, key_path, version == 0);
    }
    if (err == SW_OK)
        err = version == 0 ? create(s) : check_key(s);
    return finish(s, err);
}

static enum sw_err open_database(struct sw_store *s, const char *path)
{
    mode_t before = umask(077); /* nobody else reads it; the log files beside it get its mode */
    int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    umask(before);
    if (!s->db)
        return SW_ERR_MEMORY;
    if (rc != SQLITE_OK)
        return fail(s);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; "
                      "PRAGMA journal_size_limit = 4194304");
}

static const char *explain(const struct sw_store *s, enum sw_err err, const char *what)
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
    enum sw_err err = open_database(s, path);
    if (err == SW_OK)
        err = set_up(s, key_path, &what);
    if (err) {
        *why = explain(s, err, what);
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

/* --- handing in --------------------------------------------------------------------------------------------------------- */

static enum sw_err make_id(struct sw_mail *m)
{
    uint8_t bytes[(SW_MAIL_ID_MAX - 1) / 2];
    enum sw_err err = sw_rand_bytes(NULL, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(m->id + 2 * i, 3, "%02x", bytes[i]);
    return err;
}

/* The same request again? A body that is gone cannot be compared: then recipient and length of life decide. */
static bool same_message(struct sw_store *s, const struct row *first, const struct sw_mail *again)
{
    struct sw_mail old = first->mail;
    if (strcmp(old.recipient, again->recipient) != 0 || old.once != again->once || old.sealed != again->sealed)
        return false;
    if (old.ended || read_body(s, &old))
        return true;
    bool same = old.body_len == again->body_len && memcmp(old.body, again->body, old.body_len) == 0;
    sw_mail_free(&old);
    return same;
}

static enum sw_err find_repeated(struct sw_store *s, struct sw_mail *m, const char *idempotency,
                                 enum sw_put_verdict *verdict)
{
    struct row first;
    sqlite3_stmt *st = get(s, BY_IDEMPOTENCY);
    put_text(st, 1, m->sender);
    put_text(st, 2, idempotency);
    enum sw_err err = one(s, st, &first);
    if (err == SW_ERR_NOT_FOUND)
        return SW_OK;
    if (err)
        return err;
    *verdict = same_message(s, &first, m) ? SW_PUT_REPEATED : SW_PUT_CONFLICT;
    if (*verdict == SW_PUT_REPEATED) {
        first.mail.body = m->body;
        first.mail.body_len = m->body_len;
        *m = first.mail;
    }
    return SW_OK;
}

static enum sw_err count(struct sw_store *s, enum query q, const char *recipient, int64_t at, int64_t *out)
{
    sqlite3_stmt *st = get(s, q);
    put_text(st, 1, recipient);
    sqlite3_bind_int64(st, 2, at);
    return number(s, st, 0, out);
}

static enum sw_err check_limits(struct sw_store *s, const struct sw_mail *m, int64_t now, enum sw_put_verdict *verdict)
{
    int64_t waiting, recent;
    enum sw_err err = count(s, COUNT_WAITING, m->recipient, now, &waiting);
    if (err == SW_OK)
        err = count(s, COUNT_RECENT, m->recipient, now - 60, &recent);
    if (err == SW_OK && waiting >= s->limits.queue_max)
        *verdict = SW_PUT_QUEUE_FULL;
    else if (err == SW_OK && recent >= s->limits.rate_max)
        *verdict = SW_PUT_RATE;
    return err;
}

static enum sw_err insert(struct sw_store *s, struct sw_mail *m, const char *idempotency, int64_t now)
{
    char name[SEAL_NAME_MAX];
    size_t len = m->body_len + SW_VAULT_EXTRA;
    uint8_t *sealed = malloc(len);
    if (!sealed)
        return SW_ERR_MEMORY;
    enum sw_err err = make_id(m);
    seal_name(m, name);
    if (err == SW_OK)
        err = sw_vault_seal(&s->vault, name, m->body, m->body_len, sealed);
    if (err == SW_OK) {
        sqlite3_stmt *st = get(s, INSERT);
        put_text(st, 1, m->id);
        put_text(st, 2, m->sender);
        put_cert(st, 3, m->sender_cert);
        put_text(st, 4, m->recipient);
        sqlite3_bind_int64(st, 5, now);
        sqlite3_bind_int64(st, 6, m->expires);
        sqlite3_bind_int(st, 7, (int)m->once);
        sqlite3_bind_int(st, 8, m->sealed);
        put_text(st, 9, idempotency); /* NULL stays NULL */
        sqlite3_bind_blob64(st, 10, sealed, len, SQLITE_STATIC);
        err = run(s, st);
    }
    free(sealed);
    m->cursor = sqlite3_last_insert_rowid(s->db);
    m->created = m->changed = now;
    m->state = SW_MAIL_QUEUED;
    m->ended = false;
    m->deliveries = m->turned_away = 0;
    return err;
}

/* The disk is full: the message was not accepted, and nothing else is wrong. */
static enum sw_err forgive_full(struct sw_store *s, enum sw_err err, enum sw_put_verdict *verdict)
{
    if (err != SW_ERR_SYSTEM || sqlite3_errcode(s->db) != SQLITE_FULL)
        return err;
    *verdict = SW_PUT_DISK_FULL;
    return SW_OK;
}

enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict)
{
    *verdict = mail->body_len > store->limits.body_max                               ? SW_PUT_TOO_LARGE
               : mail->expires <= now || mail->expires - now > store->limits.ttl_max ? SW_PUT_TTL
                                                                                     : SW_PUT_ACCEPTED;
    if (*verdict != SW_PUT_ACCEPTED)
        return SW_OK;
    enum sw_err err = begin(store);
    if (err)
        return forgive_full(store, err, verdict);
    if (idempotency)
        err = find_repeated(store, mail, idempotency, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = check_limits(store, mail, now, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = insert(store, mail, idempotency, now);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        err = audit(store, "queued", mail, mail->sender_cert, now);
    bool full = err == SW_ERR_SYSTEM && sqlite3_errcode(store->db) == SQLITE_FULL;
    err = finish(store, err);
    if (full) {
        *verdict = SW_PUT_DISK_FULL;
        return SW_OK;
    }
    err = forgive_full(store, err, verdict);
    if (err == SW_OK && *verdict == SW_PUT_ACCEPTED)
        tell(store, mail);
    return err;
}

/* --- handing out -------------------------------------------------------------------------------------------------------- */

static bool may_have(const struct row *row, const uint8_t cert[32], int64_t now)
{
    if (!row->leased || memcmp(row->lease, cert, 32) == 0)
        return true;
    return row->mail.once == SW_ONCE_NO && row->lease_until <= now;
}

static enum sw_err end(struct sw_store *s, struct sw_mail *m, enum sw_mail_state state, const uint8_t *cert,
                       int64_t now)
{
    sqlite3_stmt *st = get(s, END);
    sqlite3_bind_int64(st, 1, m->cursor);
    sqlite3_bind_int(st, 2, (int)state);
    sqlite3_bind_int64(st, 3, now);
    enum sw_err err = run(s, st);
    m->state = state;
    m->ended = true;
    m->changed = now;
    return err ? err : audit(s, sw_mail_state_name(state), m, cert, now);
}

static enum sw_err lease(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    sqlite3_stmt *st = get(s, LEASE);
    sqlite3_bind_int64(st, 1, m->cursor);
    sqlite3_bind_int64(st, 2, now);
    put_cert(st, 3, cert);
    sqlite3_bind_int64(st, 4, now + s->limits.lease);
    enum sw_err err = run(s, st);
    m->state = SW_MAIL_DELIVERED;
    m->changed = now;
    m->deliveries++;
    return err;
}

/* Hand out a message this certificate may have, inside a transaction. SW_ERR_STATE: it has been handed out often enough, and that was its end. */
static enum sw_err deliver(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    unsigned most = m->once == SW_ONCE_NO ? s->limits.deliveries : s->limits.once_deliveries;
    if (m->deliveries >= most) {
        enum sw_err err = end(s, m, SW_MAIL_REFUSED, cert, now);
        return err ? err : SW_ERR_STATE;
    }
    enum sw_err err = read_body(s, m);
    if (err == SW_OK)
        err = lease(s, m, cert, now);
    if (err == SW_OK && m->once == SW_ONCE_STRICT)
        return end(s, m, SW_MAIL_DELIVERED, cert, now);
    return err ? err : audit(s, "delivered", m, cert, now);
}

/* End a transaction of deliver(): its SW_ERR_STATE is a change, too. */
static enum sw_err finish_delivery(struct sw_store *s, enum sw_err err, struct sw_mail *m)
{
    enum sw_err ended = finish(s, err == SW_ERR_STATE ? SW_OK : err);
    if (ended) {
        sw_mail_free(m);
        return ended;
    }
    tell(s, m);
    return err;
}

static enum sw_err find_next(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                             int64_t now, struct row *out)
{
    sqlite3_stmt *st = get(s, NEXT);
    put_text(st, 1, recipient);
    sqlite3_bind_int64(st, 2, after);
    sqlite3_bind_int64(st, 3, now);
    put_cert(st, 4, cert);
    return one(s, st, out);
}

/* One message of sw_store_take; SW_ERR_STATE: it ended instead, look further. */
static enum sw_err take_one(struct sw_store *s, const char *recipient, const uint8_t cert[32], int64_t after,
                            int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err =
        find_next(s, recipient, cert, after, now, &row); /* without a write lock: most often nothing is there */
    *out = row.mail;
    if (err || row.mail.once == SW_ONCE_STRICT)
        return err;
    err = begin(s);
    if (err)
        return err;
    err = find_next(s, recipient, cert, after, now, &row);
    *out = row.mail;
    if (err == SW_OK && row.mail.once != SW_ONCE_STRICT)
        err = deliver(s, out, cert, now);
    if (err && err != SW_ERR_STATE)
        return finish(s, err);
    return finish_delivery(s, err, out);
}

enum sw_err sw_store_take(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t after,
                          int64_t now, struct sw_mail *out)
{
    enum sw_err err;
    while ((err = take_one(store, recipient, cert, after, now, out)) == SW_ERR_STATE)
        after = out->cursor;
    return err;
}

static enum sw_err turn_away(struct sw_store *s, struct sw_mail *m, const uint8_t cert[32], int64_t now)
{
    sqlite3_stmt *st = get(s, TURN_AWAY);
    sqlite3_bind_int64(st, 1, m->cursor);
    enum sw_err err = run(s, st);
    m->turned_away++;
    return err ? err : audit(s, "turned away", m, cert, now);
}

/* A message by its id for its recipient, expiry included although nobody has swept yet. */
static enum sw_err find_for(struct sw_store *s, const char *recipient, const char *id, int64_t now, struct row *out)
{
    enum sw_err err = by_id(s, id, out);
    if (err == SW_OK && strcmp(out->mail.recipient, recipient) != 0) {
        *out = (struct row){0};
        return SW_ERR_NOT_FOUND;
    }
    if (err == SW_OK && !out->mail.ended && out->mail.expires <= now) {
        out->mail.state = SW_MAIL_EXPIRED;
        out->mail.ended = true;
    }
    return err;
}

/* The same at the beginning of a transaction, which goes on if this succeeds. */
static enum sw_err find_locked(struct sw_store *s, const char *recipient, const char *id, int64_t now, struct row *out)
{
    *out = (struct row){0};
    enum sw_err err = begin(s);
    if (err)
        return err;
    err = find_for(s, recipient, id, now, out);
    return err ? finish(s, err) : SW_OK;
}

enum sw_err sw_store_fetch(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                           bool consume, int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err = find_locked(store, recipient, id, now, &row);
    *out = row.mail; /* not before: id may be in it */
    if (err)
        return err;
    if (!may_have(&row, cert, now)) {
        err = turn_away(store, out, cert, now);
        return finish_delivery(store, err ? err : SW_ERR_STATE, out);
    }
    if (out->ended || (out->once == SW_ONCE_STRICT && !consume))
        return finish(store, SW_ERR_STATE);
    return finish_delivery(store, deliver(store, out, cert, now), out);
}

enum sw_err sw_store_end(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                         enum sw_mail_state state, int64_t now, struct sw_mail *out)
{
    struct row row;
    enum sw_err err = find_locked(store, recipient, id, now, &row);
    *out = row.mail; /* not before: id may be in it */
    if (err)
        return err;
    bool ours = row.leased && memcmp(row.lease, cert, 32) == 0;
    if (out->ended && out->state == state && ours)
        return finish(store, SW_OK);
    if (out->ended || (!ours && (row.leased || state == SW_MAIL_ACKED)))
        return finish(store, SW_ERR_STATE);
    err = finish(store, end(store, out, state, cert, now));
    if (err == SW_OK)
        tell(store, out);
    return err;
}

/* --- asking ------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_store_receipt(struct sw_store *store, const char *sender, const char *id, int64_t now,
                             struct sw_mail *out)
{
    struct row row;
    enum sw_err err = by_id(store, id, &row);
    *out = row.mail;
    if (err == SW_OK && strcmp(row.mail.sender, sender) != 0) {
        *out = (struct sw_mail){0};
        return SW_ERR_NOT_FOUND;
    }
    if (err == SW_OK && !out->ended && out->expires <= now) {
        out->state = SW_MAIL_EXPIRED;
        out->ended = true;
    }
    return err;
}

enum sw_err sw_store_list(struct sw_store *store, const char *recipient, int64_t now,
                          bool (*each)(void *ctx, const struct sw_mail *mail), void *ctx)
{
    struct row row;
    int rc;
    bool more = true;
    sqlite3_stmt *st = get(store, WAITING);
    if (!st)
        return fail(store);
    put_text(st, 1, recipient);
    sqlite3_bind_int64(st, 2, now);
    while (more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        read_row(st, &row);
        more = each(ctx, &row.mail);
    }
    enum sw_err err = !more || rc == SQLITE_DONE ? SW_OK : fail(store);
    done(st);
    return err;
}

/* --- time --------------------------------------------------------------------------------------------------------------- */

static enum sw_err end_first_overdue(struct sw_store *s, int64_t now, struct sw_mail *out)
{
    struct row row;
    sqlite3_stmt *st = get(s, OVERDUE);
    sqlite3_bind_int64(st, 1, now);
    enum sw_err err = one(s, st, &row);
    *out = row.mail;
    return err ? err : end(s, out, SW_MAIL_EXPIRED, NULL, now);
}

static enum sw_err forget(struct sw_store *s, int64_t now)
{
    sqlite3_stmt *st = get(s, FORGET);
    sqlite3_bind_int64(st, 1, now - KEEP_ENDED);
    sqlite3_bind_int64(st, 2, now);
    return run(s, st);
}

enum sw_err sw_store_sweep(struct sw_store *store, int64_t now, int64_t *next)
{
    struct sw_mail mail;
    enum sw_err err = number(store, get(store, NEXT_EXPIRY), INT64_MAX, next);
    while (err == SW_OK && *next <= now) {
        err = begin(store);
        if (err == SW_OK)
            err = finish(store, end_first_overdue(store, now, &mail));
        if (err == SW_OK)
            tell(store, &mail);
        if (err == SW_ERR_NOT_FOUND) /* another process was faster */
            err = SW_OK;
        if (err == SW_OK)
            err = number(store, get(store, NEXT_EXPIRY), INT64_MAX, next);
    }
    return err ? err : forget(store, now);
}

/* --- the directory ------------------------------------------------------------------------------------------------------ */

enum sw_err sw_store_learn(struct sw_store *store, const char *name, const uint8_t cert[32], const char *chain,
                           int64_t seen)
{
    sqlite3_stmt *st = get(store, LEARN);
    put_text(st, 1, name);
    put_cert(st, 2, cert);
    put_text(st, 3, chain);
    sqlite3_bind_int64(st, 4, seen);
    return run(store, st);
}

enum sw_err sw_store_chain_of(struct sw_store *store, const char *name, char **out)
{
    sqlite3_stmt *st = get(store, CHAIN_OF);
    *out = NULL;
    if (!st)
        return fail(store);
    put_text(st, 1, name);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_ROW ? SW_OK : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND : fail(store);
    if (err == SW_OK && !(*out = strdup((const char *)sqlite3_column_text(st, 0))))
        err = SW_ERR_MEMORY;
    done(st);
    return err;
}
