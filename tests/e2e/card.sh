#!/bin/bash
# Keys on a card (SoftHSM): logging in with one as a client and as a server, and everything that goes wrong with cards
# and PINs. Each check is one line; the last line counts them.
. "$(dirname "$(readlink -f "$0")")/listen.inc"

# --- a card with three keys, and one with somebody else's --------------------------------------------------------------------

module=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
[ -n "$module" ] || { echo "softhsm2 is not installed"; exit 77; }
mkdir tokens
cat >softhsm2.conf <<CONF
directories.tokendir = $dir/tokens
objectstore.backend = file
log.level = ERROR
CONF
export SOFTHSM2_CONF=$dir/softhsm2.conf

token() { softhsm2-util --init-token --free --label "$1" --pin 1234 --so-pin 5678 >/dev/null; }
tool() { pkcs11-tool --module "$module" --token-label "$@"; }
# put TOKEN NAME ID: the key of NAME.key, with its certificate
put() {
    openssl pkcs8 -topk8 -nocrypt -in "$2.key" -out "$2.p8" && openssl x509 -in "$2.crt" -outform DER -out "$2.der" &&
        softhsm2-util --import "$2.p8" --token "$1" --label "$2" --id "$3" --pin 1234 >/dev/null &&
        tool "$1" --login --pin 1234 --write-object "$2.der" --type cert --label "$2" --id "$3" >/dev/null
}
make_all() {
    ttp init "Test Root" && cp pki/root.crt root.crt &&
        ttp issue alice --profile client --out alice &&
        ttp issue alice --key p256 --profile client --out alice-ec &&
        ttp issue alice --key p384 --profile client --out alice-ec384 &&
        ttp issue alice --key ed25519 --profile client --out alice-ed &&
        ttp issue bob --profile client --out bob &&
        ttp issue server.example localhost --profile server --out server &&
        token alice && token bob &&
        put alice alice 01 && put alice alice-ec 02 && put alice alice-ec384 03 && put alice server 04 && put alice alice-ed 05 && put bob bob 01
}
make_all >make.log 2>&1 || { cat make.log; echo "the cards could not be made"; exit 1; }
echo 1234 >pin
echo 9999 >wrong
chmod 600 pin wrong
card="pkcs11:token=alice;object"

# --- servers ----------------------------------------------------------------------------------------------------------------

# serve OPTION...: a server of ours
serve() { listen listen --trust root.crt --policy all "$@" </dev/null; }
through=(timeout 120 setsid -w) # a session of its own: no terminal to ask
connect="$sealwax connect --name server.example --trust root.crt"

# --- a client's key on the card ---------------------------------------------------------------------------------------------

openssl_port=$(free_port)
openssl s_server -accept "127.0.0.1:$openssl_port" -cert server.fullchain.crt -key server.key -Verify 3 -verify_return_error \
    -CAfile root.crt -tls1_2 -www >s_server.log 2>&1 &
until_so listens "$openssl_port" || bad "openssl s_server does not start: $(cat s_server.log)"
serve --cert server.fullchain.crt --key server.key --client-auth require
for at in "$openssl_port" "$port"; do
    for with in "alice rsa_pkcs1_sha256" "alice rsa_pkcs1_sha384" "alice rsa_pss_rsae_sha256" "alice rsa_pss_rsae_sha512" \
        "alice-ec ecdsa_secp256r1_sha256:rsa_pkcs1_sha256" "alice-ec384 ecdsa_secp384r1_sha384:rsa_pkcs1_sha256" "alice-ed ed25519:rsa_pkcs1_sha256"; do
        set -- $with # the RSA scheme is for the server, whose key is RSA
        exits 0 "$1 with $2 to port $at" $connect "127.0.0.1:$at" --cert "$1.fullchain.crt" --key "$card=$1?pin-source=file:$dir/pin" \
            --sigalgs "$2" --trace
        says "$1 signs with $2" "CertificateVerify.*, ${2%%:*}\$" err
    done
done

exits 0 "the certificate from the card, by the key's id" $connect "127.0.0.1:$port" --key "$card=alice?pin-source=$dir/pin"
exits 0 "one URI for both" $connect "127.0.0.1:$port" --cert "pkcs11:token=alice;id=%02?pin-source=file:$dir/pin"
exits 0 "a certificate object of its own" $connect "127.0.0.1:$port" --cert "$card=alice;type=cert" --key "$card=alice;type=private" --passin file:pin
PIN=1234 exits 0 "PIN from the environment" $connect "127.0.0.1:$port" --key "$card=alice" --passin env:PIN
exits 0 "PIN from a descriptor" sh -c "exec $connect 127.0.0.1:$port --key '$card=alice' --passin fd:3 3<pin"
exits 0 "a module by its path" $connect "127.0.0.1:$port" --key "$card=alice?module-path=$module&pin-source=file:$dir/pin"

