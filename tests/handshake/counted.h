/*
 * An allocator for tests: it counts what is held, sees whether that was wiped when it comes back, and gives nothing
 * when it is told to. For one thread.
 */
#ifndef SW_TESTS_HANDSHAKE_COUNTED_H
#define SW_TESTS_HANDSHAKE_COUNTED_H

#include "include/sealwax.h"

/* Zeros to begin with. */
struct counted {
    size_t held, peak; /* bytes */
    size_t blocks;     /* held */
    size_t calls;
    size_t dirty;       /* blocks that came back without being wiped */
    size_t refuse_at;   /* the call that gets nothing; 0: none */
    size_t refuse_from; /* the call from which on none does; 0: none */
    size_t longest;     /* bytes that one call may get; 0: any */
};

/*
 * COUNTED_BY: initialises a struct sw_allocator whose counts are in *c. counted_allow: so many calls more succeed;
 * SIZE_MAX: all do.
 */
#define COUNTED_BY(c)                                                                                                  \
    {                                                                                                                  \
        counted_alloc, counted_release, c                                                                              \
    }
void *counted_alloc(void *ctx, size_t size);
void counted_release(void *ctx, void *p, size_t size);
void counted_allow(struct counted *c, size_t calls);

#endif
