/*
 * The bytes of an encrypted file, or of a part of it, for an answer: read and decrypted beside the loop, a block ahead
 * of what leaves. All in the loop's thread.
 */
#ifndef SW_APPS_VAULT_AHEAD_H
#define SW_APPS_VAULT_AHEAD_H

#include "apps/net/worker.h"
#include "apps/vault/vfile.h"

struct ahead;

#define AHEAD_LATER SIZE_MAX /* as HTTP_LATER (apps/http/http.h) */

/*
 * ahead_new: takes the file over, and reads nothing yet. NULL without memory: the file is closed.
 *   worker        may be NULL: all is done in the loop
 *   from, length  in the file
 *   chunks        of SW_VFILE_CHUNK bytes that a block has; two blocks are kept
 *   ready         a block has come, or cannot be had (ahead_error); called with user, also from within ahead_begin
 * ahead_begin: read the first one. ahead_free: also while a thread reads; ready is not called any more. Takes NULL.
 */
struct ahead *ahead_new(struct worker *worker, struct sw_vfile *file, int64_t from, int64_t length, unsigned chunks,
                        void (*ready)(void *user), void *user);
void ahead_begin(struct ahead *a);
void ahead_free(struct ahead *a);

/* ahead_give: up to cap of the next bytes; 0: there are no more, or an error is in the way; AHEAD_LATER: not yet. */
size_t ahead_give(struct ahead *a, uint8_t *buf, size_t cap);
/*
 * ahead_error: SW_OK, or why there is no next block: SW_ERR_MEMORY, SW_ERR_CRYPTO, SW_ERR_SYSTEM with *why, an errno.
 */
enum sw_err ahead_error(const struct ahead *a, int *why);

#endif
