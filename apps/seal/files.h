/* Files as the ends of a message's way: read as a stream, and written so that nobody sees a part of one. */
#ifndef SW_APPS_SEAL_FILES_H
#define SW_APPS_SEAL_FILES_H

#include "apps/cli/options.h"
#include "apps/seal/stream.h"
#include "ttp/file.h"

/* A source over an open file. */
struct file_source {
    struct seal_source source;
    int fd;
    int error; /* errno of the failure */
};

/* file_source_open: a file, or standard input for "-"; an exit code, the failure said. file_source_close: end it. */
int file_source_open(struct file_source *f, const struct app *app, const char *path);
void file_source_close(struct file_source *f);

enum { FILE_SINK_MEMORY = 256 << 10 };

/* How a file is written. */
enum file_sink_mode {
    FILE_SINK_STREAM, /* to standard output as it comes */
    FILE_SINK_HOLD /* to standard output only when all of it is there: kept in memory, then in a file without a name */
};

/* A sink: a file that gets its name at the end, or standard output. */
struct file_sink {
    struct seal_sink sink;
    const struct app *app;
    const char *path; /* NULL: standard output */
    enum file_sink_mode mode;
    bool guard;  /* standard output is a terminal, and was not asked for by name */
    bool binary; /* something was written that does not belong on a terminal */
    struct sw_file_stage stage;
    int fd; /* of what is held back, or -1 */
    uint8_t *held;
    size_t len;
    int error; /* errno of the failure */
};

/*
 * file_sink_open: --output, or standard output. file_sink_commit: it becomes visible. Both return an exit code, the
 * failure said. file_sink_close: give back; what was not committed is gone.
 *   secret  mode 0600
 */
int file_sink_open(struct file_sink *f, const struct app *app, enum file_sink_mode mode, bool secret);
int file_sink_commit(struct file_sink *f);
void file_sink_close(struct file_sink *f);

#endif
