/*
 * The marks themselves: without these, every other suite of this folder would pass by not looking. `make ct` runs the
 * folder under valgrind, with SW_CT_VALGRIND.
 */
#include "base/ct.h"
#include "tests/test.h"
#include <valgrind/valgrind.h>

static const uint8_t table[256] = {1, 2, 3};

/* Kept from the optimiser, which would make a mask of the branch. */
__attribute__((noinline)) static void branch_on(volatile const uint8_t *p)
{
    if (*p == 7)
        __asm__ volatile("nop");
}

__attribute__((noinline)) static void index_by(volatile const uint8_t *p)
{
    (void)*(volatile const uint8_t *)&table[*p];
}

static void runs_under_valgrind(void)
{
    CU_ASSERT_TRUE(RUNNING_ON_VALGRIND != 0);
}

static void a_branch_is_seen(void)
{
    uint8_t secret[4] = {7};

    VALGRIND_PRINTF("the next report is wanted: a branch on a secret\n");
    SW_CT_SECRET(secret, sizeof secret);
    branch_on(secret);
    CU_ASSERT_EQUAL(sw_test_secret_uses(), 1);
}

static void an_index_is_seen(void)
{
    uint8_t secret[4] = {7};

    VALGRIND_PRINTF("the next report is wanted: an index that is a secret\n");
    SW_CT_SECRET(secret, sizeof secret);
    index_by(secret);
    CU_ASSERT_EQUAL(sw_test_secret_uses(), 1);
}

static void public_bytes_may_be_used(void)
{
    uint8_t secret[4] = {7};

    SW_CT_SECRET(secret, sizeof secret);
    SW_CT_PUBLIC(secret, sizeof secret);
    branch_on(secret);
    index_by(secret);
    CU_ASSERT_EQUAL(sw_test_secret_uses(), 0);
}

SW_TEST_SUITE(marks){
    SW_TEST(runs_under_valgrind),
    SW_TEST(a_branch_is_seen),
    SW_TEST(an_index_is_seen),
    SW_TEST(public_bytes_may_be_used),
};
