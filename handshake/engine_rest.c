/*
 * A server that waits for a stranger holds no buffers. Whoever opens thousands of connections and stops anywhere in the
 * handshake, between two flights or in the middle of a record, is to cost little: what has come of a record lies in the
 * room that the transcript will need for it anyway, and buffers come when it is whole.
 *
 * The room is behind the last message. Nothing is added to the transcript while bytes wait there: they move to the
 * buffers before they are looked at.
 */
#include "handshake/engine.h"
#include <string.h>

enum { WORTH = 256 }; /* spare room below this is not lent: too many calls for too little */

/* Whether it is a server with its handshake under way: keys, where there are some already, are expanded anew from their secrets. */
static bool may_rest(const struct sw_conn *conn)
{
    return sw_is_server(conn) && conn->hs != NULL;
}

/* The room behind the bytes that wait. */
static struct sw_room lent(struct sw_conn *conn)
{
    struct sw_room room = {NULL, 0};

    if (conn->work == NULL && may_rest(conn)) {
        room = sw_transcript_spare(&conn->hs->transcript);
        room = room.len < WORTH ? (struct sw_room){NULL, 0}
                                : (struct sw_room){room.p + conn->hs->waiting, room.len - conn->hs->waiting};
    }
    return room;
}

struct sw_room sw_engine_lend(struct sw_conn *conn)
{
    struct sw_room room = lent(conn);
    struct sw_work *w;

    if (room.p != NULL || sw_engine_work(conn) != SW_OK)
        return room;
    w = conn->work;
    if (w->in_start == w->in_end)
        w->in_start = w->in_end = 0;
    return (struct sw_room){w->in + w->in_end, w->in_cap - w->in_end};
}

/* To the buffers with what waits. */
static enum sw_err move_in(struct sw_conn *conn)
{
    const uint8_t *from = sw_transcript_spare(&conn->hs->transcript).p;
    size_t len = conn->hs->waiting;
    enum sw_err err = sw_engine_work(conn);

    if (err == SW_OK)
        err = sw_engine_room_in(conn, len);
    if (err != SW_OK)
        return err;
    memcpy(conn->work->in, from, len);
    conn->work->in_end = len;
    conn->hs->waiting = 0;
    return SW_OK;
}

void sw_engine_rest(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;
    struct sw_room room;
    size_t have;

    if (w == NULL || conn->err != SW_OK || !may_rest(conn) || w->out_start != w->out_end)
        return;
    room = sw_transcript_spare(&conn->hs->transcript);
    have = w->in_end - w->in_start;
    /* all of it would be too much: the room would be full, and nothing more could come */
    if (have > 0 && (room.len < WORTH || have >= room.len))
        return;
    if (have > 0)
        memcpy(room.p, w->in + w->in_start, have);
    conn->hs->waiting = have;
    sw_engine_work_free(conn);
}

enum sw_err sw_engine_take(struct sw_conn *conn, size_t len)
{
    struct sw_room room = lent(conn);
    size_t said = conn->hs != NULL ? conn->hs->transcript.len : 0;
    enum sw_err err = SW_OK;

    if (room.p != NULL) {
        if (len > room.len)
            return SW_ERR_ARGUMENT;
        conn->hs->waiting += len;
        if (len < room.len && sw_engine_record_waits(conn, room.p + len - conn->hs->waiting, conn->hs->waiting))
            return SW_OK;
        err = move_in(conn);
    } else {
        if (conn->work == NULL || len > conn->work->in_cap - conn->work->in_end)
            return SW_ERR_ARGUMENT;
        conn->work->in_end += len;
    }
    err = err == SW_OK ? sw_engine_process(conn) : sw_engine_fail(conn, err);
    /*
     * whoever has said something whole, which costs more than saying nothing, keeps them: the next record is close
     * behind
     */
    if (err == SW_OK && conn->hs != NULL && conn->hs->transcript.len == said)
        sw_engine_rest(conn);
    return err;
}
