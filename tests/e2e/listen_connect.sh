#!/bin/bash
# `sealwax listen` and `sealwax connect` as people run them: with each other, with OpenSSL's and GnuTLS's tools on the
# other side, and with certificates that must be refused. Every check is one line; the last line counts them.
. "$(dirname "$(readlink -f "$0")")/listen.inc"
page=$top/docs/man/sealwax.1

is() { # WHAT COMMAND...: it succeeds
    what=$1
    shift
    if "$@"; then ok; else bad "$what"; fi
}

# --- certificates: our tool's, and for what no honest tool makes, OpenSSL's -------------------------------------------------

pki() {
    ttp init "Test Root" --not-before 2019-12-01T00:00:00Z && cp pki/root.crt root.crt &&
        ttp issue server.example localhost --profile server --out server &&
        ttp issue alice --profile client --out alice &&
        ttp issue other.example --profile server --out other &&
        ttp issue server.example --key p256 --profile server --out ec &&
        ttp issue server.example --not-before 2020-01-01T00:00:00Z --not-after 2020-02-01T00:00:00Z --profile server --out expired &&
        "$BUILD/ttp" --quiet --pki strange init "Another Root" &&
        "$BUILD/ttp" --quiet --pki strange issue server.example --profile server --out stranger
}
pki >pki.log 2>&1 || { cat pki.log; echo "the certificates could not be made"; exit 1; }
# one bit of the signature changed: the last byte of the DER
openssl x509 -in server.crt -outform DER -out tampered.der
size=$(stat -c %s tampered.der)
last=$(tail -c 1 tampered.der | od -An -tu1)
printf "\\$(printf %o $((last ^ 1)))" | dd of=tampered.der bs=1 seek=$((size - 1)) conv=notrunc 2>/dev/null
openssl x509 -inform DER -in tampered.der -out tampered.crt
head -c 1048576 /dev/urandom >big

# --- servers ----------------------------------------------------------------------------------------------------------------

connect() { timeout 120 "$sealwax" connect "127.0.0.1:$port" --name server.example --trust root.crt "$@"; }
ours="--cert server.fullchain.crt --key server.key"
alice="--cert alice.fullchain.crt --key alice.key"

# --- with ourselves ---------------------------------------------------------------------------------------------------------

# 1 MiB each way, and both ends closed properly
echoes() { # WHAT CONNECT-OPTION...
    what=$1
    shift
    connect "$@" <big >back 2>err
    code=$?
    if [ $code = 0 ] && cmp -s big back; then ok; else bad "$what: exit code $code, $(stat -c %s back) bytes back"; fi
}
suites="TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA256"
listen echo $ours --trust root.crt --suites "$(echo $suites | tr ' ' :)" --reply echo --verbose
for suite in $suites; do
    echoes "echo with $suite" $alice --suites "$suite" --brief
    says "suite agreed on" "Suite: $suite " err
    says "encrypt-then-MAC" "Encrypt-then-MAC: yes" err
    says "extended master secret" "Extended master secret: yes" err
    echoes "echo with $suite, MAC then encrypt" $alice --suites "$suite" --no-etm --brief
    says "no encrypt-then-MAC" "Encrypt-then-MAC: no" err
done
echoes "a range of versions" $alice --min-version 1.2 --max-version 1.3
echoes "echo without extended master secret" $alice --no-ems --brief
says "no extended master secret" "Extended master secret: no" err
says "the server names its client" "peer CN=alice" echo.log
echoes "keep a session" $alice --sess-out session
is "the session is secret" [ "$(stat -c %a session 2>/dev/null)" = 600 ]
echoes "resume it" $alice --sess-in session --brief
says "resumed" "Resumed: yes" err
exits 1 "no client certificate" connect
says "what the server said" "received alert handshake_failure" err
says "what it logged" "sent alert handshake_failure" echo.log
echoes "the server goes on"  $alice
connect $alice --trace <big >back 2>trace
for message in ClientHello ServerHello Certificate CertificateRequest ServerHelloDone ClientKeyExchange CertificateVerify ChangeCipherSpec Finished; do
    says "trace" "$message" trace
done
connect $alice --trace=json </dev/null >back 2>trace
is "trace is JSON" python3 -c 'import json; [json.loads(l) for l in open("trace")]'
SSLKEYLOGFILE=keys connect $alice </dev/null >back 2>err
says "key log" "^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$" keys
is "the key log is secret" [ "$(stat -c %a keys 2>/dev/null)" = 600 ]
says "key log warning" "warning: .*keys" err
stop

