/* The numeric options, and what values each takes. */
#include "handshake/config.h"

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
    [SW_OPT_SCT]                = {0, 1, false},
    [SW_OPT_SERVER_ORDER]       = {0, 1, false},
    [SW_OPT_RESUME_BEST_SUITE]  = {0, 1, false},
    [SW_OPT_GREASE]             = {0, 1, false},
    [SW_OPT_FALLBACK_SCSV]      = {0, 1, false},
    [SW_OPT_FALSE_START]        = {0, 1, false},
    [SW_OPT_KEEP_CHAIN]         = {0, 2, false},
    [SW_OPT_STRICT_PATHS]       = {0, 1, false},
    [SW_OPT_REQUIRE_SNI_MATCH]  = {0, 1, false},
    [SW_OPT_CONFIRM_SNI]        = {0, 1, false},
    [SW_OPT_RENEGOTIATION_FATAL] = {0, 1, false},
    [SW_OPT_REQUIRE_SECURE_RENEGOTIATION] = {0, 1, false},
    [SW_OPT_INSIST_ON_CERT]     = {0, 1, false},
    [SW_OPT_INSECURE_NO_VERIFY] = {0, 1, false},
};
/* clang-format on */

static bool takes(enum sw_option opt, long value)
{
    if ((unsigned)opt >= SW_OPT_COUNT)
        return false;
    return (value >= ranges[opt].min && value <= ranges[opt].max) || (ranges[opt].zero && value == 0);
}

enum sw_err sw_config_set_option(struct sw_config *cfg, enum sw_option opt, long value)
{
    if (!takes(opt, value))
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "an option has a value it does not take", "");
    if (opt == SW_OPT_MAX_FRAGMENT && (value & (value - 1)) != 0)
        return sw_config_refuse(cfg, SW_ERR_ARGUMENT, "max_fragment_length is 512, 1024, 2048 or 4096", "");
    cfg->options[opt] = value;
    return SW_OK;
}
