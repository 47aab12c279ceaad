/*
 * --help and manual pages, as all programs of this tree write them, on standard output. What they say comes from each
 * program's own tables; a newline in a text ends a paragraph.
 */
#ifndef SW_TTP_CLI_HELP_H
#define SW_TTP_CLI_HELP_H

#include <stdbool.h>
#include <stddef.h>

/* An option, as far as help has it. arg: NULL if it takes none; one that begins with "[=" may be left out. */
struct cli_option {
    char letter; /* or 0 */
    const char *name, *arg, *help;
};

/* cli_arg_is_optional: whether an option's argument, as it stands in its row, may be left out; NULL is none. */
bool cli_arg_is_optional(const char *arg);

/*
 * cli_wrap: words filled into lines; col is where the cursor stands. cli_indented: lines as they are, set in.
 * cli_option_help: indent is where its text begins.
 */
void cli_wrap(const char *text, size_t col, size_t indent);
void cli_indented(const char *lines);
void cli_option_help(const struct cli_option *o, int indent);

/* cli_roff, cli_roff_lines, cli_roff_option: the same in roff, with what roff would take for its own escaped. */
void cli_roff(const char *text);
void cli_roff_lines(const char *lines);
void cli_roff_option(const struct cli_option *o);

#endif
