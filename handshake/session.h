/* From a connection to the session that can resume it. */
#ifndef SW_HANDSHAKE_SESSION_H
#define SW_HANDSHAKE_SESSION_H

#include "handshake/conn.h"

/*
 * sw_session_fill: describe the connection as a session; in an abbreviated handshake the age of the original is kept.
 */
void sw_session_fill(const struct sw_conn *conn, struct sw_session *s);

/* sw_session_adopt: take over from a session that goes on what an abbreviated handshake does not say again. */
void sw_session_adopt(struct sw_conn *conn, const struct sw_session *s);

/*
 * sw_session_in_doubt: whether a session's peer, or a CA above it, may have been revoked, expired or its root left
 * since its certificate was judged.
 */
bool sw_session_in_doubt(const struct sw_conn *conn, const struct sw_session *s);

#endif
