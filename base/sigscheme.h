/*
 * Signature schemes: how a kind of key signs with a hash. One row each serves TLS (RFC 5246 7.4.1.4.1, RFC 8446 4.2.3),
 * X.509 and CMS alike; no number, name or object identifier of a scheme stands anywhere else.
 */
#ifndef SW_BASE_SIGSCHEME_H
#define SW_BASE_SIGSCHEME_H

#include "base/hash.h"
#include "base/oid.h"

enum sw_key_type {
    SW_KEY_NONE,
    SW_KEY_RSA,     /* rsaEncryption: PKCS#1 v1.5 and PSS signatures, key transport */
    SW_KEY_RSA_PSS, /* id-RSASSA-PSS: PSS signatures alone */
    SW_KEY_EC,      /* id-ecPublicKey on secp256r1, secp384r1 or secp521r1 */
    SW_KEY_ED25519,
    SW_KEY_ED448
};

/* Curves by their TLS number (RFC 8422 5.1.1), for EC keys. */
enum { SW_CURVE_NONE = 0, SW_CURVE_P256 = 23, SW_CURVE_P384 = 24, SW_CURVE_P521 = 25 };

enum sw_sig_padding { SW_SIG_PKCS1, SW_SIG_PSS, SW_SIG_ECDSA, SW_SIG_EDDSA };

struct sw_sigscheme {
    uint16_t id;       /* TLS's SignatureScheme; TLS 1.2's pairs of hash and signature have the same numbers */
    const char *name;  /* as RFC 8446 spells it, "rsa_pkcs1_sha256"; of TLS 1.2's alone, in the same manner */
    const char *alias; /* as OpenSSL's lists spell it, "RSA+SHA256"; NULL if they have the same name */
    enum sw_key_type key;
    enum sw_sig_padding padding;
    enum sw_hash_id hash; /* SW_HASH_NONE: the scheme hashes by itself (EdDSA) */
    uint16_t curve;       /* the curve TLS 1.3 ties the scheme to; TLS 1.2 and X.509 do not */
    /* in an AlgorithmIdentifier; len 0: PSS, where the parameters say it all, and what is not accepted in X.509 */
    struct sw_oid oid;
};

/*
 * sw_sigscheme_by_id, _by_name, _by_oid: the row, or NULL. A name is RFC 8446's or OpenSSL's, len bytes, in the case it
 * has there.
 */
const struct sw_sigscheme *sw_sigscheme_by_id(uint16_t id);
const struct sw_sigscheme *sw_sigscheme_by_name(const char *name, size_t len);
const struct sw_sigscheme *sw_sigscheme_by_oid(struct sw_slice oid);
/* sw_sigscheme_of: how a kind of key signs with this padding and hash, or NULL. No two rows are alike in the three. */
const struct sw_sigscheme *sw_sigscheme_of(enum sw_key_type key, enum sw_sig_padding padding, enum sw_hash_id hash);
/* sw_sigscheme_at: row i in order of preference, NULL past the last. */
const struct sw_sigscheme *sw_sigscheme_at(size_t i);

#endif
