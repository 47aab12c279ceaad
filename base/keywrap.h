/*
 * How CMS carries a key to somebody with an elliptic curve key: a key agreed on is stretched (ANSI X9.63, SEC 1 3.6.1)
 * and wraps the message's key (RFC 3394). And AES-CBC without authentication, which older messages use and Sealwax only
 * reads.
 */
#ifndef SW_BASE_KEYWRAP_H
#define SW_BASE_KEYWRAP_H

#include "base/hash.h"
/* wolfCrypt's options must come before its other headers */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>

enum { SW_KEYWRAP_EXTRA = 8 };

/*
 * sw_keywrap: wrap a key under another: len + SW_KEYWRAP_EXTRA bytes at out.
 *   kek   16, 24 or 32 bytes
 *   len   16 to 64 bytes, a multiple of 8
 * sw_keyunwrap: the reverse; len counts the wrapped bytes, out receives SW_KEYWRAP_EXTRA fewer. SW_ERR_CRYPTO if it was
 * not wrapped under this key; SW_ERR_ARGUMENT for a wrong length.
 */
enum sw_err sw_keywrap(const uint8_t *kek, size_t kek_len, const uint8_t *key, size_t len, uint8_t *out) SW_MUST_USE;
enum sw_err sw_keyunwrap(const uint8_t *kek, size_t kek_len, const uint8_t *wrapped, size_t len,
                         uint8_t *out) SW_MUST_USE;

/*
 * sw_x963_kdf: len bytes from a shared secret and what both sides know. SW_ERR_CRYPTO, SW_ERR_UNSUPPORTED for a hash
 * without it.
 */
enum sw_err sw_x963_kdf(enum sw_hash_id hash, const uint8_t *secret, size_t secret_len, const uint8_t *info,
                        size_t info_len, uint8_t *out, size_t len) SW_MUST_USE;

enum { SW_CBC_BLOCK = 16 };

/* Decryption in pieces. Secret; wipe with sw_cbc_wipe. */
struct sw_cbc {
    Aes aes;
};

/*
 * sw_cbc_start: key of 16, 24 or 32 bytes, and the IV. sw_cbc_open: len is a multiple of SW_CBC_BLOCK; out may be in.
 */
enum sw_err sw_cbc_start(struct sw_cbc *c, const uint8_t *key, size_t len, const uint8_t iv[SW_CBC_BLOCK]) SW_MUST_USE;
enum sw_err sw_cbc_open(struct sw_cbc *c, const void *in, size_t len, void *out) SW_MUST_USE;
void sw_cbc_wipe(struct sw_cbc *c);

#endif
