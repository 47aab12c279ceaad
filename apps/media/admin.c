/*
 * sealwaxd media: tracks into the catalogue; who has which licence is in licences.c. Works on the server's directory,
 * also while the server runs.
 */
#include "apps/media/admin.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/media/probe.h"
#include "apps/store/reserve.h"
#include "apps/store/state.h"
#include "apps/verbs.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PLAYS = 3 };

static const char *type_of(const char *path)
{
    static const char *const rows[][2] = {
        {"mp3", "audio/mpeg"},  {"ogg", "audio/ogg"},   {"oga", "audio/ogg"},       {"opus", "audio/ogg"},
        {"flac", "audio/flac"}, {"wav", "audio/wav"},   {"m4a", "audio/mp4"},       {"mp4", "video/mp4"},
        {"aac", "audio/aac"},   {"webm", "video/webm"}, {"mov", "video/quicktime"}, {"mkv", "video/x-matroska"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof rows / sizeof *rows; i++)
        if (strcasecmp(dot + 1, rows[i][0]) == 0)
            return rows[i][1];
    return "application/octet-stream";
}

/* A file's name without directory and ending. */
static void title_of(const char *path, char out[TRACK_TITLE_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(out, TRACK_TITLE_MAX, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (dot && dot != out)
        *dot = 0;
    make_printable(out);
}

/* A title is what a track is asked for by: one of each, in letters. */
static int check_title(struct admin *a, const char *path, const char *title)
{
    struct catalogue c;
    size_t bad;
    json_t *text = json_string(title);
    json_decref(text);
    if (!text)
        return app_error(a->app, APP_BAD_INPUT, "%s: the title is not UTF-8: give one with --title", path);
    enum sw_err err = catalogue_read(&c, a->vault, a->dir, &bad);
    const struct track *there = err ? NULL : catalogue_find(&c, title);
    int code = err ? app_fail(a->app, err, a->dir) : APP_DONE;
    if (there && strcmp(there->title, title) == 0)
        code = app_error(a->app, APP_REFUSED, "%s: there is a track %s: give another --title, or remove it (media rm)",
                         path, title);
    catalogue_free(&c);
    return code;
}

/* A file with something in it: not a directory, and not a pipe, which might never end. */
static int open_track(struct admin *a, const char *path, int64_t *size, int *fd)
{
    struct stat st;
    const char *why = NULL;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, &st))
        why = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        why = S_ISDIR(st.st_mode) ? "is a directory" : "is not a file";
    else if (st.st_size == 0)
        why = "is empty";
    if (!why) {
        *size = st.st_size;
        return APP_DONE;
    }
    int code = app_error(a->app, *fd < 0 ? APP_SYSTEM : APP_BAD_INPUT, "%s: %s", path, why);
    if (*fd >= 0)
        close(*fd);
    return code;
}

void admin_print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static json_t *track_json(const struct track *t)
{
    json_t *track = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:b}", "id", t->id, "title", t->title, "type", t->type, "size",
                              (json_int_t)t->size, "plays", (json_int_t)t->plays, "play_time", (json_int_t)t->window,
                              "renewable", t->renew);
    if (t->length)
        json_object_set_new(track, "length", json_real((double)t->length / 1000));
    return track;
}

/* What was not said is found out: from the file, or from its name. */
static void complete(struct track *t, const char *path, int fd)
{
    struct probe found = {0};
    if (!t->title[0] || !t->length)
        probe_track(fd, &found);
    if (!t->length)
        t->length = found.length;
    if (!t->title[0] && found.title[0])
        snprintf(t->title, sizeof t->title, "%s", found.title);
    if (!t->title[0])
        title_of(path, t->title);
    if (t->window < 0)
        t->window = track_window(t->length);
    t->added = (int64_t)time(NULL);
    snprintf(t->type, sizeof t->type, "%s", type_of(path));
}

static void say_track(const struct admin *a, const struct track *t)
{
    char lasts[32] = "";
    if (t->length)
        progress_span((t->length + 500) / 1000, lasts);
    if (a->app->json)
        admin_print_json(track_json(t));
    else
        app_say(a->app, "%s: %s%s%s, %" PRId64 " plays", t->title, t->type, *lasts ? ", " : "", lasts, t->plays);
}

static int import_one(struct admin *a, const char *path, const struct track *wishes)
{
    struct track t = *wishes;
    int fd, code = open_track(a, path, &t.size, &fd);
    if (code)
        return code;
    complete(&t, path, fd);
    code = check_title(a, path, t.title);
    enum sw_err err = code ? SW_OK : catalogue_add(a->vault, a->dir, fd, &t);
    if (err)
        code = app_fail(a->app, err, err == SW_ERR_SYSTEM && reserve_is_full(errno) ? a->dir : path);
    close(fd);
    if (!code)
        say_track(a, &t);
    return code;
}

/* What little space there may be is needed to read and delete what is there. */
static int check_space(const struct admin *a)
{
    struct reserve reserve;
    char dir[STATE_PATH_MAX];
    int code = state_path(a->app, "", dir);
    if (!code && reserve_at(&reserve, dir, RESERVE_USUAL) && reserve_is_short(&reserve))
        code = app_fail(a->app, SW_ERR_SYSTEM, dir);
    return code;
}

