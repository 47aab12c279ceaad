/*
 * Tracks being played. A stream takes one place of its licence and a play is debited before its first byte leaves
 * (sw_store_play); HEAD costs nothing.
 *   When all places are taken, who comes last is turned away, and not who is watching. But a player that seeks asks for
 * the other place before it closes the connection it has, and closes that only when it has been answered. So a request
 * for a part, by the certificate that has a place already, is answered at once with nothing but its head: the body
 * begins when a place is free, and if none is for a while, the connection ends without a byte of it. Nobody sees more
 * that way than by one stream.
 *   What is being served is said to the store every few seconds, for the other servers, and there it is looked up
 * whether it may go on.
 */
#include "apps/cli/clock.h"
#include "apps/media/service.h"
#include "apps/vault/ahead.h"
#include "base/rand.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Static_assert(AHEAD_LATER == HTTP_LATER, "what is not read yet is not answered yet");

enum {
    ADDRESS_MAX = 64,
    CHUNKS = 1 /* of a block: players take their time, and there may be many */,
    LOOK_MS = 500 /* for places that other servers have set free */,
    KEPT_AT_ONCE = 64,
    WAITING_MAX = 8
};

struct stream {
    LIST_ENTRY(stream) in_list;
    struct media_service *service;
    struct http_request *rq;
    struct ahead *ahead;
    struct track track;
    char name[SW_NAME_MAX], serial[SW_SERIAL_MAX], address[ADDRESS_MAX];
    int status;
    struct http_range range;
    bool answered; /* what is to come is said */
    enum { OUTSIDE /* of all counting: HEAD */, WAITS, PLAYS, OVER } state;
    struct sw_stream place;
    bool held;   /* nothing is given until it is known that the place is still its own */
    int64_t due; /* when it is kept next, or has waited for long enough, on the clock of clock_now */
};

/* --- what is sent ------------------------------------------------------------------------------------------------- */

static void tick_in(struct media_service *s, int64_t ms)
{
    const struct timeval when = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    event_add(s->tick, &when);
}

/* This server, or the machine it is on, was stopped for so long that its places may have been taken. */
static bool stood_still(const struct stream *st)
{
    return clock_now() >= st->due + (SW_STREAM_LEASE - SW_STREAM_KEEP) * 1000;
}

static size_t stream_more(void *user, uint8_t *buf, size_t cap)
{
    struct stream *st = user;
    if (st->state == PLAYS && stood_still(st)) {
        st->held = true;
        tick_in(st->service, 0);
    }
    if (st->state == WAITS || st->held)
        return HTTP_LATER;
    return st->state == OVER ? 0 : ahead_give(st->ahead, buf, cap);
}

/* Its place is free, and somebody may wait for it. What cannot be told to the store ends there by itself. */
static void leave(struct stream *st)
{
    struct media_service *s = st->service;
    if (st->state != PLAYS)
        return;
    st->state = OVER;
    if (sw_store_end_stream(s->store, &st->place) && s->events.trouble)
        s->events.trouble(s->events.ctx, "media", sw_store_why(s->store));
    tick_in(s, 0); /* not from within what a stream is doing */
}

static void stream_free(struct stream *st)
{
    leave(st);
    ahead_free(st->ahead);
    free(st);
}

static void stream_done(void *user, bool complete)
{
    struct stream *st = user;
    (void)complete;
    LIST_REMOVE(st, in_list);
    stream_free(st);
}

/* --- beginning ---------------------------------------------------------------------------------------------------- */

/* Another place, or the last one once more. place.right says whether it plays now; licence is as it is then. */
static enum sw_err begin(struct stream *st, struct sw_licence *licence)
{
    const struct media_service *s = st->service;
    const struct sw_play play = {
        .who = {st->name, st->serial},
        .track = st->track.id,
        .first = st->track.plays,
        .window = st->track.window,
        .streams = s->limits.streams,
        .now = (int64_t)time(NULL),
    };
    bool fresh;
    enum sw_err err = sw_store_play(s->store, &play, &st->place, licence, &fresh);
    if (err || st->place.right != SW_RIGHT_PLAY)
        return err;
    st->state = PLAYS;
    st->due = clock_now() + SW_STREAM_KEEP * 1000;
    if (fresh)
        media_happened(s, "play", st->track.title, st->name);
    return SW_OK;
}

