/*
 * What the server keeps is sealed under one key file: AES-256-GCM with a random nonce. Whoever has only the database, a
 * copy of it or a replica has no message. Each sealed thing is bound to a name (its associated data), so that none can
 * take another's place.
 *   The key can be changed for another one (apps/daemon/rekey.c). As long as that takes, the new key lies beside the
 * old one in PATH.next, and nothing but the change may use either: whoever sealed under the old key meanwhile would
 * lose it.
 */
#ifndef SW_APPS_VAULT_VAULT_H
#define SW_APPS_VAULT_VAULT_H

#include "apps/vault/keyfile.h"
#include "base/aead.h"
#include <pthread.h>
#include <stdbool.h>

enum {
    SW_VAULT_EXTRA = SW_AEAD_NONCE + SW_AEAD_TAG, /* bytes a sealed thing is longer */
    SW_VAULT_PATH_MAX = 4096
};

/*
 * An open key. Several threads may use it at once, each call under the lock: wolfCrypt does not promise that a key
 * schedule is only read. Today's AES-GCM reads it (AES-NI, ARMv8 and portable C alike keep counter and hash on their
 * stack), but a build with OPENSSL_EXTRA writes a length into it, and the calls in pieces keep everything there. What
 * is sealed here is short, and an expanded key for each thread would be another copy to wipe.
 */
struct sw_vault {
    struct sw_aead aead;
    pthread_mutex_t lock;
    bool open;
    uint8_t id[8]; /* of the key, to tell one key file from another; public */
};

/*
 * sw_vault_open: read the key file, or make one (0600, never over another file) if there is none and create is set.
 * SW_ERR_PERMISSION if others can read it; SW_ERR_KEY_DECODE if it is no key file; SW_ERR_STATE if its change for
 * another one was interrupted; SW_ERR_NOT_FOUND, SW_ERR_SYSTEM, SW_ERR_RANDOM, SW_ERR_CRYPTO; what unwrapping returned.
 */
enum sw_err sw_vault_open(struct sw_vault *vault, const struct sw_vault_key *at, bool create) SW_MUST_USE;
void sw_vault_close(struct sw_vault *vault); /* also of one that is all zero, or could not be opened */

/*
 * sw_vault_seal: out receives len + SW_VAULT_EXTRA bytes: nonce, ciphertext, tag. sw_vault_unseal: out receives len -
 * SW_VAULT_EXTRA bytes; SW_ERR_CRYPTO if it was changed, belongs to another name, or to another key.
 */
enum sw_err sw_vault_seal(struct sw_vault *vault, const char *name, const void *in, size_t len,
                          uint8_t *out) SW_MUST_USE;
enum sw_err sw_vault_unseal(struct sw_vault *vault, const char *name, const uint8_t *in, size_t len,
                            void *out) SW_MUST_USE;

/*
 * Changing the key. sw_vault_next: the name of the new key, while there are two; false if it is too long.
 * sw_vault_change_from: the old key, whether or not there is a new one. sw_vault_change_to: the new key, which is made
 * and on the disk if there was none; it has the owner of the old one, and may be wrapped where that is not, or the
 * reverse: at is where the old one is, and how the new one stands there. Errors as above.
 * sw_vault_change_end: nothing needs the old key any more: the new one takes its name, and the old one's bytes are
 * overwritten. SW_ERR_SYSTEM.
 */
bool sw_vault_next(const char *path, char out[SW_VAULT_PATH_MAX]) SW_MUST_USE;
enum sw_err sw_vault_change_from(struct sw_vault *vault, const struct sw_vault_key *at) SW_MUST_USE;
enum sw_err sw_vault_change_to(struct sw_vault *vault, const struct sw_vault_key *at) SW_MUST_USE;
enum sw_err sw_vault_change_end(const char *path) SW_MUST_USE;

#endif
