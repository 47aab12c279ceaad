/*
 * What a service manager wants to know and has to give: systemd's notifications and sockets, in the few lines they take
 * (sd_notify(3), sd_listen_fds(3)).
 */
#ifndef SW_APPS_DAEMON_SERVICE_H
#define SW_APPS_DAEMON_SERVICE_H

#include "apps/net/net.h"

/*
 * service_notify: tell the manager, if there is one: "READY=1", "STOPPING=1". service_reloading: RELOADING=1 with the
 * time it wants; READY=1 ends it. Never fails: nobody may be listening.
 */
void service_notify(const char *state);
void service_reloading(void);

/* service_watchdog: how often, in milliseconds, "WATCHDOG=1" is to be sent; 0: never. */
int64_t service_watchdog(void);

/*
 * service_listeners: the sockets we were started with, made non-blocking; out->n is 0 if there are none. They are not
 * inherited further.
 */
void service_listeners(struct net_listeners *out);

#endif
