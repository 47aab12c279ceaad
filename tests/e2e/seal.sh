#!/bin/bash
# Sealed files: sealwax and openssl read each other's, every kind of key; what is refused leaves nothing behind; large
# files in little memory.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"
SEALWAX=$BUILD/sealwax

ok "$TTP" init "Seal Root"
for key in rsa2048 p256 p384; do
    for who in alice bank; do ok "$TTP" issue $who --profile client --key $key --out $who-$key; done
done
ok "$TTP" issue bank --profile client --key ed25519 --out bank-ed25519
ok "$TTP" issue server.example --profile server --key p256 --out server
ok "$TTP" crl
root=certs/root.crt
text=letter.txt
printf 'The OTP for transferring Rs 1,00,000 is 256345.\r\nGrüße\r\n' >$text

as() { who=$1; shift; echo "--cert $who.crt --key $who.key --trust $root $*"; }
# shellcheck disable=SC2046
seal() { "$SEALWAX" seal $(as "$@"); }
# shellcheck disable=SC2046
open() { "$SEALWAX" open $(as "$@"); }
# body FILE: what is behind the header lines that sealwax signs
body() { sed '1,/^\r$/d' "$1"; }

# --- between ourselves and openssl, both ways -----------------------------------------------------------------------------
for from in bank-rsa2048 bank-p256 bank-p384 bank-ed25519; do
    for to in alice-rsa2048 alice-p256 alice-p384; do
        ok seal $from --to $to.crt -o sealed.pem --force $text
        ok open $to sealed.pem -o opened.txt --force; says "signed by bank"; says "meant for us"
        ok cmp $text opened.txt
        mode 600 opened.txt
        is "first line" "-----BEGIN CMS-----" "$(head -n 1 sealed.pem)"
        ok openssl cms -decrypt -inform PEM -in sealed.pem -recip $to.crt -inkey $to.key -out inner.der
        [ $from = bank-ed25519 ] && continue # not verified by OpenSSL 3.0: it takes Ed25519 in certificates alone
        ok openssl cms -verify -inform DER -in inner.der -CAfile $root -purpose any -binary -out inner.txt
        ok cmp $text <(body inner.txt)
        for cipher in aes-256-gcm aes-128-gcm aes-256-cbc aes-128-cbc; do
            openssl cms -sign -in $text -binary -nodetach -signer $from.crt -inkey $from.key -outform DER -out signed.der
            openssl cms -encrypt -binary -in signed.der -$cipher -outform DER -out theirs.der $to.crt
            ok open $to theirs.der -o opened.txt --force; says "signed by bank"; says "does not say whom it is for"
            ok cmp $text opened.txt
        done
    done
done

