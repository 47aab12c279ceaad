/*
 * A piece of an upload, and what follows the last one. The worker hashes it, encrypts it and writes it, while the loop takes the next piece off the wire; the answer is
 * given when the worker is done. An upload has one piece under way: whoever asks for the upload meanwhile waits for that.
 */
#include "apps/file/coding.h"
#include "apps/file/service.h"
#include "base/wipe.h"
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { AHEAD = (4 << 20) + 65536 /* the next piece, while one is worked on */ };

struct piece {
    struct job job; /* first: the worker knows only this */
    struct file_service *service;
    struct upload *upload;
    struct http_request *rq; /* NULL: nobody waits for the answer any more */
    struct evbuffer *bytes;
    struct about about;
    char claimed[FILE_HEX]; /* the digest that came with it, or "" */
    enum sw_err err;
    int why; /* errno */
    bool whole;
    uint8_t digest[FILE_DIGEST];
};

/* --- the end of an upload ----------------------------------------------------------------------------------------------- */

static int publish(struct file_service *s, const struct upload *u, const struct about *a)
{
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
    file_upload_path(s, u->id, from);
    if (!file_place(s, a->owner, a->name, to))
        return -1;
    int old = a->replace ? file_hold(to) : -1;
    int rc = a->replace ? rename(from, to) : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    int why = errno;
    if (rc == 0)
        file_sync_directory(to);
    file_let_go(s, old);
    errno = why;
    return rc;
}

bool upload_is_whole(const struct upload *u, const struct about *a)
{
    return sw_vfile_offset(u->file) == sw_vfile_length(u->file) && (!a->follows || a->sha256[0]);
}

/* Readers are told the digest, so it becomes part of what is known of the file. */
static enum sw_err keep_digest(struct file_service *s, const struct upload *u, const struct about *a, const char *hex)
{
    struct about known = *a;
    snprintf(known.sha256, sizeof known.sha256, "%s", hex);
    char *meta = about_encode(&known);
    enum sw_err err = meta ? sw_vfile_describe(u->file, s->vault, meta, strlen(meta)) : SW_ERR_MEMORY;
    free(meta);
    return err;
}

/* It is on the disk, and this is its digest: so it gets its name, if that is the right one. */
static void conclude(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a,
                     const uint8_t digest[FILE_DIGEST], const char *claimed, int status)
{
    char hex[FILE_HEX];
    enum sw_err err = SW_OK;
    file_hex(digest, FILE_DIGEST, hex);
    if ((a->sha256[0] && strcmp(a->sha256, hex) != 0) || (claimed[0] && strcmp(claimed, hex) != 0)) {
        upload_drop(s, u);
        if (rq)
            http_problem(rq, 460, "what came is not what was announced: its SHA-256 is %s", hex);
        return;
    }
    int64_t length = sw_vfile_length(u->file);
    if (!a->sha256[0])
        err = keep_digest(s, u, a, hex);
    if (err == SW_OK && publish(s, u, a))
        err = errno == EEXIST ? SW_ERR_EXISTS : SW_ERR_SYSTEM;
    if (err && err != SW_ERR_EXISTS) {
        file_refuse(s, rq, err, "upload");
        return;
    }
    if (err) {
        upload_drop(s, u);
        if (rq)
            http_problem(rq, 409, "%s exists already", a->name);
        return;
    }
    upload_forget(u);
    file_happened(s, "uploaded", a->owner, length);
    if (!rq)
        return;
    file_set_tus(rq, length);
    http_set_header(rq, "ETag", "\"%s\"", hex);
    http_reply_empty(rq, status);
}

void upload_finish(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a, int status)
{
    uint8_t digest[FILE_DIGEST];
    enum sw_err err = sw_vfile_finish(u->file, digest);
    if (err)
        file_refuse(s, rq, err, "upload");
    else
        conclude(s, rq, u, a, digest, "", status);
}

/* --- one piece ---------------------------------------------------------------------------------------------------------- */

/* In the worker's thread. What has been taken in is given back at once. */
static void take_in(struct job *job)
{
    struct piece *p = (struct piece *)job;
    struct sw_vfile *file = p->upload->file;
    struct evbuffer_iovec some;
    while (p->err == SW_OK && evbuffer_peek(p->bytes, -1, NULL, &some, 1) > 0) {
        p->err = sw_vfile_append(file, some.iov_base, some.iov_len);
        p->why = errno;
        evbuffer_drain(p->bytes, some.iov_len);
    }
    p->whole = p->err == SW_OK &&
               (p->claimed[0] ? sw_vfile_offset(file) == sw_vfile_length(file) : upload_is_whole(p->upload, &p->about));
    if (p->whole) {
        p->err = sw_vfile_finish(file, p->digest);
        p->why = errno;
    }
}

static void answer(struct job *job)
{
    struct piece *p = (struct piece *)job;
    struct upload *u = p->upload;
    u->piece = NULL;
    errno = p->why;
    if (p->err) {
        file_refuse(p->service, p->rq, p->err, "upload");
    } else if (p->whole) {
        conclude(p->service, p->rq, u, &p->about, p->digest, p->claimed, 204);
    } else if (p->rq) {
        file_set_tus(p->rq, sw_vfile_offset(u->file));
        http_reply_empty(p->rq, 204);
    }
    evbuffer_free(p->bytes);
    free(p);
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct piece *p = user;
    (void)rq;
    p->rq = NULL;
}

