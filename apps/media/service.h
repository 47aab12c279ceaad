/* The inside of the media service: what its files share. */
#ifndef SW_APPS_MEDIA_SERVICE_H
#define SW_APPS_MEDIA_SERVICE_H

#include "apps/media/catalogue.h"
#include "apps/media/server.h"
#include "apps/net/worker.h"
#include <sys/queue.h>

enum { MEDIA_PATH_MAX = 4096, MEDIA_LITTLE = 65536 /* bytes of what a peer sends while his request is worked on */ };

struct stream;

struct media_service {
    char dir[MEDIA_PATH_MAX];
    struct sw_vault *vault;
    struct sw_store *store;
    struct media_limits limits;
    struct media_events events;
    struct worker *worker; /* NULL: all is done in the loop */
    struct event *tick;    /* NULL: not started */
    LIST_HEAD(, stream) streams;
};

/* --- server.c ----------------------------------------------------------------------------------------------------- */

/* media_happened: tell the log. */
void media_happened(const struct media_service *s, const char *what, const char *title, const char *who);

/* media_holder: whoever asks, with a place for the digits. */
struct sw_holder media_holder(const struct http_request *rq, char serial[SW_SERIAL_MAX]);

/*
 * Answers. media_turn_away: why somebody may not play. media_track_trouble, media_licence_trouble: what cannot be read,
 * which the log is told; media_track_damaged: in the middle of an answer, the log alone.
 */
void media_turn_away(const struct media_service *s, struct http_request *rq, const struct track *t,
                     const struct sw_licence *a, enum sw_right right);
void media_track_trouble(const struct media_service *s, struct http_request *rq, enum sw_err err);
void media_track_damaged(const struct media_service *s, const char *title, enum sw_err err);
void media_licence_trouble(const struct media_service *s, struct http_request *rq, enum sw_err err);

/* --- look.c ------------------------------------------------------------------------------------------------------- */

/* What a request is about, read beside the loop. */
struct visit {
    struct job job;
    struct media_service *service;
    struct http_request *rq; /* NULL: nobody waits for the answer any more */
    enum visit_aim { VISIT_ALL, VISIT_TRACK /* the one that is named */, VISIT_TO_PLAY /* the same, and opened */ } aim;
    void (*then)(struct visit *v);
    char name[HTTP_SEGMENT_MAX];
    struct catalogue all;
    size_t bad;                /* tracks that cannot be read */
    const struct track *track; /* in all */
    struct sw_vfile *file;
    enum sw_err err;
    int why; /* errno */
};

/*
 * media_visit: look, and then call `then`, which answers, in the loop; what cannot be found or read, and who has left,
 * it does not hear of. What it does not take out of the visit is given back behind it.
 */
void media_visit(struct media_service *s, struct http_request *rq, enum visit_aim aim, void (*then)(struct visit *v));

/* --- stream.c ----------------------------------------------------------------------------------------------------- */

/*
 * media_play: answers a request for a track, or a part of it. media_tick: looks after the streams, as often as it wants
 * (struct media_service).
 */
void media_play(void *ctx, struct http_request *rq);
void media_tick(evutil_socket_t fd, short what, void *ctx);

#endif
