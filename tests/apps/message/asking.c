#include "tests/apps/message/asking.h"
#include "tests/apps/http/peer.h"
#include "tests/said.h"
#include "tests/test.h"
#include "ttp/file.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 100 };

char asking_said[1024];

void asking_begin(struct asking *a, const struct http_route *routes)
{
    int told[2];
    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    fflush(NULL);
    a->pid = fork();
    if (a->pid == 0) {
        struct http_world w;
        http_world_open(&w, routes, NULL, 1000);
        if (write(told[1], &w.port, sizeof w.port) == (ssize_t)sizeof w.port)
            event_base_dispatch(w.base);
        _exit(0);
    }
    CU_ASSERT_TRUE_FATAL(a->pid > 0 && read(told[0], &a->port, sizeof a->port) == (ssize_t)sizeof a->port);
    close(told[0]);
    close(told[1]);
}

void asking_end(struct asking *a)
{
    int status;
    kill(a->pid, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(a->pid, &status, 0), a->pid);
}

/* A copy of a key that nobody else can read: others are refused, and a checkout does not keep modes. */
static void copy_key(const char *who, char path[64])
{
    char from[64];
    struct sw_file key = {0};
    snprintf(from, sizeof from, ASKING_VECTORS "%s.key", who);
    snprintf(path, 64, "/tmp/sealwax-asking.XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && sw_file_read(from, SW_FILE_MAX, &key) == SW_OK);
    CU_ASSERT_EQUAL(write(fd, key.p, key.len), (ssize_t)key.len);
    close(fd);
    sw_file_free(&key);
}

int asking_run(const struct asking *a, const struct app_verb *verbs, const char *verb, const char *who,
               const char *const *more)
{
    struct app app = {.program = "test", .about = "Test.", .verbs = verbs};
    char server[32], cert[64], key[64];
    const char *argv[ARGUMENTS] = {"test",     verb,  "--server", server, "--name",  "server.example",
                                   "--cert",   cert,  "--key",    key,    "--trust", ASKING_VECTORS "root.crt",
                                   "--config", "none"};
    int n = 14;
    snprintf(server, sizeof server, "127.0.0.1:%d", a->port);
    snprintf(cert, sizeof cert, ASKING_VECTORS "%s.crt", who);
    copy_key(who, key);
    while (*more && n < ARGUMENTS - 1)
        argv[n++] = *more++;
    said_begin(stderr);
    int code = app_main(&app, n, (char **)(uintptr_t)argv);
    snprintf(asking_said, sizeof asking_said, "%s", said_end());
    unlink(key);
    return code;
}
