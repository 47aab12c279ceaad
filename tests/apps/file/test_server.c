/* Files over HTTP: uploads in pieces, what may not be, what was changed on the disk, and reading. */
#include "apps/file/coding.h"
#include "apps/file/server.h"
#include "base/hash.h"
#include "tests/apps/http/peer.h"
#include "ttp/pem.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct archive {
    struct http_world world;
    struct http_peer alice, bob;
    struct file_service *service;
    struct sw_vault vault;
    char dir[64];
    unsigned trouble;
    char happened[256]; /* all of it */
};

static void note_happened(void *ctx, const char *what, const char *who, int64_t bytes)
{
    struct archive *a = ctx;
    size_t n = strlen(a->happened);
    snprintf(a->happened + n, sizeof a->happened - n, "%s %s %lld; ", who, what, (long long)bytes);
}

static void note_trouble(void *ctx, const char *what, const char *why)
{
    struct archive *a = ctx;
    (void)what;
    (void)why;
    a->trouble++;
}

static void setup_with(struct archive *a, bool threaded)
{
    static const struct file_limits limits = {.file_max = 1000000, .space_max = 2000000};
    const struct file_events events = {note_happened, note_trouble, a};
    char key[96];
    *a = (struct archive){0};
    snprintf(a->dir, sizeof a->dir, "/tmp/sealwax-files.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(a->dir));
    snprintf(key, sizeof key, "%s/key", a->dir);
    SW_ASSERT_OK(sw_vault_open(&a->vault, key, true));
    a->service = file_service_new(a->dir, &a->vault, &limits, &events);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a->service);
    http_world_begin(&a->world);
    CU_ASSERT_TRUE_FATAL(!threaded || file_service_start(a->service, a->world.base));
    http_world_serve(&a->world, file_routes, a->service, 65536);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&a->alice, &a->world, false));
    CU_ASSERT_TRUE_FATAL(http_peer_open_as(&a->bob, &a->world, "client-p256"));
}

static void setup(struct archive *a)
{
    setup_with(a, true);
}

/* Everything below a directory; each: called for each file, or NULL: removed. Returns how many files there were. */
static unsigned walk(const char *dir, void (*each)(const char *path))
{
    char path[1024];
    unsigned n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || lstat(path, &st))
            continue;
        if (S_ISDIR(st.st_mode)) {
            n += walk(path, each);
            if (!each)
                rmdir(path);
            continue;
        }
        n++;
        if (each)
            each(path);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
    return n;
}

static unsigned count_in(const struct archive *a, const char *below)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", a->dir, below);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    unsigned n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void teardown(struct archive *a)
{
    http_peer_close(&a->alice);
    http_peer_close(&a->bob);
    http_free(a->world.http);
    file_service_free(a->service); /* while there is a loop that its thread can ring in */
    a->world.http = NULL;
    http_world_close(&a->world);
    sw_vault_close(&a->vault);
    walk(a->dir, NULL);
    CU_ASSERT_EQUAL(rmdir(a->dir), 0);
}

/* --- requests ----------------------------------------------------------------------------------------------------------- */

static void add_meta(char *out, size_t cap, const char *name, const char *value)
{
    char armoured[256];
    size_t n = strlen(out);
    SW_ASSERT_OK(sw_base64_encode(value, strlen(value), armoured, sizeof armoured));
    snprintf(out + n, cap - n, "%s%s %s", n ? "," : "", name, armoured);
}

/* Announce; url receives where the pieces go. */
static int announce(struct http_peer *p, const char *name, size_t length, const char *sha256, bool replace,
                    char url[64])
{
    char meta[1024] = "", headers[1200];
    add_meta(meta, sizeof meta, "filename", name);
    if (sha256)
        add_meta(meta, sizeof meta, "sha256", sha256);
    if (replace)
        add_meta(meta, sizeof meta, "replace", "yes");
    snprintf(headers, sizeof headers, "Upload-Length: %zu\r\nUpload-Metadata: %s\r\n", length, meta);
    int status = http_askf(p, "POST", "/files", headers, "");
    snprintf(url, 64, "%.63s", status == 201 ? p->reply.location : "");
    return status;
}

