/*
 * Decisions on secret values without a branch or a memory access that depends on them. A mask is all ones (yes) or zero
 * (no). The marks tell valgrind which bytes are secret: built with SW_CT_VALGRIND, a branch or an index on a marked
 * byte is reported as a use of uninitialised memory; otherwise they are nothing.
 */
#ifndef SW_BASE_CT_H
#define SW_BASE_CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef SW_CT_VALGRIND
#include <valgrind/memcheck.h>
#define SW_CT_SECRET(p, n) ((void)VALGRIND_MAKE_MEM_UNDEFINED(p, n))
#define SW_CT_PUBLIC(p, n) ((void)VALGRIND_MAKE_MEM_DEFINED(p, n))
#else
#define SW_CT_SECRET(p, n) ((void)(p), (void)(n))
#define SW_CT_PUBLIC(p, n) ((void)(p), (void)(n))
#endif

/* A value the optimiser knows nothing about. */
static inline size_t sw_ct_hide(size_t v)
{
#if defined(__GNUC__)
    __asm__("" : "+r"(v));
#endif
    return v;
}

/*
 * sw_ct_msb: all ones if the top bit of v is set. Hidden twice: an optimiser that knows a mask to be one of two values
 * may branch on it.
 */
static inline size_t sw_ct_msb(size_t v)
{
    return sw_ct_hide((size_t)0 - (sw_ct_hide(v) >> (sizeof v * 8 - 1)));
}

/* sw_ct_lt, _ge, _is_zero, _eq: masks for a < b, a >= b, v == 0, a == b; any size_t. */
static inline size_t sw_ct_lt(size_t a, size_t b)
{
    return sw_ct_msb(a ^ ((a ^ b) | ((a - b) ^ a)));
}
static inline size_t sw_ct_ge(size_t a, size_t b)
{
    return ~sw_ct_lt(a, b);
}
static inline size_t sw_ct_is_zero(size_t v)
{
    return sw_ct_msb(~v & (v - 1));
}
static inline size_t sw_ct_eq(size_t a, size_t b)
{
    return sw_ct_is_zero(a ^ b);
}

/* sw_ct_select: a where the mask is set, b where it is not. */
static inline size_t sw_ct_select(size_t mask, size_t a, size_t b)
{
    return (mask & a) | (~mask & b);
}
static inline uint8_t sw_ct_select8(size_t mask, uint8_t a, uint8_t b)
{
    return (uint8_t)sw_ct_select(mask, a, b);
}

/*
 * Sixteen bytes at once, for loops over bytes whose verdict is secret: a vector has no branch for a compiler to put in.
 * Lanes compare as bytes without sign, (sw_ct_lanes)(a < b), to all ones or zero.
 * sw_ct_lanes_load, _store: from and to any address.
 * sw_ct_lanes_all: v in each lane.
 * sw_ct_lanes_count: from, from + 1, ... from + 15; all below 256.
 */
enum { SW_CT_LANES = 16 };
typedef uint8_t sw_ct_lanes __attribute__((vector_size(16)));

typedef uint8_t sw_ct_lanes_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

static inline sw_ct_lanes sw_ct_lanes_load(const void *p)
{
    return (sw_ct_lanes) * (const sw_ct_lanes_anywhere *)p;
}
static inline void sw_ct_lanes_store(void *p, sw_ct_lanes v)
{
    *(sw_ct_lanes_anywhere *)p = (sw_ct_lanes_anywhere)v;
}
static inline sw_ct_lanes sw_ct_lanes_all(uint8_t v)
{
    return v - (sw_ct_lanes){0};
}
static inline sw_ct_lanes sw_ct_lanes_count(size_t from)
{
    const sw_ct_lanes number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    return number + sw_ct_lanes_all((uint8_t)from);
}

/* sw_ct_diff: zero if n bytes at a and b are equal, some other value if not. Time depends on n alone. */
size_t sw_ct_diff(const void *a, const void *b, size_t n);

/* sw_ct_equal: true if n bytes at a and b are equal. The verdict is public, the time depends on n alone. */
bool sw_ct_equal(const void *a, const void *b, size_t n);

/* sw_ct_copy: out = mask ? a : b, n bytes; out may be a or b. */
void sw_ct_copy(size_t mask, void *out, const void *a, const void *b, size_t n);

#endif
