#!/bin/sh
# Run every fuzz target of $BUILD/tests/fuzz for FUZZ_SECONDS, beginning with the committed inputs in
# tests/fuzz/seeds/NAME. New inputs are kept in $BUILD/corpus/NAME, a finding in $BUILD/findings. FUZZ_ONLY=NAME runs
# one. The seed is fixed, so that a check can be repeated; FUZZ_SEED=0 takes a new one, for long runs.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build-fuzz}
. tests/tally.sh

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
list=$(mktemp)
for source in tests/fuzz/*.c; do
    program=$BUILD/${source%.c}
    [ -x "$program" ] || continue
    name=$(basename "$program")
    [ "${FUZZ_ONLY:-$name}" = "$name" ] || continue
    mkdir -p "$BUILD/corpus/$name" "$BUILD/findings"
    set -- "$BUILD/corpus/$name"
    [ ! -d "tests/fuzz/seeds/$name" ] || set -- "$@" "tests/fuzz/seeds/$name"
    [ ! -f "tests/fuzz/$name.dict" ] || set -- "-dict=tests/fuzz/$name.dict" "$@"
    echo "fuzz-$name $program -seed=${FUZZ_SEED:-1} -max_total_time=${FUZZ_SECONDS:-10} -timeout=120 -error_exitcode=1 -rss_limit_mb=2048" \
        "-print_final_stats=1 -artifact_prefix=$BUILD/findings/$name- $*"
done >"$list"
STAGE_LINES=40
STAGE_SECONDS=$((${FUZZ_SECONDS:-10} + 900))
STAGE_PICK='s/^stat::number_of_executed_units: */        executions: /p'
export STAGE_LINES STAGE_SECONDS STAGE_PICK
stages "${FUZZ_JOBS:-$(getconf _NPROCESSORS_ONLN)}" <"$list"
rm -f "$list"
tally
