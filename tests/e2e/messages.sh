#!/bin/bash
# The mailbox as people use it: sealwaxd, sealwax send, recv, list, receipt, whoami, and curl for all of it. Limits,
# expiry, reload, a proper end.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank mallory
ttp issue alice --profile client --out pki/phone
"$BUILD/ttp" --quiet --pki strange init "Another Root" && "$BUILD/ttp" --quiet --pki strange issue alice --profile client --out strange/stranger >/dev/null
follow() { alone "$1" recv --follow; } # in the background

ttp crl
start --crl pki/root.crl --max-message 16K --max-queue 3 --max-ttl 1d

# --- who one is
exits 0 as alice whoami
is "name" alice "$(cat out)"
exits 1 "$BUILD/sealwax" whoami --server "localhost:$port" --trust pki/root.crt --cert strange/stranger.crt --key strange/stranger.key
says "does not trust who issued our certificate"
await server.log "its issuer, Another Root"
grep -qE 'connection from=127\.0\.0\.1:[0-9]+ failed="[a-z]+: its issuer, Another Root' server.log && ok || bad "the log does not say who was refused: $(tail -n 1 server.log)"
exits 1 "$BUILD/sealwax" whoami --server "localhost:$port" --trust strange/root.crt --cert pki/alice.crt --key pki/alice.key
exits 1 as alice whoami --name wrong.example
nobody() { "$BUILD/sealwax" "$@" --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key; }
for verb in whoami ls "send --to bob hello"; do # where nobody ever was, one line and no second try
    exits 5 "$BUILD/sealwax" $verb --server localhost:1 --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key
    is "$verb: lines about it" 1 "$(grep -c . err)"
    says "cannot connect: Connection refused"
done
exits 2 nobody ls --server localhost:99999
is "lines about a port that is none" 1 "$(grep -c "is not HOST:PORT" err)"
exits 6 nobody recv --wait 1s --server localhost:1
is "lines of one who waits" 1 "$(grep -c "cannot connect" err)"
exits 2 "$BUILD/sealwax" whoami --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key
exits 2 as bank send nobody
exits 2 as bank send --to "" text
exits 2 as bank send --to alice --ttl 5x
says "--ttl takes a length of time"
exits 4 as bank send --to alice
says "standard input is empty: nothing is sent"
chmod 644 pki/bank.key
exits 3 as bank send --to alice text
says "chmod 600"
chmod 600 pki/bank.key

# --- who comes and goes leaves nothing open behind him
descriptors() { ls /proc/$server/fd | wc -l; }
had=$(descriptors)
for _ in $(seq 20); do as alice whoami >/dev/null 2>&1; done
for _ in $(seq 600); do [ "$(descriptors)" -gt "$had" ] || break; sleep 0.1; done
if [ "$(descriptors)" -le "$had" ]; then ok; else bad "descriptors of the server: $had, and $(descriptors) after twenty visits"; fi

# --- a one-time password
exits 6 as alice recv
says "no messages"
exits 0 as bank send --to alice --once "The OTP is 256345."
exits 0 as alice list
says "bank"
says_not 256345
exits 0 as mallory list
says_not bank
exits 0 as alice recv
says "The OTP is 256345."
says "from bank"
exits 6 as alice recv
exits 0 as bank send --to alice --once --json again
id=$(field id)
exits 6 as bank receipt "$id"
is "state" queued "$(cat out)"
exits 1 as mallory receipt "$id"
says "404"
exits 0 as alice recv --quiet
is "only the text" again "$(cat out)"
exits 0 as bank receipt "$id"
is "state" acknowledged "$(cat out)"

