/*
 * --help, the manual page and the shell completion, all made from the tables of verbs and options, so that none of them
 * can be out of date.
 */
#include "ttp/ttp.h"
#include <stdio.h>
#include <string.h>

enum { HELP_INDENT = 26 };

static const uint64_t global_options =
    TTP_BIT(PKI) | TTP_BIT(JSON) | TTP_BIT(QUIET) | TTP_BIT(NO_COLOR) | TTP_BIT(HELP) | TTP_BIT(VERSION);

static void options_help(uint64_t set)
{
    for (int i = 0; i < TTP_OPT_COUNT; i++)
        if (set >> i & 1)
            cli_option_help(&ttp_options[i], HELP_INDENT);
}

static void verb_help(const struct ttp_verb *v)
{
    printf("Usage: ttp [OPTION]... %s%s%s\n\n", v->name, *v->args ? " " : "", v->args);
    cli_wrap(v->details, 0, 0);
    if (v->options) {
        printf("\nOptions:\n");
        options_help(v->options);
    }
    printf("\nFor every verb:\n");
    options_help(global_options);
    printf("\nExamples:\n");
    cli_indented(v->example);
}

static const char exit_codes[] = "0  done, or accepted\n"
                                 "1  rejected, or something is due\n"
                                 "2  the command line makes no sense\n"
                                 "3  refused: it exists already, or policy forbids it\n"
                                 "4  a file or a value is not what it should be\n"
                                 "5  the system failed: files, memory, the index";

void ttp_help(const struct ttp_verb *verb)
{
    if (verb) {
        verb_help(verb);
        return;
    }
    printf("Usage: ttp [--pki DIR] [--json] [--quiet] VERB ...\n\n"
           "A trusted third party: makes a root, signs certificates for servers and people, revokes and\n"
           "verifies them. \"ttp VERB --help\" tells more.\n\nVerbs:\n");
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++)
        printf("  %-14s%s\n", v->name, v->summary);
    printf("\nOptions:\n");
    options_help(global_options);
    printf("\nExit codes:\n");
    cli_indented(exit_codes);
}

/* --- the manual page --- */

static void roff_options(uint64_t set)
{
    for (int i = 0; i < TTP_OPT_COUNT; i++)
        if (set >> i & 1)
            cli_roff_option(&ttp_options[i]);
}

static void roff_verbs(void)
{
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++) {
        printf(".SS \"%s %s\"\n", v->name, v->args);
        cli_roff(v->details);
        roff_options(v->options);
        printf(".PP\nExamples:\n.PP\n.RS 4\n");
        cli_roff_lines(v->example);
        printf(".RE\n");
    }
}

static const char *const man_files[][2] = {
    {"DIR/root.crt, DIR/root.key", "the root: give the first to everybody, the second to nobody"},
    {"DIR/ca.crt, DIR/ca.key, DIR/ca.csr",
     "the same for an intermediate CA; DIR/chain.crt holds the certificates above it"},
    {"DIR/root.crl, DIR/ca.crl", "the revocation list, made by ttp crl"},
    {"DIR/index.db",
     "the index: every certificate, every revocation, and an audit log that is only ever added to (SQLite)"},
    {"DIR/ttp.conf", "settings, lines of the form \"name = value\": key, days, country, org (defaults of the options), "
                     "crl_url, ocsp_url, issuer_url (written into every certificate), crl_days, expiring, and backdate "
                     "(how far back validity begins, for clocks that are behind; 0 by default)"},
    {"PREFIX.key, PREFIX.csr, PREFIX.crt, PREFIX.fullchain.crt",
     "key (PKCS#8, mode 0600), request, certificate, and the certificate followed by the intermediates"},
};

void ttp_help_man(void)
{
    printf(".TH TTP 1 \"\" \"Sealwax " SW_VERSION
           "\" \"Sealwax\"\n.SH NAME\nttp \\- a trusted third party: make, sign, revoke and verify certificates\n.SH "
           "SYNOPSIS\n.B ttp\n[\\fB\\-\\-pki\\fR \\fIDIR\\fR] [\\fB\\-\\-json\\fR] [\\fB\\-\\-quiet\\fR] \\fIVERB\\fR "
           "...\n.SH DESCRIPTION\n");
    cli_roff("ttp is a small certificate authority. Results go to standard output, everything else to standard error; "
             "nothing ever prompts without a terminal. An ID is a name, a serial number or a certificate file. Times "
             "are RFC 3339 in UTC.");
    printf(".SH OPTIONS\n");
    roff_options(global_options);
    printf(".SH VERBS\n");
    roff_verbs();
    printf(".SH FILES\n");
    for (size_t i = 0; i < sizeof man_files / sizeof *man_files; i++) {
        printf(".TP\n.I ");
        cli_roff(man_files[i][0]);
        cli_roff(man_files[i][1]);
    }
    printf(".SH EXIT STATUS\n");
    cli_roff_lines(exit_codes);
    printf(".SH ENVIRONMENT\n.TP\n.B TTP_PKI\n");
    cli_roff("directory of the CA, where --pki is not given");
    printf(".TP\n.B NO_COLOR\n");
    cli_roff("no colour, when set and not empty");
    printf(".SH SEE ALSO\n.BR sealwax (1)\n");
}

/* --- the completion --- */

static void words(uint64_t set)
{
    for (int i = 0; i < TTP_OPT_COUNT; i++)
        if (set >> i & 1)
            printf(" --%s", ttp_options[i].name);
}

void ttp_help_completion(void)
{
    printf(
        "# bash completion for ttp, made by \"ttp --generate-completion\"\n"
        "_ttp()\n{\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' opts='' w i skip=''\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        w=${COMP_WORDS[i]}\n"
        "        if [[ -n $skip ]]; then skip=''; continue; fi\n"
        "        case $w in --pki) skip=1 ;; -*) ;; *) verb=$w; break ;; esac\n"
        "    done\n"
        "    case $prev in\n"
        "    --key|-k) COMPREPLY=($(compgen -W 'rsa2048 rsa3072 rsa4096 p256 p384 ed25519' -- \"$cur\")); return ;;\n"
        "    --profile|-p) COMPREPLY=($(compgen -W 'server client peer email ca' -- \"$cur\")); return ;;\n"
        "    --purpose) COMPREPLY=($(compgen -W 'server client' -- \"$cur\")); return ;;\n"
        "    --reason|-r) COMPREPLY=($(compgen -W 'unspecified keyCompromise affiliationChanged superseded "
        "cessationOfOperation privilegeWithdrawn' -- \"$cur\")); return ;;\n"
        "    --pki) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
        "    esac\n"
        "    case $verb in\n"
        "    '') opts='");
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++)
        printf("%s%s", v == ttp_verbs ? "" : " ", v->name);
    words(global_options);
    printf("' ;;\n");
    for (const struct ttp_verb *v = ttp_verbs; v->name; v++) {
        printf("    %s) opts='", v->name);
        words(v->options | global_options);
        printf("' ;;\n");
    }
    printf("    esac\n"
           "    if [[ $cur == -* || -z $verb ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
           "    fi\n"
           "}\ncomplete -o filenames -F _ttp ttp\n");
}
