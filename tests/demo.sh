#!/bin/sh
# make demo: from nothing to a delivered one-time password. A trusted third party is made and signs two requests; Alice listens, her bank connects, both
# show certificates, the password goes over TLS 1.2 with RSA key transport and MAC-then-encrypt records; and an eavesdropper in the middle
# shows what can be seen of it, without protection and with it. Certificates stay in certs/. Can be run again.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
pki=certs
otp='The OTP for transferring Rs 1,00,000 to your friend'"'"'s account is 256345.'
scratch=$(mktemp -d)
pids=
cleanup() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT INT TERM

say() { printf '\n== %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
ttp() { show "ttp $*"; "$build/ttp" --pki $pki "$@"; }
await() { # FILE: until it is there, five seconds at most
    for _ in $(seq 100); do [ ! -s "$1" ] || return 0; sleep 0.05; done
    echo "demo: $1 did not appear" >&2
    return 1
}

# A relay that writes down everything which passes, in both directions: the eavesdropper.
cat >"$scratch/tap.py" <<'P'
import socket, sys, threading
target, ready, dump = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "wb", 0)
server = socket.create_server(("127.0.0.1", 0))
with open(ready, "w") as f:
    f.write(str(server.getsockname()[1]))
client, _ = server.accept()
peer = socket.create_connection(("127.0.0.1", target))
def pump(a, b):
    while data := a.recv(65536):
        dump.write(data)
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)
back = threading.Thread(target=pump, args=(peer, client))
back.start()
pump(client, peer)
back.join()
P
tap() { # TARGET-PORT NAME: start one; its port in $tap_port, what it sees in $scratch/NAME.seen
    rm -f "$scratch/$2.port"
    python3 "$scratch/tap.py" "$1" "$scratch/$2.port" "$scratch/$2.seen" &
    pids="$pids $!"
    await "$scratch/$2.port"
    tap_port=$(cat "$scratch/$2.port")
}

say "A trusted third party: a root certificate, and two signed requests"
if [ -e $pki/root.crt ]; then echo "($pki/root.crt is there from the last time)"; else ttp init "Demo Root"; fi
for who in alice.example:server bank:client; do
    name=${who%:*}
    ttp request "$name" --out "$pki/$name" --force
    ttp sign "$pki/$name.csr" --profile "${who#*:}" --out "$pki/$name.crt" --force --yes
done

say "Alice listens, and wants to see a certificate of whoever comes"
show "sealwax listen 0 --cert alice.example.crt --trust root.crt --client-auth require --reply pipe --once --trace"
# her keyboard: nothing comes from it, but it stays open, since its end would be hers
mkfifo "$scratch/keyboard"
exec 3<>"$scratch/keyboard"
"$build/sealwax" listen 127.0.0.1:0 --cert $pki/alice.example.crt --key $pki/alice.example.key --trust $pki/root.crt \
    --client-auth require --reply pipe --once --trace --ready-file "$scratch/alice.ready" <&3 >"$scratch/alice.screen" 2>"$scratch/alice.trace" &
alice=$!
pids="$pids $alice"
await "$scratch/alice.ready"
port=$(sed 's/.*://' "$scratch/alice.ready")
tap "$port" tls

say "Her bank connects, through somebody who listens, and sends"
show "sealwax connect alice.example --cert bank.crt --trust root.crt --brief"
printf '%s\n' "$otp" | "$build/sealwax" connect "127.0.0.1:$tap_port" --name alice.example --trust $pki/root.crt --cert $pki/bank.crt \
    --key $pki/bank.key --brief
wait "$alice"

say "The handshake, as Alice saw it"
cat "$scratch/alice.trace"

say "Alice's screen"
cat "$scratch/alice.screen"
[ "$(cat "$scratch/alice.screen")" = "$otp" ]

say "What the eavesdropper saw of it"
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
pids="$pids $!"
await "$scratch/plain.port"
tap "$(cat "$scratch/plain.port")" bare
printf '%s\n' "$otp" | python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
s.recv(1)' "$tap_port"
od -A d -t x1z "$scratch/bare.seen"
grep -aq 256345 "$scratch/bare.seen"

say "Delivered. The certificates are in $pki/."
