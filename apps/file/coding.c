#include "apps/file/coding.h"

/* OAEP takes two hashes and two bytes of each block. */
enum { OVERHEAD = 2 * 32 + 2 };

static bool served(const struct sw_pubkey *key)
{
    return key->type == SW_KEY_RSA && key->n.len > OVERHEAD && key->n.len <= CODING_MAX;
}

size_t coding_piece(const struct sw_pubkey *key)
{
    return served(key) ? CODING_MAX / key->n.len * (key->n.len - OVERHEAD) : 0;
}

enum sw_err coding_encode(const struct sw_pubkey *key, const uint8_t *p, size_t len, uint8_t *out, size_t *n)
{
    enum sw_err err = SW_OK;
    *n = 0;
    if (len > coding_piece(key))
        return SW_ERR_SPACE;
    size_t k = key->n.len, room = k - OVERHEAD;
    while (len && !err) {
        size_t some = len < room ? len : room;
        err = sw_pubkey_encrypt_oaep(key, SW_HASH_SHA256, p, some, out + *n, k);
        p += some;
        len -= some;
        *n += k;
    }
    return err;
}

enum sw_err coding_decode(const struct sw_privkey *key, const uint8_t *p, size_t len, uint8_t *out, size_t *n)
{
    const struct sw_pubkey *pub = sw_privkey_public(key);
    enum sw_err err = SW_OK;
    *n = 0;
    if (!served(pub))
        return SW_ERR_ARGUMENT;
    size_t k = pub->n.len;
    if (len > CODING_MAX || len % k)
        return SW_ERR_CRYPTO;
    for (; len && !err; p += k, len -= k) {
        size_t got = 0;
        err = sw_privkey_decrypt_oaep(key, SW_HASH_SHA256, p, k, out + *n, &got);
        *n += got;
    }
    return err;
}
