#!/bin/bash
# ttp, when its directory is not what it was: the index lost, the directory moved, nothing half-made left by what fails.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"

serial() { openssl x509 -noout -serial -in "$1" | cut -d= -f2 | tr A-F a-f; }
number() { openssl crl -noout -crlnumber -in "$1" | cut -d= -f2; }
revoked() { openssl crl -noout -text -in "$1" | grep -c "Serial Number"; }

# --- the index is lost ----------------------------------------------------------------------------------------------------
ok "$TTP" init "Lost Root" --key p256 --org Example
ok "$TTP" issue www.example.org --key p256
ok "$TTP" issue alice email:alice@example.org --profile client --key p256
ok "$TTP" issue gone.example.org --key p256 --out gone
ok "$TTP" issue here.example.org --key p256
ok "$TTP" revoke gone.example.org --reason keyCompromise
ok "$TTP" revoke here.example.org --reason superseded
for i in 1 2 3; do ok "$TTP" crl; done
before=$(number certs/root.crl)
mv certs/index.db index.old
for verb in "list" "check" "crl" "issue a.example.org" "renew alice" "revoke alice" "log" "ocsp alice --out x"; do
    code 4 "$TTP" $verb; says "is lost"; says "adopt certs/root.crt"
done
[ ! -e certs/index.db ] && passed || failed "a verb began an index"
: >certs/index.db # as a full disk could have left it
code 4 "$TTP" list; says "is lost"
code 4 "$TTP" issue a.example.org; says "is lost"
ok "$TTP" adopt certs/root.crt
says "had no index: if this CA had one, it is lost; the new one knows the 4 certificates found there and 2 that a list says are revoked"
ok "$TTP" --json list
python3 - <<'PY' && passed || failed "the rebuilt index: $(cat out)"
import json
rows = {r["cn"]: r for r in json.load(open("out"))}
assert sorted(rows) == ["", "Lost Root", "alice", "here.example.org", "www.example.org"], rows.keys()
assert rows["Lost Root"]["profile"] == "root" and rows["alice"]["profile"] == "client" and rows["www.example.org"]["profile"] == "server"
assert rows["alice"]["names"] == ["dns:alice", "email:alice@example.org"]
assert rows[""]["status"] == "revoked" and rows[""]["reason"] == "keyCompromise"
assert rows["here.example.org"]["reason"] == "superseded"
assert rows["www.example.org"]["prefix"].endswith("/certs/www.example.org")
PY
ok "$TTP" crl
[ $(($(number certs/root.crl))) -gt $((before)) ] && passed || failed "the list after it has number $(number certs/root.crl)"
is "revoked" 2 "$(revoked certs/root.crl)"
code 1 "$TTP" verify --root certs/root.crt --purpose server --crl certs/root.crl gone.crt; says "revoked"
code 3 "$TTP" revoke gone.crt; says "revoked already"
code 4 "$TTP" renew "$(serial gone.crt)"; says "the certificate itself is not here"
code 4 "$TTP" export "$(serial gone.crt)" --fullchain x; says "the certificate itself is not here"
ok "$TTP" ocsp "$(serial gone.crt)" --out gone.ocsp; says "is revoked"
ok "$TTP" renew www.example.org; [ "$(serial certs/www.example.org.crt)" != "" ] && passed || failed "renewed"
ok "$TTP" renew "Lost Root"
ok "$TTP" revoke alice; ok "$TTP" crl; is "revoked" 3 "$(revoked certs/root.crl)"
ok "$TTP" check
# once is enough: the index that is there is kept
ok "$TTP" adopt certs/root.crt; says_not "is lost"
is "rows" 7 "$(sql certs/index.db 'SELECT count(*) FROM certificates')"
code 2 "$TTP" adopt certs/root.crt --crl certs/root.crl; says "--crl is for a CA whose index begins"

# damaged is not lost: what is in it may yet be saved
cp certs/index.db index.kept; head -c 20000 /dev/urandom >certs/index.db
code 5 "$TTP" list; says "the index is damaged"
code 5 "$TTP" adopt certs/root.crt; says "the index is damaged"
mv index.kept certs/index.db
ok "$TTP" list

# without a list nobody knows how many there were: the next is above them all the same
rm certs/index.db certs/root.crl
ok "$TTP" adopt certs/root.crt; says "0 that a list says are revoked"
first=$(date +%s)
ok "$TTP" crl
[ $(($(number certs/root.crl))) -ge $((first - 600)) ] && passed || failed "number $(number certs/root.crl)"

# a CA that comes with its list: revoked stays revoked, wherever its certificates are
rm -f gone.crl
"$TTP" --pki other init "Other Root" --key p256 2>/dev/null
"$TTP" --pki other issue one.example.org --key p256 2>/dev/null
"$TTP" --pki other revoke one.example.org 2>/dev/null
"$TTP" --pki other crl 2>/dev/null
code 4 "$TTP" --pki taken adopt other/root.crt --key-file other/root.key --crl certs/root.crl; says "no revocation list of this CA"
[ ! -e taken ] && passed || failed "a failed adoption left $(ls -A taken)"
ok "$TTP" --pki taken adopt other/root.crt --key-file other/root.key --crl other/root.crl; says "1 revoked"
ok "$TTP" --pki taken crl; is "revoked" 1 "$(revoked taken/root.crl)"
ok openssl crl -inform DER -in <(openssl crl -in other/root.crl -outform DER) -noout

