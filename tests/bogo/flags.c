/*
 * The table of flags, one row each, and the walk over argv.
 *
 * Flags that have no row, and so are not implemented: -renegotiate-freely, -once and -explicit (a client here never
 * renegotiates); -enable-early-data and all that goes with it (whoever listens can repeat early data: none is sent, and
 * none is taken); -ticket-key (it rewrites another stack's own tickets); -allow-unknown-alpn-protos (a protocol that was
 * not offered is refused, RFC 7301 3.1, and no switch turns that off); -psk, -new-psk-credential and whatever else
 * belongs to suites and credentials that are not here; -install-cert-compression-algs (a certificate travels as it is).
 */
#include "tests/bogo/flags.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    SWITCH,
    NUMBER,
    NUMBERS,
    TEXT,
    RAW,
    BASE64,
    CREDENTIAL_TEXT,
    CREDENTIAL_NUMBERS,
    CREDENTIAL_BASE64,
    CREDENTIAL_SWITCH,
    NEW_CREDENTIAL
};

struct flag {
    const char *name;
    enum kind kind;
    size_t offset; /* into struct settings, or into struct credential for the CREDENTIAL_ kinds */
};

#define S(field) offsetof(struct settings, field)
#define C(field) offsetof(struct credential, field)

/* clang-format off */
static const struct flag flags[] = {
    {"port", NUMBER, S(port)},
    {"shim-id", NUMBER, S(shim_id)},
    {"ipv6", SWITCH, S(ipv6)},
    {"server", SWITCH, S(server)},
    {"resume-count", NUMBER, S(resume_count)},
    {"async", SWITCH, S(async)},
    {"implicit-handshake", SWITCH, S(implicit_handshake)},

    {"cert-file", CREDENTIAL_TEXT, C(cert_file)},
    {"key-file", CREDENTIAL_TEXT, C(key_file)},
    {"signing-prefs", CREDENTIAL_NUMBERS, C(signing_prefs)},
    {"must-match-issuer", CREDENTIAL_SWITCH, C(must_match_issuer)},
    {"new-x509-credential", NEW_CREDENTIAL, 0},
    {"expect-selected-credential", NUMBER, S(expect_selected_credential)},

    {"trust-cert", TEXT, S(ignored_text)},
    {"verify-peer", SWITCH, S(verify_peer)},
    {"require-any-client-certificate", SWITCH, S(require_any)},
    {"verify-fail", SWITCH, S(verify_fail)},
    {"use-custom-verify-callback", SWITCH, S(custom_verify)},
    {"reverify-on-resume", SWITCH, S(reverify_on_resume)},
    {"use-client-ca-list", TEXT, S(use_client_ca_list)},
    {"expect-client-ca-list", TEXT, S(expect_client_ca_list)},
    {"expect-verify-result", SWITCH, S(expect_verify_result)},
    {"expect-peer-cert-file", TEXT, S(expect_peer_cert_file)},
    {"retain-only-sha256-client-cert", SWITCH, S(retain_only_sha256)},
    {"expect-sha256-client-cert", SWITCH, S(expect_sha256)},
    {"use-old-client-cert-callback", SWITCH, S(ignored)},
    {"fail-cert-callback", SWITCH, S(fail_cert_callback)},

    {"curves", NUMBERS, S(curves)},
    {"verify-prefs", NUMBERS, S(verify_prefs)},
    {"expect-peer-signature-algorithm", NUMBER, S(expect_peer_sigalg)},
    {"expect-peer-verify-pref", NUMBERS, S(expect_peer_verify_prefs)},
    {"expect-curve-id", NUMBER, S(expect_curve)},
    {"expect-resume-curve-id", NUMBER, S(expect_resume_curve)},
    {"key-shares", NUMBERS, S(key_shares)},
    {"expect-hrr", SWITCH, S(expect_hrr)},
    {"expect-no-hrr", SWITCH, S(expect_no_hrr)},
    {"key-update", SWITCH, S(key_update)},
    {"cipher", TEXT, S(cipher)},
    {"expect-cipher", NUMBER, S(expect_cipher)},

    {"min-version", NUMBER, S(min_version)},
    {"max-version", NUMBER, S(max_version)},
    {"expect-version", NUMBER, S(expect_version)},
    {"no-tls1", SWITCH, S(ignored)},
    {"no-tls11", SWITCH, S(ignored)},
    {"no-tls12", SWITCH, S(no_tls12)},
    {"no-tls13", SWITCH, S(no_tls13)},
    {"fallback-scsv", SWITCH, S(fallback_scsv)},

    {"check-close-notify", SWITCH, S(check_close_notify)},
    {"shim-shuts-down", SWITCH, S(shim_shuts_down)},
    {"shim-writes-first", SWITCH, S(shim_writes_first)},
    {"send-alert", SWITCH, S(send_alert)},
    {"peek-then-read", SWITCH, S(peek_then_read)},
    {"false-start", SWITCH, S(false_start)},
    {"handshake-never-done", SWITCH, S(handshake_never_done)},
    {"max-send-fragment", NUMBER, S(max_send_fragment)},
    {"read-size", NUMBER, S(read_size)},
    {"max-cert-list", NUMBER, S(max_cert_list)},
    {"no-op-extra-handshake", SWITCH, S(ignored)},
    {"handshake-twice", SWITCH, S(ignored)},
    {"read-with-unfinished-write", SWITCH, S(unfinished_write)},

    {"advertise-alpn", RAW, S(advertise_alpn)},
    {"expect-alpn", RAW, S(expect_alpn)},
    {"select-alpn", RAW, S(select_alpn)},
    {"expect-advertised-alpn", RAW, S(expect_advertised_alpn)},
    {"decline-alpn", SWITCH, S(decline_alpn)},
    {"reject-alpn", SWITCH, S(reject_alpn)},
    {"select-empty-alpn", SWITCH, S(select_empty_alpn)},
    {"host-name", TEXT, S(host_name)},
    {"expect-server-name", TEXT, S(expect_server_name)},
    {"no-server-name-ack", SWITCH, S(no_server_name_ack)},
    {"expect-extended-master-secret", SWITCH, S(expect_ems)},

    {"export-keying-material", NUMBER, S(export_len)},
    {"export-label", TEXT, S(export_label)},
    {"export-context", RAW, S(export_context)},
    {"use-export-context", SWITCH, S(use_export_context)},
    {"tls-unique", SWITCH, S(tls_unique)},
    {"export-traffic-secrets", SWITCH, S(export_traffic_secrets)},

    {"expect-secure-renegotiation", SWITCH, S(expect_secure_renegotiation)},
    {"expect-no-secure-renegotiation", SWITCH, S(expect_no_secure_renegotiation)},
    {"expect-total-renegotiations", NUMBER, S(expect_total_renegotiations)},
    {"no-legacy-server-connect", SWITCH, S(no_legacy_server_connect)},
    {"renegotiate-ignore", SWITCH, S(renegotiate_ignore)},

    {"resumption-delay", NUMBER, S(resumption_delay)},
    {"use-ticket-callback", SWITCH, S(ticket_keys)},
    {"use-ticket-aead-callback", SWITCH, S(ticket_keys)},
    {"skip-ticket", SWITCH, S(skip_ticket)},
    {"renew-ticket", SWITCH, S(ignored)}, /* every ticket that was used is */
    {"expect-session-miss", SWITCH, S(expect_session_miss)},
    {"no-ticket", SWITCH, S(no_ticket)},
    {"expect-no-session", SWITCH, S(expect_no_session)},
    {"expect-ticket-renewal", SWITCH, S(expect_ticket_renewal)},
    {"expect-session-id", SWITCH, S(expect_session_id)},
    {"expect-no-session-id", SWITCH, S(expect_no_session_id)},

    {"enable-ocsp-stapling", SWITCH, S(enable_ocsp)},
    {"ocsp-response", CREDENTIAL_BASE64, C(ocsp)},
    {"expect-ocsp-response", BASE64, S(expect_ocsp)},
    {"use-ocsp-callback", SWITCH, S(use_ocsp_callback)},
    {"set-ocsp-in-callback", SWITCH, S(set_ocsp_in_callback)},
    {"decline-ocsp-callback", SWITCH, S(decline_ocsp)},
    {"fail-ocsp-callback", SWITCH, S(fail_ocsp)},
    {"enable-signed-cert-timestamps", SWITCH, S(enable_sct)},
    {"signed-cert-timestamps", CREDENTIAL_BASE64, C(sct)},
    {"expect-signed-cert-timestamps", BASE64, S(expect_sct)},
    {"expect-certificate-types", BASE64, S(expect_certificate_types)},

    {"use-early-callback", SWITCH, S(hello_callback)},
    {"install-ddos-callback", SWITCH, S(hello_callback)},
    {"fail-early-callback", SWITCH, S(fail_early_callback)},
    {"fail-ddos-callback", SWITCH, S(fail_ddos_callback)},
    {"enable-grease", SWITCH, S(enable_grease)},
};
/* clang-format on */

