/*
 * The holder of a licence is the serial number of the certificate: of the card, where the key is on one. A play is debited before its first byte leaves; HEAD
 * and the catalogue cost nothing.
 */
#include "apps/media/server.h"
#include "apps/cli/clock.h"
#include "apps/media/catalogue.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

enum { PATH_LENGTH = 4096, ADDRESS_MAX = 64 };

struct stream {
    LIST_ENTRY(stream) in_list;
    struct media_service *service;
    struct sw_vfile *file;
    int64_t offset;
    char holder[SW_SERIAL_MAX], track[SW_TRACK_MAX], address[ADDRESS_MAX];
    bool began; /* the store was told of it */
};

struct media_service {
    char dir[PATH_LENGTH];
    struct sw_vault *vault;
    struct sw_store *store;
    struct media_events events;
    LIST_HEAD(, stream) streams;
};

static void happened(struct media_service *s, const char *what, const char *title, const char *who)
{
    if (s->events.happened)
        s->events.happened(s->events.ctx, what, title, who);
}

static void refuse(struct media_service *s, struct http_request *rq, enum sw_err err, const char *why)
{
    if (s->events.trouble)
        s->events.trouble(s->events.ctx, "media", why);
    http_problem(rq, 500,
                 err == SW_ERR_CRYPTO ? "the track or its licence was changed on the server's disk"
                                      : "the media cannot be used now");
}

/* Trouble with a track, with a licence. */
static void track_trouble(struct media_service *s, struct http_request *rq, enum sw_err err)
{
    refuse(s, rq, err, err == SW_ERR_SYSTEM && errno ? strerror(errno) : sw_err_reason(err));
}

