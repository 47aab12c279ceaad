"""
The mailbox under kill -9. A server is killed at random moments while messages are handed in and read: every message that was accepted is
shown exactly once, and its sender's receipt says so. Then the reader is killed instead: no one-time message is shown twice.
"""
import json, signal, sys, threading, time
from servers import Server, check, check_delivered, end, rng, send_until, shown, wait_for, wait_for_more

kills, reader_kills = int(sys.argv[2]), int(sys.argv[3])
server = Server("state", "--quiet").start()
reader = server.reader("alice")
accepted, stop = {}, threading.Event()
senders = [threading.Thread(target=send_until, args=(stop, [server], i, accepted)) for i in range(2)]
for t in senders:
    t.start()
for n in range(kills):
    if n % 4 == 0:
        wait_for_more(accepted)
    time.sleep(rng.uniform(0.0, 0.12))
    server.kill()
    server.start()
stop.set()
for t in senders:
    t.join()
missing = check_delivered(server, accepted, ["alice"])
check("messages were accepted while the server was killed", len(accepted) >= kills // 4, len(accepted))
sample = rng.sample(sorted(set(accepted) - missing), min(20, len(accepted) - len(missing)))
check("receipts say acknowledged", all('"acknowledged"' in server.run("bank", "receipt", accepted[m], "--json").stdout for m in sample))
print("%d messages, %d kills of the server, which used up %d one-time messages" % (len(accepted), kills, len(missing)))

# the reader dies instead
total, ids = len(shown("alice")), {}
for i in range(reader_kills):
    r = server.run("bank", "send", "--quiet", "--to", "alice", "--once", "--ttl", "1h", "again %d" % i, "--json")
    check("a message is accepted", r.returncode == 0, r.stderr)
    ids["again %d" % i] = json.loads(r.stdout)["id"]
    if i % 2:
        time.sleep(rng.uniform(0.0, 0.08))
    else:
        check("whoever is not killed is shown it", wait_for(lambda: "again %d" % i in shown("alice"), 180), i)
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    reader = server.reader("alice")
wait_for(lambda: server.run("alice", "list", "--quiet").stdout == "", 180)
again = shown("alice")[total:]
check("no one-time message is shown twice over the reader's crashes", len(again) == len(set(again)), again)
receipts = {m: json.loads(server.run("bank", "receipt", i, "--json").stdout) for m, i in ids.items()}
check("and what was not shown is not acknowledged", all(m in again for m, r in receipts.items() if r["state"] == "acknowledged"), receipts)
check("but refused", all(r["state"] == "acknowledged" or r["reason"] in ("interrupted", "deliveries") for r in receipts.values()), receipts)
reader.kill()
check("the server ends when asked to", server.end() == 0)
end()
