/* HTTP over TLS over loopback: requests one after the other and in pieces, and peers that are odd, or not allowed. */
#include "apps/net/bev.h"
#include "tests/apps/http/peer.h"
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void get_name(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_json(rq, 200, json_pack("{s:s,s:s}", "name", rq->peer.name, "part", rq->part[0] ? rq->part[0] : ""));
}

static void echo(void *ctx, struct http_request *rq)
{
    size_t len;
    const uint8_t *body = http_body(rq, &len);
    const char *q = http_query(rq, "q");
    (void)ctx;
    http_set_header(rq, "X-Query", "%s", q ? q : "none");
    http_reply_bytes(rq, 200, "text/plain", body, len);
}

static const struct http_route routes[] = {
    {EVHTTP_REQ_GET, "/name/{}", get_name},
    {EVHTTP_REQ_POST, "/echo", echo},
    {0, NULL, NULL},
};

static void answers_one_after_the_other(void)
{
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 100000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/a%20b HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "\"part\":\"a b\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "\"name\":"));
    CU_ASSERT_EQUAL(http_ask(&p, "POST /echo?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"), 200);
    CU_ASSERT_STRING_EQUAL(p.body, "hello");
    CU_ASSERT_EQUAL(http_ask(&p, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    CU_ASSERT_EQUAL(http_ask(&p, "DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n"), 405);
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/ HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    CU_ASSERT_EQUAL(http_ask(&p, "HEAD /name/x HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(p.body_len, 0);
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/x HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n"), 200);
    CU_ASSERT_TRUE(p.reply.close);
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/x HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(sw_conn_error(p.conn), SW_OK); /* ended with close_notify */
    http_peer_close(&p);
    CU_ASSERT_EQUAL(w.answered, 8);
    CU_ASSERT_EQUAL(w.connected, 1);
    CU_ASSERT_EQUAL(w.disconnected, 1);
    http_world_close(&w);
}

static void takes_requests_byte_by_byte(void)
{
    static const char request[] = "POST /echo?q=2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 100000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    http_peer_send(&p, request, sizeof request - 2, 1);
    CU_ASSERT_EQUAL(w.answered, 0);
    CU_ASSERT_EQUAL(http_ask(&p, "c"), 200);
    CU_ASSERT_STRING_EQUAL(p.body, "abc");
    /* two at once: the second waits for the first one's answer */
    CU_ASSERT_EQUAL(http_ask(&p, "GET /name/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /name/2 HTTP/1.1\r\nHost: x\r\n\r\n"),
                    200);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "\"1\""));
    CU_ASSERT_EQUAL(http_ask(&p, ""), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.body, "\"2\""));
    http_peer_close(&p);
    http_world_close(&w);
}

