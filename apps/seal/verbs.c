/*
 * sealwax open, and what sealwax seal does with its file (apps/message/seal.c is the verb): files in and out, and the
 * verdict for a person or as JSON.
 */
#include "apps/seal/verbs.h"
#include "apps/cli/passphrase.h"
#include "apps/seal/files.h"
#include "apps/seal/header.h"
#include "apps/seal/materials.h"
#include "apps/seal/seal.h"
#include "apps/verbs.h"
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

/* --- results ------------------------------------------------------------------------------------------------------ */

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

/* --- seal --------------------------------------------------------------------------------------------------------- */

int seal_read_form(const struct app *app, struct seal_params *p)
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

/* One object; where the message does not go. */
static void print_sealed(const struct seal_params *p, const char *output)
{
    FILE *out = output && strcmp(output, "-") != 0 ? stdout : stderr;
    json_t *o = json_pack("{s:s,s:s,s:i,s:s?}", "result", "ok", "form", p->form == SEAL_RSA ? "rsa" : "hybrid",
                          "recipients", (int)p->to_len, "output", out == stdout ? output : NULL);
    json_dumpf(o, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(o);
}

int seal_file(const struct app *app, const struct seal_params *p)
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
        if (!code && app->json)
            print_sealed(p, app_get(app, OPT_OUTPUT));
    }
    file_sink_close(&out);
    file_source_close(&in);
    return code;
}

/* --- open --------------------------------------------------------------------------------------------------------- */

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
        json_object_set_new(o, "error",
                            json_pack("{s:s,s:n,s:s,s:n}", "name", results[v->status.result].name, "alert", "message",
                                      v->status.reason, "peer"));
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
    struct seal_materials m = {0};
    int code = seal_materials_read(app, &m);
    if (!code) {
        struct seal_open_params p = {
            .self = {&m.chain, m.key},
            .trust = m.trust,
            .now = (int64_t)time(NULL),
            .require_bound = app_has(app, OPT_REQUIRE_BOUND),
        };
        code = open_file(app, &p);
    }
    seal_materials_free(&m);
    return code;
}
