/* What is announced: what may not be, and how much there may be of it. */
#include "tests/apps/file/archive.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000 };

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

/* What is there and cannot be read is not as if it had not been said: the digest would not be checked. */
static void what_is_known_of_a_file_can_be_read(void)
{
    static const char *const names[] = {"sha256", "source"};
    char longer[81], meta[256], headers[400];
    struct archive a;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    archive_open(&a);
    for (size_t i = 0; i < 4; i++) {
        meta[0] = 0;
        archive_add_meta(meta, sizeof meta, "filename", "text");
        if (i < 2)
            archive_add_meta(meta, sizeof meta, names[i], longer);
        else
            snprintf(meta + strlen(meta), sizeof meta - strlen(meta), ",%s YWFhYWFh!", names[i - 2]);
        snprintf(headers, sizeof headers, "Upload-Length: 4\r\nUpload-Metadata: %s\r\n", meta);
        CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", headers, ""), 400);
    }
    archive_close(&a);
}

/* A name that no answer in JSON could have; told to its sender, and no trouble of the server's. */
static void names_are_text(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "\xff", 4, NULL, false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "../text", 4, NULL, false, url), 400);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "te\xc3\xbft", 4, NULL, false, url), 201);
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

/*
 * A file that gets its name may be counted as one that is there and as one that is coming: if there is no room then,
 * that is not the last word. Here an upload is marked as one that does, and its file is there.
 */
static void what_gets_its_name_may_be_counted_twice(void)
{
    static const struct file_limits limits = {.file_max = 1000000, .space_max = 15000};
    struct archive a;
    char url[64], other[64], text[3001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    archive_open(&a);
    file_service_set_limits(a.service, &limits);
    archive_put(&a.alice, "there", text);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "coming", 6000, NULL, false, url), 201);
    struct upload *u = TAILQ_FIRST(&a.service->uploads);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 7500, NULL, false, other), 507);
    u->busy = u->ending = true;
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 7500, NULL, false, other), 503);
    CU_ASSERT_EQUAL(a.alice.reply.retry_after, 1);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 13500, NULL, false, other), 507);
    u->busy = u->ending = false;
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "DELETE", url), 204);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "more", 7500, NULL, false, other), 201);
    archive_close(&a);
}

/* The service's threads wait while this lock is held. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(struct job *job)
{
    (void)job;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void free_job(struct job *job)
{
    free(job);
}

/* Announce, and until the gate is opened, nothing is looked into. */
static void announce_at_gate(struct archive *a, struct http_peer *p, const char *name, size_t length)
{
    char meta[128] = "", request[512];
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < WORKER_THREADS_MAX; i++) {
        struct job *job = malloc(sizeof *job);
        CU_ASSERT_PTR_NOT_NULL_FATAL(job);
        *job = (struct job){.run = wait_at_gate, .done = free_job};
        file_work(a->service, job);
    }
    archive_add_meta(meta, sizeof meta, "filename", name);
    snprintf(
        request, sizeof request,
        "POST /files HTTP/1.1\r\nHost: x\r\nUpload-Length: %zu\r\nUpload-Metadata: %s\r\nContent-Length: 0\r\n\r\n",
        length, meta);
    http_ask_begin(p, request);
    for (int i = 0; i < PATIENCE_MS && TAILQ_EMPTY(&a->service->announcements); i++) {
        http_turn(&a->world);
        poll(NULL, 0, 1);
    }
    CU_ASSERT_FALSE(TAILQ_EMPTY(&a->service->announcements));
}

static int answer_behind_gate(struct http_peer *p)
{
    pthread_mutex_unlock(&gate);
    CU_ASSERT_TRUE(http_ask_until(p, NULL));
    return p->reply.status;
}

/* Nor may one slip through that gets its name while another is looked into. */
static void what_got_its_name_meanwhile_counts(void)
{
    static const struct file_limits limits = {.file_max = 1000000, .space_max = 50000};
    struct archive a;
    archive_open(&a);
    file_service_set_limits(a.service, &limits);
    announce_at_gate(&a, &a.alice, "more", 30000);
    announcements_ended(a.service, "alice", 30000);
    CU_ASSERT_EQUAL(answer_behind_gate(&a.alice), 503);
    CU_ASSERT_EQUAL(a.alice.reply.retry_after, 1);
    announce_at_gate(&a, &a.alice, "more", 30000);
    announcements_ended(a.service, "bob", 30000);
    CU_ASSERT_EQUAL(answer_behind_gate(&a.alice), 201);
    archive_close(&a);
}

/* Whoever announced something and left has announced nothing. */
static void who_announced_it_may_be_gone(void)
{
    struct archive a;
    struct http_peer brief;
    archive_open(&a);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&brief, &a.world, false));
    announce_at_gate(&a, &brief, "text", 4);
    http_peer_close(&brief);
    for (int i = 0; i < PATIENCE_MS && !a.world.disconnected; i++) {
        http_turn(&a.world);
        poll(NULL, 0, 1);
    }
    CU_ASSERT_EQUAL(a.world.disconnected, 1);
    pthread_mutex_unlock(&gate);
    archive_put(&a.alice, "other", "text");
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    CU_ASSERT_TRUE(TAILQ_EMPTY(&a.service->announcements) && TAILQ_EMPTY(&a.service->uploads));
    archive_close(&a);
}

/* A list of files that cannot be read is no list without files. */
static void what_cannot_be_known_is_told(void)
{
    struct archive a;
    char url[64], dir[160], owner[FILE_HEX];
    archive_open(&a);
    CU_ASSERT_TRUE_FATAL(file_digest_of("alice", owner));
    snprintf(dir, sizeof dir, "%s/files/%.32s", a.dir, owner);
    FILE *f = fopen(dir, "w");
    CU_ASSERT_TRUE_FATAL(f && fclose(f) == 0);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, NULL, false, url), 500);
    CU_ASSERT_EQUAL(a.trouble, 1);
    CU_ASSERT_EQUAL(archive_announce(&a.bob, "text", 4, NULL, false, url), 201);
    archive_close(&a);
}

SW_TEST_SUITE(file_announce){
    SW_TEST(nothing_is_replaced_unasked),
    SW_TEST(numbers_are_digits),
    SW_TEST(what_is_known_of_a_file_can_be_read),
    SW_TEST(names_are_text),
    SW_TEST(unfinished_uploads_are_bounded),
    SW_TEST(each_has_his_space),
    SW_TEST(what_gets_its_name_may_be_counted_twice),
    SW_TEST(what_got_its_name_meanwhile_counts),
    SW_TEST(who_announced_it_may_be_gone),
    SW_TEST(what_cannot_be_known_is_told),
};
