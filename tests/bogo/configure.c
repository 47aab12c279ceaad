/* From flags to a configuration of the library, with the defaults the suite takes for granted. */
#include "handshake/suite.h"
#include "tests/bogo/shim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * What the suite takes for granted of a stack that was told nothing: its own preferences. Suites are by number; a row we
 * do not have is left out by the caller. Those of TLS 1.3 are always on: a cipher string is about the others.
 */
static const char suites13[] = "0x1301:0x1302:0x1303";
static const char default_suites[] =
    "0xC02B:0xC02F:0xC02C:0xC030:0xCCA9:0xCCA8:0xC009:0xC013:0xC00A:0xC014:0xC023:0xC027:0x009C:"
    "0x009D:0x002F:0x0035";
static const char default_groups[] = "0x001D:0x0017:0x0018";
static const char default_verify[] = "0x0403:0x0804:0x0401:0x0503:0x0805:0x0501:0x0806:0x0601:0x0201";
static const char default_signing[] =
    "0x0807:0x0403:0x0804:0x0401:0x0503:0x0805:0x0501:0x0603:0x0806:0x0601:0x0203:0x0201";

static int64_t now(void *ctx)
{
    const struct shim *shim = ctx;

    return (int64_t)time(NULL) + shim->waited;
}

static _Noreturn void unimplemented(const char *what)
{
    fprintf(stderr, "shim: not implemented: %s\n", what);
    exit(SHIM_UNIMPLEMENTED);
}

/* A list of names or numbers: one that this library has no row for is a test for another. */
static void must_know(struct sw_config *cfg, enum sw_err err)
{
    if (err == SW_ERR_ARGUMENT && strstr(sw_config_error(cfg), "unknown") != NULL)
        unimplemented(sw_config_error(cfg));
    shim_must(err, sw_config_error(cfg));
}

static void join_numbers(const struct int_list *list, char *out, size_t cap)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->n; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s0x%04X", i == 0 ? "" : ":", (unsigned)list->v[i]);
}

/* The handful of cipher strings the suite uses: names separated by colons, a few of them classes. */
struct cipher_class {
    const char *name, *suites;
};

/* clang-format off */
static const struct cipher_class cipher_classes[] = {
    {"DEFAULT",           "0xC02B:0xC02F:0xC02C:0xC030:0xCCA9:0xCCA8:0xC009:0xC013:0xC00A:0xC014:0xC023:0xC027:0x009C:0x009D:0x002F:0x0035"},
    {"ALL",               "0xC02B:0xC02F:0xC02C:0xC030:0xCCA9:0xCCA8:0xC009:0xC013:0xC00A:0xC014:0xC023:0xC027:0x009C:0x009D:0x002F:0x0035"},
    {"3DES",              "0x000A"},
    {"DES-CBC3-SHA",      "0x000A"},
    {"kRSA",              "0x009C:0x009D:0x002F:0x0035"},
    {"aRSA",              "0xC02F:0xC030:0xCCA8:0xC013:0xC014:0xC027:0x009C:0x009D:0x002F:0x0035"},
    {"ECDHE",             "0xC02B:0xC02F:0xC02C:0xC030:0xCCA9:0xCCA8:0xC009:0xC013:0xC00A:0xC014"},
};
/* clang-format on */

/* What a word of a cipher string stands for: a class's suites, or the word itself. */
static const char *suites_of(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof cipher_classes / sizeof cipher_classes[0]; i++)
        if (strlen(cipher_classes[i].name) == len && memcmp(cipher_classes[i].name, word, len) == 0)
            return cipher_classes[i].suites;
    return NULL;
}

static void add_suites(struct int_list *list, const char *names, size_t len)
{
    for (size_t at = 0, n; at < len; at += n + 1) {
        const struct sw_suite *suite;
        size_t i = 0;

        n = strcspn(names + at, ":");
        if (n > len - at)
            n = len - at;
        suite = sw_suite_by_name(names + at, n);
        if (suite == NULL)
            unimplemented("cipher string");
        while (i < list->n && list->v[i] != suite->id)
            i++;
        if (i == list->n && i < LIST_MAX) /* named twice it counts once */
            list->v[list->n++] = suite->id;
    }
}

static void suites_from_cipher(const char *cipher, char *out, size_t cap)
{
    struct int_list list = {.n = 0};

    while (*cipher != '\0') {
        size_t n = strcspn(cipher, ":[]|");
        const char *suites = suites_of(cipher, n);

        add_suites(&list, suites != NULL ? suites : cipher, suites != NULL ? strlen(suites) : n);
        cipher += n;
        cipher += *cipher != '\0';
    }
    join_numbers(&list, out, cap);
}

