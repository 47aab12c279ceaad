/* One connection, one request at a time. Blocking, with poll: the verbs that use it do one thing after the other. */
#include "apps/http_client.h"
#include "apps/tls_config.h"
#include "base/wipe.h"
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 30, HEAD_MAX = 4096, PROBLEM_MAX = 16384 };

/* --- a connection ------------------------------------------------------------------------------------------------------- */

static void keep_session(struct http_client *c)
{
    size_t len;
    if (sw_conn_session(c->link.conn, c->session, sizeof c->session, &len) == SW_OK)
        c->session_len = len;
}

void http_client_disconnect(struct http_client *c)
{
    if (!c->connected)
        return;
    sw_conn_close(c->link.conn);
    link_send(&c->link);
    link_close(&c->link);
    c->connected = false;
}

/* Send what waits, then wait for bytes until the deadline. False: over, broken or late. */
static bool turn(struct http_client *c, int64_t deadline)
{
    link_send(&c->link);
    if (sw_conn_error(c->link.conn) || c->link.state == LINK_CLOSED || (c->link.broken && c->link.eof))
        return false;
    int64_t left = deadline == INT64_MAX ? -1 : deadline - net_now();
    if (deadline != INT64_MAX && left <= 0)
        return false;
    struct pollfd p = {.fd = c->link.fd, .events = link_events(&c->link)};
    if (!p.events || poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) < 0)
        return errno == EINTR && p.events;
    if (p.revents & (POLLIN | POLLHUP | POLLERR))
        link_receive(&c->link);
    return true;
}

static int64_t until(const struct http_client *c)
{
    return c->patience ? net_now() + c->patience * 1000 : INT64_MAX;
}

static bool handshake(struct http_client *c)
{
    int64_t deadline = until(c);
    while (!sw_conn_established(c->link.conn))
        if (!turn(c, deadline))
            return false;
    return true;
}

static enum http_fate connect_now(struct http_client *c, int *code)
{
    struct sw_conn *conn;
    int fd;
    const char *name = app_get(c->app, OPT_NAME);
    *code = net_connect(c->app, c->where, c->patience, c->host, &fd);
    if (*code)
        return HTTP_LOST;
    enum sw_err err = sw_conn_new(&conn, c->cfg, app_has(c->app, OPT_NO_SNI) ? NULL : name ? name : c->host);
    if (err) {
        close(fd);
        *code = app_fail(c->app, err, c->where);
        return HTTP_REFUSED;
    }
    link_open(&c->link, fd, conn, c->where, c->patience);
    c->connected = true;
    if (c->session_len && sw_conn_set_session(conn, c->session, c->session_len))
        c->session_len = 0;
    return HTTP_ANSWERED;
}

/* Somebody else may be at the other end, or may not want us: that does not change by trying again. A connection that broke may. */
static enum http_fate failed(struct http_client *c, bool quiet, int *code)
{
    enum sw_err err = sw_conn_error(c->link.conn);
    bool lost = err == SW_OK || err == SW_ERR_TRUNCATED || err == SW_ERR_CLOSED;
    *code = lost ? APP_SYSTEM : APP_NO;
    if (!lost)
        link_report(c->app, &c->link);
    else if (!quiet)
        (void)app_error(c->app, *code, "%s: the connection broke", c->where);
    http_client_disconnect(c);
    return lost ? HTTP_LOST : HTTP_REFUSED;
}

/* --- a request ---------------------------------------------------------------------------------------------------------- */

