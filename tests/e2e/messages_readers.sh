#!/bin/bash
# Messages and several readers at once, readers whose output fails, names that people have, and senders who wait while
# the server is away.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank "Carol O'Neil"
mv "pki/Carol_O_Neil.crt" pki/carol.crt && mv "pki/Carol_O_Neil.key" pki/carol.key
ttp issue alice --profile client --out pki/phone
start
# audit ID: what happened to a message, in order
audit() {
    python3 -c 'import sqlite3, sys
print(*(e for e, in sqlite3.connect("state/mail.db").execute("SELECT event FROM audit WHERE id = ? ORDER BY rowid", sys.argv[1:])))' "$1"
}

# --- a name is what stands in a certificate
exits 0 as carol whoami
is "name" "Carol O'Neil" "$(cat out)"
exits 0 as bank send --to "Carol O'Neil" --seal "Lunch at one?"
exits 0 as carol recv
says "Lunch at one?"
exits 4 as bank send --to $'al\nice' text
says "nobody can have that name"

# --- programs of one user that read at the same time: each message is shown by one of them
for i in 1 2 3 4 5 6; do
    [ $((i % 2)) = 0 ] && once=--once || once=
    exits 0 as bank send --to alice $once "message $i"
    alone alice recv --quiet >first 2>/dev/null &
    one=$!
    alone alice recv --quiet >second 2>/dev/null &
    two=$!
    alone alice recv --quiet >third 2>/dev/null &
    wait $one $two $!
    is "what was shown by three readers" "message $i" "$(cat first second third)"
done

# --- two devices that stay: a message for one reader, at one of them, and the other one goes on
alone alice recv --follow >first 2>first.err &
one=$!
alone phone recv --follow >second 2>second.err &
two=$!
for i in 1 2 3; do
    exits 0 as bank send --to alice --once=strict --receipt "strict $i"
    until_so eval 'cat first second | grep -q "strict $i"' || bad "nobody has message $i"
done
is "how often each was shown" "1 1 1 " "$(cat first second | sort | uniq -c | awk '{ printf "%s ", $1 }')"
kill -0 $one && kill -0 $two && ok || bad "a reader has ended: $(tail -n 2 first.err second.err)"
kill $one $two
wait $one $two 2>/dev/null

# --- nowhere to show it: an ordinary message comes again, a sealed one too; a one-time message is given back, and its
# sender knows
for form in "" --seal; do
    exits 0 as bank send --to alice $form "for later"
    as alice recv >/dev/full 2>err </dev/null
    is "exit code of a reader with a full disk" 5 $?
    exits 0 as alice recv --quiet
    is "shown then" "for later" "$(cat out)"
done
exits 0 as bank send --to alice --once --json "now or never"
id=$(field id)
as alice recv >/dev/full 2>err </dev/null
is "exit code of a reader with a full disk" 5 $?
grep -q "ask for another one" err && ok || bad "the reader does not hear that it is lost"
exits 1 as bank receipt "$id"
is "state" refused "$(cat out)"
exits 6 as alice recv

