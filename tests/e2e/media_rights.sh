#!/bin/bash
# Who may play what, and until when: licences granted and revoked by name and by serial number, with an end;
# certificates that are renewed.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bob cafe
ttp issue alice --profile client --out pki/phone
admin() { "$BUILD/sealwaxd" media "$@" --state state; }
licences() { admin licences "$@"; }
users() { "$BUILD/sealwaxd" users "$@" --state state; }
serial() { openssl x509 -in "pki/$1.crt" -noout -serial | sed 's/.*=//'; }
small() { tr A-F a-f <<<"$1"; }
plays() { as "$1" media ls --json 2>/dev/null | python3 -c 'import json, sys
print([t["plays"] for t in map(json.loads, sys.stdin) if t["title"] == sys.argv[1]][0])' "$2"; }

head -c 300000 /dev/urandom >song.ogg
exits 0 admin import song.ogg --title Song --play-time 4h --renewable
exits 0 admin import song.ogg --title Short --play-time 1s --renewable
exits 0 admin import song.ogg --title Other

# somebody whom the server has never seen
exits 1 licences grant alice Song
says "nobody called alice is enrolled"
exits 1 licences ls alice
exits 0 users add pki/alice.crt
exits 0 licences grant alice Song --plays 5 --until +30d --streams 2
says "$(small "$(serial alice)")"
says "5 of 5  alice  until 20"
says "2 at once  Song"
exits 1 licences grant alice Nothing
says "there is no track Nothing"
exits 2 licences grant alice
exits 2 licences grant alice Song --until yesterday
says "--until takes a time like"
exits 2 licences grant alice Song --until 2020-01-01
says "media licences revoke"
exits 2 licences grant alice Song --plays many
exits 0 licences grant alice Song --until 2100-01-01T12:00:00+02:00 --json
says '"until":"2100-01-01T10:00:00Z"'
says '"plays":5,'
exits 0 licences grant alice Song --until none --json
says_not '"until"'
# by number: as it stands in the list, as openssl has it, and of nobody who is known
exits 0 licences grant "$(serial alice)" Song --plays 4
says "4 of 4  alice"
exits 0 licences grant "serial:$(sed 's/../&:/g; s/:$//' <<<"$(serial alice)")" Song --plays 5
says "5 of 5  alice"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /CN=carol -set_serial 0xfedcba98 -out carol.crt 2>/dev/null
exits 0 users add carol.crt # whose number has a first bit that is set
exits 0 licences grant "$(openssl x509 -in carol.crt -noout -serial | sed 's/.*=//')" Song
says "  carol  Song"
exits 0 licences grant 0a1b Song
says "0a1b  "
says "3 of 3  -  Song"
# a name that looks like a number
exits 0 licences grant cafe Other
says "cafe  "
exits 0 users add pki/cafe.crt
exits 0 licences grant cafe Song --plays 9
says "$(small "$(serial cafe)")"
exits 0 licences grant serial:cafe Song --plays 8
says "8 of 8"
exits 0 licences ls cafe
says "9 of 9  cafe"
says_not "8 of 8"
exits 2 licences revoke serial:xyz Song
# a name with many certificates, each of which has a licence of its own: revoking the name leaves none of them
crowd=70
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out crowd.key 2>/dev/null
for ((i = 1; i <= crowd; i++)); do
    openssl req -x509 -new -key crowd.key -subj /CN=crowd -set_serial $((0xc000 + i)) -out crowd.$i.crt
done
exits 0 users add crowd.*.crt
for ((i = 1; i <= crowd; i++)); do licences grant "serial:$(printf %x $((0xc000 + i)))" Other; done >granted 2>&1
is "licences of a crowd" $crowd "$(grep -c '  crowd  Other' granted)"
exits 3 licences grant crowd Other
exits 0 admin licence revoke crowd Other
is "licences of it that were revoked" $crowd "$(grep -c revoked out)"
licences ls crowd >out
is "licences of it that are left" 0 "$(grep -vc revoked out)"

start --log json
is "what was granted" 5 "$(plays alice Song)"
is "what was not" 3 "$(plays bob Song)"
as alice media play Song >heard 2>err
same song.ogg heard
is "plays after it" 4 "$(plays alice Song)"

# another certificate of the same name, and a renewed one: the same licence, the same play, and no others
is "plays of the phone" 4 "$(plays phone Song)"
as phone media play Song >heard 2>err
same song.ogg heard
is "plays after the phone" 4 "$(plays alice Song)"
before=$(serial alice)
ttp renew "$before" --rekey --force
if [ "$before" = "$(serial alice)" ]; then bad "the certificate was not renewed"; else ok; fi
is "plays of the renewed certificate" 4 "$(plays alice Song)"
as alice media play Song >heard 2>err
same song.ogg heard
is "plays after it" 4 "$(plays alice Song)"
exits 0 licences ls alice Song
says "$(small "$before")"
is "licences" 1 "$(wc -l <out)"
# used up by one, used up for all
over() { sleep 1.1; }
for who in alice phone alice; do
    exits 0 as $who media play Short --player 'cat >/dev/null'
    over
done
for who in phone alice; do
    is "status of $who" 402 "$(status $who /media/Short)"
done
exits 0 as phone media licence Short
exits 3 as alice media licence Short

# an end: nothing begins from then on, and what has begun may go on
soon() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }
exits 0 licences grant bob Short --until +1w # he was here, though nobody has enrolled him
says "3 of 3  bob  until"
is "a play before the end" 200 "$(status bob /media/Song)"
exits 0 licences grant alice Short --plays 2 --until +1d
exits 0 as alice media ls
says ", until 20"
exits 0 licences grant bob Song --until "$(soon 10)"
exits 0 licences grant alice Short --until "$(soon 10)"
has_ended() { [ "$(status alice /media/Short)" = 403 ]; }
until_so has_ended || bad "the licence does not end: $(cat out)"
says "the licence for Short ended at 20"
exits 3 as alice media licence Short
says "the licence for Short ended at"
exits 3 as alice media play Short
exits 0 as alice media ls
says ", ended 20"
exits 0 licences ls alice
says "  ended 20"
until_so grep -q '"what":"has ended"' server.log || bad "the log does not say so"
is "the play that had begun" 206 "$(status bob -r 1000- /media/Song)"
exits 0 licences grant alice Short --until none
is "after that" 200 "$(status alice /media/Short)"

# revoked: at once, for every certificate of the name, and nobody gets another one
exits 0 licences revoke alice Song
says "0 of"
says "revoked"
for who in alice phone; do
    is "status of $who" 403 "$(status $who -r 5- /media/Song)"
    says "the licence for Song was revoked"
done
exits 3 as phone media licence Song
exits 0 as alice media ls
says "revoked"
exits 0 licences revoke bob Other # before he ever asked
is "status of bob" 403 "$(status bob /media/Other)"
exits 0 licences grant alice Song
says "3 of "
is "granted again" 206 "$(status phone -r 5- /media/Song)"
exits 0 licences --json
says '"name":"alice","title":"Song"'
stop
finish
