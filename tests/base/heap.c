/* The allocator of the unit tests, over the C library's. */
#include "tests/base/heap.h"
#include <malloc.h>
#include <stdlib.h>

struct heap heap;

bool heap_refuse(void)
{
    return heap.counting && ++heap.calls == heap.fail_at;
}

void heap_count(void)
{
    heap = (struct heap){.counting = true};
}

size_t heap_peak(void)
{
    heap.counting = false;
    return (size_t)heap.peak;
}

#if HEAP_OURS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static void *taken(void *p)
{
    if (!heap.counting || p == NULL)
        return p;
    heap.live += (long)malloc_usable_size(p);
    if (heap.live > heap.peak)
        heap.peak = heap.live;
    return p;
}

static void given_back(void *p)
{
    if (heap.counting && p != NULL)
        heap.live -= (long)malloc_usable_size(p);
}

void *malloc(size_t size)
{
    return heap_refuse() ? NULL : taken(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return heap_refuse() ? NULL : taken(__libc_calloc(count, size));
}

void *realloc(void *p, size_t size)
{
    long old = p != NULL ? (long)malloc_usable_size(p) : 0;
    void *grown = heap_refuse() ? NULL : taken(__libc_realloc(p, size));

    if (heap.counting && grown != NULL)
        heap.live -= old;
    return grown;
}

void free(void *p)
{
    given_back(p);
    __libc_free(p);
}
#endif
