#include "apps/seal/materials.h"
#include "apps/card/card.h"
#include "apps/cli/passphrase.h"
#include "apps/tls/own_cert.h"
#include "apps/tls/roots.h"
#include "ttp/file.h"
#include "ttp/key.h"
#include <string.h>

int seal_chain_file(const struct app *app, const char *path, struct seal_chain *out)
{
    struct sw_file file = {0};
    enum sw_err err = sw_file_read(path, SW_FILE_MAX, &file);
    if (err == SW_OK)
        err = seal_chain_read(out, file.p, file.len);
    int code = err == SW_OK        ? APP_DONE
               : err == SW_ERR_PEM ? app_error(app, APP_BAD_INPUT, "%s: there is no certificate in it", path)
                                   : app_fail(app, err, path);
    sw_file_free(&file);
    return code;
}

/* Without a passphrase first, so that nobody is asked for one that is not needed. */
static int read_key(const struct app *app, const char *path, struct sw_privkey **out)
{
    struct cli_pass pass = {0};
    struct sw_file file = {0};
    enum sw_err err = SW_OK;
    int code = own_key_read(app, path, false, false, &file);
    if (!code)
        err = sw_key_read(out, file.p, file.len, (struct sw_slice){NULL, 0});
    if (err == SW_ERR_PASSPHRASE) {
        code = passphrase_get(app, path, true, &pass);
        if (!code && pass.given)
            err = sw_key_read(out, file.p, file.len, (struct sw_slice){(const uint8_t *)pass.text, strlen(pass.text)});
    }
    if (!code && err != SW_OK)
        code = app_fail(app, err, path);
    cli_pass_wipe(&pass);
    sw_file_free(&file);
    return code;
}

static int read_card(const struct app *app, const char *cert, const char *uri, struct seal_materials *m)
{
    struct card_key card = {0};
    struct sw_file chain;
    int code = card_read_pair(app, cert, uri, true, &chain, &card);
    if (code)
        return code;
    m->key = card.key;
    enum sw_err err = seal_chain_read(&m->chain, chain.p, chain.len);
    sw_file_free(&chain);
    return err == SW_OK ? APP_DONE : app_fail(app, err, cert);
}

static int read_pair(const struct app *app, const char *cert, const char *key, struct seal_materials *m)
{
    if (card_is_uri(key))
        return read_card(app, cert, key, m);
    int code = seal_chain_file(app, cert, &m->chain);
    return code ? code : read_key(app, key, &m->key);
}

int seal_materials_read(const struct app *app, struct seal_materials *m)
{
    const char *cert = app_get(app, OPT_CERT), *key = app_get(app, OPT_KEY);
    if (!cert && key && card_is_uri(key))
        cert = key;
    if (!cert)
        return app_usage(app, "say who we are: --cert FILE and --key FILE");
    if (app->opt[OPT_CERT].n > 1 || app->opt[OPT_KEY].n > 1)
        return app_usage(app, "one --cert and one --key");
    if (!app_has(app, OPT_TRUST))
        return app_usage(app, "say whom to trust: --trust FILE with root certificates");
    int code = read_pair(app, cert, key ? key : cert, m);
    if (code)
        return code;
    const char *path;
    enum sw_err err = roots_read(app, &m->trust, &path);
    return err ? app_fail(app, err, path ? path : "roots") : APP_DONE;
}

void seal_materials_free(struct seal_materials *m)
{
    seal_chain_free(&m->chain);
    sw_privkey_free(m->key);
    sw_trust_free(m->trust);
}
