/*
 * Revocation lists, looked at before a peer is: one that cannot be used turns away everybody it is about, and who gave
 * it should hear of that first.
 */
#ifndef SW_APPS_TLS_LISTS_H
#define SW_APPS_TLS_LISTS_H

#include "apps/cli/options.h"

/*
 * lists_judge: warn of each issuer whose newest list of --crl ran out or soon will (a third of its time is left), and
 * of each root of --trust without any. now is Unix time. What is refused is decided at each handshake; so these are
 * warnings, and what cannot be read is for others to say.
 */
void lists_judge(const struct app *app, int64_t now);

#endif
