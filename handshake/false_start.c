/*
 * False Start (RFC 7918): whether a client may send application data between its own Finished and the server's.
 *
 * Until the server's Finished has come nobody has vouched for the hellos: somebody on the way may have taken strong
 * offers out of ours. What is sent early must therefore be safe under the worst of what we would accept, and the
 * server's identity must not depend on what is still to come. The certificate and the signed key exchange have been
 * verified when our second flight begins, so what is left to judge is what was agreed on.
 */
#include "handshake/conn.h"

enum { FIELD_BITS_MIN = 3072 };

/*
 * Forward secret, so that a recording is worth nothing when the server's key is lost; no weaker than 128 bits, as
 * somebody on the way may have chosen the group (RFC 7918 5.3). Our curves all are that strong, a finite field is if it
 * is large.
 */
static bool strong_exchange(const struct sw_conn *conn)
{
    return conn->suite->kex == SW_KEX_ECDHE || (conn->suite->kex == SW_KEX_DHE && conn->group_bits >= FIELD_BITS_MIN);
}

bool sw_false_start(const struct sw_conn *conn)
{
    if (sw_is_server(conn) || !sw_option(conn, SW_OPT_FALSE_START))
        return false;
    /*
     * our flight is complete when it is the server's turn and our keys are in force; in an abbreviated handshake the
     * server has spoken already
     */
    if (conn->hs->steps != sw_flow12_full || conn->out.bulk == NULL)
        return false;
    /* servers that choke on early data exist; one that knows ALPN is young enough */
    return conn->alpn != NULL && conn->suite->bulk->kind == SW_BULK_AEAD && strong_exchange(conn);
}
