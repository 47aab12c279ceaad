/* What ffprobe, where it is installed, says of a track that comes into the catalogue: how long it lasts, its title. */
#ifndef SW_APPS_MEDIA_PROBE_H
#define SW_APPS_MEDIA_PROBE_H

#include "apps/media/catalogue.h"

struct probe {
    int64_t length;              /* milliseconds; 0: nobody knows */
    char title[TRACK_TITLE_MAX]; /* "": it has none */
};

/*
 * probe_track: ask ffprobe about the file that fd has open, from its beginning, where it is afterwards, too. That there is no ffprobe, that it knows no such format or
 * takes too long leaves both unknown.
 * probe_read: of what it prints (JSON), NUL behind it.
 */
void probe_track(int fd, struct probe *out);
void probe_read(const char *text, struct probe *out);

#endif
