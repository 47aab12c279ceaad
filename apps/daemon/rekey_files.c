/*
 * The heads of files under another key. A head is overwritten where it is, and a loss of power could leave half of
 * each. So new heads are first written, some at a time, to a journal beside (rekey.heads) and flushed; then over the
 * old ones and flushed; and what is found in a journal at the beginning is written again where neither key opens what
 * is there.
 *   The journal: for each file two bytes of length, its name below the directory, and the head.
 */
#include "apps/daemon/rekey.h"
#include "apps/store/state.h"
#include "apps/vault/head.h"
#include "base/bytes.h"
#include "ttp/file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_LEN_MAX = 128, BATCH = 64, JOURNAL_MAX = BATCH * (2 + NAME_LEN_MAX + VFILE_HEAD_LEN) };

struct pass {
    const struct app *app;
    const char *dir;
    struct rewrap *r;
    char journal[STATE_PATH_MAX];
    unsigned n; /* heads in batch */
    struct sw_writer batch;
    uint8_t bytes[JOURNAL_MAX];
};

static int fail(const struct pass *p, enum sw_err err, const char *name)
{
    char path[STATE_PATH_MAX + NAME_LEN_MAX];
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    return app_fail(p->app, err, path);
}

static int path_of(const struct pass *p, const char *name, char out[STATE_PATH_MAX])
{
    if (snprintf(out, STATE_PATH_MAX, "%s/%s", p->dir, name) < STATE_PATH_MAX)
        return APP_DONE;
    return app_usage(p->app, "--state: the name is too long");
}

/* --- the journal -------------------------------------------------------------------------------------------------- */

/*
 * A head that was being written when the power went: the one in the journal is whole, if anything of it can be trusted.
 */
static int repair(struct pass *p, const char *name, uint8_t head[VFILE_HEAD_LEN])
{
    uint8_t there[VFILE_HEAD_LEN];
    char path[STATE_PATH_MAX];
    bool changed;
    int code = path_of(p, name, path);
    if (code)
        return code;
    enum sw_err err = vfile_head_read(path, there);
    if (err == SW_ERR_NOT_FOUND)
        return APP_DONE;
    if (err == SW_OK && vfile_head_rewrap(there, p->r, &changed) == SW_ERR_CRYPTO &&
        vfile_head_rewrap(head, p->r, &changed) == SW_OK)
        err = vfile_head_write(path, head);
    return err ? fail(p, err, name) : APP_DONE;
}

static int replay(struct pass *p)
{
    struct sw_file file = {0};
    int code = APP_DONE;
    enum sw_err err = sw_file_read(p->journal, JOURNAL_MAX, &file);
    if (err == SW_ERR_SYSTEM && errno == ENOENT)
        return APP_DONE;
    if (err)
        return app_fail(p->app, err, p->journal);
    struct sw_reader r = sw_reader_of(file.p, file.len);
    while (sw_reader_left(&r) && !code) {
        char name[NAME_LEN_MAX];
        uint8_t head[VFILE_HEAD_LEN];
        struct sw_reader text = sw_read_vec16(&r);
        struct sw_slice n = sw_read_rest(&text);
        sw_read_copy(&r, head, sizeof head);
        if (r.failed || n.len >= sizeof name || memchr(n.p, 0, n.len))
            break; /* not ours */
        snprintf(name, sizeof name, "%.*s", (int)n.len, (const char *)n.p);
        code = repair(p, name, head);
    }
    sw_file_free(&file);
    return code;
}

static int write_heads(struct pass *p)
{
    struct sw_reader r = sw_reader_of(p->bytes, p->batch.len);
    while (sw_reader_left(&r)) {
        char name[NAME_LEN_MAX], path[STATE_PATH_MAX];
        uint8_t head[VFILE_HEAD_LEN];
        struct sw_reader text = sw_read_vec16(&r);
        struct sw_slice n = sw_read_rest(&text);
        sw_read_copy(&r, head, sizeof head);
        snprintf(name, sizeof name, "%.*s", (int)n.len, (const char *)n.p);
        int code = path_of(p, name, path);
        if (code)
            return code;
        enum sw_err err = vfile_head_write(path, head);
        if (err)
            return fail(p, err, name);
        p->r->changed++;
    }
    return APP_DONE;
}

