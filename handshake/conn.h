/*
 * The inside of a connection, in four parts by how long they live, each one block, wiped when it goes:
 *
 *   struct sw_conn       as long as the connection: what was negotiated, the two directions' key bytes
 *   conn->kept           what a handshake leaves beside that, where there is any: a client's session, the peer's chain
 *   struct sw_work       buffers and expanded keys: there while bytes move, given back by sw_conn_release
 *   struct sw_handshake  all that only the handshake needs, its secrets and its messages
 *
 * Only what is longer than usual has an allocation of its own: a name, a record, a message; and a client's half of a Diffie-Hellman exchange.
 *
 * Files of handshake/ see all of it; nobody else does.
 */
#ifndef SW_HANDSHAKE_CONN_H
#define SW_HANDSHAKE_CONN_H

#include "handshake/config.h"
#include "handshake/kex.h"
#include "handshake/keys12.h"
#include "handshake/keys13.h"
#include "handshake/resume.h"
#include "handshake/step.h"
#include "handshake/suite.h"
#include "handshake/transcript.h"
#include "include/sealwax.h"
#include "record/record.h"

enum {
    SW_TEXT_MAX = 224,
    SW_NOTE_MAX = 192,
    SW_PREMASTER_LEN = 48,
    SW_SHORT_NAME = 48,
    SW_RETRY_DIGEST = 32 /* SHA-256 */
};

struct sw_work {
    struct sw_record_dir *in_dir, *out_dir; /* inside the same allocation */
    bool in_ready, out_ready;               /* expanded from the connection's secrets */
    uint8_t *in, *out;                      /* inside the same allocation, until they had to grow */
    size_t in_cap, in_start, in_end;
    size_t out_cap, out_start, out_end;
    uint8_t *small_in, *small_out;
    size_t size; /* of the allocation */
};

/* What a hello's extensions said; slices are views of the message, in the transcript. One struct for both directions. */
struct sw_hello_ext {
    uint32_t seen; /* bit per row of the extension table */
    struct sw_slice server_name;
    struct sw_slice groups, sigalgs, sigalgs_cert, alpn, ticket, versions, renegotiation, authorities;
    uint8_t max_fragment;  /* code 1 to 4, 0: absent */
    uint16_t record_limit; /* 0: absent */
    bool ems, etm, status_request, ticket_present, groups_present, sigalgs_present, no_uncompressed, server_name_ack;

    /* TLS 1.3 */
    struct sw_slice shares; /* key_share: the list of a client, the key of a server */
    struct sw_slice psk;    /* pre_shared_key: the whole of it, checked */
    uint16_t share_group;   /* of a server */
    bool shares_present, psk_present, psk_dhe, psk_modes_present, early_data;
};

struct sw_client_hello {
    uint16_t version;
    const uint8_t *random; /* SW_RANDOM_LEN */
    struct sw_slice session_id, suites, compressions, extensions;
    bool has_extensions;
};

struct sw_server_hello {
    uint16_t version;
    const uint8_t *random;
    struct sw_slice session_id, extensions;
    uint16_t suite;
    uint8_t compression;
    bool has_extensions;
};

struct sw_handshake {
    const struct sw_step *steps; /* the flow, once a ServerHello has chosen it */
    size_t step;
    struct sw_transcript transcript;

    size_t waiting; /* bytes of a record that has begun, in the spare room of the transcript: engine_rest.c */

    /* the open record of outgoing messages: its plaintext lies in work->out behind `open_at` */
    bool open;
    size_t open_at, open_len;

    uint16_t client_version; /* of the ClientHello, for the premaster */
    uint8_t session_id[SW_SESSION_ID_MAX];
    uint8_t session_id_len;
    uint8_t own_secret_len; /* of own_secret, below */
    uint32_t offered;       /* client: extensions sent, bit per row */
    struct sw_hello_ext peer_ext;

    bool resuming;        /* this handshake is abbreviated */
    bool offered_session; /* client: conn->session is offered */
    bool renew_ticket, send_ticket, expect_ticket, cert_requested, status_promised, sent_certificate, peer_signed_due;
    bool have_leaf;  /* the peer has shown one */
    bool hello_done; /* the first hello has been dealt with: from here on record versions are exact */
    /* while a function of the application's decides: the error of a sw_conn_abort that names none; else SW_OK */
    enum sw_err refusal;

    struct sw_slice ticket;   /* client: the one to offer; once ticket_issued, the server's new one */
    uint32_t ticket_lifetime; /* what the server says of it */
    struct sw_above above;    /* between the peer and its root: of this handshake, or of that session */

    const struct sw_credential *cred;  /* ours */
    const struct sw_sigscheme *scheme; /* what we will sign with */

