#!/bin/sh
# Everything that is fast: the unit tests, then each script of tests/e2e/ (exit code 0 passed, 77 skipped; or its own last line
# "N passed, N failed"). A script finds the build directory in $BUILD, absolute, and an empty directory of its own in $SCRATCH.
set -u
cd "$(dirname "$0")/.."
BUILD=$(cd "${BUILD:-build}" && pwd)
export BUILD
. tests/tally.sh

STAGE_SHOW=1 stage unit "$BUILD/tests/run"
for script in tests/e2e/*.sh; do
    [ -x "$script" ] || continue
    SCRATCH=$(mktemp -d)
    export SCRATCH
    STAGE_SECONDS=120 stage "$(basename "$script" .sh)" "$script"
    rm -rf "$SCRATCH"
done
tally
