/*
 * Sessions: what a client brings to its next connection, and where they go at the end of a handshake: into the server's cache, or into the client's
 * hands, with whatever else outlives the handshake. RFC 5246 7.3, RFC 5077, RFC 7627 5.
 */
#include "handshake/session.h"
#include "base/wipe.h"
#include <string.h>

/*
 * A ticket may have 65,535 bytes (RFC 5077 3.3), and so may all extensions of the hello that offers it together: of ticket and protocol names so
 * much, and the others need room, too.
 */
enum { OFFER_MAX = 65535 - 4096 };

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
    memset(s, 0, sizeof *s);
    s->version = conn->version;
    s->suite = conn->suite->id;
    s->ems = conn->ems;
    s->etm = conn->etm;
    if (conn->version != SW_TLS13) {
        s->max_fragment = sw_session_fragment(conn);
        memcpy(s->master, conn->master, SW_MASTER_LEN);
    }
    s->created = conn->resumed ? conn->session_created : sw_conn_now(conn);
    s->lifetime = conn->resumed ? conn->session_lifetime : (uint32_t)sw_option(conn, SW_OPT_SESSION_LIFETIME);
    s->id_len = conn->cached_id_len;
    memcpy(s->id, conn->cached_id, conn->cached_id_len);
    s->group = conn->group != NULL ? conn->group->id : 0;
    s->sigscheme = conn->peer_scheme != NULL ? conn->peer_scheme->id : 0;
    copy_text(s->server_name, sizeof s->server_name, conn->name);
    copy_text(s->alpn, sizeof s->alpn, conn->alpn);
    s->has_peer = conn->peer_has_cert;
    if (s->has_peer) {
        s->peer = conn->peer;
        s->above.len = (uint8_t)conn->above.len;
        if (conn->above.len > 0)
            memcpy(s->above.serials, conn->above.p, conn->above.len);
        memcpy(s->root, conn->root, sizeof s->root);
        s->until = conn->until;
    }
}

void sw_session_adopt(struct sw_conn *conn, const struct sw_session *s)
{
    conn->resumed = true;
    if (s->version != SW_TLS13) {
        conn->ems = s->ems;
        memcpy(conn->master, s->master, SW_MASTER_LEN);
        conn->group = sw_group_by_id(s->group);
    }
    conn->session_created = s->created;
    conn->session_lifetime = s->lifetime;
    conn->peer_scheme = sw_sigscheme_by_id(s->sigscheme);
    conn->peer_has_cert = s->has_peer;
    if (s->has_peer) {
        conn->peer = s->peer;
        conn->hs->above = s->above;
        conn->above = (struct sw_slice){conn->hs->above.serials, s->above.len};
        memcpy(conn->root, s->root, sizeof conn->root);
        conn->until = s->until;
    }
}

/* --- what stays --------------------------------------------------------------------------------------------------------- */

/* Bytes of a session when it is written down; its ticket may be longer than a stack likes. */
static enum sw_err written_len(const struct sw_session *s, size_t *len)
{
    uint8_t bytes[SW_SESSION_MAX];
    struct sw_writer w = sw_writer_of(bytes, sizeof bytes);
    struct sw_session bare = *s;
    enum sw_err err;

    bare.ticket = (struct sw_slice){NULL, 0};
    err = sw_session_encode(&bare, &w);
    *len = w.len + s->ticket.len;
    sw_wipe(&bare, sizeof bare);
    sw_wipe(bytes, sizeof bytes);
    return err;
}

/* Write a view's bytes down; it is a view of them there from now on. */
static void move(struct sw_writer *w, struct sw_slice *view)
{
    size_t at = w->len;

    sw_write_slice(w, *view);
    view->p = view->len > 0 ? w->buf + at : NULL;
}

enum sw_err sw_conn_keep(struct sw_conn *conn, const struct sw_session *session)
{
    size_t session_len = conn->session.len, len;
    enum sw_err err = session != NULL ? written_len(session, &session_len) : SW_OK;
    struct sw_writer w;
    uint8_t *block = NULL;

    if (err != SW_OK)
        return err;
    len = session_len + conn->chain.len + conn->status.len + conn->sct.len + conn->above.len;
    if (len > 0 && (block = sw_conn_alloc(conn, len)) == NULL)
        return SW_ERR_MEMORY;
    w = sw_writer_of(block, len);
    if (session != NULL) {
        err = sw_session_encode(session, &w); /* measured above: it fits */
        conn->session = (struct sw_slice){block, session_len};
    } else {
        move(&w, &conn->session);
    }
    move(&w, &conn->chain);
    move(&w, &conn->status);
    move(&w, &conn->sct);
    move(&w, &conn->above);
    sw_conn_release_mem(conn, conn->kept, conn->kept_len);
    conn->kept = block;
    conn->kept_len = len;
    return err;
}

