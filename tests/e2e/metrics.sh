#!/bin/bash
# The numbers of sealwaxd --metrics, after things that are known to have happened.
. "$(dirname "$(readlink -f "$0")")/service.inc"

shows() { if grep -qxF -- "$1" page; then ok; else bad "no \"$1\" in the page, but \"$(grep -F -- "${1% *}" page)\""; fi; } # a line of the page
within() { # NAME FROM TO
    value=$(sed -n "s/^$1 //p" page)
    if [ -n "$value" ] && [ "$value" -ge "$2" ] && [ "$value" -le "$3" ]; then ok; else bad "$1 is \"$value\", not from $2 to $3"; fi
}

people alice
"$BUILD/ttp" --quiet --pki other init "Another Root"
numbers=$(python3 "$top/tests/ports.py" $$)
start --metrics "$numbers" --policy modern --max-queue 1 --max-file 1M --verbose

head -c 300000 /dev/urandom >file
exits 0 as alice put file
exits 0 as alice get file -o copy
exits 0 as alice rm file
exits 0 as alice send --to bob one
exits 5 as alice send --to bob two
exits 1 "$BUILD/sealwax" whoami --server "localhost:$port" --trust other/root.crt --cert pki/alice.crt --key pki/alice.key
exec 3<>"/dev/tcp/127.0.0.1/$port" 3>&-  # says nothing
scrape() { curl -sS --noproxy '*' "http://127.0.0.1:$numbers/metrics" >page; }
all_seen() { scrape && grep -qx 'sealwax_connections_accepted_total 7' page && grep -q 'sealwax_alerts_received_total' page; }
is "what else is there" "404 application/problem+json" "$(curl -sS --noproxy '*' -o problem -w '%{http_code} %{content_type}' "http://127.0.0.1:$numbers/healthz")"
until_so all_seen # and if not, the lines say which is missing

shows 'sealwax_files_total{event="uploaded"} 1'
shows 'sealwax_files_total{event="downloaded"} 1'
shows 'sealwax_files_total{event="deleted"} 1'
shows 'sealwax_file_bytes_total{event="uploaded"} 300000'
shows 'sealwax_file_bytes_total{event="downloaded"} 300000'
shows 'sealwax_file_bytes_total{event="deleted"} 300000'
shows 'sealwax_refusals_total{code="507"} 1'
if grep -q 'sealwax_alerts_sent_total{' page; then bad "we sent no alert"; else ok; fi
shows 'sealwax_alerts_received_total{alert="unknown_ca"} 1'
shows 'sealwax_event_loop_warnings_total 0'
shows 'sealwax_connections_accepted_total 7'
within sealwax_tls_received_bytes_total 300000 330000
within sealwax_tls_sent_bytes_total 300000 330000
await server.log "file what=uploaded by=alice bytes=300000" && ok

# every name is one that Prometheus would have chosen: https://prometheus.io/docs/practices/naming/
while read -r _ _ name type; do
    case $type:$name in counter:*_total | gauge:*[!l]) ok ;; *) bad "the name $name" ;; esac
done < <(grep '^# TYPE' page)
stop
finish
