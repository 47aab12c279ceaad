/* Asking: receipts, lists, the directory. */
#include "apps/store/db.h"
#include <stdlib.h>
#include <string.h>

enum sw_err sw_store_receipt(struct sw_store *store, const char *sender, const char *id, int64_t now,
                             struct sw_mail *out)
{
    struct row row;
    enum sw_err err = row_by_id(store, id, &row);
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
    bool more = true;
    enum sw_err err = db_ask(store, WAITING, db_text(recipient), db_number(now));
    while (err == SW_OK && more && (err = db_next(store, WAITING)) == SW_OK) {
        row_read(store, WAITING, &row);
        more = each(ctx, &row.mail);
    }
    return db_end(store, WAITING, err);
}

enum sw_err sw_store_learn(struct sw_store *store, const char *name, const uint8_t cert[32], const char *chain,
                           int64_t seen)
{
    return db_run(store, LEARN, db_text(name), db_cert(cert), db_text(chain), db_number(seen));
}

enum sw_err sw_store_chains_of(struct sw_store *store, const char *name, bool (*each)(void *ctx, const char *chain),
                               void *ctx)
{
    bool more = true, any = false;
    enum sw_err err = db_ask(store, CHAINS_OF, db_text(name), db_number(SW_DEVICES_MAX));
    for (; err == SW_OK && more && (err = db_next(store, CHAINS_OF)) == SW_OK; any = true)
        more = each(ctx, store->driver->column(store, CHAINS_OF, 0).p);
    err = db_end(store, CHAINS_OF, err);
    return err || any ? err : SW_ERR_NOT_FOUND;
}
