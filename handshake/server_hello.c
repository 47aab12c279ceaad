/*
 * ServerHello (RFC 5246 7.4.1.3):
 *
 *     version(2) random(32) session_id<0..32> cipher_suite(2) compression_method(1) [extensions<0..2^16-1>]
 *
 * A client learns here what the server chose, and whether the session it offered goes on: the echo of its session id says so. In TLS 1.3 (RFC 8446 4.1.3) it has the same form; the
 * version is 3.3 whatever was chosen, that stands in supported_versions, and the session in pre_shared_key.
 */
#include "base/wipe.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "handshake/session.h"
#include <string.h>

void sw_server_hello_encode(const struct sw_server_hello *h, struct sw_writer *w)
{
    size_t mark;

    sw_write_u16(w, h->version);
    sw_write_bytes(w, h->random, SW_RANDOM_LEN);
    mark = sw_write_open(w, 1);
    sw_write_slice(w, h->session_id);
    sw_write_close(w, mark, 1);
    sw_write_u16(w, h->suite);
    sw_write_u8(w, h->compression);
}

enum sw_err sw_server_hello_decode(struct sw_server_hello *h, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), vec;

    memset(h, 0, sizeof *h);
    h->version = sw_read_u16(&r);
    h->random = sw_read_bytes(&r, SW_RANDOM_LEN).p;
    vec = sw_read_vec8(&r);
    h->session_id = sw_read_rest(&vec);
    h->suite = sw_read_u16(&r);
    h->compression = sw_read_u8(&r);
    h->has_extensions = sw_reader_left(&r) > 0;
    if (h->has_extensions) {
        vec = sw_read_vec16(&r);
        h->extensions = sw_read_rest(&vec);
    }
    return sw_reader_end(&r) && h->session_id.len <= SW_SESSION_ID_MAX ? SW_OK : SW_ERR_DECODE;
}

enum { SUPPORTED_VERSIONS = 43, DOWNGRADE_LEN = 8, SSL3 = 0x0300 };

/* RFC 8446 4.1.3: the end of the random of a server that speaks TLS 1.3 and was asked for less. It is signed or hashed with the rest: nobody on the way can take it out. */
static const uint8_t downgrade12[DOWNGRADE_LEN] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
static const uint8_t downgrade11[DOWNGRADE_LEN] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 0};

/* --- server --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_server_hello_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h = {.version = conn->version, .random = conn->server_random, .suite = conn->suite->id};
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), conn->server_random, SW_RANDOM_LEN);

    if (err != SW_OK)
        return err;
    if (sw_config_speaks(conn->cfg, SW_TLS13))
        memcpy(conn->server_random + SW_RANDOM_LEN - DOWNGRADE_LEN, downgrade12, DOWNGRADE_LEN);
    h.session_id = (struct sw_slice){hs->session_id, hs->session_id_len};
    sw_server_hello_encode(&h, w);
    sw_conn_note(conn, "chose %s%s%s%s", conn->suite->name, conn->ems ? ", extended master secret" : "",
                 conn->etm ? ", encrypt-then-MAC" : "", hs->resuming ? "; the session goes on" : "");
    err = sw_ext_write_answers(conn, w);
    return err == SW_OK && hs->resuming ? sw_conn_resume_keys(conn) : err;
}

enum sw_err sw_server_hello13_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h = {.version = SW_TLS12, .random = conn->server_random, .suite = conn->suite->id};
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), conn->server_random, SW_RANDOM_LEN);

    if (err != SW_OK)
        return err;
    h.session_id = (struct sw_slice){hs->session_id, hs->session_id_len};
    sw_server_hello_encode(&h, w);
    sw_ext_write_in(conn, w, SW_IN_SH);
    sw_conn_note(conn, "chose TLS 1.3, %s, %s%s", conn->suite->name, conn->group->name,
                 hs->resuming ? "; the session goes on" : "");
    return SW_OK;
}

/* --- client --------------------------------------------------------------------------------------------------------------- */

/* Whether the server would have spoken TLS 1.3, had it been offered: as it was (RFC 8446 4.1.3). */
static bool downgraded(const struct sw_conn *conn, const struct sw_server_hello *h)
{
    const uint8_t *end = h->random + SW_RANDOM_LEN - DOWNGRADE_LEN;

    return sw_config_speaks(conn->cfg, SW_TLS13) &&
           (memcmp(end, downgrade12, DOWNGRADE_LEN) == 0 || memcmp(end, downgrade11, DOWNGRADE_LEN) == 0);
}

static enum sw_err check_version(struct sw_conn *conn, const struct sw_server_hello *h)
{
    const struct sw_handshake *hs = conn->hs;

