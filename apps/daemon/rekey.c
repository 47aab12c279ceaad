/*
 * sealwaxd rekey: another key for everything that is kept. In this order, each step on the disk before the next one:
 *   1. alone in the directory: the lock (apps/store/state.h) keeps every other sealwaxd away;
 *   2. everything is read, so that what cannot be read is found while nothing has changed;
 *   3. the new key is made beside the old one; from now on servers refuse to start (sw_vault_open);
 *   4. messages, licences and the heads of files are sealed anew;
 *   5. the new key takes the name of the old one.
 * The new key may stand there in another form: wrapped under a key on a card (--to URI), or no longer (--to file).
 * Killed before 3 nothing has changed; after that, 4 begins again at the front and passes over what is done.
 */
#include "apps/daemon/rekey.h"
#include "apps/card/card.h"
#include "apps/store/state.h"
#include "apps/store/state_key.h"
#include "apps/store/store.h"
#include "apps/verbs.h"
#include "ttp/file.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct rekey {
    struct app *app;
    char dir[STATE_PATH_MAX], mail[STATE_PATH_MAX], media[STATE_PATH_MAX], next[SW_VAULT_PATH_MAX];
    struct state_key old, new; /* both with the name of the old one */
    struct sw_vault from, to;
    bool has_from, has_to;
};

static void on_unreadable(void *ctx, const char *file, const char *what)
{
    const struct rekey *k = ctx;
    (void)app_error(k->app, APP_BAD_INPUT, "%s/%s: %s%scannot be read: changed, or sealed with another key", k->dir,
                    file, what ? what : "", what ? " " : "");
}

/* --to; a key that was begun with keeps the form it has. */
static int find_form(struct rekey *k)
{
    const char *to = app_get(k->app, OPT_REKEY_TO), *uri = k->old.uri;
    bool wrapped;
    if (to && !card_is_uri(to) && strcmp(to, "file") != 0)
        return app_usage(k->app, "--to takes file or pkcs11:URI, not %s", to);
    if (to)
        uri = card_is_uri(to) ? to : NULL;
    if (vault_key_is_wrapped(k->next, &wrapped) == SW_OK && wrapped != (uri != NULL))
        return app_error(k->app, APP_BAD_INPUT, "%s: the change was begun with --to %s, and is finished with it",
                         k->next, wrapped ? "pkcs11:URI" : "file");
    return state_key_set(k->app, k->old.path, uri, &k->new);
}

static int find_places(struct rekey *k)
{
    int code = state_path(k->app, "", k->dir);
    if (!code)
        code = state_store(k->app, k->mail);
    if (!code)
        code = state_path(k->app, "media.db", k->media);
    if (!code)
        code = state_key_of(k->app, OPT_VAULT_KEY, k->dir, &k->old);
    if (!code && !sw_vault_next(k->old.path, k->next))
        code = app_usage(k->app, "--vault-key: the name is too long");
    return code ? code : find_form(k);
}

/* All of it; to NULL: only look. */
static int pass(struct rekey *k, struct sw_vault *to, unsigned long *changed)
{
    struct rewrap r = {.from = &k->from, .to = to, .unreadable = on_unreadable, .ctx = k};
    const char *why;
    enum sw_err err = sw_store_rekey(k->mail, k->media, &r, (int64_t)time(NULL), &why);
    int code = err ? app_error(k->app, err == SW_ERR_SYSTEM ? APP_SYSTEM : APP_BAD_INPUT, "%s", why) : APP_DONE;
    if (!code)
        code = rekey_files(k->app, k->dir, &r);
    *changed = r.changed;
    if (!code && r.unreadable_n && !app_has(k->app, OPT_LEAVE))
        code = app_error(k->app, APP_BAD_INPUT, "%s: %lu things cannot be read; %s; --force leaves them behind",
                         k->old.path, r.unreadable_n, to ? "both keys stay" : "nothing was changed");
    return code;
}

static int open_keys(struct rekey *k)
{
    unsigned long changed;
    bool goes_on = sw_file_exists(k->next);
    enum sw_err err = sw_vault_change_from(&k->from, &k->old.key);
    if (err)
        return state_key_failed(&k->old, err, k->old.path);
    k->has_from = true;
    if (goes_on)
        app_say(k->app, "%s: going on with the change that was interrupted", k->old.path);
    int code = goes_on ? APP_DONE : pass(k, NULL, &changed);
    if (code)
        return code;
    err = sw_vault_change_to(&k->to, &k->new.key);
    if (err)
        return state_key_failed(&k->new, err, k->next);
    k->has_to = true;
    return APP_DONE;
}

static void say_changed(const struct rekey *k, unsigned long changed)
{
    const char *path = k->old.path;
    if (k->app->json) {
        json_t *object =
            json_pack("{s:s,s:I,s:b}", "key", path, "changed", (json_int_t)changed, "wrapped", k->new.uri != NULL);
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
        return;
    }
    app_say(k->app, "%s: changed; what was sealed anew: %lu", path, changed);
    if (k->new.uri && !k->old.uri)
        app_say(k->app, "%s: wrapped under the key on the card; from now on, add: vault-key = %s", path, k->new.uri);
    else if (k->old.uri && !k->new.uri)
        app_say(k->app, "%s: no longer wrapped; from now on, leave out: vault-key = %s", path, k->old.uri);
}

static int change(struct rekey *k)
{
    unsigned long changed;
    int code = pass(k, &k->to, &changed);
    if (code)
        return code;
    enum sw_err err = sw_vault_change_end(k->old.path);
    if (err)
        return app_fail(k->app, err, k->old.path);
    say_changed(k, changed);
    return APP_DONE;
}

int rekey_run(struct app *app)
{
    struct rekey k = {.app = app};
    int lock = -1, code = state_there(app);
    if (!code)
        code = state_as_owner(app);
    if (!code)
        code = find_places(&k);
    if (!code)
        code = state_lock(app, true, &lock);
    if (!code)
        code = open_keys(&k);
    if (!code)
        code = change(&k);
    if (k.has_from)
        sw_vault_close(&k.from);
    if (k.has_to)
        sw_vault_close(&k.to);
    if (lock >= 0)
        close(lock);
    return code;
}
