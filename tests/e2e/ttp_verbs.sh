#!/bin/bash
# ttp, verb by verb, as a person uses it: what it makes, what it refuses, its exit codes, and each mistake of other
# tools that it must not make.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"
x509() { openssl x509 -noout "$@"; }
text() { x509 -text -in "$1" >out 2>err; }

# --- the command line -----------------------------------------------------------------------------------------------------
code 2 "$TTP"; says "no verb"
code 2 "$TTP" frobnicate; says "unknown verb"
code 2 "$TTP" isue; says "unknown verb isue: did you mean issue?"
code 2 "$TTP" issue a --dyas 3; says "unknown option --dyas: did you mean --days?"
code 2 "$TTP" issue a --pass env:X; says "--pass is short for several options"
code 2 "$TTP" list --frobnicate; says "--frobnicate"
code 2 "$TTP" list extra; says "too many arguments"
code 2 "$TTP" issue; says "too few arguments"
code 2 "$TTP" issue a --days; says "needs an argument"
code 2 "$TTP" issue a --force=yes; says "takes no argument"
code 2 "$TTP" --json frobnicate; says '{"error":{"name":"usage"'
ok "$TTP" --help; says "Exit codes"
ok "$TTP" --version
for verb in $("$TTP" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    ok "$TTP" "$verb" --help
    says "Usage: ttp [OPTION]... $verb"
done

# --- names that are no file names elsewhere
ok "$TTP" --pki names init "Größte Wurzel"
ok "$TTP" --pki names issue "Jürgen Groß" --profile client; says "names/Jürgen_Groß.crt"
ok "$TTP" --pki names issue "Järgen Groß" --profile client; mode 600 "names/Järgen_Groß.key"
ok "$TTP" --pki names issue "../../etc/x" --profile client; says "names/_._.._etc_x.crt"
ok "$TTP" --pki names issue "$(printf '𝄞%.0s' $(seq 64))" --profile client
ok "$TTP" --pki names revoke "Jürgen Groß" --reason KEYCOMPROMISE
code 3 "$TTP" --pki names export "Järgen Groß" --fullchain names/Jürgen_Groß.crt; says "--force overwrites it"
ok "$TTP" --pki names log
grep -qE " revoke +[0-9a-f]{32} Jürgen Groß  keyCompromise$" out && passed || failed "the log does not say who was revoked"

# --- nothing there yet ----------------------------------------------------------------------------------------------------
code 4 "$TTP" issue www.example.org; says "there is no CA here"
code 4 "$TTP" list; says "there is no CA here"
code 4 "$TTP" check

# --- init -----------------------------------------------------------------------------------------------------------------
code 2 "$TTP" init ""
code 2 "$TTP" init "Example Root" --key rsa1024; says "key type"
code 2 "$TTP" init "Example Root" --country India
code 2 "$TTP" init "Example Root" --days 0
code 2 "$TTP" init "Example Root" --permit "not a name"
ok "$TTP" init "Example Root" --org Example --country IN
mode 700 certs; mode 600 certs/root.key; mode 600 certs/index.db; mode 644 certs/root.crt
text certs/root.crt
says "Signature Algorithm: sha256WithRSAEncryption"; says "Public-Key: (2048 bit)"; says "Version: 3"
grep -A1 "Basic Constraints: critical" out | grep -q CA:TRUE && passed || failed "basicConstraints critical"
grep -A1 "Key Usage: critical" out | grep -qx " *Certificate Sign, CRL Sign" && passed || failed "root's key usage"
says "Subject Key Identifier"
root_sum=$(sha256sum certs/root.key certs/root.crt)
code 3 "$TTP" init "Another"; says "there is a CA here already"
code 3 "$TTP" init "Another" --intermediate
is "root" "$root_sum" "$(sha256sum certs/root.key certs/root.crt)"

# --- issue ----------------------------------------------------------------------------------------------------------------
ok "$TTP" issue www.example.org ip:192.0.2.1 ip:2001:db8::1
for f in key crt fullchain.crt; do [ -s certs/www.example.org.$f ] && passed || failed "no $f"; done
mode 600 certs/www.example.org.key
text certs/www.example.org.crt
says "Signature Algorithm: sha384WithRSAEncryption"; says "TLS Web Server Authentication"
says "DNS:www.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1"
says "CA:FALSE"; says "Digital Signature, Key Encipherment"; says "Authority Key Identifier"; says "Version: 3"
ok openssl verify -x509_strict -purpose sslserver -verify_hostname www.example.org -CAfile certs/root.crt certs/www.example.org.crt
is "days" 397 $((($(date -d "$(x509 -enddate -in certs/www.example.org.crt | cut -d= -f2)" +%s) + 1 - $(date -d "$(x509 -startdate -in certs/www.example.org.crt | cut -d= -f2)" +%s)) / 86400))

ok "$TTP" issue alice email:alice@example.org --profile client --out alice
text alice.crt; says "TLS Web Client Authentication"; says_not "TLS Web Server"; says "email:alice@example.org"
ok openssl verify -x509_strict -purpose sslclient -CAfile certs/root.crt alice.crt
ok "$TTP" issue peer.example.org --profile peer --key p256 --out peer
text peer.crt; says "TLS Web Server Authentication, TLS Web Client Authentication"; says "Digital Signature, Key Agreement"
ok "$TTP" issue a@example.org --profile email --key ed25519 --out mail
text mail.crt; says "E-mail Protection"; says "ED25519"
for key in rsa3072 p384; do
    ok "$TTP" issue $key.example.org --key $key --out $key
    ok openssl verify -x509_strict -CAfile certs/root.crt $key.crt
    ok openssl pkey -in $key.key -noout -check
done
code 3 "$TTP" issue "Alice Smith"; says "needs a host name"
code 3 "$TTP" issue "Alice Smith" --profile email; says "needs an address"
ok "$TTP" issue "Alice Smith" --profile client; [ -s certs/Alice_Smith.crt ] && passed || failed "name of file"
ok "$TTP" issue "*.example.org"; [ -s certs/_.example.org.crt ] && passed || failed "name of file"
code 3 "$TTP" issue root; says "CA's own files"
code 2 "$TTP" issue a --profile nobody
code 2 "$TTP" issue a --profile ca
code 2 "$TTP" issue a "b c"
code 2 "$TTP" issue www2.example.org --out .; says "not a directory"
code 2 "$TTP" issue www2.example.org --out certs/
code 2 "$TTP" issue www2.example.org --out ""
code 5 "$TTP" issue www2.example.org --out nowhere/x; says "No such file or directory"
code 2 "$TTP" --pki "" list
ok "$TTP" --quiet issue quiet.example.org; silent
ok "$TTP" --json issue json.example.org --out json
python3 - <<'PY' && passed || failed "JSON of issue"
import json
o = json.load(open("out"))
assert o["cn"] == "json.example.org" and o["names"] == ["dns:json.example.org"] and len(o["serial"]) == 32 and len(o["fingerprint"]) == 64
assert o["files"] == {"key": "json.key", "certificate": "json.crt", "fullchain": "json.fullchain.crt"}
PY

# a leaf never outlives its CA without saying
ok "$TTP" issue long.example.org --days 9000 --out long; says "the CA itself ends"
is "end" "$(x509 -enddate -in certs/root.crt)" "$(x509 -enddate -in long.crt)"
ok "$TTP" issue past.example.org --not-before 2027-01-01T00:00:00Z --not-after 2027-01-31T23:59:59Z --out past
is "start" "notBefore=Jan  1 00:00:00 2027 GMT" "$(x509 -startdate -in past.crt)"
is "end" "notAfter=Jan 31 23:59:59 2027 GMT" "$(x509 -enddate -in past.crt)"
code 2 "$TTP" issue past2.example.org --not-before 2027-02-01 --not-after 2027-01-01
code 2 "$TTP" issue past2.example.org --not-before yesterday

# --- nothing is overwritten -----------------------------------------------------------------------------------------------
sum=$(sha256sum alice.*)
code 3 "$TTP" issue alice --profile client --out alice; says "exists already"
code 3 "$TTP" request alice --out alice
is "alice's files" "$sum" "$(sha256sum alice.*)"
ok "$TTP" issue alice --profile client --out alice --force
mode 600 alice.key
[ "$sum" != "$(sha256sum alice.*)" ] && passed || failed "not replaced with --force"
cp certs/root.key backup.key; chmod 600 backup.key
code 3 "$TTP" issue x.example.org --force --out certs/root; says "never overwritten"
ln certs/root.key hard.key
code 3 "$TTP" issue x.example.org --force --out hard; says "never overwritten"
rm hard.key
# nor is what the CA lives by, or would take for its own; by no verb, by no name
openssl req -newkey rsa:2048 -nodes -keyout own.key -subj /CN=own.example.org -out own.csr 2>/dev/null
ln -s certs same
own_sum=$(sha256sum certs/root.* certs/index.db)
for file in root.key root.crt ca.crt ca.key chain.crt index.db ttp.conf; do
    code 3 "$TTP" sign own.csr --yes --force --out certs/$file; says "never overwritten"
    code 3 "$TTP" sign own.csr --yes --force --out same/$file
    code 3 "$TTP" crl --force --out ./certs/$file; says "never overwritten"
    code 3 "$TTP" export alice --force --ca "$PWD/certs/$file"; says "never overwritten"
done
code 3 "$TTP" issue chain --profile client; says "the CA's own files"
code 3 "$TTP" issue x.example.org --force --out certs/ca; says "never overwritten"
is "the CA's files" "$own_sum" "$(sha256sum certs/root.* certs/index.db)"
[ ! -e certs/ca.crt ] && [ ! -e certs/chain.crt ] && passed || failed "made a file that the CA would take for its own"
rm same own.*
is "root" "$root_sum" "$(sha256sum certs/root.key certs/root.crt)"

# --- an attacker's links are not followed ---------------------------------------------------------------------------------
echo precious >victim
ln -s victim evil.key
code 3 "$TTP" issue x.example.org --out evil
code 3 "$TTP" issue x.example.org --out evil --force
is "victim" precious "$(cat victim)"
[ ! -e evil.crt ] && passed || failed "a certificate without its key"

# --- request and sign -----------------------------------------------------------------------------------------------------
ok "$TTP" request srv.example.org --out srv
ok openssl req -in srv.csr -noout -verify
mode 600 srv.key
ok "$TTP" sign srv.csr; says "its signature is good"; says "dns:srv.example.org"
[ -s srv.crt ] && [ -s srv.fullchain.crt ] && passed || failed "files of sign"
code 3 "$TTP" sign srv.csr
ok "$TTP" sign srv.csr --out - ; says "BEGIN CERTIFICATE"
"$TTP" sign - <srv.csr >piped.crt 2>err && x509 -in piped.crt -subject >out && passed || failed "sign from standard input"
# mkcert signs a CSR's CA:TRUE and foreign names as asked; here: shown, and cut to the profile
openssl req -new -newkey rsa:2048 -nodes -keyout evil2.key -subj "/O=Evil/CN=evil.example.org" -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign" -addext "extendedKeyUsage=codeSigning" \
    -addext "subjectAltName=DNS:evil.example.org,otherName:1.2.3;UTF8:x" -out evil2.csr 2>/dev/null
ok "$TTP" sign evil2.csr; says "CA asked     yes"; says "granted  no"; says "never granted"
text evil2.crt; says "CA:FALSE"; says_not "Certificate Sign"; says_not "Code Signing"; says_not "othername"; says "TLS Web Server"
ok "$TTP" sign evil2.csr --name only.example.org --out only.crt
text only.crt; says "DNS:only.example.org"; says_not "DNS:evil"
# proof of possession
openssl req -in srv.csr -outform DER -out srv.der
printf '\x55' | dd of=srv.der bs=1 seek=60 conv=notrunc 2>/dev/null
code 4 "$TTP" sign srv.der --out never.crt; [ ! -e never.crt ] && passed || failed "signed a changed request"
python3 - <<'PY'
import base64, re
pem = open("srv.csr").read()
der = bytearray(base64.b64decode("".join(pem.split("-----")[2].split())))
der[-1] ^= 1
open("flip.der", "wb").write(der)
PY
code 4 "$TTP" sign flip.der --out never.crt; says "its signature is wrong"
openssl req -new -newkey rsa:1024 -nodes -keyout weak.key -subj /CN=weak.example.org -out weak.csr 2>/dev/null
code 3 "$TTP" sign weak.csr; says "too weak"
code 4 "$TTP" sign victim
code 5 "$TTP" sign nothing.csr; says "No such file"
for key in rsa:3072 ec ed25519; do
    opt="-newkey $key"; [ $key = ec ] && opt="-newkey ec -pkeyopt ec_paramgen_curve:P-384"
    openssl req -new $opt -nodes -keyout o.key -subj /CN=o.example.org -out "o-$key.csr" 2>/dev/null
    ok "$TTP" sign "o-$key.csr"
    ok openssl verify -x509_strict -purpose sslserver -verify_hostname o.example.org -CAfile certs/root.crt "o-$key.crt"
done

# --- keys, names and files that lead nowhere ---------------------------------------------------------------------------------
openssl genrsa -out weak.key 1024 2>/dev/null; chmod 600 weak.key
for verb in "--pki weak init Weak" "request weak.example.org --out feeble" "issue weak.example.org --out feeble"; do
    code 3 "$TTP" $verb --key-file weak.key; says "too weak"
done
[ ! -e weak ] && passed || failed "a refused key left a directory"
code 3 "$TTP" issue bücher.example.org; says "write the xn-- form"
code 2 "$TTP" issue ok.example.org dns:bücher.example.org; says "xn--"
code 2 "$TTP" issue "$(printf 'alice\342\200\256xyz')" --profile client; says "controls the text"
code 2 "$TTP" issue "$(printf 'alice\302\205')" --profile client
code 2 "$TTP" issue "$(printf 'al\355\240\200ice')" --profile client
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout sub.key -out many.csr -subj /CN=many.example.org \
    -addext "subjectAltName=$(seq -f DNS:host%g.example.org -s, 1000)" 2>/dev/null
code 3 "$TTP" sign many.csr; says "names are more than there is room for"
openssl req -new -key sub.key -subj / -out empty.csr
code 3 "$TTP" sign empty.csr --profile ca; says "a CA needs a name"
openssl req -new -key sub.key -subj "/C=IN/O=Example/CN=Example Root" -out same.csr
code 3 "$TTP" sign same.csr --profile ca; says "the very name of this one"
code 4 "$TTP" sign sub.key; says "this is a private key"
code 4 "$TTP" sign certs/root.crt; says "this is a certificate"
code 4 "$TTP" verify --root many.csr --purpose server certs/root.crt; says "this is a certificate request"

# --- the index ------------------------------------------------------------------------------------------------------------
ok "$TTP" list; says "alice"
issued=$(wc -l <out)
"$TTP" --json list >list.json && python3 - "$issued" <<'PY' && passed || failed "JSON of list"
import json, sys
rows = json.load(open("list.json"))
assert len(rows) == int(sys.argv[1])
assert len({r["serial"] for r in rows}) == len(rows)
assert all(int(r["serial"], 16) >> 126 == 1 for r in rows)
PY
for certificate in *.crt certs/*.crt; do
    case $certificate in *.fullchain.crt) continue ;; esac
    serial=$(x509 -serial -in "$certificate" | cut -d= -f2 | tr A-F a-f)
    grep -q "\"$serial\"" list.json && passed || failed "$certificate is not in the index"
done
no sql certs/index.db "UPDATE audit SET who = 'nobody'"
no sql certs/index.db "DELETE FROM audit"
no sql certs/index.db "DELETE FROM certificates"

# --- renew: the same key and names, not what easy-rsa does ----------------------------------------------------------------
before=$(x509 -pubkey -ext subjectAltName -in certs/www.example.org.crt); serial=$(x509 -serial -in certs/www.example.org.crt)
ok "$TTP" renew www.example.org
is "key and names" "$before" "$(x509 -pubkey -ext subjectAltName -in certs/www.example.org.crt)"
[ "$serial" != "$(x509 -serial -in certs/www.example.org.crt)" ] && passed || failed "the same serial"
ok openssl verify -x509_strict -verify_hostname www.example.org -CAfile certs/root.crt certs/www.example.org.crt
ok "$TTP" renew srv.example.org --revoke-old --days 10 --out srv2
is "days" 10 $((($(date -d "$(x509 -enddate -in srv2.crt | cut -d= -f2)" +%s) + 1 - $(date -d "$(x509 -startdate -in srv2.crt | cut -d= -f2)" +%s)) / 86400))
ok "$TTP" list --revoked; says "srv.example.org"
sum=$(sha256sum peer.key)
code 3 "$TTP" renew peer.example.org --rekey; says "exists already"
is "peer.key" "$sum" "$(sha256sum peer.key)"
ok "$TTP" renew peer.example.org --rekey --out peer2
x509 -text -in peer2.crt >out; says "prime256v1"
ok openssl verify -x509_strict -CAfile certs/root.crt peer2.crt
code 4 "$TTP" renew nobody; says "no certificate"
code 2 "$TTP" renew alice --key p256

# an empty ID is nobody's, and a serial number cannot be taken by a name
ok "$TTP" --pki ids init Ids --key p256
ok "$TTP" --pki ids issue victim --profile client --key p256
victim=$(openssl x509 -in ids/victim.crt -noout -serial | cut -d= -f2 | tr A-F a-f)
ok "$TTP" --pki ids issue "$victim" --profile client --key p256
for verb in revoke renew export; do code 2 "$TTP" --pki ids $verb ""; done
code 2 "$TTP" --pki ids export "" --ca -; says "not nothing"
ok "$TTP" --pki ids revoke "$victim"; says "Revoked victim ($victim)"

# without its index a CA does nothing: the next list would have number 1 again, and nobody in it
cp ids/index.db index.kept
for lost in "rm ids/index.db" "truncate -s 0 ids/index.db"; do
    $lost
    for verb in list log crl check "issue x.example.org" "revoke victim"; do code 4 "$TTP" --pki ids $verb; says "the index of this CA is lost"; done
done
[ ! -e ids/root.crl ] && passed || failed "a list without an index"
cp index.kept ids/index.db
chmod 777 ids; code 1 "$TTP" --pki ids check; says "can be written by everybody"; chmod 700 ids
code 3 "$TTP" --pki ids export victim --ca /dev/full --force; says "which --force leaves alone"

# times that no certificate can say
code 2 "$TTP" --pki far init Far --not-after 999999999999; says "1950 to 9999"
code 2 "$TTP" --pki far init Far --not-before 9223372036854775807; says "1950 to 9999"
code 2 "$TTP" --pki far init Far --not-before -9223372036854775808; says "1950 to 9999"
code 2 "$TTP" --pki far init Far --not-before 2027-02-30; says "--not-before takes a time"

# a directory that was moved takes its files along; a copy leaves those of the first alone
ok "$TTP" --pki first init First --key p256
ok "$TTP" --pki first issue moved.example.org --key p256
ok "$TTP" --pki first issue elsewhere.example.org --key p256 --out elsewhere
cp -a first second
first_sum=$(cat first/*.crt | sha256sum)
ok "$TTP" --pki second renew moved.example.org; says "/second/moved.example.org.crt"
is "the first one's files" "$first_sum" "$(cat first/*.crt | sha256sum)"
rm -r first && mv second third
ok "$TTP" --pki third renew moved.example.org; says "/third/moved.example.org.crt"
ok "$TTP" --pki third renew elsewhere.example.org; says "$PWD/elsewhere.crt"

# --- revoke and crl -------------------------------------------------------------------------------------------------------
code 3 "$TTP" revoke www.example.org; says "say which by its serial number"
code 2 "$TTP" revoke alice --reason because; says "keyCompromise"
serial=$(x509 -serial -in json.crt | cut -d= -f2)
ok "$TTP" revoke "$serial" --reason keyCompromise
code 3 "$TTP" revoke "$serial"; says "revoked already"
ok "$TTP" revoke rsa3072.crt --reason superseded
code 3 "$TTP" revoke certs/root.crt
code 3 "$TTP" renew "$serial"; says "revoked"
code 1 "$TTP" check; says "no list says so"
ok "$TTP" crl
openssl crl -in certs/root.crl -CAfile certs/root.crt -noout -text >out 2>err
says "verify OK"; says "Version 2"; grep -A1 "CRL Number" out | grep -qx " *1" && passed || failed "number 1"
says "Key Compromise"; says "Superseded"; says "Authority Key Identifier"
is "entries" 3 "$(grep -c "Serial Number" out)"
cat certs/root.crt certs/root.crl >root+crl.pem
no openssl verify -crl_check -CAfile root+crl.pem json.crt; says "certificate revoked"
ok openssl verify -crl_check -CAfile root+crl.pem certs/www.example.org.crt
chmod 640 certs/root.crl
ok "$TTP" crl --days 7
mode 640 certs/root.crl
openssl crl -in certs/root.crl -noout -crlnumber >out; says "0x02"
code 3 "$TTP" crl --out victim; says "no revocation list"
is "victim" precious "$(cat victim)"
code 3 "$TTP" crl --force --out certs/root.key; is "root" "$root_sum" "$(sha256sum certs/root.key certs/root.crt)"
"$TTP" crl --out - 2>err | openssl crl -noout -crlnumber >out; says "0x03"

# --- ocsp -----------------------------------------------------------------------------------------------------------------
ok "$TTP" ocsp json.crt --out json.ocsp; says "revoked"
ok "$TTP" ocsp alice.crt --out alice.ocsp; says "good"
ok openssl ocsp -respin alice.ocsp -issuer certs/root.crt -cert alice.crt -CAfile certs/root.crt -no_nonce; says "alice.crt: good"
ok openssl ocsp -respin json.ocsp -issuer certs/root.crt -cert json.crt -CAfile certs/root.crt -no_nonce; says "json.crt: revoked"

# --- check ----------------------------------------------------------------------------------------------------------------
ok "$TTP" check --expiring 5d; says "Nothing is due"
code 1 "$TTP" check; says "srv.example.org"; says "expires"
code 1 "$TTP" check --expiring 4000d; says "CA"
code 1 "$TTP" --json check; python3 -c "import json; o = json.load(open('out')); assert not o['ok'] and o['problems']" && passed || failed "JSON of check"

# --- inspect --------------------------------------------------------------------------------------------------------------
ok "$TTP" inspect certs/www.example.org.crt
for line in "Certificate: www.example.org" "In order     yes" "For          server" "dns:www.example.org" "Key          rsa2048"; do says "$line"; done
head -c 6000 out | grep -q "$(printf '\033')" && failed "colour in a pipe" || passed
ok "$TTP" inspect srv.csr; says "Certificate request"; says "In order     yes"
ok "$TTP" inspect evil2.csr; says "being a CA"
ok "$TTP" inspect srv.key; says "Private key: rsa2048"
ok "$TTP" inspect certs/root.crl; says "Revocation list"; says "3"
ok openssl crl -in certs/root.crl -outform DER -out root.crl.der
ok "$TTP" inspect root.crl.der; says "Revocation list"
ok "$TTP" inspect past.crt; says "not valid yet"
code 4 "$TTP" inspect victim
"$TTP" inspect - <alice.crt >out && says "Certificate: alice"
ok "$TTP" --json inspect certs/root.crt; python3 -c "import json; o = json.load(open('out'))[0]; assert o['ca'] and o['in_order']" && passed || failed "JSON of inspect"

# a response: good, revoked, several answers, of a responder of its own, none at all, and in PEM
serial() { x509 -noout -serial -in "$1" | cut -d= -f2 | tr A-F a-f; }
ok "$TTP" inspect alice.ocsp
for line in "OCSP response: $(serial alice.crt) is good" "It is        good" "In order     yes, the next one is due in 7 days" "Said by      the issuer's own key" "Valid from   20" "Good until   20"; do says "$line"; done
ok "$TTP" inspect json.ocsp; says "$(serial json.crt) is revoked"; says "It is        revoked since 20"
ok "$TTP" --json inspect json.ocsp
python3 -c "import json; o = json.load(open('out'))[0]; a, = o['answers']; assert o['type'] == 'OCSP response' and a['status'] == 'revoked' and a['revoked'] and a['next_update'], o" && passed || failed "JSON of inspect"
{ echo "-----BEGIN OCSP RESPONSE-----"; openssl base64 -in alice.ocsp; echo "-----END OCSP RESPONSE-----"; } >alice.ocsp.pem
ok "$TTP" inspect alice.ocsp.pem; says "is good"
printf '\060\003\012\001\003' >later.ocsp
ok "$TTP" inspect later.ocsp; says "no answer"; says "try again later"
ok "$TTP" --json inspect later.ocsp; says '"refused":"try again later"'
head -c 100 alice.ocsp >cut.ocsp
code 4 "$TTP" inspect cut.ocsp
sed s/'OCSP RESPONSE'/CERTIFICATE/ alice.ocsp.pem >false.pem
code 4 "$TTP" inspect false.pem
sed s/CERTIFICATE/'OCSP RESPONSE'/ alice.crt >false.pem
code 4 "$TTP" inspect false.pem; says "no OCSP response"
# OpenSSL as the responder, with its own index: one certificate that it lists as revoked and one that it has never heard of
printf 'R\t401231235959Z\t260101000000Z,keyCompromise\t%s\tunknown\t/CN=json\n' "$(serial json.crt | tr a-f A-F)" >responder.txt
ok openssl ocsp -issuer certs/root.crt -cert json.crt -cert alice.crt -reqout two.req
ok openssl ocsp -index responder.txt -CA certs/root.crt -rsigner certs/root.crt -rkey certs/root.key -reqin two.req -ndays 3 -respout two.ocsp
ok "$TTP" inspect two.ocsp
for line in "about 2 certificates" "It is        revoked since 2026-01-01T00:00:00Z (keyCompromise)" "unknown      $(serial alice.crt)" "Said by      C=IN, O=Example, CN=Example Root" "Nonce" "Enclosed     the certificate of"; do says "$line"; done
ok "$TTP" --json inspect two.ocsp
python3 -c "import json; o = json.load(open('out'))[0]; assert [a['status'] for a in o['answers']] == ['revoked', 'unknown'] and o['nonce'], o" && passed || failed "JSON of inspect"

# blocks of other kinds are passed over, and not each by name
for i in 1 2 3 4 5 6 7; do printf -- '-----BEGIN THING %s-----\nAAAA\n-----END THING %s-----\n' $i $i; done >things.pem
code 4 "$TTP" inspect things.pem; says "THING 5"; says "and so are 2 more"; says_not "THING 6"
printf -- '-----BEGIN A\033[31mB-----\nAAAA\n-----END A\033[31mB-----\n' >escape.pem
code 4 "$TTP" inspect escape.pem; says "A?[31mB"
cat things.pem alice.crt >mixed.pem
ok "$TTP" inspect mixed.pem; says "Certificate: alice"; is "first line" "Certificate: alice" "$(head -n 1 out)"

# what nobody could read, or sign, in a lifetime: twenty thousand names, asked for and constrained
python3 - <<'END'
names = lambda n, side: "".join(f"{side}DNS.{i} = h{i}.example.org\n" for i in range(n))
for n in (2000, 20000):
    open(f"crowd{n}.cnf", "w").write("[req]\ndistinguished_name = dn\n[dn]\n[v3]\nsubjectAltName = @names\n[ca]\nbasicConstraints = critical, "
        "CA:TRUE\nnameConstraints = critical, @trees\n[names]\n" + names(n, "") + "[trees]\n" + names(n, "permitted;"))
END
ok openssl req -new -newkey ed25519 -nodes -keyout crowd.key -subj /CN=crowd -config crowd20000.cnf -reqexts v3 -out crowd.csr
code 3 "$TTP" sign crowd.csr --yes --out crowd.crt; says "more names than a certificate can hold"
ok "$TTP" inspect crowd.csr; says "and 19800 more"
ok openssl req -x509 -key crowd.key -subj /CN=crowd -config crowd2000.cnf -extensions ca -out crowd.crt
ok "$TTP" inspect crowd.crt; says "and 1800 more"
ok "$TTP" --json inspect crowd.crt
python3 -c "import json; assert len(json.load(open('out'))[0]['permitted']) == 2000" && passed || failed "JSON of inspect"
ok openssl req -new -key crowd.key -subj "/CN=crowd$(printf '/OU=%060d' $(seq 30))" -out long.csr
code 3 "$TTP" sign long.csr --yes --out long.crt; says "subject is too long"
rm -f crowd*.cnf

ok "$TTP" fingerprint alice.crt
says "$(x509 -fingerprint -sha256 -in alice.crt | cut -d= -f2 | tr -d : | tr A-F a-f)"

# --- passphrases ----------------------------------------------------------------------------------------------------------
echo "correct horse" >pass; export PASS="battery staple"
ok "$TTP" issue locked.example.org --passout file:pass --out locked
ok openssl pkey -in locked.key -passin file:pass -noout
says_not "horse"
code 2 "$TTP" issue l2.example.org --passout "secret" --out l2; says "seen by every user"
ok "$TTP" passwd locked.key --passin file:pass --passout env:PASS; says "file:pass: others can read this passphrase"
ok openssl pkey -in locked.key -passin env:PASS -noout
mode 600 locked.key
code 4 "$TTP" passwd locked.key --passin file:pass --remove; says "passphrase"
chmod 600 pass
code 4 "$TTP" passwd locked.key --passin file:pass --remove; says_not "others can read"
code 4 "$TTP" passwd locked.key --remove; says "no passphrase"
"$TTP" passwd locked.key --passin fd:7 --remove 7<<<"battery staple" 2>err && openssl pkey -in locked.key -passin pass: -noout && passed || failed "passphrase from fd"
code 2 setsid -w "$TTP" passwd locked.key; says "no terminal"
code 4 "$TTP" passwd locked.key --passout env:NOTHING; says "no such variable"
# a terminal is asked, twice where it matters, without showing what is typed
python3 - "$TTP" <<'PY' && passed || failed "prompts on a terminal"
import os, pty, subprocess, sys, time, select
def talk(args, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(args[0], args)
    seen = b""
    for answer in answers:
        end = time.monotonic() + 60
        while b": " not in seen.split(b"\n")[-1] and time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                seen += os.read(fd, 4096)
        os.write(fd, answer + b"\n"); seen += b"\n"
    try:
        while True:
            data = os.read(fd, 4096)
            if not data: break
            seen += data
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen
ttp = sys.argv[1]
code, seen = talk([ttp, "passwd", "locked.key"], [b"tr0ub4dor", b"tr0ub4dor"])
assert code == 0 and b"tr0ub4dor" not in seen, (code, seen)
code, seen = talk([ttp, "inspect", "locked.key"], [b"tr0ub4dor"])
assert code == 0 and b"rsa2048" in seen, (code, seen)
code, seen = talk([ttp, "passwd", "locked.key"], [b"tr0ub4dor", b"one", b"another"])
assert code == 4 and b"differ" in seen, (code, seen)
PY
chmod 644 alice.key
code 3 "$TTP" request a --key-file alice.key --out nope; says "others can read this key"
chmod 600 alice.key
code 4 "$TTP" request a --key-file certs/root.crt --out nope; says "certs/root.crt: this is a certificate, not a private key"
code 5 "$TTP" request a --key-file certs --out nope; says "certs: Is a directory"; says_not "chmod"
ok "$TTP" request alice --key-file alice.key --out alice-again; [ ! -e alice-again.key ] && passed || failed "wrote a key"
is "key" "$(openssl pkey -in alice.key -pubout)" "$(openssl req -in alice-again.csr -noout -pubkey)"

# --- a CA below another, and names it may vouch for -----------------------------------------------------------------------
export TTP_PKI=limited
ok "$TTP" init "Limited Root" --permit example.org --permit email:.example.org --permit ip:192.0.2.0/24 --exclude bad.example.org --path-len 1
text limited/root.crt; says "Name Constraints: critical"; says "DNS:example.org"; says "192.0.2.0/255.255.255.0"; says "pathlen:1"
ok "$TTP" issue in.example.org ip:192.0.2.9
ok openssl verify -x509_strict -CAfile limited/root.crt limited/in.example.org.crt
code 3 "$TTP" issue www.example.com; says "cannot make such a certificate"
code 3 "$TTP" issue x.bad.example.org
code 3 "$TTP" issue in2.example.org ip:198.51.100.1
ok "$TTP" issue bob a@host.example.org --profile client; code 3 "$TTP" issue bob b@example.com --profile client --out bob
# a person's short name is no host name that this root could vouch for: it stays in the subject, and what is shown is
# what is granted
ok "$TTP" request carol 192.0.2.5 --out carol
ok "$TTP" sign carol.csr --profile client; says "asked  dns:carol ip:192.0.2.5"; says "granted  ip:192.0.2.5"
text carol.crt; says "CN = carol"; says_not "DNS:carol"
[ ! -e limited/www.example.com.key ] && [ ! -e limited/www.example.com.crt ] && passed || failed "left files of what was refused"
ok "$TTP" --pki issuing init --intermediate "Issuing CA" --key p384
mode 600 issuing/ca.key
code 4 "$TTP" --pki issuing issue a.example.org; says "no certificate yet"
code 3 "$TTP" sign issuing/ca.csr --profile ca --path-len 1; says "path length of 0"
ok "$TTP" sign issuing/ca.csr --profile ca --out signed-ca.crt
text signed-ca.crt; says "pathlen:0"; says "Certificate Sign, CRL Sign"
no "$TTP" --pki issuing adopt alice.crt; says "no certificate of a CA"
# where "sign" puts the certificate by itself it is not taken in yet, and nothing is lost
cp signed-ca.crt issuing/ca.crt; code 4 "$TTP" --pki issuing issue a.example.org; says "ttp adopt"; rm issuing/ca.crt
ok "$TTP" --pki issuing adopt signed-ca.crt --chain limited/root.crt
ok "$TTP" --pki issuing issue deep.example.org
is "chain" 2 "$(grep -c BEGIN issuing/deep.example.org.fullchain.crt)"
ok openssl verify -x509_strict -CAfile limited/root.crt -untrusted issuing/deep.example.org.fullchain.crt issuing/deep.example.org.crt
code 3 "$TTP" --pki issuing issue deep.example.com
ok "$TTP" --pki sub init --intermediate "Too Deep"
code 3 "$TTP" --pki issuing sign sub/ca.csr --profile ca; says "path length is 0"
code 3 "$TTP" --pki issuing init "Second"
ok "$TTP" --pki issuing crl; ok openssl crl -in issuing/ca.crl -CAfile signed-ca.crt -noout
ok "$TTP" --pki issuing export deep.example.org --fullchain chain.pem --ca anchor.pem
# adopted again below another root, with nothing between: full chains send nothing of the first
for pki in upper middle lower; do
    ok "$TTP" --pki $pki init --key p256 $([ $pki = upper ] || echo --intermediate) "CA $pki"
done
for pair in "upper middle" "middle lower"; do
    set -- $pair
    ok "$TTP" --pki "$1" sign "$2/ca.csr" --profile ca --yes --path-len "$([ "$2" = middle ] && echo 1 || echo 0)" --out "$2.crt"
    cat "$2.crt" upper/root.crt >"$2.above"
    ok "$TTP" --pki "$2" adopt "$2.crt" --chain "$([ "$2" = middle ] && echo upper/root.crt || echo middle.above)"
done
ok "$TTP" --pki lower issue three.example.org --key p256; is "chain" 3 "$(grep -c BEGIN lower/three.example.org.fullchain.crt)"
ok "$TTP" --pki upper sign lower/ca.csr --profile ca --yes --out direct.crt
ok "$TTP" --pki lower adopt direct.crt --chain upper/root.crt
ok "$TTP" --pki lower issue two.example.org --key p256; is "chain" 2 "$(grep -c BEGIN lower/two.example.org.fullchain.crt)"

# --- what strict verifiers think of all this ------------------------------------------------------------------------------
ok "$TTP" verify --strict --root limited/root.crt --purpose server --name deep.example.org issuing/deep.example.org.fullchain.crt
ok "$TTP" verify --strict --root certs/root.crt --purpose server --name www.example.org certs/www.example.org.crt
ok "$TTP" verify --strict --root certs/root.crt --purpose client alice.crt
code 1 "$TTP" verify --root certs/root.crt --crl certs/root.crl --purpose server json.crt; says "revoked"
ok "$TTP" verify --strict --root certs/root.crt --crl certs/root.crl --ocsp alice.ocsp --purpose client alice.crt
code 1 "$TTP" verify --root certs/root.crt --ocsp json.ocsp --purpose server json.crt

# --- settings -------------------------------------------------------------------------------------------------------------
printf 'days = 30\nkey = p256\norg = Example Org\ncrl_url = http://crl.example.org/ca.crl\nocsp_url = http://ocsp.example.org/\nbackdate = 5m\n' >limited/ttp.conf
ok "$TTP" issue conf.example.org
text limited/conf.example.org.crt; says "http://crl.example.org/ca.crl"; says "http://ocsp.example.org/"; says "O = Example Org"; says "prime256v1"
printf '\ndayz = 30\n' >>limited/ttp.conf
code 4 "$TTP" issue conf2.example.org; says "line 8"
# each of these stops every verb, with the line that is wrong
bad_setting() { printf '%s\n' "$1" >limited/ttp.conf; code 4 "$TTP" list; says "limited/ttp.conf: line 1 $2"; }
bad_setting 'key = rsa1024' "is not a kind of key"
bad_setting 'country = de' "is not a country"
bad_setting 'crl_url = http://crl.example.org/a b' "is not an http:// address"
bad_setting "crl_url = http://crl.example.org/$(printf '%0200d' 0)" "is too long"
# the end of a long comment is no setting
bad_setting "$(printf '# %0197ddays = 5' 0)" "is too long"
printf 'days = 5\0\n' >limited/ttp.conf
code 4 "$TTP" list; says "is not text"
rm limited/ttp.conf

# --- the manual and the completion are what the tool says -----------------------------------------------------------------
if [ -f "$OLDPWD/docs/man/ttp.1" ]; then
    is "docs/man/ttp.1" "$("$TTP" --generate-man | sha256sum)" "$(sha256sum <"$OLDPWD/docs/man/ttp.1")"
    is "docs/completion/ttp" "$("$TTP" --generate-completion | sha256sum)" "$(sha256sum <"$OLDPWD/docs/completion/ttp")"
else
    failed "no docs/man/ttp.1 in $OLDPWD"
fi
"$TTP" --generate-completion >comp && bash -c '. ./comp; COMP_WORDS=(ttp issue --pro); COMP_CWORD=2; _ttp; [ "${COMPREPLY[*]}" = --profile ]' && passed || failed "completion"
finish
