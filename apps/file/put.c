/* sealwax put: the server finds an upload by what it is, so that it goes on where it was. */
#include "apps/file/client.h"
#include "apps/file/coding.h"
#include "apps/file/digest.h"
#include "apps/verbs.h"
#include "base/hash.h"
#include "ttp/cert.h"
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
    NEAR = 16 << 20, /* how far ahead the digest may be */
    AHEAD = 3,       /* pieces under way */
    IN_VAIN = 5,     /* times that the server takes no piece, one after the other */
    SMALL =
        4 *
        TRANSFER_PIECE /* up to here the digest comes first: it takes some milliseconds, and makes one request less */
};

struct source {
    int fd;
    const char *path; /* for people */
    char name[FILE_NAME_MAX];
    int64_t length;
    char identity[TRANSFER_HEX]; /* what tells the file from others before its digest is known, or "" */
    char sha256[TRANSFER_HEX];   /* "": not known yet */
    struct digest_run *digest;   /* it is being computed; NULL: it is not */
};

/* The digest, before anything is sent. */
static int measure(struct transfer *t, struct source *s)
{
    struct sw_hash hash;
    uint8_t digest[32];
    ssize_t n;
    enum sw_err err = sw_hash_init(&hash, SW_HASH_SHA256);
    s->length = 0;
    while (!err && (n = pread(s->fd, t->piece, TRANSFER_PIECE, (off_t)s->length)) != 0) {
        if (n < 0)
            return app_fail(t->app, SW_ERR_SYSTEM, s->path);
        err = sw_hash_update(&hash, t->piece, (size_t)n);
        s->length += n;
    }
    if (!err)
        err = sw_hash_final(&hash, digest);
    transfer_hex(digest, sizeof digest, s->sha256);
    return err ? app_fail(t->app, err, s->path) : APP_DONE;
}

/*
 * A large file is read once: its digest is computed while it is sent, and said last. Until then the server knows it by
 * which file it is and when it was written last, so that an interrupted upload of this very file is found again.
 */
