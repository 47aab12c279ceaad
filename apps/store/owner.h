/* Whose the things are that a server keeps, when it is root who looks after them. */
#ifndef SW_APPS_STORE_OWNER_H
#define SW_APPS_STORE_OWNER_H

#include "apps/cli/options.h"

/*
 * owner_become: where root looks after a directory of somebody else's, as a service manager makes one, go on as its
 * owner: what is made or changed there stays readable to the server, and nothing that the server may have put there
 * leads root anywhere. Of root's rights one is left, to read: certificates and tracks in a home directory, and a way
 * that leads through /var/lib/private. access(2) does not know of that right, faccessat(2) with AT_EACCESS does. There
 * is no way back. Does nothing for anybody else, and where there is no such directory.
 *   dir   the directory; links are followed
 * Returns an exit code; said.
 */
int owner_become(const struct app *app, const char *dir);

#endif