static int import(struct admin *a, int n, char **paths)
{
    struct track wishes = {0};
    int64_t length = 0;
    long plays;
    const char *title = app_get(a->app, OPT_TITLE);
    int code = app_get_int(a->app, OPT_PLAYS, PLAYS, 0, 1000000, &plays);
    if (!code)
        code = app_get_span(a->app, OPT_PLAY_TIME, -1, &wishes.window);
    if (!code)
        code = app_get_span(a->app, OPT_LENGTH, 0, &length);
    if (!code && title && n > 1)
        code = app_usage(a->app, "--title names one track, and there are %d", n);
    if (!code && length && n > 1)
        code = app_usage(a->app, "--length is of one track, and there are %d", n);
    if (!code && !n)
        code = app_usage(a->app, "media import FILE...");
    for (const char *t = title; !code && t && *t; t++)
        if (control_at(t, strlen(t)))
            code = app_usage(a->app, "--title takes letters, not control characters");
    if (!code && title && (!*title || strlen(title) >= sizeof wishes.title))
        code = app_usage(a->app, "--title takes 1 to %zu bytes", sizeof wishes.title - 1);
    wishes.plays = plays;
    wishes.length = 1000 * length;
    wishes.renew = app_has(a->app, OPT_RENEWABLE);
    if (title)
        snprintf(wishes.title, sizeof wishes.title, "%s", title);
    if (!code)
        code = check_space(a);
    for (int i = 0; i < n && !code; i++)
        code = import_one(a, paths[i], &wishes);
    return code;
}

static void print_track(const struct app *app, size_t number, const struct track *t)
{
    if (app->json) {
        json_t *object = json_pack("{s:I}", "number", (json_int_t)number), *about = track_json(t);
        json_object_update(object, about);
        json_decref(about);
        admin_print_json(object);
    } else {
        char lasts[32] = "-";
        if (t->length)
            progress_span((t->length + 500) / 1000, lasts);
        printf("%3zu  %s  %12" PRId64 "  %8s  %-18s  %s\n", number, t->id, t->size, lasts, t->type, t->title);
    }
}

static int list(struct admin *a)
{
    struct catalogue c;
    size_t bad;
    enum sw_err err = catalogue_read(&c, a->vault, a->dir, &bad);
    if (err)
        return app_fail(a->app, err, a->dir);
    for (size_t i = 0; i < c.n; i++)
        print_track(a->app, i + 1, &c.tracks[i]);
    catalogue_free(&c);
    return bad ? app_error(a->app, APP_BAD_INPUT, "%s: %zu tracks cannot be read", a->dir, bad) : APP_DONE;
}

static int remove_track(struct admin *a, const char *what)
{
    struct catalogue c;
    char path[2 * STATE_PATH_MAX];
    size_t bad;
    enum sw_err err = catalogue_read(&c, a->vault, a->dir, &bad);
    const struct track *t = err ? NULL : catalogue_find(&c, what);
    int code = err ? app_fail(a->app, err, a->dir)
               : t ? APP_DONE
                   : app_error(a->app, APP_NO, "there is no track %s", what);
    if (t) {
        snprintf(path, sizeof path, "%s/%s", a->dir, t->id);
        if (unlink(path))
            code = app_fail(a->app, SW_ERR_SYSTEM, path);
        else if (a->app->json)
            admin_print_json(json_pack("{s:s,s:s,s:b}", "id", t->id, "title", t->title, "removed", 1));
    }
    catalogue_free(&c);
    return code;
}

int media_admin_run(struct app *app)
{
    struct admin a = {.app = app};
    const char *what = app->argv[0];
    int n = app->argc - 1;
    char **rest = app->argv + 1;
    int lock;
    int code = strcmp(what, "import") == 0 ? APP_DONE : state_there(app);
    if (!code)
        code = state_as_owner(app);
    if (!code)
        code = state_path(app, "media", a.dir);
    if (!code)
        code = state_lock(app, false, &lock);
    if (code)
        return code;
    a.vault = &a.own;
    bool licences = strcmp(what, "licences") == 0 || strcmp(what, "licence") == 0;
    if (!licences)
        code = state_vault(app, true, &a.own);
    if (code) {
        close(lock);
        return code;
    }
    if (mkdir(a.dir, 0700) && errno != EEXIST)
        code = app_fail(app, SW_ERR_SYSTEM, a.dir);
    else if (strcmp(what, "import") == 0)
        code = import(&a, n, rest);
    else if (strcmp(what, "ls") == 0)
        code = list(&a);
    else if (strcmp(what, "rm") == 0 && n == 1)
        code = remove_track(&a, rest[0]);
    else if (licences)
        code = media_licences(&a, n, rest);
    else
        code = app_usage(app, "media import, ls, rm or licences, not %s", what);
    sw_vault_close(&a.own);
    close(lock);
    return code;
}
