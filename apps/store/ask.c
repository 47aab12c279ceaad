/* Asking: receipts, lists, the directory. */
#include "apps/store/sqlite.h"
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
    int rc;
    bool more = true;
    sqlite3_stmt *st = db_get(store, WAITING);
    if (!st)
        return db_fail(store);
    db_put_text(st, 1, recipient);
    sqlite3_bind_int64(st, 2, now);
    while (more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        row_read(st, &row);
        more = each(ctx, &row.mail);
    }
    enum sw_err err = !more || rc == SQLITE_DONE ? SW_OK : db_fail(store);
    db_done(st);
    return err;
}

enum sw_err sw_store_learn(struct sw_store *store, const char *name, const uint8_t cert[32], const char *chain,
                           int64_t seen)
{
    sqlite3_stmt *st = db_get(store, LEARN);
    db_put_text(st, 1, name);
    db_put_cert(st, 2, cert);
    db_put_text(st, 3, chain);
    sqlite3_bind_int64(st, 4, seen);
    return db_run(store, st);
}

static enum sw_err chains(struct sw_store *s, const char *name, int most, bool (*each)(void *ctx, const char *chain),
                          void *ctx)
{
    sqlite3_stmt *st = db_get(s, CHAINS_OF);
    bool more = true, any = false;
    int rc = SQLITE_DONE;
    if (!st)
        return db_fail(s);
    db_put_text(st, 1, name);
    sqlite3_bind_int(st, 2, most);
    for (; more && (rc = sqlite3_step(st)) == SQLITE_ROW; any = true)
        more = each(ctx, (const char *)sqlite3_column_text(st, 0));
    enum sw_err err = more && rc != SQLITE_DONE ? db_fail(s) : any ? SW_OK : SW_ERR_NOT_FOUND;
    db_done(st);
    return err;
}

enum sw_err sw_store_chains_of(struct sw_store *store, const char *name, bool (*each)(void *ctx, const char *chain),
                               void *ctx)
{
    return chains(store, name, SW_DEVICES_MAX, each, ctx);
}

static bool copy_chain(void *ctx, const char *chain)
{
    char **out = ctx;
    *out = strdup(chain);
    return true;
}

enum sw_err sw_store_chain_of(struct sw_store *store, const char *name, char **out)
{
    *out = NULL;
    enum sw_err err = chains(store, name, 1, copy_chain, out);
    return err == SW_OK && !*out ? SW_ERR_MEMORY : err;
}
