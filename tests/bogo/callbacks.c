/* What the library calls while a handshake goes on: verdicts as the flags ask, and notes of what the peer said. */
#include "tests/bogo/shim.h"
#include <stdio.h>
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
    if (!s->server && s->fail_cert_callback && shim->cert_requested)
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

/* The body of an extension in a block of them. */
static bool find_extension(const uint8_t *p, size_t left, unsigned type, const uint8_t **body, size_t *body_len)
{
    for (size_t at = 0; at + 4 <= left;) {
        size_t n = (size_t)p[at + 2] << 8 | p[at + 3];

        if (n > left - at - 4)
            return false;
        if (((unsigned)p[at] << 8 | p[at + 1]) == type) {
            *body = p + at + 4;
            *body_len = n;
            return true;
        }
        at += 4 + n;
    }
    return false;
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
    return at <= len && find_extension(data + at, len - at, type, body, body_len);
}

/* A ServerHello that asks for another hello: the random tells it apart (RFC 8446 4.1.3). */
static bool is_retry(const struct sw_trace_event *ev)
{
    static const uint8_t begins[] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};

    return ev->len >= 6 + sizeof begins && memcmp(ev->data + 6, begins, sizeof begins) == 0;
}

static void watch_client_hello(struct shim *shim, const struct sw_trace_event *ev)
{
    const uint8_t *body;
    size_t len;

    if (hello_extension(ev->data, ev->len, 16, &body, &len) && len > 2)
        keep(&shim->peer_alpn, body + 2, len - 2);
    if (hello_extension(ev->data, ev->len, 13, &body, &len) && len > 2)
        keep(&shim->peer_sigalgs, body + 2, len - 2);
}

static void watch_request(struct shim *shim, const struct sw_trace_event *ev)
{
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

/* In TLS 1.3 a context, which is empty, and extensions. */
static void watch_request13(struct shim *shim, const struct sw_trace_event *ev)
{
    const uint8_t *body;
    size_t len;

    if (ev->len < 7)
        return;
    if (find_extension(ev->data + 7, ev->len - 7, 13, &body, &len) && len > 2)
        keep(&shim->peer_sigalgs, body + 2, len - 2);
    if (find_extension(ev->data + 7, ev->len - 7, 47, &body, &len) && len > 2)
        keep(&shim->authorities, body + 2, len - 2);
}

void shim_watch(void *ctx, struct sw_conn *conn, const struct sw_trace_event *ev)
{
    struct shim *shim = ctx;
    struct sw_conn_info info;

    if (ev->content_type != 22 || ev->data == NULL || ev->len < 4)
        return;
    if (ev->message == 2 && is_retry(ev))
        shim->retried = true;
    if (ev->sent)
        return;
    if (ev->message == 1) {
        watch_client_hello(shim, ev);
    } else if (ev->message == 4) {
        shim->got_new_session_ticket = ev->len > 10;
    } else if (ev->message == 13 && ev->len > 5) {
        sw_conn_info(conn, &info);
        shim->cert_requested = true;
        (info.version == SW_TLS13 ? watch_request13 : watch_request)(shim, ev);
    }
}

/* A line of SSLKEYLOGFILE: label, the client's random, the secret, all but the first in hexadecimal. */
void shim_secret(void *ctx, struct sw_conn *conn, const char *line)
{
    static const char *const labels[2] = {"CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "};
    struct shim *shim = ctx;
    uint8_t secret[64];

    (void)conn;
    for (int i = 0; i < 2; i++) {
        const char *hex = strrchr(line, ' ');
        size_t n = 0;
        unsigned byte;

        if (strncmp(line, labels[i], strlen(labels[i])) != 0)
            continue;
        for (hex++; n < sizeof secret && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
            secret[n] = (uint8_t)byte;
        keep(&shim->traffic[i], secret, n);
    }
}

void shim_forget(struct shim *shim)
{
    shim->verify_called = shim->got_new_session_ticket = shim->ocsp_called = false;
    shim->cert_requested = shim->retried = false;
    shim->certificate_types.set = false;
    shim->traffic[0].set = shim->traffic[1].set = false;
}
