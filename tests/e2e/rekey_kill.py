"""
sealwaxd rekey under kill -9, at evenly spaced moments between its first system call and its last: each is stopped at every system call (ptrace), so that no
moment depends on how fast the machine is. Killed twice, then let through; after that one key is there, another one than before, and it opens everything.
"""
import ctypes, os, re, shutil, signal, subprocess, sys
from servers import build, check, end

kills, things = int(sys.argv[2]), int(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_TRACEME, PTRACE_SYSCALL, PTRACE_SETOPTIONS, PTRACE_O_EXITKILL = 0, 24, 0x4200, 0x100000
command = [build + "/sealwaxd", "rekey", "--quiet", "--state", "work"]


def run_until(stop):
    """Run it and kill it at its stop-th stop (0: never). The number of stops, and its exit code (None: killed)."""
    pid = os.fork()
    if pid == 0:
        libc.ptrace(PTRACE_TRACEME, 0, None, None)
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # it traces, too
        os.execv(command[0], command)
    os.waitpid(pid, 0)  # at its exec
    if libc.ptrace(PTRACE_SETOPTIONS, pid, None, PTRACE_O_EXITKILL):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print("processes cannot be traced here")
        sys.exit(77)
    n, deliver = 0, 0
    while True:
        libc.ptrace(PTRACE_SYSCALL, pid, None, deliver)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            return n, os.WEXITSTATUS(status)
        if os.WIFSIGNALED(status):
            return n, None
        deliver = 0 if os.WSTOPSIG(status) == signal.SIGTRAP else os.WSTOPSIG(status)
        n += 1
        if n == stop:
            os.kill(pid, signal.SIGKILL)


def fresh():
    shutil.rmtree("work", ignore_errors=True)
    shutil.copytree("state", "work")


def key(name):
    path = "work/" + name
    return open(path).read() if os.path.exists(path) else None


def judge(first, again):
    what = "killed at %d and %d" % (first, again)
    old, between = open("state/vault.key").read(), key("vault.key.next")
    if between:
        server = subprocess.run([build + "/sealwaxd", "media", "ls", "--state", "work"], capture_output=True, text=True)
        check(what + ": nothing else may use two keys", server.returncode == 3 and "sealwaxd rekey finishes it" in server.stderr, server.stderr)
    elif key("vault.key") == old:
        check(what + ": nothing was changed", not os.path.exists("work/rekey.heads"))
    if key("vault.key") == old:
        check(what + ": the rest", subprocess.run(command).returncode == 0)
    new = key("vault.key")
    check(what + ": another key", new and new != old and (not between or new == between))
    check(what + ": nothing is left", not os.path.exists("work/vault.key.next") and not os.path.exists("work/rekey.heads"))
    # a further change reads all there is
    whole = subprocess.run([c for c in command if c != "--quiet"], capture_output=True, text=True)
    count = re.search(r"anew: (\d+)", whole.stderr)
    check(what + ": everything is there", whole.returncode == 0 and count and int(count[1]) == things, whole.stderr)


fresh()
stops, code = run_until(0)
check("unharmed", code == 0)
for i in range(kills):
    first = 1 + (stops - 1) * i // kills
    fresh()
    run_until(first)
    again = 1 + (first * 7919) % stops
    if key("vault.key.next"):
        run_until(again)
    judge(first, again)
end()
