#include "apps/media/licence.h"
#include "base/bytes.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 5000, PLAIN = 24, SEALED = PLAIN + SW_VAULT_EXTRA, WHY_MAX = 256, BATCH = 1000 };

struct licences {
    sqlite3 *db;
    struct sw_vault *vault;
    char why[WHY_MAX];
};

static enum sw_err fail(struct licences *l)
{
    snprintf(l->why, sizeof l->why, "%s", sqlite3_errmsg(l->db));
    return SW_ERR_SYSTEM;
}

static enum sw_err execute(struct licences *l, const char *sql)
{
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SW_OK : fail(l);
}

enum sw_err licences_open(struct licences **out, struct sw_vault *vault, const char *path)
{
    struct licences *l = calloc(1, sizeof *l);
    *out = l;
    if (!l)
        return SW_ERR_MEMORY;
    l->vault = vault;
    mode_t before = umask(077);
    int rc = sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    umask(before);
    if (rc != SQLITE_OK)
        return l->db ? fail(l) : SW_ERR_MEMORY;
    sqlite3_busy_timeout(l->db, BUSY_MS);
    return execute(
        l, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
           "CREATE TABLE IF NOT EXISTS licence (holder TEXT NOT NULL, track TEXT NOT NULL, sealed BLOB NOT NULL,"
           " PRIMARY KEY (holder, track)) WITHOUT ROWID");
}

void licences_close(struct licences *l)
{
    if (l)
        sqlite3_close(l->db);
    free(l);
}

const char *licences_why(const struct licences *l)
{
    return l->why;
}

/* --- rows --------------------------------------------------------------------------------------------------------------- */

static void seal_name(const struct licence *a, char out[LICENCE_HOLDER_MAX + LICENCE_TRACK_MAX + 16])
{
    snprintf(out, LICENCE_HOLDER_MAX + LICENCE_TRACK_MAX + 16, "licence %s %s", a->holder, a->track);
}

static enum sw_err unseal(struct licences *l, struct licence *a, const void *p, size_t len)
{
    uint8_t plain[PLAIN];
    char name[LICENCE_HOLDER_MAX + LICENCE_TRACK_MAX + 16];
    seal_name(a, name);
    enum sw_err err = len == SEALED ? sw_vault_unseal(l->vault, name, p, len, plain) : SW_ERR_CRYPTO;
    if (err)
        return err;
    struct sw_reader r = sw_reader_of(plain, sizeof plain);
    a->plays = (int64_t)sw_read_u64(&r);
    a->granted = (int64_t)sw_read_u64(&r);
    a->until = (int64_t)sw_read_u64(&r);
    return SW_OK;
}

static void name_licence(struct licence *a, const char *holder, const char *track)
{
    *a = (struct licence){0};
    snprintf(a->holder, sizeof a->holder, "%s", holder);
    snprintf(a->track, sizeof a->track, "%s", track);
}

enum sw_err licences_get(struct licences *l, const char *holder, const char *track, struct licence *out)
{
    sqlite3_stmt *st;
    name_licence(out, holder, track);
    if (sqlite3_prepare_v2(l->db, "SELECT sealed FROM licence WHERE holder = ?1 AND track = ?2", -1, &st, NULL))
        return fail(l);
    sqlite3_bind_text(st, 1, out->holder, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, out->track, -1, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    enum sw_err err = rc == SQLITE_ROW ? unseal(l, out, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0))
                      : rc == SQLITE_DONE ? SW_ERR_NOT_FOUND
                                          : fail(l);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err put(struct licences *l, const struct licence *a)
{
    uint8_t plain[PLAIN], sealed[SEALED];
    char name[LICENCE_HOLDER_MAX + LICENCE_TRACK_MAX + 16];
    struct sw_writer w = sw_writer_of(plain, sizeof plain);
    sqlite3_stmt *st;
    sw_write_u64(&w, (uint64_t)a->plays);
    sw_write_u64(&w, (uint64_t)a->granted);
    sw_write_u64(&w, (uint64_t)a->until);
    seal_name(a, name);
    enum sw_err err = sw_vault_seal(l->vault, name, plain, sizeof plain, sealed);
    if (err)
        return err;
    if (sqlite3_prepare_v2(l->db, "INSERT OR REPLACE INTO licence VALUES (?1, ?2, ?3)", -1, &st, NULL))
        return fail(l);
    sqlite3_bind_text(st, 1, a->holder, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, a->track, -1, SQLITE_STATIC);
    sqlite3_bind_blob(st, 3, sealed, sizeof sealed, SQLITE_STATIC);
    err = sqlite3_step(st) == SQLITE_DONE ? SW_OK : fail(l);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err finish(struct licences *l, enum sw_err err)
{
    if (err == SW_OK)
        return execute(l, "COMMIT");
    if (!sqlite3_get_autocommit(l->db))
        sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* --- plays -------------------------------------------------------------------------------------------------------------- */

enum sw_err licences_play(struct licences *l, const char *holder, const char *track, int64_t first, int64_t window,
                          int64_t now, struct licence *out, bool *fresh)
{
    enum sw_err err = execute(l, "BEGIN IMMEDIATE");
    *fresh = false;
    if (err)
        return err;
    err = licences_get(l, holder, track, out);
    if (err == SW_ERR_NOT_FOUND && first > 0) {
        out->plays = out->granted = first;
        err = SW_OK;
    }
    if (err == SW_OK && now < out->until)
        return finish(l, SW_OK); /* the same play */
    if (err == SW_OK && out->plays <= 0)
        err = SW_ERR_STATE;
    if (err == SW_OK) {
        out->plays--;
        out->until = now + window;
        *fresh = true;
        err = put(l, out);
    }
    return finish(l, err);
}

enum sw_err licences_set(struct licences *l, const char *holder, const char *track, int64_t plays)
{
    struct licence a;
    enum sw_err err = execute(l, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = licences_get(l, holder, track, &a);
    if (err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO) /* what was changed is made good by this */
        err = SW_OK;
    if (err == SW_OK) {
        a.granted += plays - a.plays;
        a.plays = plays;
        err = put(l, &a);
    }
    return finish(l, err);
}

enum sw_err licences_each(struct licences *l, void (*each)(void *ctx, const struct licence *licence), void *ctx)
{
    sqlite3_stmt *st;
    int rc;
    if (sqlite3_prepare_v2(l->db, "SELECT holder, track, sealed FROM licence ORDER BY holder, track", -1, &st, NULL))
        return fail(l);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct licence a;
        name_licence(&a, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1));
        if (unseal(l, &a, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)))
            a.plays = -1;
        each(ctx, &a);
    }
    enum sw_err err = rc == SQLITE_DONE ? SW_OK : fail(l);
    sqlite3_finalize(st);
    return err;
}

/* --- another key of the vault ------------------------------------------------------------------------------------------- */

static enum sw_err reseal(struct licences *l, const struct licence *a, const uint8_t *sealed, size_t len)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(l->db, "UPDATE licence SET sealed = ?3 WHERE holder = ?1 AND track = ?2", -1, &st, NULL))
        return fail(l);
    sqlite3_bind_text(st, 1, a->holder, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, a->track, -1, SQLITE_STATIC);
    sqlite3_bind_blob(st, 3, sealed, (int)len, SQLITE_STATIC);
    enum sw_err err = sqlite3_step(st) == SQLITE_DONE ? SW_OK : fail(l);
    sqlite3_finalize(st);
    return err;
}

