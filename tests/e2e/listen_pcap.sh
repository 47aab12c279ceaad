#!/bin/bash
# sealwax connect --pcap and listen --pcap: captures that read as their formats say, the same bytes at both ends, the
# secrets in the client's; decrypted by tshark where it is.
. "$(dirname "$(readlink -f "$0")")/listen.inc"
ttp init "Capture Root" >/dev/null
ttp issue localhost --profile server --out server >/dev/null
ttp issue alice --profile client --out alice >/dev/null
head -c 200000 /dev/urandom >big
echo "a word that nobody may read" >word
connect() { timeout 120 "$sealwax" connect "127.0.0.1:$port" --name localhost --trust pki/root.crt --cert alice.crt --key alice.key "$@"; }
capture() { # FILE SECRETS FLOWS: it is one, and has so many
    if python3 "$top/tests/e2e/capture.py" "$1" >"$1.txt" 2>err; then ok; else bad "$1 is no capture"; fi
    says "secrets in $1" "^secrets $2$" "$1.txt"
    flows=$(($(wc -l <"$1.txt") - 1))
    if [ $flows = "$3" ]; then ok; else bad "flows in $1: $flows, not $3"; fi
    if [ "$(stat -c %a "$1")" = 600 ]; then ok; else bad "mode of $1: $(stat -c %a "$1")"; fi
}
# complete FILE FLOWS: all of them have ended there
complete() { python3 "$top/tests/e2e/capture.py" "$1" >"$1.txt" 2>err && [ "$(wc -l <"$1.txt")" = $(($2 + 1)) ]; }
any='[0-9]+' # a server's secrets are there in a build with KEYLOG=1 alone

listen server --cert server.crt --key server.key --trust pki/root.crt --pcap server.pcapng
touch word.pcapng && chmod 644 word.pcapng # one that was there is replaced, and is private then
connect --pcap word.pcapng <word >back 2>err
if cmp -s word back; then ok; else bad "the connection itself"; fi
says "a warning" "the secrets of these connections are in word.pcapng" err
capture word.pcapng 1 1
connect --pcap big.pcapng --policy modern <big >back 2>err
if cmp -s big back; then ok; else bad "a large connection"; fi
capture big.pcapng 1 1
SSLKEYLOGFILE=keys.log connect --pcap both.pcapng <word >back 2>err
capture both.pcapng 1 1
says "the key log, too" "^CLIENT_RANDOM " keys.log
connect --suites 0x000A --pcap refused.pcapng <word >back 2>err # nothing in common
capture refused.pcapng 0 1
exits 5 "a place that is not there" connect --pcap nowhere/x.pcapng
says "which" "nowhere/x.pcapng: No such file or directory" err
until_so complete server.pcapng 4
stop
"$sealwax" listen "[::1]:0" --ready-file six --once --cert server.crt --key server.key --trust pki/root.crt --pcap six.pcapng 2>six.log &
server=$!
until_so test -s six
connect_six() { timeout 120 "$sealwax" connect "$(cat six)" --name localhost --trust pki/root.crt --cert alice.crt --key alice.key --pcap word6.pcapng; }
connect_six <word >back 2>err
wait $server
capture word6.pcapng 1 1

# both ends saw the same
capture server.pcapng "$any" 4
for f in word big both refused; do
    if tail -n 1 $f.pcapng.txt | grep -qxFf - server.pcapng.txt; then ok; else bad "$f: client and server have not seen the same"; fi
done
capture six.pcapng "$any" 1
if [ "$(tail -n 1 six.pcapng.txt)" = "$(tail -n 1 word6.pcapng.txt)" ]; then ok; else bad "IPv6: client and server have not seen the same"; fi

if grep -aq "nobody may read" ./*.pcapng; then bad "the text is in a capture"; else ok; fi
if command -v tshark >/dev/null; then
    for f in word word6 both; do
        tshark -r $f.pcapng -q -z follow,tls,ascii,0 >follow.txt 2>err
        says "what tshark reads in $f" "a word that nobody may read" follow.txt
    done
fi
finish
