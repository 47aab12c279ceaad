/* Extensions about what is wanted: whose service, which protocol on top, and proof that its certificate still holds. RFC 6066, 7301, 8446 4.2.4. */
#include "handshake/ext_rows.h"
#include <ctype.h>
#include <string.h>

enum { HOST_NAME = 0, STATUS_OCSP = 1 };

/* --- server_name, RFC 6066 3 -------------------------------------------------------------------------------------------- */

/* Literal addresses are not host names. */
static bool is_address(const char *name)
{
    bool digits = true;

    for (const char *p = name; *p != '\0'; p++) {
        if (*p == ':')
            return true;
        digits = digits && (*p == '.' || isdigit((unsigned char)*p));
    }
    return digits;
}

bool sw_sni_offer(const struct sw_conn *conn)
{
    return conn->name != NULL && !is_address(conn->name);
}

void sw_sni_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2), name;
    size_t len = strlen(conn->name);

    sw_write_u8(w, HOST_NAME);
    name = sw_write_open(w, 2);
    /* an absolute name's last dot does not travel */
    sw_write_bytes(w, conn->name, len > 1 && conn->name[len - 1] == '.' ? len - 1 : len);
    sw_write_close(w, name, 2);
    sw_write_close(w, list, 2);
}

static bool plain_host(struct sw_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] <= 0x20 || name.p[i] >= 0x7f)
            return false;
    return name.len <= 255;
}

enum sw_err sw_sni_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r);
    bool seen = false;

    (void)conn;
    if (sw_reader_left(&list) == 0)
        return SW_ERR_EXTENSION_DECODE;
    while (sw_reader_left(&list) > 0) {
        uint8_t type = sw_read_u8(&list);
        struct sw_reader body = sw_read_vec16(&list);
        struct sw_slice name = sw_read_rest(&body);

        if (list.failed || name.len == 0)
            return SW_ERR_EXTENSION_DECODE;
        if (type != HOST_NAME)
            continue;
        if (seen || !plain_host(name))
            return SW_ERR_EXTENSION_VALUE;
        seen = true;
        ext->server_name = name;
    }
    return SW_OK;
}

bool sw_sni_answer(const struct sw_conn *conn)
{
    return !conn->hs->resuming && conn->hs->peer_ext.server_name.len > 0 && sw_option(conn, SW_OPT_CONFIRM_SNI);
}

enum sw_err sw_sni_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    (void)r;
    conn->hs->peer_ext.server_name_ack = true;
    return SW_OK;
}

/* --- application_layer_protocol_negotiation, RFC 7301 ------------------------------------------------------------------- */

bool sw_alpn_offer(const struct sw_conn *conn)
{
    return conn->cfg->alpn_len > 0;
}

static void write_protocol(struct sw_writer *w, const char *name)
{
    size_t mark = sw_write_open(w, 1);

    sw_write_bytes(w, name, strlen(name));
    sw_write_close(w, mark, 1);
}

void sw_alpn_write(struct sw_conn *conn, struct sw_writer *w)
{
    size_t list = sw_write_open(w, 2);

    if (sw_is_server(conn))
        write_protocol(w, conn->alpn);
    else
        for (size_t i = 0; i < conn->cfg->alpn_len; i++)
            write_protocol(w, conn->cfg->alpn[i]);
    sw_write_close(w, list, 2);
}

enum sw_err sw_alpn_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), names = list;

    (void)conn;
    if (sw_reader_left(&names) == 0)
        return SW_ERR_EXTENSION_DECODE;
    while (sw_reader_left(&names) > 0) {
        struct sw_reader name = sw_read_vec8(&names);

        if (names.failed || sw_reader_left(&name) == 0)
            return SW_ERR_EXTENSION_DECODE;
    }
    ext->alpn = sw_read_rest(&list);
    return SW_OK;
}

bool sw_alpn_answer(const struct sw_conn *conn)
{
    return conn->alpn != NULL;
}

