/*
 * sealwax put, get, ls, rm. Both directions stream, know the SHA-256 of the whole before or after, and go on where they were: the server finds an
 * upload by what it is, and a download's part lies beside its place under a name that says of which file it is.
 */
#include "apps/file/server.h"
#include "apps/http_client.h"
#include "apps/progress.h"
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

enum {
    PIECE = 4 << 20,
    BUFFER = 65536,
    PATH_LENGTH = 4096,
    HEX = 65,
    TRIES = 8,
    URL_LENGTH = 3 * FILE_NAME_MAX + 64,
    ANSWER_MAX = 16 << 20
};

struct transfer {
    struct app *app;
    struct http_client http;
    uint8_t *piece; /* PIECE bytes */
};

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void to_hex(const uint8_t *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static int open_transfer(struct transfer *t, struct app *app)
{
    *t = (struct transfer){.app = app, .piece = malloc(PIECE)};
    if (!t->piece)
        return app_fail(app, SW_ERR_MEMORY, "buffer");
    return http_client_open(&t->http, app);
}

static void close_transfer(struct transfer *t)
{
    http_client_close(&t->http);
    free(t->piece);
}

/* An answer without a body worth reading. */
static bool finish_answer(struct transfer *t)
{
    size_t len;
    char *text = http_client_body(&t->http, ANSWER_MAX, &len);
    free(text);
    return text != NULL;
}

/* Send, trying again while connections break. */
static int request(struct transfer *t, const struct http_send *send)
{
    int code = APP_SYSTEM;
    for (int i = 0; i < TRIES; i++) {
        if (i)
            pause_ms(i < 6 ? 100L << i : 5000);
        enum http_fate fate = http_client_send(&t->http, send, i + 1 < TRIES, &code);
        if (fate == HTTP_ANSWERED)
            return APP_DONE;
        if (fate == HTTP_REFUSED)
            return code;
    }
    return code;
}

/* --- put ---------------------------------------------------------------------------------------------------------------- */

struct source {
    int fd;
    const char *path; /* for people */
    char name[FILE_NAME_MAX];
    int64_t length;
    char sha256[HEX];
};

/* The first pass: how long, and which. */
static int measure(struct transfer *t, struct source *s)
{
    struct sw_hash hash;
    uint8_t digest[32];
    ssize_t n;
    enum sw_err err = sw_hash_init(&hash, SW_HASH_SHA256);
    s->length = 0;
    while (!err && (n = pread(s->fd, t->piece, PIECE, (off_t)s->length)) != 0) {
        if (n < 0)
            return app_fail(t->app, SW_ERR_SYSTEM, s->path);
        err = sw_hash_update(&hash, t->piece, (size_t)n);
        s->length += n;
    }
    if (!err)
        err = sw_hash_final(&hash, digest);
    to_hex(digest, sizeof digest, s->sha256);
    return err ? app_fail(t->app, err, s->path) : APP_DONE;
}

/* What comes from a pipe goes into a file without a name first: its length and digest are said before it. */
static int spool(struct transfer *t, struct source *s)
{
    const char *dir = getenv("TMPDIR");
    ssize_t n;
    s->fd = open(dir && *dir ? dir : "/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (s->fd < 0)
        return app_fail(t->app, SW_ERR_SYSTEM, "temporary file");
    while ((n = read(STDIN_FILENO, t->piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return app_fail(t->app, SW_ERR_SYSTEM, "standard input");
        for (ssize_t at = 0, w; at < n; at += w)
            if ((w = write(s->fd, t->piece + at, (size_t)(n - at))) < 0)
                return app_fail(t->app, SW_ERR_SYSTEM, "temporary file");
    }
    return APP_DONE;
}

static void add_metadata(char *out, size_t cap, const char *name, const char *value)
{
    size_t n = strlen(out);
    int k = snprintf(out + n, cap - n, "%s%s ", n ? "," : "", name);
    if (sw_base64_encode(value, strlen(value), out + n + k, cap - n - (size_t)k))
        out[n] = 0; /* too long for any server: it says so */
}

/* Announce it; *offset receives how much the server has, or -1: all of it, and it is done. */
static int announce(struct transfer *t, const struct source *s, char url[256], int64_t *offset)
{
    char meta[2 * FILE_NAME_MAX + 256] = "", headers[sizeof meta + 128];
    add_metadata(meta, sizeof meta, "filename", s->name);
    add_metadata(meta, sizeof meta, "sha256", s->sha256);
    if (app_has(t->app, OPT_FORCE))
        add_metadata(meta, sizeof meta, "replace", "yes");
    snprintf(headers, sizeof headers, "Tus-Resumable: 1.0.0\r\nUpload-Length: %lld\r\nUpload-Metadata: %s\r\n",
             (long long)s->length, meta);
    const struct http_send post = {.method = "POST", .path = "/files", .headers = headers, .body = "", .body_len = 0};
    int code = request(t, &post);
    if (code)
        return code;
    if (t->http.reply.status != 201)
        return http_client_problem(&t->http);
    snprintf(url, 256, "%s", t->http.reply.location);
    *offset = t->http.reply.offset;
    if (*offset < 0 || *offset > s->length || !finish_answer(t))
        return app_error(t->app, APP_SYSTEM, "%s: the answer cannot be read", t->http.where);
    return APP_DONE;
}

/* Where to go on, after a connection that broke. */
static int ask_offset(struct transfer *t, const char *url, int64_t *offset)
{
    const struct http_send head = {.method = "HEAD", .path = url};
    int code = request(t, &head);
    if (code)
        return code;
    if (t->http.reply.status != 200)
        return APP_WAITED; /* gone: perhaps complete */
    *offset = t->http.reply.offset;
    return APP_DONE;
}

static int send_piece(struct transfer *t, const struct source *s, const char *url, int64_t *offset, bool *again)
{
    char headers[160];
    size_t want = s->length - *offset < PIECE ? (size_t)(s->length - *offset) : PIECE, len = 0;
    while (len < want) {
        ssize_t n = pread(s->fd, t->piece + len, want - len, (off_t)(*offset + (int64_t)len));
        if (n <= 0)
            return n ? app_fail(t->app, SW_ERR_SYSTEM, s->path)
                     : app_error(t->app, APP_BAD_INPUT, "%s: became shorter while it was sent", s->path);
        len += (size_t)n;
    }
    snprintf(headers, sizeof headers,
             "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %lld\r\n",
             (long long)*offset);
    const struct http_send patch = {
        .method = "PATCH", .path = url, .headers = headers, .body = t->piece, .body_len = len};
    int code;
    enum http_fate fate = http_client_send(&t->http, &patch, true, &code);
    *again = fate == HTTP_LOST;
    if (fate != HTTP_ANSWERED)
        return fate == HTTP_LOST ? APP_DONE : code;
    if (t->http.reply.status == 409 && t->http.reply.offset >= 0) {
        *offset = t->http.reply.offset;
        return finish_answer(t) ? APP_DONE : APP_SYSTEM;
    }
    if (t->http.reply.status != 204)
        return http_client_problem(&t->http);
    *offset += (int64_t)len;
    return finish_answer(t) ? APP_DONE : APP_SYSTEM;
}

static void say_done(struct transfer *t, const char *verb, const char *name, int64_t length, const char *sha256,
                     const struct progress *p)
{
    char size[32], rate[32];
    progress_size(length, size);
    progress_rate(p, length, rate);
    if (t->app->json) {
        json_t *line =
            json_pack("{s:s,s:s,s:I,s:s}", "done", verb, "name", name, "size", (json_int_t)length, "sha256", sha256);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else {
        app_say(t->app, "%s %s, %s, %s", verb, name, size, rate);
    }
}

static int put_source(struct transfer *t, struct source *s)
{
    char url[256];
    int64_t offset;
    struct progress progress;
    bool again = false;
    int code = measure(t, s);
    if (!code)
        code = announce(t, s, url, &offset);
    if (code)
        return code;
    progress_begin(&progress, t->app, s->name, s->length, offset);
    if (offset)
        app_say(t->app, "%s: going on at %lld of %lld bytes", s->name, (long long)offset, (long long)s->length);
    while (!code && offset < s->length) {
        code = send_piece(t, s, url, &offset, &again);
        if (!code && again) {
            code = ask_offset(t, url, &offset);
            /* the last piece arrived and only its answer was lost: announcing it again says so */
            if (code == APP_WAITED)
                code = announce(t, s, url, &offset);
        }
        progress_at(&progress, offset);
    }
    progress_end(&progress);
    if (!code)
        say_done(t, "put", s->name, s->length, s->sha256, &progress);
    return code;
}

static int put_path(struct transfer *t, const char *path, const char *name);

static int put_directory(struct transfer *t, const char *path, const char *name)
{
    DIR *d = opendir(path);
    int code = d ? APP_DONE : app_fail(t->app, SW_ERR_SYSTEM, path);
    for (struct dirent *e; !code && (e = readdir(d)) != NULL;) {
        char below[PATH_LENGTH], below_name[PATH_LENGTH];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof below, "%s/%s", path, e->d_name) >= PATH_LENGTH ||
            snprintf(below_name, sizeof below_name, "%s/%s", name, e->d_name) >= PATH_LENGTH)
            code = app_error(t->app, APP_BAD_INPUT, "%s: the name is too long", path);
        else
            code = put_path(t, below, below_name);
    }
    if (d)
        closedir(d);
    return code;
}

static int put_path(struct transfer *t, const char *path, const char *name)
{
    struct source s = {.fd = -1, .path = path};
    struct stat st;
    bool pipe = strcmp(path, "-") == 0;
    int code = APP_DONE;
    if (!file_name_ok(name))
        return app_error(t->app, APP_BAD_INPUT, "%s: not a name for a file there", name);
    snprintf(s.name, sizeof s.name, "%s", name);
    if (pipe) {
        code = spool(t, &s);
    } else {
        s.fd = open(path, O_RDONLY | O_CLOEXEC);
        if (s.fd < 0 || fstat(s.fd, &st))
            code = app_fail(t->app, SW_ERR_SYSTEM, path);
        else if (S_ISDIR(st.st_mode))
            code = -1;
        else if (!S_ISREG(st.st_mode))
            code = app_error(t->app, APP_BAD_INPUT, "%s: neither a file nor a directory", path);
    }
    if (!code)
        code = put_source(t, &s);
    if (s.fd >= 0)
        close(s.fd);
    return code < 0 ? put_directory(t, path, name) : code;
}

/* What a path is called there: its last component. */
static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

int put_run(struct app *app)
{
    struct transfer t;
    const char *name = app_get(app, OPT_AS);
    if (name && app->argc > 1)
        return app_usage(app, "--as names one file, and there are %d", app->argc);
    if (!name && strcmp(app->argv[0], "-") == 0)
        return app_usage(app, "say what standard input shall be called: --as NAME");
    int code = open_transfer(&t, app);
    for (int i = 0; i < app->argc && !code; i++) {
        char path[PATH_LENGTH];
        snprintf(path, sizeof path, "%s", app->argv[i]);
        for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
            path[n - 1] = 0;
        code = put_path(&t, path, name ? name : last_component(path));
    }
    close_transfer(&t);
    return code;
}

/* --- get ---------------------------------------------------------------------------------------------------------------- */

struct sink {
    int fd;
    char path[PATH_LENGTH], part[PATH_LENGTH + 16]; /* where it goes; where it grows */
    int64_t offset, total;
    struct sw_hash hash;
    bool output; /* standard output */
};

/* The ETag is the SHA-256 of the content. */
static bool read_etag(const struct http_reply *reply, char sha256[HEX])
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

/* The part of this very file that an earlier try left, hashed. */
static int open_part(struct transfer *t, struct sink *s, const char *sha256)
{
    char *slash = strrchr(s->path, '/');
    size_t dir = slash ? (size_t)(slash - s->path + 1) : 0;
    ssize_t n;
    snprintf(s->part, sizeof s->part, "%.*s.%.180s.%.12s.part", (int)dir, s->path, s->path + dir, sha256);
    if (!make_parents(s->part))
        return app_fail(t->app, SW_ERR_SYSTEM, s->path);
    s->fd = open(s->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (s->fd < 0)
        return app_fail(t->app, SW_ERR_SYSTEM, s->part);
    while ((n = pread(s->fd, t->piece, PIECE, (off_t)s->offset)) > 0) {
        if (sw_hash_update(&s->hash, t->piece, (size_t)n))
            return app_fail(t->app, SW_ERR_CRYPTO, s->part);
        s->offset += n;
    }
    return n < 0 ? app_fail(t->app, SW_ERR_SYSTEM, s->part) : APP_DONE;
}

static int write_out(struct transfer *t, struct sink *s, const uint8_t *p, size_t len)
{
    if (sw_hash_update(&s->hash, p, len))
        return app_fail(t->app, SW_ERR_CRYPTO, s->path);
    while (len) {
        ssize_t n = s->output ? write(s->fd, p, len) : pwrite(s->fd, p, len, (off_t)s->offset);
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

static int head_file(struct transfer *t, const char *url, struct sink *s, char sha256[HEX])
{
    const struct http_send head = {.method = "HEAD", .path = url};
    int code = request(t, &head);
    if (code)
        return code;
    if (t->http.reply.status != 200)
        return t->http.reply.status == 404
                   ? app_error(t->app, APP_NO, "%s: there is no such file", t->http.where)
                   : app_error(t->app, APP_SYSTEM, "%s: %d", t->http.where, t->http.reply.status);
    s->total = t->http.reply.length;
    if (!read_etag(&t->http.reply, sha256) || s->total < 0)
        return app_error(t->app, APP_SYSTEM, "%s: the answer cannot be read", t->http.where);
    return APP_DONE;
}

/* From offset to the end, or until the connection breaks. */
static int fetch_rest(struct transfer *t, const char *url, const char *sha256, struct sink *s,
                      struct progress *progress)
{
    char headers[192];
    size_t got = 1;
    int code;
    snprintf(headers, sizeof headers, "Range: bytes=%lld-\r\nIf-Range: \"%s\"\r\n", (long long)s->offset, sha256);
    const struct http_send get = {.method = "GET", .path = url, .headers = headers};
    code = request(t, &get);
    if (code)
        return code;
    if (t->http.reply.status == 200 && s->offset)
        return app_error(t->app, APP_NO, "%s: the file changed while it was fetched", t->http.where);
    if (t->http.reply.status != 206 && t->http.reply.status != 200)
        return http_client_problem(&t->http);
    while (!code && got && http_client_read(&t->http, t->piece, BUFFER, &got, net_now() + 60000)) {
        code = write_out(t, s, t->piece, got);
        progress_at(progress, s->offset);
    }
    if (t->http.reply.state != HTTP_DONE)
        http_client_disconnect(&t->http);
    return code;
}

/* Checked, on the disk, and then under its name. */
static int settle(struct transfer *t, struct sink *s, const char *sha256)
{
    uint8_t digest[32];
    char hex[HEX];
    if (sw_hash_final(&s->hash, digest))
        return app_fail(t->app, SW_ERR_CRYPTO, s->path);
    to_hex(digest, sizeof digest, hex);
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

static int get_file(struct transfer *t, const char *name, const char *out)
{
    char url[URL_LENGTH], quoted[3 * FILE_NAME_MAX], sha256[HEX];
    struct sink s = {.fd = -1, .output = strcmp(out, "-") == 0};
    struct progress progress;
    int64_t before = -1;
    struct stat st;
    if (!file_name_ok(name))
        return app_error(t->app, APP_BAD_INPUT, "%s: no file is called that", name);
    if (s.output && isatty(STDOUT_FILENO) && !app_get(t->app, OPT_OUTPUT))
        return app_error(t->app, APP_REFUSED, "a file is not written to a terminal (-o - does it)");
    snprintf(s.path, sizeof s.path, "%s", s.output ? "standard output" : out);
    if (!s.output && !app_has(t->app, OPT_FORCE) && lstat(s.path, &st) == 0)
        return app_error(t->app, APP_REFUSED, "%s: exists already (--force replaces it)", s.path);
    http_quote(name, quoted, sizeof quoted);
    snprintf(url, sizeof url, "/files/%s", quoted);
    int code = sw_hash_init(&s.hash, SW_HASH_SHA256) ? app_fail(t->app, SW_ERR_CRYPTO, name) : APP_DONE;
    if (!code)
        code = head_file(t, url, &s, sha256);
    if (!code && s.output)
        s.fd = STDOUT_FILENO;
    else if (!code)
        code = open_part(t, &s, sha256);
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
        say_done(t, "got", name, s.total, sha256, &progress);
    if (s.fd >= 0 && !s.output)
        close(s.fd);
    return code;
}

int get_run(struct app *app)
{
    struct transfer t;
    const char *out = app_get(app, OPT_OUTPUT);
    if (out && app->argc > 1)
        return app_usage(app, "--output names one file, and there are %d", app->argc);
    int code = open_transfer(&t, app);
    for (int i = 0; i < app->argc && !code; i++)
        code = get_file(&t, app->argv[i], out ? out : app->argv[i]);
    close_transfer(&t);
    return code;
}

/* --- ls and rm ---------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(json_object_get(*x, "name")), json_string_value(json_object_get(*y, "name")));
}

static void print_files(const struct app *app, json_t *files)
{
    size_t n = json_array_size(files);
    json_t **sorted = calloc(n ? n : 1, sizeof(json_t *));
    for (size_t i = 0; sorted && i < n; i++)
        sorted[i] = json_array_get(files, i);
    if (sorted)
        qsort(sorted, n, sizeof(json_t *), by_name);
    for (size_t i = 0; sorted && i < n; i++) {
        char size[32];
        progress_size(json_integer_value(json_object_get(sorted[i], "size")), size);
        if (app->json) {
            json_dumpf(sorted[i], stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            printf("%10s  %s  %s\n", size, json_string_value(json_object_get(sorted[i], "created")),
                   json_string_value(json_object_get(sorted[i], "name")));
        }
    }
    free(sorted);
}

int ls_run(struct app *app)
{
    struct transfer t;
    size_t len;
    const struct http_send get = {.method = "GET", .path = "/files"};
    int code = open_transfer(&t, app);
    if (!code)
        code = request(&t, &get);
    if (!code && t.http.reply.status != 200)
        code = http_client_problem(&t.http);
    if (!code) {
        char *text = http_client_body(&t.http, ANSWER_MAX, &len);
        json_t *answer = text ? json_loadb(text, len, 0, NULL) : NULL;
        json_t *files = json_object_get(answer, "files");
        if (json_is_array(files))
            print_files(app, files);
        else
            code = app_error(app, APP_SYSTEM, "%s: the answer cannot be read", t.http.where);
        json_decref(answer);
        free(text);
    }
    close_transfer(&t);
    return code;
}

int rm_run(struct app *app)
{
    struct transfer t;
    int code = open_transfer(&t, app);
    for (int i = 0; i < app->argc && !code; i++) {
        char url[URL_LENGTH], quoted[3 * FILE_NAME_MAX];
        const struct http_send del = {.method = "DELETE", .path = url};
        http_quote(app->argv[i], quoted, sizeof quoted);
        snprintf(url, sizeof url, "/files/%s", quoted);
        code = request(&t, &del);
        if (!code && t.http.reply.status != 204)
            code = http_client_problem(&t.http);
        else if (!code && !finish_answer(&t))
            code = APP_SYSTEM;
    }
    close_transfer(&t);
    return code;
}
