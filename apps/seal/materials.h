/*
 * What sealing and opening need besides the message: our certificate and key, and whom we trust, from the options of a
 * verb.
 */
#ifndef SW_APPS_SEAL_MATERIALS_H
#define SW_APPS_SEAL_MATERIALS_H

#include "apps/cli/options.h"
#include "apps/seal/seal.h"

struct seal_materials {
    struct seal_chain chain;
    struct sw_privkey *key;
    struct sw_trust *trust;
};

/*
 * seal_materials_read: from --cert, --key, --passin, --trust and --crl. Returns an exit code; said. Give back in any
 * case with seal_materials_free.
 */
int seal_materials_read(const struct app *app, struct seal_materials *m);
void seal_materials_free(struct seal_materials *m);

/* seal_chain_file: the certificates of a file. Returns an exit code; said. */
int seal_chain_file(const struct app *app, const char *path, struct seal_chain *out);

#endif
