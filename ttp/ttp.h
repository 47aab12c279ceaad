/*
 * What the files of the ttp tool share: the invocation, how it fails, what it prints. Only ttp.c and ttp_*.c include
 * this; below them, in the library, nothing reads a clock, the environment or a terminal.
 *
 * Conventions: results on standard output, everything else on standard error; every failure is one line saying what,
 * which file, why; a function that can fail has said so itself (ttp_error, ttp_fail) and returns the exit code, 0 being
 * success.
 */
#ifndef SW_TTP_TTP_H
#define SW_TTP_TTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "ttp/cli_help.h"
#include "ttp/cli_pass.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest file that is looked at: the longest revocation list in PEM. What is refused shall cost little. */
enum { TTP_FILE_MAX = 6 << 20 };

/* Exit codes, part of the interface: never changed. A usage error must never look like a rejection. */
enum {
    TTP_DONE = 0,      /* done, or accepted */
    TTP_NO = 1,        /* rejected, or something is due */
    TTP_USAGE = 2,     /* the command line makes no sense */
    TTP_REFUSED = 3,   /* it exists already, or policy forbids it */
    TTP_BAD_INPUT = 4, /* a file or a value is not what it should be */
    TTP_SYSTEM = 5     /* the system failed: files, memory, the index */
};

enum ttp_option {
#define TTP_OPTION(id, letter, name, arg, help) TTP_OPT_##id,
#include "ttp/options.def"
#undef TTP_OPTION
    TTP_OPT_COUNT
};

/* A set of options. */
#define TTP_BIT(id) (UINT64_C(1) << TTP_OPT_##id)

extern const struct cli_option ttp_options[TTP_OPT_COUNT];

struct ttp;

/* One row per verb. min, max: how many arguments it takes. */
struct ttp_verb {
    const char *name;
    const char *args; /* for the usage line */
    const char *summary;
    const char *details; /* a paragraph or two for --help and the manual */
    const char *example; /* lines of commands */
    uint64_t options;
    int min, max;
    bool no_settings; /* it uses none of DIR/ttp.conf, which need not be readable or right */
    int (*run)(struct ttp *t);
};
extern const struct ttp_verb ttp_verbs[]; /* ends with a row without name */

/* Values that an option was given, in order. */
struct ttp_values {
    const char **v;
    size_t n;
};

/* Settings of DIR/ttp.conf; NULL and 0 where a line is missing. */
struct ttp_conf {
    char *key, *country, *org, *crl_url, *ocsp_url, *issuer_url;
    int days, crl_days;
    int64_t expiring, backdate; /* seconds */
};

struct ttp {
    const struct ttp_verb *verb;
    const char *dir; /* of the CA */
    bool json, quiet, color;
    bool made_dir; /* this invocation made it */
    struct ttp_values opt[TTP_OPT_COUNT];
    int argc; /* what follows the verb and its options */
    char **argv;
    struct ttp_conf conf;
    int64_t now; /* Unix time of the start: one invocation, one time */
};

/* --- ttp_args.c --- */

/* ttp_has, ttp_get: whether an option was given; its last value, or NULL. */
bool ttp_has(const struct ttp *t, enum ttp_option id);
const char *ttp_get(const struct ttp *t, enum ttp_option id);
/* ttp_args_parse: the command line into *t, verb included. Returns TTP_DONE or TTP_USAGE (said). */
int ttp_args_parse(struct ttp *t, int argc, char **argv);
void ttp_args_free(struct ttp *t);
/* ttp_get_int: an option's value as a number within [min, max], or fallback. Returns TTP_DONE, TTP_USAGE. */
int ttp_get_int(const struct ttp *t, enum ttp_option id, int fallback, int min, int max, int *out);
/* ttp_get_time: RFC 3339 or Unix time. ttp_get_span: "90s", "5m", "12h", "30d", a bare number is days; in seconds. */
int ttp_get_time(const struct ttp *t, enum ttp_option id, int64_t fallback, int64_t *out);
int ttp_get_span(const struct ttp *t, enum ttp_option id, int64_t fallback, int64_t *out);
bool ttp_parse_span(const char *text, int64_t *out);

/* --- ttp_help.c: everything that is made from the tables --- */
void ttp_help(const struct ttp_verb *verb); /* NULL: of the tool */
void ttp_help_man(void);
void ttp_help_completion(void);

/* --- ttp_out.c --- */

/* ttp_error: say "ttp: ..." (or the JSON object of an error) on standard error; returns code. */
int ttp_error(const struct ttp *t, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/*
 * ttp_fail: the same for an error of the library about a file or thing; the exit code follows from the error. errno
 * counts if err is SW_ERR_SYSTEM.
 */
int ttp_fail(const struct ttp *t, enum sw_err err, const char *what);
/* ttp_usage: a mistake in the command line, with a hint at --help. */
int ttp_usage(const struct ttp *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is said of a directory without a CA. */
#define TTP_NO_CA                                                                                                      \
    "%s: there is no CA here: \"ttp init\" makes one, \"ttp adopt\" takes one in, --pki names its directory"

/* ttp_note: something that turned out otherwise than was asked for; on standard error, with --quiet too. */
void ttp_note(const struct ttp *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* ttp_say: progress for people: on standard error, not with --quiet or --json. */
void ttp_say(const struct ttp *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * ttp_result: print a JSON object on standard output and drop the reference. Returns code, or TTP_SYSTEM if it cannot
 * be written.
 */
int ttp_result(const struct ttp *t, int code, json_t *object);
/* ttp_write_out: bytes to standard output; binary is refused to a terminal. */
int ttp_write_out(const struct ttp *t, const void *p, size_t len, bool binary);
/* ttp_time_text: "2026-11-20T22:00:00Z"; ttp_span_text: "in 3 months", "2 days ago". Return out. */
enum { TTP_TIME_CAP = 24, TTP_SPAN_CAP = 48 };
char *ttp_time_text(int64_t time, char out[TTP_TIME_CAP]);
char *ttp_span_text(int64_t from, int64_t to, char out[TTP_SPAN_CAP]);
/*
 * ttp_printable: text from a foreign file without control characters; a certificate must not move the cursor. Returns
 * out.
 */
char *ttp_printable(const char *text, char *out, size_t cap);
/* ttp_json_text: a string for a path, which may be no UTF-8 and is made printable then. NULL if memory is out. */
json_t *ttp_json_text(const char *text);

/* --- ttp_pass.c --- */

/*
 * ttp_pass_get: the passphrase from the source that an option names, or from the terminal if there is no option and
 * may_prompt.
 *   what   what it is for: "root.key"
 *   twice  ask a second time when it comes from the terminal
 * Without option and terminal, given stays false and the result is TTP_DONE. Wipe it with cli_pass_wipe.
 */
int ttp_pass_get(const struct ttp *t, enum ttp_option id, const char *what, bool may_prompt, bool twice,
                 struct cli_pass *pass);
/* ttp_confirm: ask on the terminal; true without one. */
bool ttp_confirm(const struct ttp *t, const char *question);

/* --- ttp_conf.c --- */

/* ttp_conf_load: read DIR/ttp.conf, if there is one. An unknown line is an error, with its number. */
int ttp_conf_load(struct ttp *t);
void ttp_conf_free(struct ttp_conf *conf);

#endif
