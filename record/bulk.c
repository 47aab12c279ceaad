/* The rows of the bulk ciphers. */
#include "record/bulk.h"

/* clang-format off */
/*                                                   name                 kind          key fixed record block tag */
const struct sw_bulk sw_bulk_null              = {"NULL",              SW_BULK_NULL,  0,  0,    0,     0,    0};
const struct sw_bulk sw_bulk_3des_cbc          = {"3DES-CBC",          SW_BULK_CBC,  24,  0,    8,     8,    0};
const struct sw_bulk sw_bulk_aes128_cbc        = {"AES-128-CBC",       SW_BULK_CBC,  16,  0,   16,    16,    0};
const struct sw_bulk sw_bulk_aes256_cbc        = {"AES-256-CBC",       SW_BULK_CBC,  32,  0,   16,    16,    0};
const struct sw_bulk sw_bulk_aes128_gcm        = {"AES-128-GCM",       SW_BULK_AEAD, 16,  4,    8,     0,   16};
const struct sw_bulk sw_bulk_aes256_gcm        = {"AES-256-GCM",       SW_BULK_AEAD, 32,  4,    8,     0,   16};
const struct sw_bulk sw_bulk_chacha20_poly1305 = {"ChaCha20-Poly1305", SW_BULK_AEAD, 32, 12,    0,     0,   16};
/* clang-format on */
