/* What becomes of the pieces: from the first byte to the file, whoever waits for it. */
#include "tests/apps/file/archive.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void pieces_come(bool threaded)
{
    struct archive a;
    char url[64], again[64], hex[65];
    archive_open_with(&a, threaded);
    archive_digest("onetwothree", hex);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 11, hex, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "one"), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 404); /* not before it is whole */
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "one"), 409);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 6, "three"), 409);
    CU_ASSERT_EQUAL(http_ask(&a.alice, "OPTIONS /files HTTP/1.1\r\nHost: x\r\n\r\n"), 204);
    /* the same announcement finds it where it is, from another connection of hers, too */
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 11, hex, false, again), 201);
    CU_ASSERT_STRING_EQUAL(again, url);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 3);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 3, "twothree"), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwothree");
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    archive_close(&a);
}

static void comes_in_pieces(void)
{
    pieces_come(true);
    pieces_come(false);
}

/* Whoever asks for an upload, on another connection, hears of it as it is after the piece that was under way. */
static void a_piece_under_way_is_waited_for(void)
{
    struct archive a;
    struct http_peer other;
    char url[64], again[64], hex[65];
    archive_open(&a);
    archive_digest("onetwo", hex);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&other, &a.world, false));
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 6, hex, false, url), 201);
    archive_begin_piece(&a.alice, url, 0, "one");
    CU_ASSERT_EQUAL(archive_ask_patiently(&other, "HEAD", url), 200);
    CU_ASSERT_EQUAL(other.reply.offset, 3);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    archive_begin_piece(&a.alice, url, 3, "two"); /* the last one: the upload is none any more */
    CU_ASSERT_EQUAL(archive_ask_patiently(&other, "HEAD", url), 404);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    CU_ASSERT_EQUAL(archive_get(&other, "numbers", ""), 200);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 6, hex, true, again), 201);
    archive_begin_piece(&a.alice, again, 0, "one");
    CU_ASSERT_EQUAL(archive_ask_patiently(&other, "DELETE", again), 204);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    http_peer_close(&other);
    archive_close(&a);
}

/* What came whole counts, whether or not somebody waits for the answer. */
static void who_sent_it_may_be_gone(void)
{
    struct archive a;
    struct http_peer brief;
    char url[64], hex[65];
    archive_open(&a);
    archive_digest("onetwo", hex);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&brief, &a.world, false));
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 6, hex, false, url), 201);
    archive_begin_piece(&brief, url, 0, "onetwo");
    http_peer_close(&brief);
    CU_ASSERT_EQUAL(archive_ask_patiently(&a.alice, "HEAD", url), 404); /* it is done */
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwo");
    archive_close(&a);
}

static int announce_source(struct http_peer *p, const char *source, size_t length, char url[64])
{
    char meta[512] = "", headers[640];
    archive_add_meta(meta, sizeof meta, "filename", "numbers");
    archive_add_meta(meta, sizeof meta, "source", source);
    snprintf(headers, sizeof headers, "Upload-Length: %zu\r\nUpload-Metadata: %s\r\n", length, meta);
    int status = http_askf(p, "POST", "/files", headers, "");
    snprintf(url, 64, "%.63s", status == 201 ? p->reply.location : "");
    return status;
}

/* The piece at offset with the digest of the whole. */
static int last_piece(struct http_peer *p, const char *url, long offset, const char *bytes, const char *sha256)
{
    char headers[256];
    snprintf(headers, sizeof headers,
             "Content-Type: application/offset+octet-stream\r\nUpload-Offset: %ld\r\nUpload-SHA256: %s\r\n", offset,
             sha256);
    return http_askf(p, "PATCH", url, headers, bytes);
}

/*
 * A client that does not know the digest when it begins: without it what came is no file, and with it the file has it.
 */
static void the_digest_may_come_last(void)
{
    struct archive a;
    char url[64], again[64], source[65], other[65], hex[65], etag[80];
    archive_open(&a);
    archive_digest("this file and no other", source);
    archive_digest("another one", other);
    archive_digest("onetwo", hex);
    CU_ASSERT_EQUAL(announce_source(&a.alice, "short", 6, url), 400);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "one"), 204);
    CU_ASSERT_EQUAL(announce_source(&a.alice, other, 6, again), 201);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 0);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, again), 201);
    CU_ASSERT_STRING_EQUAL(again, url);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 3);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 3, "two"), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, again), 201);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 6);
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url), 200);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 6, "", "no digest"), 400);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 6, "", hex), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwo");
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    CU_ASSERT_STRING_EQUAL(a.alice.reply.etag, etag);
    archive_close(&a);
}

