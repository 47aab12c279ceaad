/* Where sealwax keeps what it has to know the next time: the user's own directory for that. */
#ifndef SW_APPS_MESSAGE_PLACE_H
#define SW_APPS_MESSAGE_PLACE_H

#include "apps/cli/options.h"

enum { PLACE_MAX = 4096 };

/*
 * place_of: the path of a file there ($XDG_STATE_HOME/sealwax, or ~/.local/state/sealwax); the directory is made, for
 * this user alone. Returns an exit code; said.
 */
int place_of(const struct app *app, const char *name, char out[PLACE_MAX]);

#endif
