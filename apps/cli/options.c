/*
 * The command line. Options stand anywhere behind the verb, those for every verb before it, too; which ones a verb
 * takes is a set of groups in its row. ttp/cli_args.c does the work, fed from apps/cli/options.def.
 */
#include "apps/cli/options.h"
#include "apps/cli/config.h"
#include "base/spell.h"
#include "include/sealwax.h"
#include "ttp/cli_args.h"
#include "ttp/cli_pass.h"
#include "ttp/cli_time.h"
#include "ttp/file.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct app_option_row app_options[OPT_COUNT] = {
#define APP_OPTION(id, letter, name, arg, groups, help) {letter, name, arg, groups, help},
#include "apps/cli/options.def"
#undef APP_OPTION
};

int app_add_value(struct app *app, int id, const char *value, const char *from)
{
    struct app_values *o = &app->opt[id];
    const char **v = realloc(o->v, (o->n + 1) * sizeof *v);
    if (v)
        o->v = v;
    const char **f = v ? realloc(o->from, (o->n + 1) * sizeof *f) : NULL;
    if (!f)
        return app_fail(app, SW_ERR_MEMORY, "settings");
    o->from = f;
    v[o->n] = value;
    f[o->n++] = from;
    return APP_DONE;
}

bool app_option_names_file(const struct app_option_row *row)
{
    return row->arg && (strcmp(row->arg, "FILE") == 0 || strcmp(row->arg, "DIR") == 0);
}

/* Whether text begins with this word, and the word ends there. */
static bool begins_with(const char *text, const char *word)
{
    size_t n = strlen(word);
    return n > 0 && strncmp(text, word, n) == 0 && (text[n] == ':' || text[n] == ',' || text[n] == ' ');
}

const char *app_place_of(const struct app *app, const char *message)
{
    for (int id = 0; id < OPT_COUNT; id++) {
        const struct app_values *o = &app->opt[id];
        const struct app_option_row *row = &app_options[id];
        if (!o->n || !o->from)
            continue;
        if (strncmp(message, "--", 2) == 0 && begins_with(message + 2, row->name))
            return o->from[o->n - 1];
        for (size_t i = 0; i < o->n && app_option_names_file(row); i++)
            if (o->from[i] && strchr(o->from[i], ':') && begins_with(message, o->v[i]))
                return o->from[i];
    }
    return NULL;
}

int app_keep(struct app *app, char *text)
{
    char **kept = realloc(app->kept, (app->kept_n + 1) * sizeof *kept);
    if (!kept) {
        free(text);
        return app_fail(app, SW_ERR_MEMORY, "settings");
    }
    kept[app->kept_n++] = text;
    app->kept = kept;
    return APP_DONE;
}

/* --- what ttp/cli_args.h asks ------------------------------------------------------------------------------------- */

/* The options of these groups, for a command line that fills app. */
struct taking {
    struct app *app;
    unsigned groups;
};

static bool takes(const void *ctx, int id)
{
    const struct taking *t = ctx;
    return (t->groups & app_options[id].groups) != 0;
}

static int add(void *ctx, int id, const char *value)
{
    const struct taking *t = ctx;
    return app_add_value(t->app, id, value, NULL);
}

static int usage(void *ctx, const char *before, const char *what, const char *after)
{
    const struct taking *t = ctx;
    return app_usage(t->app, "%s%s%s", before, what, after);
}

_Static_assert((int)OPT_COUNT <= (int)CLI_OPTIONS_MAX, "cli_args has room for fewer options");

static int parse(struct app *app, int argc, char **argv, unsigned groups, bool only_before)
{
    struct taking t = {app, groups};
    const struct cli_args args = {OPT_COUNT, app_option_text, takes, add, usage, &t};
    return cli_args_parse(&args, argc, argv, only_before);
}

/* --- the verb ----------------------------------------------------------------------------------------------------- */