# other ways in which openssl signs, encrypts and writes
theirs() { # SIGN-OPTIONS -- ENCRYPT-OPTIONS
    sign=() encrypt=()
    while [ "$1" != -- ]; do sign+=("$1"); shift; done
    shift; encrypt=("$@")
    openssl cms -sign -in $text -binary -nodetach -signer bank-rsa2048.crt -inkey bank-rsa2048.key "${sign[@]}" -out signed.any &&
        openssl cms -encrypt -binary -in signed.any -out theirs.any "${encrypt[@]}"
}
good_theirs() {
    to=$1; shift
    ok theirs "$@"
    ok open "$to" theirs.any -o opened.txt --force; says "signed by bank"
    ok cmp $text opened.txt
}
good_theirs alice-rsa2048 -outform PEM -- -aes-256-gcm -outform PEM alice-rsa2048.crt
good_theirs alice-rsa2048 -outform SMIME -- -aes-256-gcm -outform SMIME alice-rsa2048.crt
good_theirs alice-rsa2048 -outform DER -stream -- -aes-256-cbc -outform DER -stream alice-rsa2048.crt
good_theirs alice-rsa2048 -outform DER -keyid -- -aes-256-cbc -keyid -outform DER alice-rsa2048.crt
good_theirs alice-p256 -outform DER -- -aes-256-cbc -keyid -outform DER alice-p256.crt
good_theirs alice-rsa2048 -outform DER -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:48 -md sha384 -- -aes-256-cbc -outform DER alice-rsa2048.crt
good_theirs alice-rsa2048 -outform DER -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20 -md sha256 -- -aes-256-cbc -outform DER alice-rsa2048.crt
good_theirs alice-rsa2048 -outform DER -md sha512 -- -aes-256-cbc -outform DER -recip alice-rsa2048.crt -keyopt rsa_padding_mode:oaep
good_theirs alice-rsa2048 -outform DER -- -aes-256-gcm -outform DER -recip alice-rsa2048.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
good_theirs alice-p256 -outform DER -- -aes-128-cbc -outform DER -recip alice-p256.crt -keyopt ecdh_kdf_md:sha512
good_theirs alice-p384 -outform DER -- -aes-256-gcm -outform DER -recip alice-rsa2048.crt -recip alice-p256.crt -recip alice-p384.crt
# with the signature beside the text, as openssl and mail programs do by default; once with every line end the other way
for way in cat 's/\r$//'; do
    [ "$way" = cat ] && way=
    openssl cms -sign -in $text -signer bank-rsa2048.crt -inkey bank-rsa2048.key | sed "$way" |
        openssl cms -encrypt -aes-256-gcm alice-rsa2048.crt >theirs.any
    ok open alice-rsa2048 theirs.any -o opened.txt --force; says "signed by bank"
    ok cmp $text opened.txt
done
openssl cms -sign -in $text -signer bank-rsa2048.crt -inkey bank-rsa2048.key | sed 's/256345/256346/' |
    openssl cms -encrypt -aes-256-gcm alice-rsa2048.crt >theirs.any
code 1 open alice-rsa2048 theirs.any -o never; says "does not fit the text"
ok theirs -outform DER -md sha1 -- -aes-256-gcm -outform DER alice-rsa2048.crt
code 4 open alice-rsa2048 theirs.any -o never; says "too weak"
ok theirs -outform DER -noattr -- -aes-256-gcm -outform DER alice-rsa2048.crt
code 4 open alice-rsa2048 theirs.any -o never; says "without attributes"
ok theirs -outform DER -nocerts -- -aes-256-gcm -outform DER alice-rsa2048.crt
code 1 open alice-rsa2048 theirs.any -o never; says "certificate is not in it"
openssl cms -encrypt -in $text -aes-256-cbc -outform DER -out theirs.any alice-rsa2048.crt
code 1 open alice-rsa2048 theirs.any -o never; says "cannot be decrypted" # nobody signed it; CBC gives one answer for all
code 4 open alice-rsa2048 signed.der -o never; says "not encrypted"
code 4 open alice-rsa2048 $text -o never; says "no message in it"

# --- the wrong ones -------------------------------------------------------------------------------------------------------
ok seal bank-rsa2048 --to alice-p256.crt -o sealed.pem --force $text
code 1 open alice-rsa2048 sealed.pem -o never; says "somebody else"
# a recipient passes on what was signed for him, sealed to another
ok openssl cms -decrypt -inform PEM -in sealed.pem -recip alice-p256.crt -inkey alice-p256.key -out inner.der
openssl cms -encrypt -binary -in inner.der -aes-256-gcm -outform PEM -out passed-on.pem alice-rsa2048.crt
code 1 open alice-rsa2048 passed-on.pem -o never; says "passed on"; says "bank"
# openssl's own say nobody's name, which can be insisted on
good_theirs alice-rsa2048 -outform DER -- -aes-256-gcm -outform DER alice-rsa2048.crt
code 1 open alice-rsa2048 theirs.any --require-bound -o never; says "whom it is for"
# an unknown signer, and one whose certificate is for servers
ok "$TTP" --pki elsewhere init "Seal Root"
ok "$TTP" --pki elsewhere issue bank --profile client --out impostor
ok "$SEALWAX" seal --cert impostor.crt --key impostor.key --trust $root --to alice-p256.crt -o forged.pem $text
code 1 open alice-p256 forged.pem -o never; says "refused"
ok seal server --to alice-p256.crt -o by-server.pem $text
code 1 open alice-p256 by-server.pem -o never; says "clients"
# every place cut off and a few changed
ok seal bank-p256 --to alice-p256.crt --der -o sealed.der $text
size=$(stat -c %s sealed.der)
for at in 0 1 2 30 100 300 $((size / 2)) $((size - 20)) $((size - 1)); do
    head -c "$at" sealed.der >cut.der
    no open alice-p256 cut.der -o never
    python3 -c 'import sys; b = bytearray(open("sealed.der", "rb").read()); b[int(sys.argv[1])] ^= 1; open("flipped.der", "wb").write(b)' "$at"
    no open alice-p256 flipped.der -o never
