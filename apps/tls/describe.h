/* What a connection agreed on, in words. */
#ifndef SW_APPS_TLS_DESCRIBE_H
#define SW_APPS_TLS_DESCRIBE_H

#include "apps/cli/options.h"
#include "include/sealwax.h"

/*
 * describe_brief: version, suite, group, signatures, peer and the rest, a line each (or one JSON object), on standard
 * error.
 */
void describe_brief(const struct app *app, const struct sw_conn *conn);

/* describe_line: the most important of it in one line: "TLS 1.2, TLS_RSA_..., resumed, client CN=alice". */
void describe_line(const struct sw_conn *conn, char *out, size_t cap);

#endif
