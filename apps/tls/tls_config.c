/*
 * From the command line to a configuration. Each option is handed to the setter of the public header that does what it says; a setter's
 * complaint names the word it did not like.
 */
#include "apps/tls/tls_config.h"
#include "apps/card/card.h"
#include "apps/cli/passphrase.h"
#include "apps/tls/keylog.h"
#include "apps/tls/lists.h"
#include "apps/tls/own_cert.h"
#include "apps/tls/trace.h"
#include "ttp/file.h"
#include "ttp/key.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t system_clock(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

/* What a setter returned, said with the option's name. */
static int check(const struct app *app, struct sw_config *cfg, enum app_option id, enum sw_err err)
{
    const char *text = sw_config_error(cfg);
    if (err == SW_OK)
        return APP_DONE;
    if (err == SW_ERR_ARGUMENT)
        return app_usage(app, "--%s: %s", app_options[id].name, text && *text ? text : sw_err_reason(err));
    return app_error(app, APP_BAD_INPUT, "--%s: %s", app_options[id].name, text && *text ? text : sw_err_reason(err));
}

/* What a setter found in a file. */
static int check_file(const struct app *app, struct sw_config *cfg, const char *path, enum sw_err err)
{
    const char *text = sw_config_error(cfg);
    if (err == SW_OK)
        return APP_DONE;
    if (text && *text)
        return app_error(app, APP_BAD_INPUT, "%s: %s", path, text);
    return app_fail(app, err, path);
}

/* --- names, numbers and switches ---------------------------------------------------------------------------------------- */

typedef enum sw_err (*text_setter)(struct sw_config *cfg, const char *text);

static int set_text(const struct app *app, struct sw_config *cfg, enum app_option id, text_setter set)
{
    const char *value = app_get(app, id);
    return value ? check(app, cfg, id, set(cfg, value)) : APP_DONE;
}

static int set_names(const struct app *app, struct sw_config *cfg)
{
    /* the policy first: the lists change a part of it */
    static const struct {
        enum app_option id;
        text_setter set;
    } rows[] = {
        {OPT_POLICY, sw_config_set_policy},   {OPT_SUITES, sw_config_set_suites}, {OPT_GROUPS, sw_config_set_groups},
        {OPT_SIGALGS, sw_config_set_sigalgs}, {OPT_ALPN, sw_config_set_alpn},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = set_text(app, cfg, rows[i].id, rows[i].set);
        if (code)
            return code;
    }
    return APP_DONE;
}

static int get_version(const struct app *app, enum app_option id, unsigned fallback, unsigned *out)
{
    const char *text = app_get(app, id);
    *out = fallback;
    if (!text)
        return APP_DONE;
    if (strcmp(text, "1.2") != 0 && strcmp(text, "1.3") != 0)
        return app_usage(app, "--%s takes 1.2 or 1.3, not %s", app_options[id].name, text);
    *out = text[2] == '2' ? SW_TLS12 : SW_TLS13;
    return APP_DONE;
}

/* TLS 1.3 is spoken only where it was asked for. */
static int set_versions(const struct app *app, struct sw_config *cfg)
{
    unsigned min, max;
    if (!app_has(app, OPT_MIN_VERSION) && !app_has(app, OPT_MAX_VERSION))
        return APP_DONE;
    int code = get_version(app, OPT_MIN_VERSION, SW_TLS12, &min);
    if (!code)
        code = get_version(app, OPT_MAX_VERSION, min, &max);
    if (code)
        return code;
    if (min > max)
        return app_usage(app, "--min-version is above --max-version");
    return check(app, cfg, OPT_MAX_VERSION, sw_config_set_versions(cfg, min, max));
}

static int set_switches(const struct app *app, struct sw_config *cfg)
{
    static const struct {
        enum app_option id;
        enum sw_option opt;
        long value;
    } rows[] = {
        {OPT_NO_ETM, SW_OPT_ETM, 0},
        {OPT_NO_EMS, SW_OPT_EMS, 0},
        {OPT_REQUIRE_EMS, SW_OPT_EMS, 2},
        {OPT_NO_TICKETS, SW_OPT_TICKETS, 0},
        {OPT_STRICT, SW_OPT_STRICT_PATHS, 1},
        {OPT_NO_CACHE, SW_OPT_SESSION_CACHE, 0},
        {OPT_CLIENT_ORDER, SW_OPT_SERVER_ORDER, 0},
        {OPT_REQUIRE_SNI, SW_OPT_REQUIRE_SNI_MATCH, 1},
        {OPT_INSECURE, SW_OPT_INSECURE_NO_VERIFY, 1},
        {OPT_STAPLE, SW_OPT_STATUS_REQUEST, 1},
        {OPT_REQUIRE_STAPLE, SW_OPT_STATUS_REQUEST, 2},
        {OPT_SCT, SW_OPT_SCT, 1},
        {OPT_GREASE, SW_OPT_GREASE, 1},
        {OPT_FALLBACK_SCSV, SW_OPT_FALLBACK_SCSV, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!app_has(app, rows[i].id))
            continue;
        int code = check(app, cfg, rows[i].id, sw_config_set_option(cfg, rows[i].opt, rows[i].value));
        if (code)
            return code;
    }
    return APP_DONE;
}