listen alpn $ours --alpn sealwax,http/1.1 --client-auth none
echoes "no client certificate asked for" --alpn http/1.1 --brief
says "protocol agreed on" "ALPN: http/1.1" err
exits 1 "no protocol in common" connect --alpn other
says "the alert of ALPN" "received alert no_application_protocol" err
exits 2 "a name that does not travel" "$sealwax" connect "127.0.0.1:$port" --trust root.crt --name bücher.example
says "how it is written" "other letters than ASCII are written as xn--" err
stop

listen two $ours --cert ec.fullchain.crt --key ec.key --policy modern --client-auth none
echoes "the RSA certificate" --policy modern --suites ECDHE-RSA-AES128-GCM-SHA256 --brief
echoes "the ECDSA certificate" --policy modern --suites ECDHE-ECDSA-AES128-GCM-SHA256 --brief
says "ECDSA signature" "Signature: ecdsa" err
stop

listen http $ours --reply http --client-auth none
printf 'GET / HTTP/1.0\r\nHost: x\n\r\n' | connect >out 2>err
is "http: exit code" [ $? = 0 ]
says "http: answer" "HTTP/1.0 200 OK" out
curl -sS --cacert root.crt --tls-max 1.2 --ciphers AES128-SHA256 --resolve "server.example:$port:127.0.0.1" "https://server.example:$port/" >out 2>err
says "curl: answer" "TLS_RSA_WITH_AES_128_CBC_SHA256" out
stop

listen discard $ours --reply discard --client-auth none
connect <big >out 2>err
is "discard: exit code" [ $? = 0 ]
is "discard: silence" [ ! -s out ]
# much at once: whoever has something to write and a socket that just got room must not wait for the peer
truncate -s 200M much
for policy in classic modern; do
    timeout 300 "$sealwax" connect "127.0.0.1:$port" --trust root.crt --name localhost --policy $policy <much >out 2>err
    is "much at once, $policy" [ $? = 0 ]
done
rm -f much
stop

listen once $ours --reply echo --client-auth none --once
echoes "once"
wait $server
is "once: exit code" [ $? = 0 ]
listen once $ours --reply echo --client-auth none --once
(echo "GET / HTTP/1.0"; echo) | timeout 120 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
data = b""
while part := s.recv(100):
    data += part
sys.exit(0 if data[:1] == b"\x15" and len(data) == 7 else 1)' "$port"
is "plain HTTP gets an alert and a FIN" [ $? = 0 ]
wait $server
is "once: exit code of a failure" [ $? = 1 ]

listen pipe $ours --reply pipe --client-auth none <big
mkfifo endless
connect <>endless >back 2>err # input that does not end before the server does
wait $server
is "pipe" cmp -s big back

# --- certificates that must be refused --------------------------------------------------------------------------------------

refused() { # WHAT ALERT CERTIFICATE KEY CONNECT-OPTION...
    what=$1 alert=$2
    listen refused --cert "$3" --key "$4" --client-auth none
    shift 4
    exits 1 "$what is refused" connect "$@"
    says "$what: what is said" "sent alert $alert" err
    until_so grep -q "received alert" refused.log
    says "$what: what arrives" "received alert $alert" refused.log
    stop
}
refused "an expired certificate" certificate_expired expired.fullchain.crt expired.key
says "what its owner was told" "warning: expired.fullchain.crt: this certificate expired 20" refused.log
refused "another name" bad_certificate other.fullchain.crt other.key
refused "a client's certificate" "(unsupported_certificate|bad_certificate)" alice.fullchain.crt alice.key
refused "an unknown issuer" unknown_ca stranger.fullchain.crt stranger.key
refused "a tampered certificate" bad_certificate tampered.crt server.key
listen insecure --cert stranger.fullchain.crt --key stranger.key --client-auth none
echoes "--insecure" --insecure
says "--insecure warns" "warning" err
stop
listen strangers $ours --trust root.crt
exits 1 "a client of another root" connect --cert stranger.fullchain.crt --key stranger.key
says "its alert" "received alert (unknown_ca|unsupported_certificate|bad_certificate)" err
exits 1 "a server's certificate as a client's" connect --cert server.fullchain.crt --key server.key
says "what it means" "a server's is none for a client" err
echoes "and then a good one" $alice
stop

