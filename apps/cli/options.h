/*
 * The command line of the programs: what is given to which verb, how a program fails, and --help. The options are the
 * table apps/cli/options.def, the verbs a table of the program.
 *
 * Conventions: results on standard output, everything else on standard error; every failure is one line saying what,
 * which file or peer, and why; a function that can fail has said so itself (app_error, app_fail) and returns the exit
 * code, 0 being success.
 */
#ifndef SW_APPS_CLI_OPTIONS_H
#define SW_APPS_CLI_OPTIONS_H

#include "base/err.h"
#include "ttp/cli_help.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes, part of the interface: never changed. */
enum {
    APP_DONE = 0,      /* done */
    APP_NO = 1,        /* the answer is no: refused by the peer or by us, truncated, expired */
    APP_USAGE = 2,     /* the command line makes no sense */
    APP_REFUSED = 3,   /* it exists already, or policy forbids it */
    APP_BAD_INPUT = 4, /* a file or a value is not what it should be */
    APP_SYSTEM = 5,    /* the system or the network failed */
    APP_WAITED = 6     /* waited, and nothing came */
};

/* Groups of options: a verb's row says which it takes. */
enum {
    APP_GLOBAL = 1,
    APP_TLS = 2,
    APP_SERVER = 4,
    APP_CLIENT = 8,
    APP_LISTEN = 16,
    APP_CONNECT = 32,
    APP_IDLE = 64,
    APP_SERVE = 128,
    APP_HTTP = 256,
    APP_SEND = 512,
    APP_RECV = 1024,
    APP_RECEIPT = 2048,
    APP_SEALED = 4096, /* seal and open */
    APP_SEAL = 8192,
    APP_PUT = 32768,
    APP_GET = 65536,
    APP_STATE = 131072,
    APP_MEDIA_ADMIN = 262144,
    APP_MEDIA = 524288,
    APP_USERS = 1048576,
    APP_OPEN = 16384,
    APP_REKEY = 2097152,
    APP_FILES = 4194304, /* put, get, ls, rm */
    APP_STORE = 8388608,
    APP_CERT = 16777216
};

enum app_option {
#define APP_OPTION(id, letter, name, arg, groups, help) OPT_##id,
#include "apps/cli/options.def"
#undef APP_OPTION
    OPT_COUNT
};

struct app_option_row {
    char letter; /* or 0 */
    const char *name;
    const char *arg; /* NULL: the option takes none; one that begins with "[=" may be left out */
    unsigned groups;
    const char *help;
};
extern const struct app_option_row app_options[OPT_COUNT];

struct app;

/* One row per verb. min, max: how many arguments it takes. */
struct app_verb {
    const char *name;
    const char *args; /* for the usage line */
    const char *summary;
    const char *details; /* a paragraph or two */
    const char *example; /* lines of commands */
    unsigned groups;
    int min, max;
    int (*run)(struct app *app);
};

/* Values that an option was given, in order; an option without argument has empty ones. */
struct app_values {
    const char **v;
    size_t n;
    /* where each was said: "FILE:LINE" or a variable; NULL: the command line. NULL for all: nobody knows */
    const char **from;
};

struct app {
    const char *program;
    const char *about;            /* one sentence for --help */
    const struct app_verb *verbs; /* ends with a row without name */
    const char *default_verb;     /* what is meant without a verb, or NULL: a verb is needed */
    const struct app_verb *verb;  /* the one chosen */
    bool json, quiet, verbose, color;
    struct app_values opt[OPT_COUNT];
    int argc; /* what follows the verb and its options */
    char **argv;
    int all_argc; /* the whole command line */
    char **all_argv;
    char **kept; /* values that are ours to free */
    size_t kept_n;
};

/*
 * app_main: read the command line, run the verb, give everything back; returns the exit code. app has its first three
 * members set.
 */
int app_main(struct app *app, int argc, char **argv);

/*
 * app_reload: read command line, environment and files of app once more into fresh; returns an exit code. app_free:
 * give back what an app holds; app_main does it for its own.
 */
