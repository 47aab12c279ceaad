/*
 * The mailbox behind sealwaxd: messages, leases, receipts, audit. SQL stays behind this interface, transactions and the wait for a message
 * are inside it; SQLite is one implementation (store_sqlite.c), a shared database can be another. Times are Unix seconds by the server's clock and an argument.
 *
 * The life of a message: QUEUED; a fetch by its recipient's certificate leases it to that certificate (DELIVERED); an acknowledgement ends it (ACKED);
 * time ends it too (EXPIRED), and so does the last allowed delivery (REFUSED further). Each change is one durable transaction, committed before
 * anything leaves. Bodies are sealed before they are stored.
 */
#ifndef SW_APPS_STORE_H
#define SW_APPS_STORE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_store;

enum sw_message_state { SW_MSG_QUEUED, SW_MSG_DELIVERED, SW_MSG_ACKED, SW_MSG_EXPIRED, SW_MSG_REFUSED };

enum { SW_NAME_MAX = 128, SW_MESSAGE_ID_MAX = 33 /* 32 hex digits */, SW_IDEMPOTENCY_MAX = 129 };

struct sw_store_limits {
    size_t body_max;     /* bytes of one message (65536) */
    unsigned queue_max;  /* live messages of one recipient (1000) */
    unsigned rate_max;   /* messages a minute to one recipient (600) */
    long ttl_max;        /* seconds (2592000) */
    unsigned deliveries; /* fetches of one message by its certificate (3 with once, 100 without) */
};

/* What a message is; text is NUL-terminated. */
struct sw_mail {
    char id[SW_MESSAGE_ID_MAX];
    int64_t cursor; /* grows with every message accepted: where a reader goes on */
    char sender[SW_NAME_MAX], recipient[SW_NAME_MAX];
    uint8_t sender_cert[32]; /* SHA-256 */
    int64_t created, expires;
    bool once;        /* shown to one certificate, gone after acknowledgement */
    bool once_strict; /* consumed at delivery */
    bool sealed;      /* end to end: the server cannot read it */
    enum sw_message_state state;
    int64_t changed; /* when the state became what it is */
    unsigned deliveries;
    uint8_t *body; /* NULL where only the state is asked for; free with sw_mail_free */
    size_t body_len;
};
void sw_mail_free(struct sw_mail *mail);

/*
 * sw_store_open: open or make the database and the key file (0600, made if absent) that bodies are sealed with.
 * Errors: SW_ERR_SYSTEM, SW_ERR_PERMISSION, SW_ERR_CRYPTO (wrong key file); *why receives a sentence naming the file (static or thread-local).
 */
enum sw_err sw_store_open(struct sw_store **out, const char *path, const char *key_path,
                          const struct sw_store_limits *limits, const char **why) SW_MUST_USE;
void sw_store_close(struct sw_store *store);

/* Why a put was refused. */
enum sw_put_verdict {
    SW_PUT_ACCEPTED,
    SW_PUT_REPEATED /* same idempotency key: the first one's id */,
    SW_PUT_TOO_LARGE,
    SW_PUT_QUEUE_FULL,
    SW_PUT_RATE,
    SW_PUT_DISK_FULL
};

/* sw_store_put: accept a message durably; fills id, cursor, created. idempotency may be NULL; kept with the sender until the message expires. */
enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict) SW_MUST_USE;

/*
 * sw_store_take: the next message for a recipient with a cursor above `after` that this certificate may have: queued, or leased to it and not acknowledged yet.
 * Leases it (or consumes it: once_strict) in the same transaction, then hands out the body. SW_ERR_NOT_FOUND: none now.
 */
enum sw_err sw_store_take(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t after,
                          int64_t now, struct sw_mail *out) SW_MUST_USE;

/* sw_store_ack: end a message leased to this certificate. SW_ERR_NOT_FOUND: no such message for this recipient; SW_ERR_STATE: it is expired or somebody else's lease. Repeating is fine. */
enum sw_err sw_store_ack(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                         int64_t now, struct sw_mail *out) SW_MUST_USE;

/* sw_store_receipt: state of a message, for its sender alone (SW_ERR_NOT_FOUND otherwise); no body. */
enum sw_err sw_store_receipt(struct sw_store *store, const char *sender, const char *id, int64_t now,
                             struct sw_mail *out) SW_MUST_USE;

/* sw_store_list: live messages of a recipient, oldest first, without bodies, until each returns false. */
enum sw_err sw_store_list(struct sw_store *store, const char *recipient, int64_t now,
                          bool (*each)(void *ctx, const struct sw_mail *mail), void *ctx) SW_MUST_USE;

/* sw_store_sweep: expire what is over; tells of each (for receipts) and forgets receipts older than a week. *next: when to sweep again, 0 nothing waits. */
enum sw_err sw_store_sweep(struct sw_store *store, int64_t now, void (*expired)(void *ctx, const struct sw_mail *mail),
                           void *ctx, int64_t *next) SW_MUST_USE;

/* sw_store_on_change: called after each commit in this process that queued, delivered, acknowledged or expired a message: whoever waits for it wakes. */
void sw_store_on_change(struct sw_store *store, void (*changed)(void *ctx, const struct sw_mail *mail), void *ctx);

#endif
