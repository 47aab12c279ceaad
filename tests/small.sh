#!/bin/sh
# Built for size (WOLFCRYPT=small): it works, and TLS and crypto of a program that is client and server take less than
# 600,000 bytes.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build-small}
limit=600000
scratch=$(mktemp -d)
passed=0
ok() { passed=$((passed + 1)); echo "ok    $1"; }
trap '[ $? = 0 ] || echo "$passed passed, 1 failed"; rm -rf "$scratch"' EXIT

# the library and a program, the unit tests of what calls wolfCrypt, and the sources above that call it too
card=$(ls apps/card/*.c | sed "s|^\(.*\)c$|$B/obj/\1o|")
# shellcheck disable=SC2086
make --no-print-directory WOLFCRYPT=small B="$B" PARTS="base record handshake" unit-tests "$B/ttp" $card
[ "$(sed -n 's/^WOLF_KIND := //p' "$B/wolfcrypt-small.mk")" = small ] || {
    echo "the source of wolfCrypt could not be had"
    trap 'rm -rf "$scratch"' EXIT
    exit 77
}
# portable C takes its time for large numbers: the suites that are about what is built differently
for suite in base/hash base/aead base/rand record handshake/suite handshake/engine handshake/kex; do
    "$B/tests/run" $suite >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
    ok "$suite: $(tail -n 1 "$scratch/log")"
done

cat >"$scratch/both.c" <<'C'
#include "include/sealwax.h"

int main(int argc, char **argv)
{
    struct sw_config *cfg = sw_config_new(argc > 1 ? SW_SERVER : SW_CLIENT, NULL);
    struct sw_conn *conn;
    size_t n;

    if (sw_config_add_cert(cfg, argv[0], 1, argv[0], 1, NULL) || sw_config_add_trust(cfg, argv[0], 1) ||
        sw_conn_new(&conn, cfg, "localhost") || !sw_conn_in_buf(conn, &n) || sw_conn_in_ack(conn, n) ||
        sw_conn_write(conn, argv[0], 1, &n) || sw_conn_read(conn, argv[0], 1, &n) || !sw_conn_out_buf(conn, &n))
        return 1;
    return sw_conn_out_ack(conn, n) != SW_OK;
}
C
wolfcrypt=$(sed -n 's/^WOLF_LIBS := //p' "$B/wolfcrypt-small.mk")
# shellcheck disable=SC2086
cc -Os -I. -o "$scratch/both" "$scratch/both.c" "$B/libsealwax.a" $wolfcrypt -pthread -Wl,--gc-sections
size=$(size -A "$scratch/both" | awk '$1 == ".text" || $1 == ".rodata" { sum += $2 } END { print sum }')
echo "text and rodata of a client and server: $size bytes"
[ "$size" -lt $limit ]
ok "less than $limit bytes"
echo "$passed passed, 0 failed"
