/*
 * Captures: that every block and packet is as its format says, whatever the pieces; who may read them; and that a
 * connection does not depend on them. Wireshark's view of them is in tests/e2e/listen_pcap.sh.
 */
#include "apps/tls/pcap.h"
#include "tests/handshake/pair.h"
#include "tests/said.h"
#include "ttp/file.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTION = 0x0A0D0D0A, INTERFACE = 1, PACKET = 6, IPV4 = 20, TCP = 20, FIN = 1, SYN = 2 };

struct bench {
    char path[32];
    const char *value; /* of --pcap */
    struct app app;
    struct sw_config *cfg;
    struct pcap *pcap;
    struct link link;
    int other;
};

/* Two ends of a TCP connection. */
static void join(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&a, len), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&a, &len), 0);
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd[0], (struct sockaddr *)&a, len), 0);
    fd[1] = accept(listener, NULL, NULL);
    CU_ASSERT_FATAL(fd[1] >= 0);
    close(listener);
}

static int open_pcap(struct bench *b, const char *path)
{
    b->value = path;
    b->app = (struct app){.program = "test"};
    b->app.opt[OPT_PCAP] = (struct app_values){.v = &b->value, .n = path ? 1 : 0};
    b->cfg = pair_config(SW_CLIENT);
    said_begin(stderr);
    int code = pcap_open(&b->app, b->cfg, SW_CLIENT, &b->pcap);
    (void)said_end();
    return code;
}

static void begin(struct bench *b)
{
    int fd[2];
    memset(b, 0, sizeof *b);
    strcpy(b->path, "/tmp/test_pcap.XXXXXX");
    int file = mkstemp(b->path);
    CU_ASSERT_FATAL(file >= 0);
    CU_ASSERT_EQUAL(fchmod(file, 0644), 0);
    close(file);
    CU_ASSERT_EQUAL_FATAL(open_pcap(b, b->path), APP_DONE);
    join(fd);
    b->link = (struct link){.fd = fd[0]};
    b->other = fd[1];
}

static void end(struct bench *b)
{
    pcap_close(b->pcap);
    sw_config_free(b->cfg);
    close(b->link.fd);
    close(b->other);
    unlink(b->path);
}

