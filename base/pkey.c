/*
 * Keys whatever their kind: reference counts, dispatch, and the rule that a signature is checked before it leaves. Each kind's arithmetic is in pkey_rsa.c, pkey_ec.c and pkey_ed.c.
 */
#include "base/pkey.h"
#include "base/pkey_kinds.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <string.h>

/* --- public keys -------------------------------------------------------------------------------------------------- */

/* PSS needs hash, salt and 2 bytes of modulus (RFC 8017 9.1.1), PKCS#1 v1.5 the hash, its DER prefix and 11 bytes. */
static bool modulus_has_room(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt)
{
    size_t hash = sw_hash_len(scheme->hash), room = (key->bits + 7) / 8;

    return scheme->padding == SW_SIG_PSS ? (key->bits + 6) / 8 >= hash + salt + 2 : room >= hash + 19 + 11;
}

bool sw_pubkey_fits_salt(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt)
{
    if (key->type != scheme->key)
        return false;
    if (key->type == SW_KEY_RSA_PSS && key->pss_hash != SW_HASH_NONE &&
        (key->pss_hash != scheme->hash || salt < key->pss_salt))
        return false;
    if (key->type == SW_KEY_RSA || key->type == SW_KEY_RSA_PSS)
        return modulus_has_room(key, scheme, salt);
    return true;
}

bool sw_pubkey_fits(const struct sw_pubkey *key, const struct sw_sigscheme *scheme)
{
    return sw_pubkey_fits_salt(key, scheme, sw_hash_len(scheme->hash));
}

/* A key that fits, and a scheme that does not hash by itself. */
static enum sw_err verify_digest(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                                 const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
    if (scheme->padding == SW_SIG_ECDSA)
        return sw_ec_verify(key, scheme, digest, sig, sig_len);
    return sw_rsa_verify(key, scheme, salt, digest, sig, sig_len);
}

enum sw_err sw_pubkey_verify_digest(const struct sw_pubkey *key, const struct sw_sigscheme *scheme,
                                    const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
    if (!sw_pubkey_fits(key, scheme) || scheme->hash == SW_HASH_NONE)
        return SW_ERR_UNSUPPORTED;
    return verify_digest(key, scheme, sw_hash_len(scheme->hash), digest, sig, sig_len);
}

enum sw_err sw_pubkey_verify_salt(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                                  const void *msg, size_t len, const uint8_t *sig, size_t sig_len)
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err;

    if (!sw_pubkey_fits_salt(key, scheme, salt))
        return SW_ERR_UNSUPPORTED;
    if (scheme->padding == SW_SIG_EDDSA)
        return sw_ed_verify(key, msg, len, sig, sig_len);
    err = sw_hash_once(scheme->hash, msg, len, digest);
    return err != SW_OK ? err : verify_digest(key, scheme, salt, digest, sig, sig_len);
}

enum sw_err sw_pubkey_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, const void *msg,
                             size_t len, const uint8_t *sig, size_t sig_len)
{
    return sw_pubkey_verify_salt(key, scheme, sw_hash_len(scheme->hash), msg, len, sig, sig_len);
}

bool sw_pubkey_eq(const struct sw_pubkey *a, const struct sw_pubkey *b)
{
    return a->type == b->type && a->curve == b->curve && sw_slice_eq(a->n, b->n) && sw_slice_eq(a->e, b->e) &&
           sw_slice_eq(a->point, b->point);
}

/* --- private keys ------------------------------------------------------------------------------------------------- */

struct sw_privkey *sw_privkey_alloc(enum sw_key_type type)
{
    struct sw_privkey *key = calloc(1, sizeof *key);

    if (key == NULL)
        return NULL;
    if (pthread_mutex_init(&key->lock, NULL) != 0) {
        free(key);
        return NULL;
    }
    atomic_init(&key->refs, 1);
    key->pub.type = type;
    return key;
}