static void licence_trouble(struct media_service *s, struct http_request *rq, enum sw_err err)
{
    refuse(s, rq, err, err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
}

/* Whoever asks, with a place for the digits. */
static struct sw_holder holder_of(const struct http_request *rq, char serial[SW_SERIAL_MAX])
{
    sw_holder_text(rq->peer.serial, rq->peer.serial_len, serial);
    return (struct sw_holder){rq->peer.name, serial};
}

/* --- the catalogue ------------------------------------------------------------------------------------------------------ */

static json_t *track_json(struct media_service *s, const struct track *t, size_t number, const struct sw_holder *who)
{
    struct sw_licence a;
    char ends[32];
    int64_t now = (int64_t)time(NULL);
    bool has = sw_store_find_licence(s->store, who, t->id, now, &a) == SW_OK;
    json_t *track = json_pack("{s:I,s:s,s:s,s:s,s:I,s:I,s:b}", "number", (json_int_t)number, "id", t->id, "title",
                              t->title, "type", t->type, "size", (json_int_t)t->size, "plays",
                              (json_int_t)(has ? a.plays : t->plays), "renewable", t->renew);
    if (!has)
        return track;
    if (a.ends) {
        clock_utc(a.ends, ends);
        json_object_set_new(track, "until", json_string(ends));
        json_object_set_new(track, "ended", json_boolean(now >= a.ends));
    }
    if (a.revoked)
        json_object_set_new(track, "revoked", json_true());
    return track;
}

static void list(void *ctx, struct http_request *rq)
{
    struct media_service *s = ctx;
    struct catalogue c;
    char serial[SW_SERIAL_MAX];
    const struct sw_holder who = holder_of(rq, serial);
    size_t bad;
    json_t *array = json_array();
    enum sw_err err = catalogue_read(&c, s->vault, s->dir, &bad);
    if (err) {
        json_decref(array);
        track_trouble(s, rq, err);
        return;
    }
    if (bad && s->events.trouble)
        s->events.trouble(s->events.ctx, "media", "there are tracks that cannot be read");
    for (size_t i = 0; i < c.n; i++)
        json_array_append_new(array, track_json(s, &c.tracks[i], i + 1, &who));
    catalogue_free(&c);
    http_reply_json(rq, 200, json_pack("{s:o}", "tracks", array));
}

/* The track a request names; answers itself and returns false if there is none. */
static bool find_track(struct media_service *s, struct http_request *rq, struct track *out)
{
    struct catalogue c;
    size_t bad;
    enum sw_err err = catalogue_read(&c, s->vault, s->dir, &bad);
    const struct track *found = err ? NULL : catalogue_find(&c, rq->part[0]);
    if (found)
        *out = *found;
    bool is = found != NULL;
    catalogue_free(&c);
    if (err)
        track_trouble(s, rq, err);
    else if (!is)
        http_problem(rq, 404, "there is no track %s", rq->part[0]);
    return is;
}

/* --- playing ------------------------------------------------------------------------------------------------------------ */

static size_t stream_more(void *user, uint8_t *buf, size_t cap)
{
    struct stream *st = user;
    size_t got, n = 0;
    while (n < cap && sw_vfile_read(st->file, st->offset, buf + n, cap - n, &got) == SW_OK && got) {
        n += got;
        st->offset += (int64_t)got;
    }
    return n;
}

static void stream_free(struct stream *st)
{
    if (st->began)
        sw_store_end_player(st->service->store, st->holder, st->track);
    sw_vfile_close(st->file);
    free(st);
}

static void stream_done(void *user, bool complete)
{
    struct stream *st = user;
    (void)complete;
    LIST_REMOVE(st, in_list);
    stream_free(st);
}

/* A stream of the same track under the same licence; address: from there, or NULL. */
static const struct stream *find_stream(const struct media_service *s, const struct stream *like, const char *address)
{
    const struct stream *st;
    LIST_FOREACH(st, &s->streams, in_list)
    if (strcmp(st->holder, like->holder) == 0 && strcmp(st->track, like->track) == 0 &&
        (!address || strcmp(st->address, address) == 0))
        return st;
    return NULL;
}

/*
 * A player that seeks asks for the other place before it closes the connection it has. That place may be the very beginning: where a part is asked for, if only all from there on,
 * and from where this very track is being played, it is taken for the same player.
 */
static bool is_seeking(const struct media_service *s, const struct http_request *rq, const struct stream *st)
{
    return st->offset > 0 || (http_header(rq, "Range") && find_stream(s, st, st->address));
}

/* Two players at once are two plays, and a licence is for one at a time. */
static enum sw_err begin_player(const struct media_service *s, struct stream *st, bool seeks)
{
    if (!seeks && find_stream(s, st, NULL))
        return SW_ERR_STATE;
    enum sw_err err = sw_store_begin_player(s->store, st->holder, st->track);
    st->began = err == SW_OK;
    return err == SW_ERR_STATE && seeks ? SW_OK : err;
}

/* Why somebody may not play; answers. */
static void turn_away(struct media_service *s, struct http_request *rq, const struct track *t,
                      const struct sw_licence *a, enum sw_right right)
{
    char ends[32];
    switch (right) {
    case SW_RIGHT_REVOKED:
        happened(s, "was revoked", t->title, rq->peer.name);
        http_problem(rq, 403, "the licence for %s was revoked", t->title);
        break;
    case SW_RIGHT_ENDED:
        clock_utc(a->ends, ends);
        happened(s, "has ended", t->title, rq->peer.name);
        http_problem(rq, 403, "the licence for %s ended at %s", t->title, ends);
        break;
    default:
        happened(s, "no plays left", t->title, rq->peer.name);
        http_problem(rq, 402,
                     t->renew ? "no plays of %s are left; a new licence can be asked for" : "no plays of %s are left",
                     t->title);
    }
}

/* One play is debited, or goes on. Answers itself and returns false if it may not. */
static bool debit(struct media_service *s, struct http_request *rq, const struct track *t, struct stream *st)
{
    struct sw_licence a;
    char serial[SW_SERIAL_MAX];
    const struct sw_holder who = holder_of(rq, serial);
    enum sw_right right;
    bool fresh;
    enum sw_err err = begin_player(s, st, is_seeking(s, rq, st));
    if (err == SW_ERR_STATE) {
        happened(s, "is played already", t->title, rq->peer.name);
        http_problem(rq, 409, "%s is being played with this licence", t->title);
        return false;
    }
    if (err == SW_OK)
        err = sw_store_play(s->store, &who, t->id, t->plays, t->window, (int64_t)time(NULL), &a, &right, &fresh);
    if (err) {
        licence_trouble(s, rq, err);
    } else if (right != SW_RIGHT_PLAY) {
        turn_away(s, rq, t, &a, right);
    } else {
        if (fresh)
            happened(s, "play", t->title, rq->peer.name);
        http_set_header(rq, "Sealwax-Plays-Left", "%lld", (long long)a.plays);
    }
    return err == SW_OK && right == SW_RIGHT_PLAY;
}

static void play(void *ctx, struct http_request *rq)
{
    struct media_service *s = ctx;
    struct track t;
    struct sw_vfile *file;
    struct http_range range;
    char etag[TRACK_ID_MAX + 2];
    if (!find_track(s, rq, &t))
        return;
    snprintf(etag, sizeof etag, "\"%s\"", t.id);
    int status = http_range(rq, t.size, etag, &range);
    if (status == 304) {
        http_reply_empty(rq, 304);
        return;
    }
    if (status == 412 || status == 416) {
        http_problem(rq, status, status == 416 ? "there are no such bytes" : "the track is another one (If-Match)");
        return;
    }
    struct stream *st = calloc(1, sizeof *st);
    enum sw_err err = st ? catalogue_open(&file, s->vault, s->dir, t.id) : SW_ERR_MEMORY;
    if (err) {
        free(st);
        track_trouble(s, rq, err);
        return;
    }
    st->service = s;
    st->file = file;
    st->offset = range.from;
    (void)holder_of(rq, st->holder);
    snprintf(st->track, sizeof st->track, "%s", t.id);
    snprintf(st->address, sizeof st->address, "%s", http_address(rq));
    bool head = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_HEAD;
    if (!head && !debit(s, rq, &t, st)) {
        stream_free(st);
        return;
    }
    LIST_INSERT_HEAD(&s->streams, st, in_list);
    http_stream_source(rq, status, t.type, range.length, stream_more, stream_done, st);
}

static void renew(void *ctx, struct http_request *rq)
{
    struct media_service *s = ctx;
    struct track t;
    struct sw_licence a;
    char serial[SW_SERIAL_MAX];
    const struct sw_holder who = holder_of(rq, serial);
    int64_t now = (int64_t)time(NULL);
    if (!find_track(s, rq, &t))
        return;
    enum sw_err err = sw_store_renew(s->store, &who, t.id, t.plays, t.renew, now, &a);
    if (err == SW_ERR_EXISTS)
        http_problem(rq, 409, "%lld plays of %s are left", (long long)a.plays, t.title);
    else if (err == SW_ERR_STATE && (a.revoked || (a.ends && now >= a.ends)))
        turn_away(s, rq, &t, &a, a.revoked ? SW_RIGHT_REVOKED : SW_RIGHT_ENDED);
    else if (err == SW_ERR_STATE)
        http_problem(rq, 403, "there is no second licence for %s", t.title);
    else if (err)
        licence_trouble(s, rq, err);
    if (err)
        return;
    happened(s, "licence", t.title, rq->peer.name);
    http_reply_json(rq, 201, json_pack("{s:s,s:I}", "title", t.title, "plays", (json_int_t)t.plays));
}

const struct http_route media_routes[] = {
    {EVHTTP_REQ_GET, "/media", list},
    {EVHTTP_REQ_GET, "/media/{}", play},
    {EVHTTP_REQ_POST, "/media/{}/licence", renew},
    {0, NULL, NULL},
};

/* --- the service -------------------------------------------------------------------------------------------------------- */

struct media_service *media_service_new(const char *dir, struct sw_vault *vault, struct sw_store *store,
                                        const struct media_events *events, const char **why)
{
    struct media_service *s = calloc(1, sizeof *s);
    *why = "out of memory";
    if (!s)
        return NULL;
    s->vault = vault;
    s->store = store;
    s->events = *events;
    snprintf(s->dir, sizeof s->dir, "%.3900s/media", dir);
    if (mkdir(s->dir, 0700) == 0 || errno == EEXIST)
        return s;
    *why = strerror(errno);
    media_service_free(s);
    return NULL;
}

void media_service_free(struct media_service *service)
{
    free(service);
}
