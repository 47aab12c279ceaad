"""
Servers that are started, killed and started again, and the people who use them, for the scripts that do so. A script runs in a directory that has pki/ of
`ttp`; what the programs keep is put there as well.
"""
import os, random, signal, subprocess, sys, time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ports

PATIENCE = 60  # seconds for what should happen at once: a busy machine is no failure

build = sys.argv[1]
rng = random.Random(int(os.environ.get("SEED", "20261121")))
os.environ["XDG_STATE_HOME"] = os.getcwd() + "/xdg"
passed = failed = 0


def check(what, right, detail=""):
    global passed, failed
    passed, failed = passed + bool(right), failed + (not right)
    if not right:
        print("FAIL:", what, detail)


def end():
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0)


def wait_for(condition, seconds=PATIENCE):
    """Until the condition holds; False: it does not, after all this time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.005)
    return bool(condition())


def wait_for_more(of):
    """Until it has grown: kills that come faster than a slow machine gets anything done would test nothing."""
    before = len(of)
    wait_for(lambda: len(of) > before)


class Server:
    """One sealwaxd, on the same port each time it is started."""

    def __init__(self, state, *options):
        self.state, self.port, self.process = state, ports.reserve(), None
        self.ready, self.log = state + ".ready", state + ".log"
        self.command = [build + "/sealwaxd", "serve", "--cert", "pki/localhost.crt", "--key", "pki/localhost.key", "--trust", "pki/root.crt",
                        "--listen", "127.0.0.1:%d" % self.port, "--state", state, "--ready-file", self.ready, "--max-rate", "100000", *options]

    def start(self):
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.ready) or self.process.poll() is not None)
        if self.process.poll() is not None or not os.path.exists(self.ready):
            with open(self.log) as f:
                sys.exit("%s: the server did not start:\n%s" % (self.state, f.read()[-800:]))
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        """Its exit code when it is asked to end."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def person(self, cert):
        return ["--server", "localhost:%d" % self.port, "--trust", "pki/root.crt", "--cert", "pki/%s.crt" % cert, "--key", "pki/%s.key" % cert]

    def run(self, cert, verb, *args, text=True):
        """What sealwax VERB says to the holder of a certificate."""
        return subprocess.run([build + "/sealwax", verb, *self.person(cert), *args], capture_output=True, text=text, stdin=subprocess.DEVNULL)

    def reader(self, cert):
        """recv --follow, into shown-CERT."""
        with open("shown-" + cert, "ab") as shown_here, open("reader.log", "ab") as log:
            return subprocess.Popen([build + "/sealwax", "recv", "--follow", "--quiet", *self.person(cert)], stdout=shown_here, stderr=log, stdin=subprocess.DEVNULL)


def shown(*certs):
    lines = []
    for cert in certs:
        with open("shown-" + cert) as f:
            lines += [line for line in f.read().split("\n") if line]
    return lines


def send_until(stop, servers, which, accepted):
    """The bank writes to alice, every other message to be shown once; accepted gets the id of each one that was."""
    n = 0
    while not stop.is_set():
        text = "message %d-%d" % (which, n)
        n += 1
        once = ["--once", "--ttl", "1h"] if n % 2 else []
        r = servers[n % len(servers)].run("bank", "send", "--to", "alice", "--json", *once, text)
        if r.returncode == 0:
            accepted[text] = r.stdout.split('"id":"')[1].split('"')[0]


def check_delivered(server, accepted, certs):
    """Every accepted message was shown once, or its sender knows that three crashes in a row took it away from its reader."""

    def lost():
        return [m for m in set(accepted) - set(shown(*certs)) if '"refused"' not in server.run("bank", "receipt", accepted[m], "--json").stdout]

    # what a device was given when its server died is with it for a minute
    check("no accepted message is lost", wait_for(lambda: not lost(), 180), lost()[:5])
    got = shown(*certs)
    check("none is shown twice", len(got) == len(set(got)), [m for m in set(got) if got.count(m) > 1][:5])
    # the last ones were shown a moment ago, or are owed an acknowledgement
    check("nothing waits any more", wait_for(lambda: server.run("alice", "list", "--quiet").stdout == "", 180))
    return set(accepted) - set(got)
