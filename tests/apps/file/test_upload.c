/* What is announced: what may not be, how much there may be of it, and what is given up. */
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void what_is_not_taken(void)
{
    struct archive a;
    char url[64], hex[65];
    archive_open(&a);
    archive_digest("text", hex);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", "", ""), 400);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", "Upload-Length: 5\r\n", ""), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "../up", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "/etc/passwd", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, "c0ffee", false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 1000001, NULL, false, url), 413);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, hex, false, url), 201);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, "Upload-Offset: 0\r\n", "text"), 415);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, "Content-Type: application/offset+octet-stream\r\n", "text"),
                    409);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "texts"), 413);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, "/uploads/00112233445566778899aabbccddeeff", 0, "text"), 404);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, "/uploads/..%2Fkey", 0, "text"), 404);
    CU_ASSERT_EQUAL(archive_piece(&a.bob, url, 0, "text"), 404); /* hers */
    CU_ASSERT_EQUAL(http_askf(&a.bob, "DELETE", url, "", ""), 404);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "text"), 204);
    CU_ASSERT_EQUAL(a.trouble, 0);
    archive_close(&a);
}

static void nothing_is_replaced_unasked(void)
{
    struct archive a;
    char url[64], second[64];
    archive_open(&a);
    archive_put(&a.alice, "text", "first");
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 6, NULL, false, url), 409);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 6, NULL, true, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "second"), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "second");
    /* two at once: the one that is whole first has the name */
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "race", 1, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "race", 1, NULL, false, second), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, second, 0, "2"), 204);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "1"), 409);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "race", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "2");
    archive_close(&a);
}

static void another_version_is_told(void)
{
    static const char wrong[] = "Tus-Resumable: 0.2.2\r\n", right[] = "Tus-Resumable: 1.0.0\r\n";
    struct archive a;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", wrong, ""), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, wrong, "text"), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, wrong, ""), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, right, ""), 204);
    archive_close(&a);
}

static void numbers_are_digits(void)
{
    static const char *const bad[] = {"", "abc", "+4", " 4", "4x", "-4", "0x4", "4.0", "99999999999999999999"};
    struct archive a;
    char url[64], headers[256], meta[128] = "";
    archive_open(&a);
    archive_add_meta(meta, sizeof meta, "filename", "text");
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "other", 4, NULL, false, url), 201);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (strchr(bad[i], ' ')) /* which HTTP itself takes away */
            continue;
        snprintf(headers, sizeof headers, "Upload-Length: %s\r\nUpload-Metadata: %s\r\n", bad[i], meta);
        CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", headers, ""), 400);
        snprintf(headers, sizeof headers, "Content-Type: application/offset+octet-stream\r\nUpload-Offset: %s\r\n",
                 bad[i]);
        CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, headers, "text"), 409);
    }
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "text"), 204);
    archive_close(&a);
}

static void unfinished_uploads_are_bounded(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    for (int i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 507);
    CU_ASSERT_EQUAL(archive_announce(&a.bob, "text", 4, NULL, false, url), 201);
    archive_close(&a);
}

static void an_upload_can_be_given_up(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 1);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, "", ""), 204);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "text"), 404);
    archive_close(&a);
}

static void each_has_his_space(void)
{
    static const struct file_limits small = {.file_max = 1000000, .space_max = 1000},
                                    larger = {.file_max = 1000000, .space_max = 20000};
    struct archive a;
    char url[64];
    archive_open(&a);
    file_service_set_limits(a.service, &small);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "large", 1001, NULL, false, url), 507);
    archive_put(&a.alice, "first", "some text");
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "second", 995, NULL, false, url), 507);
    CU_ASSERT_EQUAL(archive_announce(&a.bob, "second", 995, NULL, false, url), 201);
    file_service_set_limits(a.service, &larger);
    /* what is announced counts, too: two that fit one by one do not fit together */
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "half", 12000, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "other half", 12000, NULL, false, url), 507);
    archive_close(&a);
}

SW_TEST_SUITE(file_upload){
    SW_TEST(what_is_not_taken),         SW_TEST(nothing_is_replaced_unasked),    SW_TEST(another_version_is_told),
    SW_TEST(numbers_are_digits),        SW_TEST(unfinished_uploads_are_bounded), SW_TEST(each_has_his_space),
    SW_TEST(an_upload_can_be_given_up),
};
