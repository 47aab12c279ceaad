/*
 * Licences were in a database of their own (media.db), in SQLite, sealed under the same key and the same names as here.
 * They are copied as they are, so that what was changed there is noticed here. The old database is locked from before
 * the first row is read until its table is gone: a server of the older kind that still works on it can debit nothing
 * that would be lost, and fails from then on.
 */
#include "apps/store/db.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_MS = 5000 };

static enum sw_err fail(struct sw_store *s, const char *path, const char *why)
{
    snprintf(s->why, sizeof s->why, "%s: %s", path, why);
    return SW_ERR_SYSTEM;
}

static bool execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* One licence; one with names that do not fit was never ours, and stays behind. */
static enum sw_err copy_row(struct sw_store *s, sqlite3_stmt *st)
{
    struct sw_licence a;
    const char *holder = (const char *)sqlite3_column_text(st, 0), *track = (const char *)sqlite3_column_text(st, 1);
    if (!holder || !track || !licence_name(&a, holder, track))
        return SW_OK;
    const void *sealed = sqlite3_column_blob(st, 2);
    return db_run(s, ADD_LICENCE, db_text(a.holder), db_text(a.track),
                  db_bytes(sealed ? sealed : "", (size_t)sqlite3_column_bytes(st, 2)));
}

/* All of them, in one transaction. No table: another process was faster. */
static enum sw_err copy(struct sw_store *s, sqlite3 *db, const char *path)
{
    sqlite3_stmt *st;
    int rc;
    if (sqlite3_table_column_metadata(db, NULL, "licence", "sealed", NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
        return SW_OK;
    if (sqlite3_prepare_v2(db, "SELECT holder, track, sealed FROM licence", -1, &st, NULL) != SQLITE_OK)
        return fail(s, path, sqlite3_errmsg(db));
    enum sw_err err = db_begin(s, "licences");
    if (err == SW_OK) {
        while (err == SW_OK && (rc = sqlite3_step(st)) != SQLITE_DONE)
            err = rc == SQLITE_ROW ? copy_row(s, st) : fail(s, path, sqlite3_errmsg(db));
        err = db_finish(s, err);
    }
    sqlite3_finalize(st);
    return err;
}

static enum sw_err take_over(struct sw_store *s, sqlite3 *db, const char *path)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    if (!execute(db, "BEGIN IMMEDIATE"))
        return fail(s, path, sqlite3_errmsg(db));
    enum sw_err err = copy(s, db, path);
    if (err == SW_OK && !execute(db, "DROP TABLE IF EXISTS licence; COMMIT"))
        err = fail(s, path, sqlite3_errmsg(db));
    return err;
}

enum sw_err sw_store_adopt(struct sw_store *store, const char *path)
{
    sqlite3 *db;
    if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS))
        return SW_OK;
    int rc = db_open_file(path, 0, &db);
    enum sw_err err = !db               ? SW_ERR_MEMORY
                      : rc != SQLITE_OK ? fail(store, path, sqlite3_errmsg(db))
                                        : take_over(store, db, path);
    sqlite3_close(db); /* ends what was not committed; its logs go with the last one who has it open */
    if (err == SW_OK && unlink(path) && errno != ENOENT)
        err = fail(store, path, strerror(errno));
    return err;
}
