#!/bin/sh
# `ttp verify` on what OpenSSL makes: exit codes, reasons, and what the strict profile refuses of it.
set -u
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
ttp=$BUILD/ttp passed=0 failed=0

# expect CODE TEXT ARGUMENT...: ttp verify ends with this code and says this
expect() {
    code=$1 text=$2
    shift 2
    said=$("$ttp" verify "$@" 2>&1)
    got=$?
    case $got:$said in
    "$code":*"$text"*) passed=$((passed + 1)) ;;
    *)
        failed=$((failed + 1))
        echo "FAIL: ttp verify $*: exit code $got, not $code with \"$text\": $said"
        ;;
    esac
}

# What is larger than anything honest is bad input, not an answer.
head -c 5000000 /dev/zero | tr '\0' 'A' >large
expect 4 "too large" --root large large
head -c 7500000 /dev/zero | tr '\0' 'A' >larger
expect 4 "too large" --root large --crl larger large
"$ttp" inspect larger >inspected 2>&1
case $?:$(cat inspected) in 4:*"too large"*) passed=$((passed + 1)) ;; *) failed=$((failed + 1)) && echo "FAIL: ttp inspect of a large file: $(cat inspected)" ;; esac

# A root as easy-rsa 3.1 makes it (basicConstraints not critical), an intermediate, a leaf, and a list without a number.
cat >openssl.cnf <<'END'
[root]
basicConstraints = CA:TRUE
subjectKeyIdentifier = hash
keyUsage = cRLSign, keyCertSign
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical, cRLSign, keyCertSign
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:www.example.org, IP:192.0.2.1
[authority]
database = index.txt
default_md = sha256
default_crl_days = 30
[list]
default_ca = authority
END
{
    key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config /dev/null"
    openssl req -x509 $key -keyout root.key -out bare.crt -subj /CN=Root -days 60 &&
        openssl x509 -in bare.crt -x509toreq -signkey root.key -out root.csr &&
        openssl x509 -req -in root.csr -signkey root.key -extfile openssl.cnf -extensions root -days 60 -out root.crt &&
        openssl req $key -keyout ca.key -out ca.csr -subj /CN=CA &&
        openssl x509 -req -in ca.csr -CA root.crt -CAkey root.key -CAcreateserial -extfile openssl.cnf -extensions ca -days 60 -out ca.crt &&
        openssl req $key -keyout leaf.key -out leaf.csr -subj /CN=leaf &&
        openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile openssl.cnf -extensions leaf -days 50 -out leaf.crt &&
        : >index.txt && openssl ca -config openssl.cnf -name authority -gencrl -keyfile ca.key -cert ca.crt -out ca.crl &&
        openssl ca -config openssl.cnf -name authority -gencrl -keyfile root.key -cert root.crt -out root.crl &&
        cat ca.crl root.crl >both.crl
    printf 'R\t300101000000Z\t250101000000Z,keyCompromise\t%s\tunknown\t/CN=leaf\n' "$(openssl x509 -in leaf.crt -noout -serial | cut -d= -f2)" >index.txt
    openssl ca -config openssl.cnf -name authority -gencrl -keyfile ca.key -cert ca.crt -out revoked.crl
    cat revoked.crl root.crl >revoked-both.crl
    cat leaf.crt ca.crt >full.crt
    openssl x509 -in leaf.crt -outform DER -out leaf.der
    head -c 100 leaf.der >cut.der
    openssl crl -in ca.crl -outform der | head -c 100 >cut.crl
} >openssl.log 2>&1 || { cat openssl.log; echo "0 passed, 1 failed"; exit 1; }

