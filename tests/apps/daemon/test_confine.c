/* What a confined process may do and what not: each try in a process of its own, for there is no way back. */
#include "apps/daemon/confine.h"
#include "tests/test.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALLOWED = 0, REFUSED = EPERM, NOT_CONFINED = 99 };

/* 0, or the errno it failed with. */
static int result(bool worked)
{
    return worked ? 0 : errno;
}

static int open_a_file(void)
{
    int fd = open("/dev/null", O_RDWR);
    return result(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
}

static int tell_the_manager(void)
{
    return result(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
}

static int connect_somewhere(void)
{
    return result(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int listen_to_the_kernel(void)
{
    return result(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

static int more_memory(void)
{
    char *p = malloc(64 << 20);
    if (p)
        memset(p, 1, 64 << 20);
    free(p);
    return result(p != NULL);
}

static int memory_for_code(void)
{
    return result(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                  MAP_FAILED);
}

static int memory_made_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return result(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int another_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return result(pid > 0);
}

static int kill_the_parent(void)
{
    return result(kill(getppid(), 0) == 0);
}

static int crash(void)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

static int run_a_program(void)
{
    char name[] = "/bin/true", *argv[] = {name, NULL};
    execv(name, argv);
    return errno;
}

static int trace_a_process(void)
{
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int become_another(void)
{
    return result(setuid(getuid()) == 0);
}

/* The errno a try got; the negative number of the signal that ended it. */
static int confined(int (*try)(void), bool connects)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (confine_thread(connects))
            _exit(NOT_CONFINED);
        _exit(try());
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Where the kernel of a container forbids it, or it is not built in, there is nothing to see but that. */
static bool can_confine(void)
{
    if (!confine_built_in()) {
        SW_ASSERT_ERR(confine_thread(false), SW_ERR_UNSUPPORTED);
        return false;
    }
    return confined(open_a_file, false) != NOT_CONFINED;
}

/* As a unit's SystemCallFilter=@system-service does: seccomp(2) is refused, and prctl(2) is left for it. */
static int under_another_filter(int (*try)(void))
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ||
            confine_thread(false))
            _exit(NOT_CONFINED);
        _exit(try());
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void works_beside_a_units_filter(void)
{
    if (!can_confine())
        return;
    CU_ASSERT_EQUAL(under_another_filter(open_a_file), ALLOWED);
    CU_ASSERT_EQUAL(under_another_filter(connect_somewhere), REFUSED);
    CU_ASSERT_EQUAL(under_another_filter(run_a_program), -SIGSYS);
}

static void lets_a_server_work(void)
{
    if (!can_confine())
        return;
    CU_ASSERT_EQUAL(confined(open_a_file, false), ALLOWED);
    CU_ASSERT_EQUAL(confined(tell_the_manager, false), ALLOWED);
    CU_ASSERT_EQUAL(confined(more_memory, false), ALLOWED);
    CU_ASSERT_EQUAL(confined(connect_somewhere, true), ALLOWED);
    CU_ASSERT_EQUAL(confined(crash, false), -SIGABRT);
}

static void refuses_what_it_does_not_need(void)
{
    static int (*const tries[])(void) = {connect_somewhere, listen_to_the_kernel, memory_for_code,
                                         memory_made_code,  another_process,      kill_the_parent};
    if (!can_confine())
        return;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        CU_ASSERT_EQUAL(confined(tries[i], false), REFUSED);
    CU_ASSERT_EQUAL(confined(listen_to_the_kernel, true), REFUSED);
}

static void ends_what_is_hostile(void)
{
    if (!can_confine())
        return;
    CU_ASSERT_EQUAL(confined(run_a_program, false), -SIGSYS);
    CU_ASSERT_EQUAL(confined(trace_a_process, false), -SIGSYS);
    CU_ASSERT_EQUAL(confined(become_another, false), -SIGSYS);
}

SW_TEST_SUITE(confine){
    SW_TEST(lets_a_server_work),
    SW_TEST(refuses_what_it_does_not_need),
    SW_TEST(ends_what_is_hostile),
    SW_TEST(works_beside_a_units_filter),
};
