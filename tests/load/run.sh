#!/bin/bash
# make load: N recipients (default 10,000, or what the limit of open files allows) that follow their inbox on one
# sealwaxd, then MESSAGES (default 5,000) to random ones. LONG=1: what comes twice is watched for until every lease has
# run out (60 s) and the server has looked again at all who wait (every 30 s).
set -eu
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}"
limit=$(ulimit -Hn)
[ "$limit" = unlimited ] && limit=1000000
most=$(((limit - 100) / 2)) # the server needs two for each
N=${N:-10000}
if [ "$N" -gt "$most" ]; then
    echo "load: at most $limit open files: $most recipients instead of $N"
    N=$most
fi
"$BUILD/ttp" --quiet --pki pki init "Load Root" --key p256
"$BUILD/ttp" --quiet --pki pki issue localhost --profile server --key p256 >/dev/null
"$BUILD/sealwaxd" --quiet --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --policy modern --state state --listen 127.0.0.1:0 \
    --ready-file ready --timeout 300 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
for _ in $(seq 3000); do [ -s ready ] && break; sleep 0.02; done # a minute at most
"$BUILD/tests/load/load" pki/root.crt pki/root.key "$(sed 's/.*://' ready)" $server "$N" "${MESSAGES:-5000}" "$([ -z "${LONG:-}" ] && echo 0.5 || echo 95)"
