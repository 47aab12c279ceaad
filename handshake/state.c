/*
 * What only a handshake needs: made with the connection, its large parts when they are first asked for, and all of it wiped when the handshake
 * ends, whichever way it does.
 */
#include "handshake/conn.h"
#include <string.h>

enum sw_err sw_handshake_new(struct sw_conn *conn)
{
    conn->hs = sw_conn_alloc(conn, sizeof *conn->hs);
    if (conn->hs == NULL)
        return SW_ERR_MEMORY;
    conn->hs->steps = sw_flow12_hello;
    sw_transcript_init(&conn->hs->transcript, conn->cfg);
    return SW_OK;
}

struct sw_session *sw_handshake_session(struct sw_conn *conn)
{
    if (conn->hs->session == NULL)
        conn->hs->session = sw_conn_alloc(conn, sizeof *conn->hs->session);
    return conn->hs->session;
}

struct sw_kex *sw_handshake_kex(struct sw_conn *conn)
{
    if (conn->hs->kex == NULL)
        conn->hs->kex = sw_conn_alloc(conn, sizeof *conn->hs->kex);
    return conn->hs->kex;
}

void sw_handshake_drop_session(struct sw_conn *conn)
{
    sw_conn_release_mem(conn, conn->hs->session, sizeof *conn->hs->session);
    conn->hs->session = NULL;
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
    sw_handshake_drop_session(conn);
    sw_conn_release_mem(conn, hs->premaster, hs->premaster_len);
    sw_conn_release_mem(conn, hs->msg, hs->msg_cap);
    sw_conn_release_mem(conn, hs, sizeof *hs);
    conn->hs = NULL;
    /* of a handshake that has failed nothing stays */
    if (!conn->established)
        conn->chain = conn->status = conn->sct = (struct sw_slice){NULL, 0};
}

enum sw_err sw_conn_keep(struct sw_conn *conn)
{
    struct sw_slice *const views[] = {&conn->chain, &conn->status, &conn->sct};
    enum { COUNT = sizeof views / sizeof views[0] };
    size_t len = 0, at = 0;
    uint8_t *block = NULL;

    for (size_t i = 0; i < COUNT; i++)
        len += views[i]->len;
    if (len > 0 && (block = sw_conn_alloc(conn, len)) == NULL)
        return SW_ERR_MEMORY;
    for (size_t i = 0; i < COUNT; i++) {
        if (views[i]->len == 0)
            continue;
        memcpy(block + at, views[i]->p, views[i]->len);
        views[i]->p = block + at;
        at += views[i]->len;
    }
    sw_conn_release_mem(conn, conn->kept, conn->kept_len);
    conn->kept = block;
    conn->kept_len = len;
    return SW_OK;
}
