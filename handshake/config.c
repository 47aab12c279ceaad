/*
 * What is decided before a connection. Setters check what they are given at once and say which word they did not like; nothing is left for the first
 * connection to find out. Certificates are added in config_cert.c, options in config_options.c, sessions kept in config_sessions.c.
 */
#include "handshake/config.h"
#include "base/wipe.h"
#include "record/record.h"
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

const struct sw_allocator sw_allocator_plain = {plain_alloc, plain_release, NULL};

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

/* --- making and freeing ------------------------------------------------------------------------------------------------- */

struct sw_config *sw_config_new(enum sw_role role, const struct sw_allocator *alloc)
{
    struct sw_allocator use = alloc != NULL ? *alloc : sw_allocator_plain;
    struct sw_config *cfg = use.alloc(use.ctx, sizeof *cfg);

    if (cfg == NULL)
        return NULL;
    memset(cfg, 0, sizeof *cfg);
    atomic_init(&cfg->refs, 1);
    cfg->role = role;
    cfg->alloc = use;
    cfg->options[SW_OPT_ETM] = cfg->options[SW_OPT_EMS] = cfg->options[SW_OPT_TICKETS] =
        cfg->options[SW_OPT_SERVER_ORDER] = cfg->options[SW_OPT_CONFIRM_SNI] = 1;
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

static void free_alpn(struct sw_config *cfg)
{
    sw_config_release(cfg, cfg->alpn_text, cfg->alpn_size);
    cfg->alpn_text = NULL;
    cfg->alpn_size = cfg->alpn_len = 0;
}

void sw_config_free(struct sw_config *cfg)
{
    struct sw_allocator alloc;

    if (cfg == NULL || atomic_fetch_sub_explicit(&cfg->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < cfg->creds_len; i++)
        sw_credential_free(cfg, cfg->creds[i]);
    sw_trust_free(cfg->trust);
    sw_sessions_drop(cfg->sessions);
    free_alpn(cfg);
    alloc = cfg->alloc;
    sw_wipe(cfg, sizeof *cfg);
    alloc.release(alloc.ctx, cfg, sizeof *cfg);
}

/* --- errors ------------------------------------------------------------------------------------------------------------- */

const char *sw_config_error(const struct sw_config *cfg)
{
    return cfg->error;
}

enum sw_err sw_config_refuse(struct sw_config *cfg, enum sw_err err, const char *what, const char *detail)
{
    snprintf(cfg->error, sizeof cfg->error, "%s%s%s", what, detail[0] != '\0' ? ": " : "", detail);
    return err;
}

/* --- versions and lists ------------------------------------------------------------------------------------------------- */

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
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "unknown policy (classic, modern or all)", name);
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
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "versions are 1.2 or 1.3, the lower one first", "");
    cfg->min_version = (uint16_t)min;
    cfg->max_version = (uint16_t)max;
    return SW_OK;
}

bool sw_config_speaks(const struct sw_config *cfg, unsigned version)
{
    if (version < cfg->min_version || version > cfg->max_version)
        return false;
    for (size_t i = 0; i < cfg->suites.len; i++)
        if (sw_suite_by_id(cfg->suites.id[i])->min_version == version)
            return true;
    return false;
}

enum sw_err sw_config_set_list(struct sw_config *cfg, enum sw_list_kind kind, const char *names, struct sw_id_list *out)
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
    return sw_config_set_list(cfg, SW_LIST_SUITES, names, &cfg->suites);
}

enum sw_err sw_config_set_groups(struct sw_config *cfg, const char *names)
{
    return sw_config_set_list(cfg, SW_LIST_GROUPS, names, &cfg->groups);
}

enum sw_err sw_config_set_sigalgs(struct sw_config *cfg, const char *names)
{
    return sw_config_set_list(cfg, SW_LIST_SIGSCHEMES, names, &cfg->sigalgs);
}

bool sw_list_has(const struct sw_id_list *list, uint16_t id)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

/* --- application protocols ---------------------------------------------------------------------------------------------- */

enum sw_err sw_config_set_alpn(struct sw_config *cfg, const char *names)
{
    size_t len = strlen(names);
    char *at;

    free_alpn(cfg);
    if (len == 0)
        return SW_OK;
    cfg->alpn_text = sw_config_alloc(cfg, len + 1);
    if (cfg->alpn_text == NULL)
        return sw_config_refuse(cfg, SW_ERR_MEMORY, "out of memory", "");
    cfg->alpn_size = len + 1;
    memcpy(cfg->alpn_text, names, len);
    for (at = cfg->alpn_text; at != NULL;) {
        char *comma = strchr(at, ',');
        size_t n = comma != NULL ? (size_t)(comma - at) : strlen(at);

        if (n == 0 || n > 255 || cfg->alpn_len == SW_ALPN_MAX) {
            cfg->alpn_len = 0;
            return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "application protocols are 1 to 16 names of 1 to 255 bytes",
                                    names);
        }
        cfg->alpn[cfg->alpn_len++] = at;
        if (comma != NULL)
            *comma = '\0';
        at = comma != NULL ? comma + 1 : NULL;
    }
    return SW_OK;
}

/* --- trust -------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_config_add_trust(struct sw_config *cfg, const void *pem, size_t len)
{
    enum sw_err err = sw_trust_add(cfg->trust, pem, len);

    if (err == SW_ERR_PEM)
        return sw_config_refuse(cfg, err, "there is no certificate in it, or a damaged one", "");
    return err == SW_OK ? SW_OK : sw_config_refuse(cfg, err, "the root certificates", sw_err_reason(err));
}

enum sw_err sw_config_add_crl(struct sw_config *cfg, const void *pem, size_t len)
{
    enum sw_err err = sw_trust_add_crl(cfg->trust, pem, len);

    if (err == SW_ERR_PEM)
        return sw_config_refuse(cfg, err, "there is no revocation list in it, or a damaged one", "");
    return err == SW_OK ? SW_OK : sw_config_refuse(cfg, err, "the revocation list", sw_err_reason(err));
}

enum sw_err sw_config_set_client_auth(struct sw_config *cfg, enum sw_client_auth mode)
{
    if (cfg->role != SW_SERVER || (unsigned)mode > SW_CLIENT_AUTH_REQUIRE)
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT,
                                "client authentication is a server's matter: none, request or require", "");
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

/* --- callbacks ---------------------------------------------------------------------------------------------------------- */

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

/* --- ready -------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_config_ready(struct sw_config *cfg)
{
    if (cfg->role == SW_SERVER && cfg->creds_len == 0)
        return sw_config_refuse(cfg, SW_ERR_CONFIG, "a server needs a certificate and its key", "");
    if (sw_trust_count(cfg->trust) > 0 && cfg->now == NULL)
        return sw_config_refuse(cfg, SW_ERR_CONFIG, "checking certificates needs a clock: sw_config_set_clock", "");
    if (cfg->role == SW_CLIENT && sw_trust_count(cfg->trust) == 0 && cfg->verify == NULL &&
        !cfg->options[SW_OPT_INSECURE_NO_VERIFY])
        return sw_config_refuse(cfg, SW_ERR_CONFIG, "a client needs root certificates to trust", "");
    if (cfg->suites.len == 0)
        return sw_config_refuse(cfg, SW_ERR_CONFIG, "there is no cipher suite", "");
    if (!sw_config_speaks(cfg, SW_TLS12) && !sw_config_speaks(cfg, SW_TLS13))
        return sw_config_refuse(cfg, SW_ERR_CONFIG, "no cipher suite belongs to the versions that are on", "");
    return cfg->role == SW_SERVER ? sw_config_sessions(cfg) : SW_OK;
}
