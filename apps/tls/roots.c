#include "apps/tls/roots.h"
#include "ttp/file.h"

typedef enum sw_err (*adder)(struct sw_trust *trust, const void *p, size_t len);

static enum sw_err add_files(const struct app_values *files, struct sw_trust *trust, adder add, const char **path)
{
    enum sw_err err = SW_OK;
    for (size_t i = 0; i < files->n && err == SW_OK; i++) {
        struct sw_file file = {0};
        *path = files->v[i];
        err = sw_file_read(files->v[i], SW_FILE_MAX, &file);
        if (err == SW_OK)
            err = add(trust, file.p, file.len);
        sw_file_free(&file);
    }
    return err;
}

enum sw_err roots_read(const struct app *app, struct sw_trust **out, const char **path)
{
    *path = NULL;
    *out = sw_trust_new();
    if (!*out)
        return SW_ERR_MEMORY;
    enum sw_err err = add_files(&app->opt[OPT_TRUST], *out, sw_trust_add, path);
    if (err == SW_OK)
        err = add_files(&app->opt[OPT_CRL], *out, sw_trust_add_crl, path);
    if (err != SW_OK) {
        sw_trust_free(*out);
        *out = NULL;
    }
    return err;
}
