/*
 * Chunk i has the associated data id, i, and 1 if it is the last. Nonces are random and stand before their chunk: a
 * chunk that is written again after a crash gets a new one. The hash of the content is kept apart, so that it can be
 * computed in another thread than what is written; after a resume it is made up for by reading what is there.
 */
#include "apps/vault/vfile.h"
#include "apps/vault/disk.h"
#include "apps/vault/head.h"
#include "base/bytes.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OVERHEAD = SW_AEAD_NONCE + SW_AEAD_TAG, STORED = SW_VFILE_CHUNK + OVERHEAD, AAD = VFILE_ID + 8 + 1 };

struct sw_vfile {
    int fd;
    struct sw_aead aead;
    struct vfile_head head;
    int64_t offset; /* bytes that are written or held */
    struct sw_hash hash;
    int64_t hashed; /* bytes that are in it; beside its own, nothing here is touched by sw_vfile_hash */
    size_t held;    /* bytes of chunk that are not written */
    int64_t cached; /* reading: which chunk is in it, -1: none */
    size_t cached_len;
    uint8_t chunk[SW_VFILE_CHUNK];
    uint8_t stored[STORED];
};

/* --- small things ------------------------------------------------------------------------------------------------- */

static int64_t chunk_count(const struct sw_vfile *f)
{
    int64_t n = (f->head.length + SW_VFILE_CHUNK - 1) / SW_VFILE_CHUNK;
    return n ? n : 1; /* an empty file has one empty chunk: its emptiness is authentic */
}

static size_t chunk_len(const struct sw_vfile *f, int64_t index)
{
    int64_t left = f->head.length - index * SW_VFILE_CHUNK;
    return left < SW_VFILE_CHUNK ? (size_t)left : SW_VFILE_CHUNK;
}

static void chunk_aad(const struct sw_vfile *f, int64_t index, uint8_t out[AAD])
{
    struct sw_writer w = sw_writer_of(out, AAD);
    sw_write_bytes(&w, f->head.id, VFILE_ID);
    sw_write_u64(&w, (uint64_t)index);
    sw_write_u8(&w, index == chunk_count(f) - 1);
}

static struct sw_vfile *file_new(void)
{
    struct sw_vfile *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->fd = -1;
    f->cached = -1;
    if (sw_hash_init(&f->hash, SW_HASH_SHA256)) {
        free(f);
        return NULL;
    }
    return f;
}

void sw_vfile_close(struct sw_vfile *file)
{
    if (!file)
        return;
    int saved = errno;
    if (file->fd >= 0)
        close(file->fd);
    sw_aead_wipe(&file->aead);
    sw_wipe(file, sizeof *file);
    free(file);
    errno = saved;
}

int64_t sw_vfile_length(const struct sw_vfile *file)
{
    return file->head.length;
}

int64_t sw_vfile_offset(const struct sw_vfile *file)
{
    return file->offset;
}

const void *sw_vfile_meta(const struct sw_vfile *file, size_t *len)
{
    *len = file->head.meta_len;
    return file->head.meta;
}

