/*
 * What a sealed message is known by when it is sent again: each time it is sealed its bytes are others, so the server
 * cannot tell whether the same Idempotency-Key came with the same message. It is told a keyed hash of the text, from
 * which nobody without the key (a file of this user's) learns anything but that.
 */
#ifndef SW_APPS_MESSAGE_REPEAT_H
#define SW_APPS_MESSAGE_REPEAT_H

#include "apps/cli/options.h"

enum { REPEAT_MAX = 65 /* hex digits and a NUL */ };

/*
 * repeat_fingerprint: of a text for somebody under an Idempotency-Key: the same for the same three, by this user on this
 * machine. $XDG_STATE_HOME/sealwax/repeat.key is made when it is first needed. Returns an exit code; said.
 */
int repeat_fingerprint(const struct app *app, const char *key, const char *to, const void *text, size_t len,
                       char out[REPEAT_MAX]);

#endif