    if (h->version != SW_TLS12 || !sw_config_speaks(conn->cfg, SW_TLS12)) {
        sw_conn_explain(conn, "the server chose version %u.%u, which was not offered", h->version >> 8,
                        h->version & 0xff);
        return SW_ERR_VERSION;
    }
    if (downgraded(conn, h))
        return SW_ERR_DOWNGRADE;
    if (hs->early_ccs)
        return SW_ERR_CHANGE_CIPHER_SPEC;
    /* an id made up for TLS 1.3 is none that a server of TLS 1.2 could know */
    if (hs->compatible_id && sw_slice_eq(h->session_id, (struct sw_slice){hs->session_id, hs->session_id_len}))
        return SW_ERR_RESUME_MISMATCH;
    conn->version = h->version;
    return SW_OK;
}

static enum sw_err check_suite(struct sw_conn *conn, const struct sw_server_hello *h)
{
    const struct sw_suite *suite = sw_suite_by_id(h->suite);

    if (suite == NULL || suite->min_version != SW_TLS12 || !sw_list_has(&conn->cfg->suites, h->suite)) {
        sw_conn_explain(conn, "the server chose cipher suite 0x%04X, which was not offered", h->suite);
        return SW_ERR_SUITE;
    }
    conn->suite = suite;
    return h->compression == 0 ? SW_OK : SW_ERR_COMPRESSION;
}

/* A server may leave unsaid what holds for the whole session, or be one that never said it (RFC 6066 1.1, 4): shorter records harm neither. */
static void keep_fragments(struct sw_conn *conn, const struct sw_session *s)
{
    const struct sw_hello_ext *ext = &conn->hs->peer_ext;
    unsigned limit = 256u << s->max_fragment;

    if (s->max_fragment != 0 && ext->max_fragment == 0 && ext->record_limit == 0 && limit < conn->max_send)
        conn->max_send = (uint16_t)limit;
}

/* The session goes on: everything must be as it was. */
static enum sw_err go_on(struct sw_conn *conn)
{
    struct sw_session s;
    enum sw_err err = sw_session_decode(&s, conn->session.p, conn->session.len);

    if (err == SW_OK && (conn->suite->id != s.suite || conn->version != s.version))
        err = SW_ERR_RESUME_MISMATCH;
    if (err == SW_OK && conn->ems != s.ems)
        err = SW_ERR_EMS_RESUME;
    if (err == SW_OK) {
        sw_session_adopt(conn, &s);
        keep_fragments(conn, &s);
    }
    sw_wipe(&s, sizeof s);
    return err;
}

/* Whether the server took up the session offered. */
static enum sw_err check_resumption(struct sw_conn *conn, const struct sw_server_hello *h)
{
    struct sw_handshake *hs = conn->hs;

    hs->resuming = hs->offered_session && h->session_id.len > 0 && h->session_id.len == hs->session_id_len &&
                   memcmp(h->session_id.p, hs->session_id, h->session_id.len) == 0;
    if (!hs->resuming) {
        hs->session_id_len = (uint8_t)h->session_id.len;
        if (h->session_id.len > 0)
            memcpy(hs->session_id, h->session_id.p, h->session_id.len);
        return SW_OK;
    }
    /* the server should not have sent it, but nothing forbids it (RFC 6962 3.3.1) */
    conn->sct = (struct sw_slice){NULL, 0};
    return go_on(conn);
}

/* --- client, TLS 1.3 ------------------------------------------------------------------------------------------------------ */

enum sw_err sw_server_hello13_check(struct sw_conn *conn, const struct sw_server_hello *h, struct sw_slice version)
{
    const struct sw_handshake *hs = conn->hs;
    const struct sw_suite *suite = sw_suite_by_id(h->suite);

    if (version.p != NULL && version.len != 2)
        return SW_ERR_EXTENSION_DECODE;
    if (h->version <= SSL3)
        return SW_ERR_VERSION; /* RFC 8446 D.5 */
    if (h->version != SW_TLS12 || version.p == NULL || (version.p[0] << 8 | version.p[1]) != SW_TLS13) {
        sw_conn_explain(conn, "the server chose a version that was not offered");
        return SW_ERR_EXTENSION_VALUE;
    }
    if (!sw_slice_eq(h->session_id, (struct sw_slice){hs->session_id, hs->session_id_len})) {
        sw_conn_explain(conn, "the server does not repeat the session id");
        return SW_ERR_RESUME_MISMATCH;
    }
    if (suite == NULL || suite->min_version != SW_TLS13 || !sw_list_has(&conn->cfg->suites, h->suite) ||
        (hs->retried && suite != conn->suite)) {
        sw_conn_explain(conn, "the server chose cipher suite 0x%04X, which was not offered", h->suite);
        return SW_ERR_SUITE;
    }
    conn->version = SW_TLS13;
    conn->suite = suite;
    return h->compression == 0 ? SW_OK : SW_ERR_COMPRESSION;
}

/* The session that goes on: its secret, and what the handshake does not say again. A suite of another hash cannot have it (RFC 8446 4.2.11). */
static enum sw_err go_on_13(struct sw_conn *conn, struct sw_session *s)
{
    enum sw_err err = sw_session_decode(s, conn->session.p, conn->session.len);

