/* From a connection to the session that can resume it. */
#ifndef SW_HANDSHAKE_SESSION_H
#define SW_HANDSHAKE_SESSION_H

#include "handshake/conn.h"

/* sw_session_fill: describe the connection as a session; in an abbreviated handshake the age of the original is kept. */
void sw_session_fill(const struct sw_conn *conn, struct sw_session *s);

/* sw_session_take_ticket: client: the server's ticket, with its own idea of a lifetime in seconds (0: it does not say). */
enum sw_err sw_session_take_ticket(struct sw_conn *conn, struct sw_slice ticket, uint32_t lifetime) SW_MUST_USE;

#endif
