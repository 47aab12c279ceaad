#include "apps/message/repeat.h"
#include "apps/message/place.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KEY_LEN = 32 };

static enum sw_err make(const char *path)
{
    uint8_t key[KEY_LEN];
    enum sw_err err = sw_rand_bytes(NULL, key, sizeof key);
    if (err == SW_OK)
        err = sw_file_write(path, key, sizeof key, SW_FILE_SECRET);
    sw_wipe(key, sizeof key);
    return err == SW_ERR_EXISTS ? SW_OK : err; /* another one that was started at the same time */
}

static int read_key(const struct app *app, struct sw_file *out)
{
    char path[PLACE_MAX];
    int code = place_of(app, "repeat.key", path);
    if (code)
        return code;
    enum sw_err err = sw_file_read_secret(path, KEY_LEN, out);
    if (err == SW_ERR_SYSTEM && errno == ENOENT) {
        err = make(path);
        if (err == SW_OK)
            err = sw_file_read_secret(path, KEY_LEN, out);
    }
    if ((err == SW_ERR_SYSTEM && errno == EFBIG) || (!err && out->len != KEY_LEN))
        return app_error(app, APP_BAD_INPUT, "%s: not what sealwax wrote; delete it, and another one is made", path);
    return err ? app_fail(app, err, path) : APP_DONE;
}

/* Each part with its NUL, so that nothing can move from one to the next. */
static enum sw_err digest(const struct sw_file *secret, const char *key, const char *to, const void *text, size_t len,
                          uint8_t out[SW_HASH_MAX])
{
    struct sw_hmac m;
    enum sw_err err = sw_hmac_key(&m, SW_HASH_SHA256, secret->p, secret->len);
    if (err == SW_OK)
        err = sw_hmac_update(&m, key, strlen(key) + 1);
    if (err == SW_OK)
        err = sw_hmac_update(&m, to, strlen(to) + 1);
    if (err == SW_OK)
        err = sw_hmac_update(&m, text, len);
    if (err == SW_OK)
        err = sw_hmac_final(&m, out);
    sw_wipe(&m, sizeof m);
    return err;
}

int repeat_fingerprint(const struct app *app, const char *key, const char *to, const void *text, size_t len,
                       char out[REPEAT_MAX])
{
    uint8_t hash[SW_HASH_MAX];
    struct sw_file secret = {0};
    int code = read_key(app, &secret);
    enum sw_err err = code ? SW_OK : digest(&secret, key, to, text, len, hash);
    sw_file_free(&secret);
    for (size_t i = 0; !code && !err && i < (REPEAT_MAX - 1) / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    return err ? app_fail(app, err, "fingerprint") : code;
}