done
code 1 open alice-p256 cut.der -o never
# CBC has nothing that says what is genuine: before a signature holds there is one answer, whatever is changed and
# whatever comes out
openssl cms -encrypt -binary -in inner.der -aes-128-cbc -outform DER -out cbc.der alice-p256.crt
size=$(stat -c %s cbc.der)
for at in $((size - 1)) $((size - 16)) $((size - 17)) $((size - 40)) $((size - 200)) $((size - 1200)) $((size - 1690)); do
    python3 -c 'import sys; b = bytearray(open("cbc.der", "rb").read()); b[int(sys.argv[1])] ^= 1; open("changed.der", "wb").write(b)' "$at"
    open alice-p256 changed.der -o never 2>>answers
done
is "answers" 1 "$(sort -u answers | tee err | wc -l)"
# a pipe gets nothing of it
open alice-p256 flipped.der >out 2>err; is "exit code" 1 $?
is "bytes on a pipe" 0 "$(stat -c %s out)"
[ ! -e never ]; is "no output left behind" 0 $?
is "nothing hidden left behind" "" "$(find . -name '.*.tmp')"

# --- recipients are checked before anything is encrypted ------------------------------------------------------------------
code 1 seal bank-p256 --to server.crt -o never $text; says "keyAgreement"
code 1 seal bank-p256 --to bank-ed25519.crt -o never $text; says "encrypted to"
code 1 seal bank-p256 --to impostor.crt -o never $text; says "refused"
ok "$TTP" revoke alice-p384.crt
ok "$TTP" crl
code 1 seal bank-p256 --to alice-p384.crt --crl certs/root.crl -o never $text; says "revoked"
ok seal bank-p256 --to alice-p256.crt --crl certs/root.crl -o sealed.pem --force $text
ok open alice-p256 --crl certs/root.crl sealed.pem -o opened.txt --force
ok seal bank-p384 --to alice-p256.crt -o sealed.pem --force $text
ok "$TTP" revoke bank-p384.crt
ok "$TTP" crl
code 1 open alice-p256 --crl certs/root.crl sealed.pem -o never; says "revoked"
[ ! -e never ]; is "no output left behind" 0 $?

# --- RSA alone ------------------------------------------------------------------------------------------------------------
ok seal bank-p256 --seal=rsa --to alice-rsa2048.crt -o blocks.pem $text
is "first line" "-----BEGIN SEALWAX RSA BLOCKS-----" "$(head -n 1 blocks.pem)"
ok open alice-rsa2048 blocks.pem -o opened.txt --force; says "RSA-OAEP blocks"
ok cmp $text opened.txt
# the first block by hand: it begins with SignedData's ContentInfo
sed '/-----/d' blocks.pem | base64 -d >blocks.der
python3 - <<'EOF'
b = open("blocks.der", "rb").read()
at = 4
for _ in range(3):  # version, recipient, algorithm
    at += 2 + b[at + 1]