const uint8_t *sw_vfile_id(const struct sw_vfile *file)
{
    return file->head.id;
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

enum sw_err sw_vfile_describe(struct sw_vfile *file, struct sw_vault *vault, const void *meta, size_t meta_len)
{
    struct vfile_head there;
    uint8_t key[VFILE_KEY];
    enum sw_err err = vfile_head_unseal(file->fd, vault, &there, key);
    if (err == SW_OK)
        err = vfile_head_describe(&there, meta, meta_len);
    if (err == SW_OK)
        err = vfile_head_seal(file->fd, vault, &there, key);
    if (err == SW_OK && fsync(file->fd))
        err = SW_ERR_SYSTEM;
    if (err == SW_OK) /* else whoever tries again must not think that it is there */
        file->head = there;
    sw_wipe(key, sizeof key);
    sw_wipe(&there, sizeof there);
    return err;
}

enum sw_err sw_vfile_create(struct sw_vfile **out, struct sw_vault *vault, const char *path, const uint8_t id[16],
                            int64_t length, const void *meta, size_t meta_len)
{
    uint8_t key[VFILE_KEY];
    struct sw_vfile *f = file_new();
    *out = NULL;
    if (!f)
        return SW_ERR_MEMORY;
    memcpy(f->head.id, id, VFILE_ID);
    f->head.length = length;
    enum sw_err err = length < 0 ? SW_ERR_ARGUMENT : vfile_head_describe(&f->head, meta, meta_len);
    if (err == SW_OK)
        err = sw_rand_bytes(NULL, key, VFILE_KEY);
    if (err == SW_OK)
        err = sw_aead_key(&f->aead, key, VFILE_KEY);
    if (err == SW_OK) {
        f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        err = f->fd >= 0        ? vfile_head_seal(f->fd, vault, &f->head, key)
              : errno == EEXIST ? SW_ERR_EXISTS
                                : SW_ERR_SYSTEM;
    }
    sw_wipe(key, sizeof key);
    if (err) {
        int saved = errno;
        if (f->fd >= 0)
            unlink(path);
        sw_vfile_close(f);
        errno = saved;
        return err;
    }
    *out = f;
    return SW_OK;
}

static enum sw_err read_head(struct sw_vfile *f, struct sw_vault *vault)
{
    uint8_t key[VFILE_KEY];
    enum sw_err err = vfile_head_unseal(f->fd, vault, &f->head, key);
    if (err == SW_OK)
        err = sw_aead_key(&f->aead, key, VFILE_KEY);
    sw_wipe(key, sizeof key);
    return err;
}

static enum sw_err open_head(struct sw_vfile **out, struct sw_vault *vault, const char *path, int flags, off_t *size)
{
    struct stat st;
    struct sw_vfile *f = file_new();
    *out = NULL;
    if (!f)
        return SW_ERR_MEMORY;
    f->fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
    enum sw_err err = f->fd >= 0 && fstat(f->fd, &st) == 0 ? read_head(f, vault)
                      : errno == ENOENT                    ? SW_ERR_NOT_FOUND
                                                           : SW_ERR_SYSTEM;
    if (err) {
        sw_vfile_close(f);
        return err;
    }
    *size = st.st_size;
    *out = f;
    return SW_OK;
}

/* --- chunks ------------------------------------------------------------------------------------------------------- */

static off_t place_of(int64_t index)
{
    return (off_t)(VFILE_HEAD_LEN + index * STORED);
}

static enum sw_err write_chunk(struct sw_vfile *f, int64_t index, size_t len)
{
    uint8_t aad[AAD];
    chunk_aad(f, index, aad);
    enum sw_err err = sw_rand_iv(NULL, f->stored, SW_AEAD_NONCE);
    if (err == SW_OK)
        err = sw_aead_seal(&f->aead, f->stored, aad, AAD, f->chunk, len, f->stored + SW_AEAD_NONCE,
                           f->stored + SW_AEAD_NONCE + len);
    return err ? err : disk_write(f->fd, f->stored, len + OVERHEAD, place_of(index));
}

static enum sw_err open_chunk(struct sw_vfile *f, int64_t index, uint8_t *out)
{
    uint8_t aad[AAD];
    size_t len = chunk_len(f, index);
    chunk_aad(f, index, aad);
    enum sw_err err = disk_read(f->fd, f->stored, len + OVERHEAD, place_of(index));
    return err ? err
               : sw_aead_open(&f->aead, f->stored, aad, AAD, f->stored + SW_AEAD_NONCE, len, out,
                              f->stored + SW_AEAD_NONCE + len);
}

static enum sw_err read_chunk(struct sw_vfile *f, int64_t index)
{
    if (f->cached == index)
        return SW_OK;
    f->cached = -1;
    enum sw_err err = open_chunk(f, index, f->chunk);
    if (err)
        return err;
    f->cached = index;
    f->cached_len = chunk_len(f, index);
    return SW_OK;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* A full chunk, or the last one, goes to the disk. */
static enum sw_err flush(struct sw_vfile *f)
{
    int64_t index = (f->offset - 1) / SW_VFILE_CHUNK;
    enum sw_err err = write_chunk(f, f->head.length ? index : 0, f->held);
    if (err == SW_OK)
        f->held = 0;
    return err;
}

enum sw_err sw_vfile_store(struct sw_vfile *file, const void *p, size_t len)
{
    const uint8_t *from = p;
    if ((int64_t)len > file->head.length - file->offset)
        return SW_ERR_SPACE;
    while (len) {
        size_t n = SW_VFILE_CHUNK - file->held < len ? SW_VFILE_CHUNK - file->held : len;
        memcpy(file->chunk + file->held, from, n);
        file->held += n;
        file->offset += (int64_t)n;
        if (file->held == SW_VFILE_CHUNK || file->offset == file->head.length) {
            enum sw_err err = flush(file);
            if (err)
                return err;
        }
        from += n;
        len -= n;
    }
    return SW_OK;
}

enum sw_err sw_vfile_hash(struct sw_vfile *file, const void *p, size_t len)
{
    file->hashed += (int64_t)len;
    return sw_hash_update(&file->hash, p, len);
}

enum sw_err sw_vfile_append(struct sw_vfile *file, const void *p, size_t len)
{
    enum sw_err err = sw_vfile_store(file, p, len);
    return err ? err : sw_vfile_hash(file, p, len);
}

enum sw_err sw_vfile_finish(struct sw_vfile *file, uint8_t digest[32])
{
    if (file->offset != file->head.length || file->hashed != file->head.length)
        return SW_ERR_STATE;
    enum sw_err err = file->head.length == 0 ? write_chunk(file, 0, 0) : SW_OK;
    if (err == SW_OK && fsync(file->fd))
        err = SW_ERR_SYSTEM;
    return err ? err : sw_hash_peek(&file->hash, digest);
}

enum sw_err sw_vfile_resume(struct sw_vfile **out, struct sw_vault *vault, const char *path)
{
    off_t size;
    enum sw_err err = open_head(out, vault, path, O_RDWR, &size);
    if (err)
        return err;
    struct sw_vfile *f = *out;
    int64_t all = chunk_count(f), whole = size > VFILE_HEAD_LEN ? (size - VFILE_HEAD_LEN) / STORED : 0;
    if (size == place_of(all - 1) + OVERHEAD + (off_t)chunk_len(f, all - 1))
        whole = all;
    if (whole != all && ftruncate(f->fd, place_of(whole))) {
        sw_vfile_close(f);
        *out = NULL;
        return SW_ERR_SYSTEM;
    }
    f->offset = whole == all ? f->head.length : whole * SW_VFILE_CHUNK;
    return SW_OK;
}

/* It is read, and so checked as well. */
enum sw_err sw_vfile_catch_up(struct sw_vfile *file, int64_t most, bool *all)
{
    enum sw_err err = SW_OK;
    for (int64_t end = file->hashed + most; !err && file->hashed < file->offset && file->hashed < end;) {
        err = read_chunk(file, file->hashed / SW_VFILE_CHUNK);
        if (err == SW_OK)
            err = sw_vfile_hash(file, file->chunk, file->cached_len);
    }
    file->cached = -1;
    *all = file->hashed == file->offset;
    return err;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

enum sw_err sw_vfile_peek(struct sw_vfile **out, struct sw_vault *vault, const char *path)
{
    off_t size;
    return open_head(out, vault, path, O_RDONLY, &size);
}

enum sw_err sw_vfile_open(struct sw_vfile **out, struct sw_vault *vault, const char *path)
{
    off_t size;
    enum sw_err err = open_head(out, vault, path, O_RDONLY, &size);
    if (err)
        return err;
    int64_t last = chunk_count(*out) - 1;
    if (size != place_of(last) + OVERHEAD + (off_t)chunk_len(*out, last)) {
        sw_vfile_close(*out);
        *out = NULL;
        return SW_ERR_STATE;
    }
    (*out)->offset = (*out)->head.length;
    return SW_OK;
}

enum sw_err sw_vfile_read(struct sw_vfile *file, int64_t offset, void *out, size_t len, size_t *got)
{
    *got = 0;
    if (offset < 0 || offset >= file->head.length || !len)
        return SW_OK;
    int64_t index = offset / SW_VFILE_CHUNK;
    size_t at = (size_t)(offset % SW_VFILE_CHUNK);
    if (at == 0 && len >= chunk_len(file, index) && file->cached != index) {
        enum sw_err err = open_chunk(file, index, out);
        *got = err ? 0 : chunk_len(file, index);
        return err;
    }
    enum sw_err err = read_chunk(file, index);
    if (err)
        return err;
    size_t there = file->cached_len - at;
    *got = there < len ? there : len;
    memcpy(out, file->chunk + at, *got);
    return SW_OK;
}
