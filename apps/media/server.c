/*
 * The catalogue, as somebody with a licence sees it, and licences that are asked for. The holder of one is the serial
 * number of a certificate: of the card, where the key is on one.
 */
#include "apps/cli/clock.h"
#include "apps/media/service.h"
#include "ttp/cli_time.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void media_happened(const struct media_service *s, const char *what, const char *title, const char *who)
{
    if (s->events.happened)
        s->events.happened(s->events.ctx, what, title, who);
}

static void trouble(const struct media_service *s, const char *what, const char *why)
{
    if (s->events.trouble)
        s->events.trouble(s->events.ctx, what, why);
}

static void refuse(const struct media_service *s, struct http_request *rq, enum sw_err err, const char *why)
{
    trouble(s, "media", why);
    http_problem(rq, 500,
                 err == SW_ERR_CRYPTO ? "the track or its licence was changed on the server's disk"
                                      : "the media cannot be used now");
}

static const char *track_reason(enum sw_err err)
{
    return err == SW_ERR_SYSTEM && errno                 ? strerror(errno)
           : err == SW_ERR_CRYPTO || err == SW_ERR_STATE ? "a track was changed on the disk"
                                                         : sw_err_reason(err);
}

/* Trouble with a track, with a licence. */
void media_track_trouble(const struct media_service *s, struct http_request *rq, enum sw_err err)
{
    refuse(s, rq, err, track_reason(err));
}

void media_track_damaged(const struct media_service *s, const char *title, enum sw_err err)
{
    trouble(s, title, track_reason(err));
}

void media_licence_trouble(const struct media_service *s, struct http_request *rq, enum sw_err err)
{
    refuse(s, rq, err, err == SW_ERR_SYSTEM ? sw_store_why(s->store) : sw_err_reason(err));
}

/* Whoever asks, with a place for the digits. */
struct sw_holder media_holder(const struct http_request *rq, char serial[SW_SERIAL_MAX])
{
    sw_holder_text(rq->peer.serial, rq->peer.serial_len, serial);
    return (struct sw_holder){rq->peer.name, serial};
}

/* --- the catalogue ------------------------------------------------------------------------------------------------ */

static json_t *track_json(struct media_service *s, const struct track *t, size_t number, const struct sw_holder *who)
{
    struct sw_licence a;
    char ends[CLI_TIME_CAP];
    int64_t now = (int64_t)time(NULL);
    bool has = sw_store_find_licence(s->store, who, t->id, now, &a) == SW_OK;
    json_t *track = json_pack("{s:I,s:s,s:s,s:s,s:I,s:I,s:b}", "number", (json_int_t)number, "id", t->id, "title",
                              t->title, "type", t->type, "size", (json_int_t)t->size, "plays",
                              (json_int_t)(has ? a.plays : t->plays), "renewable", t->renew);
    if (t->length)
        json_object_set_new(track, "length", json_real((double)t->length / 1000));
    if (!has)
        return track;
    if (a.ends) {
        cli_time_text(a.ends, ends);
        json_object_set_new(track, "until", json_string(ends));
        json_object_set_new(track, "ended", json_boolean(now >= a.ends));
    }
    if (a.revoked)
        json_object_set_new(track, "revoked", json_true());
    return track;
}

static void list_them(struct visit *v)
{
    struct media_service *s = v->service;
    char serial[SW_SERIAL_MAX];
    const struct sw_holder who = media_holder(v->rq, serial);
    json_t *array = json_array();
    if (v->bad && s->events.trouble)
        s->events.trouble(s->events.ctx, "media", "there are tracks that cannot be read");
    for (size_t i = 0; i < v->all.n; i++)
        json_array_append_new(array, track_json(s, &v->all.tracks[i], i + 1, &who));
    http_reply_json(v->rq, 200, json_pack("{s:o}", "tracks", array));
}

static void list(void *ctx, struct http_request *rq)
{
    media_visit(ctx, rq, VISIT_ALL, list_them);
}

/* --- licences ----------------------------------------------------------------------------------------------------- */

