/*
 * Encryption under a passphrase: PBES2 (RFC 8018 6.2) with PBKDF2 and AES-CBC, as PKCS#8 keys and PKCS#12 files use it.
 */
#ifndef SW_TTP_KEY_PBES2_H
#define SW_TTP_KEY_PBES2_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"

/*
 * Rounds of PBKDF2 in what we write: what makes guessing dear. Below the tenth of a second on a machine with SHA
 * instructions. What we read may name at most the second number: a file must not keep us busy for minutes.
 */
enum { SW_PBKDF2_ROUNDS = 600000, SW_PBKDF2_ROUNDS_MAX = 10000000 };

/* sw_pbkdf2: RFC 8018 5.2; any len. */
enum sw_err sw_pbkdf2(enum sw_hash_id prf, struct sw_slice pass, struct sw_slice salt, uint32_t rounds, uint8_t *out,
                      size_t len) SW_MUST_USE;

/*
 * sw_pbes2_encrypt: write the AlgorithmIdentifier (PBKDF2 with HMAC-SHA-256 and a fresh salt, AES-256-CBC) and then the
 * ciphertext as a string of type tag (OCTET STRING, or [0] in PKCS#7), at most 16 bytes longer than the plaintext.
 * Returns SW_OK, SW_ERR_RANDOM, SW_ERR_CRYPTO, SW_ERR_MEMORY; what does not fit fails the writer.
 */
enum sw_err sw_pbes2_encrypt(struct sw_writer *w, uint8_t tag, struct sw_slice pass, struct sw_slice plain) SW_MUST_USE;

/*
 * sw_pbes2_decrypt: PBKDF2 with HMAC-SHA-1, 224, 256, 384 or 512 and AES-128, 192 or 256-CBC.
 *   params  contents of the PBES2-params SEQUENCE
 *   out     cipher.len bytes; secret
 * Returns SW_OK; SW_ERR_DER; SW_ERR_UNSUPPORTED for other algorithms or too many rounds; SW_ERR_PASSPHRASE if the
 * padding is wrong.
 */
enum sw_err sw_pbes2_decrypt(struct sw_slice params, struct sw_slice pass, struct sw_slice cipher, uint8_t *out,
                             size_t *len) SW_MUST_USE;

/*
 * sw_pbe_3des_decrypt: the inside of PKCS#12's older scheme: triple DES in CBC mode with a key that was derived
 * already, and its padding.
 *   out  cipher.len bytes; secret
 * Returns as sw_pbes2_decrypt; SW_ERR_UNSUPPORTED if wolfCrypt was built without DES.
 */
enum sw_err sw_pbe_3des_decrypt(const uint8_t key[24], const uint8_t iv[8], struct sw_slice cipher, uint8_t *out,
                                size_t *len) SW_MUST_USE;

/* sw_pbes2_is: whether an OBJECT IDENTIFIER's contents are id-PBES2. */
bool sw_pbes2_is(struct sw_slice oid);

#endif
