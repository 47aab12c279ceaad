/*
 * The manual page, made from the tables of verbs and options like --help, so that it cannot be out of date: `sealwax --generate-man` writes
 * docs/man/sealwax.1.
 */
#include "apps/cli/options.h"
#include <stdio.h>
#include <string.h>

static void roff_options(enum app_section section, unsigned groups)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct app_option_row *o = &app_options[i];
        if (!(groups & o->groups) || app_section_of(o) != section)
            continue;
        const struct cli_option text = app_option_text(i);
        cli_roff_option(&text);
    }
}

/* What many verbs take is said once, as far as a verb of this program takes it. */
static void roff_shared(const struct app *app)
{
    unsigned groups = 0;
    for (const struct app_verb *v = app->verbs; v->name; v++)
        groups |= v->groups;
    printf(".SH OPTIONS\n.SS \"For every verb\"\n");
    roff_options(APP_OF_ALL, APP_GLOBAL);
    printf(".SS \"Who we are, and whom we trust\"\n");
    roff_options(APP_WHO_WE_ARE, groups);
    printf(".SS \"TLS, for verbs that connect or listen\"\n");
    roff_options(APP_OF_TLS, groups);
}

static void roff_verb(const struct app_verb *v)
{
    printf(".SS \"%s %s\"\n", v->name, v->args);
    cli_roff(v->details);
    roff_options(APP_OF_THE_VERB, v->groups);
    if (v->groups & (APP_TLS | APP_SEALED))
        printf(".PP\nAnd the options for who we are%s, above.\n", v->groups & APP_TLS ? " and for TLS" : "");
    printf(".PP\nExamples:\n");
    cli_roff_lines(v->example);
}

void app_help_man(const struct app *app)
{
    char upper[32] = "";
    for (size_t i = 0; app->program[i] && i < sizeof upper - 1; i++)
        upper[i] =
            (char)(app->program[i] >= 'a' && app->program[i] <= 'z' ? app->program[i] - 'a' + 'A' : app->program[i]);
    printf(".TH %s %d \"\" \"Sealwax\" \"Sealwax\"\n.SH NAME\n%s \\- ", upper, app->default_verb ? 8 : 1, app->program);
    cli_roff(app->about);
    printf(".SH SYNOPSIS\n.B %s\n[\\fIOPTION\\fR]... %s\\fIVERB\\fR [\\fIARGUMENT\\fR]...%s\n.SH DESCRIPTION\n",
           app->program, app->default_verb ? "[" : "", app->default_verb ? "]" : "");
    cli_roff("Results go to standard output, everything else to standard error, a line for each failure. Options stand "
             "anywhere behind the verb; those for every verb may stand before it. Lengths of time are written 90s, 5m, "
             "12h, 7d.");
    roff_shared(app);
    printf(".SH VERBS\n");
    for (const struct app_verb *v = app->verbs; v->name; v++)
        roff_verb(v);
    printf(".SH EXIT STATUS\n");
    cli_roff_lines(app_exit_codes);
    printf(".SH ENVIRONMENT\n.TP\n.B SSLKEYLOGFILE\n");
    cli_roff("clients append the secrets of their connections to this file, created with mode 0600 (RFC 9850); a "
             "server only in a build made for it");
    printf(".TP\n.BI SEALWAX_ NAME\n");
    cli_roff("what is not given with --NAME: SEALWAX_TRUST for --trust, SEALWAX_MIN_VERSION for --min-version");
    printf(".TP\n.B NO_COLOR\n");
    cli_roff("no colour, when set and not empty");
    printf(".SH FILES\n.TP\n.I %s\n", app->default_verb
                                          ? "/etc/sealwax/sealwaxd.conf, /etc/sealwax/sealwaxd.conf.d/*.conf"
                                          : "$XDG_CONFIG_HOME/sealwax/config");
    cli_roff(
        "settings: lines like \"trust = root.crt\", named as the options without their hyphens; relative files are "
        "relative to the directory of this file. The command line comes first, then the environment, then these.");
    printf(".SH SEE ALSO\n.BR ttp (1),\n.BR %s,\n.BR sealwaxd.conf (5)\n",
           app->default_verb ? "sealwax (1)" : "sealwaxd (8)");
}
