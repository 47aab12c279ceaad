/*
 * The running hash of the handshake messages. Until the PRF's hash is known the messages are kept; they go on being kept where a
 * signature over them may use another hash (a server that asked for a certificate, a client that will sign with another scheme).
 */
#ifndef SW_HANDSHAKE_TRANSCRIPT_H
#define SW_HANDSHAKE_TRANSCRIPT_H

#include "base/hash.h"
#include "handshake/config.h"

struct sw_transcript {
    struct sw_config *cfg; /* whose allocator is used */
    struct sw_hash hash;   /* running once started */
    bool started, keeping;
    uint8_t *kept;
    size_t len, cap;
};

/* sw_transcript_init: empty, keeping. sw_transcript_free: wipe and free. */
void sw_transcript_init(struct sw_transcript *t, struct sw_config *cfg);
void sw_transcript_free(struct sw_transcript *t);

/* sw_transcript_add: one message, its 4-byte header included. SW_ERR_MEMORY, SW_ERR_CRYPTO. */
enum sw_err sw_transcript_add(struct sw_transcript *t, const void *msg, size_t len) SW_MUST_USE;

/* sw_transcript_start: the PRF's hash is known: hash what was kept, and go on hashing. */
enum sw_err sw_transcript_start(struct sw_transcript *t, enum sw_hash_id id) SW_MUST_USE;

/* sw_transcript_drop: keep messages no longer, and free those kept. */
void sw_transcript_drop(struct sw_transcript *t);

/* sw_transcript_digest: hash of all messages so far; out has room for SW_HASH_MAX bytes. */
enum sw_err sw_transcript_digest(const struct sw_transcript *t, uint8_t *out) SW_MUST_USE;

/* sw_transcript_digest_with: the same with any hash; from the kept messages if it is not the running one (SW_ERR_STATE if they are gone). */
enum sw_err sw_transcript_digest_with(const struct sw_transcript *t, enum sw_hash_id id, uint8_t *out) SW_MUST_USE;

/* sw_transcript_kept: the kept messages themselves, for schemes that sign the whole message (EdDSA). */
struct sw_slice sw_transcript_kept(const struct sw_transcript *t);

#endif
