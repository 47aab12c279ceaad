/*
 * The command line. Options may stand before or after the verb and its arguments; which ones a verb takes is a set in
 * its row. ttp/cli_args.c does the work, fed from ttp/options.def.
 */
#include "base/spell.h"
#include "ttp/cli_args.h"
#include "ttp/cli_time.h"
#include "ttp/ttp.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option ttp_options[TTP_OPT_COUNT] = {
#define TTP_OPTION(id, letter, name, arg, help) {letter, name, arg, help},
#include "ttp/options.def"
#undef TTP_OPTION
};

static const uint64_t global_options =
    TTP_BIT(PKI) | TTP_BIT(JSON) | TTP_BIT(QUIET) | TTP_BIT(NO_COLOR) | TTP_BIT(HELP) | TTP_BIT(VERSION);

static int add_value(struct ttp *t, int id, const char *value)
{
    struct ttp_values *o = &t->opt[id];
    const char **v = realloc(o->v, (o->n + 1) * sizeof *v);
    if (!v)
        return ttp_fail(t, SW_ERR_MEMORY, "command line");
    v[o->n] = value;
    *o = (struct ttp_values){v, o->n + 1};
    return TTP_DONE;
}

/* The options of a set, for a command line that fills t. */
struct taking {
    struct ttp *t;
    uint64_t set;
};

static struct cli_option option(int id)
{
    return ttp_options[id];
}

static bool takes(const void *ctx, int id)
{
    const struct taking *taking = ctx;
    return taking->set >> id & 1;
}

static int add(void *ctx, int id, const char *value)
{
    const struct taking *taking = ctx;
    return add_value(taking->t, id, value);
}

static int usage(void *ctx, const char *before, const char *what, const char *after)
{
    const struct taking *taking = ctx;
    return ttp_usage(taking->t, "%s%s%s", before, what, after);
}

_Static_assert((int)TTP_OPT_COUNT <= (int)CLI_OPTIONS_MAX, "cli_args has room for fewer options");

static int parse(struct ttp *t, int argc, char **argv, uint64_t set, bool only_before)
{
    struct taking taking = {t, set};
    const struct cli_args args = {TTP_OPT_COUNT, option, takes, add, usage, &taking};
    return cli_args_parse(&args, argc, argv, only_before);
}

static const struct ttp_verb *find_verb(const char *name)
{
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

static int unknown_verb(struct ttp *t, const char *typed)
{
    struct sw_spell spell = {.word = typed};
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++)
        sw_spell_try(&spell, v->name);
    return spell.best ? ttp_usage(t, "unknown verb %s: did you mean %s?", typed, spell.best)
                      : ttp_usage(t, "unknown verb %s", typed);
}

/* "ttp help VERB" is what many try first. */
static int help_verb(struct ttp *t, const char *name)
{
    t->verb = name ? find_verb(name) : NULL;
    return name && !t->verb ? unknown_verb(t, name) : add_value(t, TTP_OPT_HELP, "");
}

/* What the global options mean, once all are known. */
static void apply_globals(struct ttp *t)
{
    const char *env = getenv("TTP_PKI");
    t->dir = ttp_get(t, TTP_OPT_PKI);
    if (!t->dir)
        t->dir = env && *env ? env : "certs";
    t->json = ttp_has(t, TTP_OPT_JSON);
    t->quiet = ttp_has(t, TTP_OPT_QUIET);
}

int ttp_args_parse(struct ttp *t, int argc, char **argv)
{
    /* errors of the very command line are JSON too, when that was asked for anywhere in it */
    for (int i = 1; i < argc; i++)
        t->json |= strcmp(argv[i], "--json") == 0;
    int err = parse(t, argc, argv, global_options, true);
    if (err)
        return err;
    apply_globals(t);
    if (ttp_has(t, TTP_OPT_HELP) || ttp_has(t, TTP_OPT_VERSION))
        return TTP_DONE;
    if (optind >= argc)
        return ttp_usage(t, "no verb");
    if (strcmp(argv[optind], "help") == 0)
        return help_verb(t, argv[optind + 1]);
    t->verb = find_verb(argv[optind]);
    if (!t->verb)
        return unknown_verb(t, argv[optind]);
    argc -= optind;
    argv += optind;
    err = parse(t, argc, argv, t->verb->options | global_options, false);
    if (err)
        return err;
    apply_globals(t);
    t->argc = argc - optind;
    t->argv = argv + optind;
    if (ttp_has(t, TTP_OPT_HELP))
        return TTP_DONE;
    if (!*t->dir)
        return ttp_usage(t, "--pki takes the name of a directory, not nothing");
    if (t->argc < t->verb->min)
        return ttp_usage(t, "too few arguments: ttp %s %s", t->verb->name, t->verb->args);
    if (t->argc > t->verb->max)
        return ttp_usage(t, "too many arguments: %s", t->argv[t->verb->max]);
    return TTP_DONE;
}

void ttp_args_free(struct ttp *t)
{
    for (int i = 0; i < TTP_OPT_COUNT; i++)
        free(t->opt[i].v);
}

bool ttp_has(const struct ttp *t, enum ttp_option id)
{
    return t->opt[id].n > 0;
}

const char *ttp_get(const struct ttp *t, enum ttp_option id)
{
    return t->opt[id].n ? t->opt[id].v[t->opt[id].n - 1] : NULL;
}

static bool parse_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return end != text && *end == 0 && errno == 0 && *text >= '-' && *text != '.';
}

int ttp_get_int(const struct ttp *t, enum ttp_option id, int fallback, int min, int max, int *out)
{
    const char *text = ttp_get(t, id);
    int64_t n = fallback;
    if (text && (!parse_number(text, &n) || n < min || n > max))
        return ttp_usage(t, "--%s takes a number from %d to %d, not %s", ttp_options[id].name, min, max, text);
    *out = (int)n;
    return TTP_DONE;
}

bool ttp_parse_span(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31536000}, {"", 86400}};
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || errno || n < 0 || n > 40000 * 86400LL || *text < '0' || *text > '9')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *out = n * units[i].seconds;
            return true;
        }
    return false;
}

int ttp_get_time(const struct ttp *t, enum ttp_option id, int64_t fallback, int64_t *out)
{
    const char *text = ttp_get(t, id);
    *out = fallback;
    if (text && !cli_parse_time(text, out))
        return ttp_usage(t, "--%s takes a time like 2027-01-31T12:00:00Z or seconds since 1970, not %s",
                         ttp_options[id].name, text);
    if (text && id == TTP_OPT_NOT_AFTER && strlen(text) == sizeof "2027-01-31" - 1 && text[4] == '-')
        *out += 86399; /* until a day, inclusive: to its last second */
    return TTP_DONE;
}

int ttp_get_span(const struct ttp *t, enum ttp_option id, int64_t fallback, int64_t *out)
{
    const char *text = ttp_get(t, id);
    *out = fallback;
    if (text && !ttp_parse_span(text, out))
        return ttp_usage(t, "--%s takes a length of time like 30d or 12h, not %s", ttp_options[id].name, text);
    return TTP_DONE;
}
