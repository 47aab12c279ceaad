/* Setters check what they are given at once and say which word they did not like; nothing is left for the first connection to find out. */
#include "handshake/config.h"
#include "base/wipe.h"
#include "handshake/kex.h"
#include "record/record.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 131396, CHAIN_MAX = 102400, SESSIONS = 1024, LIFETIME = 7200, DEPTH = 8 };

/* --- memory ------------------------------------------------------------------------------------------------------------- */

static void *plain_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void plain_release(void *ctx, void *p, size_t size)
{
    (void)ctx;
    (void)size;
    free(p);
}

void *sw_config_alloc(const struct sw_config *cfg, size_t size)
{
    void *p = cfg->alloc.alloc(cfg->alloc.ctx, size);

    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void sw_config_release(const struct sw_config *cfg, void *p, size_t size)
{
    if (p == NULL)
        return;
    sw_wipe(p, size);
    cfg->alloc.release(cfg->alloc.ctx, p, size);
}

/* --- making and freeing --------------------------------------------------------------------------------------------------- */

struct sw_config *sw_config_new(enum sw_role role, const struct sw_allocator *alloc)
{
    struct sw_allocator use = alloc != NULL ? *alloc : (struct sw_allocator){plain_alloc, plain_release, NULL};
    struct sw_config *cfg = use.alloc(use.ctx, sizeof *cfg);

    if (cfg == NULL)
        return NULL;
    memset(cfg, 0, sizeof *cfg);
    atomic_init(&cfg->refs, 1);
    cfg->role = role;
    cfg->alloc = use;
    cfg->options[SW_OPT_ETM] = cfg->options[SW_OPT_EMS] = cfg->options[SW_OPT_TICKETS] =
        cfg->options[SW_OPT_SERVER_ORDER] = 1;
    cfg->options[SW_OPT_SESSION_CACHE] = SESSIONS;
    cfg->options[SW_OPT_SESSION_LIFETIME] = LIFETIME;
    cfg->options[SW_OPT_MAX_MESSAGE] = MESSAGE_MAX;
    cfg->options[SW_OPT_MAX_CHAIN] = CHAIN_MAX;
    cfg->options[SW_OPT_MAX_DEPTH] = DEPTH;
    cfg->options[SW_OPT_MAX_SEND] = SW_RECORD_PLAIN_MAX;
    cfg->trust = sw_trust_new();
    if (cfg->trust == NULL || sw_config_set_policy(cfg, "classic") != SW_OK) {
        sw_config_free(cfg);
        return NULL;
    }
    return cfg;
}

struct sw_config *sw_config_ref(struct sw_config *cfg)
{
    atomic_fetch_add_explicit(&cfg->refs, 1, memory_order_relaxed);
    return cfg;
}

static void free_slice(const struct sw_config *cfg, struct sw_slice *s)
{
    sw_config_release(cfg, (void *)(uintptr_t)s->p, s->len);
    *s = (struct sw_slice){NULL, 0};
}

static void free_credential(const struct sw_config *cfg, struct sw_credential *c)
{
    for (size_t i = 0; i < c->der_len; i++)
        free_slice(cfg, &c->der[i]);
    sw_config_release(cfg, c->der, c->der_len * sizeof *c->der);
    free_slice(cfg, &c->ocsp);
    sw_privkey_free(c->key);
    sw_config_release(cfg, c, sizeof *c);
}

static void sessions_drop(struct sw_sessions *s)
{
    struct sw_allocator alloc;

    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    alloc = s->alloc;
    sw_session_cache_free(s->cache);
    sw_ticket_keys_free(s->tickets);
    alloc.release(alloc.ctx, s, sizeof *s);
}

static void free_alpn(struct sw_config *cfg)
{
    sw_config_release(cfg, cfg->alpn_text, cfg->alpn_size);
    cfg->alpn_text = NULL;
    cfg->alpn_len = 0;
}

void sw_config_free(struct sw_config *cfg)
{
    struct sw_allocator alloc;

    if (cfg == NULL || atomic_fetch_sub_explicit(&cfg->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < cfg->creds_len; i++)
        free_credential(cfg, cfg->creds[i]);
    sw_trust_free(cfg->trust);
    sessions_drop(cfg->sessions);
    free_alpn(cfg);
    alloc = cfg->alloc;
    sw_wipe(cfg, sizeof *cfg);
    alloc.release(alloc.ctx, cfg, sizeof *cfg);
}

/* --- errors --------------------------------------------------------------------------------------------------------------- */

const char *sw_config_error(const struct sw_config *cfg)
{
    return cfg->error;
}

static enum sw_err refuse(struct sw_config *cfg, enum sw_err err, const char *what, const char *detail)
{
    snprintf(cfg->error, sizeof cfg->error, "%s%s%s", what, detail[0] != '\0' ? ": " : "", detail);
    return err;
}

/* --- setters -------------------------------------------------------------------------------------------------------------- */

void sw_config_set_clock(struct sw_config *cfg, int64_t (*now)(void *ctx), void *ctx)
{
    cfg->now = now;
    cfg->now_ctx = ctx;
}

void sw_config_set_random(struct sw_config *cfg, enum sw_err (*fill)(void *ctx, void *out, size_t len), void *ctx)
{
    cfg->rand = (struct sw_rand){fill, ctx};
}

enum sw_err sw_config_set_policy(struct sw_config *cfg, const char *name)
{
    const struct sw_policy *policy = sw_policy_by_name(name);

    if (policy == NULL)
        return refuse(cfg, SW_ERR_ARGUMENT, "unknown policy (classic, modern or all)", name);
    cfg->policy = policy;
    cfg->min_version = policy->min_version;
    cfg->max_version = policy->max_version;
    sw_policy_list(policy, SW_LIST_SUITES, &cfg->suites);
    sw_policy_list(policy, SW_LIST_GROUPS, &cfg->groups);
    sw_policy_list(policy, SW_LIST_SIGSCHEMES, &cfg->sigalgs);
    return SW_OK;
}

enum sw_err sw_config_set_versions(struct sw_config *cfg, unsigned min, unsigned max)
{
    if (min < SW_TLS12 || max > SW_TLS13 || min > max)
        return refuse(cfg, SW_ERR_ARGUMENT, "versions are 1.2 or 1.3, the lower one first", "");
    if (min > SW_TLS12)
        return refuse(cfg, SW_ERR_UNSUPPORTED, "TLS 1.3 is not built yet: the lowest version must be 1.2", "");
    cfg->min_version = (uint16_t)min;
    cfg->max_version = SW_TLS12;
    return SW_OK;
}

static enum sw_err set_list(struct sw_config *cfg, enum sw_list_kind kind, const char *names, struct sw_id_list *out)
{
    struct sw_list_fault fault;
    struct sw_id_list list;
    enum sw_err err = sw_policy_parse(cfg->policy, kind, names, &list, &fault);

    if (err == SW_OK)
        *out = list;
    else
        sw_list_fault_text(&fault, cfg->error, sizeof cfg->error);
    return err;
}

enum sw_err sw_config_set_suites(struct sw_config *cfg, const char *names)
{
    return set_list(cfg, SW_LIST_SUITES, names, &cfg->suites);
}

enum sw_err sw_config_set_groups(struct sw_config *cfg, const char *names)
{
    return set_list(cfg, SW_LIST_GROUPS, names, &cfg->groups);
}

enum sw_err sw_config_set_sigalgs(struct sw_config *cfg, const char *names)
{
    return set_list(cfg, SW_LIST_SIGSCHEMES, names, &cfg->sigalgs);
}

/* --- credentials ---------------------------------------------------------------------------------------------------------- */

static enum sw_err copy_slice(const struct sw_config *cfg, const void *p, size_t len, struct sw_slice *out)
{
    uint8_t *copy = len > 0 ? sw_config_alloc(cfg, len) : NULL;

    if (len > 0 && copy == NULL)
        return SW_ERR_MEMORY;
    if (len > 0)
        memcpy(copy, p, len);
    *out = (struct sw_slice){copy, len};
    return SW_OK;
}

/* How many certificates a PEM text holds. */
static size_t count_pem(const void *chain, size_t len)
{
    struct sw_reader r = sw_reader_of(chain, len);
    struct sw_pem block;
    size_t n = 0;

    while (sw_pem_next(&r, &block))
        n += sw_pem_is(&block, "CERTIFICATE");
    return n;
}

static enum sw_err take_pem(struct sw_config *cfg, struct sw_credential *c, const void *chain, size_t len)
{
    struct sw_reader r = sw_reader_of(chain, len);
    struct sw_pem block;
    enum sw_err err = SW_OK;
    size_t i = 0;

    while (err == SW_OK && sw_pem_next(&r, &block)) {
        size_t cap = block.body.len / 4 * 3 + 3, n = 0;
        uint8_t *buf;

        if (!sw_pem_is(&block, "CERTIFICATE"))
            continue;
        buf = sw_config_alloc(cfg, cap);
        if (buf == NULL)
            return SW_ERR_MEMORY;
        err = sw_pem_decode(&block, buf, cap, &n);
        if (err == SW_OK)
            err = copy_slice(cfg, buf, n, &c->der[i++]);
        sw_config_release(cfg, buf, cap);
    }
    return err;
}

/* Cut a PEM chain, or take one DER certificate, into the credential. */
static enum sw_err take_chain(struct sw_config *cfg, struct sw_credential *c, const void *chain, size_t len)
{
    size_t count = count_pem(chain, len);
    bool der = count == 0 && len > 0 && ((const uint8_t *)chain)[0] == 0x30;
    enum sw_err err;

    if (count == 0 && !der)
        return refuse(cfg, SW_ERR_PEM, "there is no certificate in the chain", "");
    c->der = sw_config_alloc(cfg, (der ? 1 : count) * sizeof *c->der);
    if (c->der == NULL)
        return SW_ERR_MEMORY;
    c->der_len = der ? 1 : count;
    err = der ? copy_slice(cfg, chain, len, &c->der[0]) : take_pem(cfg, c, chain, len);
    for (size_t i = 0; i < c->der_len; i++)
        c->chain_bytes += 3 + c->der[i].len;
    if (err == SW_OK)
        err = sw_cert_parse(&c->leaf, c->der[0].p, c->der[0].len);
    return err == SW_OK ? SW_OK : refuse(cfg, err, "the certificate chain", sw_err_reason(err));
}

enum sw_err sw_config_add_cert_key(struct sw_config *cfg, const void *chain, size_t chain_len, struct sw_privkey *key)
{
    struct sw_credential *c;
    enum sw_err err;

    if (cfg->creds_len == SW_CREDENTIALS_MAX)
        return refuse(cfg, SW_ERR_ARGUMENT, "too many certificates", "");
    c = sw_config_alloc(cfg, sizeof *c);
    if (c == NULL)
        return refuse(cfg, SW_ERR_MEMORY, "out of memory", "");
    c->key = sw_privkey_ref(key);
    err = take_chain(cfg, c, chain, chain_len);
    if (err == SW_OK && !sw_pubkey_eq(&c->leaf.key, sw_privkey_public(key)) &&
        !(c->leaf.key.type == SW_KEY_RSA_PSS && sw_slice_eq(c->leaf.key.n, sw_privkey_public(key)->n)))
        err = refuse(cfg, SW_ERR_KEY_MISMATCH, sw_err_reason(SW_ERR_KEY_MISMATCH), "");
    if (err != SW_OK) {
        free_credential(cfg, c);
        return err;
    }
    cfg->creds[cfg->creds_len++] = c;
    return SW_OK;
}

enum sw_err sw_config_add_cert(struct sw_config *cfg, const void *chain, size_t chain_len, const void *key,
                               size_t key_len, const char *pass)
{
    struct sw_privkey *k;
    struct sw_slice phrase = {(const uint8_t *)pass, pass != NULL ? strlen(pass) : 0};
    enum sw_err err = sw_key_read(&k, key, key_len, phrase);

    if (err != SW_OK)
        return refuse(cfg, err, "the private key", sw_err_reason(err));
    err = sw_config_add_cert_key(cfg, chain, chain_len, k);
    sw_privkey_free(k);
    return err;
}

const struct sw_privkey *sw_config_key(const struct sw_config *cfg, size_t i)
{
    return i < cfg->creds_len ? cfg->creds[i]->key : NULL;
}

static struct sw_credential *newest(struct sw_config *cfg)
{
    return cfg->creds_len > 0 ? cfg->creds[cfg->creds_len - 1] : NULL;
}

enum sw_err sw_config_set_ocsp(struct sw_config *cfg, const void *response, size_t len)
{
    struct sw_credential *c = newest(cfg);

    if (c == NULL)
        return refuse(cfg, SW_ERR_STATE, "add a certificate before its status", "");
    free_slice(cfg, &c->ocsp);
    return copy_slice(cfg, response, len, &c->ocsp);
}

enum sw_err sw_config_set_cert_sigalgs(struct sw_config *cfg, const char *names)
{
    struct sw_credential *c = newest(cfg);
    enum sw_err err;

    if (c == NULL)
        return refuse(cfg, SW_ERR_STATE, "add a certificate before its signature schemes", "");
    err = set_list(cfg, SW_LIST_SIGSCHEMES, names, &c->sigalgs);
    c->has_sigalgs = c->has_sigalgs || err == SW_OK;
    return err;
}

enum sw_err sw_config_set_cert_match_issuer(struct sw_config *cfg, bool on)
{
    struct sw_credential *c = newest(cfg);

    if (c == NULL)
        return refuse(cfg, SW_ERR_STATE, "add a certificate first", "");
    c->match_issuer = on;
    return SW_OK;
}

/* --- trust ---------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_config_add_trust(struct sw_config *cfg, const void *pem, size_t len)
{
    enum sw_err err = sw_trust_add(cfg->trust, pem, len);

    return err == SW_OK ? SW_OK : refuse(cfg, err, "the root certificates", sw_err_reason(err));
}

enum sw_err sw_config_add_crl(struct sw_config *cfg, const void *pem, size_t len)
{
    enum sw_err err = sw_trust_add_crl(cfg->trust, pem, len);

    return err == SW_OK ? SW_OK : refuse(cfg, err, "the revocation list", sw_err_reason(err));
}

enum sw_err sw_config_set_client_auth(struct sw_config *cfg, enum sw_client_auth mode)
{
    if (cfg->role != SW_SERVER || (unsigned)mode > SW_CLIENT_AUTH_REQUIRE)
        return refuse(cfg, SW_ERR_ARGUMENT, "client authentication is a server's matter: none, request or require", "");
    cfg->client_auth = mode;
    cfg->client_auth_set = true;
    return SW_OK;
}

enum sw_client_auth sw_config_client_auth(const struct sw_config *cfg)
{
    if (cfg->client_auth_set)
        return cfg->client_auth;
    return sw_trust_count(cfg->trust) > 0 ? SW_CLIENT_AUTH_REQUIRE : SW_CLIENT_AUTH_NONE;
}

/* --- callbacks ------------------------------------------------------------------------------------------------------------ */

void sw_config_set_verify(struct sw_config *cfg,
                          enum sw_err (*verify)(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain),
                          void *ctx)
{
    cfg->verify = verify;
    cfg->verify_ctx = ctx;
}

void sw_config_set_hello(struct sw_config *cfg, enum sw_err (*hello)(void *ctx, struct sw_conn *conn), void *ctx)
{
    cfg->hello = hello;
    cfg->hello_ctx = ctx;
}

void sw_config_set_keylog(struct sw_config *cfg, void (*line)(void *ctx, struct sw_conn *conn, const char *text),
                          void *ctx)
{
    cfg->keylog = line;
    cfg->keylog_ctx = ctx;
}

void sw_config_set_trace(struct sw_config *cfg,
                         void (*trace)(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev), void *ctx)
{
    cfg->trace = trace;
    cfg->trace_ctx = ctx;
}

/* --- ALPN, options, sessions ------------------------------------------------------------------------------------------------ */

enum sw_err sw_config_set_alpn(struct sw_config *cfg, const char *names)
{
    size_t len = strlen(names);
    char *at;

    free_alpn(cfg);
    if (len == 0)
        return SW_OK;
    cfg->alpn_text = sw_config_alloc(cfg, len + 1);
    if (cfg->alpn_text == NULL)
        return refuse(cfg, SW_ERR_MEMORY, "out of memory", "");
    cfg->alpn_size = len + 1;
    memcpy(cfg->alpn_text, names, len);
    for (at = cfg->alpn_text; at != NULL;) {
        char *comma = strchr(at, ',');
        size_t n = comma != NULL ? (size_t)(comma - at) : strlen(at);

        if (n == 0 || n > 255 || cfg->alpn_len == SW_ALPN_MAX) {
            cfg->alpn_len = 0;
            return refuse(cfg, SW_ERR_ARGUMENT, "application protocols are 1 to 16 names of 1 to 255 bytes", names);
        }
        cfg->alpn[cfg->alpn_len++] = at;
        if (comma != NULL)
            *comma = '\0';
        at = comma != NULL ? comma + 1 : NULL;
    }
    return SW_OK;
}

struct range {
    long min, max;
    bool zero; /* 0 is allowed besides */
};

/* clang-format off */
static const struct range ranges[SW_OPT_COUNT] = {
    [SW_OPT_ETM]                = {0, 1, false},
    [SW_OPT_EMS]                = {0, 2, false},
    [SW_OPT_TICKETS]            = {0, 1, false},
    [SW_OPT_SESSION_CACHE]      = {0, 1 << 24, false},
    [SW_OPT_SESSION_LIFETIME]   = {1, 604800, false},
    [SW_OPT_MAX_MESSAGE]        = {512, 1 << 24, false},
    [SW_OPT_MAX_CHAIN]          = {512, 1 << 24, false},
    [SW_OPT_MAX_DEPTH]          = {1, 15, false},
    [SW_OPT_RECORD_SIZE_LIMIT]  = {64, 16385, true},
    [SW_OPT_MAX_FRAGMENT]       = {512, 4096, true},
    [SW_OPT_MAX_SEND]           = {64, 16384, false},
    [SW_OPT_STATUS_REQUEST]     = {0, 2, false},
    [SW_OPT_SERVER_ORDER]       = {0, 1, false},
    [SW_OPT_GREASE]             = {0, 1, false},
    [SW_OPT_FALLBACK_SCSV]      = {0, 1, false},
    [SW_OPT_KEEP_CHAIN]         = {0, 2, false},
    [SW_OPT_STRICT_PATHS]       = {0, 1, false},
    [SW_OPT_REQUIRE_SNI_MATCH]  = {0, 1, false},
    [SW_OPT_RENEGOTIATION_FATAL] = {0, 1, false},
    [SW_OPT_INSECURE_NO_VERIFY] = {0, 1, false},
};
/* clang-format on */

enum sw_err sw_config_set_option(struct sw_config *cfg, enum sw_option opt, long value)
{
    const struct range *r = &ranges[opt];

    if ((unsigned)opt >= SW_OPT_COUNT || !((value >= r->min && value <= r->max) || (r->zero && value == 0)))
        return refuse(cfg, SW_ERR_ARGUMENT, "an option has a value it does not take", "");
    if (opt == SW_OPT_MAX_FRAGMENT && (value & (value - 1)) != 0)
        return refuse(cfg, SW_ERR_ARGUMENT, "max_fragment_length is 512, 1024, 2048 or 4096", "");
    cfg->options[opt] = value;
    return SW_OK;
}

/* The server's cache and keys, made when somebody needs them: by then the options are set. */
static enum sw_err need_sessions(struct sw_config *cfg)
{
    struct sw_sessions *s;

    if (cfg->sessions != NULL)
        return SW_OK;
    s = sw_config_alloc(cfg, sizeof *s);
    if (s == NULL)
        return SW_ERR_MEMORY;
    atomic_init(&s->refs, 1);
    s->alloc = cfg->alloc;
    s->cache = sw_session_cache_new(&cfg->alloc, (size_t)cfg->options[SW_OPT_SESSION_CACHE]);
    s->tickets = sw_ticket_keys_new(&cfg->alloc);
    if (s->cache == NULL || s->tickets == NULL) {
        sessions_drop(s);
        return SW_ERR_MEMORY;
    }
    cfg->sessions = s;
    return SW_OK;
}

enum sw_err sw_config_set_ticket_keys(struct sw_config *cfg, const uint8_t (*keys)[32], size_t count)
{
    enum sw_err err = need_sessions(cfg);

    if (err == SW_OK)
        err = sw_ticket_keys_set(cfg->sessions->tickets, keys, count);
    return err == SW_OK ? SW_OK : refuse(cfg, err, "the ticket keys", sw_err_reason(err));
}

enum sw_err sw_config_share_sessions(struct sw_config *cfg, struct sw_config *with)
{
    enum sw_err err;

    if (cfg->role != SW_SERVER || with->role != SW_SERVER)
        return refuse(cfg, SW_ERR_ARGUMENT, "sessions are shared between servers", "");
    err = need_sessions(with);
    if (err != SW_OK)
        return err;
    atomic_fetch_add_explicit(&with->sessions->refs, 1, memory_order_relaxed);
    sessions_drop(cfg->sessions);
    cfg->sessions = with->sessions;
    return SW_OK;
}

bool sw_list_has(const struct sw_id_list *list, uint16_t id)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

enum sw_err sw_config_ready(struct sw_config *cfg)
{
    if (cfg->role == SW_SERVER && cfg->creds_len == 0)
        return refuse(cfg, SW_ERR_CONFIG, "a server needs a certificate and its key", "");
    if (sw_trust_count(cfg->trust) > 0 && cfg->now == NULL)
        return refuse(cfg, SW_ERR_CONFIG, "checking certificates needs a clock: sw_config_set_clock", "");
    if (cfg->role == SW_CLIENT && sw_trust_count(cfg->trust) == 0 && cfg->verify == NULL &&
        !cfg->options[SW_OPT_INSECURE_NO_VERIFY])
        return refuse(cfg, SW_ERR_CONFIG, "a client needs root certificates to trust", "");
    if (cfg->suites.len == 0)
        return refuse(cfg, SW_ERR_CONFIG, "there is no cipher suite", "");
    return cfg->role == SW_SERVER ? need_sessions(cfg) : SW_OK;
}
