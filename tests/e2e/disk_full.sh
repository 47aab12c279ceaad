#!/bin/bash
# A disk that is full, as a small file system: what is there can be read, acknowledged and deleted, nothing new is
# accepted, nothing is lost or shown twice, also over kill -9; and with space everything works again.
if [ -z "${DISK_FULL_INSIDE-}" ]; then
    export DISK_FULL_INSIDE=1
    for as in "unshare -m" "unshare -rm"; do
        $as true 2>/dev/null && $as mount -t tmpfs -o size=1m tmpfs /mnt 2>/dev/null && exec $as "$0"
    done
    echo "no file system can be mounted here"
    exit 77
fi
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank
metrics=$(python3 "$top/tests/ports.py" $$)
mkdir state
mount -t tmpfs -o size=24m tmpfs state || exit 1
chmod 700 state
settings=(--metrics "$metrics" --max-rate 100000 --max-queue 100000 --quiet)

fill() { cat /dev/zero >state/filler 2>/dev/null; }
# post SIZE TEXT: of that many bytes, in which the text stands first; accepted: how often that worked
post() {
    { printf '%s ' "$2"; head -c "$1" /dev/zero | tr '\0' x; } | as bank send --to alice --quiet - 2>err >out
}
# post_until_full SIZE NAME: numbers what it sends, keeps in the file accepted what was
post_until_full() {
    local i=0
    while post "$1" "$2-$i"; do
        echo "$2-$i" >>accepted
        i=$((i + 1))
        [ $i -lt 2000 ] || { bad "the disk is never full"; return; }
    done
    says "507: the server's disk is full"
}
# read_all: what is shown stays in the file shown, one word a message
read_all() { as alice recv --quiet 2>err | cut -d' ' -f1 >>shown; }
all_shown_once() { if diff <(sort accepted) <(sort shown) >out; then ok; else bad "$1: shown is not what was accepted: $(head -n 5 out)"; fi; }

# --- another program fills the disk
start "${settings[@]}"
exits 0 as alice put "$top/README.md" --as before --quiet
for i in $(seq 20); do
    post 20000 "first-$i" || bad "cannot send"
    echo "first-$i" >>accepted
done
exits 0 as bank send --to alice --ttl 2s --json "for a moment"
moment=$(field id)
fill
post_until_full 20000 late
until_so grep -q "disk-full" server.log || bad "the log does not say that the disk is full"
reserve_is() { curl -s "http://127.0.0.1:$metrics/metrics" | grep -qx "sealwax_reserve_bytes $1"; }
reserve_is 0 && ok || bad "the metrics do not say that the reserve is given up"
exits 5 as alice put "$top/README.md" --as after --quiet
says "507: the server's disk is full"
exits 0 as alice get before -o got --quiet
same "$top/README.md" got
expired() { as bank receipt "$moment" --quiet >out 2>err; grep -q expired out; }
until_so expired || bad "nothing expires"

# killed in the middle, and begun again without space: what is lost is space for new messages alone
client alice
"$BUILD/sealwax" recv "${connection[@]}" --quiet --count 5 2>/dev/null | cut -d' ' -f1 >>shown &
reader=$!
until_so test -s shown
stop -9
wait $reader
start "${settings[@]}"
post 100 refused && bad "accepted on a disk that is full"
says "507: the server's disk is full"
read_all
all_shown_once "after kill -9"
is "messages that wait" '{"messages":[]}' "$(web alice /inbox)"
exits 0 as alice rm before --quiet

# with space all is as before, and that is said
rm state/filler
has_reserve() { [ "$(stat -c %b state/reserve)" -gt 0 ]; }
until_so has_reserve || bad "the reserve is not taken again"
reserve_is 1572864 && ok || bad "the metrics do not say that there is a reserve"
until_so grep -q "disk-has-space" server.log || bad "the log does not say that there is space"
exits 0 as bank send --to alice --quiet "works again"
exits 0 as alice recv --quiet
says "works again"
exits 0 as alice put "$top/README.md" --as after --quiet

# --- the mailbox itself fills the disk, and reading it makes space
: >accepted
: >shown
rm -f err
post_until_full 60000 own
[ "$(wc -l <accepted)" -gt 100 ] && ok || bad "full after $(wc -l <accepted) messages"
read_all
all_shown_once "its own messages"
until_so has_reserve || bad "an empty mailbox leaves no space"
until_so post 60000 again || bad "an empty mailbox takes no message"
exits 0 as alice recv --quiet

# --- somebody takes the reserve away: it is taken again
rm state/reserve
stop
start "${settings[@]}"
has_reserve && ok || bad "no reserve at the start"
stop

# --- tools beside the server
exits 0 "$BUILD/sealwaxd" users add pki/alice.crt --state state --quiet
fill
exits 0 "$BUILD/sealwaxd" users list --state state
says alice
exits 0 "$BUILD/sealwaxd" users remove alice --state state --quiet
is "what is left of the reserve" 0 "$(stat -c %s state/reserve)"
exits 5 "$BUILD/sealwaxd" media import "$top/README.md" --state state
says "No space left on device"
is "what is left of a track" 0 "$(find state/media -type f | wc -l)"
rm state/filler

# --- the first start, with ever less space: it is said, and with space it works
for free in 0 4 8 16 32 48 80; do
    rm -rf state/new
    cat /dev/zero >state/filler 2>/dev/null
    truncate -s -$((free * 1024)) state/filler
    exits 5 "$BUILD/sealwaxd" users add pki/alice.crt --state state/new
    grep -qE "state/new(/mail.db: the disk is full|(/[a-z.]*)?: No space left on device)" err && ok || bad "that does not say what is full"
    rm state/filler
    exits 0 "$BUILD/sealwaxd" users add pki/alice.crt --state state/new --quiet
    exits 0 "$BUILD/sealwaxd" users list --state state/new
    says alice
done

# --- without a reserve, as asked for
start "${settings[@]}" --store-reserve 0
gone state/reserve
stop
exits 2 "$BUILD/sealwaxd" --check --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --store-reserve 10
says "--store-reserve: less than 1M is no reserve; 0 is none"

# --- a lack of space that is over before anybody looks, here a limit on the size of files: uploads go on
rm -rf state/*
(
    ulimit -f 1200
    : >server.log
    start "${settings[@]}" --store-reserve 1M
    for i in $(seq 40); do post 60000 "$i" || break; done
    [ "$i" -lt 40 ] && ok || bad "there is no limit"
    until_so has_reserve || bad "the reserve is not taken again"
    uploads() { as alice put "$top/README.md" --force --quiet >out 2>err; }
    until_so uploads || bad "no upload is accepted any more"
    stop
    echo "$passed $failed" >sums
)
read -r passed failed <sums
finish