/* The plain pair is what remains when none of the others will do. */
static void add_credentials(struct sw_config *cfg, const struct settings *s)
{
    for (size_t i = 0; i < s->credentials_len; i++) {
        const struct credential *c = &s->credentials[(i + s->plain_credential) % s->credentials_len];
        size_t cert_len, key_len;
        uint8_t *cert, *key;
        enum sw_err err;
        char names[16 * LIST_MAX];

        if (c->cert_file == NULL || c->key_file == NULL)
            continue;
        cert = shim_read_file(c->cert_file, &cert_len);
        key = shim_read_file(c->key_file, &key_len);
        err = sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL);
        if (err == SW_ERR_UNSUPPORTED)
            unimplemented(sw_config_error(cfg));
        shim_must(err, c->cert_file);
        join_numbers(&c->signing_prefs, names, sizeof names);
        must_know(cfg, sw_config_set_cert_sigalgs(cfg, c->signing_prefs.n > 0 ? names : default_signing));
        if (c->ocsp.set && (!s->use_ocsp_callback || !s->decline_ocsp))
            shim_must(sw_config_set_ocsp(cfg, c->ocsp.p, c->ocsp.len), "OCSP response");
        if (c->sct.set && sw_config_set_sct(cfg, c->sct.p, c->sct.len) != SW_OK)
            shim_fail("SCT_LIST", sw_config_error(cfg));
        if (c->must_match_issuer)
            shim_must(sw_config_set_cert_match_issuer(cfg, true), "must-match-issuer");
        free(cert);
        free(key);
    }
}

/* ALPN lists travel on the command line in wire form: length byte, name, and so on. */
static void set_alpn(struct sw_config *cfg, const struct blob *wire)
{
    char names[1024];
    size_t at = 0;

    for (size_t i = 0; i < wire->len;) {
        size_t n = wire->p[i++];

        if (n > wire->len - i || at + n + 2 > sizeof names)
            shim_broken("ALPN list");
        if (at > 0)
            names[at++] = ',';
        memcpy(names + at, wire->p + i, n);
        at += n;
        i += n;
    }
    names[at] = '\0';
    shim_must(sw_config_set_alpn(cfg, names), "ALPN");
}

static void set_lists(struct sw_config *cfg, const struct settings *s)
{
    char names[4096];

    shim_must(sw_config_set_policy(cfg, "all"), "policy");
    snprintf(names, sizeof names, "%s:", suites13);
    if (s->cipher != NULL)
        suites_from_cipher(s->cipher, names + sizeof suites13, sizeof names - sizeof suites13);
    else
        snprintf(names + sizeof suites13, sizeof names - sizeof suites13, "%s", default_suites);
    if (names[sizeof suites13] == '\0')
        names[sizeof suites13 - 1] = '\0';
    must_know(cfg, sw_config_set_suites(cfg, names));
    join_numbers(&s->curves, names, sizeof names);
    must_know(cfg, sw_config_set_groups(cfg, s->curves.n > 0 ? names : default_groups));
    join_numbers(&s->verify_prefs, names, sizeof names);
    must_know(cfg, sw_config_set_sigalgs(cfg, s->verify_prefs.n > 0 ? names : default_verify));
    shim_must(sw_config_set_option(cfg, SW_OPT_RESUME_BEST_SUITE, 1), "order");
    shim_must(sw_config_set_option(cfg, SW_OPT_SERVER_ORDER, s->cipher != NULL), "order");
}

static void set_options(struct sw_config *cfg, const struct settings *s)
{
    shim_must(sw_config_set_option(cfg, SW_OPT_ETM, 0), "EtM");
    shim_must(sw_config_set_option(cfg, SW_OPT_TICKETS, !s->no_ticket), "tickets");
    shim_must(sw_config_set_option(cfg, SW_OPT_GREASE, s->enable_grease), "GREASE");
    shim_must(sw_config_set_option(cfg, SW_OPT_FALLBACK_SCSV, s->fallback_scsv), "fallback");
    shim_must(sw_config_set_option(cfg, SW_OPT_KEEP_CHAIN, !s->retain_only_sha256), "chain");
    shim_must(sw_config_set_option(cfg, SW_OPT_RENEGOTIATION_FATAL, !s->renegotiate_ignore), "renegotiation");
    shim_must(sw_config_set_option(cfg, SW_OPT_STATUS_REQUEST, s->enable_ocsp), "status_request");
    shim_must(sw_config_set_option(cfg, SW_OPT_FALSE_START, s->false_start), "False Start");
    shim_must(sw_config_set_option(cfg, SW_OPT_SCT, s->enable_sct), "timestamps");
    shim_must(sw_config_set_option(cfg, SW_OPT_REQUIRE_SECURE_RENEGOTIATION, s->no_legacy_server_connect), "RFC 5746");
    shim_must(sw_config_set_option(cfg, SW_OPT_INSIST_ON_CERT, 1), "own certificate");
    shim_must(sw_config_set_option(cfg, SW_OPT_CONFIRM_SNI, !s->no_server_name_ack), "server name");
    if (s->max_cert_list > 0)
        shim_must(sw_config_set_option(cfg, SW_OPT_MAX_CHAIN, s->max_cert_list), "max-cert-list");
    if (s->max_send_fragment > 0)
        shim_must(sw_config_set_option(cfg, SW_OPT_MAX_SEND, s->max_send_fragment), "max-send-fragment");
}

