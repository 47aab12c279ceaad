/*
 * The store in SQLite, for one machine. WAL with synchronous=FULL: what was committed survives kill -9 and power loss.
 * Every transaction is BEGIN IMMEDIATE, so that several processes on one database (the tool that administers it beside
 * the daemon) take turns and never fail half-way: one that writes keeps all others from writing, whatever their turn.
 * busy_timeout is set before anything else.
 *   The audit table only ever grows: triggers see to that.
 */
#include "apps/store/db.h"
#include "apps/store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_MS = 5000,
    PAGE = 4096,            /* SQLite's own choice */
    LOG_PAGES = 1000,       /* of the log, until it is carried over into the database: at most, */
    LOG_PAGES_LEAST = 16,   /* and where there is next to no space */
    SHRINK_PAGES = 256,     /* moved in one transaction, */
    SHRINK_TRANSACTIONS = 4 /* of which there are so many */
};

enum own { BEGIN, COMMIT, ROLLBACK, VERSION, LAST_NUMBER, OWN };

struct link {
    sqlite3 *db;
    sqlite3_stmt *shared[QUERIES], *own[OWN];
};

static const char *const steps[SCHEMA] = {
    SCHEMA_1("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER", "TEXT", "BLOB",
             " WITHOUT ROWID") "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit "
                               "is not changed'); END;"
                               "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit "
                               "is not changed'); END;",
    SCHEMA_2("INTEGER", "TEXT", "BLOB", " WITHOUT ROWID"),
    SCHEMA_3("TEXT", "BLOB", " WITHOUT ROWID"),
    SCHEMA_4("TEXT"),
    SCHEMA_5("INTEGER", "BLOB"),
};

static enum sw_err fail(struct sw_store *s)
{
    struct link *link = s->db;
    int rc = sqlite3_errcode(link->db) & 0xff;
    /* the index of the log could not grow */
    s->full = rc == SQLITE_FULL || sqlite3_extended_errcode(link->db) == SQLITE_IOERR_SHMSIZE;
    snprintf(s->why, sizeof s->why, "%s", s->full ? "the disk is full" : sqlite3_errmsg(link->db));
    return rc == SQLITE_NOMEM ? SW_ERR_MEMORY : SW_ERR_SYSTEM;
}

/* A statement is made once, at its first use. */
static enum sw_err prepare(struct sw_store *s, const char *sql, sqlite3_stmt **st)
{
    struct link *link = s->db;
    if (*st || sqlite3_prepare_v3(link->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL) == SQLITE_OK)
        return SW_OK;
    return fail(s);
}

/* --- queries ------------------------------------------------------------------------------------------------------ */

