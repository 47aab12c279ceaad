/*
 * ServerHello (RFC 5246 7.4.1.3):
 *
 *     version(2) random(32) session_id<0..32> cipher_suite(2) compression_method(1) [extensions<0..2^16-1>]
 *
 * A client learns here what the server chose, and whether the session it offered goes on: the echo of its session id says so.
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

/* --- server --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_server_hello_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h = {.version = conn->version, .random = conn->server_random, .suite = conn->suite->id};
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), conn->server_random, SW_RANDOM_LEN);

    if (err != SW_OK)
        return err;
    h.session_id = (struct sw_slice){hs->session_id, hs->session_id_len};
    sw_server_hello_encode(&h, w);
    sw_conn_note(conn, "chose %s%s%s%s", conn->suite->name, conn->ems ? ", extended master secret" : "",
                 conn->etm ? ", encrypt-then-MAC" : "", hs->resuming ? "; the session goes on" : "");
    err = sw_ext_write_answers(conn, w);
    return err == SW_OK && hs->resuming ? sw_conn_resume_keys(conn) : err;
}

/* --- client --------------------------------------------------------------------------------------------------------------- */

static enum sw_err check_version(struct sw_conn *conn, const struct sw_server_hello *h)
{
    if (h->version != SW_TLS12) {
        sw_conn_explain(conn, "the server chose version %u.%u, which was not offered", h->version >> 8,
                        h->version & 0xff);
        return SW_ERR_VERSION;
    }
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

enum sw_err sw_server_hello_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_server_hello h;
    enum sw_err err = sw_server_hello_decode(&h, body);

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
