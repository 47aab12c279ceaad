#!/bin/bash
# Files as people use them: put, get, ls, rm; interrupted transfers; names, quotas, a full disk; the same with curl; nothing readable on the server's disk.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bob
limits=(--max-file 64M --max-space 100M)
start "${limits[@]}"

# --- there and back
head -c 10000000 /dev/urandom >big
printf 'a readable sentence, again and again\n%.0s' $(seq 5000) >text
: >empty
mkdir -p tree/below/deep && cp text tree/one && cp big tree/below/deep/two
exits 0 as alice put big text empty tree
says "put tree/below/deep/two"
exits 0 as alice ls
says "10.0 MB"
says "tree/one"
exits 0 as bob ls
says_not big
mkdir back
cd back || exit 1
exits 0 as alice get big text empty tree/below/deep/two
cd ..
for f in big text empty; do same $f back/$f; done
same big back/tree/below/deep/two
exits 1 as bob get big -o bobs
exits 1 as alice get nothing
says "there is no file nothing"
exits 0 as alice get big
says "big: is there already"
echo another >mine
exits 3 as alice get big -o mine
says "mine: exists already (--force replaces it)"
exits 0 as alice get text -o -
same text out
exits 0 as alice put text
says "text: is there already"
exits 0 as alice put big
says "big: is there already"
exits 3 as alice put mine --as text
says "409: text exists already (--force replaces it)"
exits 3 as alice put mine --as big
ln -s big link_to_big
exits 3 as alice get big -o link_to_big
says "link_to_big: exists already"
rm link_to_big mine

# --- directories: all that is below, and what is missing when the command is given again
cd back || exit 1
rm -r tree
exits 0 as alice get tree
same ../tree/below/deep/two tree/below/deep/two
rm tree/below/deep/two
exits 0 as alice get tree/
same ../tree/below/deep/two tree/below/deep/two
exits 0 as alice get tree -o elsewhere/now
same ../tree/below/deep/two elsewhere/now/below/deep/two
exits 3 as alice get tree -o -
says "tree: is a directory: it goes to no pipe"
echo changed >tree/below/deep/two
exits 3 as alice get tree
says "tree/below/deep/two: exists already"
cd ..
exits 1 as alice get tre
says "there is no file tre"
exits 1 as alice get nothing/
exits 4 as alice get tree/../text
exits 0 as alice rm tree/below/deep/two
exits 0 as alice put tree
says "put tree/below/deep/two"
exits 0 as alice put tree --json
is "what was there" there "$(field done | sort -u)"
echo changed >text2
exits 0 as alice put text2 --as text --force
exits 0 as alice get text -o text3
same text2 text3
exits 0 as alice get text -o text3
says "text: is there already"
exits 0 as alice get text -o text3 --force
tar cf - tree | as alice put - --as tree.tar 2>err || bad "put -"
as alice get tree.tar -o - 2>/dev/null | tar tf - >out
says tree/below/deep/two
exits 2 as alice put -
exits 4 as alice put text --as ../escape
exits 4 as alice put text --as /etc/passwd
exits 4 as alice get ../../pki/root.key
exits 5 as alice put nowhere
mkdir -p linked
echo inside >linked/file
ln -s . linked/loop
ln -s /etc/passwd linked/out
exits 0 as alice put linked
says "linked/loop: a link, left out"
exits 0 as alice ls
says "linked/file"
says_not "linked/out"
says_not "linked/loop"
exits 0 as alice rm linked/file
mkfifo pipe
exits 4 as alice put pipe
says "neither a file nor a directory"
as alice put - --as closed <&- 2>err >out
is "exit code without standard input" 5 $?
says "standard input: Bad file descriptor"
exits 1 as alice get closed -o -
exits 0 as alice rm text
exits 1 as alice get text -o text4
gone text4
exits 1 as alice rm text

# --- authentic and readable: only where the server offers it
exits 1 as alice put text2 --as readable --protect auth
says "received alert"
says "needs a server that offers TLS_RSA_WITH_NULL_SHA256"
exits 2 as alice put text2 --protect nothing
stop
start "${limits[@]}" --policy all --suites TLS_RSA_WITH_AES_128_CBC_SHA256:TLS_RSA_WITH_NULL_SHA256
exits 0 as alice put text2 --as readable --protect auth
says "everybody on the way can read"
exits 0 as alice get readable -o readable
same text2 readable

