/* Ed25519 and Ed448 (RFC 8032), pure, without context. */
#include "base/pkey_kinds.h"
#include "base/rand.h"
#include "base/wipe.h"
#include <string.h>

enum { ED25519_LEN = 32, ED448_LEN = 57 };

/* The groups' orders, little-endian. RFC 8032 5.1, 5.2. */
/* clang-format off */
static const uint8_t order25519[ED25519_LEN] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
};
static const uint8_t order448[ED448_LEN] = {
    0xf3, 0x44, 0x58, 0xab, 0x92, 0xc2, 0x78, 0x23, 0x55, 0x8f, 0xc5, 0x8d, 0x72, 0xc2, 0x6c, 0x21,
    0x90, 0x36, 0xd6, 0xae, 0x49, 0xdb, 0x4e, 0xc4, 0xe9, 0x23, 0xca, 0x7c, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x00,
};
/* clang-format on */

static size_t key_len(enum sw_key_type type)
{
    return type == SW_KEY_ED25519 ? ED25519_LEN : ED448_LEN;
}

/* wolfCrypt takes a message of no bytes, but not a NULL. */
static const uint8_t *some(const uint8_t *msg, size_t len)
{
    return len > 0 ? msg : (const uint8_t *)"";
}

/* RFC 8032 5.1.7, 5.2.7: S below the order, or each signature has a second form. Not every wolfCrypt looks. */
static bool below(const uint8_t *s, const uint8_t *order, size_t len)
{
    while (len-- > 0)
        if (s[len] != order[len])
            return s[len] < order[len];
    return false;
}

static enum sw_err verify25519(struct sw_slice pub, const uint8_t *msg, size_t len, const uint8_t *sig)
{
    ed25519_key ed;
    int good = 0, rc;

    if (wc_ed25519_init(&ed) != 0)
        return SW_ERR_MEMORY;
    rc = wc_ed25519_import_public(pub.p, (word32)pub.len, &ed);
    if (rc == 0)
        rc = wc_ed25519_verify_msg(sig, 2 * ED25519_LEN, msg, (word32)len, &good, &ed);
    wc_ed25519_free(&ed);
    return rc == 0 && good == 1 ? SW_OK : SW_ERR_SIGNATURE;
}

static enum sw_err verify448(struct sw_slice pub, const uint8_t *msg, size_t len, const uint8_t *sig)
{
    ed448_key ed;
    int good = 0, rc;

    if (wc_ed448_init(&ed) != 0)
        return SW_ERR_MEMORY;
    rc = wc_ed448_import_public(pub.p, (word32)pub.len, &ed);
    if (rc == 0)
        rc = wc_ed448_verify_msg(sig, 2 * ED448_LEN, msg, (word32)len, &good, &ed, NULL, 0);
    wc_ed448_free(&ed);
    return rc == 0 && good == 1 ? SW_OK : SW_ERR_SIGNATURE;
}

enum sw_err sw_ed_verify(const struct sw_pubkey *key, const uint8_t *msg, size_t len, const uint8_t *sig,
                         size_t sig_len)
{
    size_t n = key_len(key->type);

    if (key->point.len != n || sig_len != 2 * n || len > UINT32_MAX)
        return SW_ERR_SIGNATURE;
    if (!below(sig + n, key->type == SW_KEY_ED25519 ? order25519 : order448, n))
        return SW_ERR_SIGNATURE;
    msg = some(msg, len);
    return key->type == SW_KEY_ED25519 ? verify25519(key->point, msg, len, sig) : verify448(key->point, msg, len, sig);
}

enum sw_err sw_ed_sign(struct sw_privkey *key, const uint8_t *msg, size_t len, uint8_t *sig, size_t *sig_len)
{
    word32 out = SW_SIG_MAX;
    int rc;

    *sig_len = 0;
    if (len > UINT32_MAX)
        return SW_ERR_UNSUPPORTED;
    msg = some(msg, len);
    pthread_mutex_lock(&key->lock);
    if (key->pub.type == SW_KEY_ED25519)
        rc = wc_ed25519_sign_msg(msg, (word32)len, sig, &out, &key->u.ed25519);
    else
        rc = wc_ed448_sign_msg(msg, (word32)len, sig, &out, &key->u.ed448, NULL, 0);
    pthread_mutex_unlock(&key->lock);
    if (rc != 0)
        return SW_ERR_CRYPTO;
    *sig_len = out;
    return SW_OK;
}

