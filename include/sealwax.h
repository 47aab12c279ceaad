/*
 * Sealwax: TLS for people and machines that you can name. The one public header.
 *
 * The library never touches a socket, a file, a clock or the environment. You move bytes between it and your transport:
 *
 *     for (;;) {
 *         unsigned wants = sw_conn_wants(conn);
 *         if (wants & SW_WANT_SEND)     send bytes from sw_conn_out_buf, tell sw_conn_out_ack how many went
 *         if (wants & SW_WANT_RECV)     receive into sw_conn_in_buf, tell sw_conn_in_ack how many came (or _in_eof)
 *         if (wants & SW_WANT_READ)     sw_conn_read: decrypted bytes are waiting for you
 *         if (wants & SW_WANT_WRITE)    sw_conn_write takes bytes from you
 *         if (wants & SW_WANT_DONE)     nothing more will happen: look at sw_conn_error
 *     }
 *
 * Any splitting of the bytes gives the same result. The first failure is final; its alert is queued for sending like
 * any other bytes.
 *
 * A configuration says what is decided before a connection; it is built once, then shared by any number of connections,
 * also from several threads, as long as nobody changes it any more (the setters say otherwise where they allow it). A
 * connection belongs to one thread at a time.
 *
 * Functions that can fail return enum sw_err: SW_OK is 0. Pointers are never kept after a call returns unless the
 * comment says so. Text is UTF-8, NUL-terminated where no length is given.
 */
#ifndef SEALWAX_H
#define SEALWAX_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sw_config;
struct sw_conn;
struct sw_privkey;

enum sw_role { SW_CLIENT, SW_SERVER };

enum { SW_TLS12 = 0x0303, SW_TLS13 = 0x0304 };

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* Where memory comes from. Every byte a connection holds is asked for here; blocks are aligned to 16. */
struct sw_allocator {
    void *(*alloc)(void *ctx, size_t size);           /* NULL: none left; the connection ends with SW_ERR_MEMORY */
    void (*release)(void *ctx, void *p, size_t size); /* what alloc gave, wiped */
    void *ctx;
};

/* --- configuration ------------------------------------------------------------------------------------------------ */

/*
 * sw_config_new: a configuration for clients or servers with policy "classic", tickets on, and nothing trusted.
 *   alloc  copied; NULL for malloc and free
 * NULL when there is no memory.
 */
struct sw_config *sw_config_new(enum sw_role role, const struct sw_allocator *alloc);

/* sw_config_free: give up the caller's reference; connections made from it keep theirs. NULL is allowed. */
void sw_config_free(struct sw_config *cfg);

/*
 * sw_config_error: what the last failing setter did not like, one line naming it ("unknown suite FOO"); valid until the
 * next setter.
 */
const char *sw_config_error(const struct sw_config *cfg);

/*
 * sw_config_set_clock: where the time comes from, in Unix seconds; needed to verify certificates and to issue tickets.
 */
void sw_config_set_clock(struct sw_config *cfg, int64_t (*now)(void *ctx), void *ctx);

/* sw_config_set_random: another source of random bytes than wolfCrypt's generator: for tests and for hardware. */
void sw_config_set_random(struct sw_config *cfg, enum sw_err (*fill)(void *ctx, void *out, size_t len), void *ctx);

/*
 * sw_config_set_policy: "classic", "modern" or "all": the suites, groups, signature schemes and versions in one word;
 * docs/suites.md has each one's rows. Later calls of the setters below change a part of it. SW_ERR_ARGUMENT for another
 * word.
 */
enum sw_err sw_config_set_policy(struct sw_config *cfg, const char *policy) SW_MUST_USE;

/*
 * sw_config_set_versions: lowest and highest version to negotiate, SW_TLS12 or SW_TLS13. SW_ERR_ARGUMENT for other
 * numbers, or if min is above max.
 */
enum sw_err sw_config_set_versions(struct sw_config *cfg, unsigned min, unsigned max) SW_MUST_USE;

