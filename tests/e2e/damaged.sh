#!/bin/bash
# Each file of a server's state missing, cut short or changed: what that is is said, the rest works, and nothing is begun anew in silence.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank
head -c 300000 /dev/urandom >song.ogg
head -c 200000 /dev/urandom >other
exits 0 "$BUILD/sealwaxd" media import song.ogg --state state --quiet
start --quiet
for i in 1 2 3; do exits 0 as bank send --to alice --quiet "message $i"; done
exits 0 as alice put song.ogg --quiet

# the same upload as put begins, in part
begin_upload() {
    sha=$(sha256sum other | cut -d' ' -f1)
    web alice -o out -D head -X POST -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 200000' -H "Upload-Metadata: filename $(printf other | base64),sha256 $(printf %s "$sha" | base64 -w0)" /files
    url=$(sed -n 's/^Location: //p' head | tr -d '\r')
}
send_piece() { web alice -o out -X PATCH -H 'Content-Type: application/offset+octet-stream' -H "Upload-Offset: $1" --data-binary @- "$url"; }
begin_upload
head -c 150000 other | send_piece 0
# what is written last is in the log of the database alone
stop -9
[ -s state/mail.db-wal ] && ok || bad "there is no log"
mv state whole

# damage FILE HOW: of a new copy
damage() {
    rm -rf state
    cp -a whole state
    local file=state/$1 size
    size=$(stat -c %s "$file")
    case $2 in
    empty) : >"$file" ;;
    half) truncate -s $((size / 2)) "$file" ;;
    flip) printf '\377\377\377\377' | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none ;;
    gone) rm "$file" ;;
    directory) rm "$file" && mkdir "$file" ;;
    esac
}
begin() {
    : >server.log
    start --quiet
}
try_daemon() (daemon --quiet)
refuses() { # CODE TEXT
    exits "$1" try_daemon
    says "$2"
}
said_by_server() { if grep -qF -- "$1" server.log; then ok; else bad "the log does not say \"$1\""; fi; }
recv() { XDG_STATE_HOME=$(mktemp -d -p "$here") as alice recv --quiet; }
daemon_users() { "$BUILD/sealwaxd" users list --state state; }

# --- the key
for how in empty half flip; do
    damage vault.key $how
    refuses 4 "state/vault.key: this is no key file of a mailbox"
done
damage vault.key gone
refuses 4 "state/vault.key: the mailbox exists, and the key file it is sealed with does not"
gone state/vault.key

# --- the mailbox: what its log has is not thrown away with it
for how in empty gone; do
    damage mail.db $how
    refuses 4 "state/mail.db: is $how, and a sealwaxd has worked there"
    exits 4 daemon_users
    same whole/mail.db-wal state/mail.db-wal
    cp -a whole/mail.db state/mail.db # put back
    begin
    exits 0 recv
    is "messages" "message 1 message 2 message 3" "$(tr '\n' ' ' <out | sed 's/ $//')"
    stop
done
damage mail.db whole
begin
stop # which leaves no log
size=$(stat -c %s state/mail.db)
truncate -s $((size / 2)) state/mail.db
refuses 5 "state/mail.db: database disk image is malformed"
damage mail.db directory
refuses 5 "state/mail.db: "
# without a log, and gone: perhaps on purpose; it is said
damage mail.db gone
rm state/mail.db-wal
begin
said_by_server "state/mail.db: there is no mailbox any more where a sealwaxd has worked; a new one is made"
stop
# the index of the log is made anew
for how in empty half flip gone; do
    damage mail.db-shm $how
    begin
    exits 0 recv
    is "messages" "message 1 message 2 message 3" "$(tr '\n' ' ' <out | sed 's/ $//')"
    stop
done

# --- a file that is complete
file=$(cd whole && find files -type f)
for how in "empty changed" "half cut" "flip changed"; do
    damage "$file" "${how% *}"
    begin
    exits 5 as alice get song.ogg -o got --quiet
    says "500: the file was changed on the server's disk"
    gone got
    said_by_server "it was ${how#* }"
    exits 0 recv
    exits 0 as alice put song.ogg --force --quiet # and then it is there again
    exits 0 as alice get song.ogg -o got --quiet
    same song.ogg got
    rm got
    stop
done

# --- an upload that is not finished: it begins anew
upload=$(cd whole && find uploads -type f)
for how in empty half flip gone; do
    damage "$upload" $how
    begin
    exits 0 as alice put other --quiet
    exits 0 as alice get other -o got --quiet
    same other got
    rm got
    is "uploads left behind" 0 "$(find state/uploads -type f | wc -l)"
    stop
done

# --- a track
track=$(cd whole && find media -type f)
for how in empty half; do
    damage "$track" $how
    begin
    exits 4 "$BUILD/sealwaxd" media ls --state state
    says "state/media: 1 tracks cannot be read"
    as alice media play song </dev/null >out 2>err
    says "there is no track song"
    exits 0 recv
    stop
done
# in the middle: what cannot be played is said, and costs nothing where it is asked for
damage "$track" flip
begin
id=$(basename "$track")
is "at the damage" 500 "$(status alice -r 140000- "/media/$id")"
says "the track or its licence was changed on the server's disk"
said_by_server "a track was changed on the disk"
is "plays that are left" 3 "$(web alice /media | python3 -c 'import json, sys; print(json.load(sys.stdin)["tracks"][0]["plays"])')"
exits 5 as alice media play song
says "the track or its licence was changed on the server's disk"
stop
finish
