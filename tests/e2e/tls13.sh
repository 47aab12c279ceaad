#!/bin/bash
# TLS 1.3 by `sealwax listen` and `sealwax connect`: with each other, and with OpenSSL's, GnuTLS's and curl's on the other side. Every check is one line; the last line
# counts them.
set -u
BUILD=${BUILD:-build}
BUILD=$(cd "$BUILD" && pwd)
sealwax=$BUILD/sealwax
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/e2e/wait.inc"
dir=${SCRATCH:-$(mktemp -d)}
cd "$dir" || exit 1
export NO_COLOR=1
unset SSLKEYLOGFILE

passed=0 failed=0
trap 'kill $(jobs -rp) 2>/dev/null' EXIT # those that run: the number of one that has ended may be somebody else's

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAIL: $*"
    [ ! -s err ] || sed 's/^/    err| /' err | head -n 10
}
is() { # WHAT COMMAND...: it succeeds
    what=$1
    shift
    if "$@"; then ok; else bad "$what"; fi
}
says() { # WHAT PATTERN FILE
    if grep -aqE -- "$2" "$3"; then ok; else bad "$1: no \"$2\" in $3: $(head -c 300 "$3" | tr -d '\0')"; fi
}

ttp() { "$BUILD/ttp" --quiet --pki pki "$@"; }
pki() {
    ttp init "Test Root" && cp pki/root.crt root.crt && ttp issue server.example localhost --profile server --out server &&
        ttp issue alice --profile client --out alice && ttp issue server.example --key p256 --profile server --out ec
}
pki >pki.log 2>&1 || { cat pki.log; echo "the certificates could not be made"; exit 1; }
head -c 1048576 /dev/urandom >big

started() { [ -s ready ] || ! kill -0 $server 2>/dev/null; }
# listen NAME OPTION...: a server of ours that speaks TLS 1.3; its port in $port, its log in NAME.log
listen() {
    log=$1.log
    rm -f ready
    shift
    "$sealwax" listen 127.0.0.1:0 --ready-file ready --max-version 1.3 --cert server.fullchain.crt --key server.key "$@" 2>"$log" >listen.out </dev/null &
    server=$!
    until_so started
    port=$(sed -n 's/.*://p' ready 2>/dev/null | head -n 1)
    [ -n "$port" ] || bad "listen $*: $(cat "$log")"
}
stop() {
    kill $server 2>/dev/null
    wait $server 2>/dev/null
}
free_port() { python3 "$top/tests/ports.py" $$; }
connect() { timeout 120 "$sealwax" connect "127.0.0.1:$port" --name server.example --trust root.crt --max-version 1.3 --brief "$@"; }
alice="--cert alice.fullchain.crt --key alice.key"
suites="TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256"

# echoes WHAT CONNECT-OPTION...: 1 MiB there and back, and both ends closed properly
echoes() {
    what=$1
    shift
    connect "$@" <big >back 2>err
    code=$?
    if [ $code = 0 ] && cmp -s big back; then ok; else bad "$what: exit code $code, $(stat -c %s back) bytes back"; fi
}

# --- with ourselves -----------------------------------------------------------------------------------------------------------

listen echo --trust root.crt --reply echo --verbose
for suite in $suites; do
    echoes "echo with $suite" $alice --suites $suite
    says "suite agreed on" "Suite: $suite " err
    says "version agreed on" "Version: TLS 1.3" err
done
echoes "keep a session" $alice --sess-out session
echoes "resume it" $alice --sess-in session
says "resumed" "Resumed: yes" err
says "the server names its client" "TLS 1.3, TLS_AES_128_GCM_SHA256, resumed, peer CN=alice" echo.log
echoes "only the highest version" $alice --min-version 1.3
connect $alice --max-version 1.2 <big >back 2>err
says "a client that asks for less gets it" "Version: TLS 1.2" err
connect </dev/null >back 2>err
says "no client certificate" "received alert certificate_required" err
says "what the server logged" "sent alert certificate_required" echo.log
connect $alice --trace <big >back 2>trace
for message in ClientHello ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished NewSessionTicket; do
    says "trace" " $message, " trace
