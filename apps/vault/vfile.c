/*
 * Chunk i has the associated data id, i, and 1 if it is the last. Nonces are random and stand before their chunk: a chunk that is written again after a
 * crash gets a new one. The hash of the content is kept apart, so that it can be computed in another thread than what is written; after a resume it is made up for by reading
 * what is there.
 */
#include "apps/vault/vfile.h"
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

enum {
    HEAD = SW_VFILE_HEAD,
    ID = 16,
    KEY = 32,
    OVERHEAD = SW_AEAD_NONCE + SW_AEAD_TAG,
    STORED = SW_VFILE_CHUNK + OVERHEAD,
    SEALED_MAX = KEY + 8 + SW_VFILE_META_MAX + SW_VAULT_EXTRA,
    AAD = ID + 8 + 1
};

static const char magic[8] = "SWXF1\r\n";

struct sw_vfile {
    int fd;
    struct sw_aead aead;
    uint8_t id[ID];
    int64_t length, offset; /* offset: written or held */
    uint8_t *meta;
    size_t meta_len;
    struct sw_hash hash;
    int64_t hashed; /* bytes that are in it; beside its own, nothing here is touched by sw_vfile_hash */
    size_t held;    /* bytes of chunk that are not written */
    int64_t cached; /* reading: which chunk is in it, -1: none */
    size_t cached_len;
    uint8_t chunk[SW_VFILE_CHUNK];
    uint8_t stored[STORED];
};

/* --- small things ------------------------------------------------------------------------------------------------------- */

static int64_t chunk_count(const struct sw_vfile *f)
{
    int64_t n = (f->length + SW_VFILE_CHUNK - 1) / SW_VFILE_CHUNK;
    return n ? n : 1; /* an empty file has one empty chunk: its emptiness is authentic */
}

static size_t chunk_len(const struct sw_vfile *f, int64_t index)
{
    int64_t left = f->length - index * SW_VFILE_CHUNK;
    return left < SW_VFILE_CHUNK ? (size_t)left : SW_VFILE_CHUNK;
}

static void chunk_aad(const struct sw_vfile *f, int64_t index, uint8_t out[AAD])
{
    struct sw_writer w = sw_writer_of(out, AAD);
    sw_write_bytes(&w, f->id, ID);
    sw_write_u64(&w, (uint64_t)index);
    sw_write_u8(&w, index == chunk_count(f) - 1);
}

