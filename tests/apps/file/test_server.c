/* The service as a whole. */
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The service ends while a piece is under way, and does it first. */
static void the_end_comes_after_what_was_begun(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 6, NULL, false, url), 201);
    archive_begin_piece(&a.alice, url, 0, "onetwo");
    archive_close(&a);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.happened, "uploaded 6"));
}

SW_TEST_SUITE(file_server){
    SW_TEST(the_end_comes_after_what_was_begun),
};
