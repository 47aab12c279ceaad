/*
 * The certificates of somebody's devices, from the server's directory: believed only as far as their path to one of our
 * roots goes and their name is the one asked for.
 */
#ifndef SW_APPS_MESSAGE_DEVICES_H
#define SW_APPS_MESSAGE_DEVICES_H

#include "apps/http/client.h"
#include "apps/seal/seal.h"
#include "apps/store/store.h"

struct devices {
    struct seal_chain chain[SW_DEVICES_MAX];
    size_t n;
};

/*
 * devices_fetch: those of a name, which each of them has; the one that was there last first. Returns an exit code;
 * said. Give back in any case with devices_free.
 */
int devices_fetch(struct http_client *c, const char *name, struct devices *out);
void devices_free(struct devices *d);

/*
 * devices_keep_good: drop those that may not be sealed for by p's roots, lists and time, so that one whose certificate
 * has expired or was revoked does not keep the others from reading. APP_NO, said, if none is left.
 */
int devices_keep_good(const struct app *app, const struct seal_params *p, struct devices *d);

#endif
