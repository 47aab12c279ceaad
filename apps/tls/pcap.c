/*
 * Blocks of a capture are lengths, types and values in our own byte order. Each connection is a flow of packets from
 * SYN to FIN between the addresses of its socket, with sequence numbers that fit; each is written with one call and at
 * once, so that a capture ends with a whole packet whenever the program does.
 */
#include "apps/tls/pcap.h"
#include "apps/tls/keylog.h"
#include "base/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    BYTE_ORDER_MARK = 0x1A2B3C4D,
    SECRETS_TLS = 0x544c534b, /* a key log */
    LINK_RAW = 101,           /* packets begin with the header of IP */
    SEGMENT_MAX = 16384,
    HEADERS_MAX = 40 + 20, /* IPv6 and TCP */
    SECRET_MAX = 512       /* a line of a key log */
};

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

struct pcap {
    const struct app *app;
    int fd;
    int keylog; /* of SSLKEYLOGFILE, or -1 */
    bool failed;
};

/* One direction of a flow. */
struct end {
    uint8_t address[16]; /* the first four for IPv4 */
    uint16_t port;
    uint32_t next; /* sequence number of its next byte */
};

struct flow {
    struct pcap *pcap;
    bool v6;
    struct end ours, peers;
};

/* --- blocks ------------------------------------------------------------------------------------------------------- */

/* Where a disk is full, the connection goes on without a capture. */
static void write_out(struct pcap *pcap, const void *p, size_t len)
{
    const uint8_t *from = p;
    while (len && !pcap->failed) {
        ssize_t n = write(pcap->fd, from, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            pcap->failed = true;
            app_warn(pcap->app, "warning: --pcap %s: %s; the rest is not written", app_get(pcap->app, OPT_PCAP),
                     strerror(errno));
            return;
        }
        from += n;
        len -= (size_t)n;
    }
}

static uint8_t *put32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, sizeof value);
    return p + sizeof value;
}

/* A block of a few words and a body, padded to words: type, length, words, body, length. */
static void write_block(struct pcap *pcap, uint32_t type, const uint32_t *words, size_t n, const uint8_t *body,
                        size_t len)
{
    uint8_t block[SEGMENT_MAX + HEADERS_MAX + 64] = {0}, *p = block;
    size_t padded = (len + 3) & ~(size_t)3, total = 12 + 4 * n + padded;
    p = put32(p, type);
    p = put32(p, (uint32_t)total);
    for (size_t i = 0; i < n; i++)
        p = put32(p, words[i]);
    if (len)
        memcpy(p, body, len);
    put32(p + padded, (uint32_t)total);
    write_out(pcap, block, total);
}

static void begin(struct pcap *pcap)
{
    const uint16_t version[2] = {1, 0};
    uint32_t section[] = {BYTE_ORDER_MARK, 0, UINT32_MAX, UINT32_MAX /* how long it is: not known */};
    const uint32_t interface[] = {LINK_RAW, 0 /* packets of any length */};
    memcpy(&section[1], version, sizeof version);
    write_block(pcap, BLOCK_SECTION, section, 4, NULL, 0);
    write_block(pcap, BLOCK_INTERFACE, interface, 2, NULL, 0);
}

static void write_secret(void *ctx, struct sw_conn *conn, const char *text)
{
    struct pcap *pcap = ctx;
    uint8_t line[SECRET_MAX];
    size_t len = strlen(text);
    (void)conn;
    if (pcap->keylog >= 0)
        keylog_write(pcap->keylog, text);
    if (len + 1 > sizeof line)
        return;
    memcpy(line, text, len);
    line[len++] = '\n';
    const uint32_t words[] = {SECRETS_TLS, (uint32_t)len};
    write_block(pcap, BLOCK_SECRETS, words, 2, line, len);
}

/* --- packets ------------------------------------------------------------------------------------------------------ */

/* The Internet checksum (RFC 1071), over several parts of even length but the last. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

/* RFC 791 3.1, RFC 8200 3. Returns how long the header is. */
static size_t put_ip(uint8_t *out, const struct flow *f, const struct end *from, const struct end *to, size_t len)
{
    struct sw_writer w = sw_writer_of(out, HEADERS_MAX);
    size_t address = f->v6 ? 16 : 4;
    if (f->v6) {
        sw_write_u32(&w, 6u << 28);
        sw_write_u16(&w, (uint16_t)len);
        sw_write_u8(&w, IPPROTO_TCP);
        sw_write_u8(&w, 64);
    } else {
        sw_write_u16(&w, 0x4500);
        sw_write_u16(&w, (uint16_t)(20 + len));
        sw_write_u32(&w, 0x4000); /* not to be fragmented */
        sw_write_u8(&w, 64);
        sw_write_u8(&w, IPPROTO_TCP);
        sw_write_u16(&w, 0);
    }
    sw_write_bytes(&w, from->address, address);
    sw_write_bytes(&w, to->address, address);
    if (!f->v6)
        put_checksum(out + 10, add_up(0, out, 20));
    return w.len;
}

