/*
 * What sealwaxd keeps behind one interface: messages, leases, receipts, audit; who is enrolled; licences. SQL stays
 * behind this interface, and so do transactions; waiting for a message is sw_store_on_change and sw_store_look. Times
 * are Unix seconds of the server's clock, given as an argument.
 *
 * The life of a message. It is QUEUED. A fetch by its recipient leases it to the certificate that fetched: DELIVERED.
 * An acknowledgement by that certificate ends it: ACKED. Time ends it too: EXPIRED. So does its recipient, or the last
 * allowed delivery that is not acknowledged: REFUSED. What has ended has no body any more; its state stays for a week,
 * for the sender.
 *   The lease of an ordinary message ends after a while, and then another certificate of the same name may fetch it. A
 * message sent with SW_ONCE keeps its first lease for good. One sent with SW_ONCE_STRICT ends with its first delivery.
 *   Each change is one durable transaction, committed before anything of it is told or leaves; bodies are sealed before
 * they are stored.
 */
#ifndef SW_APPS_STORE_STORE_H
#define SW_APPS_STORE_STORE_H

#include "apps/vault/keyfile.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_store;

enum sw_mail_state { SW_MAIL_QUEUED, SW_MAIL_DELIVERED, SW_MAIL_ACKED, SW_MAIL_EXPIRED, SW_MAIL_REFUSED };
enum sw_once { SW_ONCE_NO, SW_ONCE, SW_ONCE_STRICT };

/* Why a message was refused. */
enum sw_refusal {
    SW_REFUSAL_NONE,
    SW_REFUSAL_READER,      /* its reader did not want it */
    SW_REFUSAL_DELIVERIES,  /* it was handed out as often as it may be, and never acknowledged */
    SW_REFUSAL_INTERRUPTED, /* its reader broke off as he was about to show it: it may have been seen, or not */
    SW_REFUSAL_UNREADABLE   /* it is sealed, and its reader could not open it, or did not believe it */
};

enum {
    SW_NAME_MAX = 128,       /* of a person or machine, with its NUL */
    SW_MAIL_ID_MAX = 33,     /* 32 hex digits */
    SW_IDEMPOTENCY_MAX = 129 /* key of a request that may be repeated */
};

struct sw_store_limits {
    size_t body_max;          /* bytes of one message */
    unsigned queue_max;       /* live messages of one recipient */
    unsigned rate_max;        /* messages a minute to one recipient */
    int64_t ttl_max;          /* seconds */
    int64_t lease;            /* seconds an ordinary message stays with the certificate that fetched it */
    unsigned deliveries;      /* of one message, at most; of an ordinary one, if its sender does not say */
    unsigned once_deliveries; /* of one that is for one certificate, if its sender does not say */
};
extern const struct sw_store_limits sw_store_defaults;

/* What a message is. */
struct sw_mail {
    char id[SW_MAIL_ID_MAX];
    int64_t cursor; /* grows with every message accepted: where a reader goes on */
    char sender[SW_NAME_MAX], recipient[SW_NAME_MAX];
    uint8_t sender_cert[32]; /* SHA-256 */
    int64_t created, expires;
    enum sw_once once;
    bool sealed; /* end to end: the server cannot read it */
    enum sw_mail_state state;
    bool ended;      /* nothing will happen any more */
    int64_t changed; /* when the state became what it is */
    unsigned deliveries;
    unsigned max_deliveries; /* as its sender wants; 0: as usual */
    unsigned allowed;        /* how often it may be handed out, by that and by the server's limits */
    enum sw_refusal reason;  /* of its refusal */
    unsigned turned_away;    /* tries by other certificates than the one that has the lease, or after its end */
    const char *fingerprint; /* sw_store_put: what a repetition is known by in place of its body; NULL: by that */
    uint8_t *body;           /* NULL where it is not asked for or gone; wiped and freed by sw_mail_free */
    size_t body_len;
};
void sw_mail_free(struct sw_mail *mail);

/*
 * sw_mail_state_name: "queued", "delivered", "acknowledged", "expired", "refused". sw_refusal_name: "", "reader",
 * "deliveries", "interrupted", "unreadable".
 */
const char *sw_mail_state_name(enum sw_mail_state state);
const char *sw_refusal_name(enum sw_refusal reason);

