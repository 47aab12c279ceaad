#include "tests/apps/http/peer.h"
#include "apps/cli/clock.h"
#include "apps/net/bev.h"
#include "apps/net/net.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * How long is waited for what must come, and for what loopback owes: it delivers at once, unless the machine is very
 * busy.
 */
enum { PATIENCE_MS = 60000, ARRIVAL_MS = 500 };

static void on_connected(void *ctx, struct sw_conn *conn)
{
    struct http_world *w = ctx;
    (void)conn;
    w->connected++;
}

static void on_disconnected(void *ctx, struct sw_conn *conn, int fd)
{
    struct http_world *w = ctx;
    (void)conn;
    (void)fd;
    w->disconnected++;
}

static void on_answered(void *ctx, const struct http_request *rq, int status)
{
    struct http_world *w = ctx;
    (void)rq;
    (void)status;
    w->answered++;
}

static void on_cannot_accept(void *ctx, const char *why)
{
    struct http_world *w = ctx;
    (void)why;
    w->not_accepted++;
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 16) == 0 &&
                         getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void http_world_begin(struct http_world *w)
{
    struct pair pair = {0};
    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    *w = (struct http_world){0};
    pair_open(&pair, true);
    w->server_cfg = pair.server_cfg;
    w->client_cfg = pair.client_cfg;
    w->base = event_base_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->base);
}

void http_world_serve(struct http_world *w, const struct http_route *routes, void *ctx, size_t body_max)
{
    const struct http_events events = {on_connected, on_disconnected, on_answered, on_cannot_accept};
    const struct http_limits limits = {.body_max = body_max, .timeout = 3600};
    w->http = http_new(w->base, &events, w, w->server_cfg, &limits);
    CU_ASSERT_TRUE_FATAL(w->http && http_serve(w->http, routes, ctx) &&
                         http_listen(w->http, listen_somewhere(&w->port)));
}

void http_world_open(struct http_world *w, const struct http_route *routes, void *ctx, size_t body_max)
{
    http_world_begin(w);
    http_world_serve(w, routes, ctx, body_max);
}

bool http_peer_ended(struct http_peer *p)
{
    for (int64_t until = clock_now() + PATIENCE_MS; clock_now() < until && !p->eof && !sw_conn_error(p->conn);) {
        http_turn(p->world);
        if (!http_peer_read(p, SIZE_MAX))
            poll(&(struct pollfd){.fd = p->fd, .events = POLLIN}, 1, 1);
    }
    return p->eof || sw_conn_error(p->conn);
}

void http_turn(struct http_world *w)
{
    for (int i = 0; i < 20; i++)
        event_base_loop(w->base, EVLOOP_NONBLOCK);
}

void http_world_close(struct http_world *w)
{
    http_free(w->http);
    http_turn(w);
    bev_forget();
    event_base_free(w->base);
    sw_config_free(w->server_cfg);
    sw_config_free(w->client_cfg);
}

static void flush(struct http_peer *p)
{
    size_t len;
    const uint8_t *from;
    while ((from = sw_conn_out_buf(p->conn, &len)) != NULL) {
        ssize_t n = send(p->fd, from, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        (void)sw_conn_out_ack(p->conn, (size_t)n);
    }
}

/* One read from the socket, if there is anything and the connection wants it. */
static bool receive(struct http_peer *p)
{
    size_t room;
    if (p->eof || !(sw_conn_wants(p->conn) & SW_WANT_RECV))
        return false;
    uint8_t *to = sw_conn_in_buf(p->conn, &room);
    ssize_t n = to ? recv(p->fd, to, room, 0) : -1;
    if (n > 0)
        (void)sw_conn_in_ack(p->conn, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        p->eof = true;
    return n > 0;
}

static bool open_with(struct http_peer *p, struct sw_config *cfg, bool small)
{
    struct http_world *w = p->world;
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)w->port)};
    const int size = 65536;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (small)
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(p->fd, (struct sockaddr *)&at, sizeof at) || fcntl(p->fd, F_SETFL, O_NONBLOCK) ||
        sw_conn_new(&p->conn, cfg, "server.example"))
        return false;
    for (int i = 0; i < 1000 && !sw_conn_established(p->conn) && !sw_conn_error(p->conn) && !p->eof; i++) {
        flush(p);
        http_turn(w);
        poll(&(struct pollfd){.fd = p->fd, .events = POLLIN}, 1, 1);
        receive(p);
    }
    flush(p);
    return sw_conn_established(p->conn);
}

bool http_peer_open(struct http_peer *p, struct http_world *w, bool small)
{
    *p = (struct http_peer){.world = w};
    return open_with(p, w->client_cfg, small);
}

