/* The media service over HTTP: a catalogue, and tracks streamed against a licence. docs/media.md is the manual. */
#ifndef SW_APPS_MEDIA_SERVER_H
#define SW_APPS_MEDIA_SERVER_H

#include "apps/http/http.h"
#include "apps/store/store.h"
#include "apps/vault/vault.h"

struct media_service;

extern const struct http_route media_routes[];

/* What the log is told: a play was debited, a stream turned away, trouble. */
struct media_events {
    void (*happened)(void *ctx, const char *what, const char *title, const char *who);
    void (*trouble)(void *ctx, const char *what, const char *why);
    void *ctx;
};

/* media_service_new: tracks in dir/media, licences in the store; vault and store must outlive it. NULL: *why says. */
struct media_service *media_service_new(const char *dir, struct sw_vault *vault, struct sw_store *store,
                                        const struct media_events *events, const char **why);
void media_service_free(struct media_service *service);

#endif