static _Noreturn void stop(int code, const char *what, const char *flag)
{
    fprintf(stderr, "shim: %s: %s\n", what, flag);
    exit(code);
}

static const struct flag *find(const char *name)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static struct blob base64(const char *text)
{
    struct blob b = {calloc(1, strlen(text) + 1), 0, true};
    unsigned bits = 0, have = 0;

    if (b.p == NULL)
        stop(SHIM_BROKEN, "out of memory", text);
    for (; *text != '\0' && *text != '='; text++) {
        int d = base64_digit(*text);

        if (d < 0)
            stop(SHIM_BROKEN, "not base64", text);
        bits = bits << 6 | (unsigned)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            b.p[b.len++] = (uint8_t)(bits >> have);
        }
    }
    return b;
}

static struct blob raw(char *text)
{
    return (struct blob){(uint8_t *)text, strlen(text), true};
}

static void append(struct int_list *list, int v)
{
    if (list->n == LIST_MAX)
        stop(SHIM_BROKEN, "list too long", "");
    list->v[list->n++] = v;
}

/* The credential that -cert-file and its companions speak of: the newest, or the plain one before any other. */
static struct credential *current(struct settings *s)
{
    if (s->credentials_len == 0) {
        s->credentials_len = 1;
        s->plain_credential = true;
    }
    return &s->credentials[s->credentials_len - 1];
}

