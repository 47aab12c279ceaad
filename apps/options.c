/*
 * The command line. Options stand anywhere behind the verb, those for every verb before it, too; which ones a verb takes is a set of groups in its row.
 * getopt_long does the work, fed from apps/options.def.
 */
#include "apps/options.h"
#include "apps/config.h"
#include "base/spell.h"
#include "include/sealwax.h"
#include "ttp/file.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct app_option_row app_options[OPT_COUNT] = {
#define APP_OPTION(id, letter, name, arg, groups, help) {letter, name, arg, groups, help},
#include "apps/options.def"
#undef APP_OPTION
};

/* getopt's answer for an option is its number in our table, past every letter. */
enum { OPTION_BASE = 256 };

struct spec {
    char letters[3 * OPT_COUNT + 3];
    struct option longs[OPT_COUNT + 1];
};

static int argument_kind(const struct app_option_row *o)
{
    if (!o->arg)
        return no_argument;
    return cli_arg_is_optional(o->arg) ? optional_argument : required_argument;
}

/* The part of the table that is in groups, as getopt wants it. first: '+' stops at the verb, ':' reports a missing argument apart. */
static void spec_make(struct spec *s, unsigned groups, const char *first)
{
    size_t nl = strlen(first), n = 0;
    memcpy(s->letters, first, nl);
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct app_option_row *o = &app_options[i];
        if (!(groups & o->groups))
            continue;
        s->longs[n++] = (struct option){o->name, argument_kind(o), NULL, OPTION_BASE + i};
        if (o->letter) {
            s->letters[nl++] = o->letter;
            for (int k = argument_kind(o); k > 0; k--)
                s->letters[nl++] = ':';
        }
    }
    s->letters[nl] = 0;
    s->longs[n] = (struct option){0};
}

static int by_letter(unsigned groups, int letter)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if ((groups & app_options[i].groups) && app_options[i].letter == letter)
            return i;
    return -1;
}

int app_add_value(struct app *app, int id, const char *value)
{
    struct app_values *o = &app->opt[id];
    const char **v = realloc(o->v, (o->n + 1) * sizeof *v);
    if (!v)
        return app_fail(app, SW_ERR_MEMORY, "command line");
    v[o->n] = value;
    *o = (struct app_values){v, o->n + 1};
    return APP_DONE;
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

/* An option that is not there, and the one that may be meant; or one that several begin like. */
static int unknown_option(struct app *app, const struct spec *s, const char *typed)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    struct sw_spell spell = {.word = name};
    for (const struct option *o = s->longs; o->name; o++) {
        if (strncmp(o->name, name, strlen(name)) == 0)
            return app_usage(app, "--%s is short for several options", name);
        sw_spell_try(&spell, o->name);
    }
    if (spell.best)
        return app_usage(app, "unknown option --%s: did you mean --%s?", name, spell.best);
    return app_usage(app, "unknown option --%s", name);
}

/* One pass of getopt over argv from argv[1] on; optind is left at the first argument that is no option. */
static int parse(struct app *app, int argc, char **argv, unsigned groups, const char *first)
{
    struct spec s;
    spec_make(&s, groups, first);
    optind = 0; /* glibc: start afresh, with the new first character */
    opterr = 0;
    for (;;) {
        int at = optind ? optind : 1;
        int c = getopt_long(argc, argv, s.letters, s.longs, NULL);
        if (c == -1)
            return APP_DONE;
        if (c == ':')
            return app_usage(app, "option %s needs an argument", argv[optind - 1]);
        if (c == '?' && optopt >= OPTION_BASE)
            return app_usage(app, "option --%s takes no argument", app_options[optopt - OPTION_BASE].name);
        if (c == '?' && optopt)
            return app_usage(app, "unknown option -%c", optopt);
        if (c == '?')
            return unknown_option(app, &s, argv[at < optind ? optind - 1 : at]);
        int id = c >= OPTION_BASE ? c - OPTION_BASE : by_letter(groups, c);
        int err = app_add_value(app, id, optarg ? optarg : "");
        if (err)
            return err;
    }
}

static const struct app_verb *find_verb(const struct app *app, const char *name)
{
    for (const struct app_verb *v = app->verbs; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

/* What the options of every verb mean, once all are known. Colour as https://no-color.org asks, and never into a file. */
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
    return name && !app->verb ? unknown_verb(app, name) : app_add_value(app, OPT_HELP, "");
}

/* The verb, and the options around it. Without one, a program that has a default verb means that. */
static int parse_verb(struct app *app, int argc, char **argv)
{
    const struct app_verb *usual = app->default_verb ? find_verb(app, app->default_verb) : NULL;
    int err = parse(app, argc, argv, APP_GLOBAL | (usual ? usual->groups : 0), "+:");
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
    err = parse(app, argc, argv, app->verb->groups | APP_GLOBAL, ":");
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
