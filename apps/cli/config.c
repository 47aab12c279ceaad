/* Which settings there are is the table apps/cli/options.def. */
#include "apps/cli/config.h"
#include "apps/cli/places.h"
#include "ttp/cli_ini.h"
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 4096, WHY_LENGTH = 256 };

struct source {
    struct app *app;
    const char *path;      /* of a file, NULL: the environment */
    const char *variable;  /* of that */
    struct cli_ini ini;    /* reads it */
    bool taken[OPT_COUNT]; /* given nearer: not ours to say */
    bool said[OPT_COUNT];  /* by this source, be it only a switch's "no" */
    char why[WHY_LENGTH];  /* what the first bad line did wrong */
};

static bool read_switch(const char *text, bool *on)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        *on = strcmp(text, yes[i]) == 0;
        if (*on || strcmp(text, no[i]) == 0)
            return true;
    }
    return false;
}

/* "FILE:LINE", or the variable; kept with app. */
static const char *place_of(const struct source *s)
{
    char *place = NULL;
    if ((s->path ? asprintf(&place, "%s:%d", s->path, s->ini.line) : asprintf(&place, "%s", s->variable)) < 0)
        return NULL;
    return app_keep(s->app, place) ? NULL : place;
}

/*
 * What a service manager may have given the service (LoadCredential=): its files, by a name without a slash, and what
 * the service puts into its runtime directory. out receives the whole value; false: it stays what it is.
 */
static bool given_place(int id, const char *value, char *out, size_t cap)
{
    static const enum app_option files[] = {OPT_CERT, OPT_KEY,      OPT_TRUST,     OPT_CRL,
                                            OPT_OCSP, OPT_SCT_LIST, OPT_VAULT_KEY, OPT_COPY_KEY};
    if (id == OPT_PASSIN && strncmp(value, "file:", 5) == 0) {
        memcpy(out, value, 5);
        return places_credential(value + 5, out + 5, cap - 5);
    }
    if (id == OPT_READY_FILE)
        return places_runtime(value, out, cap);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (id == (int)files[i])
            return places_credential(value, out, cap);
    return false;
}

/* dir/value for a relative name in a file, and file:dir/value; the caller frees. */
static char *resolve(const struct source *s, int id, const char *value)
{
    const struct app_option_row *row = &app_options[id];
    char given[NAME_LENGTH], *out = NULL;
    if (given_place(id, value, given, sizeof given))
        return strdup(given);
    const char *slash = s->path ? strrchr(s->path, '/') : NULL, *kind = "";
    if (id == OPT_PASSIN && strncmp(value, "file:", 5) == 0) {
        kind = "file:";
        value += 5;
    }
    bool names_file = *kind || (app_option_names_file(row) && !strchr(value, ':'));
    bool relative = slash && names_file && *value && *value != '/' && strcmp(value, "-") != 0;
    if (asprintf(&out, "%s%.*s%s", kind, relative ? (int)(slash - s->path + 1) : 0, relative ? s->path : "", value) < 0)
        return NULL;
    return out;
}

static bool set(struct source *s, int id, const char *value)
{
    const struct app_option_row *row = &app_options[id];
    bool on = true;
    if (!row->arg || cli_arg_is_optional(row->arg)) {
        bool is_switch = read_switch(value, &on);
        if (!is_switch && !row->arg) {
            snprintf(s->why, sizeof s->why, "%s is yes or no, not %s", row->name, value);
            return false;
        }
        if (is_switch)
            value = "";
        else /* the argument that may be left out is there */
            on = true;
    }
    if (s->taken[id])
        return true;
    s->said[id] = true;
    if (!on) { /* takes back what the lines above said */
        s->app->opt[id].n = 0;
        return true;
    }
    char *kept = resolve(s, id, value);
    const char *place = kept && !app_keep(s->app, kept) ? place_of(s) : NULL;
    if (!place || app_add_value(s->app, id, kept, place)) {
        snprintf(s->why, sizeof s->why, "out of memory");
        return false;
    }
    return true;
}

/* Some options have rows for several verbs: the one that counts is this verb's. */
static int find(const struct app *app, const char *name, bool *known)
{
    unsigned groups = app->verb->groups | APP_GLOBAL, all = APP_GLOBAL;
    int found = -1;
    for (const struct app_verb *v = app->verbs; v->name; v++)
        all |= v->groups;
    *known = false;
    for (int i = 0; i < OPT_COUNT; i++) {
        if (strcmp(app_options[i].name, name) != 0)
            continue;
        *known |= (app_options[i].groups & all) != 0;
        if (app_options[i].groups & groups)
            found = i;
    }
    return found;
}

static bool settable(int id)
{
    return id != OPT_HELP && id != OPT_VERSION && id != OPT_CONFIG;
}

static bool on_setting(void *ctx, const char *section, const char *name, const char *value)
{
    struct source *s = ctx;
    bool known;
    if (*section && strcmp(section, s->app->program) != 0) {
        snprintf(s->why, sizeof s->why, "unknown section [%s]", section);
        return false;
    }
    int id = find(s->app, name, &known);
    if (!known || (id >= 0 && !settable(id))) {
        snprintf(s->why, sizeof s->why, "unknown setting %s", name);
        return false;
    }
    return id < 0 || set(s, id, value);
}

