#!/bin/sh
# Install the Debian packages that are missing of some groups of deps/packages.
#   deps/packages.sh GROUP...       install what is missing (root, or through sudo)
#   deps/packages.sh -n GROUP...    only print what is missing; exit 1 if anything is
# Says what it does, and does nothing when all is there.
set -eu
here=$(dirname "$0")
dry=
if [ "${1:-}" = -n ]; then dry=1; shift; fi
[ $# -gt 0 ] || { echo "usage: deps/packages.sh [-n] GROUP..." >&2; exit 2; }

wanted=
for group; do
    list=$(awk -v g="$group" '$1 == g { print $2 }' "$here/packages")
    [ -n "$list" ] || { echo "deps/packages.sh: no group '$group' in deps/packages" >&2; exit 2; }
    wanted="$wanted $list"
done

command -v dpkg-query >/dev/null || { echo "deps/packages.sh: no dpkg here; needed are:" $wanted >&2; exit 1; }

# A package counts when it is installed itself or another one provides it (nodejs of another origin, pkgconf for pkg-config).
have=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    awk '$1 == "installed" { gsub(/\([^)]*\)|,/, ""); for (i = 2; i <= NF; i++) print $i }')
missing=$(for p in $wanted; do echo "$p"; done | sort -u | awk -v have="$have" '
    BEGIN { n = split(have, h, "\n"); for (i = 1; i <= n; i++) is[h[i]] = 1 }
    !($1 in is)')
[ -n "$missing" ] || exit 0
if [ -n "$dry" ]; then echo "$missing"; exit 1; fi

run=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "deps/packages.sh: missing, and no sudo here. As root: apt-get install" $missing >&2; exit 1; }
    run=sudo
fi
echo "installing with apt-get:" $missing >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { $run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }
# The package lists may be missing (a fresh container) or too old: refresh them only then.
install || { $run apt-get update >"$log" 2>&1 && install; } || { tail -n 20 "$log" >&2; echo "deps/packages.sh: apt-get could not install:" $missing >&2; exit 1; }