struct sw_privkey *sw_privkey_ref(struct sw_privkey *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void sw_privkey_free(struct sw_privkey *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (key->ops != NULL) {
        if (key->ops->release != NULL)
            key->ops->release(key->ops_ctx);
    } else if (key->pub.type == SW_KEY_RSA || key->pub.type == SW_KEY_RSA_PSS) {
        sw_rsa_free(key);
    } else if (key->pub.type == SW_KEY_EC) {
        sw_ec_free(key);
    } else {
        sw_ed_free(key);
    }
    pthread_mutex_destroy(&key->lock);
    sw_wipe(key, sizeof *key);
    free(key);
}

const struct sw_pubkey *sw_privkey_public(const struct sw_privkey *key)
{
    return &key->pub;
}

static struct sw_slice keep(struct sw_privkey *key, size_t *used, struct sw_slice s)
{
    uint8_t *at = key->public_bytes + *used;

    if (s.len == 0)
        return (struct sw_slice){NULL, 0};
    memcpy(at, s.p, s.len);
    *used += s.len;
    return (struct sw_slice){at, s.len};
}

enum sw_err sw_privkey_new_external(struct sw_privkey **out, const struct sw_pubkey *pub,
                                    const struct sw_privkey_ops *ops, void *ctx)
{
    struct sw_privkey *key;
    size_t used = 0;

    if (pub->n.len + pub->e.len + pub->point.len > SW_PUBLIC_BYTES_MAX || ops->sign == NULL)
        return SW_ERR_UNSUPPORTED;
    key = sw_privkey_alloc(pub->type);
    if (key == NULL)
        return SW_ERR_MEMORY;
    key->pub = *pub;
    key->pub.n = keep(key, &used, pub->n);
    key->pub.e = keep(key, &used, pub->e);
    key->pub.point = keep(key, &used, pub->point);
    key->ops = ops;
    key->ops_ctx = ctx;
    *out = key;
    return SW_OK;
}

enum sw_err sw_privkey_generate(struct sw_privkey **out, enum sw_key_type type, unsigned param)
{
    struct sw_privkey *key = sw_privkey_alloc(type);
    enum sw_err err = SW_ERR_UNSUPPORTED;

    if (key == NULL)
        return SW_ERR_MEMORY;
    if (type == SW_KEY_RSA || type == SW_KEY_RSA_PSS)
        err = sw_rsa_generate(key, param);
    else if (type == SW_KEY_EC)
        err = sw_ec_generate(key, (uint16_t)param);
    else if (type == SW_KEY_ED25519 || type == SW_KEY_ED448)
        err = sw_ed_generate(key, type);
    if (err != SW_OK) {
        sw_privkey_free(key);
        return err;
    }
    *out = key;
    return SW_OK;
}

/* A key elsewhere can be faulty too, and its holder can be lying: its signatures are checked like ours. */
static enum sw_err make_signature(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *msg,
                                  size_t len, uint8_t *sig, size_t *sig_len)
{
    struct sw_privkey *own = (struct sw_privkey *)(uintptr_t)key; /* only its lock and scratch state change */

    if (key->ops != NULL)
        return key->ops->sign(key->ops_ctx, scheme, msg, len, sig, sig_len);
    switch (scheme->padding) {
    case SW_SIG_ECDSA:
        return sw_ec_sign(own, scheme, msg, sig, sig_len);
    case SW_SIG_EDDSA:
        return sw_ed_sign(own, msg, len, sig, sig_len);
    case SW_SIG_PKCS1:
    case SW_SIG_PSS:
        break;
    }
    return sw_rsa_sign(key, scheme, msg, sig, sig_len);
}

static enum sw_err sign_checked(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *msg,
                                size_t len, uint8_t *sig, size_t *sig_len)
{
    enum sw_err err = make_signature(key, scheme, msg, len, sig, sig_len);

    if (err != SW_OK)
        return err;
    if (*sig_len > SW_SIG_MAX)
        return SW_ERR_CRYPTO;
    err = scheme->padding == SW_SIG_EDDSA ? sw_ed_verify(&key->pub, msg, len, sig, *sig_len)
                                          : sw_pubkey_verify_digest(&key->pub, scheme, msg, sig, *sig_len);
    if (err == SW_OK)
        return SW_OK;
    sw_wipe(sig, *sig_len);
    *sig_len = 0;
    return SW_ERR_CRYPTO;
}

enum sw_err sw_privkey_sign_digest(const struct sw_privkey *key, const struct sw_sigscheme *scheme,
                                   const uint8_t *digest, uint8_t *sig, size_t *sig_len)
{
    if (!sw_pubkey_fits(&key->pub, scheme) || scheme->hash == SW_HASH_NONE)
        return SW_ERR_UNSUPPORTED;
    return sign_checked(key, scheme, digest, sw_hash_len(scheme->hash), sig, sig_len);
}

enum sw_err sw_privkey_sign(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const void *msg,
                            size_t len, uint8_t *sig, size_t *sig_len)
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err;

    if (!sw_pubkey_fits(&key->pub, scheme))
        return SW_ERR_UNSUPPORTED;
    if (scheme->padding == SW_SIG_EDDSA)
        return sign_checked(key, scheme, msg, len, sig, sig_len);
    err = sw_hash_once(scheme->hash, msg, len, digest);
    return err != SW_OK ? err : sw_privkey_sign_digest(key, scheme, digest, sig, sig_len);
}
