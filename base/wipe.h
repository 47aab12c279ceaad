/* The only place that zeroes secrets. */
#ifndef SW_BASE_WIPE_H
#define SW_BASE_WIPE_H

#include <stddef.h>

/* sw_wipe: set n bytes at p to zero, in a way no optimiser removes; p may be NULL if n is 0. */
void sw_wipe(void *p, size_t n);

#endif