expect 0 accepted --root root.crt --untrusted ca.crt --purpose server --name www.example.org leaf.crt
expect 0 accepted --root root.crt --purpose server --name ip:192.0.2.1 full.crt
expect 0 accepted --root ca.crt leaf.crt
expect 0 accepted --root root.crt --untrusted ca.crt leaf.der
expect 0 '"accepted":true' --json --root root.crt full.crt
expect 0 '"work":{"steps":' --json --root root.crt full.crt
expect 0 accepted --root root.crt --crl both.crl full.crt
expect 1 'its issuer, CA, is neither trusted nor among the intermediates' --root root.crt leaf.crt
expect 1 'dns:www.example.org, ip:192.0.2.1' --root root.crt --name example.org full.crt
expect 1 'does not include clients' --root root.crt --purpose client full.crt
expect 1 'it expired on' --root root.crt --time 2060-01-01T00:00:00Z full.crt
expect 1 'it is not valid before' --root root.crt --time 0 full.crt
expect 1 'more than 0 intermediate' --root root.crt --max-depth 0 full.crt
expect 1 'no revocation list of Root' --root root.crt --crl ca.crl full.crt
expect 1 'revoked (keyCompromise)' --root root.crt --crl revoked-both.crl full.crt
expect 1 "out of date" --root root.crt --crl both.crl --time $(($(date +%s) + 86400 * 31)) full.crt
expect 1 'basicConstraints critical' --root root.crt --strict --purpose server full.crt
expect 1 'it has no number' --root ca.crt --strict --purpose server --crl ca.crl leaf.crt
expect 1 '"error":"CERT_UNKNOWN_CA"' --json --root root.crt leaf.crt
expect 1 'cannot be decoded' --root root.crt cut.der
expect 1 'the root cannot be decoded: cut.der' --root cut.der leaf.crt
for file in "--root root.crt cut.der" "--root cut.der leaf.crt" "--root root.crt --crl cut.crl leaf.crt"; do
    # shellcheck disable=SC2086
    expect 1 '{"accepted":false,"error":"C' --json $file
done
# OpenSSL as the responder: by a certificate of its own, which the CA gave for that, or did not; and by one of somebody else
cat >>openssl.cnf <<'END'
[responder]
extendedKeyUsage = OCSPSigning
keyUsage = critical, digitalSignature
[weak]
subjectAltName = DNS:www.example.org
END
serial=$(openssl x509 -in leaf.crt -noout -serial | cut -d= -f2)
printf 'V\t300101000000Z\t\t%s\tunknown\t/CN=leaf\n' "$serial" >good.txt
printf 'R\t300101000000Z\t250101000000Z,keyCompromise\t%s\tunknown\t/CN=leaf\n' "$serial" >revoked.txt
: >unknown.txt
# answer FILE INDEX SIGNER OPTION...: what it says
answer() {
    file=$1 index=$2 signer=$3
    shift 3
    openssl ocsp -index "$index.txt" -CA ca.crt -rsigner "$signer.crt" -rkey "$signer.key" -reqin leaf.req "$@" -respout "$file.ocsp"
}
{
    for name in responder stranger; do
        openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name
    done
    openssl x509 -req -in responder.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile openssl.cnf -extensions responder -out responder.crt
    openssl x509 -req -in stranger.csr -CA root.crt -CAkey root.key -CAcreateserial -extfile openssl.cnf -extensions responder -out stranger.crt
    openssl ocsp -issuer ca.crt -cert leaf.crt -no_nonce -reqout leaf.req
    for index in good revoked unknown; do answer $index $index responder -ndays 3; done
    answer endless good ca
    answer leaf good leaf -ndays 3
    answer stranger good stranger -ndays 3
    { echo "-----BEGIN OCSP RESPONSE-----"; openssl base64 -in revoked.ocsp; echo "-----END OCSP RESPONSE-----"; } >revoked.pem
    : >empty
} >openssl.log 2>&1 || cat openssl.log
expect 0 accepted --root root.crt --ocsp good.ocsp full.crt
expect 1 'revoked (keyCompromise)' --root root.crt --ocsp revoked.ocsp full.crt
expect 1 'revoked (keyCompromise)' --root root.crt --ocsp revoked.pem full.crt
expect 1 'does not know it' --root root.crt --ocsp unknown.ocsp full.crt
expect 1 'until when' --root root.crt --ocsp endless.ocsp full.crt
expect 1 'not appointed' --root root.crt --ocsp leaf.ocsp full.crt
expect 1 'not appointed' --root root.crt --ocsp stranger.ocsp full.crt
expect 1 'out of date' --root root.crt --ocsp good.ocsp --time $(($(date +%s) + 86400 * 4)) full.crt
expect 1 'cannot be decoded, or is no answer' --root root.crt --ocsp leaf.der full.crt
expect 1 'cannot be decoded, or is no answer' --root root.crt --ocsp leaf.crt full.crt
expect 4 'no OCSP response' --root root.crt --ocsp empty full.crt

