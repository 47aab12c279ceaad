#!/bin/bash
# sealwaxd rekey: beside a server it refuses; messages, files, uploads, tracks and licences outlive it; what cannot be
# read is named; then kill -9 (rekey_kill.py). KILLS=N for another number of moments.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank
rekey() { "$BUILD/sealwaxd" rekey --state state "$@"; }

# two messages, 70 files and one that is not finished, two tracks, two licences
head -c 300000 /dev/urandom >big
head -c 200000 /dev/urandom >song.mp3
mkdir small
for i in $(seq 69); do echo "content $i" >small/$i; done
start
exits 0 as bank send --to alice "The OTP is 256345." --once --ttl 1h
exits 0 as bank send --to alice "hello"
exits 0 as alice put big small --quiet
exits 0 web alice -o /dev/null -X POST -H "Upload-Length: 6" -H "Upload-Metadata: filename $(printf half | base64)" -D headers /files
upload=$(tr -d '\r' <headers | sed -n 's/^Location: //p')
patch() { # OFFSET TEXT
    printf %s "$2" | status alice -X PATCH -H "Upload-Offset: $1" -H "Content-Type: application/offset+octet-stream" --data-binary @- "$upload"
}
for song in First Second; do exits 0 "$BUILD/sealwaxd" media import song.mp3 --title $song --state state; done
for who in 01 02; do exits 0 "$BUILD/sealwaxd" media licences $who 1 4 --state state; done

exits 3 rekey
says "state: a sealwaxd is at work there; stop it first"
stop
exits 3 flock -x state "$BUILD/sealwaxd" users list --state state
says "state: its key is being changed just now"
exits 3 flock -x state "$BUILD/sealwaxd" --state state --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0
says "state: its key is being changed just now"
: >state/uploads/00000000000000000000000000000000 # one that ended before anything was in it
cp -a state damaged
cp -a state first
cp state/vault.key old.key

exits 0 rekey
says "state/vault.key: changed; what was sealed anew: 77"
differ old.key state/vault.key
gone state/vault.key.next
gone state/rekey.heads
start
exits 0 as alice recv --wait 60s --count 2
says "The OTP is 256345."
says "hello"
exits 0 as alice get big -o copy --quiet
same big copy
for i in 1 35 69; do
    exits 0 as alice get small/$i -o copy$i --quiet
    same small/$i copy$i
done
is "the upload goes on" 204 "$(patch 0 "whole!")"
exits 0 web alice /files/half
says "whole!"
exits 0 "$BUILD/sealwaxd" media ls --state state
says Second
exits 0 "$BUILD/sealwaxd" media licences --state state
for who in 01 02; do if grep -qE "^$who  [0-9a-f]{32}  4 of 4  -  " out; then ok; else bad "the licence of $who is not what it was"; fi; done
stop
# the old key opens nothing any more
cp state/vault.key new.key
cp old.key state/vault.key
exits 4 "$BUILD/sealwaxd" users list --state state
says "state/vault.key: this key file belongs to another store"
exits 4 rekey
says "belongs to another store"
cp new.key state/vault.key

# what cannot be read is named, before anything is changed; --force leaves it behind
rm -rf state
cp -a damaged state
for file in state/media/*; do break; done
printf x | dd of="$file" bs=1 seek=40 conv=notrunc 2>/dev/null
exits 4 rekey
says "$file: cannot be read"
says "nothing was changed"
same old.key state/vault.key
exits 0 "$BUILD/sealwaxd" users list --state state
exits 0 rekey --force
says "anew: 76"
differ old.key state/vault.key

# one that was interrupted as soon as it had a key
rm -rf state
cp -a damaged state
cp new.key state/vault.key.next
exits 0 rekey
says "going on with the change that was interrupted"
same new.key state/vault.key
chmod 644 state/vault.key
exits 3 rekey
says "state/vault.key: "

rm -rf state
mv first state
python3 "$top/tests/e2e/rekey_kill.py" "$BUILD" "${KILLS:-40}" 77 >kills.log
code=$?
grep -v passed kills.log
[ $code = 0 ] || [ $code = 77 ] || failed=$((failed + 1))
passed=$((passed + $(sed -n 's/ passed.*//p' kills.log | grep . || echo 0)))
finish
