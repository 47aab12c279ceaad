/* Requests about uploads: what is not taken, and what is given up. */
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* What cannot be removed stays an upload, and is told: here, for a directory stands in its place. */
static void what_cannot_be_removed_stays(void)
{
    struct archive a;
    char url[64], dir[128];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    snprintf(dir, sizeof dir, "%s/%s", a.dir, url + 1);
    CU_ASSERT_EQUAL_FATAL(unlink(dir), 0);
    CU_ASSERT_EQUAL_FATAL(mkdir(dir, 0700), 0);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "DELETE", url), 500);
    CU_ASSERT_EQUAL(a.trouble, 1);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "DELETE", url), 204); /* which is no more there */
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "DELETE", url), 404);
    archive_close(&a);
}

SW_TEST_SUITE(file_upload){
    SW_TEST(what_is_not_taken),
    SW_TEST(another_version_is_told),
    SW_TEST(an_upload_can_be_given_up),
    SW_TEST(what_cannot_be_removed_stays),
};