# --- killed as it was about to show one: nobody takes it for received, and nobody shows it a second time
mkfifo stuck
sleep 600 <stuck & # somebody who never reads
sleeper=$!
exec 9>stuck
python3 -c 'import os
fd = os.open("stuck", os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(fd, bytes(512))
except BlockingIOError:
    pass' # as much as fits
exits 0 as bank send --to alice --once --json "was it seen"
id=$(field id)
alone alice recv --quiet >stuck 2>err &
reader=$!
until_so grep -q "begun $id" xdg/sealwax/seen || bad "the reader does not begin"
exits 6 as alice recv # another one leaves it to him
exits 6 as bank receipt "$id"
is "state" delivered "$(cat out)"
kill -9 $reader
wait $reader 2>/dev/null
exits 6 as alice recv
says "it may have been shown, or not"
says_not "was it seen"
exits 1 as bank receipt "$id"
is "state" refused "$(cat out)"
says "alice was interrupted as it was to be shown: it may have been seen, or not"
exits 1 as bank receipt "$id" --json
is "reason" interrupted "$(field reason)"
is "events of it" "queued delivered delivered delivered interrupted" "$(audit "$id")"
exec 9>&-
kill $sleeper
wait $sleeper 2>/dev/null

# --- as often as its sender allows: a reader who never acknowledges; who says what happened
exits 4 as bank send --to alice --max-deliveries 101 text
says "max_deliveries is more than this server allows: at most 100 deliveries"
exits 2 as bank send --to alice --max-deliveries 0 text
exits 2 as bank send --to alice --once=strict --max-deliveries 2 text
fetch() { curl -s -o out -w '%{http_code}' --cacert pki/root.crt --cert "pki/$1.crt" --key "pki/$1.key" "https://localhost:$port/inbox/$2"; }
exits 0 as bank send --to alice --once --max-deliveries 2 --json "fetched and fetched"
id=$(field id)
is "status" "200 200 410" "$(fetch alice "$id") $(fetch alice "$id") $(fetch alice "$id")"
exits 1 as bank receipt "$id"
is "state" refused "$(cat out)"
says "handed out to alice as often as it may be (2), and never acknowledged"
is "events of it" "queued delivered delivered deliveries" "$(audit "$id")"

# --- a second try: it is refused, its sender hears of it while he waits, and it is in the audit
client bank
"$BUILD/sealwax" send --to alice --once --wait=acked "${connection[@]}" "for one reader" 2>waits &
sender=$!
await waits accepted
id=$(grep -o '[0-9a-f]\{32\}' waits | head -n 1)
is "the first" 200 "$(fetch alice "$id")"
await waits "delivered to alice"
is "the second" 409 "$(fetch phone "$id")"
await waits "another try to have it was turned away, 1 in all"
exits 6 as phone recv
says "a message from bank is for one reader, and another certificate of this name has it"
await waits "another try to have it was turned away, 2 in all"
exits 0 as alice recv --quiet
is "text" "for one reader" "$(cat out)"
wait $sender
is "exit code of the sender" 0 $?
grep -q "acknowledged by alice" waits && ok || bad "the sender does not hear of it: $(cat waits)"
is "a try after its end" 410 "$(fetch alice "$id")"
exits 0 as bank receipt "$id"
says "another try to have it was turned away, 3 in all"
is "events of it" "queued delivered turned away turned away delivered acknowledged turned away" "$(audit "$id")"
for change in "UPDATE audit SET event = 'nothing'" "DELETE FROM audit"; do
    python3 -c 'import sqlite3, sys; sqlite3.connect("state/mail.db").execute(sys.argv[1])' "$change" 2>err && bad "$change works" || says "the audit is not changed"
done

# --- what a sender waits for
exits 2 as bank send --to alice --wait=read text
says "--wait takes acked or delivered"
exits 2 as bank send --to alice --wait=acked,soon text
exits 6 as bank send --to alice --wait=delivered,1s "nobody is there"
says "not delivered yet"
exits 0 as alice recv
exits 0 as bank send --to alice --once --json "fetched only"
id=$(field id)
is "fetched" 200 "$(fetch alice "$id")"
exits 0 as bank receipt "$id" --wait=delivered
exits 6 as bank receipt "$id" --wait=acked,1s
says "not acknowledged yet"
exits 6 as bank receipt "$id" --wait 1s
exits 0 as alice recv
exits 0 as bank receipt "$id" --wait=acked

# --- on a terminal: what is not text stays where it is, and what does not come again is shown all the same; nothing
# steers the terminal
on_terminal() {
    client alice
    script -qec "$(printf '%q ' "$BUILD/sealwax" recv "${connection[@]}" --no-color)" /dev/null </dev/null | tr -d "\r" >out
}
head -c 3 /dev/zero | as bank send --to alice --quiet
on_terminal
says "is not text: send standard output to a file"
exits 0 as alice recv --quiet
is "bytes" "000000" "$(od -An -tx1 out | tr -d ' \n')"
head -c 3 /dev/zero | as bank send --to alice --quiet --once
on_terminal
says "AAAA"
exits 0 as bank send --to alice $'a\033[31mb\302\2332Jc'
on_terminal
says "a?[31mb??2Jc"

# --- the same key again: also where it is sealed, which gives other bytes each time; too much of it is no message
exits 0 as bank send --to alice --seal --idempotency-key one "sealed twice" --json
id=$(field id)
exits 0 as bank send --to alice --seal --idempotency-key one "sealed twice" --json
is "the message" "$id" "$(field id)"
exits 4 as bank send --to alice --seal --idempotency-key one "sealed another time"
says "422: this Idempotency-Key was used for another message"
exits 0 as alice recv --count 1
exits 0 as bank send --to alice --seal --idempotency-key one "sealed twice" --json # when it is over, too
is "the message" "$id" "$(field id)"
is "its state" acknowledged "$(field state)"
exits 4 as bank send --to alice --seal --idempotency-key one "sealed another time"
exits 0 as bank send --to alice --idempotency-key two --once "a text"
exits 0 as alice recv
exits 0 as bank send --to alice --idempotency-key two --once "a text"
says "was accepted before: acknowledged"
exits 4 as bank send --to alice --idempotency-key two --once "no text"
exits 4 as bank send --to bank --idempotency-key two --once "a text"
exits 1 as bank send --to alice "$(head -c 70000 /dev/zero | tr '\0' x)"
says "413: the message is too long: at most 65536 bytes"
"$BUILD/sealwax" send --to alice "${connection[@]}" </dev/zero >out 2>err
is "exit code of a message without end" 4 $?
says "standard input: longer than"

# --- what opens it cannot be had just now: a sealed message to be shown once is not lost by that
alone alice recv --follow >followed 2>followed.err &
reader=$!
exits 0 as bank send --to alice "before it"
await followed "before it"
mv pki/alice.key spare
exits 0 as bank send --to alice --once --seal "for the next try"
wait $reader
is "exit code of who could not open it" 5 $?
mv spare pki/alice.key
exits 0 as alice recv
says "for the next try"

# --- a mailbox that cannot be read is not an empty one; whoever stays has the message later
database() { python3 -c 'import sqlite3, sys; sqlite3.connect("state/mail.db").execute(sys.argv[1])' "$1"; }
exits 0 as bank send --to alice "behind the trouble"
database "CREATE TRIGGER no_lease BEFORE UPDATE ON message WHEN NEW.state = 1 BEGIN SELECT RAISE(ABORT, 'not now'); END"
exits 5 as alice recv
says "trouble with its mailbox"
exits 6 as alice recv --wait 1s
says "trouble with its mailbox"
alone alice recv --wait 100s >waited 2>waited.err &
reader=$!
await waited.err "trouble with its mailbox"
database "DROP TRIGGER no_lease"
wait $reader
is "exit code of who waited" 0 $?
is "what he has" "behind the trouble" "$(cat waited)"

# --- and who waits for a message waits for it over a restart, too
descriptors() { ls /proc/$server/fd | wc -l; }
had=$(descriptors)
alone alice recv --wait 100s >waited 2>waited.err &
reader=$!
until_so eval '[ "$(descriptors)" -gt "$had" ]' # it is there; if that cannot be seen it comes later, and nothing is wrong with that
stop
start
exits 0 as bank send --to alice "after the restart"
wait $reader
is "exit code of who waited" 0 $?
is "what he has" "after the restart" "$(cat waited)"

# --- the server is away for a while: who waits for a receipt goes on waiting
alone bank send --to alice --receipt "while it is away" 2>sent &
sender=$!
await sent accepted
stop
await sent "cannot connect"
start
exits 0 as alice recv
wait $sender
is "exit code of the sender" 0 $?
grep -q "acknowledged by alice" sent && ok || bad "the sender does not know: $(cat sent)"
exits 6 as bank send --to alice --wait 1s "nobody reads"
stop
finish
