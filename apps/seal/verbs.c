/* sealwax seal and sealwax open: files in and out, and the verdict for a person or as JSON. */
#include "apps/verbs.h"
#include "apps/passphrase.h"
#include "apps/seal/files.h"
#include "apps/seal/header.h"
#include "apps/seal/seal.h"
#include "base/aead.h"
#include "ttp/key.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What both verbs read first. */
struct materials {
    struct seal_chain chain;
    struct sw_privkey *key;
    struct sw_trust *trust;
};

/* --- files of keys and certificates --------------------------------------------------------------------------------------- */

static int read_chain(const struct app *app, const char *path, struct seal_chain *out)
{
    struct sw_file file = {0};
    enum sw_err err = sw_file_read(path, SW_FILE_MAX, &file);
    if (err == SW_OK)
        err = seal_chain_read(out, file.p, file.len);
    int code = err == SW_OK ? APP_DONE : app_fail(app, err, path);
    sw_file_free(&file);
    return code;
}

/* Without a passphrase first, so that nobody is asked for one that is not needed. */
static int read_key(const struct app *app, const char *path, struct sw_privkey **out)
{
    struct passphrase pass = {0};
    struct sw_file file = {0};
    enum sw_err err = sw_file_read_secret(path, SW_FILE_MAX, &file);
    int code = APP_DONE;
    if (err == SW_OK)
        err = sw_key_read(out, file.p, file.len, (struct sw_slice){NULL, 0});
    if (err == SW_ERR_PASSPHRASE) {
        code = passphrase_get(app, path, true, &pass);
        if (!code && pass.given)
            err = sw_key_read(out, file.p, file.len, (struct sw_slice){(const uint8_t *)pass.text, strlen(pass.text)});
    }
    if (!code && err != SW_OK)
        code = app_fail(app, err, path);
    passphrase_wipe(&pass);
    sw_file_free(&file);
    return code;
}

typedef enum sw_err (*trust_adder)(struct sw_trust *trust, const void *p, size_t len);

static int add_trust(const struct app *app, enum app_option id, struct sw_trust *trust, trust_adder add)
{
    for (size_t i = 0; i < app->opt[id].n; i++) {
        struct sw_file file = {0};
        enum sw_err err = sw_file_read(app->opt[id].v[i], SW_FILE_MAX, &file);
        if (err == SW_OK)
            err = add(trust, file.p, file.len);
        sw_file_free(&file);
        if (err != SW_OK)
            return app_fail(app, err, app->opt[id].v[i]);
    }
    return APP_DONE;
}

static int materials_read(const struct app *app, struct materials *m)
{
    const char *cert = app_get(app, OPT_CERT), *key = app_get(app, OPT_KEY);
    if (!cert)
        return app_usage(app, "say who we are: --cert FILE and --key FILE");
    if (app->opt[OPT_CERT].n > 1 || app->opt[OPT_KEY].n > 1)
        return app_usage(app, "one --cert and one --key");
    if (!app_has(app, OPT_TRUST))
        return app_usage(app, "say whom to trust: --trust FILE with root certificates");
    m->trust = sw_trust_new();
    if (!m->trust)
        return app_fail(app, SW_ERR_MEMORY, "roots");
    int code = read_chain(app, cert, &m->chain);
    if (!code)
        code = read_key(app, key ? key : cert, &m->key);
    if (!code)
        code = add_trust(app, OPT_TRUST, m->trust, sw_trust_add);
    if (!code)
        code = add_trust(app, OPT_CRL, m->trust, sw_trust_add_crl);
    return code;
}

static void materials_free(struct materials *m)
{
    seal_chain_free(&m->chain);
    sw_privkey_free(m->key);
    sw_trust_free(m->trust);
}

