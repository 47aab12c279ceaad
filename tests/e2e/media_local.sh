#!/bin/bash
# A track at an address of this machine, for players without certificates: length, seeking, one play; nobody else gets
# anything there; it ends with the player.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice
admin() { "$BUILD/sealwaxd" media "$@" --state state; }
plays() { as alice media ls --json 2>/dev/null | python3 -c 'import json, sys
print([t["plays"] for t in map(json.loads, sys.stdin) if t["title"] == sys.argv[1]][0])' "$1"; }
peak() { awk '/VmHWM/ { print $2 }' /proc/$offer/status; }
local_curl() { curl -sS -m 60 --noproxy '*' "$@"; }
local_status() { local_curl -o out -w '%{http_code}' "$@"; }

head -c 60000000 /dev/urandom >film
head -c 300000 /dev/urandom >song.ogg
exits 0 admin import film --play-time 4h
exits 0 admin import song.ogg --title Song --plays 1 --play-time 4h
start

# offer TRACK OPTIONS...: $offer, $url
offer() {
    rm -f url
    alone alice media play "$1" --url "${@:2}" >url 2>offer.err &
    offer=$!
    until_so [ -s url ] || bad "there is no address: $(cat offer.err)"
    url=$(cat url)
}
withdraw() {
    kill "${1:--TERM}" $offer
    wait $offer
    is "exit code of who offered it" 0 $?
}

offer film
if [[ $url =~ ^http://127\.0\.0\.1:[0-9]+/[0-9a-f]{32}$ ]]; then ok; else bad "that is no address: $url"; fi
is "its head" 200 "$(local_status -I "$url")"
before=$(peak)
is "the whole" 200 "$(local_curl -D head -o heard -w '%{http_code}' "$url")"
same film heard
grep -qi '^Content-Length: 60000000' head && grep -qi '^Accept-Ranges: bytes' head && ok || bad "no player can know how long it is"
is "a part" 206 "$(local_curl -D head -r 59000000-59000999 -o heard -w '%{http_code}' "$url")"
tail -c 1000000 film | head -c 1000 | cmp -s - heard && ok || bad "another part"
grep -qi '^Content-Range: bytes 59000000-59000999/60000000' head && ok || bad "a part of what?"
is "the next part" 206 "$(local_status -r 59001000- "$url")"
tail -c 999000 film | cmp -s - out && ok || bad "another part"
is "the end" 206 "$(local_status -r -10 "$url")"
tail -c 10 film | cmp -s - out && ok || bad "another end"
is "behind it" 416 "$(local_status -r 60000000- "$url")"
# nothing else there, and nobody else
is "another path" 404 "$(local_status "${url%?}")"
is "no path" 404 "$(local_status "${url%/*}/")"
is "another host" 421 "$(local_status -H 'Host: example.org' "$url")"
is "another method" 405 "$(local_status -X POST "$url")"
is "another address of this machine" 403 "$(local_status --interface 127.0.0.2 "$url")"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    is "another user of this machine" 403 "$(setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS -m 60 --noproxy '*' -o /dev/null -w '%{http_code}' "$url")"
fi
printf 'nonsense\r\n\r\n' | timeout 60 bash -c "exec 3<>/dev/tcp/127.0.0.1/$(sed 's/.*:\([0-9]*\).*/\1/' url); cat >&3; cat <&3" >out
says "HTTP/1.1 400"
# a player that seeks asks for the other place before it leaves the one it has, which is at its end then
mkfifo screen
curl -sS -m 120 --noproxy '*' -o screen "$url" 2>screen.err &
watcher=$!
exec 3<screen
head -c 1000000 <&3 | cmp -s - <(head -c 1000000 film) && ok || bad "it begins with something else"
is "a player that seeks" 206 "$(local_status -r 30000000- "$url")"
tail -c +30000001 film | cmp -s - out && ok || bad "it gets something else"
cat <&3 >/dev/null
exec 3<&-
wait $watcher
is "what curl says of what was left" 18 $?
# the server is killed in the middle
curl -sS -m 120 --noproxy '*' -o screen "$url" 2>screen.err &
watcher=$!
exec 3<screen
head -c 1000000 <&3 >heard
stop -9
start
cat <&3 >>heard
exec 3<&-
wait $watcher
is "what curl says" 0 $?
same film heard
is "what all that took" 2 "$(plays film)"
# in so much memory, whatever there is to play
if [ $(($(peak) - before)) -lt 16384 ]; then ok; else bad "it took $before KiB, and $(peak) in the end"; fi
withdraw
is "afterwards" 000 "$(local_status "$url" 2>err)"

offer film --rekey-every 7M
is "with new keys" 200 "$(local_status "$url")"
same film out
withdraw -INT
is "what that took" 2 "$(plays film)"
exits 0 as alice media play film --player 'curl -sS --noproxy "" {} -o heard && curl -sS -r 5-9 {} -o part'
same film heard
tail -c +6 film | head -c 5 | cmp -s - part && ok || bad "another part for a player"
http_proxy=http://127.0.0.1:9 exits 0 as alice media play film --player 'curl -sS -r 5-9 {} -o part'
exits 5 as alice media play film --player 'exit 3; {}'
says "the player failed"
exits 2 as alice media play film --url --player 'cat >/dev/null'
says "{}"
exits 0 as alice media play film --url --player 'echo {} >url'
# one that goes on when this is ended
alone alice media play film --player 'echo $$ >player; : {}; exec sleep 600' 2>err &
offer=$!
until_so [ -s player ] || bad "no player begins"
withdraw
gone "/proc/$(cat player)"
exits 0 as alice media play Song --player 'curl -sS {} -o heard'
says "this is the last play"
same song.ogg heard
# taken away: in the middle, and before
offer film
curl -sS -m 120 --noproxy '*' -o screen "$url" 2>screen.err &
watcher=$!
exec 3<screen
head -c 1000000 <&3 >/dev/null
exits 0 admin licence revoke alice film
until_so grep -q 'what="was revoked"' server.log || bad "the log does not say so"
cat <&3 >/dev/null
exec 3<&-
wait $watcher
is "what curl says of a film that was taken away" 18 $?
kill $offer
wait $offer
is "what became of it" 3 $?
grep -q "was revoked" offer.err && ok || bad "nobody said why: $(cat offer.err)"
exits 3 as alice media play film --player 'touch begun; {}'
says "was revoked"
gone begun
stop
finish