/*
 * How many there are of the same certificate and the same track under the same licence; address: and from there, or
 * NULL.
 */
static unsigned count_alike(const struct stream *like, int state, const char *address)
{
    const struct stream *st;
    unsigned n = 0;
    LIST_FOREACH(st, &like->service->streams, in_list)
    n += (int)st->state == state && strcmp(st->place.holder, like->place.holder) == 0 &&
         strcmp(st->place.track, like->place.track) == 0 &&
         memcmp(st->place.cert, like->place.cert, sizeof st->place.cert) == 0 &&
         (!address || strcmp(st->address, address) == 0);
    return n;
}

/*
 * What asks for a part may be a player that seeks. The part may be the very beginning: if only all from there on is
 * asked for, and from where this very track is being played, it is taken for the same player. Some may wait, as one
 * seeks faster than it is answered; each looks for a place again and again, so not any number of them.
 */
static bool may_wait(const struct stream *st)
{
    return st->place.right == SW_RIGHT_WAIT && http_header(st->rq, "Range") &&
           (st->range.from > 0 || count_alike(st, PLAYS, st->address)) && count_alike(st, WAITS, NULL) < WAITING_MAX;
}

/* One that plays or waits for it. Answers itself and returns false if it may not. */
static bool admit(struct stream *st)
{
    struct media_service *s = st->service;
    struct sw_licence a;
    enum sw_err err = begin(st, &a);
    if (err) {
        http_forget_range(st->rq);
        media_licence_trouble(s, st->rq, err);
        return false;
    }
    if (may_wait(st)) {
        st->state = WAITS;
        st->due = clock_now() + s->limits.patience_ms;
    } else if (st->place.right != SW_RIGHT_PLAY) {
        http_forget_range(st->rq);
        media_turn_away(s, st->rq, &st->track, &a, st->place.right);
        return false;
    }
    http_set_header(st->rq, "Sealwax-Plays-Left", "%lld", (long long)a.plays);
    tick_in(s, 0); /* which finds out when it is wanted */
    return true;
}

static struct stream *stream_new(struct media_service *s, struct http_request *rq, const struct track *t)
{
    uint8_t id[(SW_STREAM_ID_MAX - 1) / 2];
    struct stream *st = calloc(1, sizeof *st);
    enum sw_err err = st ? sw_rand_bytes(NULL, id, sizeof id) : SW_ERR_MEMORY;
    if (err) {
        free(st);
        media_track_trouble(s, rq, err);
        return NULL;
    }
    st->service = s;
    st->rq = rq;
    st->track = *t;
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(st->place.id + 2 * i, 3, "%02x", id[i]);
    memcpy(st->place.cert, rq->peer.sha256, sizeof st->place.cert);
    (void)media_holder(rq, st->serial);
    snprintf(st->name, sizeof st->name, "%s", rq->peer.name);
    snprintf(st->address, sizeof st->address, "%s", http_address(rq));
    return st;
}

static void answer(struct stream *st)
{
    st->answered = true;
    LIST_INSERT_HEAD(&st->service->streams, st, in_list);
    http_stream_source(st->rq, st->status, st->track.type, st->range.length, stream_more, stream_done, st);
}

/*
 * A block has come, or cannot be read. The first one is awaited before anything is answered, and before a play is
 * debited: what was changed on the disk is an error while one can still be sent, and cuts the answer short later.
 */
static void ready(void *user)
{
    struct stream *st = user;
    struct media_service *s = st->service;
    enum sw_err err = ahead_error(st->ahead, &errno);
    if (st->answered) {
        if (err)
            media_track_damaged(s, st->track.title, err);
        http_source_ready(st->rq);
    } else if (err) {
        http_forget_range(st->rq);
        media_track_trouble(s, st->rq, err);
        stream_free(st);
    } else if (evhttp_request_get_command(st->rq->ev) == EVHTTP_REQ_HEAD || admit(st)) {
        answer(st);
    } else {
        stream_free(st);
    }
}

static void nobody_waits(void *user, struct http_request *rq)
{
    (void)rq;
    stream_free(user);
}

static void read_ahead(struct stream *st, struct sw_vfile *file)
{
    st->ahead = ahead_new(st->service->worker, file, st->range.from, st->range.length, CHUNKS, ready, st);
    if (st->ahead) {
        http_work(st->rq, MEDIA_LITTLE, nobody_waits, st);
        ahead_begin(st->ahead);
    } else {
        http_forget_range(st->rq);
        media_track_trouble(st->service, st->rq, SW_ERR_MEMORY);
        stream_free(st);
    }
}

