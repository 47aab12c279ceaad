/* Zeroing that stays. */
#include "base/wipe.h"
#include <string.h>

void sw_wipe(void *p, size_t n)
{
    if (n == 0)
        return;
    memset(p, 0, n);
#if defined(__GNUC__)
    /* the optimiser must think that somebody reads the zeroes */
    __asm__ volatile("" : : "r"(p) : "memory");
#endif
}