/* Takes bytes over. */
static void begin(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a,
                  const char *claimed, struct evbuffer *bytes)
{
    struct piece *p = calloc(1, sizeof *p);
    if (!p) {
        evbuffer_free(bytes);
        file_refuse(s, rq, SW_ERR_MEMORY, "upload");
        return;
    }
    *p = (struct piece){
        .job = {.run = take_in, .done = answer}, .service = s, .upload = u, .rq = rq, .bytes = bytes, .about = *a};
    snprintf(p->claimed, sizeof p->claimed, "%s", claimed ? claimed : "");
    if (!s->worker) {
        take_in(&p->job);
        answer(&p->job);
        return;
    }
    u->piece = p;
    http_work(rq, AHEAD, nobody_waits, p);
    worker_give(s->worker, &p->job);
}

void upload_settle(struct file_service *s, struct upload *u)
{
    if (u->piece)
        worker_finish(s->worker, &u->piece->job);
}

/* Blocks under one of our RSA keys, of which there is hardly ever more than one; SW_ERR_CRYPTO if they are under none. */
static enum sw_err open_blocks(const struct file_service *s, const uint8_t *p, size_t len, uint8_t *out, size_t *n)
{
    const struct sw_privkey *key;
    enum sw_err err = SW_ERR_CRYPTO;
    for (size_t i = 0; err == SW_ERR_CRYPTO && s->cfg && (key = sw_config_key(s->cfg, i)) != NULL; i++)
        if (sw_privkey_public(key)->type == SW_KEY_RSA)
            err = coding_decode(key, p, len, out, n);
    return err;
}

/* The body that came in blocks, opened; NULL: the answer says why not. */
static struct evbuffer *decoded(struct file_service *s, struct http_request *rq, struct evbuffer *body)
{
    uint8_t room[CODING_MAX];
    size_t len = evbuffer_get_length(body), n = 0;
    if (len > CODING_MAX) {
        http_problem(rq, 413, "a piece in blocks has at most %d bytes", CODING_MAX);
        evbuffer_free(body);
        return NULL;
    }
    const uint8_t *blocks = len ? evbuffer_pullup(body, -1) : room;
    enum sw_err err = blocks ? open_blocks(s, blocks, len, room, &n) : SW_ERR_MEMORY;
    if (err == SW_OK && (evbuffer_drain(body, len) || evbuffer_add(body, room, n)))
        err = SW_ERR_MEMORY;
    sw_wipe(room, sizeof room);
    if (err == SW_OK)
        return body;
    evbuffer_free(body);
    if (err == SW_ERR_CRYPTO)
        http_problem(rq, 422, "the blocks cannot be opened with a key of this server");
    else
        file_refuse(s, rq, err, "upload");
    return NULL;
}

/* The piece that came, without its coding; NULL: the answer says why not. */
static struct evbuffer *read_piece(struct file_service *s, struct http_request *rq)
{
    const char *coding = http_header(rq, "Content-Encoding");
    bool blocks = coding && strcasecmp(coding, CODING_NAME) == 0;
    if (coding && !blocks && strcasecmp(coding, "identity") != 0) { /* RFC 9110 15.5.16 */
        http_set_header(rq, "Accept-Encoding", "%s", CODING_NAME);
        http_problem(rq, 415, "a piece comes as it is, or as " CODING_NAME);
        return NULL;
    }
    struct evbuffer *body = http_take_body(rq);
    if (!body) {
        file_refuse(s, rq, SW_ERR_MEMORY, "upload");
        return NULL;
    }
    return blocks ? decoded(s, rq, body) : body;
}

void upload_patch(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a;
    int64_t offset = -1;
    bool numbered = file_number(http_header(rq, "Upload-Offset"), &offset);
    const char *type = http_header(rq, "Content-Type"), *claimed = http_header(rq, "Upload-SHA256");
    struct upload *u = upload_named(s, rq, &a);
    if (!u)
        return;
    if (!type || strcmp(type, "application/offset+octet-stream") != 0) {
        http_problem(rq, 415, "a piece is application/offset+octet-stream");
        return;
    }
    if (claimed && !file_is_digest(claimed)) {
        http_problem(rq, 400, "Upload-SHA256 is 64 hex digits");
        return;
    }
    if (!numbered || offset != sw_vfile_offset(u->file)) {
        file_set_tus(rq, sw_vfile_offset(u->file));
        http_problem(rq, 409, "the next piece begins at %lld", (long long)sw_vfile_offset(u->file));
        return;
    }
    struct evbuffer *bytes = read_piece(s, rq);
    if (!bytes)
        return;
    if ((int64_t)evbuffer_get_length(bytes) > sw_vfile_length(u->file) - offset) {
        evbuffer_free(bytes);
        http_problem(rq, 413, "that is more than was announced");
        return;
    }
    begin(s, rq, u, &a, claimed, bytes);
}