    struct sw_kex *kex; /* client: our half of an exchange; NULL: none yet, or no longer */
    union {
        uint8_t
            own_secret[SW_KEX_ROW_PRIVATE_MAX]; /* server: what is needed of ours, once the public value is written */
        uint8_t premaster[SW_PREMASTER_LEN];    /* client, RSA: until ClientKeyExchange has joined the transcript */
        uint8_t first_hello[SW_RETRY_DIGEST];   /* server: digest of what the hello behind a retry must repeat */
        struct sw_keys13 keys13;                /* TLS 1.3: the schedule, from ServerHello on */
    };

    /* views of the peer's messages in the transcript: its certificate, its half of an exchange, what it wants our certificate to be */
    struct sw_cert leaf;
    struct sw_slice peer_public;
    struct sw_slice req_types, req_sigalgs, req_sigalgs_cert, req_authorities;

    struct sw_record_secrets next_in,
        next_out; /* in force after the ChangeCipherSpec of that direction; TLS 1.3: behind Finished */

    /* TLS 1.3 */
    struct sw_slice cookie; /* client: to be sent back */
    union {
        uint32_t ticket_age;    /* client: as it is said */
        uint32_t early_skipped; /* server: bytes of early data */
    };
    uint16_t retry_group; /* asked for; 0: none */
    uint16_t psk_choice;  /* server: of the client's list */
    uint8_t psk_hash;     /* client: enum sw_hash_id of the session offered */
    uint8_t ext_in;       /* SW_IN_: the message whose extensions are in hand */
    uint8_t ccs_count;    /* of those that mean nothing */
    bool retried;         /* there was, or is going to be, a HelloRetryRequest */
    bool compatible_id;   /* client: the session id is one for the looks (RFC 8446 D.4) */
    bool psk_offered; /* client: the ticket is one of TLS 1.3; server: the hello before a retry had one that is good */
    bool early_ccs;   /* a ChangeCipherSpec came before the version was known */
    bool skip_early;  /* server: what cannot be opened may be early data */
    char note[SW_NOTE_MAX];
};

struct sw_conn {
    struct sw_config *cfg;
    void *user;
    struct sw_work *work;
    struct sw_handshake *hs;
    char
        *name; /* client: whom we want; server: whom the client asked for; NULL: nobody. Allocated if it is not short */
    char short_name[SW_SHORT_NAME];

    /* what outlives the handshake, in one block that begins with the session; what the peer has shown are views of the transcript until then */
    uint8_t *kept;
    size_t kept_len;
    struct sw_slice session; /* client: written down: to be resumed, then to resume this one by. Secret */
    struct sw_slice chain;   /* body of the peer's Certificate message */
    struct sw_slice status;  /* OCSP response */
    struct sw_slice sct;     /* client: SignedCertificateTimestampList */
    struct sw_slice above;   /* serial numbers of a struct sw_above */

    char *text;    /* the error in words */
    size_t memory; /* bytes held */

    enum sw_err err;
    enum sw_alert alert_sent, alert_received;
    /* of sw_conn_abort, for whoever is at work on the connection to end with; SW_OK: not called */
    enum sw_err abort_err;
    enum sw_alert abort_alert; /* with it, instead of the error's own */

    bool may_write; /* established, or before that by False Start */
    bool established, close_queued, peer_closed, eof, done_reading;
    bool lent;    /* the room that sw_conn_in_buf gave is still where the next bytes are taken from */
    bool tracing; /* the trace function or the key log is being called */
    bool resumed, ems, etm, secure_renegotiation, ticket_issued, stapled, peer_has_cert, own_finished_first;
    uint8_t warnings, empties, key_updates; /* in a row */
    bool update_pending;                    /* our answer to a KeyUpdate has not gone yet */
    bool update_due;                        /* a KeyUpdate asks for one of ours */
    bool update_request;                    /* the KeyUpdate to be written asks for one */

    /* reassembly of a message that came in pieces */
    uint8_t *msg;
    uint32_t msg_len, msg_cap;

    /* a message that asks to renegotiate, coming in pieces: its header, and how much of its body is still to be passed over */
    uint8_t late[4], late_len;
    uint32_t late_left;

    const struct sw_suite *suite;
    const struct sw_group *group;
    unsigned group_bits;
    const struct sw_sigscheme *peer_scheme, *own_scheme;
    const char *alpn; /* into cfg */
    size_t cert_index;
    uint16_t version;                                /* 0 until negotiated */
    uint16_t max_send, max_recv, max_recv_protected; /* bytes of plaintext in a record */

    struct sw_slice plain; /* decrypted bytes waiting, inside work->in */

