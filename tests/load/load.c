/*
 * Many recipients of one sealwaxd, each with a certificate of its own and a stream that follows its inbox, idle; then
 * messages to random ones. Reports what the server's memory is, how long a message takes from hand to hand, and whether
 * any was lost or came twice.
 *   load ROOT.crt ROOT.key PORT SERVER-PID RECIPIENTS MESSAGES
 * The recipients share one key: what is measured is the server, which cannot tell. Ends with exit code 1 if a message
 * was lost or came twice.
 */
#include "apps/http/reply.h"
#include "include/sealwax.h"
#include "ttp/file.h"
#include "ttp/issue.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/sign.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 8, AT_ONCE = 100 /* connections being made */, PEM_MAX = 4096, LINE_CAP = 2048, PATIENCE = 120 };

enum stage { SHAKING, ASKED, FOLLOWING, READY, POSTED };

struct client {
    int fd;
    struct sw_conn *conn;
    struct sw_config *cfg;
    enum stage stage;
    bool sender;
    struct http_reply *reply; /* kept while an answer has not begun, or is a sender's */
    char line[LINE_CAP];      /* of a stream, what has come of it */
    size_t line_len;
};

static struct {
    int epoll, port;
    struct client *clients;
    size_t recipients, made, following, ready;
    long messages, posted, accepted, delivered, twice;
    double watch;    /* seconds after the last delivery, for what comes twice */
    uint8_t *seen;   /* per message */
    double *sent_at; /* per message */
    double *took;    /* per delivery */
    void *root;
    size_t root_len;
    struct sw_cert ca;
    struct sw_privkey *ca_key, *key;
    char key_pem[PEM_MAX];
    size_t key_len;
} load;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(2);
}

static void must(enum sw_err err, const char *what)
{
    if (err != SW_OK)
        die(what, sw_err_reason(err));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- certificates ------------------------------------------------------------------------------------------------- */

static void read_ca(const char *cert, const char *key)
{
    static uint8_t der[PEM_MAX];
    struct sw_file pem = {0}, secret = {0};
    struct sw_pem block;
    size_t len;
    must(sw_file_read(cert, SW_FILE_MAX, &pem), cert);
    struct sw_reader r = sw_reader_of(pem.p, pem.len);
    if (!sw_pem_next(&r, &block))
        die(cert, "no PEM");
    must(sw_pem_decode(&block, der, sizeof der, &len), cert);
    must(sw_cert_parse(&load.ca, der, len), cert);
    must(sw_file_read_secret(key, SW_FILE_MAX, &secret), key);
    must(sw_key_read(&load.ca_key, secret.p, secret.len, (struct sw_slice){NULL, 0}), key);
    sw_file_free(&secret);
    load.root = pem.p;
    load.root_len = pem.len;
    must(sw_privkey_generate(&load.key, SW_KEY_EC, SW_CURVE_P256), "key");
    must(sw_key_encode_pem(load.key, (struct sw_slice){NULL, 0}, load.key_pem, sizeof load.key_pem, &load.key_len),
         "key");
}

static int64_t unix_time(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static struct sw_config *config_for(const char *name)
{
    uint8_t subject[128], spki[SW_SPKI_MAX], serial[SW_SERIAL_LEN], der[2048];
    struct sw_writer s = sw_writer_of(subject, sizeof subject), k = sw_writer_of(spki, sizeof spki);
    struct sw_config *cfg = sw_config_new(SW_CLIENT, NULL);
    char pem[PEM_MAX];
    size_t len, pem_len;
    sw_subject_encode(&s, &(struct sw_subject){.cn = name});
    sw_spki_encode(&k, sw_privkey_public(load.key));
    must(sw_serial_make(serial), "serial");
    const struct sw_issue what = {.profile = sw_profile_by_name("client"),
                                  .serial = {serial, sizeof serial},
                                  .subject = {subject, s.len},
                                  .spki = {spki, k.len},
                                  .not_before = (int64_t)time(NULL) - 60,
                                  .not_after = (int64_t)time(NULL) + 86400,
                                  .path_len = -1,
                                  .issuer = &load.ca,
                                  .key = load.ca_key};
    must(sw_issue(&what, der, sizeof der, &len), "certificate");
    must(sw_pem_encode("CERTIFICATE", der, len, pem, sizeof pem, &pem_len), "certificate");
    if (!cfg)
        die("configuration", "out of memory");
    sw_config_set_clock(cfg, unix_time, NULL);
    must(sw_config_set_policy(cfg, "modern"), "policy");
    must(sw_config_add_trust(cfg, load.root, load.root_len), "root");
    must(sw_config_add_cert(cfg, pem, pem_len, load.key_pem, load.key_len, NULL), "certificate");
    return cfg;
}

/* --- connections -------------------------------------------------------------------------------------------------- */

static void flush(struct client *c)
{
    size_t len;
    const uint8_t *p;
    while ((p = sw_conn_out_buf(c->conn, &len)) != NULL) {
        ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        must(sw_conn_out_ack(c->conn, (size_t)n), "connection");
    }
    struct epoll_event ev = {.events = EPOLLIN | (p ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(load.epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static void connect_client(struct client *c, const char *name, bool sender)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)load.port)};
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    const int on = 1;
    c->sender = sender;
    c->cfg = config_for(name);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || (connect(c->fd, (struct sockaddr *)&at, sizeof at) && errno != EINPROGRESS))
        die("connect", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    must(sw_conn_new(&c->conn, c->cfg, "localhost"), "connection");
    sw_config_free(c->cfg); /* the connection has it */
    if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &ev))
        die("epoll", strerror(errno));
}

