/*
 * The log of a daemon: one line an event on standard error, as words of the form key=value or as JSON objects. What
 * clients sent stands in it escaped, so that no value can end its line or look like another key. Callers name what
 * happened and to whom: never a body, a key or a passphrase.
 */
#ifndef SW_APPS_CLI_LOG_H
#define SW_APPS_CLI_LOG_H

#include "apps/cli/options.h"
#include <stdio.h>

/* The numbers of syslog(3), which the journal reads at the beginning of a line. */
enum log_level { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_NOTICE = 5, LEVEL_INFO = 6, LEVEL_DEBUG = 7 };

struct log {
    FILE *out;
    enum log_level most; /* what is less urgent than this is not written */
    bool json;
    bool journal; /* the journal reads us: the level for it, and no time, as it has its own */
};

/*
 * log_begin: to standard error as app wants it: --log, --quiet (warnings and errors alone), --verbose. Returns an exit
 * code.
 */
int log_begin(struct log *log, const struct app *app);

/*
 * log_takes_all: whether what a program says besides its log (app_error, app_warn, app_say) has to be lines of that
 * log: a daemon, as far as its settings are known, with --log json or under the journal, where one line of another form
 * would be in the way. log receives it.
 */
bool log_takes_all(struct log *log, const struct app *app);

/* log_is_journal: whether fd is the stream that JOURNAL_STREAM names, "device:inode"; a redirected one is not. */
bool log_is_journal(int fd, const char *journal_stream);

/*
 * log_event: one line.
 *   event   what happened, a word
 *   ...     pairs of a key, a word, and its value, text; ended by NULL. A pair whose value is NULL is left out
 * Never fails: a log that cannot be written stops nothing.
 */
void log_event(const struct log *log, enum log_level level, const char *event, ...) __attribute__((sentinel));

#endif