    struct sw_record_secrets in, out; /* in force; bulk NULL: in the clear */
    uint8_t master[SW_MASTER_LEN];    /* TLS 1.3: the resumption secret */
    int64_t session_created;          /* of the session that goes on */
    uint32_t session_lifetime;
    uint8_t client_random[SW_RANDOM_LEN];
    union { /* in TLS 1.3 nothing is made from the server's random but its hello */
        struct {
            uint8_t server_random[SW_RANDOM_LEN], first_finished[SW_VERIFY_DATA_LEN];
        };
        uint8_t exporter[SW_MASTER_LEN]; /* of the longest hash there as long */
    };
    uint8_t cached_id[SW_SESSION_ID_MAX]; /* server: of the session in the cache that this connection made or resumed */
    uint8_t cached_id_len;
    uint8_t root[SW_ROOT_ID_LEN]; /* as in struct sw_session, of now or when the session began */
    int64_t until; /* the last second in which all certificates of that path are valid; INT64_MAX: not known */
    struct sw_peer peer;
};

static inline bool sw_is_server(const struct sw_conn *conn)
{
    return conn->cfg->role == SW_SERVER;
}

static inline long sw_option(const struct sw_conn *conn, enum sw_option opt)
{
    return conn->cfg->options[opt];
}

static inline const struct sw_rand *sw_conn_rand(const struct sw_conn *conn)
{
    return conn->cfg->rand.fill != NULL ? &conn->cfg->rand : NULL;
}

static inline int64_t sw_conn_now(const struct sw_conn *conn)
{
    return conn->cfg->now != NULL ? conn->cfg->now(conn->cfg->now_ctx) : 0;
}

/* sw_conn_must_begin: a client speaks first: its hello is written when somebody first looks. */
static inline bool sw_conn_must_begin(const struct sw_conn *conn)
{
    return conn->err == SW_OK && conn->hs != NULL && conn->hs->step == 0 && conn->hs->steps == sw_flow12_hello &&
           !sw_is_server(conn);
}

/* sw_conn_called: a function of the application's, for which hs->refusal was set, has answered: that, or else the error of its sw_conn_abort. */
enum sw_err sw_conn_called(struct sw_conn *conn, enum sw_err answer) SW_MUST_USE;

/* sw_conn_alloc, _release_mem: memory counted to the connection; alloc gives it zeroed, release wipes it and takes NULL. */
void *sw_conn_alloc(struct sw_conn *conn, size_t size);
void sw_conn_release_mem(struct sw_conn *conn, void *p, size_t size);

/* sw_conn_set_name: remember a name of len bytes, at most 255. SW_ERR_MEMORY. */
enum sw_err sw_conn_set_name(struct sw_conn *conn, const void *name, size_t len) SW_MUST_USE;

/* sw_conn_explain: why the error that is about to be returned happened, in words; the first explanation counts. printf style. */
void sw_conn_explain(struct sw_conn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* sw_conn_note: what the message in hand means for this connection, for the trace. printf style; free if nobody traces. */
void sw_conn_note(struct sw_conn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* sw_conn_trace: tell the trace function of a message, with the note made since the last one. */
void sw_conn_trace(struct sw_conn *conn, bool sent, uint8_t content_type, const uint8_t *data, size_t len);

/* sw_conn_keylog: hand CLIENT_RANDOM and the master secret to the key log, if there is one. _secret: one of TLS 1.3, by its label there. */
void sw_conn_keylog(struct sw_conn *conn);
void sw_conn_keylog_secret(struct sw_conn *conn, const char *label, const uint8_t *secret);

/* sw_session_fragment: the code of max_fragment_length that belongs to this handshake's session: a server's answer, a client's offer; 0: none. */
uint8_t sw_session_fragment(const struct sw_conn *conn);

/* sw_limit_settle: record_size_limit of both sides, as said; ours 0: not said. In TLS 1.3 the content type counts (RFC 8449 4). */
void sw_limit_settle(struct sw_conn *conn, long theirs, long ours);

/* sw_false_start: whether this connection may write application data now, before the handshake's end. */
bool sw_false_start(const struct sw_conn *conn);

/* sw_session_keep: at the end of a handshake: what can be resumed goes into the server's cache, or with all else that stays into conn->kept. */
enum sw_err sw_session_keep(struct sw_conn *conn) SW_MUST_USE;

/*
 * sw_conn_keep: move session, chain, status and timestamps, as far as they are still wanted, to a block that is as long as they are.
 *   session  to be written down instead of conn->session; NULL: that one
 * SW_ERR_MEMORY: all stays where it is.
 */
enum sw_err sw_conn_keep(struct sw_conn *conn, const struct sw_session *session) SW_MUST_USE;

/* sw_handshake_new, _end: what only the handshake needs. end wipes it; what outlives it has been moved by sw_session_keep. */
enum sw_err sw_handshake_new(struct sw_conn *conn) SW_MUST_USE;
void sw_handshake_end(struct sw_conn *conn);

/* sw_handshake_kex: room for a client's half of an exchange, zeroed; NULL without memory. _drop_kex: wipe and free it when it has served. */
struct sw_kex *sw_handshake_kex(struct sw_conn *conn);
void sw_handshake_drop_kex(struct sw_conn *conn);

#endif
