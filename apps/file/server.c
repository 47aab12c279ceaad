/*
 * Where things are: DIR/files/OWNER/NAME for what is complete, DIR/uploads/ID for what is coming, OWNER and NAME being digests. The description sealed inside
 * each file says whose it is and what it is called; it is believed, and the place is only where to look.
 *   An upload with a known digest has an id made from its owner, name, length and digest: the same request again finds it, so a client that was killed
 * goes on where it was without having remembered anything.
 */
#include "apps/file/server.h"
#include "apps/vfile.h"
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

enum { PATH_LENGTH = 4096, OPEN_MAX_UPLOADS = 16, STALE = 7 * 86400, DIGEST = 32, HEX = 2 * DIGEST + 1, ID = 16 };

struct upload {
    char id[2 * ID + 1];
    struct sw_vfile *file;
    int64_t used; /* when, to close the oldest */
};

struct file_service {
    char dir[PATH_LENGTH];
    struct sw_vault *vault;
    struct file_limits limits;
    void (*trouble)(void *ctx, const char *what, const char *why);
    void *ctx;
    struct upload uploads[OPEN_MAX_UPLOADS];
    int64_t clock; /* counts uses */
};

/* What is known of a file. */
struct about {
    char owner[128], name[FILE_NAME_MAX], sha256[HEX];
    int64_t created;
    bool replace;
};

/* --- names and places --------------------------------------------------------------------------------------------------- */

