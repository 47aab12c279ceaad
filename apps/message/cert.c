/* sealwax cert: the certificate of somebody, from the server's directory, checked before anybody sees it. */
#include "apps/message/devices.h"
#include "apps/seal/files.h"
#include "apps/seal/materials.h"
#include "apps/verbs.h"
#include "ttp/pem.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The certificate as a program that reads JSON wants it: in a string. */
static int print_json(const struct app *app, const struct seal_chain *chain)
{
    json_t *list = json_array(), *object;
    enum sw_err err = list ? SW_OK : SW_ERR_MEMORY;
    for (size_t i = 0; i < chain->len && !err; i++) {
        const struct sw_slice der = chain->cert[i].der;
        size_t cap = 2 * der.len + 128, n;
        char *pem = malloc(cap);
        err = pem ? sw_pem_encode("CERTIFICATE", der.p, der.len, pem, cap, &n) : SW_ERR_MEMORY;
        if (err == SW_OK)
            json_array_append_new(list, json_stringn(pem, n));
        free(pem);
    }
    if (err) {
        json_decref(list);
        return app_fail(app, err, app->argv[0]);
    }
    object = json_pack("{s:s,s:o}", "name", app->argv[0], "chain", list);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
    return APP_DONE;
}

static int write_chain(const struct app *app, struct file_sink *out, const struct seal_chain *chain)
{
    for (size_t i = 0; i < chain->len; i++) {
        const struct sw_slice der = chain->cert[i].der;
        size_t cap = 2 * der.len + 128, n;
        char *pem = malloc(cap);
        enum sw_err err = pem ? sw_pem_encode("CERTIFICATE", der.p, der.len, pem, cap, &n) : SW_ERR_MEMORY;
        bool written = err == SW_OK && out->sink.write(&out->sink, pem, n);
        free(pem);
        if (err)
            return app_fail(app, err, app->argv[0]);
        if (!written)
            return app_error(app, APP_SYSTEM, "%s: %s", out->path ? out->path : "standard output",
                             strerror(out->error));
    }
    return APP_DONE;
}

static int write_out(const struct app *app, const struct seal_chain *chain)
{
    struct file_sink out;
    if (app->json && !app_has(app, OPT_OUTPUT))
        return print_json(app, chain);
    int code = file_sink_open(&out, app, FILE_SINK_STREAM, false);
    if (!code)
        code = write_chain(app, &out, chain);
    if (!code)
        code = file_sink_commit(&out);
    file_sink_close(&out);
    return code;
}

int cert_run(struct app *app)
{
    struct http_client c;
    struct seal_materials m = {0};
    struct devices devices = {0};
    int code = http_client_open(&c, app);
    if (code)
        return code;
    code = seal_materials_read(app, &m);
    if (!code)
        code = devices_fetch(&c, app->argv[0], &devices);
    const struct seal_params p = {.self = {&m.chain, m.key}, .trust = m.trust, .now = (int64_t)time(NULL)};
    if (!code)
        code = devices_keep_good(app, &p, &devices);
    if (!code)
        code = write_out(app, &devices.chain[0]);
    devices_free(&devices);
    seal_materials_free(&m);
    http_client_close(&c);
    return code;
}
