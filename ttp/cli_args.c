#include "ttp/cli_args.h"
#include "base/spell.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* getopt's answer for an option is its number in the table, past every letter. */
enum { OPTION_BASE = 256 };

struct spec {
    char letters[3 * CLI_OPTIONS_MAX + 3];
    struct option longs[CLI_OPTIONS_MAX + 1];
};

static int argument_kind(const struct cli_option *o)
{
    if (!o->arg)
        return no_argument;
    return cli_arg_is_optional(o->arg) ? optional_argument : required_argument;
}

/*
 * The part of the table that may stand here, as getopt wants it. '+' stops at the first argument, ':' reports a missing
 * one apart.
 */
static void spec_make(struct spec *s, const struct cli_args *args, bool only_before)
{
    size_t nl = 0, n = 0;
    if (only_before)
        s->letters[nl++] = '+';
    s->letters[nl++] = ':';
    for (int i = 0; i < args->count; i++) {
        const struct cli_option o = args->option(i);
        if (!args->takes(args->ctx, i))
            continue;
        s->longs[n++] = (struct option){o.name, argument_kind(&o), NULL, OPTION_BASE + i};
        if (o.letter) {
            s->letters[nl++] = o.letter;
            for (int k = argument_kind(&o); k > 0; k--)
                s->letters[nl++] = ':';
        }
    }
    s->letters[nl] = 0;
    s->longs[n] = (struct option){0};
}

static int by_letter(const struct cli_args *args, int letter)
{
    for (int i = 0; i < args->count; i++)
        if (args->takes(args->ctx, i) && args->option(i).letter == letter)
            return i;
    return -1;
}

/* An option that is not there, and the one that may be meant; or one that several begin like. */
static int unknown_option(const struct cli_args *args, const struct spec *s, const char *typed)
{
    char name[64], meant[96];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    struct sw_spell spell = {.word = name};
    for (const struct option *o = s->longs; o->name; o++) {
        if (strncmp(o->name, name, strlen(name)) == 0)
            return args->usage(args->ctx, "--", name, " is short for several options");
        sw_spell_try(&spell, o->name);
    }
    snprintf(meant, sizeof meant, ": did you mean --%s?", spell.best ? spell.best : "");
    return args->usage(args->ctx, "unknown option --", name, spell.best ? meant : "");
}

/* What getopt did not like; at is where it stood before. */
static int complain(const struct cli_args *args, const struct spec *s, int answer, char **argv, int at)
{
    char letter[2] = {(char)optopt, 0};
    if (answer == ':')
        return args->usage(args->ctx, "option ", argv[optind - 1], " needs an argument");
    if (optopt >= OPTION_BASE)
        return args->usage(args->ctx, "option --", args->option(optopt - OPTION_BASE).name, " takes no argument");
    if (optopt)
        return args->usage(args->ctx, "unknown option -", letter, "");
    return unknown_option(args, s, argv[at < optind ? optind - 1 : at]);
}

int cli_args_parse(const struct cli_args *args, int argc, char **argv, bool only_before)
{
    struct spec s;
    spec_make(&s, args, only_before);
    optind = 0; /* glibc: start afresh, with the new first character */
    opterr = 0;
    for (;;) {
        int at = optind ? optind : 1;
        int c = getopt_long(argc, argv, s.letters, s.longs, NULL);
        if (c == -1)
            return 0;
        if (c == ':' || c == '?')
            return complain(args, &s, c, argv, at);
        int id = c >= OPTION_BASE ? c - OPTION_BASE : by_letter(args, c);
        int code = args->add(args->ctx, id, optarg ? optarg : "");
        if (code)
            return code;
    }
}