at += 4  # the header of the OCTET STRING
open("block", "wb").write(b[at:at + 256])
EOF
ok openssl pkeyutl -decrypt -inkey alice-rsa2048.key -in block -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -out part
is "what is in the first block" "3080" "$(head -c 2 part | od -An -tx1 | tr -d ' \n')"
head -c 65536 /dev/urandom >fits; head -c 65537 /dev/urandom >too-long
ok seal bank-p256 --seal=rsa --to alice-rsa2048.crt -o blocks.pem --force fits
ok open alice-rsa2048 blocks.pem -o opened --force
ok cmp fits opened
code 4 seal bank-p256 --seal=rsa --to alice-rsa2048.crt -o never too-long; says "65536"
code 1 seal bank-p256 --seal=rsa --to alice-p256.crt -o never $text; says "RSA"
code 2 seal bank-p256 --seal=dsa --to alice-p256.crt -o never $text

# --- the command line -----------------------------------------------------------------------------------------------------
seal bank-p256 --to alice-p256.crt <$text | open alice-p256 -q >opened.txt; is "through a pipe" 0 $?
ok cmp $text opened.txt
code 3 seal bank-p256 --to alice-p256.crt -o sealed.pem $text; says "exists"
ok seal bank-p256 --to alice-p256.crt --ttl 1s -o short.pem $text
sleep 2.1
code 1 open alice-p256 short.pem -o never; says "expired"
code 2 seal bank-p256 -o never $text; says "--to"
code 2 "$SEALWAX" open --cert alice-p256.crt --key alice-p256.key sealed.pem; says "--trust"
code 4 "$SEALWAX" open --cert alice-p256.crt --key bank-p256.key --trust $root sealed.pem; says "does not belong"
chmod 644 alice-p256.key
code 3 open alice-p256 sealed.pem -o never; says "chmod 600"
chmod 600 alice-p256.key
code 4 "$SEALWAX" open --cert alice-p256.crt --key alice-p256.crt --trust $root sealed.pem; says "this is a certificate, not a private key"
ok seal bank-p256 --to alice-p256.crt -o sealed.pem --force $text
ok open alice-p256 --json -o opened.txt --force sealed.pem
is "JSON" "ok bank True" "$(python3 -c 'import json; v = json.load(open("out")); print(v["result"], v["signer"], v["bound"])')"
code 1 open alice-p256 --json -o never flipped.der
is "JSON" "tampered" "$(python3 -c 'import json; v = json.load(open("out")); print(v["result"], end=""); assert v["error"]["message"]')"
code 5 open alice-p256 /nowhere/file
code 5 seal bank-p256 --to alice-p256.crt -o /nowhere/file $text
if [ -w /dev/full ]; then
    open alice-p256 sealed.pem >/dev/full 2>err; is "full disk" 5 $?
fi

# --- large files, little memory -------------------------------------------------------------------------------------------
# peak NAME COMMAND...: what a command that reads NAME took of memory, in KiB, when it has read all and only waits for the end
mkfifo pipe
peak() {
    file=$1; shift
    "$@" <pipe 2>err &
    exec 3>pipe
    cat "$file" >&3
    most=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$!/status)
    exec 3>&-
    wait $!; is "exit code of $*" 0 $?
}
truncate -s 5G large
code 4 seal bank-p256 --to alice-p256.crt -o never large; says "4 GiB"
truncate -s 100M large
# shellcheck disable=SC2046
peak large "$SEALWAX" seal $(as bank-p256 --to alice-p256.crt) -o large.pem; sealing=$most
# shellcheck disable=SC2046
peak large.pem "$SEALWAX" open $(as alice-p256) -o large.out; opening=$most
ok cmp large large.out
case $BUILD in *-san*) ;; *)
    [ "$sealing" -lt 6144 ]; is "KiB to seal 100 MiB ($sealing) within 6 MiB" 0 $?
    [ "$opening" -lt 6144 ]; is "KiB to open 100 MiB ($opening) within 6 MiB" 0 $? ;;
esac
finish