/*
 * The seed makes the key; its public half is computed, never taken from elsewhere: a wrong one would give the private
 * half away.
 */
static enum sw_err import_seed(struct sw_privkey *key, const uint8_t *seed)
{
    enum sw_key_type type = key->pub.type;
    size_t n = key_len(type);
    int rc;

    if (type == SW_KEY_ED25519) {
        rc = wc_ed25519_init(&key->u.ed25519);
        if (rc == 0)
            rc = wc_ed25519_import_private_only(seed, (word32)n, &key->u.ed25519);
        if (rc == 0)
            rc = wc_ed25519_make_public(&key->u.ed25519, key->public_bytes, (word32)n);
        if (rc == 0)
            rc = wc_ed25519_import_private_key(seed, (word32)n, key->public_bytes, (word32)n, &key->u.ed25519);
    } else {
        rc = wc_ed448_init(&key->u.ed448);
        if (rc == 0)
            rc = wc_ed448_import_private_only(seed, (word32)n, &key->u.ed448);
        if (rc == 0)
            rc = wc_ed448_make_public(&key->u.ed448, key->public_bytes, (word32)n);
        if (rc == 0)
            rc = wc_ed448_import_private_key(seed, (word32)n, key->public_bytes, (word32)n, &key->u.ed448);
    }
    if (rc != 0)
        return SW_ERR_KEY_DECODE;
    key->pub.bits = type == SW_KEY_ED25519 ? 255 : 448;
    key->pub.point = (struct sw_slice){key->public_bytes, n};
    return SW_OK;
}

enum sw_err sw_ed_generate(struct sw_privkey *key, enum sw_key_type type)
{
    uint8_t seed[ED448_LEN];
    enum sw_err err = sw_rand_bytes(NULL, seed, key_len(type));

    if (err == SW_OK)
        err = import_seed(key, seed);
    sw_wipe(seed, sizeof seed);
    return err;
}

enum sw_err sw_privkey_new_ed(struct sw_privkey **out, enum sw_key_type type, struct sw_slice scalar)
{
    struct sw_privkey *key;
    enum sw_err err;

    if (type != SW_KEY_ED25519 && type != SW_KEY_ED448)
        return SW_ERR_UNSUPPORTED;
    if (scalar.len != key_len(type))
        return SW_ERR_KEY_DECODE;
    key = sw_privkey_alloc(type);
    if (key == NULL)
        return SW_ERR_MEMORY;
    err = import_seed(key, scalar.p);
    if (err != SW_OK) {
        sw_privkey_free(key);
        return err;
    }
    *out = key;
    return SW_OK;
}

void sw_ed_free(struct sw_privkey *key)
{
    if (key->pub.type == SW_KEY_ED25519)
        wc_ed25519_free(&key->u.ed25519);
    else if (key->pub.type == SW_KEY_ED448)
        wc_ed448_free(&key->u.ed448);
}

enum sw_err sw_privkey_scalar(const struct sw_privkey *key, uint8_t *buf, size_t cap, size_t *len)
{
    struct sw_privkey *own = (struct sw_privkey *)(uintptr_t)key; /* its lock changes */
    size_t n;
    word32 out;
    int rc;

    if (key->ops != NULL)
        return SW_ERR_UNSUPPORTED;
    if (key->pub.type == SW_KEY_EC)
        return sw_ec_scalar(own, buf, cap, len);
    if (key->pub.type != SW_KEY_ED25519 && key->pub.type != SW_KEY_ED448)
        return SW_ERR_UNSUPPORTED;
    n = key_len(key->pub.type);
    if (cap < n)
        return SW_ERR_SPACE;
    out = (word32)n;
    pthread_mutex_lock(&own->lock);
    rc = key->pub.type == SW_KEY_ED25519 ? wc_ed25519_export_private_only(&own->u.ed25519, buf, &out)
                                         : wc_ed448_export_private_only(&own->u.ed448, buf, &out);
    pthread_mutex_unlock(&own->lock);
    *len = out;
    return rc == 0 ? SW_OK : SW_ERR_CRYPTO;
}
