/* TCP: names resolved by the system, sockets non-blocking and closed on exec, small writes sent at once. */
#include "apps/net/net.h"
#include "apps/cli/clock.h"
#include "ttp/file.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A place split into its parts; host is empty for a port alone. */
struct place {
    char host[NET_NAME_MAX];
    char port[8];
};

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && text[n] == 0 && atoi(text) <= 65535;
}

/* HOST:PORT, [ADDRESS]:PORT or PORT. An IPv6 address needs its brackets: otherwise its last group would be the port. */
static bool place_parse(const char *text, struct place *out)
{
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (!is_port(port) || n >= sizeof out->host)
        return false;
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    } else if (memchr(text, ':', n)) {
        return false;
    }
    memcpy(out->host, text, n);
    out->host[n] = 0;
    snprintf(out->port, sizeof out->port, "%.5s", port);
    return true;
}

static int resolve(const struct app *app, const struct place *place, const char *host, int flags, bool quiet,
                   struct addrinfo **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    int err = getaddrinfo(host, place->port, &hints, out);
    if (err == 0 || quiet)
        return err == 0 ? APP_DONE : APP_SYSTEM;
    return app_error(app, APP_SYSTEM, "%s: %s", host ? host : "*",
                     err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err));
}

static void name_address(const struct sockaddr *sa, socklen_t len, char out[NET_NAME_MAX])
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getnameinfo(sa, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, NET_NAME_MAX, "unknown");
    else
        snprintf(out, NET_NAME_MAX, strchr(host, ':') ? "[%.200s]:%.8s" : "%.200s:%.8s", host, port);
}

static void set_port(struct sockaddr *sa, in_port_t port)
{
    if (sa->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)sa)->sin6_port = port;
    else
        ((struct sockaddr_in *)(void *)sa)->sin_port = port;
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

/* A socket on one address; -1 with errno. port receives the one it got. */
static int listen_on(const struct addrinfo *a, in_port_t *port, char name[NET_NAME_MAX])
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    const int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6) /* IPv4 has a socket of its own */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (*port)
        set_port(a->ai_addr, *port);
    if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (struct sockaddr *)&bound, &len)) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    *port = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                        : ((struct sockaddr_in *)&bound)->sin_port;
    name_address((struct sockaddr *)&bound, len, name);
    return fd;
}

/* All addresses of a list on one port. A family this machine does not have is passed over, if another one works. */
static void listen_all(const struct addrinfo *list, in_port_t *port, struct net_listeners *out, int *why)
{
    for (const struct addrinfo *a = list; a && out->n < NET_LISTENERS_MAX; a = a->ai_next) {
        int fd = listen_on(a, port, out->name[out->n]);
        if (fd >= 0)
            out->fd[out->n++] = fd;
        else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
            *why = errno;
        else if (!*why)
            *why = -errno;
    }
}

int net_place_ok(const struct app *app, const char *option, const char *where)
{
    struct place place;
    if (place_parse(where, &place))
        return APP_DONE;
    return app_usage(app, "%s%s%s%s is not HOST:PORT, [ADDRESS]:PORT or PORT", option ? "--" : "", option ? option : "",
                     option ? " " : "", where);
}