static enum sw_err read_all(int fd, void *out, size_t len, off_t at)
{
    uint8_t *p = out;
    while (len) {
        ssize_t n = pread(fd, p, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SW_ERR_SYSTEM;
        if (n == 0)
            return SW_ERR_CRYPTO; /* cut short */
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return SW_OK;
}

static enum sw_err write_all(int fd, const void *data, size_t len, off_t at)
{
    const uint8_t *p = data;
    while (len) {
        ssize_t n = pwrite(fd, p, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SW_ERR_SYSTEM;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return SW_OK;
}

static void seal_name(const uint8_t id[ID], char out[48])
{
    int n = snprintf(out, 48, "file ");
    for (int i = 0; i < ID; i++)
        n += snprintf(out + n, 48 - (size_t)n, "%02x", id[i]);
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
    free(file->meta);
    sw_wipe(file, sizeof *file);
    free(file);
    errno = saved;
}

int64_t sw_vfile_length(const struct sw_vfile *file)
{
    return file->length;
}

int64_t sw_vfile_offset(const struct sw_vfile *file)
{
    return file->offset;
}

const void *sw_vfile_meta(const struct sw_vfile *file, size_t *len)
{
    *len = file->meta_len;
    return file->meta;
}

const uint8_t *sw_vfile_id(const struct sw_vfile *file)
{
    return file->id;
}

/* --- the head ----------------------------------------------------------------------------------------------------------- */

static enum sw_err keep_meta(struct sw_vfile *f, const void *meta, size_t len)
{
    uint8_t *kept = malloc(len + 1);
    if (!kept)
        return SW_ERR_MEMORY;
    if (len)
        memcpy(kept, meta, len);
    kept[len] = 0;
    free(f->meta);
    f->meta = kept;
    f->meta_len = len;
    return SW_OK;
}

static enum sw_err write_head(struct sw_vfile *f, struct sw_vault *vault, const uint8_t key[KEY])
{
    uint8_t head[HEAD] = {0}, plain[KEY + 8 + SW_VFILE_META_MAX];
    char name[48];
    struct sw_writer p = sw_writer_of(plain, sizeof plain), w = sw_writer_of(head, sizeof head);
    sw_write_bytes(&p, key, KEY);
    sw_write_u64(&p, (uint64_t)f->length);
    sw_write_bytes(&p, f->meta, f->meta_len);
    sw_write_bytes(&w, magic, sizeof magic);
    sw_write_bytes(&w, f->id, ID);
    sw_write_u16(&w, (unsigned)(p.len + SW_VAULT_EXTRA));
    uint8_t *sealed = sw_write_room(&w, p.len + SW_VAULT_EXTRA);
    seal_name(f->id, name);
    enum sw_err err = sealed && sw_writer_ok(&p) ? sw_vault_seal(vault, name, plain, p.len, sealed) : SW_ERR_SPACE;
    sw_wipe(plain, sizeof plain);
    return err ? err : write_all(f->fd, head, sizeof head, 0);
}

/* The head of the file at fd, opened: key, length and description; *len receives how many bytes of plain that are. Wiped after a failure. */
static enum sw_err unseal_head(struct sw_vfile *f, struct sw_vault *vault, uint8_t plain[SEALED_MAX], size_t *len)
{
    uint8_t head[HEAD];
    char name[48];
    enum sw_err err = read_all(f->fd, head, sizeof head, 0);
    struct sw_reader r = sw_reader_of(head, sizeof head);
    struct sw_slice mark = sw_read_bytes(&r, sizeof magic);
    if (err || memcmp(mark.p, magic, sizeof magic) != 0)
        return err ? err : SW_ERR_CRYPTO;
    sw_read_copy(&r, f->id, ID);
    struct sw_reader box = sw_read_vec16(&r);
    struct sw_slice sealed = sw_read_rest(&box);
    if (r.failed || sealed.len < SW_VAULT_EXTRA + KEY + 8 || sealed.len > SEALED_MAX)
        return SW_ERR_CRYPTO;
    seal_name(f->id, name);
    *len = sealed.len - SW_VAULT_EXTRA;
    err = sw_vault_unseal(vault, name, sealed.p, sealed.len, plain);
    if (err)
        sw_wipe(plain, SEALED_MAX);
    return err;
}

static enum sw_err read_head(struct sw_vfile *f, struct sw_vault *vault)
{
    uint8_t plain[SEALED_MAX], key[KEY];
    size_t len;
    enum sw_err err = unseal_head(f, vault, plain, &len);
    if (err)
        return err;
    struct sw_reader p = sw_reader_of(plain, len);
    sw_read_copy(&p, key, KEY);
    f->length = (int64_t)sw_read_u64(&p);
    struct sw_slice meta = sw_read_rest(&p);
    err = keep_meta(f, meta.p, meta.len);
    if (err == SW_OK)
        err = sw_aead_key(&f->aead, key, KEY);
    sw_wipe(plain, sizeof plain);
    sw_wipe(key, sizeof key);
    return err;
}

enum sw_err sw_vfile_describe(struct sw_vfile *file, struct sw_vault *vault, const void *meta, size_t meta_len)
{
    uint8_t plain[SEALED_MAX];
    size_t len;
    if (meta_len > SW_VFILE_META_MAX)
        return SW_ERR_ARGUMENT;
    enum sw_err err = unseal_head(file, vault, plain, &len);
    if (err)
        return err;
    uint8_t *before = file->meta;
    const size_t before_len = file->meta_len;
    file->meta = NULL;
    err = keep_meta(file, meta, meta_len);
    if (err == SW_OK)
        err = write_head(file, vault, plain); /* it begins with the key */
    if (err == SW_OK && fsync(file->fd))
        err = SW_ERR_SYSTEM;
    sw_wipe(plain, sizeof plain);
    if (err) { /* whoever tries again must not think that it is there */
        free(file->meta);
        file->meta = before;
        file->meta_len = before_len;
        return err;
    }
    free(before);
    return SW_OK;
}

enum sw_err sw_vfile_create(struct sw_vfile **out, struct sw_vault *vault, const char *path, const uint8_t id[16],
                            int64_t length, const void *meta, size_t meta_len)
{
    uint8_t key[KEY];
    struct sw_vfile *f = file_new();
    *out = NULL;
    if (!f)
        return SW_ERR_MEMORY;
    enum sw_err err = length < 0 || meta_len > SW_VFILE_META_MAX ? SW_ERR_ARGUMENT : sw_rand_bytes(NULL, key, KEY);
    memcpy(f->id, id, ID);
    f->length = length;
    if (err == SW_OK)
        err = keep_meta(f, meta, meta_len);
    if (err == SW_OK)
        err = sw_aead_key(&f->aead, key, KEY);
    if (err == SW_OK) {
        f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        err = f->fd >= 0 ? write_head(f, vault, key) : errno == EEXIST ? SW_ERR_EXISTS : SW_ERR_SYSTEM;
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

/* --- chunks ------------------------------------------------------------------------------------------------------------- */

static off_t place_of(int64_t index)
{
    return (off_t)(HEAD + index * STORED);
}

static enum sw_err write_chunk(struct sw_vfile *f, int64_t index, size_t len)
{
    uint8_t aad[AAD];
    chunk_aad(f, index, aad);
    enum sw_err err = sw_rand_iv(NULL, f->stored, SW_AEAD_NONCE);
    if (err == SW_OK)
        err = sw_aead_seal(&f->aead, f->stored, aad, AAD, f->chunk, len, f->stored + SW_AEAD_NONCE,
                           f->stored + SW_AEAD_NONCE + len);
    return err ? err : write_all(f->fd, f->stored, len + OVERHEAD, place_of(index));
}

static enum sw_err open_chunk(struct sw_vfile *f, int64_t index, uint8_t *out)
{
    uint8_t aad[AAD];
    size_t len = chunk_len(f, index);
    chunk_aad(f, index, aad);
    enum sw_err err = read_all(f->fd, f->stored, len + OVERHEAD, place_of(index));
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

/* --- writing ------------------------------------------------------------------------------------------------------------ */

/* A full chunk, or the last one, goes to the disk. */
static enum sw_err flush(struct sw_vfile *f)
{
    int64_t index = (f->offset - 1) / SW_VFILE_CHUNK;
    enum sw_err err = write_chunk(f, f->length ? index : 0, f->held);
    if (err == SW_OK)
        f->held = 0;
    return err;
}

enum sw_err sw_vfile_store(struct sw_vfile *file, const void *p, size_t len)
{
    const uint8_t *from = p;
    if ((int64_t)len > file->length - file->offset)
        return SW_ERR_SPACE;
    while (len) {
        size_t n = SW_VFILE_CHUNK - file->held < len ? SW_VFILE_CHUNK - file->held : len;
        memcpy(file->chunk + file->held, from, n);
        file->held += n;
        file->offset += (int64_t)n;
        if (file->held == SW_VFILE_CHUNK || file->offset == file->length) {
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
    if (file->offset != file->length || file->hashed != file->length)
        return SW_ERR_STATE;
    enum sw_err err = file->length == 0 ? write_chunk(file, 0, 0) : SW_OK;
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
    int64_t all = chunk_count(f), whole = size > HEAD ? (size - HEAD) / STORED : 0;
    if (size == place_of(all - 1) + OVERHEAD + (off_t)chunk_len(f, all - 1))
        whole = all;
    if (whole != all && ftruncate(f->fd, place_of(whole))) {
        sw_vfile_close(f);
        *out = NULL;
        return SW_ERR_SYSTEM;
    }
    f->offset = whole == all ? f->length : whole * SW_VFILE_CHUNK;
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

/* --- reading ------------------------------------------------------------------------------------------------------------ */

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
    (*out)->offset = (*out)->length;
    return SW_OK;
}

enum sw_err sw_vfile_read(struct sw_vfile *file, int64_t offset, void *out, size_t len, size_t *got)
{
    *got = 0;
    if (offset < 0 || offset >= file->length || !len)
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

/* --- another key of the vault ------------------------------------------------------------------------------------------- */

static int open_at_head(const char *path, int flags, uint8_t head[HEAD], enum sw_err *err)
{
    struct stat st;
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        *err = errno == ENOENT ? SW_ERR_NOT_FOUND : SW_ERR_SYSTEM;
    else
        *err = st.st_size < HEAD ? SW_ERR_STATE : read_all(fd, head, HEAD, 0);
    return fd;
}

static enum sw_err close_with(int fd, enum sw_err err)
{
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return err;
}

enum sw_err sw_vfile_head_read(const char *path, uint8_t head[SW_VFILE_HEAD])
{
    enum sw_err err;
    int fd = open_at_head(path, O_RDONLY, head, &err);
    return close_with(fd, err);
}

enum sw_err sw_vfile_head_rewrap(uint8_t head[SW_VFILE_HEAD], struct rewrap *r, bool *changed)
{
    char name[48];
    struct sw_reader h = sw_reader_of(head, HEAD);
    struct sw_slice mark = sw_read_bytes(&h, sizeof magic), id = sw_read_bytes(&h, ID);
    struct sw_reader box = sw_read_vec16(&h);
    struct sw_slice sealed = sw_read_rest(&box);
    *changed = false;
    if (h.failed || memcmp(mark.p, magic, sizeof magic) != 0 || sealed.len > SEALED_MAX)
        return SW_ERR_CRYPTO;
    seal_name(id.p, name);
    return rewrap_seal(r, name, sealed.p, sealed.len, head + (sealed.p - head), changed);
}

enum sw_err sw_vfile_head_write(const char *path, const uint8_t head[SW_VFILE_HEAD])
{
    uint8_t there[HEAD];
    enum sw_err err;
    int fd = open_at_head(path, O_RDWR, there, &err);
    if (err == SW_OK && memcmp(there, head, sizeof magic + ID) != 0)
        err = SW_ERR_CRYPTO;
    if (err == SW_OK)
        err = write_all(fd, head, HEAD, 0);
    if (err == SW_OK && fsync(fd))
        err = SW_ERR_SYSTEM;
    return close_with(fd, err);
}
