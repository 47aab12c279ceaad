/*
 * Certificate (RFC 5246 7.4.2, 7.4.6): certificate_list<0..2^24-1> of ASN.1Cert<1..2^24-1>, leaf first.
 *
 * TLS 1.3 (RFC 8446 4.4.2): certificate_request_context<0..2^8-1>, and each certificate with extensions<0..2^16-1> behind it: status and timestamps.
 *
 * The chain is the list as it came, its length before it; the leaf's parsed form is views of it.
 */
#include "handshake/ext.h"
#include "handshake/msg.h"

bool sw_certificate_next(struct sw_reader *list, struct sw_slice *der)
{
    struct sw_reader cert;

    if (sw_reader_left(list) == 0)
        return false;
    cert = sw_read_vec24(list);
    *der = sw_read_rest(&cert);
    return !list->failed;
}

struct sw_reader sw_chain_list(const struct sw_conn *conn)
{
    struct sw_reader r = sw_reader_of_slice(conn->chain);

    return sw_read_vec24(&r);
}

bool sw_chain_next(const struct sw_conn *conn, struct sw_reader *list, struct sw_slice *der)
{
    bool there = sw_certificate_next(list, der);

    if (there && conn->version == SW_TLS13)
        (void)sw_read_vec16(list);
    return there && !list->failed;
}

/* Beside the leaf of a server there may be something, beside the others never. */
static void write_extras(struct sw_conn *conn, struct sw_writer *w, bool leaf)
{
    if (leaf && sw_is_server(conn))
        sw_ext_write_in(conn, w, SW_IN_CERT);
    else
        sw_write_u16(w, 0);
}

static void write_list(struct sw_conn *conn, struct sw_writer *w)
{
    const struct sw_credential *cred = conn->hs->cred;
    size_t list = sw_write_open(w, 3), mark;

    for (size_t i = 0; cred != NULL && i < cred->der_len; i++) {
        mark = sw_write_open(w, 3);
        sw_write_slice(w, cred->der[i]);
        sw_write_close(w, mark, 3);
        if (conn->version == SW_TLS13)
            write_extras(conn, w, i == 0);
    }
    sw_write_close(w, list, 3);
}

enum sw_err sw_certificate_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    const struct sw_credential *cred;

    if (!sw_is_server(conn))
        sw_credential_for_request(conn, &hs->cred, &hs->scheme);
    cred = hs->cred;
    if (cred == NULL && conn->cfg->creds_len > 0 && sw_option(conn, SW_OPT_INSIST_ON_CERT)) {
        sw_conn_explain(conn, "none of our certificates is one that the server asks for");
        return SW_ERR_NO_SIGNATURE_SCHEME;
    }
    write_list(conn, w);
    hs->sent_certificate = cred != NULL;
    if (cred != NULL) {
        char who[96];

        sw_cert_common_name(cred->leaf.subject, who, sizeof who);
        sw_conn_note(conn, "our certificate: %s", who);
    } else {
        sw_conn_note(conn, "we have no certificate that was asked for");
    }
    return SW_OK;
}

/* An empty list is a client's way to say that it has none. */
static enum sw_err none_shown(struct sw_conn *conn)
{
    sw_conn_note(conn, "shows no certificate");
    if (!sw_is_server(conn)) {
        sw_conn_explain(conn, "the server sent an empty list of certificates");
        return SW_ERR_DECODE;
    }
    if (sw_config_client_auth(conn->cfg) != SW_CLIENT_AUTH_REQUIRE)
        return SW_OK;
    return conn->version == SW_TLS13 ? SW_ERR_CERT_ABSENT : SW_ERR_CERT_REQUIRED;
}

/* Whose it is, and whether it will do. */
static enum sw_err take_leaf(struct sw_conn *conn, struct sw_slice der)
{
    struct sw_handshake *hs = conn->hs;
    char who[96], issuer[96];
    bool now = sw_is_server(conn) || conn->version == SW_TLS13;
    enum sw_err err = sw_cert_parse(&hs->leaf, der.p, der.len);

    if (err != SW_OK)
        return SW_ERR_CERT_DECODE;
    hs->have_leaf = true;
    conn->peer_has_cert = true;
    sw_cert_common_name(hs->leaf.subject, who, sizeof who);
    sw_cert_common_name(hs->leaf.issuer, issuer, sizeof issuer);
    /* in TLS 1.2 a client judges the chain when all is in that bears on it: at ServerHelloDone */
    if (now)
        err = hs->leaf.key.type == SW_KEY_NONE ? SW_ERR_CERT_KEY_TYPE : sw_peer_verify(conn);
    if (err == SW_OK)
        err = sw_peer_leaf_usable(conn);
    sw_conn_note(conn, "certificate of %s, issued by %s%s", who, issuer,
                 err != SW_OK ? ": refused"
                 : now        ? ": path verified"
                              : "");
    return err;
}

enum sw_err sw_certificate_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), walk = sw_read_vec24(&r);
    struct sw_slice der, first = {NULL, 0};

    while (sw_certificate_next(&walk, &der)) {
        if (der.len == 0)
            return SW_ERR_DECODE;
        if (first.p == NULL)
            first = der;
    }
    if (!sw_reader_end(&r) || walk.failed)
        return SW_ERR_DECODE;
    if (first.p == NULL)
        return none_shown(conn);
    conn->chain = body;
    return take_leaf(conn, first);
}

/* --- TLS 1.3 -------------------------------------------------------------------------------------------------------------- */

/* In a handshake the context is empty (RFC 8446 4.3.2): there is no other request that an answer could belong to. */
enum sw_err sw_certificate13_send(struct sw_conn *conn, struct sw_writer *w)
{
    sw_write_u8(w, 0);
    return sw_certificate_send(conn, w);
}

/* What stands beside a certificate is read for each of them, and kept of the leaf. */
static enum sw_err read_extras(struct sw_conn *conn, struct sw_slice block, bool leaf)
{
    struct sw_slice status = conn->status, sct = conn->sct;
    enum sw_err err = sw_ext_read_in(conn, block, SW_IN_CERT);

    if (!leaf) {
        conn->status = status;
        conn->sct = sct;
    }
    return err;
}

static enum sw_err walk_entries(struct sw_conn *conn, struct sw_reader list, struct sw_slice *first)
{
    struct sw_slice der;
    enum sw_err err = SW_OK;

    while (err == SW_OK && sw_certificate_next(&list, &der)) {
        struct sw_reader extras = sw_read_vec16(&list);

        if (der.len == 0 || list.failed)
            return SW_ERR_DECODE;
        err = read_extras(conn, sw_read_rest(&extras), first->p == NULL);
        if (first->p == NULL)
            *first = der;
    }
    return err == SW_OK && list.failed ? SW_ERR_DECODE : err;
}

enum sw_err sw_certificate13_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_reader r = sw_reader_of_slice(body), context = sw_read_vec8(&r), list;
    struct sw_slice whole = {r.p, r.len}, first = {NULL, 0};
    enum sw_err err;

    list = sw_read_vec24(&r);
    if (!sw_reader_end(&r))
        return SW_ERR_DECODE;
    if (sw_reader_left(&context) > 0)
        return SW_ERR_EXTENSION_VALUE;
    err = walk_entries(conn, list, &first);
    if (err != SW_OK)
        return err;
    if (first.p == NULL)
        return none_shown(conn);
    conn->chain = whole;
    return take_leaf(conn, first);
}
