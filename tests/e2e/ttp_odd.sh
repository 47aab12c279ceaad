#!/bin/bash
# ttp with what nobody foresaw: files and names of every odd kind, days at the ends of the calendar, JSON wherever it is asked for, output that leads
# nowhere, strange environments.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"
x509() { openssl x509 -noout "$@"; }

ok "$TTP" init "Odd Root" --key p256
ok "$TTP" issue www.example.org --key p256 --out www
ok "$TTP" request asked.example.org --key p256 --out asked

# --- JSON, and nothing else, in every verb --------------------------------------------------------------------------------
# json EXPRESSION ARGUMENTS...: what the command prints is one JSON value o of which the expression is true; what it says on the way is JSON, line by line
json() {
    expression=$1
    shift
    "$TTP" --json "$@" >out 2>err </dev/null
    python3 - "$expression" <<'PY' && passed || failed "JSON of ttp $*: $expression"
import json, sys
o = json.loads(open("out").read() or "null")
for line in open("err"):
    assert set(json.loads(line)) <= {"error", "note"}, line
assert eval(sys.argv[1]), o
PY
}
pem_is() { python3 -c 'import json; print(json.load(open("out"))["pem"], end="")' >piece.pem && ok "$@" -in piece.pem; }
export SECRET=secret
json 'o["ca"] and o["files"]["certificate"] == "j/root.crt"' --pki j init "JSON Root" --key p256
json 'o["files"] == {"key": "ji/ca.key", "request": "ji/ca.csr"}' --pki ji init "JSON CA" --intermediate --key p256
json 'o["files"]["certificate"] == "ji/ca.crt"' --pki j sign ji/ca.csr --profile ca
json 'o["cn"] == "JSON CA"' --pki ji adopt ji/ca.crt --chain j/root.crt
says_not "had no index" # a certificate beside its request is no index lost
json 'o["names"] == ["dns:r.example.org"]' request r.example.org --key p256 --out r
json 'o["files"]["certificate"] == "r.crt"' sign r.csr
json 'o["files"]["key"] == "certs/j.example.org.key"' issue j.example.org --key p256
# what goes to standard output is in the object: a certificate that was recorded must not be lost
json 'o["cn"] == "r.example.org"' sign r.csr --out -; pem_is openssl x509 -noout
openssl verify -CAfile certs/root.crt piece.pem >out 2>err && passed || failed "the certificate in JSON"
serial=$(x509 -serial -in piece.pem | cut -d= -f2)
json 'o["serial"]' renew "$serial"; pem_is openssl x509 -noout
json 'o["file"] == "r.ocsp" and o["status"] == "good"' ocsp j.example.org --out r.ocsp
json 'o["status"] == "good" and "OCSP RESPONSE" in o["pem"]' ocsp j.example.org
python3 -c 'import json; print(json.load(open("out"))["pem"], end="")' >piece.pem; ok "$TTP" verify --ocsp piece.pem --purpose server certs/j.example.org.crt
json 'o["reason"] == "superseded"' revoke j.example.org --reason superseded
json 'o["revoked"] == 1 and o["file"] == "certs/root.crl"' crl
json 'o["number"] == 2 and "file" not in o' crl --out -; pem_is openssl crl -noout
json 'len(o) > 3' list
json 'o[0]["action"] == "init"' log
json 'o["ok"]' check
json 'not o["ok"] and o["problems"][0]["what"] == "CA"' check --expiring 20y
json 'o["accepted"]' verify --purpose server www.crt
json 'not o["accepted"] and o["error"] == "CERT_PURPOSE"' verify --purpose client www.crt
for file in www.crt asked.csr certs/root.crl r.ocsp www.key; do json 'len(o) == 1' inspect $file; done
json 'len(o[0]["sha256"]) == 64' fingerprint www.crt
json 'o == {"files": {"p12": "j.p12", "ca": "j.pem"}}' export www.example.org --p12 j.p12 --passout env:SECRET --ca j.pem
json 'o["files"] == {} and o["pem"].count("BEGIN") == 1' export --ca -
json 'o["files"] == {"ca": "k.pem"} and "BEGIN" in o["pem"]' export www.example.org --fullchain - --ca k.pem
json 'o["files"]["key"] == "i.key"' import j.p12 --passin env:SECRET --out i
json 'o["encrypted"]' passwd i.key --passout env:SECRET
json 'o[0]["encrypted"]' inspect i.key --passin env:SECRET
json 'len(o) == 3' inspect j.p12 --passin env:SECRET
for wrong in "frobnicate" "" "issue" "inspect nowhere" "issue www.example.org --out www" "export --ca - --fullchain -" "export www.example.org --p12 -" "install --frobnicate"; do
    json 'o is None' $wrong; says '{"error":{"name":"'
