/*
 * Hashes and HMAC over wolfCrypt; one row per hash. Contexts live in the caller's memory and own nothing else, so they
 * are copied by assignment and need wiping only when what was hashed is secret.
 */
#ifndef SW_BASE_HASH_H
#define SW_BASE_HASH_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/oid.h"
/* wolfCrypt's options must come before its other headers */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/md5.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>

enum sw_hash_id {
    SW_HASH_NONE,
    SW_HASH_MD5,
    SW_HASH_SHA1,
    SW_HASH_SHA224,
    SW_HASH_SHA256,
    SW_HASH_SHA384,
    SW_HASH_SHA512,
    SW_HASH_COUNT
};

enum { SW_HASH_MAX = 64, SW_HASH_BLOCK_MAX = 128 };

/* Facts about a hash. wolf is its WC_HASH_TYPE_. */
struct sw_hash_info {
    const char *name; /* "SHA-256" */
    uint8_t len;      /* digest, bytes */
    uint8_t block;    /* compression block, bytes */
    int wolf;
    struct sw_oid oid; /* RFC 3279 2.2.1, RFC 5754 2; none for MD5, which nothing here is asked for by name */
};

/* sw_hash_info: the row of a hash; NULL for SW_HASH_NONE or a number that is none. */
const struct sw_hash_info *sw_hash_info(enum sw_hash_id id);
/* sw_hash_by_oid: SW_HASH_NONE for one that is not known. */
enum sw_hash_id sw_hash_by_oid(struct sw_slice oid);
/* sw_hash_is_strong: whether collisions are out of reach for good (2^128 steps): SHA-256 and longer. */
bool sw_hash_is_strong(enum sw_hash_id id);
/* sw_hash_len: digest length in bytes, 0 for SW_HASH_NONE. */
size_t sw_hash_len(enum sw_hash_id id);

struct sw_hash {
    enum sw_hash_id id;
    union {
        wc_Md5 md5;
        wc_Sha sha1;
        wc_Sha256 sha256; /* SHA-224 too */
        wc_Sha512 sha512; /* SHA-384 too */
    } u;
};

/*
 * sw_hash_init, _update, _final: the usual three; final writes sw_hash_len() bytes and leaves the context ready for a
 * new message.
 */
enum sw_err sw_hash_init(struct sw_hash *h, enum sw_hash_id id) SW_MUST_USE;
enum sw_err sw_hash_update(struct sw_hash *h, const void *p, size_t len) SW_MUST_USE;
enum sw_err sw_hash_final(struct sw_hash *h, uint8_t *out) SW_MUST_USE;
/* sw_hash_peek: the digest of what was hashed so far; the context goes on. */
enum sw_err sw_hash_peek(const struct sw_hash *h, uint8_t *out) SW_MUST_USE;
/* sw_hash_once: digest of one buffer. */
enum sw_err sw_hash_once(enum sw_hash_id id, const void *p, size_t len, uint8_t *out) SW_MUST_USE;

/*
 * HMAC (RFC 2104) with the key's inner and outer states kept, so that a short message costs two compressions and not
 * four. The struct is secret: wipe it when the key goes.
 */
struct sw_hmac {
    struct sw_hash inner; /* state after key ^ ipad */
    struct sw_hash outer; /* state after key ^ opad */
    struct sw_hash run;   /* message in progress */
};

/* sw_hmac_key: set the key, any length; ready for a first message. */
enum sw_err sw_hmac_key(struct sw_hmac *m, enum sw_hash_id id, const void *key, size_t len) SW_MUST_USE;
enum sw_err sw_hmac_update(struct sw_hmac *m, const void *p, size_t len) SW_MUST_USE;
/*
 * Several messages at once under one key: each has a context of its own, which begins as a copy of m->inner and takes
 * its bytes by sw_hash_update.
 * sw_hmac_end: write sw_hash_len() bytes; the context is used up, and to be wiped.
 */
enum sw_err sw_hmac_end(const struct sw_hmac *m, struct sw_hash *run, uint8_t *out) SW_MUST_USE;
/* sw_hmac_final: write sw_hash_len() bytes and make ready for the next message under the same key. */
enum sw_err sw_hmac_final(struct sw_hmac *m, uint8_t *out) SW_MUST_USE;
enum sw_err sw_hmac_once(enum sw_hash_id id, const void *key, size_t klen, const void *p, size_t len,
                         uint8_t *out) SW_MUST_USE;

#endif
