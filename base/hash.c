/*
 * One dispatch for all hashes, and HMAC on top of it. wolfCrypt's software contexts are plain data without pointers to
 * themselves, which is what lets HMAC keep a state and start from it by assignment.
 */
#include "base/hash.h"
#include "base/wipe.h"
#include <string.h>
#include <wolfssl/wolfcrypt/types.h>

/* Builds whose contexts point to memory of their own: a copy would share it. */
#if defined(WOLFSSL_SMALL_STACK_CACHE) || defined(WOLFSSL_HASH_KEEP) || defined(WOLFSSL_ASYNC_CRYPT)
#error "this wolfCrypt's hash contexts cannot be copied by assignment"
#endif

/* clang-format off */
#define OID_SHA1       {5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}}
#define OID_SHA2(last) {9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last}}
#define OID_NONE       {0, {0}}

static const struct sw_hash_info hashes[SW_HASH_COUNT] = {
    /*                  name        len block wolf                 oid */
    [SW_HASH_MD5]    = {"MD5",       16,  64, WC_HASH_TYPE_MD5,    OID_NONE},
    [SW_HASH_SHA1]   = {"SHA-1",     20,  64, WC_HASH_TYPE_SHA,    OID_SHA1},
    [SW_HASH_SHA224] = {"SHA-224",   28,  64, WC_HASH_TYPE_SHA224, OID_SHA2(0x04)},
    [SW_HASH_SHA256] = {"SHA-256",   32,  64, WC_HASH_TYPE_SHA256, OID_SHA2(0x01)},
    [SW_HASH_SHA384] = {"SHA-384",   48, 128, WC_HASH_TYPE_SHA384, OID_SHA2(0x02)},
    [SW_HASH_SHA512] = {"SHA-512",   64, 128, WC_HASH_TYPE_SHA512, OID_SHA2(0x03)},
};
/* clang-format on */

const struct sw_hash_info *sw_hash_info(enum sw_hash_id id)
{
    return (unsigned)id < SW_HASH_COUNT && hashes[id].len != 0 ? &hashes[id] : NULL;
}

size_t sw_hash_len(enum sw_hash_id id)
{
    const struct sw_hash_info *info = sw_hash_info(id);

    return info != NULL ? info->len : 0;
}

enum sw_hash_id sw_hash_by_oid(struct sw_slice oid)
{
    for (unsigned id = 0; id < SW_HASH_COUNT; id++)
        if (sw_oid_is(oid, &hashes[id].oid))
            return (enum sw_hash_id)id;
    return SW_HASH_NONE;
}

bool sw_hash_is_strong(enum sw_hash_id id)
{
    return sw_hash_len(id) >= hashes[SW_HASH_SHA256].len;
}

static enum sw_err result(int wolf)
{
    return wolf == 0 ? SW_OK : SW_ERR_CRYPTO;
}

enum sw_err sw_hash_init(struct sw_hash *h, enum sw_hash_id id)
{
    h->id = id;
    switch (id) {
    case SW_HASH_MD5:
        return result(wc_InitMd5_ex(&h->u.md5, NULL, INVALID_DEVID));
    case SW_HASH_SHA1:
        return result(wc_InitSha_ex(&h->u.sha1, NULL, INVALID_DEVID));
    case SW_HASH_SHA224:
        return result(wc_InitSha224_ex(&h->u.sha256, NULL, INVALID_DEVID));
    case SW_HASH_SHA256:
        return result(wc_InitSha256_ex(&h->u.sha256, NULL, INVALID_DEVID));
    case SW_HASH_SHA384:
        return result(wc_InitSha384_ex(&h->u.sha512, NULL, INVALID_DEVID));
    case SW_HASH_SHA512:
        return result(wc_InitSha512_ex(&h->u.sha512, NULL, INVALID_DEVID));
    case SW_HASH_NONE:
    case SW_HASH_COUNT:
        break;
    }
    return SW_ERR_UNSUPPORTED;
}

/* wolfCrypt counts in 32 bits. */
static enum sw_err update_some(struct sw_hash *h, const uint8_t *p, word32 len)
{
    switch (h->id) {
    case SW_HASH_MD5:
        return result(wc_Md5Update(&h->u.md5, p, len));
    case SW_HASH_SHA1:
        return result(wc_ShaUpdate(&h->u.sha1, p, len));
    case SW_HASH_SHA224:
        return result(wc_Sha224Update(&h->u.sha256, p, len));
    case SW_HASH_SHA256:
        return result(wc_Sha256Update(&h->u.sha256, p, len));
    case SW_HASH_SHA384:
        return result(wc_Sha384Update(&h->u.sha512, p, len));
    case SW_HASH_SHA512:
        return result(wc_Sha512Update(&h->u.sha512, p, len));
    case SW_HASH_NONE:
    case SW_HASH_COUNT:
        break;
    }
    return SW_ERR_UNSUPPORTED;
}

