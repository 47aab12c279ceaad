/*
 * What the server may ask of the kernel once it serves: whoever finds a way to run code of his in it starts no program,
 * opens no connection and looks into no other process. By seccomp, where the program was built with libseccomp; the
 * table of calls is in apps/daemon/confine.c.
 */
#ifndef SW_APPS_DAEMON_CONFINE_H
#define SW_APPS_DAEMON_CONFINE_H

#include "base/err.h"
#include <stdbool.h>

/* confine_built_in: whether this program can. */
bool confine_built_in(void);

/*
 * confine_thread: this thread, and those it makes from now on, for good. To be called in each when sockets listen and
 * all that is opened once is open: where a unit has a filter of its own, the kernel takes no other for all threads at
 * once.
 *   connects   whether it makes connections over the net of its own: to a database that several servers share
 * SW_ERR_UNSUPPORTED: not built in; SW_ERR_SYSTEM (errno): the kernel does not let us, and nothing has changed.
 */
enum sw_err confine_thread(bool connects) SW_MUST_USE;

#endif