/* Exactly one, and one of ours. */
enum sw_err sw_alpn_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), body = sw_read_vec8(&list);
    struct sw_slice name = sw_read_rest(&body);

    if (name.len == 0 || !sw_reader_end(&list))
        return SW_ERR_EXTENSION_DECODE;
    for (size_t i = 0; i < conn->cfg->alpn_len; i++)
        if (sw_slice_eq(name, (struct sw_slice){(const uint8_t *)conn->cfg->alpn[i], strlen(conn->cfg->alpn[i])})) {
            conn->alpn = conn->cfg->alpn[i];
            return SW_OK;
        }
    return SW_ERR_EXTENSION_VALUE;
}

/* --- status_request, RFC 6066 8 ----------------------------------------------------------------------------------------- */

bool sw_status_offer(const struct sw_conn *conn)
{
    return sw_option(conn, SW_OPT_STATUS_REQUEST) != 0;
}

void sw_status_write(struct sw_conn *conn, struct sw_writer *w)
{
    (void)conn;
    sw_write_u8(w, STATUS_OCSP);
    sw_write_u16(w, 0); /* any responder */
    sw_write_u16(w, 0); /* no request extensions */
}

enum sw_err sw_status_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader responders;

    /* a server that asks a client for a status says no more than that (RFC 8446 4.4.2.1); we have none to show */
    if (conn->hs->ext_in == SW_IN_REQUEST)
        return SW_OK;
    if (sw_read_u8(r) != STATUS_OCSP) {
        (void)sw_read_rest(r);
        return SW_OK;
    }
    responders = sw_read_vec16(r);
    while (sw_reader_left(&responders) > 0) {
        struct sw_reader id = sw_read_vec16(&responders);

        if (sw_reader_left(&id) == 0)
            return SW_ERR_EXTENSION_DECODE;
    }
    (void)sw_read_vec16(r);
    ext->status_request = true;
    return SW_OK;
}

bool sw_status_answer(const struct sw_conn *conn)
{
    return conn->hs->status_promised;
}

/* In TLS 1.3 it is the status itself, beside the certificate (RFC 8446 4.4.2.1). */
void sw_status_write_answer(struct sw_conn *conn, struct sw_writer *w)
{
    size_t mark;

    if (conn->version != SW_TLS13)
        return;
    sw_write_u8(w, STATUS_OCSP);
    mark = sw_write_open(w, 3);
    sw_write_slice(w, conn->hs->cred->ocsp);
    sw_write_close(w, mark, 3);
    conn->stapled = true;
}

enum sw_err sw_status_read_answer(struct sw_conn *conn, struct sw_reader *r)
{
    struct sw_reader vec;
    bool ocsp;

    conn->hs->status_promised = true;
    if (conn->version != SW_TLS13)
        return SW_OK;
    ocsp = sw_read_u8(r) == STATUS_OCSP;
    vec = sw_read_vec24(r);
    conn->status = sw_read_rest(&vec);
    if (r->failed || !ocsp || conn->status.len == 0)
        return SW_ERR_EXTENSION_DECODE;
    conn->stapled = true;
    return SW_OK;
}

/* --- certificate_authorities, RFC 8446 4.2.4: read, never sent in TLS 1.2 ----------------------------------------------- */

enum sw_err sw_authorities_read(struct sw_conn *conn, struct sw_hello_ext *ext, struct sw_reader *r)
{
    struct sw_reader list = sw_read_vec16(r), names = list;

    (void)conn;
    if (sw_reader_left(&names) == 0)
        return SW_ERR_EXTENSION_DECODE;
    while (sw_reader_left(&names) > 0) {
        struct sw_reader name = sw_read_vec16(&names);

        if (names.failed || sw_reader_left(&name) == 0)
            return SW_ERR_EXTENSION_DECODE;
    }
    ext->authorities = sw_read_rest(&list);
    return SW_OK;
}
