#!/bin/bash
# root looks after what a service user owns, where systemd puts it (DynamicUser=, StateDirectory=): members, media, the
# key, a copy. All of it stays the user's, and the server, which is that user, serves it.
. "$(dirname "$(readlink -f "$0")")/service.inc"

[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || { echo "for root, with setpriv"; exit 77; }
user=62553
people alice
mkdir -m 0700 private && mkdir -m 0700 private/sealwax && chown $user:$user private/sealwax && ln -s private/sealwax state
exits 0 setpriv --reuid $user --regid $user --clear-groups true || exit 77

# foreign: what is there and not the user's
foreign() { find private/sealwax ! -uid $user; }
mkdir -m 0700 home && cp pki/alice.crt home/ && head -c 100000 /dev/urandom >home/song.ogg
# Without a key file, then with one; the files of root's that are read stand where the user cannot look.
for round in first next; do
    exits 0 "$BUILD/sealwaxd" users add --state state --role $round home/alice.crt
    exits 0 "$BUILD/sealwaxd" users list --state state
    says $round
    is "what is not the user's" "" "$(foreign)"
done
exits 0 "$BUILD/sealwaxd" media import --state state home/song.ogg
exits 0 "$BUILD/sealwaxd" media ls --state state
says song
exits 0 "$BUILD/sealwaxd" rekey --state state
is "what is not the user's" "" "$(foreign)"
exits 0 "$BUILD/sealwaxd" store copy --from state/mail.db --to state/copy.db
is "what is not the user's" "" "$(foreign)"
is "the owner of the copy" $user "$(stat -c %u state/copy.db)"
rm -f state/copy.db*

# What the user may have planted leads root nowhere.
echo root >planted && chmod 600 planted
mv state/mail.db state/mail.kept && ln -s "$here/planted" state/mail.db
"$BUILD/sealwaxd" users add --state state home/alice.crt >out 2>err </dev/null && bad "a planted link was followed"
is "what the link leads to" root "$(cat planted)"
rm state/mail.db && mv state/mail.kept state/mail.db

# The server itself: the user, with the directory where it can reach it, as systemd mounts it
mv private/sealwax served && rm state && ln -s served state
chmod 0755 . && install -o $user -m 0400 pki/localhost.key state/server.key && install -m 0644 pki/localhost.crt pki/root.crt .
# what leads here may be closed to the user: a checkout in a home directory
for dir in $(d=$here; while [ "$d" != / ]; do echo "$d"; d=$(dirname "$d"); done); do
    setpriv --reuid $user --regid $user --clear-groups test -x "$dir" || { echo "the user cannot come here: $dir"; finish; exit; }
done
daemon() {
    exec setpriv --reuid $user --regid $user --clear-groups "$BUILD/sealwaxd" --state state --cert localhost.crt --key state/server.key --trust root.crt \
        --listen "127.0.0.1:$port" --enrolled-only "$@"
}
: >server.log
mkdir -m 0777 run
daemon --ready-file run/ready 2>>server.log &
server=$!
until_so eval '[ -s run/ready ] || ! kill -0 $server 2>/dev/null' || bad "the server does not start"
exits 0 as alice media ls
says song
stop
finish
