"""
Several servers on one PostgreSQL. What is handed in at one is read at another; each of them, and the database, is killed in the middle of
everything: no accepted message is lost, and none is shown twice.
"""
import os, random, shutil, signal, socket, subprocess, sys, threading, time

build, uri, crash, started = sys.argv[1:5]
rng = random.Random(int(os.environ.get("SEED", "20261121")))
passed = failed = 0
SERVERS = 2


def check(what, right, detail=""):
    global passed, failed
    passed, failed = passed + bool(right), failed + (not right)
    if not right:
        print("FAIL:", what, detail)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


ports = [free_port() for _ in range(SERVERS)]
running = [None] * SERVERS
os.environ["XDG_STATE_HOME"] = os.getcwd() + "/xdg"


def start_server(i):
    ready = "ready%d" % i
    if os.path.exists(ready):
        os.unlink(ready)
    with open("store%d.conf" % i, "w") as f:
        f.write("store = %s\n" % uri)
    p = subprocess.Popen([build + "/sealwaxd", "serve", "--config", "store%d.conf" % i, "--cert", "pki/localhost.crt", "--key", "pki/localhost.key", "--trust", "pki/root.crt",
                          "--listen", "127.0.0.1:%d" % ports[i], "--state", "state%d" % i, "--vault-key", "vault.key",
                          "--ready-file", ready, "--max-rate", "100000"], stderr=open("server%d.log" % i, "ab"), stdin=subprocess.DEVNULL)
    for _ in range(1000):
        if os.path.exists(ready):
            running[i] = p
            return
        if p.poll() is not None:
            break
        time.sleep(0.01)
    sys.exit("server %d did not start:\n%s" % (i, open("server%d.log" % i).read()[-800:]))


def at(i, cert, verb, *args, **more):
    return [build + "/sealwax", verb, "--server", "localhost:%d" % ports[i], "--trust", "pki/root.crt", "--cert", "pki/%s.crt" % cert,
            "--key", "pki/%s.key" % cert] + list(args)


def run(*args):
    return subprocess.run(at(*args), capture_output=True, text=True, stdin=subprocess.DEVNULL)


def start_reader(i, cert):
    return subprocess.Popen(at(i, cert, "recv", "--follow", "--quiet"), stdout=open("shown-" + cert, "ab"),
                            stderr=open("reader.log", "ab"), stdin=subprocess.DEVNULL)


def shown(*certs):
    lines = []
    for cert in certs:
        with open("shown-" + cert) as f:
            lines += [line for line in f.read().split("\n") if line]
    return lines


def wait_for(all_of, seconds, *certs):
    end = time.time() + seconds
    while time.time() < end and not all_of <= set(shown(*certs)):
        time.sleep(0.002)
    return all_of <= set(shown(*certs))


# --- one sends here, the other reads there -----------------------------------------------------------------------------------

for cert in "alice", "phone":
    open("shown-" + cert, "w").close()
for i in range(SERVERS):
    start_server(i)
check("the library is not the program's", "libpq" not in subprocess.run(["ldd", build + "/sealwaxd"], capture_output=True, text=True).stdout)
check("it is loaded where the store is there", "libpq" in open("/proc/%d/maps" % running[0].pid).read())
reader = start_reader(1, "alice")
time.sleep(0.5)
took = []
for n in range(20):
    text = "across %d" % n
    r = run(0, "bank", "send", "--to", "alice", "--quiet", text)
    began = time.time()
    check("a message is accepted", r.returncode == 0, r.stderr)
    check("and read at the other server", wait_for({text}, 10, "alice"))
    took.append(time.time() - began)
