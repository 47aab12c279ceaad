/*
 * How far a transfer is: one line on standard error that is written over, only on a terminal and only when it takes a
 * while. With --progress also elsewhere: a line, or with --json an object, a second, and one at the end; with
 * --no-progress nowhere.
 */
#ifndef SW_APPS_CLI_PROGRESS_H
#define SW_APPS_CLI_PROGRESS_H

#include "apps/cli/options.h"

struct progress {
    const struct app *app;
    const char *name;
    int64_t total, begun_at, shown_at, first, last; /* first: bytes that were there before */
    bool on, shown;
    bool lines; /* one below the other */
};

/*
 * progress_begin: for name, of total bytes, `there` of them already. progress_at: now so many. progress_end: there is
 * no more; the line on a terminal goes away.
 */
void progress_begin(struct progress *p, const struct app *app, const char *name, int64_t total, int64_t there);
void progress_at(struct progress *p, int64_t bytes);
void progress_end(struct progress *p);

/* progress_rate: "12.3 MB/s" since the beginning. progress_size: "12.3 MB". progress_span: "3:05", "1:02:03". */
void progress_rate(const struct progress *p, int64_t bytes, char out[32]);
void progress_size(int64_t bytes, char out[32]);
void progress_span(int64_t seconds, char out[32]);

#endif