/*
 * sw_config_set_suites, _groups, _sigalgs: names in order of preference, separated by colons; RFC names
 * ("TLS_RSA_WITH_AES_128_CBC_SHA256"), OpenSSL's ("AES128-SHA256", "X25519", "RSA-PSS+SHA256") or numbers ("0x003C").
 * SW_ERR_ARGUMENT names the first that is unknown.
 */
enum sw_err sw_config_set_suites(struct sw_config *cfg, const char *names) SW_MUST_USE;
enum sw_err sw_config_set_groups(struct sw_config *cfg, const char *names) SW_MUST_USE;
enum sw_err sw_config_set_sigalgs(struct sw_config *cfg, const char *names) SW_MUST_USE;

/*
 * sw_config_add_cert: a certificate chain, leaf first, and its private key, as PEM (or DER: one certificate, PKCS#8). A
 * server may have several: it chooses by server name, by whether the client lists the signatures of the chain, by suite
 * and signature schemes, then in the order added.
 *   pass      passphrase of an encrypted key, or NULL
 * SW_ERR_PEM, SW_ERR_CERT_DECODE, SW_ERR_KEY_DECODE, SW_ERR_PASSPHRASE, SW_ERR_KEY_MISMATCH, SW_ERR_MEMORY.
 */
enum sw_err sw_config_add_cert(struct sw_config *cfg, const void *chain, size_t chain_len, const void *key,
                               size_t key_len, const char *pass) SW_MUST_USE;

/*
 * sw_config_add_cert_key: the same with a key object (base/pkey.h: one on a card, or made by ttp's library); a
 * reference is taken.
 */
enum sw_err sw_config_add_cert_key(struct sw_config *cfg, const void *chain, size_t chain_len,
                                   struct sw_privkey *key) SW_MUST_USE;

/*
 * sw_config_key: the private key of the i-th certificate that was added, NULL behind the last; the configuration keeps
 * it.
 */
const struct sw_privkey *sw_config_key(const struct sw_config *cfg, size_t i);

/* sw_config_set_ocsp: the DER status response to staple with the certificate added last; len 0 takes it away. */
enum sw_err sw_config_set_ocsp(struct sw_config *cfg, const void *response, size_t len) SW_MUST_USE;

/*
 * sw_config_set_sct: the signed certificate timestamps to send with the certificate added last to clients that ask: a
 * SignedCertificateTimestampList (RFC 6962 3.3), its two length bytes included, at most 32768 bytes; len 0 takes it
 * away. SW_ERR_ARGUMENT for anything else; which logs have signed it is not looked at.
 */
enum sw_err sw_config_set_sct(struct sw_config *cfg, const void *list, size_t len) SW_MUST_USE;

/*
 * sw_config_set_cert_sigalgs: the schemes the certificate added last signs with, in order of preference, names as
 * above; without it the configuration's own list. sw_config_set_cert_match_issuer: use that certificate only for a peer
 * whose certificate_authorities name an issuer of its chain.
 */
enum sw_err sw_config_set_cert_sigalgs(struct sw_config *cfg, const char *names) SW_MUST_USE;
enum sw_err sw_config_set_cert_match_issuer(struct sw_config *cfg, bool on) SW_MUST_USE;

/*
 * sw_config_add_trust, _add_crl: root certificates and revocation lists, PEM or DER, any number in one call. Once
 * a list has been added, a peer whose certificate is on one is refused.
 *
 * A session is resumed only while its peer would still be accepted: not if the peer's certificate, or a CA above it, has
 * been revoked since the session began, nor if its root is no longer trusted or its certificate has expired.
 */
enum sw_err sw_config_add_trust(struct sw_config *cfg, const void *pem, size_t len) SW_MUST_USE;
enum sw_err sw_config_add_crl(struct sw_config *cfg, const void *pem, size_t len) SW_MUST_USE;

/*
 * sw_config_check_chain: whether a peer who shows these certificates (ttp/cert.h; leaf first) would be accepted now, by
 * roots, revocation lists and clock. SW_OK, the reason why not, or SW_ERR_ARGUMENT without a clock or a certificate.
 */
struct sw_cert;
enum sw_err sw_config_check_chain(const struct sw_config *cfg, const struct sw_cert *chain, size_t len) SW_MUST_USE;

