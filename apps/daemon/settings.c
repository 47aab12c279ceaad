/* From options to what the services of sealwaxd serve take. Read at the start, and again whenever the settings are. */
#include "apps/daemon/serve.h"
#include "apps/tls/tls_config.h"
#include <stdlib.h>

int serve_store_limits(const struct app *app, struct sw_store_limits *out)
{
    long queue, rate, deliveries;
    *out = sw_store_defaults;
    int code = app_get_size(app, OPT_MAX_MESSAGE, out->body_max, SERVE_MESSAGE_LIMIT, &out->body_max);
    if (!code)
        code = app_get_int(app, OPT_MAX_QUEUE, (long)out->queue_max, 1, INT32_MAX, &queue);
    if (!code)
        code = app_get_int(app, OPT_MAX_RATE, (long)out->rate_max, 1, INT32_MAX, &rate);
    if (!code)
        code = app_get_int(app, OPT_MAX_DELIVERIES, (long)out->deliveries, 1, INT32_MAX, &deliveries);
    if (!code)
        code = app_get_span(app, OPT_MAX_TTL, out->ttl_max, &out->ttl_max);
    if (!code) {
        out->queue_max = (unsigned)queue;
        out->rate_max = (unsigned)rate;
        out->deliveries = (unsigned)deliveries;
    }
    return code;
}

int serve_tls(const struct app *app, struct sw_config **out)
{
    if (!tls_has_cert(app))
        return app_usage(app, "a server needs a certificate: --cert FILE --key FILE");
    if (!app_has(app, OPT_TRUST))
        return app_usage(app, "clients are known by their certificates: --trust FILE with the root that issues them");
    int code = tls_config_new(app, SW_SERVER, KEY_CARE_REFUSE, out);
    if (code)
        return code;
    enum sw_err err = sw_config_set_alpn(*out, "http/1.1");
    if (err == SW_OK) /* for the directory, which looks at once */
        err = sw_config_set_option(*out, SW_OPT_KEEP_CHAIN, 2);
    if (err == SW_OK) /* keys that are shared are kept as long */
        err = sw_config_set_option(*out, SW_OPT_SESSION_LIFETIME, SW_TICKET_LIFE);
    if (err == SW_OK)
        err = sw_config_set_client_auth(*out, SW_CLIENT_AUTH_REQUIRE);
    code = err ? app_fail(app, err, "configuration") : tls_config_try(app, *out);
    if (code) {
        sw_config_free(*out);
        *out = NULL;
    }
    return code;
}

int serve_media_limits(const struct app *app, struct media_limits *out)
{
    long streams;
    int code = app_get_int(app, OPT_MAX_STREAMS, 1, 1, 1000, &streams);
    *out = (struct media_limits){.streams = (unsigned)streams, .patience_ms = MEDIA_PATIENCE_MS};
    return code;
}

int serve_file_limits(const struct app *app, struct file_limits *out)
{
    size_t file, space;
    int code = app_get_size(app, OPT_MAX_FILE, (size_t)64 << 30, (size_t)1 << 46, &file);
    if (!code)
        code = app_get_size(app, OPT_MAX_SPACE, (size_t)256 << 30, (size_t)1 << 50, &space);
    if (!code)
        *out = (struct file_limits){(int64_t)file, (int64_t)space};
    return code;
}
