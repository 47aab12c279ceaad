/*
 * Uploads: announced, sent in pieces, checked, and then under their name. An upload with a known digest has an id made from its owner, name, length and digest: the
 * same request again finds it, so a client that was killed goes on where it was without having remembered anything. Or the client has something else that tells its
 * file from others (source), so that it need not read all of a large one before it begins; then the digest comes last, and what arrived is no file before that.
 */
#include "apps/file/service.h"
#include "base/hash.h"
#include "base/rand.h"
#include "ttp/pem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    STALE = 7 * 86400,  /* seconds after which an upload nobody goes on with is removed */
    UNFINISHED_MAX = 64 /* uploads of one owner */
};

/* --- in memory ---------------------------------------------------------------------------------------------------------- */

static struct upload *remember(struct file_service *s, const char *id, struct sw_vfile *file)
{
    struct upload *oldest = &s->uploads[0];
    for (size_t i = 1; i < FILE_UPLOADS; i++)
        if (s->uploads[i].used < oldest->used)
            oldest = &s->uploads[i];
    upload_settle(s, oldest);
    sw_vfile_close(oldest->file);
    snprintf(oldest->id, sizeof oldest->id, "%s", id);
    oldest->file = file;
    oldest->used = ++s->clock;
    return oldest;
}

void upload_forget(struct upload *u)
{
    sw_vfile_close(u->file);
    *u = (struct upload){0};
}

void upload_drop(struct file_service *s, struct upload *u)
{
    char path[FILE_PATH_MAX];
    file_upload_path(s, u->id, path);
    unlink(path);
    upload_forget(u);
}

static struct upload *opened(struct file_service *s, const char *id)
{
    for (size_t i = 0; i < FILE_UPLOADS; i++)
        if (s->uploads[i].file && strcmp(s->uploads[i].id, id) == 0)
            return &s->uploads[i];
    return NULL;
}

/* The upload of this owner with this id, opened if need be. */
static enum sw_err find_upload(struct file_service *s, const char *owner, const char *id, struct upload **out,
                               struct about *about)
{
    char path[FILE_PATH_MAX];
    if (!file_is_id(id))
        return SW_ERR_NOT_FOUND;
    *out = opened(s, id);
    if (*out && (*out)->piece) {
        upload_settle(s, *out);
        *out = opened(s, id);
    }
    if (!*out) {
        struct sw_vfile *file;
        file_upload_path(s, id, path);
        enum sw_err err = sw_vfile_resume(&file, s->vault, path);
        if (err)
            return err;
        *out = remember(s, id, file);
    }
    (*out)->used = ++s->clock;
    if (!about_decode((*out)->file, about)) {
        upload_forget(*out);
        return SW_ERR_CRYPTO;
    }
    return strcmp(about->owner, owner) == 0 ? SW_OK : SW_ERR_NOT_FOUND;
}

/* --- POST /files: an upload begins, or goes on -------------------------------------------------------------------------- */

/* One value of Upload-Metadata: "name base64,name base64"; false if it is not there or no text. */
static bool metadata(const char *all, const char *name, char *out, size_t cap)
{
    size_t n = strlen(name), len;
    while (all && *all) {
        all += strspn(all, " ,");
        size_t item = strcspn(all, ",");
        if (item > n && strncmp(all, name, n) == 0 && all[n] == ' ') {
            struct sw_slice text = {(const uint8_t *)all + n + 1, item - n - 1};
            if (sw_base64_decode(text, (uint8_t *)out, cap - 1, &len) || memchr(out, 0, len))
                return false;
            out[len] = 0;
            return true;
        }
        all += item;
    }
    return false;
}

/* A client of another version of the protocol is told, and does nothing (tus 1.0.0, "Tus-Resumable"); one that says nothing is taken at its word. */
static bool version_fits(struct http_request *rq)
{
    const char *version = http_header(rq, "Tus-Resumable");
    if (!version || strcmp(version, "1.0.0") == 0)
        return true;
    http_set_header(rq, "Tus-Version", "%s", "1.0.0");
    http_problem(rq, 412, "this server speaks tus 1.0.0");
    return false;
}