# --- waiting on both sides
follow alice >followed 2>followed.err &
reader=$!
exits 0 as bank send --to alice --receipt "while you wait"
says "acknowledged by alice"
await followed "while you wait"
exits 0 as bank send --to alice --once=strict --receipt "strictly once"
says "delivered to alice"
await followed "strictly once"
exits 3 as alice recv
says "another reader"
follow alice >followed2 2>followed2.err &
second=$!
wait $reader
is "exit code of a reader who is replaced" 3 $?
exits 0 as bank send --to alice --receipt "to the new one"
await followed2 "to the new one"
# the database takes everything but acknowledgements for a while: what was shown is acknowledged when it can be, and not
# shown again
database() { python3 -c 'import sqlite3, sys; sqlite3.connect("state/mail.db").execute(sys.argv[1])' "$1"; }
database "CREATE TRIGGER no_ack BEFORE UPDATE ON message WHEN NEW.state = 2 BEGIN SELECT RAISE(ABORT, 'not now'); END"
exits 0 as bank send --to alice --json "not acknowledged at once"
id=$(field id)
await followed2 "not acknowledged at once"
await followed2.err "cannot be used now"
exits 6 as bank receipt "$id"
is "state" delivered "$(cat out)"
database "DROP TRIGGER no_ack"
exits 0 as bank send --to alice --receipt "after the trouble"
exits 0 as bank receipt "$id"
is "state" acknowledged "$(cat out)"
is "shown" 1 "$(grep -c "not acknowledged at once" followed2)"
kill $second
wait $second 2>/dev/null
exits 6 as alice recv --wait 1s
(sleep 0.5; as bank send --to alice "at last" >/dev/null 2>&1) & # before or after the reader is there
exits 0 as alice recv --wait 60s
says "at last"
exits 0 as bank send --to alice one
exits 0 as bank send --to alice two
exits 0 as alice recv --count 1
says one
says_not two
exits 0 as alice recv --json
is "text" two "$(field text)"
is "sender" bank "$(field from)"

# --- time
exits 1 as bank send --to alice --ttl 1s --receipt late
says "expired"
exits 6 as alice recv
exits 4 as bank send --to alice --ttl 2d "too long"
says "longer than this server keeps messages, or no time at all: at most 86400 seconds"

# --- what is not text; what is a file
head -c 500 /dev/urandom >bytes
"$BUILD/sealwax" send --to alice --server "localhost:$port" --trust pki/root.crt --cert pki/bank.crt --key pki/bank.key - <bytes 2>/dev/null
exits 0 as alice recv
if cmp -s bytes out; then ok; else bad "bytes arrived changed"; fi
printf 'line one\nline two\n' >lines
"$BUILD/sealwax" send --to alice --server "localhost:$port" --trust pki/root.crt --cert pki/bank.crt --key pki/bank.key <lines 2>/dev/null
exits 0 as alice recv
if cmp -s lines out; then ok; else bad "lines arrived changed"; fi

# --- limits
head -c 20000 /dev/zero | tr '\0' x >long
exits 1 as bank send --to alice "$(cat long)"
says "413"
for i in 1 2 3; do exits 0 as bank send --to bob "$i"; done
exits 5 as bank send --to bob 4
says "507"
is "status of a full queue" 507 "$(status bank -d 4 '/messages?to=bob')"
is "status of a long message" 413 "$(status bank --data-binary @long '/messages?to=alice')"
is "status of a body nobody takes" 413 "$(head -c 5000000 /dev/zero | status bank -H Expect: --data-binary @- '/messages?to=alice')"
got=
for _ in $(seq 40); do got="$got $(status bank -d x '/messages?to=rate')"; web mallory -o /dev/null '/healthz'; done
case $got in *507*) ok ;; *) bad "the queue was never full: $got" ;; esac

