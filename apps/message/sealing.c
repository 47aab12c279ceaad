#include "apps/message/sealing.h"
#include "apps/store/store.h"
#include "base/wipe.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ANSWER_MAX = SW_DEVICES_MAX * 70000 };

/* The certificates of somebody's devices. */
struct devices {
    struct seal_chain chain[SW_DEVICES_MAX];
    size_t n;
};

static void devices_free(struct devices *d)
{
    while (d->n)
        seal_chain_free(&d->chain[--d->n]);
}

/* One chain of the directory's. A server that hands out its own certificate for somebody else's name would read what is sealed. */
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

static int fetch_devices(struct http_client *c, const char *to, struct devices *out)
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

/* Those that may be sealed for, the one that was there last first; one whose certificate has expired or was revoked must not keep the others from reading. */
static int keep_good(const struct app *app, const struct seal_params *p, struct devices *d)
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

static int seal_for(const struct app *app, const struct seal_materials *m, struct devices *to, int64_t ttl,
                    struct sw_file *body)
{
    const char *form = app_get(app, OPT_SEND_SEAL);
    struct seal_status status;
    uint8_t *out;
    size_t len;
    struct seal_params p = {.self = {&m->chain, m->key}, .trust = m->trust, .now = (int64_t)time(NULL)};
    if (*form && strcmp(form, "hybrid") != 0 && strcmp(form, "rsa") != 0)
        return app_usage(app, "--seal, --seal=hybrid or --seal=rsa, not --seal=%s", form);
    p.form = strcmp(form, "rsa") == 0 ? SEAL_RSA : SEAL_HYBRID;
    p.expires = ttl ? p.now + ttl : 0;
    int code = keep_good(app, &p, to);
    if (code)
        return code;
    p.to = to->chain;
    p.to_len = p.form == SEAL_RSA ? 1 : to->n; /* blocks of RSA are for one key */
    if (!seal_buffer(&p, body->p, body->len, &out, &len, &status))
        return app_error(app, status.result == SEAL_RECIPIENT ? APP_NO : APP_BAD_INPUT, "cannot seal: %s",
                         status.reason);
    sw_file_free(body);
    *body = (struct sw_file){out, len};
    return APP_DONE;
}

int sealing_seal(struct http_client *c, const char *to, int64_t ttl, struct sw_file *body)
{
    struct seal_materials m = {0};
    struct devices devices = {0};
    int code = seal_materials_read(c->app, &m);
    if (!code)
        code = fetch_devices(c, to, &devices);
    if (!code)
        code = seal_for(c->app, &m, &devices, ttl, body);
    devices_free(&devices);
    seal_materials_free(&m);
    return code;
}

int sealing_open(const struct app *app, const struct seal_materials *m, const char *from, const void *sealed,
                 size_t len, struct sw_file *text, char id[SEAL_ID_MAX])
{
    const struct seal_open_params p = {
        .self = {&m->chain, m->key}, .trust = m->trust, .now = (int64_t)time(NULL), .require_bound = true};
    struct seal_verdict v;
    uint8_t *body;
    size_t n;
    bool opened = seal_open_buffer(&p, sealed, len, &body, &n, &v);
    if (!opened && v.status.result == SEAL_NOT_FOR_US && !v.signer[0]) /* nothing of it could be read */
        return app_error(app, APP_REFUSED, "a sealed message from %s: it is for another certificate than this one",
                         from);
    if (!opened)
        return app_error(app, APP_NO, "a sealed message from %s: refused: %s", from, v.status.reason);
    if (strcmp(v.signer, from) != 0) {
        sw_wipe(body, n);
        free(body);
        return app_error(app, APP_NO, "a sealed message: refused: the server says it is from %s, and %s signed it",
                         from, v.signer);
    }
    *text = (struct sw_file){body, n};
    snprintf(id, SEAL_ID_MAX, "%s", v.message_id);
    return APP_DONE;
}