/*
 * sw_store_open: open the database, or make it.
 *   key     what bodies are sealed with (apps/vault/vault.h); made with a new database, never for one that exists
 *   limits  copied; sw_store_set_limits changes them later
 *   why     receives, on failure, a sentence naming the file; valid until the next call of this function
 * SW_ERR_SYSTEM, SW_ERR_PERMISSION, SW_ERR_KEY_DECODE, SW_ERR_NOT_FOUND (no key file), SW_ERR_KEY_MISMATCH (another
 * database's), SW_ERR_UNSUPPORTED (made by a newer version), SW_ERR_MEMORY; what unwrapping the key returned.
 * sw_store_vault: the key it was opened with, for what lies beside it; until sw_store_close.
 */
enum sw_err sw_store_open(struct sw_store **out, const char *path, const struct sw_vault_key *key,
                          const struct sw_store_limits *limits, const char **why) SW_MUST_USE;
void sw_store_close(struct sw_store *store);
struct sw_vault;
struct sw_vault *sw_store_vault(struct sw_store *store);
void sw_store_set_limits(struct sw_store *store, const struct sw_store_limits *limits);
const struct sw_store_limits *sw_store_limits(const struct sw_store *store);

/*
 * sw_store_why: what the database said when a function below returned SW_ERR_SYSTEM; valid until the next call.
 * sw_store_full: that was for lack of space.
 */
const char *sw_store_why(const struct sw_store *store);
bool sw_store_full(const struct sw_store *store);

/*
 * sw_store_on_full: for a database in a file, in the whole process, before it is opened: called when there is no space
 * for what it writes; true: there is some now, and the write is repeated. It must not call the store. NULL: nobody.
 * sw_store_set_reserve: so many bytes are kept for that. spare: they were given up: accept no messages
 * (SW_PUT_DISK_FULL), and need as little space as possible.
 * sw_store_shrink: give space that nothing is in any more back to the disk; some of it, so that this does not take
 * long.
 */
void sw_store_on_full(bool (*make_room)(void *ctx), void *ctx);
void sw_store_set_reserve(struct sw_store *store, int64_t reserve, bool spare);
void sw_store_shrink(struct sw_store *store);

/* What came of a message that was handed in. */
enum sw_put_verdict {
    SW_PUT_ACCEPTED,
    SW_PUT_REPEATED,   /* same idempotency key and message: the first one's data were filled in */
    SW_PUT_CONFLICT,   /* same idempotency key, another message; also after the first one has ended */
    SW_PUT_TOO_LARGE,  /* body_max */
    SW_PUT_TTL,        /* ttl_max, or not positive */
    SW_PUT_DELIVERIES, /* deliveries */
    SW_PUT_QUEUE_FULL, /* queue_max */
    SW_PUT_RATE,       /* rate_max */
    SW_PUT_DISK_FULL
};

/*
 * sw_store_put: accept a message durably.
 *   mail         sender, sender_cert, recipient, expires, once, sealed, max_deliveries, fingerprint and body are set;
 *                id, cursor, created and state are filled in
 *   idempotency  NULL, or what the sender repeats a request with; kept at least until the message expires
 * SW_ERR_SYSTEM, SW_ERR_MEMORY, SW_ERR_RANDOM, SW_ERR_CRYPTO; otherwise verdict says what came of it.
 */
enum sw_err sw_store_put(struct sw_store *store, struct sw_mail *mail, const char *idempotency, int64_t now,
                         enum sw_put_verdict *verdict) SW_MUST_USE;

/*
 * sw_store_take: the recipient's next message above a cursor that this certificate may have. Leases it, then hands out
 * the body. A strict one is only shown, without lease and body: sw_store_fetch with consume set gets it.
 * sw_store_fetch: the same for one message by its id.
 *   consume   needed for a strict message, which ends with this; allowed for others
 *   out       free with sw_mail_free
 * SW_ERR_NOT_FOUND: none; SW_ERR_STATE (fetch): it has ended, another certificate has it, or it is strict and consume
 * is not set: out says which (state, ended, once) without a body. SW_ERR_SYSTEM, SW_ERR_CRYPTO, SW_ERR_MEMORY.
 */
