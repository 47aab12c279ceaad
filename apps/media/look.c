/*
 * What stands before each answer: the catalogue is read, and a track that is to be played opened, beside the loop. Both
 * take as long as the disk takes.
 */
#include "apps/media/service.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* In a thread. */
static void look(struct job *job)
{
    struct visit *v = (struct visit *)job;
    v->err = catalogue_read(&v->all, v->service->vault, v->service->dir, &v->bad);
    if (v->err == SW_OK && v->aim != VISIT_ALL) {
        v->track = catalogue_find(&v->all, v->name);
        v->err = v->track ? SW_OK : SW_ERR_NOT_FOUND;
    }
    if (v->err == SW_OK && v->aim == VISIT_TO_PLAY)
        v->err = catalogue_open(&v->file, v->service->vault, v->service->dir, v->track->id);
    v->why = errno;
}

static void looked(struct job *job)
{
    struct visit *v = (struct visit *)job;
    errno = v->why;
    if (v->rq && v->err == SW_ERR_NOT_FOUND)
        http_problem(v->rq, 404, "there is no track %s", v->name);
    else if (v->rq && v->err)
        media_track_trouble(v->service, v->rq, v->err);
    else if (v->rq)
        v->then(v);
    sw_vfile_close(v->file);
    catalogue_free(&v->all);
    free(v);
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct visit *v = user;
    (void)rq;
    v->rq = NULL;
}

void media_visit(struct media_service *s, struct http_request *rq, enum visit_aim aim, void (*then)(struct visit *v))
{
    struct visit *v = calloc(1, sizeof *v);
    if (!v) {
        media_track_trouble(s, rq, SW_ERR_MEMORY);
        return;
    }
    v->job = (struct job){.run = look, .done = looked};
    v->service = s;
    v->rq = rq;
    v->aim = aim;
    v->then = then;
    snprintf(v->name, sizeof v->name, "%s", rq->part[0]);
    http_work(rq, MEDIA_LITTLE, nobody_waits, v);
    worker_give(s->worker, &v->job);
}
