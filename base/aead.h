/*
 * AES-GCM (NIST SP 800-38D) with a key kept ready, for what is sealed outside of records: tickets, files, stored
 * bodies. Records have their own way (record/seal_aead.c).
 */
#ifndef SW_BASE_AEAD_H
#define SW_BASE_AEAD_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
/* wolfCrypt's options must come before its other headers */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>

enum { SW_AEAD_NONCE = 12, SW_AEAD_TAG = 16 };

/* An expanded key. Secret; wipe it with sw_aead_wipe. One thread at a time uses it. */
struct sw_aead {
    Aes aes;
    uint64_t streamed; /* bytes of the message in pieces */
};

/* sw_aead_key: expand a key of 16, 24 or 32 bytes; SW_ERR_ARGUMENT for another length, SW_ERR_CRYPTO. */
enum sw_err sw_aead_key(struct sw_aead *a, const void *key, size_t len) SW_MUST_USE;

/*
 * sw_aead_seal: encrypt and authenticate.
 *   nonce    never used twice under one key; random ones: at most 2^32 messages to a key (SP 800-38D 8.3)
 *   aad      authenticated with the message; may be NULL if aad_len is 0
 *   in, len  at most 2^31 bytes; out may be in
 *   tag      behind the message or wherever it is kept
 * Returns SW_OK, SW_ERR_ARGUMENT, SW_ERR_CRYPTO.
 * sw_aead_open: the reverse; SW_ERR_CRYPTO if anything was changed, and then out is zeroed.
 */
enum sw_err sw_aead_seal(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE], const void *aad, size_t aad_len,
                         const void *in, size_t len, void *out, uint8_t tag[SW_AEAD_TAG]) SW_MUST_USE;
enum sw_err sw_aead_open(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE], const void *aad, size_t aad_len,
                         const void *in, size_t len, void *out, const uint8_t tag[SW_AEAD_TAG]) SW_MUST_USE;

/*
 * A message in pieces, for what is too large for memory: sw_aead_start, any number of sw_aead_seal_more (or
 * sw_aead_open_more), sw_aead_seal_end (or sw_aead_open_end). Not with additional data. All pieces together are at most
 * SW_AEAD_STREAM_MAX bytes: SW_ERR_SPACE past that.
 *
 * What sw_aead_open_more returns is not authentic before sw_aead_open_end has returned SW_OK: nobody may act on it, or
 * see it, until then.
 */
#define SW_AEAD_STREAM_MAX UINT32_C(0xffffff00) /* wolfCrypt counts in 32 bits */
enum sw_err sw_aead_start(struct sw_aead *a, const uint8_t nonce[SW_AEAD_NONCE]) SW_MUST_USE;
enum sw_err sw_aead_seal_more(struct sw_aead *a, const void *in, size_t len, void *out) SW_MUST_USE;
enum sw_err sw_aead_seal_end(struct sw_aead *a, uint8_t tag[SW_AEAD_TAG]) SW_MUST_USE;
enum sw_err sw_aead_open_more(struct sw_aead *a, const void *in, size_t len, void *out) SW_MUST_USE;
enum sw_err sw_aead_open_end(struct sw_aead *a, const uint8_t tag[SW_AEAD_TAG]) SW_MUST_USE;

void sw_aead_wipe(struct sw_aead *a);

#endif