echo "for alice alone" >letter
exits 0 "sealed with the card's key" "$sealwax" seal --key "$card=alice" --passin file:pin --trust root.crt --to alice.fullchain.crt letter -o sealed
exits 0 "and opened with it" "$sealwax" open --key "$card=alice" --passin file:pin --trust root.crt sealed
says "what was sealed" "for alice alone" out

# --- what is not there ------------------------------------------------------------------------------------------------------

exits 5 "a card that is not there" $connect "127.0.0.1:$port" --key "pkcs11:token=carol;object=carol" --passin file:pin
says "which card, and which there are" "card carol is not there; present: (alice, bob|bob, alice)" err
exits 4 "a key that is not there" $connect "127.0.0.1:$port" --key "$card=nobody" --passin file:pin
says "which key" "card alice: there is no private key" err
exits 4 "a key that several fit" $connect "127.0.0.1:$port" --key "pkcs11:token=alice" --passin file:pin
says "say which" "more than one private key.*object=LABEL or id=ID" err
exits 4 "a card that several fit" $connect "127.0.0.1:$port" --key "pkcs11:id=%01" --passin file:pin
says "say which card" "2 cards fit" err
exits 4 "another's certificate" $connect "127.0.0.1:$port" --cert bob.fullchain.crt --key "$card=alice" --passin file:pin
says "they do not belong together" "does not belong to the certificate" err
exits 4 "the certificate of another kind of key" $connect "127.0.0.1:$port" --cert alice-ec.fullchain.crt --key "$card=alice" --passin file:pin
exits 4 "another EC certificate" $connect "127.0.0.1:$port" --cert alice-ec384.fullchain.crt --key "$card=alice-ec" --passin file:pin
exits 5 "a module that is not there" $connect "127.0.0.1:$port" --key "$card=alice?module-path=$dir/none.so" --passin file:pin
says "which module" "none.so: this PKCS#11 module cannot be used" err
exits 2 "no URI" $connect "127.0.0.1:$port" --key "pkcs11:token=%zz"
exits 2 "an attribute nobody knows" $connect "127.0.0.1:$port" --key "pkcs11:colour=red"

# --- PINs -------------------------------------------------------------------------------------------------------------------

exits 2 "a PIN in the command line" $connect "127.0.0.1:$port" --key "$card=alice?pin-value=1234"
says "why not" "seen by every user" err
exits 2 "a command for a PIN" $connect "127.0.0.1:$port" --key "$card=alice?pin-source=%7Ccat%20pin"
exits 4 "no PIN and nobody to ask" $connect "127.0.0.1:$port" --key "$card=alice"
says "what to do" "no terminal.*--passin" err
chmod 644 pin
exits 3 "a PIN that others can read" $connect "127.0.0.1:$port" --key "$card=alice?pin-source=file:$dir/pin"
chmod 600 pin

# A module between us and SoftHSM counts the tries, and makes the card what the file `state` says.
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_GNU_SOURCE -shared -fPIC $(pkg-config --cflags p11-kit-1) -o spy.so "$top/tests/e2e/card_spy.c" || { echo "the spy does not build"; exit 1; }
export SPY_MODULE=$module SPY_LOG=$dir/spy.log SPY_STATE=$dir/state
spied="module-path=$dir/spy.so"
counts() { # WHAT LINE N
    n=$(grep -cx "$2" spy.log 2>/dev/null)
    if [ "${n:-0}" = "$3" ]; then ok; else bad "$1: \"$2\" ${n:-0} times, not $3"; fi
}
# with STATE...: the card from here on, and a new log
with() {
    rm -f spy.log state
    for word; do echo "$word" >>state; done
}

with
exits 4 "a wrong PIN" $connect "127.0.0.1:$port" --key "$card=alice?$spied&pin-source=file:$dir/wrong"
says "wrong PIN" "card alice: wrong PIN; few tries are left" err
counts "a wrong PIN is tried once" login 1
with
exits 4 "a wrong PIN for two keys" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --key "$card=alice-ec?$spied" --passin file:wrong
counts "a wrong PIN for two keys is tried once" login 1
with locked
exits 3 "a locked PIN" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
says "locked" "its PIN is locked" err
counts "a locked PIN is not tried" login 0
with final
exits 3 "a stored PIN with one try left" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
says "the last try" "one try is left.*--passin prompt" err
counts "a stored PIN does not take the last try" login 0
with low
exits 0 "the right PIN with few tries left" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
counts "one login" login 1

