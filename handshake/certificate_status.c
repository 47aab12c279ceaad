/*
 * CertificateStatus (RFC 6066 8): status_type(1) = ocsp, then OCSPResponse<1..2^24-1>. Judged together with the chain.
 */
#include "handshake/msg.h"

enum { STATUS_OCSP = 1 };

enum sw_err sw_certificate_status_send(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark;

    sw_write_u8(w, STATUS_OCSP);
    mark = sw_write_open(w, 3);
    sw_write_slice(w, conn->hs->cred->ocsp);
    sw_write_close(w, mark, 3);
    conn->stapled = true;
    sw_conn_note(conn, "an OCSP response for our certificate");
    return SW_OK;
}

enum sw_err sw_certificate_status_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body);
    bool ocsp = sw_read_u8(&r) == STATUS_OCSP;
    struct sw_reader vec = sw_read_vec24(&r);
    struct sw_slice response = sw_read_rest(&vec);

    if (!sw_reader_end(&r) || !ocsp || response.len == 0)
        return SW_ERR_DECODE;
    conn->status = response;
    conn->stapled = true;
    sw_conn_note(conn, "an OCSP response for the server's certificate");
    return SW_OK;
}
