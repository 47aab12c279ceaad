/* What a test expects of a handshake that is done. */
#include "base/bytes.h"
#include "base/hash.h"
#include "tests/bogo/shim.h"
#include "ttp/pem.h"
#include <stdlib.h>
#include <string.h>

void shim_expect(bool ok, const char *what)
{
    if (!ok)
        shim_fail("EXPECTATION", what);
}

static bool same_text(const char *have, const struct blob *want)
{
    return want->len == 0 ? have == NULL || have[0] == '\0'
                          : have != NULL && strlen(have) == want->len && memcmp(have, want->p, want->len) == 0;
}

/* A session comes with the end of the handshake; after False Start that is later. */
static void check_resumed(struct shim *shim, struct sw_conn *conn, const struct sw_conn_info *info)
{
    const struct settings *s = shim->set;

    shim_expect(info->resumed == (shim->connection > 0 && !s->expect_session_miss),
                "resumed or not, against what is expected");
    if (!s->server && sw_conn_established(conn) && info->version != SW_TLS13)
        shim_check_session(shim, conn);
    /* in TLS 1.3 it comes later, with a ticket */
    if (info->version == SW_TLS13)
        shim_expect(!s->expect_session_id, "a session id, against what is expected");
}

void shim_check_session(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;
    struct sw_conn_info info;
    bool resumable;

    sw_conn_info(conn, &info);
    resumable = sw_conn_session(conn, shim->session, SHIM_SESSION_ROOM, &shim->session_len) == SW_OK;
    if (!resumable)
        shim->session_len = 0;
    if (!info.resumed)
        shim_expect(resumable == !s->expect_no_session, "a session, against what is expected");
    else
        shim_expect(info.ticket_issued == s->expect_ticket_renewal, "a renewed ticket, against what is expected");
    /* by id or by ticket, which the suite's own stack gives an id, too */
    if (s->expect_session_id || s->expect_no_session_id)
        shim_expect(resumable == s->expect_session_id, "a session id, against what is expected");
}

void shim_check_late_session(struct shim *shim, struct sw_conn *conn)
{
    bool resumable = sw_conn_session(conn, shim->session, SHIM_SESSION_ROOM, &shim->session_len) == SW_OK;

    if (!resumable)
        shim->session_len = 0;
    /* who shuts down at once does not wait for one */
    if (!shim->set->shim_shuts_down)
        shim_expect(resumable == !shim->set->expect_no_session, "a session, against what is expected");
}

static void check_peer(struct shim *shim, struct sw_conn *conn, const struct sw_conn_info *info)
{
    const struct settings *s = shim->set;
    const uint8_t *got;
    size_t len;

    if (!s->server)
        shim_expect(info->peer_has_cert, "a certificate of the server");
    if (s->require_any && !info->resumed)
        shim_expect(info->peer_has_cert, "a certificate of the client");
    if (s->expect_sha256 || s->retain_only_sha256)
        shim_expect(info->peer_has_cert == s->expect_sha256 && sw_conn_peer_cert(conn, 0, &len) == NULL,
                    "the fingerprint of the client's certificate alone");
    /* a session keeps the verdict of the handshake it comes from */
    if (s->expect_verify_result && info->peer_has_cert && !info->resumed)
        shim_expect(shim->verify_called, "a look at the peer's certificate");
    if (s->expect_peer_sigalg != 0)
        shim_expect(info->sigscheme == s->expect_peer_sigalg, "the peer's signature scheme");
    if (s->expect_ocsp.set && !info->resumed) {
        got = sw_conn_ocsp(conn, &len);
        shim_expect(got != NULL && len == s->expect_ocsp.len && memcmp(got, s->expect_ocsp.p, len) == 0,
                    "the stapled response");
    }
    if (s->expect_sct.set && !info->resumed) {
        got = sw_conn_sct(conn, &len);
        shim_expect(got != NULL && len == s->expect_sct.len && memcmp(got, s->expect_sct.p, len) == 0,
                    "the signed certificate timestamps");
    }
    if (s->expect_certificate_types.set)
        shim_expect(shim->certificate_types.len == s->expect_certificate_types.len &&
                        memcmp(shim->certificate_types.p, s->expect_certificate_types.p, shim->certificate_types.len) ==
                            0,
                    "the certificate types");
    if (s->expect_peer_verify_prefs.n > 0) {
        shim_expect(shim->peer_sigalgs.len == 2 * s->expect_peer_verify_prefs.n, "the peer's schemes");
        for (size_t i = 0; i < s->expect_peer_verify_prefs.n; i++)
            shim_expect((shim->peer_sigalgs.p[2 * i] << 8 | shim->peer_sigalgs.p[2 * i + 1]) ==
                            s->expect_peer_verify_prefs.v[i],
                        "the peer's schemes");
    }
}

