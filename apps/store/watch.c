/*
 * Who watches hears of each change: of ours at once, of those of other processes by the notices of a database that is shared. A notice may be
 * lost (its sender was killed between the commit and it, or a connection broke), so what is new is asked for now and then as well.
 */
#include "apps/store/db.h"

void sw_store_on_change(struct sw_store *store, void (*changed)(void *ctx, const struct sw_mail *mail, bool here),
                        void *ctx)
{
    store->changed = changed;
    store->changed_ctx = ctx;
}

void row_tell(struct sw_store *s, const struct sw_mail *m)
{
    struct sw_mail told = *m;
    told.body = NULL;
    told.body_len = 0;
    if (s->driver->tell)
        s->driver->tell(s, &told);
    if (s->changed)
        s->changed(s->changed_ctx, &told, true);
}

void db_hear(struct sw_store *s, const struct sw_mail *m)
{
    if (s->changed)
        s->changed(s->changed_ctx, m, false);
}

bool sw_store_watch(const struct sw_store *store, int *fd)
{
    *fd = store->driver->watch ? store->driver->watch(store) : -1;
    return store->driver->look != NULL;
}

/*
 * What has come since the look before the last one. Numbers are given before they are committed, so a message may turn up below one that was seen
 * already; no transaction takes as long as two looks.
 */
static enum sw_err ask_since(struct sw_store *s)
{
    int64_t newest;
    enum sw_err err = db_number_asked(s, NEWEST, s->seen, &newest, db_ask_values(s, NEWEST, NULL, 0));
    if (err || s->looked == 0) { /* the first time: who comes from now on asks for himself */
        s->before = s->seen = err ? 0 : newest;
        return err;
    }
    err = db_ask(s, SINCE, db_number(s->before));
    while (err == SW_OK && (err = db_next(s, SINCE)) == SW_OK) {
        struct sw_mail m = {.cursor = db_get(s, SINCE, 0), .state = SW_MAIL_QUEUED, .expires = db_get(s, SINCE, 3)};
        db_get_text(s, SINCE, 1, m.id, sizeof m.id);
        db_get_text(s, SINCE, 2, m.recipient, sizeof m.recipient);
        db_hear(s, &m);
    }
    err = db_end(s, SINCE, err);
    if (err == SW_OK) {
        s->before = s->seen;
        s->seen = newest;
    }
    return err;
}

enum sw_err sw_store_look(struct sw_store *store, int64_t now)
{
    if (!store->driver->look)
        return SW_OK;
    enum sw_err err = store->driver->look(store);
    if (err || (now >= store->looked && now - store->looked < SW_STORE_LOOK))
        return err;
    err = ask_since(store);
    if (err == SW_OK)
        store->looked = now;
    return err;
}