/* RFC 9293 3.1, its checksum with the pseudo header. */
static size_t put_tcp(uint8_t *out, const struct flow *f, const struct end *from, const struct end *to, unsigned flags,
                      const uint8_t *data, size_t len)
{
    struct sw_writer w = sw_writer_of(out, HEADERS_MAX);
    size_t address = f->v6 ? 16 : 4;
    sw_write_u16(&w, from->port);
    sw_write_u16(&w, to->port);
    sw_write_u32(&w, from->next);
    sw_write_u32(&w, flags & ACK ? to->next : 0);
    sw_write_u16(&w, (uint16_t)(5 << 12 | flags));
    sw_write_u16(&w, 65535);
    sw_write_u32(&w, 0); /* checksum and urgent pointer */
    uint32_t sum = add_up(add_up(0, from->address, address), to->address, address);
    sum = add_up(sum + IPPROTO_TCP + (uint32_t)(w.len + len), out, w.len);
    put_checksum(out + 16, add_up(sum, data, len));
    return w.len;
}

static void write_packet(struct flow *f, bool sent, unsigned flags, const uint8_t *data, size_t len)
{
    struct end *from = sent ? &f->ours : &f->peers, *to = sent ? &f->peers : &f->ours;
    uint8_t packet[HEADERS_MAX + SEGMENT_MAX];
    struct timespec now;
    size_t ip = f->v6 ? 40 : 20, tcp = put_tcp(packet + ip, f, from, to, flags, data, len);
    put_ip(packet, f, from, to, tcp + len);
    if (len)
        memcpy(packet + ip + tcp, data, len);
    from->next += (uint32_t)len + ((flags & (SYN | FIN)) != 0);
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    const uint32_t size = (uint32_t)(ip + tcp + len), words[] = {0, (uint32_t)(us >> 32), (uint32_t)us, size, size};
    write_block(f->pcap, BLOCK_PACKET, words, 5, packet, size);
}

/* --- flows -------------------------------------------------------------------------------------------------------- */

static bool read_end(const struct sockaddr_storage *a, struct end *out, bool *v6)
{
    const struct sockaddr_in *four = (const void *)a;
    const struct sockaddr_in6 *six = (const void *)a;
    *v6 = a->ss_family == AF_INET6;
    if (!*v6 && a->ss_family != AF_INET)
        return false;
    memcpy(out->address, *v6 ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr, *v6 ? 16 : 4);
    out->port = ntohs(*v6 ? six->sin6_port : four->sin_port);
    out->next = 1000;
    return true;
}

/* A peer that has gone already has no address. */
static bool read_ends(int fd, struct flow *f)
{
    struct sockaddr_storage a = {0}, b = {0};
    socklen_t a_len = sizeof a, b_len = sizeof b;
    bool v6;
    return getsockname(fd, (struct sockaddr *)&a, &a_len) == 0 && getpeername(fd, (struct sockaddr *)&b, &b_len) == 0 &&
           read_end(&a, &f->ours, &v6) && read_end(&b, &f->peers, &f->v6) && v6 == f->v6;
}

static void on_bytes(void *ctx, bool sent, const uint8_t *p, size_t len)
{
    struct flow *f = ctx;
    while (len) {
        size_t n = len < SEGMENT_MAX ? len : (size_t)SEGMENT_MAX;
        write_packet(f, sent, PSH | ACK, p, n);
        p += n;
        len -= n;
    }
}

static void on_closed(void *ctx)
{
    struct flow *f = ctx;
    write_packet(f, true, FIN | ACK, NULL, 0);
    write_packet(f, false, FIN | ACK, NULL, 0);
    write_packet(f, true, ACK, NULL, 0);
    free(f);
}

void pcap_watch(struct pcap *pcap, struct link *link, enum sw_role role)
{
    struct flow *f = pcap ? calloc(1, sizeof *f) : NULL;
    if (!f || !read_ends(link->fd, f)) {
        free(f);
        return;
    }
    bool first = role == SW_CLIENT;
    f->pcap = pcap;
    write_packet(f, first, SYN, NULL, 0);
    write_packet(f, !first, SYN | ACK, NULL, 0);
    write_packet(f, first, ACK, NULL, 0);
    link->tap = (struct link_tap){on_bytes, on_closed, f};
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

/* A file that was there may have been readable for others, or be none. */
static bool keep_private(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fchmod(fd, 0600) == 0);
}

int pcap_open(const struct app *app, struct sw_config *cfg, enum sw_role role, struct pcap **out)
{
    const char *path = app_get(app, OPT_PCAP);
    *out = NULL;
    if (!path)
        return APP_DONE;
    struct pcap *pcap = calloc(1, sizeof *pcap);
    if (!pcap)
        return app_fail(app, SW_ERR_MEMORY, path);
    *pcap = (struct pcap){.app = app, .keylog = -1};
    pcap->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    int code = pcap->fd < 0 || !keep_private(pcap->fd) ? app_fail(app, SW_ERR_SYSTEM, path) : APP_DONE;
    if (!code)
        code = keylog_open(app, role, &pcap->keylog);
    if (code) {
        pcap_close(pcap);
        return code;
    }
    begin(pcap);
    if (keylog_may(role)) {
        app_warn(app, "warning: the secrets of these connections are in %s; whoever has it can read them", path);
        sw_config_set_keylog(cfg, write_secret, pcap);
    }
    *out = pcap;
    return APP_DONE;
}

void pcap_close(struct pcap *pcap)
{
    if (!pcap)
        return;
    if (pcap->fd >= 0)
        close(pcap->fd);
    if (pcap->keylog >= 0)
        close(pcap->keylog);
    free(pcap);
}
