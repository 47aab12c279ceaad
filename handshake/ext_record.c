/* Extensions about records: how long they may be, and in which order they are encrypted and authenticated. RFC 6066 4, 8449, 7366. */
#include "handshake/ext_rows.h"

/* --- max_fragment_length, RFC 6066 4 ------------------------------------------------------------------------------------ */

static uint8_t fragment_code(long bytes)
{
    return (uint8_t)(bytes == 512 ? 1 : bytes == 1024 ? 2 : bytes == 2048 ? 3 : 4);
}

uint8_t sw_session_fragment(const struct sw_conn *conn)
{
    if (sw_is_server(conn))
        return sw_mfl_answer(conn) ? conn->hs->peer_ext.max_fragment : 0;
    return sw_mfl_offer(conn) ? fragment_code(sw_option(conn, SW_OPT_MAX_FRAGMENT)) : 0;
}

bool sw_mfl_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_MAX_FRAGMENT) != 0;
}

void sw_mfl_write(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u8(w, sw_is_server(conn) ? conn->hs->peer_ext.max_fragment
                                      : fragment_code(sw_option(conn, SW_OPT_MAX_FRAGMENT)));
}

enum sw_err sw_mfl_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->max_fragment = sw_read_u8(r);
    return r->failed || (ext->max_fragment >= 1 && ext->max_fragment <= 4) ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

bool sw_mfl_answer(const struct sw_conn *conn)
{
    return conn->hs->peer_ext.max_fragment != 0 && conn->hs->peer_ext.record_limit == 0;
}

enum sw_err sw_mfl_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    uint8_t code = sw_read_u8(r);
    uint16_t limit = (uint16_t)sw_option(conn, SW_OPT_MAX_FRAGMENT);

    if (r->failed)
        return SW_OK; /* the walk says so */
    /* a server that answers with both has not understood one of them (RFC 8449 5) */
    if (code != fragment_code(limit) || conn->hs->peer_ext.record_limit != 0)
        return SW_ERR_EXTENSION_VALUE;
    conn->hs->peer_ext.max_fragment = code;
    conn->max_recv = conn->max_recv_protected = limit;
    if (limit < conn->max_send)
        conn->max_send = limit;
    return SW_OK;
}

/* --- record_size_limit, RFC 8449 ---------------------------------------------------------------------------------------- */

bool sw_limit_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT) != 0;
}

void sw_limit_write(struct sw_conn *conn, struct sw_writer *w)
{
    long limit = sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT), most = SW_RECORD_PLAIN_MAX;

    /* one byte more is TLS 1.3's, where the content type counts (RFC 8449 4) */
    if (conn->version == SW_TLS13 || (conn->version == 0 && sw_config_speaks(conn->cfg, SW_TLS13)))
        most++;
    sw_write_u16(w, (unsigned)(limit != 0 && limit < most ? limit : most));
}

void sw_limit_settle(struct sw_conn *conn, long theirs, long ours)
{
    long type = conn->version == SW_TLS13 ? 1 : 0;

    if (theirs - type < conn->max_send)
        conn->max_send = (uint16_t)(theirs - type);
    if (ours > 0 && ours - type < conn->max_recv_protected)
        conn->max_recv_protected = (uint16_t)(ours - type);
}

enum sw_err sw_limit_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    ext->record_limit = sw_read_u16(r);
    return r->failed || ext->record_limit >= 64 ? SW_OK : SW_ERR_EXTENSION_VALUE;
}

bool sw_limit_answer(const struct sw_conn *conn)
{
    return conn->hs->peer_ext.record_limit != 0;
}

enum sw_err sw_limit_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    uint16_t limit = sw_read_u16(r);

    if (r->failed || limit < 64 || conn->hs->peer_ext.max_fragment != 0)
        return r->failed ? SW_ERR_EXTENSION_DECODE : SW_ERR_EXTENSION_VALUE;
    conn->hs->peer_ext.record_limit = limit;
    sw_limit_settle(conn, limit, sw_option(conn, SW_OPT_RECORD_SIZE_LIMIT));
    return SW_OK;
}

/* --- encrypt_then_mac, RFC 7366 ----------------------------------------------------------------------------------------- */

bool sw_etm_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_ETM) != 0;
}

enum sw_err sw_etm_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)r;
    ext->etm = true;
    return SW_OK;
}

bool sw_etm_answer(const struct sw_conn *conn)
{
    return conn->etm;
}

enum sw_err sw_etm_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->etm = true;
    return SW_OK;
}
