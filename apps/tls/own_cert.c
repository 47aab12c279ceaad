#include "apps/tls/own_cert.h"
#include "ttp/cert.h"
#include "ttp/cli_time.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

int own_key_read(const struct app *app, const char *path, bool beside, bool exposed_ok, struct sw_file *out)
{
    enum sw_err err = sw_file_read_secret(path, SW_FILE_MAX, out);
    bool exposed = err == SW_ERR_PERMISSION;
    if (exposed)
        err = sw_file_read(path, SW_FILE_MAX, out);
    if (err != SW_OK)
        return app_fail(app, err, path);
    const char *instead = sw_key_instead(out->p, out->len);
    if (instead)
        return beside ? app_error(app, APP_BAD_INPUT, "%s: there is no private key in this file; --key names its file",
                                  path)
                      : app_error(app, APP_BAD_INPUT, "%s: this is %s, not a private key", path, instead);
    if (exposed && exposed_ok)
        app_warn(app, "warning: %s: others can read this private key", path);
    else if (exposed)
        return app_fail(app, SW_ERR_PERMISSION, path);
    return APP_DONE;
}

/* The first certificate of a file, decoded into a buffer to be freed. */
static uint8_t *first_der(const struct sw_file *file, size_t *len)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    uint8_t *der = malloc(file->len + 1);
    if (!der)
        return NULL;
    while (sw_pem_next(&r, &block))
        if (sw_pem_is(&block, "CERTIFICATE") && sw_pem_decode(&block, der, file->len, len) == SW_OK)
            return der;
    memcpy(der, file->p, file->len);
    *len = file->len;
    return der;
}

static void warn_time(const struct app *app, const char *path, const char *what, int64_t when)
{
    char text[CLI_TIME_CAP];
    cli_time_text(when, text);
    app_warn(app, "warning: %s: %s %s", path, what, text);
}

void own_cert_judge(const struct app *app, enum sw_role role, const char *path, const struct sw_file *file)
{
    struct sw_cert cert;
    size_t len;
    int64_t now = (int64_t)time(NULL);
    unsigned wanted = role == SW_SERVER ? SW_EKU_SERVER_AUTH : SW_EKU_CLIENT_AUTH;
    uint8_t *der = first_der(file, &len);
    if (der && sw_cert_parse(&cert, der, len) == SW_OK) {
        if (cert.not_after < now)
            warn_time(app, path, "this certificate expired", cert.not_after);
        if (cert.not_before > now)
            warn_time(app, path, "this certificate is not valid before", cert.not_before);
        if (cert.has_eku && !(cert.eku & (wanted | SW_EKU_ANY)))
            app_warn(app, "warning: %s: this certificate is not for %s; a careful peer refuses it", path,
                     role == SW_SERVER ? "servers" : "clients");
    }
    free(der);
}
