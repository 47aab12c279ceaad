#!/bin/sh
# make diff: changed certificates, read by us and by OpenSSL. Arguments go to the program: --count N, --seed S.
set -eu
build=${BUILD:-build}
dir=$build/diff
rm -rf "$dir"
mkdir -p "$dir"
"$build/ttp" --quiet --pki "$dir/pki" init "Changed Root" --permit example.org --org "Seal, Wax & Co" --country NO
"$build/ttp" --quiet --pki "$dir/pki" issue www.example.org --profile server --out "$dir/server" >/dev/null
"$build/ttp" --quiet --pki "$dir/pki" issue somebody.example.org --profile client --key p256 --out "$dir/client" >/dev/null
exec "$build/tests/diff/certs" "$@" "$dir/pki/root.crt" "$dir/server.crt" "$dir/client.crt" tests/vectors/tls/*.crt
