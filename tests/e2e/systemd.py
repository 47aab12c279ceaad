"""What systemd does for sealwaxd, by hand: sockets handed over, a notification socket, a watchdog. systemd.py PROGRAM; ends with how many passed."""

import os
import signal
import socket
import subprocess
import sys

LIMIT = 120
CONF = "sealwaxd.conf"
results = []


def check(what, good):
    results.append(good)
    if not good:
        print(f"FAIL: {what}")


def settings(line=""):
    with open(CONF, "w", encoding="ascii") as f:
        f.write(f"cert = pki/localhost.crt\nkey = pki/localhost.key\ntrust = pki/root.crt\nstate = state\n{line}\n")


def start(program, listener, notify):
    """With the listener as descriptor 3, and the number of its own process in the environment: what sd_listen_fds(3) asks for."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEALWAX_")}
    environment.update(LISTEN_FDS="1", NOTIFY_SOCKET=notify, WATCHDOG_USEC="400000", STATE_DIRECTORY="state")
    shell = ["sh", "-c", 'exec 3<&"$1"; shift; export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"', "sh", str(listener.fileno())]
    return subprocess.Popen([*shell, program, "--config", CONF], env=environment, pass_fds=[listener.fileno()])


def hear(manager, wanted):
    """The next notification that is not the watchdog's, or the next one of the watchdog."""
    while True:
        text = manager.recv(4096).decode()
        if (text == "WATCHDOG=1") == (wanted == "WATCHDOG=1"):
            return text


def main(program):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(LIMIT)
    manager.bind("notify")
    listener = socket.create_server(("127.0.0.1", 0))
    settings()
    # A client that comes before there is a server waits for it.
    early = socket.create_connection(listener.getsockname())
    daemon = start(program, listener, os.path.abspath("notify"))
    try:
        check("READY=1", hear(manager, "READY=1") == "READY=1")
        check("the watchdog is fed", hear(manager, "WATCHDOG=1") == "WATCHDOG=1")
        settings("max-message = 1K")
        daemon.send_signal(signal.SIGHUP)
        check("RELOADING=1 with its time", hear(manager, "RELOADING=1").startswith("RELOADING=1\nMONOTONIC_USEC="))
        check("ready again, and nothing to complain of", hear(manager, "READY=1") == "READY=1\nSTATUS=")
        settings("max-mesage = 1K")
        daemon.send_signal(signal.SIGHUP)
        hear(manager, "RELOADING=1")
        told = hear(manager, "READY=1")
        check("ready with the old settings, and a word about it", told.startswith("READY=1\nSTATUS=not reloaded"))
        early.settimeout(LIMIT)
        early.sendall(b"GET / HTTP/1.0\r\n\r\n")
        check("whoever came early is answered", early.recv(64) != b"")
        daemon.send_signal(signal.SIGTERM)
        check("STOPPING=1", hear(manager, "STOPPING=1") == "STOPPING=1")
        check("its exit code", daemon.wait(LIMIT) == 0)
        # The socket is the manager's, and stays when the server is gone.
        settings()
        late = socket.create_connection(listener.getsockname())
        daemon = start(program, listener, os.path.abspath("notify"))
        check("READY=1 once more", hear(manager, "READY=1") == "READY=1")
        late.close()
        # What is wrong from the start is said with another exit code than what another try may mend (RestartPreventExitStatus=).
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(LIMIT)
        settings("max-mesage = 1K")
        daemon = start(program, listener, os.path.abspath("notify"))
        check("the exit code of wrong settings", daemon.wait(LIMIT) == 4)
    finally:
        daemon.kill()
        daemon.wait()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