# terminal TEXT...: connect with a terminal on which a person types these lines, each when something is asked
terminal() {
    python3 "$top/tests/e2e/card_terminal.py" "$@" >out 2>err </dev/null
    code=$?
}
with
terminal 'PIN of alice: =1234' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied"
if [ $code = 0 ]; then ok; else bad "a PIN typed: exit code $code: $(cat out)"; fi
if grep -q 1234 out; then bad "the PIN is shown"; else ok; fi
with
terminal 'PIN of alice: =1234' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied" --key "$card=alice-ec?$spied"
if [ $code = 0 ]; then ok; else bad "a PIN typed once for two keys: exit code $code: $(cat out)"; fi
counts "a PIN is asked for once" login 1
with
terminal 'PIN of alice: =9999' 'PIN of alice: =9999' 'PIN of alice: =1234' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied"
if [ $code = 0 ]; then ok; else bad "the third PIN was right: exit code $code: $(cat out)"; fi
says "the second one was known" "has refused this PIN before" out
counts "a PIN known to be wrong is not tried again" login 2
with
terminal 'PIN of alice: =1' 'PIN of alice: =2' 'PIN of alice: =3' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied"
if [ $code = 4 ]; then ok; else bad "three wrong PINs: exit code $code"; fi
with pulled
terminal 'Insert card alice and press Enter: =!rm state' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied&pin-source=file:$dir/pin"
if [ $code = 0 ]; then ok; else bad "a card asked for: exit code $code: $(cat out)"; fi
with pulled
terminal 'press Enter: =' 'press Enter: =' 'press Enter: =' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied&pin-source=file:$dir/pin"
if [ $code = 5 ]; then ok; else bad "a card that does not come: exit code $code: $(cat out)"; fi
says "and it is given up" "card alice is not there" out

# --- cards that go and come back, and those that cannot do everything -----------------------------------------------------------

with once
exits 0 "a card that was away for a moment" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
counts "logged in to again" login 2
counts "and signed once" "sign.*" 1

with leaves
exits 1 "a card that is pulled out" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
says "what happened" "card alice was removed: insert it again" err
with leaves
terminal 'Card removed. Insert card alice and press Enter: =!rm state' -- $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin
if [ $code = 0 ]; then ok; else bad "a card pulled out and asked for: exit code $code: $(cat out)"; fi
counts "logged in to again, without asking" login 2

with no-pss
exits 0 "PSS padded here" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin --sigalgs rsa_pss_rsae_sha256
counts "signed without padding" "sign raw" 1
with no-pss no-raw
exits 0 "a card with PKCS#1 alone" $connect "127.0.0.1:$port" --key "$card=alice?$spied" --passin file:pin \
    --sigalgs rsa_pss_rsae_sha256:rsa_pkcs1_sha256 --trace
says "promises no PSS" "CertificateVerify.*, rsa_pkcs1_sha256\$" err
counts "signed with PKCS#1" sign 1
stop

# --- a server's key on the card -------------------------------------------------------------------------------------------------

server_key="$card=server?$spied&pin-source=file:$dir/pin"
with
serve --cert server.fullchain.crt --key "$server_key" --client-auth none
exits 0 "0x003C to ourselves" $connect "127.0.0.1:$port" --suites TLS_RSA_WITH_AES_128_CBC_SHA256
counts "the premaster is decrypted without padding" "decrypt raw" 1
echo Q | openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cipher AES128-SHA256 -CAfile root.crt -verify_return_error >out 2>err
says "0x003C to OpenSSL" "Cipher is AES128-SHA256" out
exits 0 "ECDHE, signed by the card" $connect "127.0.0.1:$port" --policy modern
echo pulled >state
exits 1 "a connection while the card is away" $connect "127.0.0.1:$port" --suites TLS_RSA_WITH_AES_128_CBC_SHA256
until_so grep -q "card alice was removed" listen.log # the client does not wait for our log
says "the server says so" "card alice was removed: insert it again" listen.log
rm -f state
exits 0 "and when it is back" $connect "127.0.0.1:$port" --suites TLS_RSA_WITH_AES_128_CBC_SHA256
counts "the server logged in twice" login 2
stop

with no-raw
serve --cert server.fullchain.crt --key "$server_key" --client-auth none
says "a card without raw RSA is warned of" "RSA key transport" listen.log
exits 1 "0x003C with it" $connect "127.0.0.1:$port" --suites TLS_RSA_WITH_AES_128_CBC_SHA256
counts "its own unpadding is not used" "decrypt.*" 0
exits 0 "ECDHE with it" $connect "127.0.0.1:$port" --policy modern
stop

# --- sealwaxd and its clients ---------------------------------------------------------------------------------------------------

daemon_port=$(free_port)
"$BUILD/sealwaxd" --config none --listen "127.0.0.1:$daemon_port" --key "$card=server?pin-source=file:$dir/pin" --trust root.crt \
    --state "$dir/state.d" --ready-file up 2>daemon.log &
daemon=$!
until_so [ -s up ] || bad "the daemon does not start: $(cat daemon.log)"
client() { # CODE WHAT VERB OPTION...: alice's card speaks to it
    want=$1 what=$2 verb=$3
    shift 3
    exits "$want" "$what" "$sealwax" "$verb" --config none --server "127.0.0.1:$daemon_port" --name localhost --trust root.crt \
        --key "$card=alice" --passin file:pin "$@"
}
client 0 "who the card is" whoami
says "alice's card is alice" '^alice$' out
client 0 "a message sealed by the card" send --seal --to alice "the moon is new"
kill -HUP $daemon
until_so grep -q reloaded daemon.log
says "reloaded with the card" reloaded daemon.log
client 0 "and opened by it" recv
says "what was sent" "the moon is new" out

finish
