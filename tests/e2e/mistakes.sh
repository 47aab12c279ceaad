#!/bin/bash
# What people get wrong at first: each mistake is answered with the file or peer it is about, the reason, and what to do; and --json makes every line an object.
. "$(dirname "$(readlink -f "$0")")/service.inc"
people alice bank
ttp issue later --profile client --not-before 2035-01-01T00:00:00Z
"$BUILD/ttp" --quiet --pki other init "Other Root"
sealwax=$BUILD/sealwax sealwaxd=$BUILD/sealwaxd
start

# --- files that are something else
exits 4 "$sealwax" whoami --server "localhost:$port" --trust pki/root.crt --cert pki/alice.key --key pki/alice.key
says "pki/alice.key: there is no certificate in it"
exits 4 "$sealwax" whoami --server "localhost:$port" --trust pki/alice.key --cert pki/alice.crt --key pki/alice.key
says "pki/alice.key: there is no certificate in it"
exits 4 "$sealwax" whoami --server "localhost:$port" --trust pki/root.crt --crl pki/root.crt --cert pki/alice.crt --key pki/alice.key
says "pki/root.crt: there is no revocation list in it"
exits 4 "$sealwax" whoami --server "localhost:$port" --trust pki/root.crt --cert pki/alice.crt
says "pki/alice.crt: there is no private key in this file; --key names its file"
exits 4 "$sealwax" whoami --server "localhost:$port" --trust pki/root.crt --cert pki/alice.crt --key pki/bank.key
says "pki/alice.crt, pki/bank.key: the private key does not belong to the certificate"
exits 5 "$sealwax" whoami --server "localhost:$port" --trust nofile --cert pki/alice.crt --key pki/alice.key
says "nofile: No such file or directory"
exits 4 "$sealwax" open --trust pki/root.crt --cert pki/alice.crt --key pki/alice.key pki/root.crt
says "pki/root.crt: refused: this is no message, but a CERTIFICATE (PEM)"
exits 4 "$sealwaxd" users add --state state pki/alice.key
says "pki/alice.key: there is no certificate in it"

# --- a clock, a name, a root, a port
exits 1 as later whoami
says "pki/later.crt: this certificate is not valid before 2035-01-01T00:00:00Z"
says "received alert certificate_expired: the peer says that our certificate has expired, or is not valid yet"
exits 1 as alice whoami --name example.org
says "it is not for example.org; its names: dns:localhost"
connection=(--server "localhost:$port" --trust other/root.crt --cert pki/alice.crt --key pki/alice.key)
exits 1 "$sealwax" whoami "${connection[@]}"
says "localhost: its issuer, Test Root, is neither trusted nor among the intermediates"
exits 5 as alice whoami --server "localhost:1"
says "localhost:1: cannot connect: Connection refused"
exits 5 as alice whoami --server nowhere.invalid
says "nowhere.invalid: "
exits 2 as alice whoami --policy moderm
says "unknown policy (classic, modern or all): moderm"
exits 5 "$sealwaxd" --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --state more --listen "127.0.0.1:$port"
says "cannot listen: Address already in use"
exits 2 "$sealwaxd" --client-auth none # nobody is served whom nobody knows
says "unknown option --client-auth"

# --- what is there already
echo text >text
exits 0 as alice put text
exits 0 as alice put text
says "text: is there already"
echo other >text
exits 3 as alice put text
says "409: text exists already (--force replaces it)"

# --- the same message again
exits 0 as bank send --to alice --idempotency-key one again
says "accepted, until"
exits 0 as alice recv
exits 0 as bank send --to alice --idempotency-key one again
says "was accepted before: acknowledged"
exits 6 as alice recv

# --- what a sender does wrong is said to him, and is no trouble of the server's
exits 0 as bank send --to alice --idempotency-key two waiting
exits 4 as bank send --to alice --idempotency-key two changed
says "422: this Idempotency-Key was used for another message"
exits 4 as bank send --to alice --ttl 400d later
says "422: ttl is longer than this server keeps messages"
head -c 70000 /dev/zero | tr '\0' x >long
as bank send --to alice <long >out 2>err
is "exit code for a long message" 1 $?
says "413: the message is too long: at most 65536 bytes"
if grep trouble server.log >out; then bad "the server's log has trouble"; else ok; fi

# --- sealing for somebody whose certificate is not at hand
exits 5 "$sealwax" seal --trust pki/root.crt --cert pki/bank.crt --key pki/bank.key --to alice text
says "alice: No such file or directory: --to takes the file of a certificate, or with --server the name of somebody who has been there"
exits 0 as bank cert alice -o alice.crt
same alice.crt pki/alice.crt
exits 3 as bank cert alice -o alice.crt
says "--force replaces it"
exits 0 as bank cert alice
same out pki/alice.crt
exits 1 as bank cert carol
says "carol has not been here yet"
"$BUILD/ttp" --quiet --pki pki revoke alice
"$BUILD/ttp" --quiet --pki pki crl --out good.crl
exits 1 as bank cert alice --crl good.crl
says "alice: it has been revoked"