int app_reload(const struct app *app, struct app *fresh);
void app_free(struct app *app);

/*
 * app_add_value: one more value of an option, and where it was said; they must live as long as app. app_keep: free text
 * with app. Both return an exit code.
 */
int app_add_value(struct app *app, int id, const char *value, const char *from);
int app_keep(struct app *app, char *text);

/*
 * app_option_names_file: its argument is a file or directory. app_place_of: where the setting was said that a message
 * is about, which begins with "--NAME" or with the file that a line of another file names; NULL: on the command line,
 * or about none.
 */
bool app_option_names_file(const struct app_option_row *row);
const char *app_place_of(const struct app *app, const char *message);

/* app_has, app_get: whether an option was given; its last value, or NULL. */
bool app_has(const struct app *app, enum app_option id);
const char *app_get(const struct app *app, enum app_option id);

/*
 * app_get_int: an option's value as a number within [min, max], or fallback. app_get_span: "90s", "5m", "12h", "7d", a
 * bare number is seconds; the result is in seconds. Both return APP_DONE or APP_USAGE.
 */
int app_get_int(const struct app *app, enum app_option id, long fallback, long min, long max, long *out);
int app_get_span(const struct app *app, enum app_option id, int64_t fallback, int64_t *out);
/* app_get_size: bytes, or with K, M, G (1024 each); within [1, max]. */
int app_get_size(const struct app *app, enum app_option id, size_t fallback, size_t max, size_t *out);
/*
 * app_get_moment: a point in time: RFC 3339, seconds since 1970, or a length of time from now on, "+30d" or "30d" (a
 * unit is needed); Unix time.
 */
int app_get_moment(const struct app *app, enum app_option id, int64_t now, int64_t fallback, int64_t *out);
/* app_parse_span: the same for a text from elsewhere; false if it is none. */
bool app_parse_span(const char *text, int64_t *out);

/*
 * app_error: say "program: ..." (or {"error":{...}}) on standard error; returns code. app_usage: with a hint at --help;
 * returns APP_USAGE. What is about a setting from a file or the environment begins with its place, and is no matter of
 * the command line: app_usage returns APP_BAD_INPUT then.
 */
int app_error(const struct app *app, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int app_usage(const struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * app_error_of: the same about a peer: "program: PEER: sent alert ALERT: ...", or in JSON what the cause says, each in a
 * member of its own.
 */
struct app_cause {
    enum sw_err err;             /* SW_OK: no error of the library */
    const char *peer;            /* who it was about, or NULL */
    const char *sent, *received; /* names of the alerts that ended it, or NULL */
};
int app_error_of(const struct app *app, int code, const struct app_cause *cause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * app_fail: an error of the library about a file or thing; errno counts if err is SW_ERR_SYSTEM. Returns the exit code
 * that fits.
 */
int app_fail(const struct app *app, enum sw_err err, const char *what);

/*
 * app_say, app_warn: a line on standard error, "program: ...", or with --json {"notice":"..."} and {"warning":"..."};
 * app_say not with --quiet; app_warn in red where there is colour.
 */
void app_say(const struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
void app_warn(const struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * app_section_of: where help shows an option. What many verbs share stands apart, behind what somebody who asks for
 * help with one of them looks for.
 */
enum app_section { APP_OF_THE_VERB, APP_WHO_WE_ARE, APP_OF_TLS, APP_OF_ALL };
enum app_section app_section_of(const struct app_option_row *option);
/* app_option_text: what it says of it there. */
struct cli_option app_option_text(int id);

/* app_help: of a verb, or of the program for NULL; on standard output. */
void app_help(const struct app *app, const struct app_verb *verb);

/* app_help_man: the manual page, in roff, on standard output. app_exit_codes: what the codes mean, a line each. */
void app_help_man(const struct app *app);
extern const char app_exit_codes[];

/* app_help_completion: a script that completes the program's command line in bash, on standard output. */
void app_help_completion(const struct app *app);

#endif
