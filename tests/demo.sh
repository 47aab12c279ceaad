#!/bin/sh
# make demo: from nothing to a delivered one-time password. A trusted third party signs three requests; a server takes
# messages; Alice waits; her bank sends a password, past somebody who listens on the wire; she gets it, acknowledges it,
# the bank has its receipt, and the password is gone. Then what the listener saw, and what he would have seen without
# protection. Certificates stay in certs/. Can be run again.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
pki=certs
otp='The OTP for transferring Rs 1,00,000 to your friend'"'"'s account is 256345.'
scratch=$(mktemp -d)
XDG_STATE_HOME=$scratch
export XDG_STATE_HOME
pids=
cleanup() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT INT TERM

say() { printf '\n== %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
ttp() {
    words=
    for word; do case $word in *' '*) words="$words \"$word\"" ;; *) words="$words $word" ;; esac; done
    show "ttp$words"
    "$build/ttp" --pki $pki "$@"
}
await() { # FILE [TEXT]: until it is there, a minute at most
    for _ in $(seq 1200); do
        if [ -s "$1" ] && grep -aqF -- "${2:-}" "$1"; then return 0; fi
        sleep 0.05
    done
    echo "demo: ${2:-$1} did not appear" >&2
    return 1
}

# A relay that writes down everything which passes, in both directions: the eavesdropper.
cat >"$scratch/tap.py" <<'P'
import socket, sys, threading
target, ready, dump = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "wb", 0)
server = socket.create_server(("127.0.0.1", 0))
with open(ready, "w") as f:
    f.write(str(server.getsockname()[1]))
def pump(a, b):
    try:
        while data := a.recv(65536):
            dump.write(data)
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    client, _ = server.accept()
    peer = socket.create_connection(("127.0.0.1", target))
    for pair in (client, peer), (peer, client):
        threading.Thread(target=pump, args=pair, daemon=True).start()
P
tap() { # TARGET-PORT NAME: start one; its port in $tap_port, what it sees in $scratch/NAME.seen
    python3 "$scratch/tap.py" "$1" "$scratch/$2.port" "$scratch/$2.seen" &
    pids="$pids $!"
    await "$scratch/$2.port"
    tap_port=$(cat "$scratch/$2.port")
}

say "A trusted third party: a root certificate, and three signed requests"
if [ -e $pki/root.crt ]; then echo "($pki/root.crt is there from the last time)"; else ttp init "Demo Root"; fi
for who in localhost:server alice:client bank:client; do
    name=${who%:*}
    ttp request "$name" --out "$pki/$name" --force
    ttp sign "$pki/$name.csr" --profile "${who#*:}" --out "$pki/$name.crt" --force --yes
done

say "A server that takes messages and hands them out"
show "sealwaxd --cert localhost.crt --key localhost.key --trust root.crt"
"$build/sealwaxd" --cert $pki/localhost.crt --key $pki/localhost.key --trust $pki/root.crt --listen 127.0.0.1:0 --state "$scratch/state" \
    --ready-file "$scratch/ready" 2>"$scratch/server.log" &
pids="$pids $!"
await "$scratch/ready"
port=$(sed 's/.*://' "$scratch/ready")

say "Alice waits for messages, and watches the handshake"
show "sealwax recv --follow --cert alice.crt --key alice.key --trust root.crt --trace"
"$build/sealwax" recv --server "localhost:$port" --follow --trace --trust $pki/root.crt --cert $pki/alice.crt --key $pki/alice.key \
    >"$scratch/screen" 2>"$scratch/trace" &
pids="$pids $!"
await "$scratch/trace" "<- Finished"
sed '/ApplicationData/,$d' "$scratch/trace"

say "Her bank sends a one-time password, past somebody who listens"
tap "$port" tls
show "sealwax send --to alice --once --wait=acked '$otp'"
printf '%s' "$otp" | "$build/sealwax" send --server "localhost:$tap_port" --to alice --once --wait=acked --trust $pki/root.crt \
    --cert $pki/bank.crt --key $pki/bank.key | tee "$scratch/receipt"

say "Alice's screen"
await "$scratch/screen" 256345
cat "$scratch/screen"
[ "$(cat "$scratch/screen")" = "$otp" ]

say "What the server wrote down; the password is gone"
sed 's/^/    /' "$scratch/server.log"
grep -q acknowledged "$scratch/server.log"
if grep -raq 256345 "$scratch/state"; then echo "demo: the password is on the server's disk" >&2; exit 1; fi

say "What the eavesdropper saw of it (the last 12 lines)"
if grep -aq 256345 "$scratch/tls.seen"; then echo "demo: the password was readable" >&2; exit 1; fi
od -A d -t x1z "$scratch/tls.seen" | tail -n 12

say "And what he would have seen without protection"
python3 - "$scratch/plain.port" <<'P' &
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(s.getsockname()[1]))
c, _ = s.accept()
while c.recv(4096):
    pass
P
bare=$!
await "$scratch/plain.port"
tap "$(cat "$scratch/plain.port")" bare
printf '%s\n' "$otp" | python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
s.recv(1)' "$tap_port"
wait $bare
od -A d -t x1z "$scratch/bare.seen"
grep -aq 256345 "$scratch/bare.seen"

say "Delivered, acknowledged, and gone. The certificates are in $pki/."
