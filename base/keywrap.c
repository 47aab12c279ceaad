/* Key wrapping, the X9.63 derivation and AES-CBC over wolfCrypt. */
#include "base/keywrap.h"
#include "base/wipe.h"
#include <stdbool.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/hash.h>

enum { KEY_MIN = 16, KEY_MAX = 64, DERIVED_MAX = 1 << 16 };

static bool fits(size_t kek_len, size_t len)
{
    return (kek_len == AES_128_KEY_SIZE || kek_len == AES_192_KEY_SIZE || kek_len == AES_256_KEY_SIZE) &&
           len >= KEY_MIN && len <= KEY_MAX && len % 8 == 0;
}

enum sw_err sw_keywrap(const uint8_t *kek, size_t kek_len, const uint8_t *key, size_t len, uint8_t *out)
{
    if (!fits(kek_len, len))
        return SW_ERR_ARGUMENT;
    int n = wc_AesKeyWrap(kek, (word32)kek_len, key, (word32)len, out, (word32)len + SW_KEYWRAP_EXTRA, NULL);
    return n == (int)len + SW_KEYWRAP_EXTRA ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_keyunwrap(const uint8_t *kek, size_t kek_len, const uint8_t *wrapped, size_t len, uint8_t *out)
{
    if (len < SW_KEYWRAP_EXTRA || !fits(kek_len, len - SW_KEYWRAP_EXTRA))
        return SW_ERR_ARGUMENT;
    size_t key_len = len - SW_KEYWRAP_EXTRA;
    int n = wc_AesKeyUnWrap(kek, (word32)kek_len, wrapped, (word32)len, out, (word32)key_len, NULL);
    if (n == (int)key_len)
        return SW_OK;
    sw_wipe(out, key_len);
    return SW_ERR_CRYPTO;
}

enum sw_err sw_x963_kdf(enum sw_hash_id hash, const uint8_t *secret, size_t secret_len, const uint8_t *info,
                        size_t info_len, uint8_t *out, size_t len)
{
    const struct sw_hash_info *h = sw_hash_info(hash);
    if (!h || hash == SW_HASH_MD5)
        return SW_ERR_UNSUPPORTED;
    if (secret_len > DERIVED_MAX || info_len > DERIVED_MAX || len > DERIVED_MAX)
        return SW_ERR_ARGUMENT;
    return wc_X963_KDF((enum wc_HashType)h->wolf, secret, (word32)secret_len, info, (word32)info_len, out,
                       (word32)len) == 0
               ? SW_OK
               : SW_ERR_CRYPTO;
}

enum sw_err sw_cbc_start(struct sw_cbc *c, const uint8_t *key, size_t len, const uint8_t iv[SW_CBC_BLOCK])
{
    if (!fits(len, KEY_MIN))
        return SW_ERR_ARGUMENT;
    if (wc_AesInit(&c->aes, NULL, INVALID_DEVID) != 0)
        return SW_ERR_CRYPTO;
    return wc_AesSetKey(&c->aes, key, (word32)len, iv, AES_DECRYPTION) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_cbc_open(struct sw_cbc *c, const void *in, size_t len, void *out)
{
    if (len % SW_CBC_BLOCK != 0 || len > UINT32_MAX)
        return SW_ERR_ARGUMENT;
    return wc_AesCbcDecrypt(&c->aes, out, in, (word32)len) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

void sw_cbc_wipe(struct sw_cbc *c)
{
    wc_AesFree(&c->aes);
    sw_wipe(c, sizeof *c);
}
