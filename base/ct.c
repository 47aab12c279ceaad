/* Whole-buffer operations whose time depends on the length alone. */
#include "base/ct.h"

size_t sw_ct_diff(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    sw_ct_lanes lanes = {0};
    uint64_t half[2];
    size_t diff = 0, i = 0;

    for (; i + SW_CT_LANES <= n; i += SW_CT_LANES)
        lanes |= sw_ct_lanes_load(x + i) ^ sw_ct_lanes_load(y + i);
    for (; i < n; i++)
        diff |= (size_t)(x[i] ^ y[i]);
    memcpy(half, &lanes, sizeof half);
    half[0] |= half[1];
    return sw_ct_hide(diff | (size_t)(half[0] >> 32) | (size_t)(half[0] & 0xffffffff));
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
    sw_ct_lanes take = sw_ct_lanes_all((uint8_t)mask);
    size_t i = 0;

    for (; i + SW_CT_LANES <= n; i += SW_CT_LANES)
        sw_ct_lanes_store(o + i, (take & sw_ct_lanes_load(x + i)) | (~take & sw_ct_lanes_load(y + i)));
    for (; i < n; i++)
        o[i] = sw_ct_select8(mask, x[i], y[i]);
}
