#include "apps/message/devices.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = SW_DEVICES_MAX * 70000 };

void devices_free(struct devices *d)
{
    while (d->n)
        seal_chain_free(&d->chain[--d->n]);
}

/*
 * One chain of the directory's. A server that hands out its own certificate for somebody else's name would read what is
 * sealed.
 */
static int add_device(const struct app *app, const char *to, const char *pem, struct devices *d)
{
    struct seal_chain *chain = &d->chain[d->n];
    char name[SW_NAME_MAX];
    enum sw_err err = pem ? seal_chain_read(chain, pem, strlen(pem)) : SW_ERR_PEM;
    if (err)
        return app_fail(app, err, to);
    d->n++;
    if ((err = sw_cert_identity(&chain->cert[0], name, sizeof name)) != SW_OK)
        return app_fail(app, err, to);
    if (strcmp(name, to) != 0)
        return app_error(app, APP_NO, "%s: the server has a certificate of %s under this name", to, name);
    return APP_DONE;
}

int devices_fetch(struct http_client *c, const char *to, struct devices *out)
{
    char quoted[3 * SW_NAME_MAX], path[sizeof quoted + 24];
    size_t len, i;
    json_t *chain;
    int code;
    http_quote(to, quoted, sizeof quoted);
    snprintf(path, sizeof path, "/directory/%s?all=yes", quoted);
    const struct http_send get = {.method = "GET", .path = path};
    if (http_client_send(c, &get, false, &code) != HTTP_ANSWERED)
        return code;
    if (c->reply.status != 200)
        return http_client_problem(c);
    char *text = http_client_body(c, ANSWER_MAX, &len);
    json_t *answer = text ? json_loadb(text, len, 0, NULL) : NULL, *chains = json_object_get(answer, "chains");
    free(text);
    code = json_array_size(chains) ? APP_DONE : app_fail(c->app, SW_ERR_PEM, to);
    json_array_foreach(chains, i, chain) if (!code && out->n < SW_DEVICES_MAX) code =
        add_device(c->app, to, json_string_value(chain), out);
    json_decref(answer);
    return code;
}

int devices_keep_good(const struct app *app, const struct seal_params *p, struct devices *d)
{
    struct seal_status first = {0}, status;
    size_t good = 0;
    for (size_t i = 0; i < d->n; i++) {
        struct seal_chain chain = d->chain[i];
        if (seal_recipient_ok(p, &chain, &status)) {
            d->chain[i] = d->chain[good];
            d->chain[good++] = chain;
        } else if (!first.reason[0]) {
            first = status;
        }
    }
    if (!good)
        return app_error(app, APP_NO, "cannot seal: %s", first.reason);
    for (; d->n > good; d->n--)
        seal_chain_free(&d->chain[d->n - 1]);
    return APP_DONE;
}
