/*
 * Reading and writing whole files. A new file is made with O_TMPFILE where the file system can, and so leaves nothing
 * behind when the process is killed; elsewhere it is made exclusively under a hidden name beside. link(2) then gives it
 * its name without ever replacing anything; rename(2) replaces. Neither follows a link that an attacker left under the
 * name.
 */
#include "ttp/file.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- the standard streams --- */

void sw_file_guard_streams(void)
{
    /* opened the other way round, so that what is closed to the caller's mind fails and is not merely empty */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}

/* --- reading --- */

void sw_file_free(struct sw_file *file)
{
    if (file->p)
        sw_wipe(file->p, file->len);
    free(file->p);
    *file = (struct sw_file){NULL, 0};
}

/* Twice the room; the old bytes are wiped, they may be a key. */
static bool grow(struct sw_file *f, size_t *cap, size_t limit)
{
    size_t next = *cap ? *cap * 2 : 8192;
    if (next > limit + 2)
        next = limit + 2; /* one byte too many, to see that there are too many, and the NUL */
    uint8_t *p = malloc(next);
    if (!p)
        return false;
    if (f->p) {
        memcpy(p, f->p, f->len);
        sw_wipe(f->p, f->len);
        free(f->p);
    }
    f->p = p;
    *cap = next;
    return true;
}

/* Room for all of a file whose size is known: it may be large, and what it holds a secret that is better not moved. */
static bool first_room(int fd, size_t limit, struct sw_file *f, size_t *cap)
{
    struct stat st;
    *cap = 0;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return true;
    if ((uintmax_t)st.st_size > limit) {
        errno = EFBIG;
        return false;
    }
    *cap = (size_t)st.st_size + 2; /* to see that there is no more, and the NUL */
    f->p = malloc(*cap);
    return f->p != NULL;
}

static enum sw_err read_all(int fd, size_t limit, struct sw_file *f)
{
    size_t cap;
    if (!first_room(fd, limit, f, &cap))
        return errno == EFBIG ? SW_ERR_SYSTEM : SW_ERR_MEMORY;
    for (;;) {
        if (f->len + 1 >= cap && !grow(f, &cap, limit))
            return SW_ERR_MEMORY;
        ssize_t n = read(fd, f->p + f->len, cap - 1 - f->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SW_ERR_SYSTEM;
        f->len += (size_t)n;
        if (f->len > limit) {
            errno = EFBIG;
            return SW_ERR_SYSTEM;
        }
        if (n == 0) {
            f->p[f->len] = 0;
            return SW_OK;
        }
    }
}

/* The form of a list in the attribute: acl(5) has its meaning, linux/posix_acl_xattr.h its numbers, little-endian. */
enum { ACL_VERSION = 2, ACL_HEAD = 4, ACL_ENTRY = 8, ACL_ENTRIES = 16 };
enum { ACL_USER_OBJ = 0x01, ACL_USER = 0x02, ACL_MASK = 0x10 };

/*
 * Of a file that has a list of who may use it, what its mode says of the group is no group's right but the most that the
 * list gives anybody: systemd names the user of a service there, to whom it gives a credential of root's.
 */
static bool is_listed_for_us(int fd)
{
    uint8_t list[ACL_HEAD + ACL_ENTRIES * ACL_ENTRY];
    ssize_t n = fgetxattr(fd, "system.posix_acl_access", list, sizeof list);
    if (n < ACL_HEAD || (n - ACL_HEAD) % ACL_ENTRY || list[0] != ACL_VERSION)
        return false;
    for (const uint8_t *e = list + ACL_HEAD; e < list + n; e += ACL_ENTRY) {
        unsigned tag = e[0] | (unsigned)e[1] << 8, may = e[2] | (unsigned)e[3] << 8;
        uid_t who = e[4] | (uid_t)e[5] << 8 | (uid_t)e[6] << 16 | (uid_t)e[7] << 24;
        bool ours = tag == ACL_USER_OBJ || (tag == ACL_USER && (who == geteuid() || who == 0)) || tag == ACL_MASK;
        if (may && !ours)
            return false;
    }
    return true;
}

/* A key file that others can read is no secret any more, one that others can write is not ours. */
static enum sw_err check_secret(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return SW_ERR_SYSTEM;
    if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode))
        return SW_OK; /* standard input, <(...): not a place where keys lie about */
    bool ours = st.st_uid == geteuid() || st.st_uid == 0;
    bool alone = !(st.st_mode & S_IRWXO) && (!(st.st_mode & S_IRWXG) || is_listed_for_us(fd));
    return S_ISREG(st.st_mode) && ours && alone ? SW_OK : SW_ERR_PERMISSION;
}

static enum sw_err read_file(const char *path, size_t limit, bool secret, struct sw_file *out)
{
    *out = (struct sw_file){NULL, 0};
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return SW_ERR_SYSTEM;
    enum sw_err err = secret ? check_secret(fd) : SW_OK;
    if (err == SW_OK)
        err = read_all(fd, limit, out);
    int saved = errno;
    if (!standard)
        close(fd);
    if (err != SW_OK)
        sw_file_free(out);
    errno = saved;
    return err;
}

enum sw_err sw_file_read(const char *path, size_t limit, struct sw_file *out)
{
    return read_file(path, limit, false, out);
}

enum sw_err sw_file_read_secret(const char *path, size_t limit, struct sw_file *out)
{
    return read_file(path, limit, true, out);
}

