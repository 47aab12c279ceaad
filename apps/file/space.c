/*
 * Where things are: DIR/files/OWNER/NAME for what is complete, DIR/uploads/ID for what is coming, OWNER and NAME being
 * digests. The description sealed inside each file says whose it is and what it is called; it is believed, and the
 * place is only where to look.
 */
#include "apps/file/service.h"
#include "base/hash.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void file_hex(const uint8_t *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

bool file_digest_of(const char *text, char out[FILE_HEX])
{
    uint8_t digest[FILE_DIGEST];
    if (sw_hash_once(SW_HASH_SHA256, text, strlen(text), digest))
        return false;
    file_hex(digest, FILE_DIGEST, out);
    return true;
}

/* DIR/files/OWNER[/NAME]; the directory of the owner is made. */
bool file_place(const struct file_service *s, const char *owner, const char *name, char out[FILE_PATH_MAX])
{
    char o[FILE_HEX], n[FILE_HEX] = "";
    if (!file_digest_of(owner, o) || (name && !file_digest_of(name, n)))
        return false;
    int len = snprintf(out, FILE_PATH_MAX, "%s/files/%.32s", s->dir, o);
    if (len < 0 || len + FILE_HEX + 1 >= FILE_PATH_MAX || (mkdir(out, 0700) && errno != EEXIST))
        return false;
    if (name)
        snprintf(out + len, (size_t)(FILE_PATH_MAX - len), "/%s", n);
    return true;
}

void file_upload_path(const struct file_service *s, const char *id, char out[FILE_PATH_MAX])
{
    snprintf(out, FILE_PATH_MAX, "%.3900s/uploads/%s", s->dir, id);
}

bool file_is_id(const char *text)
{
    return strlen(text) == 2 * FILE_ID && strspn(text, "0123456789abcdef") == 2 * FILE_ID;
}

bool file_is_digest(const char *text)
{
    return strlen(text) == 2 * FILE_DIGEST && strspn(text, "0123456789abcdef") == 2 * FILE_DIGEST;
}

char *about_encode(const struct about *a)
{
    json_t *object = json_pack("{s:s,s:s,s:s,s:I,s:b,s:b}", "owner", a->owner, "name", a->name, "sha256", a->sha256,
                               "created", (json_int_t)a->created, "replace", a->replace, "follows", a->follows);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

bool about_decode(const struct sw_vfile *file, struct about *a)
{
    size_t len;
    const char *text = sw_vfile_meta(file, &len);
    json_t *object = json_loadb(text, len, 0, NULL);
    const char *owner = NULL, *name = NULL, *sha = NULL;
    json_int_t created = 0;
    int replace = 0, follows = 0;
    bool fine = object && json_unpack(object, "{s:s,s:s,s:s,s:I,s:b,s?b}", "owner", &owner, "name", &name, "sha256",
                                      &sha, "created", &created, "replace", &replace, "follows", &follows) == 0;
    *a = (struct about){.created = created, .replace = replace != 0, .follows = follows != 0};
    if (fine) {
        snprintf(a->owner, sizeof a->owner, "%s", owner);
        snprintf(a->name, sizeof a->name, "%s", name);
        snprintf(a->sha256, sizeof a->sha256, "%s", sha);
    }
    json_decref(object);
    return fine;
}

/* Open owner's file; what the description says must be what was asked for. */
enum sw_err file_open(const struct file_service *s, const char *owner, const char *name, struct sw_vfile **out,
                      struct about *about)
{
    char path[FILE_PATH_MAX];
    *out = NULL;
    if (!file_name_ok(name))
        return SW_ERR_NOT_FOUND;
    if (!file_place(s, owner, name, path))
        return SW_ERR_SYSTEM;
    enum sw_err err = sw_vfile_open(out, s->vault, path);
    if (err)
        return err;
    if (!about_decode(*out, about) || strcmp(about->owner, owner) != 0 || strcmp(about->name, name) != 0) {
        sw_vfile_close(*out);
        *out = NULL;
        return SW_ERR_CRYPTO;
    }
    return SW_OK;
}

/* Digits and nothing else: what strtoll lets pass besides is no length. */
bool file_number(const char *text, int64_t *out)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

bool file_space_used(const struct file_service *s, const char *owner, int64_t *out)
{
    char path[FILE_PATH_MAX];
    DIR *d = file_place(s, owner, NULL, path) ? opendir(path) : NULL;
    struct stat st;
    *out = 0;
    if (!d)
        return false;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            *out += st.st_size;
    closedir(d);
    return true;
}

bool file_space_short(const struct file_service *s)
{
    if (!atomic_load(&s->spare))
        return false;
    errno = ENOSPC;
    return true;
}

void file_sync_directory(const char *path)
{
    char dir[FILE_PATH_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (!slash)
        return;
    *slash = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

int file_hold(const char *path)
{
    return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

struct held {
    struct job job;
    int fd;
};

static void close_held(struct job *job)
{
    close(((struct held *)job)->fd);
}

static void free_held(struct job *job)
{
    free(job);
}

void file_let_go(struct file_service *s, int held)
{
    struct held *h = held >= 0 ? malloc(sizeof *h) : NULL;
    if (h) {
        *h = (struct held){.job = {.run = close_held, .done = free_held}, .fd = held};
        file_work(s, &h->job);
    } else if (held >= 0) {
        close(held);
    }
}

void file_happened(const struct file_service *s, const char *what, const char *who, int64_t bytes)
{
    if (s->events.happened)
        s->events.happened(s->events.ctx, what, who, bytes);
}

void file_trouble(const struct file_service *s, const char *what, const char *why)
{
    if (s->events.trouble)
        s->events.trouble(s->events.ctx, what, why);
}

/*
 * A function that is asked for a state a file is not in, or to open what is no cipher text of its key, has met a file
 * that was changed.
 */
const char *file_reason(enum sw_err err)
{
    return err == SW_ERR_SYSTEM   ? strerror(errno)
           : err == SW_ERR_STATE  ? "it was cut short on the disk"
           : err == SW_ERR_CRYPTO ? "it was changed on the disk"
                                  : sw_err_reason(err);
}

void file_refuse(struct file_service *s, struct http_request *rq, enum sw_err err, const char *what)
{
    const char *why = file_reason(err);
    bool full = err == SW_ERR_SYSTEM && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
    file_trouble(s, what, why);
    if (!rq)
        return;
    if (full) {
        http_set_header(rq, "Retry-After", "60");
        http_problem(rq, 507, "the server's disk is full");
    } else if (err == SW_ERR_CRYPTO || err == SW_ERR_STATE) {
        http_problem(rq, 500, "the file was changed on the server's disk");
    } else {
        http_problem(rq, 500, "the file cannot be used now");
    }
}

void file_set_tus(struct http_request *rq, int64_t offset)
{
    http_set_header(rq, "Tus-Resumable", "1.0.0");
    http_set_header(rq, "Upload-Offset", "%lld", (long long)offset);
}
