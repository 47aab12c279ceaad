/*
 * A shim: the program a foreign TLS conformance suite drives. It connects to the suite's runner over TCP on loopback, speaks TLS through
 * the library as the flags ask, checks what the flags expect, echoes data, and says by exit code and one line on stderr how it went.
 *
 * Which error stands for which of the suite's is the table in config.json; the line printed here always carries our error's name between
 * colons, so that a mapping is exact.
 */
#include "include/sealwax.h"
#include "tests/bogo/flags.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_MAX = 16384, DEFAULT_READ = 512, SESSION_ROOM = 65536 + 4096, DRAIN_MAX = 1 << 20 };

/* What lives as long as the process. */
struct shim {
    const struct settings *set; /* of the connection in progress */
    struct sw_config *previous; /* whose session cache and ticket keys the next connection's configuration shares */
    uint8_t *session;           /* client: newest session */
    size_t session_len;
    int connection; /* 0 for the first */

    /* taken from the peer's messages as they went by */
    struct blob peer_alpn, peer_sigalgs, certificate_types;
    bool got_new_session_ticket, verify_called, ocsp_called;
    int fd;
};

static _Noreturn void fail(const char *name, const char *text)
{
    fprintf(stderr, ":%s: %s\n", name, text);
    exit(SHIM_FAILED);
}

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "shim: %s\n", what);
    exit(SHIM_BROKEN);
}

static void must(enum sw_err err, const char *what)
{
    if (err != SW_OK) {
        fprintf(stderr, "shim: %s: %s\n", what, sw_err_reason(err));
        exit(SHIM_BROKEN);
    }
}

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p;
    long size;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
        broken(path);
    rewind(f);
    p = malloc((size_t)size + 1);
    if (p == NULL || fread(p, 1, (size_t)size, f) != (size_t)size)
        broken(path);
    fclose(f);
    p[size] = '\0';
    *len = (size_t)size;
    return p;
}

/* --- configuration ------------------------------------------------------------------------------------------------------ */

/*
 * What the suite takes for granted of a stack that was told nothing: its own preferences, as far as they are TLS 1.2. Suites are by
 * number; a row we do not have is left out by the caller.
 */
static const char default_suites[] =
    "0xC02B:0xC02F:0xC02C:0xC030:0xCCA9:0xCCA8:0xC009:0xC013:0xC00A:0xC014:0xC023:0xC027:0x009C:"
    "0x009D:0x002F:0x0035";
static const char default_groups[] = "0x001D:0x0017:0x0018";
static const char default_verify[] = "0x0403:0x0804:0x0401:0x0503:0x0805:0x0501:0x0806:0x0601:0x0201";
static const char default_signing[] =
    "0x0807:0x0403:0x0804:0x0401:0x0503:0x0805:0x0501:0x0603:0x0806:0x0601:0x0203:0x0201";

static int64_t now(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
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

static void suites_from_cipher(const char *cipher, char *out, size_t cap)
{
    size_t at = 0;

    out[0] = '\0';
    while (*cipher != '\0') {
        size_t n = strcspn(cipher, ":[]|+");
        const char *use = NULL;
        char word[64];

        if (n > 0 && n < sizeof word) {
            memcpy(word, cipher, n);
            word[n] = '\0';
            use = word;
            for (size_t i = 0; i < sizeof cipher_classes / sizeof cipher_classes[0]; i++)
                if (strcmp(word, cipher_classes[i].name) == 0)
                    use = cipher_classes[i].suites;
            if (word[0] == '!' || word[0] == '-' || word[0] == '@') {
                fprintf(stderr, "shim: cipher string not implemented\n");
                exit(SHIM_UNIMPLEMENTED);
            }
            at += (size_t)snprintf(out + at, cap - at, "%s%s", at == 0 ? "" : ":", use);
        }
        cipher += n;
        cipher += *cipher != '\0';
    }
}

static void add_credentials(struct sw_config *cfg, const struct settings *s)
{
    for (size_t i = 0; i < s->credentials_len; i++) {
        const struct credential *c = &s->credentials[i];
        size_t cert_len, key_len;
        uint8_t *cert, *key;
        char names[16 * LIST_MAX];

        if (c->cert_file == NULL || c->key_file == NULL)
            continue;
        cert = read_file(c->cert_file, &cert_len);
        key = read_file(c->key_file, &key_len);
        must(sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL), c->cert_file);
        join_numbers(&c->signing_prefs, names, sizeof names);
        must(sw_config_set_cert_sigalgs(cfg, c->signing_prefs.n > 0 ? names : default_signing), "signing preferences");
        if (c->ocsp.set && (!s->use_ocsp_callback || !s->decline_ocsp))
            must(sw_config_set_ocsp(cfg, c->ocsp.p, c->ocsp.len), "OCSP response");
        if (c->must_match_issuer)
            must(sw_config_set_cert_match_issuer(cfg, true), "must-match-issuer");
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
            broken("ALPN list");
        if (at > 0)
            names[at++] = ',';
        memcpy(names + at, wire->p + i, n);
        at += n;
        i += n;
    }
    names[at] = '\0';
    must(sw_config_set_alpn(cfg, names), "ALPN");
}

