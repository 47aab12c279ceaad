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
#include <stdbool.h>

enum { SW_SESSION_MAX = 1024 /* written session without its ticket */, SW_SESSION_ID_MAX = 32, SW_TICKET_MAX = 65535 };

/* A session. Secret. */
struct sw_session {
    uint16_t version;
    uint16_t suite;
    bool ems, etm; /* etm as negotiated in the original; renegotiated at resumption for CBC suites (RFC 7366 3) */
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
    struct sw_slice ticket; /* client: what the server gave; a view */
};

/* sw_session_encode, _decode: versioned bytes; decode refuses what it does not know (SW_ERR_DECODE). The ticket view points into the bytes. */
enum sw_err sw_session_encode(const struct sw_session *s, struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_session_decode(struct sw_session *s, const void *p, size_t len) SW_MUST_USE;

/* Ticket keys: the first seals, all open. A lock inside makes rotation safe beside running connections. */
struct sw_ticket_keys;
struct sw_ticket_keys *sw_ticket_keys_new(const struct sw_allocator *alloc);
void sw_ticket_keys_free(struct sw_ticket_keys *keys);
/* sw_ticket_keys_set: replace all by count keys of 32 bytes; they no longer rotate by themselves. */
enum sw_err sw_ticket_keys_set(struct sw_ticket_keys *keys, const uint8_t (*key)[32], size_t count) SW_MUST_USE;

/*
 * sw_ticket_seal: write a session as a ticket. Makes and rotates a random key of its own if none were set (every `lifetime` seconds; the previous one still opens).
 * sw_ticket_open: *out is set if it opens and is not too old; any other ticket is SW_ERR_NOT_FOUND; renew says it was sealed by an older key.
 */
enum sw_err sw_ticket_seal(struct sw_ticket_keys *keys, const struct sw_rand *rand, const struct sw_session *s, int64_t now,
                           struct sw_writer *w) SW_MUST_USE;
enum sw_err sw_ticket_open(struct sw_ticket_keys *keys, struct sw_slice ticket, int64_t now, struct sw_session *out, bool *renew) SW_MUST_USE;

/* The server's cache by session id: bounded, the oldest goes first, expired ones are never given. Locked inside. */
struct sw_session_cache;
struct sw_session_cache *sw_session_cache_new(const struct sw_allocator *alloc, size_t max);
void sw_session_cache_free(struct sw_session_cache *cache);
enum sw_err sw_session_cache_put(struct sw_session_cache *cache, const struct sw_session *s) SW_MUST_USE;
enum sw_err sw_session_cache_get(struct sw_session_cache *cache, const uint8_t *id, size_t id_len, int64_t now, struct sw_session *out) SW_MUST_USE;
/* sw_session_cache_remove: forget one, because its connection failed (RFC 5246 7.2.2). */
void sw_session_cache_remove(struct sw_session_cache *cache, const uint8_t *id, size_t id_len);

#endif
