/*
 * Settings that do not stand on the command line: the environment (SEALWAX_TRUST for --trust), then files. The names
 * are those of the option table, so there is nothing to learn twice. An option that was given nearer is left alone:
 * command line, environment, file.
 */
#ifndef SW_APPS_CLI_CONFIG_H
#define SW_APPS_CLI_CONFIG_H

#include "apps/cli/options.h"

/*
 * config_apply: add what the environment and the files say to app, whose verb is known. Files: --config FILE; else for
 * the daemon sealwaxd.conf, conf.d/NAME.conf and sealwaxd.conf.d/NAME.conf in $CONFIGURATION_DIRECTORY or /etc/sealwax,
 * for the client $XDG_CONFIG_HOME/sealwax/config; "none" reads none.
 * INI: "trust = /etc/sealwax/root.crt", a name again is the option again, switches take yes or no; a relative file is
 * relative to the directory of the file that names it. Several files are as one: of an option that counts once, the
 * last value holds. A credential of that name (apps/cli/places.h) comes before any other file with a relative name.
 * Returns an exit code; what is wrong was said with file and line.
 */
int config_apply(struct app *app);

/*
 * config_apply_from: the same with other usual files: path, which need not be there, and all that match the pattern
 * more, braces and all; path NULL: the user's.
 */
int config_apply_from(struct app *app, const char *path, const char *more);

#endif
