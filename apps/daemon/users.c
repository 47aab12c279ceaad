/*
 * sealwaxd users: who is enrolled. Works on the server's database, also while the server runs, which looks there at
 * every request.
 */
#include "apps/seal/materials.h"
#include "apps/store/state.h"
#include "apps/store/store.h"
#include "apps/verbs.h"
#include "base/hash.h"
#include "ttp/cli_time.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int failed(const struct app *app, struct sw_store *store, enum sw_err err)
{
    return err == SW_ERR_SYSTEM ? state_store_failed(app, store) : app_error(app, APP_SYSTEM, "%s", sw_err_reason(err));
}

static bool is_role(const char *role)
{
    size_t n = strlen(role);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)role[i] <= 0x20 || role[i] == 0x7f || strchr(":*,", role[i]))
            return false;
    return n < SW_ROLE_MAX;
}

static bool print_one(void *ctx, const struct sw_member *m)
{
    const struct app *app = ctx;
    char hex[65], since[CLI_TIME_CAP];
    for (size_t i = 0; i < sizeof m->cert; i++)
        snprintf(hex + 2 * i, 3, "%02x", m->cert[i]);
    cli_time_text(m->since, since);
    if (app->json) {
        json_t *object =
            json_pack("{s:s,s:s,s:s,s:s}", "name", m->name, "role", m->role, "since", since, "sha256", hex);
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
    } else {
        printf("%-24s  %-12s  %s  %s\n", m->name, *m->role ? m->role : "-", since, hex);
    }
    return true;
}

static int add_one(struct app *app, struct sw_store *store, const char *path, const char *role)
{
    struct seal_chain chain = {0};
    struct sw_member member = {.since = (int64_t)time(NULL)};
    int code = seal_chain_file(app, path, &chain);
    if (code)
        return code;
    snprintf(member.role, sizeof member.role, "%s", role);
    enum sw_err err = sw_cert_identity(&chain.cert[0], member.name, sizeof member.name);
    if (err == SW_OK)
        err = sw_hash_once(SW_HASH_SHA256, chain.cert[0].der.p, chain.cert[0].der.len, member.cert);
    sw_holder_text(chain.cert[0].serial.p, chain.cert[0].serial.len, member.serial);
    if (err == SW_OK)
        err = sw_store_enrol(store, &member);
    seal_chain_free(&chain);
    if (err)
        return failed(app, store, err);
    if (app->json)
        (void)print_one(app, &member);
    else
        app_say(app, "%s is enrolled%s%s", member.name, *role ? " as " : "", role);
    return APP_DONE;
}

static int add(struct app *app, struct sw_store *store)
{
    const char *role = app_has(app, OPT_ROLE) ? app_get(app, OPT_ROLE) : "";
    int code = APP_DONE;
    if (app->argc < 2)
        return app_usage(app, "users add needs the files of certificates");
    if (!is_role(role))
        return app_usage(app, "--role %s: a role is a word of at most %d characters without : * and ,", role,
                         SW_ROLE_MAX - 1);
    for (int i = 1; i < app->argc && !code; i++)
        code = add_one(app, store, app->argv[i], role);
    return code;
}

static void say_removed(const struct app *app, const char *name, int count)
{
    if (!app->json) {
        app_say(app, "%s is not enrolled any more (certificates: %d)", name, count);
        return;
    }
    json_t *object = json_pack("{s:s,s:i}", "name", name, "removed", count);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int remove_names(struct app *app, struct sw_store *store)
{
    int count;
    if (app->argc < 2)
        return app_usage(app, "users remove needs names");
    for (int i = 1; i < app->argc; i++) {
        enum sw_err err = sw_store_expel(store, app->argv[i], (int64_t)time(NULL), &count);
        if (err)
            return failed(app, store, err);
        if (!count)
            return app_error(app, APP_NO, "%s is not enrolled", app->argv[i]);
        say_removed(app, app->argv[i], count);
    }
    return APP_DONE;
}

static int list(struct app *app, struct sw_store *store)
{
    enum sw_err err = sw_store_members(store, print_one, app);
    return err ? failed(app, store, err) : APP_DONE;
}

int users_run(struct app *app)
{
    static const struct {
        const char *name;
        int (*run)(struct app *app, struct sw_store *store);
        bool begins; /* may be the first thing anybody does with a server */
    } rows[] = {{"add", add, true}, {"remove", remove_names, false}, {"list", list, false}};
    struct sw_store *store;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(app->argv[0], rows[i].name) == 0) {
            int lock, code = rows[i].begins ? APP_DONE : state_there(app);
            if (!code)
                code = state_as_owner(app);
            if (!code)
                code = state_lock(app, false, &lock);
            if (code)
                return code;
            code = state_open_store(app, &sw_store_defaults, &store);
            if (!code) {
                code = rows[i].run(app, store);
                sw_store_close(store);
            }
            close(lock);
            return code;
        }
    return app_usage(app, "users add, users remove or users list, not users %s", app->argv[0]);
}