enum sw_err sw_store_take(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t after,
                          int64_t now, struct sw_mail *out) SW_MUST_USE;
enum sw_err sw_store_fetch(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                           bool consume, int64_t now, struct sw_mail *out) SW_MUST_USE;

/*
 * sw_store_held: what is for one certificate of a recipient, and another one than this has it: this one has tried, too,
 * and was turned away. each: is told, in order; ends early if it returns false. SW_ERR_SYSTEM.
 */
enum sw_err sw_store_held(struct sw_store *store, const char *recipient, const uint8_t cert[32], int64_t now,
                          bool (*each)(void *ctx, const struct sw_mail *mail), void *ctx) SW_MUST_USE;

/*
 * sw_store_acknowledge, sw_store_refuse: end a message that this certificate fetched; what waits may be refused, too.
 * Repeating it is fine. SW_ERR_NOT_FOUND: no such message for this recipient; SW_ERR_STATE: it ended otherwise, was not
 * fetched, or another certificate has it: out says. SW_ERR_SYSTEM.
 */
enum sw_err sw_store_acknowledge(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                                 int64_t now, struct sw_mail *out) SW_MUST_USE;
enum sw_err sw_store_refuse(struct sw_store *store, const char *recipient, const uint8_t cert[32], const char *id,
                            enum sw_refusal reason, int64_t now, struct sw_mail *out) SW_MUST_USE;

/* sw_store_receipt: what became of a message, for its sender alone (others: SW_ERR_NOT_FOUND); no body. */
enum sw_err sw_store_receipt(struct sw_store *store, const char *sender, const char *id, int64_t now,
                             struct sw_mail *out) SW_MUST_USE;

/*
 * sw_store_list: what waits for a recipient, oldest first, without bodies; changes nothing. Ends early if each returns
 * false.
 */
enum sw_err sw_store_list(struct sw_store *store, const char *recipient, int64_t now,
                          bool (*each)(void *ctx, const struct sw_mail *mail), void *ctx) SW_MUST_USE;

/*
 * sw_store_sweep: end what has expired, forget what ended a week ago. next: when something expires next, INT64_MAX for
 * nothing.
 */
enum sw_err sw_store_sweep(struct sw_store *store, int64_t now, int64_t *next) SW_MUST_USE;

/*
 * sw_store_learn: keep the certificates (PEM) that somebody proved to have. seen: any clock that grows. SW_ERR_SYSTEM.
 * sw_store_chains_of: those of each device of a name, at most SW_DEVICES_MAX, those shown last first, for whoever wants
 * to seal for it and checks them himself; ends early if each returns false. SW_ERR_NOT_FOUND, SW_ERR_SYSTEM.
 */
enum { SW_DEVICES_MAX = 16 };
enum sw_err sw_store_learn(struct sw_store *store, const char *name, const uint8_t cert[32], const char *chain,
                           int64_t seen) SW_MUST_USE;
enum sw_err sw_store_chains_of(struct sw_store *store, const char *name, bool (*each)(void *ctx, const char *chain),
                               void *ctx) SW_MUST_USE;

/* Somebody who is enrolled, by one certificate; several of one name are several devices. */
enum { SW_ROLE_MAX = 32, SW_SERIAL_MAX = 64 };
struct sw_member {
    char name[SW_NAME_MAX];
    uint8_t cert[32];           /* SHA-256 */
    char serial[SW_SERIAL_MAX]; /* of the certificate, in hexadecimal digits; "": enrolled by an older sealwaxd */
    char role[SW_ROLE_MAX];     /* "": none */
    int64_t since;
};

/*
 * sw_store_enrol: a certificate is enrolled from now on; once more changes its role. sw_store_expel: all certificates
 * of a name are not any more; count receives how many. Both are in the audit.
 * sw_store_member: by certificate. sw_store_member_named: the last one enrolled of that name;
 * sw_store_member_of_serial: of that serial number. SW_ERR_NOT_FOUND. sw_store_members: all, by name; ends early if
 * each returns false. SW_ERR_SYSTEM.
 */
