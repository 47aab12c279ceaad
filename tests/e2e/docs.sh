#!/bin/bash
# The sessions in README.md and docs/, run as they stand there.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}"
export PATH="$BUILD:$PATH" NO_COLOR=1 XDG_STATE_HOME=$PWD/xdg XDG_CONFIG_HOME=$PWD/config
unset SSLKEYLOGFILE
good=0 bad=0
run() { # PAGE...: in a directory of their own
    mkdir "$(basename "$1")"
    cd "$(basename "$1")"
    ln -s "$BUILD" build
    python3 "$top/tests/e2e/docs.py" "$@" | tee out || true
    set -- $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' out)
    good=$((good + ${1:-0})) bad=$((bad + ${2:-1}))
    cd ..
}
run "$top/docs/ttp.md"
run "$top/docs/listen-connect.md"
run "$top/docs/messages.md" "$top/docs/http.md"
run "$top/docs/seal.md"
run "$top/docs/files.md"
run "$top/docs/media.md"
if command -v ffplay >/dev/null && command -v mpv >/dev/null; then run "$top/docs/players.md"; else echo "skipped: players.md (deps/packages.sh players)"; fi
run "$top/docs/card.md"
run "$top/docs/metrics.md"
run "$top/docs/users.md"
run "$top/docs/refused.md"
run "$top/README.md"
python3 "$top/tests/e2e/pages.py" "$top" | tee out || true
set -- $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' out)
good=$((good + ${1:-0})) bad=$((bad + ${2:-1}))
echo "$good passed, $bad failed"
[ $bad = 0 ]