static int piece(struct http_peer *p, const char *url, long offset, const char *bytes)
{
    char headers[128];
    snprintf(headers, sizeof headers, "Content-Type: application/offset+octet-stream\r\nUpload-Offset: %ld\r\n",
             offset);
    return http_askf(p, "PATCH", url, headers, bytes);
}

static void digest_of(const char *text, char hex[65])
{
    uint8_t digest[32];
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, text, strlen(text), digest));
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void put(struct http_peer *p, const char *name, const char *text)
{
    char url[64], hex[65];
    digest_of(text, hex);
    CU_ASSERT_EQUAL(announce(p, name, strlen(text), hex, false, url), 201);
    CU_ASSERT_EQUAL(piece(p, url, 0, text), 204);
}

static int get(struct http_peer *p, const char *name, const char *headers)
{
    char path[128];
    snprintf(path, sizeof path, "/files/%s", name);
    return http_askf(p, "GET", path, headers, "");
}

/* --- uploads ------------------------------------------------------------------------------------------------------------ */

static void pieces_come(bool threaded)
{
    struct archive a;
    char url[64], again[64], hex[65];
    setup_with(&a, threaded);
    digest_of("onetwothree", hex);
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 11, hex, false, url), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "one"), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 404); /* not before it is whole */
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "one"), 409);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 6, "three"), 409);
    CU_ASSERT_EQUAL(http_ask(&a.alice, "OPTIONS /files HTTP/1.1\r\nHost: x\r\n\r\n"), 204);
    /* the same announcement finds it where it is, from another connection of hers, too */
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 11, hex, false, again), 201);
    CU_ASSERT_STRING_EQUAL(again, url);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 3);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 3, "twothree"), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwothree");
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 0);
    teardown(&a);
}

static void comes_in_pieces(void)
{
    pieces_come(true);
    pieces_come(false);
}

/* The rest of an upload, sent, and no answer awaited. */
static void begin_piece(struct http_peer *p, const char *url, long offset, const char *bytes)
{
    char request[1024];
    snprintf(request, sizeof request,
             "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %ld\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             url, offset, strlen(bytes), bytes);
    http_ask_begin(p, request);
}

static int ask_for(struct http_peer *p, const char *method, const char *url)
{
    char request[128];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, url);
    return http_ask(p, request);
}

/* Whoever asks for an upload, on another connection, hears of it as it is after the piece that was under way. */
static void a_piece_under_way_is_waited_for(void)
{
    struct archive a;
    struct http_peer other;
    char url[64], again[64], hex[65];
    setup(&a);
    digest_of("onetwo", hex);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&other, &a.world, false));
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 6, hex, false, url), 201);
    begin_piece(&a.alice, url, 0, "one");
    CU_ASSERT_EQUAL(ask_for(&other, "HEAD", url), 200);
    CU_ASSERT_EQUAL(other.reply.offset, 3);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    begin_piece(&a.alice, url, 3, "two"); /* the last one: the upload is none any more */
    CU_ASSERT_EQUAL(piece(&other, url, 3, "two"), 404);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    CU_ASSERT_EQUAL(get(&other, "numbers", ""), 200);
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 6, hex, true, again), 201);
    begin_piece(&a.alice, again, 0, "one");
    CU_ASSERT_EQUAL(ask_for(&other, "DELETE", again), 204);
    CU_ASSERT_TRUE(http_ask_until(&a.alice, NULL));
    CU_ASSERT_EQUAL(a.alice.reply.status, 204);
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 0);
    http_peer_close(&other);
    teardown(&a);
}

