#!/bin/bash
# sealwaxd serves confined by seccomp, says so, reloads and takes uploads like that; --no-seccomp lets it be. (Which
# calls are refused: tests/apps/daemon/test_confine.c.)
. "$(dirname "$(readlink -f "$0")")/service.inc"

people alice
each() { sed -n "s/^$1:[[:space:]]*//p" /proc/"$server"/task/*/status | sort | uniq -c | tr -s ' '; } # how many threads have which
of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$server/status"; }

start --metrics 127.0.0.1:0
if grep -q "not-confined why=\"built without" server.log; then
    echo "built without libseccomp"
    exit 77
fi
if grep -q not-confined server.log; then
    echo "no seccomp here"
    exit 77
fi
await server.log "confined by=seccomp"
is "Seccomp" " 5 2" "$(each Seccomp)" # a filter is one thread's: the loop's, and of four that wait for disks
is "NoNewPrivs" " 5 1" "$(each NoNewPrivs)"
head -c 9000000 /dev/urandom >big
exits 0 as alice put big
exits 0 as alice get big -o copy
same big copy
exits 0 as alice send --to alice hello
exits 0 as alice recv --wait 60s --count 1
says hello
kill -HUP "$server"
await server.log " reloaded"
exits 0 as alice ls
stop

start --no-seccomp
await server.log "not-confined why=--no-seccomp"
is "Seccomp" 0 "$(of Seccomp)"
stop

start --quiet
is "Seccomp" 2 "$(of Seccomp)"
stop
finish
