/* --help, made from the tables of verbs and options, so that it cannot be out of date. */
#include "apps/cli/options.h"
#include <stdio.h>
#include <string.h>

enum { HELP_INDENT = 28 };

enum app_section app_section_of(const struct app_option_row *o)
{
    if (o->groups & APP_GLOBAL)
        return APP_OF_ALL;
    if ((o->groups & APP_TLS) && (o->groups & APP_SEALED))
        return APP_WHO_WE_ARE;
    return o->groups & (APP_TLS | APP_CLIENT) ? APP_OF_TLS : APP_OF_THE_VERB;
}

struct cli_option app_option_text(int id)
{
    const struct app_option_row *o = &app_options[id];
    return (struct cli_option){.letter = o->letter, .name = o->name, .arg = o->arg, .help = o->help};
}

static void options_help(const char *title, enum app_section section, unsigned groups)
{
    bool any = false;
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!(groups & app_options[i].groups) || app_section_of(&app_options[i]) != section)
            continue;
        if (!any)
            printf("\n%s:\n", title);
        any = true;
        const struct cli_option o = app_option_text(i);
        cli_option_help(&o, HELP_INDENT);
    }
}

static void verb_help(const struct app *app, const struct app_verb *v)
{
    printf("Usage: %s [OPTION]... %s%s%s\n\n", app->program, v->name, *v->args ? " " : "", v->args);
    cli_wrap(v->details, 0, 0);
    options_help("Options", APP_OF_THE_VERB, v->groups);
    options_help("Who we are, and whom we trust", APP_WHO_WE_ARE, v->groups);
    options_help("TLS", APP_OF_TLS, v->groups);
    options_help("For every verb", APP_OF_ALL, APP_GLOBAL);
    printf("\nWhat is not given with --NAME comes from SEALWAX_NAME in the environment, or from the settings: man "
           "%s.\n",
           app->program);
    printf("\nExamples:\n");
    cli_indented(v->example);
}

const char app_exit_codes[] =
    "0  done\n"
    "1  the answer is no: a peer or a certificate refused, expired, used up, not there, cut short\n"
    "2  the command line makes no sense\n"
    "3  refused: it exists already, or policy forbids it\n"
    "4  a file or a value is not what it should be\n"
    "5  the system or the network failed\n"
    "6  waited, and nothing came";

void app_help(const struct app *app, const struct app_verb *verb)
{
    if (verb) {
        verb_help(app, verb);
    } else {
        printf(app->default_verb ? "Usage: %s [OPTION]... [VERB [ARGUMENT]...]\n\n"
                                 : "Usage: %s [OPTION]... VERB [ARGUMENT]...\n\n",
               app->program);
        cli_wrap(app->about, 0, 0);
        if (app->default_verb)
            printf("\nWithout a verb: %s.\n", app->default_verb);
        printf("\nVerbs (%s VERB --help for each):\n", app->program);
        for (const struct app_verb *v = app->verbs; v->name; v++)
            printf("  %-15s%s\n", v->name, v->summary);
        options_help("For every verb", APP_OF_ALL, APP_GLOBAL);
    }
    printf("\nExit codes:\n");
    cli_indented(app_exit_codes);
}
