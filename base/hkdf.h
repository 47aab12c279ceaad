/* HKDF (RFC 5869): keys from a secret, in two steps. */
#ifndef SW_BASE_HKDF_H
#define SW_BASE_HKDF_H

#include "base/hash.h"

/*
 * sw_hkdf_extract: a pseudorandom key of sw_hash_len(hash) bytes from a secret of any length.
 *   salt  NULL with salt_len 0: as many zeros as the hash is long (RFC 5869 2.2)
 *   out   may be the secret
 * sw_hkdf_expand: len bytes for one purpose.
 *   prk   prk_len bytes, at least the hash's length: an extracted key
 *   info  the purpose, any length
 *   len   at most 255 times the hash's length: SW_ERR_ARGUMENT
 * Both: SW_ERR_ARGUMENT for SW_HASH_NONE, SW_ERR_CRYPTO. Time depends on the lengths alone.
 */
enum sw_err sw_hkdf_extract(enum sw_hash_id hash, const void *salt, size_t salt_len, const void *secret,
                            size_t secret_len, uint8_t *out) SW_MUST_USE;
enum sw_err sw_hkdf_expand(enum sw_hash_id hash, const void *prk, size_t prk_len, const void *info, size_t info_len,
                           uint8_t *out, size_t len) SW_MUST_USE;

#endif
