#!/bin/bash
# kill -9 of the server, a hundred times, in the middle of everything (message_crash.py). KILLS=N for another number.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "${BUILD:-build}" && pwd)
cd "${SCRATCH:-$(mktemp -d)}"
ttp() { "$BUILD/ttp" --quiet --pki pki "$@" >/dev/null; }
ttp init "Test Root"
ttp issue localhost --profile server
ttp issue alice --profile client
ttp issue bank --profile client
exec python3 "$here/message_crash.py" "$BUILD" "${KILLS:-100}" 20
