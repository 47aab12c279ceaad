#!/bin/bash
# Every kind of file that ttp makes is read by others, and every kind that they make by ttp: openssl always; certtool,
# easy-rsa and keytool where they are installed.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"
export PASS=sealwax

# --- openssl: keys of every kind, both ways -------------------------------------------------------------------------------
ok "$TTP" init "Interop Root"
for key in rsa2048 rsa3072 p256 p384 ed25519; do
    ok "$TTP" request "$key.example.org" --key $key --out $key
    ok openssl pkey -in $key.key -check -noout
    ok openssl req -in $key.csr -noout -verify
    ok "$TTP" sign $key.csr
    ok openssl verify -x509_strict -CAfile certs/root.crt $key.crt
    is "$key: key and certificate" "$(openssl pkey -in $key.key -pubout)" "$(openssl x509 -in $key.crt -noout -pubkey)"
    ok "$TTP" passwd $key.key --passout env:PASS
    ok openssl pkey -in $key.key -passin env:PASS -noout
    ok openssl pkcs8 -topk8 -in $key.key -passin env:PASS -v2 aes-128-cbc -v2prf hmacWithSHA1 -passout pass:other -out $key.p8
    chmod 600 $key.p8
    ok "$TTP" passwd $key.p8 --passin file:<(echo other) --remove
    ok "$TTP" inspect $key.p8; says "Private key: $key"
done
openssl rsa -in rsa2048.p8 -traditional -out old.key 2>/dev/null; chmod 600 old.key
ok "$TTP" request old --key-file old.key --out old
openssl genrsa -traditional -aes128 -passout pass:x -out older.key 2048 2>/dev/null; chmod 600 older.key
code 4 "$TTP" inspect older.key; says "not supported"

# a root of each kind signs with it
for key in p256 p384 ed25519 rsa4096; do
    ok "$TTP" --pki root-$key init "Root $key" --key $key
    ok "$TTP" --pki root-$key issue a.example.org --out under-$key
    ok "$TTP" --pki root-$key crl
    ok openssl verify -x509_strict -CAfile root-$key/root.crt under-$key.crt
    ok openssl crl -in root-$key/root.crl -CAfile root-$key/root.crt -noout
done

# --- openssl: PKCS#12 -----------------------------------------------------------------------------------------------------
for key in rsa2048 p256 ed25519; do
    ok "$TTP" export $key.example.org --key-file $key.key --passin env:PASS --passout env:PASS --p12 $key.p12
    mode 600 $key.p12
    ok openssl pkcs12 -in $key.p12 -passin env:PASS -info -noout
    says "MAC: sha256"; says "PBES2, PBKDF2, AES-256-CBC"
    ok openssl pkcs12 -in $key.p12 -passin env:PASS -nodes -out $key.pem
    is "certificates in it" 2 "$(grep -c "BEGIN CERTIFICATE" $key.pem)"
    is "$key: key in it" "$(openssl pkey -in $key.key -passin env:PASS -pubout)" "$(openssl pkey -in $key.pem -pubout)"
    no openssl pkcs12 -in $key.p12 -passin pass:wrong -noout
    for way in "" "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"; do
        # shellcheck disable=SC2086
        openssl pkcs12 -export -in $key.pem -inkey $key.pem -out theirs.p12 -passout env:PASS $way -provider default -provider legacy 2>/dev/null
        ok "$TTP" import theirs.p12 --out theirs --force --passin env:PASS
        mode 600 theirs.key
        is "$key: imported" "$(openssl pkey -in $key.pem)" "$(openssl pkey -in theirs.key)"
    done
    code 4 "$TTP" import theirs.p12 --out never --passin file:<(echo wrong); says "passphrase"
done
openssl pkcs12 -export -in p256.pem -inkey p256.pem -legacy -out rc2.p12 -passout env:PASS 2>/dev/null
code 4 "$TTP" import rc2.p12 --out never --passin env:PASS; says "RC2"

