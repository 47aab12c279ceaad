/* Sources and sinks in memory, and the status that all stages share. */
#include "apps/seal/stream.h"
#include "base/wipe.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool seal_fail(struct seal_status *st, enum seal_result result, const char *format, ...)
{
    va_list args;
    if (st->result != SEAL_OK)
        return false;
    st->result = result;
    va_start(args, format);
    vsnprintf(st->reason, sizeof st->reason, format, args);
    va_end(args);
    return false;
}

bool seal_fail_err(struct seal_status *st, enum sw_err err)
{
    return seal_fail(st, err == SW_ERR_UNSUPPORTED ? SEAL_UNSUPPORTED : SEAL_SYSTEM, "%s", sw_err_reason(err));
}

bool seal_gather(void *buf, size_t cap, size_t *have, struct sw_slice *in)
{
    size_t n = cap - *have < in->len ? cap - *have : in->len;
    if (n)
        memcpy((uint8_t *)buf + *have, in->p, n);
    *have += n;
    *in = (struct sw_slice){in->p + n, in->len - n};
    return *have == cap;
}

size_t seal_hand_out(uint8_t *out, size_t cap, const uint8_t *buf, size_t have, size_t *next)
{
    size_t n = have - *next < cap ? have - *next : cap;
    memcpy(out, buf + *next, n);
    *next += n;
    return n;
}

static size_t memory_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct seal_memory *m = (struct seal_memory *)source;
    size_t n = sw_reader_left(&m->r);
    if (n > cap)
        n = cap;
    sw_read_copy(&m->r, buf, n);
    return n;
}

void seal_memory_init(struct seal_memory *m, const void *p, size_t len)
{
    *m = (struct seal_memory){{memory_read, false}, sw_reader_of(p, len)};
}

/* A new place and not realloc: what was there may be secret, and must not stay behind unwiped. */
static bool buf_grow(struct seal_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 1024;
    while (cap < need)
        cap *= 2;
    uint8_t *p = malloc(cap);
    if (!p)
        return seal_fail_err(b->st, SW_ERR_MEMORY);
    if (b->p) {
        memcpy(p, b->p, b->len);
        sw_wipe(b->p, b->len);
        free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

static bool buf_write(struct seal_sink *sink, const void *p, size_t len)
{
    struct seal_buf *b = (struct seal_buf *)sink;
    if (len > b->limit - b->len)
        seal_fail(b->st, SEAL_TOO_LONG, "more than %zu bytes", b->limit);
    else if (b->len + len + 1 > b->cap)
        (void)buf_grow(b, b->len + len + 1);
    b->sink.failed = b->st->result != SEAL_OK;
    if (b->sink.failed)
        return false;
    if (len)
        memcpy(b->p + b->len, p, len);
    b->len += len;
    b->p[b->len] = 0;
    return true;
}

void seal_buf_init(struct seal_buf *b, size_t limit, struct seal_status *st)
{
    *b = (struct seal_buf){.sink = {buf_write, false}, .st = st, .limit = limit};
}

void seal_buf_free(struct seal_buf *b)
{
    if (b->p)
        sw_wipe(b->p, b->len);
    free(b->p);
    b->p = NULL;
    b->len = b->cap = 0;
}
