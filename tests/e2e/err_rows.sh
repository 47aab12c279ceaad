#!/bin/sh
# Every row of base/err.def is provoked by a unit test that names it.
set -eu
cd "$(dirname "$0")/../.."
good=0 bad=0
for row in $(sed -n 's/^SW_ERR(\([A-Z0-9_]*\),.*/\1/p' base/err.def); do
    if grep -rqw "SW_ERR_$row" tests --include='*.c' --include='*.h'; then
        good=$((good + 1))
    else
        bad=$((bad + 1))
        echo "FAIL: no test provokes SW_ERR_$row"
    fi
done
echo "$good passed, $bad failed"
[ $bad = 0 ]
