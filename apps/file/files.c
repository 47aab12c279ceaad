/* Complete files of one name: listing them, and deleting one. Both are done beside the loop. */
#include "apps/file/service.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct errand {
    struct job job;
    struct file_service *service;
    struct http_request *rq; /* NULL: nobody waits for the answer any more */
    char owner[FILE_OWNER_MAX], name[HTTP_SEGMENT_MAX], etag[FILE_HEX + 2];
    enum sw_err err;
    int why; /* errno */
    int64_t bytes;
    json_t *list; /* to be answered, or NULL */
    int held;     /* what was deleted, or -1 */
};

static void nobody_waits(void *user, struct http_request *rq)
{
    struct errand *e = user;
    (void)rq;
    e->rq = NULL;
}

static void begin(void *ctx, struct http_request *rq, void (*run)(struct job *job), void (*done)(struct job *job))
{
    struct errand *e = calloc(1, sizeof *e);
    if (!e) {
        http_problem(rq, 503, "out of memory");
        return;
    }
    e->job = (struct job){.run = run, .done = done};
    e->service = ctx;
    e->rq = rq;
    e->held = -1;
    snprintf(e->owner, sizeof e->owner, "%s", rq->peer.name);
    snprintf(e->name, sizeof e->name, "%s", rq->part[0]);
    http_work(rq, FILE_LITTLE, nobody_waits, e);
    file_work(ctx, &e->job);
}

/* --- DELETE /files/NAME ------------------------------------------------------------------------------------------------- */

static void look(struct job *job)
{
    struct errand *e = (struct errand *)job;
    struct sw_vfile *file;
    struct about a;
    e->err = file_open(e->service, e->owner, e->name, &file, &a);
    e->bytes = e->err ? 0 : sw_vfile_length(file);
    if (e->err == SW_OK)
        snprintf(e->etag, sizeof e->etag, "\"%s\"", a.sha256);
    sw_vfile_close(file);
}

static void delete_it(struct job *job)
{
    struct errand *e = (struct errand *)job;
    char path[FILE_PATH_MAX];
    bool placed = file_place(e->service, e->owner, e->name, path);
    e->held = placed ? file_hold(path) : -1;
    e->err = placed && unlink(path) == 0 ? SW_OK : SW_ERR_SYSTEM;
    e->why = errno;
    if (e->err == SW_OK)
        file_sync_directory(path);
}

static void deleted(struct job *job)
{
    struct errand *e = (struct errand *)job;
    errno = e->why;
    if (e->err == SW_OK)
        file_happened(e->service, "deleted", e->owner, e->bytes);
    if (e->err)
        file_refuse(e->service, e->rq, e->err, e->name);
    else if (e->rq)
        http_reply_empty(e->rq, 204);
    file_let_go(e->service, e->held);
    free(e);
}

/* What was changed on the disk can be deleted as well. */
static void looked(struct job *job)
{
    struct errand *e = (struct errand *)job;
    bool there = e->err != SW_ERR_NOT_FOUND, meant = e->err || (e->rq && http_condition(e->rq, e->etag) == 200);
    if (there && meant) {
        e->job = (struct job){.run = delete_it, .done = deleted};
        file_work(e->service, &e->job);
        return;
    }
    if (e->rq && there)
        http_problem(e->rq, 412, "the file is another one (If-Match)");
    else if (e->rq)
        http_problem(e->rq, 404, "there is no file %s", e->name);
    free(e);
}

void files_delete(void *ctx, struct http_request *rq)
{
    begin(ctx, rq, look, looked);
}

/* --- GET /files --------------------------------------------------------------------------------------------------------- */

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

/* The log hears of one. */
static void spoiled(struct errand *e, const char *place, enum sw_err err)
{
    e->err = err;
    e->why = errno;
    snprintf(e->name, sizeof e->name, "%s", place);
}

static void list_them(struct job *job)
{
    struct errand *e = (struct errand *)job;
    char dir[FILE_PATH_MAX], path[FILE_PATH_MAX];
    DIR *d = file_place(e->service, e->owner, NULL, dir) ? opendir(dir) : NULL;
    e->list = json_array();
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
        struct sw_vfile *file;
        struct about a;
        if (entry->d_name[0] == '.' || snprintf(path, sizeof path, "%.3800s/%s", dir, entry->d_name) < 0)
            continue;
        enum sw_err err = sw_vfile_open(&file, e->service->vault, path);
        if (err == SW_OK && about_decode(file, &a) && strcmp(a.owner, e->owner) == 0)
            json_array_append_new(e->list, file_json(file, &a));
        else if (err != SW_ERR_NOT_FOUND) /* which was deleted meanwhile */
            spoiled(e, entry->d_name, err ? err : SW_ERR_CRYPTO);
        sw_vfile_close(file);
    }
    if (d)
        closedir(d);
    e->bytes = file_space_used(e->service, e->owner);
}

static void listed(struct job *job)
{
    struct errand *e = (struct errand *)job;
    if (e->err)
        file_trouble(e->service, e->name, e->err == SW_ERR_SYSTEM ? strerror(e->why) : sw_err_reason(e->err));
    if (e->rq)
        http_reply_json(e->rq, 200,
                        json_pack("{s:o,s:I,s:I}", "files", e->list, "used", (json_int_t)e->bytes, "space",
                                  (json_int_t)e->service->limits.space_max));
    else
        json_decref(e->list);
    free(e);
}

void files_list(void *ctx, struct http_request *rq)
{
    begin(ctx, rq, list_them, listed);
}