static enum sw_err verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain);
static enum sw_err hello(void *ctx, struct sw_conn *conn);
static void watch(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev);

static void set_lists(struct sw_config *cfg, const struct settings *s)
{
    char names[4096];

    must(sw_config_set_policy(cfg, "all"), "policy");
    must(sw_config_set_suites(cfg, default_suites), "suites");
    if (s->cipher != NULL) {
        suites_from_cipher(s->cipher, names, sizeof names);
        must(sw_config_set_suites(cfg, names), s->cipher);
    }
    join_numbers(&s->curves, names, sizeof names);
    must(sw_config_set_groups(cfg, s->curves.n > 0 ? names : default_groups), "curves");
    join_numbers(&s->verify_prefs, names, sizeof names);
    must(sw_config_set_sigalgs(cfg, s->verify_prefs.n > 0 ? names : default_verify), "verify-prefs");
    must(sw_config_set_option(cfg, SW_OPT_SERVER_ORDER, s->cipher != NULL), "order");
}

static void set_options(struct sw_config *cfg, const struct settings *s)
{
    must(sw_config_set_option(cfg, SW_OPT_ETM, 0), "EtM");
    must(sw_config_set_option(cfg, SW_OPT_TICKETS, !s->no_ticket), "tickets");
    must(sw_config_set_option(cfg, SW_OPT_GREASE, s->enable_grease), "GREASE");
    must(sw_config_set_option(cfg, SW_OPT_FALLBACK_SCSV, s->fallback_scsv), "fallback");
    must(sw_config_set_option(cfg, SW_OPT_KEEP_CHAIN, 1), "chain");
    must(sw_config_set_option(cfg, SW_OPT_RENEGOTIATION_FATAL, !s->renegotiate_ignore), "renegotiation");
    must(sw_config_set_option(cfg, SW_OPT_STATUS_REQUEST, s->enable_ocsp), "status_request");
    if (s->max_cert_list > 0)
        must(sw_config_set_option(cfg, SW_OPT_MAX_CHAIN, s->max_cert_list), "max-cert-list");
    if (s->max_send_fragment > 0)
        must(sw_config_set_option(cfg, SW_OPT_MAX_SEND, s->max_send_fragment), "max-send-fragment");
}

static struct sw_config *configure(struct shim *shim)
{
    const struct settings *s = shim->set;
    struct sw_config *cfg;
    bool ask = s->verify_peer || s->require_any;