# --- every block under RSA; nothing at all, where the server allows that
head -c 20000 /dev/urandom >little
exits 0 as alice put little --protect rsa
exits 0 as alice get little -o little2
same little little2
exits 2 as alice get little -o little3 --protect rsa
exits 1 as alice put little --protect none
says "does not answer without TLS"
stop
start "${limits[@]}" --allow-plaintext --policy all --suites TLS_RSA_WITH_AES_128_CBC_SHA256:TLS_RSA_WITH_NULL_SHA256
plain() { verb=$1; shift; "$BUILD/sealwax" "$verb" --server "localhost:$port" --protect none "$@"; }
exits 0 plain put text
says "everybody on the way can read and change"
exits 0 plain put text
says "text: is there already"
exits 0 plain get text -o text.plain
same text text.plain
exits 0 plain ls
says_not readable
exits 0 as alice ls
says readable
is "messages without TLS" 403 "$(curl -s -o out -w '%{http_code}' "http://localhost:$port/inbox")"
is "files without TLS" 200 "$(curl -s -o out -w '%{http_code}' "http://localhost:$port/files")"
exits 0 plain rm text
exits 0 as alice bench-protect little
for way in none auth session rsa; do says "$way "; done
says "########"
says_not failed
exits 0 as alice bench-protect little --json
is "ways that worked" 4 "$(grep -c '"done":true' out)"
is "what a comparison leaves behind" 0 "$(as alice ls | grep -c bench-protect)"
exits 5 as alice bench-protect nowhere
exits 0 as alice put little --compare --json
is "ways that worked, by its other name" 4 "$(grep -c '"done":true' out)"
is "what that leaves behind" 0 "$(as alice ls | grep -c bench-protect)"
exits 2 as alice put little --compare --protect rsa
says "not with --protect"
exits 2 as alice put little text --compare
says "--compare is about one file"
stop
start "${limits[@]}"
exits 1 as alice bench-protect little
is "ways that this server does not offer" 2 "$(grep -c failed out)"

# --- a file that grows between two answers, and a server that sends more than it says
python3 "$top/tests/e2e/growing.py" growing.port 2>/dev/null &
growing=$!
until_so [ -s growing.port ] || bad "no server whose file grows"
from_growing() { "$BUILD/sealwax" get "$1" --server "localhost:$(cat growing.port)" --protect none; }
exits 1 from_growing grown
says "the file changed while it was fetched"
gone grown
exits 1 from_growing longer
says "longer: more came than the 1000 bytes that were announced"
gone longer
kill "$growing"
rm -f .*.part # what came before that was right, and would be gone on with

# --- answers that break off
python3 "$top/tests/e2e/breaking.py" breaking.port 2>/dev/null &
breaking=$!
until_so [ -s breaking.port ] || bad "no server whose answers break off"
into_breaking() { "$BUILD/sealwax" put "$@" --server "localhost:$(cat breaking.port)" --protect none; }
exits 0 into_breaking text --as refused
says "put refused"
head -c 17000000 /dev/zero >late # so large that its digest comes last
exits 0 into_breaking late --as forgotten
says "put forgotten"
exits 0 into_breaking text --as busy
says "put busy"
exits 5 into_breaking text --as never
says "never: the server takes no piece of it"
kill "$breaking"

# --- how far it is: asked for, without a terminal
exits 0 as alice put big --force --as watched --progress --quiet
says "watched  100%"
exits 0 as alice get watched --progress --json
is "objects that say how far it is" 1 "$([ "$(grep -c '"progress":"watched"' err)" -gt 0 ] && echo 1)"
exits 0 as alice get watched -o watched2 --force --no-progress
says_not "%"
exits 0 as alice rm watched

# --- interrupted: the server dies, the client dies
head -c 60000000 /dev/urandom >huge
for moment in 0.05 0.1 0.2; do # any moment will do
    alone alice put huge --force --quiet 2>err &
    client=$!
    sleep $moment
    kill -9 $client 2>/dev/null
    wait $client 2>/dev/null
done
stop # and with it what still comes from those clients
start "${limits[@]}"
touch started
alone alice put huge --force >out 2>err &
client=$!
# on its way: whoever has not reached the server yet is told that it is not there
on_its_way() { [ -n "$(find state/uploads state/files -type f -newer started)" ]; }
until_so on_its_way || bad "no upload begins"
for moment in 0.05 0.1 0.2; do
    stop -9
    start "${limits[@]}"
    sleep $moment
done
wait $client
is "exit code of a put whose server died three times" 0 $?
for i in 1 2 3; do
    alone alice get huge -o huge2 2>err >out &
    client=$!
    sleep 0.05 # any moment will do
    kill -9 $client 2>/dev/null
    wait $client 2>/dev/null
done
exits 0 as alice get huge -o huge2 --force
same huge huge2
is "parts left behind" 0 "$(find . -maxdepth 1 -name '*.part' | wc -l)"
is "uploads left behind" 0 "$(find state/uploads -type f | wc -l)"