enum sw_err sw_store_enrol(struct sw_store *store, const struct sw_member *member) SW_MUST_USE;
enum sw_err sw_store_expel(struct sw_store *store, const char *name, int64_t now, int *count) SW_MUST_USE;
enum sw_err sw_store_member(struct sw_store *store, const uint8_t cert[32], struct sw_member *out) SW_MUST_USE;
enum sw_err sw_store_member_named(struct sw_store *store, const char *name, struct sw_member *out) SW_MUST_USE;
enum sw_err sw_store_member_of_serial(struct sw_store *store, const char *serial, struct sw_member *out) SW_MUST_USE;
enum sw_err sw_store_members(struct sw_store *store, bool (*each)(void *ctx, const struct sw_member *member),
                             void *ctx) SW_MUST_USE;

/*
 * A licence: who may play which track how often, and until when. It is stored under the serial number of a certificate,
 * its holder, and is sealed as it is stored, bound to holder, track and the name in the certificate. Another
 * certificate of that name has the same licence, so that whoever renews a certificate keeps it, and gets no plays by
 * that; unless there is one under its own serial number, which comes first.
 * One play is debited when its first byte is asked for; what is asked by the same licence of the same track within the
 * window after that, here or at another server (seeking, a connection that broke), is the same play. That goes on to
 * the end of its window although the licence ends meanwhile; what is revoked ends at once.
 */
enum { SW_HOLDER_MAX = SW_SERIAL_MAX, SW_TRACK_MAX = 40 };
struct sw_licence {
    char holder[SW_HOLDER_MAX], track[SW_TRACK_MAX];
    char name[SW_NAME_MAX]; /* in the holder's certificate; "": nobody knows yet */
    int64_t plays;          /* left; -1: the row was changed behind our back (sw_store_licences) */
    int64_t granted;        /* how many there were in all */
    int64_t until;          /* the play that was debited last goes on until then */
    int64_t ends;           /* no play begins from then on; 0: it has no end */
    unsigned streams;       /* at once; 0: as many as the server allows */
    bool revoked;           /* by whoever looks after the server: its holder cannot get another one */
};

/* Whose: by what is in a certificate. name: NULL if that is not known. */
struct sw_holder {
    const char *name, *serial;
};

/* What a licence allows. */
enum sw_right {
    SW_RIGHT_PLAY, /* a play, or the one that is under way */
    SW_RIGHT_NONE_LEFT,
    SW_RIGHT_ENDED,
    SW_RIGHT_REVOKED,
    SW_RIGHT_BUSY, /* all places of it are taken */
    SW_RIGHT_WAIT  /* the same, one of them by the same certificate: the player that asks may be about to leave it */
};

/* A stream that is served: one place of its licence, until it is ended or its server has not kept it for a while. */
enum { SW_STREAM_LEASE = 15, SW_STREAM_KEEP = 5 /* seconds */, SW_STREAM_ID_MAX = 33 };
struct sw_stream {
    char id[SW_STREAM_ID_MAX]; /* no other stream's, at whichever server */
    uint8_t cert[32];          /* SHA-256 */
    char holder[SW_HOLDER_MAX], track[SW_TRACK_MAX];
    unsigned most; /* places there are, where the licence does not say */
    enum sw_right right;
    bool lost; /* sw_store_keep_streams: it had no place any more */
};

/* Who asks to play what. */
struct sw_play {
    struct sw_holder who;
    const char *track;
    int64_t first;    /* plays of a licence that is made by this; 0: none is made */
    int64_t window;   /* seconds a play lasts; 0: each is one of its own */
    unsigned streams; /* at once, where the licence does not say */
    int64_t now;
};

/*
 * sw_store_play: begin a stream: take a place, and debit a play or go on with the last one.
 *   stream  id and cert are set; the rest is filled in: right says what came of it. Only with SW_RIGHT_PLAY it has
 *           begun
 *   out     the licence as it is then
 *   fresh   receives whether a play was debited
 * SW_ERR_NOT_FOUND: there is no licence. SW_ERR_CRYPTO: it was changed. SW_ERR_ARGUMENT: a name is too long.
 * SW_ERR_SYSTEM.
 */
enum sw_err sw_store_play(struct sw_store *store, const struct sw_play *play, struct sw_stream *stream,
                          struct sw_licence *out, bool *fresh) SW_MUST_USE;

