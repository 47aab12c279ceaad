/* Reading a complete file, whole or in part: it is opened and read beside the loop, a block ahead of what leaves. */
#include "apps/file/service.h"
#include "apps/vault/ahead.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(AHEAD_LATER == HTTP_LATER, "what is not read yet is not answered yet");

enum { CHUNKS = 4 /* of a block */ };

struct reading {
    struct job job;
    struct file_service *service;
    struct http_request *rq; /* until it is over */
    struct about about;      /* as far as the request says it, and then all of it */
    struct sw_vfile *file;   /* until it is read ahead */
    struct ahead *ahead;
    int64_t length; /* of the file */
    struct http_range range;
    int status;
    bool head;     /* only the answer's headers are wanted */
    bool busy;     /* a thread has it */
    bool begun;    /* the answer */
    bool over;     /* nobody waits for anything any more */
    int64_t given; /* bytes that left */
    enum sw_err err;
    int why; /* errno */
};

static void reading_free(struct reading *r)
{
    ahead_free(r->ahead);
    sw_vfile_close(r->file);
    free(r);
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static size_t give(void *user, uint8_t *buf, size_t cap)
{
    struct reading *r = user;
    size_t n = ahead_give(r->ahead, buf, cap);
    r->given += n == HTTP_LATER ? 0 : (int64_t)n;
    return n;
}

static void given(void *user, bool complete)
{
    struct reading *r = user;
    bool whole = complete && r->range.from == 0 && r->given == r->length;
    if (!r->head)
        file_happened(r->service, whole ? "downloaded" : "read in part", r->about.owner, r->given);
    reading_free(r);
}

static void begin(struct reading *r)
{
    r->begun = true;
    http_stream_source(r->rq, r->status, "application/octet-stream", r->range.length, give, given, r);
}

static void refuse(struct reading *r)
{
    errno = r->why;
    http_forget_range(r->rq);
    if (r->err == SW_ERR_NOT_FOUND)
        http_problem(r->rq, 404, "there is no file %s", r->about.name);
    else
        file_refuse(r->service, r->rq, r->err, r->about.name);
    reading_free(r);
}

/* What was changed on the disk is an error while one can still be sent, and cuts the answer short later. */
static void ready(void *user)
{
    struct reading *r = user;
    r->err = ahead_error(r->ahead, &r->why);
    if (r->begun) {
        errno = r->why;
        if (r->err)
            file_trouble(r->service, r->about.name, file_reason(r->err));
        http_source_ready(r->rq);
    } else if (r->err) {
        refuse(r);
    } else {
        begin(r);
    }
}

static void read_ahead(struct reading *r)
{
    r->ahead = ahead_new(r->service->worker, r->file, r->range.from, r->range.length, CHUNKS, ready, r);
    r->file = NULL;
    if (r->ahead) {
        ahead_begin(r->ahead);
    } else {
        r->err = SW_ERR_MEMORY;
        refuse(r);
    }
}

/* --- from the request on ------------------------------------------------------------------------------------------ */

/* In a thread. */
static void open_it(struct job *job)
{
    struct reading *r = (struct reading *)job;
    struct about a = r->about;
    r->err = file_open(r->service, a.owner, a.name, &r->file, &r->about);
    r->why = errno;
    if (r->err)
        r->about = a;
}

static void opened(struct job *job)
{
    struct reading *r = (struct reading *)job;
    struct http_request *rq = r->rq;
    char etag[FILE_HEX + 2];
    r->busy = false;
    if (r->over) {
        reading_free(r);
        return;
    }
    if (r->err) {
        refuse(r);
        return;
    }
    snprintf(etag, sizeof etag, "\"%s\"", r->about.sha256);
    r->length = sw_vfile_length(r->file);
    r->status = http_range(rq, r->length, etag, &r->range);
    if (r->status != 200 && r->status != 206) {
        int status = r->status;
        reading_free(r);
        if (status == 304)
            http_reply_empty(rq, 304);
        else
            http_problem(rq, status, "%s",
                         status == 416 ? "there are no such bytes" : "the file is another one (If-Match)");
    } else if (r->range.length) {
        read_ahead(r);
    } else {
        begin(r);
    }
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct reading *r = user;
    (void)rq;
    r->over = true;
    if (!r->busy)
        reading_free(r);
}

void files_get(void *ctx, struct http_request *rq)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) {
        http_problem(rq, 503, "out of memory");
        return;
    }
    r->service = ctx;
    r->rq = rq;
    r->head = evhttp_request_get_command(rq->ev) == EVHTTP_REQ_HEAD;
    snprintf(r->about.owner, sizeof r->about.owner, "%s", rq->peer.name);
    snprintf(r->about.name, sizeof r->about.name, "%s", rq->part[0]);
    r->busy = true;
    r->job = (struct job){.run = open_it, .done = opened};
    http_work(rq, FILE_LITTLE, nobody_waits, r);
    file_work(r->service, &r->job);
}
