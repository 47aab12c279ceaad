#!/bin/bash
# Players at once: as many as a licence allows, the newest is turned away and the one that watches is not, wherever in
# the track it begins; a player that seeks asks for the other place before it leaves the one it has. A server that is
# killed leaves no place taken.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bob
ttp issue alice --profile client --out pki/phone
admin() { "$BUILD/sealwaxd" media "$@" --state state; }
plays() { as alice media ls --json 2>/dev/null | python3 -c 'import json, sys
print([t["plays"] for t in map(json.loads, sys.stdin)][0])'; }

head -c 30000000 /dev/urandom >film
exits 0 admin import film --play-time 4h
start

# watch WHO FILE ARGUMENTS...: somebody watches, slowly, in the background; $!
watch() {
    rm -f "$2"
    browse "$1" --limit-rate 100K -D "$2.head" -o "$2" "${@:3}" /media/film 2>"$2.err" &
    watcher=$!
    until_so [ -s "$2" ] || bad "$1 gets nothing: $(cat "$2.err" "$2.head")"
}
# goes_on FILE: whoever watches it gets more
goes_on() {
    before=$(stat -c %s "$1")
    until_so grown "$1" "$before" || bad "the one who watches gets nothing any more"
}
grown() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
# stops: the last who began to watch
stops() {
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
}
# begins: what was set free is free
begins() { until_so served bob || bad "no place is free: $(cat out)"; }
served() { [ "$(status "$1" -r 5-9 /media/film)" = 206 ]; }

watch alice slow
# from the beginning, and with another certificate from anywhere: told at once, in words
is "a second one" 409 "$(status alice /media/film)"
says "film is being played with this licence"
is "one that seems to seek, elsewhere" 409 "$(status alice --interface 127.0.0.2 -r 0- /media/film)"
is "another certificate in the middle" 409 "$(status phone -r 1000000- /media/film)"
exits 3 as alice media play film
says "is being played"
is "somebody else" 206 "$(status bob -r 5-9 /media/film)"
# with the same certificate in the middle it may be the same player, that seeks: so it is let in, and gets nothing as
# long as it does not leave
seekers=()
for range in 1000000-1000999 0-; do
    browse alice -r $range -D "$range.head" -o "$range" /media/film 2>"$range.err" &
    seekers+=($!)
done
for range in 1000000-1000999 0-; do
    wait "${seekers[0]}"
    is "what curl says of what was cut short" 18 $?
    is "what it was told first" 206 "$(awk 'NR == 1 { print $2 }' "$range.head")"
    if [ -s $range ]; then bad "a second player got $(stat -c %s $range) bytes"; else ok; fi
    seekers=("${seekers[@]:1}")
done
grep -q 'what="is played already"' server.log && ok || bad "the log does not say so"
goes_on slow
# and what it wants when it does
rm -f part
browse alice -r 1000000-1999999 -D seek.head -o part /media/film 2>seek.err &
seeker=$!
until_so [ -s seek.head ] || bad "a player that seeks has no answer"
stops
wait $seeker
is "a player that seeks" 0 $?
tail -c +1000001 film | head -c 1000000 | cmp -s - part && ok || bad "it gets something else"
begins
is "what all that took" 2 "$(plays)"
until_so served phone || bad "a place is taken by nobody: $(cat out)"

# with new keys all the time, which are new connections; and players one after the other
exits 0 as alice media play film --rekey-every 8M --player 'cat >heard'
same film heard
exits 0 as phone media play film --rekey-every 8M --player 'cat >heard'
same film heard
is "what that took" 2 "$(plays)"

# a server that is killed, and the same player when it is there again: it has nothing to wait for
watch alice slow
stop -9
start
is "who comes from elsewhere afterwards" 206 "$(status phone -r 5-9 /media/film)"
stops
# music that goes on over all that
plays_on alice film film
until_so served phone || bad "a place is taken by nobody: $(cat out)"

# taken away in the middle
mkfifo screen
browse alice -o screen /media/film 2>screen.err &
watcher=$!
exec 3<screen
head -c 1000000 <&3 >/dev/null
exits 0 admin licences revoke alice film
until_so grep -q 'what="was revoked"' server.log || bad "the log does not say so"
cat <&3 >/dev/null
exec 3<&-
wait "$watcher"
is "what curl says of a film that was taken away" 18 $?
exits 0 admin licences grant alice film --plays 2

# a licence that allows more, and a server that does
exits 0 admin licences grant alice film --streams 2
watch alice slow
first=$watcher
watch phone slower -r 1000000-
is "a third one" 409 "$(status alice /media/film)"
goes_on slow
goes_on slower
stops
watcher=$first
exits 0 admin licences grant alice film --streams 0
is "another one, where there is one place now" 409 "$(status phone --interface 127.0.0.2 /media/film)"
stops
stop
start --max-streams 2
watch alice slow
is "a second one, where the server allows two" 206 "$(status phone -r 5-9 /media/film)"
stops
stop
exits 2 "$BUILD/sealwaxd" --check --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --state state --max-streams 0
says "--max-streams takes a number from 1"
finish
