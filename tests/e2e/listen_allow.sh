#!/bin/bash
# sealwax listen --allow: who may connect of those that can prove who they are, by which of its names, and what both
# sides hear of a refusal.
. "$(dirname "$(readlink -f "$0")")/listen.inc"
ttp init "Allow Root" >/dev/null
ttp issue server.example --profile server --out server >/dev/null
ttp issue alice email:alice@example.org --profile client --out alice >/dev/null
ttp issue robot.example uri:https://example.org/robot --profile client --out robot >/dev/null
ttp issue mallory --profile client --out mallory >/dev/null
finger=$("$BUILD/ttp" --json fingerprint robot.crt | tr -d ' :' | grep -oiE '[0-9a-f]{64}' | head -n 1)
connect() { timeout 120 "$sealwax" connect "127.0.0.1:$port" --name server.example --trust pki/root.crt --cert "$1.crt" --key "$1.key" "${@:2}"; }
ours="--cert server.crt --key server.key --trust pki/root.crt"
enters() { exits 0 "$1 is let in by $rules" connect "$1"; }
stays_out() {
    exits 1 "$1 is turned away by $rules" connect "$1"
    says "the client hears why" "received alert access_denied: the peer knows our certificate and does not let it in" err
    until_so grep -q "sent alert access_denied: .*$2.*: the application refused the certificate: no --allow is for it" "$log" || bad "no refusal of $1 in $(cat "$log")"
}

# shellcheck disable=SC2086
for rules in "--allow cn:alice" "--allow email:alice@example.org" "--allow alice" "--allow sha256:$finger --allow cn:alice"; do
    listen allow $ours $rules
    enters alice
    stays_out mallory mallory
    stop
done
# shellcheck disable=SC2086
for rules in "--allow dns:robot.example" "--allow uri:https://example.org/robot" "--allow robot.example" "--allow sha256:$finger"; do
    listen allow $ours $rules
    enters robot
    stays_out alice alice
    stop
done

# a session of somebody who was let in is resumed, as he is the same
rules="--allow cn:alice"
# shellcheck disable=SC2086
listen allow $ours $rules
exits 0 "a session" connect alice --sess-out session
exits 0 "the same again" connect alice --sess-in session --brief
says "resumed" "Resumed: yes" err
exits 1 "without a certificate" timeout 120 "$sealwax" connect "127.0.0.1:$port" --name server.example --trust pki/root.crt
stop

# shellcheck disable=SC2086
{
    exits 2 "rules without meaning" "$sealwax" listen 0 $ours --allow ou:people
    says "why" "a rule begins with cn:" err
    exits 2 "nobody has to show a certificate" "$sealwax" listen 0 $ours --allow cn:alice --client-auth request
    says "why" "--client-auth require" err
    exits 2 "nobody is trusted" "$sealwax" listen 0 --cert server.crt --key server.key --allow cn:alice
}
finish
