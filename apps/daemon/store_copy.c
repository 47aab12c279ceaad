/* sealwaxd store copy: from one kind of store to the other. */
#include "apps/store/owner.h"
#include "apps/store/state.h"
#include "apps/store/state_key.h"
#include "apps/store/store.h"
#include "apps/verbs.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An end of the copy. */
struct place {
    const char *where;
    char dir[STATE_PATH_MAX]; /* that it is in; "": it is no file */
    int lock;
};

static int read_place(const struct app *app, enum app_option option, struct place *out)
{
    const char *where = app_get(app, option), *slash;
    if (!where || !*where)
        return app_usage(app, "store copy needs --from and --to");
    if (strncmp(where, "sqlite:", 7) == 0)
        where += 7;
    out->where = where;
    if (strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0)
        return APP_DONE;
    slash = strrchr(where, '/');
    int n = slash ? (int)(slash - where) + 1 : 2;
    if (snprintf(out->dir, sizeof out->dir, "%.*s", n, slash ? where : "./") >= STATE_PATH_MAX - 16)
        return app_usage(app, "%s: the name is too long", where);
    return APP_DONE;
}

static bool same_directory(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* No sealwaxd works on a file meanwhile; a database knows by itself. */
static int lock_both(const struct app *app, struct place *from, struct place *to)
{
    int code = *from->dir ? state_lock_directory(app, from->dir, true, &from->lock) : APP_DONE;
    if (!code && *to->dir && !(*from->dir && same_directory(from->dir, to->dir)))
        code = state_lock_directory(app, to->dir, true, &to->lock);
    return code;
}

static void tell(const struct app *app, const struct sw_store_copied *n)
{
    if (!app->json) {
        app_say(app, "copied: messages %" PRId64 ", members %" PRId64 ", licences %" PRId64, n->messages, n->members,
                n->licences);
        return;
    }
    json_t *object = json_pack("{s:I,s:I,s:I,s:I,s:I}", "messages", (json_int_t)n->messages, "people",
                               (json_int_t)n->people, "members", (json_int_t)n->members, "licences",
                               (json_int_t)n->licences, "events", (json_int_t)n->events);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int copy(const struct app *app, const struct place *from, const struct place *to)
{
    char licences[STATE_PATH_MAX];
    struct state_key key;
    struct sw_store_copied n;
    const char *why;
    int code = state_key_of(app, OPT_COPY_KEY, *from->dir ? from->dir : to->dir, &key);
    if (code)
        return code;
    snprintf(licences, sizeof licences, "%.4000smedia.db", from->dir);
    enum sw_err err = sw_store_copy(from->where, *from->dir ? licences : NULL, to->where, &key.key, &n, &why);
    if (err == SW_OK)
        tell(app, &n);
    if (err == SW_ERR_CALLBACK)
        return state_key_failed(&key, err, key.path);
    return err == SW_OK ? APP_DONE
                        : app_error(app,
                                    err == SW_ERR_EXISTS || err == SW_ERR_PERMISSION ? APP_REFUSED
                                    : err == SW_ERR_SYSTEM                           ? APP_SYSTEM
                                                                                     : APP_BAD_INPUT,
                                    "%s", why);
}

int store_run(struct app *app)
{
    struct place from = {.lock = -1}, to = {.lock = -1};
    if (strcmp(app->argv[0], "copy") != 0)
        return app_usage(app, "store copy, not store %s", app->argv[0]);
    int code = read_place(app, OPT_COPY_FROM, &from);
    if (!code)
        code = read_place(app, OPT_COPY_TO, &to);
    if (!code)
        code = owner_become(app, *from.dir ? from.dir : to.dir);
    if (!code)
        code = lock_both(app, &from, &to);
    if (!code)
        code = copy(app, &from, &to);
    if (from.lock >= 0)
        close(from.lock);
    if (to.lock >= 0)
        close(to.lock);
    return code;
}