# --- everything with curl
is "not without a name" 400 "$(status bank -d x '/messages')"
is "not to a strange name" 400 "$(status bank -d x '/messages?to=a%0Ab')"
is "once is known" 400 "$(status bank -d x '/messages?to=alice&once=perhaps')"
is "accepted" 201 "$(status bank -d 'hello' -H 'Idempotency-Key: k1' '/messages?to=alice&ttl=5m')"
id=$(field id)
is "the same again" 200 "$(status bank -d 'hello' -H 'Idempotency-Key: k1' '/messages?to=alice&ttl=5m')"
is "the same message" "$id" "$(field id)"
is "not another message under it" 422 "$(status bank -d 'hallo' -H 'Idempotency-Key: k1' '/messages?to=alice&ttl=5m')"
is "others do not see it" 404 "$(status mallory "/inbox/$id")"
is "others do not see its receipt" 404 "$(status alice "/messages/$id")"
is "not acknowledged unread" 409 "$(status alice -X POST "/inbox/$id/ack")"
is "read" 200 "$(status alice "/inbox/$id")"
is "text" hello "$(cat out)"
is "not by another certificate of the same name" 409 "$(status phone "/inbox/$id")"
is "read again: a GET uses nothing up" 200 "$(status alice "/inbox/$id")"
is "acknowledged" 200 "$(status alice -X POST "/inbox/$id/ack")"
is "acknowledged again" 200 "$(status alice -X POST "/inbox/$id/ack")"
is "gone" 410 "$(status alice "/inbox/$id")"
is "receipt" 200 "$(status bank "/messages/$id?wait=5s")"
is "state" acknowledged "$(field state)"
is "tries that were turned away: the other certificate, and after its end" 2 "$(field turned_away)"
is "strict" 201 "$(status bank -d s '/messages?to=alice&once=strict')"
id=$(field id)
is "a GET does not use it up" 409 "$(status alice "/inbox/$id")"
is "taken" 200 "$(status alice -X POST "/inbox/$id/take")"
is "text" s "$(field text)"
is "gone" 410 "$(status alice -X POST "/inbox/$id/take")"
is "refused by its reader" 201 "$(status bank -d r '/messages?to=alice')"
id=$(field id)
is "refuse" 200 "$(status alice -X POST "/inbox/$id/refuse")"
exits 1 as bank receipt "$id"
is "state" refused "$(cat out)"
is "nothing there" 404 "$(status alice /nothing)"
is "method" 405 "$(status alice -X DELETE /inbox)"
is "odd paths" 404 "$(status alice -X POST '/inbox/%00/ack')"
is "health" 200 "$(status alice -I /healthz)"
is "not without a certificate" 000 "$(curl -s -o /dev/null -w '%{http_code}' --cacert pki/root.crt "https://localhost:$port/healthz")"
is "not without TLS" 000 "$(curl -s -m 120 -o /dev/null -w '%{http_code}' "http://localhost:$port/healthz")"
web alice -i /nothing | tr -d '\r' >out
says "Content-Type: application/problem+json"

# --- sealed: the server keeps what it cannot read, and cannot forge
exits 1 as bank send --to nobody --seal text
says "no certificate to seal for"
exits 0 as bank send --to alice --seal "for your eyes only"
exits 0 as alice list
"$BUILD/sealwax" recv --server "localhost:$port" --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key >out 2>err
is "opened" "for your eyes only" "$(cat out)"
says "sealed and signed"
exits 0 as bank send --to alice --seal=rsa --once "in blocks"
exits 0 as alice recv --json
is "opened" "in blocks" "$(field text)"
# somebody with two devices reads it on either, whichever was there last
exits 0 as phone whoami
exits 0 as bank send --to alice --seal "on the laptop"
exits 0 as alice recv --json
is "the device that was not there last" "on the laptop" "$(field text)"
exits 0 as bank send --to alice --seal "on the phone"
exits 0 as phone recv --json
is "the device that was there last" "on the phone" "$(field text)"
# a device that was not there yet cannot read it, and does not take it from those that can
"$BUILD/ttp" --quiet --pki pki issue alice --profile client --out pki/tablet >/dev/null
exits 0 as bank send --to alice --seal --json "not on the tablet"
id=$(field id)
exits 6 as tablet recv
says "for another certificate"
exits 6 as bank receipt "$id"
is "state" delivered "$(cat out)"
exits 0 as bank send --to alice --seal "on the tablet, too"
exits 0 as tablet recv --json
is "the third device" "on the tablet, too" "$(field text)"
# a file for a name: each of its devices opens it; nobody else, and none for whom the server does not know
client bank
exits 0 "$BUILD/sealwax" seal --to alice "${connection[@]}" -o for_alice.pem pki/root.crt
says "sealing for alice: 3 certificates"
for device in alice phone tablet; do
    exits 0 "$BUILD/sealwax" open --trust pki/root.crt --cert pki/$device.crt --key pki/$device.key for_alice.pem
    same pki/root.crt out
