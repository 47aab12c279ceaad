"""
Several servers on one PostgreSQL. What is handed in at one is read at another, and a play is debited once in all; each of them, and the database, is killed in the
middle of everything: no accepted message is lost, and none is shown twice.
"""
import json, os, select, shutil, signal, subprocess, sys, threading, time
from servers import Server, build, check, check_delivered, end, rng, send_until, shown, wait_for, wait_for_more

uri, other_uri, crash, started = sys.argv[2:6]
servers = []
for i in range(2):
    with open("store%d.conf" % i, "w") as f:
        f.write("store = %s\n" % uri)
    servers.append(Server("state%d" % i, "--config", "store%d.conf" % i, "--vault-key", "vault.key"))


def admin(*args, state="state0"):
    return subprocess.run([build + "/sealwaxd", *args, "--store", uri, "--vault-key", "vault.key", "--state", state], capture_output=True, text=True)


def crash_database():
    with open(crash, "w") as f:
        f.write("now\n")
    with open(started) as f:
        f.read()


# --- one sends here, the other reads there -----------------------------------------------------------------------------------

for cert in "alice", "phone":
    open("shown-" + cert, "w").close()
for s in servers:
    s.start()
check("the library is not the program's", "libpq" not in subprocess.run(["ldd", build + "/sealwaxd"], capture_output=True, text=True).stdout)
check("it is loaded where the store is there", "libpq" in open("/proc/%d/maps" % servers[0].process.pid).read())
reader = servers[1].reader("alice")
took = []
for n in range(20):
    text = "across %d" % n
    r = servers[0].run("bank", "send", "--to", "alice", "--quiet", text)
    began = time.time()
    check("a message is accepted", r.returncode == 0, r.stderr)
    check("and read at the other server", wait_for(lambda: text in shown("alice")))
    took.append(time.time() - began)