bool sw_file_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* --- writing --- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int open_parent(const char *path)
{
    char dir[SW_FILE_PATH_MAX];
    size_t len = (size_t)(base_name(path) - path);
    if (len == 0)
        return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memcpy(dir, path, len);
    dir[len] = 0;
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum { HIDDEN_CAP = 32 };

static bool hidden_name(char *out)
{
    uint64_t r;
    if (sw_rand_bytes(NULL, &r, sizeof r) != SW_OK) {
        errno = EIO;
        return false;
    }
    snprintf(out, HIDDEN_CAP, ".%016llx.tmp", (unsigned long long)r);
    return true;
}

/* A file without a name in the directory; where the file system has none, one under a random name. */
static bool open_new(struct sw_file_stage *s, mode_t mode)
{
    s->fd = openat(s->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (s->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
        return s->fd >= 0;
    if (!hidden_name(s->temp))
        return false;
    s->fd = openat(s->dir, s->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (s->fd < 0)
        s->temp[0] = 0;
    return s->fd >= 0;
}

static bool write_all(int fd, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/*
 * What stands under the name now: nothing, something to replace (its owner and mode kept), or something to leave alone.
 */
static enum sw_err check_target(const struct sw_file_stage *s, struct stat *st, bool *there)
{
    *there = fstatat(s->dir, base_name(s->path), st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*there)
        return errno == ENOENT ? SW_OK : SW_ERR_SYSTEM;
    return (s->flags & SW_FILE_REPLACE) && S_ISREG(st->st_mode) ? SW_OK : SW_ERR_EXISTS;
}

static enum sw_err fill(struct sw_file_stage *s, const void *p, size_t len)
{
    struct stat st;
    bool there;
    enum sw_err err = check_target(s, &st, &there);
    if (err != SW_OK)
        return err;
    bool secret = s->flags & SW_FILE_SECRET;
    if (!open_new(s, secret ? 0600 : 0644))
        return SW_ERR_SYSTEM;
    if (there && !secret && (fchown(s->fd, st.st_uid, st.st_gid) || fchmod(s->fd, st.st_mode & 0777)) && errno != EPERM)
        return SW_ERR_SYSTEM;
    if (!write_all(s->fd, p, len) || fsync(s->fd))
        return SW_ERR_SYSTEM;
    return SW_OK;
}

enum sw_err sw_file_stage(struct sw_file_stage *s, const char *path, const void *p, size_t len, unsigned flags)
{
    s->fd = s->dir = -1;
    s->temp[0] = 0;
    s->flags = flags;
    s->replaced = false;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof s->path || path[n - 1] == '/') {
        errno = n >= sizeof s->path ? ENAMETOOLONG : EISDIR;
        return SW_ERR_SYSTEM;
    }
    memcpy(s->path, path, n + 1);
    s->dir = open_parent(path);
    enum sw_err err = s->dir < 0 ? SW_ERR_SYSTEM : fill(s, p, len);
    if (err != SW_OK)
        sw_file_abort(s);
    return err;
}

/* Give the file a name in its directory, never replacing anything. */
static bool give_name(const struct sw_file_stage *s, const char *name)
{
    char fd_path[64];
    if (s->temp[0])
        return linkat(s->dir, s->temp, s->dir, name, 0) == 0;
    snprintf(fd_path, sizeof fd_path, "/proc/self/fd/%d", s->fd);
    return linkat(AT_FDCWD, fd_path, s->dir, name, AT_SYMLINK_FOLLOW) == 0;
}

/*
 * rename(2) needs a name to start from. A process killed between the two leaves the file under this one: whole, hidden,
 * and of no harm.
 */
static bool give_temp_name(struct sw_file_stage *s)
{
    char name[HIDDEN_CAP];
    if (s->temp[0])
        return true;
    if (!hidden_name(name) || !give_name(s, name))
        return false;
    memcpy(s->temp, name, sizeof name);
    return true;
}

static enum sw_err replace(struct sw_file_stage *s)
{
    struct stat st;
    bool there;
    enum sw_err err = check_target(s, &st, &there);
    if (err != SW_OK)
        return err;
    if (!give_temp_name(s) || renameat(s->dir, s->temp, s->dir, base_name(s->path)))
        return SW_ERR_SYSTEM;
    s->temp[0] = 0; /* it is the file now */
    s->replaced = there;
    return SW_OK;
}

/* What replaced another stays: that one is gone. */
static void take_name_back(const struct sw_file_stage *s)
{
    int saved = errno;
    if (!s->replaced)
        unlinkat(s->dir, base_name(s->path), 0);
    errno = saved;
}

enum sw_err sw_file_commit(struct sw_file_stage *s)
{
    enum sw_err err = SW_OK;
    if (s->flags & SW_FILE_REPLACE)
        err = replace(s);
    else if (!give_name(s, base_name(s->path)))
        err = errno == EEXIST ? SW_ERR_EXISTS : SW_ERR_SYSTEM;
    if (err == SW_OK && fsync(s->dir)) {
        err = SW_ERR_SYSTEM;
        take_name_back(s);
    }
    sw_file_abort(s);
    return err;
}

/* Closing is forgetting: a file that got its name keeps it, one without is gone. */
void sw_file_abort(struct sw_file_stage *s)
{
    int saved = errno;
    if (s->temp[0] && s->dir >= 0)
        unlinkat(s->dir, s->temp, 0);
    if (s->fd >= 0)
        close(s->fd);
    if (s->dir >= 0)
        close(s->dir);
    s->fd = s->dir = -1;
    s->temp[0] = 0;
    errno = saved;
}

enum sw_err sw_file_write(const char *path, const void *p, size_t len, unsigned flags)
{
    struct sw_file_stage s;
    enum sw_err err = sw_file_stage(&s, path, p, len, flags);
    return err == SW_OK ? sw_file_commit(&s) : err;
}
