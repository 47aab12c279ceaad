/*
 * What a request does with an upload, in three steps beside the loop, each a job or two: the file is opened and what
 * was there of it hashed; a piece is hashed in one thread while it is encrypted and written in another; and when all is
 * there, it is flushed to the disk, checked, and gets its name. The loop decides between the steps, and answers.
 */
#include "apps/file/service.h"
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CATCH_UP = 64 << 20 /* bytes that are hashed in one go: others want their turn */ };

/* --- to open: in a thread ----------------------------------------------------------------------------------------- */

static enum sw_err create(const struct task *t, const char *path)
{
    uint8_t id[FILE_ID];
    for (size_t i = 0; i < FILE_ID; i++) {
        const char digits[3] = {t->upload->id[2 * i], t->upload->id[2 * i + 1], 0};
        id[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    char *meta = about_encode(&t->about);
    enum sw_err err =
        meta ? sw_vfile_create(&t->upload->file, t->service->vault, path, id, t->upload->length, meta, strlen(meta))
             : SW_ERR_MEMORY;
    free(meta);
    return err;
}

static enum sw_err open_file(struct task *t)
{
    char path[FILE_PATH_MAX];
    struct upload *u = t->upload;
    file_upload_path(t->service, u->id, path);
    enum sw_err err = t->begins ? create(t, path) : SW_ERR_EXISTS;
    if (err == SW_ERR_EXISTS)
        err = sw_vfile_resume(&u->file, t->service->vault, path);
    /* a server that was killed while it wrote the head has left what nobody can go on with */
    if (err == SW_ERR_CRYPTO && t->begins && unlink(path) == 0)
        err = create(t, path);
    int why = errno;
    t->absent = err && t->begins && access(path, F_OK) != 0 && errno == ENOENT;
    errno = why;
    return err;
}

/* What was changed on the disk meanwhile would be in the way for as long as somebody tries again. */
static void begin_anew(struct task *t, const struct about *announced)
{
    char path[FILE_PATH_MAX];
    file_upload_path(t->service, t->upload->id, path);
    sw_vfile_close(t->upload->file);
    t->upload->file = NULL;
    t->about = *announced;
    if (unlink(path) == 0)
        t->err = create(t, path);
}

static void open_upload(struct task *t)
{
    struct upload *u = t->upload;
    const struct about announced = t->about;
    bool all = true;
    if (!u->file)
        t->err = open_file(t);
    if (t->err == SW_OK && (!about_decode(u->file, &t->about) || strcmp(t->about.owner, u->owner) != 0))
        t->err = SW_ERR_CRYPTO;
    if (t->err == SW_OK)
        t->err = sw_vfile_catch_up(u->file, CATCH_UP, &all);
    if (t->err == SW_ERR_CRYPTO && t->begins)
        begin_anew(t, &announced);
    t->behind = !all;
}

/* --- a piece: in two threads -------------------------------------------------------------------------------------- */

/* Hand the piece's bytes over, run by run, where they lie. */
static enum sw_err each_run(struct task *t, enum sw_err (*take)(struct task *t, const void *p, size_t len))
{
    enum sw_err err = SW_OK;
    struct evbuffer_iovec run;
    struct evbuffer_ptr at;
    size_t left = evbuffer_get_length(t->bytes);
    evbuffer_ptr_set(t->bytes, &at, 0, EVBUFFER_PTR_SET);
    while (!err && left && evbuffer_peek(t->bytes, -1, &at, &run, 1) > 0) {
        err = take(t, run.iov_base, run.iov_len);
        left -= run.iov_len;
        if (left)
            evbuffer_ptr_set(t->bytes, &at, run.iov_len, EVBUFFER_PTR_ADD);
    }
    return err;
}

static enum sw_err hash_run(struct task *t, const void *p, size_t len)
{
    return sw_vfile_hash(t->upload->file, p, len);
}

static enum sw_err store_run(struct task *t, const void *p, size_t len)
{
    return file_space_short(t->service) ? SW_ERR_SYSTEM : sw_vfile_store(t->upload->file, p, len);
}

static void hash_piece(struct job *job)
{
    struct task *t = ((struct hashing *)job)->task;
    t->hash_err = each_run(t, hash_run);
}

static void store_piece(struct task *t)
{
    t->err = each_run(t, store_run);
}

/* --- the end: in a thread ----------------------------------------------------------------------------------------- */

static enum sw_err publish(struct task *t)
{
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
    const struct about *a = &t->about;
    file_upload_path(t->service, t->upload->id, from);
    if (!file_place(t->service, a->owner, a->name, to))
        return SW_ERR_SYSTEM;
    t->held = a->replace ? file_hold(to) : -1;
    pthread_mutex_lock(&t->service->names);
    int rc = a->replace ? rename(from, to) : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    pthread_mutex_unlock(&t->service->names);
    if (rc)
        return errno == EEXIST ? SW_ERR_EXISTS : SW_ERR_SYSTEM;
    file_sync_directory(to);
    return SW_OK;
}

/* Nothing half-written stays, and nothing else than was announced. */
static void discard(const struct task *t)
{
    char path[FILE_PATH_MAX];
    file_upload_path(t->service, t->upload->id, path);
    unlink(path);
    upload_close(t->upload);
}

/* Readers are told the digest, so it becomes part of what is known of the file. */
static enum sw_err keep_digest(const struct task *t)
{
    struct about known = t->about;
    memcpy(known.sha256, t->digest, sizeof known.sha256);
    char *meta = about_encode(&known);
    enum sw_err err = meta ? sw_vfile_describe(t->upload->file, t->service->vault, meta, strlen(meta)) : SW_ERR_MEMORY;
    free(meta);
    return err;
}

static void end_upload(struct task *t)
{
    uint8_t digest[FILE_DIGEST];
    const char *announced = t->about.sha256;
    t->err = sw_vfile_finish(t->upload->file, digest);
    if (t->err)
        return;
    file_hex(digest, FILE_DIGEST, t->digest);
    t->differs =
        (announced[0] && strcmp(announced, t->digest) != 0) || (t->claimed[0] && strcmp(t->claimed, t->digest) != 0);
    if (!t->differs && !announced[0])
        t->err = keep_digest(t);
    if (!t->differs && t->err == SW_OK)
        t->err = publish(t);
    if (t->differs || t->err == SW_ERR_EXISTS)
        discard(t);
}

/* --- the answer: in the loop -------------------------------------------------------------------------------------- */

/* Whether the piece cannot be taken, and that is answered. */
static bool piece_refused(const struct task *t)
{
    int64_t there = sw_vfile_offset(t->upload->file);
    bool elsewhere = t->offset != there;
    bool longer = (int64_t)evbuffer_get_length(t->bytes) > t->upload->length - there;
    if (elsewhere && t->rq) {
        file_set_tus(t->rq, there);
        http_problem(t->rq, 409, "the next piece begins at %lld", (long long)there);
    } else if (longer && t->rq) {
        http_problem(t->rq, 413, "that is more than was announced");
    }
    return elsewhere || longer;
}

static void answer_error(struct task *t)
{
    struct file_service *s = t->service;
    struct upload *u = t->upload;
    errno = t->why;
    if (t->err == SW_ERR_EXISTS) {
        upload_forget(s, u);
        if (t->rq)
            http_problem(t->rq, 409, "%s exists already", t->about.name);
    } else if (t->err == SW_ERR_NOT_FOUND) {
        upload_forget(s, u);
        if (t->rq)
            http_problem(t->rq, 404, "no such upload");
    } else {
        file_refuse(s, t->rq, t->err, "upload");
        upload_close(u); /* what is on the disk counts */
        if (t->absent)
            upload_forget(s, u);
    }
}

static void answer_end(struct task *t)
{
    struct file_service *s = t->service;
    int64_t length = t->upload->length;
    if (t->differs) {
        upload_forget(s, t->upload);
        if (t->rq)
            http_problem(t->rq, 460, "what came is not what was announced: its SHA-256 is %s", t->digest);
        return;
    }
    upload_forget(s, t->upload);
    announcements_ended(s, t->about.owner, length);
    file_happened(s, "uploaded", t->about.owner, length);
    if (!t->rq)
        return;
    file_set_tus(t->rq, length);
    http_set_header(t->rq, "ETag", "\"%s\"", t->digest);
    http_reply_empty(t->rq, t->status);
}

static void answer_offset(const struct task *t)
{
    if (!t->rq)
        return;
    file_set_tus(t->rq, sw_vfile_offset(t->upload->file));
    http_reply_empty(t->rq, t->status);
}

/* --- from step to step -------------------------------------------------------------------------------------------- */

static void run_step(struct job *job)
{
    static void (*const steps[])(struct task *) = {open_upload, store_piece, end_upload};
    struct task *t = (struct task *)job;
    steps[t->step](t);
    t->why = errno;
}

static void begin_step(struct task *t, int step)
{
    t->step = step;
    t->under_way = step == TASK_PIECE ? 2 : 1;
    t->upload->ending = step == TASK_END;
    if (step == TASK_PIECE)
        file_work(t->service, &t->hashing.job);
    file_work(t->service, &t->job);
}

static void end_task(struct task *t)
{
    file_let_go(t->service, t->held);
    if (t->bytes)
        evbuffer_free(t->bytes);
    free(t);
}

/* All of it is there, its digest too if that was to follow. */
static bool is_whole(const struct task *t)
{
    const struct about *a = &t->about;
    return sw_vfile_offset(t->upload->file) == t->upload->length && (!a->follows || a->sha256[0] || t->claimed[0]);
}

static int step_after(const struct task *t)
{
    if (t->behind) /* which takes minutes for a large one: whoever comes back begins it again */
        return t->service->ending ? TASK_ANSWER : TASK_OPEN;
    if (t->step == TASK_OPEN && t->bytes)
        return TASK_PIECE;
    return is_whole(t) ? TASK_END : TASK_ANSWER;
}

static void next_step(struct task *t)
{
    int next = TASK_ANSWER;
    t->upload->busy = t->upload->ending = false;
    if (t->err == SW_OK)
        t->err = t->hash_err;
    if (t->err) {
        answer_error(t);
    } else if (t->step == TASK_END) {
        answer_end(t);
    } else if ((next = step_after(t)) == TASK_ANSWER) {
        answer_offset(t);
    } else if (next != TASK_PIECE || !piece_refused(t)) {
        t->upload->busy = true;
        begin_step(t, next);
        return;
    }
    end_task(t);
}

static void job_done(struct task *t)
{
    if (--t->under_way == 0)
        next_step(t);
}

static void step_done(struct job *job)
{
    job_done((struct task *)job);
}

static void hashing_done(struct job *job)
{
    job_done(((struct hashing *)job)->task);
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct task *t = user;
    (void)rq;
    t->rq = NULL;
}

struct task *task_new(struct file_service *s, struct http_request *rq, struct upload *u, int status)
{
    struct task *t = calloc(1, sizeof *t);
    if (!t) {
        u->busy = false;
        file_refuse(s, rq, SW_ERR_MEMORY, "upload");
        return NULL;
    }
    *t = (struct task){.job = {.run = run_step, .done = step_done},
                       .hashing = {.job = {.run = hash_piece, .done = hashing_done}, .task = t},
                       .service = s,
                       .upload = u,
                       .rq = rq,
                       .status = status,
                       .held = -1};
    return t;
}

void task_begin(struct task *t)
{
    http_work(t->rq, FILE_AHEAD, nobody_waits, t);
    begin_step(t, TASK_OPEN);
}
