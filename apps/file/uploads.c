/*
 * The uploads that are not finished. What the loop has to know of each is kept in memory, read once: whose it is and how long it will be; the file is open while somebody goes on with it.
 * One request at a time has an upload: what it does there is done beside the loop (task.c).
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

/* One that is on the disk. That whose it is cannot be known is kept in mind, too: nobody is told that it is not there. */
static enum sw_err load(struct file_service *s, const char *id, struct upload **out)
{
    char path[FILE_PATH_MAX];
    struct sw_vfile *file;
    struct about a = {0};
    struct stat st;
    int64_t length = 0;
    file_upload_path(s, id, path);
    enum sw_err err = sw_vfile_peek(&file, s->vault, path);
    if (err == SW_OK && about_decode(file, &a))
        length = sw_vfile_length(file);
    else if (err != SW_OK && err != SW_ERR_CRYPTO)
        return err;
    sw_vfile_close(file);
    *out = upload_add(s, id, a.owner, length);
    if (*out && stat(path, &st) == 0)
        (*out)->touched = (int64_t)st.st_mtime;
    return *out ? SW_OK : SW_ERR_MEMORY;
}

void uploads_load(struct file_service *s)
{
    char path[FILE_PATH_MAX];
    struct upload *u;
    file_upload_path(s, "", path);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (file_is_id(e->d_name))
            (void)load(s, e->d_name, &u); /* whoever asks for it is told */
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
    enum sw_err err = file_is_id(id) ? SW_OK : SW_ERR_NOT_FOUND;
    TAILQ_FOREACH(u, &s->uploads, in_list)
    if (strcmp(u->id, id) == 0)
        break;
    if (!err && !u)
        err = load(s, id, &u);
    *out = NULL;
    if (err)
        return err;
    if (u->owner[0] && strcmp(u->owner, owner) != 0)
        return SW_ERR_NOT_FOUND;
    *out = u;
    return u->owner[0] ? SW_OK : SW_ERR_CRYPTO;
}

/* Room for one more file that is open; false: those that are, are busy. Of one that is, the file is not even looked at: a thread may be opening it. */
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

void upload_drop(struct file_service *s, struct upload *u)
{
    char path[FILE_PATH_MAX];
    file_upload_path(s, u->id, path);
    int held = file_hold(path);
    unlink(path);
    upload_forget(s, u);
    file_let_go(s, held);
}

int64_t uploads_announced(const struct file_service *s, const char *owner, const char *except, unsigned *count)
{
    const struct upload *u;
    int64_t sum = 0;
    *count = 0;
    TAILQ_FOREACH(u, &s->uploads, in_list)
    if (strcmp(u->owner, owner) == 0 && strcmp(u->id, except) != 0) {
        sum += u->length;
        ++*count;
    }
    return sum;
}

void uploads_sweep(struct file_service *s)
{
    int64_t now = (int64_t)time(NULL);
    struct upload *next, *u;
    for (u = TAILQ_FIRST(&s->uploads); u; u = next) {
        next = TAILQ_NEXT(u, in_list);
        if (!u->busy && u->touched + STALE < now)
            upload_drop(s, u);
    }
}
