/*
 * What every signed structure of X.509 shares: the choice of a signature scheme, its AlgorithmIdentifier, the envelope
 * around what was signed; and Names (RFC 5280 4.1.2.4) from texts.
 */
#ifndef SW_TTP_SIGN_H
#define SW_TTP_SIGN_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/pkey.h"

/*
 * sw_sign_scheme: how a key signs certificates, lists and requests: ECDSA with the hash of its curve's strength, EdDSA
 * as it is, RSA (PKCS#1 v1.5, which every verifier knows; an RSASSA-PSS key by that, and with the hash it is bound to)
 * with SHA-384, or SHA-256 if self is set: for what the key says about itself, roots and requests. NULL for a key that
 * cannot sign.
 */
const struct sw_sigscheme *sw_sign_scheme(const struct sw_pubkey *key, bool self);

/* sw_sigalg_encode: write a scheme's AlgorithmIdentifier; NULL, or one whose hash is not strong, fails the writer. */
void sw_sigalg_encode(struct sw_writer *w, const struct sw_sigscheme *scheme);

/*
 * sw_sign_wrap: sign and write SEQUENCE { tbs, algorithm, signature }.
 *   tbs   the encoding to be signed; must not lie in w's buffer
 * Returns SW_OK, SW_ERR_SPACE, or what sw_privkey_sign returned.
 */
enum sw_err sw_sign_wrap(struct sw_writer *w, struct sw_slice tbs, const struct sw_privkey *key,
                         const struct sw_sigscheme *scheme) SW_MUST_USE;

/* A subject as people write it; NULL or empty parts are left out. */
struct sw_subject {
    const char *country; /* two letters */
    const char *org;
    const char *cn;
};

/* sw_subject_check: NULL, or why it cannot be a Name (lengths of RFC 5280 A.1, UTF-8), for a person. */
const char *sw_subject_check(const struct sw_subject *subject);

/* sw_subject_encode: write it as a Name: C, O, CN. */
void sw_subject_encode(struct sw_writer *w, const struct sw_subject *subject);

/* sw_time_encode: UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5); a year past 9999 fails the writer. */
void sw_time_encode(struct sw_writer *w, int64_t time);

/* sw_generalized_time_encode: GeneralizedTime whatever the year. */
void sw_generalized_time_encode(struct sw_writer *w, int64_t time);

/*
 * sw_key_id: the subjectKeyIdentifier of a key: the first 160 bits of the SHA-256 of its subjectPublicKey (RFC 7093 2,
 * method 1).
 */
enum { SW_KEY_ID_LEN = 20 };
enum sw_err sw_key_id(struct sw_slice spki, uint8_t out[SW_KEY_ID_LEN]) SW_MUST_USE;

#endif
