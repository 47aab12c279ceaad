/* Whole-buffer operations whose time depends on the length alone. */
#include "base/ct.h"

size_t sw_ct_diff(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    size_t diff = 0;

    for (size_t i = 0; i < n; i++)
        diff |= (size_t)(x[i] ^ y[i]);
    return sw_ct_hide(diff);
}

bool sw_ct_equal(const void *a, const void *b, size_t n)
{
    size_t diff = sw_ct_diff(a, b, n);

    SW_CT_PUBLIC(&diff, sizeof diff);
    return diff == 0;
}

void sw_ct_copy(size_t mask, void *out, const void *a, const void *b, size_t n)
{
    uint8_t *o = out;
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        o[i] = sw_ct_select8(mask, x[i], y[i]);
}
