#include "apps/daemon/service.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

void service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (*path == '@') /* an abstract name */
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

void service_reloading(void)
{
    char text[96];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    service_notify(text);
}

/* A variable that counts for this process alone, by the other one that names it. */
static int64_t ours(const char *name, const char *pid_name)
{
    const char *text = getenv(name), *pid = getenv(pid_name);
    if (!text || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return strtoll(text, NULL, 10);
}

int64_t service_watchdog(void)
{
    int64_t us = ours("WATCHDOG_USEC", "WATCHDOG_PID");
    return us > 0 ? us / 2000 : 0; /* twice as often as needed */
}

void service_listeners(struct net_listeners *out)
{
    int64_t n = getenv("LISTEN_PID") ? ours("LISTEN_FDS", "LISTEN_PID") : 0;
    out->n = 0;
    for (int fd = FIRST_FD; fd < FIRST_FD + n && out->n < NET_LISTENERS_MAX; fd++) {
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0)
            continue;
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        net_listener_name(fd, out->name[out->n]);
        out->fd[out->n++] = fd;
    }
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
}