/* The file is closed. */
static int read_lines(struct source *s, const char *path, FILE *file)
{
    const struct app *app = s->app;
    s->path = path;
    s->ini = (struct cli_ini){.file = file, .setting = on_setting, .ctx = s};
    enum cli_ini_result result = cli_ini_read(&s->ini);
    int saved = errno;
    fclose(file);
    errno = saved;
    switch (result) {
    case CLI_INI_DONE:
        return APP_DONE;
    case CLI_INI_UNREADABLE:
        return app_fail(app, SW_ERR_SYSTEM, path);
    case CLI_INI_NOT_TEXT:
        return app_error(app, APP_BAD_INPUT, "%s:%d: this is not text", path, s->ini.line);
    case CLI_INI_TOO_LONG:
        return app_error(app, APP_BAD_INPUT, "%s:%d: the line is longer than %d bytes", path, s->ini.line, s->ini.room);
    case CLI_INI_NO_SETTING:
        return app_error(app, APP_BAD_INPUT, "%s:%d: this is neither a setting nor a comment", path, s->ini.line);
    case CLI_INI_REFUSED:
        break;
    }
    return app_error(app, APP_BAD_INPUT, "%s:%d: %s", path, s->ini.line, s->why);
}

static int read_file(struct source *s, const char *path, bool must_exist)
{
    FILE *file = fopen(path, "re");
    if (file)
        return read_lines(s, path, file);
    return errno == ENOENT && !must_exist ? APP_DONE : app_fail(s->app, SW_ERR_SYSTEM, path);
}

/* SEALWAX_CLIENT_AUTH for --client-auth. */
static int read_environment(struct source *s)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        char name[64] = "SEALWAX_";
        size_t n = strlen(name);
        if (!((s->app->verb->groups | APP_GLOBAL) & app_options[i].groups) || !settable(i))
            continue;
        for (const char *p = app_options[i].name; *p && n < sizeof name - 1; p++)
            name[n++] = (char)(*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        name[n] = 0;
        const char *value = getenv(name);
        s->variable = name;
        if (value && *value && !set(s, i, value))
            return app_error(s->app, APP_BAD_INPUT, "%s: %s", name, s->why);
    }
    return APP_DONE;
}

/* The command line's own names, which are there already. */
static int apply_given_places(struct app *app)
{
    char given[NAME_LENGTH];
    for (int id = 0; id < OPT_COUNT; id++)
        for (size_t i = 0; i < app->opt[id].n; i++) {
            if (!given_place(id, app->opt[id].v[i], given, sizeof given))
                continue;
            char *kept = strdup(given);
            int code = kept ? app_keep(app, kept) : app_fail(app, SW_ERR_MEMORY, "settings");
            if (code)
                return code;
            app->opt[id].v[i] = kept;
        }
    return APP_DONE;
}

/* Together they count as one file, so that a later one may change what an earlier one said. */
static int read_with_more(struct source *s, const char *path, const char *more)
{
    glob_t found;
    int code = read_file(s, path, false);
    if (code || glob(more, GLOB_BRACE, NULL, &found))
        return code;
    for (size_t i = 0; i < found.gl_pathc && !code; i++)
        code = read_file(s, found.gl_pathv[i], true);
    globfree(&found);
    return code;
}

/*
 * Nobody named this file. So where it cannot be opened, under a HOME that is another user's, say, that is told and not
 * the end; what it says is as binding as any.
 */
static int read_user_file(struct source *s)
{
    char path[NAME_LENGTH];
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (!(config && *config) && !home)
        return APP_DONE;
    int n = config && *config ? snprintf(path, sizeof path, "%s/sealwax/config", config)
                              : snprintf(path, sizeof path, "%s/.config/sealwax/config", home);
    if (n < 0 || (size_t)n >= sizeof path)
        return APP_DONE;
    FILE *file = fopen(path, "re");
    if (file)
        return read_lines(s, path, file);
    if (errno != ENOENT && errno != ENOTDIR)
        app_warn(s->app, "warning: %s: %s; going on without it", path, strerror(errno));
    return APP_DONE;
}

int config_apply_from(struct app *app, const char *path, const char *more)
{
    struct source s = {.app = app};
    for (int i = 0; i < OPT_COUNT; i++)
        s.taken[i] = app_has(app, (enum app_option)i);
    int code = apply_given_places(app);
    if (!code)
        code = read_environment(&s);
    for (int i = 0; i < OPT_COUNT; i++)
        s.taken[i] |= s.said[i];
    const char *given = app_get(app, OPT_CONFIG);
    if (code || (given && strcmp(given, "none") == 0))
        return code;
    if (given)
        return read_file(&s, given, true);
    return path ? read_with_more(&s, path, more) : read_user_file(&s);
}

int config_apply(struct app *app)
{
    char dir[NAME_LENGTH], path[NAME_LENGTH + 64], more[NAME_LENGTH + 64];
    if (!app->default_verb)
        return config_apply_from(app, NULL, NULL);
    if (!places_first("CONFIGURATION_DIRECTORY", dir, sizeof dir))
        snprintf(dir, sizeof dir, "/etc/sealwax");
    snprintf(path, sizeof path, "%s/sealwaxd.conf", dir);
    snprintf(more, sizeof more, "%s/{conf.d,sealwaxd.conf.d}/*.conf", dir);
    return config_apply_from(app, path, more);
}
