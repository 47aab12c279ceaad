/*
 * The messages: each in a file of its own with the same four functions. _encode and _decode turn a struct into bytes and back and know no
 * connection; _send and _recv say what the message means to this one. _send writes the body into w, the header is the walker's;
 * _recv gets the body alone.
 */
#ifndef SW_HANDSHAKE_MSG_H
#define SW_HANDSHAKE_MSG_H

#include "handshake/conn.h"

/* The functions of a message, as the walker calls them. */
struct sw_message_ops {
    int message;
    const char *name;
    enum sw_err (*send)(struct sw_conn *conn, struct sw_writer *w);
    enum sw_err (*recv)(struct sw_conn *conn, struct sw_slice body);
    /* what follows from it, once it is part of the transcript: the secrets that are bound to it; NULL: nothing */
    enum sw_err (*joined)(struct sw_conn *conn, bool sent);
    bool keys; /* the sender changes its keys behind it: nothing follows in the same record (RFC 8446 5.1) */
};

/* sw_message_ops: of a message in the version of the connection, as far as that is known; NULL: there is no such message. */
const struct sw_message_ops *sw_message_ops(const struct sw_conn *conn, int message);

#define SW_MESSAGE(name)                                                                                               \
    enum sw_err sw_##name##_send(struct sw_conn *conn, struct sw_writer *w) SW_MUST_USE;                               \
    enum sw_err sw_##name##_recv(struct sw_conn *conn, struct sw_slice body) SW_MUST_USE

SW_MESSAGE(client_hello);
SW_MESSAGE(server_hello);
SW_MESSAGE(certificate);
SW_MESSAGE(certificate_status);
SW_MESSAGE(server_key_exchange);
SW_MESSAGE(certificate_request);
SW_MESSAGE(server_hello_done);
SW_MESSAGE(client_key_exchange);
SW_MESSAGE(certificate_verify);
SW_MESSAGE(change_cipher_spec);
SW_MESSAGE(finished);
SW_MESSAGE(new_session_ticket);

/* In TLS 1.3. */
SW_MESSAGE(server_hello13);
SW_MESSAGE(hello_retry);
SW_MESSAGE(compatibility_ccs);
SW_MESSAGE(encrypted_extensions);
SW_MESSAGE(certificate13);
SW_MESSAGE(certificate_request13);
SW_MESSAGE(certificate_verify13);
SW_MESSAGE(finished13);
SW_MESSAGE(new_session_ticket13);
SW_MESSAGE(key_update);

#undef SW_MESSAGE

enum sw_err sw_client_hello_decode(struct sw_client_hello *h, struct sw_slice body) SW_MUST_USE;
enum sw_err sw_server_hello_decode(struct sw_server_hello *h, struct sw_slice body) SW_MUST_USE;
void sw_server_hello_encode(const struct sw_server_hello *h, struct sw_writer *w);

/* sw_hello_has: whether a list of numbers, as on the wire, holds one. sw_hello_alpn, _sizes: settle protocol and lengths of records by what the client has said. */
bool sw_hello_has(struct sw_slice list, uint16_t id);
enum sw_err sw_hello_alpn(struct sw_conn *conn) SW_MUST_USE;
void sw_hello_sizes(struct sw_conn *conn);

/*
 * TLS 1.3 (hello13.c). _share: client: our half of the exchange that the hello offers. _check: server: what a hello of TLS 1.3 must have and be. _choose: suite, group, session and
 * certificate; hs->retried is set if the client must try again. _second: the hello that comes then.
 */
enum sw_err sw_hello13_share(struct sw_conn *conn) SW_MUST_USE;
enum sw_err sw_hello13_check(struct sw_conn *conn, const struct sw_client_hello *h) SW_MUST_USE;
enum sw_err sw_hello13_choose(struct sw_conn *conn, const struct sw_client_hello *h) SW_MUST_USE;
enum sw_err sw_hello13_second(struct sw_conn *conn, const struct sw_client_hello *h) SW_MUST_USE;

/* sw_server_hello13_check: client: what a ServerHello and a HelloRetryRequest must have in common; settles version and suite. version: the body of supported_versions. */
enum sw_err sw_server_hello13_check(struct sw_conn *conn, const struct sw_server_hello *h,
                                    struct sw_slice version) SW_MUST_USE;

/* sw_is_hello_retry: whether a ServerHello's body is that of a HelloRetryRequest (RFC 8446 4.1.3). _begin: what must be known before it joins the transcript. */
bool sw_is_hello_retry(struct sw_slice body);
enum sw_err sw_hello_retry_begin(struct sw_conn *conn, struct sw_slice body) SW_MUST_USE;

/*
 * Sessions of TLS 1.3 (psk.c). _bind: client: the binder of a hello that offers one; the hello is whole but for that. _find: server: the first session of a hello that may go on
 * with a suite of this hash (SW_HASH_NONE: any), its binder verified; *found says whether there is one.
 */
