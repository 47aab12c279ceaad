#include "apps/message/sealing.h"
#include "apps/message/devices.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    int code = devices_keep_good(app, &p, to);
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
        code = devices_fetch(c, to, &devices);
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