done
stop

# the policies: modern speaks it unasked, classic does not; what they share with each other is TLS 1.2
by_policy() { timeout 120 "$sealwax" connect "127.0.0.1:$port" --name server.example --trust root.crt --brief --policy "$@" <big >back 2>err; }
for policy in modern classic; do
    listen $policy --policy $policy --max-version $([ $policy = modern ] && echo 1.3 || echo 1.2) --reply echo --client-auth none
    for client in modern classic; do
        version=1.2
        [ $policy$client != modernmodern ] || version=1.3
        by_policy $client
        says "client with $client, server with $policy" "Version: TLS $version" err
    done
    stop
done

listen retry --groups P-384 --reply echo --client-auth none
echoes "by way of a second hello" --groups x25519:P-384 --trace
says "trace of it" "HelloRetryRequest" err
says "group agreed on" "Group: secp384r1" err
stop

listen old --max-version 1.2 --reply echo --client-auth none
echoes "a server of TLS 1.2"
says "TLS 1.2 then" "Version: TLS 1.2" err
connect --min-version 1.3 </dev/null >out 2>err
says "no version in common" "received alert protocol_version" err
stop

# --- OpenSSL's server ---------------------------------------------------------------------------------------------------------

# s_server OPTION...: waits until it listens
s_server() {
    port=$(free_port)
    openssl s_server -accept "127.0.0.1:$port" -CAfile root.crt -tls1_3 -rev -quiet "$@" >sserver.log 2>&1 </dev/null &
    server=$!
    until_so listens "$port"
}
reverses() { # WHAT CONNECT-OPTION...
    what=$1
    shift
    printf 'sealwax\n' | connect "$@" >out 2>err
    is "OpenSSL's server, $what" grep -q xawlaes out
}
s_server -cert server.crt -key server.key
for suite in $suites; do
    reverses "$suite" --suites $suite
done
for group in x25519 P-256 P-384 X448 P-521 ffdhe2048; do
    reverses "$group" --groups $group
done
reverses "a session" --sess-out session
reverses "the session goes on" --sess-in session
says "resumed there" "Resumed: yes" err
stop
s_server -cert server.crt -key server.key -groups P-521 -Verify 3 -verify_return_error
reverses "a second hello, and a certificate" $alice --groups x25519:P-521 --sess-out session
reverses "a second hello, and the session" $alice --groups x25519:P-521 --sess-in session
says "resumed there, too" "Resumed: yes" err
connect --groups P-521 </dev/null >out 2>err
says "OpenSSL wants a certificate" "received alert certificate_required" err
stop
s_server -cert ec.crt -key ec.key
reverses "an ECDSA certificate"
says "its signature" "Signature: ecdsa_secp256r1_sha256" err
stop

# --- OpenSSL's client ---------------------------------------------------------------------------------------------------------

# a line, and no end of input before it has come back in the file out; with words before it that GnuTLS's tool acts on
say_and_stay() {
    : >out
    for word in "$@"; do
        echo "$word"
    done
    echo sealwax
    until_so grep -aq '^sealwax' out
}
s_client() { timeout 120 openssl s_client -connect "127.0.0.1:$port" -CAfile root.crt -verify_hostname server.example -servername server.example -verify_return_error -tls1_3 "$@" >out 2>err; }
echoed() { # WHAT S_CLIENT-OPTION...
    what=$1
    shift
    say_and_stay | s_client -quiet -no_ign_eof "$@"
    is "OpenSSL's client, $what" grep -q '^sealwax' out
}
listen forclient --trust root.crt --reply echo --client-auth request --verbose
for suite in $suites; do
    echoed "$suite" -ciphersuites $suite
done
for group in X25519 P-256 P-384 X448 P-521 ffdhe2048; do
    echoed "$group" -groups $group