# --- rows from before with absolute paths, and the directory moved --------------------------------------------------------
ok "$TTP" --pki old init "Old Root" --key p256
for name in a b c; do ok "$TTP" --pki old issue $name.example.org --key p256; done
mkdir elsewhere
ok "$TTP" --pki old issue a.elsewhere.example.org --key p256 --out elsewhere/a.example.org
sql old/index.db "DROP TRIGGER certificates_update" >/dev/null
sql old/index.db "UPDATE certificates SET prefix = '$PWD/old/' || prefix WHERE prefix NOT LIKE '/%'" >/dev/null
cp -a old copy
sum=$(sha256sum old/a.example.org.*)
ok "$TTP" --pki copy renew a.example.org; says "$PWD/copy/a.example.org.crt"
is "files of the original" "$sum" "$(sha256sum old/a.example.org.*)"
mv old moved
ok "$TTP" --json --pki moved list
is "prefixes" "$PWD/moved/root $PWD/moved/a.example.org $PWD/moved/b.example.org $PWD/moved/c.example.org $PWD/elsewhere/a.example.org" \
    "$(python3 -c 'import json; print(*[r["prefix"] for r in json.load(open("out"))])')"
ok "$TTP" --pki moved renew b.example.org; says "$PWD/moved/b.example.org.crt"
PASS=word ok "$TTP" --pki moved export c.example.org --p12 c.p12 --passout env:PASS
ok "$TTP" --pki moved renew "Old Root"; says "$PWD/moved/root.crt"
ok "$TTP" --pki moved revoke c.example.org
# what was written elsewhere and has gone is not looked for here under its name
sum=$(sha256sum moved/a.example.org.*)
mv elsewhere away
code 5 "$TTP" --pki moved renew a.elsewhere.example.org; says "elsewhere"
is "files of another" "$sum" "$(sha256sum moved/a.example.org.*)"

# --- what fails leaves nothing --------------------------------------------------------------------------------------------
mkdir dry && cd dry || exit 1
left() { is "left by: $*" "$before_it" "$(find . -mindepth 1 -printf '%P %s\n' | grep -v '^\(out\|err\) ' | sort)"; }
# fails CODE VERB...: and nothing has come to be, or has gone
fails() {
    before_it=$(find . -mindepth 1 -printf '%P %s\n' | grep -v '^\(out\|err\) ' | sort)
    want=$1
    shift
    code "$want" "$TTP" --pki new "$@"
    left "$@"
}
printf 'not PEM\n' >junk; : >empty; mkdir directory; chmod 600 junk empty
cp ../certs/root.crt ../certs/root.key ../certs/alice.key . && chmod 644 alice.key
for key in "--key rsa1024" "--key-file nowhere" "--key-file junk" "--key-file empty" "--key-file directory" "--key-file alice.key" \
    "--passout env:NONE" "--passout file:nowhere" "--passout fd:77" "--out nowhere/x" "--out directory" "--country Utopia"; do
    want=$(case $key in *alice.key) echo 3 ;; *nowhere | *directory | *nowhere/x | *fd:77) echo 5 ;; *junk | *empty | *NONE) echo 4 ;; *) echo 2 ;; esac)
    case $key in --out*) want=$([ "$key" = "--out directory" ] && echo 2 || echo 5) ;; esac
    fails "$want" request x.example.org $key
    case $key in --out*) continue ;; esac
    fails "$want" init "New Root" $key
    fails "$want" init "New CA" --intermediate $key
done
for wrong in "--days 0" "--days x" "--not-before tomorrow" "--not-after 1969-01-01" "--path-len -1" "--path-len x" "--permit a_b..c" "--exclude ip:1.2.3.4/99"; do
    fails 2 init "New Root" $wrong
done
fails 2 init "New CA" --intermediate --days 3
fails 2 init "$(printf 'x%.0s' $(seq 65))"
fails 2 request "" ; fails 2 request x.example.org "not a name"
fails 5 adopt nowhere --key-file root.key; fails 4 adopt junk --key-file root.key
fails 2 adopt root.crt; fails 5 adopt root.crt --key-file nowhere; fails 3 adopt root.crt --key-file alice.key
fails 5 adopt root.crt --key-file root.key --chain nowhere; fails 4 adopt root.crt --key-file root.key --chain junk
fails 5 adopt root.crt --key-file root.key --crl nowhere; fails 4 adopt root.crt --key-file root.key --crl junk
fails 4 adopt root.crt --key-file root.key --passout env:NONE
for verb in "issue a.example.org" "renew a" "revoke a" crl "ocsp a" list log check "export a --p12 x" install uninstall; do fails 4 $verb; done