# --- certtool -------------------------------------------------------------------------------------------------------------
if have certtool; then
    for key in rsa2048 rsa3072 p256 p384 ed25519; do
        certtool --verify --verify-profile=medium --load-ca-certificate certs/root.crt --infile $key.crt >out 2>err; says "Verified. The certificate is trusted."
        ok certtool --crq-info --infile $key.csr; says "Self signature: verified"
        ok certtool --key-info --infile $key.key --password sealwax
    done
    ok "$TTP" crl
    certtool --verify-crl --load-ca-certificate certs/root.crt --infile certs/root.crl >out 2>err; says "Verified"
    ok certtool --p12-info --inder --infile rsa2048.p12 --password sealwax
    certtool --generate-privkey --key-type rsa --bits 2048 --pkcs8 --null-password --outfile gnutls.key >/dev/null 2>&1
    printf 'cn = gnutls.example.org\ndns_name = gnutls.example.org\nip_address = 192.0.2.7\nca\n' >gnutls.tmpl
    ok certtool --generate-request --load-privkey gnutls.key --template gnutls.tmpl --outfile gnutls.csr
    ok "$TTP" sign gnutls.csr --yes; says "ip:192.0.2.7"
    openssl x509 -in gnutls.crt -noout -text >out; says "CA:FALSE"
    chmod 600 gnutls.key
    ok "$TTP" inspect gnutls.key
    certtool --to-p12 --load-privkey gnutls.key --load-certificate gnutls.crt --p12-name x --password sealwax --outder --outfile gnutls.p12 >/dev/null 2>&1
    ok "$TTP" import gnutls.p12 --out from-gnutls --passin env:PASS
    printf 'cn = GnuTLS CA\nca\ncert_signing_key\ncrl_signing_key\nexpiration_days = 700\n' >ca.tmpl
    certtool --generate-privkey --outfile gca.key >/dev/null 2>&1; chmod 600 gca.key
    certtool --generate-self-signed --load-privkey gca.key --template ca.tmpl --outfile gca.crt >/dev/null 2>&1
    ok "$TTP" --pki gca adopt gca.crt --key-file gca.key
    ok "$TTP" --pki gca issue adopted.example.org --out adopted
    certtool --verify --load-ca-certificate gca.crt --infile adopted.crt >out 2>err; says "Verified. The certificate is trusted."
    printf 'crl_next_update = 30\ncrl_number = 5\n' >crl.tmpl
    ok certtool --generate-crl --load-ca-privkey gca.key --load-ca-certificate gca.crt --load-certificate adopted.crt --template crl.tmpl --outfile gca.crl
    ok "$TTP" inspect gca.crl; says "Number       5"
    code 1 "$TTP" verify --root gca.crt --crl gca.crl adopted.crt; says "revoked"
    ok "$TTP" ocsp p256.crt --out p256.ocsp
    ocsptool --verify-response --load-signer certs/root.crt --infile p256.ocsp >out 2>err; says "Certificate Status: good"; says "Verifying OCSP Response: Success"
    ocsptool --response-info --infile p256.ocsp >gnutls.txt 2>err; ok "$TTP" inspect gnutls.txt; says "is good"
fi

# a file with certificates in any order, and with some that are not of the chain: the full chain is what a server sends
ok "$TTP" --pki p12ca init --intermediate "P12 CA" --key p256
ok "$TTP" sign p12ca/ca.csr --profile ca
ok "$TTP" --pki p12ca adopt p12ca/ca.crt --chain certs/root.crt
ok "$TTP" --pki p12ca issue chained.example.org --key p256 --out chained
cat certs/root.crt p256.crt p12ca/ca.crt >mixed.pem
ok openssl pkcs12 -export -inkey chained.key -in chained.crt -certfile mixed.pem -out mixed.p12 -passout env:PASS
ok "$TTP" import mixed.p12 --out mixed --passin env:PASS
is "chain" "$(cat chained.crt p12ca/ca.crt)" "$(cat mixed.fullchain.crt)"
code 4 "$TTP" import certs/root.crt --out never --passin env:PASS; says "no PKCS#12 file"

