/* Reading a complete file, whole or in part: it is opened and read beside the loop, a block ahead of what leaves. */
#include "apps/file/service.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4 * SW_VFILE_CHUNK, BLOCKS = 2 };

struct reading {
    struct job job;
    struct file_service *service;
    struct http_request *rq; /* until it is over */
    struct about about;      /* as far as the request says it, and then all of it */
    struct sw_vfile *file;
    struct http_range range;
    int status;
    bool head;      /* only the answer's headers are wanted */
    bool busy;      /* a thread has it */
    bool begun;     /* the answer */
    bool over;      /* nobody waits for anything any more */
    int64_t offset; /* where the next block begins */
    int64_t given;  /* bytes that left */
    struct {
        uint8_t *p;
        size_t len, given;
    } block[BLOCKS]; /* in turn */
    unsigned first, full, filling;
    enum sw_err err;
    int why; /* errno */
};

static void reading_free(struct reading *r)
{
    for (size_t i = 0; i < BLOCKS; i++)
        free(r->block[i].p);
    sw_vfile_close(r->file);
    free(r);
}

static void work(struct reading *r, void (*run)(struct job *job), void (*done)(struct job *job))
{
    r->busy = true;
    r->job.run = run;
    r->job.done = done;
    file_work(r->service, &r->job);
}

/* --- blocks ------------------------------------------------------------------------------------------------------- */

static size_t block_len(const struct reading *r)
{
    int64_t left = r->range.from + r->range.length - r->offset;
    size_t most = BLOCK - (size_t)(r->offset % SW_VFILE_CHUNK); /* so that the next one begins with a chunk */
    return left < (int64_t)most ? (size_t)left : most;
}

/* In a thread. */
static void fill(struct job *job)
{
    struct reading *r = (struct reading *)job;
    unsigned i = r->filling;
    size_t got = 1, n = 0, want = block_len(r), most = r->range.length < BLOCK ? (size_t)r->range.length : BLOCK;
    if (!r->block[i].p && !(r->block[i].p = malloc(most)))
        r->err = SW_ERR_MEMORY;
    while (r->err == SW_OK && got && n < want) {
        r->err = sw_vfile_read(r->file, r->offset, r->block[i].p + n, want - n, &got);
        r->why = errno;
        n += got;
        r->offset += (int64_t)got;
    }
    r->block[i].len = n;
    r->block[i].given = 0;
}

static void filled(struct job *job);

static void fill_next(struct reading *r)
{
    if (r->busy || r->err || r->full == BLOCKS || block_len(r) == 0)
        return;
    r->filling = (r->first + r->full) % BLOCKS;
    work(r, fill, filled);
}

static size_t give(void *user, uint8_t *buf, size_t cap)
{
    struct reading *r = user;
    if (!r->full)
        return r->busy ? HTTP_LATER : 0;
    unsigned i = r->first;
    size_t left = r->block[i].len - r->block[i].given, n = left < cap ? left : cap;
    memcpy(buf, r->block[i].p + r->block[i].given, n);
    r->block[i].given += n;
    r->given += (int64_t)n;
    if (n == left) {
        r->first = (i + 1) % BLOCKS;
        r->full--;
        fill_next(r);
    }
    return n;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static void given(void *user, bool complete)
{
    struct reading *r = user;
    bool whole = complete && r->range.from == 0 && r->given == sw_vfile_length(r->file);
    if (!r->head)
        file_happened(r->service, whole ? "downloaded" : "read in part", r->about.owner, r->given);
    r->over = true;
    if (!r->busy)
        reading_free(r);
}

static void begin(struct reading *r)
{
    r->begun = true;
    if (!r->head)
        fill_next(r);
    http_stream_source(r->rq, r->status, "application/octet-stream", r->range.length, give, given, r);
}

static void refuse(struct reading *r)
{
    errno = r->why;
    if (r->err == SW_ERR_NOT_FOUND)
        http_problem(r->rq, 404, "there is no file %s", r->about.name);
    else
        file_refuse(r->service, r->rq, r->err, r->about.name);
    reading_free(r);
}

/* What was changed on the disk is an error while one can still be sent, and cuts the answer short later. */
static void filled(struct job *job)
{
    struct reading *r = (struct reading *)job;
    r->busy = false;
    r->full += r->err == SW_OK;
    if (r->over) {
        reading_free(r);
    } else if (r->begun) {
        if (r->err)
            file_trouble(r->service, "file", r->err == SW_ERR_SYSTEM ? strerror(r->why) : sw_err_reason(r->err));
        fill_next(r);
        http_source_ready(r->rq);
    } else if (r->err) {
        refuse(r);
    } else {
        begin(r);
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
    r->status = http_range(rq, sw_vfile_length(r->file), etag, &r->range);
    r->offset = r->range.from;
    if (r->status != 200 && r->status != 206) {
        int status = r->status;
        reading_free(r);
        if (status == 304)
            http_reply_empty(rq, 304);
        else
            http_problem(rq, status, "%s",
                         status == 416 ? "there are no such bytes" : "the file is another one (If-Match)");
    } else if (r->range.length) {
        fill_next(r);
    } else {
        begin(r);
    }
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct reading *r = user;
    (void)rq;
    r->over = true; /* a thread has it */
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
    http_work(rq, FILE_LITTLE, nobody_waits, r);
    work(r, open_it, opened);
}
