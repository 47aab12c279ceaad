/* What is decided before a connection; the inside of the public struct sw_config. */
#ifndef SW_HANDSHAKE_CONFIG_H
#define SW_HANDSHAKE_CONFIG_H

#include "handshake/policy.h"
#include "handshake/resume.h"
#include "include/sealwax.h"
#include "ttp/verify.h"
#include <stdatomic.h>

enum { SW_CREDENTIALS_MAX = 16, SW_ALPN_MAX = 16 };

/* A signature that none of our schemes has made. */
#define SW_SIGNED_OTHERWISE (1U << 31)

/* A certificate chain with its key. The leaf's views point into der[0]. */
struct sw_credential {
    struct sw_slice *der; /* leaf first; each owned */
    size_t der_len;
    size_t chain_bytes; /* of the Certificate message's list, prefixes included */
    struct sw_cert leaf;
    uint32_t signed_with; /* the signatures of the chain: a bit for each row of sw_sigscheme_at, SW_SIGNED_OTHERWISE */
    struct sw_privkey *key;
    bool has_sigalgs;
    struct sw_id_list sigalgs; /* what it signs with, if its owner said so */
    struct sw_slice ocsp, sct; /* owned */
    bool match_issuer;
};

/* The two that outlive a configuration when it is reloaded. */
struct sw_sessions {
    atomic_uint refs;
    struct sw_allocator alloc;
    struct sw_session_cache *cache;
    struct sw_ticket_keys *tickets;
};

struct sw_config {
    atomic_uint refs;
    enum sw_role role;
    struct sw_allocator alloc;
    struct sw_rand rand;
    int64_t (*now)(void *ctx);
    void *now_ctx;

    const struct sw_policy *policy;
    uint16_t min_version, max_version;
    struct sw_id_list suites, groups, sigalgs;
    long options[SW_OPT_COUNT];

    struct sw_credential *creds[SW_CREDENTIALS_MAX];
    size_t creds_len;
    struct sw_trust *trust;
    bool client_auth_set;
    enum sw_client_auth client_auth;

    char *alpn_text; /* names cut into pieces; alpn[i] points into it */
    size_t alpn_size;
    const char *alpn[SW_ALPN_MAX];
    size_t alpn_len;

    struct sw_sessions *sessions; /* server; made at the first need */

    enum sw_err (*verify)(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain);
    void *verify_ctx;
    enum sw_err (*hello)(void *ctx, struct sw_conn *conn);
    void *hello_ctx;
    void (*keylog)(void *ctx, struct sw_conn *conn, const char *text);
    void *keylog_ctx;
    void (*trace)(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev);
    void *trace_ctx;

    char error[160];
};

/* sw_config_ref: one reference more, for a connection. */
struct sw_config *sw_config_ref(struct sw_config *cfg);

/*
 * sw_config_ready: whether connections can be made from it: SW_ERR_CONFIG and sw_config_error say what is missing. Makes the session store of a
 * server that was not asked for before; the first connection must not race a second one for that.
 */
enum sw_err sw_config_ready(struct sw_config *cfg) SW_MUST_USE;

/* sw_config_client_auth: what a server asks of clients; without a word of its owner, a certificate exactly when there is somebody to trust. */
enum sw_client_auth sw_config_client_auth(const struct sw_config *cfg);

/* sw_config_speaks: whether a version lies between the lowest and the highest and there is a suite for it. */
bool sw_config_speaks(const struct sw_config *cfg, unsigned version);

/* sw_allocator_plain: malloc and free. */
extern const struct sw_allocator sw_allocator_plain;

/* sw_config_alloc, _release: through the configuration's allocator; memory comes zeroed and goes wiped. release takes NULL. */
void *sw_config_alloc(const struct sw_config *cfg, size_t size);
void sw_config_release(const struct sw_config *cfg, void *p, size_t size);

/* sw_list_has: whether a list holds a number. */
bool sw_list_has(const struct sw_id_list *list, uint16_t id);

/* --- between the files of the configuration --- */

/* sw_config_refuse: remember what was wrong, for sw_config_error; returns err. */
enum sw_err sw_config_refuse(struct sw_config *cfg, enum sw_err err, const char *what, const char *detail);
/* sw_config_set_list: parse a list of names; out is left alone if it is refused. */
enum sw_err sw_config_set_list(struct sw_config *cfg, enum sw_list_kind kind, const char *names,
                               struct sw_id_list *out) SW_MUST_USE;
/* sw_credential_free: a credential with all it owns. */
void sw_credential_free(const struct sw_config *cfg, struct sw_credential *c);
/* sw_sct_list_valid: whether it is a SignedCertificateTimestampList (RFC 6962 3.3). */
bool sw_sct_list_valid(struct sw_slice list);
/* sw_config_sessions: make the server's cache and ticket keys, if they are not there; SW_ERR_MEMORY. sw_sessions_drop: one reference less; takes NULL. */
enum sw_err sw_config_sessions(struct sw_config *cfg) SW_MUST_USE;
void sw_sessions_drop(struct sw_sessions *s);

#endif