static void ask(struct client *c, const char *request)
{
    size_t taken, len = strlen(request);
    if (!c->reply)
        c->reply = malloc(sizeof *c->reply);
    if (!c->reply)
        die("reply", "out of memory");
    http_reply_begin(c->reply, false);
    must(sw_conn_write(c->conn, request, len, &taken), "request");
    if (taken != len)
        die("request", "not taken");
    flush(c);
}

static void post_one(struct client *c)
{
    char request[512], body[64];
    if (load.posted == load.messages)
        return;
    long id = load.posted++;
    int n = snprintf(body, sizeof body, "message %ld", id);
    snprintf(request, sizeof request,
             "POST /messages?to=r%05ld HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s",
             random() % (long)load.recipients, n, body);
    load.sent_at[id] = now();
    c->stage = POSTED;
    ask(c, request);
}

/* A line of a stream: a message, or an event. */
static void take_line(struct client *c)
{
    const char *text = strstr(c->line, "\"text\":");
    long id;
    if (!text || sscanf(text + 7 + strspn(text + 7, " \""), "message %ld", &id) != 1 || id < 0 || id >= load.messages)
        return;
    if (load.seen[id]++) {
        load.twice++;
        return;
    }
    load.took[load.delivered++] = now() - load.sent_at[id];
}

static void take_body(struct client *c, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != '\n' && c->line_len < LINE_CAP - 1) {
            c->line[c->line_len++] = (char)p[i];
            continue;
        }
        c->line[c->line_len] = 0;
        c->line_len = 0;
        take_line(c);
    }
}

static void take_answer(struct client *c)
{
    size_t len, used, n;
    const uint8_t *p, *body;
    while ((p = sw_conn_peek(c->conn, &len)) != NULL) {
        http_reply_feed(c->reply, p, len, &used, &body, &n);
        if (c->reply->state == HTTP_BAD)
            die("answer", "is no HTTP");
        if (!c->sender)
            take_body(c, body, n);
        must(sw_conn_skip(c->conn, used), "answer");
        if (!c->sender && c->stage == ASKED && c->reply->state == HTTP_BODY) {
            c->stage = FOLLOWING;
            load.following++;
        }
        if (c->reply->state == HTTP_DONE) {
            if (!c->sender || c->reply->status != 201)
                die("answer", c->sender ? "a message was refused" : "the stream ended");
            load.accepted++;
            c->stage = READY;
            post_one(c);
            return;
        }
        if (used == 0)
            break;
    }
}