/* What came whole counts, whether or not somebody waits for the answer. */
static void who_sent_it_may_be_gone(void)
{
    struct archive a;
    struct http_peer brief;
    char url[64], hex[65];
    setup(&a);
    digest_of("onetwo", hex);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&brief, &a.world, false));
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 6, hex, false, url), 201);
    begin_piece(&brief, url, 0, "onetwo");
    http_peer_close(&brief);
    CU_ASSERT_EQUAL(ask_for(&a.alice, "HEAD", url), 404); /* it is done: waited for */
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwo");
    teardown(&a);
}

static int announce_source(struct http_peer *p, const char *source, size_t length, char url[64])
{
    char meta[512] = "", headers[640];
    add_meta(meta, sizeof meta, "filename", "numbers");
    add_meta(meta, sizeof meta, "source", source);
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

/* A client that does not know the digest when it begins: without it what came is no file, and with it the file has it. */
static void the_digest_may_come_last(void)
{
    struct archive a;
    char url[64], again[64], source[65], other[65], hex[65], etag[80];
    setup(&a);
    digest_of("this file and no other", source);
    digest_of("another one", other);
    digest_of("onetwo", hex);
    CU_ASSERT_EQUAL(announce_source(&a.alice, "short", 6, url), 400);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, url), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "one"), 204);
    CU_ASSERT_EQUAL(announce_source(&a.alice, other, 6, again), 201);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 0);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, again), 201);
    CU_ASSERT_STRING_EQUAL(again, url);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 3);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 3, "two"), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, again), 201);
    CU_ASSERT_EQUAL(a.alice.reply.offset, 6);
    CU_ASSERT_EQUAL(ask_for(&a.alice, "HEAD", url), 200);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 6, "", "no digest"), 400);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 6, "", hex), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "onetwo");
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    CU_ASSERT_STRING_EQUAL(a.alice.reply.etag, etag);
    teardown(&a);
}

static void a_wrong_digest_that_comes_last(void)
{
    struct archive a;
    char url[64], source[65], hex[65];
    setup(&a);
    digest_of("this file and no other", source);
    digest_of("another content", hex);
    CU_ASSERT_EQUAL(announce_source(&a.alice, source, 6, url), 201);
    CU_ASSERT_EQUAL(last_piece(&a.alice, url, 0, "onetwo", hex), 460);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 404);
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 0);
    teardown(&a);
}

/* Who says no digest at all gets a file that has one: readers check what they get. */
static void every_file_has_its_digest(void)
{
    struct archive a;
    char url[64], hex[65], etag[80];
    setup(&a);
    digest_of("onetwo", hex);
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 6, NULL, false, url), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "onetwo"), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "numbers", ""), 200);
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    CU_ASSERT_STRING_EQUAL(a.alice.reply.etag, etag);
    teardown(&a);
}

/* The service ends while a piece is under way, and does it first. */
static void the_end_comes_after_what_was_begun(void)
{
    struct archive a;
    char url[64];
    setup(&a);
    CU_ASSERT_EQUAL(announce(&a.alice, "numbers", 6, NULL, false, url), 201);
    begin_piece(&a.alice, url, 0, "onetwo");
    teardown(&a);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.happened, "uploaded 6"));
}

static void what_is_not_taken(void)
{
    struct archive a;
    char url[64], hex[65];
    setup(&a);
    digest_of("text", hex);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", "", ""), 400);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", "Upload-Length: 5\r\n", ""), 400);
    CU_ASSERT_EQUAL(announce(&a.alice, "../up", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(announce(&a.alice, "/etc/passwd", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(announce(&a.alice, "", 4, hex, false, url), 400);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, "c0ffee", false, url), 400);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 1000001, NULL, false, url), 413);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, hex, false, url), 201);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, "Upload-Offset: 0\r\n", "text"), 415);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, "Content-Type: application/offset+octet-stream\r\n", "text"),
                    409);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "texts"), 413);
    CU_ASSERT_EQUAL(piece(&a.alice, "/uploads/00112233445566778899aabbccddeeff", 0, "text"), 404);
    CU_ASSERT_EQUAL(piece(&a.alice, "/uploads/..%2Fkey", 0, "text"), 404);
    CU_ASSERT_EQUAL(piece(&a.bob, url, 0, "text"), 404); /* hers */
    CU_ASSERT_EQUAL(http_askf(&a.bob, "DELETE", url, "", ""), 404);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "text"), 204);
    CU_ASSERT_EQUAL(a.trouble, 0);
    teardown(&a);
}

