/* Requests about an upload that has begun, but for its pieces: where it is, giving it up, and what is spoken here. */
#include "apps/file/service.h"
#include <string.h>

/*
 * A client of another version of the protocol is told, and does nothing (tus 1.0.0, "Tus-Resumable"); one that says
 * nothing is taken at its word.
 */
bool upload_version_fits(struct http_request *rq)
{
    const char *version = http_header(rq, "Tus-Resumable");
    if (!version || strcmp(version, "1.0.0") == 0)
        return true;
    http_set_header(rq, "Tus-Version", "%s", "1.0.0");
    http_problem(rq, 412, "this server speaks tus 1.0.0");
    return false;
}

struct upload *upload_named(struct file_service *s, struct http_request *rq)
{
    struct upload *u;
    if (!upload_version_fits(rq))
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
    if (u && upload_take(s, rq, u))
        upload_drop(s, u, rq);
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
