/* NewSessionTicket (RFC 5077 3.3): ticket_lifetime_hint(4, seconds) ticket<0..2^16-1>. An empty ticket takes the promise back. */
#include "base/wipe.h"
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
