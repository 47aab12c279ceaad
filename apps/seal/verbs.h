/* What the verb that seals a file has of its own, apart from whom it seals for. */
#ifndef SW_APPS_SEAL_VERBS_H
#define SW_APPS_SEAL_VERBS_H

#include "apps/cli/options.h"
#include "apps/seal/seal.h"

/*
 * seal_read_form: --seal, --ttl, --der and the time into p. seal_file: the file of the command line, sealed, to --output.
 * Both return an exit code; said.
 */
int seal_read_form(const struct app *app, struct seal_params *p);
int seal_file(const struct app *app, const struct seal_params *p);

#endif
