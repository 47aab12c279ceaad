/* Complete files: reading them, whole or in ranges, listing and deleting them. */
#include "apps/file/service.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
    struct file_service *service;
    struct sw_vfile *file;
    int64_t from, offset;
    char who[sizeof((struct about *)0)->owner];
    bool head; /* only the answer's headers are wanted */
};

static size_t read_more(void *user, uint8_t *buf, size_t cap)
{
    struct reading *r = user;
    size_t got, n = 0;
    while (n < cap) {
        enum sw_err err = sw_vfile_read(r->file, r->offset, buf + n, cap - n, &got);
        if (err)
            file_trouble(r->service, "file", err == SW_ERR_SYSTEM ? strerror(errno) : sw_err_reason(err));
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
    bool whole = complete && r->from == 0 && r->offset == sw_vfile_length(r->file);
    if (!r->head)
        file_happened(r->service, whole ? "downloaded" : "read in part", r->who, r->offset - r->from);
    sw_vfile_close(r->file);
    free(r);
}

void files_get(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct sw_vfile *file;
    struct about a;
    struct http_range range;
    char etag[FILE_HEX + 2];
    uint8_t first;
    size_t got;
    enum sw_err err = file_open(s, rq->peer.name, rq->part[0], &file, &a);
    if (err) {
        if (err == SW_ERR_NOT_FOUND)
            http_problem(rq, 404, "there is no file %s", rq->part[0]);
        else
            file_refuse(s, rq, err, rq->part[0]);
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
            http_problem(rq, status, "%s",
                         status == 416   ? "there are no such bytes"
                         : status == 412 ? "the file is another one (If-Match)"
                                         : "out of memory");
        return;
    }
    /* what was changed on the disk is an error while one can still be sent */
    err = sw_vfile_read(file, range.from, &first, 1, &got);
    if (err) {
        file_refuse(s, rq, err, rq->part[0]);
        sw_vfile_close(file);
        free(r);
        return;
    }
    *r = (struct reading){.service = s, .file = file, .from = range.from, .offset = range.from};
    memcpy(r->who, a.owner, sizeof r->who);
    r->head = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_HEAD;
    http_stream_source(rq, status, "application/octet-stream", range.length, read_more, read_done, r);
}

void files_delete(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct sw_vfile *file;
    struct about a;
    char path[FILE_PATH_MAX], etag[FILE_HEX + 2];
    enum sw_err err = file_open(s, rq->peer.name, rq->part[0], &file, &a);
    int64_t length = err ? 0 : sw_vfile_length(file);
    sw_vfile_close(file);
    if (err == SW_ERR_NOT_FOUND) {
        http_problem(rq, 404, "there is no file %s", rq->part[0]);
        return;
    }
    if (err == SW_OK)
        snprintf(etag, sizeof etag, "\"%s\"", a.sha256);
    if (err == SW_OK && http_condition(rq, etag) != 200) {
        http_problem(rq, 412, "the file is another one (If-Match)");
        return;
    }
    bool placed = file_place(s, rq->peer.name, rq->part[0], path);
    int held = placed ? file_hold(path) : -1;
    if (!placed || unlink(path)) {
        file_refuse(s, rq, SW_ERR_SYSTEM, rq->part[0]);
    } else {
        file_sync_directory(path);
        file_happened(s, "deleted", a.owner, length);
        http_reply_empty(rq, 204);
    }
    file_let_go(s, held);
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

void files_list(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    char dir[FILE_PATH_MAX], path[FILE_PATH_MAX];
    json_t *array = json_array();
    DIR *d = file_place(s, rq->peer.name, NULL, dir) ? opendir(dir) : NULL;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        struct sw_vfile *file;
        struct about a;
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%.3800s/%s", dir, e->d_name) < 0)
            continue;
        enum sw_err err = sw_vfile_open(&file, s->vault, path);
        if (err == SW_OK && about_decode(file, &a) && strcmp(a.owner, rq->peer.name) == 0)
            json_array_append_new(array, file_json(file, &a));
        else
            file_trouble(s, path, sw_err_reason(err ? err : SW_ERR_CRYPTO));
        sw_vfile_close(file);
    }
    if (d)
        closedir(d);
    http_reply_json(rq, 200,
                    json_pack("{s:o,s:I,s:I}", "files", array, "used", (json_int_t)file_space_used(s, rq->peer.name),
                              "space", (json_int_t)s->limits.space_max));
}