print("from one server to a reader at the other: %.0f ms in the middle, %.0f ms at most" %
      (sorted(took)[len(took) // 2] * 1000, max(took) * 1000))

r = run(0, "bank", "send", "--to", "alice", "--receipt", "--wait", "20s", "wait for it")
check("its sender, who waits at the first server, hears of it", r.returncode == 0 and "acknowledged" in r.stdout + r.stderr, r.stdout + r.stderr)

again = start_reader(0, "alice")
try:
    code = reader.wait(10)
except subprocess.TimeoutExpired:
    code = "still there"
check("a reader who comes to another server with the same certificate takes over", code != "still there")
r = run(1, "bank", "send", "--to", "alice", "--quiet", "after moving")
check("and gets what comes", wait_for({"after moving"}, 10, "alice") and again.poll() is None)
reader = again

enrol = subprocess.run([build + "/sealwaxd", "users", "add", "--store", uri, "--vault-key", "vault.key", "--state", "state0", "--role", "staff",
                        "pki/alice.crt"], capture_output=True, text=True)
check("people are enrolled beside the servers", enrol.returncode == 0, enrol.stderr)
listed = subprocess.run([build + "/sealwaxd", "users", "list", "--store", uri, "--vault-key", "vault.key", "--state", "state1"],
                        capture_output=True, text=True)
check("for all of them", "alice" in listed.stdout and "staff" in listed.stdout, listed.stdout + listed.stderr)
rekey = subprocess.run([build + "/sealwaxd", "rekey", "--store", uri, "--vault-key", "vault.key", "--state", "elsewhere"],
                       capture_output=True, text=True)
check("the key is not changed under them", rekey.returncode != 0 and "stop it first" in rekey.stderr, rekey.stderr)
reader.kill()
reader.wait()

# --- two devices at two servers; servers and the database are killed -----------------------------------------------------------

before = shown("alice")
open("shown-alice", "w").close()
readers = [start_reader(0, "alice"), start_reader(1, "phone")]
accepted, stop = {}, threading.Event()


def sender(which):
    n = 0
    while not stop.is_set():
        text = "message %d-%d" % (which, n)
        n += 1
        once = ["--once", "--ttl", "1h"] if n % 2 else []
        r = run(n % SERVERS, "bank", "send", "--to", "alice", "--json", *once, text)
        if r.returncode == 0:
            accepted[text] = r.stdout.split('"id":"')[1].split('"')[0]


senders = [threading.Thread(target=sender, args=(i,)) for i in range(2)]
for t in senders:
    t.start()
kills = int(os.environ.get("KILLS", "12"))
for n in range(kills):
    time.sleep(rng.uniform(0.1, 0.4))
    if n % 4 == 3:
        with open(crash, "w") as f:
            f.write("now\n")
        open(started).read()
    else:
        i = rng.randrange(SERVERS)
        running[i].send_signal(signal.SIGKILL)
        running[i].wait()
        start_server(i)
time.sleep(0.5)
stop.set()
for t in senders:
    t.join()
# what one device was given when its server died is with it for a minute
wait_for(set(accepted), 70, "alice", "phone")
got = shown("alice", "phone")
missing = set(accepted) - set(got)
lost = [m for m in missing if '"refused"' not in run(0, "bank", "receipt", accepted[m], "--json").stdout]
check("messages were accepted while servers were killed", len(accepted) > kills, len(accepted))
check("no accepted message is lost", not lost, lost[:5])
check("few one-time messages are used up", len(missing) <= max(2, len(accepted) // 20), len(missing))
check("none is shown twice", len(got) == len(set(got)), [m for m in set(got) if got.count(m) > 1][:5])
check("both devices had some", shown("alice") and shown("phone"))
for _ in range(100):  # the last ones were shown a moment ago, or are owed an acknowledgement
    left = run(1, "alice", "list", "--quiet").stdout
    if not left:
        break
    time.sleep(0.2)
check("nothing waits any more", not left, left[:300])
print("%d messages, %d kills of servers and of the database" % (len(accepted), kills))

for r in readers:
    r.kill()
    r.wait()
for p in running:
    p.terminate()
codes = [p.wait(15) for p in running]
check("the servers end when asked to", codes == [0] * SERVERS, codes)
rekey = subprocess.run([build + "/sealwaxd", "rekey", "--store", uri, "--vault-key", "vault.key", "--state", "state0"], capture_output=True, text=True)
check("then the key can be changed", rekey.returncode == 0, rekey.stderr)
start_server(0)
check("and they start with the new one", run(0, "alice", "whoami").stdout == "alice\n")
running[0].terminate()
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
