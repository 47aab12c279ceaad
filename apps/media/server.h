/* The media service over HTTP: a catalogue, and tracks streamed against a licence. docs/media.md is the manual. */
#ifndef SW_APPS_MEDIA_SERVER_H
#define SW_APPS_MEDIA_SERVER_H

#include "apps/http/http.h"
#include "apps/store/store.h"
#include "apps/vault/vault.h"

struct media_service;
struct worker;

extern const struct http_route media_routes[];

/* What the log is told: a play was debited, a stream turned away, trouble. */
struct media_events {
    void (*happened)(void *ctx, const char *what, const char *title, const char *who);
    void (*trouble)(void *ctx, const char *what, const char *why);
    void *ctx;
};

struct media_limits {
    unsigned streams; /* at once, of a licence that does not say */
    int patience_ms;  /* how long a player that seems to seek may take to leave the place it has */
};

/* Longer than a place is kept for a server that is gone. */
enum { MEDIA_PATIENCE_MS = (SW_STREAM_LEASE + 3) * 1000 };

/*
 * media_service_new: tracks in dir/media, licences in the store; vault and store must outlive it. NULL: *why says.
 * media_service_start: before the first request, on the loop they come from; worker: reads the tracks (apps/net/worker.h)
 * and goes first, or NULL: the loop does; false: no memory. media_service_set_limits: from now on.
 */
struct media_service *media_service_new(const char *dir, struct sw_vault *vault, struct sw_store *store,
                                        const struct media_limits *limits, const struct media_events *events,
                                        const char **why);
bool media_service_start(struct media_service *service, struct event_base *base, struct worker *worker);
void media_service_set_limits(struct media_service *service, const struct media_limits *limits);
void media_service_free(struct media_service *service);

#endif