static int flush(struct pass *p)
{
    if (!p->n)
        return APP_DONE;
    enum sw_err err = sw_file_write(p->journal, p->bytes, p->batch.len, SW_FILE_SECRET | SW_FILE_REPLACE);
    if (err)
        return app_fail(p->app, err, p->journal);
    int code = write_heads(p);
    p->n = 0;
    p->batch = sw_writer_of(p->bytes, sizeof p->bytes);
    return code;
}

/* --- the files ---------------------------------------------------------------------------------------------------- */

static int add(struct pass *p, const char *name, bool unfinished)
{
    uint8_t head[VFILE_HEAD_LEN];
    char path[STATE_PATH_MAX];
    bool changed = false;
    int code = path_of(p, name, path);
    if (code)
        return code;
    enum sw_err err = vfile_head_read(path, head);
    if (err == SW_ERR_STATE && unfinished) /* it ended before there was anything in it */
        return APP_DONE;
    if (err == SW_OK)
        err = vfile_head_rewrap(head, p->r, &changed);
    if (err == SW_ERR_CRYPTO || err == SW_ERR_STATE) {
        rewrap_unreadable(p->r, name, NULL);
        return APP_DONE;
    }
    if (err)
        return fail(p, err, name);
    if (!changed)
        return APP_DONE;
    size_t len = strlen(name);
    sw_write_u16(&p->batch, (unsigned)len);
    sw_write_bytes(&p->batch, name, len);
    sw_write_bytes(&p->batch, head, sizeof head);
    return ++p->n == BATCH ? flush(p) : APP_DONE;
}

/* Names that are given here are digests and numbers; what else lies about is not ours. */
static bool is_hex(const char *name)
{
    size_t n = strlen(name);
    return (n == 32 || n == 64) && strspn(name, "0123456789abcdef") == n;
}

/* All files of a directory below; deep: those of its directories. */
static int each_file(struct pass *p, const char *below, bool deep, bool unfinished)
{
    char path[STATE_PATH_MAX], name[NAME_LEN_MAX];
    int code = path_of(p, below, path);
    if (code)
        return code;
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? APP_DONE : app_fail(p->app, SW_ERR_SYSTEM, path);
    struct dirent *e;
    errno = 0;
    while (!code && (e = readdir(d)) != NULL) {
        if (is_hex(e->d_name)) {
            snprintf(name, sizeof name, "%.60s/%.64s", below, e->d_name);
            code = deep ? each_file(p, name, false, unfinished) : add(p, name, unfinished);
        }
        errno = 0;
    }
    if (!code && errno)
        code = app_fail(p->app, SW_ERR_SYSTEM, path);
    closedir(d);
    return code;
}

int rekey_files(const struct app *app, const char *dir, struct rewrap *r)
{
    struct pass *p = calloc(1, sizeof *p);
    if (!p)
        return app_fail(app, SW_ERR_MEMORY, dir);
    p->app = app;
    p->dir = dir;
    p->r = r;
    p->batch = sw_writer_of(p->bytes, sizeof p->bytes);
    int code = path_of(p, "rekey.heads", p->journal);
    if (!code && r->to)
        code = replay(p);
    if (!code)
        code = each_file(p, "files", true, false);
    if (!code)
        code = each_file(p, "uploads", false, true);
    if (!code)
        code = each_file(p, "media", false, false);
    if (!code)
        code = flush(p);
    if (!code && r->to && unlink(p->journal) && errno != ENOENT)
        code = app_fail(app, SW_ERR_SYSTEM, p->journal);
    free(p);
    return code;
}