# --- OpenSSL on the other side ----------------------------------------------------------------------------------------------

port=$(free_port)
openssl s_server -accept "127.0.0.1:$port" -cert server.crt -key server.key -CAfile root.crt -Verify 3 -verify_return_error -tls1_2 -cipher 'ALL:@SECLEVEL=0' -rev -quiet >sserver.log 2>&1 &
server=$!
until_so listens "$port"
for cipher in AES128-SHA256 AES128-SHA AES256-SHA AES256-SHA256; do
    for etm in "" --no-etm; do
        printf 'sealwax\n' | connect $alice --suites $cipher $etm >out 2>err
        is "OpenSSL's server, $cipher $etm" grep -q xawlaes out
    done
done
stop

# a line, and no end of input before it has come back in the file out
say_and_stay() {
    : >out
    echo sealwax
    until_so grep -q '^sealwax' out
}
listen forserver $ours --trust root.crt --reply echo
for cipher in AES128-SHA256 AES128-SHA AES256-SHA AES256-SHA256; do
    for etm in "" -no_etm; do
        say_and_stay | timeout 120 openssl s_client -connect "127.0.0.1:$port" -CAfile root.crt -cert alice.crt -key alice.key -verify_hostname server.example -verify_return_error -tls1_2 -cipher "$cipher:@SECLEVEL=0" $etm -quiet -no_ign_eof >out 2>err
        is "OpenSSL's client, $cipher $etm" grep -q '^sealwax' out
    done
done
stop

# --- GnuTLS on the other side -----------------------------------------------------------------------------------------------

if command -v gnutls-serv >/dev/null; then
    port=$(free_port)
    gnutls-serv --echo --port "$port" --x509certfile server.crt --x509keyfile server.key --x509cafile root.crt --require-client-cert --verify-client-cert \
        --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.2:+RSA:+AES-128-CBC:+AES-256-CBC:+SHA1' >gserv.log 2>&1 &
    server=$!
    until_so listens "$port"
    for cipher in AES128-SHA AES256-SHA; do
        printf 'sealwax\n' | connect $alice --suites $cipher >out 2>err
        is "GnuTLS's server, $cipher" grep -q sealwax out
    done
    stop
    listen forgnutls $ours --trust root.crt --reply echo
    for cipher in AES-128-CBC AES-256-CBC; do
        say_and_stay | timeout 120 gnutls-cli --port "$port" --x509cafile root.crt --x509certfile alice.crt --x509keyfile alice.key --verify-hostname server.example \
            --priority "NONE:+VERS-TLS1.2:+RSA:+$cipher:+SHA1:+SIGN-ALL:+COMP-NULL:+GROUP-ALL" 127.0.0.1 >out 2>err
        is "GnuTLS's client, $cipher" grep -q '^sealwax' out
    done
    stop
fi

# --- a key that is none ------------------------------------------------------------------------------------------------------

exits 4 "a certificate without its key" "$sealwax" listen 0 --cert root.crt
says "what to do" "root.crt: there is no private key in this file; --key names its file" err
exits 4 "a certificate for a key" "$sealwax" listen 0 --cert root.crt --key root.crt
exits 4 "another certificate for a key" "$sealwax" connect 127.0.0.1:1 --trust root.crt --cert pki/root.crt --key root.crt
says "what it is" "root.crt: this is a certificate, not a private key" err

# --- what a certificate says about its own use -----------------------------------------------------------------------------------

# strange NAME EXTENSIONS: a certificate of our root with these
strange() {
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=DNS:server.example\n%b\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA root.crt -CAkey pki/root.key -days 30 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
    chmod 600 "$1.key"
}
strange staple 'extendedKeyUsage=serverAuth\ntlsfeature=status_request'
strange cipher 'extendedKeyUsage=clientAuth\nkeyUsage=keyEncipherment'
listen staple --cert staple.crt --key staple.key --client-auth none
exits 1 "a promised status that does not come" connect --staple
says "why" "demands a stapled status" err
exits 0 "nobody asked for it" connect
stop
listen usage $ours --trust root.crt
openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cert cipher.crt -key cipher.key </dev/null >/dev/null 2>&1
until_so grep -q "key usage" usage.log # the client does not wait for our log
says "why" "key usage" usage.log
stop

# --- signed certificate timestamps -------------------------------------------------------------------------------------------------

