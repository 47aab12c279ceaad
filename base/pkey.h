/*
 * Private and public keys of every kind Sealwax uses, and what is done with them: sign, verify, RSA encryption.
 *
 * A public key is a view of bytes that somebody else holds (a certificate), so checking a signature allocates nothing
 * on the heap. A private key is an object with a reference count; it lives in wolfCrypt's structures or behind a
 * token's functions.
 */
#ifndef SW_BASE_PKEY_H
#define SW_BASE_PKEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sigscheme.h"

enum { SW_SIG_MAX = 1024 /* RSA-8192 */, SW_RSA_MIN_BITS = 1024, SW_RSA_MAX_BITS = 8192 };

/* A public key: views into its encoding. */
struct sw_pubkey {
    enum sw_key_type type;
    unsigned bits;            /* of the modulus or the curve's field */
    uint16_t curve;           /* SW_CURVE_ of an EC key */
    enum sw_hash_id pss_hash; /* an RSA_PSS key's parameters may fix the hash; SW_HASH_NONE: any */
    uint16_t pss_salt;        /* and then say how long a salt is at least (RFC 4055 3.3) */
    struct sw_slice n, e;     /* RSA: big-endian without leading zeros; n odd, e odd, from 3 to 2^64 - 1 */
    struct sw_slice point;    /* EC: uncompressed point, Ed25519 and Ed448: the key's bytes */
};

/*
 * sw_pubkey_fits: whether a key can make signatures of this scheme (type and, for PSS keys, hash and salt; the size has
 * room for the padding).
 * sw_pubkey_fits_salt: where it is PSS, with a salt of so many bytes; TLS has the hash's length, X.509 any.
 */
bool sw_pubkey_fits(const struct sw_pubkey *key, const struct sw_sigscheme *scheme);
bool sw_pubkey_fits_salt(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt);

/*
 * sw_pubkey_verify: check a signature over a whole message.
 * sw_pubkey_verify_digest: the same over its digest; not for EdDSA schemes (SW_ERR_UNSUPPORTED).
 * sw_pubkey_verify_salt: sw_pubkey_verify, but where it is PSS the salt has exactly so many bytes.
 *   digest  sw_hash_len(scheme->hash) bytes
 * Returns SW_OK; SW_ERR_SIGNATURE if it does not verify, for whatever reason lies in key, signature or message;
 * SW_ERR_UNSUPPORTED if the key does not fit the scheme; SW_ERR_MEMORY. Variable time: everything here is public. RFC
 * 8017 8, FIPS 186-5. ECDSA signatures are strict DER of two positive integers below the order; an RSA signature has
 * exactly the modulus' length and is below the modulus, a PSS salt has the hash's length. The signature of a message is
 * unique up to what ECDSA itself leaves open.
 */
enum sw_err sw_pubkey_verify(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, const void *msg,
                             size_t len, const uint8_t *sig, size_t sig_len) SW_MUST_USE;
enum sw_err sw_pubkey_verify_digest(const struct sw_pubkey *key, const struct sw_sigscheme *scheme,
                                    const uint8_t *digest, const uint8_t *sig, size_t sig_len) SW_MUST_USE;
enum sw_err sw_pubkey_verify_salt(const struct sw_pubkey *key, const struct sw_sigscheme *scheme, size_t salt,
                                  const void *msg, size_t len, const uint8_t *sig, size_t sig_len) SW_MUST_USE;

/*
 * sw_pubkey_encrypt_pkcs1: RSAES-PKCS1-v1_5 (RFC 8017 7.2.1), for the premaster secret.
 * sw_pubkey_encrypt_oaep: RSAES-OAEP (7.1.1), MGF1 with the same hash, empty label.
 *   len   at most the modulus' length less 11 bytes; OAEP: less twice the hash's length and 2
 *   out   receives exactly the modulus' length in bytes; cap says how much there is
 * Return SW_OK; SW_ERR_SPACE if the message or out is too long or too short; SW_ERR_UNSUPPORTED for another kind of
 * key, or one that RSA is not defined for; SW_ERR_RANDOM; SW_ERR_MEMORY; SW_ERR_CRYPTO.
 */