/*
 * sw_config_doubts: whether the peer of a running connection would still be trusted by cfg, which may be newer than the
 * configuration the connection was made with. For servers that reload their trust: end the connections it has doubts
 * about, and whoever connects again is verified in full.
 * SW_OK if there is no doubt, or the peer showed no certificate. Otherwise:
 *   SW_ERR_CERT_REVOKED      the serial number of its certificate, or of a CA above it, is on a revocation list (of any
 *                            issuer: the serial number alone is compared)
 *   SW_ERR_CERT_UNKNOWN_CA   its root is not trusted by cfg; or it had no root, because an application's verifier
 *                            accepted it and cfg has no verifier, or because it was not verified at all
 *                            (SW_OPT_INSECURE_NO_VERIFY)
 *   SW_ERR_CERT_EXPIRED      a certificate on its path has expired since
 */
struct sw_conn;
enum sw_err sw_config_doubts(const struct sw_config *cfg, const struct sw_conn *conn);

enum sw_client_auth { SW_CLIENT_AUTH_NONE, SW_CLIENT_AUTH_REQUEST, SW_CLIENT_AUTH_REQUIRE };

/*
 * sw_config_set_client_auth: server: whether clients are asked for a certificate, and whether one without is refused.
 * Default REQUIRE if trust was added.
 */
enum sw_err sw_config_set_client_auth(struct sw_config *cfg, enum sw_client_auth mode) SW_MUST_USE;

/* The peer's certificates as they came, the first 512 of them, for a verifier of the application's own. */
struct sw_peer_chain {
    const uint8_t *const *der; /* leaf first */
    const size_t *len;
    size_t count;
    enum sw_err verdict;     /* what Sealwax found: SW_OK or the reason */
    const char *reason;      /* in words */
    const char *server_name; /* client: the expected name, or NULL */
};

/*
 * sw_config_set_verify: have the last word on the peer's chain. Called once per full handshake after Sealwax's own
 * check; what it returns counts. Returning SW_OK for a chain whose verdict is not SW_OK makes the connection insecure:
 * that is the application's doing. It is not asked again when the session is resumed; that ends when a list has the
 * serial number of a certificate that was shown.
 */
void sw_config_set_verify(struct sw_config *cfg,
                          enum sw_err (*verify)(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain),
                          void *ctx);

/*
 * sw_config_set_hello: server: called once per connection when the ClientHello has been read and before anything is
 * chosen; sw_conn_info has the server name. Anything but SW_OK ends the connection with that error's alert (or the one
 * sw_conn_abort was given inside the call).
 */
void sw_config_set_hello(struct sw_config *cfg, enum sw_err (*hello)(void *ctx, struct sw_conn *conn), void *ctx);

/*
 * sw_config_share_sessions: server: use the session cache and ticket keys of another configuration, so that a reloaded
 * configuration goes on resuming what the old one began. Before the first connection; SW_ERR_ARGUMENT for a client.
 */
enum sw_err sw_config_share_sessions(struct sw_config *cfg, struct sw_config *with) SW_MUST_USE;

/*
 * sw_config_set_alpn: protocol names separated by commas, most wanted first; a server refuses a client that offers ALPN
 * without one of them.
 */
enum sw_err sw_config_set_alpn(struct sw_config *cfg, const char *names) SW_MUST_USE;

