/*
 * The head of an encrypted file (apps/vault/vfile.h): "SWXF1\r\n" and a zero byte, the file's id (16), a length (2),
 * and so many bytes that are sealed by the vault under the name "file ID": the file's key (32), the length of its
 * content (8), its description. Zeroes fill it up to VFILE_HEAD_LEN. All numbers are big-endian.
 */
#ifndef SW_APPS_VAULT_HEAD_H
#define SW_APPS_VAULT_HEAD_H

#include "apps/vault/rewrap.h"
#include "apps/vault/vault.h"

enum {
    VFILE_HEAD_LEN = 4096,
    VFILE_ID = 16,
    VFILE_KEY = 32,
    VFILE_META_MAX = 3500 /* bytes of description */
};

/* What a head says, but for the key, which stays in memory no longer than it must. */
struct vfile_head {
    uint8_t id[VFILE_ID]; /* public */
    int64_t length;       /* of the content */
    size_t meta_len;
    uint8_t meta[VFILE_META_MAX + 1]; /* a zero byte follows the description */
};

/*
 * vfile_head_describe: give it another description. SW_ERR_ARGUMENT if that is too long: it keeps the one it has.
 * vfile_head_seal: write it, with the key, to the beginning of fd. SW_ERR_SYSTEM (errno), SW_ERR_RANDOM, SW_ERR_CRYPTO.
 * vfile_head_unseal: read it; key receives the key, which the caller wipes. SW_ERR_CRYPTO: it was changed, or belongs
 * to another vault; SW_ERR_SYSTEM.
 */
enum sw_err vfile_head_describe(struct vfile_head *head, const void *meta, size_t len) SW_MUST_USE;
enum sw_err vfile_head_seal(int fd, struct sw_vault *vault, const struct vfile_head *head,
                            const uint8_t key[VFILE_KEY]) SW_MUST_USE;
enum sw_err vfile_head_unseal(int fd, struct sw_vault *vault, struct vfile_head *head,
                              uint8_t key[VFILE_KEY]) SW_MUST_USE;

/*
 * Another key of the vault: the file's own key and description are sealed anew, and its chunks stay.
 * vfile_head_read: the head as it is. SW_ERR_STATE: the file is shorter than that.
 * vfile_head_rewrap: seal it anew, in memory (apps/vault/rewrap.h).
 * vfile_head_write: put it over the one of the file with the same id, and flush it to the disk.
 * SW_ERR_NOT_FOUND, SW_ERR_SYSTEM (errno), SW_ERR_CRYPTO (no head, another file).
 */
enum sw_err vfile_head_read(const char *path, uint8_t head[VFILE_HEAD_LEN]) SW_MUST_USE;
enum sw_err vfile_head_rewrap(uint8_t head[VFILE_HEAD_LEN], struct rewrap *r, bool *changed) SW_MUST_USE;
enum sw_err vfile_head_write(const char *path, const uint8_t head[VFILE_HEAD_LEN]) SW_MUST_USE;

#endif