done
exits 1 "$BUILD/sealwax" open --trust pki/root.crt --cert pki/mallory.crt --key pki/mallory.key for_alice.pem
exits 1 "$BUILD/sealwax" seal --to nobody "${connection[@]}" -o for_nobody.pem pki/root.crt
gone for_nobody.pem
web bank --data-binary 'not sealed at all' -o out '/messages?to=alice&sealed=1'
id=$(field id)
exits 6 as alice recv
says "refused"
exits 1 as bank receipt "$id"
is "state" refused "$(cat out)"
# mallory passes on, as her own, what bank sealed; and somebody hands out an old letter again
"$BUILD/sealwax" seal --to pki/alice.crt --cert pki/bank.crt --key pki/bank.key --trust pki/root.crt -o letter.pem lines
web mallory --data-binary @letter.pem -o out '/messages?to=alice&sealed=1'
exits 6 as alice recv
says "bank signed it"
web bank --data-binary @letter.pem -o out '/messages?to=alice&sealed=1'
exits 0 as alice recv
cmp -s lines out && ok || bad "the letter arrived changed"
web bank --data-binary @letter.pem -o out '/messages?to=alice&sealed=1'
exits 6 as alice recv
says "delivered before"

# --- new settings while it runs; a mistake in them stops nothing
ttp issue localhost --profile server --out pki/fresh
follow alice >followed3 2>/dev/null &
reader=$!
exits 0 as bank send --to alice --receipt "before a reload"
await followed3 "before a reload"
cp pki/localhost.crt kept.crt; cp pki/localhost.key kept.key
cp pki/fresh.crt pki/localhost.crt; cp pki/fresh.key pki/localhost.key
kill -HUP $server
await server.log reloaded
exits 0 as bank send --to alice --receipt "over a reload"
await followed3 "over a reload"
echo nonsense >pki/localhost.crt
kill -HUP $server
await server.log "the old settings stay"
exits 0 as bank send --to alice --receipt "still there"
cp kept.crt pki/localhost.crt; cp kept.key pki/localhost.key

# --- whom nobody should seal for any more: the directory does not have him, as soon as the server knows
for at in carol lost; do ttp issue carol --profile client --out pki/$at; done
for at in carol lost; do exits 0 as $at whoami; done
devices() { web bank '/directory/carol?all=yes' | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["chains"]))'; }
is "devices" 2 "$(devices)"
follow lost >lost.out 2>lost.err & # revoked while it waits: it hears of nothing any more
lost=$!
follow carol >carol.out 2>carol.err &
carol=$!
exits 0 as bank send --to carol --receipt "while both are there"
until_so grep -q "while both" lost.out carol.out || bad "neither has the message"
python3 "$top/tests/e2e/late.py" "$port" pki/root.crt pki/lost.crt pki/lost.key goes_on >late.out 2>&1 & # its handshake has begun by then
late=$!
await late.out begun
ttp revoke pki/lost.crt
ttp crl
kill -HUP $server
reloaded() { [ "$(grep -c "notice reloaded" server.log)" = "$1" ]; }
until_so reloaded 2 || bad "it does not reload"
is "devices" 1 "$(devices)"
exits 1 as lost whoami
wait $lost
is "exit code of a reader who was revoked" 1 $?
touch goes_on
wait $late
is "exit code of a handshake that ends after its certificate was revoked" 0 $?
grep -q refused late.out && ok || bad "whose handshake had begun is served: $(cat late.out)"
grep -q "has been revoked" lost.err && ok || bad "it does not hear why: $(cat lost.err)"
exits 0 as bank send --to carol --receipt "for who is left"
await carol.out "for who is left"
is "connections that were broken" "" "$(grep connect carol.err)"
kill $carol
wait $carol 2>/dev/null
exits 0 as bank send --to carol --seal "for the one that is left"
exits 0 as carol recv