static int set_numbers(const struct app *app, struct sw_config *cfg)
{
    static const struct {
        enum app_option id;
        enum sw_option opt;
        long min, max;
    } rows[] = {
        {OPT_RECORD_SIZE_LIMIT, SW_OPT_RECORD_SIZE_LIMIT, 64, 16385},
        {OPT_MAX_SEND, SW_OPT_MAX_SEND, 64, 16384},
        {OPT_MAX_FRAGMENT, SW_OPT_MAX_FRAGMENT, 512, 4096},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long value;
        if (!app_has(app, rows[i].id))
            continue;
        int code = app_get_int(app, rows[i].id, 0, rows[i].min, rows[i].max, &value);
        if (!code)
            code = check(app, cfg, rows[i].id, sw_config_set_option(cfg, rows[i].opt, value));
        if (code)
            return code;
    }
    return APP_DONE;
}

static int set_client_auth(const struct app *app, struct sw_config *cfg)
{
    static const char *const words[] = {"none", "request", "require"};
    const char *text = app_get(app, OPT_CLIENT_AUTH);
    if (!text)
        return APP_DONE;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return check(app, cfg, OPT_CLIENT_AUTH, sw_config_set_client_auth(cfg, (enum sw_client_auth)i));
    return app_usage(app, "--client-auth takes none, request or require, not %s", text);
}

/* --- files -------------------------------------------------------------------------------------------------------------- */

typedef enum sw_err (*file_setter)(struct sw_config *cfg, const void *p, size_t len);

static int add_file(const struct app *app, struct sw_config *cfg, const char *path, file_setter set)
{
    struct sw_file file = {0};
    enum sw_err err = sw_file_read(path, SW_FILE_MAX, &file);
    int code = err ? app_fail(app, err, path) : check_file(app, cfg, path, set(cfg, file.p, file.len));
    sw_file_free(&file);
    return code;
}

static int add_files(const struct app *app, struct sw_config *cfg, enum app_option id, file_setter set)
{
    const struct app_values *files = &app->opt[id];
    for (size_t i = 0; i < files->n; i++) {
        int code = add_file(app, cfg, files->v[i], set);
        if (code)
            return code;
    }
    return APP_DONE;
}

/* Try without a passphrase first, so that nobody is asked for one that is not needed. */
static int parse_key(const struct app *app, const char *path, const struct sw_file *file, struct sw_privkey **out)
{
    struct cli_pass pass;
    enum sw_err err = sw_key_read(out, file->p, file->len, (struct sw_slice){NULL, 0});
    if (err != SW_ERR_PASSPHRASE)
        return err ? app_fail(app, err, path) : APP_DONE;
    int code = passphrase_get(app, path, true, &pass);
    if (!code && pass.given)
        err = sw_key_read(out, file->p, file->len, (struct sw_slice){(const uint8_t *)pass.text, strlen(pass.text)});
    cli_pass_wipe(&pass);
    return code || !err ? code : app_fail(app, err, path);
}

static int add_pair(const struct app *app, struct sw_config *cfg, const char *cert_path, const struct sw_file *cert,
                    const char *key_path, const struct sw_file *key)
{
    struct sw_privkey *k;
    int code = parse_key(app, key_path, key, &k);
    if (code)
        return code;
    enum sw_err err = sw_config_add_cert_key(cfg, cert->p, cert->len, k);
    sw_privkey_free(k);
    if (err == SW_ERR_KEY_MISMATCH)
        return app_error(app, APP_BAD_INPUT, "%s, %s: %s", cert_path, key_path, sw_err_reason(err));
    return check_file(app, cfg, cert_path, err);
}

/* A key on a card is no file: --cert may be one, a certificate object, or the URI of the key, whose own certificate it then is. */
static int add_card(const struct app *app, struct sw_config *cfg, const char *cert_path, const char *key_uri,
                    enum sw_role role)
{
    struct card_key card = {0};
    struct sw_file chain;
    int code = card_read_pair(app, cert_path, key_uri, role == SW_CLIENT, &chain, &card);
    if (code)
        return code;
    code = check_file(app, cfg, cert_path, sw_config_add_cert_key(cfg, chain.p, chain.len, card.key));
    if (!code && card.sigalgs)
        code = check(app, cfg, OPT_KEY, sw_config_set_cert_sigalgs(cfg, card.sigalgs));
    if (!code && role == SW_SERVER && sw_privkey_public(card.key)->type == SW_KEY_RSA && !card.decrypts)
        app_warn(app,
                 "warning: this card does not decrypt for RSA key transport: clients need suites with ECDHE or DHE");
    sw_privkey_free(card.key);
    sw_file_free(&chain);
    return code;
}

static int read_cert(const struct app *app, const char *path, struct sw_file *out)
{
    if (card_is_uri(path))
        return card_read_cert(app, path, out);
    enum sw_err err = sw_file_read(path, SW_FILE_MAX, out);
    return err ? app_fail(app, err, path) : APP_DONE;
}

