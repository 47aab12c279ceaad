#!/bin/sh
# make bench: certificates made by our own tool, then the benchmark. Arguments go to the program: --seconds S,
# --markdown, --only TEXT.
set -eu
build=${BUILD:-build}
dir=$build/bench
rm -rf "$dir"
mkdir -p "$dir"
ttp() { "$build/ttp" --quiet --pki "$dir/pki" "$@"; }
ttp init "Benchmark Root"
ttp issue server.example --profile server --out "$dir/server"
ttp issue client.example --profile client --out "$dir/client"
cp "$dir/pki/root.crt" "$dir/root.crt"
"$build/tests/bench/tls" "$dir" "$@"
echo
exec tests/bench/ttp.py
