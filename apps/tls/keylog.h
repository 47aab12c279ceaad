/* SSLKEYLOGFILE (RFC 9850): the secrets of connections, for analysers like Wireshark. */
#ifndef SW_APPS_TLS_KEYLOG_H
#define SW_APPS_TLS_KEYLOG_H

#include "apps/cli/options.h"
#include "include/sealwax.h"

/*
 * keylog_attach: let cfg's connections append their secrets to the file that SSLKEYLOGFILE names, created with mode
 * 0600, with a warning on standard error. A server does so only when built with SW_KEYLOG; otherwise the variable is
 * ignored, with a line saying so. Returns an exit code.
 */
int keylog_attach(const struct app *app, struct sw_config *cfg, enum sw_role role);

/*
 * For who takes the secrets himself: keylog_may: whether one of this role may have them at all. keylog_open: the file
 * for keylog_write, with the same warning; *fd is -1 where there is none. Returns an exit code.
 */
bool keylog_may(enum sw_role role);
int keylog_open(const struct app *app, enum sw_role role, int *fd);
void keylog_write(int fd, const char *text);

#endif