static bool identify(struct source *s, const struct stat *st)
{
    char text[256];
    uint8_t digest[32];
    int n = snprintf(text, sizeof text, "%llu %llu %lld %lld.%09ld %lld.%09ld", (unsigned long long)st->st_dev,
                     (unsigned long long)st->st_ino, (long long)st->st_size, (long long)st->st_mtim.tv_sec,
                     st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
    if (sw_hash_once(SW_HASH_SHA256, text, (size_t)n, digest) || !(s->digest = digest_begin(s->fd, st->st_size)))
        return false;
    transfer_hex(digest, sizeof digest, s->identity);
    s->length = st->st_size;
    return true;
}

static int take_digest(struct transfer *t, struct source *s)
{
    uint8_t digest[32];
    if (!s->digest)
        return APP_DONE;
    enum sw_err err = digest_end(s->digest, digest);
    s->digest = NULL;
    if (err == SW_ERR_SPACE)
        return app_error(t->app, APP_BAD_INPUT, "%s: became shorter while it was sent", s->path);
    if (err)
        return app_fail(t->app, err, s->path);
    transfer_hex(digest, sizeof digest, s->sha256);
    return APP_DONE;
}

/* What comes from a pipe goes into a file without a name first: its length and digest are said before it. */
static int spool(struct transfer *t, struct source *s)
{
    const char *dir = getenv("TMPDIR");
    ssize_t n;
    s->fd = open(dir && *dir ? dir : "/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (s->fd < 0)
        return app_fail(t->app, SW_ERR_SYSTEM, "temporary file");
    while ((n = read(STDIN_FILENO, t->piece, TRANSFER_PIECE)) != 0) {
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

/* Whether the file is there and is this one: an answer that said so may have been lost. */
static bool is_there(struct transfer *t, const struct source *s)
{
    char url[TRANSFER_URL_MAX], quoted[3 * FILE_NAME_MAX];
    const struct http_send head = {.method = "HEAD", .path = url};
    http_quote(s->name, quoted, sizeof quoted);
    snprintf(url, sizeof url, "/files/%s", quoted);
    const char *etag = t->http.reply.etag;
    return s->sha256[0] && transfer_request(t, &head) == APP_DONE && t->http.reply.status == 200 &&
           strlen(etag) == TRANSFER_HEX + 1 && strncmp(etag + 1, s->sha256, TRANSFER_HEX - 1) == 0;
}

/*
 * A file of this name is there. If it is this very file, nothing is left to do: so a directory that was interrupted
 * goes on with what is missing. *offset receives -1 then.
 */
static int meet_file(struct transfer *t, struct source *s, int64_t *offset)
{
    *offset = -1;
    (void)transfer_finish(t);
    int code = s->sha256[0] ? APP_DONE : measure(t, s);
    if (code || is_there(t, s))
        return code;
    return app_error_of(t->app, APP_REFUSED, &(struct app_cause){.peer = t->http.where},
                        "409: %s exists already (--force replaces it)", s->name);
}

/* Announce it; *offset receives how much the server has, or -1: all of it, and it is done. */
static int announce(struct transfer *t, struct source *s, char url[256], int64_t *offset)
{
    char meta[2 * FILE_NAME_MAX + 256] = "", headers[sizeof meta + 128];
    add_metadata(meta, sizeof meta, "filename", s->name);
    if (s->identity[0])
        add_metadata(meta, sizeof meta, "source", s->identity);
    else
        add_metadata(meta, sizeof meta, "sha256", s->sha256);
    if (app_has(t->app, OPT_FORCE))
        add_metadata(meta, sizeof meta, "replace", "yes");
    snprintf(headers, sizeof headers, "Tus-Resumable: 1.0.0\r\nUpload-Length: %lld\r\nUpload-Metadata: %s\r\n",
             (long long)s->length, meta);
    const struct http_send post = {.method = "POST", .path = "/files", .headers = headers, .body = "", .body_len = 0};
    int code = transfer_request(t, &post);
    if (code)
        return code;
    if (t->http.reply.status == 409 && !app_has(t->app, OPT_FORCE))
        return meet_file(t, s, offset);
    if (t->http.reply.status != 201)
        return http_client_problem(&t->http);
    snprintf(url, 256, "%s", t->http.reply.location);
    *offset = t->http.reply.offset;
    if (*offset < 0 || *offset > s->length || !transfer_finish(t))
        return app_error_of(t->app, APP_SYSTEM, &(struct app_cause){.peer = t->http.where},
                            "the answer cannot be read");
    return APP_DONE;
}

/* Where to go on, after a connection that broke. */
static int ask_offset(struct transfer *t, const char *url, int64_t *offset)
{
    const struct http_send head = {.method = "HEAD", .path = url};
    int code = transfer_request(t, &head);
    if (code)
        return code;
    if (t->http.reply.status != 200)
        return APP_WAITED; /* gone: perhaps complete */
    *offset = t->http.reply.offset;
    return APP_DONE;
}

static int read_piece(struct transfer *t, const struct source *s, int64_t offset, size_t want, size_t *got)
{
    if (s->length - offset < (int64_t)want)
        want = (size_t)(s->length - offset);
    for (*got = 0; *got < want;) {
        ssize_t n = pread(s->fd, t->piece + *got, want - *got, (off_t)(offset + (int64_t)*got));
        if (n <= 0)
            return n ? app_fail(t->app, SW_ERR_SYSTEM, s->path)
                     : app_error(t->app, APP_BAD_INPUT, "%s: became shorter while it was sent", s->path);
        *got += (size_t)n;
    }
    return APP_DONE;
}

/*
 * For --protect=rsa: a piece in blocks under the key in the certificate that this connection's server has shown, and
 * proved to have.
 */
static int read_blocks(struct transfer *t, const struct source *s, int64_t offset, uint8_t blocks[CODING_MAX],
                       size_t *len, size_t *coded)
{
    struct sw_cert cert;
    size_t n = 0;
    const uint8_t *der = http_client_server_cert(&t->http, &n);
    enum sw_err err = der ? sw_cert_parse(&cert, der, n) : SW_ERR_STATE;
    if (err)
        return app_fail(t->app, err, t->http.where);
    n = coding_piece(&cert.key);
    if (!n)
        return app_error_of(t->app, APP_NO, &(struct app_cause){.peer = t->http.where},
                            "--protect rsa needs a server with an RSA key, and it showed another");
    int code = read_piece(t, s, offset, n, len);
    if (!code && (err = coding_encode(&cert.key, t->piece, *len, blocks, coded)) != SW_OK)
        code = app_fail(t->app, err, t->http.where);
    return code;
}

/*
 * Pieces under way. A piece says where it belongs, so the next one may follow before the answer to the one before: the
 * server works on that while we seal. One that is not taken makes those behind it fail, too; then, as after a
 * connection that broke, the server says where to go on.
 */
struct flight {
    const char *url;
    int64_t sent, done; /* bytes */
    size_t len[AHEAD];  /* of the pieces without an answer, oldest first */
    unsigned pieces;
    bool lost;
    unsigned vain; /* how often it was lost since a piece was taken */
};

static int send_piece(struct transfer *t, const struct source *s, struct flight *f)
{
    uint8_t blocks[CODING_MAX];
    const uint8_t *body = t->piece;
    char headers[200];
    size_t len, body_len;
    int code;
    bool rsa = t->http.protection == PROTECT_RSA;
    f->lost = rsa && !t->http.connected; /* there is no certificate to encrypt to before a connection */
    if (f->lost)
        return APP_DONE;
    if (rsa) {
        code = read_blocks(t, s, f->sent, blocks, &len, &body_len);
        body = blocks;
    } else {
        code = read_piece(t, s, f->sent, TRANSFER_PIECE, &len);
        body_len = len;
    }
    if (code)
        return code;
    snprintf(headers, sizeof headers,
             "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %lld\r\n%s",
             (long long)f->sent, rsa ? "Content-Encoding: " CODING_NAME "\r\n" : "");
    const struct http_send patch = {
        .method = "PATCH", .path = f->url, .headers = headers, .body = body, .body_len = body_len};
    enum http_fate fate = http_client_ask(&t->http, &patch, true, &code);
    f->lost = fate == HTTP_LOST;
    f->len[f->pieces++] = len;
    f->sent += (int64_t)len;
    return fate == HTTP_REFUSED ? code : APP_DONE;
}

static int take_answer(struct transfer *t, struct flight *f)
{
    int code;
    enum http_fate fate = http_client_answer(&t->http, true, &code);
    f->lost = fate == HTTP_LOST;
    if (fate != HTTP_ANSWERED)
        return fate == HTTP_LOST ? APP_DONE : code;
    f->lost = t->http.reply.status == 409 || transfer_is_busy(t);
    if (t->http.reply.status != 204 && !f->lost)
        return http_client_problem(&t->http);
    if (!f->lost) {
        f->done += (int64_t)f->len[0];
        memmove(f->len, f->len + 1, sizeof f->len - sizeof *f->len);
        f->pieces--;
        f->vain = 0;
    }
    f->lost |= !transfer_finish(t);
    return APP_DONE;
}

static int ask_again(struct transfer *t, struct source *s, struct flight *f, char url[256])
{
    http_client_disconnect(&t->http);
    if (f->vain == IN_VAIN)
        return app_error(t->app, APP_SYSTEM, "%s: the server takes no piece of it", s->name);
    transfer_pause(f->vain++);
    int code = ask_offset(t, url, &f->done);
    if (code == APP_WAITED && is_there(t, s)) {
        f->done = s->length;
        code = APP_DONE;
    } else if (code == APP_WAITED) {
        code = announce(t, s, url, &f->done);
        if (f->done < 0)
            f->done = s->length;
    }
    f->sent = f->done;
    f->pieces = 0;
    f->lost = false;
    return code;
}

/* All of it is there: the digest makes a file of it. */
static int send_digest(struct transfer *t, struct source *s, const char *url)
{
    char headers[256];
    int code = take_digest(t, s);
    if (code || !s->identity[0])
        return code;
    snprintf(headers, sizeof headers,
             "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %lld\r\n"
             "Upload-SHA256: %s\r\n",
             (long long)s->length, s->sha256);
    const struct http_send last = {.method = "PATCH", .path = url, .headers = headers, .body = "", .body_len = 0};
    code = transfer_request(t, &last);
    if (code)
        return code;
    int status = t->http.reply.status;
    if (status != 204 && status != 404)
        return http_client_problem(&t->http);
    (void)transfer_finish(
        t); /* the status says it all; where the rest breaks off, the next question goes by another connection */
    return status == 204 || is_there(t, s)
               ? APP_DONE
               : app_error(t->app, APP_SYSTEM, "%s: the server has lost the upload; give the command again", s->name);
}

static int send_all(struct transfer *t, struct source *s, struct flight *f, char url[256], struct progress *progress)
{
    int code = APP_DONE;
    while (!code && f->done < s->length) {
        if (s->digest)
            digest_allow(s->digest, f->sent + NEAR);
        if (f->lost)
            code = ask_again(t, s, f, url);
        else if (f->pieces < AHEAD && f->sent < s->length)
            code = send_piece(t, s, f);
        else
            code = take_answer(t, f);
        progress_at(progress, f->done);
    }
    return code ? code : send_digest(t, s, url);
}

static int put_source(struct transfer *t, struct source *s)
{
    char url[256];
    struct flight f = {.url = url};
    struct progress progress;
    int code = s->identity[0] ? APP_DONE : measure(t, s);
    if (!code)
        code = announce(t, s, url, &f.done);
    if (code)
        return code;
    if (f.done < 0) {
        transfer_say_there(t, s->name, s->length, s->sha256);
        return APP_DONE;
    }
    f.sent = f.done;
    progress_begin(&progress, t->app, s->name, s->length, f.done);
    if (f.done)
        app_say(t->app, "%s: going on at %lld of %lld bytes", s->name, (long long)f.done, (long long)s->length);
    code = send_all(t, s, &f, url, &progress);
    progress_end(&progress);
    if (!code)
        transfer_say(t, "put", s->name, s->length, s->sha256, &progress);
    return code;
}

/*
 * A link in a directory may lead out of it, or back into it for ever. One that is named on the command line is meant.
 */
static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static int put_directory(struct transfer *t, const char *path, const char *name)
{
    DIR *d = opendir(path);
    int code = d ? APP_DONE : app_fail(t->app, SW_ERR_SYSTEM, path);
    for (struct dirent *e; !code && (e = readdir(d)) != NULL;) {
        char below[TRANSFER_PATH_MAX], below_name[TRANSFER_PATH_MAX];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof below, "%s/%s", path, e->d_name) >= TRANSFER_PATH_MAX ||
            snprintf(below_name, sizeof below_name, "%s/%s", name, e->d_name) >= TRANSFER_PATH_MAX)
            code = app_error(t->app, APP_BAD_INPUT, "%s: the name is too long", path);
        else if (is_link(below))
            app_say(t->app, "%s: a link, left out", below);
        else
            code = transfer_put(t, below, below_name);
    }
    if (d)
        closedir(d);
    return code;
}

int transfer_put(struct transfer *t, const char *path, const char *name)
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
        s.fd =
            open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO that nobody writes to is refused, not waited for */
        if (s.fd < 0 || fstat(s.fd, &st))
            code = app_fail(t->app, SW_ERR_SYSTEM, path);
        else if (S_ISDIR(st.st_mode))
            code = -1;
        else if (!S_ISREG(st.st_mode))
            code = app_error(t->app, APP_BAD_INPUT, "%s: neither a file nor a directory", path);
        else if (st.st_size > SMALL)
            (void)identify(&s, &st); /* without a thread the digest comes first */
    }
    if (!code)
        code = put_source(t, &s);
    if (s.digest)
        (void)digest_end(s.digest, NULL);
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

/* --compare: what bench-protect does, which puts under names of its own. */
static int compare(struct app *app)
{
    static const enum app_option others[] = {OPT_AS, OPT_PROTECT, OPT_FORCE};
    if (app->argc > 1)
        return app_usage(app, "--compare is about one file, and there are %d", app->argc);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (app_has(app, others[i]))
            return app_usage(app, "--compare puts in every way, under names of its own: not with --%s",
                             app_options[others[i]].name);
    return bench_protect_run(app);
}

int put_run(struct app *app)
{
    struct transfer t;
    enum protection protection;
    const char *name = app_get(app, OPT_AS);
    if (app_has(app, OPT_COMPARE))
        return compare(app);
    if (name && app->argc > 1)
        return app_usage(app, "--as names one file, and there are %d", app->argc);
    if (!name && strcmp(app->argv[0], "-") == 0)
        return app_usage(app, "say what standard input shall be called: --as NAME");
    int code = transfer_protection(app, &protection);
    if (code)
        return code;
    code = transfer_open_with(&t, app, protection);
    for (int i = 0; i < app->argc && !code; i++) {
        char path[TRANSFER_PATH_MAX];
        snprintf(path, sizeof path, "%s", app->argv[i]);
        for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
            path[n - 1] = 0;
        code = transfer_put(&t, path, name ? name : last_component(path));
    }
    transfer_close(&t);
    return code;
}
