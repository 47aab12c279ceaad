#include "apps/store/state_key.h"
#include "apps/card/card.h"
#include "apps/cli/places.h"
#include <stdio.h>
#include <string.h>

_Static_assert((int)CARD_WRAPPED_MAX == (int)SW_VAULT_WRAPPED_MAX, "what a card makes fits the file, and the reverse");

static enum sw_err wrap(void *ctx, const uint8_t plain[SW_VAULT_PLAIN], struct sw_vault_wrapped *out)
{
    struct state_key *k = ctx;
    struct card_wrapped made;
    k->code = card_wrap(k->app, k->uri, plain, SW_VAULT_PLAIN, &made);
    if (k->code)
        return SW_ERR_CALLBACK;
    memcpy(out->method, made.method, sizeof out->method);
    memcpy(out->bytes, made.bytes, made.len);
    out->len = made.len;
    return SW_OK;
}

static enum sw_err unwrap(void *ctx, const struct sw_vault_wrapped *in, uint8_t plain[SW_VAULT_PLAIN])
{
    struct state_key *k = ctx;
    struct card_wrapped kept = {.len = in->len};
    memcpy(kept.method, in->method, sizeof kept.method);
    memcpy(kept.bytes, in->bytes, in->len);
    k->code = card_unwrap(k->app, k->uri, &kept, plain, SW_VAULT_PLAIN);
    return k->code ? SW_ERR_CALLBACK : SW_OK;
}

/* A file that cannot be read, or is no key file, is told where it is opened. */
static int check_form(const struct state_key *k)
{
    bool wrapped;
    if (vault_key_is_wrapped(k->path, &wrapped) || wrapped == (k->uri != NULL))
        return APP_DONE;
    if (wrapped)
        return app_error(k->app, APP_BAD_INPUT,
                         "%s: it is wrapped under a key on a card: --vault-key pkcs11:URI says which", k->path);
    return app_error(
        k->app, APP_BAD_INPUT,
        "%s: it is not wrapped, and --vault-key names a card; sealwaxd rekey --vault-key FILE --to pkcs11:URI "
        "wraps another one",
        k->path);
}

int state_key_set(const struct app *app, const char *path, const char *uri, struct state_key *out)
{
    *out = (struct state_key){.app = app, .uri = uri, .wrap = {wrap, unwrap, out}};
    if (snprintf(out->path, sizeof out->path, "%s", path) >= STATE_PATH_MAX)
        return app_usage(app, "--vault-key: the name is too long");
    out->key = (struct sw_vault_key){out->path, uri ? &out->wrap : NULL};
    return APP_DONE;
}

static int at(const struct app *app, const char *path, const char *uri, struct state_key *out)
{
    int code = state_key_set(app, path, uri, out);
    return code ? code : check_form(out);
}

int state_key_of(const struct app *app, enum app_option option, const char *dir, struct state_key *out)
{
    char path[STATE_PATH_MAX];
    const char *file = NULL, *uri = NULL;
    for (size_t i = 0; i < app->opt[option].n; i++) {
        const char *value = app->opt[option].v[i];
        *(card_is_uri(value) ? &uri : &file) = value;
    }
    if (!file && places_credential("vault.key", path, sizeof path))
        return at(app, path, uri, out);
    if (!file && !*dir)
        return app_usage(app, "--vault-key FILE: the key that it is sealed with");
    const char *slash = *dir && dir[strlen(dir) - 1] == '/' ? "" : "/";
    if (!file && snprintf(path, sizeof path, "%s%svault.key", dir, slash) >= STATE_PATH_MAX)
        return app_usage(app, "%s: the name is too long", dir);
    return at(app, file ? file : path, uri, out);
}

int state_key_failed(const struct state_key *key, enum sw_err err, const char *what)
{
    if (err == SW_ERR_CALLBACK && key->code)
        return key->code;
    if (err == SW_ERR_STATE)
        return app_error(key->app, APP_REFUSED,
                         "%s: its change for another key was interrupted; sealwaxd rekey finishes it", what);
    return app_fail(key->app, err, what);
}
