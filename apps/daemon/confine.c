/*
 * Three lists: what is allowed, what is allowed with certain arguments, and what no server does by mistake. A call on
 * none of them fails with EPERM, so that something forgotten costs a request and not the server; one on the last list
 * ends it, and the kernel's log says with which call.
 *   Files are opened all the time (messages, uploads, settings read again), and seccomp cannot see which: file systems
 * are the business of the unit (docs/systemd). Names of calls are resolved when the program runs: a call that this
 * kernel or processor does not have is passed over.
 */
#include "apps/daemon/confine.h"
#include <errno.h>

#ifdef SW_SECCOMP
#include <asm/termbits.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS = 40 };

/* clang-format off */
static const struct {
    const char *why;
    const char *calls[CALLS];
} allowed[] = {
    {"clients: accept, read, write, close", {
        "accept", "accept4", "read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg", "shutdown", "close",
        "getsockname", "getpeername", "getsockopt", "setsockopt"}},
    {"the loop: what is ready, how late it is", {
        "epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "epoll_create", "epoll_create1", "poll", "ppoll", "select", "pselect6", "timerfd_settime",
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "restart_syscall"}},
    {"databases, files and settings that are read again", {
        "open", "openat", "openat2", "creat", "pread64", "pwrite64", "lseek", "_llseek", "fstat", "stat", "lstat", "newfstatat", "statx", "fstat64", "stat64",
        "lstat64", "fstatat64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "fstatfs", "statfs", "fgetxattr"}},
    {"and what changes them", {
        "fsync", "fdatasync", "ftruncate", "ftruncate64", "fallocate", "flock", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
        "mkdir", "mkdirat", "rmdir", "fchmod", "fchown", "umask"}},
    {"descriptors: locks of databases, flags", {"fcntl", "fcntl64", "dup", "dup2", "dup3"}},
    {"memory, without code in it (below)", {"brk", "munmap", "mremap", "madvise"}},
    {"random numbers", {"getrandom"}},
    {"signals: reload, end, a crash that says so", {"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "rt_sigpending"}},
    {"who we are, and what we may have", {
        "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrlimit", "ugetrlimit", "getrusage", "sched_getaffinity", "sched_yield",
        "sysinfo", "uname"}},
    {"what the C library does between", {"futex", "futex_time64", "set_robust_list", "rseq"}},
    {"the end", {"exit", "exit_group"}},
};

/* What nobody calls by mistake: other programs, other processes, the kernel itself. */
static const struct {
    const char *why;
    const char *calls[CALLS];
} hostile[] = {
    {"other programs", {"execve", "execveat"}},
    {"other processes", {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "process_madvise", "kcmp"}},
    {"the kernel's code", {"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf", "userfaultfd", "perf_event_open"}},
    {"another view of the system", {
        "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount", "fsopen", "fsmount", "open_by_handle_at"}},
    {"another user", {"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "keyctl", "add_key"}},
    {"the machine", {"reboot", "swapon", "swapoff", "iopl", "ioperm", "settimeofday", "clock_settime", "sethostname", "personality"}},
};
/* clang-format on */

/*
 * How it ends, with all its threads. A kernel before 4.14, or a unit whose own filter leaves only prctl(2) for this,
 * can end a thread; or it sends a signal that nobody handles.
 */
static uint32_t end_it(void)
{
    return seccomp_api_get() >= 3 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP;
}

static int rule(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n, const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(ctx, action, number, n, args);
}

/*
 * Allow a call when these bits of an argument have this value. The kernel's int has 32 of them, whatever else is in the
 * register.
 */
static int allow_if(scmp_filter_ctx ctx, const char *name, unsigned arg, uint32_t bits, uint32_t value)
{
    const struct scmp_arg_cmp is = {.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = value};
    return rule(ctx, SCMP_ACT_ALLOW, name, 1, &is);
}

/* What depends on an argument. */
static int add_conditions(scmp_filter_ctx ctx)
{
    /* the terminal where a passphrase is asked for again; how much is there to read */
    static const unsigned requests[] = {TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, FIONREAD};
    /* no memory that is written becomes code, and no file is loaded as such */
    static const char *const protections[] = {"mmap", "mmap2", "mprotect"};
    static const char *const signals[] = {"kill", "tgkill"};
    int rc = 0;
    for (size_t i = 0; i < sizeof requests / sizeof *requests && !rc; i++)
        rc = allow_if(ctx, "ioctl", 1, UINT32_MAX, requests[i]);
    for (size_t i = 0; i < sizeof protections / sizeof *protections && !rc; i++)
        rc = allow_if(ctx, protections[i], 2, PROT_EXEC, 0);
    for (size_t i = 0; i < 2 && !rc; i++) /* abort() */
        rc = allow_if(ctx, signals[i], 0, UINT32_MAX, (uint32_t)getpid());
    if (!rc)
        rc = allow_if(ctx, "prlimit64", 0, UINT32_MAX, 0);
    return rc;
}

/*
 * Sockets that are made from now on: for the service manager; all others are open. And for a database that went away.
 */
static int add_sockets(scmp_filter_ctx ctx, bool connects)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    static const char *const calls[] = {"connect", "sendmmsg"};
    int rc = 0;
    for (size_t i = 0; i < (connects ? 3 : 1) && !rc; i++)
        rc = allow_if(ctx, "socket", 0, UINT32_MAX, (uint32_t)families[i]);
    for (size_t i = 0; i < 2 && connects && !rc; i++)
        rc = rule(ctx, SCMP_ACT_ALLOW, calls[i], 0, NULL);
    return rc;
}

static int add_lists(scmp_filter_ctx ctx)
{
    int rc = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        for (const char *const *call = allowed[i].calls; *call && !rc; call++)
            rc = rule(ctx, SCMP_ACT_ALLOW, *call, 0, NULL);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        for (const char *const *call = hostile[i].calls; *call && !rc; call++)
            rc = rule(ctx, end_it(), *call, 0, NULL);
    return rc;
}

bool confine_built_in(void)
{
    return true;
}

enum sw_err confine_thread(bool connects)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!ctx) {
        errno = ENOMEM;
        return SW_ERR_SYSTEM;
    }
    int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, end_it());
    if (!rc) /* a tree instead of a list */
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    /* nobody's code that speculation could fool runs beside ours, and the mitigation would slow all ciphers down */
    if (!rc && seccomp_api_get() >= 4)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_SSB, 1);
    if (!rc)
        rc = add_lists(ctx);
    if (!rc)
        rc = add_conditions(ctx);
    if (!rc)
        rc = add_sockets(ctx, connects);
    if (!rc)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    errno = -rc;
    return rc ? SW_ERR_SYSTEM : SW_OK;
}

#else

bool confine_built_in(void)
{
    return false;
}

enum sw_err confine_thread(bool connects)
{
    (void)connects;
    return SW_ERR_UNSUPPORTED;
}

#endif