/*
 * sw_store_serve_streams: the name of this server, the same whenever it is started and no other's; what it served
 * before it ended is over.
 * sw_store_keep_streams: those are still served; every SW_STREAM_KEEP seconds. right of each receives whether it may go
 * on: SW_RIGHT_PLAY, _ENDED or _REVOKED; _BUSY or _WAIT: this server was not heard of for so long that others have
 * taken all places.
 * sw_store_end_stream: its place is free. All: SW_ERR_SYSTEM.
 */
enum sw_err sw_store_serve_streams(struct sw_store *store, const char *server) SW_MUST_USE;
enum sw_err sw_store_keep_streams(struct sw_store *store, struct sw_stream *const *streams, size_t n,
                                  int64_t now) SW_MUST_USE;
enum sw_err sw_store_end_stream(struct sw_store *store, const struct sw_stream *stream) SW_MUST_USE;

/*
 * sw_store_licence: the one under that holder. sw_store_find_licence: the one that somebody has. sw_licence_right: what
 * it allows (SW_RIGHT_PLAY: one is left, or goes on). SW_ERR_NOT_FOUND, SW_ERR_CRYPTO.
 * sw_store_renew: another licence where the last one is used up: so many plays. again: there may be a second one.
 * SW_ERR_EXISTS: some are left; SW_ERR_STATE: there may not, or it has ended or was revoked: out says.
 * sw_store_licences: all of them, by holder and track; ends early if each returns false. SW_ERR_SYSTEM.
 */
enum sw_err sw_store_licence(struct sw_store *store, const char *holder, const char *track,
                             struct sw_licence *out) SW_MUST_USE;
enum sw_err sw_store_find_licence(struct sw_store *store, const struct sw_holder *who, const char *track, int64_t now,
                                  struct sw_licence *out) SW_MUST_USE;
enum sw_right sw_licence_right(const struct sw_licence *licence, int64_t now);
enum sw_err sw_store_renew(struct sw_store *store, const struct sw_holder *who, const char *track, int64_t plays,
                           bool again, int64_t now, struct sw_licence *out) SW_MUST_USE;
enum sw_err sw_store_licences(struct sw_store *store, bool (*each)(void *ctx, const struct sw_licence *licence),
                              void *ctx) SW_MUST_USE;

/* What whoever looks after the server changes of a licence; what is not set stays as it is. */
struct sw_grant {
    bool by_name;    /* the one licence of the name, if there is one; otherwise that under the serial number */
    bool revoke;     /* no plays from now on; everything else makes good what was revoked */
    int64_t first;   /* plays where there was no licence, or none left of it */
    int64_t plays;   /* left from now on; -1: not set */
    int64_t ends;    /* 0: none; -1: not set */
    int64_t streams; /* 0: as many as the server allows; -1: not set */
};

/*
 * sw_store_grant: make a licence or change it, also one that was changed behind our back; out is what it is then.
 * SW_ERR_EXISTS: by_name, and the name has several: nothing was changed. SW_ERR_ARGUMENT, SW_ERR_SYSTEM.
 */
enum sw_err sw_store_grant(struct sw_store *store, const struct sw_holder *who, const char *track,
                           const struct sw_grant *grant, int64_t now, struct sw_licence *out) SW_MUST_USE;

/*
 * sw_holder_text: a serial number as it is in a certificate, in the digits that stand for it here. sw_store_serial_of:
 * that of somebody's certificate: the one enrolled last, or else the one shown last. SW_ERR_NOT_FOUND: nobody knows one
 * of that name. SW_ERR_SYSTEM.
 * sw_store_name_licences: write into licences of an older sealwaxd whose they are, as far as that is known. It can be
 * done again. SW_ERR_SYSTEM.
 */
void sw_holder_text(const uint8_t *serial, size_t len, char out[SW_SERIAL_MAX]);
enum sw_err sw_store_serial_of(struct sw_store *store, const char *name, char out[SW_SERIAL_MAX]) SW_MUST_USE;
enum sw_err sw_store_name_licences(struct sw_store *store) SW_MUST_USE;

