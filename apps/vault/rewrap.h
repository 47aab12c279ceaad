/*
 * What is sealed under one key of the vault, sealed anew under another: one pass over everything that is kept
 * (apps/daemon/rekey.c).
 */
#ifndef SW_APPS_VAULT_REWRAP_H
#define SW_APPS_VAULT_REWRAP_H

#include "apps/vault/vault.h"

struct rewrap {
    struct sw_vault *from, *to; /* to NULL: nothing is changed, and only what cannot be read is found */
    void (*unreadable)(void *ctx, const char *file, const char *what); /* "mail.db", "message 12ab" */
    void *ctx;
    unsigned long changed, unreadable_n;
};

/*
 * rewrap_seal: in is what was sealed under name, len bytes; out receives as many.
 *   changed  receives whether out is to take its place; false: it is sealed under the new key already, or nothing is to
 *            be changed
 * SW_ERR_CRYPTO: neither key opens it; SW_ERR_MEMORY, SW_ERR_RANDOM. Those that change count it themselves, when it is
 * on the disk.
 * rewrap_unreadable: tell of it, and count it.
 */
enum sw_err rewrap_seal(struct rewrap *r, const char *name, const uint8_t *in, size_t len, uint8_t *out,
                        bool *changed) SW_MUST_USE;
void rewrap_unreadable(struct rewrap *r, const char *file, const char *what);

#endif
