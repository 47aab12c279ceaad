/*
 * The handshake messages: their running hash, and they themselves. They are kept because a CertificateVerify may use another hash than the PRF, EdDSA signs
 * the messages and no hash, and what a message said is needed after its record is gone: the peer's chain, its request, its half of the key exchange
 * are views of the message kept here.
 *
 * A message lies in one piece and never moves. What an ordinary handshake says fits into the room inside; a longer message brings a block of its own, with some
 * room for those behind it.
 */
#ifndef SW_HANDSHAKE_TRANSCRIPT_H
#define SW_HANDSHAKE_TRANSCRIPT_H

#include "base/hash.h"
#include "handshake/config.h"

enum { SW_TRANSCRIPT_ROOM = 3072 };

/* Bytes to write into. */
struct sw_room {
    uint8_t *p;
    size_t len;
};

struct sw_transcript_block {
    struct sw_transcript_block *next;
    size_t len, cap;
    uint8_t *bytes;
};

struct sw_transcript {
    struct sw_config *cfg; /* whose allocator is used */
    struct sw_hash hash;   /* running once started */
    bool started;
    size_t len;                                /* of all messages */
    size_t memory;                             /* allocated for them, beside the room inside */
    struct sw_transcript_block first, *latest; /* latest: the block that is being filled */
    uint8_t *joined;                           /* for sw_transcript_whole */
    size_t joined_len;
    uint8_t room[SW_TRANSCRIPT_ROOM];
};

/* sw_transcript_init: empty; t is zeroed. sw_transcript_free: wipe and free what is beside the room inside; it may not be added to afterwards. */
void sw_transcript_init(struct sw_transcript *t, struct sw_config *cfg);
void sw_transcript_free(struct sw_transcript *t);

/*
 * sw_transcript_add: one message, its 4-byte header included. SW_ERR_MEMORY, SW_ERR_CRYPTO.
 *   kept  NULL, or receives the message where it lies from now on, until sw_transcript_free
 */
enum sw_err sw_transcript_add(struct sw_transcript *t, struct sw_slice msg, struct sw_slice *kept) SW_MUST_USE;

/* sw_transcript_spare: the room behind the last message. Bytes that wait there stay until the next sw_transcript_add; they are no part of the transcript. */
struct sw_room sw_transcript_spare(struct sw_transcript *t);

/* sw_transcript_start: the PRF's hash is known: hash what was kept, and go on hashing. */
enum sw_err sw_transcript_start(struct sw_transcript *t, enum sw_hash_id id) SW_MUST_USE;

/* sw_transcript_digest: hash of all messages so far; out has room for SW_HASH_MAX bytes. */
enum sw_err sw_transcript_digest(const struct sw_transcript *t, uint8_t *out) SW_MUST_USE;

/* sw_transcript_digest_with: the same with any hash; from the messages if it is not the running one. */
enum sw_err sw_transcript_digest_with(const struct sw_transcript *t, enum sw_hash_id id, uint8_t *out) SW_MUST_USE;

/*
 * sw_transcript_digest_cut: hash, with any hash, of all messages but the last `cut` bytes, and of more bytes behind them: what the binders of a ClientHello are made
 * over (RFC 8446 4.2.11.2).
 */
enum sw_err sw_transcript_digest_cut(const struct sw_transcript *t, enum sw_hash_id id, size_t cut,
                                     struct sw_slice more, uint8_t *out) SW_MUST_USE;

/*
 * sw_transcript_restart: a HelloRetryRequest is about to join: what was said so far stands in the transcript as its hash from now on (RFC 8446 4.4.1), and is gone:
 * views of it are no longer good. The hash is the running one.
 */
enum sw_err sw_transcript_restart(struct sw_transcript *t, enum sw_hash_id id) SW_MUST_USE;

/* sw_transcript_whole: the messages themselves, in one piece, for schemes that sign them (EdDSA). Valid until the next call or sw_transcript_free. */
enum sw_err sw_transcript_whole(struct sw_transcript *t, struct sw_slice *all) SW_MUST_USE;

#endif
