#!/bin/sh
# Everything that is fast: the unit tests, then each script of tests/e2e/ (exit code 0 passed, 77 skipped; or its own
# last line "N passed, N failed"). A script finds the build directory in $BUILD, absolute, and an empty directory of its
# own in $SCRATCH.
#   tests/all.sh [NAME...]   the unit tests, and the scripts of these names instead of all; "unit" alone: no script
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(cd "${BUILD:-build}" && pwd)
no_proxy="*" # all peers are here
NO_PROXY=$no_proxy
export BUILD no_proxy NO_PROXY
. tests/tally.sh

STAGE_SECONDS=900 # for what hangs, not for what is slow
export STAGE_SECONDS
parts=4           # processes among which the suites of the unit tests are divided
longest="ttp_crash docs ttp_verbs ttp_interop ttp_lost" # they begin first, lest one of them be all that is left at the end
list=$(mktemp)
{
    for part in $(seq $parts); do echo "unit-$part $BUILD/tests/run -p $part/$parts"; done
    for name in $longest $(ls tests/e2e | sed -n 's/\.sh$//p'); do
        case " ${*:-$name} " in *" $name "*) [ ! -x "tests/e2e/$name.sh" ] || echo "$name tests/e2e/$name.sh" ;; esac
    done | awk '!seen[$1]++'
} >"$list"
stages $((2 * $(getconf _NPROCESSORS_ONLN))) <"$list" # most of what the scripts do is to wait
rm -f "$list"
tally
