/*
 * Sessions: what a client brings to its next connection, and where they go at the end of a handshake: into the server's cache, or into the client's
 * hands. RFC 5246 7.3, RFC 5077, RFC 7627 5.
 */
#include "handshake/session.h"
#include "base/wipe.h"
#include <string.h>

static void copy_text(char *out, size_t cap, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (len >= cap)
        len = cap - 1;
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
}

void sw_session_fill(const struct sw_conn *conn, struct sw_session *s)
{
    bool renewed = conn->hs->resuming;
    int64_t created = renewed ? s->created : sw_conn_now(conn);

    s->version = conn->version;
    s->suite = conn->suite->id;
    s->ems = conn->ems;
    s->etm = conn->etm;
    memcpy(s->master, conn->master, SW_MASTER_LEN);
    s->created = created;
    if (!renewed)
        s->lifetime = (uint32_t)sw_option(conn, SW_OPT_SESSION_LIFETIME);
    s->group = conn->group != NULL ? conn->group->id : 0;
    s->sigscheme = conn->peer_scheme != NULL ? conn->peer_scheme->id : 0;
    copy_text(s->server_name, sizeof s->server_name, conn->name);
    copy_text(s->alpn, sizeof s->alpn, conn->alpn);
    s->has_peer = conn->peer_has_cert;
    if (s->has_peer)
        s->peer = conn->peer;
}

/* Written into bytes of the connection's own; what was there before goes. */
static enum sw_err write_down(struct sw_conn *conn, const struct sw_session *s)
{
    size_t cap = SW_SESSION_MAX + s->ticket.len;
    uint8_t *buf = sw_conn_alloc(conn, cap), *fit;
    struct sw_writer w = sw_writer_of(buf, cap);
    enum sw_err err;

    if (buf == NULL)
        return SW_ERR_MEMORY;
    err = sw_session_encode(s, &w);
    fit = err == SW_OK ? sw_conn_alloc(conn, w.len) : NULL;
    if (err == SW_OK && fit == NULL)
        err = SW_ERR_MEMORY;
    if (err == SW_OK) {
        memcpy(fit, buf, w.len);
        sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
        conn->resumable = fit;
        conn->resumable_len = w.len;
    }
    sw_conn_release_mem(conn, buf, cap);
    return err;
}

enum sw_err sw_session_take_ticket(struct sw_conn *conn, struct sw_slice ticket, uint32_t lifetime)
{
    struct sw_session *s = sw_handshake_session(conn);
    enum sw_err err;

    if (s == NULL)
        return SW_ERR_MEMORY;
    sw_session_fill(conn, s);
    if (lifetime > 0 && lifetime < s->lifetime)
        s->lifetime = lifetime;
    s->id_len = 0;
    s->ticket = ticket;
    err = write_down(conn, s);
    s->ticket = (struct sw_slice){NULL, 0};
    conn->ticket_issued = true;
    return err;
}

static enum sw_err keep_as_client(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session *s;

    /* a ticket has been written down already; a resumed session without a new one stays as it was */
    if (conn->ticket_issued || hs->resuming)
        return SW_OK;
    sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
    conn->resumable = NULL;
    conn->resumable_len = 0;
    if (hs->session_id_len == 0)
        return SW_OK;
    s = sw_handshake_session(conn);
    if (s == NULL)
        return SW_ERR_MEMORY;
    sw_session_fill(conn, s);
    s->ticket = (struct sw_slice){NULL, 0};
    s->id_len = hs->session_id_len;
    memcpy(s->id, hs->session_id, hs->session_id_len);
    return write_down(conn, s);
}

static enum sw_err keep_as_server(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session *s;

    if (hs->resuming || hs->send_ticket || hs->session_id_len == 0)
        return SW_OK;
    s = sw_handshake_session(conn);
    if (s == NULL) /* without memory for it the session is just not resumable */
        return SW_OK;
    sw_session_fill(conn, s);
    s->id_len = hs->session_id_len;
    memcpy(s->id, hs->session_id, hs->session_id_len);
    if (sw_session_cache_put(conn->cfg->sessions->cache, s) == SW_OK) {
        conn->cached_id_len = s->id_len;
        memcpy(conn->cached_id, s->id, s->id_len);
    }
    return SW_OK;
}

enum sw_err sw_session_keep(struct sw_conn *conn)
{
    return sw_is_server(conn) ? keep_as_server(conn) : keep_as_client(conn);
}

/* --- in the client's hands ---------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_session(const struct sw_conn *conn, void *out, size_t cap, size_t *len)
{
    *len = 0;
    /* before the end of the handshake it is what was offered, or what nobody has vouched for yet */
    if (conn->resumable == NULL || !conn->established)
        return SW_ERR_NOT_FOUND;
    if (cap < conn->resumable_len)
        return SW_ERR_SPACE;
    memcpy(out, conn->resumable, conn->resumable_len);
    *len = conn->resumable_len;
    return SW_OK;
}

/* Whether a session fits what this connection would negotiate anyway; one that does not is silently not offered. */
static bool session_fits(const struct sw_conn *conn, const struct sw_session *s)
{
    const char *name = conn->name != NULL ? conn->name : "";

    return s->version == SW_TLS12 && sw_list_has(&conn->cfg->suites, s->suite) && strcmp(s->server_name, name) == 0 &&
           (s->ems || sw_option(conn, SW_OPT_EMS) < 2) && (!s->ems || sw_option(conn, SW_OPT_EMS) > 0) &&
           sw_conn_now(conn) <= s->created + s->lifetime;
}

enum sw_err sw_conn_set_session(struct sw_conn *conn, const void *session, size_t len)
{
    struct sw_handshake *hs = conn->hs;

    if (sw_is_server(conn) || hs == NULL || !sw_conn_must_begin(conn))
        return SW_ERR_STATE;
    sw_conn_release_mem(conn, conn->resumable, conn->resumable_len);
    conn->resumable_len = 0;
    conn->resumable = len > 0 ? sw_conn_alloc(conn, len) : NULL;
    if (conn->resumable == NULL)
        return len > 0 ? SW_ERR_MEMORY : SW_OK;
    conn->resumable_len = len;
    memcpy(conn->resumable, session, len);
    /* views of the ticket point into our copy */
    struct sw_session *s = sw_handshake_session(conn);
    if (s == NULL)
        return SW_ERR_MEMORY;
    hs->offered_session = sw_session_decode(s, conn->resumable, len) == SW_OK && session_fits(conn, s);
    if (!hs->offered_session)
        sw_handshake_drop_session(conn);
    return SW_OK;
}