enum sw_err sw_psk_bind(struct sw_conn *conn, uint8_t *hello, size_t len) SW_MUST_USE;
enum sw_err sw_psk_find(struct sw_conn *conn, enum sw_hash_id hash, struct sw_session *s, bool *found) SW_MUST_USE;

/* Secrets of TLS 1.3 (secrets13.c). _begin: the handshake's secret, of a session's (empty: none) and of the exchange. The others: when a message has joined the transcript. */
enum sw_err sw_secrets13_begin(struct sw_conn *conn, struct sw_slice psk, struct sw_slice shared) SW_MUST_USE;
enum sw_err sw_server_hello13_joined(struct sw_conn *conn, bool sent) SW_MUST_USE;
enum sw_err sw_finished13_joined(struct sw_conn *conn, bool sent) SW_MUST_USE;
enum sw_err sw_key_update_joined(struct sw_conn *conn, bool sent) SW_MUST_USE;

/* ServerKeyExchange's parameters: a named curve with its point, or a finite-field group; then a signature over randoms and params. */
struct sw_ske {
    bool ecdhe;
    uint16_t group;
    struct sw_slice p, g, public_value;
    struct sw_slice params; /* what is signed behind the randoms */
    uint16_t scheme;
    struct sw_slice signature;
};
enum sw_err sw_server_key_exchange_decode(struct sw_ske *ske, struct sw_slice body, bool ecdhe) SW_MUST_USE;

struct sw_certificate_request {
    struct sw_slice types, sigalgs, authorities;
};
enum sw_err sw_certificate_request_decode(struct sw_certificate_request *r, struct sw_slice body) SW_MUST_USE;

/* sw_certificate_next: the next certificate of a Certificate message's list; false at its end or at a length that lies (the reader failed). */
bool sw_certificate_next(struct sw_reader *list, struct sw_slice *der);
/* sw_chain_list: the list in the peer's chain. sw_chain_next: the next certificate there, in the form of the connection's version. */
struct sw_reader sw_chain_list(const struct sw_conn *conn);
bool sw_chain_next(const struct sw_conn *conn, struct sw_reader *list, struct sw_slice *der);

/* Certificate chains and who may use which (credential.c). */

/* Among which certificates: those for the name that was asked for, those whose chain is signed as the peer can check it; the name weighs more. */
enum { SW_CRED_BELIEVED = 1, SW_CRED_NAMED = 2 };

/*
 * sw_credential_for_suite: the server's certificate and signature scheme for a suite, of those `only` says; false if there is none.
 * sw_credential_kind: whether some certificate has the kind of key that a suite needs.
 */
bool sw_credential_for_suite(struct sw_conn *conn, const struct sw_suite *suite, unsigned only,
                             const struct sw_credential **cred, const struct sw_sigscheme **scheme);
bool sw_credential_kind(const struct sw_conn *conn, const struct sw_suite *suite);
/* sw_credential_for_request: the client's certificate for the CertificateRequest in hand; *cred NULL if none fits. */
void sw_credential_for_request(struct sw_conn *conn, const struct sw_credential **cred,
                               const struct sw_sigscheme **scheme);
/* sw_group_for_hello: the group to use with a suite's key exchange; NULL: none in common. */
const struct sw_group *sw_group_for_hello(const struct sw_conn *conn, enum sw_kex_kind kex);
/* sw_scheme_accepted: whether a peer's signature may use this scheme with this key: offered by us, fitting. */
enum sw_err sw_scheme_accepted(const struct sw_conn *conn, const struct sw_pubkey *key, uint16_t id,
                               const struct sw_sigscheme **out) SW_MUST_USE;

/* sw_peer_verify: build and check the path of the peer's chain in hand, ask the application, learn who the peer is. */
enum sw_err sw_peer_verify(struct sw_conn *conn) SW_MUST_USE;
/* sw_peer_leaf_usable: key type, key usage and curve of the server's leaf against the suite. */
enum sw_err sw_peer_leaf_usable(struct sw_conn *conn) SW_MUST_USE;

/* sw_conn_derive: master secret and both directions' next keys from the premaster, when ClientKeyExchange has joined the transcript. */
enum sw_err sw_conn_derive(struct sw_conn *conn, const uint8_t *premaster, size_t len) SW_MUST_USE;
/* sw_certificate_request_room: bytes that our CertificateRequest takes at most. */
size_t sw_certificate_request_room(const struct sw_conn *conn);

/* sw_conn_resume_keys: the same for a session that goes on, told to the key log. */
enum sw_err sw_conn_resume_keys(struct sw_conn *conn) SW_MUST_USE;
/* sw_conn_expand: both directions' next secrets from the master secret. */
enum sw_err sw_conn_expand(struct sw_conn *conn) SW_MUST_USE;
/* sw_client_key_exchange_joined: our ClientKeyExchange is part of the transcript: the secrets follow. */
enum sw_err sw_client_key_exchange_joined(struct sw_conn *conn, bool sent) SW_MUST_USE;

#endif