/*
 * sw_store_ticket_keys: what servers that share this store seal session tickets with, so that a session begun at one is
 * resumed at another. An epoch has one key, made by whoever comes first, an epoch ahead, so that all have it before one
 * of them seals with it; it is kept until what it sealed has ended, and in the database only under the key of the
 * vault.
 *   now   all within some minutes of each other
 *   keys  receives *n keys, the one that seals first; the caller wipes them
 * Ask again after SW_TICKET_LOOK seconds. SW_ERR_UNSUPPORTED: nobody shares this store, and each server has its own.
 * SW_ERR_CRYPTO: a key was changed. SW_ERR_SYSTEM, SW_ERR_RANDOM.
 */
enum { SW_TICKET_EPOCH = 3600, SW_TICKET_LIFE = 2 * SW_TICKET_EPOCH, SW_TICKET_KEYS = 4, SW_TICKET_LOOK = 10 };
enum sw_err sw_store_ticket_keys(struct sw_store *store, int64_t now, uint8_t keys[SW_TICKET_KEYS][32],
                                 size_t *n) SW_MUST_USE;

/*
 * sw_store_adopt: take over the licences of the database at path, where a sealwaxd before this one kept them, and
 * delete it; those that are here already stay as they are. No such file: nothing to do. It can be interrupted anywhere
 * and done again. SW_ERR_SYSTEM: sw_store_why, which names the file.
 */
enum sw_err sw_store_adopt(struct sw_store *store, const char *path) SW_MUST_USE;

/*
 * sw_store_rekey: seal what is in the database at path anew (apps/vault/rewrap.h), some rows a transaction; at the end
 * it belongs to the new key. It can be interrupted anywhere and done again. SW_ERR_KEY_MISMATCH: it is of neither key.
 * Others, and why, as of sw_store_open; no database is none to change.
 *   licences   as path of sw_store_adopt, which comes first, or NULL
 */
struct rewrap;
enum sw_err sw_store_rekey(const char *path, const char *licences, struct rewrap *r, int64_t now,
                           const char **why) SW_MUST_USE;

/*
 * sw_store_copy: everything that is in the database from, session tickets apart, into the one at to, in one
 * transaction: messages with their numbers, leases and receipts, the directory, members, licences, the audit. Both are
 * sealed under this key. No server may work on either.
 *   licences   as path of sw_store_adopt, for from, or NULL
 *   out        receives how many of each
 * SW_ERR_EXISTS: there is something at to already; nothing was changed. SW_ERR_NOT_FOUND: there is nothing at from, or
 * no key. Others, and why, as of sw_store_open.
 */
struct sw_store_copied {
    int64_t messages, people, members, licences, events;
};
enum sw_err sw_store_copy(const char *from, const char *licences, const char *to, const struct sw_vault_key *key,
                          struct sw_store_copied *out, const char **why) SW_MUST_USE;

/*
 * sw_store_on_change: called after each commit that changed a message, with what it is now, without body: whoever waits
 * for it wakes.
 *   mail   by another process: its id, recipient, state and expires alone; NULL: others may have changed anything
 *   here   it was this process, which is told of each change once; of what others did, it may hear several times
 * Must not call the store.
 */
void sw_store_on_change(struct sw_store *store, void (*changed)(void *ctx, const struct sw_mail *mail, bool here),
                        void *ctx);

/*
 * sw_store_watch: whether other servers may share this store, so that it has to be looked at.
 *   fd   receives a descriptor that becomes readable when another one has changed something, or -1; after a look it may
 *        be another one
 * sw_store_look: tell of what others have changed: when fd is readable, and every SW_STORE_LOOK seconds, since no
 * notice is sure to come.
 * SW_ERR_SYSTEM: the database cannot be asked; SW_ERR_KEY_MISMATCH: it has been given another key; SW_ERR_MEMORY.
 */
enum { SW_STORE_LOOK = 2 };
bool sw_store_watch(const struct sw_store *store, int *fd);
enum sw_err sw_store_look(struct sw_store *store, int64_t now) SW_MUST_USE;

/*
 * sw_store_claim: a reader with this certificate waits here from now on; one at another server, which may not have
 * noticed that he is gone, must not take his messages any more. sw_store_on_claim: called when another server says so.
 * Must not call the store.
 */
void sw_store_claim(struct sw_store *store, const char *name, const uint8_t cert[32]);
void sw_store_on_claim(struct sw_store *store, void (*claimed)(void *ctx, const char *name, const uint8_t cert[32]),
                       void *ctx);

#endif
