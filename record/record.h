/*
 * TLS records (RFC 5246 6.2, RFC 8446 5): the header, the length limits, the sequence numbers, and sealing and opening in place
 * under one direction's keys. Nothing here allocates; nothing here has heard of handshakes.
 */
#ifndef SW_RECORD_RECORD_H
#define SW_RECORD_RECORD_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rand.h"
#include "record/bulk.h"

enum sw_content_type {
    SW_CT_CHANGE_CIPHER_SPEC = 20,
    SW_CT_ALERT = 21,
    SW_CT_HANDSHAKE = 22,
    SW_CT_APPLICATION_DATA = 23
};

enum {
    SW_RECORD_HEADER = 5,
    SW_RECORD_PLAIN_MAX = 16384,
    SW_RECORD_CIPHER_MAX = SW_RECORD_PLAIN_MAX + 2048,
    SW_RECORD_MAX = SW_RECORD_HEADER + SW_RECORD_CIPHER_MAX,
    SW_RECORD_BEFORE_MAX = SW_RECORD_HEADER + 16, /* header and explicit IV in front of the plaintext */
    SW_RECORD_AFTER_MAX = 64 + 256,               /* MAC and padding, or tag and 1.3 content type, behind it */
    SW_RECORD_SECRET_MAX = 64 + 32 + 16           /* MAC key, key, IV: what one direction takes from the key block */
};

/* A record's header. */
struct sw_record_header {
    uint8_t type;
    uint16_t version;
    uint16_t len; /* of what follows the header */
};

/* sw_record_header_decode: the header in the first 5 bytes at p; nothing is judged. */
struct sw_record_header sw_record_header_decode(const uint8_t p[SW_RECORD_HEADER]);

/* What one direction of a connection is protected with: facts and key bytes; small, kept as long as the connection. */
struct sw_record_secrets {
    const struct sw_bulk *bulk;
    enum sw_hash_id mac; /* of CBC and NULL rows */
    bool etm;            /* encrypt-then-MAC, RFC 7366 */
    bool tls13;
    uint16_t version;    /* written in each header and, TLS 1.2, authenticated */
    uint64_t seq;        /* of the next record */
    uint8_t mac_key[64]; /* TLS 1.3: the traffic secret that key and iv are made from */
    uint8_t key[32];
    uint8_t iv[16];
};

/*
 * The same direction made ready to work: expanded cipher keys, saved HMAC states. Larger (some hundreds of bytes to a few KiB); an idle
 * connection throws it away and makes it again from its secrets, which costs well under a microsecond.
 */
struct sw_record_dir;

/* sw_record_dir_size: bytes a struct sw_record_dir needs, for the caller to allocate, aligned to 16. */
size_t sw_record_dir_size(void);

/*
 * sw_record_dir_init: expand the secrets into dir; *secrets must outlive dir, its seq is advanced by seal and open.
 *   sealing  true for the direction we send, false for the one we receive
 * sw_record_dir_wipe: wipe and release what wolfCrypt holds; secrets are not touched.
 */
enum sw_err sw_record_dir_init(struct sw_record_dir *dir, struct sw_record_secrets *secrets, bool sealing) SW_MUST_USE;
void sw_record_dir_wipe(struct sw_record_dir *dir);

/* sw_record_before, _after: bytes that sealing puts in front of a plaintext (header included) and at most behind it. */
size_t sw_record_before(const struct sw_record_secrets *s);
size_t sw_record_after(const struct sw_record_secrets *s);

/* sw_record_sealed_len: exact length of the record that len bytes of plaintext become, header included. */
size_t sw_record_sealed_len(const struct sw_record_secrets *s, size_t len);

/*
 * sw_record_seal: protect one record.
 *   data   the plaintext, at most SW_RECORD_PLAIN_MAX bytes: at buf + sw_record_before(), or anywhere that buf does not touch, which saves a copy.
 *          With CBC fastest at an address divisible by 16
 *   buf    receives the record: sw_record_sealed_len() bytes, at most sw_record_before() + data.len + sw_record_after()
 *   out    receives the record's length
 * Returns SW_OK, SW_ERR_ARGUMENT when the plaintext is too long, SW_ERR_SEQUENCE when 2^64 - 1 records were sealed, SW_ERR_RANDOM,
 * SW_ERR_CRYPTO. After the last two the sequence number has moved on and the direction is of no more use.
 */
enum sw_err sw_record_seal(struct sw_record_dir *dir, const struct sw_rand *rand, enum sw_content_type type,
                           struct sw_slice data, uint8_t *buf, size_t *out) SW_MUST_USE;

/*
 * sw_record_seal_two: two records at once, data[0] then data[1], for long writes: with CBC the latencies of the two overlap and the
 * pair takes about three quarters of the time. Same rules for each; the buffers do not overlap.
 */
enum sw_err sw_record_seal_two(struct sw_record_dir *dir, const struct sw_rand *rand, enum sw_content_type type,
                               const struct sw_slice data[2], uint8_t *const buf[2], size_t out[2]) SW_MUST_USE;

/*
 * sw_record_open: authenticate and decrypt one whole record in place.
 *   rec    from its 5-byte header on; overwritten
 *   len    bytes in rec, header included: exactly one record
 *   type   receives the content type (TLS 1.3: the inner one)
 *   out    receives a view of the plaintext, inside rec, valid until rec is reused
 * Returns SW_OK; SW_ERR_BAD_RECORD_MAC for any failure to authenticate; SW_ERR_RECORD_OVERFLOW if the ciphertext or the plaintext
 * passes its limit (the ciphertext's is checked before any decryption); SW_ERR_SEQUENCE. Time depends on len alone. RFC 5246 6.2.3.
 */
enum sw_err sw_record_open(struct sw_record_dir *dir, uint8_t *rec, size_t len, uint8_t *type,
                           struct sw_slice *out) SW_MUST_USE;

#endif
