/*
 * The options of a command line, for all programs of this tree: getopt_long, fed from a program's own table. Options
 * stand before or behind arguments; a mistyped one is told which was meant.
 */
#ifndef SW_TTP_CLI_ARGS_H
#define SW_TTP_CLI_ARGS_H

#include "ttp/cli_help.h"

enum { CLI_OPTIONS_MAX = 192 };

/* A program's table, and what becomes of what stands on its command line. ctx is the callers'. */
struct cli_args {
    int count;                                        /* of options, at most CLI_OPTIONS_MAX */
    struct cli_option (*option)(int id);              /* id is below count */
    bool (*takes)(const void *ctx, int id);           /* whether it may stand here */
    int (*add)(void *ctx, int id, const char *value); /* value: "" if it has none; what is not 0 ends it */
    /* it makes no sense: a sentence in three parts; returns what is not 0 */
    int (*usage)(void *ctx, const char *before, const char *what, const char *after);
    void *ctx;
};

/*
 * cli_args_parse: one pass over argv from argv[1] on; optind is left at the first argument that is no option.
 *   only_before  end at the first argument, which is a verb
 * Returns 0, or what add or usage returned.
 */
int cli_args_parse(const struct cli_args *args, int argc, char **argv, bool only_before);

#endif
