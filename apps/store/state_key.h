/* Which key opens what a server keeps: --vault-key, a credential of the service manager, or vault.key beside it. */
#ifndef SW_APPS_STORE_STATE_KEY_H
#define SW_APPS_STORE_STATE_KEY_H

#include "apps/cli/options.h"
#include "apps/store/state.h"
#include "apps/vault/keyfile.h"

/*
 * A key file, and the card that unwraps it, if it is wrapped. It points into itself and stays where it is; app and what
 * its options say must outlive it.
 */
struct state_key {
    const struct app *app;
    char path[STATE_PATH_MAX];
    const char *uri; /* of a key on a card, or NULL */
    int code;        /* how the card failed; said */
    struct sw_vault_wrap wrap;
    struct sw_vault_key key;
};

/*
 * state_key_of: as an option says, OPT_VAULT_KEY or OPT_COPY_KEY: a file, a pkcs11: URI, or one of each. A file that is
 * there must be wrapped exactly if there is a URI.
 *   dir  where vault.key is, if no file is named; "": one must be
 * state_key_set: a file, and a URI or NULL, whatever is there. Exit codes; said.
 */
int state_key_of(const struct app *app, enum app_option option, const char *dir, struct state_key *out);
int state_key_set(const struct app *app, const char *path, const char *uri, struct state_key *out);

/* state_key_failed: what a function that opened the key returned, about a file or thing. Exit code; said. */
int state_key_failed(const struct state_key *key, enum sw_err err, const char *what);

#endif
