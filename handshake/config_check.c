/*
 * Whether a peer's certificates would be accepted, without the peer: for a server that hands out those of its clients.
 */
#include "handshake/config.h"
#include "handshake/conn.h"

enum sw_err sw_config_check_chain(const struct sw_config *cfg, const struct sw_cert *chain, size_t len)
{
    struct sw_verify_result result;

    if (len == 0 || cfg->now == NULL)
        return SW_ERR_ARGUMENT;
    const struct sw_verify_params params = {
        .trust = cfg->trust,
        .untrusted = chain + 1,
        .untrusted_len = len - 1,
        .time = cfg->now(cfg->now_ctx),
        .purpose = cfg->role == SW_SERVER ? SW_PURPOSE_CLIENT : SW_PURPOSE_SERVER,
        .max_depth = (unsigned)cfg->options[SW_OPT_MAX_DEPTH],
        .strict = cfg->options[SW_OPT_STRICT_PATHS] != 0,
    };
    return sw_verify(&chain[0], &params, &result);
}