static int bind(sqlite3_stmt *st, int i, const struct db_value *v)
{
    switch (v->type) {
    case DB_NUMBER:
        return sqlite3_bind_int64(st, i, v->number);
    case DB_TEXT:
        return sqlite3_bind_text64(st, i, v->p, v->len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BYTES:
        return sqlite3_bind_blob64(st, i, v->p, v->len, SQLITE_STATIC);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null(st, i);
}

static enum sw_err ask(struct sw_store *s, enum query q, const struct db_value *v, size_t n)
{
    struct link *link = s->db;
    enum sw_err err = prepare(s, db_query(q), &link->shared[q]);
    for (size_t i = 0; err == SW_OK && i < n; i++)
        if (bind(link->shared[q], (int)i + 1, &v[i]) != SQLITE_OK)
            err = fail(s);
    return err;
}

static enum sw_err next(struct sw_store *s, enum query q)
{
    struct link *link = s->db;
    int rc = sqlite3_step(link->shared[q]);
    return rc == SQLITE_ROW ? SW_OK : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND : fail(s);
}

static struct db_value column(struct sw_store *s, enum query q, int i)
{
    sqlite3_stmt *st = ((struct link *)s->db)->shared[q];
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER:
        return db_number(sqlite3_column_int64(st, i));
    case SQLITE_TEXT:
        return db_text((const char *)sqlite3_column_text(st, i));
    case SQLITE_BLOB: {
        const void *p = sqlite3_column_blob(st, i);
        return db_bytes(p, (size_t)sqlite3_column_bytes(st, i));
    }
    default:
        return (struct db_value){.type = DB_NULL};
    }
}

static void done(struct sw_store *s, enum query q)
{
    sqlite3_stmt *st = ((struct link *)s->db)->shared[q];
    if (!st)
        return;
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

/* --- transactions ------------------------------------------------------------------------------------------------- */

static enum sw_err run_own(struct sw_store *s, enum own which)
{
    static const char *const sql[] = {[BEGIN] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT", [ROLLBACK] = "ROLLBACK"};
    sqlite3_stmt **st = &((struct link *)s->db)->own[which];
    enum sw_err err = prepare(s, sql[which], st);
    if (err == SW_OK && sqlite3_step(*st) != SQLITE_DONE)
        err = fail(s);
    sqlite3_reset(*st);
    return err;
}

static enum sw_err begin(struct sw_store *s, const char *turn)
{
    (void)turn;
    return run_own(s, BEGIN);
}

static enum sw_err turn_too(struct sw_store *s, const char *turn)
{
    (void)s;
    (void)turn;
    return SW_OK;
}

static void rollback(struct sw_store *s)
{
    struct link *link = s->db;
    if (!sqlite3_get_autocommit(link->db)) /* some failures have ended it already */
        (void)run_own(s, ROLLBACK);
}

static enum sw_err commit(struct sw_store *s)
{
    return run_own(s, COMMIT);
}

/* --- open and close ----------------------------------------------------------------------------------------------- */

static enum sw_err execute(struct sw_store *s, const char *sql)
{
    struct link *link = s->db;
    return sqlite3_exec(link->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SW_OK : fail(s);
}

static enum sw_err version_of(struct sw_store *s, int64_t *out)
{
    sqlite3_stmt **st = &((struct link *)s->db)->own[VERSION];
    enum sw_err err = prepare(s, "PRAGMA user_version", st);
    if (err == SW_OK && sqlite3_step(*st) != SQLITE_ROW)
        err = fail(s);
    *out = err ? 0 : sqlite3_column_int64(*st, 0);
    sqlite3_reset(*st);
    return err;
}

static enum sw_err build(struct sw_store *s, int64_t version)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", (int)version + 1);
    enum sw_err err = execute(s, steps[version]);
    return err ? err : execute(s, sql);
}

static enum sw_err last_number(struct sw_store *s, int64_t *out)
{
    sqlite3_stmt **st = &((struct link *)s->db)->own[LAST_NUMBER];
    enum sw_err err = prepare(s, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'message'", st);
    if (err == SW_OK && sqlite3_step(*st) != SQLITE_ROW)
        err = fail(s);
    *out = err ? 0 : sqlite3_column_int64(*st, 0);
    sqlite3_reset(*st);
    return err;
}

static enum sw_err number_on(struct sw_store *s, int64_t last)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "DELETE FROM sqlite_sequence WHERE name = 'message';"
             "INSERT INTO sqlite_sequence (name, seq) VALUES ('message', %" PRId64 ")",
             last);
    return execute(s, sql);
}

/*
 * Written anew, so that one from before it could give space back (auto_vacuum) can do so, too: by way of a file, since
 * all of it goes there.
 */
static void settle(struct sw_store *s)
{
    struct link *link = s->db;
    (void)execute(s, "PRAGMA temp_store = FILE; VACUUM");
    sqlite3_wal_checkpoint_v2(link->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static void keep_log(struct sw_store *s, int64_t bytes)
{
    struct link *link = s->db;
    int64_t pages = bytes / PAGE;
    sqlite3_wal_autocheckpoint(link->db, pages > LOG_PAGES         ? LOG_PAGES
                                         : pages < LOG_PAGES_LEAST ? LOG_PAGES_LEAST
                                                                   : (int)pages);
}

/*
 * The database gets shorter when the log is carried over. The log keeps its length: that is space which nobody takes
 * from us.
 */
static void shrink(struct sw_store *s)
{
    struct link *link = s->db;
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", SHRINK_PAGES);
    for (int i = 0; i < SHRINK_TRANSACTIONS && execute(s, sql) == SW_OK; i++)
        sqlite3_wal_checkpoint_v2(link->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void close_database(struct sw_store *s)
{
    struct link *link = s->db;
    if (!link)
        return;
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(link->shared[i]);
    for (int i = 0; i < OWN; i++)
        sqlite3_finalize(link->own[i]);
    sqlite3_close(link->db);
    free(link);
    s->db = NULL;
}

int db_open_file(const char *path, int flags, struct sqlite3 **out)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *real = dir ? realpath(dir, NULL) : NULL, *resolved = NULL;
    *out = NULL;
    if (real && asprintf(&resolved, "%s/%s", real, slash ? slash + 1 : path) < 0)
        resolved = NULL;
    mode_t before = umask(077); /* nobody else reads it; the log files beside it get its mode */
    int rc =
        sqlite3_open_v2(resolved ? resolved : path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | flags, NULL);
    umask(before);
    free(resolved);
    free(real);
    free(dir);
    return rc;
}

static enum sw_err open_database(struct sw_store *s, const char *path, bool alone)
{
    if (alone && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS))
        return SW_ERR_NOT_FOUND;
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return SW_ERR_MEMORY;
    s->db = link;
    db_ask_for_room();
    int rc = db_open_file(path, alone ? 0 : SQLITE_OPEN_CREATE, &link->db);
    if (!link->db)
        return SW_ERR_MEMORY;
    if (rc != SQLITE_OK)
        return fail(s);
    sqlite3_busy_timeout(link->db, BUSY_MS);
    return execute(s,
                   "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                   "PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 4194304; "
                   /* who plays: of the one server there is, in its memory, gone with it, and no disk is waited for */
                   "PRAGMA temp_store = MEMORY; " SCHEMA_STREAM("TEMP", "INTEGER", "TEXT", "BLOB"));
}

const struct db_driver db_sqlite = {
    .open = open_database,
    .close = close_database,
    .version = version_of,
    .build = build,
    .last_number = last_number,
    .number_on = number_on,
    .settle = settle,
    .keep_log = keep_log,
    .shrink = shrink,
    .begin = begin,
    .turn = turn_too,
    .commit = commit,
    .rollback = rollback,
    .ask = ask,
    .next = next,
    .column = column,
    .done = done,
};