static void another_content_than_announced(void)
{
    struct archive a;
    char url[64], hex[65];
    setup(&a);
    digest_of("text", hex);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, hex, false, url), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "tent"), 460);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 404);
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 0); /* nothing half-written stays */
    put(&a.alice, "text", "text");
    teardown(&a);
}

static void nothing_is_replaced_unasked(void)
{
    struct archive a;
    char url[64], second[64];
    setup(&a);
    put(&a.alice, "text", "first");
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 6, NULL, false, url), 409);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 6, NULL, true, url), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "second"), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "second");
    /* two at once: the one that is whole first has the name */
    CU_ASSERT_EQUAL(announce(&a.alice, "race", 1, NULL, false, url), 201);
    CU_ASSERT_EQUAL(announce(&a.alice, "race", 1, NULL, false, second), 201);
    CU_ASSERT_EQUAL(piece(&a.alice, second, 0, "2"), 204);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "1"), 409);
    CU_ASSERT_EQUAL(get(&a.alice, "race", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "2");
    teardown(&a);
}

static void another_version_is_told(void)
{
    static const char wrong[] = "Tus-Resumable: 0.2.2\r\n", right[] = "Tus-Resumable: 1.0.0\r\n";
    struct archive a;
    char url[64];
    setup(&a);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", wrong, ""), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, wrong, "text"), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, wrong, ""), 412);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, right, ""), 204);
    teardown(&a);
}

static void numbers_are_digits(void)
{
    static const char *const bad[] = {"", "abc", "+4", " 4", "4x", "-4", "0x4", "4.0", "99999999999999999999"};
    struct archive a;
    char url[64], headers[256], meta[128] = "";
    setup(&a);
    add_meta(meta, sizeof meta, "filename", "text");
    CU_ASSERT_EQUAL(announce(&a.alice, "other", 4, NULL, false, url), 201);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (strchr(bad[i], ' ')) /* which HTTP itself takes away */
            continue;
        snprintf(headers, sizeof headers, "Upload-Length: %s\r\nUpload-Metadata: %s\r\n", bad[i], meta);
        CU_ASSERT_EQUAL(http_askf(&a.alice, "POST", "/files", headers, ""), 400);
        snprintf(headers, sizeof headers, "Content-Type: application/offset+octet-stream\r\nUpload-Offset: %s\r\n",
                 bad[i]);
        CU_ASSERT_EQUAL(http_askf(&a.alice, "PATCH", url, headers, "text"), 409);
    }
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "text"), 204);
    teardown(&a);
}

static void unfinished_uploads_are_bounded(void)
{
    struct archive a;
    char url[64];
    setup(&a);
    for (int i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, NULL, false, url), 507);
    CU_ASSERT_EQUAL(announce(&a.bob, "text", 4, NULL, false, url), 201);
    teardown(&a);
}

static void an_empty_file_is_a_file(void)
{
    struct archive a;
    char url[64];
    setup(&a);
    CU_ASSERT_EQUAL(announce(&a.alice, "empty", 0, NULL, false, url), 201);
    CU_ASSERT_EQUAL(get(&a.alice, "empty", ""), 200);
    CU_ASSERT_EQUAL(a.alice.body_len, 0);
    teardown(&a);
}

