/* Time: what has expired ends, what ended long ago is forgotten. */
#include "apps/store/db.h"

enum { KEEP_ENDED = 7 * 86400 };

/* What the first one is may change until it is our turn at it: then it is left alone. */
static enum sw_err end_first_overdue(struct sw_store *s, int64_t now)
{
    struct row row;
    enum sw_err err = row_one(s, OVERDUE, &row, db_number(now));
    if (err)
        return err;
    err = db_begin(s, row.mail.recipient);
    if (err)
        return err;
    err = row_by_id(s, row.mail.id, &row);
    if (err == SW_OK)
        err = row.mail.ended ? SW_ERR_NOT_FOUND : row_end(s, &row.mail, SW_MAIL_EXPIRED, NULL, now);
    err = db_finish(s, err);
    if (err == SW_OK)
        row_tell(s, &row.mail);
    return err;
}

static enum sw_err next_expiry(struct sw_store *s, int64_t *out)
{
    return db_number_asked(s, NEXT_EXPIRY, INT64_MAX, out, db_ask_values(s, NEXT_EXPIRY, NULL, 0));
}

enum sw_err sw_store_sweep(struct sw_store *store, int64_t now, int64_t *next)
{
    enum sw_err err = next_expiry(store, next);
    while (err == SW_OK && *next <= now) {
        err = end_first_overdue(store, now);
        if (err == SW_ERR_NOT_FOUND) /* another process was faster */
            err = SW_OK;
        if (err == SW_OK)
            err = next_expiry(store, next);
    }
    return err ? err : db_run(store, FORGET, db_number(now - KEEP_ENDED), db_number(now));
}
