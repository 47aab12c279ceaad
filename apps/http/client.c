/* One connection, one request at a time. Blocking, with poll: the verbs that use it do one thing after the other. */
#include "apps/http/client.h"
#include "apps/cli/clock.h"
#include "apps/tls/tls_config.h"
#include "base/wipe.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 30, HEAD_MAX = 4096, PROBLEM_MAX = 16384 };

/* --- a connection ------------------------------------------------------------------------------------------------- */

/* Whether a connection has nothing to be blamed for: it is there, or broke. */
static bool sound(const struct sw_conn *conn)
{
    enum sw_err err = conn ? sw_conn_error(conn) : SW_OK;
    return err == SW_OK || err == SW_ERR_TRUNCATED || err == SW_ERR_CLOSED;
}

/* At its end, as a session of TLS 1.3 comes behind the handshake. */
static void keep_session(struct http_client *c)
{
    const struct sw_conn *conn = c->wire.link.conn;
    size_t len;
    /* a resumed connection has no certificate to encrypt to */
    if (conn && sound(conn) && c->protection != PROTECT_RSA &&
        sw_conn_session(conn, c->session, sizeof c->session, &len) == SW_OK)
        c->session_len = len;
}

void http_client_disconnect(struct http_client *c)
{
    if (!c->connected)
        return;
    keep_session(c);
    wire_close(&c->wire);
    c->connected = false;
}

void http_client_new_keys(struct http_client *c)
{
    struct sw_conn *conn = c->connected ? c->wire.link.conn : NULL;
    if (!conn || sw_conn_update_keys(conn, true) != SW_OK)
        http_client_disconnect(c);
}

const uint8_t *http_client_server_cert(const struct http_client *c, size_t *len)
{
    return c->connected && c->wire.link.conn ? sw_conn_peer_cert(c->wire.link.conn, 0, len) : NULL;
}

static int64_t until(const struct http_client *c)
{
    return c->patience ? clock_now() + c->patience * 1000 : INT64_MAX;
}

/* A ticket of TLS 1.3 is used once, or an eavesdropper would know us again by it (RFC 8446 C.4). */
static void forget_ticket(struct http_client *c)
{
    struct sw_conn_info info;
    if (!c->wire.link.conn)
        return;
    sw_conn_info(c->wire.link.conn, &info);
    if (info.version == SW_TLS13)
        c->session_len = 0;
}

static bool handshake(struct http_client *c)
{
    int64_t deadline = until(c);
    while (!wire_ready(&c->wire))
        if (!wire_turn(&c->wire, deadline))
            return false;
    forget_ticket(c);
    return true;
}

/*
 * A server that was there may be on its way back. One that never was is a wrong name or port more often than a slow
 * start, so that is said at once, unless the caller stays: then once.
 */
static enum http_fate reach(struct http_client *c, bool quiet, int *fd, int *code)
{
    bool hopeless = !c->reached && !c->stays;
    bool say = hopeless || !quiet || (c->stays && !c->told);
    *code = net_connect(c->app, c->where, c->patience, !say, c->host, fd);
    if (*code) {
        c->told |= say;
        return hopeless || *code == APP_USAGE ? HTTP_REFUSED : HTTP_LOST;
    }
    c->reached = true;
    c->told = false;
    return HTTP_ANSWERED;
}

static enum http_fate connect_now(struct http_client *c, bool quiet, int *code)
{
    struct sw_conn *conn = NULL;
    int fd;
    enum http_fate fate = reach(c, quiet, &fd, code);
    if (fate != HTTP_ANSWERED)
        return fate;
    *code = c->cfg ? tls_connect(c->app, c->cfg, c->host, c->where, &conn) : APP_DONE;
    if (*code)
        close(fd);
    else if (!wire_open(&c->wire, fd, conn, c->where, c->patience))
        *code = app_fail(c->app, SW_ERR_MEMORY, c->where);
    if (*code)
        return HTTP_REFUSED;
    c->connected = true;
    c->heard = false;
    if (c->session_len && sw_conn_set_session(conn, c->session, c->session_len))
        c->session_len = 0;
    return HTTP_ANSWERED;
}

static void refused(const struct http_client *c)
{
    const struct link *link = &c->wire.link;
    link_report(c->app, link);
    if (c->protection == PROTECT_AUTH && sw_conn_alert_received(link->conn) == SW_ALERT_HANDSHAKE_FAILURE)
        app_say(c->app,
                "--protect auth needs a server that offers TLS_RSA_WITH_NULL_SHA256 by name (sealwaxd --suites)");
}

/*
 * Somebody else may be at the other end, or may not want us: that does not change by trying again. A connection that
 * broke may, and a server that has nothing to say for a while; but one that never said a word is none, or none of ours.
 */
