#!/bin/bash
# make large: a sparse file of SIZE (default 8G) up and down: memory of both sides stays constant (that is asserted),
# and how fast it was beside the records alone (that is reported).
set -u
exec 3>&1
BUILD=$(cd "${BUILD:-build}" && pwd)
SIZE=${SIZE:-8G}
scratch=${SCRATCH:-$(mktemp -d)}
cd "$scratch" || exit 1
most_kib=32768 # resident, of each process
passed=0 failed=0
check() { if [ "$2" -le "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $1 is $2, more than $3"; fi; }
# the most memory a process ever held, in KiB
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }

"$BUILD/ttp" --quiet --pki pki init "Large Root"
"$BUILD/ttp" --quiet --pki pki issue localhost --profile server >/dev/null
"$BUILD/ttp" --quiet --pki pki issue alice --profile client >/dev/null
"$BUILD/sealwaxd" --quiet --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --state state --listen 127.0.0.1:0 --ready-file ready &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in $(seq 3000); do [ -s ready ] && break; sleep 0.02; done # a minute at most
SEALWAX_SERVER=localhost:$(sed 's/.*://' ready)
export SEALWAX_SERVER SEALWAX_TRUST=pki/root.crt SEALWAX_CERT=pki/alice.crt SEALWAX_KEY=pki/alice.key

truncate -s "$SIZE" sparse
size=$(stat -c %s sparse)
free=$(df --output=avail -B1 . | tail -n 1)
if [ "$free" -lt $((size + (256 << 20))) ]; then
    echo "large: $size bytes do not fit on the disk of $scratch, which has $free: skipped"
    echo "0 passed, 0 failed"
    exit 0
fi
# VERB ARGUMENTS...: run it, and say how much memory it and the server took
transfer() {
    began=$(date +%s%N)
    "$BUILD/sealwax" "$@" 2>err &
    client=$!
    most=0
    while now=$(peak $client) && [ -n "$now" ]; do
        most=$now
        sleep 0.05
    done 2>/dev/null
    wait $client
    code=$?
    ms=$((($(date +%s%N) - began) / 1000000 + 1))
    echo >&3 "$1: $ms ms, $((size / 1000 / ms)) MB/s; memory: client $most KiB, server $(peak $server) KiB"
    check "exit code of $1" $code 0 >&3
    check "memory of the client at $1, in KiB," "$most" $most_kib >&3
    check "memory of the server at $1, in KiB," "$(peak $server)" $most_kib >&3
}
transfer put sparse
# what comes is compared as it comes, and takes no space
"$BUILD/sealwax" get sparse -o - 2>err | cmp -n "$size" - /dev/zero
check "difference" $? 0
mkfifo pipe
wc -c <pipe >counted &
counter=$!
transfer get sparse -o - >pipe
wait $counter
check "missing bytes" $((size - $(cat counted))) 0
echo "$passed passed, $failed failed"
[ $failed = 0 ]