static void apply(struct settings *s, const struct flag *f, char *value)
{
    bool of_credential = f->kind == CREDENTIAL_TEXT || f->kind == CREDENTIAL_NUMBERS || f->kind == CREDENTIAL_BASE64 ||
                         f->kind == CREDENTIAL_SWITCH;
    char *field;

    if (f->kind == NEW_CREDENTIAL) {
        if (s->credentials_len == CREDENTIALS_MAX)
            stop(SHIM_BROKEN, "too many credentials", "");
        memset(&s->credentials[s->credentials_len++], 0, sizeof s->credentials[0]);
        return;
    }
    field = (of_credential ? (char *)current(s) : (char *)s) + f->offset;
    switch (f->kind) {
    case SWITCH:
    case CREDENTIAL_SWITCH:
        *(bool *)(void *)field = true;
        break;
    case NUMBER:
        *(int *)(void *)field = atoi(value);
        break;
    case NUMBERS:
    case CREDENTIAL_NUMBERS:
        append((struct int_list *)(void *)field, atoi(value));
        break;
    case TEXT:
    case CREDENTIAL_TEXT:
        *(const char **)(void *)field = value;
        break;
    case RAW:
        *(struct blob *)(void *)field = raw(value);
        break;
    case BASE64:
    case CREDENTIAL_BASE64:
        *(struct blob *)(void *)field = base64(value);
        break;
    case NEW_CREDENTIAL:
        break;
    }
}

static bool strip(const char **name, const char *prefix)
{
    size_t n = strlen(prefix);

    if (strncmp(*name, prefix, n) != 0)
        return false;
    *name += n;
    return true;
}

static void defaults(struct settings *s)
{
    memset(s, 0, sizeof *s);
    s->expect_selected_credential = NOT_SAID;
    s->export_len = -1;
    s->max_version = 0x0304;
}

void shim_parse(struct command *cmd, int argc, char **argv)
{
    defaults(&cmd->initial);
    defaults(&cmd->resumed);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        bool initial = true, resumed = true, takes_value;
        const struct flag *f;

        if (*name++ != '-')
            stop(SHIM_BROKEN, "not a flag", argv[i]);
        strip(&name, "on-shim-");
        if (strip(&name, "on-initial-"))
            resumed = false;
        else if (strip(&name, "on-resume-"))
            initial = false;
        else if (strip(&name, "on-retry-"))
            initial = resumed = false;
        f = find(name);
        if (f == NULL)
            stop(SHIM_UNIMPLEMENTED, "flag not implemented", argv[i]);
        takes_value = f->kind != SWITCH && f->kind != CREDENTIAL_SWITCH && f->kind != NEW_CREDENTIAL;
        if (takes_value && ++i == argc)
            stop(SHIM_BROKEN, "flag without a value", argv[i - 1]);
        if (initial)
            apply(&cmd->initial, f, argv[i]);
        if (resumed)
            apply(&cmd->resumed, f, argv[i]);
    }
}