    if (s->no_tls12 || (s->min_version > 0x0303) || (s->max_version != 0 && s->max_version < 0x0303)) {
        fprintf(stderr, "shim: version not implemented\n");
        exit(SHIM_UNIMPLEMENTED);
    }
    cfg = sw_config_new(s->server ? SW_SERVER : SW_CLIENT, NULL);
    if (cfg == NULL)
        broken("out of memory");
    sw_config_set_clock(cfg, now, NULL);
    set_lists(cfg, s);
    must(sw_config_set_versions(cfg, SW_TLS12, SW_TLS12), "versions");
    set_options(cfg, s);
    add_credentials(cfg, s);
    if (s->server)
        must(sw_config_set_client_auth(cfg, s->require_any ? SW_CLIENT_AUTH_REQUIRE
                                            : ask          ? SW_CLIENT_AUTH_REQUEST
                                                           : SW_CLIENT_AUTH_NONE),
             "client auth");
    if (s->advertise_alpn.set && !s->server)
        set_alpn(cfg, &s->advertise_alpn);
    if (s->server && s->select_alpn.set) {
        char name[256];

        snprintf(name, sizeof name, "%.*s", (int)s->select_alpn.len, (const char *)s->select_alpn.p);
        must(sw_config_set_alpn(cfg, name), "ALPN");
    }
    if (s->server && s->reject_alpn)
        must(sw_config_set_alpn(cfg, "no such protocol"), "ALPN");
    if (s->select_empty_alpn) {
        fprintf(stderr, "shim: an empty ALPN answer is not implemented\n");
        exit(SHIM_UNIMPLEMENTED);
    }
    sw_config_set_verify(cfg, verify, shim);
    sw_config_set_trace(cfg, watch, shim);
    if (s->hello_callback || s->fail_hello_callback || (s->server && s->fail_cert_callback))
        sw_config_set_hello(cfg, hello, shim);
    if (shim->previous != NULL && s->server)
        must(sw_config_share_sessions(cfg, shim->previous), "sessions");
    return cfg;
}

/* --- callbacks ---------------------------------------------------------------------------------------------------------- */

/* The suite's chains are nonsense on purpose: every chain is taken unless the test says that verification fails. */
static enum sw_err verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    struct shim *shim = ctx;
    const struct settings *s = shim->set;
    bool bites = s->verify_peer || s->require_any;
    size_t len;

    shim->verify_called = true;
    /* what the stack itself cannot use is not a matter of trust */
    if (chain->verdict == SW_ERR_CERT_DECODE || chain->verdict == SW_ERR_CERT_KEY_TYPE ||
        chain->verdict == SW_ERR_CERT_KEY_USAGE)
        return chain->verdict;
    if (s->verify_fail && bites) {
        sw_conn_abort(conn, s->custom_verify ? SW_ALERT_CERTIFICATE_UNKNOWN : SW_ALERT_HANDSHAKE_FAILURE,
                      SW_ERR_CERT_REJECTED);
        return SW_ERR_CERT_REJECTED;
    }
    if (!s->server && s->use_ocsp_callback && sw_conn_ocsp(conn, &len) != NULL) {
        shim->ocsp_called = true;
        if (s->fail_ocsp)
            return SW_ERR_OCSP;
    }
    return SW_OK;
}

static enum sw_err hello(void *ctx, struct sw_conn *conn)
{
    struct shim *shim = ctx;

    if (shim->set->fail_cert_callback) {
        sw_conn_abort(conn, SW_ALERT_INTERNAL_ERROR, SW_ERR_CALLBACK);
        return SW_ERR_CALLBACK;
    }
    if (shim->set->fail_hello_callback) {
        sw_conn_abort(conn, SW_ALERT_HANDSHAKE_FAILURE, SW_ERR_CALLBACK);
        return SW_ERR_CALLBACK;
    }
    if (shim->set->fail_ocsp && shim->set->use_ocsp_callback)
        return SW_ERR_OCSP;
    return SW_OK;
}

static void keep(struct blob *b, const uint8_t *p, size_t len)
{
    free(b->p);
    b->p = malloc(len + 1);
    if (b->p == NULL)
        broken("out of memory");
    memcpy(b->p, p, len);
    b->len = len;
    b->set = true;
}

/* The body of an extension of a ClientHello, header included in data; the engine has checked the message's shape before it is shown. */
static bool hello_extension(const uint8_t *data, size_t len, unsigned type, const uint8_t **body, size_t *body_len)
{
    size_t at = 4 + 2 + 32;

    if (at >= len)
        return false;
    at += 1u + data[at];
    if (at + 2 > len)
        return false;
    at += 2u + ((size_t)data[at] << 8 | data[at + 1]);
    if (at >= len)
        return false;
    at += 1u + data[at];
    at += 2;
    while (at + 4 <= len) {
        size_t n = (size_t)data[at + 2] << 8 | data[at + 3];

        if (n > len - at - 4)
            return false;
        if (((unsigned)data[at] << 8 | data[at + 1]) == type) {
            *body = data + at + 4;
            *body_len = n;
            return true;
        }
        at += 4 + n;
    }
    return false;
}