enum sw_err sw_pubkey_encrypt_pkcs1(const struct sw_pubkey *key, const void *msg, size_t len, uint8_t *out,
                                    size_t cap) SW_MUST_USE;
enum sw_err sw_pubkey_encrypt_oaep(const struct sw_pubkey *key, enum sw_hash_id hash, const void *msg, size_t len,
                                   uint8_t *out, size_t cap) SW_MUST_USE;

/* sw_pubkey_eq: the same key. */
bool sw_pubkey_eq(const struct sw_pubkey *a, const struct sw_pubkey *b);

struct sw_privkey;

/*
 * A key that lives elsewhere (a card): its public half and the operations its holder performs. ctx is passed to each.
 */
struct sw_privkey_ops {
    /*
     * sign a digest (EdDSA: the message); sig has room for SW_SIG_MAX bytes; PKCS#1 padding and DER encoding are the
     * callee's
     */
    enum sw_err (*sign)(void *ctx, const struct sw_sigscheme *scheme, const uint8_t *msg, size_t len, uint8_t *sig,
                        size_t *sig_len);
    /* raw RSA (RFC 8017 5.1.2), in and out both of the modulus' length; NULL if the key does not decrypt. SW_ERR_CRYPTO: the number was
       refused, which the sender of a premaster does not get to know; any other error is ours and ends the handshake */
    enum sw_err (*rsa_raw)(void *ctx, const uint8_t *in, uint8_t *out, size_t len);
    /* called when the last reference goes */
    void (*release)(void *ctx);
};

/* The numbers of an RSA private key, big-endian; p, q, dp, dq, qinv as in RFC 8017 A.1.2. */
struct sw_rsa_numbers {
    struct sw_slice n, e, d, p, q, dp, dq, qinv;
};

/*
 * sw_privkey_new_*: a private key from its numbers, copied. RSA numbers are checked against each other (sizes, p * q,
 * d, one round trip; two primes of any sizes); the public half of the others is computed. An external key is taken as
 * it is.
 *   scalar  EC: big-endian, of the field's length; EdDSA: the 32 or 57 byte seed
 *   ops     lives as long as the key; its functions may be called by several threads at once
 * Return SW_OK and *out with one reference; SW_ERR_KEY_DECODE; SW_ERR_UNSUPPORTED; SW_ERR_MEMORY; SW_ERR_RANDOM.
 */
enum sw_err sw_privkey_new_rsa(struct sw_privkey **out, const struct sw_rsa_numbers *num) SW_MUST_USE;
enum sw_err sw_privkey_new_ec(struct sw_privkey **out, uint16_t curve, struct sw_slice scalar) SW_MUST_USE;
enum sw_err sw_privkey_new_ed(struct sw_privkey **out, enum sw_key_type type, struct sw_slice scalar) SW_MUST_USE;
enum sw_err sw_privkey_new_external(struct sw_privkey **out, const struct sw_pubkey *pub,
                                    const struct sw_privkey_ops *ops, void *ctx) SW_MUST_USE;

/*
 * sw_privkey_restrict_pss: make an RSA key an id-RSASSA-PSS one (RFC 4055 3.1), for PSS signatures alone; with hash not
 * SW_HASH_NONE, with that hash alone and salts of at least so many bytes. Before the key is shared. SW_ERR_UNSUPPORTED
 * for another kind of key, or salts longer than the hash, which we do not make.
 */
enum sw_err sw_privkey_restrict_pss(struct sw_privkey *key, enum sw_hash_id hash, size_t salt) SW_MUST_USE;

/*
 * sw_privkey_generate: a fresh key; param is the modulus length in bits for RSA (2048 to 4096, e = 65537), the curve
 * for EC, 0 for EdDSA.
 */
enum sw_err sw_privkey_generate(struct sw_privkey **out, enum sw_key_type type, unsigned param) SW_MUST_USE;

/* sw_privkey_ref, _free: one reference more, one less; the last wipes the key. free takes NULL. Safe across threads. */
struct sw_privkey *sw_privkey_ref(struct sw_privkey *key);
void sw_privkey_free(struct sw_privkey *key);

