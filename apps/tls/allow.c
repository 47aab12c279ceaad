/*
 * Rules are few and read at the start, so each certificate is held against each of them, as they stand on the command
 * line.
 */
#include "apps/tls/allow.h"
#include "base/hash.h"
#include "ttp/name.h"
#include "ttp/san.h"
#include <stdint.h>
#include <string.h>

enum { DIGEST = 32, NAME_LENGTH = 512 };

static const char cn[] = "cn:", sha256[] = "sha256:";

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_name(const char *rule)
{
    return begins(rule, "dns:") || begins(rule, "ip:") || begins(rule, "email:") || begins(rule, "uri:");
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* As `ttp fingerprint`, openssl or curl write it: with colons or without. */
static bool read_digest(const char *text, uint8_t out[DIGEST])
{
    size_t n = 0;
    for (; text[0] && text[1] && n < DIGEST; n++) {
        int high = digit(text[0]), low = digit(text[1]);
        if (high < 0 || low < 0)
            return false;
        out[n] = (uint8_t)(high << 4 | low);
        text += text[2] == ':' && n + 1 < DIGEST ? 3 : 2;
    }
    return n == DIGEST && *text == 0;
}

const char *allow_rule_ok(const char *rule)
{
    struct sw_san name;
    uint8_t digest[DIGEST];
    const char *colon = strchr(rule, ':');
    if (is_name(rule))
        return sw_san_parse(&name, rule);
    if (begins(rule, sha256))
        return read_digest(rule + strlen(sha256), digest) ? NULL : "sha256: is followed by 64 hex digits";
    const char *text = begins(rule, cn) ? rule + strlen(cn) : rule;
    if (colon && text == rule)
        return "a rule begins with cn:, dns:, ip:, email:, uri: or sha256:, or is a name";
    /* sw_cert_common_name has ? for what is no text, so that it is none that could be meant */
    if (!sw_cert_identity_possible(text) || strlen(text) >= NAME_LENGTH / 2 || strchr(text, '?'))
        return "no certificate has that name";
    return NULL;
}

bool allow_matches(const char *rule, const struct sw_cert *cert)
{
    uint8_t want[DIGEST], have[DIGEST];
    char name[NAME_LENGTH];
    if (is_name(rule))
        return sw_name_matches(cert, rule);
    if (begins(rule, sha256))
        return read_digest(rule + strlen(sha256), want) &&
               sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, have) == SW_OK &&
               memcmp(want, have, DIGEST) == 0;
    if (begins(rule, cn)) {
        sw_cert_common_name(cert->subject, name, sizeof name);
        return strcmp(name, rule + strlen(cn)) == 0;
    }
    return sw_cert_identity(cert, name, sizeof name) == SW_OK && strcmp(name, rule) == 0;
}

static enum sw_err verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    const struct app_values *rules = &((const struct app *)ctx)->opt[OPT_ALLOW];
    struct sw_cert cert;
    if (chain->verdict)
        return chain->verdict;
    enum sw_err err = sw_cert_parse(&cert, chain->der[0], chain->len[0]);
    for (size_t i = 0; i < rules->n && !err; i++)
        if (allow_matches(rules->v[i], &cert))
            return SW_OK;
    sw_conn_abort(conn, SW_ALERT_ACCESS_DENIED, SW_ERR_CERT_REJECTED);
    return err ? err : SW_ERR_CERT_REJECTED;
}

int allow_attach(const struct app *app, struct sw_config *cfg)
{
    const struct app_values *rules = &app->opt[OPT_ALLOW];
    const char *auth = app_get(app, OPT_CLIENT_AUTH);
    if (!rules->n)
        return APP_DONE;
    if (!app_has(app, OPT_TRUST) || (auth && strcmp(auth, "require") != 0))
        return app_usage(app, "--allow is about certificates: it takes --trust, and --client-auth require");
    for (size_t i = 0; i < rules->n; i++) {
        const char *why = allow_rule_ok(rules->v[i]);
        if (why)
            return app_usage(app, "--allow %s: %s", rules->v[i], why);
    }
    sw_config_set_verify(cfg, verify, (void *)(uintptr_t)app);
    return APP_DONE;
}
