/*
 * Streams that are being served, so that all servers know how many there are of a licence. A place is taken in the
 * transaction that debits the play, and is kept by its server saying so again and again: what a server that was killed
 * had ends by itself.
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
    enum sw_err err = db_ask(s, STREAMS_OF, db_text(st->holder), db_text(st->track), db_number(now));
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

/* In the transaction that is open; what cannot be read any more does not go on. */
static enum sw_err keep(struct sw_store *s, struct sw_stream *st, int64_t now)
{
    struct sw_licence a;
    enum sw_err err = sw_store_licence(s, st->holder, st->track, &a);
    if (err == SW_ERR_NOT_FOUND || err == SW_ERR_CRYPTO)
        st->right = SW_RIGHT_REVOKED;
    else if (err)
        return err;
    else
        st->right = a.revoked                                   ? SW_RIGHT_REVOKED
                    : a.ends && now >= a.ends && now >= a.until ? SW_RIGHT_ENDED
                                                                : SW_RIGHT_PLAY;
    return st->right == SW_RIGHT_PLAY ? put(s, st, now) : SW_OK;
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
    return err ? err : db_run(store, FORGET_STREAMS, db_number(now - FORGOTTEN));
}
