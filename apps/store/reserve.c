/*
 * The file is there while a reserve is kept, and empty while it is given up. What counts is its blocks: a file can be
 * long without having any.
 */
#include "apps/store/reserve.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 512 /* of st_blocks, everywhere */ };

bool reserve_is_full(int why)
{
    return why == ENOSPC || why == EDQUOT || why == EFBIG;
}

/* Of the file system that path is in, or would be. */
static bool look_around(const char *path, struct statvfs *out)
{
    char dir[RESERVE_PATH_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[1] = 0;
    return statvfs(slash ? dir : ".", out) == 0;
}

bool reserve_at(struct reserve *r, const char *dir, int64_t size)
{
    struct statvfs fs;
    int n = snprintf(r->path, sizeof r->path, "%s/reserve", dir);
    r->size = size;
    if (n < 0 || n >= RESERVE_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!look_around(r->path, &fs))
        return false;
    int64_t share = (int64_t)(fs.f_blocks / RESERVE_SHARE * fs.f_frsize);
    if (share > 0 && share < size) /* some file systems do not know how large they are */
        r->size = share;
    return true;
}

int64_t reserve_held(const struct reserve *r)
{
    struct stat st;
    return lstat(r->path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_blocks * BLOCK : 0;
}

int64_t reserve_free(const struct reserve *r)
{
    struct statvfs fs;
    return look_around(r->path, &fs) && fs.f_blocks ? (int64_t)(fs.f_bavail * fs.f_frsize) : -1;
}

/* What it gets has to be written at once by file systems that cannot set it aside; posix_fallocate sees to that. */
static int fill(int fd, int64_t size)
{
    int why;
    do
        why = posix_fallocate(fd, 0, (off_t)size);
    while (why == EINTR);
    if (why && ftruncate(fd, 0)) /* some of it is no reserve, and missing elsewhere */
        why = errno;
    return why;
}

/* So much has to be free besides, or it would be given up again at once. */
static bool has_space(const struct reserve *r, int64_t held)
{
    int64_t space = reserve_free(r);
    return space < 0 || space >= r->size - held + r->size / 2;
}

bool reserve_take(const struct reserve *r)
{
    int64_t held = reserve_held(r);
    if (held >= r->size)
        return true;
    if (!has_space(r, held)) {
        errno = ENOSPC;
        return false;
    }
    int fd = open(r->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    int why = fill(fd, r->size);
    close(fd);
    errno = why == EDQUOT ? ENOSPC : why;
    return why == 0;
}

bool reserve_give_up(const struct reserve *r)
{
    int saved = errno;
    bool given = reserve_held(r) > 0;
    int fd = given ? open(r->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    given = fd >= 0 && ftruncate(fd, 0) == 0;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return given;
}

void reserve_end(const struct reserve *r)
{
    (void)unlink(r->path);
}

bool reserve_is_short(const struct reserve *r)
{
    struct stat st;
    bool is = lstat(r->path, &st) == 0 && st.st_blocks == 0 && !has_space(r, 0);
    if (is)
        errno = ENOSPC;
    return is;
}
