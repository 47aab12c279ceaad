/*
 * Streams that are being served, so that all servers know how many there are of a licence. A place is taken in the
 * transaction that debits the play, and is kept by its server saying so again and again: what a server that was killed
 * had ends by itself.
 *   Whoever takes a place from such a server deletes its row. One that only stood still finds no row to keep then, and
 * has to ask for a place like anybody else. The lock of the row decides between a taker and a keeper who come at once.
 */
#include "apps/store/db.h"
#include "base/bytes.h"
#include <stdio.h>
#include <string.h>

enum { FORGOTTEN = 3600 /* seconds after its end nobody keeps it any more, whatever the clocks say */ };

static enum sw_err put(struct sw_store *s, const struct sw_stream *st, int64_t now)
{
    return db_run(s, PUT_STREAM, db_text(st->id), db_text(st->holder), db_text(st->track), db_cert(st->cert),
                  db_text(s->server), db_number(now + SW_STREAM_LEASE));
}

enum sw_err stream_begin(struct sw_store *s, const struct sw_stream *st, unsigned most, int64_t now,
                         enum sw_right *right)
{
    unsigned taken = 0, ours = 0;
    uint8_t cert[32];
    enum sw_err err = db_run(s, END_LAPSED_STREAMS, db_text(st->holder), db_text(st->track), db_number(now));
    if (err)
        return err;
    err = db_ask(s, STREAMS_OF, db_text(st->holder), db_text(st->track), db_number(now));
    for (; err == SW_OK && (err = db_next(s, STREAMS_OF)) == SW_OK; taken++)
        ours += db_get_cert(s, STREAMS_OF, 0, cert) && memcmp(cert, st->cert, sizeof cert) == 0;
    err = db_end(s, STREAMS_OF, err);
    if (err)
        return err;
    if (taken >= most) {
        *right = ours ? SW_RIGHT_WAIT : SW_RIGHT_BUSY;
        return SW_OK;
    }
    return put(s, st, now);
}

enum sw_err sw_store_serve_streams(struct sw_store *store, const char *server)
{
    snprintf(store->server, sizeof store->server, "%s", server);
    return db_run(store, END_STREAMS_OF, db_text(store->server));
}

enum sw_err sw_store_end_stream(struct sw_store *store, const struct sw_stream *stream)
{
    return db_run(store, END_STREAM, db_text(stream->id));
}

/* Whether it still has its place, and then for longer. */
static enum sw_err keep_place(struct sw_store *s, const struct sw_stream *st, int64_t now, bool *has)
{
    enum sw_err err = db_ask(s, KEEP_STREAM, db_text(st->id), db_number(now + SW_STREAM_LEASE));
    if (err == SW_OK)
        err = db_next(s, KEEP_STREAM);
    *has = err == SW_OK;
    db_done(s, KEEP_STREAM);
    return err == SW_ERR_NOT_FOUND ? SW_OK : err;
}

/* In the transaction that is open; what cannot be read any more does not go on. */
static enum sw_err keep(struct sw_store *s, struct sw_stream *st, int64_t now)
{
    struct sw_licence a;
    bool has = true;
    enum sw_err err = sw_store_licence(s, st->holder, st->track, &a);
    if (err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO)
        st->right = SW_RIGHT_REVOKED;
    else if (err)
        return err;
    else
        st->right = a.revoked                                   ? SW_RIGHT_REVOKED
                    : a.ends && now >= a.ends && now >= a.until ? SW_RIGHT_ENDED
                                                                : SW_RIGHT_PLAY;
    err = st->right == SW_RIGHT_PLAY ? keep_place(s, st, now, &has) : SW_OK;
    st->lost = !has;
    return err;
}

/* Another place, if there is one: nobody took it, or the database forgot it (it is in no log). */
static enum sw_err take_again(struct sw_store *s, struct sw_stream *st, int64_t now)
{
    char turn[LICENCE_NAME_MAX];
    struct sw_licence a;
    if (!licence_name(&a, st->holder, st->track))
        return SW_ERR_ARGUMENT;
    licence_seal_name(&a, turn);
    enum sw_err err = db_begin(s, turn);
    if (err)
        return err;
    err = sw_store_licence(s, st->holder, st->track, &a);
    if (err == SW_OK)
        err = stream_begin(s, st, a.streams ? a.streams : st->most, now, &st->right);
    return db_finish(s, err);
}

enum sw_err sw_store_keep_streams(struct sw_store *store, struct sw_stream *const *streams, size_t n, int64_t now)
{
    char turn[sizeof store->server + 16];
    snprintf(turn, sizeof turn, "streams %s", store->server);
    enum sw_err err = db_begin(store, turn);
    if (err)
        return err;
    for (size_t i = 0; i < n && err == SW_OK; i++)
        err = keep(store, streams[i], now);
    err = db_finish(store, err);
    for (size_t i = 0; i < n && err == SW_OK; i++)
        if (streams[i]->lost)
            err = take_again(store, streams[i], now);
    return err ? err : db_run(store, FORGET_STREAMS, db_number(now - FORGOTTEN));
}
