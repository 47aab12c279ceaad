#!/bin/sh
# NAME COMMAND...: one stage in a process of its own, with an empty directory in $SCRATCH, for stages that run side by
# side (tests/tally.sh). What it says comes in one piece, what it counted goes to the file $tally_sums.
set -u
. tests/tally.sh
# a place in memory, where there is one that is large enough and lets programs run: much of what is tested waits for the disk
memory=/dev/shm
free=$(df -Pk $memory 2>/dev/null | awk 'END { print $4 + 0 }')
SCRATCH=$(mktemp -d -p $memory 2>/dev/null || mktemp -d)
printf '#!/bin/sh\n' >"$SCRATCH/try" && chmod +x "$SCRATCH/try"
if [ "${free:-0}" -lt 2000000 ] || ! "$SCRATCH/try" 2>/dev/null; then
    rm -rf "$SCRATCH"
    SCRATCH=$(mktemp -d)
fi
rm -f "$SCRATCH/try"
said=$(mktemp)
export SCRATCH
stage "$@" >"$said"
{
    flock 9
    cat "$said"
    echo "$passed $failed $skipped" >>"$tally_sums"
} 9<"$tally_sums"
rm -rf "$SCRATCH" "$said"
