/* Our own certificate, looked at before a peer looks at it: what it will refuse can be said earlier and better here. */
#ifndef SW_APPS_TLS_OWN_CERT_H
#define SW_APPS_TLS_OWN_CERT_H

#include "apps/cli/options.h"
#include "include/sealwax.h"
#include "ttp/file.h"

/*
 * own_key_read: a file with a private key, to be freed. One that others can read is refused, or with exposed_ok used
 * with a warning; what is no key at all is named before that.
 *   beside   the file is that of --cert, for there was no --key
 * Returns an exit code; said.
 */
int own_key_read(const struct app *app, const char *path, bool beside, bool exposed_ok, struct sw_file *out);

/*
 * own_cert_judge: warn if the first certificate of a file (PEM or DER) has expired, is not valid yet, or is not for
 * what role does with it. The peer decides; so this is a warning, and what cannot be read is for others to say.
 */
void own_cert_judge(const struct app *app, enum sw_role role, const char *path, const struct sw_file *file);

#endif
