/*
 * What this user has been shown, so that no message is shown twice although a connection, the server or this program
 * died in between, or another one reads at the same time. A file of lines "ID EXPIRES", and "begun ID EXPIRES" before a
 * message that may be shown once only, appended to and flushed, shared by all that run at once.
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
 * seen_has: whether it was shown, or may have been, by whichever program. seen_add: it is: on the disk when this
 * returns APP_DONE; else an exit code, said.
 */
bool seen_has(struct seen *seen, const char *id);
int seen_add(struct seen *seen, const char *id, int64_t expires);

/* What may be shown once only, and who has begun to. */
enum seen_claim {
    SEEN_OURS,       /* nobody: it is on the disk now that we have */
    SEEN_SHOWN,      /* it was shown */
    SEEN_ELSEWHERE,  /* a program that is about to show it, just now */
    SEEN_INTERRUPTED /* one that ended before it could say that it had: it was shown, or it was not */
};

/*
 * seen_claim: begin, so that of several only one shows it. seen_finish: what was ours has been shown, or never will be;
 * it need not be on the disk, as losing it makes a message that was shown one that may have been. Both return an exit
 * code; said.
 */
int seen_claim(struct seen *seen, const char *id, int64_t expires, enum seen_claim *out);
int seen_finish(struct seen *seen, const char *id, int64_t expires);

/*
 * seen_begin_turn, seen_end_turn: one program at a time looks, shows and notes. Who is kept waiting for seconds, as by
 * a terminal that stands still, goes on without: seen_claim needs no turn.
 */
void seen_begin_turn(struct seen *seen);
void seen_end_turn(struct seen *seen);

#endif