static const struct app_verb *find_verb(const struct app *app, const char *name)
{
    for (const struct app_verb *v = app->verbs; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

/*
 * What the options of every verb mean, once all are known. Colour as https://no-color.org asks, and never into a file.
 */
static void apply_globals(struct app *app)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    app->json = app_has(app, OPT_JSON);
    app->quiet = app_has(app, OPT_QUIET);
    app->verbose = app_has(app, OPT_VERBOSE);
    app->color = isatty(STDERR_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) &&
                 !app_has(app, OPT_NO_COLOR);
}

static bool asked_for_text(const struct app *app)
{
    return app_has(app, OPT_HELP) || app_has(app, OPT_VERSION);
}

static int unknown_verb(struct app *app, const char *typed)
{
    struct sw_spell spell = {.word = typed};
    for (const struct app_verb *v = app->verbs; v->name; v++)
        sw_spell_try(&spell, v->name);
    return spell.best ? app_usage(app, "unknown verb %s: did you mean %s?", typed, spell.best)
                      : app_usage(app, "unknown verb %s", typed);
}

/* "sealwax help VERB" is what many try first. */
static int help_verb(struct app *app, const char *name)
{
    app->verb = name ? find_verb(app, name) : NULL;
    return name && !app->verb ? unknown_verb(app, name) : app_add_value(app, OPT_HELP, "", NULL);
}

/* The verb, and the options around it. Without one, a program that has a default verb means that. */
static int parse_verb(struct app *app, int argc, char **argv)
{
    const struct app_verb *usual = app->default_verb ? find_verb(app, app->default_verb) : NULL;
    int err = parse(app, argc, argv, APP_GLOBAL | (usual ? usual->groups : 0), true);
    if (err || (asked_for_text(app) && optind >= argc))
        return err;
    if (optind >= argc && !usual)
        return app_usage(app, "no verb");
    if (optind < argc && strcmp(argv[optind], "help") == 0)
        return help_verb(app, argv[optind + 1]);
    app->verb = optind < argc ? find_verb(app, argv[optind]) : usual;
    if (!app->verb)
        return unknown_verb(app, argv[optind]);
    if (optind >= argc) {
        app->argc = 0;
        app->argv = argv + argc;
        return APP_DONE;
    }
    argc -= optind;
    argv += optind;
    err = parse(app, argc, argv, app->verb->groups | APP_GLOBAL, false);
    app->argc = argc - optind;
    app->argv = argv + optind;
    return err;
}

/* What was given before the verb must be the verb's. */
static int check_options(const struct app *app)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (app->opt[i].n && !(app_options[i].groups & (app->verb->groups | APP_GLOBAL)))
            return app_usage(app, "%s takes no --%s", app->verb->name, app_options[i].name);
    return APP_DONE;
}

/* Of passphrases: a form that is none may be the passphrase itself, which is told also where none is needed. */
static int check_sources(const struct app *app)
{
    for (size_t i = 0; i < app->opt[OPT_PASSIN].n; i++)
        if (!cli_pass_is_source(app->opt[OPT_PASSIN].v[i]))
            return app_usage(app, "--passin " CLI_PASS_SOURCES);
    return APP_DONE;
}

static int parse_all(struct app *app, int argc, char **argv)
{
    /* errors of the very command line are JSON too, when that was asked for anywhere in it */
    for (int i = 1; i < argc; i++)
        app->json |= strcmp(argv[i], "--json") == 0;
    app->all_argc = argc;
    app->all_argv = argv;
    int err = parse_verb(app, argc, argv);
    if (err || asked_for_text(app))
        return err;
    err = check_options(app);
    if (!err)
        err = config_apply(app);
    apply_globals(app);
    if (!err)
        err = check_sources(app);
    if (err)
        return err;
    if (app->argc < app->verb->min)
        return app_usage(app, "too few arguments: %s %s %s", app->program, app->verb->name, app->verb->args);
    if (app->argc > app->verb->max)
        return app_usage(app, "too many arguments: %s", app->argv[app->verb->max]);
    return APP_DONE;
}

