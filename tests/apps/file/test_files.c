/* Listing and deleting, also when the server has no descriptor left, and while others change what is there. */
#include "apps/http/client.h"
#include "tests/apps/file/archive.h"
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* One request while the process may open nothing more. */
static int ask_without_descriptors(struct http_peer *p, const char *method, const char *path, const char *headers)
{
    struct rlimit was, none;
    getrlimit(RLIMIT_NOFILE, &was);
    none = was;
    none.rlim_cur = 1; /* poll takes no more descriptors than that */
    setrlimit(RLIMIT_NOFILE, &none);
    int status = http_askf(p, method, path, headers, "");
    setrlimit(RLIMIT_NOFILE, &was);
    return status;
}

static void a_list_that_cannot_be_made_is_not_empty(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    archive_put(&a.alice, "text", "text");
    CU_ASSERT_EQUAL(ask_without_descriptors(&a.alice, "GET", "/files", ""), 500);
    CU_ASSERT_EQUAL(a.trouble, 1);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "GET", "/files"), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.alice.body, "\"name\":\"text\""));
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 1, NULL, false, url), 201);
    archive_close(&a);
}

/* What cannot be looked at is not deleted: neither its condition nor whether it is there at all is known. */
static void nothing_is_deleted_unseen(void)
{
    static const char other[] = "If-Match: \"another\"\r\n";
    struct archive a;
    archive_open(&a);
    archive_put(&a.alice, "text", "text");
    CU_ASSERT_EQUAL(ask_without_descriptors(&a.alice, "DELETE", "/files/text", other), 500);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", other, ""), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 204);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 404);
    archive_close(&a);
}

static void spoil(const char *path)
{
    FILE *f = fopen(path, "r+");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs("spoiled", f);
    fclose(f);
}

static void cut(const char *path)
{
    struct stat st;
    CU_ASSERT_TRUE(stat(path, &st) == 0 && truncate(path, st.st_size - 1) == 0);
}

static void what_was_cut_short_is_deleted_as_well(void)
{
    struct archive a;
    char dir[128];
    archive_open(&a);
    archive_put(&a.alice, "text", "text");
    snprintf(dir, sizeof dir, "%s/files", a.dir);
    CU_ASSERT_EQUAL(archive_walk(dir, cut), 1);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "If-Match: \"another\"\r\n", ""), 500);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 404);
    archive_close(&a);
}

/* Letters of two bytes, of which each has three characters in an address. */
static void long_names_can_be_asked_for(void)
{
    char name[401] = "", path[1300] = "/files/";
    struct archive a;
    archive_open(&a);
    for (int i = 0; i < 200; i++)
        strcat(name, i == 100 ? "/" : "\xc3\xa4");
    http_quote(name, path + 7, sizeof path - 7);
    archive_put(&a.alice, name, "text");
    CU_ASSERT_EQUAL(http_askf(&a.alice, "GET", path, "", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", path, "", ""), 204);
    archive_close(&a);
}

/* Whoever means one file does not mean one that nobody knows any more. */
static void what_was_changed_is_deleted_without_conditions(void)
{
    struct archive a;
    char dir[128];
    archive_open(&a);
    archive_put(&a.alice, "text", "text");
    snprintf(dir, sizeof dir, "%s/files", a.dir);
    CU_ASSERT_EQUAL(archive_walk(dir, spoil), 1);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "If-Match: \"another\"\r\n", ""), 500);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 500);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 404);
    archive_close(&a);
}

/* Two that delete the same file at once: it was there for one of them. */
static void two_delete_one_file(void)
{
    static const char request[] = "DELETE /files/text HTTP/1.1\r\nHost: x\r\n\r\n";
    struct archive a;
    struct http_peer other;
    archive_open(&a);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&other, &a.world, false));
    archive_put(&a.alice, "text", "text");
    pthread_mutex_lock(&a.service->names); /* so that both have seen it, or will not */
    http_ask_begin(&a.alice, request);
    http_ask_begin(&other, request);
    http_turn(&a.world);
    pthread_mutex_unlock(&a.service->names);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_TRUE(http_ask_until(&other, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status + other.reply.status, 204 + 404);
    http_peer_close(&other);
    archive_close(&a);
}

static char place[1024];

static void note_place(const char *path)
{
    snprintf(place, sizeof place, "%s", path);
}

/* Between the look at a file and its end another one may take its name: that one was not meant. */
static void what_came_meanwhile_stays(void)
{
    struct archive a;
    char request[256], dir[128], aside[160], hex[65], url[64];
    archive_open(&a);
    snprintf(dir, sizeof dir, "%s/files", a.dir);
    snprintf(aside, sizeof aside, "%s/aside", a.dir);
    archive_put(&a.alice, "text", "second");
    CU_ASSERT_EQUAL(archive_walk(dir, note_place), 1);
    CU_ASSERT_EQUAL(rename(place, aside), 0);
    archive_digest("first", hex);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 5, hex, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "first"), 204);
    snprintf(request, sizeof request, "DELETE /files/text HTTP/1.1\r\nHost: x\r\nIf-Match: \"%s\"\r\n\r\n", hex);
    pthread_mutex_lock(&a.service->names);
    http_ask_begin(&a.alice, request);
    http_turn(&a.world); /* as far as it comes: the answer is the same */
    CU_ASSERT_EQUAL(rename(aside, place), 0);
    pthread_mutex_unlock(&a.service->names);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 412);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "second");
    archive_close(&a);
}

SW_TEST_SUITE(file_files){
    SW_TEST(a_list_that_cannot_be_made_is_not_empty),
    SW_TEST(nothing_is_deleted_unseen),
    SW_TEST(what_was_changed_is_deleted_without_conditions),
    SW_TEST(what_was_cut_short_is_deleted_as_well),
    SW_TEST(long_names_can_be_asked_for),
    SW_TEST(two_delete_one_file),
    SW_TEST(what_came_meanwhile_stays),
};