/* --- results -------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int code;
} results[] = {
    [SEAL_OK] = {"ok", APP_DONE},
    [SEAL_NOT_FOR_US] = {"not-for-us", APP_NO},
    [SEAL_TAMPERED] = {"tampered", APP_NO},
    [SEAL_SIGNER] = {"signer", APP_NO},
    [SEAL_EXPIRED] = {"expired", APP_NO},
    [SEAL_RECIPIENT] = {"recipient", APP_NO},
    [SEAL_MALFORMED] = {"malformed", APP_BAD_INPUT},
    [SEAL_UNSUPPORTED] = {"unsupported", APP_BAD_INPUT},
    [SEAL_TOO_LONG] = {"too-long", APP_BAD_INPUT},
    [SEAL_CONFIG] = {"config", APP_BAD_INPUT},
    [SEAL_SYSTEM] = {"system", APP_SYSTEM},
};

static const char *input_name(const struct app *app)
{
    const char *path = app->argc ? app->argv[0] : "-";
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* A failure without words is one of a file. */
static void complete(const struct app *app, struct seal_status *st, const struct file_source *in,
                     const struct file_sink *out)
{
    if (st->result != SEAL_SYSTEM || *st->reason)
        return;
    const char *output = out->path ? out->path : "standard output";
    snprintf(st->reason, sizeof st->reason, "%s: %s", in->source.failed ? input_name(app) : output,
             strerror(in->source.failed ? in->error : out->error));
}

/* --- seal ----------------------------------------------------------------------------------------------------------------- */

static int read_form(const struct app *app, struct seal_params *p)
{
    const char *form = app_get(app, OPT_SEAL_FORM);
    int64_t ttl;
    int code = app_get_span(app, OPT_EXPIRES, 0, &ttl);
    if (form && strcmp(form, "hybrid") != 0 && strcmp(form, "rsa") != 0)
        return app_usage(app, "--seal takes hybrid or rsa, not %s", form);
    p->form = form && *form == 'r' ? SEAL_RSA : SEAL_HYBRID;
    p->der = app_has(app, OPT_DER);
    p->now = (int64_t)time(NULL);
    p->expires = ttl ? p->now + ttl : 0;
    return code;
}

/* Said before half of a large file has been read, not after. */
static int check_size(const struct app *app, const struct file_source *in)
{
    struct stat st;
    if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > SW_AEAD_STREAM_MAX)
        return app_error(app, APP_BAD_INPUT, "%s: a sealed message holds at most 4 GiB", input_name(app));
    return APP_DONE;
}

static int seal_file(const struct app *app, const struct seal_params *p)
{
    struct file_source in;
    struct file_sink out;
    struct seal_status st;
    int code = file_source_open(&in, app, app->argc ? app->argv[0] : "-");
    if (code)
        return code;
    code = check_size(app, &in);
    if (code) {
        file_source_close(&in);
        return code;
    }
    code = file_sink_open(&out, app, FILE_SINK_STREAM, false);
    if (!code && out.guard && p->der)
        code = app_error(app, APP_REFUSED, "standard output is a terminal: use -o FILE, or -o - if you mean it");
    if (!code && !seal_stream(p, &in.source, &out.sink, &st)) {
        complete(app, &st, &in, &out);
        code = app_error(app, results[st.result].code, "%s", st.reason);
    } else if (!code) {
        code = file_sink_commit(&out);
    }
    file_sink_close(&out);
    file_source_close(&in);
    return code;
}

int seal_run(struct app *app)
{
    struct materials m = {0};
    struct seal_params p = {0};
    size_t n = app->opt[OPT_TO_CERT].n;
    int code = read_form(app, &p);
    if (code)
        return code;
    if (n == 0 || n > SEAL_TO_MAX)
        return app_usage(app, "say whom it is for: --to FILE with a certificate, at most %d times", SEAL_TO_MAX);
    struct seal_chain *to = calloc(n, sizeof *to);
    if (!to)
        return app_fail(app, SW_ERR_MEMORY, "recipients");
    code = materials_read(app, &m);
    for (size_t i = 0; i < n && !code; i++)
        code = read_chain(app, app->opt[OPT_TO_CERT].v[i], &to[i]);
    p.self = (struct seal_self){&m.chain, m.key};
    p.trust = m.trust;
    p.to = to;
    p.to_len = n;
    if (!code)
        code = seal_file(app, &p);
    for (size_t i = 0; i < n; i++)
        seal_chain_free(&to[i]);
    free(to);
    materials_free(&m);
    return code;
}

