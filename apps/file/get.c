/*
 * sealwax get: a part lies beside its place, under a name that says of which file it is, until it is whole and right.
 */
#include "apps/cli/clock.h"
#include "apps/file/client.h"
#include "apps/file/sink.h"
#include "apps/verbs.h"
#include "base/hash.h"
#include "ttp/pem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SILENCE = 60000 /* ms */, NOT_THERE = -1 };

struct target {
    int fd;
    char path[TRANSFER_PATH_MAX], part[TRANSFER_PATH_MAX + 16]; /* where it goes; where it grows */
    int64_t offset, total;
    bool output;         /* standard output */
    struct sw_hash hash; /* of what went there */
    struct sink *sink;   /* into a file; NULL: there is none */
};

/* The ETag is the SHA-256 of the content. */
static bool read_etag(const struct http_reply *reply, char sha256[TRANSFER_HEX])
{
    const char *e = reply->etag;
    if (strlen(e) != 66 || e[0] != '"' || e[65] != '"' || strspn(e + 1, "0123456789abcdef") != 64)
        return false;
    memcpy(sha256, e + 1, 64);
    sha256[64] = 0;
    return true;
}

static bool make_parents(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            bool fine = mkdir(path, 0777) == 0 || errno == EEXIST;
            *p = '/';
            if (!fine)
                return false;
        }
    return true;
}

