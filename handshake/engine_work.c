/*
 * Where a connection's bytes lie, and its expanded keys: what is there while bytes move and is given back when they rest.
 *
 * All of it is one block: room for the expanded keys of both directions, input in work->in[in_start..in_end), output in work->out[out_start..out_end). Both
 * buffers begin small; a record that does not fit moves its direction to a larger buffer of its own.
 */
#include "base/wipe.h"
#include "handshake/engine.h"
#include <string.h>

enum { SMALL_IN = 2048, SMALL_OUT = 2816 };

/* --- buffers ------------------------------------------------------------------------------------------------------------ */

static size_t align16(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

enum sw_err sw_engine_work(struct sw_conn *conn)
{
    size_t head = align16(sizeof(struct sw_work)), dir = align16(sw_record_dir_size());
    size_t size = head + 2 * dir + SMALL_IN + SMALL_OUT;
    struct sw_work *w;
    uint8_t *p;

    if (conn->work != NULL)
        return SW_OK;
    w = sw_conn_alloc(conn, size);
    if (w == NULL)
        return SW_ERR_MEMORY;
    p = (uint8_t *)w;
    w->size = size;
    w->in_dir = (struct sw_record_dir *)(void *)(p + head);
    w->out_dir = (struct sw_record_dir *)(void *)(p + head + dir);
    w->in = w->small_in = p + head + 2 * dir;
    w->out = w->small_out = w->in + SMALL_IN;
    w->in_cap = SMALL_IN;
    w->out_cap = SMALL_OUT;
    conn->work = w;
    return SW_OK;
}

void sw_engine_work_free(struct sw_conn *conn)
{
    struct sw_work *w = conn->work;

    if (w == NULL)
        return;
    if (w->in_ready)
        sw_record_dir_wipe(w->in_dir);
    if (w->out_ready)
        sw_record_dir_wipe(w->out_dir);
    if (w->in != w->small_in)
        sw_conn_release_mem(conn, w->in, w->in_cap);
    if (w->out != w->small_out)
        sw_conn_release_mem(conn, w->out, w->out_cap);
    sw_conn_release_mem(conn, w, w->size);
    conn->work = NULL;
    conn->lent = false;
}

enum sw_err sw_engine_room_in(struct sw_conn *conn, size_t need)
{
    struct sw_work *w = conn->work;
    size_t have = w->in_end - w->in_start, cap;
    uint8_t *grown;

    if (w->in_cap - w->in_start >= need)
        return SW_OK;
    if (w->in_cap >= need) {
        memmove(w->in, w->in + w->in_start, have);
    } else {
        /* long records come in rows: then two at a time save every second call; a handshake's get what they ask for */
        cap = conn->established && need > SMALL_IN * 2 ? SW_WORK_BIG : need;
        grown = sw_conn_alloc(conn, cap);
        if (grown == NULL)
            return SW_ERR_MEMORY;
        memcpy(grown, w->in + w->in_start, have);
        if (w->in != w->small_in)
            sw_conn_release_mem(conn, w->in, w->in_cap);
        w->in = grown;
        w->in_cap = cap;
    }
    w->in_start = 0;
    w->in_end = have;
    return SW_OK;
}

enum sw_err sw_engine_room_out(struct sw_conn *conn, size_t need)
{
    struct sw_work *w = conn->work;
    size_t have = w->out_end - w->out_start, cap;
    uint8_t *grown;

    if (w->out_cap - w->out_end >= need)
        return SW_OK;
    if (w->out_cap - have >= need) {
        memmove(w->out, w->out + w->out_start, have);
    } else {
        cap = have + need > SMALL_OUT * 2 && have + need < SW_WORK_BIG ? SW_WORK_BIG : have + need;
        grown = sw_conn_alloc(conn, cap);
        if (grown == NULL)
            return SW_ERR_MEMORY;
        memcpy(grown, w->out + w->out_start, have);
        if (w->out != w->small_out)
            sw_conn_release_mem(conn, w->out, w->out_cap);
        w->out = grown;
        w->out_cap = cap;
    }
    if (conn->hs != NULL && conn->hs->open)
        conn->hs->open_at -= w->out_start;
    w->out_start = 0;
    w->out_end = have;
    return SW_OK;
}

/* --- keys --------------------------------------------------------------------------------------------------------------- */

void sw_engine_new_keys(struct sw_conn *conn, bool sending)
{
    sw_engine_set_keys(conn, sending, sending ? &conn->hs->next_out : &conn->hs->next_in);
}

void sw_engine_set_keys(struct sw_conn *conn, bool sending, struct sw_record_secrets *next)
{
    struct sw_work *w = conn->work;
    bool *ready = sending ? &w->out_ready : &w->in_ready;

    if (*ready)
        sw_record_dir_wipe(sending ? w->out_dir : w->in_dir);
    *ready = false;
    *(sending ? &conn->out : &conn->in) = *next;
    sw_wipe(next, sizeof *next);
}

enum sw_err sw_engine_ready(struct sw_conn *conn, bool sending)
{
    struct sw_work *w = conn->work;
    bool *is = sending ? &w->out_ready : &w->in_ready;
    enum sw_err err = SW_OK;

    if (!*is)
        err = sw_record_dir_init(sending ? w->out_dir : w->in_dir, sending ? &conn->out : &conn->in, sending);
    *is = *is || err == SW_OK;
    return err;
}