/* The first certificate of a PEM file must be the peer's leaf; of a session its fingerprint is kept. */
static void check_peer_file(struct sw_conn *conn, const char *path)
{
    size_t len, got_len;
    uint8_t *text = shim_read_file(path, &len), *der = malloc(len + 1), print[32];
    const uint8_t *got = sw_conn_peer_cert(conn, 0, &got_len);
    struct sw_reader r = sw_reader_of(text, len);
    struct sw_pem block;
    struct sw_peer peer;

    if (der == NULL || !sw_pem_next(&r, &block) || sw_pem_decode(&block, der, len, &len) != SW_OK)
        shim_broken(path);
    shim_must(sw_hash_once(SW_HASH_SHA256, der, len, print), path);
    shim_expect(got == NULL || (got_len == len && memcmp(got, der, len) == 0), "the peer's certificate");
    shim_expect(sw_conn_peer(conn, &peer) == SW_OK && memcmp(peer.sha256, print, sizeof print) == 0,
                "the fingerprint of the peer's certificate");
    free(der);
    free(text);
}

/* The plain pair, which was added last, counts as -1, and so does none. */
static void check_credential(const struct settings *s, const struct sw_conn_info *info)
{
    bool plain = s->plain_credential && info->cert_index == s->credentials_len - 1,
         none = !s->server && info->own_sigscheme == 0;

    shim_expect((plain || none ? -1 : (int)info->cert_index) == s->expect_selected_credential, "the credential");
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* have: names with two bytes of length each. want: the same in hexadecimal, separated by commas. */
static void check_authorities(const struct blob *have, const char *want)
{
    size_t at = 0;

    if (want[0] == '<')
        want = "";
    while (*want != '\0') {
        size_t digits = strcspn(want, ","), len = digits / 2;

        shim_expect(have->len >= at + 2 + len && ((size_t)have->p[at] << 8 | have->p[at + 1]) == len,
                    "the names of authorities");
        for (size_t i = 0; i < len; i++)
            shim_expect((hex_digit(want[2 * i]) << 4 | hex_digit(want[2 * i + 1])) == have->p[at + 2 + i],
                        "the names of authorities");
        at += 2 + len;
        want += digits + (want[digits] == ',');
    }
    shim_expect(at == have->len, "the names of authorities");
}

void shim_check(struct shim *shim, struct sw_conn *conn)
{
    const struct settings *s = shim->set;
    struct sw_conn_info info;
    bool modern; /* TLS 1.3: what had to be added to TLS 1.2 is always there */

    sw_conn_info(conn, &info);
    modern = info.version == SW_TLS13;
    check_resumed(shim, conn, &info);
    if (!s->server)
        shim_expect(sw_conn_established(conn) == (info.resumed || !s->false_start || info.version == SW_TLS13),
                    "False Start, against what is expected");
    check_peer(shim, conn, &info);
    if (s->expect_peer_cert_file != NULL)
        check_peer_file(conn, s->expect_peer_cert_file);
    if (s->expect_version != 0)
        shim_expect((int)info.version == s->expect_version, "the version");
    if (s->expect_cipher != 0)
        shim_expect(info.suite == s->expect_cipher, "the cipher suite");
    if (s->expect_curve != 0)
        shim_expect(info.group == s->expect_curve, "the group");
    if (s->expect_resume_curve != 0 && shim->connection > 0)
        shim_expect(info.group == s->expect_resume_curve, "the group");
    if (s->expect_hrr || s->expect_no_hrr)
        shim_expect(shim->retried == s->expect_hrr, "a HelloRetryRequest, against what is expected");
    shim_expect(same_text(info.alpn, s->server ? &s->select_alpn : &s->expect_alpn), "the application protocol");
    if (s->expect_advertised_alpn.set)
        shim_expect(shim->peer_alpn.len == s->expect_advertised_alpn.len &&
                        memcmp(shim->peer_alpn.p, s->expect_advertised_alpn.p, shim->peer_alpn.len) == 0,
                    "the offered application protocols");
    if (s->expect_server_name != NULL)
        shim_expect(info.server_name != NULL && strcmp(info.server_name, s->expect_server_name) == 0,
                    "the server name");
    if (s->expect_ems)
        shim_expect(info.ems || modern, "extended master secret");
    if (s->expect_secure_renegotiation)
        shim_expect(info.secure_renegotiation || modern, "secure renegotiation");
    if (s->expect_no_secure_renegotiation)
        shim_expect(!info.secure_renegotiation && !modern, "no secure renegotiation");
    if (s->expect_selected_credential != NOT_SAID && !info.resumed)
        check_credential(s, &info);
    if (s->expect_client_ca_list != NULL && !info.resumed)
        check_authorities(&shim->authorities, s->expect_client_ca_list);
    if (!s->server && s->use_ocsp_callback && !info.resumed && s->expect_ocsp.set)
        shim_expect(shim->ocsp_called, "a look at the stapled response");
}
