/* --help, made from the tables of verbs and options, so that it cannot be out of date. */
#include "apps/options.h"
#include <stdio.h>
#include <string.h>

enum { HELP_WIDTH = 96, HELP_INDENT = 28 };

/* Words filled into lines; col is where the cursor stands. A newline in the text ends a paragraph. */
static void wrap(const char *text, size_t col, size_t indent)
{
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (col > indent && col + 1 + n > HELP_WIDTH) {
            printf("\n%*s", (int)indent, "");
            col = indent;
        } else if (col > indent) {
            putchar(' ');
            col++;
        }
        fwrite(text, 1, n, stdout);
        col += n;
        text += n;
        if (*text == '\n') {
            printf("\n\n%*s", (int)indent, "");
            col = indent;
        }
        text += *text != 0;
    }
    putchar('\n');
}

static void option_help(const struct app_option_row *o)
{
    char left[64], letter[8] = "    ";
    const char *arg = o->arg ? o->arg : "";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n = snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, *arg && strncmp(arg, "[=", 2) != 0 ? " " : "",
                     arg);
    printf("%-*s", HELP_INDENT, left);
    if (n >= HELP_INDENT)
        printf("\n%*s", HELP_INDENT, "");
    wrap(o->help, HELP_INDENT, HELP_INDENT);
}

enum app_section app_section_of(const struct app_option_row *o)
{
    if (o->groups & APP_GLOBAL)
        return APP_OF_ALL;
    if ((o->groups & APP_TLS) && (o->groups & APP_SEALED))
        return APP_WHO_WE_ARE;
    return o->groups & (APP_TLS | APP_CLIENT) ? APP_OF_TLS : APP_OF_THE_VERB;
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
        option_help(&app_options[i]);
    }
}

static void indented(const char *lines)
{
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        printf("  %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

static void verb_help(const struct app *app, const struct app_verb *v)
{
    printf("Usage: %s [OPTION]... %s%s%s\n\n", app->program, v->name, *v->args ? " " : "", v->args);
    wrap(v->details, 0, 0);
    options_help("Options", APP_OF_THE_VERB, v->groups);
    options_help("Who we are, and whom we trust", APP_WHO_WE_ARE, v->groups);
    options_help("TLS", APP_OF_TLS, v->groups);
    options_help("For every verb", APP_OF_ALL, APP_GLOBAL);
    if (v->groups & (APP_TLS | APP_SEALED))
        printf("\nWhat is not given with --NAME comes from SEALWAX_NAME in the environment, or from the settings: "
               "man %s.\n",
               app->program);
    printf("\nExamples:\n");
    indented(v->example);
}

const char app_exit_codes[] = "0  done\n"
                              "1  the answer is no: a peer or a certificate refused, a connection cut short\n"
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
        wrap(app->about, 0, 0);
        if (app->default_verb)
            printf("\nWithout a verb: %s.\n", app->default_verb);
        printf("\nVerbs (%s VERB --help for each):\n", app->program);
        for (const struct app_verb *v = app->verbs; v->name; v++)
            printf("  %-15s%s\n", v->name, v->summary);
        options_help("For every verb", APP_OF_ALL, APP_GLOBAL);
    }
    printf("\nExit codes:\n");
    indented(app_exit_codes);
}
