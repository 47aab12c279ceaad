/*
 * The unit tests' malloc: it counts what is allocated while it is told to, and fails where it is told to. Where a
 * sanitizer has malloc, it stays the sanitizer's, and nothing is counted.
 */
#ifndef SW_TESTS_BASE_HEAP_H
#define SW_TESTS_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_OURS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_OURS 0
#endif
#endif
#ifndef HEAP_OURS
#define HEAP_OURS 1
#endif

/*
 * Set counting, and fail_at (the number of the call that fails; 0: none); calls, live and peak (bytes) are counted from
 * where they stand.
 */
extern struct heap {
    bool counting;
    size_t calls, fail_at;
    long live, peak;
} heap;

/* heap_refuse: count one call that is no malloc of ours, and whether it is the one to fail. */
bool heap_refuse(void);

/* heap_count: begin to count from zero, nothing fails; heap_peak: end, and the most bytes there were at a time. */
void heap_count(void);
size_t heap_peak(void);

#endif