/* Why somebody may not play; answers. */
void media_turn_away(const struct media_service *s, struct http_request *rq, const struct track *t,
                     const struct sw_licence *a, enum sw_right right)
{
    char ends[CLI_TIME_CAP];
    switch (right) {
    case SW_RIGHT_REVOKED:
        media_happened(s, "was revoked", t->title, rq->peer.name);
        http_problem(rq, 403, "the licence for %s was revoked", t->title);
        break;
    case SW_RIGHT_ENDED:
        cli_time_text(a->ends, ends);
        media_happened(s, "has ended", t->title, rq->peer.name);
        http_problem(rq, 403, "the licence for %s ended at %s", t->title, ends);
        break;
    case SW_RIGHT_BUSY:
    case SW_RIGHT_WAIT:
        media_happened(s, "is played already", t->title, rq->peer.name);
        http_problem(rq, 409, "%s is being played with this licence", t->title);
        break;
    case SW_RIGHT_NONE_LEFT:
    case SW_RIGHT_PLAY:
        media_happened(s, "no plays left", t->title, rq->peer.name);
        http_problem(rq, 402,
                     t->renew ? "no plays of %s are left; a new licence can be asked for" : "no plays of %s are left",
                     t->title);
    }
}

static void renew_it(struct visit *v)
{
    struct media_service *s = v->service;
    struct http_request *rq = v->rq;
    const struct track *t = v->track;
    struct sw_licence a;
    char serial[SW_SERIAL_MAX];
    const struct sw_holder who = media_holder(rq, serial);
    int64_t now = (int64_t)time(NULL);
    enum sw_err err = sw_store_renew(s->store, &who, t->id, t->plays, t->renew, now, &a);
    if (err == SW_ERR_EXISTS)
        http_problem(rq, 409, "%lld plays of %s are left", (long long)a.plays, t->title);
    else if (err == SW_ERR_STATE && (a.revoked || (a.ends && now >= a.ends)))
        media_turn_away(s, rq, t, &a, a.revoked ? SW_RIGHT_REVOKED : SW_RIGHT_ENDED);
    else if (err == SW_ERR_STATE)
        http_problem(rq, 403, "there is no second licence for %s", t->title);
    else if (err)
        media_licence_trouble(s, rq, err);
    if (err)
        return;
    media_happened(s, "licence", t->title, rq->peer.name);
    http_reply_json(rq, 201, json_pack("{s:s,s:I}", "title", t->title, "plays", (json_int_t)t->plays));
}

static void renew(void *ctx, struct http_request *rq)
{
    media_visit(ctx, rq, VISIT_TRACK, renew_it);
}

const struct http_route media_routes[] = {
    {EVHTTP_REQ_GET, "/media", list},
    {EVHTTP_REQ_GET, "/media/{}", media_play},
    {EVHTTP_REQ_POST, "/media/{}/licence", renew},
    {0, NULL, NULL},
};

/* --- the service -------------------------------------------------------------------------------------------------- */

struct media_service *media_service_new(const char *dir, struct sw_vault *vault, struct sw_store *store,
                                        const struct media_limits *limits, const struct media_events *events,
                                        const char **why)
{
    struct media_service *s = calloc(1, sizeof *s);
    *why = "out of memory";
    if (!s)
        return NULL;
    s->vault = vault;
    s->store = store;
    s->limits = *limits;
    s->events = *events;
    snprintf(s->dir, sizeof s->dir, "%.3900s/media", dir);
    if (mkdir(s->dir, 0700) == 0 || errno == EEXIST)
        return s;
    *why = strerror(errno);
    media_service_free(s);
    return NULL;
}

bool media_service_start(struct media_service *service, struct event_base *base, struct worker *worker)
{
    service->worker = worker;
    service->tick = evtimer_new(base, media_tick, service);
    return service->tick != NULL;
}

void media_service_set_limits(struct media_service *service, const struct media_limits *limits)
{
    service->limits = *limits;
}

void media_service_free(struct media_service *service)
{
    if (service && service->tick)
        event_free(service->tick);
    free(service);
}
