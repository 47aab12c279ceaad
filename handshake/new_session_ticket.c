/*
 * NewSessionTicket (RFC 5077 3.3): ticket_lifetime_hint(4, seconds) ticket<0..2^16-1>. An empty ticket takes the promise back.
 *
 * TLS 1.3 (RFC 8446 4.6.1): ticket_lifetime(4) ticket_age_add(4) ticket_nonce<0..2^8-1> ticket<1..2^16-1> extensions<0..2^16-2>, behind the handshake. Each ticket has a secret of
 * its own, made from the connection's and the nonce.
 */
#include "base/wipe.h"
#include "handshake/engine.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "handshake/session.h"

enum sw_err sw_new_session_ticket_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_session s;
    size_t mark;
    enum sw_err err;

    sw_session_fill(conn, &s);
    sw_write_u32(w, s.lifetime);
    mark = sw_write_open(w, 2);
    err = sw_ticket_seal(conn->cfg->sessions->tickets, sw_conn_rand(conn), &s, sw_conn_now(conn), w);
    sw_wipe(&s, sizeof s);
    sw_write_close(w, mark, 2);
    conn->ticket_issued = true;
    sw_conn_note(conn, "a ticket to resume this session with");
    return err;
}

enum sw_err sw_new_session_ticket_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body);
    uint32_t lifetime = sw_read_u32(&r);
    struct sw_reader vec = sw_read_vec16(&r);
    struct sw_slice ticket = sw_read_rest(&vec);

    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    sw_conn_note(conn, "a ticket to resume this session with");
    if (ticket.len > 0) {
        conn->hs->ticket = ticket;
        conn->hs->ticket_lifetime = lifetime;
        conn->ticket_issued = true;
    }
    return SW_OK;
}

/* --- TLS 1.3 -------------------------------------------------------------------------------------------------------------- */

enum { LIFETIME_MAX = 604800 /* seconds: RFC 8446 4.6.1 */ };

/* A ticket that is handed out during a session does not make it live longer than it was to live when the peer showed its certificate. */
static uint32_t time_left(const struct sw_session *s, int64_t now)
{
    int64_t left = s->created + s->lifetime - now;

    return (uint32_t)(left < 0 ? 0 : left > LIFETIME_MAX ? LIFETIME_MAX : left);
}

enum sw_err sw_new_session_ticket13_send(struct sw_conn *conn, struct sw_writer *w)
{
    static const uint8_t nonce[1] = {0}; /* there is one ticket in a connection */
    struct sw_session s;
    uint8_t age_add[4];
    size_t mark;
    enum sw_err err = sw_rand_bytes(sw_conn_rand(conn), age_add, sizeof age_add);

    sw_session_fill(conn, &s);
    s.issued = sw_conn_now(conn);
    s.age_add = (uint32_t)age_add[0] << 24 | (uint32_t)age_add[1] << 16 | (uint32_t)age_add[2] << 8 | age_add[3];
    if (err == SW_OK)
        err = sw_keys13_psk(conn->suite->prf, conn->master, (struct sw_slice){nonce, sizeof nonce}, s.master);
    sw_write_u32(w, time_left(&s, s.issued));
    sw_write_u32(w, s.age_add);
    sw_write_u8(w, sizeof nonce);
    sw_write_bytes(w, nonce, sizeof nonce);
    mark = sw_write_open(w, 2);
    if (err == SW_OK)
        err = sw_ticket_seal(conn->cfg->sessions->tickets, sw_conn_rand(conn), &s, s.issued, w);
    sw_wipe(&s, sizeof s);
    sw_write_close(w, mark, 2);
    sw_write_u16(w, 0);
    conn->ticket_issued = true;
    sw_conn_note(conn, "a ticket to resume this session with");
    return err;
}

/* The last one that came is the one that is kept. */
static enum sw_err keep_ticket(struct sw_conn *conn, uint32_t lifetime, uint32_t age_add, struct sw_slice nonce,
                               struct sw_slice ticket)
{
    struct sw_session s;
    int64_t until;
    enum sw_err err;

    sw_session_fill(conn, &s);
    s.issued = sw_conn_now(conn);
    s.age_add = age_add;
    s.ticket = ticket;
    until = s.issued - s.created + (lifetime < LIFETIME_MAX ? lifetime : (uint32_t)LIFETIME_MAX);
    if (until < (int64_t)s.lifetime)
        s.lifetime = (uint32_t)until;
    err = sw_keys13_psk(conn->suite->prf, conn->master, nonce, s.master);
    if (err == SW_OK)
        err = sw_conn_keep(conn, &s);
    sw_wipe(&s, sizeof s);
    conn->ticket_issued = conn->ticket_issued || err == SW_OK;
    return err;
}

enum sw_err sw_new_session_ticket13_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), nonce, ticket, vec;
    uint32_t lifetime = sw_read_u32(&r), age_add = sw_read_u32(&r);
    enum sw_err err;

    nonce = sw_read_vec8(&r);
    ticket = sw_read_vec16(&r);
    vec = sw_read_vec16(&r);
    if (!sw_reader_end(&r) || sw_reader_left(&ticket) == 0)
        return SW_ERR_DECODE;
    err = sw_ext_read_ticket(sw_read_rest(&vec));
    if (err != SW_OK || lifetime == 0 || !sw_option(conn, SW_OPT_TICKETS))
        return err;
    return keep_ticket(conn, lifetime, age_add, sw_read_rest(&nonce), sw_read_rest(&ticket));
}