static void a_wrong_digest_that_comes_last(void)
{
    struct archive a;
    char url[64], source[65], hex[65];
    archive_open(&a);
    archive_digest("this file and no other", source);
    archive_digest("another content", hex);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, url), 201);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 0, "onetwo", hex), 460);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    archive_close(&a);
}

/* Who says no digest at all gets a file that has one: readers check what they get. */
static void every_file_has_its_digest(void)
{
    struct archive a;
    char url[64], hex[65], etag[80];
    archive_open(&a);
    archive_digest("onetwo", hex);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "numbers", 6, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "onetwo"), 204);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "numbers", ""), 200);
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    CU_ASSERT_STRING_EQUAL(a.alice.reply.etag, etag);
    archive_close(&a);
}

static void another_content_than_announced(void)
{
    struct archive a;
    char url[64], hex[65];
    archive_open(&a);
    archive_digest("text", hex);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 4, hex, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(&a.alice, url, 0, "tent"), 460);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 404);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0); /* nothing half-written stays */
    archive_put(&a.alice, "text", "text");
    archive_close(&a);
}

static void an_empty_file_is_a_file(void)
{
    struct archive a;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "empty", 0, NULL, false, url), 201);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "empty", ""), 200);
    CU_ASSERT_EQUAL(a.alice.body_len, 0);
    archive_close(&a);
}

/* A limit on the size of files stands for a disk that is full. */
static void a_full_disk_is_told(void)
{
    struct archive a;
    struct rlimit was, none;
    char url[64];
    archive_open(&a);
    CU_ASSERT_EQUAL(archive_announce(&a.alice, "text", 30000, NULL, false, url), 201);
    char bytes[3001];
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = 0;
    getrlimit(RLIMIT_FSIZE, &was);
    none = was;
    none.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    int status = 204;
    for (long offset = 0; offset < 30000 && status == 204; offset += 3000)
        status = archive_piece(&a.alice, url, offset, bytes);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, handler);
    CU_ASSERT_EQUAL(status, 507);
    CU_ASSERT_EQUAL(archive_get(&a.alice, "text", ""), 404);
    archive_close(&a);
}

/* An upload that is all there, of more than is hashed in one go, and what it is announced as. */
static void keep_large_upload(struct archive *a, int64_t length, const struct about *about)
{
    static const uint8_t bytes[SW_VFILE_CHUNK], id[FILE_ID];
    struct sw_vfile *file;
    char path[FILE_PATH_MAX], name[2 * FILE_ID + 1];
    char *meta = about_encode(about);
    CU_ASSERT_PTR_NOT_NULL_FATAL(meta);
    file_hex(id, sizeof id, name);
    file_upload_path(a->service, name, path);
    SW_ASSERT_OK(sw_vfile_create(&file, &a->vault, path, id, length, meta, strlen(meta)));
    for (int64_t n = 0; n < length; n += SW_VFILE_CHUNK)
        SW_ASSERT_OK(sw_vfile_store(file, bytes, sizeof bytes));
    sw_vfile_close(file);
    free(meta);
}

/*
 * What a server that ends does not finish: hashing what is there of a large upload may take minutes, and can be begun
 * anew.
 */
static void the_end_does_not_wait_for_hashing(void)
{
    static const char url[] = "/uploads/00000000000000000000000000000000";
    struct about about = {.owner = "alice", .name = "large"};
    struct archive a;
    archive_open(&a);
    archive_digest("something else", about.sha256);
    keep_large_upload(&a, (64 << 20) + SW_VFILE_CHUNK, &about);
    uploads_load(a.service);
    a.service->ending = true;
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url), 200);
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 1);
    a.service->ending = false;
    CU_ASSERT_EQUAL(archive_ask(&a.alice, "HEAD", url), 460); /* it was not looked at all of it before */
    CU_ASSERT_EQUAL(archive_count(&a, "uploads"), 0);
    archive_close(&a);
}

SW_TEST_SUITE(file_task){
    SW_TEST(comes_in_pieces),
    SW_TEST(an_empty_file_is_a_file),
    SW_TEST(another_content_than_announced),
    SW_TEST(the_digest_may_come_last),
    SW_TEST(a_wrong_digest_that_comes_last),
    SW_TEST(every_file_has_its_digest),
    SW_TEST(a_piece_under_way_is_waited_for),
    SW_TEST(who_sent_it_may_be_gone),
    SW_TEST(a_full_disk_is_told),
    SW_TEST(the_end_does_not_wait_for_hashing),
};
