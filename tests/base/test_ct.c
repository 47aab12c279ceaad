/*
 * The masks against the plain operators, and the buffers against memcmp. tests/ct/test_ct.c shows that none of them
 * branches.
 */
#include "base/ct.h"
#include "tests/test.h"
#include <string.h>

static const size_t values[] = {
    0, 1, 2, 3, 127, 128, 255, 256, 65535, SIZE_MAX / 2 - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX - 1, SIZE_MAX};

enum { VALUES = sizeof values / sizeof values[0] };

static void masks(void)
{
    for (size_t i = 0; i < VALUES; i++) {
        size_t a = values[i];

        CU_ASSERT_EQUAL(sw_ct_hide(a), a);
        CU_ASSERT_EQUAL(sw_ct_msb(a), a > SIZE_MAX / 2 ? SIZE_MAX : 0);
        CU_ASSERT_EQUAL(sw_ct_is_zero(a), a == 0 ? SIZE_MAX : 0);
        for (size_t j = 0; j < VALUES; j++) {
            size_t b = values[j];

            CU_ASSERT_EQUAL(sw_ct_lt(a, b), a < b ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(sw_ct_ge(a, b), a >= b ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(sw_ct_eq(a, b), a == b ? SIZE_MAX : 0);
            CU_ASSERT_EQUAL(sw_ct_select(SIZE_MAX, a, b), a);
            CU_ASSERT_EQUAL(sw_ct_select(0, a, b), b);
        }
    }
    CU_ASSERT_EQUAL(sw_ct_select8(SIZE_MAX, 0xa5, 0x5a), 0xa5);
    CU_ASSERT_EQUAL(sw_ct_select8(0, 0xa5, 0x5a), 0x5a);
}

static void each_difference_is_seen(void)
{
    uint8_t a[64], b[64];

    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = (uint8_t)(i * 7);
    CU_ASSERT_TRUE(sw_ct_equal(a, b, sizeof a));
    CU_ASSERT_EQUAL(sw_ct_diff(a, b, sizeof a), 0);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_FALSE(sw_ct_equal(a, b, sizeof a));
        CU_ASSERT_NOT_EQUAL(sw_ct_diff(a, b, sizeof a), 0);
        CU_ASSERT_TRUE(sw_ct_equal(a, b, bit / 8)); /* and nothing behind the length */
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_TRUE(sw_ct_equal(NULL, NULL, 0));
}

static void copies_one_or_the_other(void)
{
    uint8_t a[33], b[33], out[34];

    memset(a, 0xa5, sizeof a);
    memset(b, 0x5a, sizeof b);
    memset(out, 0xee, sizeof out);
    sw_ct_copy(SIZE_MAX, out, a, b, sizeof a);
    SW_ASSERT_BYTES(out, a, sizeof a);
    sw_ct_copy(0, out, a, b, sizeof a);
    SW_ASSERT_BYTES(out, b, sizeof a);
    CU_ASSERT_EQUAL(out[33], 0xee);
    sw_ct_copy(0, a, a, b, sizeof a); /* in place */
    SW_ASSERT_BYTES(a, b, sizeof a);
}

static void lanes_compare(void)
{
    for (size_t from = 0; from <= 256 - SW_CT_LANES; from += 16)
        for (unsigned n = 0; n < 256; n++) {
            uint8_t out[SW_CT_LANES];
            bool right = true;

            sw_ct_lanes_store(out, (sw_ct_lanes)(sw_ct_lanes_count(from) < sw_ct_lanes_all((uint8_t)n)));
            for (size_t i = 0; i < SW_CT_LANES; i++)
                right = right && out[i] == (from + i < n ? 0xff : 0);
            CU_ASSERT_TRUE(right);
        }
}

SW_TEST_SUITE(ct){
    SW_TEST(lanes_compare),
    SW_TEST(masks),
    SW_TEST(each_difference_is_seen),
    SW_TEST(copies_one_or_the_other),
};
