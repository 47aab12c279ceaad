/*
 * The key file is one line of text, "sealwax-vault-1 " and 64 hex digits, so that a person sees what it is and an
 * editor does not spoil it. It is read once; only the expanded key stays.
 */
#include "apps/vault/vault.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "sealwax-vault-1 ";

enum { KEY_LEN = 32, MARK_LEN = sizeof mark - 1, LINE_LEN = MARK_LEN + 2 * KEY_LEN + 1 };

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum sw_err decode(const struct sw_file *file, uint8_t key[KEY_LEN])
{
    const char *text = (const char *)file->p;
    if (file->len != LINE_LEN || memcmp(text, mark, MARK_LEN) != 0 || text[LINE_LEN - 1] != '\n')
        return SW_ERR_KEY_DECODE;
    for (size_t i = 0; i < KEY_LEN; i++) {
        int high = digit(text[MARK_LEN + 2 * i]), low = digit(text[MARK_LEN + 2 * i + 1]);
        if (high < 0 || low < 0)
            return SW_ERR_KEY_DECODE;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return SW_OK;
}

static enum sw_err make(const char *path, uint8_t key[KEY_LEN])
{
    char line[LINE_LEN + 1];
    enum sw_err err = sw_rand_bytes(NULL, key, KEY_LEN);
    if (err)
        return err;
    memcpy(line, mark, MARK_LEN);
    for (size_t i = 0; i < KEY_LEN; i++)
        snprintf(line + MARK_LEN + 2 * i, 3, "%02x", key[i]);
    line[LINE_LEN - 1] = '\n';
    err = sw_file_write(path, line, LINE_LEN, SW_FILE_SECRET);
    sw_wipe(line, sizeof line);
    return err;
}

static enum sw_err load(const char *path, bool create, uint8_t key[KEY_LEN])
{
    struct sw_file file = {0};
    enum sw_err err = sw_file_read_secret(path, LINE_LEN, &file);
    if (err == SW_ERR_SYSTEM && errno == ENOENT)
        return create ? make(path, key) : SW_ERR_NOT_FOUND;
    if (err == SW_ERR_SYSTEM && errno == EFBIG)
        err = SW_ERR_KEY_DECODE;
    if (err == SW_OK)
        err = decode(&file, key);
    sw_file_free(&file);
    return err;
}

static enum sw_err open_key(struct sw_vault *vault, const char *path, bool create)
{
    uint8_t key[KEY_LEN], digest[SW_HASH_MAX];
    enum sw_err err = load(path, create, key);
    if (err == SW_OK) /* one way, with its own label: says which key it is and nothing about it */
        err = sw_hmac_once(SW_HASH_SHA256, key, sizeof key, mark, MARK_LEN, digest);
    if (err == SW_OK) {
        memcpy(vault->id, digest, sizeof vault->id);
        err = sw_aead_key(&vault->aead, key, sizeof key);
    }
    sw_wipe(key, sizeof key);
    return err;
}

enum sw_err sw_vault_open(struct sw_vault *vault, const char *path, bool create)
{
    char next[SW_VAULT_PATH_MAX];
    if (sw_vault_next(path, next) && sw_file_exists(next))
        return SW_ERR_STATE;
    return open_key(vault, path, create);
}

void sw_vault_close(struct sw_vault *vault)
{
    sw_aead_wipe(&vault->aead);
}

enum sw_err sw_vault_seal(struct sw_vault *vault, const char *name, const void *in, size_t len, uint8_t *out)
{
    enum sw_err err = sw_rand_bytes(NULL, out, SW_AEAD_NONCE);
    if (err)
        return err;
    return sw_aead_seal(&vault->aead, out, name, strlen(name), in, len, out + SW_AEAD_NONCE, out + SW_AEAD_NONCE + len);
}

enum sw_err sw_vault_unseal(struct sw_vault *vault, const char *name, const uint8_t *in, size_t len, void *out)
{
    if (len < SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    size_t n = len - SW_VAULT_EXTRA;
    return sw_aead_open(&vault->aead, in, name, strlen(name), in + SW_AEAD_NONCE, n, out, in + SW_AEAD_NONCE + n);
}

/* --- another key -------------------------------------------------------------------------------------------------- */

/*
 * The file itself, where path is a link to it: so that everybody who comes by another way looks for the same neighbour.
 */
static void file_behind(const char *path, char out[PATH_MAX])
{
    if (!realpath(path, out))
        snprintf(out, PATH_MAX, "%s", path);
}

bool sw_vault_next(const char *path, char out[SW_VAULT_PATH_MAX])
{
    char file[PATH_MAX];
    file_behind(path, file);
    int n = snprintf(out, SW_VAULT_PATH_MAX, "%s.next", file);
    return n > 0 && n < SW_VAULT_PATH_MAX;
}

enum sw_err sw_vault_change_from(struct sw_vault *vault, const char *path)
{
    return open_key(vault, path, false);
}

/* An administrator who is root changes the key of a server that is not. */
static enum sw_err same_owner(const char *path, const char *next)
{
    struct stat old, new;
    if (stat(path, &old) || stat(next, &new))
        return SW_ERR_SYSTEM;
    if (old.st_uid == new.st_uid && old.st_gid == new.st_gid)
        return SW_OK;
    return lchown(next, old.st_uid, old.st_gid) ? SW_ERR_SYSTEM : SW_OK;
}

enum sw_err sw_vault_change_to(struct sw_vault *vault, const char *path)
{
    char next[SW_VAULT_PATH_MAX];
    if (!sw_vault_next(path, next))
        return SW_ERR_ARGUMENT;
    enum sw_err err = open_key(vault, next, true);
    if (err)
        return err;
    err = same_owner(path, next);
    if (err)
        sw_vault_close(vault);
    return err;
}

/*
 * Its name is gone; where the file system writes in place, so are its bytes. A copy under another name is somebody's
 * backup.
 */
static void overwrite(int fd)
{
    static const char nothing[LINE_LEN];
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_nlink == 0 && pwrite(fd, nothing, sizeof nothing, 0) == sizeof nothing)
        (void)fsync(fd);
}

static enum sw_err sync_directory(const char *path)
{
    char dir[SW_VAULT_PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return SW_ERR_SYSTEM;
    enum sw_err err = fsync(fd) ? SW_ERR_SYSTEM : SW_OK;
    close(fd);
    return err;
}

enum sw_err sw_vault_change_end(const char *path)
{
    char next[SW_VAULT_PATH_MAX], file[PATH_MAX];
    if (!sw_vault_next(path, next))
        return SW_ERR_ARGUMENT;
    file_behind(path, file);
    int old = open(file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    enum sw_err err = old >= 0 && rename(next, file) == 0 ? sync_directory(file) : SW_ERR_SYSTEM;
    if (err == SW_OK)
        overwrite(old);
    int saved = errno;
    if (old >= 0)
        close(old);
    errno = saved;
    return err;
}
