#include "tests/apps/file/archive.h"
#include "base/hash.h"
#include "ttp/pem.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

void archive_open_with(struct archive *a, bool threaded)
{
    static const struct file_limits limits = {.file_max = 1000000, .space_max = 2000000};
    const struct file_events events = {note_happened, note_trouble, a};
    char key[96];
    *a = (struct archive){0};
    snprintf(a->dir, sizeof a->dir, "/tmp/sealwax-files.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(a->dir));
    snprintf(key, sizeof key, "%s/key", a->dir);
    SW_ASSERT_OK(sw_vault_open(&a->vault, SW_VAULT_FILE(key), true));
    a->service = file_service_new(a->dir, &a->vault, &limits, &events);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a->service);
    http_world_begin(&a->world);
    CU_ASSERT_TRUE_FATAL(!threaded || file_service_start(a->service, a->world.base));
    http_world_serve(&a->world, file_routes, a->service, 65536);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&a->alice, &a->world, false));
    CU_ASSERT_TRUE_FATAL(http_peer_open_as(&a->bob, &a->world, "client-p256"));
}

void archive_open(struct archive *a)
{
    archive_open_with(a, true);
}

unsigned archive_walk(const char *dir, void (*each)(const char *path))
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
            n += archive_walk(path, each);
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

unsigned archive_count(const struct archive *a, const char *below)
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

void archive_close(struct archive *a)
{
    http_peer_close(&a->alice);
    http_peer_close(&a->bob);
    http_free(a->world.http);
    file_service_free(a->service); /* while there is a loop that its thread can ring in */
    a->world.http = NULL;
    http_world_close(&a->world);
    sw_vault_close(&a->vault);
    archive_walk(a->dir, NULL);
    CU_ASSERT_EQUAL(rmdir(a->dir), 0);
}

void archive_add_meta(char *out, size_t cap, const char *name, const char *value)
{
    char armoured[800];
    size_t n = strlen(out);
    SW_ASSERT_OK(sw_base64_encode(value, strlen(value), armoured, sizeof armoured));
    snprintf(out + n, cap - n, "%s%s %s", n ? "," : "", name, armoured);
}

int archive_announce(struct http_peer *p, const char *name, size_t length, const char *sha256, bool replace,
                     char url[64])
{
    char meta[1024] = "", headers[1200];
    archive_add_meta(meta, sizeof meta, "filename", name);
    if (sha256)
        archive_add_meta(meta, sizeof meta, "sha256", sha256);
    if (replace)
        archive_add_meta(meta, sizeof meta, "replace", "yes");
    snprintf(headers, sizeof headers, "Upload-Length: %zu\r\nUpload-Metadata: %s\r\n", length, meta);
    int status = http_askf(p, "POST", "/files", headers, "");
    snprintf(url, 64, "%.63s", status == 201 ? p->reply.location : "");
    return status;
}

int archive_piece(struct http_peer *p, const char *url, long offset, const char *bytes)
{
    char headers[128];
    snprintf(headers, sizeof headers, "Content-Type: application/offset+octet-stream\r\nUpload-Offset: %ld\r\n",
             offset);
    return http_askf(p, "PATCH", url, headers, bytes);
}

void archive_digest(const char *text, char hex[65])
{
    uint8_t digest[32];
    SW_ASSERT_OK(sw_hash_once(SW_HASH_SHA256, text, strlen(text), digest));
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void archive_put(struct http_peer *p, const char *name, const char *text)
{
    char url[64], hex[65];
    archive_digest(text, hex);
    CU_ASSERT_EQUAL(archive_announce(p, name, strlen(text), hex, false, url), 201);
    CU_ASSERT_EQUAL(archive_piece(p, url, 0, text), 204);
}

int archive_get(struct http_peer *p, const char *name, const char *headers)
{
    char path[128];
    snprintf(path, sizeof path, "/files/%s", name);
    return http_askf(p, "GET", path, headers, "");
}

void archive_begin_piece(struct http_peer *p, const char *url, long offset, const char *bytes)
{
    char request[1024];
    snprintf(request, sizeof request,
             "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %ld\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             url, offset, strlen(bytes), bytes);
    http_ask_begin(p, request);
}

int archive_ask(struct http_peer *p, const char *method, const char *url)
{
    char request[128];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, url);
    return http_ask(p, request);
}

int archive_ask_patiently(struct http_peer *p, const char *method, const char *url)
{
    int status;
    while ((status = archive_ask(p, method, url)) == 423)
        CU_ASSERT_EQUAL(p->reply.retry_after, 1);
    return status;
}
