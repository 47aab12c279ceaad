#!/bin/sh
# How the files of this folder were made: by OpenSSL 3.0 and keytool of OpenJDK 17, with fresh keys. The tests know what
# is in them, so running this again changes the files but no test. The passphrase is "sealwax" everywhere.
set -eu
cd "$(dirname "$0")"
pass="-passout pass:sealwax"

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa2048.pem
openssl rsa -in rsa2048.pem -traditional -out rsa2048-pkcs1.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsapss2048.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48 -out rsapss2048-sha384.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha1 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha1 -pkeyopt rsa_pss_keygen_saltlen:20 -out rsapss2048-sha1.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:20 -out rsapss2048-salt20.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem
openssl ec -in p256.pem -out p256-sec1.pem
openssl ec -in p256.pem -no_public -out p256-sec1-nopub.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl genpkey -algorithm ED448 -out ed448.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.pem
for key in rsa2048 rsapss2048 rsapss2048-sha384 rsapss2048-salt20 p256 p384 p521 ed25519 ed448; do openssl pkey -in $key.pem -pubout -outform DER -out $key.spki; done

openssl pkcs8 -topk8 -in p256.pem -v2 aes-256-cbc -v2prf hmacWithSHA256 $pass -out p256-aes256-sha256.pem
openssl pkcs8 -topk8 -in p256.pem -v2 aes-128-cbc -v2prf hmacWithSHA1 $pass -out p256-aes128-sha1.pem
openssl pkcs8 -topk8 -in p256.pem -v2 aes-192-cbc -v2prf hmacWithSHA512 $pass -out p256-aes192-sha512.pem
openssl pkcs8 -topk8 -in p256.pem -scrypt $pass -out p256-scrypt.pem
openssl pkcs8 -topk8 -in p256.pem -v1 PBE-SHA1-3DES -provider legacy -provider default $pass -out p256-pbes1.pem
openssl rsa -in rsa2048.pem -traditional -aes128 $pass -out rsa2048-oldpem.pem

openssl req -new -key p256.pem -subj "/C=IN/O=Example/CN=www.example.org" \
    -addext "subjectAltName=DNS:www.example.org,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org,URI:https://example.org/x" -out names.csr
openssl req -new -key p256.pem -subj "/CN=evil" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=keyCertSign" \
    -addext "extendedKeyUsage=serverAuth,codeSigning" -addext "subjectAltName=DNS:evil.example.org,otherName:1.2.3;UTF8:x" -out greedy.csr
openssl req -new -key rsa2048.pem -subj "/CN=plain" -out plain.csr
openssl req -new -key ed25519.pem -subj "/CN=edwards" -out ed25519.csr

openssl req -x509 -key rsa2048.pem -sha256 -days 36500 -subj "/CN=Vector Root" -out root.crt
openssl req -x509 -key rsapss2048.pem -sha256 -days 36500 -subj "/CN=pss" -out rsapss2048.crt
openssl req -x509 -key rsapss2048-salt20.pem -sha256 -days 36500 -subj "/CN=pss" -out rsapss2048-salt20.crt
for salt in 0 20 48 max; do
    openssl req -x509 -key rsa2048.pem -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$salt -days 36500 -subj "/CN=pss" -out pss-$salt.crt
done
openssl x509 -req -in names.csr -CA root.crt -CAkey rsa2048.pem -copy_extensions copyall -days 36500 -out leaf.crt
all="-export -inkey p256.pem -in leaf.crt -certfile root.crt -name leaf"
openssl pkcs12 $all $pass -out openssl.p12
openssl pkcs12 $all $pass -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -provider legacy -provider default -out tripledes.p12
openssl pkcs12 $all $pass -legacy -out rc2.p12
openssl pkcs12 $all $pass -nomac -out nomac.p12
openssl pkcs12 $all $pass -keypbe NONE -certpbe NONE -macalg sha512 -out clear.p12
openssl pkcs12 $all -passout pass:größe -out utf8.p12
rm -f java.p12
keytool -importkeystore -srckeystore openssl.p12 -srcstorepass sealwax -destkeystore java.p12 -deststoretype PKCS12 -deststorepass sealwax

openssl req -x509 -newkey rsa:1024 -nodes -keyout /dev/null -subj /CN=weak.example -addext subjectAltName=DNS:weak.example -days 36500 -out weak.crt
