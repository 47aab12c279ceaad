/*
 * Private to base/pkey_rsa.c: the paddings of RFC 8017, over blocks of exactly the modulus' length (k bytes,
 * SW_RSA_MIN_BITS / 8 to SW_RSA_MAX_BITS / 8). Nothing here knows a key or does arithmetic, so a key on a card is
 * padded for like one in memory.
 */
#ifndef SW_BASE_RSA_PAD_H
#define SW_BASE_RSA_PAD_H

#include "base/err.h"
#include "base/hash.h"

enum { SW_PREMASTER_LEN = 48 };

/* sw_rsa_pad_pkcs1_sign: EMSA-PKCS1-v1_5 (9.2) of a digest. SW_ERR_UNSUPPORTED: a hash without a row, or no room. */
enum sw_err sw_rsa_pad_pkcs1_sign(enum sw_hash_id hash, const uint8_t *digest, uint8_t *block, size_t k) SW_MUST_USE;

/*
 * sw_rsa_pad_pss_sign: EMSA-PSS (9.1.1), a random salt of the hash's length, MGF1 with the same hash.
 * sw_rsa_pad_pss_check: the reverse (9.1.2), for exactly this salt length; block is overwritten. Variable time: all of
 * it is public.
 *   bits      of the modulus
 *   salt_len  in bytes
 * Return SW_OK; SW_ERR_UNSUPPORTED if there is no room; SW_ERR_RANDOM; SW_ERR_SIGNATURE; SW_ERR_CRYPTO.
 */
enum sw_err sw_rsa_pad_pss_sign(enum sw_hash_id hash, const uint8_t *digest, uint8_t *block, unsigned bits) SW_MUST_USE;
enum sw_err sw_rsa_pad_pss_check(enum sw_hash_id hash, size_t salt_len, const uint8_t *digest, uint8_t *block,
                                 unsigned bits) SW_MUST_USE;

/*
 * sw_rsa_pad_pkcs1: EME-PKCS1-v1_5 (7.2.1). sw_rsa_pad_oaep: EME-OAEP (7.1.1), MGF1 with the same hash, empty label.
 * Return SW_OK; SW_ERR_SPACE if the message is too long; SW_ERR_RANDOM; SW_ERR_CRYPTO. The block is secret.
 */
enum sw_err sw_rsa_pad_pkcs1(const void *msg, size_t len, uint8_t *block, size_t k) SW_MUST_USE;
enum sw_err sw_rsa_pad_oaep(enum sw_hash_id hash, const void *msg, size_t len, uint8_t *block, size_t k) SW_MUST_USE;

/*
 * sw_rsa_unpad_pkcs1, sw_rsa_unpad_oaep: the message out of a block, which is overwritten.
 *   out   room for k bytes; receives *len
 * SW_ERR_CRYPTO if the padding is wrong. Up to that verdict time depends on k and the hash alone; the verdict and,
 * after a good one, the message's length are public.
 */
enum sw_err sw_rsa_unpad_pkcs1(uint8_t *block, size_t k, uint8_t *out, size_t *len) SW_MUST_USE;
enum sw_err sw_rsa_unpad_oaep(enum sw_hash_id hash, uint8_t *block, size_t k, uint8_t *out, size_t *len) SW_MUST_USE;

/*
 * sw_rsa_premaster_good: mask, all ones if block is 00 02 PS 00 version(2) random(46), PS without a zero and filling
 * what is left: RFC 5246 7.4.7.1. The mask is secret; time depends on k alone.
 */
size_t sw_rsa_premaster_good(const uint8_t *block, size_t k, uint16_t version);

#endif