static enum http_fate failed(struct http_client *c, bool quiet, int *code)
{
    if (!c->wire.link.conn && !c->heard && (wire_ended(&c->wire) || c->reply.state == HTTP_BAD)) {
        *code = app_error_of(c->app, APP_NO, &(struct app_cause){.peer = c->where},
                             "closed the connection: it does not answer without TLS");
        http_client_disconnect(c);
        return HTTP_REFUSED;
    }
    bool lost = sound(c->wire.link.conn);
    bool silent = lost && wire_silent(&c->wire), hopeless = silent && !c->met && !c->stays;
    *code = lost ? APP_SYSTEM : APP_NO;
    if (!lost)
        refused(c);
    else if (silent && (hopeless || !quiet))
        (void)app_error_of(c->app, *code, &(struct app_cause){.peer = c->where}, "said nothing for %lld s",
                           (long long)c->patience);
    else if (!quiet)
        (void)app_error_of(c->app, *code, &(struct app_cause){.peer = c->where}, "the connection broke");
    http_client_disconnect(c);
    return lost && !hopeless ? HTTP_LOST : HTTP_REFUSED;
}

/* --- a request ---------------------------------------------------------------------------------------------------- */

static bool write_all(struct http_client *c, const void *data, size_t len)
{
    const uint8_t *p = data;
    int64_t deadline = until(c);
    while (len) {
        size_t taken;
        if (!wire_write(&c->wire, p, len, &taken))
            return false;
        p += taken;
        len -= taken;
        if (len && !taken && !wire_turn(&c->wire, deadline))
            return false;
        if (taken)
            deadline = until(c);
    }
    return true;
}

static bool write_request(struct http_client *c, const struct http_send *send)
{
    char head[HEAD_MAX];
    int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s\r\n%s", send->method, send->path, c->host,
                     send->headers ? send->headers : "");
    if (n < 0 || (size_t)n >= sizeof head - 64)
        return false;
    if (send->body || strcmp(send->method, "GET") != 0)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %zu\r\n", send->body_len);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    c->head_asked = strcmp(send->method, "HEAD") == 0;
    return write_all(c, head, (size_t)n) && write_all(c, send->body, send->body_len);
}

/* Move the parser over what was decrypted. wanted: where body bytes go, cap of them at most. */
static size_t parse(struct http_client *c, uint8_t *out, size_t cap)
{
    size_t len, used, n;
    const uint8_t *body, *p = wire_peek(&c->wire, &len);
    if (!p)
        return 0;
    if (c->reply.state == HTTP_BODY && len > cap)
        len = cap;
    if (http_reply_feed(&c->reply, p, len, &used, &body, &n) == HTTP_HEAD || !cap)
        n = 0;
    if (n && out)
        memcpy(out, body, n);
    wire_skip(&c->wire, used);
    return n;
}

/* The head is fed a byte at a time at its end, so that no byte of the body is passed over. */
static bool read_head(struct http_client *c)
{
    int64_t deadline = until(c);
    while (c->reply.state == HTTP_HEAD) {
        size_t len, used, n;
        const uint8_t *body, *p = wire_peek(&c->wire, &len);
        if (p) {
            const uint8_t *end = memchr(p, '\n', len);
            http_reply_feed(&c->reply, p, end ? (size_t)(end - p) + 1 : len, &used, &body, &n);
            wire_skip(&c->wire, used);
        } else if (wire_ended(&c->wire) || !wire_turn(&c->wire, deadline)) {
            return false;
        }
    }
    return c->reply.state != HTTP_BAD;
}

enum http_fate http_client_ask(struct http_client *c, const struct http_send *send, bool quiet, int *code)
{
    *code = APP_DONE;
    if (!c->connected) {
        enum http_fate fate = connect_now(c, quiet, code);
        if (fate != HTTP_ANSWERED)
            return fate;
        if (!handshake(c))
            return failed(c, quiet, code);
        c->met |= c->cfg != NULL;
    }
    return write_request(c, send) ? HTTP_ANSWERED : failed(c, quiet, code);
}

enum http_fate http_client_answer(struct http_client *c, bool quiet, int *code)
{
    *code = c->connected ? APP_DONE : APP_SYSTEM;
    if (!c->connected)
        return HTTP_LOST;
    http_reply_begin(&c->reply, c->head_asked);
    if (!read_head(c))
        return failed(c, quiet, code);
    c->heard = c->met = true;
    return HTTP_ANSWERED;
}

enum http_fate http_client_send(struct http_client *c, const struct http_send *send, bool quiet, int *code)
{
    enum http_fate fate = http_client_ask(c, send, quiet, code);
    return fate == HTTP_ANSWERED ? http_client_answer(c, quiet, code) : fate;
}

