/* Where the server keeps what it keeps. */
#ifndef SW_APPS_STORE_STATE_H
#define SW_APPS_STORE_STATE_H

#include "apps/cli/options.h"
#include "apps/store/store.h"
#include "apps/vault/vault.h"

enum { STATE_PATH_MAX = 4096 };

/*
 * state_path: --state, $STATE_DIRECTORY or /var/lib/sealwax, made if need be, and a name in it ("": itself). Returns an
 * exit code; said.
 */
int state_path(const struct app *app, const char *name, char out[STATE_PATH_MAX]);

/*
 * state_there: that directory exists, for what only looks or takes away: a mistyped name must not become an empty
 * mailbox. Exit code; said.
 */
int state_there(const struct app *app);

/*
 * state_as_owner: go on as the owner of that directory (owner.h). For the verbs beside serve, before they open anything
 * there. Exit code; said.
 */
int state_as_owner(const struct app *app);

/* state_store: where the mailbox is: --store, or mail.db there. The same. */
int state_store(const struct app *app, char out[STATE_PATH_MAX]);

/* state_vault: open the key that state_key_of (state_key.h) finds; create: make one if there is none. Exit code; said. */
int state_vault(const struct app *app, bool create, struct sw_vault *out);

/*
 * state_open_store: open what state_store and state_key_of say, with the licences that lie beside (sw_store_adopt).
 * Exit code; said.
 */
int state_open_store(const struct app *app, const struct sw_store_limits *limits, struct sw_store **out);

/* state_store_failed: what the store said when it returned SW_ERR_SYSTEM, and which one it is. Exit code; said. */
int state_store_failed(const struct app *app, const struct sw_store *store);

/*
 * state_lock: say that this process works there, with others (alone false) or alone; *fd holds it until it is closed. A
 * process that holds keys in memory must not meet one that changes them. state_lock_directory: the same in any
 * directory. Exit code; said.
 */
int state_lock(const struct app *app, bool alone, int *fd);
int state_lock_directory(const struct app *app, const char *dir, bool alone, int *fd);

/*
 * state_lock_server: say that this process serves from there, which only one does: another one would not hear of what
 * this one changes, and both would write into the same uploads. Waits so many milliseconds for one that is about to
 * end. The same.
 */
int state_lock_server(const struct app *app, int patience, int *fd);

/*
 * state_server_name: what the server of this directory, which fd locks so, is called among those that share a store:
 * the same ever after, as far as the disk allows. The same.
 */
int state_server_name(const struct app *app, int fd, char out[SW_STREAM_ID_MAX]);

#endif