# --- settings from files and the environment
mkdir conf
cat >conf/sealwaxd.conf <<'C'
; where everything is
[sealwaxd]
cert = ../pki/localhost.crt
key = ../pki/localhost.key
trust = ../pki/root.crt
max-message = 2K
no-tickets = yes
no-ems = no
C
exits 0 "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check
says "in order"
echo "max-massage = 3K" >>conf/sealwaxd.conf
exits 4 "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check
says "conf/sealwaxd.conf:9: unknown setting max-massage"
sed -i '$d' conf/sealwaxd.conf
echo "no-etm = perhaps" >>conf/sealwaxd.conf
exits 4 "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check
says "conf/sealwaxd.conf:9: no-etm is yes or no"
exits 5 "$BUILD/sealwaxd" --config conf/none.conf --check
sed -i '$d' conf/sealwaxd.conf
while IFS='|' read -r want line why; do # whatever is wrong with a value is said with its line
    cp conf/sealwaxd.conf conf/bad.conf
    echo "$line" >>conf/bad.conf
    exits "$want" "$BUILD/sealwaxd" --config conf/bad.conf --check
    says "sealwaxd: conf/bad.conf:9: $why"
    says_not "--help"
done <<'C'
4|max-message = lots|max-message takes a size like 4096, 64K or 2M
4|max-queue = -1|max-queue takes a number from 1
4|max-ttl = 5x|max-ttl takes a length of time
4|listen = localhost:99999|listen localhost:99999 is not HOST:PORT
4|may-send = staff|may-send staff: not of the form ROLE:ROLE
4|policy = strong|policy: unknown policy
4|log = xml|log takes text or json
5|trust = nowhere.crt|conf/nowhere.crt: No such file
3|metrics = *:9433|metrics *:9433: others can reach that address
4|store = mysql://here|store: not of the form postgresql://
C
exits 4 env SEALWAX_MAX_TTL=soon "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check
says "SEALWAX_MAX_TTL: max-ttl takes a length of time"
exits 2 "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check --listen here:there
says "here:there is not HOST:PORT"
exits 2 "$BUILD/sealwaxd" --config conf/sealwaxd.conf --check --metrics nowhere
ttp issue later --profile server --not-before 2035-01-01T00:00:00Z --out pki/later
exits 0 "$BUILD/sealwaxd" --config none --check --trust pki/root.crt --cert pki/later.crt --key pki/later.key
says "pki/later.crt: this certificate is not valid before 2035-01-01T00:00:00Z"
exits 0 "$BUILD/sealwaxd" --config none --check --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key
says "pki/alice.crt: this certificate is not for servers"
exits 1 "$BUILD/sealwax" whoami --server "localhost:$port" --trust pki/root.crt --cert pki/localhost.crt --key pki/localhost.key
says "pki/localhost.crt: this certificate is not for clients"
exits 2 env SEALWAX_CERT=pki/localhost.crt SEALWAX_KEY=pki/localhost.key "$BUILD/sealwaxd" --config none --check
exits 0 env SEALWAX_CERT=pki/localhost.crt SEALWAX_KEY=pki/localhost.key SEALWAX_TRUST=pki/root.crt "$BUILD/sealwaxd" --config none --check
mkdir -p xdg-config/sealwax
printf 'server = localhost:%s\ntrust = %s\ncert = %s\nkey = %s\n' "$port" "$PWD/pki/root.crt" "$PWD/pki/alice.crt" "$PWD/pki/alice.key" \
    >xdg-config/sealwax/config
