#!/bin/sh
# The path-validation cases of x509-limbo (tests/vectors/limbo), in both profiles of `ttp verify`.
exec python3 "$(dirname "$0")/limbo.py" "$BUILD/ttp" "${SCRATCH:-$(mktemp -d)}"