/* Numbers and switches of a configuration; defaults in parentheses. */
enum sw_option {
    SW_OPT_ETM,               /* offer and accept encrypt-then-MAC (1) */
    SW_OPT_EMS,               /* extended master secret: 0 never, 1 when the peer can (1), 2 required */
    SW_OPT_TICKETS,           /* session tickets (1) */
    SW_OPT_SESSION_CACHE,     /* server: sessions kept for resumption by id (1024); 0 none */
    SW_OPT_SESSION_LIFETIME,  /* seconds a session can be resumed (7200) */
    SW_OPT_MAX_MESSAGE,       /* longest handshake message accepted, bytes (131396, which is for a ClientHello) */
    SW_OPT_MAX_CHAIN,         /* longest certificate message accepted, bytes (102400) */
    SW_OPT_MAX_DEPTH,         /* intermediates on a path (8) */
    SW_OPT_RECORD_SIZE_LIMIT, /* RFC 8449: largest plaintext record we want to receive, 64 to 16385 (0: not offered) */
    SW_OPT_MAX_FRAGMENT,      /* client, RFC 6066: 512, 1024, 2048 or 4096 (0: not offered) */
    SW_OPT_MAX_SEND,          /* longest plaintext we put into one record, 64 to 16384 (16384) */
    SW_OPT_STATUS_REQUEST,    /* client: ask for a stapled status (0); 2: refuse a server without */
    SW_OPT_SCT,               /* client: ask for signed certificate timestamps, RFC 6962 (0) */
    SW_OPT_SERVER_ORDER,      /* server: its own order of suites decides, 0 the client's (1) */
    SW_OPT_RESUME_BEST_SUITE, /* server: sessions go on only with the suite that would be chosen anew (0) */
    SW_OPT_GREASE,            /* client: send GREASE values, RFC 8701 (0) */
    SW_OPT_FALLBACK_SCSV,     /* client: this is a fallback retry, RFC 7507 (0) */
    SW_OPT_FALSE_START,       /* client: write before the server has finished, RFC 7918: see sw_conn_write (0) */
    SW_OPT_KEEP_CHAIN,   /* chain kept: 1 always, 2 until sw_conn_release; 0: as 2, by a server in its handshake (0) */
    SW_OPT_STRICT_PATHS, /* certificate paths by the letter of RFC 5280 and CA/Browser (0) */
    SW_OPT_REQUIRE_SNI_MATCH,            /* server: an unknown server name is fatal (0) */
    SW_OPT_CONFIRM_SNI,                  /* server: say that the server name was heard, RFC 6066 3 (1) */
    SW_OPT_RENEGOTIATION_FATAL,          /* a peer that asks to renegotiate is sent away, not just refused (0) */
    SW_OPT_REQUIRE_SECURE_RENEGOTIATION, /* client: refuse a server that does not know RFC 5746 (0) */
    SW_OPT_INSIST_ON_CERT,     /* client: give up where none of its certificates is what the server asks for (0) */
    SW_OPT_INSECURE_NO_VERIFY, /* the peer's certificate is not checked (0); for tests only */
    SW_OPT_COUNT
};

/* sw_config_set_option: SW_ERR_ARGUMENT for a value the option does not take. */
enum sw_err sw_config_set_option(struct sw_config *cfg, enum sw_option opt, long value) SW_MUST_USE;

/*
 * sw_config_set_ticket_keys: server: the keys that seal session tickets, 32 bytes each, the first seals, all open;
 * copied. May be called at any time, also while connections run. Without it a random key is made and changed every
 * SW_OPT_SESSION_LIFETIME. Several servers with the same keys resume each other's sessions.
 */
enum sw_err sw_config_set_ticket_keys(struct sw_config *cfg, const uint8_t (*keys)[32], size_t count) SW_MUST_USE;

/*
 * sw_config_set_keylog: receives each connection's secrets as SSLKEYLOGFILE lines (RFC 9850) without newline. Whoever
 * has them reads the traffic.
 */
void sw_config_set_keylog(struct sw_config *cfg, void (*line)(void *ctx, struct sw_conn *conn, const char *text),
                          void *ctx);

/* What the trace function is told of each record and message. */
struct sw_trace_event {
    bool sent;            /* by us; else received */
    uint8_t content_type; /* of the record: 20 to 23 */
    uint8_t message;      /* handshake type, or alert description; 0 for others */
    bool is_protected;    /* it travelled encrypted */
    const uint8_t *data;  /* the message (header included), the alert, or NULL for application data */
    size_t len;           /* bytes of it */
    /* what it means for this connection: suite chosen, whose certificate, what was verified; may be empty */
    const char *note;
};

/*
 * sw_config_set_trace: called for each handshake message, change_cipher_spec, alert and application data record, in
 * wire order. No secrets are passed.
 */
