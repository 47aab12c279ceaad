/*
 * What this user has been shown, so that no message is shown twice although a connection, the server or this program
 * died in between, or another one reads at the same time. A file of lines "ID EXPIRES", appended to and flushed, shared
 * by all that run at once.
 */
#ifndef SW_APPS_MESSAGE_SEEN_H
#define SW_APPS_MESSAGE_SEEN_H

#include "apps/cli/options.h"

struct seen;

/*
 * seen_open: the user's file ($XDG_STATE_HOME/sealwax/seen); entries that expired a day ago are left out of it. Returns
 * an exit code; said. seen_close: takes NULL.
 */
int seen_open(struct seen **out, const struct app *app);
void seen_close(struct seen *seen);

/*
 * seen_has: whether it was shown, by whichever program. seen_add: it is: on the disk when this returns APP_DONE; else
 * an exit code, said.
 * seen_claim: both in one step, so that of several only one shows it: *ours.
 */
bool seen_has(struct seen *seen, const char *id);
int seen_add(struct seen *seen, const char *id, int64_t expires);
int seen_claim(struct seen *seen, const char *id, int64_t expires, bool *ours);

/*
 * seen_begin_turn, seen_end_turn: one program at a time looks, shows and notes. Who is kept waiting for seconds, as by
 * a terminal that stands still, goes on without: seen_claim needs no turn.
 */
void seen_begin_turn(struct seen *seen);
void seen_end_turn(struct seen *seen);

#endif
