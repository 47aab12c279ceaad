/*
 * A track of the server's as bytes from a place on, for whoever plays it here: connections that break are made anew, and
 * with --rekey-every their keys are changed before they carry too much. For the server all of it is the same play.
 */
#ifndef SW_APPS_MEDIA_SOURCE_H
#define SW_APPS_MEDIA_SOURCE_H

#include "apps/http/client.h"

enum { SOURCE_URL_MAX = 1056 };

struct source {
    struct app *app;
    struct http_client http;
    char url[SOURCE_URL_MAX];
    size_t rekey;   /* bytes that go under the same keys; 0: no end */
    int64_t offset; /* of the next byte */
    int64_t total;  /* bytes of the track; -1: not known yet */
    char type[64], etag[80];
    /* ours */
    int64_t end;      /* of what was asked for last */
    int64_t began;    /* where that began */
    int64_t silent;   /* when to give up waiting for what comes next (clock_now()) */
    int64_t again_at; /* when to ask again */
    int tries;        /* in vain, one after the other */
    bool asked;       /* an answer is being read */
    bool goes_on;     /* it was asked before */
};

/* source_open: of a title or number; no connection yet. Exit code; said. source_close. */
int source_open(struct source *s, struct app *app, const char *what);
void source_close(struct source *s);

/* source_seek: the next byte is this one. */
void source_seek(struct source *s, int64_t offset);

/*
 * source_begin: ask for what comes next, if that has not been done: then total, type and etag are known.
 * source_read: some bytes; none: the end of the track, or with wait not set: there are none yet: source_wait says how
 * long until one may try again, if nothing comes on *fd (-1: on none).
 * Both return an exit code; said. With wait set they try again for a while where something breaks; without, they may
 * take the time of a handshake.
 */
int source_begin(struct source *s);
int source_read(struct source *s, void *buf, size_t cap, size_t *got, bool wait);
bool source_at_end(const struct source *s);
int64_t source_wait(const struct source *s, int *fd);

#endif
