/* --trace: what is said on a connection, one line for each message, with its meaning. */
#ifndef SW_APPS_TLS_TRACE_H
#define SW_APPS_TLS_TRACE_H

#include "apps/cli/options.h"
#include "include/sealwax.h"

/*
 * trace_attach: if --trace was given, print the messages of cfg's connections on standard error, as text or
 * (--trace=json) as JSON objects. Returns an exit code.
 */
int trace_attach(const struct app *app, struct sw_config *cfg);

/* trace_text: the line for an event, without its end: "> ClientHello (186 bytes): offers ...". */
void trace_text(const struct sw_trace_event *ev, char *out, size_t cap);

#endif
