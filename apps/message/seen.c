/* The list is short (what has not expired), so it is searched from its end, where the newest are. */
#include "apps/message/seen.h"
#include "apps/store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_LENGTH = 4096, KEEP = 86400, COMPACT = 1000 /* lines before it is written anew */ };

struct entry {
    char id[SW_MAIL_ID_MAX];
    int64_t expires;
};

struct seen {
    const struct app *app;
    char path[PATH_LENGTH];
    int fd;
    struct entry *entries;
    size_t n, room;
};

static bool keep(struct seen *s, const char *id, int64_t expires)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct entry *p = realloc(s->entries, room * sizeof *p);
        if (!p)
            return false;
        s->entries = p;
        s->room = room;
    }
    snprintf(s->entries[s->n].id, sizeof s->entries[s->n].id, "%s", id);
    s->entries[s->n++].expires = expires;
    return true;
}

/* Directories of a path, as mkdir -p does, for this user alone. */
static void make_directories(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            (void)mkdir(path, 0700);
            *p = '/';
        }
}

static int find_path(struct seen *s)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = state && *state ? snprintf(s->path, sizeof s->path, "%s/sealwax/seen", state)
                            : snprintf(s->path, sizeof s->path, "%s/.local/state/sealwax/seen", home ? home : "");
    if ((!(state && *state) && !home) || n < 0 || (size_t)n >= sizeof s->path)
        return app_error(s->app, APP_SYSTEM, "no place to remember what was shown: set HOME or XDG_STATE_HOME");
    make_directories(s->path);
    return APP_DONE;
}

/* All lines; *lines counts those that are over, too. */
static bool load(struct seen *s, size_t *lines)
{
    char line[128], id[SW_MAIL_ID_MAX];
    int64_t expires, now = (int64_t)time(NULL);
    int copy = dup(s->fd);
    FILE *f = copy < 0 ? NULL : fdopen(copy, "r");
    if (!f) {
        if (copy >= 0)
            close(copy);
        return false;
    }
    rewind(f);
    bool fine = true;
    for (*lines = 0; fine && fgets(line, sizeof line, f); ++*lines)
        if (sscanf(line, "%32[0-9a-f] %" SCNd64, id, &expires) == 2 && expires + KEEP > now)
            fine = keep(s, id, expires);
    fclose(f);
    return fine;
}

static bool write_line(struct seen *s, const struct entry *e)
{
    char line[128];
    int n = snprintf(line, sizeof line, "%s %" PRId64 "\n", e->id, e->expires);
    return write(s->fd, line, (size_t)n) == n;
}

/* Old lines go, in place and under the lock: a crash in between forgets at worst what has not been shown for a day. */
static bool compact(struct seen *s)
{
    bool fine = ftruncate(s->fd, 0) == 0;
    for (size_t i = 0; fine && i < s->n; i++)
        fine = write_line(s, &s->entries[i]);
    return fine && fsync(s->fd) == 0;
}

int seen_open(struct seen **out, const struct app *app)
{
    struct seen *s = calloc(1, sizeof *s);
    size_t lines = 0;
    *out = NULL;
    if (!s)
        return app_fail(app, SW_ERR_MEMORY, "seen");
    s->app = app;
    int code = find_path(s);
    s->fd = code ? -1 : open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (!code && s->fd < 0)
        code = app_fail(app, SW_ERR_SYSTEM, s->path);
    if (!code && (flock(s->fd, LOCK_EX) || !load(s, &lines) || (lines > COMPACT && lines > 2 * s->n && !compact(s)) ||
                  flock(s->fd, LOCK_UN)))
        code = app_fail(app, SW_ERR_SYSTEM, s->path);
    if (code) {
        seen_close(s);
        return code;
    }
    *out = s;
    return APP_DONE;
}

void seen_close(struct seen *seen)
{
    if (!seen)
        return;
    if (seen->fd >= 0)
        close(seen->fd);
    free(seen->entries);
    free(seen);
}

bool seen_has(const struct seen *seen, const char *id)
{
    for (size_t i = seen->n; i-- > 0;)
        if (strcmp(seen->entries[i].id, id) == 0)
            return true;
    return false;
}

int seen_add(struct seen *seen, const char *id, int64_t expires)
{
    if (!keep(seen, id, expires))
        return app_fail(seen->app, SW_ERR_MEMORY, "seen");
    bool fine =
        flock(seen->fd, LOCK_EX) == 0 && write_line(seen, &seen->entries[seen->n - 1]) && fdatasync(seen->fd) == 0;
    flock(seen->fd, LOCK_UN);
    return fine ? APP_DONE : app_fail(seen->app, SW_ERR_SYSTEM, seen->path);
}
