/* Our own certificate, looked at before a peer looks at it: what it will refuse can be said earlier and better here. */
#ifndef SW_APPS_OWN_CERT_H
#define SW_APPS_OWN_CERT_H

#include "apps/options.h"
#include "include/sealwax.h"
#include "ttp/file.h"

/*
 * own_cert_judge: warn if the first certificate of a file (PEM or DER) has expired, is not valid yet, or is not for what role does with
 * it. The peer decides; so this is a warning, and what cannot be read is for others to say.
 */
void own_cert_judge(const struct app *app, enum sw_role role, const char *path, const struct sw_file *file);

#endif
