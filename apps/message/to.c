#include "apps/message/to.h"
#include "apps/message/devices.h"
#include "apps/seal/materials.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A file that is there is meant, and so is what looks like one; a name needs somebody who knows it. */
static bool is_name(const struct app *app, const char *to)
{
    return app_has(app, OPT_SERVER) && !strchr(to, '/') && access(to, F_OK) != 0 && errno == ENOENT;
}

static int read_file(const struct app *app, const char *path, struct recipients *out)
{
    if (access(path, F_OK) && errno == ENOENT)
        return app_error(app, APP_SYSTEM,
                         "%s: %s: --to takes the file of a certificate, or with --server the name of somebody who has "
                         "been there",
                         path, strerror(errno));
    int code = seal_chain_file(app, path, &out->chain[out->n]);
    out->n += !code;
    return code;
}

/* RSA blocks are for one key: the one that was there last. */
static int take_over(const struct app *app, const struct seal_params *p, const char *name, struct devices *d,
                     struct recipients *out)
{
    size_t n = p->form == SEAL_RSA ? 1 : d->n;
    if (n > SEAL_TO_MAX - out->n)
        return app_usage(app, "--to %s: it would be for more than %d certificates", name, SEAL_TO_MAX);
    for (size_t i = 0; i < n; i++) {
        out->chain[out->n++] = d->chain[i];
        d->chain[i] = (struct seal_chain){0};
    }
    app_say(app, "sealing for %s: %zu certificate%s of the directory of %s", name, n, n == 1 ? "" : "s",
            app_get(app, OPT_SERVER));
    return APP_DONE;
}

static int ask_for(struct app *app, const struct seal_params *p, const char *name, struct recipients *out)
{
    struct http_client c;
    struct devices d = {0};
    int code = http_client_open(&c, app);
    if (!code)
        code = devices_fetch(&c, name, &d);
    if (!code)
        code = devices_keep_good(app, p, &d);
    if (!code)
        code = take_over(app, p, name, &d, out);
    devices_free(&d);
    http_client_close(&c);
    return code;
}

int recipients_read(struct app *app, const struct seal_params *p, struct recipients *out)
{
    const struct app_values *to = &app->opt[OPT_TO_CERT];
    int code = APP_DONE;
    if (to->n == 0 || to->n > SEAL_TO_MAX)
        return app_usage(app, "say whom it is for: --to FILE with a certificate, or --to NAME, at most %d times",
                         SEAL_TO_MAX);
    for (size_t i = 0; i < to->n && !code; i++) {
        if (out->n == SEAL_TO_MAX)
            code = app_usage(app, "--to %s: it would be for more than %d certificates", to->v[i], SEAL_TO_MAX);
        else
            code = is_name(app, to->v[i]) ? ask_for(app, p, to->v[i], out) : read_file(app, to->v[i], out);
    }
    return code;
}

void recipients_free(struct recipients *r)
{
    while (r->n)
        seal_chain_free(&r->chain[--r->n]);
}