static int add_cert(const struct app *app, struct sw_config *cfg, const char *cert_path, const char *key_path,
                    enum sw_role role, enum key_care care)
{
    struct sw_file cert = {0}, key = {0};
    int code = read_cert(app, cert_path, &cert);
    if (!code)
        code = own_key_read(app, key_path, strcmp(key_path, cert_path) == 0, care == KEY_CARE_WARN, &key);
    if (!code)
        code = add_pair(app, cfg, cert_path, &cert, key_path, &key);
    if (!code)
        own_cert_judge(app, role, cert_path, &cert);
    sw_file_free(&key);
    sw_file_free(&cert);
    return code;
}

/* A key on a card may bring its certificate along. */
static bool certs_on_cards(const struct app_values *certs, const struct app_values *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (!card_is_uri(keys->v[i]))
            return false;
    return certs->n == 0 && keys->n;
}

bool tls_has_cert(const struct app *app)
{
    return app_has(app, OPT_CERT) || certs_on_cards(&app->opt[OPT_CERT], &app->opt[OPT_KEY]);
}

/* Certificates with the key, the status response and the timestamps that stand at the same place on the command line. */
static int add_certs(const struct app *app, struct sw_config *cfg, enum sw_role role, enum key_care care)
{
    const struct app_values *certs = &app->opt[OPT_CERT], *keys = &app->opt[OPT_KEY], *ocsp = &app->opt[OPT_OCSP],
                            *sct = &app->opt[OPT_SCT_LIST];
    if (certs_on_cards(certs, keys))
        certs = keys;
    if (keys->n && keys->n != certs->n)
        return app_usage(app, "%zu --cert and %zu --key: give one key for each certificate", certs->n, keys->n);
    if (ocsp->n > certs->n)
        return app_usage(app, "more --ocsp than --cert");
    if (sct->n > certs->n)
        return app_usage(app, "more --sct than --cert");
    for (size_t i = 0; i < certs->n; i++) {
        const char *key = keys->n ? keys->v[i] : certs->v[i];
        int code = card_is_uri(key) ? add_card(app, cfg, certs->v[i], key, role)
                                    : add_cert(app, cfg, certs->v[i], key, role, care);
        if (!code && i < ocsp->n)
            code = add_file(app, cfg, ocsp->v[i], sw_config_set_ocsp);
        if (!code && i < sct->n)
            code = add_file(app, cfg, sct->v[i], sw_config_set_sct);
        if (code)
            return code;
    }
    return APP_DONE;
}

/* --- all of it ---------------------------------------------------------------------------------------------------------- */

static int fill(const struct app *app, struct sw_config *cfg, enum sw_role role, enum key_care care)
{
    int code = set_names(app, cfg);
    if (!code)
        code = set_versions(app, cfg);
    if (!code)
        code = set_switches(app, cfg);
    if (!code)
        code = set_numbers(app, cfg);
    if (!code)
        code = add_certs(app, cfg, role, care);
    if (!code)
        code = add_files(app, cfg, OPT_TRUST, sw_config_add_trust);
    if (!code)
        code = add_files(app, cfg, OPT_CRL, sw_config_add_crl);
    if (!code)
        lists_judge(app, (int64_t)time(NULL));
    if (!code && role == SW_SERVER)
        code = set_client_auth(app, cfg);
    if (!code)
        code = trace_attach(app, cfg);
    if (!code && !app_has(app, OPT_PCAP)) /* which takes them itself */
        code = keylog_attach(app, cfg, role);
    return code;
}

int tls_config_new(const struct app *app, enum sw_role role, enum key_care care, struct sw_config **out)
{
    struct sw_config *cfg = sw_config_new(role, NULL);
    *out = NULL;
    if (!cfg)
        return app_fail(app, SW_ERR_MEMORY, "configuration");
    sw_config_set_clock(cfg, system_clock, NULL);
    int code = fill(app, cfg, role, care);
    if (code) {
        sw_config_free(cfg);
        return code;
    }
    *out = cfg;
    return APP_DONE;
}

int tls_connect(const struct app *app, struct sw_config *cfg, const char *host, const char *where, struct sw_conn **out)
{
    const char *name = app_get(app, OPT_NAME), *text;
    if (!name)
        name = host;
    enum sw_err err = sw_conn_new(out, cfg, app_has(app, OPT_NO_SNI) ? NULL : name);
    if (err == SW_OK)
        return APP_DONE;
    if (err == SW_ERR_ARGUMENT)
        return app_usage(app, "\"%s\" is no name of a server: other letters than ASCII are written as xn--", name);
    text = sw_config_error(cfg);
    return text && *text ? app_error(app, APP_BAD_INPUT, "%s", text) : app_fail(app, err, where);
}

int tls_config_try(const struct app *app, struct sw_config *cfg)
{
    struct sw_conn *conn;
    enum sw_err err = sw_conn_new(&conn, cfg, NULL);
    if (err == SW_OK) {
        sw_conn_free(conn);
        return APP_DONE;
    }
    const char *text = sw_config_error(cfg);
    if (err == SW_ERR_CONFIG && text && *text)
        return app_usage(app, "%s", text);
    return app_fail(app, err, "configuration");
}