/* What the request announces, source being what the client knows the content by before it has its digest; answers itself and returns false if that cannot be. */
static bool read_announcement(struct file_service *s, struct http_request *rq, struct about *a, int64_t *length,
                              char source[FILE_HEX])
{
    char replace[8];
    const char *meta = http_header(rq, "Upload-Metadata");
    *a = (struct about){.created = (int64_t)time(NULL)};
    source[0] = 0;
    snprintf(a->owner, sizeof a->owner, "%s", rq->peer.name);
    if (!file_number(http_header(rq, "Upload-Length"), length)) {
        http_problem(rq, 400, "Upload-Length is missing, or is no length");
    } else if (!metadata(meta, "filename", a->name, sizeof a->name) || !file_name_ok(a->name)) {
        http_problem(rq, 400, "Upload-Metadata has no filename that a file may have");
    } else if (metadata(meta, "sha256", a->sha256, sizeof a->sha256) && !file_is_digest(a->sha256)) {
        http_problem(rq, 400, "sha256 in Upload-Metadata is 64 hex digits");
    } else if (metadata(meta, "source", source, FILE_HEX) && !file_is_digest(source)) {
        http_problem(rq, 400, "source in Upload-Metadata is 64 hex digits");
    } else if (*length > s->limits.file_max) {
        http_problem(rq, 413, "the file is larger than this server takes");
    } else {
        a->replace = metadata(meta, "replace", replace, sizeof replace) && strcmp(replace, "yes") == 0;
        a->follows = source[0] && !a->sha256[0];
        return true;
    }
    return false;
}

static enum sw_err make_id(const struct about *a, int64_t length, const char *source, uint8_t id[FILE_ID])
{
    uint8_t digest[FILE_DIGEST];
    char text[FILE_NAME_MAX + 400];
    if (!a->sha256[0] && !a->follows)
        return sw_rand_bytes(NULL, id, FILE_ID);
    int n = snprintf(text, sizeof text, "%s\n%s\n%lld\n%s%s\n%d", a->owner, a->name, (long long)length,
                     a->follows ? "source " : "", a->follows ? source : a->sha256, a->replace);
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, text, (size_t)n, digest);
    memcpy(id, digest, FILE_ID);
    return err;
}

/* Uploads nobody went on with. */
static void sweep(const struct file_service *s)
{
    char path[FILE_PATH_MAX];
    struct stat st;
    file_upload_path(s, "", path);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime + STALE < time(NULL))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
}

/* Bytes of an unfinished upload, if it is this owner's; -1: it is not. */
static int64_t announced_by(struct file_service *s, const char *owner, const char *id)
{
    char path[FILE_PATH_MAX];
    struct upload *u = opened(s, id);
    struct sw_vfile *file = NULL;
    struct about a;
    file_upload_path(s, id, path);
    if (!u && sw_vfile_resume(&file, s->vault, path))
        return -1;
    const struct sw_vfile *looked = u ? u->file : file;
    int64_t length = about_decode(looked, &a) && strcmp(a.owner, owner) == 0 ? sw_vfile_length(looked) : -1;
    sw_vfile_close(file);
    return length;
}

/* What an owner has announced and not finished, one upload apart: it will take its space. count: how many there are. */
static int64_t space_announced(struct file_service *s, const char *owner, const char *except, unsigned *count)
{
    char dir[FILE_PATH_MAX];
    int64_t sum = 0, length;
    file_upload_path(s, "", dir);
    DIR *d = opendir(dir);
    *count = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (file_is_id(e->d_name) && strcmp(e->d_name, except) != 0 &&
            (length = announced_by(s, owner, e->d_name)) >= 0) {
            sum += length;
            ++*count;
        }
    if (d)
        closedir(d);
    return sum;
}

