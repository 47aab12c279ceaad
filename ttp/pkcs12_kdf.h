/* The key derivation of PKCS#12 (RFC 7292 B.2), for its MAC and for its older ciphers. */
#ifndef SW_TTP_PKCS12_KDF_H
#define SW_TTP_PKCS12_KDF_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"

/* What the bytes are for, RFC 7292 B.3. */
enum sw_pkcs12_use { SW_PKCS12_KEY = 1, SW_PKCS12_IV = 2, SW_PKCS12_MAC = 3 };

enum { SW_PKCS12_PASS_MAX = 1024, SW_PKCS12_SALT_MAX = 1024 };

/*
 * sw_pkcs12_kdf: derive len bytes.
 *   pass   UTF-8, at most SW_PKCS12_PASS_MAX bytes
 *   salt   at most SW_PKCS12_SALT_MAX bytes
 * Returns SW_OK; SW_ERR_PASSPHRASE if the passphrase is not UTF-8 or too long; SW_ERR_ARGUMENT for a longer salt;
 * SW_ERR_UNSUPPORTED.
 */
enum sw_err sw_pkcs12_kdf(enum sw_hash_id hash, enum sw_pkcs12_use use, struct sw_slice pass, struct sw_slice salt,
                          uint32_t rounds, uint8_t *out, size_t len) SW_MUST_USE;

#endif
