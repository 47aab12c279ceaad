/* Whom --trust and --crl name, as files. */
#ifndef SW_APPS_TLS_ROOTS_H
#define SW_APPS_TLS_ROOTS_H

#include "apps/cli/options.h"
#include "ttp/verify.h"

/*
 * roots_read: the certificates of all --trust and the lists of all --crl.
 *   out   to be freed with sw_trust_free; NULL after an error
 *   path  receives the file that an error is about, NULL if it is about none; as long as app's options
 * Errors of sw_file_read, sw_trust_add and sw_trust_add_crl, SW_ERR_MEMORY; not said.
 */
enum sw_err roots_read(const struct app *app, struct sw_trust **out, const char **path) SW_MUST_USE;

#endif
