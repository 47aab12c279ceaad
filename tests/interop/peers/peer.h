/*
 * What every peer program of the interoperability matrix has in common, so that each holds little but the calls of its
 * own library.
 *
 *   PEER server PORT DIR WORD=VALUE...   one connection after another, each byte sent back, until killed; prints
 *   "ready" PEER client PORT DIR WORD=VALUE...   sends a pattern in pieces, wants each piece back, closes properly;
 *   prints "ok resumed=N"
 *
 * DIR has root.crt and server|client.crt|key (PEM). Words: id (suite number), name (registered), openssl (its name
 * there), version (1.2 or 1.3), group (the only one), auth=1 (certificates on both sides), alpn, bytes, resume=1
 * (client: a second connection must resume the first), update=1 (TLS 1.3: have both sides change their keys).
 */
#ifndef SW_TESTS_INTEROP_PEER_H
#define SW_TESTS_INTEROP_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16384 };

struct peer_args {
    bool server, auth, resume, update, modern;
    int port;
    unsigned id;
    size_t bytes;
    const char *dir, *name, *openssl, *group, *alpn;
};

static inline _Noreturn void peer_die(const char *what, const char *detail)
{
    printf("failed: %s: %s\n", what, detail);
    exit(1);
}

static inline struct peer_args peer_parse(int argc, char **argv)
{
    struct peer_args a = {.bytes = 1 << 20};

    if (argc < 4)
        peer_die("usage", "PEER server|client PORT DIR WORD=VALUE...");
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    a.server = strcmp(argv[1], "server") == 0;
    a.port = atoi(argv[2]);
    a.dir = argv[3];
    for (int i = 4; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (value == NULL)
            peer_die("not WORD=VALUE", argv[i]);
        *value++ = '\0';
        if (strcmp(argv[i], "id") == 0)
            a.id = (unsigned)strtoul(value, NULL, 0);
        else if (strcmp(argv[i], "name") == 0)
            a.name = value;
        else if (strcmp(argv[i], "openssl") == 0)
            a.openssl = value;
        else if (strcmp(argv[i], "group") == 0)
            a.group = value;
        else if (strcmp(argv[i], "alpn") == 0)
            a.alpn = value;
        else if (strcmp(argv[i], "auth") == 0)
            a.auth = atoi(value) != 0;
        else if (strcmp(argv[i], "resume") == 0)
            a.resume = atoi(value) != 0;
        else if (strcmp(argv[i], "update") == 0)
            a.update = atoi(value) != 0;
        else if (strcmp(argv[i], "version") == 0)
            a.modern = strcmp(value, "1.3") == 0;
        else if (strcmp(argv[i], "bytes") == 0)
            a.bytes = (size_t)strtoul(value, NULL, 0);
        else
            peer_die("unknown word", argv[i]);
    }
    return a;
}

/* DIR/WHO.EXT, for our own side's file. */
static inline const char *peer_path(const struct peer_args *a, const char *who, const char *ext)
{
    static char path[4][512];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s.%s", a->dir, who, ext);
    return path[turn];
}

static inline const char *peer_own(const struct peer_args *a)
{
    return a->server ? "server" : "client";
}

static inline int peer_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        peer_die("connect", "refused");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static inline int peer_listen(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0)
        peer_die("listen", "port in use");
    puts("ready");
    return fd;
}

/* The piece that starts at byte `at` of the pattern. */
static inline void peer_pattern(unsigned char *p, size_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)((at + i) * 7 + ((at + i) >> 8));
}

#endif