static void play(struct visit *v)
{
    struct http_request *rq = v->rq;
    struct http_range range;
    char etag[TRACK_ID_MAX + 2];
    snprintf(etag, sizeof etag, "\"%s\"", v->track->id);
    int status = http_range(rq, v->track->size, etag, &range);
    if (status == 304) {
        http_reply_empty(rq, 304);
        return;
    }
    if (status == 412 || status == 416) {
        http_problem(rq, status, status == 416 ? "there are no such bytes" : "the track is another one (If-Match)");
        return;
    }
    struct stream *st = stream_new(v->service, rq, v->track);
    if (!st)
        return;
    st->status = status;
    st->range = range;
    read_ahead(st, v->file);
    v->file = NULL;
}

void media_play(void *ctx, struct http_request *rq)
{
    media_visit(ctx, rq, VISIT_TO_PLAY, play);
}

/* --- looking after them ------------------------------------------------------------------------------------------- */

/* It ends where it is: its peer sees that it is cut short. */
static void cut(struct stream *st, const char *why)
{
    media_happened(st->service, why, st->track.title, st->name);
    leave(st);
    st->state = OVER;
    st->held = false;
    http_source_ready(st->rq);
}

/* One that waits tries again. May be gone afterwards. */
static void try_again(struct stream *st, int64_t now)
{
    struct sw_licence a;
    enum sw_err err = begin(st, &a);
    bool taken = err || st->place.right == SW_RIGHT_WAIT || st->place.right == SW_RIGHT_BUSY;
    if (st->state == PLAYS)
        http_source_ready(st->rq);
    else if (now >= st->due || !taken)
        cut(st, taken ? "is played already" : "no plays left");
}

/* What is left to do of a stream, as the store has it. */
static void go_on(struct stream *st)
{
    switch (st->place.right) {
    case SW_RIGHT_PLAY:
        st->held = false;
        http_source_ready(st->rq);
        break;
    case SW_RIGHT_ENDED:
        cut(st, "has ended");
        break;
    case SW_RIGHT_BUSY:
    case SW_RIGHT_WAIT:
        cut(st, "is played already");
        break;
    case SW_RIGHT_NONE_LEFT:
    case SW_RIGHT_REVOKED:
        cut(st, "was revoked");
    }
}

static void keep_these(struct media_service *s, struct stream *const *streams, size_t n)
{
    struct sw_stream *places[KEPT_AT_ONCE];
    for (size_t i = 0; i < n; i++) {
        places[i] = &streams[i]->place;
        streams[i]->due = clock_now() + SW_STREAM_KEEP * 1000;
    }
    if (n == 0)
        return;
    if (sw_store_keep_streams(s->store, places, n, (int64_t)time(NULL))) { /* it goes on; soon again */
        if (s->events.trouble)
            s->events.trouble(s->events.ctx, "media", sw_store_why(s->store));
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (streams[i]->held || places[i]->right != SW_RIGHT_PLAY)
            go_on(streams[i]);
}

/* Those that are due, some at a time; those behind them are next. */
static void keep(struct media_service *s, int64_t now)
{
    struct stream *due[KEPT_AT_ONCE], *st;
    size_t n = 0;
    LIST_FOREACH(st, &s->streams, in_list)
    if (st->state == PLAYS && now >= st->due && n < KEPT_AT_ONCE)
        due[n++] = st;
    keep_these(s, due, n);
}

void media_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct media_service *s = ctx;
    struct stream *st, *next;
    int64_t now = clock_now(), soon = INT64_MAX;
    (void)fd;
    (void)what;
    keep(s, now);
    for (st = LIST_FIRST(&s->streams); st; st = next) {
        next = LIST_NEXT(st, in_list);
        if (st->state == WAITS)
            try_again(st, now);
    }
    LIST_FOREACH(st, &s->streams, in_list)
    if (st->state == WAITS || st->state == PLAYS) {
        int64_t at = st->state == WAITS ? now + LOOK_MS : st->due;
        soon = at < soon ? at : soon;
    }
    if (soon != INT64_MAX && !event_pending(s->tick, EV_TIMEOUT, NULL))
        tick_in(s, soon > now ? soon - now : 0);
}