void sw_config_set_trace(struct sw_config *cfg,
                         void (*trace)(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev), void *ctx);

/* --- connections -------------------------------------------------------------------------------------------------- */

/*
 * sw_conn_new: a connection; takes a reference on cfg. A client's ClientHello is ready to send at once.
 *   name   client: the server's name (DNS name or IP literal) for SNI and verification, 1 to 255 printable ASCII
 *          characters without spaces (other letters: as xn--); NULL: no SNI, any name. Server: NULL
 *   out    receives the connection
 * SW_ERR_MEMORY; SW_ERR_ARGUMENT for another name; SW_ERR_CONFIG if something is missing (a server without certificate,
 * trust without clock): sw_config_error says what.
 */
enum sw_err sw_conn_new(struct sw_conn **out, struct sw_config *cfg, const char *name) SW_MUST_USE;

/* sw_conn_free: wipe and free; sends nothing. NULL is allowed. */
void sw_conn_free(struct sw_conn *conn);

/* sw_conn_set_user, _user: a pointer of the application's that goes along. */
void sw_conn_set_user(struct sw_conn *conn, void *user);
void *sw_conn_user(const struct sw_conn *conn);

enum {
    SW_WANT_SEND = 1,  /* sw_conn_out_buf has bytes for the transport */
    SW_WANT_RECV = 2,  /* sw_conn_in_buf has room for bytes from the transport */
    SW_WANT_WRITE = 4, /* sw_conn_write would take bytes */
    SW_WANT_READ = 8,  /* sw_conn_read would give bytes, or the peer's end of data */
    SW_WANT_DONE = 16  /* closed or failed, and everything there was to send has been sent */
};

/*
 * sw_conn_wants: what can be done now, any combination of SW_WANT_. RECV is withheld while decrypted bytes wait to be
 * read.
 */
unsigned sw_conn_wants(const struct sw_conn *conn);

/*
 * sw_conn_in_buf: room for bytes from the transport.
 *   len   receives the room's size, at least 1 when SW_WANT_RECV is set
 * The pointer is valid until the next call on the connection. NULL with *len 0 when nothing is wanted or memory is out
 * (then sw_conn_error says so).
 * sw_conn_in_ack: the first len bytes of the room were filled; process them. Returns the connection's error, or
 * SW_ERR_ARGUMENT, and takes nothing, if len exceeds the room or the room is gone: sw_conn_release, and the
 * sw_conn_out_ack that sends the last output, may take it away, so ask for it again after these.
 * sw_conn_in_eof: the transport ended. Without a close_notify before it, that is SW_ERR_TRUNCATED.
 */
uint8_t *sw_conn_in_buf(struct sw_conn *conn, size_t *len);
enum sw_err sw_conn_in_ack(struct sw_conn *conn, size_t len);
enum sw_err sw_conn_in_eof(struct sw_conn *conn);

/*
 * sw_conn_out_buf: bytes for the transport; valid until the next call on the connection. NULL with *len 0 when there
 * are none.
 * sw_conn_out_ack: the first len bytes went. SW_ERR_ARGUMENT if that is more than there were.
 */
const uint8_t *sw_conn_out_buf(struct sw_conn *conn, size_t *len);
enum sw_err sw_conn_out_ack(struct sw_conn *conn, size_t len);

/*
 * sw_conn_write: seal application data.
 *   len    bytes at data
 *   taken  receives how many were taken, 0 if the output is full: send, then go on; writes of 32 KiB and more are
 *          sealed two records at a time
 * SW_ERR_STATE before the handshake is done or after sw_conn_close; the connection's error when it failed.
 *
 * With SW_OPT_FALSE_START a client may write as soon as SW_WANT_WRITE says so, which can be while sw_conn_established
 * is still false: the server's certificate has been verified, but its Finished has not come. Only with a protocol by
 * ALPN, ECDHE or DHE of at least 3072 bits, and an AEAD suite. Should the handshake fail after that, what was written
 * may have been lost; nobody else can have read it.
 */
enum sw_err sw_conn_write(struct sw_conn *conn, const void *data, size_t len, size_t *taken) SW_MUST_USE;

