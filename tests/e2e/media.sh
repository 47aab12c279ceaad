#!/bin/bash
# The media service: import, catalogue, plays counted once, seeking free, licences used up, changed, renewed; rekeying; a player that ends early.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
export NO_COLOR=1
unset SSLKEYLOGFILE
passed=0 failed=0 server=
trap 'kill $server $(jobs -p) 2>/dev/null' EXIT

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAIL: $*"
    [ ! -s out ] || head -c 300 out | sed 's/^/    out| /'
    [ ! -s err ] || sed 's/^/    err| /' err | head -n 5
}
exits() { # CODE COMMAND...
    want=$1
    shift
    "$@" >out 2>err </dev/null
    code=$?
    if [ $code = "$want" ]; then ok; else bad "exit code $code, not $want: $*"; fi
}
is() { if [ "$2" = "$3" ]; then ok; else bad "$1 is \"$3\", not \"$2\""; fi; }
says() { if grep -qF -- "$1" out err; then ok; else bad "nobody said \"$1\""; fi; }
same() { if cmp -s "$1" "$2"; then ok; else bad "$1 and $2 differ"; fi; }

ttp() { "$BUILD/ttp" --quiet --pki pki "$@" >/dev/null; }
ttp init "Test Root"
ttp issue localhost --profile server
for who in alice bob; do ttp issue $who --profile client; done
admin() { "$BUILD/sealwaxd" media "$@" --state state; }

head -c 12000000 /dev/urandom >"First Song.ogg"
head -c 500000 /dev/urandom >second.mp3
exits 0 admin import "First Song.ogg" --play-time 6s
exits 0 admin import second.mp3 --title "Second" --plays 1 --renewable --play-time 1s
exits 0 admin ls
says "First Song"
says "audio/mpeg"
exits 0 admin ls --json
says '"title":"First Song","type":"audio/ogg","size":12000000,"plays":3,"renewable":false}'
exits 4 "$BUILD/sealwaxd" media ls --state mistyped
exits 4 "$BUILD/sealwaxd" users list --state mistyped
exits 4 "$BUILD/sealwaxd" rekey --state mistyped
says "no sealwaxd has kept anything there"
if [ -e mistyped ]; then bad "a mistyped directory was made"; else ok; fi
exits 5 admin import nothing.ogg
exits 2 admin dance

start() {
    rm -f ready
    "$BUILD/sealwaxd" --state state --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:${port:-0} --ready-file ready 2>>server.log &
    server=$!
    for _ in $(seq 250); do [ -s ready ] && break; sleep 0.02; done
    port=$(sed 's/.*://' ready)
}
port=
start
as() { # NAME ARGUMENTS... of sealwax media
    who=$1
    shift
    "$BUILD/sealwax" media "$@" --server "localhost:$port" --trust pki/root.crt --cert "pki/$who.crt" --key "pki/$who.key"
}
web() {
    who=$1
    shift
    curl -sS -m 20 --cacert pki/root.crt --cert "pki/$who.crt" --key "pki/$who.key" "${@:1:$#-1}" "https://localhost:$port${*: -1}"
}
status() { web "$1" -o out -w '%{http_code}' "${@:2}"; }
plays() { as "$1" ls --json 2>/dev/null | python3 -c 'import json, sys
print([t["plays"] for t in map(json.loads, sys.stdin) if t["number"] == int(sys.argv[1])][0])' "$2"; }

exits 0 as alice ls
says "First Song"
is "plays before the first" 3 "$(plays alice 1)"
as alice play 1 >heard 2>err
same "First Song.ogg" heard
is "plays after it" 2 "$(plays alice 1)"
is "another's plays" 3 "$(plays bob 1)"
# seeking and going on belong to the same play
is "a range" 206 "$(status alice -r 1000-1999 '/media/First%20Song')"
dd if="First Song.ogg" bs=1 skip=1000 count=1000 2>/dev/null | cmp -s - out && ok || bad "the range is wrong"
is "what a head costs" 200 "$(status alice -I /media/1)"
is "plays after seeking" 2 "$(plays alice 1)"
sleep 6.1
as alice play "First Song" --rekey-every 1M >heard 2>err
same "First Song.ogg" heard
is "plays after a rekeyed one" 1 "$(plays alice 1)"
sleep 6.1
# a restart renews nothing
kill $server
wait $server 2>/dev/null
start
exits 0 as alice play 1 --player 'cat >heard2'
same "First Song.ogg" heard2
sleep 6.1
exits 1 as alice play 1
says "no plays"
is "status" 402 "$(status alice /media/1)"
exits 3 as alice licence 1
says "no second licence"
exits 0 as bob play 1 --player 'head -c 10 >/dev/null'
# one that may be renewed
as alice play Second >heard 2>err
same second.mp3 heard
sleep 1.1
exits 1 as alice play Second
says "a new licence can be asked for"
exits 0 as alice licence Second
as alice play 2 >heard 2>err
same second.mp3 heard
exits 1 as alice play nothing
exits 0 admin licences
says "0 of 3"
holder=$(awk '/0 of 3/ { print $1; exit }' out) track=$(awk '/0 of 3/ { print $2; exit }' out)
exits 1 admin licences "$holder" 7 2
says "there is no track 7"
exits 0 admin licences --json
says '"plays":0,"granted":3}'
exits 0 admin licences "$holder" "First Song" 2
exits 0 admin licences
says "$holder  $track  2 of"
exits 0 admin licences "$holder" "$track" 2
is "plays after the gift" 2 "$(plays alice 1)"
is "two at once" 200,409 "$(
    web alice -m 2 --limit-rate 500K -o slow -w '%{http_code}' /media/1 >first.status 2>/dev/null &
    sleep 0.3
    second=$(status alice /media/1)
    wait
    echo "$(cat first.status),$second"
)"
# nothing readable, nothing to be had by copying rows
if grep -raq "First Song" state; then bad "a title is readable on the server's disk"; else ok; fi
python3 - <<'P'
import sqlite3
db = sqlite3.connect("state/media.db")
db.execute("UPDATE licence SET sealed = zeroblob(52)")
db.commit()
P
sleep 6.1
exits 5 as alice play 1
says "changed on the server's disk"
exits 0 admin licences
says "was changed"
exits 0 admin rm "First Song"
exits 1 as bob play "First Song"
kill $server
wait $server 2>/dev/null
is "exit code of the server" 0 $?
echo "$passed passed, $failed failed"
[ $failed = 0 ]
