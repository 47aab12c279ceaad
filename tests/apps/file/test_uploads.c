/* Uploads that are not finished: found on the disk, busy, spoiled. */
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Who has an upload that was changed on the disk cannot be known: nothing is done with it, and nobody is told that it
 * is not there.
 */
static void a_spoiled_upload_is_told(void)
{
    static const char *const methods[] = {"HEAD", "PATCH", "DELETE"};
    static const char id[] = "00112233445566778899aabbccddeeff";
    struct archive a;
    char path[160], url[64];
    archive_open(&a);
    snprintf(path, sizeof path, "%s/uploads/%s", a.dir, id);
    snprintf(url, sizeof url, "/uploads/%s", id);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(http_askf(&a.alice, methods[i], url, "", ""), 404);
    FILE *f = fopen(path, "w");
    CU_ASSERT_TRUE_FATAL(f && fputs("this is no upload", f) >= 0 && fclose(f) == 0);
    uploads_load(a.service);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(http_askf(&a.alice, methods[i], url, "", ""), 500);
    CU_ASSERT_EQUAL(a.trouble, 3);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    archive_close(&a);
}

/* While a request for it is worked on, whoever comes with another one is told at once, and when to come again. */
static void a_busy_one_is_told(void)
{
    static const char *const methods[] = {"HEAD", "DELETE"};
    struct archive a;
    char url[64], hex[65];
    archive_open(&a);
    archive_digest("text", hex);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, hex, false, url), 201);
    struct upload *u = TAILQ_FIRST(&a.service->uploads);
    u->busy = true;
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(archive_ask(&a.alice, methods[i], url), 423);
        CU_ASSERT_EQUAL(a.alice.reply.retry_after, 1);
    }
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "text"), 423);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, hex, false, url), 423);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "other", 4, NULL, false, url), 201);
    u->busy = false;
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, hex, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "text"), 204);
    archive_close(&a);
}

/* Some are open; of the others it is known what they are, and they are opened when somebody goes on with them. */
static void few_are_open(void)
{
    struct archive a;
    char url[FILE_UPLOADS + 4][64];
    struct upload *u;
    unsigned open = 0;
    archive_open(&a);
    for (size_t i = 0; i < FILE_UPLOADS + 4; i++) {
        CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url[i]), 201);
        CU_ASSERT_EQUAL(archive_piece(&a.alice, url[i], 0, "te"), 204);
    }
    TAILQ_FOREACH(u, &a.service->uploads, in_list)
    open += u->file != NULL;
    CU_ASSERT_EQUAL(open, FILE_UPLOADS);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url[FILE_UPLOADS + 3], 2, "xt"), 204);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url[0]), 200);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 0); /* what fills no chunk went with the file */
    TAILQ_FOREACH(u, &a.service->uploads, in_list)
    u->busy = u->file != NULL;
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url[1]), 503);
    CU_ASSERT_EQUAL(a.alice.reply.retry_after, 1);
    TAILQ_FOREACH(u, &a.service->uploads, in_list)
    u->busy = false;
    archive_close(&a);
}

/* A server that begins again knows what was announced to the one before: whose it is, and the room it takes. */
static void are_found_on_the_disk(void)
{
    static const struct file_limits limits = {.file_max = 1000, .space_max = 5000};
    struct archive a;
    char url[64], other[64];
    archive_open(&a);
    file_service_set_limits(a.service, &limits);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 1000, NULL, false, url), 201);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 1000, NULL, false, other), 201);
    uploads_free(a.service);
    uploads_load(a.service);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "one too many", 1000, NULL, false, other), 507);
    CU_ASSERT_EQUAL(archive_announce(&a.bob, "another's", 1000, NULL, false, other), 201);
    CU_ASSERT_EQUAL(archive_ask(&a.bob, "HEAD", url), 404);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url), 200);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "DELETE", url), 204);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "one too many", 1000, NULL, false, other), 201);
    archive_close(&a);
}

/* A week after somebody went on with it last; the next one that is announced finds that out. */
static void old_ones_are_removed(void)
{
    struct archive a;
    char url[64], other[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, other), 201);
    TAILQ_FIRST(&a.service->uploads)->touched -= 7 * 86400 + 1;
    CU_ASSERT_EQUAL(archive_announce(&a.bob, "text", 4, NULL, false, other), 201);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url), 404);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 2);
    archive_close(&a);
}

SW_TEST_SUITE(file_uploads){
    SW_TEST(a_busy_one_is_told),       SW_TEST(few_are_open),
    SW_TEST(are_found_on_the_disk),    SW_TEST(old_ones_are_removed),
    SW_TEST(a_spoiled_upload_is_told),
};