/*
 * sw_conn_read: copy out decrypted application data.
 *   got   receives the number of bytes; 0 with SW_OK: nothing there now; 0 with SW_ERR_CLOSED: the peer sent
 *         close_notify, that was all
 * sw_conn_peek: a view of the bytes that sw_conn_read would give next, valid until the next call; sw_conn_skip: they
 * are dealt with.
 */
enum sw_err sw_conn_read(struct sw_conn *conn, void *data, size_t cap, size_t *got) SW_MUST_USE;
const uint8_t *sw_conn_peek(struct sw_conn *conn, size_t *len);
enum sw_err sw_conn_skip(struct sw_conn *conn, size_t len);

/*
 * sw_conn_update_keys: TLS 1.3: go on under new keys (RFC 8446 4.6.3); with `both` the peer is asked to do so, too. It happens by itself before a key has
 * protected too much. SW_ERR_STATE in TLS 1.2, before the handshake is done and after sw_conn_close; the connection's error when it failed.
 */
enum sw_err sw_conn_update_keys(struct sw_conn *conn, bool both) SW_MUST_USE;

/*
 * sw_conn_close: queue close_notify; nothing can be written any more, reading goes on until the peer's. Before anything
 * could be written: user_canceled. In TLS 1.2 the peer's close_notify is answered at once; in TLS 1.3 it ends what the
 * peer sends and no more (RFC 8446 6.1): write on, and close when that is done.
 */
void sw_conn_close(struct sw_conn *conn);

/*
 * sw_conn_abort: end the connection now with an alert of the application's choosing and the error that goes with it
 * (SW_ERR_CALLBACK if err is SW_OK). Inside a callback that returns an error the alert is this one, and the error the
 * callback's; SW_OK stands for err, too. Inside the trace function and the key log it takes effect when that has
 * returned.
 */
void sw_conn_abort(struct sw_conn *conn, enum sw_alert alert, enum sw_err err);

/*
 * sw_conn_release: give back buffers and expanded keys if nothing is in them; they come again when needed. For
 * connections that will be idle.
 */
void sw_conn_release(struct sw_conn *conn);

/* sw_conn_memory: bytes the connection holds from its allocator now. */
size_t sw_conn_memory(const struct sw_conn *conn);

/* --- what happened ------------------------------------------------------------------------------------------------ */

/*
 * sw_conn_error: SW_OK, or the first error; SW_ERR_CLOSED is not one. sw_conn_error_text: a sentence with what is
 * known: the alert, the certificate, the reason.
 */
enum sw_err sw_conn_error(const struct sw_conn *conn);
const char *sw_conn_error_text(const struct sw_conn *conn);

/*
 * sw_conn_alert_sent, _alert_received: the fatal alert or close_notify that was sent or received; SW_ALERT_NONE if there
 * was none yet.
 */
enum sw_alert sw_conn_alert_sent(const struct sw_conn *conn);
enum sw_alert sw_conn_alert_received(const struct sw_conn *conn);

/* sw_conn_established: the handshake is complete. */
bool sw_conn_established(const struct sw_conn *conn);

/* What was negotiated. Names are static or live as long as the connection; NULL where there is none. */
struct sw_conn_info {
    unsigned version;
    uint16_t suite;
    const char *suite_name;
    uint16_t group; /* 0: RSA key transport */
    const char *group_name;
    unsigned group_bits; /* of a DHE group */
    /* the peer's signature: ServerKeyExchange at a client, CertificateVerify at a server; 0: none */
    uint16_t sigscheme;
    const char *sigscheme_name;
    uint16_t own_sigscheme; /* ours */
    bool resumed, ems, etm, secure_renegotiation, ticket_issued, stapled, peer_has_cert;
    const char *alpn;
    const char *server_name; /* the one asked for */
    size_t cert_index;       /* server: which of its certificates was used, in the order added */
};

/* sw_conn_info: fill what is known so far. */
void sw_conn_info(const struct sw_conn *conn, struct sw_conn_info *info);

