#!/bin/bash
# The numbers of sealwaxd --metrics, after things that are known to have happened.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
export NO_COLOR=1 XDG_STATE_HOME=$PWD/xdg
unset SSLKEYLOGFILE
passed=0 failed=0
server=
trap 'kill $server 2>/dev/null' EXIT

shows() { # SAMPLE: a line of the page
    if grep -qxF -- "$1" page; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL: no \"$1\" in the page, but \"$(grep -F -- "${1% *}" page)\""
    fi
}
within() { # NAME FROM TO
    value=$(sed -n "s/^$1 //p" page)
    if [ -n "$value" ] && [ "$value" -ge "$2" ] && [ "$value" -le "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL: $1 is \"$value\", not from $2 to $3"
    fi
}

for root in pki other; do "$BUILD/ttp" --quiet --pki $root init "Root of $root" --key p256 >/dev/null; done
"$BUILD/ttp" --quiet --pki pki issue localhost --profile server --key p256 >/dev/null
"$BUILD/ttp" --quiet --pki pki issue alice --profile client --key p256 >/dev/null
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
numbers=$(free_port)
"$BUILD/sealwaxd" --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --metrics "$numbers" --state state \
    --policy modern --max-queue 1 --max-file 1M --ready-file ready --verbose 2>log &
server=$!
for _ in $(seq 250); do [ -s ready ] && break; sleep 0.02; done
port=$(sed 's/.*://' ready)
alice() { # VERB ARGUMENTS...
    verb=$1
    shift
    "$BUILD/sealwax" "$verb" --quiet --server "localhost:$port" --trust "${TRUST:-pki/root.crt}" --cert pki/alice.crt --key pki/alice.key "$@"
}

head -c 300000 /dev/urandom >file
alice put file >/dev/null || echo "FAIL: put"
alice get file -o copy >/dev/null || echo "FAIL: get"
alice rm file >/dev/null || echo "FAIL: rm"
alice send --to bob one >/dev/null || echo "FAIL: send"
alice send --to bob two >/dev/null 2>&1
TRUST=other/root.crt alice whoami 2>/dev/null
exec 3<>"/dev/tcp/127.0.0.1/$port" 3>&-  # says nothing
sleep 0.2
curl -sS "http://127.0.0.1:$numbers/metrics" >page

shows 'sealwax_files_total{event="uploaded"} 1'
shows 'sealwax_files_total{event="downloaded"} 1'
shows 'sealwax_files_total{event="deleted"} 1'
shows 'sealwax_file_bytes_total{event="uploaded"} 300000'
shows 'sealwax_file_bytes_total{event="downloaded"} 300000'
shows 'sealwax_file_bytes_total{event="deleted"} 300000'
shows 'sealwax_refusals_total{code="507"} 1'
if grep -q 'sealwax_alerts_sent_total{' page; then echo "FAIL: we sent no alert" && failed=$((failed + 1)); else passed=$((passed + 1)); fi
shows 'sealwax_alerts_received_total{alert="unknown_ca"} 1'
shows 'sealwax_event_loop_warnings_total 0'
shows 'sealwax_connections_accepted_total 7'
within sealwax_tls_received_bytes_total 300000 330000
within sealwax_tls_sent_bytes_total 300000 330000
if grep -q 'file what=uploaded by=alice bytes=300000' log; then passed=$((passed + 1)); else echo "FAIL: the log does not say so" && failed=$((failed + 1)); fi

# every name is one that Prometheus would have chosen: https://prometheus.io/docs/practices/naming/
while read -r _ _ name type; do
    case $type:$name in counter:*_total | gauge:*[!l]) passed=$((passed + 1)) ;; *) echo "FAIL: the name $name" && failed=$((failed + 1)) ;; esac
done < <(grep '^# TYPE' page)
echo "$passed passed, $failed failed"
[ $failed = 0 ]