/* --- open ----------------------------------------------------------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *time_or_null(int64_t time)
{
    char text[TIME_MAX];
    seal_time_text(time, text);
    return text_or_null(text);
}

/* One object; where the text does not go. */
static void print_json(const struct seal_verdict *v, bool to_stdout)
{
    bool ok = v->status.result == SEAL_OK;
    json_t *o = json_object();
    json_object_set_new(o, "result", json_string(results[v->status.result].name));
    json_object_set_new(o, "signer", text_or_null(v->signer));
    json_object_set_new(o, "serial", text_or_null(v->serial));
    json_object_set_new(o, "issuer", text_or_null(v->issuer));
    json_object_set_new(o, "sha256", text_or_null(v->fingerprint));
    json_object_set_new(o, "root", text_or_null(v->root));
    json_object_set_new(o, "signed", time_or_null(v->signed_at));
    json_object_set_new(o, "bound", json_boolean(v->bound));
    json_object_set_new(o, "date", time_or_null(v->date));
    json_object_set_new(o, "expires", time_or_null(v->expires));
    json_object_set_new(o, "message_id", text_or_null(v->message_id));
    json_object_set_new(o, "cipher", text_or_null(v->cipher ? v->cipher : ""));
    json_object_set_new(o, "key_transport", text_or_null(v->key_transport ? v->key_transport : ""));
    json_object_set_new(o, "size", ok ? json_integer((json_int_t)v->size) : json_null());
    if (!ok)
        json_object_set_new(
            o, "error", json_pack("{s:s,s:s}", "name", results[v->status.result].name, "message", v->status.reason));
    json_dumpf(o, to_stdout ? stdout : stderr, JSON_COMPACT);
    fputc('\n', to_stdout ? stdout : stderr);
    json_decref(o);
}

static void print_text(const struct app *app, const struct seal_verdict *v)
{
    char at[TIME_MAX], until[TIME_MAX];
    seal_time_text(v->signed_at ? v->signed_at : v->date, at);
    seal_time_text(v->expires, until);
    app_say(app, "signed by %s (serial %s, issued by %s)%s%s", v->signer, v->serial, v->issuer, *at ? " at " : "", at);
    app_say(app, "the path to %s is valid; encrypted with %s%s%s", v->root, v->cipher,
            *v->key_transport ? ", key by " : "", v->key_transport);
    if (v->bound)
        app_say(app, "meant for us%s%s; message %s", *until ? ", until " : "", until, v->message_id);
    else
        app_warn(app,
                 "warning: the signer does not say whom it is for: anybody who had it may have passed it on to us");
}

/* The verdict of a refused message still names who is known to have signed it. */
static int refuse(const struct app *app, const struct seal_verdict *v, bool to_stdout)
{
    int code = results[v->status.result].code;
    if (app->json) {
        print_json(v, to_stdout);
        return code;
    }
    if (*v->signer)
        return app_error(app, code, "%s: refused: %s (the signature names %s, serial %s)", input_name(app),
                         v->status.reason, v->signer, v->serial);
    return app_error(app, code, "%s: refused: %s", input_name(app), v->status.reason);
}

static int open_file(const struct app *app, const struct seal_open_params *p)
{
    struct file_source in;
    struct file_sink out;
    struct seal_verdict v;
    int code = file_source_open(&in, app, app->argc ? app->argv[0] : "-");
    if (code)
        return code;
    code = file_sink_open(&out, app, FILE_SINK_HOLD, true);
    if (!code && !seal_open_stream(p, &in.source, &out.sink, &v)) {
        complete(app, &v.status, &in, &out);
        code = refuse(app, &v, out.path != NULL);
    } else if (!code) {
        code = file_sink_commit(&out);
        if (!code && app->json)
            print_json(&v, out.path != NULL);
        else if (!code)
            print_text(app, &v);
    }
    file_sink_close(&out);
    file_source_close(&in);
    return code;
}

int open_run(struct app *app)
{
    struct materials m = {0};
    int code = materials_read(app, &m);
    if (!code) {
        struct seal_open_params p = {
            .self = {&m.chain, m.key},
            .trust = m.trust,
            .now = (int64_t)time(NULL),
            .require_bound = app_has(app, OPT_REQUIRE_BOUND),
        };
        code = open_file(app, &p);
    }
    materials_free(&m);
    return code;
}