static void to_hex(const uint8_t *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static bool digest_of(const char *text, char out[HEX])
{
    uint8_t digest[DIGEST];
    if (sw_hash_once(SW_HASH_SHA256, text, strlen(text), digest))
        return false;
    to_hex(digest, DIGEST, out);
    return true;
}

/* DIR/files/OWNER[/NAME]; the directory of the owner is made. */
static bool place(const struct file_service *s, const char *owner, const char *name, char out[PATH_LENGTH])
{
    char o[HEX], n[HEX] = "";
    if (!digest_of(owner, o) || (name && !digest_of(name, n)))
        return false;
    int len = snprintf(out, PATH_LENGTH, "%s/files/%.32s", s->dir, o);
    if (len < 0 || len + HEX + 1 >= PATH_LENGTH || (mkdir(out, 0700) && errno != EEXIST))
        return false;
    if (name)
        snprintf(out + len, (size_t)(PATH_LENGTH - len), "/%s", n);
    return true;
}

static void upload_path(const struct file_service *s, const char *id, char out[PATH_LENGTH])
{
    snprintf(out, PATH_LENGTH, "%.3900s/uploads/%s", s->dir, id);
}

static bool is_id(const char *text)
{
    return strlen(text) == 2 * ID && strspn(text, "0123456789abcdef") == 2 * ID;
}

static char *about_encode(const struct about *a)
{
    json_t *object = json_pack("{s:s,s:s,s:s,s:I,s:b}", "owner", a->owner, "name", a->name, "sha256", a->sha256,
                               "created", (json_int_t)a->created, "replace", a->replace);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

static bool about_decode(const struct sw_vfile *file, struct about *a)
{
    size_t len;
    const char *text = sw_vfile_meta(file, &len);
    json_t *object = json_loadb(text, len, 0, NULL);
    const char *owner = NULL, *name = NULL, *sha = NULL;
    json_int_t created = 0;
    int replace = 0;
    bool fine = object && json_unpack(object, "{s:s,s:s,s:s,s:I,s:b}", "owner", &owner, "name", &name, "sha256", &sha,
                                      "created", &created, "replace", &replace) == 0;
    *a = (struct about){.created = created, .replace = replace != 0};
    if (fine) {
        snprintf(a->owner, sizeof a->owner, "%s", owner);
        snprintf(a->name, sizeof a->name, "%s", name);
        snprintf(a->sha256, sizeof a->sha256, "%s", sha);
    }
    json_decref(object);
    return fine;
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

static void refuse(struct file_service *s, struct http_request *rq, enum sw_err err, const char *what)
{
    const char *why = err == SW_ERR_SYSTEM ? strerror(errno) : sw_err_reason(err);
    bool full = err == SW_ERR_SYSTEM && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
    if (s->trouble)
        s->trouble(s->ctx, what, why);
    if (full) {
        http_set_header(rq, "Retry-After", "60");
        http_problem(rq, 507, "the server's disk is full");
    } else if (err == SW_ERR_CRYPTO) {
        http_problem(rq, 500, "the file was changed on the server's disk");
    } else {
        http_problem(rq, 500, "the file cannot be used now");
    }
}

static void set_tus(struct http_request *rq, int64_t offset)
{
    http_set_header(rq, "Tus-Resumable", "1.0.0");
    http_set_header(rq, "Upload-Offset", "%lld", (long long)offset);
}

/* --- uploads in memory -------------------------------------------------------------------------------------------------- */

static struct upload *remember(struct file_service *s, const char *id, struct sw_vfile *file)
{
    struct upload *oldest = &s->uploads[0];
    for (size_t i = 1; i < OPEN_MAX_UPLOADS; i++)
        if (s->uploads[i].used < oldest->used)
            oldest = &s->uploads[i];
    sw_vfile_close(oldest->file);
    snprintf(oldest->id, sizeof oldest->id, "%s", id);
    oldest->file = file;
    oldest->used = ++s->clock;
    return oldest;
}

static void forget(struct upload *u)
{
    sw_vfile_close(u->file);
    *u = (struct upload){0};
}

/* The upload of this owner with this id, opened if need be. */
static enum sw_err find_upload(struct file_service *s, const char *owner, const char *id, struct upload **out,
                               struct about *about)
{
    char path[PATH_LENGTH];
    *out = NULL;
    if (!is_id(id))
        return SW_ERR_NOT_FOUND;
    for (size_t i = 0; i < OPEN_MAX_UPLOADS; i++)
        if (s->uploads[i].file && strcmp(s->uploads[i].id, id) == 0)
            *out = &s->uploads[i];
    if (!*out) {
        struct sw_vfile *file;
        upload_path(s, id, path);
        enum sw_err err = sw_vfile_resume(&file, s->vault, path);
        if (err)
            return err;
        *out = remember(s, id, file);
    }
    (*out)->used = ++s->clock;
    if (!about_decode((*out)->file, about))
        return SW_ERR_CRYPTO;
    return strcmp(about->owner, owner) == 0 ? SW_OK : SW_ERR_NOT_FOUND;
}

/* --- complete files ----------------------------------------------------------------------------------------------------- */

/* Open owner's file; what the description says must be what was asked for. */
static enum sw_err open_file(struct file_service *s, const char *owner, const char *name, struct sw_vfile **out,
                             struct about *about)
{
    char path[PATH_LENGTH];
    *out = NULL;
    if (!file_name_ok(name))
        return SW_ERR_NOT_FOUND;
    if (!place(s, owner, name, path))
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

/* Bytes that an owner's files take. */
static int64_t space_used(const struct file_service *s, const char *owner)
{
    char path[PATH_LENGTH];
    int64_t sum = 0;
    DIR *d = place(s, owner, NULL, path) ? opendir(path) : NULL;
    struct stat st;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            sum += st.st_size;
    if (d)
        closedir(d);
    return sum;
}

static void sync_directory(const char *path)
{
    char dir[PATH_LENGTH];
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

static bool hex_digest(const char *text)
{
    return strlen(text) == 2 * DIGEST && strspn(text, "0123456789abcdef") == 2 * DIGEST;
}

/* What the request announces; answers itself and returns false if that cannot be. */
static bool read_announcement(struct file_service *s, struct http_request *rq, struct about *a, int64_t *length)
{
    char replace[8];
    const char *meta = http_header(rq, "Upload-Metadata"), *text = http_header(rq, "Upload-Length");
    char *end = NULL;
    *a = (struct about){.created = (int64_t)time(NULL)};
    snprintf(a->owner, sizeof a->owner, "%s", rq->peer.name);
    *length = text ? strtoll(text, &end, 10) : -1;
    if (*length < 0 || (end && *end)) {
        http_problem(rq, 400, "Upload-Length is missing, or is no length");
    } else if (!metadata(meta, "filename", a->name, sizeof a->name) || !file_name_ok(a->name)) {
        http_problem(rq, 400, "Upload-Metadata has no filename that a file may have");
    } else if (metadata(meta, "sha256", a->sha256, sizeof a->sha256) && !hex_digest(a->sha256)) {
        http_problem(rq, 400, "sha256 in Upload-Metadata is 64 hex digits");
    } else if (*length > s->limits.file_max) {
        http_problem(rq, 413, "the file is larger than this server takes");
    } else {
        a->replace = metadata(meta, "replace", replace, sizeof replace) && strcmp(replace, "yes") == 0;
        return true;
    }
    return false;
}

static enum sw_err make_id(const struct about *a, int64_t length, uint8_t id[ID])
{
    uint8_t digest[DIGEST];
    char text[FILE_NAME_MAX + 400];
    if (!a->sha256[0])
        return sw_rand_bytes(NULL, id, ID);
    int n = snprintf(text, sizeof text, "%s\n%s\n%lld\n%s\n%d", a->owner, a->name, (long long)length, a->sha256,
                     a->replace);
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, text, (size_t)n, digest);
    memcpy(id, digest, ID);
    return err;
}

/* Uploads nobody went on with. */
static void sweep(const struct file_service *s)
{
    char path[PATH_LENGTH];
    struct stat st;
    upload_path(s, "", path);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime + STALE < time(NULL))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
}

static enum sw_err begin_upload(struct file_service *s, const struct about *a, int64_t length, const uint8_t id[ID],
                                const char *name, struct upload **out)
{
    char path[PATH_LENGTH], *meta = about_encode(a);
    struct sw_vfile *file = NULL;
    struct about there;
    if (!meta)
        return SW_ERR_MEMORY;
    sweep(s);
    upload_path(s, name, path);
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

static void finish_upload(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a,
                          int status);

static void post_file(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a, old;
    struct sw_vfile *file;
    struct upload *u = NULL;
    uint8_t id[ID];
    char name[2 * ID + 1];
    int64_t length;
    if (!read_announcement(s, rq, &a, &length))
        return;
    enum sw_err err = open_file(s, a.owner, a.name, &file, &old);
    bool exists = err == SW_OK;
    int64_t replaced = exists ? sw_vfile_length(file) : 0;
    sw_vfile_close(file);
    if (exists && !a.replace) {
        http_problem(rq, 409, "%s exists already", a.name);
        return;
    }
    if (space_used(s, a.owner) - replaced + length > s->limits.space_max) {
        http_problem(rq, 507, "the space for %s is used up", a.owner);
        return;
    }
    err = make_id(&a, length, id);
    to_hex(id, ID, name);
    if (err == SW_OK)
        err = begin_upload(s, &a, length, id, name, &u);
    if (err) {
        refuse(s, rq, err, "upload");
        return;
    }
    http_set_header(rq, "Location", "/uploads/%s", name);
    if (sw_vfile_offset(u->file) == length) {
        finish_upload(s, rq, u, &a, 201);
        return;
    }
    set_tus(rq, sw_vfile_offset(u->file));
    http_reply_empty(rq, 201);
}

/* --- PATCH /uploads/ID: a piece ----------------------------------------------------------------------------------------- */

static int publish(struct file_service *s, const struct upload *u, const struct about *a)
{
    char from[PATH_LENGTH], to[PATH_LENGTH];
    upload_path(s, u->id, from);
    if (!place(s, a->owner, a->name, to))
        return -1;
    int rc = a->replace ? rename(from, to) : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (rc == 0)
        sync_directory(to);
    return rc;
}

static void drop_upload(struct file_service *s, struct upload *u)
{
    char path[PATH_LENGTH];
    upload_path(s, u->id, path);
    unlink(path);
    forget(u);
}

/* All is there: checked, on the disk, and then under its name. */
static void finish_upload(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a,
                          int status)
{
    uint8_t digest[DIGEST];
    char hex[HEX];
    enum sw_err err = sw_vfile_finish(u->file, digest);
    if (err) {
        refuse(s, rq, err, "upload");
        return;
    }
    to_hex(digest, DIGEST, hex);
    if (a->sha256[0] && strcmp(a->sha256, hex) != 0) {
        drop_upload(s, u);
        http_problem(rq, 460, "what came is not what was announced: its SHA-256 is %s", hex);
        return;
    }
    int64_t length = sw_vfile_length(u->file);
    if (publish(s, u, a)) {
        if (errno == EEXIST) {
            drop_upload(s, u);
            http_problem(rq, 409, "%s exists already", a->name);
        } else {
            refuse(s, rq, SW_ERR_SYSTEM, "upload");
        }
        return;
    }
    forget(u);
    set_tus(rq, length);
    http_set_header(rq, "ETag", "\"%s\"", hex);
    http_reply_empty(rq, status);
}

static void patch_upload(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct upload *u;
    struct about a;
    size_t len;
    const char *type = http_header(rq, "Content-Type"), *text = http_header(rq, "Upload-Offset");
    enum sw_err err = find_upload(s, rq->peer.name, rq->part[0], &u, &a);
    if (err == SW_ERR_NOT_FOUND) {
        http_problem(rq, 404, "no such upload");
    } else if (err) {
        refuse(s, rq, err, "upload");
    } else if (!type || strcmp(type, "application/offset+octet-stream") != 0) {
        http_problem(rq, 415, "a piece is application/offset+octet-stream");
    } else if (!text || strtoll(text, NULL, 10) != sw_vfile_offset(u->file)) {
        set_tus(rq, sw_vfile_offset(u->file));
        http_problem(rq, 409, "the next piece begins at %lld", (long long)sw_vfile_offset(u->file));
    } else {
        const uint8_t *body = http_body(rq, &len);
        err = sw_vfile_append(u->file, body, len);
        if (err == SW_ERR_SPACE) {
            http_problem(rq, 413, "that is more than was announced");
        } else if (err) {
            refuse(s, rq, err, "upload");
        } else if (sw_vfile_offset(u->file) == sw_vfile_length(u->file)) {
            finish_upload(s, rq, u, &a, 204);
        } else {
            set_tus(rq, sw_vfile_offset(u->file));
            http_reply_empty(rq, 204);
        }
    }
}

static void head_upload(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct upload *u;
    struct about a;
    enum sw_err err = find_upload(s, rq->peer.name, rq->part[0], &u, &a);
    if (err) {
        if (err == SW_ERR_NOT_FOUND)
            http_problem(rq, 404, "no such upload");
        else
            refuse(s, rq, err, "upload");
        return;
    }
    http_set_header(rq, "Upload-Length", "%lld", (long long)sw_vfile_length(u->file));
    /* all of it came, and the server was killed before it gave it its name: whoever hears that all is there must find it there */
    if (sw_vfile_offset(u->file) == sw_vfile_length(u->file)) {
        finish_upload(s, rq, u, &a, 200);
        return;
    }
    set_tus(rq, sw_vfile_offset(u->file));
    http_reply_empty(rq, 200);
}

static void delete_upload(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct upload *u;
    struct about a;
    enum sw_err err = find_upload(s, rq->peer.name, rq->part[0], &u, &a);
    if (err) {
        http_problem(rq, 404, "no such upload");
        return;
    }
    drop_upload(s, u);
    set_tus(rq, 0);
    http_reply_empty(rq, 204);
}

static void tus_options(void *ctx, struct http_request *rq)
{
    const struct file_service *s = ctx;
    http_set_header(rq, "Tus-Resumable", "1.0.0");
    http_set_header(rq, "Tus-Version", "1.0.0");
    http_set_header(rq, "Tus-Extension", "creation,termination");
    http_set_header(rq, "Tus-Max-Size", "%lld", (long long)s->limits.file_max);
    http_reply_empty(rq, 204);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

struct reading {
    struct file_service *service;
    struct sw_vfile *file;
    int64_t offset;
};

static size_t read_more(void *user, uint8_t *buf, size_t cap)
{
    struct reading *r = user;
    size_t got, n = 0;
    while (n < cap) {
        enum sw_err err = sw_vfile_read(r->file, r->offset, buf + n, cap - n, &got);
        if (err && r->service->trouble)
            r->service->trouble(r->service->ctx, "file", err == SW_ERR_SYSTEM ? strerror(errno) : sw_err_reason(err));
        if (err || !got)
            break;
        n += got;
        r->offset += (int64_t)got;
    }
    return n;
}

static void read_done(void *user, bool complete)
{
    struct reading *r = user;
    (void)complete;
    sw_vfile_close(r->file);
    free(r);
}

static void get_file(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct sw_vfile *file;
    struct about a;
    struct http_range range;
    char etag[HEX + 2];
    uint8_t first;
    size_t got;
    enum sw_err err = open_file(s, rq->peer.name, rq->part[0], &file, &a);
    if (err) {
        if (err == SW_ERR_NOT_FOUND)
            http_problem(rq, 404, "there is no file %s", rq->part[0]);
        else
            refuse(s, rq, err, rq->part[0]);
        return;
    }
    snprintf(etag, sizeof etag, "\"%s\"", a.sha256);
    struct reading *r = calloc(1, sizeof *r);
    int status = r ? http_range(rq, sw_vfile_length(file), etag, &range) : 503;
    if (status != 200 && status != 206) {
        sw_vfile_close(file);
        free(r);
        if (status == 304)
            http_reply_empty(rq, 304);
        else
            http_problem(rq, status, status == 416 ? "there are no such bytes" : "out of memory");
        return;
    }
    /* what was changed on the disk is an error while one can still be sent */
    err = sw_vfile_read(file, range.from, &first, 1, &got);
    if (err) {
        refuse(s, rq, err, rq->part[0]);
        sw_vfile_close(file);
        free(r);
        return;
    }
    *r = (struct reading){s, file, range.from};
    http_stream_source(rq, status, "application/octet-stream", range.length, read_more, read_done, r);
}

static void delete_file(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct sw_vfile *file;
    struct about a;
    char path[PATH_LENGTH];
    enum sw_err err = open_file(s, rq->peer.name, rq->part[0], &file, &a);
    sw_vfile_close(file);
    if (err == SW_ERR_NOT_FOUND) {
        http_problem(rq, 404, "there is no file %s", rq->part[0]);
    } else if (!place(s, rq->peer.name, rq->part[0], path) || unlink(path)) {
        refuse(s, rq, SW_ERR_SYSTEM, rq->part[0]);
    } else {
        sync_directory(path);
        http_reply_empty(rq, 204);
    }
}

static json_t *file_json(const struct sw_vfile *file, const struct about *a)
{
    char when[32];
    struct tm tm;
    time_t t = (time_t)a->created;
    if (!gmtime_r(&t, &tm) || !strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm))
        return NULL;
    return json_pack("{s:s,s:I,s:s,s:s}", "name", a->name, "size", (json_int_t)sw_vfile_length(file), "created", when,
                     "sha256", a->sha256);
}

static void list_files(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    char dir[PATH_LENGTH], path[PATH_LENGTH];
    json_t *array = json_array();
    DIR *d = place(s, rq->peer.name, NULL, dir) ? opendir(dir) : NULL;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        struct sw_vfile *file;
        struct about a;
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%.3800s/%s", dir, e->d_name) < 0)
            continue;
        enum sw_err err = sw_vfile_open(&file, s->vault, path);
        if (err == SW_OK && about_decode(file, &a) && strcmp(a.owner, rq->peer.name) == 0)
            json_array_append_new(array, file_json(file, &a));
        else if (s->trouble)
            s->trouble(s->ctx, path, sw_err_reason(err ? err : SW_ERR_CRYPTO));
        sw_vfile_close(file);
    }
    if (d)
        closedir(d);
    http_reply_json(rq, 200,
                    json_pack("{s:o,s:I,s:I}", "files", array, "used", (json_int_t)space_used(s, rq->peer.name),
                              "space", (json_int_t)s->limits.space_max));
}

const struct http_route file_routes[] = {
    {EVHTTP_REQ_GET, "/files", list_files},
    {EVHTTP_REQ_POST, "/files", post_file},
    {EVHTTP_REQ_OPTIONS, "/files", tus_options},
    {EVHTTP_REQ_GET, "/files/{}", get_file},
    {EVHTTP_REQ_DELETE, "/files/{}", delete_file},
    {EVHTTP_REQ_HEAD, "/uploads/{}", head_upload},
    {EVHTTP_REQ_PATCH, "/uploads/{}", patch_upload},
    {EVHTTP_REQ_DELETE, "/uploads/{}", delete_upload},
    {0, NULL, NULL},
};

/* --- the service -------------------------------------------------------------------------------------------------------- */

struct file_service *file_service_new(const char *dir, struct sw_vault *vault, const struct file_limits *limits,
                                      void (*trouble)(void *ctx, const char *what, const char *why), void *ctx)
{
    static const char *const below[] = {"files", "uploads"};
    char path[PATH_LENGTH];
    struct file_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    snprintf(s->dir, sizeof s->dir, "%.3800s", dir);
    s->vault = vault;
    s->limits = *limits;
    s->trouble = trouble;
    s->ctx = ctx;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.3800s/%s", dir, below[i]);
        if (mkdir(path, 0700) && errno != EEXIST) {
            free(s);
            return NULL;
        }
    }
    return s;
}

void file_service_set_limits(struct file_service *service, const struct file_limits *limits)
{
    service->limits = *limits;
}

void file_service_free(struct file_service *service)
{
    if (!service)
        return;
    for (size_t i = 0; i < OPEN_MAX_UPLOADS; i++)
        sw_vfile_close(service->uploads[i].file);
    free(service);
}