done
echoed "a certificate" -cert alice.crt -key alice.key
until_so grep -q "TLS 1.3, .*peer CN=alice" forclient.log
says "named" "TLS 1.3, .*peer CN=alice" forclient.log
# the ticket comes behind the handshake: it is there when the echo is
say_and_stay | s_client -no_ign_eof -sess_out osession
says "OpenSSL keeps a session" "^New, TLSv1.3" out
say_and_stay | s_client -no_ign_eof -sess_in osession
says "and it goes on" "^Reused, TLSv1.3" out
# the letter is a command of the tool's if it comes alone
rekey_and_say() {
    : >out
    : >err
    echo "$1"
    until_so grep -q KEYUPDATE err
    echo sealwax
    until_so grep -aq '^sealwax' out
}
rekey_and_say K | s_client
says "new keys for both" "^sealwax" out
rekey_and_say k | s_client
says "new keys for one" "^sealwax" out
stop
listen forclient --groups P-384 --reply echo --client-auth none
echoed "a second hello" -groups X25519:P-384
stop

# --- GnuTLS -------------------------------------------------------------------------------------------------------------------

if command -v gnutls-serv >/dev/null; then
    only=NORMAL:-VERS-ALL:+VERS-TLS1.3
    g_server() {
        port=$(free_port)
        gnutls-serv --echo --port "$port" --x509certfile server.crt --x509keyfile server.key "$@" >gserv.log 2>&1 </dev/null &
        server=$!
        until_so listens "$port"
    }
    # GnuTLS may leave without a word; what came back counts
    returns() { # WHAT CONNECT-OPTION...
        what=$1
        shift
        printf 'sealwax\n' | connect "$@" >out 2>err
        is "GnuTLS's server, $what" grep -q sealwax out
    }
    g_server --priority $only --disable-client-cert
    for suite in $suites; do
        returns "$suite" --suites $suite
    done
    returns "a session" --sess-out session
    returns "the session goes on" --sess-in session
    says "resumed at GnuTLS" "Resumed: yes" err
    stop
    g_server --priority $only:-GROUP-ALL:+GROUP-SECP521R1 --x509cafile root.crt --require-client-cert --verify-client-cert
    returns "a second hello, and a certificate" $alice
    stop
    g_client() {
        timeout 120 gnutls-cli --port "$port" --x509cafile root.crt --verify-hostname server.example --sni-hostname server.example "$@" 127.0.0.1 >out 2>err
    }
    listen forgnutls --trust root.crt --reply echo --client-auth request
    for cipher in AES-128-GCM AES-256-GCM CHACHA20-POLY1305; do
        say_and_stay | g_client --priority $only:-CIPHER-ALL:+$cipher
        is "GnuTLS's client, $cipher" grep -q '^sealwax' out
    done
    for group in X25519 SECP256R1 FFDHE2048; do
        say_and_stay | g_client --priority $only:-GROUP-ALL:+GROUP-$group
        is "GnuTLS's client, $group" grep -q '^sealwax' out
    done
    say_and_stay | g_client --priority $only --x509certfile alice.crt --x509keyfile alice.key
    is "GnuTLS's client, a certificate" grep -q '^sealwax' out
    say_and_stay | g_client --priority $only --resume --waitresumption
    says "GnuTLS's client, its session goes on" "This is a resumed session" out
    say_and_stay '^rekey^' | g_client --priority $only --inline-commands
    is "GnuTLS's client, new keys" grep -q '^sealwax' out
    stop
fi

# --- curl ---------------------------------------------------------------------------------------------------------------------

listen http --reply http --client-auth none
curl -sS --cacert root.crt --tlsv1.3 --resolve "server.example:$port:127.0.0.1" "https://server.example:$port/" >out 2>err
says "curl" "TLS_AES_|TLS_CHACHA20" out
stop

echo "$passed passed, $failed failed"
[ $failed = 0 ]
