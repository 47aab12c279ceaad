/*
 * Certificate (RFC 5246 7.4.2, 7.4.6): certificate_list<0..2^24-1> of ASN.1Cert<1..2^24-1>, leaf first.
 *
 * The chain is the body as it came, the leaf's parsed form is views of it.
 */
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

enum sw_err sw_certificate_send(struct sw_conn *conn, struct sw_writer *w)
{
    struct sw_handshake *hs = conn->hs;
    const struct sw_credential *cred;
    size_t list, mark;

    if (!sw_is_server(conn))
        sw_credential_for_request(conn, &hs->cred, &hs->scheme);
    cred = hs->cred;
    if (cred == NULL && conn->cfg->creds_len > 0 && sw_option(conn, SW_OPT_INSIST_ON_CERT)) {
        sw_conn_explain(conn, "none of our certificates is one that the server asks for");
        return SW_ERR_NO_SIGNATURE_SCHEME;
    }
    list = sw_write_open(w, 3);
    for (size_t i = 0; cred != NULL && i < cred->der_len; i++) {
        mark = sw_write_open(w, 3);
        sw_write_slice(w, cred->der[i]);
        sw_write_close(w, mark, 3);
    }
    sw_write_close(w, list, 3);
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
    return sw_config_client_auth(conn->cfg) == SW_CLIENT_AUTH_REQUIRE ? SW_ERR_CERT_REQUIRED : SW_OK;
}

enum sw_err sw_certificate_recv(struct sw_conn *conn, struct sw_slice body)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_reader r = sw_reader_of_slice(body), list = sw_read_vec24(&r), walk = list;
    struct sw_slice der, first = {NULL, 0};
    char who[96], issuer[96];
    enum sw_err err;

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
    err = sw_cert_parse(&hs->leaf, first.p, first.len);
    if (err != SW_OK)
        return SW_ERR_CERT_DECODE;
    hs->have_leaf = true;
    conn->peer_has_cert = true;
    sw_cert_common_name(hs->leaf.subject, who, sizeof who);
    sw_cert_common_name(hs->leaf.issuer, issuer, sizeof issuer);
    /* a client judges the chain when all is in that bears on it: at ServerHelloDone */
    if (sw_is_server(conn))
        err = hs->leaf.key.type == SW_KEY_NONE ? SW_ERR_CERT_KEY_TYPE : sw_peer_verify(conn);
    if (err == SW_OK)
        err = sw_peer_leaf_usable(conn);
    sw_conn_note(conn, "certificate of %s, issued by %s%s", who, issuer,
                 err != SW_OK         ? ": refused"
                 : sw_is_server(conn) ? ": path verified"
                                      : "");
    return err;
}
