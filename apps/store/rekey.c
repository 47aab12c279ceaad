/*
 * Another key of the vault for a whole database. Bodies are sealed anew a batch at a time, so that neither memory nor the write-ahead log grows with the
 * mailbox; whoever is interrupted begins again at the front and finds out by opening what is done. The name of the key in the database changes last.
 */
#include "apps/rewrap.h"
#include "apps/store/sqlite.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_ROWS = 500, BATCH_BYTES = 4 << 20 };

static enum sw_err reseal(struct sw_store *s, int64_t cursor, const uint8_t *sealed, size_t len)
{
    sqlite3_stmt *st = db_get(s, RESEAL);
    sqlite3_bind_int64(st, 1, cursor);
    sqlite3_bind_blob64(st, 2, sealed, len, SQLITE_STATIC);
    return db_run(s, st);
}

/* The message a statement stands on. */
static enum sw_err rewrap_row(struct sw_store *s, struct rewrap *r, sqlite3_stmt *st, size_t *len, bool *changed)
{
    struct sw_mail m = {.cursor = sqlite3_column_int64(st, 0)};
    char name[SEAL_NAME_MAX], what[SW_MAIL_ID_MAX + 8];
    db_text(st, 1, m.id, sizeof m.id);
    db_text(st, 2, m.recipient, sizeof m.recipient);
    *len = (size_t)sqlite3_column_bytes(st, 3);
    uint8_t *out = malloc(*len + 1);
    if (!out)
        return SW_ERR_MEMORY;
    row_seal_name(&m, name);
    enum sw_err err = rewrap_seal(r, name, sqlite3_column_blob(st, 3), *len, out, changed);
    sqlite3_reset(st);
    if (err == SW_ERR_CRYPTO) {
        snprintf(what, sizeof what, "message %s", m.id);
        rewrap_unreadable(r, "mail.db", what);
        err = SW_OK;
    }
    if (err == SW_OK && *changed)
        err = reseal(s, m.cursor, out, *len);
    free(out);
    return err;
}

/* Some messages above *cursor, in a transaction that is open; *more: there may be others. */
static enum sw_err rewrap_some(struct sw_store *s, struct rewrap *r, int64_t *cursor, unsigned long *changed,
                               bool *more)
{
    size_t bytes = 0, len;
    enum sw_err err = SW_OK;
    *more = true;
    for (int i = 0; i < BATCH_ROWS && bytes < BATCH_BYTES && !err; i++) {
        bool this = false;
        sqlite3_stmt *st = db_get(s, SEALED_AFTER);
        if (!st)
            return db_fail(s);
        sqlite3_bind_int64(st, 1, *cursor);
        int rc = sqlite3_step(st);
        *more = rc == SQLITE_ROW;
        if (!*more) {
            err = rc == SQLITE_DONE ? SW_OK : db_fail(s);
            db_done(st);
            return err;
        }
        *cursor = sqlite3_column_int64(st, 0);
        err = rewrap_row(s, r, st, &len, &this);
        *changed += this;
        bytes += len;
    }
    return err;
}

static enum sw_err rewrap_all(struct sw_store *s, struct rewrap *r)
{
    int64_t cursor = INT64_MIN;
    bool more = true;
    while (more) {
        unsigned long changed = 0;
        enum sw_err err = db_begin(s);
        if (err)
            return err;
        err = db_finish(s, rewrap_some(s, r, &cursor, &changed, &more));
        if (err)
            return err;
        r->changed += changed;
    }
    return SW_OK;
}

/* Which key the database says it is sealed with. */
static enum sw_err check_owner(struct sw_store *s, const struct rewrap *r, bool *done)
{
    sqlite3_stmt *st = db_get(s, VAULT);
    if (!st)
        return db_fail(s);
    uint8_t id[sizeof r->from->id] = {0};
    if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == (int)sizeof id)
        memcpy(id, sqlite3_column_blob(st, 0), sizeof id);
    db_done(st);
    *done = r->to && memcmp(id, r->to->id, sizeof id) == 0;
    return *done || memcmp(id, r->from->id, sizeof id) == 0 ? SW_OK : SW_ERR_KEY_MISMATCH;
}

static enum sw_err sign_over(struct sw_store *s, const struct rewrap *r, int64_t now)
{
    struct sw_mail about = {0};
    enum sw_err err = db_begin(s);
    if (err)
        return err;
    sqlite3_stmt *st = db_get(s, SET_VAULT);
    sqlite3_bind_blob(st, 1, r->to->id, sizeof r->to->id, SQLITE_STATIC);
    err = db_run(s, st);
    for (size_t i = 0; i < sizeof r->to->id; i++)
        snprintf(about.id + 2 * i, 3, "%02x", r->to->id[i]);
    if (err == SW_OK)
        err = row_audit(s, "rekeyed", &about, NULL, now);
    return db_finish(s, err);
}

static enum sw_err rekey(struct sw_store *s, struct rewrap *r, int64_t now)
{
    int64_t version = 0;
    bool done = false;
    enum sw_err err = db_version(s, &version);
    if (err || version == 0) /* nothing was ever in it */
        return err;
    err = version > SCHEMA ? SW_ERR_UNSUPPORTED : check_owner(s, r, &done);
    if (err == SW_OK)
        err = rewrap_all(s, r);
    if (err == SW_OK && r->to && !done)
        err = sign_over(s, r, now);
    if (err == SW_OK && r->to) /* what was sealed under the old key goes from the log as well */
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return err;
}

enum sw_err sw_store_rekey(const char *path, struct rewrap *r, int64_t now, const char **why)
{
    *why = "out of memory";
    if (access(path, F_OK)) /* a server that only ever had files */
        return SW_OK;
    struct sw_store *s = calloc(1, sizeof *s);
    if (!s)
        return SW_ERR_MEMORY;
    enum sw_err err = db_open(s, path, false);
    if (err == SW_OK)
        err = rekey(s, r, now);
    if (err)
        *why = db_explain(s, err, path);
    sw_store_close(s);
    return err;
}
