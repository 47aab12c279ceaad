/* Private to sealwaxd rekey: the files of a directory. */
#ifndef SW_APPS_DAEMON_REKEY_H
#define SW_APPS_DAEMON_REKEY_H

#include "apps/cli/options.h"
#include "apps/vault/rewrap.h"

/* rekey_files: seal the heads of all files, uploads and tracks below dir anew. Exit code; said. */
int rekey_files(const struct app *app, const char *dir, struct rewrap *r);

#endif
