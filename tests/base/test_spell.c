/* What a mistyped word is taken for, and what it is not. */
#include "base/spell.h"
#include "tests/test.h"
#include <string.h>

static const char *const verbs[] = {"send", "seal", "recv", "receipt", "ls", "list", "listen"};

static const char *meant(const char *typed)
{
    struct sw_spell s = {.word = typed};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        sw_spell_try(&s, verbs[i]);
    return s.best ? s.best : "";
}

static void near_words(void)
{
    CU_ASSERT_STRING_EQUAL(meant("sned"), "send");       /* swapped */
    CU_ASSERT_STRING_EQUAL(meant("sedn"), "send");       /* swapped at the end */
    CU_ASSERT_STRING_EQUAL(meant("rcv"), "recv");        /* missing */
    CU_ASSERT_STRING_EQUAL(meant("seall"), "seal");      /* too many */
    CU_ASSERT_STRING_EQUAL(meant("reciept"), "receipt"); /* swapped in the middle */
    CU_ASSERT_STRING_EQUAL(meant("rceipts"), "receipt"); /* two errors in a long word */
    CU_ASSERT_STRING_EQUAL(meant("lst"), "list");        /* the nearest of ls, list and listen */
    CU_ASSERT_STRING_EQUAL(meant("listen"), "listen");
}

static void far_words(void)
{
    CU_ASSERT_STRING_EQUAL(meant(""), "");
    CU_ASSERT_STRING_EQUAL(meant("lx"), ""); /* of two letters one is half */
    CU_ASSERT_STRING_EQUAL(meant("upload"), "");
    CU_ASSERT_STRING_EQUAL(meant("sxxd"), "");
    CU_ASSERT_STRING_EQUAL(meant("receiptreceiptreceiptreceiptreceipt"), "");
}

static void long_words(void)
{
    struct sw_spell s = {.word = "receipt"};
    sw_spell_try(&s, "receiptreceiptreceiptreceiptreceipt");
    CU_ASSERT_PTR_NULL(s.best);
}

SW_TEST_SUITE(spell){
    SW_TEST(near_words),
    SW_TEST(far_words),
    SW_TEST(long_words),
};
