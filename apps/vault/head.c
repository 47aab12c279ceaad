#include "apps/vault/head.h"
#include "apps/vault/disk.h"
#include "base/bytes.h"
#include "base/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PLAIN_MIN = VFILE_KEY + 8,
    PLAIN_MAX = PLAIN_MIN + VFILE_META_MAX,
    SEALED_MAX = PLAIN_MAX + SW_VAULT_EXTRA,
    NAME = 5 + 2 * VFILE_ID + 1
};

static const char magic[8] = "SWXF1\r\n";

_Static_assert(sizeof magic + VFILE_ID + 2 + SEALED_MAX <= VFILE_HEAD_LEN, "the longest description fits");

/* --- what stands where -------------------------------------------------------------------------------------------- */

/* The parts of a head, inside it. SW_ERR_CRYPTO: it is none. */
static enum sw_err split(const uint8_t head[VFILE_HEAD_LEN], const uint8_t **id, struct sw_slice *sealed)
{
    struct sw_reader r = sw_reader_of(head, VFILE_HEAD_LEN);
    struct sw_slice mark = sw_read_bytes(&r, sizeof magic);
    *id = sw_read_bytes(&r, VFILE_ID).p;
    struct sw_reader box = sw_read_vec16(&r);
    *sealed = sw_read_rest(&box);
    bool fits = !r.failed && sealed->len >= PLAIN_MIN + SW_VAULT_EXTRA && sealed->len <= SEALED_MAX;
    return fits && memcmp(mark.p, magic, sizeof magic) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* What the sealed part is bound to. */
static void seal_name(const uint8_t id[VFILE_ID], char out[NAME])
{
    int n = snprintf(out, NAME, "file ");
    for (int i = 0; i < VFILE_ID; i++)
        n += snprintf(out + n, NAME - (size_t)n, "%02x", id[i]);
}

/* --- a file's own ------------------------------------------------------------------------------------------------- */

enum sw_err vfile_head_describe(struct vfile_head *head, const void *meta, size_t len)
{
    if (len > VFILE_META_MAX)
        return SW_ERR_ARGUMENT;
    if (len)
        memcpy(head->meta, meta, len);
    head->meta[len] = 0;
    head->meta_len = len;
    return SW_OK;
}

enum sw_err vfile_head_seal(int fd, struct sw_vault *vault, const struct vfile_head *head, const uint8_t key[VFILE_KEY])
{
    uint8_t bytes[VFILE_HEAD_LEN] = {0}, plain[PLAIN_MAX];
    char name[NAME];
    struct sw_writer p = sw_writer_of(plain, sizeof plain), w = sw_writer_of(bytes, sizeof bytes);
    sw_write_bytes(&p, key, VFILE_KEY);
    sw_write_u64(&p, (uint64_t)head->length);
    sw_write_bytes(&p, head->meta, head->meta_len);
    sw_write_bytes(&w, magic, sizeof magic);
    sw_write_bytes(&w, head->id, VFILE_ID);
    sw_write_u16(&w, (unsigned)(p.len + SW_VAULT_EXTRA));
    uint8_t *sealed = sw_write_room(&w, p.len + SW_VAULT_EXTRA);
    seal_name(head->id, name);
    enum sw_err err = sealed && sw_writer_ok(&p) ? sw_vault_seal(vault, name, plain, p.len, sealed) : SW_ERR_SPACE;
    sw_wipe(plain, sizeof plain);
    return err ? err : disk_write(fd, bytes, sizeof bytes, 0);
}

enum sw_err vfile_head_unseal(int fd, struct sw_vault *vault, struct vfile_head *head, uint8_t key[VFILE_KEY])
{
    uint8_t bytes[VFILE_HEAD_LEN], plain[PLAIN_MAX];
    const uint8_t *id;
    struct sw_slice sealed;
    char name[NAME];
    enum sw_err err = disk_read(fd, bytes, sizeof bytes, 0);
    if (err == SW_OK)
        err = split(bytes, &id, &sealed);
    if (err)
        return err;
    seal_name(id, name);
    err = sw_vault_unseal(vault, name, sealed.p, sealed.len, plain);
    if (err == SW_OK) {
        struct sw_reader p = sw_reader_of(plain, sealed.len - SW_VAULT_EXTRA);
        memcpy(head->id, id, VFILE_ID);
        sw_read_copy(&p, key, VFILE_KEY);
        head->length = (int64_t)sw_read_u64(&p);
        struct sw_slice meta = sw_read_rest(&p);
        err = vfile_head_describe(head, meta.p, meta.len);
    }
    sw_wipe(plain, sizeof plain);
    return err;
}

/* --- another key of the vault ------------------------------------------------------------------------------------- */

static int open_at_head(const char *path, int flags, uint8_t head[VFILE_HEAD_LEN], enum sw_err *err)
{
    struct stat st;
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        *err = errno == ENOENT ? SW_ERR_NOT_FOUND : SW_ERR_SYSTEM;
    else
        *err = st.st_size < VFILE_HEAD_LEN ? SW_ERR_STATE : disk_read(fd, head, VFILE_HEAD_LEN, 0);
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

enum sw_err vfile_head_read(const char *path, uint8_t head[VFILE_HEAD_LEN])
{
    enum sw_err err;
    int fd = open_at_head(path, O_RDONLY, head, &err);
    return close_with(fd, err);
}

enum sw_err vfile_head_rewrap(uint8_t head[VFILE_HEAD_LEN], struct rewrap *r, bool *changed)
{
    const uint8_t *id;
    struct sw_slice sealed;
    char name[NAME];
    *changed = false;
    enum sw_err err = split(head, &id, &sealed);
    if (err)
        return err;
    seal_name(id, name);
    return rewrap_seal(r, name, sealed.p, sealed.len, head + (sealed.p - head), changed);
}

enum sw_err vfile_head_write(const char *path, const uint8_t head[VFILE_HEAD_LEN])
{
    uint8_t there[VFILE_HEAD_LEN];
    enum sw_err err;
    int fd = open_at_head(path, O_RDWR, there, &err);
    if (err == SW_OK && memcmp(there, head, sizeof magic + VFILE_ID) != 0)
        err = SW_ERR_CRYPTO;
    if (err == SW_OK)
        err = disk_write(fd, head, VFILE_HEAD_LEN, 0);
    if (err == SW_OK && fsync(fd))
        err = SW_ERR_SYSTEM;
    return close_with(fd, err);
}