static enum sw_err begin_upload(struct file_service *s, const struct about *a, int64_t length,
                                const uint8_t id[FILE_ID], const char *name, struct upload **out)
{
    char path[FILE_PATH_MAX], *meta = about_encode(a);
    struct sw_vfile *file = NULL;
    struct about there;
    if (!meta)
        return SW_ERR_MEMORY;
    sweep(s);
    file_upload_path(s, name, path);
    enum sw_err err = sw_vfile_create(&file, s->vault, path, id, length, meta, strlen(meta));
    if (err == SW_ERR_EXISTS)
        err = find_upload(s, a->owner, name, out, &there);
    /* a server that was killed while it wrote the head has left what nobody can go on with */
    if (err == SW_ERR_CRYPTO && unlink(path) == 0)
        err = sw_vfile_create(&file, s->vault, path, id, length, meta, strlen(meta));
    free(meta);
    if (err == SW_OK && file)
        *out = remember(s, name, file);
    return err;
}

void upload_post(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a, old;
    struct sw_vfile *file;
    struct upload *u = NULL;
    uint8_t id[FILE_ID];
    char name[2 * FILE_ID + 1];
    char source[FILE_HEX];
    int64_t length;
    unsigned count;
    if (!version_fits(rq) || !read_announcement(s, rq, &a, &length, source))
        return;
    enum sw_err err = file_open(s, a.owner, a.name, &file, &old);
    bool exists = err == SW_OK;
    int64_t replaced = exists ? sw_vfile_length(file) : 0;
    sw_vfile_close(file);
    if (exists && !a.replace) {
        http_problem(rq, 409, "%s exists already", a.name);
        return;
    }
    err = make_id(&a, length, source, id);
    file_hex(id, FILE_ID, name);
    int64_t announced = space_announced(s, a.owner, name, &count);
    if (count >= UNFINISHED_MAX) {
        http_problem(rq, 507, "too many uploads of %s are not finished", a.owner);
        return;
    }
    if (file_space_used(s, a.owner) - replaced + announced + length > s->limits.space_max) {
        http_problem(rq, 507, "the space for %s is used up", a.owner);
        return;
    }
    if (err == SW_OK)
        err = begin_upload(s, &a, length, id, name, &u);
    if (err) {
        file_refuse(s, rq, err, "upload");
        return;
    }
    http_set_header(rq, "Location", "/uploads/%s", name);
    if (upload_is_whole(u, &a)) {
        upload_finish(s, rq, u, &a, 201);
        return;
    }
    file_set_tus(rq, sw_vfile_offset(u->file));
    http_reply_empty(rq, 201);
}

/* --- HEAD, DELETE, OPTIONS ------------------------------------------------------------------------------------------------ */

/* The upload that a request names, of who asks; NULL: it is answered. */
struct upload *upload_named(struct file_service *s, struct http_request *rq, struct about *a)
{
    struct upload *u;
    if (!version_fits(rq))
        return NULL;
    enum sw_err err = find_upload(s, rq->peer.name, rq->part[0], &u, a);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "no such upload");
    else if (err)
        file_refuse(s, rq, err, "upload");
    return err ? NULL : u;
}

void upload_head(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a;
    struct upload *u = upload_named(s, rq, &a);
    if (!u)
        return;
    http_set_header(rq, "Upload-Length", "%lld", (long long)sw_vfile_length(u->file));
    /* all of it came, and the server was killed before it gave it its name: whoever hears that all is there must find it there */
    if (upload_is_whole(u, &a)) {
        upload_finish(s, rq, u, &a, 200);
        return;
    }
    file_set_tus(rq, sw_vfile_offset(u->file));
    http_reply_empty(rq, 200);
}

void upload_delete(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a;
    struct upload *u = upload_named(s, rq, &a);
    if (!u)
        return;
    upload_drop(s, u);
    file_set_tus(rq, 0);
    http_reply_empty(rq, 204);
}

void upload_options(void *ctx, struct http_request *rq)
{
    const struct file_service *s = ctx;
    http_set_header(rq, "Tus-Resumable", "1.0.0");
    http_set_header(rq, "Tus-Version", "1.0.0");
    http_set_header(rq, "Tus-Extension", "creation,termination");
    http_set_header(rq, "Tus-Max-Size", "%lld", (long long)s->limits.file_max);
    http_reply_empty(rq, 204);
}