/* The part of this very file that an earlier try left; it is hashed while the rest comes. */
static int open_part(struct transfer *t, struct target *s, const char *sha256)
{
    char *slash = strrchr(s->path, '/');
    size_t dir = slash ? (size_t)(slash - s->path + 1) : 0;
    struct stat st;
    snprintf(s->part, sizeof s->part, "%.*s.%.180s.%.12s.part", (int)dir, s->path, s->path + dir, sha256);
    if (!make_parents(s->part))
        return app_fail(t->app, SW_ERR_SYSTEM, s->path);
    s->fd = open(s->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (s->fd < 0)
        return app_fail(t->app, SW_ERR_SYSTEM, s->part);
    if (fstat(s->fd, &st) || (st.st_size > s->total && ftruncate(s->fd, 0)))
        return app_fail(t->app, SW_ERR_SYSTEM, s->part);
    s->offset = st.st_size > s->total ? 0 : st.st_size;
    s->sink = sink_begin(s->fd, s->offset);
    return s->sink ? APP_DONE : app_fail(t->app, SW_ERR_SYSTEM, s->part);
}

/* Where the next bytes go; NULL: there is no place for them, which is said. */
static uint8_t *room(struct transfer *t, struct target *s, int *code)
{
    uint8_t *p = s->output ? t->piece : sink_room(s->sink);
    if (p)
        return p;
    enum sw_err err = sink_end(s->sink, NULL);
    s->sink = NULL;
    *code = app_fail(t->app, err, s->path);
    return NULL;
}

static int write_out(struct transfer *t, struct target *s, const uint8_t *p, size_t len)
{
    if ((int64_t)len > s->total - s->offset) /* the digest would be of what was announced alone */
        return app_error(t->app, APP_NO, "%s: more came than the %lld bytes that were announced", s->path,
                         (long long)s->total);
    if (!s->output) {
        sink_give(s->sink, len);
        s->offset += (int64_t)len;
        return APP_DONE;
    }
    if (sw_hash_update(&s->hash, p, len))
        return app_fail(t->app, SW_ERR_CRYPTO, s->path);
    while (len) {
        ssize_t n = write(s->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return app_fail(t->app, SW_ERR_SYSTEM, s->path);
        p += n;
        len -= (size_t)n;
        s->offset += n;
    }
    return APP_DONE;
}

/* The answer to HEAD has no body that could say what is wrong. */
static int ask_why(struct transfer *t, const char *url)
{
    const struct http_send get = {.method = "GET", .path = url};
    const int status = t->http.reply.status;
    int code = transfer_request(t, &get);
    if (code)
        return code;
    return t->http.reply.status >= 300
               ? http_client_problem(&t->http)
               : app_error_of(t->app, APP_SYSTEM, &(struct app_cause){.peer = t->http.where}, "%d", status);
}

/* What a name is, or NOT_THERE. */
static int head_file(struct transfer *t, const char *url, struct target *s, char sha256[TRANSFER_HEX])
{
    const struct http_send head = {.method = "HEAD", .path = url};
    int code = transfer_request(t, &head);
    if (code)
        return code;
    if (t->http.reply.status != 200)
        return t->http.reply.status == 404 ? NOT_THERE : ask_why(t, url);
    s->total = t->http.reply.length;
    if (!read_etag(&t->http.reply, sha256) || s->total < 0)
        return app_error_of(t->app, APP_SYSTEM, &(struct app_cause){.peer = t->http.where},
                            "the answer cannot be read");
    return APP_DONE;
}

/* From offset to the end, or until the connection breaks. */
static int fetch_rest(struct transfer *t, const char *url, const char *sha256, struct target *s,
                      struct progress *progress)
{
    char headers[192], now[TRANSFER_HEX];
    size_t got = 1;
    int code;
    snprintf(headers, sizeof headers, "Range: bytes=%lld-\r\nIf-Range: \"%s\"\r\n", (long long)s->offset, sha256);
    const struct http_send get = {.method = "GET", .path = url, .headers = headers};
    code = transfer_request(t, &get);
    if (code)
        return code;
    if (t->http.reply.status == 200 && (s->offset || !read_etag(&t->http.reply, now) || strcmp(now, sha256) != 0))
        return app_error_of(t->app, APP_NO, &(struct app_cause){.peer = t->http.where},
                            "the file changed while it was fetched");
    if (t->http.reply.status != 206 && t->http.reply.status != 200)
        return http_client_problem(&t->http);
    const size_t most = s->output ? 1 : SINK_BUFFER; /* who reads our output may be waiting for it */
    for (bool reads = true; !code && got && reads;) {
        uint8_t *p = room(t, s, &code);
        size_t n = 0;
        while (p && got && n < most &&
               (reads = http_client_read(&t->http, p + n, SINK_BUFFER - n, &got, clock_now() + SILENCE))) {
            n += got;
            progress_at(progress, s->offset + (int64_t)n);
        }
        if (p)
            code = write_out(t, s, p, n);
    }
    if (t->http.reply.state != HTTP_DONE)
        http_client_disconnect(&t->http);
    return code;
}

/* Whether a file here has this content. */
static bool is_same(struct transfer *t, const char *path, int64_t length, const char *sha256)
{
    struct stat st;
    struct sw_hash hash;
    uint8_t digest[32];
    char hex[TRANSFER_HEX];
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool same = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == length &&
                sw_hash_init(&hash, SW_HASH_SHA256) == SW_OK;
    while (same && (n = read(fd, t->piece, TRANSFER_PIECE)) > 0)
        same = sw_hash_update(&hash, t->piece, (size_t)n) == SW_OK;
    same = same && n == 0 && sw_hash_final(&hash, digest) == SW_OK;
    if (same)
        transfer_hex(digest, sizeof digest, hex);
    if (fd >= 0)
        close(fd);
    return same && strcmp(hex, sha256) == 0;
}

/* Checked, on the disk, and then under its name. */
static int settle(struct transfer *t, struct target *s, const char *sha256)
{
    uint8_t digest[32];
    char hex[TRANSFER_HEX];
    enum sw_err err = s->output ? sw_hash_final(&s->hash, digest) : sink_end(s->sink, digest);
    s->sink = NULL;
    if (err)
        return app_fail(t->app, err, s->path);
    transfer_hex(digest, sizeof digest, hex);
    if (strcmp(hex, sha256) != 0) {
        if (!s->output)
            unlink(s->part);
        return app_error(t->app, APP_NO, "%s: what came is not the file: its SHA-256 is %s, not %s", s->path, hex,
                         sha256);
    }
    if (s->output)
        return APP_DONE;
    if (fsync(s->fd))
        return app_fail(t->app, SW_ERR_SYSTEM, s->part);
    int rc = app_has(t->app, OPT_FORCE) ? rename(s->part, s->path)
                                        : renameat2(AT_FDCWD, s->part, AT_FDCWD, s->path, RENAME_NOREPLACE);
    if (rc && errno == EEXIST)
        return app_error(t->app, APP_REFUSED, "%s: exists already (--force replaces it)", s->path);
    return rc ? app_fail(t->app, SW_ERR_SYSTEM, s->path) : APP_DONE;
}

/* NOT_THERE: there is no file of this name. */
static int get_file(struct transfer *t, const char *name, const char *out)
{
    char url[TRANSFER_URL_MAX], quoted[3 * FILE_NAME_MAX], sha256[TRANSFER_HEX];
    struct target s = {.fd = -1, .output = strcmp(out, "-") == 0};
    struct progress progress = {0};
    int64_t before = -1;
    struct stat st;
    if (!file_name_ok(name))
        return app_error(t->app, APP_BAD_INPUT, "%s: no file is called that", name);
    if (s.output && isatty(STDOUT_FILENO) && !app_get(t->app, OPT_OUTPUT))
        return app_error(t->app, APP_REFUSED, "a file is not written to a terminal (-o - does it)");
    snprintf(s.path, sizeof s.path, "%s", s.output ? "standard output" : out);
    bool exists = !s.output && !app_has(t->app, OPT_FORCE) && lstat(s.path, &st) == 0;
    http_quote(name, quoted, sizeof quoted);
    snprintf(url, sizeof url, "/files/%s", quoted);
    int code = sw_hash_init(&s.hash, SW_HASH_SHA256) ? app_fail(t->app, SW_ERR_CRYPTO, name) : APP_DONE;
    if (!code)
        code = head_file(t, url, &s, sha256);
    if (!code && exists) {
        if (!is_same(t, s.path, s.total, sha256))
            return app_error(t->app, APP_REFUSED, "%s: exists already (--force replaces it)", s.path);
        transfer_say_there(t, name, s.total, sha256);
        return APP_DONE;
    }
    if (!code && s.output)
        s.fd = STDOUT_FILENO;
    else if (!code)
        code = open_part(t, &s, sha256);
    if (!code)
        progress_begin(&progress, t->app, name, s.total, s.offset);
    while (!code && s.offset < s.total && s.offset != before) {
        before = s.offset;
        code = fetch_rest(t, url, sha256, &s, &progress);
    }
    progress_end(&progress);
    if (!code && s.offset < s.total)
        code = app_error(t->app, APP_SYSTEM, "%s: the connection broke at %lld of %lld bytes; the same command goes on",
                         name, (long long)s.offset, (long long)s.total);
    if (!code)
        code = settle(t, &s, sha256);
    if (!code && !s.output)
        transfer_say(t, "got", name, s.total, sha256, &progress);
    if (s.sink)
        (void)sink_end(s.sink, NULL);
    if (s.fd >= 0 && !s.output)
        close(s.fd);
    return code;
}

/*
 * All that is below a name, to the same places below out. What is there and the same is passed over, so that the
 * command can be given again.
 */
static int get_directory(struct transfer *t, const char *name, const char *out)
{
    json_t *answer, *files, *file;
    char path[TRANSFER_PATH_MAX];
    size_t i, found = 0, len = strlen(name);
    int code = transfer_list(t, &answer, &files);
    if (!code)
        json_array_foreach(files, i, file)
        {
            const char *below = json_string_value(json_object_get(file, "name"));
            if (code || !below || strncmp(below, name, len) != 0 || below[len] != '/')
                continue;
            found++;
            if (strcmp(out, "-") == 0)
                code = app_error(t->app, APP_REFUSED, "%s: is a directory: it goes to no pipe", name);
            else if (snprintf(path, sizeof path, "%s%s", out, below + len) >= TRANSFER_PATH_MAX)
                code = app_error(t->app, APP_BAD_INPUT, "%s: the name is too long", below);
            else
                code = get_file(t, below, path);
            if (code == NOT_THERE) /* somebody has deleted it meanwhile */
                code = app_error_of(t->app, APP_NO, &(struct app_cause){.peer = t->http.where}, "there is no file %s",
                                    below);
        }
    json_decref(answer);
    if (!code && !found)
        code = app_error_of(t->app, APP_NO, &(struct app_cause){.peer = t->http.where}, "there is no file %s", name);
    return code;
}

static int get_named(struct transfer *t, const char *argument, const char *out)
{
    char name[FILE_NAME_MAX + 1];
    size_t n = strlen(argument);
    snprintf(name, sizeof name, "%s", argument);
    if (n > 1 && n < sizeof name && name[n - 1] == '/') { /* as people complete the names of directories */
        name[n - 1] = 0;
        return get_directory(t, name, out ? out : name);
    }
    int code = get_file(t, argument, out ? out : argument);
    return code == NOT_THERE ? get_directory(t, argument, out ? out : argument) : code;
}

int get_run(struct app *app)
{
    struct transfer t;
    const char *out = app_get(app, OPT_OUTPUT);
    if (out && app->argc > 1)
        return app_usage(app, "--output names one file, and there are %d", app->argc);
    int code = transfer_open(&t, app);
    for (int i = 0; i < app->argc && !code; i++)
        code = get_named(&t, app->argv[i], out);
    transfer_close(&t);
    return code;
}
