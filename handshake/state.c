/*
 * What only a handshake needs: made with the connection, and all of it wiped when the handshake ends, whichever way it does.
 */
#include "handshake/conn.h"

enum sw_err sw_handshake_new(struct sw_conn *conn)
{
    conn->hs = sw_conn_alloc(conn, sizeof *conn->hs);
    if (conn->hs == NULL)
        return SW_ERR_MEMORY;
    conn->hs->steps = sw_flow12_hello;
    sw_transcript_init(&conn->hs->transcript, conn->cfg);
    return SW_OK;
}

struct sw_kex *sw_handshake_kex(struct sw_conn *conn)
{
    if (conn->hs->kex == NULL)
        conn->hs->kex = sw_conn_alloc(conn, sizeof *conn->hs->kex);
    return conn->hs->kex;
}

void sw_handshake_drop_kex(struct sw_conn *conn)
{
    sw_conn_release_mem(conn, conn->hs->kex, sizeof *conn->hs->kex);
    conn->hs->kex = NULL;
}

void sw_handshake_end(struct sw_conn *conn)
{
    struct sw_handshake *hs = conn->hs;

    if (hs == NULL)
        return;
    sw_transcript_free(&hs->transcript);
    sw_handshake_drop_kex(conn);
    sw_conn_release_mem(conn, conn->msg, conn->msg_cap);
    conn->msg = NULL;
    conn->msg_len = conn->msg_cap = 0;
    sw_conn_release_mem(conn, hs, sizeof *hs);
    conn->hs = NULL;
    /* of a handshake that has failed nothing stays */
    if (!conn->established)
        conn->chain = conn->status = conn->sct = conn->above = (struct sw_slice){NULL, 0};
}
