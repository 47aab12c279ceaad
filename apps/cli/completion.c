/*
 * Completion for bash, made from the tables of verbs and options like --help, so that it cannot be out of date:
 * `sealwax --generate-completion` writes what is installed.
 */
#include "apps/cli/options.h"
#include <stdio.h>
#include <string.h>

/*
 * Values that are worth offering, by the name of the option's argument or by the option itself where the argument says
 * less.
 */
static const struct {
    enum app_option id;
    const char *words;
} values[] = {
    {OPT_POLICY, "classic modern all"},     {OPT_MIN_VERSION, "1.2 1.3"},
    {OPT_MAX_VERSION, "1.2 1.3"},           {OPT_CLIENT_AUTH, "none request require"},
    {OPT_REPLY, "echo http discard pipe"},  {OPT_LOG, "text json"},
    {OPT_SEAL_FORM, "hybrid rsa"},          {OPT_PASSIN, "prompt file: env: fd:"},
    {OPT_PROTECT, "session rsa auth none"}, {OPT_ALLOW, "cn: dns: ip: email: uri: sha256:"},
};

/* What stands behind a word that wants another one. */
static const struct {
    const char *program, *after, *words;
} words[] = {
    {"sealwax", "media", "ls play licence"},
    {"sealwaxd", "media", "import ls rm licences"},
    {"sealwaxd", "licences", "ls grant revoke"},
    {"sealwaxd", "users", "add remove list"},
    {"sealwaxd", "store", "copy"},
};

/* Only behind a verb: a file may have such a name as well. */
static void words_behind(const char *program)
{
    printf("    [[ -z $verb || $cur == -* ]] || case $prev in\n");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].program, program) == 0)
            printf("    %s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", words[i].after, words[i].words);
    printf("    esac\n");
}

static bool has_arg(const struct app_option_row *o)
{
    return o->arg && !cli_arg_is_optional(o->arg);
}

static void patterns(const struct app_option_row *o)
{
    printf("--%s", o->name);
    if (o->letter)
        printf("|-%c", o->letter);
}

/*
 * Options of these groups whose next word is theirs, as a pattern of case; one that several rows have stands there
 * once.
 */
static void with_argument(unsigned groups)
{
    bool first = true;
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!has_arg(&app_options[i]) || !(app_options[i].groups & groups))
            continue;
        if (!first)
            putchar('|');
        patterns(&app_options[i]);
        first = false;
    }
}

static void options(unsigned groups)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (app_options[i].groups & groups)
            printf(" --%s", app_options[i].name);
}

static unsigned all_groups(const struct app *app)
{
    unsigned groups = APP_GLOBAL;
    for (const struct app_verb *v = app->verbs; v->name; v++)
        groups |= v->groups;
    return groups;
}

static unsigned usual_groups(const struct app *app)
{
    for (const struct app_verb *v = app->verbs; v->name; v++)
        if (app->default_verb && strcmp(v->name, app->default_verb) == 0)
            return v->groups | APP_GLOBAL;
    return APP_GLOBAL;
}

/* What may follow an option that has an argument: words, a directory, a file; for the others, nothing is offered. */
static void arguments(unsigned groups)
{
    printf("    case $prev in\n");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct app_option_row *o = &app_options[values[i].id];
        if (!(o->groups & groups))
            continue;
        printf("    ");
        patterns(o);
        printf(") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", values[i].words);
    }
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct app_option_row *o = &app_options[i];
        if (!has_arg(o) || !(o->groups & groups))
            continue;
        bool dir = strcmp(o->arg, "DIR") == 0, file = strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "NAME|FILE") == 0;
        if (!dir && !file)
            continue;
        printf("    ");
        patterns(o);
        printf(") COMPREPLY=($(compgen -%c -- \"$cur\")); return ;;\n", dir ? 'd' : 'f');
    }
    printf("    ");
    with_argument(groups);
    printf(") return ;;\n    esac\n");
}

void app_help_completion(const struct app *app)
{
    const char *p = app->program;
    unsigned groups = all_groups(app);
    printf("# bash completion for %s, made by \"%s --generate-completion\"\n_%s()\n{\n", p, p, p);
    printf("    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' opts='' w i skip=''\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n        w=${COMP_WORDS[i]}\n"
           "        if [[ -n $skip ]]; then skip=''; continue; fi\n        case $w in\n        ");
    with_argument(usual_groups(app));
    printf(") skip=1 ;;\n        -*) ;;\n        *) verb=$w; break ;;\n        esac\n    done\n");
    arguments(groups);
    words_behind(p);
    printf("    case $verb in\n    '') opts='");
    for (const struct app_verb *v = app->verbs; v->name; v++)
        printf("%s%s", v == app->verbs ? "" : " ", v->name);
    options(usual_groups(app));
    printf("' ;;\n");
    for (const struct app_verb *v = app->verbs; v->name; v++) {
        printf("    %s) opts='", v->name);
        options(v->groups | APP_GLOBAL);
        printf("' ;;\n");
    }
    printf(
        "    esac\n    if [[ $cur == -* || -z $verb ]]; then\n        COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
        "    else\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\ncomplete -o filenames -F _%s %s\n",
        p, p);
}
