/*
 * Bulk ciphers: how a record is protected once keys exist. One row per cipher with every length that matters; seal and
 * open are reached through it. A CBC or NULL row is completed by the suite's MAC hash, an AEAD row stands alone.
 */
#ifndef SW_RECORD_BULK_H
#define SW_RECORD_BULK_H

#include "base/hash.h"
#include <stdbool.h>

enum sw_bulk_kind { SW_BULK_NULL, SW_BULK_CBC, SW_BULK_AEAD };

struct sw_bulk {
    const char *name; /* "AES-128-CBC" */
    enum sw_bulk_kind kind;
    uint8_t key_len;       /* bytes, of the key block */
    uint8_t fixed_iv_len;  /* bytes of the key block's IV part in TLS 1.2: GCM 4, ChaCha20 12, CBC 0 */
    uint8_t record_iv_len; /* bytes carried in each TLS 1.2 record: CBC one block, GCM 8, ChaCha20 0 */
    uint8_t block;         /* CBC block length, else 0 */
    uint8_t tag_len;       /* AEAD tag, else 0 */
};

/* The rows. */
extern const struct sw_bulk sw_bulk_null, sw_bulk_3des_cbc, sw_bulk_aes128_cbc, sw_bulk_aes256_cbc, sw_bulk_aes128_gcm,
    sw_bulk_aes256_gcm, sw_bulk_chacha20_poly1305;

#endif