mkdir -p loop/sealwax && ln -sf config loop/sealwax/config # cannot be opened, by nobody
exits 0 env XDG_CONFIG_HOME=loop "$BUILD/sealwax" whoami --cert pki/bank.crt --key pki/bank.key --server "localhost:$port" --trust pki/root.crt
says "going on without it"
exits 0 env XDG_CONFIG_HOME=xdg-config "$BUILD/sealwax" whoami
is "name" alice "$(cat out)"
exits 0 env XDG_CONFIG_HOME=xdg-config "$BUILD/sealwax" whoami --cert pki/bank.crt --key pki/bank.key
is "name" bank "$(cat out)"

"$BUILD/sealwaxd" --generate-man >page.8
if cmp -s page.8 "$top/docs/man/sealwaxd.8"; then ok; else bad "docs/man/sealwaxd.8 is not what sealwaxd --generate-man writes"; fi

# --- the end
stop
kill $reader 2>/dev/null
wait $reader 2>/dev/null
is "readers left behind" "" "$(pgrep -af "sealwax recv .*localhost:$port")"
start
exits 0 as bank send --to alice "after a restart"
exits 0 as alice recv
says "after a restart"
if grep -raq "after a restart" state; then bad "the message is readable on the server's disk"; else ok; fi
is "mode of the database" 600 "$(stat -c %a state/mail.db)"
is "mode of the key" 600 "$(stat -c %a state/vault.key)"
stop

# --- a CA between is revoked, then a root taken out: the connections below end, and nobody else's
of() { "$BUILD/ttp" --quiet --pki "$@" >/dev/null; }
of issuing init --intermediate "Issuing"
ttp sign issuing/ca.csr --profile ca --out issuing/ca.crt
of issuing adopt issuing/ca.crt --chain pki/root.crt 2>/dev/null
of issuing issue below --profile client --out issuing/below
cp issuing/below.fullchain.crt pki/below.crt; cp issuing/below.key strange/stranger.crt strange/stranger.key pki/
lists() {
    for of in pki strange issuing; do of $of crl; done
    cat pki/root.crl strange/root.crl issuing/ca.crl >all.crl
}
lists
cat pki/root.crt strange/root.crt >roots.crt
rm server.log
start --trust roots.crt --crl all.crl
for who in below stranger bank; do
    follow $who >$who.out 2>$who.err &
    eval "$who=\$!"
    case $who in stranger) name=alice ;; *) name=$who ;; esac
    exits 0 as bank send --to $name --receipt "for $who"
    await $who.out "for $who"
done
ttp revoke issuing/ca.crt
lists
kill -HUP $server
wait $below
is "exit code of a reader below a CA that was revoked" 1 $?
await server.log 'connection of=below ended="a revocation list has'
cp pki/root.crt roots.crt
kill -HUP $server
wait $stranger
is "exit code of a reader whose root was taken out" 1 $?
await server.log 'connection of=alice ended="the root of its certificate is no longer trusted"'
exits 0 as alice send --to bank --receipt "for who is left"
await bank.out "for who is left"
is "connections that were broken" "" "$(grep connect bank.err)"
is "connections of others that were ended" "" "$(grep "of=bank ended" server.log)"
kill $bank
wait $bank 2>/dev/null
stop
rm state/vault.key
exits 4 "$BUILD/sealwaxd" --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --state state
says "vault.key"
exits 4 "$BUILD/sealwaxd" --log json --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --state state
cat err >out
is "level of what ended it" error "$(field level)"
exits 2 "$BUILD/sealwaxd" --trust pki/root.crt
exits 5 "$BUILD/sealwaxd" --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen 127.0.0.1:0 --state /proc/nowhere
finish