# --- revocation lists that would turn everybody away
printf '[ca]\ndefault_ca = c\n[c]\ndatabase = index\ndefault_md = sha256\ncrlnumber = number\n' >ca.cnf
: >index
echo 10 >number
openssl ca -gencrl -config ca.cnf -cert pki/root.crt -keyfile pki/root.key -crl_lastupdate 20250101000000Z -crl_nextupdate 20250201000000Z -out old.crl 2>/dev/null
soon=$(date -u -d '+1 hour' +%Y%m%d%H%M%SZ)
openssl ca -gencrl -config ca.cnf -cert pki/root.crt -keyfile pki/root.key -crl_lastupdate 20250101000000Z -crl_nextupdate "$soon" -out soon.crl 2>/dev/null
check() { exits 0 "$sealwaxd" --check --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt "$@"; }
check --crl good.crl
says_not warning
check --crl old.crl
says "warning: --crl: the list of CN=Test Root ran out 2025-02-01T00:00:00Z: every certificate it issued is refused until there is a new one (ttp crl)"
check --crl soon.crl
says "warning: --crl: the list of CN=Test Root runs out "
check --crl old.crl --crl good.crl
says_not warning
check --crl good.crl --trust other/root.crt
says "warning: --crl: there is no list of CN=Other Root: every certificate it issued is refused"
check --trust other/root.crt
says_not warning

# --- for who reads JSON
objects() { # each line is one
    if python3 -c 'import json, sys
for f in sys.argv[1:]:
    for line in open(f):
        error = json.loads(line).get("error")
        assert error is None or set(error) - {"alert_received"} == {"name", "alert", "message", "peer"}, line' out err 2>why; then ok; else bad "not JSON: $(cat out err)"; fi
}
exits 0 check --json && objects
is "the settings" '{"settings":"in order"}' "$(cat out)"
exits 0 "$sealwaxd" --json users add --state state --role staff pki/bank.crt && objects
is "who is enrolled" bank "$(field name)"
exits 0 "$sealwaxd" --json users remove --state state bank && objects
is "who is not any more" '{"name":"bank","removed":1}' "$(cat out)"
exits 0 "$sealwaxd" --json media import --state state --title "Some Song" text && objects
id=$(field id)
exits 0 "$sealwaxd" --json media ls --state state && objects
is "the track that was imported" "$id" "$(field id)"
exits 1 as later whoami --json && objects
says '{"warning":"'
says '{"error":{"name":"PEER_ALERT",'
exits 3 as alice put text --json && objects
says '{"error":{"name":"refused","alert":null,'
says '"peer":"localhost:'
is "the peer stands in a member of its own" "409: text exists already (--force replaces it)" "$(python3 -c 'import json; print(json.load(open("err"))["error"]["message"])')"
exits 0 as alice rm text --json && objects
is "what was deleted" text "$(field name)"
exits 1 as alice rm text --json && objects
exits 0 as alice cert bank --json && objects
field chain | python3 -c 'import ast, sys; print("".join(ast.literal_eval(sys.stdin.read())), end="")' >bank.pem
is "whose certificate it is" "subject=CN = bank" "$(openssl x509 -in bank.pem -noout -subject)"
exits 0 "$BUILD/sealwax" seal --cert pki/alice.crt --key pki/alice.key --trust pki/root.crt --to pki/bank.crt text -o sealed --json && objects
is "what was sealed, and where" "ok sealed" "$(field result) $(field output)"
exits 0 "$sealwaxd" --json media rm --state state "Some Song" && objects
is "the track that was taken out" "$id" "$(field id)"
exits 5 as alice ls --server localhost:1 --json && objects
is "who cannot be reached" localhost:1 "$(python3 -c 'import json; print(json.load(open("err"))["error"]["peer"])')"
exits 1 "$BUILD/sealwax" ls --server "localhost:$port" --cert pki/alice.crt --key pki/alice.key --trust other/root.crt --json && objects
is "the alert that was sent" unknown_ca "$(python3 -c 'import json; print(json.load(open("err"))["error"]["alert"])')"

# --- a passphrase in place of its source is told, also where none is needed
for source in secret pass:secret '|cat text' fd: fd:x; do
    exits 2 as alice whoami --passin "$source"
    says "--passin takes prompt, file:F, env:V or fd:N"
done

stop
echo "$passed passed, $failed failed"
[ $failed = 0 ]
