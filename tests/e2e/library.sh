#!/bin/sh
# The client of docs/library.md: taken out of the page, built, and run against `sealwax listen`.
set -eu
build=${BUILD:-build}
scratch=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill $pid 2>/dev/null; rm -rf "$scratch"' EXIT
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' docs/library.md >"$scratch/client.c"
lines=$(grep -c . "$scratch/client.c")
archive=$(sed -n 's/^WOLF_LIBS := //p' "$build"/wolfcrypt-*.mk 2>/dev/null | head -n 1)
flags=$(! nm "$build/libsealwax.a" 2>/dev/null | grep -q __asan_init || echo -fsanitize=address,undefined)
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE $flags -I. -Iinclude -o "$scratch/client" "$scratch/client.c" "$build/libsealwax.a" $archive -lm -pthread
"$build/ttp" --quiet --pki "$scratch/pki" init "Page Root"
"$build/ttp" --quiet --pki "$scratch/pki" issue server.example --profile server --out "$scratch/server"
"$build/sealwax" listen 127.0.0.1:0 --cert "$scratch/server.crt" --key "$scratch/server.key" --client-auth none \
    --ready-file "$scratch/ready" 2>"$scratch/log" &
pid=$!
for _ in $(seq 1200); do [ ! -s "$scratch/ready" ] || break; sleep 0.05; done # a minute at most
port=$(sed 's/.*://' "$scratch/ready")
passed=0
failed=0
check() { if [ "$1" = "$2" ]; then passed=$((passed + 1)); echo "ok    $3"; else failed=$((failed + 1)); echo "FAIL  $3: $1"; fi; }
check "$("$scratch/client" 127.0.0.1 "$port" server.example "$scratch/pki/root.crt")" hello "the page's client gets its echo"
check "$("$scratch/client" 127.0.0.1 "$port" other.example "$scratch/pki/root.crt" >/dev/null 2>&1 || echo refused)" refused "and refuses another name"
check "$([ "$lines" -lt 60 ] && echo short)" short "it is under 60 lines"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
