#include "apps/message/sealing.h"
#include "apps/store.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHAIN_MAX = 65536 };

static int fetch_chain(struct http_client *c, const char *to, struct seal_chain *out)
{
    char quoted[3 * SW_NAME_MAX], path[sizeof quoted + 16], name[SW_NAME_MAX];
    size_t len;
    int code;
    http_quote(to, quoted, sizeof quoted);
    snprintf(path, sizeof path, "/directory/%s", quoted);
    const struct http_send get = {.method = "GET", .path = path};
    if (http_client_send(c, &get, false, &code) != HTTP_ANSWERED)
        return code;
    if (c->reply.status != 200)
        return http_client_problem(c);
    char *pem = http_client_body(c, CHAIN_MAX, &len);
    enum sw_err err = pem ? seal_chain_read(out, pem, len) : SW_ERR_PEM;
    free(pem);
    if (err)
        return app_fail(c->app, err, to);
    /* a server that hands out its own certificate for somebody else's name would read what is sealed */
    sw_cert_display_name(&out->cert[0], name, sizeof name);
    if (strcmp(name, to) != 0)
        return app_error(c->app, APP_NO, "%s: the server has a certificate of %s under this name", to, name);
    return APP_DONE;
}

static int seal_for(const struct app *app, const struct seal_materials *m, const struct seal_chain *to, int64_t ttl,
                    struct sw_file *body)
{
    const char *form = app_get(app, OPT_SEND_SEAL);
    struct seal_status status;
    uint8_t *out;
    size_t len;
    struct seal_params p = {
        .self = {&m->chain, m->key}, .trust = m->trust, .to = to, .to_len = 1, .now = (int64_t)time(NULL)};
    if (*form && strcmp(form, "hybrid") != 0 && strcmp(form, "rsa") != 0)
        return app_usage(app, "--seal, --seal=hybrid or --seal=rsa, not --seal=%s", form);
    p.form = strcmp(form, "rsa") == 0 ? SEAL_RSA : SEAL_HYBRID;
    p.expires = ttl ? p.now + ttl : 0;
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
    struct seal_chain chain = {0};
    int code = seal_materials_read(c->app, &m);
    if (!code)
        code = fetch_chain(c, to, &chain);
    if (!code)
        code = seal_for(c->app, &m, &chain, ttl, body);
    seal_chain_free(&chain);
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
    if (!seal_open_buffer(&p, sealed, len, &body, &n, &v))
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
