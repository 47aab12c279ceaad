/* Whom a file is sealed for: the --to of the command line, certificates in files or names that a server knows. */
#ifndef SW_APPS_MESSAGE_TO_H
#define SW_APPS_MESSAGE_TO_H

#include "apps/cli/options.h"
#include "apps/seal/seal.h"

struct recipients {
    struct seal_chain chain[SEAL_TO_MAX];
    size_t n;
};

/*
 * recipients_read: each --to. A name's certificates, those of all its devices, come from the server; like those in
 * files they are believed only as far as p's roots, lists and time go, and those of a name that may not be sealed for
 * are left out as long as others are there. Returns an exit code; said. Give back in any case with recipients_free.
 */
int recipients_read(struct app *app, const struct seal_params *p, struct recipients *out);
void recipients_free(struct recipients *r);

#endif