int app_reload(const struct app *app, struct app *fresh)
{
    *fresh = (struct app){
        .program = app->program, .about = app->about, .verbs = app->verbs, .default_verb = app->default_verb};
    return parse_all(fresh, app->all_argc, app->all_argv);
}

void app_free(struct app *app)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        free(app->opt[i].v);
        free(app->opt[i].from);
        app->opt[i] = (struct app_values){0};
    }
    for (size_t i = 0; i < app->kept_n; i++)
        free(app->kept[i]);
    free(app->kept);
    app->kept = NULL;
    app->kept_n = 0;
}

int app_main(struct app *app, int argc, char **argv)
{
    sw_file_guard_streams();
    if (argc == 2 && strcmp(argv[1], "--generate-man") == 0) {
        app_help_man(app);
        return fflush(stdout) ? APP_SYSTEM : APP_DONE;
    }
    if (argc == 2 && strcmp(argv[1], "--generate-completion") == 0) {
        app_help_completion(app);
        return fflush(stdout) ? APP_SYSTEM : APP_DONE;
    }
    int code = parse_all(app, argc, argv);
    if (code == APP_DONE && app_has(app, OPT_HELP))
        app_help(app, app->verb);
    else if (code == APP_DONE && app_has(app, OPT_VERSION))
        printf("%s\n", sw_version());
    else if (code == APP_DONE)
        code = app->verb->run(app);
    if (fflush(stdout) && code == APP_DONE)
        code = app_error(app, APP_SYSTEM, "standard output: %s", strerror(errno));
    app_free(app);
    return code;
}

bool app_has(const struct app *app, enum app_option id)
{
    return app->opt[id].n > 0;
}

const char *app_get(const struct app *app, enum app_option id)
{
    return app->opt[id].n ? app->opt[id].v[app->opt[id].n - 1] : NULL;
}

int app_get_int(const struct app *app, enum app_option id, long fallback, long min, long max, long *out)
{
    const char *text = app_get(app, id);
    char *end;
    *out = fallback;
    if (!text)
        return APP_DONE;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end == text || *end || errno || *out < min || *out > max)
        return app_usage(app, "--%s takes a number from %ld to %ld, not %s", app_options[id].name, min, max, text);
    return APP_DONE;
}

bool app_parse_span(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || errno || *text < '0' || *text > '9' || n > INT32_MAX)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *out = n * units[i].seconds;
            return true;
        }
    return false;
}

int app_get_span(const struct app *app, enum app_option id, int64_t fallback, int64_t *out)
{
    const char *text = app_get(app, id);
    *out = fallback;
    if (text && !app_parse_span(text, out))
        return app_usage(app, "--%s takes a length of time like 90s, 5m or 12h, not %s", app_options[id].name, text);
    return APP_DONE;
}

int app_get_moment(const struct app *app, enum app_option id, int64_t now, int64_t fallback, int64_t *out)
{
    const char *text = app_get(app, id);
    int64_t span;
    *out = fallback;
    if (!text || (*text != '+' && cli_parse_time(text, out)))
        return APP_DONE;
    if (!app_parse_span(*text == '+' ? text + 1 : text, &span))
        return app_usage(app, "--%s takes a time like 2027-01-31T12:00:00Z, or +30d, not %s", app_options[id].name,
                         text);
    *out = now + span;
    return APP_DONE;
}

static bool parse_size(const char *text, size_t *out)
{
    static const char units[] = "KMG";
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (end == text || errno || *text < '0' || *text > '9' || n > UINT32_MAX)
        return false;
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (*end && (!unit || end[1]))
        return false;
    *out = (size_t)n << (unit ? 10 * (unit - units + 1) : 0);
    return true;
}

int app_get_size(const struct app *app, enum app_option id, size_t fallback, size_t max, size_t *out)
{
    const char *text = app_get(app, id);
    *out = fallback;
    if (text && (!parse_size(text, out) || *out == 0 || *out > max))
        return app_usage(app, "--%s takes a size like 4096, 64K or 2M, up to %zu bytes, not %s", app_options[id].name,
                         max, text);
    return APP_DONE;
}