static uint32_t word(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static uint32_t big(const uint8_t *p, size_t n)
{
    uint32_t value = 0;
    while (n--)
        value = value << 8 | *p++;
    return value;
}

/* RFC 1071: what a header and its checksum add up to. */
static uint32_t sum(uint32_t from, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        from += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (from >> 16)
        from = (from & 0xffff) + (from >> 16);
    return from;
}

/* What a capture holds: the packets' flags, and the bytes of each direction by the port they come from. */
struct seen {
    size_t packets, len[2];
    uint8_t flags[32], data[2][40000];
    uint32_t next[2];
    uint16_t port; /* of the first sender */
};

static void see_packet(struct seen *s, const uint8_t *p, size_t len)
{
    const uint8_t *tcp = p + IPV4;
    uint16_t port = (uint16_t)big(tcp, 2);
    size_t from, n = len - IPV4 - TCP;
    CU_ASSERT_FATAL(len >= IPV4 + TCP && p[0] == 0x45 && big(p + 2, 2) == len && p[9] == IPPROTO_TCP);
    CU_ASSERT_EQUAL(sum(0, p, IPV4), 0xffff);
    CU_ASSERT_EQUAL(sum(sum(IPPROTO_TCP + (uint32_t)(len - IPV4), p + 12, 8), tcp, len - IPV4), 0xffff);
    if (s->packets == 0)
        s->port = port;
    from = port != s->port;
    CU_ASSERT_FATAL(s->packets < sizeof s->flags && s->len[from] + n <= sizeof s->data[from]);
    s->flags[s->packets++] = tcp[13];
    if (tcp[13] & SYN)
        s->next[from] = big(tcp + 4, 4);
    CU_ASSERT_EQUAL(big(tcp + 4, 4), s->next[from]);
    memcpy(s->data[from] + s->len[from], tcp + TCP, n);
    s->len[from] += n;
    s->next[from] += (uint32_t)n + ((tcp[13] & (SYN | FIN)) != 0);
}

static void see(const struct bench *b, struct seen *s)
{
    struct sw_file file;
    memset(s, 0, sizeof *s);
    SW_ASSERT_OK(sw_file_read(b->path, SW_FILE_MAX, &file));
    for (size_t at = 0, n = 0; at < file.len; n++) {
        const uint8_t *p = file.p + at;
        CU_ASSERT_FATAL(file.len - at >= 12);
        uint32_t type = word(p), len = word(p + 4);
        CU_ASSERT_FATAL(len % 4 == 0 && len >= 12 && len <= file.len - at);
        CU_ASSERT_EQUAL(word(p + len - 4), len);
        CU_ASSERT_EQUAL(type, n == 0 ? SECTION : n == 1 ? INTERFACE : PACKET);
        if (n > 1) {
            CU_ASSERT_EQUAL(word(p + 20), word(p + 24));
            see_packet(s, p + 28, word(p + 20));
        }
        at += len;
    }
    sw_file_free(&file);
}

/* Whoever could read the file that was there cannot read this one. */
static void it_is_private(void)
{
    struct bench b;
    struct stat st;
    begin(&b);
    CU_ASSERT_EQUAL(stat(b.path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    end(&b);
}

/* From SYN to FIN, with every byte of both directions, more of them at once than a packet holds, or none. */
static void a_flow(void)
{
    static const uint8_t flags[] = {SYN, SYN | 16, 16, 24, 24, 24, 24, FIN | 16, FIN | 16, 16};
    static uint8_t sent[40000 - 1];
    static struct seen s;
    struct bench b;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7);
    begin(&b);
    pcap_watch(b.pcap, &b.link, SW_CLIENT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b.link.tap.bytes);
    b.link.tap.bytes(b.link.tap.ctx, true, sent, sizeof sent);
    b.link.tap.bytes(b.link.tap.ctx, false, (const uint8_t *)"odd", 3);
    b.link.tap.bytes(b.link.tap.ctx, true, sent, 0);
    b.link.tap.closed(b.link.tap.ctx);
    see(&b, &s);
    CU_ASSERT_EQUAL_FATAL(s.packets, sizeof flags);
    CU_ASSERT_EQUAL(memcmp(s.flags, flags, sizeof flags), 0);
    CU_ASSERT_EQUAL(s.len[0], sizeof sent);
    CU_ASSERT_EQUAL(memcmp(s.data[0], sent, sizeof sent), 0);
    CU_ASSERT_EQUAL(s.len[1], 3);
    CU_ASSERT_EQUAL(memcmp(s.data[1], "odd", 3), 0);
    end(&b);
}

/* A server's captures begin with the peer's SYN. */
static void the_client_begins(void)
{
    static struct seen s;
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    struct bench b;
    begin(&b);
    CU_ASSERT_EQUAL(getpeername(b.link.fd, (struct sockaddr *)&peer, &len), 0);
    pcap_watch(b.pcap, &b.link, SW_SERVER);
    b.link.tap.closed(b.link.tap.ctx);
    see(&b, &s);
    CU_ASSERT_EQUAL(s.port, ntohs(peer.sin_port));
    end(&b);
}

static void what_has_no_packets(void)
{
    struct bench b;
    struct link local = {.fd = -1};
    int fd[2];
    begin(&b);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    local.fd = fd[0];
    pcap_watch(b.pcap, &local, SW_CLIENT);
    CU_ASSERT_PTR_NULL(local.tap.bytes);
    pcap_watch(NULL, &b.link, SW_CLIENT); /* without --pcap */
    CU_ASSERT_PTR_NULL(b.link.tap.bytes);
    close(fd[0]);
    close(fd[1]);
    end(&b);
}

static void files_that_cannot_be(void)
{
    struct bench b = {.other = -1};
    CU_ASSERT_EQUAL(open_pcap(&b, NULL), APP_DONE);
    CU_ASSERT_PTR_NULL(b.pcap);
    sw_config_free(b.cfg);
    CU_ASSERT_NOT_EQUAL(open_pcap(&b, "/nonexistent/x"), APP_DONE);
    CU_ASSERT_PTR_NULL(b.pcap);
    sw_config_free(b.cfg);
}

/* A full disk is said once, and the connection hears nothing of it. */
static void a_full_disk(void)
{
    struct bench b = {.other = -1};
    int fd[2];
    if (access("/dev/full", W_OK))
        return;
    CU_ASSERT_EQUAL_FATAL(open_pcap(&b, "/dev/full"), APP_DONE);
    join(fd);
    b.link.fd = fd[0];
    b.other = fd[1];
    said_begin(stderr);
    pcap_watch(b.pcap, &b.link, SW_CLIENT);
    b.link.tap.bytes(b.link.tap.ctx, true, (const uint8_t *)"x", 1);
    b.link.tap.closed(b.link.tap.ctx);
    CU_ASSERT_STRING_EQUAL(said_end(), "");
    pcap_close(b.pcap);
    sw_config_free(b.cfg);
    close(fd[0]);
    close(fd[1]);
}

SW_TEST_SUITE(pcap){
    SW_TEST(it_is_private),        SW_TEST(a_flow),      SW_TEST(the_client_begins), SW_TEST(what_has_no_packets),
    SW_TEST(files_that_cannot_be), SW_TEST(a_full_disk),
};
