/* Time: what has expired ends, what ended long ago is forgotten. */
#include "apps/store/sqlite.h"

enum { KEEP_ENDED = 7 * 86400 };

static enum sw_err end_first_overdue(struct sw_store *s, int64_t now, struct sw_mail *out)
{
    struct row row;
    sqlite3_stmt *st = db_get(s, OVERDUE);
    sqlite3_bind_int64(st, 1, now);
    enum sw_err err = row_one(s, st, &row);
    *out = row.mail;
    return err ? err : row_end(s, out, SW_MAIL_EXPIRED, NULL, now);
}

static enum sw_err forget(struct sw_store *s, int64_t now)
{
    sqlite3_stmt *st = db_get(s, FORGET);
    sqlite3_bind_int64(st, 1, now - KEEP_ENDED);
    sqlite3_bind_int64(st, 2, now);
    return db_run(s, st);
}

enum sw_err sw_store_sweep(struct sw_store *store, int64_t now, int64_t *next)
{
    struct sw_mail mail;
    enum sw_err err = db_number(store, db_get(store, NEXT_EXPIRY), INT64_MAX, next);
    while (err == SW_OK && *next <= now) {
        err = db_begin(store);
        if (err == SW_OK)
            err = db_finish(store, end_first_overdue(store, now, &mail));
        if (err == SW_OK)
            row_tell(store, &mail);
        if (err == SW_ERR_NOT_FOUND) /* another process was faster */
            err = SW_OK;
        if (err == SW_OK)
            err = db_number(store, db_get(store, NEXT_EXPIRY), INT64_MAX, next);
    }
    return err ? err : forget(store, now);
}
