/*
 * Licences: rows sealed under the names of their holder and track, so that a row that was changed, or copied from
 * somebody else's, opens no more. What happens to one of them takes turns by these names; the numbers are nowhere but
 * in what is sealed, so SQL alone could not count. The name of the person is beside it, to be found by, and inside, to
 * be believed.
 *   Who has which licence is found out in a turn of the person's, so that two certificates of one name that come first
 * at two servers make one licence.
 */
#include "apps/store/db.h"
#include "base/bytes.h"
#include <stdio.h>
#include <string.h>

enum { OLDER = 24 /* without all that stands behind the first three numbers */, REVOKED = 1 };

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
    if (holder.type != DB_TEXT || track.type != DB_TEXT || !licence_name(out, holder.p, track.p))
        return false;
    db_get_text(s, q, 3, out->name, sizeof out->name);
    return true;
}

/* What was sealed, into a licence of that holder and track; false if it says another name than stands beside it. */
static bool decode(struct sw_licence *a, const uint8_t *plain, size_t len)
{
    struct sw_reader r = sw_reader_of(plain, len);
    struct sw_licence b = *a;
    b.plays = (int64_t)sw_read_u64(&r);
    b.granted = (int64_t)sw_read_u64(&r);
    b.until = (int64_t)sw_read_u64(&r);
    if (len > OLDER) {
        b.ends = (int64_t)sw_read_u64(&r);
        b.streams = sw_read_u32(&r);
        b.revoked = sw_read_u32(&r) & REVOKED;
    }
    struct sw_slice name = sw_read_rest(&r);
    if (!sw_reader_end(&r) || name.len >= sizeof b.name)
        return false;
    snprintf(b.name, sizeof b.name, "%.*s", (int)name.len, (const char *)name.p);
    if (*a->name && strcmp(a->name, b.name) != 0)
        return false;
    *a = b;
    return true;
}