static void watch(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    struct shim *shim = ctx;
    const uint8_t *body;
    size_t len;

    (void)conn;
    if (ev->sent || ev->content_type != 22 || ev->data == NULL || ev->len < 4)
        return;
    if (ev->message == 1) {
        if (hello_extension(ev->data, ev->len, 16, &body, &len) && len > 2)
            keep(&shim->peer_alpn, body + 2, len - 2);
        if (hello_extension(ev->data, ev->len, 13, &body, &len) && len > 2)
            keep(&shim->peer_sigalgs, body + 2, len - 2);
    } else if (ev->message == 4) {
        shim->got_new_session_ticket = ev->len > 10;
    } else if (ev->message == 13 && ev->len > 5) {
        size_t n = ev->data[4];

        if (n < ev->len - 4)
            keep(&shim->certificate_types, ev->data + 5, n);
        if (ev->len >= 5 + n + 2) {
            size_t schemes = (size_t)ev->data[5 + n] << 8 | ev->data[6 + n];

            if (schemes <= ev->len - 7 - n)
                keep(&shim->peer_sigalgs, ev->data + 7 + n, schemes);
        }
    }
}

/* --- transport ---------------------------------------------------------------------------------------------------------- */

static int dial(const struct settings *s)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)s->port), .sin6_addr = in6addr_loopback};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    int fd = socket(s->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), one = 1, rc;
    uint8_t id[8];

    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        broken("socket");
    rc =
        s->ipv6 ? connect(fd, (struct sockaddr *)&six, sizeof six) : connect(fd, (struct sockaddr *)&four, sizeof four);
    if (rc != 0)
        broken("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < 8; i++)
        id[i] = (uint8_t)((uint64_t)s->shim_id >> (8 * i));
    if (send(fd, id, sizeof id, MSG_NOSIGNAL) != sizeof id)
        broken("shim id");
    return fd;
}