bool http_client_read(struct http_client *c, void *buf, size_t cap, size_t *got, int64_t deadline)
{
    *got = 0;
    while (c->reply.state == HTTP_BODY) {
        *got = parse(c, buf, cap);
        if (*got)
            break;
        if (c->reply.state != HTTP_BODY || wire_peek(&c->wire, &(size_t){0}))
            continue;
        if (wire_ended(&c->wire)) {
            http_reply_eof(&c->reply);
        } else if (!wire_turn(&c->wire, deadline)) {
            return false;
        }
    }
    if (c->reply.state == HTTP_DONE && c->reply.close)
        http_client_disconnect(c);
    return c->reply.state == HTTP_BODY || c->reply.state == HTTP_DONE;
}

char *http_client_body(struct http_client *c, size_t max, size_t *len)
{
    char *out = malloc(max + 1);
    size_t n = 0, got = 1;
    while (out && got && n < max && http_client_read(c, out + n, max - n, &got, until(c)))
        n += got;
    if (!out || c->reply.state != HTTP_DONE) {
        free(out);
        http_client_disconnect(c);
        return NULL;
    }
    out[n] = 0;
    *len = n;
    return out;
}

/* --- beginning and end -------------------------------------------------------------------------------------------- */

/* HOST, HOST:PORT, [ADDRESS]:PORT or https:// before it. */
static int read_place(struct http_client *c, const char *text)
{
    if (strncmp(text, "https://", 8) == 0)
        text += 8;
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    bool port = colon && (!bracket || colon > bracket) && (bracket || colon == strchr(text, ':'));
    int n = snprintf(c->where, sizeof c->where, "%s%s", text, port ? "" : ":4433");
    return n < 0 || (size_t)n >= sizeof c->where ? app_usage(c->app, "--server: too long") : APP_DONE;
}

/* Nobody on the way can change what goes under this suite, and everybody there can read it. */
static int use_null_suite(struct http_client *c)
{
    enum sw_err err = sw_config_set_policy(c->cfg, "all");
    if (err == SW_OK)
        err = sw_config_set_suites(c->cfg, "TLS_RSA_WITH_NULL_SHA256");
    return err ? app_fail(c->app, err, "--protect") : APP_DONE;
}

int http_client_open_with(struct http_client *c, const struct app *app, enum protection protection)
{
    *c = (struct http_client){
        .app = app, .protection = protection, .server = app_get(app, OPT_SERVER), .patience = PATIENCE};
    if (!c->server)
        return app_usage(app, "say which sealwaxd: --server HOST[:PORT]");
    int code = read_place(c, c->server);
    if (code)
        return code;
    if (protection == PROTECT_NONE) {
        app_warn(app, "warning: --protect none: everybody on the way can read and change what is transferred, and "
                      "nobody proves who he is");
        return APP_DONE;
    }
    if (!app_has(app, OPT_TRUST) && !app_has(app, OPT_INSECURE))
        return app_usage(app, "say whom to trust: --trust FILE with root certificates");
    if (!tls_has_cert(app))
        return app_usage(app, "the server knows you by your certificate: --cert FILE --key FILE");
    code = tls_config_new(app, SW_CLIENT, KEY_CARE_REFUSE, &c->cfg);
    if (code || protection != PROTECT_AUTH)
        return code;
    app_warn(app, "warning: --protect auth: everybody on the way can read what is transferred");
    return use_null_suite(c);
}

int http_client_open(struct http_client *c, const struct app *app)
{
    return http_client_open_with(c, app, PROTECT_SESSION);
}

void http_client_close(struct http_client *c)
{
    http_client_disconnect(c);
    sw_config_free(c->cfg);
    sw_wipe(c->session, sizeof c->session);
    c->cfg = NULL;
}

void http_quote(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    for (; *text && n + 4 <= cap; text++) {
        unsigned char ch = (unsigned char)*text;
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
                     strchr("-._~", ch) != NULL;
        if (plain)
            out[n++] = (char)ch;
        else
            n += (size_t)snprintf(out + n, cap - n, "%%%02X", ch);
    }
    out[n] = 0;
}

static int code_of(int status)
{
    switch (status) {
    case 400:
    case 405:
    case 422:
        return APP_BAD_INPUT;
    case 403:
    case 409:
    case 412:
        return APP_REFUSED;
    case 500:
    case 503:
    case 507:
        return APP_SYSTEM;
    default:
        return APP_NO;
    }
}

int http_client_problem(struct http_client *c)
{
    int status = c->reply.status;
    size_t len = 0;
    char *text = http_client_body(c, PROBLEM_MAX, &len);
    json_t *json = text ? json_loadb(text, len, 0, NULL) : NULL;
    const char *detail = json_string_value(json_object_get(json, "detail"));
    const struct app *app = c->app;
    bool force = status == 409 && app->verb && (app->verb->groups & APP_PUT) && !app_has(app, OPT_FORCE);
    int code = app_error_of(app, code_of(status), &(struct app_cause){.peer = c->where}, "%d: %s%s", status,
                            detail          ? detail
                            : status == 413 ? "that is more than the server takes in one request"
                                            : "the server gives no reason",
                            force ? " (--force replaces it)" : "");
    json_decref(json);
    free(text);
    return code;
}
