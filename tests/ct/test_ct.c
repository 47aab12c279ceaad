/* The masks and the buffer functions on secret bytes: nothing they do depends on them but their result. */
#include "base/ct.h"
#include "tests/test.h"
#include <string.h>

static void masks_do_not_branch(void)
{
    static const size_t values[] = {0, 1, 2, 255, 256, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            size_t a = values[i], b = values[j], got[6];

            SW_CT_SECRET(&a, sizeof a);
            SW_CT_SECRET(&b, sizeof b);
            got[0] = sw_ct_lt(a, b);
            got[1] = sw_ct_ge(a, b);
            got[2] = sw_ct_eq(a, b);
            got[3] = sw_ct_is_zero(a);
            got[4] = sw_ct_select(sw_ct_lt(a, b), a, b);
            got[5] = sw_ct_msb(a);
            CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
            SW_CT_PUBLIC(got, sizeof got);
            CU_ASSERT_EQUAL(got[0], values[i] < values[j] ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(got[1], ~got[0]);
            CU_ASSERT_EQUAL(got[2], i == j ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(got[3], i == 0 ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(got[4], values[i] < values[j] ? values[i] : values[j]);
        }
}

/* Equal, different in the first byte, in the last: the work is the same, and only the verdict is known. */
static void buffers_do_not_branch(void)
{
    static const size_t differs[] = {64, 0, 31, 63};
    uint8_t a[64], b[64], out[64];

    for (size_t i = 0; i < 4; i++) {
        size_t mask;

        SW_CT_PUBLIC(a, sizeof a);
        SW_CT_PUBLIC(b, sizeof b);
        memset(a, 7, sizeof a);
        memset(b, 7, sizeof b);
        if (differs[i] < 64)
            b[differs[i]] ^= 0x10;
        SW_CT_SECRET(a, sizeof a);
        SW_CT_SECRET(b, sizeof b);
        mask = sw_ct_is_zero(sw_ct_diff(a, b, sizeof a));
        sw_ct_copy(mask, out, a, b, sizeof a);
        CU_ASSERT_EQUAL(sw_ct_equal(a, b, sizeof a), differs[i] == 64);
        CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
    }
}

SW_TEST_SUITE(ct){
    SW_TEST(masks_do_not_branch),
    SW_TEST(buffers_do_not_branch),
};
