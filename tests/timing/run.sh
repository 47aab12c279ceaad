#!/bin/sh
# make timing: the report of tests/timing/timing.c, on one processor if that can be had. Arguments go to the program:
# --records N, --premasters N, --quick.
set -eu
program=${BUILD:-build}/tests/timing/timing
if command -v taskset >/dev/null; then exec taskset -c "$(($(nproc) - 1))" "$program" "$@"; fi
exec "$program" "$@"
