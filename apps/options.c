/*
 * The command line. Options may stand before or after the verb and its arguments; which ones a verb takes is a set of groups in its row.
 * getopt_long does the work, fed from apps/options.def.
 */
#include "apps/options.h"
#include "include/sealwax.h"
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
    return strncmp(o->arg, "[=", 2) == 0 ? optional_argument : required_argument;
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

static int add_value(struct app *app, int id, const char *value)
{
    struct app_values *o = &app->opt[id];
    const char **v = realloc(o->v, (o->n + 1) * sizeof *v);
    if (!v)
        return app_fail(app, SW_ERR_MEMORY, "command line");
    v[o->n] = value;
    *o = (struct app_values){v, o->n + 1};
    return APP_DONE;
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
            return app_usage(app, "unknown or ambiguous option %s", argv[at < optind ? optind - 1 : at]);
        int id = c >= OPTION_BASE ? c - OPTION_BASE : by_letter(groups, c);
        int err = add_value(app, id, optarg ? optarg : "");
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

static int parse_all(struct app *app, int argc, char **argv)
{
    /* errors of the very command line are JSON too, when that was asked for anywhere in it */
    for (int i = 1; i < argc; i++)
        app->json |= strcmp(argv[i], "--json") == 0;
    int err = parse(app, argc, argv, APP_GLOBAL, "+:");
    if (err)
        return err;
    if (asked_for_text(app))
        return APP_DONE;
    if (optind >= argc)
        return app_usage(app, "no verb");
    app->verb = find_verb(app, argv[optind]);
    if (!app->verb)
        return app_usage(app, "unknown verb %s", argv[optind]);
    argc -= optind;
    argv += optind;
    err = parse(app, argc, argv, app->verb->groups | APP_GLOBAL, ":");
    if (err)
        return err;
    apply_globals(app);
    app->argc = argc - optind;
    app->argv = argv + optind;
    if (asked_for_text(app))
        return APP_DONE;
    if (app->argc < app->verb->min)
        return app_usage(app, "too few arguments: %s %s %s", app->program, app->verb->name, app->verb->args);
    if (app->argc > app->verb->max)
        return app_usage(app, "too many arguments: %s", app->argv[app->verb->max]);
    return APP_DONE;
}

int app_main(struct app *app, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--generate-man") == 0) {
        app_help_man(app);
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
    for (int i = 0; i < OPT_COUNT; i++)
        free(app->opt[i].v);
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
