#include "apps/media/door.h"
#include "base/rand.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 8, TOKEN = 16 /* bytes */ };

static bool make_path(char path[DOOR_PATH_MAX])
{
    uint8_t token[TOKEN];
    if (sw_rand_bytes(NULL, token, sizeof token))
        return false;
    *path = '/';
    for (size_t i = 0; i < sizeof token; i++)
        snprintf(path + 1 + 2 * i, 3, "%02x", token[i]);
    return true;
}

bool door_open(struct door *d)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    d->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0)
        return false;
    errno = EIO; /* unless the system says better */
    if (!make_path(d->path) || bind(d->fd, (struct sockaddr *)&at, sizeof at) || listen(d->fd, WAITING) ||
        getsockname(d->fd, (struct sockaddr *)&at, &len)) {
        int saved = errno;
        close(d->fd);
        errno = saved;
        return false;
    }
    d->port = at.sin_port;
    snprintf(d->host, sizeof d->host, "127.0.0.1:%u", ntohs(at.sin_port));
    return true;
}

void door_close(struct door *d)
{
    close(d->fd);
}

/* 127.0.0.1 as the kernel writes it: a number of the machine's; or as the end of an address of the other family. */
static bool is_loopback(const char *address)
{
    char wanted[33];
    size_t len = strlen(address);
    snprintf(wanted, sizeof wanted, "0000000000000000%08X%08X", htonl(0xffff), htonl(INADDR_LOOPBACK));
    return (len == 8 || len == 32) && strcmp(address, wanted + 32 - len) == 0;
}

/*
 * Both ends count: one port may have connections to the same port of several addresses. And a connection that its owner
 * has closed has no file any more, inode 0: the kernel writes that it is root's.
 */
long door_owner(FILE *table, in_port_t theirs, in_port_t ours)
{
    char line[512], address[33], remote[33];
    unsigned from, to;
    unsigned long inode;
    long uid;
    while (fgets(line, sizeof line, table))
        if (sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %*x %*x:%*x %*x:%*x %*x %ld %*d %lu", address, &from,
                   remote, &to, &uid, &inode) == 6 &&
            is_loopback(address) && from == ntohs(theirs) && is_loopback(remote) && to == ntohs(ours) && inode)
            return uid;
    return -1;
}

/* A socket of the other family may have come by its address of this one. */
static long owner_of(in_port_t theirs, in_port_t ours)
{
    static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    long uid = -1;
    for (size_t i = 0; uid < 0 && i < sizeof tables / sizeof *tables; i++) {
        FILE *table = fopen(tables[i], "re");
        if (table) {
            uid = door_owner(table, theirs, ours);
            fclose(table);
        }
    }
    return uid;
}

int door_accept(const struct door *d, bool *allowed)
{
    const int on = 1;
    struct sockaddr_in from = {0};
    socklen_t len = sizeof from;
    int fd = accept4(d->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    long uid = from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? owner_of(from.sin_port, d->port) : -1;
    *allowed = uid == 0 || uid == (long)geteuid();
    return fd;
}
