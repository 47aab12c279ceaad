/*
 * The index in SQLite. A rollback journal rather than a write-ahead log: at rest the index is one file, so a copy of
 * the directory is a backup of the CA. synchronous=FULL and BEGIN IMMEDIATE give what the header promises; the triggers
 * make the audit log append-only even for other programs that open the file.
 */
#include "ttp/ttp_ca.h"
#include "ttp/ttp_index_db.h"
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA_VERSION = 1, BUSY_TIMEOUT_MS = 60000 };

static const char schema[] = "CREATE TABLE certificates("
                             " serial TEXT PRIMARY KEY,"
                             " issuer TEXT NOT NULL,"
                             " cn TEXT NOT NULL,"
                             " names TEXT NOT NULL,"
                             " profile TEXT NOT NULL,"
                             " key_type TEXT NOT NULL,"
                             " fingerprint TEXT NOT NULL,"
                             " prefix TEXT NOT NULL,"
                             " replaces TEXT NOT NULL,"
                             " not_before INTEGER NOT NULL,"
                             " not_after INTEGER NOT NULL,"
                             " issued INTEGER NOT NULL,"
                             " der BLOB NOT NULL) STRICT;"
                             "CREATE INDEX certificates_replaces ON certificates(replaces);"
                             "CREATE TABLE names("
                             " serial TEXT NOT NULL REFERENCES certificates(serial),"
                             " name TEXT NOT NULL COLLATE NOCASE) STRICT;"
                             "CREATE INDEX names_name ON names(name);"
                             "CREATE TABLE revocations("
                             " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                             " serial TEXT NOT NULL UNIQUE REFERENCES certificates(serial),"
                             " revoked INTEGER NOT NULL,"
                             " reason INTEGER NOT NULL) STRICT;"
                             "CREATE TABLE crls("
                             " number INTEGER PRIMARY KEY AUTOINCREMENT,"
                             " issuer TEXT NOT NULL,"
                             " this_update INTEGER NOT NULL,"
                             " next_update INTEGER NOT NULL,"
                             " last_revocation INTEGER NOT NULL) STRICT;"
                             "CREATE TABLE audit("
                             " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                             " at INTEGER NOT NULL,"
                             " who TEXT NOT NULL,"
                             " action TEXT NOT NULL,"
                             " serial TEXT NOT NULL,"
                             " detail TEXT NOT NULL) STRICT;"
                             "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
                             " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
                             "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
                             " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
                             "CREATE TRIGGER certificates_update BEFORE UPDATE ON certificates"
                             " BEGIN SELECT RAISE(ABORT, 'an issued certificate does not change'); END;"
                             "CREATE TRIGGER certificates_delete BEFORE DELETE ON certificates"
                             " BEGIN SELECT RAISE(ABORT, 'an issued certificate is not forgotten'); END;"
                             "CREATE TRIGGER revocations_delete BEFORE DELETE ON revocations"
                             " BEGIN SELECT RAISE(ABORT, 'a revocation is final'); END;"
                             "PRAGMA user_version = 1;";

int ttp_index_failed(struct ttp_index *ix)
{
    int code = sqlite3_extended_errcode(ix->db);
    int system = sqlite3_system_errno(ix->db);
    if ((code & 0xff) == SQLITE_CANTOPEN && system)
        return ttp_error(ix->t, TTP_SYSTEM, "%s: %s", ix->path, strerror(system));
    if ((code & 0xff) == SQLITE_READONLY)
        return ttp_error(ix->t, TTP_SYSTEM, "%s: it cannot be written, by you or at all", ix->path);
    if ((code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT)
        return ttp_error(ix->t, TTP_SYSTEM,
                         "%s: the index is damaged: bring it back from a backup; if there is none, move it away, and "
                         "\"ttp list\" says how to begin another",
                         ix->path);
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return ttp_error(ix->t, TTP_REFUSED, "%s: %s", ix->path, sqlite3_errmsg(ix->db));
    return ttp_error(ix->t, TTP_SYSTEM, "%s: %s", ix->path, sqlite3_errmsg(ix->db));
}

static int exec(struct ttp_index *ix, const char *sql)
{
    return sqlite3_exec(ix->db, sql, NULL, NULL, NULL) == SQLITE_OK ? TTP_DONE : ttp_index_failed(ix);
}

sqlite3_stmt *ttp_index_prepare(struct ttp_index *ix, const char *sql, const char *types, ...)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(ix->db, sql, -1, &s, NULL) != SQLITE_OK)
        return NULL;
    va_list ap;
    va_start(ap, types);
    for (int i = 1; *types; i++, types++) {
        if (*types == 's')
            sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        else if (*types == 'i')
            sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
        else {
            struct sw_slice b = va_arg(ap, struct sw_slice);
            sqlite3_bind_blob64(s, i, b.p, b.len, SQLITE_TRANSIENT);
        }
    }
    va_end(ap);
    return s;
}

