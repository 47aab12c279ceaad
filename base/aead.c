/* AES-GCM over wolfCrypt. */
#include "base/aead.h"
#include "base/wipe.h"
#include <stdbool.h>

enum { LEN_MAX = 0x7FFFFFFF };

enum sw_err sw_aead_key(struct sw_aead *a, const void *key, size_t len)
{
    if (len != AES_128_KEY_SIZE && len != AES_192_KEY_SIZE && len != AES_256_KEY_SIZE)
        return SW_ERR_ARGUMENT;
    if (wc_AesInit(&a->aes, NULL, INVALID_DEVID) != 0)
        return SW_ERR_CRYPTO;
    return wc_AesGcmSetKey(&a->aes, key, (word32)len) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_aead_seal(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE], const void *aad, size_t aad_len,
                         const void *in, size_t len, void *out, uint8_t tag[SW_AEAD_TAG])
{
    if (len > LEN_MAX || aad_len > LEN_MAX)
        return SW_ERR_ARGUMENT;
    return wc_AesGcmEncrypt(&a->aes, out, in, (word32)len, nonce, SW_AEAD_NONCE, tag, SW_AEAD_TAG, aad,
                            (word32)aad_len) == 0
               ? SW_OK
               : SW_ERR_CRYPTO;
}

enum sw_err sw_aead_open(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE], const void *aad, size_t aad_len,
                         const void *in, size_t len, void *out, const uint8_t tag[SW_AEAD_TAG])
{
    if (len > LEN_MAX || aad_len > LEN_MAX)
        return SW_ERR_ARGUMENT;
    if (wc_AesGcmDecrypt(&a->aes, out, in, (word32)len, nonce, SW_AEAD_NONCE, tag, SW_AEAD_TAG, aad, (word32)aad_len) ==
        0)
        return SW_OK;
    /* Nothing that failed to authenticate may be looked at, not even by mistake. */
    sw_wipe(out, len);
    return SW_ERR_CRYPTO;
}

enum sw_err sw_aead_start(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE])
{
    a->streamed = 0;
    return wc_AesGcmInit(&a->aes, NULL, 0, nonce, SW_AEAD_NONCE) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

/* Counts a piece; false past what may be one message. */
static bool count(struct sw_aead *a, size_t len)
{
    if (len > SW_AEAD_STREAM_MAX - a->streamed)
        return false;
    a->streamed += len;
    return true;
}

enum sw_err sw_aead_seal_more(struct sw_aead *a, const void *in, size_t len, void *out)
{
    if (!count(a, len))
        return SW_ERR_SPACE;
    return wc_AesGcmEncryptUpdate(&a->aes, out, in, (word32)len, NULL, 0) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_aead_seal_end(struct sw_aead *a, uint8_t tag[SW_AEAD_TAG])
{
    return wc_AesGcmEncryptFinal(&a->aes, tag, SW_AEAD_TAG) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_aead_open_more(struct sw_aead *a, const void *in, size_t len, void *out)
{
    if (!count(a, len))
        return SW_ERR_SPACE;
    return wc_AesGcmDecryptUpdate(&a->aes, out, in, (word32)len, NULL, 0) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_aead_open_end(struct sw_aead *a, const uint8_t tag[SW_AEAD_TAG])
{
    return wc_AesGcmDecryptFinal(&a->aes, tag, SW_AEAD_TAG) == 0 ? SW_OK : SW_ERR_CRYPTO;
}

void sw_aead_wipe(struct sw_aead *a)
{
    wc_AesFree(&a->aes);
    sw_wipe(a, sizeof *a);
}
