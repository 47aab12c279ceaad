/*
 * Resumption: what is kept of a session, how it is written down (client's memory, server's cache, ticket), the server's bounded cache and the
 * ticket keys. A ticket is AES-256-GCM over the written session under a rotating key; what the server needs of the client's
 * certificate is inside, so that resuming decodes no certificate. RFC 5246 7.3, RFC 5077, RFC 7627 5.3.
 */
#ifndef SW_HANDSHAKE_RESUME_H
#define SW_HANDSHAKE_RESUME_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rand.h"
#include "include/sealwax.h"
#include "ttp/verify.h"
#include <stdbool.h>

enum {
    SW_SESSION_MAX = 1168, /* bytes of a written session without its ticket */
    SW_SESSION_ID_MAX = 32,
    SW_SESSION_ID_AT = 6,              /* where a written session's id stands, its length in a byte before it */
    SW_TICKET_OVERHEAD = 16 + 12 + 16, /* key name, nonce, tag */
    SW_TICKET_MAX = 65535,
    SW_TICKET_KEYS_MAX = 16, /* that sw_ticket_keys_set takes */
    SW_TICKET_EPOCHS = 3     /* keys of its own that a server keeps: the one that seals and two before it */
};

/*
 * The serial numbers of the CAs between a peer and its root, each behind its length; an empty one at the end says that there are more. By them a
 * session or a connection ends when one of those is revoked, as it does with the peer's own. Where an application accepted what leads to no root, it is
 * those that the peer showed.
 */
enum { SW_ABOVE_MAX = 4 * 21 + 1 };
struct sw_above {
    uint8_t len;
    uint8_t serials[SW_ABOVE_MAX];
};

/* Each byte of the root of a peer that an application accepted without one. */
enum { SW_ROOT_ACCEPTED = 0xff };

/* A session. Secret. */
struct sw_session {
    uint16_t version;
    uint16_t suite;
    bool ems, etm; /* etm as negotiated in the original; renegotiated at resumption for CBC suites (RFC 7366 3) */
    uint8_t
        max_fragment; /* code of max_fragment_length: a server's answer, a client's offer: of the whole session (RFC 6066 4); 0: none */
    uint8_t master[48];
    int64_t created;   /* Unix time of the full handshake */
    uint32_t lifetime; /* seconds from then */
    uint8_t id[SW_SESSION_ID_MAX];
    uint8_t id_len;
    uint16_t group, sigscheme;
    char server_name[256]; /* asked for; empty: none */
    char alpn[256];
    bool has_peer;
    struct sw_peer peer;
    struct sw_above above;
    uint8_t root[SW_ROOT_ID_LEN]; /* to which the peer's path led, SW_ROOT_ACCEPTED, or zeros: nobody looked */
    int64_t
        until; /* the last second in which all certificates of that path are valid; INT64_MAX: not known, or 2^32 seconds from created */
    struct sw_slice ticket; /* client: what the server gave; a view */

    /* TLS 1.3, where `master` begins with the ticket's PSK */
    int64_t issued;   /* Unix time of the ticket */
    uint32_t age_add; /* to hide its age with */
};

/*
 * sw_session_encode, _decode: versioned bytes, about 110 and, with a peer, 125 more, and 17 for each CA above it. The ticket view points into the bytes.
 * encode: SW_ERR_SPACE if they do not fit. decode: SW_ERR_DECODE for what it does not know: another format, suite or version.
 */
enum sw_err sw_session_encode(const struct sw_session *s, struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_session_decode(struct sw_session *s, const void *p, size_t len) SW_MUST_USE;

/* sw_session_expired: whether a session may no longer be resumed, or claims to come from the future. */
bool sw_session_expired(const struct sw_session *s, int64_t now);

/*
 * Ticket keys: the first seals, all open. A lock inside makes rotation safe beside running connections.
 *   alloc  copied
 * NULL when there is no memory; free takes NULL.
 */
struct sw_ticket_keys;
struct sw_ticket_keys *sw_ticket_keys_new(const struct sw_allocator *alloc);
void sw_ticket_keys_free(struct sw_ticket_keys *keys);

/*
 * sw_ticket_keys_set: replace all by count keys of 32 random bytes; they no longer rotate by themselves. On failure nothing changes.
 * Whoever shares keys between servers changes them: at the latest after 2^32 tickets, and as often as he wants an old
 * recording to become unreadable for a thief of the keys.
 * SW_ERR_ARGUMENT for no key or more than SW_TICKET_KEYS_MAX; SW_ERR_MEMORY; SW_ERR_CRYPTO.
 */
enum sw_err sw_ticket_keys_set(struct sw_ticket_keys *keys, const uint8_t (*key)[32], size_t count) SW_MUST_USE;

/*
 * sw_ticket_seal: write a session as a ticket: SW_TICKET_OVERHEAD bytes more than the written session. Makes a random key of its own if none
 * were set, and another every s->lifetime seconds; SW_TICKET_EPOCHS of them still open.
 *   rand  for the nonce and the keys; NULL: the thread's
 *   s     a server's: its lifetime is above 0 and its ticket empty (SW_ERR_ARGUMENT)
 * SW_ERR_SPACE, SW_ERR_RANDOM, SW_ERR_MEMORY, SW_ERR_CRYPTO.
 *
 * sw_ticket_open: *out is set if it opens and is not too old; any other ticket is SW_ERR_NOT_FOUND. renew says that a fresh one is due:
 * this one was sealed by a key that no longer seals. Its time depends on what an attacker knows: the name of the key and the length.
 */
enum sw_err sw_ticket_seal(struct sw_ticket_keys *keys, const struct sw_rand *rand, const struct sw_session *s,
                           int64_t now, struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_ticket_open(struct sw_ticket_keys *keys, struct sw_slice ticket, int64_t now, struct sw_session *out,
                           bool *renew) SW_MUST_USE;

/*
 * The server's cache by session id: bounded, the oldest goes first, expired ones are never given. Locked inside.
 *   alloc  copied
 *   max    sessions, at least 1
 * NULL when there is no memory; free takes NULL and wipes every session.
 */
struct sw_session_cache;
struct sw_session_cache *sw_session_cache_new(const struct sw_allocator *alloc, size_t max);
void sw_session_cache_free(struct sw_session_cache *cache);

/*
 * sw_session_cache_put: remember a session under its id, instead of one with the same id; the oldest leaves if the cache is full.
 *   s  its id is random and not empty, its ticket is (SW_ERR_ARGUMENT)
 * SW_ERR_MEMORY: not kept, which only costs the client a full handshake.
 * sw_session_cache_get: SW_ERR_NOT_FOUND if there is none or it has expired. It stays: one session can be resumed many times, also at once.
 * sw_session_cache_remove: forget one, because its connection failed (RFC 5246 7.2.2).
 * sw_session_cache_count: sessions in it.
 */
enum sw_err sw_session_cache_put(struct sw_session_cache *cache, const struct sw_session *s) SW_MUST_USE;
enum sw_err sw_session_cache_get(struct sw_session_cache *cache, const uint8_t *id, size_t id_len, int64_t now,
                                 struct sw_session *out) SW_MUST_USE;
void sw_session_cache_remove(struct sw_session_cache *cache, const uint8_t *id, size_t id_len);
size_t sw_session_cache_count(struct sw_session_cache *cache);

#endif
