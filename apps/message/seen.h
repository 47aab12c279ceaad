/*
 * What this user has been shown, so that no message is shown twice although a connection, the server or this program died in between. A file
 * of lines "ID EXPIRES", appended to and flushed, shared by all that run at once.
 */
#ifndef SW_APPS_MESSAGE_SEEN_H
#define SW_APPS_MESSAGE_SEEN_H

#include "apps/cli/options.h"

struct seen;

/* seen_open: the user's file ($XDG_STATE_HOME/sealwax/seen); entries that expired a day ago are left out of it. Returns an exit code; said. */
int seen_open(struct seen **out, const struct app *app);
void seen_close(struct seen *seen);

/* seen_has: whether it was shown. seen_add: it is: on the disk when this returns APP_DONE; else an exit code, said. */
bool seen_has(const struct seen *seen, const char *id);
int seen_add(struct seen *seen, const char *id, int64_t expires);

#endif