static bool write_all(struct http_client *c, const void *data, size_t len)
{
    const uint8_t *p = data;
    int64_t deadline = until(c);
    while (len) {
        size_t taken = 0;
        if ((sw_conn_wants(c->link.conn) & SW_WANT_WRITE) && sw_conn_write(c->link.conn, p, len, &taken))
            return false;
        p += taken;
        len -= taken;
        link_send(&c->link);
        if (len && !taken && !turn(c, deadline))
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
    http_reply_begin(&c->reply, strcmp(send->method, "HEAD") == 0);
    return write_all(c, head, (size_t)n) && write_all(c, send->body, send->body_len);
}

/* Move the parser over what was decrypted. wanted: where body bytes go, cap of them at most. */
static size_t parse(struct http_client *c, uint8_t *out, size_t cap)
{
    size_t len, used, n;
    const uint8_t *body, *p = sw_conn_peek(c->link.conn, &len);
    if (!p)
        return 0;
    if (c->reply.state == HTTP_BODY && len > cap)
        len = cap;
    if (http_reply_feed(&c->reply, p, len, &used, &body, &n) == HTTP_HEAD || !cap)
        n = 0;
    if (n && out)
        memcpy(out, body, n);
    (void)sw_conn_skip(c->link.conn, used);
    return n;
}

/* The peer said that nothing more will come. */
static bool at_end(struct http_client *c)
{
    uint8_t none;
    size_t got;
    return (sw_conn_wants(c->link.conn) & SW_WANT_READ) && sw_conn_read(c->link.conn, &none, 0, &got) == SW_ERR_CLOSED;
}

/* The head is fed a byte at a time at its end, so that no byte of the body is passed over. */
static bool read_head(struct http_client *c)
{
    int64_t deadline = until(c);
    while (c->reply.state == HTTP_HEAD) {
        size_t len, used, n;
        const uint8_t *body, *p = sw_conn_peek(c->link.conn, &len);
        if (p) {
            const uint8_t *end = memchr(p, '\n', len);
            http_reply_feed(&c->reply, p, end ? (size_t)(end - p) + 1 : len, &used, &body, &n);
            (void)sw_conn_skip(c->link.conn, used);
        } else if (at_end(c) || !turn(c, deadline)) {
            return false;
        }
    }
    return c->reply.state != HTTP_BAD;
}

enum http_fate http_client_send(struct http_client *c, const struct http_send *send, bool quiet, int *code)
{
    *code = APP_DONE;
    if (!c->connected) {
        enum http_fate fate = connect_now(c, code);
        if (fate != HTTP_ANSWERED)
            return fate;
        if (!handshake(c))
            return failed(c, quiet, code);
        keep_session(c);
    }
    if (!write_request(c, send) || !read_head(c))
        return failed(c, quiet, code);
    return HTTP_ANSWERED;
}

bool http_client_read(struct http_client *c, void *buf, size_t cap, size_t *got, int64_t deadline)
{
    *got = 0;
    while (c->reply.state == HTTP_BODY) {
        *got = parse(c, buf, cap);
        if (*got)
            break;
        if (c->reply.state != HTTP_BODY || sw_conn_peek(c->link.conn, &(size_t){0}))
            continue;
        if (at_end(c)) {
            http_reply_eof(&c->reply);
        } else if (!turn(c, deadline)) {
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

/* --- beginning and end -------------------------------------------------------------------------------------------------- */

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

/* --protect=auth: both sides prove who they are and nobody can change a byte, but everybody on the way can read all of them. */
static int set_protection(struct http_client *c)
{
    const char *mode = app_get(c->app, OPT_PROTECT);
    if (!mode || strcmp(mode, "session") == 0)
        return APP_DONE;
    if (strcmp(mode, "auth") != 0)
        return app_usage(c->app, "--protect takes session or auth, not %s", mode);
    app_warn(c->app, "warning: --protect auth: everybody on the way can read what is transferred");
    enum sw_err err = sw_config_set_policy(c->cfg, "all");
    if (err == SW_OK)
        err = sw_config_set_suites(c->cfg, "TLS_RSA_WITH_NULL_SHA256");
    return err ? app_fail(c->app, err, "--protect") : APP_DONE;
}

int http_client_open(struct http_client *c, const struct app *app)
{
    *c = (struct http_client){.app = app, .server = app_get(app, OPT_SERVER), .patience = PATIENCE};
    if (!c->server)
        return app_usage(app, "say which sealwaxd: --server HOST[:PORT]");
    if (!app_has(app, OPT_TRUST) && !app_has(app, OPT_INSECURE))
        return app_usage(app, "say whom to trust: --trust FILE with root certificates");
    if (!tls_has_cert(app))
        return app_usage(app, "the server knows you by your certificate: --cert FILE --key FILE");
    int code = read_place(c, c->server);
    if (!code)
        code = tls_config_new(app, SW_CLIENT, KEY_CARE_REFUSE, &c->cfg);
    return code ? code : set_protection(c);
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
    int code = app_error(c->app, code_of(status), "%s: %d: %s", c->where, status,
                         detail ? detail : "the server gives no reason");
    json_decref(json);
    free(text);
    return code;
}
