/* Private to record/: an expanded direction, and the two families of sealing that record.c chooses between. */
#ifndef SW_RECORD_SEAL_DIR_H
#define SW_RECORD_SEAL_DIR_H

#include "record/record.h"
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>

enum { SW_AAD_MAX = 13 };

/* An expanded key, and in CBC the block before the next. */
union sw_cipher {
    Aes aes;
    Des3 des3;
};

struct sw_record_dir {
    struct sw_record_secrets *s;
    bool sealing;
    union sw_cipher u;
    struct sw_hmac hmac; /* of CBC and NULL rows */
};

/* One record being sealed into buf, from plaintext that stands at buf + before or anywhere else. */
struct sw_seal_job {
    enum sw_content_type type;
    struct sw_slice data;
    uint8_t *buf;
    size_t out; /* receives the record's length */
    uint64_t seq;
};

/*
 * sw_aad: sequence number, type, version, length: what a TLS 1.2 MAC or AEAD covers besides the data (RFC 5246 6.2.3.1,
 * 6.2.3.3).
 */
void sw_aad(uint8_t aad[SW_AAD_MAX], uint64_t seq, uint8_t type, uint16_t version, size_t len);

/* sw_header_write: the 5 bytes in front of a record of len bytes. */
void sw_header_write(uint8_t *p, uint8_t type, uint16_t version, size_t len);

/* CBC and NULL with HMAC. count is 1 or 2: two jobs are worked on by turns. */
enum sw_err sw_seal_cbc(struct sw_record_dir *dir, const struct sw_rand *rand, struct sw_seal_job *jobs,
                        size_t count) SW_MUST_USE;
enum sw_err sw_open_cbc(struct sw_record_dir *dir, uint8_t *rec, size_t len, struct sw_slice *out) SW_MUST_USE;

/* AES-GCM and ChaCha20-Poly1305, TLS 1.2 and 1.3. */
enum sw_err sw_seal_aead(struct sw_record_dir *dir, struct sw_seal_job *job) SW_MUST_USE;
enum sw_err sw_open_aead(struct sw_record_dir *dir, uint8_t *rec, size_t len, uint8_t *type,
                         struct sw_slice *out) SW_MUST_USE;

#endif
