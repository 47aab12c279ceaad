/* HKDF over our HMAC, whose kept states serve every block of an expansion. */
#include "base/hkdf.h"
#include "base/wipe.h"
#include <string.h>

enum sw_err sw_hkdf_extract(enum sw_hash_id hash, const void *salt, size_t salt_len, const void *secret,
                            size_t secret_len, uint8_t *out)
{
    /* HMAC pads its key with zeros: an empty salt and a hash's length of zeros are the same. */
    if (sw_hash_len(hash) == 0)
        return SW_ERR_ARGUMENT;
    return sw_hmac_once(hash, salt, salt_len, secret, secret_len, out);
}

/* T(i) = HMAC(T(i-1) + info + i), T(0) empty; t holds the one before and receives this one. */
static enum sw_err block(struct sw_hmac *m, uint8_t *t, size_t t_len, const void *info, size_t info_len, uint8_t i)
{
    enum sw_err err = t_len ? sw_hmac_update(m, t, t_len) : SW_OK;

    if (!err && info_len)
        err = sw_hmac_update(m, info, info_len);
    if (!err)
        err = sw_hmac_update(m, &i, 1);
    return err ? err : sw_hmac_final(m, t);
}

enum sw_err sw_hkdf_expand(enum sw_hash_id hash, const void *prk, size_t prk_len, const void *info, size_t info_len,
                           uint8_t *out, size_t len)
{
    struct sw_hmac m;
    uint8_t t[SW_HASH_MAX];
    size_t n = sw_hash_len(hash), done = 0;
    enum sw_err err;

    if (n == 0 || len > 255 * n)
        return SW_ERR_ARGUMENT;
    err = sw_hmac_key(&m, hash, prk, prk_len);
    for (unsigned i = 1; !err && done < len; i++) {
        err = block(&m, t, i > 1 ? n : 0, info, info_len, (uint8_t)i);
        if (!err)
            memcpy(out + done, t, len - done < n ? len - done : n);
        done += n;
    }
    sw_wipe(&m, sizeof m);
    sw_wipe(t, sizeof t);
    return err;
}
