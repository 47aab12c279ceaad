/*
 * Where a service manager says that things are (systemd.exec(5)): $CREDENTIALS_DIRECTORY, $STATE_DIRECTORY,
 * $RUNTIME_DIRECTORY and $CONFIGURATION_DIRECTORY. They win over the places that are built in.
 */
#ifndef SW_APPS_CLI_PLACES_H
#define SW_APPS_CLI_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * places_credential: the file of that name that the service was given, if there is one; out receives its path. A name
 * with a slash in it is none. false: there is no such file, or no directory for them.
 */
bool places_credential(const char *name, char *out, size_t cap);

/* places_is_credential: whether a path is one that places_credential gives. */
bool places_is_credential(const char *path);

/* places_runtime: where a file without a slash in its name goes that the service makes for others; false: nowhere else. */
bool places_runtime(const char *name, char *out, size_t cap);

/*
 * places_first: the directory that a variable names; of several, which stand with colons between them, the first. false:
 * it is not set, or not absolute, or too long.
 */
bool places_first(const char *variable, char *out, size_t cap);

#endif
