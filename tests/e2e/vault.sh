#!/bin/bash
# The key of everything kept: in a file, as a credential of the service manager, under a key on a card (SoftHSM), and
# moved from one to the other while messages, files and licences outlive it.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice bank
sealwaxd="$BUILD/sealwaxd"
through=(timeout 120 setsid -w) # a session of its own: no terminal to ask

# --- credentials and places -------------------------------------------------------------------------------------------------

mkdir creds etc etc/conf.d run lib
cp pki/localhost.key creds/server.key
cp pki/localhost.key etc/server.key
printf 'creds-pass\n' >creds/pass
chmod 600 creds/*
cat >etc/sealwaxd.conf <<CONF
cert = $here/pki/localhost.crt
key = server.key
trust = $here/pki/root.crt
listen = 127.0.0.1:$port
CONF
served() { # VARIABLE=VALUE... -- OPTION...: by settings that systemd's variables lead to
    env=()
    while [ "$1" != -- ]; do env+=("$1"); shift; done
    shift
    rm -f ready
    env "${env[@]}" "$sealwaxd" --ready-file ready "$@" 2>>server.log &
    server=$!
    until_so is_up || bad "the server does not start"
}

# a directory of each kind, none on the command line
places=(CONFIGURATION_DIRECTORY="$here/etc" STATE_DIRECTORY="$here/lib:$here/other" CREDENTIALS_DIRECTORY="$here/creds")
"$sealwaxd" --config none --state made --cert pki/localhost.crt --key pki/localhost.key --trust pki/root.crt --listen "127.0.0.1:$port" --ready-file ready 2>server.log &
server=$!
until_so is_up || bad "the server does not start"
stop
mv made/vault.key creds/vault.key
rm -rf made
served "${places[@]}" --
exits 0 as bank send --to alice "kept under a credential"
exits 0 as alice recv --count 1 --wait 60s
says "kept under a credential"
stop
is "the state is where systemd says" yes "$([ -s lib/mail.db ] && echo yes)"
gone lib/vault.key
gone other

# what the credential is for: without it the mailbox cannot be opened, and no new key is made
exits 4 env "${places[@]:0:2}" timeout 60 "$sealwaxd"
says "the key file it is sealed with does not"
gone lib/vault.key

# a relative name is the credential's first, on the command line, in the environment and in files; then it is what it was
exits 0 env CREDENTIALS_DIRECTORY="$here/creds" "$sealwaxd" --check-config --config none --cert pki/localhost.crt --key server.key --trust pki/root.crt
exits 0 env CREDENTIALS_DIRECTORY="$here/creds" SEALWAX_KEY=server.key "$sealwaxd" --check-config --config none --cert pki/localhost.crt --trust pki/root.crt
exits 5 "$sealwaxd" --check-config --config none --cert pki/localhost.crt --key server.key --trust pki/root.crt
exits 0 "$sealwaxd" --check-config --config etc/sealwaxd.conf
echo nonsense >creds/server.key
exits 0 "$sealwaxd" --check-config --config etc/sealwaxd.conf
exits 4 env CREDENTIALS_DIRECTORY="$here/creds" "$sealwaxd" --check-config --config etc/sealwaxd.conf
says "creds/server.key"
exits 0 env CREDENTIALS_DIRECTORY="$here/creds" "$sealwaxd" --check-config --config etc/sealwaxd.conf --key ./etc/server.key
cp pki/localhost.key creds/server.key
# a passphrase
openssl pkcs8 -topk8 -v2 aes-256-cbc -in pki/localhost.key -passout file:creds/pass -out creds/locked.key
chmod 600 creds/locked.key
chmod 440 creds/pass # as systemd shows what it gives to a user by name
exits 0 env CREDENTIALS_DIRECTORY="$here/creds" "$sealwaxd" --check-config --config etc/sealwaxd.conf --key locked.key --passin file:pass
says_not "others can read"
chmod 600 creds/pass
exits 5 env CREDENTIALS_DIRECTORY="$here/creds" "$sealwaxd" --check-config --config etc/sealwaxd.conf --key locked.key --passin file:passes
# conf.d beside the settings
echo 'max-mesage = 1M' >etc/conf.d/10-limits.conf
exits 4 env "${places[@]}" "$sealwaxd" --check-config
says "etc/conf.d/10-limits.conf:1: unknown setting max-mesage"
echo 'max-message = 1M' >etc/conf.d/10-limits.conf
exits 0 env "${places[@]}" "$sealwaxd" --check-config
exits 0 env "${places[@]}" "$sealwaxd" --check
# the file of addresses, in the runtime directory
env "${places[@]}" RUNTIME_DIRECTORY="$here/run" "$sealwaxd" --ready-file started 2>>server.log &
server=$!
until_so [ -s run/started ] || bad "the ready file is not in the runtime directory"
stop
gone started

# --- a card -----------------------------------------------------------------------------------------------------------------

module=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
[ -n "$module" ] || { echo "softhsm2 is not installed"; finish; }
mkdir tokens
cat >softhsm2.conf <<CONF
directories.tokendir = $here/tokens
objectstore.backend = file
log.level = ERROR
CONF
export SOFTHSM2_CONF=$here/softhsm2.conf
tool() { pkcs11-tool --module "$module" --token-label hsm --login --pin 1234 "$@" >>make.log 2>&1; }
{
    softhsm2-util --init-token --free --label hsm --pin 1234 --so-pin 5678 &&
        tool --keypairgen --key-type rsa:2048 --label vault --id 01 --usage-decrypt &&
        tool --keypairgen --key-type rsa:2048 --label other --id 02 --usage-decrypt &&
        tool --keygen --key-type AES:32 --label secret --id 03 --usage-decrypt &&
        tool --keypairgen --key-type EC:secp256r1 --label curve --id 04 --usage-sign &&
        tool --keypairgen --key-type rsa:2048 --label signs --id 05 --usage-sign
} >>make.log 2>&1 || { cat make.log; echo "the card could not be made"; exit 1; }
# what may sign alone: pkcs11-tool cannot say so
python3 - "$module" <<'PY' || { echo "the card could not be made"; exit 1; }
import ctypes, struct, sys
lib = ctypes.CDLL(sys.argv[1])
ULONG = ctypes.c_ulong
class Attr(ctypes.Structure): _fields_ = [("type", ULONG), ("p", ctypes.c_void_p), ("n", ULONG)]
def attr(t, v):
    b = ctypes.create_string_buffer(v, len(v)); keep.append(b)
    return Attr(t, ctypes.cast(b, ctypes.c_void_p), len(v))
keep = []
def must(rv):
    if rv: sys.exit("PKCS#11: %#x" % rv)
must(lib.C_Initialize(None))
slots, n = (ULONG * 8)(), ULONG(8)
must(lib.C_GetSlotList(ctypes.c_ubyte(1), slots, ctypes.byref(n)))
session = ULONG()
must(lib.C_OpenSession(slots[0], ULONG(6), None, None, ctypes.byref(session)))
must(lib.C_Login(session, ULONG(1), b"1234", ULONG(4)))
find = (Attr * 2)(attr(0, struct.pack("@L", 3)), attr(3, b"signs"))
must(lib.C_FindObjectsInit(session, find, ULONG(2)))
obj, got = ULONG(), ULONG()
must(lib.C_FindObjects(session, ctypes.byref(obj), ULONG(1), ctypes.byref(got)))
must(lib.C_FindObjectsFinal(session))
assert got.value == 1
must(lib.C_SetAttributeValue(session, obj, (Attr * 1)(attr(0x105, b"\0")), ULONG(1)))
must(lib.C_Finalize(None))
PY
echo 1234 >pin
echo 9999 >wrong
chmod 600 pin wrong
card() { echo "pkcs11:token=hsm;object=$1?pin-source=file:$here/${2:-pin}"; }
exits_alone() { # CODE COMMAND...: without a terminal
    want_code=$1
    shift
    exits "$want_code" "${through[@]}" "$@"
}
rekey() { "${through[@]}" "$sealwaxd" rekey --config none --state state "$@"; }

# --- from the first start ---------------------------------------------------------------------------------------------------

start --vault-key "$(card vault)"
exits 0 as bank send --to alice "kept by the card"
stop
is "what the file says" "sealwax-vault-card-1 rsa-oaep-sha256" "$(cut -d ' ' -f 1,2 state/vault.key)"
if [ "$(stat -c %a state/vault.key)" = 600 ]; then ok; else bad "the wrapped key can be read by others"; fi
start --vault-key "$(card vault)"
exits 0 as alice recv --count 1 --wait 60s
says "kept by the card"
stop

# --- from a file to a card, to another kind of key on it, and back ----------------------------------------------------------

rm -rf state
head -c 200000 /dev/urandom >big
start
exits 0 as bank send --to alice "one"
exits 0 as alice put big --quiet
exits 0 "$sealwaxd" media import big --title Song --state state
exits 0 "$sealwaxd" media licences grant alice Song --plays 4 --state state
stop
through_all() { # MESSAGE OPTION...: what was there is, and what comes is kept
    message=$1
    shift
    start "$@"
    exits 0 as alice get big -o copy --force --quiet
    same big copy
    exits 0 as alice recv --count 1 --wait 60s
    exits 0 as bank send --to alice "$message"
    exits 0 "$sealwaxd" media licences --state state "$@"
    says " 4 of 4 "
    exits 0 "$sealwaxd" users list --state state "$@"
    stop
}
cp state/vault.key first.key
exits 0 rekey --to "$(card vault)"
says "state/vault.key: changed; what was sealed anew: "
says "from now on, add: vault-key = pkcs11:token=hsm;object=vault"
gone state/vault.key.next
through_all two --vault-key "$(card vault)"
exits 0 rekey --vault-key "$(card vault)" --to "$(card secret)"
is "what the file says" "sealwax-vault-card-1 aes-gcm" "$(cut -d ' ' -f 1,2 state/vault.key)"
through_all three --vault-key "$(card secret)"
exits 0 rekey --vault-key "$(card secret)"
is "another key, in the same form" "sealwax-vault-card-1 aes-gcm" "$(cut -d ' ' -f 1,2 state/vault.key)"
through_all four --vault-key "$(card secret)"
exits 0 rekey --vault-key "$(card secret)" --json
is "as JSON" '{"key":"state/vault.key","changed":N,"wrapped":true}' "$(sed 's/[0-9][0-9]*,/N,/' out)"
cp -p state/vault.key whole
python3 -c 'text = open("whole").read(); print(text[:-2] + ("1" if text[-2] == "0" else "0"))' >spoilt # one bit of the tag, or some
cat spoilt >state/vault.key
exits 4 "${through[@]}" "$sealwaxd" users list --config none --state state --vault-key "$(card secret)"
says "card hsm: this key does not unwrap it"
cp -p whole state/vault.key
exits 0 rekey --vault-key "$(card secret)" --to file
says "from now on, leave out: vault-key = pkcs11:token=hsm;object=secret"
is "what the file says" "sealwax-vault-1" "$(cut -d ' ' -f 1 state/vault.key)"
differ first.key state/vault.key
through_all five
# a file elsewhere, wrapped: both are named
mv state/vault.key elsewhere.key
exits 0 rekey --vault-key elsewhere.key --to "$(card vault)"
through_all six --vault-key elsewhere.key --vault-key "$(card vault)"
mv elsewhere.key state/vault.key
# to another store
mkdir copied
exits 0 "${through[@]}" "$sealwaxd" store copy --config none --from state/mail.db --to copied/mail.db --vault-key "$(card vault)"

# --- one that was interrupted -----------------------------------------------------------------------------------------------

cp state/vault.key kept.key
cp kept.key state/vault.key.next
exits_alone 3 "$sealwaxd" users list --config none --state state --vault-key "$(card vault)"
says "was interrupted; sealwaxd rekey finishes it"
exits 4 rekey --vault-key "$(card vault)" --to file
says "the change was begun with --to pkcs11:URI"
cp first.key state/vault.key.next
exits 4 rekey --vault-key "$(card vault)"
says "the change was begun with --to file"
exits 0 rekey --vault-key "$(card vault)" --to file
says "going on with the change that was interrupted"
same first.key state/vault.key
exits 0 rekey --to "$(card vault)"

# --- what goes wrong --------------------------------------------------------------------------------------------------------

open_with() { # CODE URI OPTION...
    want_code=$1 uri=$2
    shift 2
    exits_alone "$want_code" "$sealwaxd" users list --config none --state state --vault-key "$uri" "$@"
}
open_with 0 "pkcs11:token=hsm;object=vault" --passin file:pin
PIN=1234 open_with 0 "pkcs11:token=hsm;id=%01" --passin env:PIN
exits 0 "${through[@]}" sh -c "exec '$sealwaxd' users list --config none --state state --vault-key 'pkcs11:token=hsm;object=vault' --passin fd:3 3<pin"
exits 0 env CREDENTIALS_DIRECTORY="$here" "$sealwaxd" users list --config none --state state --vault-key "pkcs11:token=hsm;object=vault?pin-source=file:pin"
open_with 5 "pkcs11:token=gone;object=vault" --passin file:pin
says "card gone is not there; present: hsm"
open_with 4 "pkcs11:token=hsm;object=vault"
says "card hsm wants a PIN, and there is no terminal"
open_with 4 "$(card vault wrong)"
says "card hsm: wrong PIN"
open_with 4 "$(card nothing)"
says "there is no private or secret key that the pkcs11: URI describes"
open_with 4 "pkcs11:token=hsm?pin-source=file:$here/pin"
says "there is more than one private or secret key"
open_with 4 "$(card other)"
says "card hsm: this key does not unwrap it"
open_with 4 "$(card secret)"
says "wrapped with rsa-oaep-sha256, under another key"
open_with 4 "$(card curve)"
says "this key cannot keep another one: it is neither RSA nor AES"
open_with 4 "$(card signs)"
says "it may not decrypt (CKA_DECRYPT)"
open_with 2 "pkcs11:token=hsm;object=vault?pin-value=1234"
exits_alone 4 "$sealwaxd" users list --config none --state state
says "state/vault.key: it is wrapped under a key on a card: --vault-key pkcs11:URI says which"
sed 's/.$/x/' state/vault.key >spoilt
cp -p state/vault.key whole
cat spoilt >state/vault.key
open_with 4 "$(card vault)"
says "state/vault.key: this is no key file of a mailbox"
sed 's/0/1/g' whole >spoilt
cat spoilt >state/vault.key
open_with 4 "$(card vault)"
says "card hsm: "
python3 -c 'import re, sys; print(re.sub("[0-9a-f]{100,}", lambda m: "f" * len(m[0]), open("whole").read()), end="")' >spoilt
cat spoilt >state/vault.key
open_with 4 "$(card vault)" # no number below the modulus
says "card hsm: this key does not unwrap it"
cp -p whole state/vault.key
chmod 644 state/vault.key
open_with 3 "$(card vault)"
chmod 600 state/vault.key
# nothing has changed after any of it
for object in curve signs nothing; do exits 4 rekey --vault-key "$(card vault)" --to "$(card $object)"; done
exits 2 rekey --vault-key "$(card vault)" --to elsewhere
gone state/vault.key.next
same whole state/vault.key
cp first.key plain.key
open_with 4 "$(card vault)" --vault-key plain.key
says "plain.key: it is not wrapped, and --vault-key names a card"
through_all seven --vault-key "$(card vault)"

# a PIN that is wrong is tried once
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_GNU_SOURCE -shared -fPIC $(pkg-config --cflags p11-kit-1) -o spy.so "$top/tests/e2e/card_spy.c" || bad "the spy does not build"
export SPY_MODULE=$module SPY_LOG=$here/spy.log SPY_STATE=$here/spy_state
open_with 4 "pkcs11:token=hsm;object=vault?module-path=$here/spy.so&pin-source=file:$here/wrong"
is "tries of a wrong PIN" 1 "$(grep -cx login spy.log)"
rm -f spy.log
start --vault-key "pkcs11:token=hsm;object=vault?module-path=$here/spy.so&pin-source=file:$here/pin"
is "logins for a start" 1 "$(grep -cx login spy.log)"
exits 0 as alice get big -o copy --force --quiet
exits 0 as bank send --to alice "the card is not asked for each of them"
is "operations of the card" "decrypt raw" "$(grep -v login spy.log | sort -u | tr '\n' ' ' | sed 's/ $//')"
is "so many" 1 "$(grep -c decrypt spy.log)"
echo pulled >spy_state
exits 0 as alice recv --count 1 --wait 60s
stop
finish
