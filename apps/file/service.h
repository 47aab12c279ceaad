/* Private to the files over HTTP: the service, and what its handlers share. */
#ifndef SW_APPS_FILE_SERVICE_H
#define SW_APPS_FILE_SERVICE_H

#include "apps/file/server.h"
#include "apps/net/worker.h"
#include "apps/vault/vfile.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
    FILE_PATH_MAX = 4096,
    FILE_OWNER_MAX = 128,
    FILE_UPLOADS = 16 /* open at once */,
    FILE_DIGEST = 32,
    FILE_HEX = 2 * FILE_DIGEST + 1,
    FILE_ID = 16,
    FILE_LITTLE = 65536,           /* of what a peer sends while his request is worked on */
    FILE_AHEAD = (4 << 20) + 65536 /* ... where that is the next piece */
};

_Static_assert((int)FILE_NAME_MAX <= (int)HTTP_SEGMENT_MAX, "what a file may be called can be asked for");

/* An upload that is not finished, in the loop's hands, but for file while it is busy. */
struct upload {
    char id[2 * FILE_ID + 1];
    char owner[FILE_OWNER_MAX]; /* "": it was changed on the disk, and cannot be used */
    int64_t length;
    struct sw_vfile *file; /* NULL: closed */
    bool busy;             /* a request for it is worked on, or it is being removed */
    bool ending;           /* ... and it is getting its name: it may be among the files already */
    int64_t used;          /* when, to close the oldest */
    int64_t touched;       /* the same in seconds, to remove it when nobody goes on with it */
    TAILQ_ENTRY(upload) in_list;
};

TAILQ_HEAD(upload_list, upload);

struct file_service {
    char dir[FILE_PATH_MAX];
    struct sw_vault *vault;
    struct file_limits limits;
    const struct sw_config *cfg; /* has the keys of put --protect=rsa, or NULL */
    struct file_events events;
    struct worker *worker;                    /* NULL: all is done in the loop */
    pthread_mutex_t names;                    /* held by the thread that gives a file its name, or takes it away */
    atomic_bool spare;                        /* the disk is full */
    bool ending;                              /* only what is in hand is finished */
    struct upload_list uploads;               /* all there are */
    TAILQ_HEAD(, announcement) announcements; /* those looked into */
    int64_t clock;                            /* counts uses */
};

/* What is known of a file. */
struct about {
    char owner[FILE_OWNER_MAX], name[FILE_NAME_MAX], sha256[FILE_HEX];
    int64_t created;
    bool replace;
    bool follows; /* an upload: its digest comes last, and without it there is no file */
};

/* --- server.c ----------------------------------------------------------------------------------------------------- */

/* file_work: run a job beside the loop, or, where there is no thread, now. */
void file_work(struct file_service *s, struct job *job);

/* --- space.c: names, places, and what a file says of itself; in any thread, but for those that log or answer ------ */

void file_hex(const uint8_t *p, size_t len, char *out);
/*
 * file_digest_of: of a text, hexadecimal. file_place: where an owner's file is, or (name NULL) his directory.
 * file_upload_path: an upload's file.
 */
bool file_digest_of(const char *text, char out[FILE_HEX]);
bool file_place(const struct file_service *s, const char *owner, const char *name, char out[FILE_PATH_MAX]);
void file_upload_path(const struct file_service *s, const char *id, char out[FILE_PATH_MAX]);
bool file_is_id(const char *text);
bool file_is_digest(const char *text);
char *about_encode(const struct about *a);
bool about_decode(const struct sw_vfile *file, struct about *a);
/*
 * file_open: an owner's complete file, whose description says it is that. file_space_used: bytes his files take; false:
 * that cannot be known now (errno).
 */
enum sw_err file_open(const struct file_service *s, const char *owner, const char *name, struct sw_vfile **out,
                      struct about *a);
bool file_space_used(const struct file_service *s, const char *owner, int64_t *out);
void file_sync_directory(const char *path);
/*
 * file_hold, file_let_go: before and after path is removed or replaced. What is held then is freed beside the loop: a
 * file system takes long to free a large file.
 */
int file_hold(const char *path);
void file_let_go(struct file_service *s, int held);
/* file_space_short: nothing new may be written; then errno is ENOSPC. In any thread. */
bool file_space_short(const struct file_service *s);
/* file_number: digits and nothing else, at most 18. */
bool file_number(const char *text, int64_t *out);
/*
 * file_happened, file_trouble: to the log. file_reason: of an error of the store, which is in errno. file_refuse: log
 * and answer an error of the store, which is in errno; rq NULL: nobody waits for an answer. file_set_tus: the headers
 * of each answer to an upload.
 */