done
# one stream, one form; and none of it where another form fails
code 2 "$TTP" export www.example.org --fullchain - --ca -; says "takes one form"
code 4 "$TTP" export www.example.org --fullchain - --p12 no.p12 --passout env:NONE; is "on standard output" "" "$(cat out)"
[ ! -e no.p12 ] && passed || failed "a file of an export that failed"

# --- files of every odd kind ----------------------------------------------------------------------------------------------
openssl x509 -in www.crt -outform DER -out www.der
sed 's/$/\r/' www.crt >crlf; { echo before; cat www.crt; echo after; } >text; sed 's/^/  /' www.crt >indented; tr -d '\n' <www.crt >joined
printf '\357\273\277' | cat - www.crt >bom; cat www.crt certs/root.crt >several; ln -s www.crt link; mkfifo fifo
{ cat www.der; printf x; } >trailing; head -c 100 www.der >short; : >empty; mkdir directory; sed '$d' www.crt >endless; iconv -t UTF-16 www.crt >wide
truncate -s 70M huge; head -c 3000 /dev/urandom | sed 's/^0/1/' >noise; sed 's/CERTIFICATE/CERTIFICATF/' www.crt >misnamed
colons=$(x509 -fingerprint -sha256 -in www.crt | cut -d= -f2 | tr A-F a-f)
sha=${colons//:/}
for file in www.der crlf text indented joined bom several link; do
    ok "$TTP" inspect $file; says "$colons"
    ok "$TTP" fingerprint $file; says "$sha"
    ok "$TTP" verify --purpose server --name www.example.org $file
done
for verb in inspect fingerprint "verify --purpose server"; do
    for file in trailing short; do no "$TTP" $verb $file; done
    for file in empty huge endless wide noise misnamed /dev/null; do code 4 "$TTP" $verb $file; done
    for file in directory nowhere; do code 5 "$TTP" $verb $file; done
    cat www.crt >fifo & ok "$TTP" $verb fifo; wait $!
    "$TTP" $verb - <www.crt >out 2>err && passed || failed "$verb of standard input"
    "$TTP" $verb /dev/stdin <www.crt >out 2>err && passed || failed "$verb of /dev/stdin"
done
chmod 600 empty endless wide noise misnamed www.der
for verb in "sign --yes" "adopt --key-file www.key" "import --out imported" "passwd --remove"; do
    for file in empty endless wide noise misnamed /dev/null www.der; do code 4 "$TTP" --pki certs $verb $file; done
    for file in directory nowhere; do no "$TTP" $verb $file; done
done
for option in --root --untrusted --crl --ocsp; do
    for file in empty noise misnamed www.key; do no "$TTP" verify --purpose server $option $file www.crt; says_not "accepted"; done
done

# --- names ----------------------------------------------------------------------------------------------------------------
refused() { code "$1" "$TTP" issue "${@:2}" --key p256 --out never; [ ! -e never.key ] && passed || failed "a key of what was refused"; }
for name in 'a*.example.org' '*.*.example.org' '*' '*.org' 'a.*.org' xn-- a..b .example.org 'a b.example.org' "$(printf 'a%.0s' {1..64}).org"; do refused 2 ok.example.org "$name"; done
refused 3 '*.org'; says "two labels"
refused 3 'a*.example.org'; says "whole first label"
for name in ip:fe80::1%eth0 'ip:[::1]' ip:1.2.3 ip:01.2.3.4 ip:1.2.3.4/24 1.2.3.256 0x7f.1 uri: 'uri:no scheme' 'https://example.org/ü' email: a@ @b a@b@c '"a b"@example.org' \
    jürgen@example.org a@bücher.example dns: ''; do
    refused 2 ok.example.org "$name"
done
refused 2 "dns:a..b" --profile client
refused 2 "ip:example.org" --profile client
refused 2 "$(printf 'a%.0s' {1..70}).example.org"; says "behind a shorter one"
long=$(printf 'a.%.0s' {1..120})example.org # 251 bytes
ok "$TTP" issue long.example.org "$long" --key p256 --out long
ok openssl verify -verify_hostname "$long" -CAfile certs/root.crt long.crt
refused 2 ok.example.org "aaa.$long"
ok "$TTP" issue --key p256 --profile client --out dash -- -dash; x509 -subject -in dash.crt >out; says "CN = -dash"
ok "$TTP" renew -- -dash
# a kind before the first name says what it is, and is no part of it
ok "$TTP" issue ip:192.0.2.77 --key p256; x509 -subject -ext subjectAltName -in certs/192.0.2.77.crt >out 2>err; says "CN = 192.0.2.77"; says "IP Address:192.0.2.77"
ok "$TTP" request dns:kind.example.org --key p256; openssl req -in certs/kind.example.org.csr -noout -subject >out; says "CN = kind.example.org"
for name in 'quo"te' 'sl/ash' 'a=b,c+d' 'semi;<>#' ' space ' '👩‍👩‍👧' '$(id)' '%s%n'; do
    ok "$TTP" issue "$name" --profile client --key p256
    json "o['cn'] == $(python3 -c 'import sys; print(ascii(sys.argv[1]))' "$name")" renew "$name"
done

# a path that is no UTF-8 spoils no JSON
bytes=$(printf 'p\377')
json 'o["files"]["key"] == "p?.key"' issue bytes.example.org --key p256 --out "$bytes"
json '[r["prefix"][-2:] for r in o if r["cn"] == "bytes.example.org"] == ["p?"]' list
json 'o["file"] == "p?.key"' passwd "$bytes.key" --passout env:SECRET
json 'o["file"] == "p?"' crl --out "$bytes"
json 'o["files"]["request"] == "p?p.csr"' request bytes.example.org --key p256 --out "${bytes}p"
json 'o["files"]["certificate"] == "p?d/root.crt"' --pki "${bytes}d" init Bytes --key p256
json 'o is None' inspect "${bytes}x"; says "p?x: No such file"
# what a request asks for is granted as it is, or not at all: no name comes out that nobody asked for
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout odd.key -subj /CN=odd.example.org -out odd.csr \
    -addext "subjectAltName=DNS:ok.example.org,DNS:bad host,email:a b@example.org,URI:https://example.org/a b,IP:192.0.2.1" 2>/dev/null
json 'o["names"] == ["dns:odd.example.org", "dns:ok.example.org", "ip:192.0.2.1"]' sign odd.csr
openssl req -new -key odd.key -subj "/CN=$(printf 'a\002b@example.org')" -out control.csr
code 3 "$TTP" sign control.csr --profile client; says "characters that control it"
openssl req -new -key odd.key -utf8 -subj "/CN=$(printf 'exam\342\200\256elp')" -out turned.csr
code 3 "$TTP" sign turned.csr --profile client; says "another name"
openssl req -new -key odd.key -utf8 -subj "/CN=Größe, Ltd./O=Ü" -out plain.csr; ok "$TTP" sign plain.csr --profile client; says "Größe"
openssl req -new -key odd.key -subj "/CN=dns:a..b" -out kind.csr; code 3 "$TTP" sign kind.csr; ok "$TTP" sign kind.csr --profile client

# --- days -----------------------------------------------------------------------------------------------------------------
for days in 0 -1 999999 36501 1.5 '' ' 5' 5x 0x10 +5 99999999999999999999; do refused 2 ok.example.org "--days=$days"; done
end() { is "end of $1" "$2" "$(x509 -enddate -in "$1" | cut -d= -f2)"; }
ok "$TTP" --pki long init "Long Root" --key p256 --not-before 1950-01-01 --not-after 9999-12-31; end long/root.crt "Dec 31 23:59:59 9999 GMT"
export TTP_PKI=long
form() { openssl asn1parse -in "$1" | grep -o 'UTCTIME\|GENERALIZEDTIME' | tr '\n' ' '; }
n=0
while read -r from to forms; do
    n=$((n + 1))
    ok "$TTP" issue "d$n.example.org" --key p256 --not-before "$from" --not-after "$to"
    is "forms of times from $from to $to" "$forms" "$(form "long/d$n.example.org.crt" | sed 's/ $//')"
    at=$(date -ud "$from" +%s)
    ok openssl verify -x509_strict -attime "$at" -CAfile long/root.crt "long/d$n.example.org.crt"
    ok "$TTP" verify --strict --purpose server --time "$at" "long/d$n.example.org.crt"
    ok "$TTP" verify --purpose server --time "$to" "long/d$n.example.org.crt"
    code 1 "$TTP" verify --purpose server --time $((at - 1)) "long/d$n.example.org.crt"
    code 1 "$TTP" verify --purpose server --time $(($(date -ud "$to" +%s) + 1)) "long/d$n.example.org.crt"
done <<'TIMES'
1950-01-01T00:00:00Z 1969-12-31T23:59:59Z UTCTIME UTCTIME
1969-12-31T23:59:59Z 1970-01-01T00:00:00Z UTCTIME UTCTIME
2024-02-29T00:00:00Z 2028-02-29T23:59:59Z UTCTIME UTCTIME
2049-12-31T23:59:58Z 2049-12-31T23:59:59Z UTCTIME UTCTIME
2049-12-31T23:59:59Z 2050-01-01T00:00:00Z UTCTIME GENERALIZEDTIME
2050-01-01T00:00:00Z 2100-02-28T23:59:59Z GENERALIZEDTIME GENERALIZEDTIME
2000-02-29T12:00:00Z 9999-12-31T23:59:59Z UTCTIME GENERALIZEDTIME
TIMES
for day in 1949-12-31 1900-02-29 2027-02-29 2100-02-29 10000-01-01 2027-01-01T24:00:00Z 2027-1-1 ''; do refused 2 ok.example.org --not-after "$day"; done
# until a day is until its end
ok "$TTP" issue day.example.org --key p256 --not-before 2027-01-31 --not-after 2027-01-31; end long/day.example.org.crt "Jan 31 23:59:59 2027 GMT"
is "start" "Jan 31 00:00:00 2027 GMT" "$(x509 -startdate -in long/day.example.org.crt | cut -d= -f2)"
ok "$TTP" issue zone.example.org --key p256 --not-after 2030-01-01T00:00:00+05:30; end long/zone.example.org.crt "Dec 31 18:30:00 2029 GMT"
export TTP_PKI=certs

# --- surroundings ---------------------------------------------------------------------------------------------------------
# the modes of keys do not depend on the umask, and others cannot write what is not theirs
for mask in 000 022 077; do
    (umask $mask; exec "$TTP" -q --pki "mask$mask" init "Mask Root" --key p256) 2>err || failed "umask $mask"
    (umask $mask; exec "$TTP" -q --pki "mask$mask" issue m.example.org --key p256) 2>err || failed "umask $mask"
    (umask $mask; exec "$TTP" -q --pki "mask$mask" export m.example.org --p12 "mask$mask/m.p12" --passout env:SECRET) 2>err || failed "umask $mask"
    mode 700 "mask$mask"; mode 600 "mask$mask/root.key"; mode 600 "mask$mask/m.example.org.key"; mode 600 "mask$mask/index.db"; mode 600 "mask$mask/m.p12"
    mode "$([ $mask = 077 ] && echo 600 || echo 644)" "mask$mask/m.example.org.crt"
done
# nor do times, numbers and names depend on locale and time zone
plain=$("$TTP" inspect www.crt)
for setting in "TZ=Asia/Kolkata" "TZ=right/Europe/Paris" "TZ=:nonsense" "LC_ALL=tr_TR.UTF-8" "LC_ALL=C" "LC_ALL=xx" "LANG=de_DE" "TERM=dumb" "HOME=" "PATH="; do
    is "inspect with $setting" "$plain" "$(env "$setting" "$(readlink -f "$TTP")" inspect www.crt)"
done
ok env TZ=America/New_York "$TTP" issue tz.example.org --key p256 --not-after 2030-06-30T12:00:00; end certs/tz.example.org.crt "Jun 30 12:00:00 2030 GMT"
ok env LC_ALL=tr_TR.UTF-8 "$TTP" issue "INFO.EXAMPLE.ORG" --key p256; "$TTP" inspect certs/INFO.EXAMPLE.ORG.crt >out; says "dns:info.example.org"
code 4 env TTP_PKI=nowhere "$TTP" list; says "nowhere: there is no CA here"
code 4 env TTP_PKI= "$TTP" --pki www.crt list
# output that nobody takes
for verb in list log "inspect www.crt" "fingerprint www.crt" "export --ca -" "--help" "--json list"; do
    "$TTP" $verb >/dev/full 2>err; is "exit code of $verb on a full device" 5 $?
    "$TTP" $verb >&- 2>err; is "exit code of $verb without standard output" 5 $?
done
mkfifo gone
sh -c 'exec 4<gone' & # it has read nothing and is gone before anything is written
exec 3>gone
wait $!
(trap '' PIPE; "$TTP" list; echo $? >status) >&3 2>err
exec 3>&-
ok env TZ=right/Europe/Paris "$TTP" issue leap.example.org --key p256 --not-after 2030-06-30T12:00:00; end certs/leap.example.org.crt "Jun 30 12:00:00 2030 GMT"
is "exit code of list into a closed pipe" 5 "$(cat status)"
# standard error closed, as of a daemon: nothing lands in a file of the CA
"$TTP" issue silent.example.org --key p256 >&- 2>&- <&-; ok openssl x509 -in certs/silent.example.org.crt -noout; is "integrity" ok "$(sql certs/index.db 'PRAGMA integrity_check')"
ok openssl pkey -in certs/silent.example.org.key -noout -check

# --- links, settings and rights -------------------------------------------------------------------------------------------
ok "$TTP" issue linked.example.org --key p256
mv certs/linked.example.org.crt elsewhere.crt; ln -s ../elsewhere.crt certs/linked.example.org.crt; ln -s certs/linked.example.org.key linked.key; ln -s nowhere dangling
sum=$(sha256sum elsewhere.crt)
code 3 "$TTP" renew linked.example.org; says "is a link or no file, which is left alone"
code 3 "$TTP" passwd linked.key --passout env:SECRET; says "is a link"
code 3 "$TTP" crl --out dangling; says "is a link"
is "behind the link" "$sum" "$(sha256sum elsewhere.crt)"
# what needs no settings does not ask for them
printf 'nonsense\n' >certs/ttp.conf
for verb in "inspect www.crt" "fingerprint www.crt" "verify --purpose server www.crt" "passwd i.key --passin env:SECRET --remove"; do ok "$TTP" $verb; done
for verb in list crl "issue x.example.org"; do code 4 "$TTP" $verb; says "ttp.conf: line 1"; done
rm certs/ttp.conf
if [ "$(id -u)" = 0 ] && have setpriv; then
    cp "$TTP" ttp-for-all
    chmod 755 . certs ttp-for-all
    nobody() { code "$1" setpriv --reuid=65534 --regid=65534 --clear-groups ./ttp-for-all "${@:2}"; }
    if setpriv --reuid=65534 --regid=65534 --clear-groups ./ttp-for-all --version >out 2>err; then
        nobody 0 verify --purpose server www.crt
        nobody 0 export --ca -
        for verb in list log check "revoke www.example.org"; do nobody 5 $verb; says "index.db: Permission denied"; done
        for verb in crl "issue x.example.org --out x" "renew www.example.org" "inspect certs/root.key"; do nobody 5 $verb; says "root.key: Permission denied"; done
        chmod 644 certs/index.db
        nobody 0 list; nobody 0 check
        nobody 5 revoke www.example.org; says "cannot be written"
        chmod 600 certs/index.db
        chmod 700 certs
        nobody 5 list; says "Permission denied"
        nobody 0 inspect www.crt
        nobody 0 verify --root j.pem --purpose server www.crt
    else
        echo "skipped: another user's rights (this directory is closed to others)"
    fi
fi

# --- many at once ---------------------------------------------------------------------------------------------------------
mkdir many
for i in $(seq 20); do "$TTP" -q issue "p$i.example.org" --key p256 --out "many/$i" 2>"many/$i.err" & done
for i in 1 2 3 4; do "$TTP" -q crl 2>"many/crl$i.err" & done
wait
is "complaints" "" "$(cat many/*.err)"
is "certificates" 20 "$(for f in many/*[0-9].crt; do x509 -serial -in "$f"; done | sort -u | wc -l)"
for i in $(seq 20); do "$TTP" -q revoke "p$i.example.org" 2>"many/$i.err" & [ $((i % 5)) != 0 ] || "$TTP" -q crl --out "many/$i.crl" 2>>"many/$i.err" & done
wait
is "complaints" "" "$(cat many/*.err)"
ok "$TTP" crl
for i in $(seq 20); do code 1 "$TTP" verify --purpose server --crl certs/root.crl "many/$i.crt"; done
is "list numbers" "" "$(for f in certs/root.crl many/*.crl; do openssl crl -in "$f" -noout -crlnumber; done | sort | uniq -d)"

finish
