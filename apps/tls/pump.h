/* Standard input to a peer, and the peer to standard output: what `connect` and `listen --reply pipe` do. */
#ifndef SW_APPS_TLS_PUMP_H
#define SW_APPS_TLS_PUMP_H

#include "apps/net/link.h"

/*
 * pump: run link until it is over. The end of standard input becomes close_notify. A peer may be silent as long as it
 * likes between the handshake and the closing.
 *   established  called once, when the handshake is complete; may be NULL
 *   ctx          for it
 * Returns APP_DONE if the peer ended with close_notify; APP_NO otherwise, and APP_SYSTEM if standard input or output
 * failed: said.
 */
int pump(const struct app *app, struct link *link, void (*established)(void *ctx, struct sw_conn *conn), void *ctx);

#endif
