/* Complete files of one name: listing them, and deleting one. Both are done beside the loop. */
#include "apps/file/service.h"
#include "ttp/cli_time.h"
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
    bool bound; /* to a condition of the request: it is about the file with this etag */
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
    snprintf(e->name, sizeof e->name, "%s", rq->part[0] ? rq->part[0] : ""); /* all of them: no name */
    http_work(rq, FILE_LITTLE, nobody_waits, e);
    file_work(ctx, &e->job);
}

/* --- DELETE /files/NAME ------------------------------------------------------------------------------------------- */

static enum sw_err look_at(const struct errand *e, char etag[FILE_HEX + 2], int64_t *bytes)
{
    struct sw_vfile *file;
    struct about a;
    enum sw_err err = file_open(e->service, e->owner, e->name, &file, &a);
    if (err == SW_ERR_STATE) /* cut short, which is a change, too */
        err = SW_ERR_CRYPTO;
    *bytes = err ? 0 : sw_vfile_length(file);
    snprintf(etag, FILE_HEX + 2, "\"%s\"", err ? "" : a.sha256);
    sw_vfile_close(file);
    return err;
}

static void look(struct job *job)
{
    struct errand *e = (struct errand *)job;
    e->err = look_at(e, e->etag, &e->bytes);
    e->why = errno;
}

/* SW_ERR_STATE: while nobody looked, an upload has put another file in its place. */
static enum sw_err look_again(const struct errand *e)
{
    char etag[FILE_HEX + 2];
    int64_t bytes;
    enum sw_err err = look_at(e, etag, &bytes);
    return err == SW_OK && strcmp(etag, e->etag) != 0 ? SW_ERR_STATE : err;
}

static enum sw_err remove_file(const char *path)
{
    if (unlink(path) == 0)
        return SW_OK;
    return errno == ENOENT ? SW_ERR_NOT_FOUND : SW_ERR_SYSTEM;
}

static void delete_it(struct job *job)
{
    struct errand *e = (struct errand *)job;
    char path[FILE_PATH_MAX];
    e->err = file_place(e->service, e->owner, e->name, path) ? SW_OK : SW_ERR_SYSTEM;
    pthread_mutex_lock(&e->service->names);
    if (e->err == SW_OK && e->bound)
        e->err = look_again(e);
    if (e->err == SW_OK) {
        e->held = file_hold(path);
        e->err = remove_file(path);
    }
    e->why = errno;
    pthread_mutex_unlock(&e->service->names);
    if (e->err == SW_OK)
        file_sync_directory(path);
}

/* Why it was not deleted. */
static void not_deleted(struct errand *e)
{
    errno = e->why;
    if (e->err != SW_ERR_STATE && e->err != SW_ERR_NOT_FOUND)
        file_refuse(e->service, e->rq, e->err, e->name);
    else if (e->rq && e->err == SW_ERR_STATE)
        http_problem(e->rq, 412, "the file is another one (If-Match)");
    else if (e->rq)
        http_problem(e->rq, 404, "there is no file %s", e->name);
}

static void deleted(struct job *job)
{
    struct errand *e = (struct errand *)job;
    if (e->err)
        not_deleted(e);
    else
        file_happened(e->service, "deleted", e->owner, e->bytes);
    if (e->err == SW_OK && e->rq)
        http_reply_empty(e->rq, 204);
    file_let_go(e->service, e->held);
    free(e);
}

/*
 * What was changed on the disk can be deleted as well: but which file it was is not known, so no condition holds of it.
 */
static void looked(struct job *job)
{
    struct errand *e = (struct errand *)job;
    e->bound = e->rq && (http_header(e->rq, "If-Match") || http_header(e->rq, "If-None-Match"));
    if (e->err == SW_ERR_CRYPTO && !e->bound)
        e->err = SW_OK;
    if (e->err == SW_OK && e->bound && http_condition(e->rq, e->etag) != 200)
        e->err = SW_ERR_STATE;
    if (e->rq && e->err == SW_OK) {
        e->job = (struct job){.run = delete_it, .done = deleted};
        file_work(e->service, &e->job);
        return;
    }
    if (e->err)
        not_deleted(e);
    free(e);
}

void files_delete(void *ctx, struct http_request *rq)
{
    begin(ctx, rq, look, looked);
}

/* --- GET /files --------------------------------------------------------------------------------------------------- */

static json_t *file_json(const struct sw_vfile *file, const struct about *a)
{
    char when[CLI_TIME_CAP];
    cli_time_text(a->created, when);
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

static void list_entry(struct errand *e, const char *dir, const char *place)
{
    char path[FILE_PATH_MAX];
    struct sw_vfile *file;
    struct about a;
    if (snprintf(path, sizeof path, "%.3800s/%s", dir, place) < 0)
        return;
    enum sw_err err = sw_vfile_open(&file, e->service->vault, path);
    if (err == SW_OK && about_decode(file, &a) && strcmp(a.owner, e->owner) == 0)
        json_array_append_new(e->list, file_json(file, &a));
    else if (err != SW_ERR_NOT_FOUND) /* which was deleted meanwhile */
        spoiled(e, place, err ? err : SW_ERR_CRYPTO);
    sw_vfile_close(file);
}

/* A list that cannot be made is not the same as an empty one. */
static void list_them(struct job *job)
{
    struct errand *e = (struct errand *)job;
    char dir[FILE_PATH_MAX];
    DIR *d = file_place(e->service, e->owner, NULL, dir) ? opendir(dir) : NULL;
    if (!d || !file_space_used(e->service, e->owner, &e->bytes)) {
        spoiled(e, "list", SW_ERR_SYSTEM);
    } else if ((e->list = json_array()) != NULL) {
        for (struct dirent *entry; (entry = readdir(d)) != NULL;)
            if (entry->d_name[0] != '.')
                list_entry(e, dir, entry->d_name);
    }
    if (d)
        closedir(d);
}

static void listed(struct job *job)
{
    struct errand *e = (struct errand *)job;
    errno = e->why;
    if (!e->list) {
        file_refuse(e->service, e->rq, e->err ? e->err : SW_ERR_MEMORY, e->name);
        free(e);
        return;
    }
    if (e->err)
        file_trouble(e->service, e->name, file_reason(e->err));
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