static int coded_piece(struct http_peer *p, const char *url, const char *coding, const uint8_t *bytes, size_t len)
{
    char request[8192];
    int n =
        snprintf(request, sizeof request,
                 "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
                 "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                 url, coding, len);
    memcpy(request + n, bytes, len);
    p->body_len = 0;
    http_reply_begin(&p->reply, false);
    http_peer_send(p, request, (size_t)n + len, 0);
    return http_ask_until(p, NULL) ? p->reply.status : 0;
}

/* put --protect=rsa, as the server sees it. */
static void comes_in_blocks(void)
{
    struct archive a;
    uint8_t blocks[CODING_MAX + 256] = {0};
    size_t len;
    char url[64];
    setup(&a);
    const struct sw_pubkey *key = sw_privkey_public(sw_config_key(a.world.server_cfg, 0));
    CU_ASSERT_PTR_NULL(sw_config_key(a.world.server_cfg, 1));
    SW_ASSERT_OK(coding_encode(key, (const uint8_t *)"text", 4, blocks, &len));
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 422); /* it has no key */
    file_service_set_config(a.service, a.world.server_cfg);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, "gzip", blocks, len), 415);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len - 1), 422);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, sizeof blocks), 413);
    blocks[7] ^= 1;
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 422);
    blocks[7] ^= 1;
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 200);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "text");
    CU_ASSERT_EQUAL(announce(&a.alice, "more", 3, NULL, false, url), 201);
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, CODING_NAME, blocks, len), 413); /* than was announced */
    CU_ASSERT_EQUAL(coded_piece(&a.alice, url, "identity", (const uint8_t *)"abc", 3), 204);
    teardown(&a);
}

static void an_upload_can_be_given_up(void)
{
    struct archive a;
    char url[64];
    setup(&a);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 4, NULL, false, url), 201);
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 1);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", url, "", ""), 204);
    CU_ASSERT_EQUAL(count_in(&a, "uploads"), 0);
    CU_ASSERT_EQUAL(piece(&a.alice, url, 0, "text"), 404);
    teardown(&a);
}

/* --- space -------------------------------------------------------------------------------------------------------------- */

/* Who has an upload that was changed on the disk cannot be known: nothing is done with it, and nobody is told that it is not there. */
static void a_spoiled_upload_is_told(void)
{
    static const char *const methods[] = {"HEAD", "PATCH", "DELETE"};
    static const char id[] = "00112233445566778899aabbccddeeff";
    struct archive a;
    char path[160], url[64];
    setup(&a);
    snprintf(path, sizeof path, "%s/uploads/%s", a.dir, id);
    snprintf(url, sizeof url, "/uploads/%s", id);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(http_askf(&a.alice, methods[i], url, "", ""), 404);
    FILE *f = fopen(path, "w");
    CU_ASSERT_TRUE_FATAL(f && fputs("this is no upload", f) >= 0 && fclose(f) == 0);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(http_askf(&a.alice, methods[i], url, "", ""), 500);
    CU_ASSERT_EQUAL(a.trouble, 3);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    teardown(&a);
}

static void each_has_his_space(void)
{
    static const struct file_limits small = {.file_max = 1000000, .space_max = 1000},
                                    larger = {.file_max = 1000000, .space_max = 20000};
    struct archive a;
    char url[64];
    setup(&a);
    file_service_set_limits(a.service, &small);
    CU_ASSERT_EQUAL(announce(&a.alice, "large", 1001, NULL, false, url), 507);
    put(&a.alice, "first", "some text");
    CU_ASSERT_EQUAL(announce(&a.alice, "second", 995, NULL, false, url), 507);
    CU_ASSERT_EQUAL(announce(&a.bob, "second", 995, NULL, false, url), 201);
    file_service_set_limits(a.service, &larger);
    /* what is announced counts, too: two that fit one by one do not fit together */
    CU_ASSERT_EQUAL(announce(&a.alice, "half", 12000, NULL, false, url), 201);
    CU_ASSERT_EQUAL(announce(&a.alice, "other half", 12000, NULL, false, url), 507);
    teardown(&a);
}