/* Send all that waits. A transport that is gone swallows it: what went wrong before is what counts. */
static void flush_out(struct shim *shim, struct sw_conn *conn)
{
    const uint8_t *out;
    size_t len;

    while ((out = sw_conn_out_buf(conn, &len)) != NULL && len > 0) {
        ssize_t n = send(shim->fd, out, shim->set->async ? 1 : len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (sw_conn_out_ack(conn, n < 0 ? len : (size_t)n) != SW_OK)
            broken("out_ack");
    }
}

/* One turn of the transport: everything out, then one receive if the engine wants it. False when nothing can move any more. */
static bool turn(struct shim *shim, struct sw_conn *conn)
{
    size_t room;
    uint8_t *in;
    ssize_t n;

    flush_out(shim, conn);
    if (!(sw_conn_wants(conn) & SW_WANT_RECV))
        return false;
    in = sw_conn_in_buf(conn, &room);
    if (in == NULL || room == 0)
        return false;
    do
        n = recv(shim->fd, in, shim->set->async ? 1 : room, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        (void)sw_conn_in_eof(conn);
    else
        (void)sw_conn_in_ack(conn, (size_t)n);
    flush_out(shim, conn);
    return true;
}

/* Half-close and read the rest, so that a reset does not swallow what was sent last. */
static void hang_up(struct shim *shim)
{
    struct timeval wait = {.tv_sec = 2};
    char sink[4096];
    size_t total = 0;
    ssize_t n;

    shutdown(shim->fd, SHUT_WR);
    setsockopt(shim->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    while (total < DRAIN_MAX && (n = recv(shim->fd, sink, sizeof sink, 0)) > 0)
        total += (size_t)n;
    close(shim->fd);
    shim->fd = -1;
}

static _Noreturn void fail_connection(struct shim *shim, struct sw_conn *conn)
{
    enum sw_err err = sw_conn_error(conn);

    flush_out(shim, conn);
    hang_up(shim);
    if (err == SW_ERR_PEER_ALERT)
        fprintf(stderr, ":PEER_ALERT_%s: ", sw_alert_name(sw_conn_alert_received(conn)));
    fail(sw_err_name(err), sw_conn_error_text(conn));
}

/* --- what a test expects -------------------------------------------------------------------------------------------------- */

static void expect(bool ok, const char *what)
{
    if (!ok)
        fail("EXPECTATION", what);
}

static bool same_text(const char *have, const struct blob *want)
{
    return want->len == 0 ? have == NULL || have[0] == '\0'
                          : have != NULL && strlen(have) == want->len && memcmp(have, want->p, want->len) == 0;
}

static void check_session(struct shim *shim, struct sw_conn *conn, const struct sw_conn_info *info)
{
    const struct settings *s = shim->set;
    bool resumable;

    expect(info->resumed == (shim->connection > 0 && !s->expect_session_miss),
           "resumed or not, against what is expected");
    if (s->server)
        return;
    resumable = sw_conn_session(conn, shim->session, SESSION_ROOM, &shim->session_len) == SW_OK;
    if (!resumable)
        shim->session_len = 0;
    if (!info->resumed)
        expect(resumable == !s->expect_no_session, "a session, against what is expected");
    else
        expect(info->ticket_issued == s->expect_ticket_renewal, "a renewed ticket, against what is expected");
    if (s->expect_session_id)
        expect(!shim->got_new_session_ticket, "a session id");
}

static void check_peer(struct shim *shim, struct sw_conn *conn, const struct sw_conn_info *info)
{
    const struct settings *s = shim->set;
    const uint8_t *got;
    size_t len;

    if (!s->server)
        expect(info->peer_has_cert, "a certificate of the server");
    if (s->require_any && !info->resumed)
        expect(info->peer_has_cert, "a certificate of the client");
    if (s->expect_peer_sigalg != 0)
        expect(info->sigscheme == s->expect_peer_sigalg, "the peer's signature scheme");
    if (s->expect_ocsp.set && !info->resumed) {
        got = sw_conn_ocsp(conn, &len);
        expect(got != NULL && len == s->expect_ocsp.len && memcmp(got, s->expect_ocsp.p, len) == 0,
               "the stapled response");
    }
    if (s->expect_certificate_types.set)
        expect(shim->certificate_types.len == s->expect_certificate_types.len &&
                   memcmp(shim->certificate_types.p, s->expect_certificate_types.p, shim->certificate_types.len) == 0,
               "the certificate types");
    if (s->expect_peer_verify_prefs.n > 0) {
        expect(shim->peer_sigalgs.len == 2 * s->expect_peer_verify_prefs.n, "the peer's schemes");
        for (size_t i = 0; i < s->expect_peer_verify_prefs.n; i++)
            expect((shim->peer_sigalgs.p[2 * i] << 8 | shim->peer_sigalgs.p[2 * i + 1]) ==
                       s->expect_peer_verify_prefs.v[i],
                   "the peer's schemes");
    }
}

/* The first certificate of a PEM file as DER must be the peer's leaf. */
static void check_peer_file(struct sw_conn *conn, const char *path)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    size_t len, got_len, n = 0;
    char *text = (char *)read_file(path, &len), *at = strstr(text, begin);
    const uint8_t *got = sw_conn_peer_cert(conn, 0, &got_len);
    unsigned bits = 0, have = 0;

    if (at == NULL)
        broken(path);
    expect(got != NULL, "the peer's certificate");
    for (at += sizeof begin - 1; *at != '-' && *at != '=' && *at != '\0'; at++) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *d = strchr(digits, *at);

        if (d == NULL)
            continue;
        bits = bits << 6 | (unsigned)(d - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            expect(n < got_len && got[n] == (uint8_t)(bits >> have), "the peer's certificate");
            n++;
        }
    }
    expect(n == got_len, "the peer's certificate");
    free(text);
}

static void check(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;
    struct sw_conn_info info;

    sw_conn_info(conn, &info);
    check_session(shim, conn, &info);
    check_peer(shim, conn, &info);
    if (s->expect_peer_cert_file != NULL)
        check_peer_file(conn, s->expect_peer_cert_file);
    if (s->expect_version != 0)
        expect((int)info.version == s->expect_version, "the version");
    if (s->expect_cipher != 0)
        expect(info.suite == s->expect_cipher, "the cipher suite");
    if (s->expect_curve != 0)
        expect(info.group == s->expect_curve, "the group");
    expect(same_text(info.alpn, s->server ? &s->select_alpn : &s->expect_alpn), "the application protocol");
    if (s->expect_advertised_alpn.set)
        expect(shim->peer_alpn.len == s->expect_advertised_alpn.len &&
                   memcmp(shim->peer_alpn.p, s->expect_advertised_alpn.p, shim->peer_alpn.len) == 0,
               "the offered application protocols");
    if (s->expect_server_name != NULL)
        expect(info.server_name != NULL && strcmp(info.server_name, s->expect_server_name) == 0, "the server name");
    if (s->expect_ems)
        expect(info.ems, "extended master secret");
    if (s->expect_secure_renegotiation)
        expect(info.secure_renegotiation, "secure renegotiation");
    if (s->expect_no_secure_renegotiation)
        expect(!info.secure_renegotiation, "no secure renegotiation");
    if (s->expect_total_renegotiations != 0)
        expect(false, "renegotiations");
    if (s->server && s->credentials_len > 1 && !info.resumed)
        expect((int)info.cert_index - (s->plain_credential ? 1 : 0) == s->expect_selected_credential, "the credential");
    if (!s->server && s->use_ocsp_callback && !info.resumed && s->expect_ocsp.set)
        expect(shim->ocsp_called, "a look at the stapled response");
}

/* --- one connection ------------------------------------------------------------------------------------------------------- */

static void write_all(struct shim *shim, struct sw_conn *conn, const uint8_t *p, size_t len)
{
    while (len > 0) {
        size_t taken;

        if (sw_conn_write(conn, p, len, &taken) != SW_OK)
            fail_connection(shim, conn);
        flush_out(shim, conn);
        p += taken;
        len -= taken;
    }
    flush_out(shim, conn);
}

static void handshake(struct shim *shim, struct sw_conn *conn)
{
    while (!sw_conn_established(conn))
        if (sw_conn_error(conn) != SW_OK || !turn(shim, conn))
            fail_connection(shim, conn);
    flush_out(shim, conn);
}

static void send_derived(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;

    if (s->export_len >= 0) {
        uint8_t *out = malloc((size_t)s->export_len + 1);

        if (out == NULL || sw_conn_export(conn, s->export_label != NULL ? s->export_label : "",
                                          s->use_export_context ? (const void *)s->export_context.p : NULL,
                                          s->export_context.len, out, (size_t)s->export_len) != SW_OK)
            fail("EXPORT", "failed to export keying material");
        write_all(shim, conn, out, (size_t)s->export_len);
        free(out);
    }
    if (s->tls_unique) {
        uint8_t out[12];

        if (sw_conn_tls_unique(conn, out) != SW_OK)
            fail("TLS_UNIQUE", "failed to get tls-unique");
        write_all(shim, conn, out, sizeof out);
    }
}

/* Read until something comes, the peer ends, or the connection fails; 0 at the end. */
static size_t read_some(struct shim *shim, struct sw_conn *conn, uint8_t *buf, size_t cap)
{
    for (;;) {
        size_t got, seen, again;
        const uint8_t *view;
        enum sw_err err;

        if (shim->set->peek_then_read && (view = sw_conn_peek(conn, &seen)) != NULL && seen > 0) {
            size_t n = seen < cap ? seen : cap;

            memcpy(buf, view, n);
            view = sw_conn_peek(conn, &again);
            expect(view != NULL && again == seen && memcmp(buf, view, n) == 0, "the same bytes at a second look");
        }
        err = sw_conn_read(conn, buf, cap, &got);
        if (got > 0)
            return got;
        if (err == SW_ERR_CLOSED)
            return 0;
        if (err == SW_ERR_TRUNCATED && !shim->set->check_close_notify)
            return 0;
        if (err != SW_OK || sw_conn_error(conn) != SW_OK || !turn(shim, conn)) {
            if (sw_conn_error(conn) == SW_ERR_TRUNCATED && !shim->set->check_close_notify && sw_conn_established(conn))
                return 0;
            if (sw_conn_error(conn) != SW_OK)
                fail_connection(shim, conn);
        }
    }
}

static void echo(struct shim *shim, struct sw_conn *conn)
{
    uint8_t buf[READ_MAX];
    size_t cap = shim->set->read_size > 0 && shim->set->read_size < READ_MAX ? (size_t)shim->set->read_size
                                                                             : DEFAULT_READ,
           got;

    if (shim->set->read_size > READ_MAX)
        cap = READ_MAX;
    while ((got = read_some(shim, conn, buf, cap)) > 0) {
        expect(!shim->set->handshake_never_done || sw_conn_established(conn), "data only after the handshake");
        for (size_t i = 0; i < got; i++)
            buf[i] ^= 0xff;
        write_all(shim, conn, buf, got);
    }
}

/* With check_close_notify the peer's close_notify must come, and no data before it. */
static void close_connection(struct shim *shim, struct sw_conn *conn)
{
    uint8_t byte;

    sw_conn_close(conn);
    flush_out(shim, conn);
    if (!shim->set->check_close_notify)
        return;
    if (shim->set->shim_shuts_down && read_some(shim, conn, &byte, 1) != 0)
        fail("DATA_ON_SHUTDOWN", "application data arrived while closing");
    if (sw_conn_alert_received(conn) != SW_ALERT_CLOSE_NOTIFY)
        fail_connection(shim, conn);
}

static void run_connection(struct shim *shim)
{
    const struct settings *s = shim->set;
    struct sw_config *cfg = configure(shim);
    struct sw_conn *conn;

    shim->verify_called = shim->got_new_session_ticket = shim->ocsp_called = false;
    must(sw_conn_new(&conn, cfg, s->server ? NULL : s->host_name), "connection");
    if (!s->server && shim->connection > 0) {
        if (shim->session_len == 0)
            fail("NO_SESSION", "there is no session to offer");
        must(sw_conn_set_session(conn, shim->session, shim->session_len), "session");
    }
    shim->fd = dial(s);
    if (!s->implicit_handshake) {
        handshake(shim, conn);
        check(shim, conn);
    } else if (s->shim_writes_first || s->shim_shuts_down || s->export_len >= 0 || s->tls_unique) {
        handshake(shim, conn);
    }
    send_derived(shim, conn);
    if (s->send_alert) {
        sw_conn_abort(conn, SW_ALERT_DECOMPRESSION_FAILURE, SW_ERR_CALLBACK);
        flush_out(shim, conn);
        hang_up(shim);
        exit(SHIM_OK);
    }
    if (s->shim_writes_first)
        write_all(shim, conn, (const uint8_t *)"hello", 5);
    if (!s->shim_shuts_down)
        echo(shim, conn);
    if (s->implicit_handshake && !s->server &&
        sw_conn_session(conn, shim->session, SESSION_ROOM, &shim->session_len) != SW_OK)
        shim->session_len = 0;
    close_connection(shim, conn);
    hang_up(shim);
    sw_conn_free(conn);
    sw_config_free(shim->previous);
    shim->previous = cfg;
}

static void on_crash(int signal_number)
{
    (void)signal_number;
    _exit(SHIM_BROKEN);
}

int main(int argc, char **argv)
{
    static struct command cmd;
    static struct shim shim;

    if (argc == 2 && strcmp(argv[1], "-is-handshaker-supported") == 0) {
        puts("No");
        return SHIM_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGSEGV, on_crash);
    signal(SIGABRT, on_crash);
    shim_parse(&cmd, argc, argv);
    shim.session = malloc(SESSION_ROOM);
    if (shim.session == NULL)
        broken("out of memory");
    for (shim.connection = 0; shim.connection <= cmd.initial.resume_count; shim.connection++) {
        shim.set = shim.connection == 0 ? &cmd.initial : &cmd.resumed;
        run_connection(&shim);
    }
    sw_config_free(shim.previous);
    free(shim.session);
    free(shim.peer_alpn.p);
    free(shim.peer_sigalgs.p);
    free(shim.certificate_types.p);
    return SHIM_OK;
}
