/*
 * What a server remembers to resume sessions: its cache and its ticket keys. Both outlive a configuration when it is
 * reloaded.
 */
#include "handshake/config.h"

void sw_sessions_drop(struct sw_sessions *s)
{
    struct sw_allocator alloc;

    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    alloc = s->alloc;
    sw_session_cache_free(s->cache);
    sw_ticket_keys_free(s->tickets);
    alloc.release(alloc.ctx, s, sizeof *s);
}

/* The server's cache and keys, made when somebody needs them: by then the options are set. */
enum sw_err sw_config_sessions(struct sw_config *cfg)
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
        sw_sessions_drop(s);
        return SW_ERR_MEMORY;
    }
    cfg->sessions = s;
    return SW_OK;
}

enum sw_err sw_config_set_ticket_keys(struct sw_config *cfg, const uint8_t (*keys)[32], size_t count)
{
    enum sw_err err = sw_config_sessions(cfg);

    if (err == SW_OK)
        err = sw_ticket_keys_set(cfg->sessions->tickets, keys, count);
    return err == SW_OK ? SW_OK : sw_config_refuse(cfg, err, "the ticket keys", sw_err_reason(err));
}

enum sw_err sw_config_share_sessions(struct sw_config *cfg, struct sw_config *with)
{
    enum sw_err err;

    if (cfg->role != SW_SERVER || with->role != SW_SERVER)
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "sessions are shared between servers", "");
    err = sw_config_sessions(with);
    if (err != SW_OK)
        return err;
    atomic_fetch_add_explicit(&with->sessions->refs, 1, memory_order_relaxed);
    sw_sessions_drop(cfg->sessions);
    cfg->sessions = with->sessions;
    return SW_OK;
}