printf '\0\7\0\1A\0\2BC' >two.sct
printf '\0\0' >none.sct
listen sct $ours --sct two.sct --client-auth none
exits 0 "timestamps for whoever asks" connect --sct --brief
says "how many" "Certificate timestamps: 2, not verified" err
exits 0 "none for others" connect --brief
is "no word of them" sh -c "! grep -q timestamps err"
openssl s_client -connect "127.0.0.1:$port" -tls1_2 -serverinfo 18 </dev/null >info 2>/dev/null
is "OpenSSL is sent the list" grep -q "$(printf '\0\22\0\11\0\7\0\1A\0\2BC' | base64)" info
stop
exits 4 "an empty list of timestamps" "$sealwax" listen 127.0.0.1:0 $ours --sct none.sct
{ echo "-----BEGIN SERVERINFO FOR TIMESTAMPS-----"; printf '\0\22\0\11\0\7\0\1A\0\2BC' | base64; echo "-----END SERVERINFO FOR TIMESTAMPS-----"; } >two.info
port=$(free_port)
openssl s_server -accept "127.0.0.1:$port" -cert server.crt -key server.key -tls1_2 -serverinfo two.info -quiet <>endless >/dev/null 2>&1 &
server=$!
until_so listens "$port"
connect --sct --brief </dev/null >out 2>err || true
says "OpenSSL's timestamps are counted" "Certificate timestamps: 2, not verified" err
stop

# --- the command line -------------------------------------------------------------------------------------------------------

exits 0 "--help" "$sealwax" --help
says "--help names the verbs" "^  listen" out
exits 0 "listen --help" "$sealwax" listen --help
says "listen --help names the options" "--ready-file FILE" out
exits 2 "no verb" "$sealwax"
exits 2 "unknown verb" "$sealwax" dance
exits 2 "unknown option" "$sealwax" listen 0 --dance
exits 2 "a mistyped verb" "$sealwax" lisetn 0
says "which one" "unknown verb lisetn: did you mean listen\?" err
exits 2 "a mistyped option" "$sealwax" connect 127.0.0.1:1 --turst root.crt
says "which one" "unknown option --turst: did you mean --trust\?" err
exits 2 "half an option" "$sealwax" listen 0 --no
says "that it is half" "short for several" err
exits 2 "help with nothing" "$sealwax" help dance
exits 2 "nobody to trust" "$sealwax" connect 127.0.0.1:1
exits 2 "unknown suite" "$sealwax" connect 127.0.0.1:1 --trust root.crt --suites DANCE
says "which suite" DANCE err
exits 2 "no version at all" "$sealwax" connect 127.0.0.1:1 --trust root.crt --min-version 1.3 --max-version 1.2
exits 2 "unknown version" "$sealwax" connect 127.0.0.1:1 --trust root.crt --max-version 1.1
exits 2 "unknown policy" "$sealwax" connect 127.0.0.1:1 --trust root.crt --policy dance
exits 5 "no such file" "$sealwax" connect 127.0.0.1:1 --trust nothing.crt
says "which file" nothing.crt err
exits 4 "not a certificate" "$sealwax" connect 127.0.0.1:1 --trust big
exits 4 "another's key" "$sealwax" listen 0 --cert server.crt --key alice.key
says "which two" "server.crt, alice.key: the private key does not belong" err
exits 4 "no certificate" "$sealwax" listen 0 --cert server.key --key server.key
says "which file" "server.key: there is no certificate" err
head -c 100 /dev/zero >zeros.key
chmod 600 zeros.key
exits 4 "no key" "$sealwax" listen 0 --cert server.crt --key zeros.key
says "which file" "zeros.key: " err
exits 5 "nobody listens" "$sealwax" connect 127.0.0.1:1 --trust root.crt
exits 5 "the port is taken" sh -c "exec 9<>/dev/null; $sealwax listen 127.0.0.1:1 --cert server.crt --key server.key --ready-file /nonexistent/ready"

"$sealwax" help send >help
is "help VERB is VERB --help" sh -c "$sealwax send --help | cmp -s - help"
for program in "$sealwax" "$BUILD/sealwaxd"; do # a name that runs into what stands behind it
    for verb in "" $("$program" --help | sed -n '/^Verbs/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
        "$program" $verb --help >help
        is "columns of help: $program $verb" sh -c '! grep -E "^ .*--[a-z-]+\[[^=]|^  [a-z-]{15}[a-z]" help'
    done
done

"$sealwax" --generate-man >page.1
is "the manual page is what the tables say" cmp -s page.1 "$page"

finish