static enum sw_err unseal(struct sw_store *s, struct sw_licence *a, struct db_value sealed)
{
    uint8_t plain[LICENCE_PLAIN_MAX];
    char name[LICENCE_NAME_MAX];
    if (sealed.type != DB_BYTES || sealed.len < OLDER + SW_VAULT_EXTRA || sealed.len > sizeof plain + SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    licence_seal_name(a, name);
    enum sw_err err = sw_vault_unseal(&s->vault, name, sealed.p, sealed.len, plain);
    return err ? err : decode(a, plain, sealed.len - SW_VAULT_EXTRA) ? SW_OK : SW_ERR_CRYPTO;
}

static enum sw_err put(struct sw_store *s, const struct sw_licence *a)
{
    uint8_t plain[LICENCE_PLAIN_MAX], sealed[LICENCE_PLAIN_MAX + SW_VAULT_EXTRA];
    char name[LICENCE_NAME_MAX];
    struct sw_writer w = sw_writer_of(plain, sizeof plain);
    sw_write_u64(&w, (uint64_t)a->plays);
    sw_write_u64(&w, (uint64_t)a->granted);
    sw_write_u64(&w, (uint64_t)a->until);
    sw_write_u64(&w, (uint64_t)a->ends);
    sw_write_u32(&w, a->streams);
    sw_write_u32(&w, a->revoked ? REVOKED : 0);
    sw_write_bytes(&w, a->name, strlen(a->name));
    licence_seal_name(a, name);
    enum sw_err err = w.failed ? SW_ERR_ARGUMENT : sw_vault_seal(&s->vault, name, plain, w.len, sealed);
    return err ? err
               : db_run(s, PUT_LICENCE, db_text(a->holder), db_text(a->track), db_bytes(sealed, w.len + SW_VAULT_EXTRA),
                        db_text(a->name));
}

/* --- finding one -------------------------------------------------------------------------------------------------- */

enum sw_err sw_store_licence(struct sw_store *store, const char *holder, const char *track, struct sw_licence *out)
{
    struct db_value sealed;
    if (!licence_name(out, holder, track))
        return SW_ERR_ARGUMENT;
    enum sw_err err = db_ask(store, LICENCE, db_text(holder), db_text(track));
    if (err == SW_OK)
        err = db_next(store, LICENCE);
    if (err == SW_OK)
        err = licence_read(store, LICENCE, out, &sealed) ? unseal(store, out, sealed) : SW_ERR_CRYPTO;
    db_done(store, LICENCE);
    return err;
}

static enum sw_right right_of(const struct sw_licence *a, int64_t until, int64_t now)
{
    if (a->revoked)
        return SW_RIGHT_REVOKED;
    if (now < until)
        return SW_RIGHT_PLAY;
    if (a->ends && now >= a->ends)
        return SW_RIGHT_ENDED;
    return a->plays > 0 ? SW_RIGHT_PLAY : SW_RIGHT_NONE_LEFT;
}

enum sw_right sw_licence_right(const struct sw_licence *licence, int64_t now)
{
    return right_of(licence, licence->until, now);
}

/* Of the licences of a name the first that allows a play, or else the first one; count receives how many there are. */
static enum sw_err find_named(struct sw_store *s, const char *name, const char *track, int64_t now,
                              struct sw_licence *out, int *count)
{
    struct db_value sealed;
    bool good = false;
    enum sw_err found = SW_ERR_NOT_FOUND, err = db_ask(s, LICENCES_NAMED, db_text(name), db_text(track));
    for (*count = 0; err == SW_OK && (err = db_next(s, LICENCES_NAMED)) == SW_OK; ++*count) {
        struct sw_licence a;
        enum sw_err of = licence_read(s, LICENCES_NAMED, &a, &sealed) ? unseal(s, &a, sealed) : SW_ERR_CRYPTO;
        bool plays = of == SW_OK && sw_licence_right(&a, now) == SW_RIGHT_PLAY;
        if (*count == 0 || (plays && !good) || (of == SW_OK && found != SW_OK)) {
            *out = a;
            found = of;
        }
        good = good || plays;
    }
    err = db_end(s, LICENCES_NAMED, err);
    return err ? err : found;
}

enum sw_err sw_store_find_licence(struct sw_store *store, const struct sw_holder *who, const char *track, int64_t now,
                                  struct sw_licence *out)
{
    int count;
    enum sw_err err = sw_store_licence(store, who->serial, track, out);
    if (err != SW_ERR_NOT_FOUND || !who->name || !*who->name)
        return err;
    err = find_named(store, who->name, track, now, out, &count);
    if (err == SW_ERR_NOT_FOUND)
        (void)licence_name(out, who->serial, track);
    return err;
}

/* A transaction in which the licences of a name for that track may change. */
static enum sw_err begin(struct sw_store *s, const struct sw_holder *who, const char *track)
{
    char turn[LICENCE_NAME_MAX];
    const char *name = who->name && *who->name ? who->name : who->serial;
    if (snprintf(turn, sizeof turn, "licences %s %s", name, track) >= (int)sizeof turn)
        return SW_ERR_ARGUMENT;
    return db_begin(s, turn);
}

/* The one that was found, in its own turn, as it is by then. */
static enum sw_err read_again(struct sw_store *s, struct sw_licence *a)
{
    char turn[LICENCE_NAME_MAX], holder[SW_HOLDER_MAX], track[SW_TRACK_MAX];
    memcpy(holder, a->holder, sizeof holder);
    memcpy(track, a->track, sizeof track);
    licence_seal_name(a, turn);
    enum sw_err err = s->driver->turn(s, turn);
    return err ? err : sw_store_licence(s, holder, track, a);
}

/* The name of whoever came with the holder's certificate, where nobody knew it. */
static bool take_name(struct sw_licence *a, const struct sw_holder *who)
{
    if (*a->name || !who->name || !*who->name)
        return false;
    snprintf(a->name, sizeof a->name, "%s", who->name);
    return true;
}

/* In the transaction that is open: who->serial's or who->name's, with the name that is known now. */
static enum sw_err find_locked(struct sw_store *s, const struct sw_holder *who, const char *track, int64_t now,
                               struct sw_licence *out)
{
    enum sw_err err = sw_store_find_licence(s, who, track, now, out);
    if (err == SW_OK || err == SW_ERR_NOT_FOUND)
        err = read_again(s, out);
    if ((err == SW_OK || err == SW_ERR_NOT_FOUND) && take_name(out, who) && err == SW_OK)
        err = put(s, out);
    return err;
}

enum sw_err licence_set_name(struct sw_store *s, const struct sw_holder *who, const char *track)
{
    struct sw_licence a;
    if (!licence_name(&a, who->serial, track))
        return SW_ERR_ARGUMENT;
    enum sw_err err = read_again(s, &a);
    (void)take_name(&a, who);
    if (err == SW_OK)
        err = put(s, &a);
    return err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO ? SW_OK : err;
}

/* --- plays -------------------------------------------------------------------------------------------------------- */

/* A place for the stream, and a play if none is under way, in the transaction that is open. */
static enum sw_err debit(struct sw_store *s, const struct sw_play *p, struct sw_stream *st, struct sw_licence *a,
                         bool *fresh)
{
    /*
     * without a window there is no play that goes on, though another server's clock was read a moment later than this
     * one's
     */
    int64_t until = p->window > 0 ? a->until : 0;
    st->right = right_of(a, until, p->now);
    if (st->right != SW_RIGHT_PLAY)
        return SW_OK;
    enum sw_err err = stream_begin(s, st, a->streams ? a->streams : p->streams, p->now, &st->right);
    if (err || st->right != SW_RIGHT_PLAY || p->now < until)
        return err;
    a->plays--;
    a->until = p->now + p->window;
    *fresh = true;
    return put(s, a);
}

enum sw_err sw_store_play(struct sw_store *store, const struct sw_play *play, struct sw_stream *stream,
                          struct sw_licence *out, bool *fresh)
{
    *fresh = false;
    stream->right = SW_RIGHT_NONE_LEFT;
    enum sw_err err = begin(store, &play->who, play->track);
    if (err)
        return err;
    err = find_locked(store, &play->who, play->track, play->now, out);
    if (err == SW_ERR_NOT_FOUND && play->first > 0) {
        out->plays = out->granted = play->first;
        err = SW_OK;
    }
    memcpy(stream->holder, out->holder, sizeof stream->holder);
    memcpy(stream->track, out->track, sizeof stream->track);
    stream->most = play->streams;
    if (err == SW_OK)
        err = debit(store, play, stream, out, fresh);
    return db_finish(store, err);
}

/* --- rights ------------------------------------------------------------------------------------------------------- */

/* So many from now on, in the transaction that is open. */
static void set_plays(struct sw_licence *a, int64_t plays)
{
    a->granted += plays - a->plays;
    a->plays = plays;
}

enum sw_err sw_store_renew(struct sw_store *store, const struct sw_holder *who, const char *track, int64_t plays,
                           bool again, int64_t now, struct sw_licence *out)
{
    enum sw_err err = begin(store, who, track);
    if (err)
        return err;
    err = find_locked(store, who, track, now, out);
    bool over = err == SW_OK && (out->revoked || (out->ends && now >= out->ends));
    if (err == SW_OK)
        err = over ? SW_ERR_STATE : out->plays > 0 ? SW_ERR_EXISTS : again ? SW_OK : SW_ERR_STATE;
    if (err == SW_OK || err == SW_ERR_NOT_FOUND) {
        set_plays(out, plays);
        err = put(store, out);
    }
    return db_finish(store, err);
}

/* Which one is meant: the only one of the name, or that of the serial number. */
static enum sw_err find_granted(struct sw_store *s, const struct sw_holder *who, const char *track, bool by_name,
                                int64_t now, struct sw_licence *out)
{
    int count = 0;
    enum sw_err err = by_name ? find_named(s, who->name, track, now, out, &count) : SW_ERR_NOT_FOUND;
    if (count > 1)
        return SW_ERR_EXISTS;
    if (err == SW_ERR_NOT_FOUND && !licence_name(out, who->serial, track))
        return SW_ERR_ARGUMENT;
    if (err == SW_OK || err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO)
        err = read_again(s, out);
    (void)take_name(out, who);
    return err;
}

static void change(struct sw_licence *a, const struct sw_grant *g)
{
    bool used_up = a->revoked || a->plays <= 0;
    a->revoked = g->revoke;
    if (g->revoke)
        set_plays(a, 0);
    else if (g->plays >= 0 || used_up)
        set_plays(a, g->plays >= 0 ? g->plays : g->first);
    if (g->ends >= 0)
        a->ends = g->ends;
    if (g->streams >= 0)
        a->streams = (unsigned)g->streams;
}

enum sw_err sw_store_grant(struct sw_store *store, const struct sw_holder *who, const char *track,
                           const struct sw_grant *grant, int64_t now, struct sw_licence *out)
{
    enum sw_err err = begin(store, who, track);
    if (err)
        return err;
    err = find_granted(store, who, track, grant->by_name, now, out);
    if (err == SW_OK || err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO) {
        change(out, grant);
        err = put(store, out);
    }
    return db_finish(store, err);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

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