    if (err == SW_OK && conn->hs->psk_hash != (uint8_t)conn->suite->prf)
        return SW_ERR_RESUME_MISMATCH;
    if (err == SW_OK)
        sw_session_adopt(conn, s);
    conn->hs->resuming = err == SW_OK;
    return err;
}

static enum sw_err exchange(struct sw_conn *conn, struct sw_slice psk)
{
    struct sw_handshake *hs = conn->hs;
    uint8_t shared[SW_KEX_SECRET_MAX];
    size_t len;
    enum sw_err err;

    if (hs->peer_ext.share_group != hs->kex->group->id)
        return SW_ERR_GROUP;
    conn->group = hs->kex->group;
    conn->group_bits = conn->group->bits;
    err = sw_kex_derive(hs->kex, hs->peer_ext.shares, false, shared, &len);
    if (err == SW_OK)
        err = sw_secrets13_begin(conn, psk, (struct sw_slice){shared, len});
    sw_wipe(shared, sizeof shared);
    return err;
}

static enum sw_err settle_13(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session s;
    struct sw_slice psk = {NULL, 0};
    enum sw_err err = SW_OK;

    if (!hs->peer_ext.shares_present) {
        sw_conn_explain(conn, "the server's hello has no extension key_share");
        /* a session without an exchange is a mode that we have not offered (RFC 8446 4.2.9) */
        return hs->peer_ext.psk_present ? SW_ERR_EXTENSION_VALUE : SW_ERR_MISSING_EXTENSION;
    }
    if (hs->peer_ext.psk_present) {
        err = go_on_13(conn, &s);
        psk = (struct sw_slice){s.master, sw_hash_len(conn->suite->prf)};
    }
    if (err == SW_OK)
        err = exchange(conn, psk);
    sw_wipe(&s, sizeof s);
    return err;
}

static enum sw_err recv_13(struct sw_conn *conn, const struct sw_server_hello *h, struct sw_slice version)
{
    struct sw_handshake *hs = conn->hs;
    enum sw_err err = sw_server_hello13_check(conn, h, version);

    if (err == SW_OK)
        err = sw_ext_read_in(conn, h->extensions, SW_IN_SH);
    if (err == SW_OK)
        err = settle_13(conn);
    if (err != SW_OK)
        return err;
    memcpy(conn->server_random, h->random, SW_RANDOM_LEN);
    hs->hello_done = true;
    /* nothing of an older session is left to be offered again */
    hs->ticket = (struct sw_slice){NULL, 0};
    sw_conn_note(conn, "chose TLS 1.3, %s, %s%s", conn->suite->name, conn->group->name,
                 hs->resuming ? "; the session goes on" : "");
    return hs->transcript.started ? SW_OK : sw_transcript_start(&hs->transcript, conn->suite->prf);
}

enum sw_err sw_server_hello_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h;
    enum sw_err err = sw_server_hello_decode(&h, body);

    /* the form first: what the extensions say makes the version */
    if (err == SW_OK)
        err = sw_ext_check(h.extensions);
    if (err == SW_OK && sw_config_speaks(conn->cfg, SW_TLS13)) {
        struct sw_slice version = sw_ext_find(h.extensions, SUPPORTED_VERSIONS);

        if (version.p != NULL || hs->retried)
            return recv_13(conn, &h, version);
    }
    if (err == SW_OK)
        err = check_version(conn, &h);
    if (err == SW_OK)
        err = check_suite(conn, &h);
    if (err != SW_OK)
        return err;
    memcpy(conn->server_random, h.random, SW_RANDOM_LEN);
    err = sw_ext_read_answers(conn, h.extensions);
    if (err == SW_OK)
        err = check_resumption(conn, &h);
    if (err == SW_OK && !conn->secure_renegotiation && sw_option(conn, SW_OPT_REQUIRE_SECURE_RENEGOTIATION))
        err = SW_ERR_RENEGOTIATION_INFO; /* RFC 5746 3.4, 4.1 */
    if (err == SW_OK && !conn->ems && sw_option(conn, SW_OPT_EMS) == 2)
        err = SW_ERR_EMS_REQUIRED;
    if (err == SW_OK && conn->etm && conn->suite->bulk->kind != SW_BULK_CBC)
        err = SW_ERR_EXTENSION_VALUE;
    if (err == SW_OK)
        err = sw_transcript_start(&hs->transcript, conn->suite->prf);
    if (err == SW_OK && hs->resuming)
        err = sw_conn_resume_keys(conn);
    hs->hello_done = true;
    sw_conn_note(conn, "chose %s%s%s%s", conn->suite->name, conn->ems ? ", extended master secret" : "",
                 conn->etm ? ", encrypt-then-MAC" : "", hs->resuming ? "; the session goes on" : "");
    return err;
}