static enum sw_err rewrap_row(struct licences *l, struct rewrap *r, const struct licence *a, const void *p, size_t len,
                              unsigned long *changed)
{
    uint8_t sealed[SEALED];
    char name[LICENCE_HOLDER_MAX + LICENCE_TRACK_MAX + 16];
    bool this = false;
    seal_name(a, name);
    enum sw_err err = len == SEALED ? rewrap_seal(r, name, p, len, sealed, &this) : SW_ERR_CRYPTO;
    if (err == SW_ERR_CRYPTO) {
        rewrap_unreadable(r, "media.db", name);
        return SW_OK;
    }
    if (err == SW_OK && this)
        err = reseal(l, a, sealed, sizeof sealed);
    *changed += err == SW_OK && this;
    return err;
}

static bool is_behind(const struct licence *a, const struct licence *last)
{
    int order = strcmp(a->holder, last->holder);
    return order > 0 || (order == 0 && strcmp(a->track, last->track) > 0);
}

/* Some licences behind *last, in a transaction that is open; *more: there may be others. */
static enum sw_err rewrap_some(struct licences *l, struct rewrap *r, struct licence *last, unsigned long *changed,
                               bool *more)
{
    sqlite3_stmt *st;
    enum sw_err err = SW_OK;
    *more = true;
    if (sqlite3_prepare_v2(l->db,
                           "SELECT holder, track, sealed FROM licence WHERE (holder, track) > (?1, ?2)"
                           " ORDER BY holder, track LIMIT 1",
                           -1, &st, NULL))
        return fail(l);
    for (int i = 0; i < BATCH && *more && !err; i++) {
        struct licence a = *last;
        sqlite3_bind_text(st, 1, last->holder, -1, SQLITE_STATIC);
        sqlite3_bind_text(st, 2, last->track, -1, SQLITE_STATIC);
        int rc = sqlite3_step(st);
        *more = rc == SQLITE_ROW;
        if (rc == SQLITE_ROW) {
            name_licence(&a, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1));
            if (!is_behind(&a,
                           last)) { /* a name that was not written here and did not fit: it would come again for ever */
                snprintf(l->why, sizeof l->why, "a licence of %s has no name of a licence", a.holder);
                err = SW_ERR_SYSTEM;
                break;
            }
            err = rewrap_row(l, r, &a, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2), changed);
        } else if (rc != SQLITE_DONE) {
            err = fail(l);
        }
        sqlite3_reset(st);
        *last = a;
    }
    sqlite3_finalize(st);
    return err;
}

enum sw_err licences_rekey(struct licences *l, struct rewrap *r)
{
    struct licence last = {0};
    bool more = true;
    enum sw_err err = execute(l, "PRAGMA secure_delete = ON");
    while (more && !err) {
        unsigned long changed = 0;
        err = execute(l, "BEGIN IMMEDIATE");
        if (err == SW_OK)
            err = finish(l, rewrap_some(l, r, &last, &changed, &more));
        if (err == SW_OK)
            r->changed += changed;
    }
    if (err == SW_OK && r->to)
        sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return err;
}
