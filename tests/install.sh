#!/bin/sh
# What `make install` leaves is enough for others: a program in C and one in C++ build against the installed header and
# library alone, the header needs nothing beside it, only sw_ names are visible, and `make uninstall` leaves nothing
# behind.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
scratch=$(mktemp -d)
passed=0
ok() { passed=$((passed + 1)); echo "ok    $1"; }
trap '[ $? = 0 ] || echo "$passed passed, 1 failed"; rm -rf "$scratch"' EXIT

make --no-print-directory B="$B" DESTDIR="$scratch/root" PREFIX=/opt/sealwax install
root=$scratch/root/opt/sealwax
for program in ttp sealwax sealwaxd; do
    [ ! -e "$B/$program" ] || cmp "$B/$program" "$root/bin/$program"
done
ok "programs installed"

cat >"$scratch/client.c" <<'C'
#include <sealwax.h>
#include <stdio.h>

int main(void)
{
    struct sw_config *config = sw_config_new(SW_CLIENT, NULL);
    struct sw_conn *conn;

    if (config == NULL || sw_config_set_policy(config, "classic") != SW_OK ||
        sw_config_set_option(config, SW_OPT_INSECURE_NO_VERIFY, 1) != SW_OK)
        return 1;
    if (sw_conn_new(&conn, config, "server.example") != SW_OK || !(sw_conn_wants(conn) & SW_WANT_SEND))
        return 1;
    if (sw_config_set_policy(config, "no such") != SW_ERR_ARGUMENT)
        return 1;
    printf("%s: %s\n", sw_version(), sw_err_reason(SW_ERR_ARGUMENT));
    sw_conn_free(conn);
    sw_config_free(config);
    return 0;
}
C
cp "$scratch/client.c" "$scratch/client.cc"
# --define-prefix: the .pc file speaks of PREFIX, which DESTDIR has moved
flags=$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --define-prefix --cflags --libs sealwax)
# shellcheck disable=SC2086
{
    cc -std=c11 -Wall -Wextra -Werror -pedantic -o "$scratch/client" "$scratch/client.c" $flags
    "$scratch/client"
    ok "a C program against the installed tree"
    if command -v c++ >/dev/null; then
        c++ -Wall -Wextra -Werror -o "$scratch/clientxx" "$scratch/client.cc" $flags
        "$scratch/clientxx" >/dev/null
        ok "a C++ program against the installed tree"
    fi
}
foreign=$(nm -g --defined-only "$root/lib/libsealwax.a" | awk 'NF == 3 && $3 !~ /^sw_/ { print $3 }')
[ -z "$foreign" ] || { echo "names in the library that are not sw_*:" $foreign; exit 1; }
ok "the library shows only sw_ names"

functions=$(sed -n 's/^[a-z].*[ *]\(sw_[a-z0-9_]*\)(.*/\1/p' "$root/include/sealwax.h")
[ "$(echo "$functions" | wc -l)" -gt 50 ]
for name in $functions; do
    grep -q "[ *]$name(" "$root/share/man/man3/sealwax.3" || { echo "sealwax(3) lacks $name"; exit 1; }
done
! command -v groff >/dev/null || [ -z "$(groff -man -Tascii -ww "$root/share/man/man3/sealwax.3" 2>&1 >/dev/null)" ]
ok "each function is in sealwax(3)"

make --no-print-directory B="$B" DESTDIR="$scratch/root" PREFIX=/opt/sealwax uninstall
left=$(find "$scratch/root" -type f)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
ok "uninstall leaves nothing"
echo "$passed passed, 0 failed"
