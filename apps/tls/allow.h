/* --allow: which of the clients that can prove who they are may connect. */
#ifndef SW_APPS_TLS_ALLOW_H
#define SW_APPS_TLS_ALLOW_H

#include "apps/cli/options.h"
#include "include/sealwax.h"
#include "ttp/cert.h"

/*
 * allow_attach: refuse, with access_denied, every certificate that no --allow of app is for; without one nothing
 * changes. app must live as long as cfg. Returns an exit code; said: APP_USAGE for a rule that makes no sense, and
 * where a client might come without a certificate.
 */
int allow_attach(const struct app *app, struct sw_config *cfg);

/*
 * allow_matches: whether a rule that allow_attach has taken is for a certificate: "cn:TEXT", "sha256:HEX" of the
 * certificate, "dns:", "ip:", "email:" and "uri:" for a name it has, or the name by which somebody is known
 * (sw_cert_identity).
 */
bool allow_matches(const char *rule, const struct sw_cert *cert);

/* allow_rule_ok: NULL, or why this is no rule, for a person. */
const char *allow_rule_ok(const char *rule);

#endif
