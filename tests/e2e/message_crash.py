"""
The mailbox under kill -9. A server is killed at random moments while messages are handed in and read: every message that was accepted is
shown exactly once, and its sender's receipt says so. Then the reader is killed instead: no one-time message is shown twice.
"""
import os, random, signal, socket, subprocess, sys, threading, time

build, kills, reader_kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seed = int(os.environ.get("SEED", "20261121"))
rng = random.Random(seed)
passed = failed = 0


def check(what, right, detail=""):
    global passed, failed
    passed, failed = passed + bool(right), failed + (not right)
    if not right:
        print("FAIL:", what, detail)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


port = free_port()
common = ["--server", "localhost:%d" % port, "--trust", "pki/root.crt"]


def person(name):
    return common + ["--cert", "pki/%s.crt" % name, "--key", "pki/%s.key" % name]


def start_server():
    if os.path.exists("ready"):
        os.unlink("ready")
    log = open("server.log", "ab")
    p = subprocess.Popen([build + "/sealwaxd", "serve", "--cert", "pki/localhost.crt", "--key", "pki/localhost.key", "--trust", "pki/root.crt",
                          "--listen", "127.0.0.1:%d" % port, "--state", "state", "--ready-file", "ready", "--quiet", "--max-rate", "100000"],
                         stderr=log, stdin=subprocess.DEVNULL)
    for _ in range(500):
        if os.path.exists("ready"):
            return p
        if p.poll() is not None:
            sys.exit("the server did not start again:\n" + open("server.log").read()[-500:])
        time.sleep(0.01)
    sys.exit("the server is not ready")


def start_reader():
    return subprocess.Popen([build + "/sealwax", "recv", "--follow", "--quiet"] + person("alice"), stdout=open("shown", "ab"),
                            stderr=open("reader.log", "ab"), stdin=subprocess.DEVNULL)


def shown():
    with open("shown") as f:
        return [line for line in f.read().split("\n") if line]


accepted, stop = {}, threading.Event()


def sender(which):
    n = 0
    while not stop.is_set():
        text = "message %d-%d" % (which, n)
        n += 1
        once = ["--once", "--ttl", "1h"] if n % 2 else []
        r = subprocess.run([build + "/sealwax", "send", "--to", "alice", "--json"] + once + person("bank") + [text], capture_output=True, text=True)
        if r.returncode == 0:
            accepted[text] = r.stdout.split('"id":"')[1].split('"')[0]


def wait_for(all_of, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if all_of <= set(shown()):
            return
        time.sleep(0.05)


def state(id):
    r = subprocess.run([build + "/sealwax", "receipt", id, "--json"] + person("bank"), capture_output=True, text=True)
    return r.stdout


open("shown", "w").close()
os.environ["XDG_STATE_HOME"] = os.getcwd() + "/xdg"
server, reader = start_server(), start_reader()
senders = [threading.Thread(target=sender, args=(i,)) for i in range(2)]
for t in senders:
    t.start()
for _ in range(kills):
    time.sleep(rng.uniform(0.0, 0.12))
    server.send_signal(signal.SIGKILL)
    server.wait()
    server = start_server()
time.sleep(0.3)
stop.set()
for t in senders:
    t.join()
wait_for(set(accepted), 20)
got = shown()
check("messages were accepted while the server was killed", len(accepted) > kills / 10, len(accepted))
missing = set(accepted) - set(got)
# a one-time message that three crashes in a row took away from its reader is refused, and its sender knows
lost = [m for m in missing if '"refused"' not in state(accepted[m])]
check("no accepted message is lost", not lost, lost[:5])
check("few one-time messages are used up", len(missing) <= max(2, len(accepted) // 20), len(missing))
check("no message is shown twice", len(got) == len(set(got)), [m for m in set(got) if got.count(m) > 1][:5])
sample = rng.sample(sorted(set(accepted) - missing), min(20, len(accepted) - len(missing)))
check("receipts say acknowledged", all('"acknowledged"' in state(accepted[m]) for m in sample))
list_left = subprocess.run([build + "/sealwax", "list", "--quiet"] + person("alice"), capture_output=True, text=True)
check("nothing waits any more", list_left.returncode == 0 and not list_left.stdout, list_left.stdout[:200])
print("%d messages, %d kills of the server" % (len(accepted), kills))

# the reader dies instead
total = len(got)
for i in range(reader_kills):
    subprocess.run([build + "/sealwax", "send", "--quiet", "--to", "alice", "--once", "--ttl", "1h"] + person("bank") + ["again %d" % i], check=True)
    time.sleep(rng.uniform(0.0, 0.08))
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    reader = start_reader()
wait_for({"again %d" % (reader_kills - 1)}, 10)
again = shown()[total:]
check("no one-time message is shown twice over the reader's crashes", len(again) == len(set(again)), again)
check("most are shown", len(again) >= reader_kills * 3 // 4, len(again))
reader.kill()
server.terminate()
check("the server ends when asked to", server.wait(15) == 0)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
