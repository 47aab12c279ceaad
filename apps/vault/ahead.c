#include "apps/vault/ahead.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 2 };

struct ahead {
    struct job job;
    struct worker *worker;
    struct sw_vfile *file;
    int64_t offset, end; /* of what is not read yet */
    size_t step, room;   /* bytes of a block, in the file at most and in memory */
    struct {
        uint8_t *p;
        size_t len, given;
    } block[BLOCKS]; /* in turn */
    unsigned first, full, filling;
    bool busy;        /* a thread has it */
    unsigned telling; /* ready is being called, so many times one within the other, where there is no thread */
    bool over;        /* nobody wants any more */
    void (*ready)(void *user);
    void *user;
    enum sw_err err;
    int why; /* errno */
};

/* Unless somebody has it. */
static void give_back(struct ahead *a)
{
    if (a->busy || a->telling)
        return;
    for (size_t i = 0; i < BLOCKS; i++)
        free(a->block[i].p);
    sw_vfile_close(a->file);
    free(a);
}

struct ahead *ahead_new(struct worker *worker, struct sw_vfile *file, int64_t from, int64_t length, unsigned chunks,
                        void (*ready)(void *user), void *user)
{
    struct ahead *a = calloc(1, sizeof *a);
    if (!a) {
        sw_vfile_close(file);
        return NULL;
    }
    a->worker = worker;
    a->file = file;
    a->offset = from;
    a->end = from + length;
    a->step = chunks * (size_t)SW_VFILE_CHUNK;
    a->room = length < (int64_t)a->step ? (size_t)length : a->step;
    a->ready = ready;
    a->user = user;
    return a;
}

void ahead_free(struct ahead *a)
{
    if (!a)
        return;
    a->over = true;
    give_back(a);
}

static size_t block_len(const struct ahead *a)
{
    int64_t left = a->end - a->offset;
    size_t most = a->step - (size_t)(a->offset % SW_VFILE_CHUNK); /* so that the next one begins with a chunk */
    return left < (int64_t)most ? (size_t)left : most;
}

/* In a thread. */
static void fill(struct job *job)
{
    struct ahead *a = (struct ahead *)job;
    unsigned i = a->filling;
    size_t got = 1, n = 0, want = block_len(a);
    if (!a->block[i].p && !(a->block[i].p = malloc(a->room)))
        a->err = SW_ERR_MEMORY;
    while (a->err == SW_OK && got && n < want) {
        a->err = sw_vfile_read(a->file, a->offset, a->block[i].p + n, want - n, &got);
        a->why = errno;
        n += got;
        a->offset += (int64_t)got;
    }
    a->block[i].len = n;
    a->block[i].given = 0;
}

static void fill_next(struct ahead *a);

static void filled(struct job *job)
{
    struct ahead *a = (struct ahead *)job;
    a->busy = false;
    a->full += a->err == SW_OK;
    if (!a->over) {
        a->telling++;
        a->ready(a->user);
        a->telling--;
    }
    if (a->over)
        give_back(a);
    else
        fill_next(a);
}

static void fill_next(struct ahead *a)
{
    if (a->busy || a->err || a->full == BLOCKS || block_len(a) == 0)
        return;
    a->filling = (a->first + a->full) % BLOCKS;
    a->busy = true;
    a->job = (struct job){.run = fill, .done = filled};
    worker_give(a->worker, &a->job);
}

void ahead_begin(struct ahead *a)
{
    fill_next(a);
}

size_t ahead_give(struct ahead *a, uint8_t *buf, size_t cap)
{
    if (!a->full)
        return a->busy ? AHEAD_LATER : 0;
    unsigned i = a->first;
    size_t left = a->block[i].len - a->block[i].given, n = left < cap ? left : cap;
    memcpy(buf, a->block[i].p + a->block[i].given, n);
    a->block[i].given += n;
    if (n == left) {
        a->first = (i + 1) % BLOCKS;
        a->full--;
        fill_next(a);
    }
    return n;
}

enum sw_err ahead_error(const struct ahead *a, int *why)
{
    *why = a->why;
    return a->err;
}
