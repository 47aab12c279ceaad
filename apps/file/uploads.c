/*
 * The uploads that are not finished. What the loop has to know of each is kept in memory, read once: whose it is and
 * how long it will be; the file is open while somebody goes on with it. One request at a time has an upload: what it
 * does there is done beside the loop (task.c).
 */
#include "apps/file/service.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STALE = 7 * 86400 /* seconds after which an upload nobody goes on with is removed */ };

struct upload *upload_add(struct file_service *s, const char *id, const char *owner, int64_t length)
{
    struct upload *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    snprintf(u->id, sizeof u->id, "%s", id);
    snprintf(u->owner, sizeof u->owner, "%s", owner);
    u->length = length;
    u->touched = (int64_t)time(NULL);
    TAILQ_INSERT_TAIL(&s->uploads, u, in_list);
    return u;
}

/*
 * One that is on the disk. That whose it is cannot be known is kept in mind, too: nobody is told that it is not there.
 */
static void load(struct file_service *s, const char *id)
{
    char path[FILE_PATH_MAX];
    struct sw_vfile *file;
    struct about a = {0};
    struct stat st;
    int64_t length = 0;
    file_upload_path(s, id, path);
    if (sw_vfile_peek(&file, s->vault, path) == SW_OK && about_decode(file, &a))
        length = sw_vfile_length(file);
    sw_vfile_close(file);
    struct upload *u = upload_add(s, id, a.owner, length);
    if (u && stat(path, &st) == 0)
        u->touched = (int64_t)st.st_mtime;
}

void uploads_load(struct file_service *s)
{
    char path[FILE_PATH_MAX];
    file_upload_path(s, "", path);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (file_is_id(e->d_name))
            load(s, e->d_name);
    if (d)
        closedir(d);
}

void uploads_free(struct file_service *s)
{
    while (!TAILQ_EMPTY(&s->uploads))
        upload_forget(s, TAILQ_FIRST(&s->uploads));
}

enum sw_err upload_find(struct file_service *s, const char *owner, const char *id, struct upload **out)
{
    struct upload *u;
    *out = NULL;
    TAILQ_FOREACH(u, &s->uploads, in_list)
    if (strcmp(u->id, id) == 0)
        break;
    if (!u || (u->owner[0] && strcmp(u->owner, owner) != 0))
        return SW_ERR_NOT_FOUND;
    *out = u;
    return u->owner[0] ? SW_OK : SW_ERR_CRYPTO;
}

/*
 * Room for one more file that is open; false: those that are, are busy. Of one that is, the file is not even looked at:
 * a thread may be opening it.
 */
static bool make_room(struct file_service *s)
{
    unsigned open = 0;
    struct upload *u, *oldest = NULL;
    TAILQ_FOREACH(u, &s->uploads, in_list)
    {
        open += u->busy || u->file;
        if (!u->busy && u->file && (!oldest || u->used < oldest->used))
            oldest = u;
    }
    if (open >= FILE_UPLOADS && oldest)
        upload_close(oldest);
    return open < FILE_UPLOADS || oldest;
}

bool upload_take(struct file_service *s, struct http_request *rq, struct upload *u)
{
    bool may = !u->busy && (u->file || make_room(s));
    if (!may) {
        http_set_header(rq, "Retry-After", "1");
        http_problem(rq, u->busy ? 423 : 503,
                     u->busy ? "another request for this upload is worked on" : "too many uploads are worked on");
        return false;
    }
    u->busy = true;
    u->used = ++s->clock;
    u->touched = (int64_t)time(NULL);
    return true;
}

void upload_close(struct upload *u)
{
    sw_vfile_close(u->file);
    u->file = NULL;
}

void upload_forget(struct file_service *s, struct upload *u)
{
    upload_close(u);
    TAILQ_REMOVE(&s->uploads, u, in_list);
    free(u);
}

/* --- removing ----------------------------------------------------------------------------------------------------- */

struct removal {
    struct job job;
    struct file_service *service;
    struct upload *upload;
    struct http_request *rq; /* NULL: nobody waits for the answer */
    int why;                 /* errno, or 0 */
};

static void remove_it(struct job *job)
{
    struct removal *r = (struct removal *)job;
    char path[FILE_PATH_MAX];
    file_upload_path(r->service, r->upload->id, path);
    r->why = unlink(path) && errno != ENOENT ? errno : 0;
    upload_close(r->upload); /* what frees the space, which takes long for a large one */
}

static void removed(struct job *job)
{
    struct removal *r = (struct removal *)job;
    errno = r->why;
    if (r->why) {
        r->upload->busy = false;
        file_refuse(r->service, r->rq, SW_ERR_SYSTEM, "upload");
    } else {
        upload_forget(r->service, r->upload);
    }
    if (!r->why && r->rq) {
        file_set_tus(r->rq, 0);
        http_reply_empty(r->rq, 204);
    }
    free(r);
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct removal *r = user;
    (void)rq;
    r->rq = NULL;
}

void upload_drop(struct file_service *s, struct upload *u, struct http_request *rq)
{
    struct removal *r = malloc(sizeof *r);
    u->busy = r != NULL;
    if (!r) {
        file_refuse(s, rq, SW_ERR_MEMORY, "upload");
        return;
    }
    *r = (struct removal){.job = {.run = remove_it, .done = removed}, .service = s, .upload = u, .rq = rq};
    if (rq)
        http_work(rq, FILE_LITTLE, nobody_waits, r);
    file_work(s, &r->job);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

void uploads_announced(const struct file_service *s, const char *owner, const char *except, struct announced *out)
{
    const struct upload *u;
    *out = (struct announced){0};
    TAILQ_FOREACH(u, &s->uploads, in_list)
    if (strcmp(u->owner, owner) == 0 && strcmp(u->id, except) != 0) {
        out->bytes += u->length;
        out->ending += u->ending ? u->length : 0;
        out->count++;
    }
}

void uploads_sweep(struct file_service *s)
{
    int64_t now = (int64_t)time(NULL);
    struct upload *next, *u;
    for (u = TAILQ_FIRST(&s->uploads); u; u = next) {
        next = TAILQ_NEXT(u, in_list);
        if (!u->busy && u->touched + STALE < now) {
            u->touched = now; /* if it cannot be removed, it is tried again in as long */
            upload_drop(s, u, NULL);
        }
    }
}