# What is too weak to mean anything
{
    openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -sha1 -extfile openssl.cnf -extensions weak -days 9 -out sha1.crt
    for curve in prime192v1 secp224r1 secp256k1; do
        openssl ecparam -name $curve -genkey -noout -out $curve.key && openssl req -new -key $curve.key -config /dev/null -subj /CN=$curve -out $curve.csr
        openssl x509 -req -in $curve.csr -CA ca.crt -CAkey ca.key -extfile openssl.cnf -extensions weak -days 9 -out $curve.crt
    done
    openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out dsa.param && openssl genpkey -paramfile dsa.param -out dsa.key &&
        openssl req -new -key dsa.key -config /dev/null -subj /CN=dsa -out dsa.csr
    openssl x509 -req -in dsa.csr -CA ca.crt -CAkey ca.key -extfile openssl.cnf -extensions weak -days 9 -out dsa.crt
    openssl req -newkey rsa:1024 -nodes -config /dev/null -keyout rsa.key -subj /CN=rsa -out rsa.csr
    openssl x509 -req -in rsa.csr -CA ca.crt -CAkey ca.key -extfile openssl.cnf -extensions weak -days 9 -out rsa.crt
} >openssl.log 2>&1
expect 1 'signed with SHA-1' --root root.crt --untrusted ca.crt sha1.crt
for weak in prime192v1 secp224r1 secp256k1 dsa rsa; do expect 1 'its key is' --root root.crt --untrusted ca.crt $weak.crt; done

# A CA whose key is for PSS alone: its signatures are named like those of any RSA key.
{
    for name in pss psstrange; do
        openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out $name.key
        openssl req -x509 -new -key $name.key -subj /CN=PSS -days 9 -config openssl.cnf -extensions root -sha384 -sigopt rsa_pss_saltlen:digest -out $name.crt
    done
    openssl req -newkey rsa:2048 -nodes -config /dev/null -keyout byps.key -subj /CN=www.example.org -out byps.csr
    openssl x509 -req -in byps.csr -CA pss.crt -CAkey pss.key -extfile openssl.cnf -extensions leaf -sha256 -sigopt rsa_pss_saltlen:digest -days 9 -out byps.crt
    openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48 -out fixed.key
    openssl req -x509 -new -key fixed.key -subj /CN=Fixed -days 9 -config openssl.cnf -extensions root -sha384 -out fixed.crt
} >pss.log 2>&1
expect 0 accepted --root pss.crt byps.crt
expect 0 accepted --root fixed.crt --purpose any fixed.crt
expect 1 'does not verify' --root psstrange.crt byps.crt
"$ttp" inspect pss.crt >inspected 2>&1
if grep -q "does not verify" inspected; then
    failed=$((failed + 1)) && echo "FAIL: ttp inspect of a root with a PSS key" && cat inspected
else
    passed=$((passed + 1))
fi

expect 2 'unknown' --root root.crt --sttrict full.crt
expect 2 'server, client' --root root.crt --purpose tls full.crt
expect 2 'no IP address' --root root.crt --name ip:300.1.1.1 full.crt
expect 2 'the name is empty' --root root.crt --name dns: full.crt
expect 2 'the name is empty' --root root.crt --name '' full.crt
expect 2 '--time takes' --root root.crt --time 2027-02-30 full.crt
expect 0 accepted --root root.crt --name DNS:www.example.org full.crt
expect 2 '' --root root.crt
expect 4 'no certificate' --root root.crt leaf.key
expect 5 'No such file' --root root.crt missing.crt

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
