/*
 * A file encrypted at rest, in chunks: read from anywhere, written from the front, constant memory. Each file has a key
 * of its own, which is sealed with what is known of the file under the vault's key (apps/vault/vault.h); each chunk is
 * bound to the file, to its place, and to whether it is the last, so that truncation, exchange and change are noticed
 * when it is read.
 *
 * On the disk: the head (apps/vault/head.h), then chunks of nonce (12), up to SW_VFILE_CHUNK bytes, tag (16).
 */
#ifndef SW_APPS_VAULT_VFILE_H
#define SW_APPS_VAULT_VFILE_H

#include "apps/vault/vault.h"
#include "base/hash.h"

enum { SW_VFILE_CHUNK = 65536 };

struct sw_vfile;

/*
 * sw_vfile_create: a new file of exactly length bytes, which come by sw_vfile_append; never over another one.
 *   id     16 bytes, public, that say which file it is
 *   meta   what is known of it, sealed with its key; at most VFILE_META_MAX bytes (else SW_ERR_ARGUMENT)
 * sw_vfile_resume: go on with one that was not finished: what had reached the disk in whole chunks stays, and is to be
 * hashed by sw_vfile_catch_up before anything is appended.
 * sw_vfile_open: read one that is finished. sw_vfile_peek: only what is known of it, finished or not.
 * SW_ERR_SYSTEM (errno), SW_ERR_EXISTS, SW_ERR_NOT_FOUND, SW_ERR_CRYPTO (changed, or of another vault), SW_ERR_MEMORY,
 * SW_ERR_STATE (open: it is not finished).
 */
enum sw_err sw_vfile_create(struct sw_vfile **out, struct sw_vault *vault, const char *path, const uint8_t id[16],
                            int64_t length, const void *meta, size_t meta_len) SW_MUST_USE;
enum sw_err sw_vfile_resume(struct sw_vfile **out, struct sw_vault *vault, const char *path) SW_MUST_USE;
enum sw_err sw_vfile_open(struct sw_vfile **out, struct sw_vault *vault, const char *path) SW_MUST_USE;
enum sw_err sw_vfile_peek(struct sw_vfile **out, struct sw_vault *vault, const char *path) SW_MUST_USE;

/* sw_vfile_close: what was appended and fills no chunk is forgotten, unless the file is whole. Takes NULL. */
void sw_vfile_close(struct sw_vfile *file);

/* sw_vfile_length: of its content, in bytes. sw_vfile_offset: bytes that are there so far, those in memory included. */
int64_t sw_vfile_length(const struct sw_vfile *file);
int64_t sw_vfile_offset(const struct sw_vfile *file);
/*
 * sw_vfile_meta: what is known of it, *len bytes and a zero behind them, until sw_vfile_describe or sw_vfile_close.
 * sw_vfile_id: the 16 bytes it was created with, as long as it is open.
 */
const void *sw_vfile_meta(const struct sw_vfile *file, size_t *len);
const uint8_t *sw_vfile_id(const struct sw_vfile *file);

/*
 * sw_vfile_append: the next len bytes. SW_ERR_SPACE if that is more than the file's length; after any other error
 * (SW_ERR_SYSTEM) close it: sw_vfile_resume finds what is on the disk.
 * sw_vfile_store, sw_vfile_hash: the two halves of that, each to be given every byte once and in order; they may run in
 * two threads at once.
 * sw_vfile_catch_up: of what was there when it was resumed, hash some `most` bytes more; *all: that was all.
 * SW_ERR_CRYPTO: it was changed.
 */
enum sw_err sw_vfile_append(struct sw_vfile *file, const void *p, size_t len) SW_MUST_USE;
enum sw_err sw_vfile_store(struct sw_vfile *file, const void *p, size_t len) SW_MUST_USE;
enum sw_err sw_vfile_hash(struct sw_vfile *file, const void *p, size_t len) SW_MUST_USE;
enum sw_err sw_vfile_catch_up(struct sw_vfile *file, int64_t most, bool *all) SW_MUST_USE;
/*
 * sw_vfile_finish: when all is there: flush it to the disk. digest receives the SHA-256 of the content. SW_ERR_STATE:
 * not all is there, or not all is hashed.
 */
enum sw_err sw_vfile_finish(struct sw_vfile *file, uint8_t digest[32]) SW_MUST_USE;

/*
 * sw_vfile_describe: what is known of it from now on, sealed anew with the file's key, and flushed to the disk. A crash
 * meanwhile may leave a file that cannot be opened: for one that is not in use yet. After an error it has the
 * description it had. SW_ERR_ARGUMENT: too long; errors as of sw_vfile_open.
 */
enum sw_err sw_vfile_describe(struct sw_vfile *file, struct sw_vault *vault, const void *meta,
                              size_t meta_len) SW_MUST_USE;

/* sw_vfile_read: up to len bytes from offset on; *got 0 at the end. SW_ERR_CRYPTO: the chunk was changed. */
enum sw_err sw_vfile_read(struct sw_vfile *file, int64_t offset, void *out, size_t len, size_t *got) SW_MUST_USE;

#endif