# the same with a CA that is there
ok "$TTP" --pki new init "New Root" --key p256
ok "$TTP" --pki new issue a.example.org --key p256
ok "$TTP" --pki new request b.example.org --key p256 --out b
export SECRET=secret
for verb in issue request; do
    for wrong in "--key rsa1024" "--key-file nowhere" "--key-file junk" "--key-file alice.key" "--out nowhere/x" "--out directory" "--passout env:NONE" "--frobnicate"; do
        before_it=$(find . -mindepth 1 -printf '%P %s\n' | grep -v '^\(out\|err\) ' | sort)
        no "$TTP" --pki new $verb c.example.org $wrong
        left $verb $wrong
    done
done
for wrong in "issue c.example.org --profile x" "issue c.example.org --days 0" "sign nowhere" "sign junk" "sign directory" "sign b.csr --out nowhere/x" \
    "sign b.csr --profile x" "sign b.csr --path-len 1" "sign b.csr --days x" "sign b.csr --name a_b..c" "renew a.example.org --days 0" \
    "renew a.example.org --out nowhere/x" "renew a.example.org --rekey" "renew a.example.org --rekey --out x --key rsa1024" "renew a.example.org --key p256" \
    "revoke a.example.org --reason x" "revoke nobody" "crl --days 0" "crl --out nowhere/x" "crl --out junk" "crl --out directory" "ocsp a.example.org --days 0 --out x" \
    "ocsp a.example.org --out nowhere/x" "export a.example.org --fullchain f --p12 p --passout env:NONE" "export a.example.org --fullchain f --ca nowhere/x" \
    "export a.example.org --fullchain f --ca junk" "export --ca c --fullchain f" "import junk --out x" "import nowhere --out x" "import new/root.crt --out x" \
    "passwd junk --remove" "passwd new/a.example.org.key --passout env:NONE" "verify --root junk new/root.crt --purpose server" "inspect junk" "fingerprint junk"; do
    before_it=$(find . -mindepth 1 -printf '%P %s\n' | grep -v '^\(out\|err\) ' | sort)
    no "$TTP" --pki new $wrong
    left $wrong
done
ok "$TTP" --pki new export a.example.org --p12 a.p12 --passout env:SECRET
: >y.crt
before_it=$(find . -mindepth 1 -printf '%P %s\n' | grep -v '^\(out\|err\) ' | sort)
code 3 "$TTP" --pki new import a.p12 --passin env:SECRET --out y; left import
code 4 "$TTP" --pki new import a.p12 --passin env:NONE --out x; left import
code 4 "$TTP" --pki new import a.p12 --passin env:HOME --out x; left import
cd ..

# --- clocks ---------------------------------------------------------------------------------------------------------------
# a board without a battery begins in 1970, a careless one before; certificates after 2049 write their times in another form
cat >clock.c <<'C'
#include <stdlib.h>
#include <time.h>
time_t time(time_t *at)
{
    time_t now = (time_t)atoll(getenv("CLOCK"));
    if (at)
        *at = now;
    return now;
}
C
if "${CC:-cc}" -shared -fPIC -o clock.so clock.c 2>err && ! nm "$TTP" 2>/dev/null | grep -q __asan_init; then
    at() { clock=$1; shift; code "$1" env CLOCK="$clock" LD_PRELOAD="$PWD/clock.so" "$TTP" --pki "clock$clock" "${@:2}"; }
    for now in -86400 0 2524607999 2524608000 4102444800; do
        at $now 0 init "Clock Root" --key p256
        at $now 0 issue www.example.org --key p256
        at $now 0 issue bad.example.org --key p256
        at $now 0 revoke bad.example.org
        at $now 0 crl; says "1 revoked"
        at $now 3 revoke bad.example.org; says "revoked already"
        at $now 0 check
        ok openssl verify -x509_strict -attime $now -CAfile clock$now/root.crt clock$now/www.example.org.crt
        ok "$TTP" verify --strict --root clock$now/root.crt --crl clock$now/root.crl --time=$now --purpose server clock$now/www.example.org.crt
        code 1 "$TTP" verify --root clock$now/root.crt --crl clock$now/root.crl --time=$now --purpose server clock$now/bad.example.org.crt; says "revoked"
    done
    at 253402300000 2 init "Clock Root"; says "is the clock right?"
else
    echo "skipped: other clocks (no compiler, or a sanitizer in the way)"
fi

# --- two of one name at once -----------------------------------------------------------------------------------------------
# whoever was last, key and certificates are of one
for w in 1 2 3 4; do (for i in 1 2 3 4 5; do "$TTP" -q --pki other renew one.example.org --rekey --force; done) >"two.$w" 2>&1 & done
wait
is "complaints" "" "$(cat two.*)"
public() { openssl x509 -in "$1" -noout -pubkey | sha256sum; }
is "key and certificate" "$(openssl pkey -in other/one.example.org.key -pubout | sha256sum)" "$(public other/one.example.org.crt)"
is "key and full chain" "$(public other/one.example.org.crt)" "$(public other/one.example.org.fullchain.crt)"

finish
