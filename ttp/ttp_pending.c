/*
 * DIR/pending: what a change of several files is about to write, whole, beside the CA's index. A key and its certificate
 * cannot get their names at one instant, and a process killed between the two would leave the key of one beside the
 * certificate of the other. So the new contents are on the disk first, under this name; and whoever finds it under the
 * lock of the index, which the writer holds until it has taken it away, carries through what was begun.
 *
 * One entry a file: a line "secret|public LENGTH-OF-PATH LENGTH", then the absolute path, then the bytes.
 */
#include "base/wipe.h"
#include "ttp/ttp_ca.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PENDING_MAX = 4 << 20, LINE_MAX_LEN = 64 };

static bool pending_path(const struct ttp *t, char out[TTP_PATH_CAP])
{
    return ttp_path(t, "pending", "", out);
}

/* Make the disappearance of a name last: it must not be back after a failure of power. */
static void remove_for_good(const struct ttp *t, const char *path)
{
    int dir = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)unlink(path);
    if (dir >= 0) {
        (void)fsync(dir);
        close(dir);
    }
}

/* --- writing --- */

/* The absolute path of a staged file: its directory is that of the prefix. */
static int final_path(const struct ttp_files *files, const struct sw_file_stage *s, char out[TTP_PATH_CAP])
{
    const char *slash = strrchr(files->prefix, '/'), *name = strrchr(s->path, '/');
    return snprintf(out, TTP_PATH_CAP, "%.*s/%s", (int)(slash - files->prefix), files->prefix,
                    name ? name + 1 : s->path);
}

static bool add_entry(struct sw_writer *w, const struct ttp_files *files, const struct sw_file_stage *s)
{
    char path[TTP_PATH_CAP], line[LINE_MAX_LEN];
    int path_len = final_path(files, s, path);
    off_t len = lseek(s->fd, 0, SEEK_END);
    if (path_len >= TTP_PATH_CAP || len < 0)
        return false;
    int n = snprintf(line, sizeof line, "%s %d %lld\n", s->flags & SW_FILE_SECRET ? "secret" : "public", path_len,
                     (long long)len);
    sw_write_bytes(w, line, (size_t)n);
    sw_write_bytes(w, path, (size_t)path_len);
    uint8_t *room = sw_write_room(w, (size_t)len);
    return room && pread(s->fd, room, (size_t)len, 0) == len;
}

int ttp_pending_begin(const struct ttp *t, const struct ttp_files *files, const struct ttp_stages *s)
{
    char path[TTP_PATH_CAP];
    uint8_t *buf = malloc(PENDING_MAX);
    if (!buf)
        return ttp_fail(t, SW_ERR_MEMORY, "pending");
    struct sw_writer w = sw_writer_of(buf, PENDING_MAX);
    bool ok = pending_path(t, path);
    for (size_t i = 0; ok && i < s->n; i++)
        ok = add_entry(&w, files, &s->v[i]);
    int err = ok ? TTP_DONE : ttp_error(t, TTP_SYSTEM, "%s: what is to be written could not be kept", t->dir);
    enum sw_err e = err ? SW_OK : sw_file_write(path, buf, w.len, SW_FILE_SECRET | SW_FILE_REPLACE);
    sw_wipe(buf, w.len);
    free(buf);
    return e == SW_OK ? err : ttp_fail(t, e, path);
}

void ttp_pending_end(const struct ttp *t)
{
    char path[TTP_PATH_CAP];
    if (pending_path(t, path))
        remove_for_good(t, path);
}

/* --- carrying through --- */

struct entry {
    bool secret;
    char path[TTP_PATH_CAP];
    struct sw_slice bytes;
};

/* The next entry; false at the end, or where it is damaged (r->failed). */
static bool next_entry(struct sw_reader *r, struct entry *e)
{
    char line[LINE_MAX_LEN], kind[8];
    size_t n = 0, path_len, len;
    if (sw_reader_left(r) == 0)
        return false;
    do
        line[n] = (char)sw_read_u8(r);
    while (line[n] != '\n' && !r->failed && ++n < sizeof line - 1);
    line[n] = 0;
    if (r->failed || sscanf(line, "%7s %zu %zu", kind, &path_len, &len) != 3 || path_len >= sizeof e->path) {
        sw_reader_fail(r);
        return false;
    }
    e->secret = strcmp(kind, "secret") == 0;
    struct sw_slice path = sw_read_bytes(r, path_len);
    e->bytes = sw_read_bytes(r, len);
    if (r->failed)
        return false;
    memcpy(e->path, path.p, path_len);
    e->path[path_len] = 0;
    return true;
}

/* Whoever moved or removed the directory meanwhile has decided; anything else can be tried again. */
static int write_entry(const struct ttp *t, const struct entry *e)
{
    enum sw_err err =
        sw_file_write(e->path, e->bytes.p, e->bytes.len, SW_FILE_REPLACE | (e->secret ? (unsigned)SW_FILE_SECRET : 0u));
    if (err == SW_OK)
        return TTP_DONE;
    bool gone = err == SW_ERR_EXISTS || errno == ENOENT || errno == ENOTDIR;
    int code = ttp_fail(t, err, e->path);
    return gone ? TTP_DONE : code;
}

/* What is under the path is what was to be written there. */
static bool is_written(const struct entry *e)
{
    struct sw_file file;
    if (sw_file_read(e->path, SW_FILE_MAX, &file) != SW_OK)
        return false;
    bool same = sw_slice_eq(e->bytes, (struct sw_slice){file.p, file.len});
    sw_file_free(&file);
    return same;
}

/* A CA that was being made and has no certificate yet is not one: its key goes, and it can be made again. */
static bool take_back(const struct ttp *t, const struct entry *e)
{
    char key[TTP_PATH_CAP + sizeof "/root.key"], *dir = realpath(t->dir, NULL);
    snprintf(key, sizeof key, "%s/root.key", dir ? dir : t->dir);
    free(dir);
    if (ttp_ca_is_made(t) || strcmp(key, e->path) != 0)
        return false;
    if (is_written(e))
        (void)unlink(key);
    return true;
}

int ttp_pending_carry(const struct ttp *t)
{
    char path[TTP_PATH_CAP];
    struct sw_file file;
    struct entry e;
    int err = TTP_DONE;
    if (!pending_path(t, path))
        return TTP_DONE;
    enum sw_err read = sw_file_read_secret(path, PENDING_MAX, &file);
    if (read != SW_OK)
        return errno == ENOENT ? TTP_DONE : ttp_fail(t, read, path);
    struct sw_reader r = sw_reader_of(file.p, file.len);
    while (!err && next_entry(&r, &e) && !take_back(t, &e))
        err = write_entry(t, &e);
    if (!err && r.failed)
        err = ttp_error(t, TTP_BAD_INPUT, "%s: damaged; remove it, and compare keys and certificates", path);
    sw_file_free(&file);
    if (!err)
        remove_for_good(t, path);
    return err;
}

int ttp_pending_settle(const struct ttp *t)
{
    char path[TTP_PATH_CAP];
    struct ttp_index *ix;
    if (!pending_path(t, path) || access(path, F_OK))
        return TTP_DONE;
    int err = ttp_index_open(t, false, &ix);
    if (err)
        return err;
    err = ttp_index_begin(ix);
    if (!err)
        err = ttp_pending_carry(t);
    ttp_index_rollback(ix);
    ttp_index_close(ix);
    return err;
}
