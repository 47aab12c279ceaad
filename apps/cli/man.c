/*
 * The manual page, made from the tables of verbs and options like --help, so that it cannot be out of date: `sealwax
 * --generate-man` writes docs/man/sealwax.1.
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

/* What is read besides the command line, and kept: by which of the programs, and what it is. */
enum { OF_SEALWAX = 1, OF_SEALWAXD = 2, OF_BOTH = 3 };
struct entry {
    unsigned of;
    const char *name; /* roff */
    const char *text;
};

static const struct entry environment[] = {
    {OF_BOTH, ".BI SEALWAX_ NAME",
     "what is not given with --NAME: SEALWAX_TRUST for --trust, SEALWAX_MIN_VERSION for --min-version"},
    {OF_BOTH, ".B SSLKEYLOGFILE",
     "clients append the secrets of their connections to this file, created with mode 0600 (RFC 9850); a server only "
     "in a build made for it"},
    {OF_BOTH, "\\fBNO_COLOR\\fR, \\fBTERM\\fR", "no colour, when NO_COLOR is set and not empty, or TERM is dumb"},
    {OF_SEALWAX, "\\fBXDG_CONFIG_HOME\\fR, \\fBXDG_STATE_HOME\\fR, \\fBHOME\\fR",
     "where settings are (~/.config), and what was sent and shown (~/.local/state)"},
    {OF_SEALWAX, ".B TMPDIR",
     "where what cannot be handed on yet is spooled: put from a pipe, open to a pipe (default /tmp)"},
    {OF_SEALWAXD, ".B STATE_DIRECTORY", "what is meant without --state; of systemd"},
    {OF_SEALWAXD, "\\fBNOTIFY_SOCKET\\fR, \\fBWATCHDOG_USEC\\fR, \\fBLISTEN_FDS\\fR, \\fBJOURNAL_STREAM\\fR",
     "of systemd: readiness, signs of life, sockets that are open already, and a log in the journal's form"},
    {0, NULL, NULL},
};

static const struct entry files[] = {
    {OF_SEALWAX, ".I $XDG_CONFIG_HOME/sealwax/config",
     "settings: lines like \"trust = root.crt\", named as the options without their hyphens; relative files are "
     "relative to the directory of this file. The command line comes first, then the environment, then these."},
    {OF_SEALWAX, ".I $XDG_STATE_HOME/sealwax/seen",
     "the numbers of the messages that recv has shown, so that none is shown twice"},
    {OF_SEALWAX, ".I $XDG_STATE_HOME/sealwax/repeat.key",
     "made by send --seal --idempotency-key: the key of the hash by which the server knows the same sealed message "
     "again"},
    {OF_SEALWAXD, ".I /etc/sealwax/sealwaxd.conf, /etc/sealwax/conf.d/*.conf",
     "settings: lines like \"trust = root.crt\", named as the options without their hyphens; relative files are "
     "relative to the directory of this file. The command line comes first, then the environment, then these. "
     "sealwaxd.conf.d/*.conf is read, too. With $CONFIGURATION_DIRECTORY, there instead of /etc/sealwax."},
    {OF_SEALWAXD, ".I $CREDENTIALS_DIRECTORY",
     "what a service manager gives the service (LoadCredential=): a certificate, key, trust anchor, revocation list, "
     "passphrase or PIN that is named without a directory is looked for there first, and vault.key without being "
     "named."},
    {OF_SEALWAXD, ".I $RUNTIME_DIRECTORY", "where --ready-file goes, if it is named without a directory"},
    {OF_SEALWAXD, ".I /var/lib/sealwax",
     "what is kept, unless --state or else $STATE_DIRECTORY says otherwise: mail.db with messages, members, licences "
     "and the audit, files/, "
     "uploads/, media/, and vault.key, which all of it is sealed with"},
    {0, NULL, NULL},
};

static void roff_entries(const struct entry *e, bool daemon)
{
    for (; e->name; e++) {
        if (!(e->of & (daemon ? OF_SEALWAXD : OF_SEALWAX)))
            continue;
        printf(".TP\n%s\n", e->name);
        cli_roff(e->text);
    }
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
    printf(".SH ENVIRONMENT\n");
    roff_entries(environment, app->default_verb != NULL);
    printf(".SH FILES\n");
    roff_entries(files, app->default_verb != NULL);
    printf(".SH SEE ALSO\n.BR ttp (1),\n.BR %s,\n.BR sealwaxd.conf (5)\n",
           app->default_verb ? "sealwax (1)" : "sealwaxd (8)");
}
