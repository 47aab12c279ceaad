#!/bin/bash
# The media service: import, catalogue, plays counted once, seeking free, licences used up, changed, renewed; rekeying;
# a player that ends early.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bob
admin() { "$BUILD/sealwaxd" media "$@" --state state; }

# a play of the first lasts longer than this test, one of the others is over before the next
head -c 12000000 /dev/urandom >"First Song.ogg"
head -c 500000 /dev/urandom >second.mp3
exits 0 admin import "First Song.ogg" --play-time 4h
exits 0 admin import second.mp3 --title "Second" --plays 1 --renewable --play-time 1s
exits 0 admin import second.mp3 --title "Third" --play-time 1s
over() { sleep 1.1; }
exits 0 admin ls
says "First Song"
says "audio/mpeg"
exits 0 admin ls --json
says '"title":"First Song","type":"audio/ogg","size":12000000,"plays":3,"play_time":14400,"renewable":false}'
exits 4 "$BUILD/sealwaxd" media ls --state mistyped
exits 4 "$BUILD/sealwaxd" users list --state mistyped
exits 4 "$BUILD/sealwaxd" rekey --state mistyped
says "no sealwaxd has kept anything there"
gone mistyped
exits 5 admin import nothing.ogg
says "nothing.ogg: No such file"
exits 4 admin import state
says "state: is a directory"
mkfifo endless.ogg
exits 4 admin import endless.ogg
says "endless.ogg: is not a file"
: >void.ogg
exits 4 admin import void.ogg
says "void.ogg: is empty"
exits 3 admin import second.mp3 --title Third
says "there is a track Third"
exits 2 admin import second.mp3 --title $'Fourth\nFifth'
printf x >$'steer\033[31m\nthis.ogg'
exits 0 admin import $'steer\033[31m\nthis.ogg'
exits 0 admin ls
says "steer?[31m?this"
exits 0 admin rm "steer?[31m?this"
exits 2 admin dance
# a play lasts twice as long as the track, which ffprobe says, or whoever imports it
mkdir bin
cat >bin/ffprobe <<'PROBE'
#!/bin/sh
head -c 4 >asked_about
printf '{"streams":[{"tags":{"title":"Not this one"}}],"format":{"duration":"200.26","probe_score":99,"tags":{"title":"A Song\\nOf Two Lines"}}}'
PROBE
chmod +x bin/ffprobe
lasts() { admin ls --json | python3 -c 'import json, sys
for track in map(json.loads, sys.stdin):
    if track["title"] == sys.argv[1]: print(track.get("length"), track["play_time"])' "$1"; }
PATH=$here/bin:$PATH exits 0 admin import second.mp3
says "A Song?Of Two Lines: audio/mpeg, 3:20, 3 plays"
is "what ffprobe was asked about" "$(head -c 4 second.mp3 | sha256sum)" "$(sha256sum <asked_about)"
is "what it lasts" "200.26 401" "$(lasts "A Song?Of Two Lines")"
exits 0 admin rm "A Song?Of Two Lines"
PATH=$here/bin:$PATH exits 0 admin import second.mp3 --title Told --length 5m
is "what it was said to last" "300.0 600" "$(lasts Told)"
exits 0 admin rm Told
PATH=$here/bin:$PATH exits 0 admin import second.mp3 --title Window --play-time 7s
is "a play that was said to last" "200.26 7" "$(lasts Window)"
exits 0 admin rm Window
rm bin/ffprobe
PATH=$here/bin exits 0 admin import second.mp3 --title Unknown
is "what lasts nobody knows how long" "None 14400" "$(lasts Unknown)"
exits 0 admin rm Unknown
exits 0 admin import second.mp3 --title Clip --length 2s
is "what a clip lasts" "2.0 60" "$(lasts Clip)"
exits 0 admin rm Clip
exits 2 admin import second.mp3 "First Song.ogg" --length 5m
exits 2 admin import second.mp3 --length long

start
plays() { as "$1" media ls --json 2>/dev/null | python3 -c 'import json, sys
print([t["plays"] for t in map(json.loads, sys.stdin) if t["number"] == int(sys.argv[1])][0])' "$2"; }

exits 0 as alice media ls
says "First Song"
is "plays before the first" 3 "$(plays alice 1)"
as alice media play 1 >heard 2>err
same "First Song.ogg" heard
is "plays after it" 2 "$(plays alice 1)"
is "another's plays" 3 "$(plays bob 1)"
# seeking and going on belong to the same play
is "a range" 206 "$(status alice -r 1000-1999 '/media/First%20Song')"
dd if="First Song.ogg" bs=1 skip=1000 count=1000 2>/dev/null | cmp -s - out && ok || bad "the range is wrong"
is "what a head costs" 200 "$(status alice -I /media/1)"
is "plays after seeking" 2 "$(plays alice 1)"
as bob media play "First Song" --rekey-every 1M >heard 2>err
same "First Song.ogg" heard
is "plays after one with many connections" 2 "$(plays bob 1)"
stop
start --policy modern
as bob media play "First Song" --rekey-every 1M --policy modern --trace >heard 2>err
same "First Song.ogg" heard
is "keys asked for on one connection" "1 $(($(stat -c %s "First Song.ogg") / 1048576))" "$(grep -c '^-> ClientHello' err) $(grep -c '^-> KeyUpdate' err)"
stop
start
# the server dies in the middle: the music goes on, for the same play
plays_on bob 1 "First Song.ogg"
is "plays after a server that died" 2 "$(plays bob 1)"
# used up; a restart renews nothing
as alice media play Third >heard 2>err
same second.mp3 heard
over
is "plays left" 2 "$(plays alice 3)"
stop
start
is "plays left after a restart" 2 "$(plays alice 3)"
stop
# and neither does a new version: licences had a database of their own
python3 - <<'P'
import sqlite3
db = sqlite3.connect("state/mail.db", isolation_level=None)
db.execute("ATTACH 'state/media.db' AS old")
db.execute("CREATE TABLE old.licence (holder TEXT NOT NULL, track TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (holder, track)) WITHOUT ROWID")
db.execute("INSERT INTO old.licence SELECT holder, track, sealed FROM main.licence")
db.execute("DROP TABLE main.licence")
db.execute("ALTER TABLE main.member DROP COLUMN serial")
for column in "max_deliveries", "reason", "likeness":
    db.execute("ALTER TABLE main.message DROP COLUMN " + column)
db.execute("PRAGMA user_version = 2")
P
start
is "plays left after a new version" 2 "$(plays alice 3)"
gone state/media.db
exits 0 as alice media play 3 --player 'cat >heard2'
same second.mp3 heard2
over
as alice media play 3 >heard 2>err
over
exits 1 as alice media play 3
says "no plays"
is "status" 402 "$(status alice /media/3)"
exits 3 as alice media licence 1 # there are plays left
exits 3 as alice media licence 3
says "no second licence"
exits 0 as bob media play 1 --player 'head -c 10 >/dev/null'
# one that may be renewed
as alice media play Second >heard 2>err
same second.mp3 heard
over
grep -q "this is the last play" err && ok || bad "nobody said that it was the last play"
exits 1 as alice media play Second
says "a new licence can be asked for"
exits 0 as alice media licence Second
as alice media play 2 >heard 2>err
same second.mp3 heard
exits 1 as alice media play nothing
exits 0 admin licences
says "0 of 3"
holder=$(awk '/0 of 3/ { print $1; exit }' out) track=$(awk '/0 of 3/ { print $2; exit }' out)
exits 1 admin licences "$holder" 7 2
says "there is no track 7"
exits 2 admin licences alice 1 2
says "HOLDER is the serial number"
exits 0 admin licences --json
says '"plays":0,"granted":3,'
exits 0 admin licences "$holder" "Third" 2
exits 0 admin licences
says "$holder  $track  2 of"
exits 0 admin licences "$holder" "$track" 2
is "plays after the gift" 2 "$(plays alice 3)"
# two at once: the first goes on, slowly, for as long as the second is at it
browse alice --limit-rate 100K -D first.head -o slow /media/1 2>/dev/null &
slow=$!
until_so [ -s slow ] || bad "the first of two gets nothing"
is "the second of two" 409 "$(status alice /media/1)"
is "one that seems to seek, elsewhere" 409 "$(status alice --interface 127.0.0.2 -r 0- /media/1)"
kill $slow
wait $slow 2>/dev/null
again() { [ "$(status alice -r 0-9 /media/1)" = 206 ]; }
until_so again || bad "whoever plays after one who left is told $(cat out)"
is "the first of two" 200 "$(awk 'NR == 1 { print $2 }' first.head)"
# nothing readable, nothing to be had by copying rows
if grep -raq "First Song" state; then bad "a title is readable on the server's disk"; else ok; fi
python3 - <<'P'
import sqlite3
db = sqlite3.connect("state/mail.db", 60)
db.execute("UPDATE licence SET sealed = zeroblob(52)")
db.commit()
P
exits 5 as alice media play 3
says "changed on the server's disk"
exits 0 admin licences
says "was changed"
exits 0 admin rm "First Song"
exits 1 as bob media play "First Song"
stop
finish
