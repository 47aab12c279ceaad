#!/bin/bash
# sealwaxd under a service manager: sockets, notifications, watchdog, and which exit code is not worth another try.
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice
exec python3 "$top/tests/e2e/systemd.py" "$BUILD/sealwaxd"
