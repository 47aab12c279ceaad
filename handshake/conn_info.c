/* What a connection can be asked: how it ended, what was negotiated, who the peer is, and values derived from its secrets. */
#include "base/bytes.h"
#include "handshake/msg.h"
#include <string.h>

/* --- what happened ------------------------------------------------------------------------------------------------------ */

enum sw_err sw_conn_error(const struct sw_conn *conn)
{
    return conn->err;
}

const char *sw_conn_error_text(const struct sw_conn *conn)
{
    return conn->text != NULL && conn->err != SW_OK ? conn->text : sw_err_reason(conn->err);
}

enum sw_alert sw_conn_alert_sent(const struct sw_conn *conn)
{
    return conn->alert_sent;
}

enum sw_alert sw_conn_alert_received(const struct sw_conn *conn)
{
    return conn->alert_received;
}

bool sw_conn_established(const struct sw_conn *conn)
{
    return conn->established;
}

void sw_conn_info(const struct sw_conn *conn, struct sw_conn_info *info)
{
    memset(info, 0, sizeof *info);
    info->version = conn->version;
    if (conn->suite != NULL) {
        info->suite = conn->suite->id;
        info->suite_name = conn->suite->name;
    }
    if (conn->group != NULL) {
        info->group = conn->group->id;
        info->group_name = conn->group->name;
    }
    info->group_bits = conn->group_bits;
    if (conn->peer_scheme != NULL) {
        info->sigscheme = conn->peer_scheme->id;
        info->sigscheme_name = conn->peer_scheme->name;
    }
    info->own_sigscheme = conn->own_scheme != NULL ? conn->own_scheme->id : 0;
    info->resumed = conn->resumed;
    info->ems = conn->ems;
    info->etm = conn->etm;
    info->secure_renegotiation = conn->secure_renegotiation;
    info->ticket_issued = conn->ticket_issued;
    info->stapled = conn->stapled;
    info->peer_has_cert = conn->peer_has_cert;
    info->alpn = conn->alpn;
    info->server_name = conn->name;
    info->cert_index = conn->cert_index;
}

enum sw_err sw_conn_peer(const struct sw_conn *conn, struct sw_peer *peer)
{
    if (!conn->peer_has_cert)
        return SW_ERR_NOT_FOUND;
    *peer = conn->peer;
    return SW_OK;
}

const uint8_t *sw_conn_peer_cert(const struct sw_conn *conn, size_t i, size_t *len)
{
    struct sw_reader list = sw_chain_list(conn);
    struct sw_slice der;

    *len = 0;
    while (sw_chain_next(conn, &list, &der))
        if (i-- == 0) {
            *len = der.len;
            return der.p;
        }
    return NULL;
}

const uint8_t *sw_conn_ocsp(const struct sw_conn *conn, size_t *len)
{
    *len = conn->status.len;
    return conn->status.p;
}

const uint8_t *sw_conn_sct(const struct sw_conn *conn, size_t *len)
{
    *len = conn->sct.len;
    return conn->sct.p;
}

/* --- derived values ----------------------------------------------------------------------------------------------------- */

enum sw_err sw_conn_export(const struct sw_conn *conn, const char *label, const void *context, size_t context_len,
                           void *out, size_t len)
{
    struct sw_slice ctx = {context, context_len};

    if (!conn->established || conn->err != SW_OK)
        return SW_ERR_STATE;
    if (conn->version == SW_TLS13)
        return sw_keys13_export(conn->suite->prf, conn->exporter, label, ctx, out, len);
    return sw_keys12_export(conn->suite->prf, conn->master, conn->client_random, conn->server_random, label,
                            context != NULL, ctx, out, len);
}

enum sw_err sw_conn_tls_unique(const struct sw_conn *conn, uint8_t out[12])
{
    /* the triple handshake attack: RFC 7627 6.2 */
    if (!conn->established || conn->version == SW_TLS13 || (conn->resumed && !conn->ems))
        return SW_ERR_STATE;
    memcpy(out, conn->first_finished, SW_VERIFY_DATA_LEN);
    return SW_OK;
}
