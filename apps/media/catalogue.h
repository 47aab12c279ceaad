/*
 * The tracks of the media service: files encrypted at rest (apps/vault/vfile.h) in one directory, each described by
 * what is sealed inside it.
 */
#ifndef SW_APPS_MEDIA_CATALOGUE_H
#define SW_APPS_MEDIA_CATALOGUE_H

#include "apps/vault/vfile.h"

enum { TRACK_TITLE_MAX = 256, TRACK_TYPE_MAX = 64, TRACK_ID_MAX = 33 };

struct track {
    char id[TRACK_ID_MAX];
    char title[TRACK_TITLE_MAX], type[TRACK_TYPE_MAX];
    int64_t size, added;
    int64_t length; /* milliseconds it lasts; 0: nobody knows */
    int64_t plays;  /* of a licence for it */
    int64_t window; /* seconds a play lasts */
    bool renew;     /* a licence that is used up may be asked for again */
};

struct catalogue {
    struct track *tracks; /* by title; the first one is number 1 */
    size_t n;
};

/*
 * track_window: how long a play of a track lasts that is so long (milliseconds): twice that, but at least a minute, so
 * that there is time to connect anew; of one whose length nobody knows, some hours. Seconds.
 */
int64_t track_window(int64_t length);

/*
 * catalogue_read: all tracks of a directory; what cannot be read is left out and counted in *bad. SW_ERR_SYSTEM,
 * SW_ERR_MEMORY. catalogue_free.
 */
enum sw_err catalogue_read(struct catalogue *out, struct sw_vault *vault, const char *dir, size_t *bad) SW_MUST_USE;
void catalogue_free(struct catalogue *c);

/* catalogue_find: by number, id, or title; NULL. */
const struct track *catalogue_find(const struct catalogue *c, const char *what);

/*
 * catalogue_add: encrypt what fd gives, of so many bytes, as a new track; its id is filled in. It appears when it is
 * complete.
 */
enum sw_err catalogue_add(struct sw_vault *vault, const char *dir, int fd, struct track *track) SW_MUST_USE;

/* catalogue_open: a track for reading. */
enum sw_err catalogue_open(struct sw_vfile **out, struct sw_vault *vault, const char *dir, const char *id) SW_MUST_USE;

#endif