static enum sw_err keep_as_client(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session s;
    enum sw_err err;

    /* a ticket of TLS 1.3 is for one connection (RFC 8446 C.4); others come later */
    if (conn->version == SW_TLS13) {
        conn->session = (struct sw_slice){NULL, 0};
        return sw_conn_keep(conn, NULL);
    }
    /* a resumed session without a new ticket stays as it was */
    if (hs->resuming && !conn->ticket_issued)
        return sw_conn_keep(conn, NULL);
    conn->session = (struct sw_slice){NULL, 0};
    if (!conn->ticket_issued && hs->session_id_len == 0)
        return sw_conn_keep(conn, NULL);
    sw_session_fill(conn, &s);
    if (conn->ticket_issued) {
        s.ticket = hs->ticket;
        if (hs->ticket_lifetime > 0 && hs->ticket_lifetime < s.lifetime)
            s.lifetime = hs->ticket_lifetime;
    } else {
        s.id_len = hs->session_id_len;
        memcpy(s.id, hs->session_id, hs->session_id_len);
    }
    err = sw_conn_keep(conn, &s);
    sw_wipe(&s, sizeof s);
    return err;
}

static void remember(struct sw_conn *conn)
{
    const struct sw_handshake *hs = conn->hs;
    struct sw_session s;

    sw_session_fill(conn, &s);
    s.id_len = hs->session_id_len;
    memcpy(s.id, hs->session_id, hs->session_id_len);
    /* without memory for it the session is just not resumable */
    if (sw_session_cache_put(conn->cfg->sessions->cache, &s) == SW_OK) {
        conn->cached_id_len = s.id_len;
        memcpy(conn->cached_id, s.id, s.id_len);
    }
    sw_wipe(&s, sizeof s);
}

static enum sw_err keep_as_server(struct sw_conn *conn)
{
    const struct sw_handshake *hs = conn->hs;

    if (conn->version != SW_TLS13 && !hs->resuming && !hs->send_ticket && hs->session_id_len > 0)
        remember(conn);
    /* the ticket is out; in TLS 1.3 there are no others that would be made from it */
    if (conn->version == SW_TLS13)
        sw_wipe(conn->master, sizeof conn->master);
    if (!sw_option(conn, SW_OPT_KEEP_CHAIN))
        conn->chain = (struct sw_slice){NULL, 0};
    return sw_conn_keep(conn, NULL);
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
    if (conn->session.len == 0 || !conn->established)
        return SW_ERR_NOT_FOUND;
    if (cap < conn->session.len)
        return SW_ERR_SPACE;
    memcpy(out, conn->session.p, conn->session.len);
    *len = conn->session.len;
    return SW_OK;
}

/* Whether a session fits what this connection would negotiate anyway; one that does not is silently not offered. */
static bool session_fits(const struct sw_conn *conn, const struct sw_session *s)
{
    const char *name = conn->name != NULL ? conn->name : "";

    if (s->version == SW_TLS12 &&
        (s->max_fragment != sw_session_fragment(conn) || (!s->ems && sw_option(conn, SW_OPT_EMS) == 2) ||
         (s->ems && sw_option(conn, SW_OPT_EMS) == 0)))
        return false;
    if (s->version == SW_TLS13 && (s->ticket.len == 0 || !sw_option(conn, SW_OPT_TICKETS)))
        return false;
    return sw_config_speaks(conn->cfg, s->version) && sw_list_has(&conn->cfg->suites, s->suite) &&
           strcmp(s->server_name, name) == 0 && s->ticket.len + conn->cfg->alpn_size <= OFFER_MAX &&
           !sw_session_expired(s, sw_conn_now(conn)) && !sw_session_in_doubt(conn, s);
}

/* The ticket to offer is a view of our copy. */
static bool offer(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_session s;
    bool fits = sw_session_decode(&s, conn->session.p, conn->session.len) == SW_OK && session_fits(conn, &s);

    if (fits && s.version == SW_TLS13) {
        hs->ticket = s.ticket;
        hs->psk_offered = true;
        hs->psk_hash = (uint8_t)sw_suite_by_id(s.suite)->prf;
        hs->ticket_age = s.age_add + (uint32_t)((uint64_t)(sw_conn_now(conn) - s.issued) * 1000);
    } else if (fits) {
        hs->ticket = s.ticket;
        hs->session_id_len = s.id_len;
        memcpy(hs->session_id, s.id, s.id_len);
    }
    sw_wipe(&s, sizeof s);
    return fits;
}

enum sw_err sw_conn_set_session(struct sw_conn *conn, const void *session, size_t len)
{
    struct sw_handshake *hs = conn->hs;
    const struct sw_slice none = {NULL, 0}, theirs = {session, len};
    enum sw_err err;

    if (sw_is_server(conn) || hs == NULL || !sw_conn_must_begin(conn))
        return SW_ERR_STATE;
    hs->ticket = none;
    hs->psk_offered = false;
    hs->session_id_len = 0;
    sw_conn_release_mem(conn, conn->kept, conn->kept_len); /* what was to be offered before */
    conn->kept = NULL;
    conn->kept_len = 0;
    conn->session = theirs;
    err = sw_conn_keep(conn, NULL);
    if (err != SW_OK)
        conn->session = none;
    hs->offered_session = err == SW_OK && offer(conn) && !hs->psk_offered;
    return err;
}