static void turn(struct client *c)
{
    size_t room;
    uint8_t *in;
    if (sw_conn_wants(c->conn) & SW_WANT_RECV && (in = sw_conn_in_buf(c->conn, &room)) != NULL) {
        ssize_t n = recv(c->fd, in, room, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            die("connection", n ? strerror(errno) : "the server closed it");
        if (n > 0 && sw_conn_in_ack(c->conn, (size_t)n) != SW_OK)
            die("connection", sw_conn_error_text(c->conn));
    }
    flush(c);
    if (c->stage == SHAKING && sw_conn_established(c->conn)) {
        c->stage = c->sender ? READY : ASKED;
        if (c->sender)
            load.ready++;
        else
            ask(c, "GET /inbox/stream?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    if (c->reply)
        take_answer(c);
    sw_conn_release(c->conn);
}

static void wait_some(void)
{
    struct epoll_event ev[64];
    int n = epoll_wait(load.epoll, ev, 64, 1000);
    for (int i = 0; i < n; i++)
        turn(ev[i].data.ptr);
}

/* --- the report --------------------------------------------------------------------------------------------------- */

static double resident(long pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%*s %ld", &pages) != 1)
        die(path, "cannot be read");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double percentile(double share)
{
    return load.delivered ? load.took[(size_t)((double)(load.delivered - 1) * share)] * 1000 : 0;
}

static void connect_all(void)
{
    char name[32];
    while (load.following < load.recipients) {
        while (load.made < load.recipients && load.made - load.following < AT_ONCE) {
            snprintf(name, sizeof name, "r%05zu", load.made);
            connect_client(&load.clients[load.made++], name, false);
        }
        wait_some();
    }
}

static void send_all(void)
{
    double last = now();
    long seen = 0;
    struct client *senders = load.clients + load.recipients;
    for (int i = 0; i < SENDERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "s%d", i);
        connect_client(&senders[i], name, true);
    }
    while (load.ready < SENDERS)
        wait_some();
    for (int i = 0; i < SENDERS; i++)
        post_one(&senders[i]);
    while (load.delivered < load.messages && now() - last < PATIENCE) {
        wait_some();
        if (load.delivered > seen)
            last = now();
        seen = load.delivered;
    }
}

/* What comes twice comes at once, or when a lease has run out and the server looks again at those who wait. */
static void watch_for_doubles(void)
{
    for (double until = now() + load.watch; now() < until;)
        wait_some();
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc != 8)
        die("usage", "load ROOT.crt ROOT.key PORT SERVER-PID RECIPIENTS MESSAGES SECONDS-OF-WATCH");
    load.port = atoi(argv[3]);
    long pid = atol(argv[4]);
    load.recipients = (size_t)atol(argv[5]);
    load.messages = atol(argv[6]);
    load.watch = atof(argv[7]);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    read_ca(argv[1], argv[2]);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.clients = calloc(load.recipients + SENDERS, sizeof *load.clients);
    load.seen = calloc((size_t)load.messages + 1, 1);
    load.sent_at = calloc((size_t)load.messages + 1, sizeof(double));
    load.took = calloc((size_t)load.messages + 1, sizeof(double));
    if (load.epoll < 0 || !load.clients || !load.seen || !load.sent_at || !load.took)
        die("start", strerror(errno));

    double before = resident(pid), start = now();
    connect_all();
    double connecting = now() - start;
    sleep(1); /* what is given back when a connection rests is given back by now */
    double idle = resident(pid);
    start = now();
    send_all();
    double sending = now() - start;
    watch_for_doubles();
    qsort(load.took, (size_t)load.delivered, sizeof(double), by_size);

    printf("recipients that follow their inbox              %10zu\n", load.recipients);
    printf("connected and asked, a second                   %10.0f\n", (double)load.recipients / connecting);
    printf("server's resident memory before, MiB            %10.1f\n", before / 1048576);
    printf("server's resident memory with all idle, MiB     %10.1f\n", idle / 1048576);
    printf("a recipient, bytes                              %10.0f\n", (idle - before) / (double)load.recipients);
    printf("messages to random ones                         %10ld\n", load.messages);
    printf("messages a second                               %10.0f\n", (double)load.delivered / sending);
    printf("from hand to hand, ms: half are faster than     %10.2f\n", percentile(0.5));
    printf("                       99 of 100 faster than    %10.2f\n", percentile(0.99));
    printf("                       the slowest              %10.2f\n", percentile(1));
    printf("lost                                            %10ld\n", load.messages - load.delivered);
    printf("watched for what comes twice, s                 %10.1f\n", load.watch);
    printf("came twice                                      %10ld\n", load.twice);
    return load.delivered != load.messages || load.twice != 0;
}