# --- keytool --------------------------------------------------------------------------------------------------------------
if have keytool; then
    for key in rsa2048 p256; do
        ok keytool -list -v -storetype PKCS12 -keystore $key.p12 -storepass sealwax
        says "PrivateKeyEntry"; says "Certificate chain length: 2"
    done
    ok keytool -genkeypair -alias j -keyalg EC -groupname secp256r1 -dname CN=java.example.org -storetype PKCS12 -keystore j.p12 -storepass sealwax
    ok keytool -certreq -alias j -keystore j.p12 -storepass sealwax -file j.csr -ext san=dns:java.example.org
    ok "$TTP" sign j.csr; says "dns:java.example.org"
    cat j.crt certs/root.crt >j.chain
    ok keytool -importcert -noprompt -trustcacerts -alias j -file j.chain -keystore j.p12 -storepass sealwax
    ok "$TTP" import j.p12 --out j2 --passin env:PASS
    is "through Java" "$(openssl x509 -in j.crt)" "$(openssl x509 -in j2.crt)"
    ok keytool -genkeypair -alias k -keyalg EC -groupname secp256r1 -dname CN=second -storetype PKCS12 -keystore j.p12 -storepass sealwax
    ok "$TTP" import j.p12 --out jk --passin env:PASS; says "holds 2 keys: this is the first"
    ok "$TTP" inspect j.p12 --passin env:PASS; says "2 keys (the first is shown)"
    ok keytool -printcrl -file certs/root.crl
fi

# --- a root as mkcert makes it: it may sign no lists; and a key under a passphrase -------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -keyout mk.key -out mk.crt -days 365 -subj '/O=mkcert development CA/CN=mkcert somebody' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
openssl pkcs8 -topk8 -in mk.key -passout env:PASS -out mk.p8 && chmod 600 mk.key mk.p8
ok "$TTP" --pki mk adopt mk.crt --key-file mk.p8 --passin env:PASS; says "cannot sign revocation lists"; says "was under a passphrase"
ok "$TTP" --pki mk2 adopt mk.crt --key-file mk.p8 --passin env:PASS --passout env:PASS; says_not "was under a passphrase"
ok "$TTP" --pki mk issue m.example.org --out m
ok openssl verify -x509_strict -CAfile mk.crt m.crt
code 3 "$TTP" --pki mk crl; says "lacks cRLSign"
[ ! -e mk/root.crl ] && passed || failed "a list that nobody takes"

# --- a CA with an RSASSA-PSS key, bound to a hash or not ------------------------------------------------------------------
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss-any.key 2>/dev/null
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha512 -pkeyopt rsa_pss_keygen_mgf1_md:sha512 \
    -pkeyopt rsa_pss_keygen_saltlen:64 -out pss-sha512.key 2>/dev/null
chmod 600 pss-*.key
for kind in any sha512; do
    ok "$TTP" --pki pss-$kind init "PSS Root" --key-file pss-$kind.key; says "rsa-pss2048"
    ok openssl x509 -in pss-$kind/root.crt -noout -text; says "Signature Algorithm: rsassaPss"
    ok "$TTP" --pki pss-$kind request pss.example.org --key-file pss-$kind.key --out pss-leaf-$kind
    ok openssl req -in pss-leaf-$kind.csr -noout -verify
    ok "$TTP" --pki pss-$kind sign pss-leaf-$kind.csr
    ok "$TTP" --pki pss-$kind issue bad.example.org --out pss-bad-$kind
    ok "$TTP" --pki pss-$kind revoke bad.example.org
    ok "$TTP" --pki pss-$kind crl
    ok "$TTP" --pki pss-$kind ocsp pss.example.org --out pss-leaf-$kind.ocsp
    cat pss-$kind/root.crt pss-$kind/root.crl >pss+crl.pem
    ok openssl verify -x509_strict -crl_check -CAfile pss+crl.pem pss-leaf-$kind.crt
    no openssl verify -x509_strict -crl_check -CAfile pss+crl.pem pss-bad-$kind.crt; says "certificate revoked"
    ok openssl ocsp -respin pss-leaf-$kind.ocsp -issuer pss-$kind/root.crt -cert pss-leaf-$kind.crt -CAfile pss-$kind/root.crt; says "pss-leaf-$kind.crt: good"
    ok "$TTP" verify --strict --root pss-$kind/root.crt --purpose server --crl pss-$kind/root.crl --ocsp pss-leaf-$kind.ocsp pss-leaf-$kind.crt
    code 1 "$TTP" verify --root pss-$kind/root.crt --purpose server --crl pss-$kind/root.crl pss-bad-$kind.crt; says "revoked"
    ok "$TTP" --pki pss-$kind renew pss.example.org
    openssl req -x509 -new -key pss-$kind.key -sigopt rsa_pss_saltlen:digest -subj /CN=Adopted -out pss-adopted.crt 2>err || failed "openssl req"
    ok "$TTP" --pki pss-adopted-$kind adopt pss-adopted.crt --key-file pss-$kind.key
    ok "$TTP" --pki pss-adopted-$kind issue x.example.org --out pss-x-$kind
    ok openssl verify -CAfile pss-adopted.crt pss-x-$kind.crt
