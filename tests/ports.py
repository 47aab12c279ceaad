"""
Ports for tests that must know a port before somebody listens on it. Where a program can, let it take port 0 and say which it got.

    ports.py PID    prints a port that is free, and reserved as long as the process PID lives
"""
import os, random, socket, sys, time

KEPT = {}  # what reserves a port: its name in a place that the whole machine shares and that is gone with the process


def ephemeral():
    try:
        low, high = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
    except OSError:
        low, high = 32768, 60999
    return low, high


def reserve():
    """A port that nobody uses, that no connection gets by chance, and that nobody else who asks here gets while this process lives."""
    low, high = ephemeral()
    choice = [p for p in range(10000, 65536) if not low <= p <= high] or range(low, high + 1)
    for _ in range(1000):
        port = random.choice(choice)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind("\0sealwax-test-port-%d" % port)
            with socket.socket() as s:
                s.bind(("", port))
        except OSError:
            name.close()
            continue
        KEPT[port] = name
        return port
    raise SystemExit("no port is free")


def release(port):
    KEPT.pop(port).close()


def listening(port):
    """Whether somebody listens there; without a connection, which the listener would see."""
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in open(path)][1:]
        except OSError:
            continue
        if any(row[1].endswith(":%04X" % int(port)) and row[3] == "0A" for row in rows):
            return True
    return False


if __name__ == "__main__":
    print(reserve(), flush=True)
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        while os.path.exists("/proc/%s" % sys.argv[1]):
            time.sleep(1)
