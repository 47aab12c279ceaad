#!/bin/bash
# `sealwax listen` among many clients, some of them rude: idle ones, resets, one that goes on sending after its alert.
# The others must not notice.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
ttp() { "$BUILD/ttp" --quiet --pki pki "$@"; }
ttp init "Test Root" && ttp issue server.example --profile server --out server || exit 1
"$BUILD/sealwax" listen 127.0.0.1:0 --ready-file ready --cert server.fullchain.crt --key server.key --client-auth none 2>log &
server=$!
trap 'kill $server 2>/dev/null' EXIT
for _ in $(seq 1200); do [ -s ready ] && break; sleep 0.05; done # a minute at most

python3 - "$(sed 's/.*://' ready)" "$server" <<'PYTHON'
import socket, ssl, struct, sys, threading

PORT, SERVER = int(sys.argv[1]), sys.argv[2]
passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL:", what)


def dial():
    return socket.create_connection(("127.0.0.1", PORT), 120)


def context():
    c = ssl.create_default_context(cafile="pki/root.crt")
    c.maximum_version = ssl.TLSVersion.TLSv1_2
    c.set_ciphers("AES128-SHA256:@SECLEVEL=0")
    return c


def converse(n, good):
    c = context().wrap_socket(dial(), server_hostname="server.example")
    sent, got = bytes([n % 256]) * (n * 37 % 16000 + 1), b""
    c.sendall(sent)
    while len(got) < len(sent) and (part := c.recv(20000)):
        got += part
    c.unwrap().close()  # raises without a close_notify
    if got == sent:
        good.append(n)


def poured():
    """A broken message, then a megabyte before looking at the answer: the alert must still be there, and a FIN behind it."""
    s = dial()
    s.sendall(b"\x16\x03\x01\x00\x04\x63\0\0\0")
    for _ in range(64):
        s.sendall(b"x" * 16384)
    s.shutdown(socket.SHUT_WR)
    said = b""
    while part := s.recv(4096):
        said += part
    return said


def records():
    """Lengths of the records that come back for records of 16384, 1 and 100 bytes."""
    incoming, outgoing, s = ssl.MemoryBIO(), ssl.MemoryBIO(), dial()
    c = context().wrap_bio(incoming, outgoing, server_hostname="server.example")
    while True:
        try:
            c.do_handshake()
            break
        except ssl.SSLWantReadError:
            s.sendall(outgoing.read())
            incoming.write(s.recv(65536))
    for n in (16384, 1, 100):
        c.write(b"x" * n)
    sent = outgoing.read()
    s.sendall(sent)
    raw = b""
    while len(raw) < 16384 + 64 + 160 + 15:
        raw += s.recv(65536)
    lengths = []
    while raw:
        n = struct.unpack(">H", raw[3:5])[0]
        lengths.append(n)
        raw = raw[5 + n :]
    return lengths


def resident():
    with open("/proc/%s/status" % SERVER, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


idle = [dial() for _ in range(200)]
good = []
threads = [threading.Thread(target=converse, args=(n, good)) for n in range(100)]
for t in threads:
    t.start()
for t in threads:
    t.join(240)
check("100 clients at once among 200 idle ones: %d were served" % len(good), len(good) == 100)
check("memory: %d KiB" % resident(), resident() < 65536)
check("an alert survives what comes behind the mistake", poured().hex() == "1503010002020a")
check("a record comes back for each", records() == [16448, 64, 160])
for _ in range(50):
    s = dial()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close is a reset
    s.close()
good.clear()
converse(5, good)
check("resets disturb nobody", good)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
PYTHON