/* Who the peer is, by its verified certificate; kept also in resumed sessions and after sw_conn_release. */
struct sw_peer {
    /*
     * first DNS, e-mail or URI name, else the subject's common name; "sha256:" and hex if it is too long or not clean
     * text
     */
    char name[128];
    char subject[256];  /* RFC 4514 */
    uint8_t sha256[32]; /* of the certificate */
    uint8_t serial[20];
    size_t serial_len;
};

/* sw_conn_peer: SW_ERR_NOT_FOUND if the peer showed no certificate. */
enum sw_err sw_conn_peer(const struct sw_conn *conn, struct sw_peer *peer) SW_MUST_USE;

/*
 * sw_conn_peer_cert: certificate i of the peer's chain, leaf 0; NULL if there is none, the session was
 * resumed, or the chain was released (SW_OPT_KEEP_CHAIN). The pointer is valid until the callback returns when asked for
 * inside one during the handshake, afterwards until sw_conn_release.
 */
const uint8_t *sw_conn_peer_cert(const struct sw_conn *conn, size_t i, size_t *len);

/* sw_conn_ocsp: client: the stapled response, NULL if there is none; as long-lived as the chain. */
const uint8_t *sw_conn_ocsp(const struct sw_conn *conn, size_t *len);

/*
 * sw_conn_sct: client: the SignedCertificateTimestampList the server sent with SW_OPT_SCT, NULL if there is none, as
 * after resumption. Well-formed, but nobody has verified it: which logs to believe is the caller's business. There from
 * the verify function on until sw_conn_release.
 */
const uint8_t *sw_conn_sct(const struct sw_conn *conn, size_t *len);

/* --- resumption and derived values -------------------------------------------------------------------------------- */

/*
 * sw_conn_session: client: what a later connection needs to resume this one, sealed by nothing: it is as secret as a
 * key.
 *   out, cap   SW_ERR_SPACE if too small (2048 plus the ticket's length is enough)
 *   len        receives its length; SW_ERR_NOT_FOUND if the session cannot be resumed (yet)
 * In TLS 1.3 it comes behind the handshake, as a rule in front of the server's first data, and may come again: the last
 * one counts. Offer each in one connection only, or who looks on sees that they belong together (RFC 8446 C.4).
 * A connection that was merely cut off leaves it; one that failed takes it along.
 * sw_conn_set_session: client, before the first byte is sent: offer to resume. A session that is too old, from other
 * settings or unreadable is not offered; that is not an error.
 */
enum sw_err sw_conn_session(const struct sw_conn *conn, void *out, size_t cap, size_t *len) SW_MUST_USE;
enum sw_err sw_conn_set_session(struct sw_conn *conn, const void *session, size_t len) SW_MUST_USE;

/*
 * sw_conn_export: keying material, RFC 5705 and RFC 8446 7.5; context NULL: none, which in TLS 1.2 differs from an empty
 * one. SW_ERR_STATE before the handshake is done.
 */
enum sw_err sw_conn_export(const struct sw_conn *conn, const char *label, const void *context, size_t context_len,
                           void *out, size_t len) SW_MUST_USE;

/*
 * sw_conn_tls_unique: RFC 5929, 12 bytes; SW_ERR_STATE where it would be unsafe (TLS 1.3, resumption without extended
 * master secret).
 */
enum sw_err sw_conn_tls_unique(const struct sw_conn *conn, uint8_t out[12]) SW_MUST_USE;

/* --- lists -------------------------------------------------------------------------------------------------------- */

/*
 * sw_suite_at: number and name of suite i in Sealwax's order; false past the last. policies: bit 0 classic, 1 modern, 2
 * all.
 */
bool sw_suite_at(size_t i, uint16_t *id, const char **name, unsigned *policies);
/* sw_group_at, sw_sigalg_at: the same for groups and signature schemes. */
bool sw_group_at(size_t i, uint16_t *id, const char **name);
bool sw_sigalg_at(size_t i, uint16_t *id, const char **name);

/* sw_version: "sealwax 1.0 (wolfCrypt 5.7.2)". */
const char *sw_version(void);

#ifdef __cplusplus
}
#endif

#endif
