/*
 * Files: the only part of the library that opens any. What is read is read whole, up to a limit; what is written
 * appears under its name complete or not at all, whatever happens: it is written to a file without a name (or one
 * beside), flushed to the disk, and then given its name.
 *
 * SW_ERR_SYSTEM leaves the reason in errno.
 */
#ifndef SW_TTP_FILE_H
#define SW_TTP_FILE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest file that is read by default: a large revocation list. */
enum { SW_FILE_MAX = 64 << 20 };

/* The bytes of a file, with a NUL after them that len does not count. */
struct sw_file {
    uint8_t *p;
    size_t len;
};

/*
 * sw_file_read: a whole file, or standard input for "-".
 *   limit   bytes at most; more is SW_ERR_SYSTEM with EFBIG
 * Returns SW_OK, SW_ERR_SYSTEM, SW_ERR_MEMORY. The caller frees with sw_file_free.
 *
 * sw_file_read_secret: the same for a file that holds a private key: a regular file (or a pipe) whose owner is the user
 * or root, and that nobody else can read or write, by its mode or by a list of rights (acl(5)): SW_ERR_PERMISSION. Judged
 * on the open file, so it cannot be exchanged meanwhile.
 */
enum sw_err sw_file_read(const char *path, size_t limit, struct sw_file *out) SW_MUST_USE;
enum sw_err sw_file_read_secret(const char *path, size_t limit, struct sw_file *out) SW_MUST_USE;

/* sw_file_free: wipe and free the bytes; the struct is empty afterwards, and may be so before. */
void sw_file_free(struct sw_file *file);

enum {
    SW_FILE_SECRET = 1,  /* mode 0600; otherwise 0644 less the umask */
    SW_FILE_REPLACE = 2, /* may take the place of a regular file, whose owner and mode it gets, unless it is SECRET */
    SW_FILE_PATH_MAX = 4096
};

/* A file on its way: its bytes are on the disk, its name is not given yet. */
struct sw_file_stage {
    char path[SW_FILE_PATH_MAX];
    char temp[SW_FILE_PATH_MAX]; /* the name beside, or empty: it has none */
    int fd;                      /* can be read, too; -1: nothing staged */
    int dir;                     /* of its directory */
    unsigned flags;
    bool replaced; /* committed, it took the place of another */
};

/*
 * sw_file_stage: write len bytes for path and flush them to the disk; nothing is visible under path yet.
 *   flags   SW_FILE_ flags
 * Returns SW_OK; SW_ERR_EXISTS if there is something under path that may not be replaced (without REPLACE anything;
 * with it what is no regular file: links are never followed); SW_ERR_SYSTEM (a full disk, say), and then nothing is
 * left behind. End it with one of:
 *
 * sw_file_commit: give it its name and flush the directory. Returns SW_OK, SW_ERR_EXISTS, SW_ERR_SYSTEM; ended in any
 * case.
 * sw_file_abort: forget it. Takes an ended or zero-initialised stage with fd -1.
 */
enum sw_err sw_file_stage(struct sw_file_stage *stage, const char *path, const void *p, size_t len,
                          unsigned flags) SW_MUST_USE;
enum sw_err sw_file_commit(struct sw_file_stage *stage) SW_MUST_USE;
void sw_file_abort(struct sw_file_stage *stage);

/* sw_file_write: stage and commit in one. */
enum sw_err sw_file_write(const char *path, const void *p, size_t len, unsigned flags) SW_MUST_USE;

/*
 * sw_file_guard_streams: make sure that descriptors 0 to 2 are taken, before anything is opened: otherwise a file or a
 * connection of ours could come to stand where a caller closed a standard stream, and be read or written as that. Using
 * such a stream fails with EBADF still.
 */
void sw_file_guard_streams(void);

/* sw_file_exists: whether anything (a dangling link too) stands under path. */
bool sw_file_exists(const char *path);

#endif
