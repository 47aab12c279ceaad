/*
 * CertificateRequest (RFC 5246 7.4.4):
 *
 *     certificate_types<1..2^8-1> supported_signature_algorithms<2..2^16-2> certificate_authorities<0..2^16-1> of DistinguishedName<1..2^16-1>
 *
 * TLS 1.3 (RFC 8446 4.3.2): certificate_request_context<0..2^8-1>, empty in a handshake, and extensions<2..2^16-1>: the same lists, but for the types.
 */
#include "handshake/ext.h"
#include "handshake/msg.h"

enum { TYPE_RSA_SIGN = 1, TYPE_ECDSA_SIGN = 64, AUTHORITIES_MAX = 8192 };

enum sw_err sw_certificate_request_decode(struct sw_certificate_request *q, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), vec, names;

    vec = sw_read_vec8(&r);
    q->types = sw_read_rest(&vec);
    vec = sw_read_vec16(&r);
    q->sigalgs = sw_read_rest(&vec);
    vec = sw_read_vec16(&r);
    names = vec;
    q->authorities = sw_read_rest(&vec);
    while (sw_reader_left(&names) > 0) {
        struct sw_reader name = sw_read_vec16(&names);

        if (sw_reader_left(&name) == 0)
            return SW_ERR_DECODE;
    }
    if (!sw_reader_end(&r) || q->types.len == 0 || q->sigalgs.len == 0 || q->sigalgs.len % 2 != 0)
        return SW_ERR_DECODE;
    return SW_OK;
}

/* How many of the roots' names fit, and the bytes they take. */
static size_t authorities(const struct sw_conn *conn, size_t *bytes)
{
    size_t n = 0;

    for (*bytes = 0; n < sw_trust_count(conn->cfg->trust); n++) {
        size_t more = 2 + sw_trust_at(conn->cfg->trust, n)->subject.len;

        if (*bytes + more > AUTHORITIES_MAX)
            break;
        *bytes += more;
    }
    return n;
}

size_t sw_certificate_request_room(const struct sw_conn *conn)
{
    size_t bytes;

    (void)authorities(conn, &bytes);
    return bytes + 2 * conn->cfg->sigalgs.len + 32;
}

/* The roots' names, so that a client with several certificates finds the right one; as many as fit. */
static void write_authorities(const struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2), mark, total, count = authorities(conn, &total);

    for (size_t i = 0; i < count; i++) {
        struct sw_slice name = sw_trust_at(conn->cfg->trust, i)->subject;

        mark = sw_write_open(w, 2);
        sw_write_slice(w, name);
        sw_write_close(w, mark, 2);
    }
    sw_write_close(w, list, 2);
}

static void write_sigalgs(const struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    for (size_t i = 0; i < conn->cfg->sigalgs.len; i++)
        sw_write_u16(w, conn->cfg->sigalgs.id[i]);
    sw_write_close(w, list, 2);
}

enum sw_err sw_certificate_request_send(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u8(w, 2);
    sw_write_u8(w, TYPE_RSA_SIGN);
    sw_write_u8(w, TYPE_ECDSA_SIGN);
    write_sigalgs(conn, w);
    write_authorities(conn, w);
    conn->hs->cert_requested = true;
    sw_conn_note(conn, "the client is to show a certificate");
    return SW_OK;
}

enum sw_err sw_certificate_request_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_certificate_request q;
    enum sw_err err = sw_certificate_request_decode(&q, body);

    if (err != SW_OK)
        return err;
    hs->req_types = q.types;
    hs->req_sigalgs = q.sigalgs;
    hs->req_authorities = q.authorities;
    hs->cert_requested = true;
    sw_conn_note(conn, "the server asks for our certificate");
    return SW_OK;
}

/* --- TLS 1.3 -------------------------------------------------------------------------------------------------------------- */

enum { SIGNATURE_ALGORITHMS = 13, CERTIFICATE_AUTHORITIES = 47 };

static void write_extension(struct sw_conn *conn, struct sw_writer *w, unsigned id,
                            void (*body)(const struct sw_conn *conn, struct sw_writer *w))
{
    size_t mark;

    sw_write_u16(w, id);
    mark = sw_write_open(w, 2);
    body(conn, w);
    sw_write_close(w, mark, 2);
}

enum sw_err sw_certificate_request13_send(struct sw_conn *conn, struct sw_writer *w)
{
    size_t block, bytes;

    sw_write_u8(w, 0);
    block = sw_write_open(w, 2);
    write_extension(conn, w, SIGNATURE_ALGORITHMS, write_sigalgs);
    if (authorities(conn, &bytes) > 0)
        write_extension(conn, w, CERTIFICATE_AUTHORITIES, write_authorities);
    sw_write_close(w, block, 2);
    conn->hs->cert_requested = true;
    sw_conn_note(conn, "the client is to show a certificate");
    return SW_OK;
}

enum sw_err sw_certificate_request13_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_reader r = sw_reader_of_slice(body), context = sw_read_vec8(&r), vec = sw_read_vec16(&r);
    struct sw_hello_ext ext;
    enum sw_err err;

    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    if (sw_reader_left(&context) > 0)
        return SW_ERR_EXTENSION_VALUE;
    err = sw_ext_read_request(conn, &ext, sw_read_rest(&vec));
    if (err == SW_OK && !ext.sigalgs_present)
        err = SW_ERR_MISSING_EXTENSION;
    if (err != SW_OK)
        return err;
    hs->req_sigalgs = ext.sigalgs;
    hs->req_sigalgs_cert = ext.sigalgs_cert;
    hs->req_authorities = ext.authorities;
    hs->cert_requested = true;
    sw_conn_note(conn, "the server asks for our certificate");
    return SW_OK;
}
