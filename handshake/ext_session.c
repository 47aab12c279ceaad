/* Extensions about the session: what its secret is bound to, how it is resumed, and that it begins here. RFC 7627, 5077, 5746. */
#include "handshake/ext_rows.h"

/* --- extended_master_secret, RFC 7627 ----------------------------------------------------------------------------------- */

bool sw_ems_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_EMS) > 0;
}

enum sw_err sw_ems_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)r;
    ext->ems = true;
    return SW_OK;
}

bool sw_ems_answer(const struct sw_conn *conn)
{
    return conn->ems;
}

enum sw_err sw_ems_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->ems = true;
    return SW_OK;
}

/* --- session_ticket, RFC 5077 3.2 --------------------------------------------------------------------------------------- */

bool sw_ticket_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_TICKETS) != 0;
}

void sw_ticket_write(struct sw_conn *conn, struct sw_writer *w)
{
    if (!sw_is_server(conn) && !conn->hs->psk_offered)
        sw_write_slice(w, conn->hs->ticket);
}

enum sw_err sw_ticket_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->ticket_present = true;
    ext->ticket = sw_read_rest(r);
    return SW_OK;
}

bool sw_ticket_answer(const struct sw_conn *conn)
{
    return conn->hs->send_ticket;
}

enum sw_err sw_ticket_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->hs->expect_ticket = true;
    return SW_OK;
}

/* --- renegotiation_info, RFC 5746 --------------------------------------------------------------------------------------- */

void sw_renegotiation_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, 0); /* renegotiated_connection: empty in a first handshake, and there is no other */
}

enum sw_err sw_renegotiation_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader info = sw_read_vec8(r);

    (void)conn;
    ext->renegotiation = sw_read_rest(&info);
    return SW_OK;
}

bool sw_renegotiation_answer(const struct sw_conn *conn)
{
    return conn->secure_renegotiation;
}

enum sw_err sw_renegotiation_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_reader info = sw_read_vec8(r);

    if (sw_reader_left(&info) > 0)
        return SW_ERR_RENEGOTIATION_INFO;
    conn->secure_renegotiation = true;
    return SW_OK;
}
