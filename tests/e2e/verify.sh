#!/bin/sh
# `ttp verify` on what OpenSSL makes: exit codes, reasons, and what the strict profile refuses of it.
set -u
cd "$SCRATCH" || exit 1
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
        echo "ttp verify $*: exit code $got, not $code with \"$text\": $said"
        ;;
    esac
}

# What is larger than anything honest is bad input, not an answer.
head -c 5000000 /dev/zero | tr '\0' 'A' >large
expect 4 "too large" --root large large

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
} >openssl.log 2>&1 || { cat openssl.log; echo "0 passed, 1 failed"; exit 1; }

expect 0 accepted --root root.crt --untrusted ca.crt --purpose server --name www.example.org leaf.crt
expect 0 accepted --root root.crt --purpose server --name ip:192.0.2.1 full.crt
expect 0 accepted --root ca.crt leaf.crt
expect 0 accepted --root root.crt --untrusted ca.crt leaf.der
expect 0 '"accepted":true' --json --root root.crt full.crt
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
expect 2 'unknown' --root root.crt --sttrict full.crt
expect 2 'server, client' --root root.crt --purpose tls full.crt
expect 2 'no IP address' --root root.crt --name ip:300.1.1.1 full.crt
expect 2 '' --root root.crt
expect 4 'no certificate' --root root.crt leaf.key
expect 5 'No such file' --root root.crt missing.crt

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