int ttp_index_finish(struct ttp_index *ix, sqlite3_stmt *s)
{
    if (!s)
        return ttp_index_failed(ix);
    int rc = sqlite3_step(s);
    int code = rc == SQLITE_DONE ? TTP_DONE : ttp_index_failed(ix);
    sqlite3_finalize(s);
    return code;
}

/* --- opening --- */

static int check_version(struct ttp_index *ix, int64_t *version)
{
    *version = 0;
    sqlite3_stmt *s = ttp_index_prepare(ix, "PRAGMA user_version", "");
    if (!s || sqlite3_step(s) != SQLITE_ROW) {
        sqlite3_finalize(s);
        return ttp_index_failed(ix);
    }
    *version = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    if (*version > SCHEMA_VERSION)
        return ttp_error(ix->t, TTP_SYSTEM, "%s: made by a newer ttp (schema %lld)", ix->path, (long long)*version);
    return TTP_DONE;
}

/*
 * A CA has had an index from its first day. To begin another would begin the numbers of its lists again, and forget who
 * is revoked. An intermediate one's day is that of its adoption, and its certificate may lie there before.
 */
static int is_lost(const struct ttp_index *ix)
{
    char path[TTP_PATH_CAP];
    bool intermediate = ttp_ca_is_intermediate(ix->t);
    bool made = ttp_path(ix->t, intermediate ? "ca" : "root", "crt", path) && sw_file_exists(path);
    if (!made || (ttp_path(ix->t, "ca", "csr", path) && sw_file_exists(path)))
        return ttp_error(ix->t, TTP_BAD_INPUT,
                         "%s: there is no index: take the certificate of this CA in with \"ttp adopt\"; if it was "
                         "adopted before, bring the index back from a backup instead",
                         ix->path);
    return ttp_error(ix->t, TTP_BAD_INPUT,
                     "%s: the index of this CA is lost: bring it back from a backup; if there is none, \"ttp adopt "
                     "%s/%s.crt\" begins another with what the files there tell",
                     ix->path, ix->t->dir, intermediate ? "ca" : "root");
}

int ttp_index_is_empty(struct ttp_index *ix, bool *empty)
{
    sqlite3_stmt *s = ttp_index_prepare(ix, "SELECT NOT EXISTS(SELECT 1 FROM audit)", "");
    int err = s && sqlite3_step(s) == SQLITE_ROW ? TTP_DONE : ttp_index_failed(ix);
    *empty = !err && sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return err;
}

/* The schema appears as a whole; of several makers at once the first one makes it. */
static int make_schema(struct ttp_index *ix, bool make)
{
    int64_t version;
    int err = check_version(ix, &version);
    bool empty = version == 0;
    if (!err && version == SCHEMA_VERSION && !make)
        err = ttp_index_is_empty(ix, &empty);
    if (!err && empty && !make)
        return is_lost(ix);
    if (err || version == SCHEMA_VERSION)
        return err;
    err = ttp_index_begin(ix);
    if (!err)
        err = check_version(ix, &version);
    if (!err && version == 0)
        err = exec(ix, schema);
    if (!err)
        err = ttp_index_commit(ix);
    if (err)
        ttp_index_rollback(ix);
    return err;
}

static void who_am_i(char *out, size_t cap)
{
    struct passwd *pw = getpwuid(getuid());
    if (pw)
        snprintf(out, cap, "%s", pw->pw_name);
    else
        snprintf(out, cap, "uid %ld", (long)getuid());
}

static int open_db(struct ttp_index *ix, bool make)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (make ? SQLITE_OPEN_CREATE : 0);
    mode_t before = umask(077); /* SQLite makes files 0644 less the umask */
    int rc = sqlite3_open_v2(ix->path, &ix->db, flags, NULL);
    umask(before);
    if (rc != SQLITE_OK)
        return ttp_index_failed(ix);
    sqlite3_busy_timeout(ix->db, BUSY_TIMEOUT_MS);
    int err = exec(ix, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF");
    return err ? err : make_schema(ix, make);
}

