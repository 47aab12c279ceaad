/* Private to the files over HTTP: the service, and what its handlers share. */
#ifndef SW_APPS_FILE_SERVICE_H
#define SW_APPS_FILE_SERVICE_H

#include "apps/file/server.h"
#include "apps/file/worker.h"
#include "apps/vault/vfile.h"

enum {
    FILE_PATH_MAX = 4096,
    FILE_UPLOADS = 16 /* open at once */,
    FILE_DIGEST = 32,
    FILE_HEX = 2 * FILE_DIGEST + 1,
    FILE_ID = 16
};

struct upload {
    char id[2 * FILE_ID + 1];
    struct sw_vfile *file;
    int64_t used; /* when, to close the oldest */
    struct piece *
        piece; /* with the worker, who alone may touch file meanwhile, but for its length and description; NULL: none is */
};

struct file_service {
    char dir[FILE_PATH_MAX];
    struct sw_vault *vault;
    struct file_limits limits;
    const struct sw_config *cfg; /* has the keys of put --protect=rsa, or NULL */
    struct file_events events;
    struct worker *worker; /* NULL: pieces are dealt with in the loop */
    struct upload uploads[FILE_UPLOADS];
    int64_t clock; /* counts uses */
};

/* What is known of a file. */
struct about {
    char owner[128], name[FILE_NAME_MAX], sha256[FILE_HEX];
    int64_t created;
    bool replace;
    bool follows; /* an upload: its digest comes last, and without it there is no file */
};

/* --- space.c: names, places, and what a file says of itself --------------------------------------------------------------- */

void file_hex(const uint8_t *p, size_t len, char *out);
/* file_digest_of: of a text, hexadecimal. file_place: where an owner's file is, or (name NULL) his directory. file_upload_path: an upload's file. */
bool file_digest_of(const char *text, char out[FILE_HEX]);
bool file_place(const struct file_service *s, const char *owner, const char *name, char out[FILE_PATH_MAX]);
void file_upload_path(const struct file_service *s, const char *id, char out[FILE_PATH_MAX]);
bool file_is_id(const char *text);
bool file_is_digest(const char *text);
char *about_encode(const struct about *a);
bool about_decode(const struct sw_vfile *file, struct about *a);
/* file_open: an owner's complete file, whose description says it is that. file_space_used: bytes his files take. */
enum sw_err file_open(struct file_service *s, const char *owner, const char *name, struct sw_vfile **out,
                      struct about *a);
int64_t file_space_used(const struct file_service *s, const char *owner);
void file_sync_directory(const char *path);
/*
 * file_hold, file_let_go: before and after path is removed or replaced. What is held then is freed by the worker: a file system takes long to free a large file.
 */
int file_hold(const char *path);
void file_let_go(struct file_service *s, int held);
/* file_number: digits and nothing else, at most 18. */
bool file_number(const char *text, int64_t *out);
/* file_happened, file_trouble: to the log. file_refuse: log and answer an error of the store, which is in errno; rq NULL: nobody waits for an answer. file_set_tus: the headers of each answer to an upload. */
void file_happened(const struct file_service *s, const char *what, const char *who, int64_t bytes);
void file_trouble(const struct file_service *s, const char *what, const char *why);
void file_refuse(struct file_service *s, struct http_request *rq, enum sw_err err, const char *what);
void file_set_tus(struct http_request *rq, int64_t offset);

/* --- upload.c, piece.c: what one needs of the other ------------------------------------------------------------------------ */

/* upload_named: the upload that a request names, of who asks, with no piece under way; NULL: it is answered. upload_forget: close it. upload_drop: remove it. */
struct upload *upload_named(struct file_service *s, struct http_request *rq, struct about *a);
void upload_forget(struct upload *u);
void upload_drop(struct file_service *s, struct upload *u);
/* upload_is_whole: all of it has come, its digest too if that was to follow. */
bool upload_is_whole(const struct upload *u, const struct about *a);
/* upload_settle: wait for its piece, and answer that; the upload may be gone afterwards. upload_finish: all is there: checked, on the disk, under its name, and answered. */
void upload_settle(struct file_service *s, struct upload *u);
void upload_finish(struct file_service *s, struct http_request *rq, struct upload *u, const struct about *a,
                   int status);

/* --- upload.c, piece.c, download.c: the handlers ----------------------------------------------------------------------------------- */

void upload_post(void *ctx, struct http_request *rq);
void upload_patch(void *ctx, struct http_request *rq);
void upload_head(void *ctx, struct http_request *rq);
void upload_delete(void *ctx, struct http_request *rq);
void upload_options(void *ctx, struct http_request *rq);
void files_list(void *ctx, struct http_request *rq);
void files_get(void *ctx, struct http_request *rq);
void files_delete(void *ctx, struct http_request *rq);

#endif