print("from one server to a reader at the other: %.0f ms in the middle, %.0f ms at most" %
      (sorted(took)[len(took) // 2] * 1000, max(took) * 1000))

r = servers[0].run("bank", "send", "--to", "alice", "--receipt", "--wait", "60s", "wait for it")
check("its sender, who waits at the first server, hears of it", r.returncode == 0 and "acknowledged" in r.stdout + r.stderr, r.stdout + r.stderr)

again = servers[0].reader("alice")
check("a reader who comes to another server with the same certificate takes over", wait_for(lambda: reader.poll() is not None))
r = servers[1].run("bank", "send", "--to", "alice", "--quiet", "after moving")
check("and gets what comes", wait_for(lambda: "after moving" in shown("alice")) and again.poll() is None)
reader = again

r = admin("users", "add", "--role", "staff", "pki/alice.crt")
check("people are enrolled beside the servers", r.returncode == 0, r.stderr)
r = admin("users", "list", state="state1")
check("for all of them", "alice" in r.stdout and "staff" in r.stdout, r.stdout + r.stderr)
r = admin("rekey", state="elsewhere")
check("the key is not changed under them", r.returncode != 0 and "stop it first" in r.stderr, r.stderr)
with open("other.key", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
    f.write("sealwax-vault-1 %064x\n" % 7)
r = subprocess.run([build + "/sealwaxd", "media", "licences", "--store", uri, "--vault-key", "other.key", "--state", "state1"], capture_output=True, text=True)
check("who has another key file is told so", r.returncode == 4 and "belongs to another store" in r.stderr, r.stderr)
reader.kill()
reader.wait()

# --- plays: the same track at both, one licence -----------------------------------------------------------------------------

PLAYS, MANY = 60, 400
with open("song", "wb") as f:
    f.write(os.urandom(3000))
for options in (["--title", "Often", "--plays", str(PLAYS), "--play-time", "0s"], ["--title", "Long", "--plays", "3", "--play-time", "1h"]):
    r = admin("media", "import", "song", *options)
    check("a track is imported", r.returncode == 0, r.stderr)
shutil.copytree("state0/media", "state1/media", dirs_exist_ok=True)


def play(server, title):
    return server.run("alice", "media", "play", title, text=False)


def range_command(server, who, head):
    """curl for a thousand bytes in the middle of the film, onto its standard output."""
    return ["curl", "-sS", "-m", "120", "--noproxy", "*", "--cacert", "pki/root.crt", "--cert", "pki/%s.crt" % who, "--key", "pki/%s.key" % who, "-D", head,
            "-f", "-r", "%d-%d" % (1 << 20, (1 << 20) + 999), "https://localhost:%d/media/film" % server.port]


def range_at(server, who):
    """What it is answered, and those bytes."""
    r = subprocess.run(range_command(server, who, "head"), capture_output=True)
    with open("head") as f:
        return f.read().split()[1], r.stdout


def play_out(server, served):
    """Until none is left; a server that is being killed, or has the last player still there, is asked again."""
    while True:
        r = play(server, "Often")
        if r.returncode == 0:
            served.append(r.stdout)
        elif b"no plays" in r.stderr:
            return


def at_both(run, *args):
    threads = [threading.Thread(target=run, args=(s, *args)) for s in servers]
    for t in threads:
        t.start()
    return threads


with open("song", "rb") as f:
    song = f.read()
served = []
for t in at_both(play_out, served):
    t.join()
check("each play is debited once in all", len(served) == PLAYS, len(served))
check("and heard to its end", all(s == song for s in served))
for t in at_both(play, "Long"):
    t.join()
listed = admin("media", "licences", state="state1").stdout
check("two players that begin at once at two servers share one play", "  2 of 3  alice  Long\n" in listed, listed)
holder, track = [line.split()[:2] for line in listed.splitlines() if "of %d" % PLAYS in line][0]
check("licences are changed beside the servers", admin("media", "licences", holder, track, str(MANY)).returncode == 0)

# one player at a time, at whichever server; until it ends, and however it does
with open("film", "wb") as f:
    f.write(os.urandom(40 << 20))
check("a long track is imported", admin("media", "import", "film", "--play-time", "1h").returncode == 0)
shutil.copytree("state0/media", "state1/media", dirs_exist_ok=True)
slow = subprocess.Popen([build + "/sealwax", "media", "play", "film", *servers[0].person("alice"), "--player", "head -c 1 >/dev/null; touch playing; until [ -e go ]; do sleep 0.1; done; cat >/dev/null"],
                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
check("somebody plays at the first server", wait_for(lambda: os.path.exists("playing")))
r = play(servers[1], "film")
check("and so nobody with this licence at the second one", r.returncode != 0 and b"is being played" in r.stderr, r.stderr)
check("wherever it begins", range_at(servers[1], "phone") == ("409", b""), range_at(servers[1], "phone"))
moved = subprocess.Popen(range_command(servers[1], "alice", "moved.head"), stdout=subprocess.PIPE)
check("who has the same certificate may be moving there", wait_for(lambda: os.path.exists("moved.head") and "206" in open("moved.head").read()))
time.sleep(1)
check("and gets nothing as long as he does not leave", not select.select([moved.stdout], [], [], 0)[0])
servers[0].kill()
with open("film", "rb") as f:
    f.seek(1 << 20)
    check("and all of it when his server is gone", moved.communicate()[0] == f.read(1000))
check("others may then begin", wait_for(lambda: range_at(servers[1], "phone")[0] == "206"))
check("and anew", wait_for(lambda: play(servers[1], "film").returncode == 0))
with open("go", "w"):
    slow.wait()
servers[0].start()
r = play(servers[0], "film")
check("and then at the first one again", r.returncode == 0, r.stderr)


def watch(server, who):
    """Somebody watches, slowly, as soon as he may."""
    while True:
        p = subprocess.Popen([*range_command(server, who, who + ".watch")[:-3], "--limit-rate", "100K", "-o", who + ".seen", "https://localhost:%d/media/film" % server.port],
                             stderr=subprocess.DEVNULL)
        if wait_for(lambda: p.poll() is not None or (os.path.exists(who + ".seen") and os.path.getsize(who + ".seen") > 0)) and p.poll() is None:
            return p
        time.sleep(0.2)


# a server that stands still loses its places, and knows it when it goes on
first = watch(servers[0], "alice")
servers[0].process.send_signal(signal.SIGSTOP)
second = watch(servers[1], "phone")
servers[0].process.send_signal(signal.SIGCONT)
check("who plays at a server that stood still is ended there when somebody else has his place", wait_for(lambda: first.poll() is not None) and first.returncode == 18)
seen = os.path.getsize("phone.seen")
check("and that one goes on", wait_for(lambda: os.path.getsize("phone.seen") > seen) and second.poll() is None)
second.kill()
second.wait()

served = []
players = at_both(play_out, served)
kills = 0
while any(t.is_alive() for t in players):
    before = len(served)
    wait_for(lambda: len(served) > before or not all(t.is_alive() for t in players))
    time.sleep(rng.uniform(0.05, 0.2))
    if kills % 4 == 3:
        crash_database()
    else:
        s = rng.choice(servers)
        s.kill()
        s.start()
    kills += 1
# a play that was debited just when a server or the database died is gone
check("no play comes back when servers and the database are killed", len(served) <= MANY, len(served))
check("and few are lost", len(served) >= MANY - 2 * kills, (len(served), kills))
check("none is left", "  0 of " in admin("media", "licences").stdout)
print("%d plays heard of %d, %d kills of servers and of the database" % (len(served), MANY, kills))

# --- sessions: begun at one, resumed at the other, and after all of them were killed ------------------------------------------


def resumed(server, *session):
    r = subprocess.run([build + "/sealwax", "connect", "localhost:%d" % server.port, *server.person("alice")[2:], "--brief", *session],
                       input="GET / HTTP/1.0\r\n\r\n", capture_output=True, text=True)
    return [line.split()[1] for line in r.stderr.splitlines() if line.startswith("Resumed:")] or r.stderr


for s in servers:  # since the database was killed, which has forgotten the keys, they may not have asked again
    s.kill()
    s.start()
check("a session begins", resumed(servers[0], "--sess-out", "session") == ["no"])
check("it is resumed where it began", resumed(servers[0], "--sess-in", "session") == ["yes"])
check("and at the other server", resumed(servers[1], "--sess-in", "session") == ["yes"])
for s in servers:
    s.kill()
    s.start()
check("also when it has been started anew", [resumed(s, "--sess-in", "session") for s in servers] == [["yes"]] * 2)
os.unlink("session")
foreign = ["openssl", "s_client", "-CAfile", "pki/root.crt", "-cert", "pki/alice.crt", "-key", "pki/alice.key", "-tls1_2", "-ign_eof"]
for s, option in zip(servers, ("-sess_out", "-sess_in")):
    r = subprocess.run([*foreign, "-connect", "localhost:%d" % s.port, option, "foreign"], input="GET / HTTP/1.0\r\n\r\n", capture_output=True, text=True)
    check("openssl's as well", ("Reused, TLSv1.2" if option == "-sess_in" else "New, TLSv1.2") in r.stdout, r.stdout[-500:] + r.stderr[-500:])

# --- two devices at two servers; servers and the database are killed -----------------------------------------------------------

open("shown-alice", "w").close()
readers = [servers[0].reader("alice"), servers[1].reader("phone")]
accepted, stop = {}, threading.Event()
senders = [threading.Thread(target=send_until, args=(stop, servers, i, accepted)) for i in range(2)]
for t in senders:
    t.start()
kills = int(os.environ.get("KILLS", "12"))
for n in range(kills):
    if n % 2 == 0:
        wait_for_more(accepted)
    time.sleep(rng.uniform(0.1, 0.4))
    if n % 4 == 3:
        crash_database()
    else:
        s = rng.choice(servers)
        s.kill()
        s.start()
check("both devices have some", wait_for(lambda: shown("alice") and shown("phone"), 180))
stop.set()
for t in senders:
    t.join()
missing = check_delivered(servers[0], accepted, ["alice", "phone"])
check("messages were accepted while servers were killed", len(accepted) >= kills // 2, len(accepted))
print("%d messages, %d kills of servers and of the database, which used up %d one-time messages" % (len(accepted), kills, len(missing)))

for r in readers:
    r.kill()
    r.wait()
codes = [s.end() for s in servers]
check("the servers end when asked to", codes == [0, 0], codes)
r = admin("rekey")
check("then the key can be changed", r.returncode == 0, r.stderr)
servers[0].start()
check("and they start with the new one", servers[0].run("alice", "whoami").stdout == "alice\n")
check("licences outlive it", "  2 of 3  alice  Long\n" in admin("media", "licences").stdout)
servers[0].end()

# --- from the database into a file, and into another database, killed on the way ---------------------------------------------------


def copy(*args):
    return [build + "/sealwaxd", "store", "copy", "--json", *args]


def counts(*args):
    r = subprocess.run(copy(*args), capture_output=True, text=True)
    return (r.returncode, json.loads(r.stdout)) if r.returncode == 0 else (r.returncode, r.stderr)


os.mkdir("file")
shutil.copy("vault.key", "file/vault.key")
there = counts("--from", uri, "--to", "file/mail.db", "--vault-key", "vault.key")
check("a database goes into a file", there[0] == 0 and there[1]["messages"] > len(accepted) and there[1]["licences"] == 3, there)
alone = Server("file", "--config", "none").start()
check("from which one server goes on", alone.run("alice", "whoami").stdout == "alice\n")
one = next(m for m in sorted(accepted) if m in shown("alice", "phone"))
check("and knows what was", '"acknowledged"' in alone.run("bank", "receipt", accepted[one], "--json").stdout)
r = subprocess.run(copy("--from", "file/mail.db", "--to", other_uri), capture_output=True, text=True)
check("it is not copied while a server works on it", r.returncode == 3 and "stop it first" in r.stderr, r.stderr)
alone.end()
killed = 0
for n in range(12):
    p = subprocess.Popen(copy("--from", "file/mail.db", "--to", other_uri), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(rng.uniform(0, 0.1))
    p.kill()
    killed += p.wait() != 0
r = counts("--from", "file/mail.db", "--to", other_uri)
check("killed on the way, all of it or nothing is there", r == there if r[0] == 0 else r[0] == 3 and "something in it" in r[1], r)
r = counts("--from", other_uri, "--to", "file/again.db")
check("nothing is missing", r == there, (r, there))
r = counts("--from", "file/mail.db", "--to", other_uri)
check("and nothing is put where there is something", r[0] == 3, r)
print("%d copies killed" % killed)
end()