bool net_address_is_here(const struct sockaddr *at)
{
    if (at->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24 == 127;
    return at->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}

bool net_place_is_here(const char *where)
{
    struct place place;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    if (!place_parse(where, &place) || strcmp(place.host, "*") == 0)
        return false;
    if (!place.host[0] || getaddrinfo(place.host, NULL, &hints, &list))
        return true;
    bool here = true;
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        here &= net_address_is_here(a->ai_addr);
    freeaddrinfo(list);
    return here;
}

int net_listen(const struct app *app, const char *where, struct net_listeners *out)
{
    static const char *const loopback[] = {"127.0.0.1", "::1"};
    struct place place;
    in_port_t port = 0;
    int why = 0;
    out->n = 0;
    int bad = net_place_ok(app, NULL, where);
    if (bad || !place_parse(where, &place))
        return bad;
    bool any = strcmp(place.host, "*") == 0, here = place.host[0] == 0;
    for (size_t i = 0; i < (here ? 2u : 1u); i++) {
        struct addrinfo *list;
        const char *host = any ? NULL : here ? loopback[i] : place.host;
        int code = resolve(app, &place, host, AI_PASSIVE, false, &list);
        if (code)
            return code;
        listen_all(list, &port, out, &why);
        freeaddrinfo(list);
    }
    if (out->n && why <= 0)
        return APP_DONE;
    net_listeners_close(out);
    return app_error(app, APP_SYSTEM, "%s: cannot listen: %s", where, strerror(why < 0 ? -why : why));
}

void net_listeners_close(struct net_listeners *listeners)
{
    for (size_t i = 0; i < listeners->n; i++)
        close(listeners->fd[i]);
    listeners->n = 0;
}

/* A message of the handshake must not wait for the acknowledgement of the one before. */
static void no_delay(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int net_accept(int listener, char peer[NET_NAME_MAX])
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    int fd = accept4(listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    no_delay(fd);
    name_address((struct sockaddr *)&from, len, peer);
    return fd;
}

/* --- connecting --------------------------------------------------------------------------------------------------- */

static bool wait_connected(int fd, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err = 0;
    socklen_t len = sizeof err;
    for (;;) {
        int64_t left = deadline - clock_now();
        int n = poll(&p, 1, deadline == INT64_MAX ? -1 : left > 0 ? (int)left : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ETIMEDOUT;
        if (n <= 0)
            return false;
        break;
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
    errno = err;
    return err == 0;
}

static int connect_one(const struct addrinfo *a, int64_t deadline)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0 || (errno == EINPROGRESS && wait_connected(fd, deadline))) {
        no_delay(fd);
        return fd;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int net_connect(const struct app *app, const char *where, int64_t timeout, bool quiet, char host[NET_NAME_MAX], int *fd)
{
    struct place place;
    struct addrinfo *list;
    int64_t deadline = timeout ? clock_now() + timeout * 1000 : INT64_MAX;
    if (!place_parse(where, &place) || !place.host[0])
        return app_usage(app, "%s is not HOST:PORT or [ADDRESS]:PORT", where);
    int code = resolve(app, &place, place.host, 0, quiet, &list);
    if (code)
        return code;
    *fd = -1;
    for (const struct addrinfo *a = list; a && *fd < 0; a = a->ai_next)
        *fd = connect_one(a, deadline);
    int why = errno;
    freeaddrinfo(list);
    memcpy(host, place.host, sizeof place.host);
    if (*fd >= 0 || quiet)
        return *fd >= 0 ? APP_DONE : APP_SYSTEM;
    return app_error_of(app, APP_SYSTEM, &(struct app_cause){.peer = where}, "cannot connect: %s", strerror(why));
}

const char *net_peer_name(int fd, char out[NET_NAME_MAX])
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (fd >= 0 && getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.ss_family != AF_UNIX)
        name_address((struct sockaddr *)&peer, len, out);
    else
        memcpy(out, "-", 2);
    return out;
}

void net_listener_name(int fd, char name[NET_NAME_MAX])
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0 && bound.ss_family != AF_UNIX)
        name_address((struct sockaddr *)&bound, len, name);
    else
        snprintf(name, NET_NAME_MAX, "socket %d", fd);
}

int net_announce(const struct app *app, const struct net_listeners *listeners)
{
    for (size_t i = 0; i < listeners->n; i++)
        app_say(app, "listening on %s", listeners->name[i]);
    return net_write_ready(app, listeners);
}

int net_write_ready(const struct app *app, const struct net_listeners *listeners)
{
    char text[NET_LISTENERS_MAX * (NET_NAME_MAX + 1)];
    size_t len = 0;
    const char *path = app_get(app, OPT_READY_FILE);
    for (size_t i = 0; i < listeners->n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", listeners->name[i]);
    if (!path)
        return APP_DONE;
    enum sw_err err = sw_file_write(path, text, len, SW_FILE_REPLACE);
    return err ? app_fail(app, err, path) : APP_DONE;
}
