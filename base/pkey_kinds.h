/* Private to base/pkey*.c: what a private key is made of, and the operations each kind of key brings. */
#ifndef SW_BASE_PKEY_KINDS_H
#define SW_BASE_PKEY_KINDS_H

#include "base/pkey.h"
#include <pthread.h>
#include <stdatomic.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/rsa.h>

enum { SW_MODULUS_MAX = SW_RSA_MAX_BITS / 8, SW_EC_FIELD_MAX = 66, SW_PUBLIC_BYTES_MAX = SW_MODULUS_MAX + 16 };

struct sw_privkey {
    atomic_uint refs;
    struct sw_pubkey pub; /* its slices point into public_bytes */
    uint8_t public_bytes[SW_PUBLIC_BYTES_MAX];
    const struct sw_privkey_ops *ops; /* a key that lives elsewhere; else NULL */
    void *ops_ctx;
    pthread_mutex_t lock; /* EC and EdDSA operations: their structures keep state while they work */
    union {
        RsaKey rsa;
        ecc_key ec;
        ed25519_key ed25519;
        ed448_key ed448;
    } u;
};

/* sw_privkey_alloc: a zeroed key of a type with one reference, or NULL. */
struct sw_privkey *sw_privkey_alloc(enum sw_key_type type);

/*
 * sw_rsa_bits: of a modulus. sw_rsa_plausible: a modulus and exponent that RSA is defined for, of a size we deal with.
 */
unsigned sw_rsa_bits(struct sw_slice n);
bool sw_rsa_plausible(const struct sw_pubkey *key);
/*
 * sw_rsa_public, sw_rsa_private: the bare operations; in and out have the modulus' length. public: SW_ERR_SIGNATURE for
 * a bad key or number.
 */
enum sw_err sw_rsa_public(const struct sw_pubkey *key, const uint8_t *in, uint8_t *out) SW_MUST_USE;
enum sw_err sw_rsa_private(const struct sw_privkey *key, const uint8_t *in, uint8_t *out) SW_MUST_USE;
/*
 * What each kind of key brings for the functions of base/pkey.h, which have seen to it that key and scheme fit:
 * _verify, _sign (sig has room for SW_SIG_MAX bytes), _generate into a key from sw_privkey_alloc, and _free of what the
 * union holds.
 *   salt   bytes of it that PSS has; else 0
 */
enum sw_err sw_rsa_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                          const uint8_t *digest, const uint8_t *sig, size_t sig_len) SW_MUST_USE;
enum sw_err sw_rsa_sign(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                        uint8_t *sig, size_t *sig_len) SW_MUST_USE;
enum sw_err sw_rsa_generate(struct sw_privkey *key, unsigned bits) SW_MUST_USE;
void sw_rsa_free(struct sw_privkey *key);

enum sw_err sw_ec_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest,
                         const uint8_t *sig, size_t sig_len) SW_MUST_USE;
enum sw_err sw_ec_sign(struct sw_privkey *key, const struct sw_sigscheme *scheme, const uint8_t *digest, uint8_t *sig,
                       size_t *sig_len) SW_MUST_USE;
enum sw_err sw_ec_generate(struct sw_privkey *key, uint16_t curve) SW_MUST_USE;
/* sw_ec_scalar: of an EC key, as sw_privkey_scalar returns it. */
enum sw_err sw_ec_scalar(struct sw_privkey *key, uint8_t *buf, size_t cap, size_t *len) SW_MUST_USE;
void sw_ec_free(struct sw_privkey *key);

enum sw_err sw_ed_verify(const struct sw_pubkey *key, const uint8_t *msg, size_t len, const uint8_t *sig,
                         size_t sig_len) SW_MUST_USE;
enum sw_err sw_ed_sign(struct sw_privkey *key, const uint8_t *msg, size_t len, uint8_t *sig,
                       size_t *sig_len) SW_MUST_USE;
enum sw_err sw_ed_generate(struct sw_privkey *key, enum sw_key_type type) SW_MUST_USE;
void sw_ed_free(struct sw_privkey *key);

#endif