# a server that was killed between the last piece and the name: whoever asks finds it complete
web alice -o out -D head -X POST -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 4' -H "Upload-Metadata: filename $(printf named | base64)" /files
url=$(sed -n 's/^Location: //p' head | tr -d '\r')
touch before
later() { touch probe && [ probe -nt before ]; } # as far as the file system's clock can tell
until_so later
is "the whole in one piece" 204 "$(status alice -X PATCH -H 'Content-Type: application/offset+octet-stream' -H 'Upload-Offset: 0' -d data "$url")"
stop -9
mv "$(find state/files -type f -newer before | head -n 1)" "state$url"
start "${limits[@]}"
is "not there" 404 "$(status alice /files/named)"
is "all of it is there" 200 "$(status alice -I "$url")"
is "and it has its name" data "$(web alice /files/named)"

# --- limits
head -c 70000000 /dev/zero >large
exits 1 as alice put large
says 413
exits 5 as alice put huge --as again
says 507
gone again
exits 0 as alice rm huge
stop
mv state roomy
(
    ulimit -f 20000
    start
    exits 5 as alice put huge --quiet
    says 507
    exits 0 as alice put text2 --as text
    exits 0 as alice get text -o text5
    same text2 text5
    stop
    echo "$passed $failed" >sums
)
read -r passed failed <sums
rm -rf state
mv roomy state
start "${limits[@]}"

# --- with curl
is "tus" 204 "$(status alice -X OPTIONS /files)"
is "not without a length" 400 "$(status alice -X POST /files)"
is "a name that goes up" 400 "$(status alice -X POST -H 'Upload-Length: 3' -H "Upload-Metadata: filename $(printf ../x | base64)" /files)"
web alice -o out -D head -X POST -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 10' -H "Upload-Metadata: filename $(printf by-curl | base64)" /files
url=$(sed -n 's/^Location: //p' head | tr -d '\r')
piece() { status "${3:-alice}" -X PATCH -H 'Content-Type: application/offset+octet-stream' -H "Upload-Offset: $1" -d "$2" "$url"; }
is "first piece" 204 "$(piece 0 01234)"
is "the same again" 409 "$(piece 0 01234)"
is "by somebody else" 404 "$(piece 5 56789 bob)"
is "too much" 413 "$(piece 5 567890)"
is "last piece" 204 "$(piece 5 56789)"
is "whole" 0123456789 "$(web alice /files/by-curl)"
is "a range" 345 "$(web alice -r 3-5 /files/by-curl)"
web alice -r 300001-9000000 /files/big >part
if tail -c +300002 big | head -c 8700000 | cmp -s - part; then ok; else bad "a large range differs"; fi
is "the end" 89 "$(web alice -r -2 /files/by-curl)"
is "beyond" 416 "$(status alice -r 10- /files/by-curl)"
is "part" 206 "$(status alice -r 0-0 /files/by-curl)"
is "not modified" 304 "$(status alice -H "If-None-Match: $(web alice -I /files/by-curl | sed -n 's/^ETag: //p' | tr -d '\r')" /files/by-curl)"
is "a part is for GET alone" 200 "$(status alice -I -H "Range: bytes=0-0" /files/by-curl)"
is "not another one" 412 "$(status alice -X DELETE -H "If-Match: \"0\"" /files/by-curl)"
is "still there" 200 "$(status alice -I /files/by-curl)"
is "another's" 404 "$(status bob /files/by-curl)"
web alice -o out -D head -X POST -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 3' \
    -H "Upload-Metadata: filename $(printf wrong | base64),sha256 $(printf %064d 0 | base64 -w0)" /files
url=$(sed -n 's/^Location: //p' head | tr -d '\r')
is "not what was announced" 460 "$(piece 0 abc)"
is "not there" 404 "$(status alice /files/wrong)"
is "deleted" 204 "$(status alice -X DELETE /files/by-curl)"

# --- one server for a directory: the next one waits for the end of this one, and finds everything
first=$server
"$BUILD/sealwaxd" --state state --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --ready-file ready2 2>second.log &
server=$!
await second.log "another sealwaxd serves from there"
gone ready2
is "a file at the first one, while the second one waits" 200 "$(status alice /files/big)"
kill "$first"
wait "$first" 2>/dev/null
rm -f ready
until_so [ -s ready2 ] || bad "the second one does not take over: $(cat second.log)"
stop
start

# --- at rest
if grep -raq "readable sentence" state; then bad "a file is readable on the server's disk"; else ok; fi
find state/files -type f -size +9000k | while read -r victim; do
    printf XYZ | dd of="$victim" bs=1 seek=5000000 conv=notrunc 2>/dev/null
done
rm -rf check && mkdir check && cd check || exit 1
as alice get big tree/below/deep/two >out 2>err
is "exit code for a file changed on the server's disk" 5 $?
cd ..
stop
finish
