/* What the library calls while a handshake goes on: verdicts as the flags ask, and notes of what the peer said. */
#include "tests/bogo/shim.h"
#include <stdlib.h>
#include <string.h>

static enum sw_err refuse(struct sw_conn *conn, enum sw_alert alert, enum sw_err err)
{
    sw_conn_abort(conn, alert, err);
    return err;
}

enum sw_alert shim_verify_alert(const struct settings *s)
{
    return s->custom_verify ? SW_ALERT_CERTIFICATE_UNKNOWN : SW_ALERT_HANDSHAKE_FAILURE;
}

/* The suite's chains are nonsense on purpose: every chain is taken unless the test says that verification fails. */
enum sw_err shim_verify(void *ctx, struct sw_conn *conn, const struct sw_peer_chain *chain)
{
    struct shim *shim = ctx;
    const struct settings *s = shim->set;
    bool bites = s->verify_peer || s->require_any;

    shim->verify_called = true;
    /* what the stack itself cannot use is not a matter of trust */
    if (chain->verdict == SW_ERR_CERT_DECODE || chain->verdict == SW_ERR_CERT_KEY_TYPE ||
        chain->verdict == SW_ERR_CERT_KEY_USAGE)
        return chain->verdict;
    if (s->verify_fail && bites)
        return refuse(conn, shim_verify_alert(s), SW_ERR_CERT_REJECTED);
    /* the suite's own stack asks this callback whether there is a response or not */
    if (!s->server && s->use_ocsp_callback && s->enable_ocsp) {
        shim->ocsp_called = true;
        if (s->fail_ocsp)
            return SW_ERR_OCSP;
    }
    if (!s->server && s->fail_cert_callback && shim->certificate_types.set)
        return refuse(conn, SW_ALERT_INTERNAL_ERROR, SW_ERR_CALLBACK);
    return SW_OK;
}

enum sw_err shim_hello(void *ctx, struct sw_conn *conn)
{
    struct shim *shim = ctx;

    if (shim->set->fail_early_callback)
        return refuse(conn, SW_ALERT_HANDSHAKE_FAILURE, SW_ERR_CALLBACK);
    if (shim->set->fail_cert_callback || shim->set->fail_ddos_callback)
        return refuse(conn, SW_ALERT_INTERNAL_ERROR, SW_ERR_CALLBACK);
    if (shim->set->fail_ocsp && shim->set->use_ocsp_callback)
        return SW_ERR_OCSP;
    /* a protocol without a name cannot be configured at all, so it is refused where it would be chosen */
    if (shim->set->select_empty_alpn)
        return refuse(conn, SW_ALERT_INTERNAL_ERROR, SW_ERR_EXTENSION_VALUE);
    return SW_OK;
}

static void keep(struct blob *b, const uint8_t *p, size_t len)
{
    free(b->p);
    b->p = malloc(len + 1);
    if (b->p == NULL)
        shim_broken("out of memory");
    memcpy(b->p, p, len);
    b->len = len;
    b->set = true;
}

/*
 * The body of an extension of a ClientHello, header included in data; the engine has checked the message's shape before
 * it is shown.
 */
static bool hello_extension(const uint8_t *data, size_t len, unsigned type, const uint8_t **body, size_t *body_len)
{
    size_t at = 4 + 2 + 32;

    if (at >= len)
        return false;
    at += 1u + data[at];
    if (at + 2 > len)
        return false;
    at += 2u + ((size_t)data[at] << 8 | data[at + 1]);
    if (at >= len)
        return false;
    at += 1u + data[at];
    at += 2;
    while (at + 4 <= len) {
        size_t n = (size_t)data[at + 2] << 8 | data[at + 3];

        if (n > len - at - 4)
            return false;
        if (((unsigned)data[at] << 8 | data[at + 1]) == type) {
            *body = data + at + 4;
            *body_len = n;
            return true;
        }
        at += 4 + n;
    }
    return false;
}

void shim_watch(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    struct shim *shim = ctx;
    const uint8_t *body;
    size_t len;

    (void)conn;
    if (ev->sent || ev->content_type != 22 || ev->data == NULL || ev->len < 4)
        return;
    if (ev->message == 1) {
        if (hello_extension(ev->data, ev->len, 16, &body, &len) && len > 2)
            keep(&shim->peer_alpn, body + 2, len - 2);
        if (hello_extension(ev->data, ev->len, 13, &body, &len) && len > 2)
            keep(&shim->peer_sigalgs, body + 2, len - 2);
    } else if (ev->message == 4) {
        shim->got_new_session_ticket = ev->len > 10;
    } else if (ev->message == 13 && ev->len > 5) {
        size_t n = ev->data[4];

        if (n < ev->len - 4)
            keep(&shim->certificate_types, ev->data + 5, n);
        if (ev->len >= 5 + n + 2) {
            size_t schemes = (size_t)ev->data[5 + n] << 8 | ev->data[6 + n];

            if (schemes <= ev->len - 7 - n)
                keep(&shim->peer_sigalgs, ev->data + 7 + n, schemes);
            if (schemes + 2 <= ev->len - 7 - n)
                keep(&shim->authorities, ev->data + 9 + n + schemes, ev->len - 9 - n - schemes);
        }
    }
}
