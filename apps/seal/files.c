/*
 * Files in and out. What is opened is secret: until it may be seen it is in memory, or in files without a name that a
 * crash removes.
 */
#include "apps/seal/files.h"
#include "apps/cli/printable.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- in ----------------------------------------------------------------------------------------------------------- */

static size_t file_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct file_source *f = (struct file_source *)source;
    ssize_t n;
    do
        n = read(f->fd, buf, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        f->error = errno;
        f->source.failed = true;
    }
    return n < 0 ? 0 : (size_t)n;
}

int file_source_open(struct file_source *f, const struct app *app, const char *path)
{
    *f = (struct file_source){.source = {file_read, false}, .fd = STDIN_FILENO};
    if (strcmp(path, "-") != 0)
        f->fd = open(path, O_RDONLY | O_CLOEXEC);
    return f->fd < 0 ? app_fail(app, SW_ERR_SYSTEM, path) : APP_DONE;
}

void file_source_close(struct file_source *f)
{
    if (f->fd > STDERR_FILENO)
        close(f->fd);
}

/* --- out ---------------------------------------------------------------------------------------------------------- */

static bool give_up(struct file_sink *f)
{
    f->error = errno;
    f->sink.failed = true;
    return false;
}

static bool write_all(struct file_sink *f, int fd, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return give_up(f);
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* A file without a name, where temporary files are kept. */
static int open_nameless(void)
{
    const char *dir = getenv("TMPDIR");
    char path[SW_FILE_PATH_MAX];
    if (!dir || !*dir)
        dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    int n = snprintf(path, sizeof path, "%s/sealwax.XXXXXX", dir);
    if (n < 0 || (size_t)n >= sizeof path || (fd = mkostemp(path, O_CLOEXEC)) < 0)
        return -1;
    unlink(path);
    return fd;
}

static bool hold(struct file_sink *f, const uint8_t *p, size_t len)
{
    if (f->fd < 0 && len <= FILE_SINK_MEMORY - f->len) {
        memcpy(f->held + f->len, p, len);
        f->len += len;
        return true;
    }
    if (f->fd < 0) {
        f->fd = open_nameless();
        if (f->fd < 0)
            return give_up(f);
        if (!write_all(f, f->fd, f->held, f->len))
            return false;
    }
    return write_all(f, f->fd, p, len);
}

/* A message must not steer the terminal (escape sequences); tabs and line ends it may. */
static bool is_binary(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (control_at((const char *)p + i, len - i) && !memchr("\t\r\n", p[i], 3))
            return true;
    return false;
}

static bool sink_write(struct seal_sink *sink, const void *p, size_t len)
{
    struct file_sink *f = (struct file_sink *)sink;
    f->binary |= f->guard && is_binary(p, len);
    if (f->path)
        return write_all(f, f->stage.fd, p, len);
    return f->mode == FILE_SINK_HOLD ? hold(f, p, len) : write_all(f, STDOUT_FILENO, p, len);
}

int file_sink_open(struct file_sink *f, const struct app *app, enum file_sink_mode mode, bool secret)
{
    const char *path = app_get(app, OPT_OUTPUT);
    *f = (struct file_sink){.sink = {sink_write, false}, .app = app, .mode = mode, .fd = -1};
    f->stage.fd = f->stage.dir = -1;
    f->guard = !path && isatty(STDOUT_FILENO);
    if (path && strcmp(path, "-") != 0) {
        unsigned flags = (secret ? SW_FILE_SECRET : 0u) | (app_has(app, OPT_FORCE) ? SW_FILE_REPLACE : 0u);
        enum sw_err err = sw_file_stage(&f->stage, path, "", 0, flags);
        f->path = path;
        return err == SW_OK ? APP_DONE : app_fail(app, err, path);
    }
    if (mode == FILE_SINK_HOLD && !(f->held = malloc(FILE_SINK_MEMORY)))
        return app_fail(app, SW_ERR_MEMORY, "standard output");
    return APP_DONE;
}

static bool copy_out(struct file_sink *f)
{
    ssize_t n;
    if (f->fd < 0)
        return write_all(f, STDOUT_FILENO, f->held, f->len);
    if (lseek(f->fd, 0, SEEK_SET) < 0)
        return give_up(f);
    while ((n = read(f->fd, f->held, FILE_SINK_MEMORY)) > 0)
        if (!write_all(f, STDOUT_FILENO, f->held, (size_t)n))
            return false;
    return n == 0 || give_up(f);
}

int file_sink_commit(struct file_sink *f)
{
    if (f->path) {
        enum sw_err err = fsync(f->stage.fd) ? SW_ERR_SYSTEM : sw_file_commit(&f->stage);
        return err == SW_OK ? APP_DONE : app_fail(f->app, err, f->path);
    }
    if (f->binary)
        return app_error(f->app, APP_REFUSED,
                         "this is no text, and standard output is a terminal: use -o FILE, or -o - if you mean it");
    if (f->mode == FILE_SINK_HOLD && !copy_out(f)) {
        errno = f->error;
        return app_fail(f->app, SW_ERR_SYSTEM, "standard output");
    }
    return APP_DONE;
}

void file_sink_close(struct file_sink *f)
{
    sw_file_abort(&f->stage);
    if (f->fd >= 0)
        close(f->fd);
    if (f->held)
        sw_wipe(f->held, FILE_SINK_MEMORY);
    free(f->held);
}