static void what_is_no_request_ends_the_connection(void)
{
    static const char *const rows[] = {
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "\r\n\r\n\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET http://x:99999999/ HTTP/1.1\r\n\r\n",
        "GET /name/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /name/x?%&= HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
        http_peer_send(&p, rows[i], strlen(rows[i]), 0);
        http_turn(&w);
        http_peer_close(&p);
    }
    char *long_line = malloc(200000);
    memset(long_line, 'a', 200000);
    memcpy(long_line, "GET /", 5);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    http_peer_send(&p, long_line, 200000, 0);
    http_peer_close(&p);
    free(long_line);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false)); /* and the server lives */
    CU_ASSERT_EQUAL(http_ask(&p, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n"), 413);
    http_peer_close(&p);
    http_world_close(&w);
}

static void strangers_and_noise(void)
{
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 1000);
    struct sw_config *mutual = w.client_cfg;
    w.client_cfg = pair_config(SW_CLIENT); /* without a certificate */
    (void)http_peer_open(&p, &w, false);
    CU_ASSERT_TRUE(http_peer_ended(&p));
    CU_ASSERT_EQUAL(sw_conn_alert_received(p.conn), SW_ALERT_HANDSHAKE_FAILURE);
    http_peer_close(&p);
    sw_config_free(w.client_cfg);
    w.client_cfg = mutual;
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    CU_ASSERT_EQUAL(send(p.fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18); /* not TLS */
    CU_ASSERT_TRUE(http_peer_ended(&p));
    CU_ASSERT_NOT_EQUAL(sw_conn_alert_received(p.conn), SW_ALERT_NONE);
    http_peer_close(&p);
    CU_ASSERT_EQUAL(w.answered, 0);
    http_world_close(&w);
}

static void on_answer(void *ctx, struct http_request *rq)
{
    (void)ctx;
    http_reply_bytes(rq, 200, "text/plain", "here", 4);
}

/* No descriptor left: said once, the loop has peace, and whoever waited gets in when there is one again. */
static void waits_for_descriptors(void)
{
    static const struct http_route here[] = {{EVHTTP_REQ_GET, "/", on_answer}, {0, NULL, NULL}};
    struct http_world w;
    struct http_peer p, late;
    struct rlimit was, low;
    int next;
    http_world_open(&w, here, NULL, 1000);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
    getrlimit(RLIMIT_NOFILE, &was);
    next = dup(0);
    close(next);
    low = was;
    low.rlim_cur = (rlim_t)next + 1; /* one more: the caller's, and none for the server */
    setrlimit(RLIMIT_NOFILE, &low);
    CU_ASSERT_FALSE(http_peer_open(&late, &w, false));
    CU_ASSERT_EQUAL(w.not_accepted, 1);
    CU_ASSERT_EQUAL(w.connected, 1);
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/", "", ""), 200); /* who is in is served */
    setrlimit(RLIMIT_NOFILE, &was);
    for (int i = 0; i < 60000 && !sw_conn_established(late.conn); i++) {
        usleep(1000);
        http_turn(&w);
        http_peer_read(&late, SIZE_MAX);
    }
    CU_ASSERT_TRUE(sw_conn_established(late.conn));
    CU_ASSERT_EQUAL(w.connected, 2);
    http_peer_close(&late);
    http_peer_close(&p);
    http_world_close(&w);
}

/* What a peer without TLS is answered, read until it is complete. */
static const char *ask_plainly(struct http_world *w, const char *request)
{
    static char answer[4096];
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)w->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    ssize_t n = 1;
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    CU_ASSERT_EQUAL(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (int i = 0; i < 12000 && n; i++) {
        http_turn(w);
        n = recv(fd, answer + len, sizeof answer - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
        else if (n)
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5);
    }
    close(fd);
    http_turn(w);
    answer[len] = 0;
    return answer;
}

/* Only where it is allowed, only what is open, and by nobody's name. */
static void without_tls(void)
{
    static const struct http_route open[] = {{EVHTTP_REQ_GET, "/open", get_name}, {0, NULL, NULL}};
    static const char get_open[] = "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                      get_closed[] = "GET /name/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct http_world w;
    struct http_peer p;
    http_world_open(&w, routes, NULL, 65536);
    CU_ASSERT_TRUE(http_serve(w.http, open, NULL));
    CU_ASSERT_PTR_NULL(strstr(ask_plainly(&w, get_open), "HTTP/1.1"));
    http_allow_plain(w.http, open);
    CU_ASSERT_PTR_NOT_NULL(strstr(ask_plainly(&w, get_open), "\"(anyone)\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(ask_plainly(&w, get_closed), "HTTP/1.1 403"));
    CU_ASSERT_TRUE(http_peer_open(&p, &w, false)); /* TLS at the same door */
    CU_ASSERT_EQUAL(http_askf(&p, "GET", "/open", "", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(p.body, HTTP_ANYONE));
    http_allow_plain(w.http, NULL);
    CU_ASSERT_PTR_NULL(strstr(ask_plainly(&w, get_open), "HTTP/1.1"));
    http_peer_close(&p);
    http_world_close(&w);
}

static size_t descriptors(void)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Every connection gives its descriptors back, however its peer went. */
static void expect_descriptors(struct http_world *w, size_t want)
{
    for (int i = 0; i < 60000 && descriptors() > want; i++) {
        poll(NULL, 0, 1);
        http_turn(w);
    }
    CU_ASSERT_EQUAL(descriptors(), want);
}

/* Requests behind one another of which the last is cut off, by peers that go without waiting for answers. */
static void a_row_of_requests_is_cut_off(void)
{
    static const char whole[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ntext",
                      part[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\ntext";
    struct http_world w;
    struct http_peer p;
    char row[1024];
    http_world_open(&w, routes, NULL, 65536);
    const size_t before = descriptors();
    for (size_t cut = 0; cut <= sizeof part - 1; cut++) {
        snprintf(row, sizeof row, "%s%s%.*s", whole, cut & 1 ? whole : "", (int)cut, part);
        CU_ASSERT_TRUE_FATAL(http_peer_open(&p, &w, false));
        size_t taken = 0, len;
        const uint8_t *out;
        SW_ASSERT_OK(sw_conn_write(p.conn, row, strlen(row), &taken));
        if (cut & 2)
            sw_conn_close(p.conn);
        while ((out = sw_conn_out_buf(p.conn, &len)) != NULL) {
            CU_ASSERT_EQUAL(send(p.fd, out, len, MSG_NOSIGNAL), (ssize_t)len);
            (void)sw_conn_out_ack(p.conn, len);
        }
        if (cut & 4)
            shutdown(p.fd, SHUT_WR);
        http_peer_close(&p);
        http_turn(&w);
    }
    CU_ASSERT_EQUAL(w.connected, sizeof part);
    expect_descriptors(&w, before + 1); /* /dev/null, which all share */
    http_world_close(&w);
}

SW_TEST_SUITE(http){
    SW_TEST(a_row_of_requests_is_cut_off), SW_TEST(without_tls),
    SW_TEST(waits_for_descriptors),        SW_TEST(answers_one_after_the_other),
    SW_TEST(takes_requests_byte_by_byte),  SW_TEST(what_is_no_request_ends_the_connection),
    SW_TEST(strangers_and_noise),
};