done
# a salt as long as it gets, which OpenSSL takes where nobody says how long
openssl req -x509 -new -key pss-any.key -sigopt rsa_pss_saltlen:max -subj /CN=Salty -out pss-salty.crt 2>err || failed "openssl req"
ok "$TTP" --pki pss-salty adopt pss-salty.crt --key-file pss-any.key
ok "$TTP" --pki pss-salty issue salty.example.org --out pss-salt
ok "$TTP" verify --strict --root pss-salty.crt --purpose server pss-salt.crt
printf '[ca]\ndefault_ca = c\n[c]\ndatabase = salty.txt\ncrlnumber = salty.num\ndefault_md = sha512\ndefault_crl_days = 9\n' >salty.cnf
: >salty.txt; echo 01 >salty.num
openssl ca -config salty.cnf -gencrl -keyfile pss-any.key -cert pss-salty.crt -out salty.crl 2>err || failed "openssl ca"
ok openssl crl -in salty.crl -noout -text; says "Salt Length: 0xBE"
ok "$TTP" verify --strict --root pss-salty.crt --purpose server --crl salty.crl pss-salt.crt
for salt in 0 20 max; do
    openssl req -new -newkey rsa:2048 -nodes -keyout salt-$salt.key -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$salt \
        -subj /CN=salt.example.org -out salt-$salt.csr 2>err || failed "openssl req"
    ok "$TTP" --pki pss-salty sign salt-$salt.csr
done

# --- easy-rsa: its CA is adopted, its certificates are revoked ------------------------------------------------------------
easyrsa=$(command -v easyrsa || ls /usr/share/easy-rsa/easyrsa 2>/dev/null)
if [ -n "$easyrsa" ]; then
    export EASYRSA_BATCH=1 EASYRSA_PKI=$PWD/erpki
    "$easyrsa" init-pki >/dev/null 2>&1 && EASYRSA_REQ_CN="Easy CA" "$easyrsa" build-ca nopass >/dev/null 2>&1
    "$easyrsa" build-client-full easy nopass >/dev/null 2>&1
    "$easyrsa" gen-crl >/dev/null 2>&1
    if [ -s erpki/issued/easy.crt ]; then
        ok "$TTP" inspect erpki/issued/easy.crt; says "client"
        ok "$TTP" inspect erpki/crl.pem; says "Number       none"
        chmod 600 erpki/private/ca.key
        ok "$TTP" --pki adopted adopt erpki/ca.crt --key-file erpki/private/ca.key
        ok "$TTP" --pki adopted issue new.example.org --out er
        ok openssl verify -CAfile erpki/ca.crt er.crt
        ok "$TTP" --pki adopted revoke erpki/issued/easy.crt --reason superseded
        code 4 "$TTP" --pki adopted revoke rsa2048.crt; says "did not sign it"
        ok "$TTP" --pki adopted crl
        cat erpki/ca.crt adopted/ca.crl adopted/root.crl >er+crl.pem 2>/dev/null
        no openssl verify -crl_check -CAfile er+crl.pem erpki/issued/easy.crt; says "certificate revoked"
        # a request of easy-rsa's
        EASYRSA_REQ_CN=req.example.org "$easyrsa" gen-req req nopass >/dev/null 2>&1
        ok "$TTP" sign erpki/reqs/req.req --out er-req.crt; says "dns:req.example.org"
    else
        failed "easy-rsa made no certificate"
    fi
else
    echo "skipped: no easy-rsa on this machine"
fi

finish