/* sw_privkey_public: its public half; valid as long as the key. */
const struct sw_pubkey *sw_privkey_public(const struct sw_privkey *key);

/*
 * sw_privkey_numbers_rsa, sw_privkey_scalar: the secret numbers, for encoding; written into buf (wipe it after use),
 * num's slices point into it. Buffer too small: SW_ERR_SPACE; a key that cannot be exported: SW_ERR_UNSUPPORTED.
 */
enum sw_err sw_privkey_numbers_rsa(const struct sw_privkey *key, struct sw_rsa_numbers *num, uint8_t *buf,
                                   size_t cap) SW_MUST_USE;
enum sw_err sw_privkey_scalar(const struct sw_privkey *key, uint8_t *buf, size_t cap, size_t *len) SW_MUST_USE;

/*
 * sw_privkey_sign: sign a message; sw_privkey_sign_digest: sign its digest (not for EdDSA). Several threads may use one
 * key: RSA operations run side by side, those of EC and EdDSA keys one after another.
 *   sig      receives at most SW_SIG_MAX bytes; *sig_len says how many
 * The signature is verified before it is handed out: a fault in an RSA-CRT or ECDSA computation would give the key away
 * (SW_ERR_CRYPTO). SW_ERR_UNSUPPORTED if the key does not fit the scheme; SW_ERR_RANDOM; SW_ERR_MEMORY; what an
 * external key returned.
 */
enum sw_err sw_privkey_sign(const struct sw_privkey *key, const struct sw_sigscheme *scheme, const void *msg,
                            size_t len, uint8_t *sig, size_t *sig_len) SW_MUST_USE;
enum sw_err sw_privkey_sign_digest(const struct sw_privkey *key, const struct sw_sigscheme *scheme,
                                   const uint8_t *digest, uint8_t *sig, size_t *sig_len) SW_MUST_USE;

/*
 * sw_privkey_decrypt_premaster: RSA key transport as RFC 5246 7.4.7.1 demands it.
 *   in, len   the ciphertext; any length is allowed and a wrong one is just another failure
 *   version   the client_version that the plaintext's first two bytes must repeat
 *   out       48 bytes, random on entry: replaced by the premaster if and only if padding, length and version are right
 * Returns SW_OK whether or not the plaintext was right, in a time that depends on the key alone; an error only for what
 * has nothing to do with the ciphertext (SW_ERR_MEMORY, SW_ERR_UNSUPPORTED, SW_ERR_RANDOM, what an external key
 * returned but SW_ERR_CRYPTO).
 */
enum sw_err sw_privkey_decrypt_premaster(const struct sw_privkey *key, const uint8_t *in, size_t len, uint16_t version,
                                         uint8_t out[48]) SW_MUST_USE;

/*
 * sw_privkey_decrypt_oaep: RSAES-OAEP (RFC 8017 7.1.2), MGF1 with the same hash, empty label.
 *   out      at least the modulus' length; *out_len receives the message's, 0 on error
 * SW_ERR_CRYPTO for any ciphertext that does not open, in a time that depends on the key and the hash alone.
 */
enum sw_err sw_privkey_decrypt_oaep(const struct sw_privkey *key, enum sw_hash_id hash, const uint8_t *in, size_t len,
                                    uint8_t *out, size_t *out_len) SW_MUST_USE;

/*
 * sw_privkey_decrypt_pkcs1: RSAES-PKCS1-v1_5 for CMS, never for TLS: says whether it worked, and when. Same arguments
 * and error.
 */
enum sw_err sw_privkey_decrypt_pkcs1(const struct sw_privkey *key, const uint8_t *in, size_t len, uint8_t *out,
                                     size_t *out_len) SW_MUST_USE;

/*
 * sw_privkey_ecdh: the shared x coordinate of an EC key with a peer's uncompressed point, for CMS; out has the field's
 * length. SW_ERR_KEY_SHARE for a point that is none; SW_ERR_UNSUPPORTED for another kind of key.
 */
enum sw_err sw_privkey_ecdh(const struct sw_privkey *key, struct sw_slice point, uint8_t *out,
                            size_t *out_len) SW_MUST_USE;

#endif