void file_happened(const struct file_service *s, const char *what, const char *who, int64_t bytes);
void file_trouble(const struct file_service *s, const char *what, const char *why);
const char *file_reason(enum sw_err err);
void file_refuse(struct file_service *s, struct http_request *rq, enum sw_err err, const char *what);
void file_set_tus(struct http_request *rq, int64_t offset);

/* --- uploads.c: those that are not finished ----------------------------------------------------------------------- */

/* uploads_load: those on the disk, before anything else. uploads_free: forget all of them. */
void uploads_load(struct file_service *s);
void uploads_free(struct file_service *s);
/*
 * uploads_announced: what an owner has announced and not finished, one upload apart. uploads_sweep: remove those nobody
 * went on with.
 */
struct announced {
    unsigned count;
    int64_t bytes, ending; /* of all; of those that are getting their names */
};
void uploads_announced(const struct file_service *s, const char *owner, const char *except, struct announced *out);
void uploads_sweep(struct file_service *s);
/*
 * upload_find: SW_ERR_NOT_FOUND, also where it is somebody else's; SW_ERR_CRYPTO: it was changed on the disk, and is in
 * *out nevertheless. upload_add: one that is new. NULL without memory.
 */
enum sw_err upload_find(struct file_service *s, const char *owner, const char *id, struct upload **out);
struct upload *upload_add(struct file_service *s, const char *id, const char *owner, int64_t length);
/* upload_take: for one request alone; false: it is busy, or too many are, and that is answered. */
bool upload_take(struct file_service *s, struct http_request *rq, struct upload *u);
/*
 * upload_close: its file. upload_forget: it is an upload no more. upload_drop: remove it, beside the loop, and answer
 * rq, unless that is NULL; nobody else has it.
 */
void upload_close(struct upload *u);
void upload_forget(struct file_service *s, struct upload *u);
void upload_drop(struct file_service *s, struct upload *u, struct http_request *rq);

/* --- task.c: what a request does with an upload ------------------------------------------------------------------- */

enum { TASK_OPEN, TASK_PIECE, TASK_END, TASK_ANSWER };

struct task {
    struct job job;
    struct hashing {
        struct job job;
        struct task *task;
    } hashing;
    unsigned under_way; /* jobs */
    int step;           /* TASK_ */
    struct file_service *service;
    struct upload *upload;
    struct http_request *rq; /* NULL: nobody waits for the answer any more */
    struct about about;      /* begins: what is announced; else, and then: what the file says */
    bool begins;             /* it may not be there yet */
    bool absent;             /* ... and could not be made */
    bool behind;             /* what was there when it was opened is not all hashed yet */
    int status;              /* of the answer, if all is well */
    struct evbuffer *bytes;  /* a piece, which belongs at offset, or NULL */
    int64_t offset;
    char claimed[FILE_HEX]; /* the digest that came with it, or "" */
    /* what came of it */
    enum sw_err err, hash_err;
    int why; /* errno */
    char digest[FILE_HEX];
    bool differs; /* ... is not the announced one */
    int held;     /* what it replaced, or -1 */
};

/*
 * task_new: for an upload that was taken; NULL without memory: it is let go, and answered. task_begin: do it, answer,
 * and let the upload go.
 */
struct task *task_new(struct file_service *s, struct http_request *rq, struct upload *u, int status);
void task_begin(struct task *t);

/* --- the handlers ------------------------------------------------------------------------------------------------- */

void upload_post(void *ctx, struct http_request *rq);
void upload_patch(void *ctx, struct http_request *rq);
void upload_head(void *ctx, struct http_request *rq);
void upload_delete(void *ctx, struct http_request *rq);
void upload_options(void *ctx, struct http_request *rq);
void files_list(void *ctx, struct http_request *rq);
void files_get(void *ctx, struct http_request *rq);
void files_delete(void *ctx, struct http_request *rq);

/*
 * upload_named: the upload that a request names, of who asks; NULL: it is answered. upload_version_fits: of tus; false:
 * it is answered.
 */
struct upload *upload_named(struct file_service *s, struct http_request *rq);
bool upload_version_fits(struct http_request *rq);
/* announcements_ended: an upload of this owner has ended while others of his are looked into. */
void announcements_ended(struct file_service *s, const char *owner, int64_t length);

#endif