bool http_peer_open_as(struct http_peer *p, struct http_world *w, const char *cert)
{
    *p = (struct http_peer){.world = w, .own_cfg = pair_config(SW_CLIENT)};
    pair_cert(p->own_cfg, cert);
    return open_with(p, p->own_cfg, false);
}

/* What was sent has come to the server's kernel, or has no room there. */
static void arrive(const struct http_peer *p)
{
    int waiting = 0, before;
    int64_t until = clock_now() + ARRIVAL_MS;
    do {
        before = waiting;
        http_turn(p->world);
        if (ioctl(p->fd, SIOCOUTQ, &waiting) || !waiting)
            return;
        if (waiting != before)
            until = clock_now() + ARRIVAL_MS;
        poll(NULL, 0, 1);
    } while (clock_now() < until);
}

void http_peer_close(struct http_peer *p)
{
    struct http_world *w = p->world;
    const unsigned before = w->disconnected;
    bool known = w->connected > before && sw_conn_established(p->conn) && !sw_conn_error(p->conn) && !p->eof;
    sw_conn_free(p->conn);
    sw_config_free(p->own_cfg);
    close(p->fd);
    http_turn(w);
    for (int64_t until = clock_now() + ARRIVAL_MS; known && w->disconnected == before && clock_now() < until;
         http_turn(w))
        poll(NULL, 0, 1);
}

void http_peer_send(struct http_peer *p, const char *text, size_t len, size_t piece)
{
    for (int i = 0; len && i < 300000 && !sw_conn_error(p->conn) && !(sw_conn_wants(p->conn) & SW_WANT_DONE); i++) {
        if (i > 1000 && !(sw_conn_wants(p->conn) & SW_WANT_WRITE))
            return;
        size_t taken = 0, n = piece && piece < len ? piece : len;
        if ((sw_conn_wants(p->conn) & SW_WANT_WRITE) && sw_conn_write(p->conn, text, n, &taken))
            return;
        text += taken;
        len -= taken;
        flush(p);
        http_turn(p->world);
    }
    arrive(p);
}

static size_t parse(struct http_peer *p, size_t max)
{
    size_t len, used, n, before = p->received;
    const uint8_t *body, *from;
    while (p->received - before < max && (p->reply.state == HTTP_HEAD || p->reply.state == HTTP_BODY) &&
           (from = sw_conn_peek(p->conn, &len)) != NULL) {
        http_reply_feed(&p->reply, from, len, &used, &body, &n);
        size_t fits = sizeof p->body - 1 - p->body_len < n ? sizeof p->body - 1 - p->body_len : n;
        memcpy(p->body + p->body_len, body, fits);
        p->body_len += fits;
        p->body[p->body_len] = 0;
        p->received += n;
        (void)sw_conn_skip(p->conn, used);
    }
    return p->received - before;
}

size_t http_peer_read(struct http_peer *p, size_t max)
{
    size_t got = parse(p, max);
    while (got < max && receive(p))
        got += parse(p, max - got);
    flush(p);
    return got;
}

void http_ask_begin(struct http_peer *p, const char *request)
{
    p->body_len = 0;
    p->body[0] = 0;
    http_reply_begin(&p->reply, strncmp(request, "HEAD", 4) == 0);
    http_peer_send(p, request, strlen(request), 0);
}

static bool is_over(const struct http_peer *p)
{
    return p->reply.state != HTTP_HEAD && p->reply.state != HTTP_BODY;
}

static bool ask(struct http_peer *p, const char *text, int ms)
{
    for (int64_t until = clock_now() + ms; clock_now() < until && !is_over(p) && !(text && strstr(p->body, text));) {
        http_turn(p->world);
        size_t got = http_peer_read(p, SIZE_MAX);
        bool ended = p->eof || sw_conn_error(p->conn) || sw_conn_wants(p->conn) & SW_WANT_DONE;
        if (!got && ended && !sw_conn_peek(p->conn, &(size_t){0}))
            http_reply_eof(&p->reply);
        else if (!got)
            poll(&(struct pollfd){.fd = p->fd, .events = POLLIN}, 1, 1);
    }
    return text ? strstr(p->body, text) != NULL : p->reply.state == HTTP_DONE;
}

bool http_ask_until(struct http_peer *p, const char *text)
{
    return ask(p, text, PATIENCE_MS);
}

bool http_ask_for(struct http_peer *p, int ms)
{
    return ask(p, NULL, ms);
}

int http_ask(struct http_peer *p, const char *request)
{
    http_ask_begin(p, request);
    return http_ask_until(p, NULL) ? p->reply.status : 0;
}

int http_askf(struct http_peer *p, const char *method, const char *path, const char *headers, const char *body)
{
    char request[4096];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s", method, path,
             headers, strlen(body), body);
    return http_ask(p, request);
}