/*
 * Sessions go on from one connection to the next, but not where another part of the client's certificate is to be kept.
 */
static void share_sessions(struct shim *shim, struct sw_config *cfg)
{
    const struct settings *s = shim->set;
    uint8_t key[1][32];

    if (!s->server)
        return;
    if (shim->previous != NULL && s->retain_only_sha256 == shim->previous_retained)
        shim_must(sw_config_share_sessions(cfg, shim->previous), "sessions");
    shim->previous_retained = s->retain_only_sha256;
    if (!s->ticket_keys)
        return;
    memset(key, s->skip_ticket ? shim->connection + 1 : 1, sizeof key);
    shim_must(sw_config_set_ticket_keys(cfg, key, 1), "ticket keys");
}

/* The versions that are left of ours; a test that leaves none is one for another stack. */
static void set_versions(struct sw_config *cfg, const struct settings *s)
{
    int min = s->min_version > SW_TLS12 ? s->min_version : SW_TLS12,
        max = s->max_version < SW_TLS13 ? s->max_version : SW_TLS13;

    if (s->no_tls12 && min == SW_TLS12)
        min = SW_TLS13;
    if (s->no_tls13 && max == SW_TLS13)
        max = SW_TLS12;
    if (min > max)
        unimplemented("version");
    /* where a server of TLS 1.3 may say something that means nothing, ours does not (RFC 8701 4) */
    if (s->server && s->enable_grease && max == SW_TLS13)
        unimplemented("GREASE of a server");
    shim_must(sw_config_set_versions(cfg, (unsigned)min, (unsigned)max), "versions");
}

/* A client here sends its half of one exchange, that of its first group. */
static void check_key_shares(const struct settings *s)
{
    int first = s->curves.n > 0 ? s->curves.v[0] : 0x001D;

    if (s->key_shares.n > 1 || (s->key_shares.n == 1 && s->key_shares.v[0] != first))
        unimplemented("key shares");
}

struct sw_config *shim_configure(struct shim *shim)
{
    const struct settings *s = shim->set;
    struct sw_config *cfg;
    bool ask = s->verify_peer || s->require_any;

    if (s->expect_total_renegotiations != 0)
        unimplemented("renegotiation");
    check_key_shares(s);
    cfg = sw_config_new(s->server ? SW_SERVER : SW_CLIENT, NULL);
    if (cfg == NULL)
        shim_broken("out of memory");
    sw_config_set_clock(cfg, now, shim);
    set_lists(cfg, s);
    set_versions(cfg, s);
    set_options(cfg, s);
    add_credentials(cfg, s);
    if (s->server)
        shim_must(sw_config_set_client_auth(cfg, s->require_any ? SW_CLIENT_AUTH_REQUIRE
                                                 : ask          ? SW_CLIENT_AUTH_REQUEST
                                                                : SW_CLIENT_AUTH_NONE),
                  "client auth");
    if (s->advertise_alpn.set && !s->server)
        set_alpn(cfg, &s->advertise_alpn);
    if (s->server && s->select_alpn.set) {
        char name[256];

        snprintf(name, sizeof name, "%.*s", (int)s->select_alpn.len, (const char *)s->select_alpn.p);
        shim_must(sw_config_set_alpn(cfg, name), "ALPN");
    }
    if (s->server && s->reject_alpn)
        shim_must(sw_config_set_alpn(cfg, "no such protocol"), "ALPN");
    if (s->use_client_ca_list != NULL && strcmp(s->use_client_ca_list, "<NULL>") != 0 &&
        strcmp(s->use_client_ca_list, "<EMPTY>") != 0)
        unimplemented("names of authorities without their certificates");
    sw_config_set_verify(cfg, shim_verify, shim);
    sw_config_set_trace(cfg, shim_watch, shim);
    if (s->export_traffic_secrets)
        sw_config_set_keylog(cfg, shim_secret, shim);
    if (s->server)
        sw_config_set_hello(cfg, shim_hello, shim);
    share_sessions(shim, cfg);
    return cfg;
}
