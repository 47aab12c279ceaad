/* From the TLS options of a command line to a configuration of the library: the same for every verb. */
#ifndef SW_APPS_TLS_TLS_CONFIG_H
#define SW_APPS_TLS_TLS_CONFIG_H

#include "apps/cli/options.h"
#include "include/sealwax.h"

/* How strictly the files of private keys are looked at. */
enum key_care {
    KEY_CARE_REFUSE, /* a key that others can read is refused */
    KEY_CARE_WARN    /* it is used, with a warning: for test peers, whose keys lie in repositories */
};

/*
 * tls_config_new: a configuration by the options of groups APP_TLS, APP_SERVER and APP_CLIENT, with the system's clock,
 * and for a client with SSLKEYLOGFILE obeyed (a server only in builds with SW_KEYLOG, never by accident).
 * Returns an exit code, the failure said; *out is then NULL.
 */
int tls_config_new(const struct app *app, enum sw_role role, enum key_care care, struct sw_config **out);

/*
 * tls_config_try: whether connections can be made from it: what would fail for every peer is found, and said, before
 * the first one.
 */
int tls_config_try(const struct app *app, struct sw_config *cfg);

/*
 * tls_connect: a client's connection to a host, or to the server of --name; with --no-sni, to anybody. Returns an
 * exit code, the failure said.
 *   where  what failed, for the message
 */
int tls_connect(const struct app *app, struct sw_config *cfg, const char *host, const char *where,
                struct sw_conn **out);

/*
 * tls_has_cert: whether the command line says who we are: by --cert, or by a --key on a card, which has the
 * certificate, too.
 */
bool tls_has_cert(const struct app *app);

#endif
