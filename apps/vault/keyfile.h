/*
 * The file that the vault's key is kept in: one line of text, so that a person sees what it is and an editor does not
 * spoil it. Either the key itself, or the key wrapped under another one, which a card has (apps/store/state_key.c says
 * where). The card is asked once, when the vault is opened, and what it gives back lives in memory alone.
 */
#ifndef SW_APPS_VAULT_KEYFILE_H
#define SW_APPS_VAULT_KEYFILE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SW_VAULT_KEY = 32,
    SW_VAULT_PLAIN = 48,         /* what is wrapped: the key, and before it what says that it is one */
    SW_VAULT_METHOD_MAX = 32,    /* a name: letters, digits and -, and a zero */
    SW_VAULT_WRAPPED_MAX = 1024, /* as long as an RSA modulus of 8192 bits */
};

/* The key as it stands in a file that is worth nothing without the other key. */
struct sw_vault_wrapped {
    char method[SW_VAULT_METHOD_MAX]; /* how it was wrapped, public */
    uint8_t bytes[SW_VAULT_WRAPPED_MAX];
    size_t len;
};

/* Who wraps and unwraps. Both may return any error; SW_ERR_CALLBACK is for one that was said already. */
struct sw_vault_wrap {
    enum sw_err (*wrap)(void *ctx, const uint8_t plain[SW_VAULT_PLAIN], struct sw_vault_wrapped *out);
    enum sw_err (*unwrap)(void *ctx, const struct sw_vault_wrapped *in, uint8_t plain[SW_VAULT_PLAIN]);
    void *ctx;
};

/* Where the key is, and how it stands there: wrap NULL, as it is. */
struct sw_vault_key {
    const char *path;
    const struct sw_vault_wrap *wrap;
};

/* A key file that is not wrapped. */
#define SW_VAULT_FILE(file) (&(const struct sw_vault_key){(file), NULL})

/*
 * vault_key_read: SW_ERR_NOT_FOUND; SW_ERR_PERMISSION: others can read it, wrapped or not; SW_ERR_KEY_DECODE: it is no
 * key file, or is wrapped where it should not be, or the reverse; SW_ERR_SYSTEM; what unwrapping returned.
 * vault_key_make: a new key, in a new file (0600, SW_ERR_EXISTS). SW_ERR_RANDOM, SW_ERR_SYSTEM; what wrapping returned.
 */
enum sw_err vault_key_read(const struct sw_vault_key *at, uint8_t key[SW_VAULT_KEY]) SW_MUST_USE;
enum sw_err vault_key_make(const struct sw_vault_key *at, uint8_t key[SW_VAULT_KEY]) SW_MUST_USE;

/* vault_key_is_wrapped: what a file is, before anybody is asked for a PIN; *is. Errors as of vault_key_read. */
enum sw_err vault_key_is_wrapped(const char *path, bool *is) SW_MUST_USE;

#endif
