/*
 * Licences: rows sealed under the names of their holder and track, so that a row that was changed, or copied from somebody else's, opens no more. What happens to one
 * of them takes turns by these names; the numbers are nowhere but in what is sealed, so SQL alone could not count.
 */
#include "apps/store/db.h"
#include "base/bytes.h"
#include <stdio.h>
#include <string.h>

void licence_seal_name(const struct sw_licence *a, char out[LICENCE_NAME_MAX])
{
    snprintf(out, LICENCE_NAME_MAX, "licence %s %s", a->holder, a->track);
}

bool licence_name(struct sw_licence *a, const char *holder, const char *track)
{
    *a = (struct sw_licence){0};
    return snprintf(a->holder, sizeof a->holder, "%s", holder) < (int)sizeof a->holder &&
           snprintf(a->track, sizeof a->track, "%s", track) < (int)sizeof a->track;
}

bool licence_read(struct sw_store *s, enum query q, struct sw_licence *out, struct db_value *sealed)
{
    struct db_value holder = s->driver->column(s, q, 0), track = s->driver->column(s, q, 1);
    *sealed = s->driver->column(s, q, 2);
    return holder.type == DB_TEXT && track.type == DB_TEXT && licence_name(out, holder.p, track.p);
}

static enum sw_err unseal(struct sw_store *s, struct sw_licence *a, struct db_value sealed)
{
    uint8_t plain[LICENCE_PLAIN];
    char name[LICENCE_NAME_MAX];
    if (sealed.type != DB_BYTES || sealed.len != LICENCE_SEALED)
        return SW_ERR_CRYPTO;
    licence_seal_name(a, name);
    enum sw_err err = sw_vault_unseal(&s->vault, name, sealed.p, sealed.len, plain);
    if (err)
        return err;
    struct sw_reader r = sw_reader_of(plain, sizeof plain);
    a->plays = (int64_t)sw_read_u64(&r);
    a->granted = (int64_t)sw_read_u64(&r);
    a->until = (int64_t)sw_read_u64(&r);
    return SW_OK;
}

static enum sw_err put(struct sw_store *s, const struct sw_licence *a)
{
    uint8_t plain[LICENCE_PLAIN], sealed[LICENCE_SEALED];
    char name[LICENCE_NAME_MAX];
    struct sw_writer w = sw_writer_of(plain, sizeof plain);
    sw_write_u64(&w, (uint64_t)a->plays);
    sw_write_u64(&w, (uint64_t)a->granted);
    sw_write_u64(&w, (uint64_t)a->until);
    licence_seal_name(a, name);
    enum sw_err err = sw_vault_seal(&s->vault, name, plain, sizeof plain, sealed);
    return err ? err : db_run(s, PUT_LICENCE, db_text(a->holder), db_text(a->track), db_bytes(sealed, sizeof sealed));
}

enum sw_err sw_store_licence(struct sw_store *store, const char *holder, const char *track, struct sw_licence *out)
{
    if (!licence_name(out, holder, track))
        return SW_ERR_ARGUMENT;
    enum sw_err err = db_ask(store, LICENCE, db_text(out->holder), db_text(out->track));
    if (err == SW_OK)
        err = db_next(store, LICENCE);
    if (err == SW_OK)
        err = unseal(store, out, store->driver->column(store, LICENCE, 0));
    db_done(store, LICENCE);
    return err;
}

/* The same at the beginning of a transaction in which it may change. */
static enum sw_err find_locked(struct sw_store *s, const char *holder, const char *track, struct sw_licence *out)
{
    char turn[LICENCE_NAME_MAX];
    if (!licence_name(out, holder, track))
        return SW_ERR_ARGUMENT;
    licence_seal_name(out, turn);
    enum sw_err err = db_begin(s, turn);
    return err ? err : sw_store_licence(s, holder, track, out);
}

static bool name_player(const char *holder, const char *track, char out[LICENCE_NAME_MAX])
{
    struct sw_licence a;
    return licence_name(&a, holder, track) &&
           snprintf(out, LICENCE_NAME_MAX, "player %s %s", holder, track) < LICENCE_NAME_MAX;
}

enum sw_err sw_store_begin_player(struct sw_store *store, const char *holder, const char *track)
{
    char name[LICENCE_NAME_MAX];
    if (!name_player(holder, track, name))
        return SW_ERR_ARGUMENT;
    return store->driver->hold ? store->driver->hold(store, name) : SW_OK;
}

void sw_store_end_player(struct sw_store *store, const char *holder, const char *track)
{
    char name[LICENCE_NAME_MAX];
    if (store->driver->let_go && name_player(holder, track, name))
        store->driver->let_go(store, name);
}

enum sw_err sw_store_play(struct sw_store *store, const char *holder, const char *track, int64_t first, int64_t window,
                          int64_t now, struct sw_licence *out, bool *fresh)
{
    *fresh = false;
    enum sw_err err = find_locked(store, holder, track, out);
    if (err == SW_ERR_NOT_FOUND && first > 0) {
        out->plays = out->granted = first;
        err = SW_OK;
    }
    /* the same play; without a window there is none that goes on, though another server's clock was read a moment later than this one's */
    if (err == SW_OK && window > 0 && now < out->until)
        return db_finish(store, SW_OK);
    if (err == SW_OK && out->plays <= 0)
        err = SW_ERR_STATE;
    if (err == SW_OK) {
        out->plays--;
        out->until = now + window;
        err = put(store, out);
    }
    err = db_finish(store, err);
    *fresh = err == SW_OK;
    return err;
}

/* So many from now on, in the transaction that is open. */
static enum sw_err grant(struct sw_store *s, struct sw_licence *a, int64_t plays)
{
    a->granted += plays - a->plays;
    a->plays = plays;
    return put(s, a);
}

enum sw_err sw_store_set_licence(struct sw_store *store, const char *holder, const char *track, int64_t plays)
{
    struct sw_licence a;
    enum sw_err err = find_locked(store, holder, track, &a);
    if (err == SW_OK || err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO)
        err = grant(store, &a, plays);
    return db_finish(store, err);
}

enum sw_err sw_store_renew(struct sw_store *store, const char *holder, const char *track, int64_t plays, bool again,
                           struct sw_licence *out)
{
    enum sw_err err = find_locked(store, holder, track, out);
    if (err == SW_OK)
        err = out->plays > 0 ? SW_ERR_EXISTS : again ? SW_OK : SW_ERR_STATE;
    if (err == SW_OK || err == SW_ERR_NOT_FOUND)
        err = grant(store, out, plays);
    return db_finish(store, err);
}

enum sw_err sw_store_licences(struct sw_store *store, bool (*each)(void *ctx, const struct sw_licence *licence),
                              void *ctx)
{
    struct db_value sealed;
    bool more = true;
    enum sw_err err = db_ask_values(store, LICENCES, NULL, 0);
    while (err == SW_OK && more && (err = db_next(store, LICENCES)) == SW_OK) {
        struct sw_licence a;
        if (!licence_read(store, LICENCES, &a, &sealed) || unseal(store, &a, sealed))
            a.plays = -1;
        more = each(ctx, &a);
    }
    return db_end(store, LICENCES, err);
}
