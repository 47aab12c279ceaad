/* The list is short (what has not expired), so it is searched from its end, where the newest are. */
#include "apps/message/seen.h"
#include "apps/message/place.h"
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

enum {
    KEEP = 86400,
    COMPACT = 1000,  /* lines before it is written anew */
    TURN_TRIES = 100 /* of 20 ms */
};

struct entry {
    char id[SW_MAIL_ID_MAX];
    int64_t expires;
    bool begun; /* and nothing else is known */
};

/* Stands first: the front of a line that a crash has torn must not say that something was shown. */
static const char begins[] = "begun ";

struct seen {
    const struct app *app;
    char path[PLACE_MAX];
    int fd;
    ino_t inode; /* of the file as it was read last, and its size: whether others have written */
    off_t size;
    bool torn; /* its last line has no end: a crash */
    struct entry *entries;
    size_t n, room;
};

static bool keep(struct seen *s, const char *id, int64_t expires, bool begun)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct entry *p = realloc(s->entries, room * sizeof *p);
        if (!p)
            return false;
        s->entries = p;
        s->room = room;
    }
    struct entry *e = &s->entries[s->n++];
    *e = (struct entry){.expires = expires, .begun = begun};
    snprintf(e->id, sizeof e->id, "%s", id);
    return true;
}

/* All lines, in place of what was known; *lines counts those that are over, too. */
static bool load(struct seen *s, size_t *lines)
{
    char line[128] = "\n", id[SW_MAIL_ID_MAX];
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
    s->n = 0;
    for (*lines = 0; fine && fgets(line, sizeof line, f); ++*lines) {
        bool begun = strncmp(line, begins, sizeof begins - 1) == 0;
        if (sscanf(begun ? line + sizeof begins - 1 : line, "%32[0-9a-f] %" SCNd64, id, &expires) == 2 &&
            expires + KEEP > now)
            fine = keep(s, id, expires, begun);
    }
    s->torn = !strchr(line, '\n');
    fclose(f);
    return fine;
}

static bool remember_state(struct seen *s)
{
    struct stat st;
    if (fstat(s->fd, &st))
        return false;
    s->inode = st.st_ino;
    s->size = st.st_size;
    return true;
}

static bool is_at_its_path(const struct seen *s)
{
    struct stat ours, there;
    return fstat(s->fd, &ours) == 0 && lstat(s->path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

/* The file, locked: the one that has the name now, although somebody may have written it anew. */
static bool lock(struct seen *s)
{
    for (;;) {
        if (s->fd < 0)
            s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (s->fd < 0 || flock(s->fd, LOCK_EX))
            return false;
        if (is_at_its_path(s))
            return true;
        close(s->fd);
        s->fd = -1;
    }
}

/* And what others wrote into it. */
static bool lock_and_look(struct seen *s)
{
    struct stat st;
    size_t lines;
    if (!lock(s))
        return false;
    if (fstat(s->fd, &st) == 0 && st.st_ino == s->inode && st.st_size == s->size)
        return true;
    return load(s, &lines) && remember_state(s);
}

static bool write_line(int fd, const struct entry *e, bool torn)
{
    char line[128];
    int n = snprintf(line, sizeof line, "%s%s%s %" PRId64 "\n", torn ? "\n" : "", e->begun ? begins : "", e->id,
                     e->expires);
    return write(fd, line, (size_t)n) == n;
}

/* What is known of one: its last line says. */
static const struct entry *last_of(const struct seen *seen, const char *id)
{
    for (size_t i = seen->n; i-- > 0;)
        if (strcmp(seen->entries[i].id, id) == 0)
            return &seen->entries[i];
    return NULL;
}

/* Whether somebody may hold a lock on this file for what he is about to show: another file would not have it. */
static bool is_busy(const struct seen *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].begun && last_of(s, s->entries[i].id)->begun)
            return true;
    return false;
}

