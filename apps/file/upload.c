/*
 * Uploads: announced, sent in pieces, checked, and then under their name. An upload with a known digest has an id made from its owner, name, length and digest: the
 * same request again finds it, so a client that was killed goes on where it was without having remembered anything. Or the client has something else that tells its
 * file from others (source), so that it need not read all of a large one before it begins; then the digest comes last, and what arrived is no file before that.
 */
#include "apps/file/service.h"
#include "base/hash.h"
#include "base/rand.h"
#include "ttp/pem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { UNFINISHED_MAX = 64 /* uploads of one owner */ };

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

/* Whether there is room for it. exists: bytes of what has its name, and may be replaced. Answers itself and returns false if not. */
static bool has_room(struct file_service *s, struct http_request *rq, const struct about *a, const char *id,
                     int64_t length, int64_t exists)
{
    unsigned count;
    int64_t used, announced = uploads_announced(s, a->owner, id, &count);
    if (!file_space_used(s, a->owner, &used))
        file_refuse(s, rq, SW_ERR_SYSTEM, "upload");
    else if (count >= UNFINISHED_MAX)
        http_problem(rq, 507, "too many uploads of %s are not finished", a->owner);
    else if (used - exists + announced + length > s->limits.space_max)
        http_problem(rq, 507, "the space for %s is used up", a->owner);
    else
        return true;
    return false;
}

void upload_post(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a;
    struct upload *u = NULL;
    struct stat st;
    uint8_t id[FILE_ID];
    char name[2 * FILE_ID + 1], source[FILE_HEX], place[FILE_PATH_MAX];
    int64_t length;
    if (!version_fits(rq) || !read_announcement(s, rq, &a, &length, source))
        return;
    enum sw_err err = make_id(&a, length, source, id);
    if (err || !file_place(s, a.owner, a.name, place)) {
        file_refuse(s, rq, err ? err : SW_ERR_SYSTEM, "upload");
        return;
    }
    bool exists = lstat(place, &st) == 0;
    if (exists && !a.replace) {
        http_problem(rq, 409, "%s exists already", a.name);
        return;
    }
    file_hex(id, FILE_ID, name);
    if (!has_room(s, rq, &a, name, length, exists ? (int64_t)st.st_size : 0))
        return;
    uploads_sweep(s);
    err = upload_find(s, a.owner, name, &u);
    /* what cannot be used is what a server that was killed while it began has left: it begins anew */
    if (err == SW_ERR_NOT_FOUND && !(u = upload_add(s, name, a.owner, length)))
        err = SW_ERR_MEMORY;
    if (!u) {
        file_refuse(s, rq, err, "upload");
        return;
    }
    struct task *t = upload_take(s, rq, u) ? task_new(s, rq, u, 201) : NULL;
    if (!t)
        return;
    snprintf(u->owner, sizeof u->owner, "%s", a.owner);
    u->length = length;
    t->begins = true;
    t->about = a;
    http_set_header(rq, "Location", "/uploads/%s", name);
    task_begin(t);
}

/* --- HEAD, DELETE, OPTIONS ------------------------------------------------------------------------------------------------ */

struct upload *upload_named(struct file_service *s, struct http_request *rq)
{
    struct upload *u;
    if (!version_fits(rq))
        return NULL;
    enum sw_err err = upload_find(s, rq->peer.name, rq->part[0], &u);
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "no such upload");
    else if (err)
        file_refuse(s, rq, err, "upload");
    return err ? NULL : u;
}

void upload_head(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct upload *u = upload_named(s, rq);
    struct task *t = u && upload_take(s, rq, u) ? task_new(s, rq, u, 200) : NULL;
    if (!t)
        return;
    http_set_header(rq, "Upload-Length", "%lld", (long long)u->length);
    task_begin(t);
}

void upload_delete(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct upload *u = upload_named(s, rq);
    if (!u || !upload_take(s, rq, u))
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
