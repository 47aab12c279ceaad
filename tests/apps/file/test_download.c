/* Reading files, listing and deleting them; and what was changed on the disk. */
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void reads_its_own(void)
{
    struct archive a;
    char tag[100], hex[65];
    archive_open(&a);
    archive_put(&a.alice, "text", "0123456789");
    archive_digest("0123456789", hex);
    CU_ASSERT_EQUAL(archive_get(&a.bob, "text", ""), 404);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", "Range: bytes=3-5\r\n"), 206);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "345");
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", "Range: bytes=10-\r\n"), 416);
    snprintf(tag, sizeof tag, "If-None-Match: \"%s\"\r\n", hex);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", tag), 304);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "GET", "/files", "", ""), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.alice.body, hex));
    CU_ASSERT_EQUAL(http_askf(&a.bob, "GET", "/files", "", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(a.bob.body, hex));
    CU_ASSERT_EQUAL(http_askf(&a.bob, "DELETE", "/files/text", "", ""), 404);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "HEAD", "/files/text", "", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 404);
    CU_ASSERT_STRING_EQUAL(a.happened,
                           "alice uploaded 10; alice read in part 3; alice downloaded 10; alice deleted 10; ");
    archive_close(&a);
}

static const char *searched;
static unsigned found;

static void search(const char *path)
{
    char bytes[4096];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    found += memmem(bytes, n, searched, strlen(searched)) != NULL;
}

/* The last byte of the content: what it belongs to is authenticated, so it cannot be served. */
static void spoil(const char *path)
{
    FILE *f = fopen(path, "r+");
    if (!f || strstr(path, "/files/") == NULL)
        return;
    fseek(f, -20, SEEK_END);
    int was = fgetc(f);
    fseek(f, -20, SEEK_END);
    fputc(was ^ 1, f);
    fclose(f);
}

static void the_disk_is_not_believed(void)
{
    struct archive a;
    archive_open(&a);
    archive_put(&a.alice, "plans", "attack at dawn");
    found = 0;
    searched = "attack at dawn";
    CU_ASSERT_EQUAL(archive_walk(a.dir, search), 2); /* the key, and the file */
    CU_ASSERT_EQUAL(found, 0);
    searched = "plans";
    archive_walk(a.dir, search);
    CU_ASSERT_EQUAL(found, 0);
    archive_walk(a.dir, spoil);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "plans", ""), 500);
    CU_ASSERT_EQUAL(a.trouble, 1);
    CU_ASSERT_STRING_EQUAL(a.alice.reply.etag, ""); /* that is the file's, and this is not the file */
    CU_ASSERT_EQUAL(archive_get(&a.alice, "plans", "Range: bytes=1-2\r\n"), 500);
    CU_ASSERT_EQUAL(a.alice.reply.total, -1);
    archive_close(&a);
}

SW_TEST_SUITE(file_download){
    SW_TEST(reads_its_own),
    SW_TEST(the_disk_is_not_believed),
};