enum sw_err sw_hash_update(struct sw_hash *h, const void *p, size_t len)
{
    const uint8_t *at = p;
    const size_t most = 1u << 30;
    enum sw_err err = SW_OK;

    while (len > 0 && err == SW_OK) {
        size_t n = len < most ? len : most;

        err = update_some(h, at, (word32)n);
        at += n;
        len -= n;
    }
    return err;
}

enum sw_err sw_hash_final(struct sw_hash *h, uint8_t *out)
{
    switch (h->id) {
    case SW_HASH_MD5:
        return result(wc_Md5Final(&h->u.md5, out));
    case SW_HASH_SHA1:
        return result(wc_ShaFinal(&h->u.sha1, out));
    case SW_HASH_SHA224:
        return result(wc_Sha224Final(&h->u.sha256, out));
    case SW_HASH_SHA256:
        return result(wc_Sha256Final(&h->u.sha256, out));
    case SW_HASH_SHA384:
        return result(wc_Sha384Final(&h->u.sha512, out));
    case SW_HASH_SHA512:
        return result(wc_Sha512Final(&h->u.sha512, out));
    case SW_HASH_NONE:
    case SW_HASH_COUNT:
        break;
    }
    return SW_ERR_UNSUPPORTED;
}

enum sw_err sw_hash_peek(const struct sw_hash *h, uint8_t *out)
{
    struct sw_hash copy = *h;
    enum sw_err err = sw_hash_final(&copy, out);

    sw_wipe(&copy, sizeof copy);
    return err;
}

enum sw_err sw_hash_once(enum sw_hash_id id, const void *p, size_t len, uint8_t *out)
{
    struct sw_hash h;
    enum sw_err err = sw_hash_init(&h, id);

    if (err == SW_OK)
        err = sw_hash_update(&h, p, len);
    if (err == SW_OK)
        err = sw_hash_final(&h, out);
    sw_wipe(&h, sizeof h);
    return err;
}

/* Start a state with the key block XORed with one of the two pads. */
static enum sw_err pad_state(struct sw_hash *h, enum sw_hash_id id, const uint8_t *key, uint8_t pad)
{
    uint8_t block[SW_HASH_BLOCK_MAX];
    size_t n = hashes[id].block;
    enum sw_err err = sw_hash_init(h, id);

    for (size_t i = 0; i < n; i++)
        block[i] = key[i] ^ pad;
    if (err == SW_OK)
        err = sw_hash_update(h, block, n);
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_hmac_key(struct sw_hmac *m, enum sw_hash_id id, const void *key, size_t len)
{
    uint8_t block[SW_HASH_BLOCK_MAX] = {0};
    const struct sw_hash_info *info = sw_hash_info(id);
    enum sw_err err = SW_OK;

    if (info == NULL)
        return SW_ERR_UNSUPPORTED;
    if (len > info->block)
        err = sw_hash_once(id, key, len, block);
    else if (len > 0)
        memcpy(block, key, len);
    if (err == SW_OK)
        err = pad_state(&m->inner, id, block, 0x36);
    if (err == SW_OK)
        err = pad_state(&m->outer, id, block, 0x5c);
    m->run = m->inner;
    sw_wipe(block, sizeof block);
    return err;
}

enum sw_err sw_hmac_update(struct sw_hmac *m, const void *p, size_t len)
{
    return sw_hash_update(&m->run, p, len);
}

enum sw_err sw_hmac_end(const struct sw_hmac *m, struct sw_hash *run, uint8_t *out)
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = sw_hash_final(run, digest);

    *run = m->outer;
    if (err == SW_OK)
        err = sw_hash_update(run, digest, sw_hash_len(m->outer.id));
    if (err == SW_OK)
        err = sw_hash_final(run, out);
    sw_wipe(digest, sizeof digest);
    return err;
}

enum sw_err sw_hmac_final(struct sw_hmac *m, uint8_t *out)
{
    enum sw_err err = sw_hmac_end(m, &m->run, out);

    m->run = m->inner;
    return err;
}

enum sw_err sw_hmac_once(enum sw_hash_id id, const void *key, size_t klen, const void *p, size_t len, uint8_t *out)
{
    struct sw_hmac m;
    enum sw_err err = sw_hmac_key(&m, id, key, klen);

    if (err == SW_OK)
        err = sw_hmac_update(&m, p, len);
    if (err == SW_OK)
        err = sw_hmac_final(&m, out);
    sw_wipe(&m, sizeof m);
    return err;
}
