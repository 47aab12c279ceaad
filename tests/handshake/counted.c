#include "tests/handshake/counted.h"
#include <stdlib.h>

void *counted_alloc(void *ctx, size_t size)
{
    struct counted *c = ctx;

    c->calls++;
    if (c->calls == c->refuse_at || (c->refuse_from && c->calls >= c->refuse_from) || (c->longest && size > c->longest))
        return NULL;
    c->blocks++;
    c->held += size;
    c->peak = c->held > c->peak ? c->held : c->peak;
    return malloc(size);
}

void counted_release(void *ctx, void *p, size_t size)
{
    struct counted *c = ctx;
    const unsigned char *bytes = p;
    bool wiped = true;

    if (p == NULL)
        return;
    for (size_t i = 0; i < size; i++)
        wiped = wiped && bytes[i] == 0;
    c->dirty += !wiped;
    c->blocks--;
    c->held -= size;
    free(p);
}

void counted_allow(struct counted *c, size_t calls)
{
    c->refuse_from = calls == SIZE_MAX ? 0 : c->calls + calls + 1;
}
