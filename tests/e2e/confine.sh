#!/bin/bash
# sealwaxd serves confined by seccomp, says so, reloads and takes uploads like that; --no-seccomp lets it be. (Which calls are refused: tests/apps/test_confine.c.)
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
export NO_COLOR=1
unset SSLKEYLOGFILE
passed=0 failed=0 server=
trap 'kill $server 2>/dev/null' EXIT
ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAIL: $*"
    sed 's/^/    log| /' server.log | tail -n 5
}
is() { if [ "$2" = "$3" ]; then ok; else bad "$1 is \"$3\", not \"$2\""; fi; }
logged() {
    for _ in $(seq 100); do
        if grep -q "$1" server.log; then ok && return; fi
        sleep 0.02
    done
    bad "the log does not say \"$1\""
}

ttp() { "$BUILD/ttp" --quiet --pki pki "$@" >/dev/null; }
ttp init "Test Root"
ttp issue localhost --profile server
ttp issue alice --profile client

start() { # OPTIONS...
    rm -f ready
    "$BUILD/sealwaxd" --state state --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --metrics 127.0.0.1:0 \
        --ready-file ready "$@" 2>server.log &
    server=$!
    for _ in $(seq 500); do [ -s ready ] && break; sleep 0.02; done
    port=$(sed 's/.*://' ready)
}
stop() {
    kill "$server"
    wait "$server" 2>/dev/null
    is "exit code" 0 $?
    server=
}
each() { sed -n "s/^$1:[[:space:]]*//p" /proc/"$server"/task/*/status | sort | uniq -c | tr -s ' '; } # how many threads have which
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$server/status"; }
as_alice() {
    verb=$1
    shift
    "$BUILD/sealwax" "$verb" --server "localhost:$port" --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key --quiet "$@"
}

start
if grep -q "not-confined why=\"built without" server.log; then
    echo "built without libseccomp"
    exit 77
fi
if grep -q not-confined server.log; then
    echo "no seccomp here"
    exit 77
fi
logged "confined by=seccomp"
is "Seccomp" " 2 2" "$(each Seccomp)" # a filter is one thread's: the loop's, and the one that takes uploads in
is "NoNewPrivs" " 2 1" "$(each NoNewPrivs)"
head -c 9000000 /dev/urandom >big
as_alice put big && as_alice get big -o copy && cmp big copy && ok || bad "a file does not come back"
as_alice send --to alice hello && is "message" hello "$(as_alice recv --wait 5s --count 1 | tail -n 1)"
kill -HUP "$server"
logged " reloaded"
as_alice ls >list && ok || bad "after a reload it does not serve"
stop

start --no-seccomp
logged "not-confined why=--no-seccomp"
is "Seccomp" 0 "$(field Seccomp)"
stop

start --quiet
is "Seccomp" 2 "$(field Seccomp)"
stop
echo "$passed passed, $failed failed"
[ $failed = 0 ]