/* Old lines go: a new file in place of the old one, under its lock. */
static bool compact(struct seen *s)
{
    char path[PLACE_MAX + 8];
    snprintf(path, sizeof path, "%s.new", s->path);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool fine = fd >= 0 && flock(fd, LOCK_EX) == 0;
    for (size_t i = 0; fine && i < s->n; i++)
        fine = write_line(fd, &s->entries[i], false);
    fine = fine && fsync(fd) == 0 && rename(path, s->path) == 0;
    int out = fine ? s->fd : fd;
    if (out >= 0)
        close(out);
    if (fine) {
        s->fd = fd;
        s->torn = false;
    }
    return fine;
}

int seen_open(struct seen **out, const struct app *app)
{
    struct seen *s = calloc(1, sizeof *s);
    size_t lines = 0;
    *out = NULL;
    if (!s)
        return app_fail(app, SW_ERR_MEMORY, "seen");
    s->app = app;
    s->fd = -1;
    int code = place_of(app, "seen", s->path);
    if (!code && (!lock(s) || !load(s, &lines) || (lines > COMPACT && lines > 2 * s->n && !is_busy(s) && !compact(s)) ||
                  !remember_state(s) || flock(s->fd, LOCK_UN)))
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

bool seen_has(struct seen *seen, const char *id)
{
    (void)lock_and_look(seen);
    flock(seen->fd, LOCK_UN);
    return last_of(seen, id) != NULL;
}

/* Under the lock. */
static bool append(struct seen *s, const char *id, int64_t expires, bool begun, bool durable)
{
    if (!keep(s, id, expires, begun))
        return false;
    bool fine =
        write_line(s->fd, &s->entries[s->n - 1], s->torn) && (!durable || fdatasync(s->fd) == 0) && remember_state(s);
    s->torn = !fine;
    return fine;
}

/* End what is done under the lock. */
static int unlock(struct seen *s, bool fine)
{
    int code = fine ? APP_DONE : app_fail(s->app, SW_ERR_SYSTEM, s->path);
    flock(s->fd, LOCK_UN);
    return code;
}

int seen_add(struct seen *seen, const char *id, int64_t expires)
{
    bool fine = lock_and_look(seen);
    return unlock(seen, fine && (last_of(seen, id) || append(seen, id, expires, false, true)));
}

/*
 * Locks of another kind than that of the file: they are held while something is shown, and notes are written meanwhile.
 * They end with their program, however that ends. The first byte is whose turn it is; one far behind the end, by its
 * number, is a message that is about to be shown.
 */
static struct flock range_of(const char *id, short type)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
    char number[16] = "";
    if (id) {
        memcpy(number, id, sizeof number - 1);
        range.l_start = 1 + (off_t)strtoull(number, NULL, 16);
    }
    return range;
}

static bool hold(const struct seen *s, const char *id, short type)
{
    struct flock range = range_of(id, type);
    return fcntl(s->fd, F_OFD_SETLK, &range) == 0;
}

static bool is_held(const struct seen *s, const char *id)
{
    struct flock range = range_of(id, F_WRLCK);
    return fcntl(s->fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

int seen_claim(struct seen *seen, const char *id, int64_t expires, enum seen_claim *out)
{
    bool fine = lock_and_look(seen);
    const struct entry *known = fine ? last_of(seen, id) : NULL;
    *out = !known ? SEEN_OURS : !known->begun ? SEEN_SHOWN : is_held(seen, id) ? SEEN_ELSEWHERE : SEEN_INTERRUPTED;
    if (fine && !known)
        fine = hold(seen, id, F_WRLCK) && append(seen, id, expires, true, true);
    return unlock(seen, fine);
}

int seen_finish(struct seen *seen, const char *id, int64_t expires)
{
    bool fine = lock_and_look(seen) && append(seen, id, expires, false, false);
    (void)hold(seen, id, F_UNLCK);
    return unlock(seen, fine);
}

void seen_begin_turn(struct seen *seen)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int i = 0; i < TURN_TRIES && !hold(seen, NULL, F_WRLCK); i++)
        nanosleep(&pause, NULL);
}

void seen_end_turn(struct seen *seen)
{
    (void)hold(seen, NULL, F_UNLCK);
}
