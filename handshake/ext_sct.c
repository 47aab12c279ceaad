/*
 * signed_certificate_timestamp (RFC 6962 3.3.1): what logs have said about the server's certificate, in the words of
 * RFC 6962 3.3:
 *
 *     sct_list<1..2^16-1> of SerializedSCT<1..2^16-1>
 *
 * The list is carried and its shape checked; which logs to believe is the application's business.
 */
#include "handshake/ext_rows.h"

bool sw_sct_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_SCT) != 0;
}

/* An offer is empty; the walk refuses anything else. */
enum sw_err sw_sct_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    (void)conn;
    (void)ext;
    (void)r;
    return SW_OK;
}

/* A resumed session shows no certificate that the list could be about (RFC 6962 3.3.1). */
bool sw_sct_answer(const struct sw_conn *conn)
{
    return !conn->hs->resuming && conn->hs->cred != NULL && conn->hs->cred->sct.len > 0;
}

void sw_sct_write(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_slice(w, conn->hs->cred->sct);
}

/* Whether the session goes on is not known yet: check_resumption drops the list then. */
enum sw_err sw_sct_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_slice list = sw_read_rest(r);

    if (!sw_sct_list_valid(list))
        return SW_ERR_EXTENSION_DECODE;
    conn->sct = list;
    return SW_OK;
}