int ttp_index_open(const struct ttp *t, bool make, struct ttp_index **out)
{
    *out = NULL;
    struct ttp_index *ix = calloc(1, sizeof *ix);
    if (!ix)
        return ttp_fail(t, SW_ERR_MEMORY, "index");
    ix->t = t;
    /* SQLITE_OPEN_NOFOLLOW refuses links anywhere in a path, also in the directory that the user named */
    char *real = realpath(t->dir, NULL);
    int n = real ? snprintf(ix->path, sizeof ix->path, "%s/index.db", real) : 0;
    ix->dir_len = real ? strlen(real) + 1 : 0;
    free(real);
    int err = TTP_DONE;
    if (n <= 0 || n >= (int)sizeof ix->path)
        err = ttp_error(t, TTP_BAD_INPUT, TTP_NO_CA, t->dir);
    else if (!make && access(ix->path, F_OK))
        err = ttp_ca_is_made(t) ? is_lost(ix) : ttp_error(t, TTP_BAD_INPUT, TTP_NO_CA, t->dir);
    else
        err = open_db(ix, make);
    who_am_i(ix->who, sizeof ix->who);
    if (err) {
        ttp_index_close(ix);
        return err;
    }
    *out = ix;
    return TTP_DONE;
}

void ttp_index_close(struct ttp_index *ix)
{
    if (!ix)
        return;
    sqlite3_close(ix->db);
    free(ix);
}

/*
 * Whoever opened it meanwhile waits for the lock, and finds then that it is no longer the file of that name: SQLite
 * looks.
 */
void ttp_index_unmake(const struct ttp *t)
{
    struct stat st;
    char path[TTP_PATH_CAP];
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    if (!ttp_path(t, "index", "db", path) || lstat(path, &st) || !S_ISREG(st.st_mode))
        return;
    bool gone = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    if (gone && sqlite3_prepare_v2(db, "SELECT 1 FROM audit", -1, &s, NULL) == SQLITE_OK)
        gone = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    if (gone)
        (void)unlink(path);
    sqlite3_close(db);
}

int ttp_index_begin(struct ttp_index *ix)
{
    return exec(ix, "BEGIN IMMEDIATE");
}

int ttp_index_commit(struct ttp_index *ix)
{
    return exec(ix, "COMMIT");
}

void ttp_index_rollback(struct ttp_index *ix)
{
    if (ix && !sqlite3_get_autocommit(ix->db))
        sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
}

/* --- writing --- */

int ttp_index_audit(struct ttp_index *ix, const char *action, const char *serial, const char *detail)
{
    return ttp_index_finish(
        ix, ttp_index_prepare(ix, "INSERT INTO audit(at, who, action, serial, detail) VALUES(?, ?, ?, ?, ?)", "issss",
                              ix->t->now, ix->who, action, serial, detail));
}

static int add_name(struct ttp_index *ix, const char *serial, const char *name, size_t len)
{
    char text[1024];
    snprintf(text, sizeof text, "%.*s", (int)len, name);
    return ttp_index_finish(ix,
                            ttp_index_prepare(ix, "INSERT INTO names(serial, name) VALUES(?, ?)", "ss", serial, text));
}

/* Findable by the common name, and by each name with and without its kind. */
static int add_names(struct ttp_index *ix, const struct ttp_row *row)
{
    int err = add_name(ix, row->serial, row->cn, strlen(row->cn));
    for (const char *p = row->names; *p && !err;) {
        size_t n = strcspn(p, " "), kind = strcspn(p, ":");
        err = add_name(ix, row->serial, p, n);
        if (!err && kind < n)
            err = add_name(ix, row->serial, p + kind + 1, n - kind - 1);
        p += n + (p[n] == ' ');
    }
    return err;
}

/*
 * What lies in DIR is kept as relative to it: a directory that was moved, or a copy of it, must not renew the files of
 * the one it comes from.
 */
static const char *relative(const struct ttp_index *ix, const char *prefix)
{
    bool within = strncmp(prefix, ix->path, ix->dir_len) == 0 && prefix[ix->dir_len];
    return within ? prefix + ix->dir_len : prefix;
}

int ttp_index_add(struct ttp_index *ix, const struct ttp_row *row, const char *action, const char *detail)
{
    int err = ttp_index_finish(
        ix, ttp_index_prepare(
                ix,
                "INSERT INTO certificates(serial, issuer, cn, names, profile, key_type, fingerprint, prefix, replaces,"
                " not_before, not_after, issued, der) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                "sssssssssiiib", row->serial, row->issuer, row->cn, row->names, row->profile, row->key_type,
                row->fingerprint, relative(ix, row->prefix), row->replaces, row->not_before, row->not_after,
                row->issued, row->der));
    if (!err)
        err = add_names(ix, row);
    return err ? err : ttp_index_audit(ix, action, row->serial, detail);
}

int ttp_index_revoke(struct ttp_index *ix, const char *serial, int64_t at, int reason, const char *detail)
{
    int err = ttp_index_finish(
        ix, ttp_index_prepare(ix, "INSERT INTO revocations(serial, revoked, reason) VALUES(?, ?, ?)", "sii", serial,
                              at ? at : 1, (int64_t)reason)); /* a second late where the clock begins: 0 says never */
    return err ? err : ttp_index_audit(ix, "revoke", serial, detail);
}