/* A limit on the size of files stands for a disk that is full. */
static void a_full_disk_is_told(void)
{
    struct archive a;
    struct rlimit was, none;
    char url[64];
    setup(&a);
    CU_ASSERT_EQUAL(announce(&a.alice, "text", 30000, NULL, false, url), 201);
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
        status = piece(&a.alice, url, offset, bytes);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, handler);
    CU_ASSERT_EQUAL(status, 507);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 404);
    teardown(&a);
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

static void reads_its_own(void)
{
    struct archive a;
    char tag[100], hex[65];
    setup(&a);
    put(&a.alice, "text", "0123456789");
    digest_of("0123456789", hex);
    CU_ASSERT_EQUAL(get(&a.bob, "text", ""), 404);
    CU_ASSERT_EQUAL(get(&a.alice, "text", "Range: bytes=3-5\r\n"), 206);
    CU_ASSERT_STRING_EQUAL(a.alice.body, "345");
    CU_ASSERT_EQUAL(get(&a.alice, "text", "Range: bytes=10-\r\n"), 416);
    snprintf(tag, sizeof tag, "If-None-Match: \"%s\"\r\n", hex);
    CU_ASSERT_EQUAL(get(&a.alice, "text", tag), 304);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "GET", "/files", "", ""), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.alice.body, hex));
    CU_ASSERT_EQUAL(http_askf(&a.bob, "GET", "/files", "", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(a.bob.body, hex));
    CU_ASSERT_EQUAL(http_askf(&a.bob, "DELETE", "/files/text", "", ""), 404);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "HEAD", "/files/text", "", ""), 200);
    CU_ASSERT_EQUAL(http_askf(&a.alice, "DELETE", "/files/text", "", ""), 204);
    CU_ASSERT_EQUAL(get(&a.alice, "text", ""), 404);
    CU_ASSERT_STRING_EQUAL(a.happened,
                           "alice uploaded 10; alice read in part 3; alice downloaded 10; alice deleted 10; ");
    teardown(&a);
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
    setup(&a);
    put(&a.alice, "plans", "attack at dawn");
    found = 0;
    searched = "attack at dawn";
    CU_ASSERT_EQUAL(walk(a.dir, search), 2); /* the key, and the file */
    CU_ASSERT_EQUAL(found, 0);
    searched = "plans";
    walk(a.dir, search);
    CU_ASSERT_EQUAL(found, 0);
    walk(a.dir, spoil);
    CU_ASSERT_EQUAL(get(&a.alice, "plans", ""), 500);
    CU_ASSERT_EQUAL(a.trouble, 1);
    teardown(&a);
}

SW_TEST_SUITE(file_server){
    SW_TEST(comes_in_pieces),
    SW_TEST(a_piece_under_way_is_waited_for),
    SW_TEST(who_sent_it_may_be_gone),
    SW_TEST(the_end_comes_after_what_was_begun),
    SW_TEST(the_digest_may_come_last),
    SW_TEST(a_wrong_digest_that_comes_last),
    SW_TEST(every_file_has_its_digest),
    SW_TEST(what_is_not_taken),
    SW_TEST(another_content_than_announced),
    SW_TEST(nothing_is_replaced_unasked),
    SW_TEST(an_empty_file_is_a_file),
    SW_TEST(another_version_is_told),
    SW_TEST(numbers_are_digits),
    SW_TEST(a_spoiled_upload_is_told),
    SW_TEST(unfinished_uploads_are_bounded),
    SW_TEST(comes_in_blocks),
    SW_TEST(an_upload_can_be_given_up),
    SW_TEST(each_has_his_space),
    SW_TEST(a_full_disk_is_told),
    SW_TEST(reads_its_own),
    SW_TEST(the_disk_is_not_believed),
};
