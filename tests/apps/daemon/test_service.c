/* The service manager's side of it: a datagram socket that listens, sockets that are handed over. */
#include "apps/daemon/service.h"
#include "tests/test.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void notifies_an_abstract_socket(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64], got[128];
    int n = snprintf(name, sizeof name, "@sealwax-test-%d", (int)getpid());
    memcpy(at.sun_path, name, (size_t)n);
    at.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CU_ASSERT_EQUAL_FATAL(
        bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    service_notify("READY=1");
    ssize_t len = recv(fd, got, sizeof got, 0);
    CU_ASSERT_EQUAL(len, 7);
    CU_ASSERT_EQUAL(memcmp(got, "READY=1", 7), 0);
    service_reloading();
    len = recv(fd, got, sizeof got - 1, 0);
    CU_ASSERT_TRUE_FATAL(len > 0);
    got[len] = 0;
    CU_ASSERT_EQUAL(strncmp(got, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    setenv("NOTIFY_SOCKET", "nonsense", 1);
    service_notify("READY=1");
    unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1");
    CU_ASSERT_EQUAL(recv(fd, got, sizeof got, 0), -1);
    close(fd);
}

static void watchdog_counts_for_this_process(void)
{
    char pid[32];
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    CU_ASSERT_EQUAL(service_watchdog(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    CU_ASSERT_EQUAL(service_watchdog(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    CU_ASSERT_EQUAL(service_watchdog(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    CU_ASSERT_EQUAL(service_watchdog(), 15000);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

/* Descriptor 3 is in use in this process, so this happens in one of its own. */
static int child(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct net_listeners got;
    char pid[32];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1) || dup2(fd, 3) < 0)
        return 2;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", "1", 1);
    service_listeners(&got);
    if (got.n != 0)
        return 3;
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", pid, 1);
    service_listeners(&got);
    if (got.n != 1 || got.fd[0] != 3 || strncmp(got.name[0], "127.0.0.1:", 10) != 0)
        return 4;
    if (!(fcntl(3, F_GETFL) & O_NONBLOCK) || !(fcntl(3, F_GETFD) & FD_CLOEXEC) || getenv("LISTEN_FDS"))
        return 5;
    return 0;
}

static void takes_over_sockets(void)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child());
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
}

SW_TEST_SUITE(service){
    SW_TEST(notifies_an_abstract_socket),
    SW_TEST(watchdog_counts_for_this_process),
    SW_TEST(takes_over_sockets),
};
