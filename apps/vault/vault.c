/* The key file (keyfile.h) is read once; only the expanded key stays. */
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

static enum sw_err open_key(struct sw_vault *vault, const struct sw_vault_key *at, bool create)
{
    static const char label[] = "sealwax-vault-1 ";
    uint8_t key[SW_VAULT_KEY], digest[SW_HASH_MAX];
    vault->open = false;
    enum sw_err err = vault_key_read(at, key);
    if (err == SW_ERR_NOT_FOUND && create)
        err = vault_key_make(at, key);
    if (err == SW_OK) /* one way, with its own label: says which key it is and nothing about it */
        err = sw_hmac_once(SW_HASH_SHA256, key, sizeof key, label, sizeof label - 1, digest);
    if (err == SW_OK) {
        memcpy(vault->id, digest, sizeof vault->id);
        err = sw_aead_key(&vault->aead, key, sizeof key);
    }
    if (err == SW_OK && pthread_mutex_init(&vault->lock, NULL)) {
        sw_aead_wipe(&vault->aead);
        err = SW_ERR_MEMORY;
    }
    vault->open = err == SW_OK;
    sw_wipe(key, sizeof key);
    return err;
}

enum sw_err sw_vault_open(struct sw_vault *vault, const struct sw_vault_key *at, bool create)
{
    char next[SW_VAULT_PATH_MAX];
    vault->open = false;
    if (sw_vault_next(at->path, next) && sw_file_exists(next))
        return SW_ERR_STATE;
    return open_key(vault, at, create);
}

void sw_vault_close(struct sw_vault *vault)
{
    if (!vault->open)
        return;
    pthread_mutex_destroy(&vault->lock);
    sw_aead_wipe(&vault->aead);
    vault->open = false;
}

enum sw_err sw_vault_seal(struct sw_vault *vault, const char *name, const void *in, size_t len, uint8_t *out)
{
    enum sw_err err = sw_rand_bytes(NULL, out, SW_AEAD_NONCE);
    if (err)
        return err;
    pthread_mutex_lock(&vault->lock);
    err = sw_aead_seal(&vault->aead, out, name, strlen(name), in, len, out + SW_AEAD_NONCE, out + SW_AEAD_NONCE + len);
    pthread_mutex_unlock(&vault->lock);
    return err;
}

enum sw_err sw_vault_unseal(struct sw_vault *vault, const char *name, const uint8_t *in, size_t len, void *out)
{
    if (len < SW_VAULT_EXTRA)
        return SW_ERR_CRYPTO;
    size_t n = len - SW_VAULT_EXTRA;
    pthread_mutex_lock(&vault->lock);
    enum sw_err err =
        sw_aead_open(&vault->aead, in, name, strlen(name), in + SW_AEAD_NONCE, n, out, in + SW_AEAD_NONCE + n);
    pthread_mutex_unlock(&vault->lock);
    return err;
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

enum sw_err sw_vault_change_from(struct sw_vault *vault, const struct sw_vault_key *at)
{
    return open_key(vault, at, false);
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

enum sw_err sw_vault_change_to(struct sw_vault *vault, const struct sw_vault_key *at)
{
    char next[SW_VAULT_PATH_MAX];
    if (!sw_vault_next(at->path, next))
        return SW_ERR_ARGUMENT;
    enum sw_err err = open_key(vault, &(struct sw_vault_key){next, at->wrap}, true);
    if (err)
        return err;
    err = same_owner(at->path, next);
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
    static const char nothing[4096];
    struct stat st;
    if (fstat(fd, &st) || st.st_nlink || st.st_size < 1)
        return;
    size_t len = st.st_size < (off_t)sizeof nothing ? (size_t)st.st_size : sizeof nothing;
    if (pwrite(fd, nothing, len, 0) == (ssize_t)len)
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
