/*
 * Passphrases for programs on a terminal, of this folder and of apps/: from files, descriptors, the environment, or the
 * terminal, which is asked without echo. Never from the command line itself, where every user of the machine can read
 * them. Nothing prompts without a terminal.
 */
#ifndef SW_TTP_CLI_PASS_H
#define SW_TTP_CLI_PASS_H

#include <stdbool.h>
#include <stddef.h>

enum { CLI_PASS_MAX = 1024 };

struct cli_pass {
    char text[CLI_PASS_MAX]; /* NUL-terminated */
    size_t len;
    bool given;
    bool exposed; /* others than its owner can read the file it is from */
};

struct cli_pass_ask {
    /* "prompt", "file:F", "env:V", "fd:N" (of the last three, the first line); NULL: the terminal, if there is one */
    const char *source;
    const char *prompt; /* "Passphrase for root.key" */
    bool may_prompt;    /* without a source, ask; false: there is none then */
    bool twice;         /* on the terminal: a second time, which must be the same */
};

enum cli_pass_result {
    CLI_PASS_DONE,
    CLI_PASS_SYSTEM,    /* errno has it; why is what failed */
    CLI_PASS_BAD,       /* why is a sentence */
    CLI_PASS_NO_SOURCE, /* the source is none of those */
};

/* What the sources are, for whoever named another: after the name of his option. */
#define CLI_PASS_SOURCES                                                                                               \
    "takes prompt, file:F, env:V or fd:N; a passphrase itself would be seen by every user of this machine"

/* What is to be said of one that is exposed, and taken all the same: after the name of its source. */
#define CLI_PASS_EXPOSED ": others can read this passphrase (chmod 600)"

/*
 * cli_pass_get: the passphrase; given says whether there is one.
 *   why   receives, on failure, what went wrong or with what
 * Wipe it with cli_pass_wipe, however this ended.
 */
enum { CLI_PASS_WHY_MAX = 512 };
enum cli_pass_result cli_pass_get(const struct cli_pass_ask *ask, struct cli_pass *pass, char why[CLI_PASS_WHY_MAX]);
void cli_pass_wipe(struct cli_pass *pass);

/* cli_pass_is_source: whether a text has the form of one, before anything needs it. */
bool cli_pass_is_source(const char *text);

#endif
